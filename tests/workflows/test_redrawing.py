"""The page of a discovery after ``coterie segments``: the same page, of the edited segments."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
import pytest

from coterie.encoders import TfidfEncoder
from coterie.metrics import score_clusters
from coterie.pages.discovery.words import title_of
from coterie.segments.taxonomy.files import load_segmentation
from coterie.segments.taxonomy.rows import StoredRows, load_rows
from coterie.verbs.edits import edit_saved
from coterie.workflows.discovery.saved import load_discovery

from .conftest import Coterie


@pytest.fixture
def found(coterie: Coterie, table: Path, tmp_path: Path) -> Path:
    """A folder as discover leaves it: three groups of messages."""
    out = tmp_path / "found"
    done = coterie(
        "discover", table, "--text", "text", "--id", "id", "--label", "want", "--encoder", "tfidf",
        "--groups", 3, "--title", "Shop mail", "--out", out,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return out


def _page(folder: Path) -> str:
    """The page, without the seconds that were measured after it was first drawn."""
    html = (folder / "report.html").read_text(encoding="utf-8")
    return re.sub(r"total [\d.]+", "total", html)


def _title(folder: Path) -> str:
    result = load_discovery(folder)
    title = title_of(result.figures)
    assert title.startswith("Shop mail")
    assert f"{len(load_segmentation(folder))} groups" in title
    return title


def test_an_edit_that_changes_nothing_draws_the_same_page(found: Path) -> None:
    before, figures = _page(found), json.loads((found / "metrics.json").read_text())
    (found / "report.html").unlink()
    edit_saved(found, lambda segmentation, _: segmentation)
    assert _page(found) == before
    assert json.loads((found / "metrics.json").read_text()) == figures


def test_the_page_follows_every_edit_and_embeds_nothing(
    coterie: Coterie, found: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TfidfEncoder, "encode", lambda *_: pytest.fail("embedded again"))
    old = load_segmentation(found).segments

    assert coterie("segments", "rename", found, old[0].id, "Ünlike <any>").returncode == 0
    page = _page(found)
    assert "Ünlike" in page
    assert "<any>" not in page
    assert _title(found) in page

    assert coterie("segments", "merge", found, old[0].id, old[1].id).returncode == 0
    page = _page(found)
    assert _title(found) in page
    figures = json.loads((found / "metrics.json").read_text())
    assert figures["groups"] == 2
    assert figures["labels"]["want"]["ari"] < 1
    groups, crossed = (pd.read_csv(found / f"{name}.csv") for name in ("groups", "contingency"))
    assert groups["name"].tolist()[0] == "Ünlike <any>"
    assert groups["rows"].sum() == figures["rows"] - figures["statuses"].get("outside", 0)
    assert crossed.drop(columns=["label column", "value"]).sum().loc["Ünlike <any>"] > 0

    assert coterie("segments", "split", found, old[0].id, "--into", 3).returncode == 0
    assert _title(found) in _page(found)
    last = load_segmentation(found).segments[-1]
    assert coterie("segments", "move", found, "m0", "--to", last.id).returncode == 0
    rows = pd.read_csv(found / "assignments.csv", index_col="id")
    assert rows.loc["m0", "segment"] == last.id
    assert coterie("segments", "parent", found, last.id, "My family").returncode == 0
    assert coterie("segments", "freeze", found).returncode == 0
    page = _page(found)
    assert [change.what for change in load_segmentation(found).history][-1] == "freeze"
    assert "freeze" in page
    assert json.loads((found / "metrics.json").read_text())["groups"] == 4


def test_families_are_told_of_and_scored_beside_each_label(
    coterie: Coterie, found: Path, table: Path
) -> None:
    figures = json.loads((found / "metrics.json").read_text())
    assert figures["families"] == {"groups": 0, "labels": {}}
    one, two, other = load_segmentation(found).segments
    for segment in (one, two):
        assert coterie("segments", "parent", found, segment.id, "Both").returncode == 0
    figures = json.loads((found / "metrics.json").read_text())
    assert figures["families"]["groups"] == 2
    coarse = figures["families"]["labels"]["want"]
    rows = pd.read_csv(found / "assignments.csv", index_col="id", keep_default_na=False)
    want = pd.read_csv(table, index_col="id").loc[rows.index, "want"]
    family = [each and str(each == other.id) for each in rows["segment"]]
    expected = score_clusters(family, want.tolist())
    assert coarse["ari"] == pytest.approx(expected.ari, abs=1e-6)
    assert coarse["nmi"] == pytest.approx(expected.nmi, abs=1e-6)
    assert coarse["ari"] < figures["labels"]["want"]["ari"]
    page = _page(found)
    assert "in 2 families" in page
    assert page.count("2 families") > page.count("in 2 families")  # beside the label too


def test_a_whole_folder_is_read_once_for_an_edit(
    found: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Path] = []

    def reading(folder: Path) -> StoredRows:
        read.append(folder)
        return load_rows(folder)

    for module in ("workflows.discovery.saved", "segments.taxonomy.folder"):
        monkeypatch.setattr(f"coterie.{module}.load_rows", reading)
    done = edit_saved(found, lambda segmentation, _: segmentation)
    assert done.moved == 0
    assert read == [found]


def test_a_draft_elsewhere_has_a_page_of_its_own(
    coterie: Coterie, found: Path, tmp_path: Path
) -> None:
    assert coterie("segments", "freeze", found).returncode == 0
    before = _page(found)
    draft = tmp_path / "draft"
    assert coterie("segments", "thaw", found, "--out", draft).returncode == 0
    one = load_segmentation(draft).segments[0].id
    assert coterie("segments", "rename", draft, one, "Elsewhere").returncode == 0
    assert "Elsewhere" in _page(draft)
    assert _page(found) == before


@pytest.mark.parametrize("lost", ["metrics.json", "sweep.csv"])
def test_a_folder_that_lacks_a_part_is_edited_all_the_same(
    coterie: Coterie, found: Path, lost: str
) -> None:
    before = _page(found)
    (found / lost).unlink()
    one = load_segmentation(found).segments[0].id
    done = coterie("segments", "rename", found, one, "Elsewhere")
    assert done.returncode == 0
    assert "report.html" in done.stderr
    assert _page(found) == before
    assert load_segmentation(found)[one].name == "Elsewhere"
