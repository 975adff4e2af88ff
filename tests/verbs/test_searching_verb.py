"""`coterie.index` and `Index.search`: a data frame in, a data frame out."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import coterie
from coterie.encoders import fit_tfidf
from coterie.encoders.weights import find_minilm
from coterie.errors import (
    ColumnError,
    EncoderError,
    EncoderMismatchError,
    InputError,
    OptionError,
    StoreError,
)
from coterie.options import IndexOptions
from coterie.search.storage.layout import ENCODERS, newest_version
from coterie.store.manifest import pack
from coterie.verbs.searching import index_into

FEW = pytest.mark.filterwarnings("ignore::coterie.errors.CoterieWarning")

SECTORS = ("Health", "Retail", "Finance")
TOPICS = ("nurses and wards", "shops and tills", "loans and ledgers")


def people(rows: int = 60, first: int = 0) -> pd.DataFrame:
    numbers = np.arange(first, first + rows)
    return pd.DataFrame(
        {
            "key": [f"p{n}" for n in numbers],
            "about": [f"I plan {TOPICS[n % 3]} for team {n % 7}, desk {n}" for n in numbers],
            "sector": [SECTORS[n % 3] for n in numbers],
            "budget": [("low", "medium", "high")[n % 2 + (n % 5 == 0)] for n in numbers],
            "age": [20 + n % 40 for n in numbers],
            "joined": [f"202{n % 5}-03-15" for n in numbers],
            "likes": ["AI; Chess" if n % 2 else "Chess" for n in numbers],
        },
        index=[f"row {n}" for n in numbers],
    )


@pytest.fixture(scope="module")
def made() -> coterie.Index:
    return coterie.index(people(), text="about", id="key", encoder="tfidf")


def test_a_frame_in_and_a_frame_out(made: coterie.Index) -> None:
    found = made.search("loans and ledgers", k=5)
    hits = found.hits
    assert len(hits) == len(found) == 5
    assert hits["rank"].tolist() == [1, 2, 3, 4, 5]
    assert set(hits["sector"]) == {"Finance"}
    assert hits["id"].is_unique
    assert hits["cosine"].between(-1, 1.0001).all()
    assert hits["match"].between(0, 1).all()
    known = people().set_index("key")
    for row in hits.itertuples():
        assert known.loc[row.id, "about"] == row.text
        assert known.loc[row.id, "age"] == row.age
    assert hits["age"].dtype == "Int64"
    assert str(hits["joined"].dtype).startswith("datetime64")
    assert hits["likes"].map(type).eq(list).all()


def test_the_time_is_a_column_once(tmp_path: Path) -> None:
    index = coterie.index(people(), text="about", id="key", time="joined", encoder="tfidf")
    names = [column.name for column in index.schema]
    assert names == [*people().drop(columns="key").columns]
    index.save(tmp_path / "index")
    more = people().assign(key=[f"more {n}" for n in range(len(people()))])
    index.append(more, time="joined")
    assert [column.name for column in index.schema] == names
    assert len(index.search(where="joined < '2021-01-01'", k=100).hits) == 2 * sum(
        each < "2021" for each in people()["joined"]
    )


def test_the_time_is_a_column_where_no_other_says_it() -> None:
    seconds = pd.to_datetime(people()["joined"]).astype("int64") // 10**9
    table = people().assign(joined=seconds.tolist(), left=pd.Timestamp("2026-01-01"))
    index = coterie.index(table, text="about", id="key", time="joined", encoder="tfidf")
    kinds = {column.name: column.kind for column in index.schema}
    assert (kinds["joined"], kinds["left"], kinds["time"]) == ("number", "date", "date")
    for where in ("time < '2021-01-01'", "joined < 1609459200"):
        found = index.search(where=where, k=100).hits
        assert len(found) == sum(each < "2021" for each in people()["joined"])


def test_all_columns_can_be_filtered_by(made: coterie.Index) -> None:
    frame = people().set_index("key")
    where = "sector = 'health' AND age BETWEEN 25 AND 45 AND joined >= '2021-01-01'"
    hits = made.search(where=where, k=100).hits
    expected = frame[
        (frame["sector"] == "Health")
        & frame["age"].between(25, 45)
        & (frame["joined"] >= "2021-01-01")
    ]
    assert set(hits["id"]) == set(expected.index)
    levels = made.search(where="budget >= 'medium' AND likes HAS 'ai'", k=100).hits
    assert set(levels["id"]) == set(
        frame.index[frame["budget"].isin(["medium", "high"]) & frame["likes"].str.contains("AI")]
    )
    text = made.search(where="about CONTAINS 'DESK 17'", k=100).hits
    assert text["id"].tolist() == ["p17"]


def test_examples_and_counterexamples(made: coterie.Index) -> None:
    like = made.search(like="p0", k=10).hits
    assert "p0" not in set(like["id"])
    assert like["sector"].tolist()[:2] == ["Health", "Health"]
    assert like["why"].str.len().gt(0).any()
    both = made.search(like=["p0", "p1"], k=20).hits
    away = made.search(like=["p0", "p1"], unlike=["p3", "p6"], k=20).hits
    assert not {"p0", "p1", "p3", "p6"} & set(away["id"])
    assert (away["sector"] == "Health").sum() < (both["sector"] == "Health").sum()


def test_a_vector_in_place_of_words(made: coterie.Index) -> None:
    vector = made.encoder.encode(["shops and tills"])[0]
    hits = made.search(vector=vector, k=3).hits
    assert hits["sector"].eq("Retail").all()
    with pytest.raises(EncoderMismatchError):
        made.search(vector=vector[:-1])
    with pytest.raises(InputError):
        made.search(vector=np.zeros_like(vector))


def test_what_cannot_be_searched_for(made: coterie.Index) -> None:
    with pytest.raises(OptionError):
        made.search("")
    with pytest.raises(InputError, match="'p6'"):
        made.search(like="p66")
    with pytest.raises(ColumnError, match="'sector'"):
        made.search("x", where="sectro = 'Health'")
    with pytest.raises(ColumnError, match="'sector'"):
        made.search("x", one_per="sectors")
    with pytest.raises(OptionError):
        made.search("x", where="age > 'old'")
    with pytest.raises(OptionError):
        made.search("x", k=0)


def test_a_filter_that_nothing_passes(made: coterie.Index) -> None:
    found = made.search("loans", where="age > 1000")
    assert len(found) == 0
    assert found.plan["method"] == "none"
    found = made.search("loans", where="sector = 'Finanse'")
    assert len(found) == 0
    assert "Finance" in found.result.doubts[0]


def test_one_hit_a_team(made: coterie.Index) -> None:
    hits = made.search("I plan", one_per="sector", k=10).hits
    assert sorted(hits["sector"]) == sorted(SECTORS)


def test_changes_by_id() -> None:
    index = coterie.index(people(30), text="about", id="key", encoder="tfidf")
    with pytest.raises(InputError, match="'p0'"):
        index.append(people(3))
    assert len(index) == 30
    index.append(people(5, first=100))
    assert len(index) == 35
    changed = people(2).assign(sector="Space")
    index.update(changed)
    assert len(index) == 35
    assert index.search(where="sector = 'space'", k=9).hits["id"].tolist() == ["p0", "p1"]
    assert index.delete(["p0", "nobody"]) == ["nobody"]
    assert index.search(where="sector = 'space'", k=9).hits["id"].tolist() == ["p1"]
    index.verify()


def test_rows_without_a_text_are_set_aside() -> None:
    frame = people(30)
    frame.loc["row 4", "about"] = None
    index = coterie.index(frame, text="about", id="key", encoder="tfidf")
    assert len(index) == 29
    assert index.rejects["id"].tolist() == ["p4"]


def test_an_index_is_saved_and_loaded(made: coterie.Index, tmp_path: Path) -> None:
    made.save(tmp_path / "people")
    loaded = coterie.load(tmp_path / "people")
    assert isinstance(loaded, coterie.Index)
    query = "nurses and wards"
    pd.testing.assert_frame_equal(made.search(query).hits, loaded.search(query).hits)
    with pytest.raises(OptionError):
        made.save(tmp_path / "people")
    made.save(tmp_path / "people", overwrite=True)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("x")
    with pytest.raises(OptionError):
        made.save(tmp_path / "mine", overwrite=True)
    assert (tmp_path / "mine" / "notes.txt").read_text() == "x"


def test_another_encoder_is_refused(made: coterie.Index, tmp_path: Path) -> None:
    home = made.save(tmp_path / "people")
    version = newest_version(home)
    other = {**version.encoder, "weights": "0" * 64, "fingerprint": "0" * 64}
    written = pack(replace(version, encoder=other), 1 << 30)
    (home / "versions" / "00000001.json").write_bytes(written)
    loaded = coterie.load(home)
    with pytest.raises(EncoderMismatchError):
        loaded.search("nurses")
    with pytest.raises(EncoderMismatchError):
        loaded.append(people(3, first=200))
    assert len(loaded.search("nurses", by="words")) > 0


def test_a_damaged_encoder_is_no_whole_version(made: coterie.Index, tmp_path: Path) -> None:
    home = made.save(tmp_path / "people")
    fit_tfidf(["a few other words", "of another table"] * 9).save(home / ENCODERS / "00000001")
    with pytest.raises(StoreError, match="tfidf"):
        coterie.load(home)


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    for name in ("parts/mine.csv", "notes.txt"):
        home = tmp_path / name.partition("/")[0].partition(".")[0]
        path = home / name
        path.parent.mkdir(parents=True)
        path.write_text("mine")
        with pytest.raises(OptionError, match="other things"):
            index_into(people(30), home, IndexOptions(text="about", id="key", encoder="tfidf"))
        assert path.read_text() == "mine"


def test_rows_without_ids_are_appended_and_not_updated() -> None:
    index = coterie.index(people(30), text="about", encoder="tfidf")
    with pytest.raises(OptionError):
        index.update(people(2))
    index.append(people(5, first=70))
    assert len(index) == 35
    assert index.search(where="about CONTAINS 'desk 70'", k=3).hits["id"].tolist() == ["31"]


def test_a_cell_that_is_no_date_is_shown_as_written(tmp_path: Path) -> None:
    index = coterie.index(people(30), text="about", id="key", encoder="tfidf")
    index.append(people(1, first=90).assign(joined="soon", budget="hugh", age=float("inf")))
    found = index.search("I plan", k=40)
    said = json.loads(json.dumps(found.figures))
    dates = {hit["id"]: hit["columns"]["joined"] for hit in said["hits"]}
    assert (dates["p90"], dates["p1"]) == ("soon", "2021-03-15")
    found.save(tmp_path / "hits")
    assert index.schema.find("budget").levels == ("low", "medium", "high")
    assert "p90" not in set(index.search(where="budget >= 'low'", k=99).hits["id"])
    assert any("hugh" in note for note in index.changed.notes)  # type: ignore[union-attr]


def test_an_open_index_keeps_its_version(tmp_path: Path) -> None:
    home = coterie.index(people(30), text="about", id="key", encoder="tfidf").save(tmp_path / "p")
    writer, reader = coterie.load(home), None
    for number in range(6):
        writer.delete(f"p{number}")
        reader = coterie.load(home) if reader is None else reader
    assert len(reader.search("desk", k=99)) == 29


def test_examples_that_cancel_each_other_are_refused() -> None:
    vectors = vectors_of(40)
    vectors[5] = -vectors[1]
    index = coterie.index(people(40), id="key", vectors=vectors)
    with pytest.raises(OptionError):
        index.search(like=["p1", "p5"])
    assert len(index.search(like=["p1", "p1"], k=3)) == 3


def test_a_save_that_fails_leaves_what_was_there(
    made: coterie.Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = coterie.index(people(5), text="about", id="key", encoder="tfidf").save(tmp_path / "p")
    rename, done = Path.rename, []

    def failing(self: Path, target: Path) -> Path:
        done.append(self)
        if len(done) == 2:
            raise OSError(16, "Device or resource busy")
        return rename(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", failing)
        with pytest.raises(StoreError):
            made.save(home, overwrite=True)
    assert len(coterie.load(home)) == 5


def vectors_of(rows: int) -> np.ndarray:
    found = np.random.default_rng(0).standard_normal((rows, 12)).astype(np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


@FEW
def test_vectors_are_indexed_without_an_encoder() -> None:
    frame, vectors = people(40), vectors_of(40)
    index = coterie.index(frame, id="key", vectors=vectors)
    hits = index.search(vector=vectors[7], k=3).hits
    assert hits["id"].tolist()[0] == "p7"
    assert hits["cosine"].tolist()[0] == pytest.approx(1)
    with pytest.raises(EncoderMismatchError):
        index.search("words")
    with pytest.raises(EncoderMismatchError):
        index.append(people(3, first=90), text="about")
    index.append(people(3, first=90), vectors=vectors_of(3))
    assert len(index) == 43


def test_rows_of_a_person_are_one_row_of_the_index() -> None:
    frame = people(60).assign(person=[f"q{n % 20}" for n in range(60)])
    index = coterie.index(frame, text="about", group="person", encoder="tfidf")
    assert len(index) == 20
    more = people(6, first=300).assign(person=["q0"] * 3 + ["new"] * 3)
    index.update(more)
    assert len(index) == 21
    assert "desk 300" in index.search(like="new", k=30).hits.set_index("id").loc["q0", "text"]


def test_levels_are_given_by_name() -> None:
    frame = people(30).assign(plan=["solo", "team", "firm"] * 10)
    order = {"plan": ["solo", "team", "firm"]}
    index = coterie.index(frame, text="about", id="key", encoder="tfidf", levels=order)
    hits = index.search(where="plan >= 'team'", k=99).hits
    assert set(hits["plan"]) == {"team", "firm"}


def test_figures_are_json_and_the_page_holds_the_hits(made: coterie.Index, tmp_path: Path) -> None:
    found = made.search("loans and ledgers", where="age < 50", k=4)
    figures = json.loads(json.dumps(found.figures, allow_nan=False))
    assert figures["plan"]["exact"] is True
    assert [hit["id"] for hit in figures["hits"]] == found.hits["id"].tolist()
    assert figures["filters"][0]["expression"] == "age < 50"
    page = found.save(tmp_path / "hits")
    written = pd.read_csv(tmp_path / "hits" / "hits.csv")
    assert written["id"].tolist() == found.hits["id"].tolist()
    assert json.loads((tmp_path / "hits" / "hits.json").read_text()) == figures
    html = page.read_text(encoding="utf-8")
    for key in found.hits["id"]:
        assert key in html


@pytest.mark.parametrize("text", ["<script>alert(1)</script> loans", "=cmd()|loans"])
def test_texts_of_customers_are_texts(text: str, tmp_path: Path) -> None:
    frame = people(30)
    frame.loc["row 2", "about"] = text
    index = coterie.index(frame, text="about", id="key", encoder="tfidf")
    found = index.search(where="about CONTAINS 'loans'", k=30)
    page = found.save(tmp_path / "hits")
    assert "<script>alert(1)" not in page.read_text(encoding="utf-8")
    assert text in found.hits["text"].tolist()


def test_shown_in_a_notebook(made: coterie.Index) -> None:
    for shown in (made, made.search("loans", k=2)):
        assert str(len(shown)) in repr(shown)
        assert str(len(shown)) in shown._repr_html_()


@pytest.mark.weights
def test_an_encoder_by_name_is_loaded_again(tmp_path: Path) -> None:
    try:
        find_minilm(None)
    except EncoderError as error:
        pytest.skip(str(error))
    index = coterie.index(people(30), text="about", id="key")
    index.save(tmp_path / "people")
    assert not (tmp_path / "people" / ENCODERS / "00000001").exists()
    hits = coterie.load(tmp_path / "people").search("someone who lends money", k=3).hits
    assert hits["sector"].eq("Finance").all()
