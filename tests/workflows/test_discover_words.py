"""What the page of a discovery says, where the numbers are small."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from coterie.pages.discovery.number import choice_section
from coterie.pages.discovery.words import summary
from coterie.report import Table
from coterie.segments import Assignments


def _summary(rows: list[tuple[str, str]], readable: list[float] | None = None) -> str:
    """Tell of rows by segment and status."""
    ids = sorted({segment for segment, _ in rows if segment})
    segments, statuses = (np.array(column, dtype=object) for column in zip(*rows, strict=True))
    some = np.full(len(rows), 0.5, dtype=np.float32)
    assignments = Assignments(segments, statuses, some, some)
    counted = {status: count for status, count in assignments.counts().items() if count}
    result: Any = SimpleNamespace(
        segmentation=SimpleNamespace(
            segments=[SimpleNamespace(id=i, name=i.upper(), size=sum(segments == i)) for i in ids]
        ),
        rows=SimpleNamespace(readable=None if readable is None else np.array(readable)),
        discovery=SimpleNamespace(assignments=assignments),
        figures=SimpleNamespace(
            table=SimpleNamespace(unit="texts", rows=len(rows), set_aside=0),
            groups=SimpleNamespace(statuses=counted, confidence=0.5, range=(1, 1)),
        ),
    )
    return summary(result)


def test_one_row_of_a_kind_is_told_in_the_singular() -> None:
    rows = [("a", "core"), ("a", "ambiguous"), ("b", "core"), ("c", "core"), ("", "outside")]
    said = _summary(rows)
    assert re.search(r"\b1 of the texts \(20%\) is .*ambiguous, in A\.", said)
    assert re.search(r"\b1 \(20%\) fits .*outside", said)


def test_ambiguous_rows_are_placed_only_in_groups_that_hold_them() -> None:
    rows = [("a", "core"), *[("b", "ambiguous")] * 2, ("c", "ambiguous"), ("d", "ambiguous")]
    assert "ambiguous, most of them in B and C." in _summary(rows)
    assert "ambiguous, in B and C." in _summary(rows[:4])


def test_rows_that_cannot_be_read_are_not_between_groups() -> None:
    rows = [("a", "core"), ("a", "core"), ("b", "ambiguous"), ("c", "ambiguous")]
    said = _summary(rows, [1, 1, 0.2, 1])
    assert "ambiguous, in C." in said
    assert re.search(r"\b1 of the texts \(25%\) cannot be read", said)


def test_a_single_text_is_not_said_to_be_alike() -> None:
    said = _summary([("a", "core")])
    assert "similar" not in said
    assert "one text" in said


def test_the_table_of_candidates_opens_at_the_chosen_number() -> None:
    groups = np.arange(4, 34)
    sweep = pd.DataFrame(
        {
            "groups": groups,
            "silhouette": 0.1,
            "stability": 0.9,
            "score": np.where(groups == 25, 0.9, 0.1),
            "chosen": groups == 25,
            "supported": (groups >= 20) & (groups < 30),
        }
    )
    (section,) = choice_section(sweep)
    (table,) = (block for block in section.blocks if isinstance(block, Table))
    shown = table.frame["groups"].tolist()
    inside = [25, *(k for k in range(20, 30) if k != 25)]
    assert shown == [*inside, *(k for k in groups.tolist() if k not in inside)]
    assert table.limit >= len(inside)
