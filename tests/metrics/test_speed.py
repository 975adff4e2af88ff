import time

import numpy as np
import pandas as pd
import pytest

from coterie.errors import InputError, OptionError
from coterie.metrics import measure_speed, speed


def _wait(seconds):
    """Keep the processor busy."""
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


def test_single_rows_and_batches_are_timed():
    def predict(rows):
        _wait(0.002 + 0.0001 * len(rows))

    found = measure_speed(predict, ["text"] * 200, repeats=30, seconds=2)
    assert 2.1 <= found.p50_ms < 50
    assert found.p50_ms <= found.p99_ms
    assert (found.calls, found.batch) == (30, 200)
    assert 500 < found.rows_per_second <= 200 / 0.022


def test_single_calls_are_of_different_rows_spread_over_all():
    seen = []
    measure_speed(lambda rows: seen.append(list(rows)), list(range(1000)), warm_up=3, repeats=50)
    singles = [row for (row,) in (rows for rows in seen[3:] if len(rows) == 1)]
    assert len(set(singles)) == len(singles) == 50
    assert {min(singles), max(singles)} == {0, 999}
    assert [len(rows) for rows in seen[:3]] == [1, 1, 1]
    assert [len(rows) for rows in seen[53:]] == [32, 128, 512, 1000]


def test_a_slow_classifier_takes_no_more_than_its_time():
    start = time.perf_counter()
    found = measure_speed(lambda rows: _wait(0.01 * len(rows)), range(10_000), seconds=1, warm_up=1)
    assert time.perf_counter() - start < 2
    assert 1 < found.calls <= 50
    assert found.batch >= 32
    assert 20 < found.rows_per_second <= 101


def test_a_call_of_each_kind_is_made_however_long_it_takes():
    found = measure_speed(lambda rows: _wait(0.02), ["a", "b"], seconds=1e-6)
    assert (found.calls, found.batch) == (1, 2)


@pytest.mark.skipif(speed._resident_mib() is None, reason="needs /proc")
@pytest.mark.parametrize("again", [False, True])  # the second is no new peak of the process
def test_memory_that_is_held_for_a_moment_is_seen(again):
    def predict(rows):
        if len(rows) > 1:
            held = np.ones(60 * 2**17)  # 60 MiB
            _wait(0.3)  # long enough for a busy machine to look
            del held

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
    with pytest.raises(InputError, match="no rows to predict"):
        measure_speed(len, [])
    for options in ({"repeats": 0}, {"warm_up": -1}, {"seconds": 0}):
        with pytest.raises(OptionError, match="without calls or time"):
            measure_speed(len, ["a"], **options)
