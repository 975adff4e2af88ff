"""``coterie serve keys``: add, list and revoke the keys of a service."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from coterie.cli.shared.common import Json
from coterie.errors import OptionError, StoreError
from coterie.formatting import counted

if TYPE_CHECKING:
    from coterie.serve.access.key_file import Key

__all__ = ["app"]

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Add, list and revoke the keys of a service.",
)

State = Annotated[
    Path,
    typer.Argument(metavar="FOLDER", help="What is served, or the folder given to --state."),
]


@app.command()
def add(
    folder: State,
    *,
    name: Annotated[str, typer.Option(help="Who will have the key, such as crm.")],
    scope: Annotated[
        list[str],
        typer.Option(
            metavar="metrics|predict|read|edit|admin",
            help="What it may do; repeat it for more. read includes metrics, admin all.",
        ),
    ],
    expires: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="First day, in UTC, on which it is no longer taken."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Make a key and print it, once."""
    from coterie.serve.access.key_file import add_key

    path = _path(folder)
    text, key = add_key(path, name, scope, expires=_day(expires))  # type: ignore[arg-type]
    if as_json:
        typer.echo(json.dumps({"key": text, **_told(key), "file": str(path)}))
        return
    typer.echo(text)
    typer.echo(
        f"This is the key of {key.name} ({', '.join(key.scopes)}; id {key.id}). It is not shown "
        f"again: {path} holds its hash alone.",
        err=True,
    )


@app.command("list")
def list_all(folder: State, *, as_json: Json = False) -> None:
    """List the keys: names, ids, scopes and days, never a key."""
    from coterie.cli.shared.tables import print_table
    from coterie.serve.access.key_file import list_keys

    path = _path(folder)
    keys = list_keys(path)
    if as_json:
        typer.echo(json.dumps({"file": str(path), "keys": [_told(key) for key in keys]}))
    elif keys:
        print_table(
            f"Keys in {path}",
            dict.fromkeys(("name", "id", "scopes", "created", "expires"), "left"),
            [
                (key.name, key.id, ", ".join(key.scopes), f"{key.created:%Y-%m-%d}", _until(key))
                for key in keys
            ],
        )
    else:
        typer.echo(f"There are no keys in {path}.")


@app.command()
def revoke(
    folder: State,
    key: Annotated[str, typer.Argument(metavar="NAME|ID", help="Name or id of the key.")],
    *,
    as_json: Json = False,
) -> None:
    """Take a key back: running services refuse it from their next request on."""
    from coterie.serve.access.key_file import list_keys, revoke_key

    path = _path(folder)
    gone = revoke_key(path, key)
    left = len(list_keys(path))
    if as_json:
        typer.echo(json.dumps({"revoked": _told(gone), "left": left, "file": str(path)}))
        return
    rest = f"{counted(left, 'key')} left." if left else "No key is left, so nobody is let in."
    typer.echo(f"The key of {gone.name} ({gone.id}) is revoked. {rest}")


def _path(folder: Path) -> Path:
    """Find the file of keys of what is served from a folder, or of a state folder."""
    from coterie.serve.access.key_file import keys_path
    from coterie.workflows.service import load_service

    try:
        return keys_path(load_service(folder).state)
    except StoreError:  # nothing that is served
        return keys_path(folder)


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise OptionError(f"'{text}' is not a day: write --expires as 2027-01-31.") from None


def _told(key: Key) -> dict[str, Any]:
    told = key.model_dump(mode="json", exclude={"sha256"})
    return {**told, "expired": key.expired(datetime.now(UTC))}


def _until(key: Key) -> str:
    if key.expires is None:
        return "never"
    return f"{key.expires}, expired" if key.expired(datetime.now(UTC)) else str(key.expires)
