"""Two versions of a model: on the same rows, on other customers, and looked at every day."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from coterie.errors import InputError, OptionError
from coterie.metrics import compare_same_rows, compare_split_rows, paired_difference
from coterie.metrics.versions.sequential import (
    half_width,
    highest_share,
    p_value,
    standard_error_for,
)

Bools = np.ndarray


def answers(rows: int, a: float, b: float, seed: int = 0) -> tuple[Bools, Bools]:
    """Answers of two versions whose mistakes overlap."""
    rng = np.random.default_rng(seed)
    hard = rng.random(rows)
    noise = rng.random((2, rows)) * 0.1
    return hard + noise[0] < a + 0.05, hard + noise[1] < b + 0.05


def test_one_look_at_independent_rows_is_the_exact_paired_test() -> None:
    a, b = answers(400, 0.8, 0.86)
    found, exact = compare_same_rows(a, b, looks="once"), paired_difference(b, a)
    assert (found.low, found.high, found.p_value) == (exact.low, exact.high, exact.p_value)
    assert found.difference == pytest.approx(exact.difference)
    assert (found.only_b, found.only_a) == (exact.only_first, exact.only_second)
    assert found.rows == found.customers == 400


@pytest.mark.parametrize(("b", "verdict"), [(0.9, "better"), (0.7, "worse"), (0.8, None)])
def test_the_verdict_follows_the_interval(b: float, verdict: str | None) -> None:
    for found in (
        compare_same_rows(*answers(4000, 0.8, b)),
        compare_split_rows(answers(4000, 0.8, b)[0], answers(4000, 0.8, b, seed=1)[1]),
    ):
        assert (found.verdict == verdict) or verdict is None
        assert (found.p_value < 0.05) == (not found.low <= 0 <= found.high)
        assert found.low <= found.difference <= found.high
        assert found.names[1] in found.sentence
        if verdict == "better":
            assert found.probability_better > 0.99


def test_equal_versions_on_many_rows_are_said_to_be_equal_and_on_few_nothing_is() -> None:
    a, b = answers(40_000, 0.8, 0.8)
    assert compare_same_rows(a, b).verdict == "no difference"
    few = compare_same_rows(a[:60], b[:60])
    assert few.verdict == "not enough rows"
    assert few.rows_needed is not None
    assert few.rows_needed > 60
    same = compare_same_rows(a[:2000], a[:2000])
    assert same.verdict == "no difference"
    assert 0 < same.high < 0.02
    assert compare_same_rows(a[:20], a[:20]).verdict == "not enough rows"


def test_rows_of_one_customer_count_as_one() -> None:
    a, b = answers(900, 0.8, 0.86)
    alone = compare_same_rows(a, b)
    who = [f"c{row}" for row in range(900)]
    repeated = compare_same_rows(np.repeat(a, 10), np.repeat(b, 10), customers=np.repeat(who, 10))
    assert repeated.difference == pytest.approx(alone.difference)
    assert (repeated.low, repeated.high) == pytest.approx((alone.low, alone.high))
    assert repeated.customers == alone.customers == 900
    unaware = compare_same_rows(np.repeat(a, 10), np.repeat(b, 10))
    assert unaware.high - unaware.low < 0.5 * (repeated.high - repeated.low)
    split = compare_split_rows(a, b, customers_a=who, customers_b=[f"d{row}" for row in who])
    apart = compare_split_rows(a, b)
    assert (split.low, split.high) == pytest.approx((apart.low, apart.high))
    both = compare_split_rows(a, b, customers_a=who, customers_b=who)
    assert (both.low, both.high) == pytest.approx((alone.low, alone.high))  # seen by both
    nobody = compare_same_rows(a, b, customers=[None] * 900)
    assert nobody.customers == 900


def test_shadow_mode_needs_fewer_rows_than_a_split() -> None:
    a, b = answers(4000, 0.8, 0.82)
    same, split = compare_same_rows(a, b), compare_split_rows(a[::2], b[1::2])
    assert same.rows_needed is not None
    assert split.rows_needed is not None
    assert same.rows_needed * 2 < split.rows_needed
    once = compare_split_rows(a[::2], b[1::2], looks="once")
    assert once.rows_needed is not None
    assert once.rows_needed < split.rows_needed
    # the usual formula: two shares, 95% and 80%
    share = float(np.concatenate([a[::2], b[1::2]]).mean())
    usual = 4 * share * (1 - share) * ((norm.ppf(0.975) + norm.ppf(0.8)) / 0.02) ** 2
    assert once.rows_needed == pytest.approx(usual, rel=0.03)


def test_no_rows_and_wrong_columns() -> None:
    empty = compare_same_rows([], [])
    assert (empty.verdict, empty.rows_needed) == ("not enough rows", None)
    assert json.loads(json.dumps(empty.to_dict()))["difference"] is None
    assert compare_split_rows([], [True] * 40).verdict == "not enough rows"
    one = compare_same_rows([True] * 40, [False] * 40, customers=["c"] * 40)
    assert one.verdict == "not enough rows"
    with pytest.raises(InputError, match="customers"):
        compare_same_rows([True], [True], customers=["a", "b"])
    with pytest.raises(InputError):
        compare_same_rows([True], [True, False])
    with pytest.raises(OptionError, match="smallest"):
        compare_same_rows([True], [True], smallest=0)
    with pytest.raises(OptionError, match="looks"):
        compare_same_rows([True], [True], looks="daily")  # type: ignore[arg-type]


def test_figures_are_json_with_a_form() -> None:
    found = compare_same_rows(*answers(300, 0.8, 0.9), names=("version 1", "version 2")).to_dict()
    assert found["form"] == 1
    assert found["verdict"] in found["sentence"] or found["verdict"] == "not enough rows"
    assert found["names"] == ["version 1", "version 2"]
    json.dumps(found, allow_nan=False)


@given(
    st.floats(1e-4, 0.3), st.floats(0, 0.5), st.sampled_from(["any", "once"])
)  # fmt: skip
def test_p_values_and_intervals_agree(error: float, difference: float, looks: str) -> None:
    half = half_width(error, looks)  # type: ignore[arg-type]
    p = p_value(difference, error, looks)  # type: ignore[arg-type]
    assert 0 <= p <= 1
    if not math.isclose(difference, half, rel_tol=1e-6):
        assert (p < 0.05) == (difference > half)
    assert half_width(error, "any") > half_width(error, "once")


@given(st.floats(0.001, 0.2))
def test_the_needed_error_finds_the_difference_four_times_in_five(smallest: float) -> None:
    error = standard_error_for(smallest, "any")
    found = 1 - norm.cdf((half_width(error, "any") - smallest) / error)
    assert found == pytest.approx(0.8, abs=1e-3)


@given(st.integers(1, 500), st.data())
def test_the_highest_share_is_above_the_one_found(of: int, data: st.DataObject) -> None:
    found = data.draw(st.integers(0, of))
    once, often = highest_share(found, of, "once"), highest_share(found, of, "any")
    assert found / of <= once <= often <= 1


def _false_decisions(design: str, runs: int) -> tuple[float, float]:
    """Share of series of 25 daily looks at equal versions that end in a decision: any, and once."""
    rng = np.random.default_rng(3)
    days, people, daily = 25, 400, 80
    total, wrong = days * daily, {"any": 0, "once": 0}
    for _ in range(runs):
        weights = rng.lognormal(0, 0.8, people)
        who = rng.choice(people, total, p=weights / weights.sum())
        right = rng.random(total) < rng.beta(2.4, 0.6, people)[who]
        lean = rng.choice([0.25, 0.75], people)[who]  # a customer leans to one of the versions
        apart = rng.random(total) < 0.12
        a = ~apart | (rng.random(total) < lean)
        b = ~apart | ~a
        arm = rng.integers(0, 2, people)[who] == 1
        for looks in wrong:
            for rows in range(daily, total + 1, daily):
                seen, on = slice(0, rows), np.flatnonzero(arm[:rows])
                off = np.flatnonzero(~arm[:rows])
                if design == "same rows":
                    found = compare_same_rows(
                        a[seen], b[seen], customers=who[seen], looks=looks  # type: ignore[arg-type]
                    )  # fmt: skip
                else:
                    found = compare_split_rows(
                        right[off], right[on], customers_a=who[off], customers_b=who[on],
                        looks=looks,  # type: ignore[arg-type]
                    )  # fmt: skip
                if found.verdict in ("better", "worse"):
                    wrong[looks] += 1
                    break
    return wrong["any"] / runs, wrong["once"] / runs


@pytest.mark.parametrize("design", ["same rows", "split rows"])
def test_looking_every_day_seldom_finds_a_difference_that_is_not_there(design: str) -> None:
    every, one = _false_decisions(design, 30)
    assert every <= 0.05
    assert one > every
