"""What the tests of the recipes share: the command line as a user types it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Coterie = Callable[..., "subprocess.CompletedProcess[str]"]

WANTS = {
    "refund": "please refund the money for order {0}",
    "password": "i forgot my password and cannot log in since {0}",
    "delivery": "when does my parcel number {0} arrive at home",
}


def messages(rows: int = 90) -> list[tuple[str, str]]:
    """Texts of three plain wants, and the want of each."""
    names = list(WANTS)
    return [(WANTS[names[i % 3]].format(f"day {i}"), names[i % 3]) for i in range(rows)]


@pytest.fixture
def coterie(tmp_path: Path) -> Coterie:
    """Run ``coterie`` in a process of its own, with a cache of its own."""

    def run(*words: object) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"COTERIE_CACHE": str(tmp_path / "cache"), "COLUMNS": "200"}
        return subprocess.run(
            [sys.executable, "-m", "coterie", *map(str, words)],
            capture_output=True,
            text=True,
            check=False,
            env=environment,
        )

    return run


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Ninety messages of three wants, one of them hostile, one blank."""
    lines = ["id,text,want"]
    lines += [f"m{i},{text},{want}" for i, (text, want) in enumerate(messages())]
    lines += ["x1,<script>document.title='run'</script> please refund the money,refund", "x2,  ,"]
    path = tmp_path / "messages.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
