"""Arguments and sentences that several verbs have in common."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from coterie.formatting import counted
from coterie.options import TableOptions

__all__ = [
    "DataFile",
    "Json",
    "MaybeFile",
    "OutFolder",
    "Overwrite",
    "told_set_aside",
    "told_suspects",
]

_FILE = "CSV, JSON, JSON Lines, Parquet or Excel file, folder, database or URL."

DataFile = Annotated[str, typer.Argument(metavar="FILE", help=_FILE)]
MaybeFile = Annotated[str | None, typer.Argument(metavar="FILE", help=_FILE)]
OutFolder = Annotated[Path, typer.Option("--out", help="Folder to write to.", file_okay=False)]
Overwrite = Annotated[
    bool,
    typer.Option(
        "--overwrite",
        help="Replace files in the way that you or another command made or changed.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


def told_suspects(told: str, source: str, options: TableOptions, label: str) -> str:
    """Say how many labels are contradicted, and the command that lists them."""
    rows = f" --id {quote(options.id)}" if options.id else ""
    typed = f"{quote(source)} --text {quote(options.text or 'COL')}{rows} --label {quote(label)}"
    return f"{told} List them: coterie suspects {typed} --out suspects"


def told_set_aside(rows: int, quarantine: Path) -> str:
    """Say how many rows were set aside and where they are."""
    return f"{counted(rows, 'row')} set aside: {quarantine}"
