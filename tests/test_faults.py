"""What can go wrong between a discovery and the rows that come later: faults 9, 13 and 22.

Where the other faults are tested: 4 in embed/test_cache.py and recipes/test_discover_verb.py, 10 in
embed/test_files.py, 14, 15 and 17 in recipes/test_discover_verb.py, 16 to 21 in records/.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from coterie.cli import main

WANTS = (
    "please refund the money for order",
    "i forgot my password and cannot log in since day",
    "when does my parcel arrive at home, number",
    "how do i close my account, reason",
)

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def coterie(capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*words: object) -> tuple[int, str]:
        capsys.readouterr()
        code = main([str(word) for word in words])
        return code, capsys.readouterr().err

    return run


@pytest.fixture
def found(coterie: Run, tmp_path: Path) -> Path:
    """A discovery of four wants, in which one label stands on a single row."""
    rows = [(f"{WANTS[i % 4]} {i}", f"want {i % 4}") for i in range(80)]
    rows[0] = (rows[0][0], "a label of one row")
    table = tmp_path / "messages.csv"
    _write(table, ["text", "want"], rows)
    code, said = coterie(
        "discover", table, "--text", "text", "--label", "want", "--encoder", "tfidf",
        "--groups", 4, "--out", tmp_path / "found",
    )  # fmt: skip
    assert code == 0, said
    return tmp_path / "found"


def test_fault_13_a_label_on_one_row_is_scored_like_any_other(found: Path) -> None:
    scores = json.loads((found / "metrics.json").read_text("utf-8"))["labels"]["want"]
    assert scores["labels"] == 5
    assert scores["rows"] == 80
    assert scores["ari"] > 0.9


def test_fault_22_unseen_labels_and_languages_get_a_status_like_any_row(
    coterie: Run, found: Path, tmp_path: Path
) -> None:
    later = [
        ("please refund the money for order 7", "want 0"),
        ("我想要退款", "a want nobody had"),
        ("🙂🙂🙂", ""),
        ("Wo bleibt mein Paket?", "want 2"),
    ]
    _write(tmp_path / "later.csv", ["text", "want"], later)
    code, said = coterie(
        "assign", tmp_path / "later.csv", "--text", "text", "--segments", found,
        "--out", tmp_path / "assigned",
    )  # fmt: skip
    assert code == 0, said
    with (tmp_path / "assigned" / "assignments.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 4
    assert {row["status"] for row in rows} <= {"core", "assigned", "ambiguous", "outside"}
    assert rows[0]["status"] in {"core", "assigned"}
    assert rows[1]["status"] == rows[2]["status"] == "outside"  # no word of theirs is known


@pytest.mark.weights
def test_fault_9_another_encoder_is_refused_in_one_sentence(
    coterie: Run, found: Path, tmp_path: Path
) -> None:
    before = (found / "segments.json").read_bytes()
    code, said = coterie(
        "assign", tmp_path / "messages.csv", "--text", "text", "--segments", found,
        "--encoder", "static", "--out", tmp_path / "assigned",
    )  # fmt: skip
    assert code == 2
    assert "tfidf" in said
    assert "Traceback" not in said
    assert (found / "segments.json").read_bytes() == before


def _write(path: Path, head: list[str], rows: list[tuple[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([head, *rows])
