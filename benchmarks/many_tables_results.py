"""Results of Q11 as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import mean
from typing import Any

from benchmarks.tables import judged, table, verdict

__all__ = ["many_tables"]

Part = Mapping[str, Any]
Row = Mapping[str, Any]

_OTHERS = {"bertopic": "BERTopic", "hdbscan": "HDBSCAN", "k-means": "k-means"}
_LOST = 0.15  # that a table may lose beside groups of the labels' own number


def many_tables(part: Part) -> list[str]:
    """Say how groups agree with labels on each table, and beside other libraries."""
    rows = part["rows"]
    names = list(dict.fromkeys(row["table"] for row in rows))

    def of(method: str, name: str, figure: str) -> float:
        return mean(
            float(row[figure]) for row in rows if (row["method"], row["table"]) == (method, name)
        )

    ours, told = (
        {name: of("coterie", name, figure) for name in names} for figure in ("ari", "told")
    )
    average = mean(ours.values())
    lost = max(told[name] - ours[name] for name in names)
    wild = [
        row["table"]
        for row in rows
        if row["method"] == "coterie" and row["groups"] > 150 and row["labels"] < 20
    ]
    lines = [
        ("Q11 mean ARI of the tables", f"{average:.3f}", "0.44", "0.50",
         verdict(average, 0.44, 0.50)),
        ("the same, told the number of labels", f"{mean(told.values()):.3f}", "", "", ""),
        ("most that a table loses beside that", f"{lost:.3f}", f"{_LOST}", "",
         verdict(-lost, -_LOST)),
        ("tables with more than 150 groups for fewer than 20 labels", str(len(set(wild))), "0",
         "", verdict(-len(set(wild)), 0)),
    ]  # fmt: skip
    columns = (
        "table | rows | labels | groups, by seed | range, first seed | ARI | told the number | NMI "
        "| coverage | ARI between seeds | seconds"
    )
    return [
        "## Q11: discover fourteen tables, number of groups unknown",
        judged(lines),
        table(columns, [_ours(name, rows, of) for name in names]),
        *_beside(names, rows, of),
        "MiniLM vectors from the cache, the same for all; seconds are those of finding groups. "
        "Means over the seeds of Coterie; the others ran once, with their defaults. Rows outside "
        "of every group, or in topic -1, count as one group. No label is used in a run; the "
        "constants of the rule were settled on these tables, see docs/decisions/"
        "number-of-groups.md for the mean over tables left out.",
    ]


def _ours(name: str, rows: Sequence[Row], of: Any) -> list[str]:
    own = [row for row in rows if (row["method"], row["table"]) == ("coterie", name)]
    low, high = own[0]["range"]
    figures = (f"{of('coterie', name, figure):.3f}" for figure in ("ari", "told", "nmi"))
    return [
        name, f"{own[0]['rows']:,}", f"{own[0]['labels']}",
        ", ".join(f"{row['groups']}" for row in own), f"{low} to {high}", *figures,
        f"{of('coterie', name, 'coverage'):.3f}", _between(own),
        f"{of('coterie', name, 'seconds'):.1f}",
    ]  # fmt: skip


def _between(own: Sequence[Row]) -> str:
    """Mean ARI of the later seeds with the first."""
    return f"{mean(float(row['as_first']) for row in own[1:]):.2f}" if len(own) > 1 else ""


def _beside(names: Sequence[str], rows: Sequence[Row], of: Any) -> list[str]:
    others = [method for method in _OTHERS if any(row["method"] == method for row in rows)]
    if not others:
        return []
    head = " | ".join(f"{_OTHERS[m]}: groups | ARI | NMI | coverage | seconds" for m in others)
    lines = []
    for name in names:
        line = [name]
        for method in others:
            line += [f"{of(method, name, 'groups'):.0f}"]
            line += [f"{of(method, name, figure):.3f}" for figure in ("ari", "nmi", "coverage")]
            line += [f"{of(method, name, 'seconds'):.1f}"]
        lines.append(line)
    average = ["mean"]
    for method in others:
        cells = [f"{mean(of(method, n, f) for n in names):.3f}" for f in ("ari", "nmi", "coverage")]
        average += ["", *cells, ""]
    return [table(f"table | {head}", [*lines, average])]
