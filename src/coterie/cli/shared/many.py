"""What commands print that work on many rows with Ray."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import typer

from coterie.formatting import counted, duration

if TYPE_CHECKING:
    from coterie.integrations.ray import ManyRows

__all__ = ["print_many"]


def print_many(made: ManyRows, *, as_json: bool) -> None:
    """Print how many rows there are of each status, and where they are."""
    if as_json:
        typer.echo(json.dumps({**made.to_dict(), "folder": str(made.folder)}))
        return
    told = [f"{rows:,} {status}" for status, rows in sorted(made.statuses.items())]
    told = [": ".join([counted(made.rows, "row"), *([", ".join(told)] if told else [])])]
    typer.echo(f"{told[0]}, in {duration(made.seconds)}")
    typer.echo(f"Rows: {made.folder / 'rows'}")
