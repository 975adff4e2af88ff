"""Groups found by ``coterie discover``, used again on a table: each row goes where it went."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from coterie.segments.taxonomy.files import load_segmentation

from .conftest import Coterie, messages


@pytest.fixture
def talks(tmp_path: Path) -> Path:
    """Thirty people with three rows each, of one want and of the next."""
    texts = [text for text, _ in messages()]
    rows = [f"p{i % 30},{texts[i]}" for i in range(90)]
    rows += [f"p{i},{texts[i + 1]}" for i in range(30)]
    path = tmp_path / "talks.csv"
    path.write_text("\n".join(["who,text", *rows]) + "\n", encoding="utf-8")
    return path


def _segments(folder: Path) -> dict[str, str]:
    frame = pd.read_csv(folder / "assignments.csv", keep_default_na=False)
    return dict(zip(frame["id"], frame["segment"], strict=True))


@pytest.mark.parametrize("named", ["", "segments.json"])
def test_a_fitted_encoder_puts_every_row_where_it_was(
    coterie: Coterie, table: Path, tmp_path: Path, named: str
) -> None:
    found, again = tmp_path / "found", tmp_path / "again"
    columns = ("--text", "text", "--id", "id")
    done = coterie("discover", table, *columns, "--encoder", "tfidf", "--groups", 3, "--out", found)
    assert done.returncode == 0, done.stderr
    done = coterie("assign", table, *columns, "--segments", found / named, "--out", again)
    assert done.returncode == 0, done.stderr
    assert len(_segments(found)) == 91
    assert _segments(again) == _segments(found)
    one = next(iter(load_segmentation(found).segments)).id
    done = coterie("segments", "split", found, one, "--json")
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["segments"]) == 4
    done = coterie(
        "assign", table, *columns, "--segments", found, "--encoder", "tfidf", "--out", again
    )
    assert done.returncode == 0, done.stderr
    assert _segments(again) == _segments(found)


def test_what_assign_writes_is_enough_to_assign_again(
    coterie: Coterie, table: Path, tmp_path: Path
) -> None:
    columns = ("--text", "text", "--id", "id")
    wants = tmp_path / "wants.toml"
    wants.write_text(
        "".join(
            f'[[segment]]\nname = "{name}"\ndescription = "{words}"\n'
            for name, words in (("Refund", "refund the money"), ("Password", "forgot my password"))
        ),
        encoding="utf-8",
    )
    first, second, third = (tmp_path / name for name in ("first", "second", "third"))
    done = coterie(
        "assign", table, *columns, "--segments", wants, "--encoder", "tfidf", "--out", first
    )
    assert done.returncode == 0, done.stderr
    done = coterie("assign", table, *columns, "--segments", first, "--out", second)
    assert done.returncode == 0, done.stderr
    shutil.rmtree(first)
    done = coterie("assign", table, *columns, "--segments", second, "--out", third)
    assert done.returncode == 0, done.stderr
    assert len(_segments(third)) == 91
    assert _segments(third) == _segments(second)


@pytest.mark.parametrize("named", ["", "segments.json"])
def test_segments_are_not_written_over_by_what_is_assigned(
    coterie: Coterie, table: Path, tmp_path: Path, named: str
) -> None:
    found = tmp_path / "found"
    columns = ("--text", "text", "--id", "id")
    done = coterie("discover", table, *columns, "--encoder", "tfidf", "--groups", 3, "--out", found)
    assert done.returncode == 0, done.stderr
    before = {path: path.read_bytes() for path in found.rglob("*") if path.is_file()}
    done = coterie("assign", table, *columns, "--segments", found / named, "--out", found)
    assert done.returncode == 2
    assert "input" in done.stderr
    assert {path: path.read_bytes() for path in found.rglob("*") if path.is_file()} == before


def test_means_of_rows_are_taken_again_or_refused(
    coterie: Coterie, talks: Path, tmp_path: Path
) -> None:
    found, again = tmp_path / "found", tmp_path / "again"
    columns = ("--text", "text", "--group", "who")
    made = ("--encoder", "tfidf", "--level", "row", "--groups", 3, "--out", found)
    done = coterie("discover", talks, *columns, *made)
    assert done.returncode == 0, done.stderr
    assert load_segmentation(found).encoder.pooling == "row"
    done = coterie("assign", talks, *columns, "--segments", found, "--out", again)
    assert done.returncode == 0, done.stderr
    assert len(_segments(found)) == 30
    assert _segments(again) == _segments(found)

    for words, says in (
        (("--text", "text"), "--group"),
        ((*columns, "--first", 1), "--first"),
    ):
        other = tmp_path / "other"
        done = coterie("assign", talks, *words, "--segments", found, "--out", other)
        assert done.returncode == 2
        assert says in done.stderr.strip().splitlines()[-1]
        assert not other.exists()
