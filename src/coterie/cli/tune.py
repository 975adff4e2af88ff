"""`coterie tune`: a better encoder from labelled rows, and the proof that it is better."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from coterie.cli.shared.common import DataFile, Json, OutFolder, Overwrite, told_set_aside
from coterie.cli.shared.options import takes
from coterie.options import TuneOptions

if TYPE_CHECKING:
    from coterie.workflows.tuning.tune import TuneResult

__all__ = ["command"]


@takes(TuneOptions)
def command(
    source: DataFile,
    options: TuneOptions,
    *,
    out: OutFolder,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Tune an encoder on labelled rows, and compare it with the one it was."""
    from coterie.progress import show_progress
    from coterie.verbs.reading import read_texts
    from coterie.verbs.tuning import FILES, tune_into

    with show_progress(), FILES.claim(out, source, options, overwrite=overwrite):
        records = read_texts(source, options).records
        result, report = tune_into(records, out, options, overwrite=overwrite)
    if as_json:
        typer.echo(json.dumps({**result.to_dict(), "report": str(report)}))
    else:
        _summarise(result, report)


def _summarise(result: TuneResult, report: Path) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    console.print(Text(result.verdict, style="bold"))
    shown = Table(box=None, pad_edge=False)
    for heading in ("", "groups", "ARI", "NMI", "purity", "5 examples"):
        shown.add_column(heading, justify="left" if not heading else "right")
    for name, side in (("base", result.base), ("tuned", result.tuned)):
        scores = side.scores
        figures = (f"{figure:z.3f}" for figure in (scores.ari, scores.nmi, scores.purity))
        shown.add_row(name, f"{scores.groups:,}", *figures, f"{side.few_shot[5].mean:.1%}")
    console.print(shown)
    lines = []
    if found := len(result.suspects.table):
        path = report.with_name("suspects.csv")
        lines.append(
            Text(
                f"{found:,} suspect label{'' if found == 1 else 's'} among the training rows: "
                f"{path}; coterie suspects lists those of all rows"
            )
        )
    if aside := len(result.rejects):
        lines.append(Text(told_set_aside(aside, report.with_name("quarantine.csv"))))
    lines.append(Text(f"Report: {report}", style="bold"))
    lines.append(
        Text(f"Next: coterie discover FILE --text COL --encoder {report.parent} --out DIR")
    )
    for line in lines:
        console.print(line, soft_wrap=True)
