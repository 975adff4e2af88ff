"""What RESULTS.md says of discoveries of up to a million rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.tables import judged, table, verdict

__all__ = ["million"]

Part = Mapping[str, Any]

_MINUTES, _FEW_MINUTES, _GIB, _GROWTH = 30.0, 15.0, 8.0, 11.0


def million(part: Part) -> list[str]:
    """Say how long a discovery takes as the table grows, and what it needs."""
    rows = part["rows"]
    encoders = list(dict.fromkeys(row["encoder"] for row in rows))
    lines = [line for encoder in encoders for line in _judged(encoder, rows)]
    curve = table(
        "encoder | rows | different texts | seconds | of which embedding | rows a second"
        " | peak memory, GiB | segments | coverage | NMI with labels | report, MB",
        [
            (
                row["encoder"],
                f"{row['rows']:,}",
                f"{row['distinct']:,}",
                f"{row['seconds']:,.0f}",
                f"{row['embed']:,.0f}",
                f"{row['rows'] / row['seconds']:,.0f}",
                f"{row['peak_mib'] / 1024:.1f}",
                row["groups"],
                f"{row['coverage']:.3f}",
                f"{row['nmi']:.2f}",
                f"{row['report_bytes'] / 1e6:.1f}",
            )
            for row in rows
        ],
    )
    return ["## P8: a million utterances to a named map", judged(lines), curve, _METHOD]


_METHOD = (
    "`coterie discover FILE --text text --label label --encoder ...`, from the CSV to the report "
    "and all its files, with an empty cache; one run each. The table is made by "
    "`python -m benchmarks.utterances`: real texts of thirteen labelled sets (each about once in "
    "a million rows), messages of an invented shop (20%), and variations of the real ones, with "
    "words left out, mistyped or added; 6% repeat another row. Labels are those of the sets, some "
    "480; no discovery sees them."
)


def _judged(encoder: str, rows: list[Part]) -> list[tuple[str, ...]]:
    own = {row["rows"]: row for row in rows if row["encoder"] == encoder}
    most = max(own)
    last, tenth = own[most], own.get(most // 10)
    minutes, gib = last["seconds"] / 60, last["peak_mib"] / 1024
    named = f"P8 {encoder}, {most:,} rows"
    lines = [
        (
            f"{named}, minutes",
            f"{minutes:.1f}",
            f"{_MINUTES:.0f}",
            f"{_FEW_MINUTES:.0f}",
            verdict(-minutes, -_MINUTES, -_FEW_MINUTES),
        ),
        (f"{named}, peak memory, GiB", f"{gib:.1f}", f"{_GIB:.0f}", "", verdict(-gib, -_GIB)),
    ]
    if tenth is not None:
        growth = last["seconds"] / tenth["seconds"]
        name = f"{named}, times the seconds of a tenth"
        reached = verdict(-growth, -_GROWTH)
        lines.append((name, f"{growth:.1f}", f"{_GROWTH:.0f}", "", reached))
    return lines
