"""Fault 7, kills and other writers: a model is the old one or the new one, never in between."""

import errno
import subprocess
import sys
import threading

import pytest

from coterie.errors import StoreError
from coterie.store import activate, list_versions, open_model, rollback, verify

from .models import everything, number_of, save, states, write

SAVING = """
import os, random, signal, sys, time, traceback
from pathlib import Path
import numpy as np
from coterie.errors import StoreError
from coterie.store import list_versions, open_model, rollback, save_model, verify

home = Path(sys.argv[1])

def save(number, size=500):
    def write(draft):
        draft.write_json("number.json", number)
        draft.write_arrays("part/held.safetensors", {"a": np.full(size, number, np.float64)})
    return save_model(home, write, kind="k", classes=(), schema={}, metrics={})

def whole():
    files = open_model(home)
    number = files.json("number.json")
    assert (files.within("part").arrays("held.safetensors")["a"] == number).all()
    return number

def wrong():
    return {f.file: f.state for f in verify(home) if f.state != "ok"}

def drafts():
    return list(home.glob(".draft*"))

def in_a_child(work):
    child = os.fork()
    if child:
        return child
    try:
        work()
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)

def ended(child):
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

def at_step(step, act):
    # act before the step-th time that the disk is asked for something
    counted, sync = [0], os.fsync
    def count(event="", arguments=()):
        if event.split(".")[0] in ("open", "os", "fcntl") and event not in ("os.scandir",):
            counted[0] += 1
            if counted[0] == step:
                act()
    sys.addaudithook(count)
    def counted_sync(handle):
        count("os.fsync")
        sync(handle)
    os.fsync = counted_sync
"""

KILLED_AT_ANY_MOMENT = """
save(0)
for _ in range(20):
    before = whole()
    def go_on():
        for number in range(before + 1, before + 1000):
            save(number)
    child = in_a_child(go_on)
    time.sleep(random.uniform(0.0, 0.06))
    os.kill(child, signal.SIGKILL)
    assert ended(child) == -9
    now = whole()
    assert now >= before
    assert set(wrong().values()) <= {"unlisted"}, wrong()
    save(now + 1)
    assert whole() == now + 1
    assert not wrong() and not drafts(), (wrong(), drafts())
"""

KILLED_AT_EVERY_STEP = """
save(0)
rolled = 0
for step in range(1, 1000):
    before = whole()
    def die():
        at_step(step, lambda: os.kill(os.getpid(), signal.SIGKILL))
        save(before + 1)
    code = ended(in_a_child(die))
    now = whole()
    assert now in (before, before + 1)
    assert set(wrong().values()) <= {"unlisted"}, wrong()
    assert len(drafts()) <= 1
    if code == 0:
        break
    assert code == -9
    if step % 5 == 0:
        save(now + 1)
        assert not wrong() and not drafts(), (step, wrong(), drafts())
assert step > 25, step
assert not wrong() and not drafts(), (wrong(), drafts())
"""

FULL_AT_EVERY_STEP = """
import errno
def full():
    raise OSError(errno.ENOSPC, "No space left on device")
save(0)
refused = left = 0
for step in range(1, 1000):
    before = whole()
    def fail():
        at_step(step, full)
        try:
            save(before + 1)
        except StoreError as error:
            assert "make room" in str(error) or "permissions" in str(error), error
            os._exit(3)
    code = ended(in_a_child(fail))
    assert code in (0, 3), (step, code)
    assert whole() == before + (code == 0), step
    assert not wrong(), (step, wrong())
    left += bool(drafts())  # where it was the clearing up that failed
    refused += code == 3
    if code == 0 and step > 60:
        break
assert refused > 15, refused
assert left < 5, left
assert len(list_versions(home)) == whole() + 1
save(0)
assert not drafts()
"""

TOGETHER = """
def several():
    for _ in range(6):
        save(os.getpid())
children = [in_a_child(several) for _ in range(4)]
assert [ended(child) for child in children] == [0] * 4
numbers = [each.version for each in list_versions(home)]
assert numbers == list(range(1, 25)), numbers
assert not wrong() and not drafts()
held = [open_model(home, number).json("number.json") for number in numbers]
assert sorted(held) == sorted(children * 6)
"""

ON_A_FULL_DISK = """
save(0)
first = whole()
for number in range(1, 1000):
    try:
        save(number, size=9_000)
    except StoreError as error:
        assert "No space left on device" in str(error), error
        break
else:
    raise AssertionError("never full")
assert number > 1
assert whole() == number - 1
assert not wrong() and not drafts()
assert rollback(home).version == number - 1
assert whole() == number - 2
import subprocess
subprocess.run(["mount", "-o", "remount,ro", str(home.parent)], check=True)
for change in (lambda: save(1), lambda: rollback(home)):
    try:
        change()
    except StoreError as error:
        assert "Read-only file system" in str(error), error
    else:
        raise AssertionError("written")
assert whole() == number - 2
assert not wrong()
"""


def run(script, home, *before):
    done = subprocess.run(
        [*before, sys.executable, "-c", SAVING + script, str(home)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.mark.parametrize(
    "script", [KILLED_AT_ANY_MOMENT, KILLED_AT_EVERY_STEP], ids=["any moment", "every step"]
)
def test_a_killed_save_leaves_the_old_model_or_the_new_one(tmp_path, script):
    run(script, tmp_path / "model")


def test_fault_7_a_disk_that_is_full_at_any_step_leaves_the_old_model(tmp_path):
    run(FULL_AT_EVERY_STEP, tmp_path / "model")


def test_fault_7_on_a_disk_that_is_full_and_then_read_only(tmp_path):
    alone = ["unshare", "--user", "--map-root-user", "--mount"]
    mounted = ["sh", "-c", 'mount -t tmpfs -o size=1m none "$1" && shift && exec "$@"', "sh"]
    place = [*alone, *mounted, str(tmp_path)]
    try:
        subprocess.run([*place, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("needs unshare and mount")
    run(ON_A_FULL_DISK, tmp_path / "model", *place)


def test_several_that_save_at_once_get_numbers_of_their_own(tmp_path):
    run(TOGETHER, tmp_path / "model")


def test_a_save_leaves_the_draft_of_another_live_writer_alone(tmp_path):
    home = tmp_path / "model"

    def into(draft):
        write(1)(draft)
        assert save(home, 2).version == 1  # ends first, and clears up
        assert save(home, 3).version == 2

    assert save(home, into=into).version == 3
    assert number_of(home) == 1
    assert not states(verify(home))
    assert not list(home.glob(".draft*"))


def test_threads_can_save_at_once(tmp_path):
    home = tmp_path / "model"
    threads = [threading.Thread(target=save, args=(home, number)) for number in range(1, 7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [each.version for each in list_versions(home)] == [1, 2, 3, 4, 5, 6]
    assert sorted(number_of(home, version) for version in range(1, 7)) == [1, 2, 3, 4, 5, 6]
    assert not states(verify(home))


def test_a_version_whose_writer_was_killed_before_naming_it_is_entered_later(tmp_path):
    home = tmp_path / "model"
    save(home, 1)
    register = (home / "model.json").read_bytes()
    save(home, 2)
    (home / "model.json").write_bytes(register)
    assert number_of(home) == 1
    assert states(verify(home)) == {"versions/0002": "unlisted"}
    with pytest.raises(StoreError, match="version 2"):
        open_model(home, 2)
    assert save(home, 3, activate=False).version == 3
    assert number_of(home) == 1
    assert number_of(home, 2) == 2
    assert not states(verify(home))
    assert activate(home, 2).version == 2
    assert rollback(home).version == 1


def test_a_lost_register_is_made_anew_by_the_next_save(tmp_path):
    home = tmp_path / "model"
    save(home, 1)
    save(home, 2)
    before = everything(home, 1)
    (home / "model.json").unlink()
    with pytest.raises(StoreError, match="no model"):
        open_model(home)
    assert save(home, 3).version == 3
    assert everything(home, 1) == before
    assert number_of(home) == 3


@pytest.mark.parametrize("kind", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EDQUOT])
def test_fault_7_the_message_says_what_to_do(tmp_path, kind, monkeypatch):
    home = tmp_path / "model"
    save(home, 1)

    def full(_):
        raise OSError(kind, "Cannot be written")

    monkeypatch.setattr("coterie.store.draft.os.fsync", full)
    for change in (lambda: save(home, 2), lambda: activate(home, 1)):
        with pytest.raises(StoreError, match="Cannot be written"):
            change()
    monkeypatch.undo()
    assert number_of(home) == 1
    assert not states(verify(home))
    assert sorted(path.name for path in home.iterdir()) == [".lock", "model.json", "versions"]


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("x")
    for home in (tmp_path / "file", tmp_path / "file" / "model"):
        with pytest.raises(StoreError, match="could not be written"):
            save(home)
