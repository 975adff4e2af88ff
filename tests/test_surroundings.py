"""The machine around it: pipes, terminals, caches and homes that are not as usual."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

WORDS = ("spätes Päckchen / 遅い荷物", "new card / 新しいカード", "wrong bill / 請求書")
DISCOVER = ("rows.csv", "--text", "text", "--encoder", "tfidf", "--groups", "3", "--out", "found")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    rows = [{"text": f"{WORDS[at % 3]} number {at}", "topic": WORDS[at % 3]} for at in range(60)]
    pd.DataFrame(rows).to_csv(tmp_path / "rows.csv", index=False)
    return tmp_path


def _run(
    home: Path, *words: str, shell: str | None = None, **environment: str | None
) -> subprocess.CompletedProcess[bytes]:
    """Type a command; a variable that is None is not set. `shell` comes after it in the line."""
    env = {**os.environ, "COTERIE_CACHE": str(home / "cache"), **environment}
    given = {name: value for name, value in env.items() if value is not None}
    typed = [sys.executable, "-m", "coterie", *words]
    if shell is None:
        return subprocess.run(typed, cwd=home, env=given, capture_output=True, check=False)
    line = f'"$@" {shell}'
    return subprocess.run(
        ["bash", "-c", line, "bash", *typed], cwd=home, env=given, capture_output=True, check=False
    )


def _clean(done: subprocess.CompletedProcess[bytes]) -> None:
    for said in (done.stdout, done.stderr):
        assert b"bug in Coterie" not in said
        assert b"Traceback" not in said


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_a_terminal_that_lacks_a_letter_shows_another(home: Path, encoding: str) -> None:
    for words in (("discover", *DISCOVER), ("segments", "list", "found"), ("--help",)):
        done = _run(home, *words, PYTHONIOENCODING=encoding, PYTHONUTF8="0")
        assert done.returncode == 0, done.stderr
        _clean(done)
        done.stdout.decode(encoding)
    assert "Spätes" in (home / "found" / "assignments.csv").read_text("utf-8")


def test_a_reader_that_leaves_is_no_fault(home: Path) -> None:
    assert _run(home, "discover", *DISCOVER).returncode == 0
    for words in (("segments", "list", "found", "--json"), ("discover", *DISCOVER), ("--help",)):
        done = _run(home, *words, shell="| head -c 1")
        assert len(done.stdout) == 1
        _clean(done)
        assert b"Broken" not in done.stderr
        assert b"Errno" not in done.stderr


@pytest.mark.parametrize(
    "encoder",
    [
        "tfidf",
        pytest.param("minilm", marks=pytest.mark.weights),
        pytest.param("static", marks=pytest.mark.weights),
    ],
)
def test_a_cache_that_cannot_be_written_costs_a_note(home: Path, encoder: str) -> None:
    (home / "file").write_text("in the way")
    done = _run(
        home, "embed", "rows.csv", "--text", "text", "--encoder", encoder, "--out", "v.parquet",
        COTERIE_CACHE=str(home / "file" / "cache"),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    _clean(done)
    assert len(pd.read_parquet(home / "v.parquet")) == 60
    if encoder != "tfidf":
        assert b"COTERIE_CACHE" in done.stderr


def test_a_user_without_a_home_can_work(home: Path) -> None:
    code = (
        "import os, sys, pathlib, coterie.cli\n"
        "def nowhere(*_):\n    raise RuntimeError('Could not determine home directory.')\n"
        "pathlib.Path.home = nowhere\n"
        f"sys.exit(coterie.cli.main(['discover', *{list(DISCOVER)!r}]))"
    )
    env = {name: value for name, value in os.environ.items() if name != "COTERIE_CACHE"}
    env.pop("XDG_CACHE_HOME", None)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=home, env={**env, "TMPDIR": str(home)},
        capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    _clean(done)


def test_a_name_that_is_too_long_is_told(home: Path) -> None:
    done = _run(home, "explore", "rows.csv", "--text", "text", "--out", "x" * 300)
    assert done.returncode == 2
    assert len(done.stderr.decode().strip().splitlines()) == 1
