"""Names of a language model as recorded edits, and names that a person gave."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from coterie.errors import SegmentError
from coterie.segments import Segmentation
from coterie.segments.taxonomy.edits import (
    freeze,
    merge,
    named_by_hand,
    rename,
    rename_by_model,
    set_parent,
    split,
)
from tests.segments.worlds import made, unit

ROWS = unit(np.array([[4, 1, 0]] * 6 + [[4, 0, 1]] * 4 + [[0, 4, 1]] * 3 + [[0, 1, 4]] * 2))


@pytest.fixture
def groups() -> Segmentation:
    """Give s01, s02 and s03, in the families X, X and Y."""
    found = made(ROWS, unit(np.eye(3)))
    parents = {"s01": "X", "s02": "X", "s03": "Y"}
    parted = tuple(replace(s, parent=parents[s.id]) for s in found.segments)
    return replace(found, segments=parted)


def named(segmentation: Segmentation) -> dict[str, tuple[str, str]]:
    return {s.id: (s.name, s.description) for s in segmentation.segments}


def test_each_name_is_an_edit_and_nothing_else_changes(groups: Segmentation) -> None:
    new = {"s03": ("Lost  cards", "About cards."), "s01": ("Refunds", "About money.")}
    after = rename_by_model(groups, new, {"X": "Money"}, "ollama:small")
    old = named(groups)
    assert named(after) == old | {"s03": ("Lost cards", "About cards."), "s01": new["s01"]}
    assert [s.parent for s in (after["s01"], after["s02"], after["s03"])] == ["Money"] * 2 + ["Y"]
    assert [change.what for change in after.history] == ["name", "name", "name family"]
    assert {change.model for change in after.history} == {"ollama:small"}
    assert after.edits == []  # until somebody signs them
    assert (after.predict(ROWS).segments == groups.predict(ROWS).segments).all()
    assert [s.id for s in after.segments] == [s.id for s in groups.segments]


def test_two_segments_may_exchange_their_names(groups: Segmentation) -> None:
    first, second = groups["s01"].name, groups["s02"].name
    after = rename_by_model(groups, {"s01": (second, ""), "s02": (first, "")}, {}, "m")
    assert (after["s01"].name, after["s02"].name) == (second, first)


def test_two_families_may_exchange_their_names(groups: Segmentation) -> None:
    after = rename_by_model(groups, {}, {"X": "Y", "Y": "X"}, "m")
    assert [after[i].parent for i in ("s01", "s02", "s03")] == ["Y", "Y", "X"]
    chain = rename_by_model(groups, {}, {"X": "Y", "Y": "Z"}, "m")
    assert [chain[i].parent for i in ("s01", "s02", "s03")] == ["Y", "Y", "Z"]


@pytest.mark.parametrize(
    ("names", "families"),
    [
        ({"s01": ("  ", "")}, {}),
        ({"s01": ("Group s02", "")}, {}),
        ({"s01": ("group  S02", "")}, {}),
        ({"s01": ("s03", "")}, {}),
        ({"s01": ("Same", ""), "s02": ("same", "")}, {}),
        ({"s09": ("Nobody", "")}, {}),
        ({}, {"X": " "}),
        ({}, {"X": "Y"}),
        ({}, {"X": "y"}),
        ({}, {"X": "Same", "Y": "Same"}),
    ],
)
def test_names_that_are_blank_or_taken_are_refused(
    names: dict[str, tuple[str, str]], families: dict[str, str], groups: Segmentation
) -> None:
    with pytest.raises(SegmentError):
        rename_by_model(groups, names, families, "m")


def test_the_id_of_a_retired_segment_is_no_name(groups: Segmentation) -> None:
    merged = merge(groups, ["s01", "s02"])
    with pytest.raises(SegmentError):
        rename_by_model(merged, {"s01": ("s02", "")}, {}, "m")


def test_a_frozen_segmentation_is_refused(groups: Segmentation) -> None:
    for names in ({"s01": ("Refunds", "")}, {}):
        with pytest.raises(SegmentError):
            rename_by_model(freeze(groups), names, {}, "m")


# Names that a person gave.


def test_nothing_is_named_by_hand_at_first(groups: Segmentation) -> None:
    assert named_by_hand(groups) == frozenset()
    after = rename_by_model(groups, {"s01": ("Refunds", "")}, {"X": "Money"}, "m")
    assert named_by_hand(after) == frozenset()


def test_a_renamed_segment_is(groups: Segmentation) -> None:
    after = rename(groups, "s01", "Mine")
    assert named_by_hand(after) == {"s01"}
    assert named_by_hand(rename_by_model(after, {"s02": ("Other", "")}, {}, "m")) == {"s01"}


def test_a_merged_one_is_where_it_got_a_name(groups: Segmentation) -> None:
    assert named_by_hand(merge(groups, ["s01", "s02"])) == frozenset()
    assert named_by_hand(merge(groups, ["s01", "s02"], "Both")) == {"s01"}
    renamed = rename(groups, "s01", "Mine")
    assert named_by_hand(merge(renamed, ["s01", "s02"])) == {"s01"}


def test_the_parts_of_a_split_are_where_they_got_names(groups: Segmentation) -> None:
    assert named_by_hand(split(groups, "s01", ROWS)) == frozenset()
    parted = split(groups, "s01", ROWS, names=["One", "Other"])
    assert named_by_hand(parted) == {"s04", "s05"}
    assert {parted["s04"].name, parted["s05"].name} == {"One", "Other"}


def test_a_family_is_where_a_segment_was_put_into_it(groups: Segmentation) -> None:
    assert "Mine" in named_by_hand(set_parent(groups, "s03", "Mine"))
    assert not {"X", "Y"} & named_by_hand(set_parent(groups, "s03", ""))
