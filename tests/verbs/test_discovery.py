from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import coterie
from coterie.encoders import EmbeddingCache
from coterie.errors import ColumnError, InputError, OptionError, SegmentError, StoreError
from coterie.verbs.discovery import Found
from coterie.workflows.discovery.figures import DiscoveryFigures

FILES = {
    "report.html", "metrics.json", "segments.json", "assignments.csv", "sweep.csv",
    "rows.parquet", "quarantine.csv", "encoder", "groups.csv", "contingency.csv",
}  # fmt: skip


@pytest.fixture
def found(frame: pd.DataFrame, cache: EmbeddingCache) -> Found:
    return coterie.discover(
        frame, text="message", id="key", labels=["intent"], encoder="tfidf", groups=3, cache=cache
    )


def test_every_row_given_is_in_the_assignments(frame: pd.DataFrame, found: Found) -> None:
    rows = found.assignments
    assert rows.index.equals(frame.index)
    assert rows["id"].tolist() == frame["key"].tolist()
    aside = rows["status"] == "set aside"
    assert np.flatnonzero(aside).tolist() == [4, 9]
    assert (rows.loc[aside, "reason"] != "").all()
    assert (rows.loc[~aside, "reason"] == "").all()
    assert rows.loc[aside, "segment"].isna().all()
    assert set(rows.loc[~aside, "segment"]) <= {*found.segments.index, ""}


def test_the_map_has_a_place_for_each_record(found: Found, tmp_path: Path) -> None:
    places = found.map
    answers = found.assignments[found.assignments["status"] != "set aside"]
    assert places["id"].tolist() == answers["id"].tolist()
    assert places["name"].fillna("").tolist() == answers["name"].tolist()
    assert np.isfinite(places[["x", "y"]]).all(axis=None)
    found.save(tmp_path / "found")
    loaded = coterie.load(tmp_path / "found")
    assert isinstance(loaded, Found)
    pd.testing.assert_frame_equal(loaded.map, places)


def test_nothing_is_written_before_it_is_saved(found: Found, tmp_path: Path) -> None:
    before = {path for path in tmp_path.iterdir() if path.name != "cache"}
    assert not before
    page = found.save(tmp_path / "found")
    assert page == tmp_path / "found" / "report.html"
    written = {path.name for path in page.parent.iterdir() if not path.name.startswith(".")}
    assert {name for name in written if not name.startswith("router-")} == FILES
    assert json.loads((page.parent / "metrics.json").read_text(encoding="utf-8")) == found.figures


def test_edits_are_recorded_and_come_back(found: Found, tmp_path: Path) -> None:
    first, second, *_ = found.segments.index
    found.rename(first, "Late parcels")
    found.merge([first, second])
    assert found.segments.loc[first, "name"] == "Late parcels"
    assert second not in found.segments.index
    assert second not in set(found.assignments["segment"])
    found.save(tmp_path / "found")
    again = coterie.load(tmp_path / "found")
    assert isinstance(again, Found)
    assert again.figures == found.figures
    pd.testing.assert_frame_equal(again.segments, found.segments)
    changes = [change.what for change in again.segmentation.history]
    assert changes == ["rename", "merge"]
    pd.testing.assert_frame_equal(again.assignments, found.assignments.reset_index(drop=True))
    again.freeze()
    with pytest.raises(SegmentError):
        again.rename(first, "Too late")


def test_a_loaded_discovery_saves_the_same_files(found: Found, tmp_path: Path) -> None:
    found.save(tmp_path / "one")
    loaded = coterie.load(tmp_path / "one")
    assert isinstance(loaded, Found)
    loaded.save(tmp_path / "two")
    for name in ("metrics.json", "segments.json", "assignments.csv", "sweep.csv", "quarantine.csv"):
        one, two = (tmp_path / folder / name for folder in ("one", "two"))
        assert one.read_bytes() == two.read_bytes(), name


def test_rows_without_ids_come_back_in_their_order(
    frame: pd.DataFrame, cache: EmbeddingCache, tmp_path: Path
) -> None:
    found = coterie.discover(frame, text="message", encoder="tfidf", groups=3, cache=cache)
    found.save(tmp_path / "found")
    again = coterie.load(tmp_path / "found")
    assert isinstance(again, Found)
    pd.testing.assert_frame_equal(again.assignments, found.assignments.reset_index(drop=True))


def test_figures_are_typed_and_a_folder_without_a_form_loads(found: Found, tmp_path: Path) -> None:
    found.save(tmp_path / "found")
    file = tmp_path / "found" / "metrics.json"
    written = json.loads(file.read_text(encoding="utf-8"))
    assert written["form"] == DiscoveryFigures.form == 1
    figures = found.result.figures
    assert written["rows"] == figures.table.rows == 52
    assert written["families"]["groups"] == figures.groups.families
    assert written["labels"]["intent"]["ari"] == round(figures.groups.labels["intent"].ari, 6)
    assert written["encoder"]["dim"] == figures.encoder.dim
    file.write_text(json.dumps({k: v for k, v in written.items() if k != "form"}), encoding="utf-8")
    again = coterie.load(tmp_path / "found")
    assert isinstance(again, Found)
    assert again.result.figures == figures
    file.write_text(json.dumps(written | {"form": 2}), encoding="utf-8")
    with pytest.raises(StoreError, match="2"):
        coterie.load(tmp_path / "found")
    file.write_text(json.dumps({"rows": 52}), encoding="utf-8")
    with pytest.raises(StoreError):
        coterie.load(tmp_path / "found")


@pytest.mark.parametrize("kind", ["arrow", "polars", "csv", "records"])
def test_other_tables_give_the_same_groups(
    kind: str, frame: pd.DataFrame, found: Found, tmp_path: Path, cache: EmbeddingCache
) -> None:
    if kind == "arrow":
        import pyarrow as pa

        table: object = pa.Table.from_pandas(frame, preserve_index=False)
    elif kind == "polars":
        polars = pytest.importorskip("polars", reason="Polars is not installed")
        table = polars.from_pandas(frame.reset_index(drop=True))
    elif kind == "csv":
        frame.to_csv(tmp_path / "table.csv", index=False)
        table = tmp_path / "table.csv"
    else:
        table = coterie.read_records(frame, text="message", id="key", labels=["intent"])
    columns = {} if kind == "records" else {"text": "message", "id": "key", "labels": ["intent"]}
    other = coterie.discover(table, encoder="tfidf", groups=3, cache=cache, **columns)  # type: ignore[arg-type]
    rows = other.assignments
    mine = found.assignments.reset_index(drop=True)
    if kind == "records":
        mine = mine[mine["status"] != "set aside"].reset_index(drop=True)
    assert rows["segment"].fillna("").tolist() == mine["segment"].fillna("").tolist()
    assert rows["status"].tolist() == mine["status"].tolist()
    assert isinstance(rows.index, pd.RangeIndex)


def test_rows_that_are_rolled_up_all_have_an_answer(
    frame: pd.DataFrame, cache: EmbeddingCache, tmp_path: Path
) -> None:
    frame["person"] = [f"p{place // 3}" for place in range(len(frame))]
    found = coterie.discover(
        frame, text="message", group="person", encoder="tfidf", groups=2, cache=cache
    )
    rows = found.assignments
    assert rows.index.equals(frame.index)
    assert len(found.result.rows) == frame["person"].nunique()
    found.save(tmp_path / "found")
    loaded = coterie.load(tmp_path / "found")
    assert isinstance(loaded, Found)
    statuses = loaded.assignments["status"]
    assert (statuses == "set aside").tolist() == [False] * len(found.result.rows) + [True, True]
    used = rows[rows["status"] != "set aside"]
    assert len(used) == len(frame) - 2
    assert used.groupby("id")["segment"].nunique().max() == 1
    assert (used["id"] == frame.loc[used.index, "person"]).all()


def test_it_shows_itself(found: Found) -> None:
    found.rename(found.segments.index[0], "<script>alert(1)</script>")
    html = found._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    for segment in found.segments["name"]:
        assert segment in repr(found)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"text": "mesage"}, ColumnError),
        ({"text": "message", "level": "row"}, OptionError),
        ({"text": "message", "method": "magic"}, OptionError),
    ],
)
def test_what_cannot_be_done_is_an_error(
    options: dict[str, str], error: type[Exception], frame: pd.DataFrame, cache: EmbeddingCache
) -> None:
    with pytest.raises(error):
        coterie.discover(frame, encoder="tfidf", cache=cache, **options)  # type: ignore[arg-type]


def test_what_is_no_table_is_refused() -> None:
    with pytest.raises(InputError):
        coterie.discover(3, text="message")  # type: ignore[arg-type]
    with pytest.raises(StoreError):
        coterie.load("there is no such folder")
