"""Limits on how often each caller may ask."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coterie.errors import OptionError
from coterie.serve.access.rates import RateLimiter


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_burst_is_let_through_and_then_the_rate(clock: Clock) -> None:
    limit = RateLimiter(60, burst=3, clock=clock)
    assert [limit.take("crm") for _ in range(3)] == [0, 0, 0]
    wait = limit.take("crm")
    assert wait == pytest.approx(1)
    assert limit.take("crm") == wait  # what is refused costs nothing
    clock.now += wait
    assert limit.take("crm") == 0
    assert limit.take("crm") > 0


def test_callers_do_not_share(clock: Clock) -> None:
    limit = RateLimiter(60, burst=1, clock=clock)
    assert limit.take("crm") == 0
    assert limit.take("crm") > 0
    assert limit.take("studio") == 0


def test_rows_cost_each_their_own(clock: Clock) -> None:
    limit = RateLimiter(600, burst=100, clock=clock)
    assert limit.take("crm", 90) == 0
    assert limit.take("crm", 30) == pytest.approx(2)
    assert limit.take("crm", 10) == 0


def test_what_costs_more_than_the_burst_is_waited_for_afterwards(clock: Clock) -> None:
    limit = RateLimiter(600, burst=10, clock=clock)
    assert limit.take("crm", 110) == 0
    wait = limit.take("crm")
    assert wait == pytest.approx(10.1)
    clock.now += wait
    assert limit.take("crm") == 0


def test_a_clock_that_stands_still_gives_nothing(clock: Clock) -> None:
    limit = RateLimiter(60, burst=2, clock=clock)
    assert sum(limit.take("crm") == 0 for _ in range(1000)) == 2


@given(
    per_minute=st.floats(0.1, 1e6),
    burst=st.floats(1, 1e4),
    requests=st.lists(st.tuples(st.floats(0, 100), st.floats(0.01, 1e3)), max_size=60),
)
def test_no_caller_gets_more_than_the_rate(
    per_minute: float, burst: float, requests: list[tuple[float, float]]
) -> None:
    """What was let through before the last is at most the burst and what came back meanwhile."""
    clock = Clock()
    limit = RateLimiter(per_minute, burst=burst, clock=clock)
    start, taken = clock.now, 0.0
    for pause, cost in requests:
        clock.now += pause
        before = taken + min(cost, burst)
        if limit.take("crm", cost) == 0:
            allowed = burst + (clock.now - start) * per_minute / 60
            assert before <= allowed * (1 + 1e-9) + per_minute * 1e-6
            taken += cost


@given(
    per_minute=st.floats(0.1, 1e6),
    burst=st.floats(1, 1e4),
    costs=st.lists(st.floats(0.01, 1e5), min_size=1, max_size=30),
)
def test_who_waits_as_told_is_let_through(
    per_minute: float, burst: float, costs: list[float]
) -> None:
    clock = Clock()
    limit = RateLimiter(per_minute, burst=burst, clock=clock)
    for cost in costs:
        wait = limit.take("crm", cost)
        if wait:
            assert math.isfinite(wait)
            assert wait > 0
            clock.now += math.ceil(wait)
            assert limit.take("crm", cost) == 0


def test_memory_is_bounded_and_full_buckets_go(clock: Clock) -> None:
    limit = RateLimiter(60, burst=2, most=10, clock=clock)
    for number in range(10):
        assert limit.take(f"caller {number}") == 0
    clock.now += 100
    for number in range(100):
        assert limit.take(f"other {number}") == 0
        clock.now += 1
        assert len(limit) <= 10


def test_a_flood_of_callers_frees_nobody(clock: Clock) -> None:
    limit = RateLimiter(60, burst=1, most=10, clock=clock)
    assert limit.take("crm") == 0
    passed = sum(limit.take(f"made up {number}") == 0 for number in range(1000))
    assert passed == 10  # nine have a bucket, and one takes what all others share
    assert len(limit) == 11
    assert limit.take("crm") > 0


def test_one_caller_in_debt_keeps_no_others_in_memory(clock: Clock) -> None:
    limit = RateLimiter(60, burst=1, most=10, clock=clock)
    limit.take("in debt", 1e6)
    for number in range(100):
        clock.now += 10
        assert limit.take(f"caller {number}") == 0
    assert len(limit) < 10
    assert limit.take("in debt") > 0


def test_threads_get_no_more_than_the_burst(clock: Clock) -> None:
    limit = RateLimiter(60, burst=50, clock=clock)
    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(lambda _: limit.take("crm"), range(400)))
    assert waits.count(0) == 50


@pytest.mark.parametrize("value", [0, -1, math.nan, math.inf])
def test_a_limit_is_a_number_above_0(value: float) -> None:
    for limits in ({"per_minute": value}, {"per_minute": 60, "burst": value}):
        with pytest.raises(OptionError):
            RateLimiter(**limits)


@pytest.mark.parametrize("cost", [0, -1, math.nan, math.inf])
def test_a_cost_is_a_number_above_0(cost: float, clock: Clock) -> None:
    limit = RateLimiter(60, clock=clock)
    with pytest.raises(ValueError, match="cost"):
        limit.take("crm", cost)


def test_the_burst_is_ten_seconds_by_default() -> None:
    assert RateLimiter(600).burst == 100
    assert RateLimiter(1).burst == 1
