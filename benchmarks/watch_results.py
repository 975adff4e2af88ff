"""Results of watch, quiet weeks and planted groups, as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import mean, median
from typing import Any

from benchmarks.tables import judged, table, verdict

__all__ = ["watching"]

Row = Mapping[str, Any]

_ALARMS, _FOUND = 0.05, 0.9


def watching(part: Mapping[str, Any]) -> list[str]:
    rows = part["rows"]
    quiet = [row for row in rows if row["planted"] is None]
    drift = [row for row in rows if row["planted"] is not None]
    alarms, found = _mean(quiet, "alarm"), _mean(drift, "found")
    named = [row for row in drift if row.get("named") is not None]
    lines = [
        (
            f"Quiet weeks with any alarm, of {len(quiet)}",
            f"{alarms:.1%}",
            "at most 5%",
            "",
            verdict(-alarms, -_ALARMS),
        ),
        (
            f"Planted groups found, of {len(drift)}",
            f"{found:.1%}",
            "90%",
            "",
            verdict(found, _FOUND),
        ),
    ]
    heads = "table | segments | rows of a week | quiet weeks | with an alarm | planted | found"
    return [
        "## Watch: false alarms, and groups that are new",
        judged(lines),
        table(f"{heads} | any alarm", _each(rows)),
        f"Of {len(named)} groups found whose label is in words, "
        f"{_mean(named, 'named'):.0%} have a word of that label in their name or terms. A group "
        f"found holds {_mean([r for r in drift if r['found']], 'recall'):.0%} of the planted rows "
        f"on average, and {_mean([r for r in drift if r['found']], 'precision'):.0%} of its rows "
        f"are planted ones. A week takes {median(row['seconds'] for row in rows):.1f} s (median).",
        "Eight classes of each table are held out of a discovery on at most 4,000 of the other "
        "rows; weeks are drawn from the rest, and one row in a hundred is sent two to six times. "
        "Planted is 2% of a week, of one class; a group counts as found where a new group is told, "
        "most rows of which are of that class. Classes are drawn at random, also those that are "
        "hard to tell from others. An alarm is a change of any kind. The weeks of a table are "
        "drawn from the same rows, so they are not independent.",
    ]


def _each(rows: Sequence[Row]) -> list[tuple[str, ...]]:
    found = []
    for name, size in dict.fromkeys((row["table"], row["rows"]) for row in rows):
        own = [row for row in rows if (row["table"], row["rows"]) == (name, size)]
        quiet = [row for row in own if row["planted"] is None]
        drift = [row for row in own if row["planted"] is not None]
        segments = sorted({row["segments"] for row in own})
        shown = (f"{_mean(drift, key):.0%}" if drift else "" for key in ("found", "alarm"))
        first = (name, ", ".join(map(str, segments)), f"{size:,}", str(len(quiet)))
        alarms = str(sum(row["alarm"] for row in quiet))
        found.append((*first, alarms, str(len(drift)), *shown))
    return found


def _mean(rows: Sequence[Row], key: str) -> float:
    return mean(float(row[key]) for row in rows) if rows else float("nan")
