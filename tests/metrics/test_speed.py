import mmap
import time

import numpy as np
import pandas as pd
import pytest

from coterie.errors import InputError, OptionError
from coterie.metrics import measure_speed, speed


class Clock:
    """Time that passes only where a classifier takes it."""

    def __init__(self):
        self.now = 100.0

    def perf_counter(self):
        return self.now

    def takes(self, first, each=0.0):
        """Make a classifier that takes so many seconds for a call, and for each of its rows."""

        def predict(rows):
            self.now += first + each * len(rows)

        return predict


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(speed, "time", clock)
    return clock


def test_single_rows_and_batches_are_timed(clock):
    rows = ["text"] * 200
    found = measure_speed(clock.takes(0.002, 0.0001), rows, repeats=30, seconds=2)
    assert (found.p50_ms, found.p99_ms) == pytest.approx((2.1, 2.1))
    assert (found.calls, found.batch) == (30, 200)
    assert found.rows_per_second == pytest.approx(200 / 0.022)


def test_the_slowest_calls_show_in_the_99th_percentile(clock):
    usual, rare, calls = clock.takes(0.01), clock.takes(1.0), []

    def predict(rows):
        calls.append(len(rows))
        (rare if len(calls) % 50 == 0 else usual)(rows)

    found = measure_speed(predict, range(200), warm_up=0, repeats=100, seconds=100)
    assert (found.p50_ms, found.p99_ms) == pytest.approx((10, 1000), rel=0.02)


def test_single_calls_are_of_different_rows_spread_over_all():
    seen = []
    measure_speed(lambda rows: seen.append(list(rows)), list(range(1000)), warm_up=3, repeats=50)
    singles = [row for (row,) in (rows for rows in seen[3:] if len(rows) == 1)]
    assert len(set(singles)) == len(singles) == 50
    assert {min(singles), max(singles)} == {0, 999}
    assert [len(rows) for rows in seen[:3]] == [1, 1, 1]
    assert [len(rows) for rows in seen[53:]] == [32, 128, 512, 1000]


def test_a_slow_classifier_is_asked_no_more_than_there_is_time_for(clock):
    found = measure_speed(clock.takes(0, 0.01), range(10_000), seconds=1, warm_up=1)
    assert clock.now - 100 <= 1 + 0.32  # the first batch is asked for however long it takes
    assert 49 <= found.calls <= 51
    assert found.batch >= 32
    assert found.rows_per_second == pytest.approx(100)


def test_a_call_of_each_kind_is_made_however_long_it_takes(clock):
    found = measure_speed(clock.takes(20), ["a", "b"], seconds=1e-6)
    assert (found.calls, found.batch) == (1, 2)


@pytest.mark.skipif(speed._resident_mib() is None, reason="needs /proc")
@pytest.mark.parametrize("again", [False, True])  # the second is no new peak of the process
def test_memory_that_is_held_for_a_moment_is_seen(again, clock):
    took = clock.takes(0.001)  # so that a busy machine still leaves time for a batch

    def predict(rows):
        took(rows)
        if len(rows) > 1:
            held = mmap.mmap(-1, 60 * 2**20)  # 60 MiB of pages that are new to the process
            for _ in range(60):
                held.write(b"x" * 2**20)
            time.sleep(0.3)  # long enough for a busy machine to look
            held.close()

    found = measure_speed(predict, range(40), repeats=2, seconds=0.5)
    assert 55 < found.peak_mib < 90
    assert measure_speed(len, range(40), repeats=2).peak_mib < 20


def test_memory_is_not_told_where_it_cannot_be(monkeypatch):
    monkeypatch.setattr(speed, "_resident_mib", lambda: None)
    monkeypatch.setattr(speed, "_highest_mib", lambda: 0.0)
    assert measure_speed(len, range(40)).peak_mib is None
    highest = iter([100.0, 130.0])
    monkeypatch.setattr(speed, "_highest_mib", lambda: next(highest))
    assert measure_speed(len, range(40)).peak_mib == 30


@pytest.mark.parametrize(
    "rows", [["a", "b"], np.eye(3), pd.DataFrame({"x": [1, 2, 3]}, index=[7, 8, 9])]
)
def test_rows_of_any_kind_are_taken(rows):
    found = measure_speed(len, rows)
    assert (found.calls, found.batch) == (len(rows), len(rows))


def test_an_error_of_the_classifier_comes_through():
    with pytest.raises(ZeroDivisionError):
        measure_speed(lambda rows: 1 / (len(rows) - 32), range(40))


def test_what_makes_no_sense_is_refused():
    with pytest.raises(InputError, match="no rows"):
        measure_speed(len, [])
    for options in ({"repeats": 0}, {"warm_up": -1}, {"seconds": 0}):
        with pytest.raises(OptionError, match=r"repeats is .* seconds"):
            measure_speed(len, ["a"], **options)
