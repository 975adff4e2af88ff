"""Feedback, and the figures that are made of it and of the rest."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from coterie.errors import InputError
from coterie.metrics import score_calibration
from coterie.metrics.compare import wilson_interval
from coterie.prediction_log import Entry, Feedback, FeedbackResult, Filters, Performance

START = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.fixture
def asked(log) -> list[Entry]:
    entries = [
        Entry(time=START + timedelta(seconds=n), label="ab"[n % 2], request=f"q{n}")
        for n in range(6)
    ]
    log.write(entries).result()
    return entries


def test_feedback_is_tied_to_its_prediction(log, asked):
    given = [Feedback(prediction=each.id, truth="a", by="agent 7", at=START) for each in asked]
    given += [Feedback(prediction="none", truth="a"), Feedback(prediction="none", truth="b")]
    assert log.feedback(given) == FeedbackResult(6, ("none",), 0)
    assert {each.truth for each in log.stream()} == {"a"}
    (truth,) = log.history(asked[0].id)
    assert (truth.truth, truth.by, truth.at, truth.key) == ("a", "agent 7", START, None)
    assert [entry.id for entry, _ in log.labelled()] == [each.id for each in asked]
    assert [truth for _, truth in log.labelled(since=START + timedelta(seconds=4))] == ["a", "a"]


def test_the_last_feedback_counts_and_all_are_kept(log, asked):
    first, second = asked[0].id, asked[1].id
    for truth, at in (("a", START), ("b", START - timedelta(days=1))):  # the clock moved back
        log.feedback([Feedback(prediction=first, truth=truth, at=at)])
    log.feedback([Feedback(prediction=second, truth=truth) for truth in "abc"])
    assert [each.truth for each in log.history(first)] == ["a", "b"]
    assert [each.truth for each in log.history(second)] == ["a", "b", "c"]
    truths = {each.id: each.truth for each in log.stream()}
    assert (truths[first], truths[second]) == ("b", "c")


def test_feedback_that_is_sent_again_changes_nothing(log, asked):
    one = Feedback(prediction=asked[0].id, truth="a", key="k1")
    assert log.feedback([one, one]) == FeedbackResult(2, (), 1)
    log.feedback([Feedback(prediction=asked[0].id, truth="b", key="k2")])
    assert log.feedback([one]) == FeedbackResult(1, (), 1)
    assert log.feedback([Feedback(prediction=asked[1].id, truth="c", key="k1")]).repeated == 0
    assert [each.key for each in log.history(asked[0].id)] == ["k1", "k2"]
    assert log.entries(Filters(has_feedback=True)).entries[1].truth == "b"


def test_feedback_on_an_answer_counts_for_its_shadows(log):
    answer = Entry(label="a", model="now", version=1)
    shadow = Entry(label="b", model="next", version=2, role="shadow", answer_id=answer.id)
    log.write([answer, shadow]).result()
    log.feedback([Feedback(prediction=answer.id, truth="b")])
    figures = {each.model: each.accuracy for each in log.performance().models}
    assert (figures["now"].right, figures["next"].right) == (0, 1)
    assert log.performance().accuracy.truths == 1  # of answers
    assert [entry.model for entry, _ in log.labelled()] == ["now"]


def test_a_truth_that_cannot_be_kept_is_refused(log, asked):
    for wrong in ("", "x" * 501):
        with pytest.raises(InputError, match="500"):
            log.feedback([Feedback(prediction=asked[0].id, truth=wrong)])
    assert log.feedback([]) == FeedbackResult(0)


def test_threads_give_feedback_on_one_prediction_one_after_the_other(opened, asked):
    logs = [opened(), opened()]  # two writers, as of two processes

    def give(number: int) -> None:
        told = [Feedback(prediction=each.id, truth=str(number), key="same") for each in asked]
        logs[number % 2].feedback(told if number % 3 else told[::-1])

    threads = [threading.Thread(target=give, args=(number,)) for number in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    for each in logs[0].stream():
        assert [truth.truth for truth in logs[0].history(each.id)] == [each.truth]


def test_nothing_is_measured_of_nothing(log):
    found = log.performance()
    assert (found.requests, found.predictions, found.accuracy.accuracy) == (0, 0, None)
    assert (found.since, found.latency.p50_ms, found.calibration.ece) == (None, None, None)
    json.dumps(found.to_dict(), allow_nan=False)


@pytest.fixture(scope="module")
def history() -> tuple[list[Entry], list[Feedback]]:
    chance = np.random.default_rng(1)
    entries = []
    for number in range(3_000):
        failed = "ColumnError" if chance.random() < 0.05 else ""
        entries.append(
            Entry(
                time=START + timedelta(minutes=int(chance.integers(3 * 24 * 60))),
                request=f"q{number // 3}", route=f"/r{number % 2}", error=failed,
                model=f"m{chance.integers(2)}", version=int(chance.integers(1, 3)),
                role="shadow" if chance.random() < 0.2 else "answer",
                label=None if failed else f"l{chance.integers(5)}", status="assigned",
                confidence=None if failed else round(float(chance.random()), 2),
                seconds=float(chance.lognormal(-4, 2)),
            )
        )  # fmt: skip
    told = [
        Feedback(prediction=e.id, truth=e.label if chance.random() < 0.8 else "l9")
        for e in entries[::4]
        if e.label
    ]
    return entries, told


@pytest.fixture
def measured(log, history) -> Performance:
    entries, told = history
    for at in range(0, len(entries), 300):
        log.write(entries[at : at + 300]).result()
    assert log.feedback(told).matched == len(told)
    return log.performance()


def test_performance_is_what_can_be_counted_by_hand(measured, history):
    entries = history[0]
    answers = [each for each in entries if each.role == "answer"]
    good = [each for each in answers if not each.error]
    assert measured.requests == len({each.request for each in answers})
    assert measured.predictions == len(good)
    assert measured.shadows == len(entries) - len(answers)
    assert measured.errors == {"ColumnError": len(answers) - len(good)}
    assert sum(measured.labels.values()) == len(good)
    assert measured.labels["l3"] == sum(each.label == "l3" for each in good)
    assert measured.routes["/r1"] == sum(each.route == "/r1" for each in answers)
    assert (measured.since, measured.until) == (
        min(each.time for each in entries), max(each.time for each in entries),
    )  # fmt: skip
    assert measured.every == "hour"
    hours = {each.time: each for each in measured.traffic}
    hour = START + timedelta(hours=5)
    inside = [e for e in answers if hour <= e.time < hour + timedelta(hours=1)]
    assert hours[hour].errors == sum(bool(each.error) for each in inside)
    assert hours[hour].predictions == len(inside) - hours[hour].errors
    assert sum(each.predictions for each in measured.traffic) == len(good)
    assert sum(each.requests for each in measured.traffic) == measured.requests
    assert len(measured.models) == 8
    one = next(e for e in measured.models if (e.model, e.version, e.role) == ("m1", 2, "shadow"))
    own = [e for e in entries if (e.model, e.version, e.role) == ("m1", 2, "shadow")]
    assert (one.predictions, one.errors) == (
        sum(not e.error for e in own), sum(bool(e.error) for e in own),
    )  # fmt: skip
    json.dumps(measured.to_dict(), allow_nan=False)


def test_latencies_are_within_a_hundredth(measured, history):
    seconds = [e.seconds for e in history[0] if e.role == "answer" and not e.error]
    known = np.percentile(seconds, [50, 90, 99], method="inverted_cdf") * 1000
    told = measured.latency
    assert told.count == len(seconds)
    assert [told.p50_ms, told.p90_ms, told.p99_ms] == pytest.approx(known, rel=0.01)


def test_accuracy_and_calibration_are_those_of_the_metrics(measured, history):
    entries, told = history
    truth = {each.prediction: each.truth for each in told}
    known = [e for e in entries if e.id in truth and e.role == "answer"]
    right = [each.label == truth[each.id] for each in known]
    assert (measured.accuracy.truths, measured.accuracy.right) == (len(right), sum(right))
    assert measured.accuracy.accuracy == pytest.approx(np.mean(right))
    interval = wilson_interval(sum(right), len(right))
    assert (measured.accuracy.low, measured.accuracy.high) == pytest.approx(interval)
    expected = score_calibration(right, [each.confidence for each in known])
    assert measured.calibration.ece == pytest.approx(expected.ece)
    assert measured.calibration.over_confidence == pytest.approx(expected.over_confidence)
    bins = measured.calibration.bins
    assert [each.truths for each in bins] == expected.table["rows"].tolist()
    assert [each.accuracy for each in bins] == pytest.approx(expected.table["accuracy"].tolist())
    assert [e.confidence for e in bins] == pytest.approx(expected.table["confidence"].tolist())


def test_performance_of_a_period_and_a_model(log, measured, history):
    since, until = START + timedelta(hours=3), START + timedelta(hours=7)
    found = log.performance(since, until, "m1")
    inside = [
        e for e in history[0]
        if e.model == "m1" and since <= e.time < until and e.role == "answer" and not e.error
    ]  # fmt: skip
    assert found.predictions == len(inside) == found.latency.count
    assert found.model == "m1"
    assert {each.model for each in found.models} == {"m1"}


def test_long_periods_are_told_by_the_day_however_far_apart(log):
    days = [datetime(1970, 1, 1), datetime(2026, 1, 31), datetime(2026, 2, 1), datetime(9999, 1, 1)]
    log.write([Entry(time=day, label="a", seconds=0.1) for day in days]).result()
    found = log.performance()
    assert found.every == "day"
    assert [each.time for each in found.traffic] == [day.replace(tzinfo=UTC) for day in days]


@pytest.mark.parametrize(
    ("length", "every"),
    [
        (timedelta(hours=1), "minute"),
        (timedelta(minutes=200), "minute"),
        (timedelta(minutes=201), "hour"),
        (timedelta(days=1), "hour"),
        (timedelta(hours=200), "hour"),
        (timedelta(hours=201), "day"),
        (timedelta(days=30), "day"),
    ],
)
def test_a_step_follows_the_period_asked_for_not_its_entries(log, length, every):
    begin = [START + timedelta(seconds=n) for n in (0, 1, 59, 61)]
    log.write([Entry(time=time, label="a") for time in begin]).result()
    assert log.performance(START, START + length).every == every
    assert log.performance(START, START + length, "none").every == every  # without an entry
    log.write([Entry(time=START + length, label="a")]).result()
    assert log.performance().every == every  # no period is asked for


def test_a_period_without_an_end_goes_up_to_now_or_the_last_entry(log):
    now = datetime.now(UTC)
    log.write([Entry(time=now - timedelta(days=1, minutes=n), label="a") for n in range(3)])
    log.write([Entry(time=now, label="b", model="m")]).result()
    assert log.performance("2d").every == "hour"  # the minutes of the entries are no matter
    assert log.performance("1h", model="m").every == "minute"
    log.write([Entry(time=now + timedelta(days=30), label="b", model="m")]).result()
    assert log.performance("1h", model="m").every == "day"  # by a clock that is ahead


def test_minutes_are_counted_by_their_beginning(log):
    seconds = [0, 59.999999, 60, 61, 3599.999999]
    times = [START + timedelta(seconds=n) for n in seconds]
    log.write([Entry(time=t, label="a", error="E" * (t == times[3])) for t in times]).result()
    found = log.performance(START, START + timedelta(hours=1))
    told = [
        ((each.time - START) / timedelta(minutes=1), each.predictions, each.errors)
        for each in found.traffic
    ]
    assert told == [(0, 2, 0), (1, 1, 1), (59, 1, 0)]
    assert found.to_dict()["traffic"][1]["time"] == "2026-01-31T12:01:00.000000Z"
