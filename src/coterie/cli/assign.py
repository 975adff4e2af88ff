"""``coterie assign``: rows to segments that somebody described, or discovered before."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from coterie.cli.shared.common import Json, MaybeFile, OutFolder, Overwrite, told_set_aside
from coterie.cli.shared.many import print_many
from coterie.cli.shared.options import takes
from coterie.errors import OptionError
from coterie.formatting import percent
from coterie.options import AssignManyOptions, AssignOptions

if TYPE_CHECKING:
    import pandas as pd

    from coterie.workflows.assignment import AssignResult

__all__ = ["command"]


@takes(AssignManyOptions)
def command(
    options: AssignManyOptions,
    *,
    source: MaybeFile = None,
    out: OutFolder,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Assign rows to segments described in words or discovered; compare encoders."""
    from coterie.progress import show_progress
    from coterie.verbs.assignment import FILES, assign_with
    from coterie.workflows.assignment import home_of

    if options.engine == "ray":
        from coterie.integrations.ray import assign_many

        if source is None:
            raise OptionError("Name the FILE (table).")
        with show_progress():
            made = assign_many(source, out, options, overwrite=overwrite)
        print_many(made, as_json=as_json)
        return
    home = home_of(options.segments)
    with show_progress(), FILES.claim(out, source, home, options, overwrite=overwrite):
        assigned = assign_with(source, options.part(AssignOptions))
        report = assigned.save(out, overwrite=overwrite)
    result = assigned.result
    if as_json:
        typer.echo(json.dumps({**result.to_dict(), "report": str(report)}))
    else:
        _print(result, report)


def _print(result: AssignResult, report: Path) -> None:
    comparison = result.compared
    for words in result.doubts:
        typer.echo(words)
    known = bool((comparison.encoders["labelled"] > 0).any())
    classes = {"segment": "name", "rows": "assigned", "share": "share"}
    encoders = {"encoder": "encoder", "width": "dim", "sure": "sure"}
    encoders |= {"texts a second": "texts_per_second", "seconds to embed all": "seconds"}
    encoders["MiB at peak"] = "peak_mib"
    if known:
        classes |= {each: each for each in ("labelled", "precision", "recall", "f1")}
        encoders["accuracy"] = "accuracy"
    total = max(len(comparison.vectors), 1)
    outside = {run.name: run.assignments.counts()["outside"] for run in comparison.runs}
    for name, rows in comparison.classes.groupby("encoder", sort=False):
        shares = rows.assign(share=rows["assigned"] / total)
        _table(f"By {name}, {percent(outside[str(name)] / total)} outside", shares, classes)
    _table("Encoders", comparison.encoders, encoders)
    if len(comparison.encoders) > 1:
        same = {"first": "first", "second": "second", "same answer": "share", "kappa": "kappa"}
        _table("Agreement", comparison.agreement, same)
    if set_aside := len(result.rejects):
        typer.echo(told_set_aside(set_aside, report.with_name("quarantine.csv")))
    for words in result.left_out:
        typer.echo(words)
    typer.echo(f"Report: {report}")


def _table(title: str, frame: pd.DataFrame, columns: dict[str, str]) -> None:
    from coterie.cli.shared.tables import print_table

    sides: dict[str, Any] = {
        head: "left" if frame[column].dtype.kind not in "if" else "right"
        for head, column in columns.items()
    }
    rows = [
        [_shown(column, row[column]) for column in columns.values()]
        for row in frame.to_dict("records")
    ]
    print_table(title, sides, rows)


def _shown(column: str, value: Any) -> str:
    if value != value:  # noqa: PLR0124 - NaN
        return "-"
    if column in ("share", "sure", "accuracy", "precision", "recall"):
        return f"{value:.1%}"
    if column in ("peak_mib", "texts_per_second"):
        return f"{value:,.0f}"
    if isinstance(value, float):
        return f"{value:.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
