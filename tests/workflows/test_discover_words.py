"""What the page of a discovery says, where the numbers are small."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from coterie.pages.discovery.sentences import Counts, summary


def _summary(rows: list[tuple[str, str]]) -> str:
    """Tell of rows by segment and status."""
    ids = sorted({segment for segment, _ in rows if segment})
    discovery: Any = SimpleNamespace(
        segmentation=type("Three", (), {"__len__": lambda _: len(ids)})(),
        assignments=type("Rows", (), {"__len__": lambda _: len(rows)})(),
    )
    discovery.segmentation.segments = [SimpleNamespace(id=i, name=i.upper()) for i in ids]
    discovery.assignments.segments = np.array([segment for segment, _ in rows], dtype=object)
    discovery.assignments.statuses = np.array([status for _, status in rows], dtype=object)
    discovery.assignments.confidences = np.full(len(rows), 0.5, dtype=np.float32)
    return summary(discovery, Counts(discovery), unit="texts", set_aside=0)


def test_one_row_of_a_kind_is_told_in_the_singular() -> None:
    rows = [("a", "core"), ("a", "ambiguous"), ("b", "core"), ("c", "core"), ("", "outside")]
    said = _summary(rows)
    assert "1 of the texts (20%) lies between groups and is marked ambiguous, in A." in said
    assert "1 (20%) is like none of the groups and is marked outside." in said


def test_ambiguous_rows_are_placed_only_in_groups_that_hold_them() -> None:
    rows = [("a", "core"), *[("b", "ambiguous")] * 2, ("c", "ambiguous"), ("d", "ambiguous")]
    assert "marked ambiguous, most of them in B and C." in _summary(rows)
    assert "marked ambiguous, in B and C." in _summary(rows[:4])


def test_a_single_text_is_not_said_to_be_alike() -> None:
    assert _summary([("a", "core")]) == "There is one text only, and it makes one group.\n\n"
