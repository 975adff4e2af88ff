"""``coterie transfer push`` and ``coterie transfer pull``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coterie.cli.shared.common import Json
from coterie.cli.shared.options import takes
from coterie.options import TransferOptions

if TYPE_CHECKING:
    from coterie.transfer import Transfer

__all__ = ["app"]

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Move files and folders to and from another machine by SFTP.",
)

Url = Annotated[str, typer.Argument(metavar="URL", help="sftp://user@host:port/path")]
Local = Annotated[Path, typer.Argument(metavar="LOCAL", help="File or folder on this machine.")]


@app.command("push")
@takes(TransferOptions)
def push(local: Local, url: Url, options: TransferOptions, *, as_json: Json = False) -> None:
    """Send a file or a folder to another machine; what is there already is skipped."""
    from coterie.progress import show_progress
    from coterie.verbs.transferring import push_with

    with show_progress():
        done = push_with(local, url, options)
    _tell(done, done.url, as_json=as_json)


@app.command("pull")
@takes(TransferOptions)
def pull(url: Url, local: Local, options: TransferOptions, *, as_json: Json = False) -> None:
    """Fetch a file or a folder from another machine; what is here already is skipped."""
    from coterie.progress import show_progress
    from coterie.verbs.transferring import pull_with

    with show_progress():
        done = pull_with(url, local, options)
    _tell(done, str(done.local), as_json=as_json)


def _tell(done: Transfer, where: str, *, as_json: bool) -> None:
    typer.echo(json.dumps(done.to_dict()) if as_json else f"{done!r}: {where}")
