"""Results of Q12 as tables."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import mean
from typing import Any

from benchmarks.tables import judged, table, verdict

__all__ = ["names"]

Part = Mapping[str, Any]


def names(part: Part) -> list[str]:
    """Say how well names of groups are matched with the names of labels."""
    rows = part["rows"]
    kinds = ("of_labels", "of_groups")
    of_labels, of_groups = (mean(row[kind]["mrr"] for row in rows) for kind in kinds)
    alike = sum(row["alike"] for row in rows)
    lines = [
        ("Q12 names of the labels' groups, mean reciprocal rank", f"{of_labels:.3f}", "", "", ""),
        ("Q12 names of the groups found, mean reciprocal rank", f"{of_groups:.3f}", "", "", ""),
        ("names that differ only in order, number or ending", f"{alike}", "0", "",
         verdict(-alike, 0)),
    ]  # fmt: skip
    figures = [
        [
            row["table"],
            f"{row['labels']}",
            *(f"{row['of_labels'][figure]:.2f}" for figure in ("mrr", "first", "cosine", "others")),
            f"{row['groups']}",
            f"{row['purity']:.2f}",
            *(f"{row['of_groups'][figure]:.2f}" for figure in ("mrr", "first")),
        ]
        for row in rows
    ]
    shown = [
        [row["table"], "; ".join(f"{label}: **{name}**" for label, name in row["examples"])]
        for row in rows
    ]
    return [
        "## Q12: names matched with labels",
        judged(lines),
        table(
            "table | labels | MRR | first | cosine to its label | to the others | groups found "
            "| purity | MRR | first",
            figures,
        ),
        "MiniLM ranks the names of all labels by their cosine to a group's name. MRR is the mean "
        "of one divided by the rank of the right label, *first* the share of names whose label is "
        "first. The groups are those of the labels, and then those that are found, whose label "
        "is that of most rows: a group of two labels can match one of them alone (*purity*: share "
        "of rows with the label of their group).",
        table("table | label: **name of its group**", shown),
    ]
