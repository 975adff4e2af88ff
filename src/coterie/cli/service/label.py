"""`coterie label`: the rows whose labels would teach a model most, for a person to fill in."""

from __future__ import annotations

import json
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from coterie.cli.shared.common import Json, MaybeFile, Overwrite
from coterie.cli.shared.options import takes
from coterie.options import LabellingOptions

if TYPE_CHECKING:
    from coterie.verbs.service.labelling import ToLabel

__all__ = ["command"]


@takes(LabellingOptions)
def command(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="Model directory.")],
    options: LabellingOptions,
    *,
    source: MaybeFile = None,
    out: Annotated[
        Path,
        typer.Option(
            "--out", help="File to write: .csv, .xlsx, .parquet, .json or .jsonl.", dir_okay=False
        ),
    ],
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Choose the rows whose labels would teach a model most, by doubt and by variety."""
    from coterie.progress import show_progress
    from coterie.verbs.service.labelling import claim_to_label, to_label_with

    with show_progress(), claim_to_label(out, model, source, options, overwrite=overwrite):
        found = to_label_with(model, source, options)
        found.write(out)
    if as_json:
        typer.echo(json.dumps({**found.figures, "file": str(out)}))
    else:
        _print(found, model, out)


def _print(found: ToLabel, model: Path, out: Path) -> None:
    figures = found.figures
    left = [f"{figures['known']:,} that the model was trained on"] if figures["known"] else []
    left += [f"{figures['repeated']:,} that repeat others"] if figures["repeated"] else []
    typer.echo(f"{found!r}")
    if left:
        typer.echo(f"Left out: {' and '.join(left)}")
    told = [f"{rows:,} {status}" for status, rows in figures["statuses"].items()]
    typer.echo(f"The model says of these: {', '.join(told)}")
    typer.echo(f"To label: {out}")
    typer.echo(f"Next: fill in the column label, then coterie retrain {quote(str(model))} {out}")
