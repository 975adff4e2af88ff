"""``coterie log``: show, export, shorten and erase the prediction log of a service."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coterie.cli.shared.common import Json, Overwrite
from coterie.cli.shared.options import takes
from coterie.errors import OptionError
from coterie.formatting import between, counted, format_number
from coterie.options import LogFilters, LogPeriod, age_of

if TYPE_CHECKING:
    from coterie.prediction_log import Entry, Performance

__all__ = ["app"]

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Show, export, shorten or erase the prediction log of a service.",
)

Log = Annotated[
    str,
    typer.Argument(
        metavar="LOG", help="Its file, the folder of the service, or the URL of its database."
    ),
]

_SHOWN = 15  # labels, kinds of errors and so on that are shown
_READ = 1_000  # entries read at once


@app.command("show")
@takes(LogFilters)
def show(
    log: Log,
    options: LogFilters,
    *,
    limit: Annotated[int, typer.Option(min=1, help="How many entries, the newest.")] = 20,
    as_json: Json = False,
) -> None:
    """Show entries, newest first."""
    from coterie.prediction_log import PredictionLog

    with PredictionLog.open(log, writes=False) as opened:
        shown: list[Entry] = []
        after = None
        while len(shown) < limit:
            page = opened.entries(options, after=after, limit=min(limit - len(shown), _READ))
            shown += page.entries
            after = page.next
            if after is None:
                break
        name = opened.name
    if as_json:
        typer.echo(json.dumps({"entries": [each.to_dict() for each in shown], "next": after}))
    elif shown:
        _print_entries(shown)
    else:
        typer.echo(f"No entry of {name} passes.")


@app.command("export")
@takes(LogFilters)
def export(
    log: Log,
    options: LogFilters,
    *,
    out: Annotated[
        Path, typer.Option("--out", help="File to write: .jsonl or .parquet.", dir_okay=False)
    ],
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Write entries to a file for other programs, oldest first."""
    from coterie.prediction_log import PredictionLog
    from coterie.progress import show_progress

    with show_progress(), PredictionLog.open(log, writes=False) as opened:
        rows = opened.export(out, filters=options, overwrite=overwrite)
    _tell({"rows": rows, "file": str(out)}, f"{_entries(rows)}: {out}", as_json=as_json)


@app.command()
def prune(
    log: Log,
    *,
    older_than: Annotated[
        str, typer.Option("--older-than", help="Age beyond which entries go: 90d, 36h, 12w.")
    ],
    as_json: Json = False,
) -> None:
    """Remove old entries and their feedback."""
    from coterie.prediction_log import PredictionLog
    from coterie.progress import show_progress

    age_of(older_than)
    with show_progress(), PredictionLog.open(log, make=False) as opened:
        removed = opened.prune(older_than)
    _tell({"removed": removed}, f"{_entries(removed)} removed.", as_json=as_json)


@app.command()
def erase(
    log: Log,
    *,
    person: Annotated[str, typer.Option(help="Key of the customer.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Erase every trace of a person; files that were exported are yours to erase."""
    from coterie.prediction_log import Filters, PredictionLog
    from coterie.progress import show_progress

    with PredictionLog.open(log, make=False) as opened:
        if not yes:
            found = opened.count(Filters(person=person))
            if not sys.stdin.isatty():
                raise OptionError(
                    f"This erases {_entries(found)} for good: add --yes where nobody can be asked."
                )
            typer.confirm(f"Erase {_entries(found)} of this person for good?", abort=True, err=True)
        with show_progress():
            removed = opened.erase(person)
    _tell(
        {"erased": removed},
        f"{_entries(removed)} erased. Exported files and backups are yours to erase.",
        as_json=as_json,
    )


@app.command("performance")
@takes(LogPeriod)
def performance(log: Log, options: LogPeriod, *, as_json: Json = False) -> None:
    """Show how fast, how often, how right and how sure the models were."""
    from coterie.prediction_log import PredictionLog

    with PredictionLog.open(log, writes=False) as opened:
        found = opened.performance(options.since, options.until, options.model)
    if as_json:
        typer.echo(json.dumps(found.to_dict()))
    else:
        _print_performance(found)


def _tell(answer: dict[str, object], sentence: str, *, as_json: bool) -> None:
    typer.echo(json.dumps(answer) if as_json else sentence)


def _entries(count: int) -> str:
    return "1 entry" if count == 1 else f"{count:,} entries"


def _print_entries(entries: Iterable[Entry]) -> None:
    from coterie.cli.shared.tables import print_table

    columns = ("time (UTC)", "model", "label", "confidence", "status", "truth", "person", "ms")
    print_table(
        "Entries",
        {name: "right" if name in ("confidence", "ms") else "left" for name in columns},
        [
            [
                _when(each.time),
                _model(each.model, each.version, each.role),
                _plain(f"error: {each.error}" if each.error else each.label or ""),
                format_number(each.confidence, ".1%") if each.confidence is not None else "",
                _plain(each.status or ""),
                _plain(each.truth or ""),
                _plain(each.person or ""),
                format_number(1000 * each.seconds, ".1f") if each.seconds is not None else "",
            ]
            for each in entries
        ],
    )


def _print_performance(found: Performance) -> None:
    from coterie.cli.shared.tables import print_lines, print_table

    failed = sum(found.errors.values())
    lines = [
        ("", f"{_period(found)}{f', model {_plain(found.model)}' if found.model else ''}"),
        ("Made", f"{counted(found.requests, 'request')}, {found.predictions:,} predictions, "
         f"{counted(found.shadows, 'shadow')}, {counted(failed, 'error')}"),
        ("Right", _accuracy(found)),
        ("Sure", _calibration(found)),
    ]  # fmt: skip
    print_lines(lines)
    sides = {"predictions": "right", "errors": "right", "accuracy": "right", "truths": "right"}
    print_table(
        "Models",
        {"model": "left", **dict.fromkeys([*sides, "p50 ms", "p90 ms", "p99 ms"], "right")},
        [
            [
                _model(each.model, each.version, each.role),
                f"{each.predictions:,}",
                f"{each.errors:,}",
                format_number(each.accuracy.accuracy, ".1%"),
                f"{each.accuracy.truths:,}",
                *(
                    format_number(value, ".1f")
                    for value in (each.latency.p50_ms, each.latency.p90_ms, each.latency.p99_ms)
                ),
            ]
            for each in found.models
        ],
    )
    parts = {"Labels": found.labels, "Routes": found.routes, "Errors": found.errors}
    for title, counts in parts.items():
        if counts:
            rows = [[_plain(name), f"{count:,}"] for name, count in list(counts.items())[:_SHOWN]]
            more = len(counts) - len(rows)
            rows += [[f"{more:,} more", ""]] if more > 0 else []
            print_table(title, {"": "left", "entries": "right"}, rows)


def _period(found: Performance) -> str:
    if found.since is None or found.until is None:
        return "No entries"
    return f"{_when(found.since)} to {_when(found.until)} UTC"


def _accuracy(found: Performance) -> str:
    known = found.accuracy
    if known.accuracy is None:
        return "no feedback yet"
    interval = between((known.low, known.high), ".1%")
    return f"{known.accuracy:.1%} of {counted(known.truths, 'truth')} (95%: {interval})"


def _calibration(found: Performance) -> str:
    if found.calibration.ece is None:
        return "no feedback yet"
    return f"expected calibration error {found.calibration.ece:.3f}"


def _model(name: str | None, version: int | None, role: str) -> str:
    told = _plain(format_number(name)) + (f" v{version}" if version is not None else "")
    return told if role == "answer" else f"{told} ({role})"


def _when(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def _plain(text: str) -> str:
    """Write what would move a terminal's cursor or colour it as a sign of its own."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
