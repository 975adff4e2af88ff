"""``coterie generate``."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from coterie.cli.shared.common import Json, OutFolder, Overwrite
from coterie.formatting import counted

__all__ = ["command"]


def command(
    kind: Annotated[
        str,
        typer.Argument(help="What to generate: support, attendees, sales, clients or adopters."),
    ],
    *,
    out: OutFolder,
    rows: Annotated[
        int | None, typer.Option("--rows", help="How many rows (messages, badges, profiles).")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same files.")] = 0,
    leave_out: Annotated[
        list[str] | None,
        typer.Option("--leave-out", help='A class without rows, as "Sourcing: Deciding".'),
    ] = None,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Generate invented data to try things on."""
    from coterie.progress import show_progress
    from coterie.synthetic import generate

    with show_progress():
        made = generate(kind, out, rows, seed, leave_out or (), overwrite=overwrite)
    if as_json:
        typer.echo(json.dumps({"files": [str(path) for path in made.files], **made.to_dict()}))
        return
    typer.echo(f"Wrote {counted(made.rows, 'row')} of {kind} (seed {seed}):")
    for path in made.files:
        typer.echo(f"  {path}  {path.stat().st_size:,} bytes")
