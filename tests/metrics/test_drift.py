"""Shares before and after, and the scan for dense groups: levels hold, and changes are found."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import fisher_exact

from coterie.metrics import adjust_p_values
from coterie.metrics.drift import (
    adjust_weighted,
    rows_that_count,
    share_change,
    smallest_change,
    spread_between,
)
from coterie.metrics.scan import dense_groups


@given(st.integers(1, 60), st.integers(1, 60), st.data())
def test_a_share_is_tested_as_by_fisher_and_its_interval_holds_the_difference(
    n: int, m: int, data: st.DataObject
) -> None:
    after, before = data.draw(st.integers(0, n)), data.draw(st.integers(0, m))
    found = share_change(after, n, before, m)
    table = [[after, n - after], [before, m - before]]
    tails = [fisher_exact(table, alternative=side)[1] for side in ("less", "greater")]
    assert found.p_value == pytest.approx(min(1.0, 2 * min(tails)), abs=1e-9)
    assert found.low - 1e-12 <= found.difference == after / n - before / m <= found.high + 1e-12


def test_spread_and_doubt_make_a_change_less_certain() -> None:
    plain = share_change(60, 1000, 200, 8000)
    for more in ({"spread": 3.0}, {"doubt": 0.3}):
        wider = share_change(60, 1000, 200, 8000, **more)
        assert wider.p_value > plain.p_value
        assert wider.high - wider.low > plain.high - plain.low
        assert wider.difference == plain.difference


@given(st.lists(st.floats(1e-6, 1), min_size=1, max_size=12))
def test_equal_weights_are_holms_procedure(p_values: list[float]) -> None:
    weighted = adjust_weighted(p_values, np.full(len(p_values), 0.2))
    assert weighted == pytest.approx(adjust_p_values(p_values))


def test_weights_keep_the_level_over_all_tests() -> None:
    rng = np.random.default_rng(0)
    weights = np.array([0.35, *np.full(30, 0.02)])
    alarms = [adjust_weighted(rng.random(31), weights).min() <= 0.05 for _ in range(4000)]
    assert 0.03 < np.mean(alarms) < 0.065


@settings(max_examples=50)
@given(st.lists(st.integers(0, 8), max_size=60), st.lists(st.integers(0, 8), max_size=60))
def test_a_text_counts_at_least_once_and_never_more_than_it_is_there(
    new: list[int], before: list[int]
) -> None:
    for keys, counts in zip((new, before), rows_that_count(new, before), strict=True):
        assert len(counts) == len(keys)
        kept = np.array(keys, dtype=int)[counts]
        assert set(kept.tolist()) == set(keys)


def test_a_burst_counts_once_and_a_usual_question_each_time() -> None:
    before = np.concatenate([np.zeros(400, int), np.arange(1, 3601)])
    new = np.concatenate([np.zeros(50, int), np.full(30, 9000), np.arange(1, 421)])
    counts, _ = rows_that_count(new, before)
    assert counts[:50].all()
    assert counts[50:80].sum() == 1


def test_the_spread_between_weeks_is_found_where_there_is_one() -> None:
    rng = np.random.default_rng(0)
    shares = np.full(10, 0.1)
    quiet = rng.multinomial(500, shares, size=30)
    assert spread_between(quiet).mean() < 1.4
    wild = [rng.multinomial(500, rng.dirichlet(shares * 100)) for _ in range(30)]
    assert spread_between(wild).mean() > 2.5
    assert (spread_between(quiet[:2]) == 1).all()


def test_what_is_said_to_be_seen_four_times_of_five_is() -> None:
    rng = np.random.default_rng(0)
    n, m, share, level = 1000, 5000, 0.03, 0.001
    grown = share + smallest_change(share, n, m, level)
    seen = [
        share_change(rng.binomial(n, grown), n, rng.binomial(m, share), m).p_value < level
        for _ in range(300)
    ]
    assert 0.7 < np.mean(seen) < 0.92


def rows(n: int, rng: np.random.Generator, centre: np.ndarray | None = None) -> np.ndarray:
    """Draw rows of unit length, around a centre or anywhere."""
    made = rng.normal(size=(n, 16))
    if centre is not None:
        made = 6 * centre / np.linalg.norm(centre) + made
    return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)


def test_a_dense_group_is_found_with_its_rows() -> None:
    rng = np.random.default_rng(0)
    centre = rng.normal(size=16)
    new = np.concatenate([rows(380, rng), rows(20, rng, centre)])
    found = dense_groups(new, rows(1200, rng), draws=99)
    assert len(found) == 1
    assert found[0].p_value == pytest.approx(0.01)
    members = set(found[0].members.tolist())
    assert len(members & set(range(380, 400))) >= 16
    assert len(members - set(range(380, 400))) <= 6
    assert found[0].expected < 5


def test_a_group_that_was_there_before_is_no_news() -> None:
    rng = np.random.default_rng(0)
    centre = rng.normal(size=16)
    new = np.concatenate([rows(380, rng), rows(20, rng, centre)])
    before = np.concatenate([rows(1140, rng), rows(60, rng, centre)])
    assert not dense_groups(new, before, draws=99)


def test_the_scan_keeps_its_level() -> None:
    rng = np.random.default_rng(0)
    alarms = [
        bool(dense_groups(rows(100, rng), rows(300, rng), level=0.1, draws=39, seed=seed))
        for seed in range(60)
    ]
    assert sum(alarms) <= 12


def test_the_scan_keeps_its_level_where_rows_repeat() -> None:
    rng = np.random.default_rng(0)
    texts = rows(20, rng)  # customers who send one of twenty sentences
    alarms = [
        bool(
            dense_groups(
                texts[rng.integers(20, size=100)],
                texts[rng.integers(20, size=300)],
                level=0.1,
                draws=39,
                seed=seed,
            )
        )
        for seed in range(60)
    ]
    assert sum(alarms) <= 12


def test_few_rows_have_no_groups() -> None:
    rng = np.random.default_rng(0)
    assert dense_groups(rows(7, rng), rows(50, rng)) == []
    assert dense_groups(rows(50, rng), rows(0, rng)) == []
    assert isinstance(dense_groups(rows(10, rng), rows(3, rng), draws=19), list)


def test_a_week_of_nothing_but_one_new_group_is_that_group() -> None:
    rng = np.random.default_rng(0)
    before = rng.normal(size=(60, 8)).astype(np.float32)
    new = np.tile(rng.normal(size=8), (40, 1)) + rng.normal(scale=0.01, size=(40, 8))
    rows = np.concatenate([new, before]).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    found = dense_groups(rows[:40], rows[40:], level=0.05, seed=0)
    assert len(found) == 1
    assert len(found[0].members) == 40
