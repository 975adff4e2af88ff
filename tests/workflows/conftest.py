"""What the tests of the recipes share: the command line as a user types it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from coterie.cli import main

WANTS = {
    "refund": "please refund the money for order {0}",
    "password": "i forgot my password and cannot log in since {0}",
    "delivery": "when does my parcel number {0} arrive at home",
}


@dataclass(frozen=True)
class Done:
    """What a command said, and its exit code."""

    returncode: int
    stdout: str
    stderr: str


Coterie = Callable[..., Done]


def messages(rows: int = 90) -> list[tuple[str, str]]:
    """Texts of three plain wants, and the want of each."""
    names = list(WANTS)
    return [(WANTS[names[i % 3]].format(f"day {i}"), names[i % 3]) for i in range(rows)]


@pytest.fixture
def coterie(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Coterie:
    """Type ``coterie ...``, with a cache of its own."""
    monkeypatch.setenv("COTERIE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words: object) -> Done:
        capsys.readouterr()
        code = main([str(word) for word in words])
        said = capsys.readouterr()
        return Done(code, said.out, said.err)

    return run


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Ninety messages of three wants, one more that is hostile, and one blank."""
    lines = ["id,text,want"]
    lines += [f"m{i},{text},{want}" for i, (text, want) in enumerate(messages())]
    lines += ["x1,<script>document.title='run'</script> please refund the money,refund", "x2,  ,"]
    path = tmp_path / "messages.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
