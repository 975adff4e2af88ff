"""What goes into a log comes out as it was, but for what is hidden; pages and filters."""

from __future__ import annotations

import threading
import time
import uuid
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coterie.errors import InputError, LogError, OptionError
from coterie.prediction_log import Entry, Feedback, Filters, PredictionLog, new_id

START = datetime(2026, 1, 31, 12, tzinfo=UTC)


def full(**changes: object) -> Entry:
    values: dict[str, object] = {
        "time": START + timedelta(microseconds=123_457),
        "request": "req-1",
        "route": "/v1/predict",
        "model": "intent",
        "version": 3,
        "person": "C-1042",
        "label": "late parcel",
        "confidence": 0.1 + 0.2,
        "status": "assigned",
        "probabilities": {"late parcel": 0.1 + 0.2, "refund": 1 / 3},
        "seconds": 0.0123456789,
        "wait_seconds": 1e-9,
        "context": {"industry": "Health", "seats": 12, "share": 0.1, "new": True, "none": None},
        "encoder": "minilm",
        "segment": "s7",
        "extra": {"flow": ["a", {"b": 1.5}]},
    }
    return Entry(**{**values, **changes})


def test_an_entry_comes_back_as_it_was(log):
    entry = full()
    assert log.write([entry]).result() is None
    assert log.entries().entries == (entry,)
    assert log.entries().next is None


@pytest.mark.parametrize(
    "word",
    ["a\x00b", "\ud800 half", "\x1a0000", "日本語 ✓ \U0001f600", "'; DROP TABLE x --", "%s :x ?"],
)
def test_any_characters_come_back(opened, word):
    log = opened(keep_text="raw")
    entry = full(label=word, text=word, segment=word, context={word: word}, probabilities={word: 1})
    log.write([entry]).result()
    found = log.entries(Filters(label=word)).entries[0]
    assert (found.label, found.text, found.segment) == (word, word, word)
    assert (found.context, found.probabilities) == ({word: word}, {word: 1})


def test_what_json_lacks_is_kept_as_near_as_can_be(log):
    context = {
        "when": START, "many": np.array([1, 2]), "one": np.float64(0.5), "nan": float("nan"),
        "set": {1}, 3: "three",
    }  # fmt: skip
    log.write([full(context=context, confidence=float("nan"))]).result()
    found = log.entries().entries[0]
    assert found.confidence is None
    assert found.context == {
        "when": str(START), "many": [1, 2], "one": 0.5, "nan": None, "set": [1], "3": "three",
    }  # fmt: skip


def test_times_of_any_zone_are_the_same_moment(log):
    berlin = timezone(timedelta(hours=2))
    times = [START.astimezone(berlin), START.replace(tzinfo=None), datetime(1, 1, 2), datetime.max]
    for moment in times:
        log.write([full(id=new_id(), time=moment)]).result()
    found = [each.time for each in log.stream()]
    assert found == sorted(t.replace(tzinfo=t.tzinfo or UTC) for t in times)
    assert {each.tzinfo for each in found} == {UTC}


def test_security_9_personal_data_does_not_reach_the_log(opened):
    log = opened(keep_text="masked")
    log.write(
        [
            full(
                text="I am Laura Bennett, write to laura@example.com",
                context={
                    "note": "Laura Bennett called +44 20 7946 1234",
                    "card": 4111111111111111,
                    "deep": [{"mail": "jo@example.com"}],
                    "jo@example.com": 1,
                },
                extra={"key": "sk-abcdefghij0123456789"},
                person="laura@example.com",
                route="/v1/people/jo@example.com",
                error="could not reach jo@example.com",
            )
        ]
    ).result()
    said = str(log.entries().entries[0].to_dict())
    for secret in ("Laura", "Bennett", "example.com", "7946", "4111", "sk-abc"):
        assert secret not in said
    assert log.entries().entries[0].text == "I am [name 1], write to [e-mail 1]"
    assert log.count(Filters(person="laura@example.com")) == 1


def test_security_9_texts_are_kept_only_when_asked_for(opened):
    said = "call me at +44 20 7946 1234 please"
    texts = {}
    for keep in ("none", "masked", "raw"):
        log = opened(keep_text=keep)
        log.write([full(id=keep, text=said, request=keep)]).result()
        found = log.entries(Filters(request=keep)).entries[0]
        texts[keep] = found.text
        assert (found.text_length, found.text_hash) == (len(said), log.hash_text(said))
    assert texts == {"none": None, "masked": "call me at [phone 1] please", "raw": said}


def test_hashes_of_two_logs_differ(tmp_path):
    with PredictionLog.open(tmp_path / "a") as one, PredictionLog.open(tmp_path / "b") as other:
        assert one.hash_text("yes") != other.hash_text("yes")
    with PredictionLog.open(tmp_path / "a", writes=False) as again:
        assert again.hash_text("yes") == one.hash_text("yes")


def test_fault_18_a_long_text_is_cut_between_words(opened):
    log = opened(keep_text="raw", most_text=1_000)
    text = "long words " * 1_000_000
    log.write([full(text=text, context={"note": text})]).result()
    found = log.entries().entries[0]
    assert found.text_length == len(text)
    assert 980 < len(found.text) <= 1_000
    assert found.text.split()[-1] in ("long", "words")
    assert len(found.context["note"]) <= 500


def test_what_cannot_be_kept_is_refused_before_it_waits(log):
    for wrong in ({"label": "x" * 501}, {"id": ""}, {"segment": "x" * 501}):
        with pytest.raises(InputError, match="500"):
            log.write([full(**wrong)])
    with pytest.raises(OptionError, match="shadow"):
        log.write([full(role="other")])
    assert log.count() == 0


def test_ids_grow_while_the_clock_moves_back(monkeypatch):
    made = [new_id()]
    clock = iter([*range(10**12, 10**12 - 50, -1), *[5] * 9000])
    monkeypatch.setattr(time, "time_ns", lambda: 1_000_000 * next(clock))
    made += [new_id() for _ in range(9_000)]  # more than there are counts in a millisecond
    assert made == sorted(set(made))
    assert {uuid.UUID(each).version for each in made} == {7}
    assert {uuid.UUID(each).variant for each in made} == {uuid.RFC_4122}


def test_ids_of_threads_differ():
    made: list[str] = []
    threads = [
        threading.Thread(target=lambda: made.extend([new_id() for _ in range(500)]))
        for _ in range(8)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(set(made)) == 4_000


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_fault_25_pages_skip_nothing_and_repeat_nothing_while_clocks_jump(opened, data):
    """Rows arrive between two pages, at any time: before, after and at the times of others."""
    log = opened()
    log.prune(datetime.max)
    seconds = st.integers(-3, 3)  # few, so that many entries share a time

    def add(count: int) -> set[str]:
        new = [
            Entry(time=START + timedelta(seconds=data.draw(seconds)), label=data.draw(labels))
            for _ in range(count)
        ]
        log.write(new).result()
        return {each.id for each in new if wanted in (None, each.label)}

    labels = st.sampled_from("ab")
    wanted = data.draw(st.sampled_from([None, "a"]))
    limit = data.draw(st.integers(1, 5))
    before = add(data.draw(st.integers(0, 12)))
    seen: list[Entry] = []
    after, added = None, set()
    while True:
        page = log.entries(Filters(label=wanted), after=after, limit=limit)
        assert len(page.entries) <= limit
        seen += page.entries
        after = page.next
        if after is None:
            break
        if len(added) < 8:
            added |= add(data.draw(st.integers(0, 3)))
    ids = [each.id for each in seen]
    assert len(set(ids)) == len(ids)
    assert before <= set(ids) <= before | added
    assert [each.time for each in seen] == sorted((e.time for e in seen), reverse=True)
    assert {each.id for each in log.stream(Filters(label=wanted))} == before | added


FILTERS = st.fixed_dictionaries(
    {},
    optional={
        "since": st.integers(0, 10).map(lambda s: START + timedelta(seconds=s)),
        "until": st.integers(0, 10).map(lambda s: START + timedelta(seconds=s)),
        "model": st.sampled_from(["m", "n", "absent"]),
        "version": st.integers(1, 2),
        "role": st.sampled_from(["answer", "shadow"]),
        "label": st.sampled_from(["a", "b"]),
        "status": st.sampled_from(["assigned", "outside"]),
        "person": st.sampled_from(["p1", "p2@example.com"]),
        "route": st.just("/r"),
        "request": st.just("q3"),
        "min_confidence": st.sampled_from([0.0, 0.25, 0.5]),
        "max_confidence": st.sampled_from([0.5, 0.75]),
        "has_feedback": st.booleans(),
        "correct": st.booleans(),
        "errors": st.booleans(),
        "error": st.sampled_from(["E", "F"]),
    },
)


def passes(entry: Entry, asked: dict[str, object]) -> bool:
    same = ("model", "version", "role", "label", "status", "route", "request", "error")
    sure = entry.confidence
    right = entry.truth is not None and entry.truth == entry.label
    checks = {
        **{name: getattr(entry, name) == asked.get(name) for name in same},
        "since": "since" in asked and entry.time >= asked["since"],
        "until": "until" in asked and entry.time < asked["until"],
        "person": entry.extra["person"] == asked.get("person"),
        "min_confidence": sure is not None and sure >= asked.get("min_confidence", 0),
        "max_confidence": sure is not None and sure <= asked.get("max_confidence", 0),
        "has_feedback": (entry.truth is not None) == asked.get("has_feedback"),
        "correct": entry.truth is not None and right == asked.get("correct"),
        "errors": bool(entry.error) == asked.get("errors"),
    }
    return all(checks[name] for name in asked)


def filled(log: PredictionLog) -> list[Entry]:
    chance = np.random.default_rng(0)

    def one(*values: object) -> object:
        return values[chance.integers(len(values))]

    entries = []
    for number in range(200):
        failed = one("", "", "", "E", "F")
        entries.append(
            Entry(
                time=START + timedelta(seconds=int(chance.integers(12))),
                request=f"q{number % 7}", route=one("/r", "/s"), model=one("m", "n", None),
                version=one(1, 2, None), role=one("answer", "answer", "shadow"),
                label=None if failed else one("a", "b"), status=one("assigned", "outside"),
                confidence=None if failed else one(0.1, 0.25, 0.5, 0.75, 0.9), error=failed,
                person=(person := one("p1", "p2@example.com", None)),
                extra={"person": None if person is None else f"for {person}"},
            )
        )  # fmt: skip
    log.write(entries).result()
    told = [Feedback(prediction=e.id, truth=str(one("a", "b"))) for e in entries[::3]]
    assert log.feedback(told).matched == len(told)
    return entries


def test_filters_let_pass_what_they_say(log):
    entries = filled(log)
    truths = {each.id: each.truth for each in log.stream()}
    persons = {each.id: each.extra["person"] for each in entries}

    @settings(max_examples=60)
    @given(asked=FILTERS)
    def check(asked):
        known = [
            Entry(**{**{n: getattr(e, n) for n in Entry.__slots__}, "truth": truths[e.id],
                     "extra": {"person": (persons[e.id] or "").removeprefix("for ") or None}})
            for e in entries
        ]  # fmt: skip
        expected = {each.id for each in known if passes(each, asked)}
        found = log.entries(Filters(**asked), limit=1_000).entries
        assert {each.id for each in found} == expected
        assert log.count(Filters(**asked)) == len(expected)

    check()


def test_a_cursor_or_limit_that_is_none_is_refused(log):
    for wrong in ("x", "1", "1.x", f"{1 << 70:x}.1", "7fffffffffffffff0.1", "' OR 1=1"):
        with pytest.raises(OptionError, match="cursor"):
            log.entries(after=wrong)
    for limit in (0, 1_001):
        with pytest.raises(OptionError, match="1,000"):
            log.entries(limit=limit)


def test_times_are_read_as_people_write_them():
    assert Filters(since="2026-01-31").since == datetime(2026, 1, 31, tzinfo=UTC)
    assert Filters(since="2026-01-31T12:00+02:00").since.hour == 10
    day = datetime.now(UTC) - timedelta(days=1)
    assert abs(Filters(since="24h").since - day) < timedelta(minutes=1)
    for wrong in ("yesterday", "2026-13-01", "5y", 3):
        with pytest.raises(OptionError, match="time"):
            Filters(since=wrong)


def test_a_log_opened_for_reading_changes_nothing(where, opened):
    opened().close()
    reading = opened(writes=False)
    with pytest.raises(LogError, match="writes=True"):
        reading.write([full()])
    with pytest.raises(LogError, match="writes=True"):
        reading.erase("x")
    assert reading.count() == 0
