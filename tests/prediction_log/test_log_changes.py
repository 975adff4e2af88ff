"""Old entries go, a person is erased to the last byte, and exports are whole and exact."""

from __future__ import annotations

import json
import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from coterie.errors import LogError, OptionError
from coterie.prediction_log import Entry, Feedback, Filters, PredictionLog, changing

START = datetime(2026, 1, 31, 12, tzinfo=UTC)


def test_prune_removes_what_is_older_with_its_feedback(log, monkeypatch):
    monkeypatch.setattr(changing, "BATCH", 7)
    entries = [Entry(time=START + timedelta(days=n), label="a") for n in range(40)]
    log.write(entries).result()
    log.feedback([Feedback(prediction=each.id, truth="a") for each in entries])
    assert log.prune(START + timedelta(days=25)) == 25
    assert [each.id for each in log.stream()] == [each.id for each in entries[25:]]
    assert not log.history(entries[0].id)
    assert log.history(entries[25].id)
    assert log.prune(START) == 0


def test_prune_lets_others_write_in_between(log, monkeypatch):
    monkeypatch.setattr(changing, "BATCH", 5)
    log.write([Entry(time=START) for _ in range(500)]).result()
    written = []
    thread = threading.Thread(
        target=lambda: written.extend(log.write([Entry(label="new")]).result() for _ in range(20))
    )
    thread.start()
    assert log.prune("1d") == 500
    thread.join()
    assert log.count(Filters(label="new")) == log.count() == 20


def people(log: PredictionLog, rounds: int = 40) -> None:
    """Many people, in turns, with feedback: rows grow, and pages of the file split."""
    for number in range(rounds):
        entries = [
            Entry(
                person=f"person-{who}", label="a", context={"own": f"context-{who}-"},
                text=f"words of {who} " * 20, extra={"own": f"extra-{who}-"},
            )
            for who in range(30)
        ]  # fmt: skip
        log.write(entries).result()
        log.feedback([Feedback(prediction=e.id, truth="b" * 50) for e in entries[number % 3 :: 3]])
        told = [Feedback(prediction=entries[0].id, truth="a", by="person-7")]
        log.feedback(told)


def test_erased_people_are_gone_to_the_last_byte(tmp_path, monkeypatch):
    monkeypatch.setattr(changing, "BATCH", 11)
    path = tmp_path / "log.sqlite"
    traces = [b"person-7", b"context-7-", b"words of 7 ", b"extra-7-"]
    with PredictionLog.open(path, keep_text="raw") as log:
        people(log)
        answer = Entry(person="person-7", label="a")
        log.write([answer]).result()
        log.write([Entry(role="shadow", answer_id=answer.id, context={"own": "context-7-"})])
        log.prune("0s")  # pages are emptied and merged
        people(log)
        log.write([answer, Entry(role="shadow", answer_id=answer.id, label="of 7")]).result()
        assert log.erase("person-7") == 42
        files = [path, tmp_path / "log.sqlite-wal"]
        found = {trace for trace in traces for file in files if trace in file.read_bytes()}
        assert found == set()
        assert log.count() == 40 * 29
        assert log.count(Filters(person="person-8")) == 40
        assert not log.history(answer.id)
        assert log.erase("person-7") == 0
        assert b"person-8" in path.read_bytes()
    assert {each.name for each in tmp_path.iterdir()} == {"log.sqlite", "log.sqlite.key"}


def test_erase_finds_a_person_whose_key_is_kept_as_a_hash(log):
    log.write([Entry(person=who) for who in ("jo@example.com", "C-1", "jo@example.com")]).result()
    assert "jo@example.com" not in str([each.person for each in log.stream()])
    assert log.erase("jo@example.com") == 2
    assert [each.person for each in log.stream()] == ["C-1"]


def test_erase_leaves_nothing_of_who_gave_feedback(log):
    entry = Entry(label="a")
    log.write([entry]).result()
    log.feedback([Feedback(prediction=entry.id, truth="b", by="C-9")])
    assert log.erase("C-9") == 0
    (truth,) = log.history(entry.id)
    assert (truth.truth, truth.by) == ("b", None)


def test_an_erasure_that_was_cut_short_is_ended_by_the_next(tmp_path, monkeypatch):
    path = tmp_path / "log.sqlite"
    with PredictionLog.open(path) as log:
        people(log, rounds=10)
        with closing(sqlite3.connect(path, isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM coterie_predictions").fetchone()
            monkeypatch.setattr(changing, "_TRIES", 1)
            with pytest.raises(LogError, match="erase again"):
                log.erase("person-7")
        assert log.count(Filters(person="person-7")) == 0
        assert log.erase("person-7") == 0
        for file in (path, tmp_path / "log.sqlite-wal"):
            assert b"person-7" not in file.read_bytes()


@pytest.fixture
def entries() -> list[Entry]:
    return [
        Entry(
            time=START + timedelta(microseconds=n), request="q", route="/r", model="m", version=n,
            role="answer", person=f"C-{n}", label="=1+1 日本", confidence=n / 7, status="assigned",
            probabilities={"=1+1 日本": n / 7, "b": 1e-300}, seconds=0.1 + n, wait_seconds=1 / 3,
            context={"n": n, "share": 0.1 + 0.2, "none": None}, text="raw\x00 text \U0001f600",
            error="" if n else "E", encoder="e", segment="s", extra={"a": [1, {"b": "c"}]},
        )
        for n in range(4)
    ]  # fmt: skip


def test_exports_hold_the_exact_values(opened, entries, tmp_path):
    log = opened(keep_text="raw")
    log.write(entries).result()
    log.feedback([Feedback(prediction=entries[1].id, truth="b")])
    kept = list(log.stream())
    assert log.export(tmp_path / "log.jsonl") == 4
    lines = (tmp_path / "log.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == [each.to_dict() for each in kept]
    assert "日本" in lines[0]
    assert log.export(tmp_path / "log.parquet") == 4
    rows = pq.read_table(tmp_path / "log.parquet").to_pylist()
    for row, entry in zip(rows, kept, strict=True):
        values = entry.to_dict() | {"time": entry.time}
        row["probabilities"] = dict(row["probabilities"])
        row |= {name: json.loads(row[name]) for name in ("context", "extra")}
        assert row == values


def test_an_export_takes_filters_and_can_be_empty(log, entries, tmp_path):
    log.write(entries).result()
    assert log.export(tmp_path / "errors.jsonl", filters=Filters(errors=True)) == 1
    for kind in ("jsonl", "parquet"):
        assert log.export(tmp_path / f"none.{kind}", filters=Filters(label="none")) == 0
    assert pq.read_table(tmp_path / "none.parquet").num_rows == 0


def test_an_export_is_whole_or_not_there(log, entries, tmp_path, monkeypatch):
    log.write(entries).result()

    def break_off(*_):
        yield entries[0]
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("coterie.prediction_log.log.stream", break_off)
        for kind in ("jsonl", "parquet"):
            with pytest.raises(OSError, match="space"):
                log.export(tmp_path / "out" / f"log.{kind}")
    assert not (tmp_path / "out").exists()


def test_an_export_writes_over_nothing_of_a_persons(log, where, entries, tmp_path):
    log.write(entries).result()
    mine = tmp_path / "mine.jsonl"
    mine.write_text("mine")
    with pytest.raises(OptionError, match="--overwrite"):
        log.export(mine)
    assert mine.read_text() == "mine"
    assert log.export(mine, overwrite=True) == 4
    assert log.export(mine) == 4  # what it wrote itself
    with pytest.raises(OptionError, match="jsonl"):
        log.export(tmp_path / "log.csv")
    if isinstance(where, Path):
        with pytest.raises(OptionError, match="input"):
            log.export(where, "jsonl", overwrite=True)


def test_halves_of_surrogate_pairs_do_not_stop_an_export(log, tmp_path):
    log.write([Entry(label="\ud800"), Entry(label="日本")]).result()
    log.export(tmp_path / "log.jsonl")
    lines = (tmp_path / "log.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["label"] for line in lines] == ["\ud800", "日本"]
    log.export(tmp_path / "log.parquet")
    assert pq.read_table(tmp_path / "log.parquet")["label"].to_pylist() == ["?", "日本"]
