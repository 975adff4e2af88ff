"""What ``coterie assign`` and the stage of a recipe write: the same files, all at once."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from coterie.pages.assignment import assign_page
from coterie.records import Records, read_records
from coterie.report import Page
from coterie.verbs.assignment import FILES
from coterie.verbs.saving import save_result
from coterie.workflows.assignment import AssignResult, assign
from coterie.workflows.dataset import Dataset

from .conftest import WANTS, Coterie

COLUMNS = ("--text", "text", "--id", "id")


@pytest.fixture
def wants(tmp_path: Path) -> Path:
    """Descriptions of the three wants of the table."""
    path = tmp_path / "wants.toml"
    words = (
        f'[[segment]]\nname = "{n}"\ndescription = "{w.format("")}"\n' for n, w in WANTS.items()
    )
    path.write_text('title = "Wants"\n' + "".join(words), encoding="utf-8")
    return path


def _names(folder: Path) -> set[str]:
    return {path.name.split("-")[0] for path in folder.iterdir() if not path.name.startswith(".")}


def _figures(folder: Path) -> dict[str, object]:
    metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    for figures in metrics["encoders"].values():
        for cost in ("seconds", "load_seconds", "texts_per_second", "peak_mib"):
            assert figures.pop(cost) is not None
    return metrics


def test_the_verb_and_the_recipe_write_the_same(
    coterie: Coterie, table: Path, wants: Path, tmp_path: Path
) -> None:
    out, run = tmp_path / "out", tmp_path / "run"
    words = ("--label", "want", "--segments", wants, "--encoder", "tfidf", "--out", out, "--json")
    done = coterie("assign", table, *COLUMNS, *words)
    assert done.returncode == 0, done.stderr
    recipe = tmp_path / "mine.toml"
    recipe.write_text(f'[assign]\nnomenclature = "{wants}"\n', encoding="utf-8")
    done_too = coterie(
        "run", recipe, "--data", table, *COLUMNS, "--label", "want", "--encoder", "tfidf",
        "--out", run,
    )  # fmt: skip
    assert done_too.returncode == 0, done_too.stderr
    assert _names(out) == _names(run / "assign")
    assert {"report.html", "metrics.json", "quarantine.csv", "assignments.csv"} < _names(out)
    assert "comparison.csv" not in _names(out)
    assert _figures(out) == _figures(run / "assign")
    for name in ("assignments.csv", "segments.json", "quarantine.csv"):
        assert (out / name).read_bytes() == (run / "assign" / name).read_bytes()
    said = json.loads(done.stdout)
    assert said.pop("report") == str(out / "report.html")
    assert said == json.loads((out / "metrics.json").read_text(encoding="utf-8"))


def test_segments_of_a_discovery_get_a_page_that_follows_their_edits(
    coterie: Coterie, table: Path, tmp_path: Path
) -> None:
    found, out = tmp_path / "found", tmp_path / "out"
    made = ("--encoder", "tfidf", "--groups", 3, "--out", found)
    assert coterie("discover", table, *COLUMNS, *made).returncode == 0
    one = pd.read_csv(found / "assignments.csv").iloc[0]["segment"]
    assert coterie("segments", "rename", found, one, "Edited by me").returncode == 0
    done = coterie("assign", table, *COLUMNS, "--label", "want", "--segments", found, "--out", out)
    assert done.returncode == 0, done.stderr
    html = (out / "report.html").read_text(encoding="utf-8")
    assert "Edited by me" in html
    assert "Compared with the labels" not in html  # no want is the name of a segment
    done = coterie("segments", "rename", out, one, "Edited again")
    assert f"--segments {out}" in done.stderr


def _assigned(records: Records, wants: Path) -> tuple[AssignResult, Page]:
    result = assign(Dataset(records), wants, ["tfidf"])
    return result, assign_page(result)


def test_a_run_that_fails_leaves_the_folder_as_it_was(
    table: Path, wants: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = read_records(table, text="text", id="id")
    out = tmp_path / "out"
    save_result(*_assigned(records, wants), out, FILES)
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    wants.write_text(wants.read_text(encoding="utf-8").replace("Wants", "Other wants"))
    with monkeypatch.context() as patch:
        patch.setattr("coterie.report.Page.write", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            save_result(*_assigned(records, wants), out, FILES)
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


def test_several_encoders_are_side_by_side_and_one_leaves_no_trace_of_them(
    coterie: Coterie, table: Path, wants: Path, tmp_path: Path
) -> None:
    from coterie.encoders import fit_tfidf

    fit_tfidf(["refund money", "forgot password", "parcel home"]).save(tmp_path / "other")
    out = tmp_path / "out"
    words = (*COLUMNS, "--segments", wants, "--out", out, "--encoder", "tfidf")
    done = coterie("assign", table, *words, "--encoder", tmp_path / "other")
    assert done.returncode == 0, done.stderr
    frame = pd.read_csv(out / "comparison.csv")
    assert list(frame.columns) == ["id", "tfidf", str(tmp_path / "other")]
    [pair] = _figures(out)["agreement"]  # type: ignore[misc]
    assert pair["share"] == pytest.approx((frame.iloc[:, 1] == frame.iloc[:, 2]).mean(), abs=1e-6)
    assert coterie("assign", table, *words).returncode == 0
    assert not (out / "comparison.csv").exists()


def test_no_gain_over_the_most_frequent_label_is_said_first(
    coterie: Coterie, table: Path, tmp_path: Path
) -> None:
    """Descriptions that are swapped give wrong answers throughout."""
    names, texts = list(WANTS), [words.format("") for words in WANTS.values()]
    swapped = tmp_path / "swapped.toml"
    pairs = zip(names, texts[1:] + texts[:1], strict=True)
    swapped.write_text(
        "".join(f'[[segment]]\nname = "{name}"\ndescription = "{text}"\n' for name, text in pairs),
        encoding="utf-8",
    )
    out, run = tmp_path / "out", tmp_path / "run"
    words = ("--label", "want", "--encoder", "tfidf")
    done = coterie("assign", table, *COLUMNS, *words, "--segments", swapped, "--out", out)
    assert done.returncode == 0, done.stderr
    metrics = json.loads((out / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["encoders"]["tfidf"]["above_largest"] is False
    assert metrics["encoders"]["tfidf"]["largest"] == pytest.approx(31 / 91, abs=1e-6)
    first = done.stdout.splitlines()[0]
    assert "34%" in first
    assert "34%" in (out / "report.html").read_text(encoding="utf-8").split("<h2", 2)[1]
    recipe = tmp_path / "mine.toml"
    recipe.write_text(f'[assign]\nnomenclature = "{swapped}"\n', encoding="utf-8")
    done = coterie("run", recipe, "--data", table, *COLUMNS, *words, "--out", run)
    assert done.returncode == 0, done.stderr
    assert first in (run / "index.html").read_text(encoding="utf-8").replace("&#39;", "'")


def test_where_described_segments_help_nothing_is_doubted(
    coterie: Coterie, table: Path, wants: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    words = ("--label", "want", "--encoder", "tfidf", "--segments", wants)
    done = coterie("assign", table, *COLUMNS, *words, "--out", out, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["encoders"]["tfidf"]["above_largest"] is True
