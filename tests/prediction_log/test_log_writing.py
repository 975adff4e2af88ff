"""What is acknowledged is on disk, once; what fails for now is tried again, and then said."""

from __future__ import annotations

import json
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from concurrent.futures import wait
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from coterie.errors import LogError, LogFullError
from coterie.prediction_log import Entry, Feedback, Filters, PredictionLog
from coterie.prediction_log.tables import FEEDBACK, PREDICTIONS

HERE = Path(__file__).parent


def some(count: int, **values: object) -> list[Entry]:
    return [Entry(label=str(number), **values) for number in range(count)]


def in_processes(code: str, where: object, count: int = 1) -> list[str]:
    """Run code in processes of their own, all at once, and give what they print."""
    running = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(where), str(number)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for number in range(count)
    ]  # fmt: skip
    results = [(process.communicate(timeout=120), process.returncode) for process in running]
    assert [code for _, code in results] == [0] * count, results
    return [out for (out, _), _ in results]


def locking(where: object) -> tuple[object, ...]:
    """Hold what writing needs; give the connection, to be closed."""
    if isinstance(where, Path):
        held = sqlite3.connect(where, isolation_level=None, check_same_thread=False)
        held.execute("BEGIN IMMEDIATE")
        return held
    held = psycopg.connect(where)
    held.execute("LOCK TABLE coterie_predictions IN ACCESS EXCLUSIVE MODE")
    return held


@pytest.mark.slow
def test_fault_5_a_hundred_kills_lose_nothing_acknowledged_and_double_nothing(where):
    kills = 100 if isinstance(where, Path) else 40
    done = subprocess.run(
        [sys.executable, HERE / "killed_log_writers.py", str(where), str(kills), "0"],
        capture_output=True, text=True, check=False, timeout=500,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    seen = json.loads(done.stdout)
    assert {seen[name] for name in ("lost", "twice", "unasked", "halves")} == {0}, seen
    assert seen["acknowledged"] > kills
    assert seen["rewritten"] > 0
    if isinstance(where, Path):
        with closing(sqlite3.connect(where)) as base:
            assert base.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_what_is_written_again_is_there_once(log):
    entries = some(20)
    for part in (entries[:12], entries, entries[5:]):
        log.write(part).result()
    assert [each.id for each in log.stream()] == [each.id for each in entries]


def test_an_unclear_commit_doubles_nothing(opened, monkeypatch):
    """The connection is lost after the database committed, and before it said so."""
    log = opened()
    lost: list[int] = []
    commit = sa.Connection._commit_impl

    def lose(connection):
        commit(connection)
        if len(lost) < 3:
            lost.append(1)
            connection.connection.close()
            raise sa.exc.OperationalError(
                "COMMIT", None, OSError("gone"), connection_invalidated=True
            )

    monkeypatch.setattr(sa.Connection, "_commit_impl", lose)
    entries = some(3)
    log.write(entries).result()
    assert log.feedback([Feedback(prediction=entries[0].id, truth="x")]).matched == 1
    assert len(lost) == 3
    assert [each.id for each in log.stream()] == [each.id for each in entries]
    assert len(log.history(entries[0].id)) == 1


def test_what_arrives_meanwhile_is_one_commit(where, opened):
    log = opened(patience=60)
    commits: list[int] = []
    sa.event.listen(log._engines[1], "commit", lambda _: commits.append(1))
    held = locking(where)
    futures = [log.write(some(2)) for _ in range(50)]
    assert not any(each.done() for each in futures)
    held.close()
    wait(futures)
    assert log.count() == 100
    assert len(commits) <= 3


def test_a_full_queue_is_refused_at_once_and_empties_again(where, opened):
    log = opened(capacity=50, memory=1 << 20, patience=60, keep_text="raw")
    held = locking(where)
    future = log.write(some(45))
    started = log.waiting
    with pytest.raises(LogFullError, match="45 entries wait"):
        log.write(some(6))
    accepted = log.write(some(5))
    held.close()
    wait([future, accepted])
    assert (started, log.waiting, log.trouble) == (45, 0, "")
    with pytest.raises(LogFullError, match="in parts"):
        log.write(some(51))
    heavy = some(50, text="x" * 20_000)
    with pytest.raises(LogFullError, match="in parts"):
        log.write(heavy)
    log.write(some(50)).result()
    assert log.count() == 100


def test_fault_25_a_lock_for_a_while_is_waited_for(where, opened):
    log = opened(patience=60)
    held = locking(where)
    future = log.write(some(1))
    while not log.trouble:  # the first attempt has failed
        time.sleep(0.01)
    assert "locked" in log.trouble
    held.close()
    future.result()
    assert (log.count(), log.trouble) == (1, "")


def test_fault_25_a_lock_for_too_long_is_said_and_the_writer_goes_on(where, opened):
    log = opened(patience=0.1)
    held = locking(where)
    futures = [log.write(some(1)), log.write(some(2))]
    for each in futures:
        with pytest.raises(LogError, match=r"locked.*: wait until"):
            each.result()
    with pytest.raises(LogError, match="locked"):
        log.feedback([Feedback(prediction="x", truth="y")])
    held.close()
    log.write(some(3)).result()
    assert (log.count(), log.waiting) == (3, 0)


def test_fault_7_a_full_disk_is_said_and_then_written(tmp_path, monkeypatch):
    with PredictionLog.open(tmp_path / "log.sqlite", patience=0.1) as log:
        log.write(some(3)).result()
        full: list[int] = []

        def limit(connection):
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
            most = pages if full else 1 << 30
            connection.exec_driver_sql(f"PRAGMA max_page_count = {most}")

        sa.event.listen(log._engines[1], "begin", limit)
        full.append(1)
        with pytest.raises(LogError, match="disk is full: make room"):
            log.write(some(500)).result()
        full.clear()
        log.write(some(500)).result()
        assert log.count() == 503


ON_A_FULL_DISK = """
import os, sys
from pathlib import Path
from coterie.errors import LogError
from coterie.prediction_log import Entry, PredictionLog
place = Path(sys.argv[1])
log = PredictionLog.open(place / "log.sqlite", patience=0.2, keep_text="raw")
fill = place / "fill"
known, failed = 0, 0
for number in range(400):
    try:
        log.write([Entry(text="x" * 20_000) for _ in range(4)]).result()
        known += 4
    except LogError as error:
        assert "disk is full: make room" in str(error), error
        failed += 1
        if failed == 3:
            break
assert failed == 3, (known, failed)
assert log.count() == known, (log.count(), known)
fill.unlink()
log.write([Entry(label="after")]).result()
assert log.count() == known + 1
log.close()
"""


def test_fault_7_on_a_disk_that_is_full(tmp_path):
    alone = ["unshare", "--user", "--map-root-user", "--mount"]
    mount = 'mount -t tmpfs -o size=6m none "$1" && head -c 3000000 /dev/zero > "$1/fill" && '
    place = [*alone, "sh", "-c", mount + 'shift && exec "$@"', "sh", str(tmp_path)]
    try:
        subprocess.run([*place, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("needs unshare and mount")
    done = subprocess.run(
        [*place, sys.executable, "-c", ON_A_FULL_DISK, str(tmp_path)],
        capture_output=True, text=True, check=False, timeout=200,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]


def test_fault_25_a_read_only_log_is_one_sentence(tmp_path):
    path = tmp_path / "log.sqlite"
    with PredictionLog.open(path, patience=0.1) as log:
        sa.event.listen(
            log._engines[1], "begin", lambda c: c.exec_driver_sql("PRAGMA query_only = ON")
        )
        with pytest.raises(LogError, match="cannot be written: change its permissions"):
            log.write(some(1)).result()


def test_one_entry_at_fault_does_not_take_others_with_it(where, opened):
    log = opened(patience=60)
    held = locking(where)
    good = [log.write(some(1)) for _ in range(5)]
    bad = log.write(some(1, text_length=1 << 70))
    good += [log.write(some(1)) for _ in range(5)]
    held.close()
    wait(good)
    with pytest.raises(LogError, match="did not take it"):
        bad.result()
    assert log.count() == 10


TWO_WRITERS = """
import sys
from concurrent.futures import ThreadPoolExecutor
from coterie.prediction_log import Entry, PredictionLog
with PredictionLog.open(sys.argv[1], patience=60) as log, ThreadPoolExecutor(4) as pool:
    for _ in pool.map(
        lambda n: log.write([Entry(id=f"{sys.argv[2]}-{n}"), Entry(id=f"both-{n}")]).result(),
        range(100),
    ):
        pass
"""


def test_fault_25_several_processes_start_and_write_at_once(where, opened):
    in_processes(TWO_WRITERS, where, count=4)
    ids = [each.id for each in opened(writes=False).stream()]
    expected = {f"{who}-{n}" for who in (0, 1, 2, 3, "both") for n in range(100)}
    assert len(ids) == len(expected)
    assert set(ids) == expected


@pytest.mark.database
def test_a_database_that_restarts_loses_and_doubles_nothing(server):
    with PredictionLog.open(server.fresh(), patience=60) as log:
        futures, stop = [], threading.Event()

        def write() -> None:
            while not stop.is_set():
                futures.append(log.write(some(1)))
                time.sleep(0.001)

        thread = threading.Thread(target=write)
        thread.start()
        for _ in range(2):
            while not futures or not futures[-1].done():
                time.sleep(0.01)
            server.stop()
            with pytest.raises(LogError, match="cannot be reached"):
                log.count()
            server.start()
        stop.set()
        thread.join()
        wait(futures)
        assert not any(each.exception() for each in futures)
        assert log.count() == len(futures)


@pytest.mark.database
def test_a_database_that_is_away_is_said_without_its_password(server):
    server_url = server.fresh()
    with PredictionLog.open(server_url, patience=0.1) as log:
        server.stop()
        try:
            with pytest.raises(LogError, match="start the database") as caught:
                log.write(some(1)).result()
            assert "hunter2" not in f"{caught.value}{log!r}{log.trouble}"
            with pytest.raises(LogError, match="start the database") as caught:
                PredictionLog.open(server_url)
            assert "hunter2" not in str(caught.value)
            assert caught.value.__cause__ is None
        finally:
            server.start()
        log.write(some(1)).result()
        assert log.count() == 1
    with pytest.raises(LogError) as caught:
        PredictionLog.open(server.url(password="hunter2wrong"))
    assert "hunter2" not in str(caught.value)


def test_closing_writes_what_waits(where, opened):
    log = opened(patience=60)
    held = locking(where)
    future = log.write(some(5))
    closing_it = threading.Thread(target=log.close)
    closing_it.start()
    held.close()
    closing_it.join()
    assert future.done()
    with pytest.raises(LogError, match="closed"):
        log.write(some(1))
    assert opened(writes=False).count() == 5


def test_who_stops_waiting_does_not_stop_the_writing(where, opened):
    log = opened(patience=60)
    held = locking(where)
    future = log.write(some(1))
    assert not future.cancel()
    held.close()
    future.result()
    assert log.count() == 1


FORKED = """
import os, sys
from coterie.errors import LogError
from coterie.prediction_log import Entry, PredictionLog
log = PredictionLog.open(sys.argv[1])
child = os.fork()
if child == 0:
    try:
        log.write([Entry()])
    except LogError as error:
        os._exit(0 if "in each worker" in str(error) else 1)
    os._exit(2)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
log.close()
"""


def test_a_fork_says_that_the_log_is_opened_in_each_worker(tmp_path):
    assert in_processes(FORKED, tmp_path / "log.sqlite") == ["0\n"]


def test_the_files_are_for_their_owner_only_and_every_commit_is_synced(tmp_path):
    with PredictionLog.open(tmp_path / "log.sqlite") as log:
        log.write(some(1)).result()
        files = sorted(tmp_path.iterdir())
        assert [each.name for each in files] == [
            "log.sqlite", "log.sqlite-shm", "log.sqlite-wal", "log.sqlite.key",
        ]  # fmt: skip
        assert {stat.S_IMODE(each.stat().st_mode) for each in files} == {0o600}
        with log._engines[1].connect() as connection:
            asked = ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
            said = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in asked]
    assert said == ["wal", 2, 1, 1]
    assert {each.name for each in tmp_path.iterdir()} == {"log.sqlite", "log.sqlite.key"}


@pytest.mark.database
def test_commits_to_postgresql_are_synced_whatever_the_server_thinks(server):
    url = server.fresh()
    with psycopg.connect(url, autocommit=True) as base:
        base.execute("ALTER DATABASE postgres SET synchronous_commit = off")
    with psycopg.connect(url) as base:
        assert base.execute("SHOW synchronous_commit").fetchone() == ("off",)
    with PredictionLog.open(url) as log, log._engines[1].connect() as connection:
        assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"


def test_the_tables_hold_what_was_written_and_nothing_else(log):
    log.write(some(2)).result()
    with log._reader.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(PREDICTIONS)).scalar() == 2
        assert connection.execute(sa.select(sa.func.count()).select_from(FEEDBACK)).scalar() == 0
    assert log.count(Filters(label="1")) == 1
