"""Temporary folders, in this process and in one that is killed."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from pathlib import Path

import pytest

from coterie.scratch import ScratchFolder

fcntl = pytest.importorskip("fcntl", reason="without locks nothing of other processes is deleted")

MAKE_AND_DIE = """
import os
from coterie.scratch import ScratchFolder
folder = ScratchFolder()
(folder.path / "weights").write_text("left behind")
print(folder.path, flush=True)
os.kill(os.getpid(), 9)
"""


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))


def test_a_folder_goes_with_its_context_or_its_owner() -> None:
    with ScratchFolder() as path:
        (path / "a").write_text("a")
    assert not path.exists()

    class Owner:
        pass

    owner = Owner()
    path = ScratchFolder().keep_for(owner)
    gc.collect()
    assert path.is_dir()
    del owner
    gc.collect()
    assert not path.exists()


def test_what_a_killed_process_left_goes_and_what_others_use_stays() -> None:
    mine = ScratchFolder()
    dead = subprocess.run(
        [sys.executable, "-c", MAKE_AND_DIE], capture_output=True, text=True, check=False
    )
    assert dead.returncode == -9
    left = Path(dead.stdout.strip())
    assert (left / "weights").is_file()
    assert mine.path.is_dir()  # the other process did not take it for one that was left
    again = ScratchFolder()
    assert not left.exists()
    assert mine.path.is_dir()
    mine.close()
    again.close()


def test_a_name_that_another_has_taken_is_not_used(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / f"coterie-scratch-{os.getuid()}").symlink_to(elsewhere)
    with ScratchFolder() as path:
        assert elsewhere not in path.resolve().parents
    assert not [*elsewhere.iterdir()]
