"""Rows that are all but the same are found as if each were compared with each."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coterie.segments import pins
from coterie.segments.pins import rounded_cosines, same_as

from .blobs import AXES, unit


def by_hand(vectors, others, cosine):
    cosines = rounded_cosines(vectors, others)
    rows = np.flatnonzero(cosines.max(axis=1) >= cosine)
    return rows.tolist(), cosines[rows].argmax(axis=1).tolist()


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    spread=st.sampled_from([1e-4, 0.003, 0.008, 0.02]),
    cosine=st.sampled_from([0.999, 0.99, 1 - 1e-6]),
)
def test_the_tree_finds_what_a_comparison_of_all_finds(seed, spread, cosine):
    rng = np.random.default_rng(seed)
    others = unit(AXES[rng.integers(0, 6, 40)] + 0.1 * rng.normal(size=(40, AXES.shape[1])))
    near = others[rng.integers(0, 40, 120)]
    vectors = unit(near + spread * rng.normal(size=near.shape))
    vectors[:10], others[30:] = others[:10], others[:10]  # the first of equals wins
    rows, nearest = pins._by_tree(vectors, others, cosine)
    assert (rows.tolist(), nearest.tolist()) == by_hand(vectors, others, cosine)
    assert [part.tolist() for part in same_as(vectors, others, cosine)] == [
        rows.tolist(),
        nearest.tolist(),
    ]


@pytest.mark.parametrize("shape", [(0, 5), (5, 0)])
def test_nothing_is_the_same_as_nothing(shape):
    one, other = (np.zeros((n, 4), np.float32) for n in shape)
    assert [part.tolist() for part in same_as(one, other, 0.999)] == [[], []]
