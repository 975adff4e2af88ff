"""What a language model is shown of each group."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coterie.segments import Segment
from coterie.segments.naming.by_model.groups import GroupView, view_groups


def world(
    codes: Sequence[int], groups: int, seed: int = 0
) -> tuple[list[Segment], list[str], np.ndarray, np.ndarray]:
    """Make rows about the centre of their group, each with a text of its own."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(groups + 1, 6))
    vectors = centres[list(codes)] + 0.3 * rng.normal(size=(len(codes), 6))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    letters = "abcdefghijklmnopqrstuvwxyz"
    texts = [
        f"text of group {letters[code]} number {letters[n % 26]}{letters[n // 26]}"
        for n, code in enumerate(codes)
    ]
    segments = [Segment(f"s{n:02d}", f"Group {n}") for n in range(groups)]
    return segments, texts, np.array(codes), vectors.astype(np.float32)


def everything(view: GroupView) -> list[str]:
    return [*view.texts, *view.others, *view.own, *view.neighbours]


@given(
    st.lists(st.integers(-1, 4), min_size=1, max_size=60),
    st.sets(st.integers(0, 4)),
    st.integers(0, 3),
)
def test_no_text_is_shown_twice_and_hidden_groups_nowhere(
    codes: list[int], hidden: set[int], seed: int
) -> None:
    segments, texts, places, vectors = world(codes, 5, seed)
    secret = [f"s{n:02d}" for n in hidden]
    views = view_groups(segments, texts, places, vectors, hidden=secret)
    shown = [n for n in range(5) if n not in hidden and n in codes]
    assert [view.segment.id for view in views] == [f"s{n:02d}" for n in shown]
    group_of = dict(zip(texts, codes, strict=True))
    for n, view in zip(shown, views, strict=True):
        assert max(Counter(everything(view)).values()) == 1
        assert {group_of[text] for text in [*view.texts, *view.own]} == {n}
        others = {group_of[text] for text in [*view.others, *view.neighbours]}
        assert not others & {n, -1, *hidden}
        assert len({group_of[text] for text in view.neighbours}) <= 1
        assert 1 <= len(view.texts) <= 8
        assert len(view.own) <= 3
        assert len(view.neighbours) <= 3
        assert len(view.texts) >= min(2, codes.count(n))
        if codes.count(n) >= 5:
            assert len(view.own) == 3
    again = view_groups(segments, texts, places, vectors, hidden=secret)
    assert again == views


def test_a_group_alone_has_no_others() -> None:
    (view,) = view_groups(*world([0] * 12, 1))
    assert view.others == view.neighbours == ()
    assert len(view.texts) == 8
    assert len(view.own) == 3


@pytest.mark.parametrize(("rows", "texts", "own"), [(1, 1, 0), (2, 2, 0), (3, 2, 1), (5, 2, 3)])
def test_a_tiny_group_is_named_before_its_name_is_tested(rows: int, texts: int, own: int) -> None:
    view = view_groups(*world([0] * rows + [1] * 9, 2))[0]
    assert (len(view.texts), len(view.own)) == (texts, own)
    assert len(view.neighbours) == 3


def test_a_tiny_neighbour_is_not_used_to_test_a_name() -> None:
    view = view_groups(*world([0] * 9 + [1] * 2, 2))[0]
    assert len(view.others) == 2
    assert view.neighbours == ()


def test_long_texts_with_the_same_opening_are_shown_once() -> None:
    segments, texts, codes, vectors = world([0] * 9 + [1] * 9, 2)
    long = [f"{'Hello there.' if n % 2 else text} {text}" for n, text in enumerate(texts)]

    def opening(text: str) -> str:
        return text.partition(".")[0] if text.startswith("Hello") else text

    for view in view_groups(segments, long, codes, vectors, opening=opening):
        assert max(Counter(everything(view)).values()) == 1
        assert "Hello there" in everything(view)


def test_no_rows_make_no_views() -> None:
    segments, texts, codes, vectors = world([-1, -1], 2)
    assert view_groups(segments, texts, codes, vectors) == []
    assert view_groups(segments, texts, codes + 1, vectors, hidden=["s00"]) == []
