"""Vectors in the place of texts: from files on the command line, and from arrays in Python."""

from __future__ import annotations

import csv
import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import coterie
from coterie.cli import main
from coterie.encoders import load_encoder, read_embeddings, write_embeddings
from coterie.errors import (
    CoterieWarning,
    EncoderMismatchError,
    InputError,
    NoRowsError,
    OptionError,
)
from coterie.records import read_records
from coterie.verbs.loading import load
from coterie.workflows.prediction.predict import load_model
from coterie.workflows.prediction.predictor import Predictor
from coterie.workflows.vectors import read_given, records_of, with_vectors

CLASSES = ("Learning", "Networking", "Searching")
WORDS = {
    "Learning": ("course", "workshop", "training", "lecture", "seminar"),
    "Networking": ("dinner", "meetup", "party", "lunch", "reception"),
    "Searching": ("stand", "vendor", "hall", "tour", "catalogue"),
}
DIM = 16


def points(n: int, seed: int = 0) -> tuple[np.ndarray, list[str]]:
    rng = np.random.default_rng(seed)
    labels = [CLASSES[place % 3] for place in range(n)]
    centres = 4 * np.eye(DIM)[[place % 3 for place in range(n)]]
    return centres + rng.normal(size=(n, DIM)), labels


def texts(n: int, seed: int = 0) -> tuple[list[str], list[str]]:
    rng = np.random.default_rng(seed)
    labels = [CLASSES[place % 3] for place in range(n)]
    said = [" ".join([*rng.choice(WORDS[label], 3), f"visit{n}"]) for n, label in enumerate(labels)]
    return said, labels


def write_json(path: Path, vectors: dict[str, Any]) -> Path:
    path.write_text(json.dumps(vectors))
    return path


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def seed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files of the seed: labels, and vectors of badges of which some cannot be used."""
    monkeypatch.chdir(tmp_path)
    matrix, labels = points(120)
    vectors: dict[str, Any] = {f"BadgeId_{n}": [row.tolist()] for n, row in enumerate(matrix, 1)}
    vectors["BadgeId_7"] = [[float("nan")] * DIM]
    vectors["BadgeId_8"] = [[1.0, 2.0]]
    del vectors["BadgeId_9"]
    vectors["BadgeId_999"] = [matrix[0].tolist()]
    write_json(tmp_path / "embeddings.json", vectors)
    frame = pd.DataFrame({"BadgeId": range(1, 121), "ClusterId": labels})
    frame.to_csv(tmp_path / "labels.csv", index=False)
    new, _ = points(12, seed=1)
    others: dict[str, Any] = {f"BadgeId_{n}": [row.tolist()] for n, row in enumerate(new, 1000)}
    write_json(tmp_path / "new.json", {**others, "BadgeId_1012": [[0.0] * DIM]})
    return tmp_path


TRAIN = ["train", "labels.csv", "--id", "BadgeId", "--label", "ClusterId"]
TRAIN += ["--vectors", "embeddings.json"]


@pytest.mark.parametrize(
    "model", [["mlp", "--epochs", "20"], ["linear"], ["few-shot"], ["voting"], ["cascade"]]
)
def test_the_two_calls_of_the_seed(
    seed: Path, model: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    if model[0] == "mlp":
        pytest.importorskip("torch")
    assert main([*TRAIN, "--model", *model, "--out", "model"]) == 0
    said = capsys.readouterr()
    assert "BadgeId_999" in said.err
    aside = {row["id"]: row["reason"] for row in rows_of(seed / "model" / "quarantine.csv")}
    assert set(aside) == {"7", "8", "9"}
    assert "NaN" in aside["7"]
    assert "width 2" in aside["8"]
    assert "no vector" in aside["9"]
    words = ["predict", "model", "--vectors", "new.json", "--out", "predictions.csv"]
    assert main([*words, "--id-as", "BadgeId", "--label-as", "ClusterId"]) == 0
    found = rows_of(seed / "predictions.csv")
    assert [row["BadgeId"] for row in found] == [f"BadgeId_{n}" for n in range(1000, 1012)]
    truth = [CLASSES[place % 3] for place in range(12)]
    right = [row["ClusterId"] == label for row, label in zip(found, truth, strict=True)]
    assert np.mean(right) >= 0.8
    assert {float(row["confidence"]) <= 1 for row in found} == {True}
    (left,) = rows_of(seed / "predictions.quarantine.csv")
    assert (left["row"], left["id"], left["reason"]) == ("13", "BadgeId_1012", "zero vector")
    # rows of a table, joined by id
    table = "BadgeId,City\n1003,Bonn\n1001,Ulm\n5,Kiel\n"
    (seed / "table.csv").write_text(table)
    assert main(["predict", "model", "table.csv", "--vectors", "new.json", "--out", "t.csv"]) == 0
    joined = rows_of(seed / "t.csv")
    assert [(row["id"], row["label"]) for row in joined] == [
        ("1003", found[3]["ClusterId"]),
        ("1001", found[1]["ClusterId"]),
    ]
    assert [row["id"] for row in rows_of(seed / "t.quarantine.csv")] == ["5"]


def test_a_model_of_vectors_refuses_texts_words_and_other_widths(
    seed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*TRAIN, "--out", "model"]) == 0
    (seed / "said.csv").write_text("BadgeId,text\n1,hello\n")
    write_json(seed / "narrow.json", {"a": [[1.0, 2.0]]})
    capsys.readouterr()
    for words in (
        ["predict", "model", "said.csv", "--text", "text", "--out", "p.csv"],
        ["predict", "model", "said.csv", "--out", "p.csv"],
        ["predict", "model", "--one", "hello"],
        ["predict", "model", "labels.csv", "--vectors", "embeddings.json", "--why", "1"],
        ["predict", "model", "--vectors", "narrow.json", "--out", "p.csv"],
        ["predict", "model", "--out", "p.csv"],
    ):
        assert main(words) == 2
        last = capsys.readouterr().err.strip().splitlines()[-1]
        assert "vectors" in last
    assert not (seed / "p.csv").exists()


def test_evaluate_discover_and_assign_take_vectors(
    seed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*TRAIN, "--out", "model"]) == 0
    words = ["evaluate", "model", *TRAIN[1:], "--learning", "--out", "judged"]
    assert main(words) == 0
    figures = json.loads((seed / "judged" / "metrics.json").read_text())
    assert figures["models"][0]["rows"] == 117
    assert figures["models"][0]["accuracy"] >= 0.9
    assert figures["set_aside"] == 3
    # vectors alone: groups have numbers, exemplars are ids
    assert (
        main(["discover", "--vectors", "embeddings.json", "--groups", "3", "--out", "alone"]) == 0
    )
    written = json.loads((seed / "alone" / "segments.json").read_text())
    assert sorted(each["name"] for each in written["segments"]) == ["Group 1", "Group 2", "Group 3"]
    exemplars = {name for each in written["segments"] for name in each["exemplars"]}
    assert all(name.startswith("BadgeId_") for name in exemplars)
    assert [row["id"] for row in rows_of(seed / "alone" / "quarantine.csv")] == [
        "BadgeId_7", "BadgeId_8",
    ]  # fmt: skip
    page = (seed / "alone" / "report.html").read_text()
    assert "without texts" in page
    assert rows_of(seed / "alone" / "assignments.csv")[0]["id"] == "BadgeId_1"
    # with labels: groups are called by them
    assert main(["discover", *TRAIN[1:], "--groups", "3", "--out", "named"]) == 0
    written = json.loads((seed / "named" / "segments.json").read_text())
    assert sorted(each["name"] for each in written["segments"]) == sorted(CLASSES)
    assert json.loads((seed / "named" / "metrics.json").read_text())["distinct_texts"] == 0
    # edits, and new rows by the groups that were found
    assert main(["segments", "split", "named", "s1", "--into", "2"]) == 0
    assert main(["segments", "freeze", "named"]) == 0
    assert main(["assign", "--segments", "alone", "--vectors", "new.json", "--out", "new"]) == 0
    assert len(rows_of(seed / "new" / "assignments.csv")) == 12
    assert main(["train", "--segments", "named", "--out", "by-groups"]) == 0
    words = ["predict", "by-groups", "--vectors", "new.json", "--out", "p.csv"]
    assert main(words) == 0
    assert len(rows_of(seed / "p.csv")) == 12
    assert main(["bench", "predict", "by-groups", "--seconds", "0.1"]) == 0
    # texts cannot be compared with vectors of an encoder that is not known
    (seed / "said.csv").write_text("text\nhello there\n")
    capsys.readouterr()
    for words in (
        ["assign", "said.csv", "--text", "text", "--segments", "alone", "--out", "x"],
        ["assign", "--segments", "attendees", "--vectors", "new.json", "--out", "x"],
        ["discover", "--vectors", "new.json", "--encoder", "static", "--out", "x"],
        ["discover", "--out", "x"],
        [*TRAIN, "--model", "contrastive", "--out", "x"],
        [*TRAIN, "--model", "ensemble", "--out", "x"],
        [*TRAIN, "--model", "voting", "--member", "linear:static", "--out", "x"],
    ):
        assert main(words) == 2
        assert "vectors" in capsys.readouterr().err.strip().splitlines()[-1]


@pytest.fixture
def spoken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A table of texts with labels, and an encoder in a folder."""
    monkeypatch.chdir(tmp_path)
    said, labels = texts(90)
    frame = pd.DataFrame({"id": [f"r{n}" for n in range(90)], "text": said, "label": labels})
    frame["visits"] = [n % 3 * 10 + n % 2 for n in range(90)]
    frame.to_csv(tmp_path / "said.csv", index=False)
    encoder = load_encoder("tfidf", fit_on=said, dim=24)
    encoder.save(tmp_path / "encoder")  # type: ignore[attr-defined]
    return tmp_path


@pytest.mark.parametrize("ending", ["json", "npy", "parquet"])
def test_vectors_from_a_file_give_the_predictions_of_the_encoder(spoken: Path, ending: str) -> None:
    read = ["said.csv", "--text", "text", "--id", "id"]
    assert main(["embed", *read, "--encoder", "encoder", "--out", f"v.{ending}"]) == 0
    assert main(["train", *read, "--label", "label", "--encoder", "encoder", "--out", "a"]) == 0
    given = ["said.csv", "--id", "id", "--label", "label", "--vectors", f"v.{ending}"]
    assert main(["train", *given, "--out", "b"]) == 0
    assert main(["predict", "a", "said.csv", "--out", "a.csv"]) == 0
    assert main(["predict", "b", "--vectors", f"v.{ending}", "--out", "b.csv"]) == 0
    assert main(["predict", "a", "--vectors", f"v.{ending}", "--out", "c.csv"]) == 0
    assert rows_of(spoken / "a.csv") == rows_of(spoken / "b.csv") == rows_of(spoken / "c.csv")
    found = load_model(spoken / "b").classifier.encoder_
    assert found.fingerprint == load_encoder(str(spoken / "encoder")).fingerprint
    assert main(["predict", "b", "said.csv", "--text", "text", "--out", "d.csv"]) == 2


def test_vectors_of_another_encoder_are_refused(
    spoken: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    read = ["said.csv", "--text", "text", "--id", "id"]
    load_encoder("tfidf", fit_on=texts(90, 5)[0], dim=24).save(spoken / "other")  # type: ignore[attr-defined]
    for name in ("encoder", "other"):
        assert main(["embed", *read, "--encoder", name, "--out", f"{name}.parquet"]) == 0
    given = ["said.csv", "--id", "id", "--label", "label", "--vectors", "encoder.parquet"]
    assert main(["train", *given, "--out", "model"]) == 0
    assert main(["discover", *given, "--text", "text", "--out", "groups"]) == 0
    capsys.readouterr()
    for words in (
        ["predict", "model", "--vectors", "other.parquet", "--out", "p.csv"],
        ["evaluate", "model", *given[:5], "--vectors", "other.parquet", "--out", "x"],
        ["assign", "--segments", "groups", "--vectors", "other.parquet", "--out", "x"],
    ):
        assert main(words) == 2
        assert "other.parquet" in capsys.readouterr().err.strip().splitlines()[-1]
    # groups of texts are named by their texts, and their vectors are those of the file
    found = json.loads((spoken / "groups" / "segments.json").read_text())
    assert found["encoder"]["fingerprint"] == read_embeddings("encoder.parquet").origin.fingerprint
    assert all(each["terms"] for each in found["segments"])


def test_descriptions_are_embedded_by_the_encoder_of_the_vectors(spoken: Path) -> None:
    read = ["said.csv", "--text", "text", "--id", "id"]
    assert main(["embed", *read, "--encoder", "encoder", "--out", "v.json"]) == 0
    listed = [f'[[segment]]\nname = "{k}"\ndescription = "{" ".join(v)}"' for k, v in WORDS.items()]
    (spoken / "segments.toml").write_text('title = "t"\n' + "\n".join(listed))
    words = ["--segments", "segments.toml", "--encoder", "encoder"]
    assert main(["assign", *read, *words, "--out", "by-text"]) == 0
    assert main(["assign", "--vectors", "v.json", *words, "--out", "by-vector"]) == 0
    by_text, by_vector = (rows_of(spoken / n / "assignments.csv") for n in ("by-text", "by-vector"))
    assert by_text == by_vector


def test_sessions_keep_their_ids_and_are_pooled_by_person(tmp_path: Path) -> None:
    topics = [t for words in WORDS.values() for t in words]
    badges = [
        {
            "BadgeId": f"B{n}",
            "SessionInfo": [
                {"SessionId": f"S{(n + k) % 15}", "Title": f"{topics[(n + k) % 15]} number {n + k}"}
                for k in range(1 + n % 3)
            ],
        }
        for n in range(12)
    ]
    (tmp_path / "badges.json").write_text(json.dumps(badges))
    read = [str(tmp_path / "badges.json"), "--text", "SessionInfo", "--group", "BadgeId"]
    for ending in ("json", "npy", "parquet"):
        out = tmp_path / f"v.{ending}"
        words = [*read, "--level", "row", "--id", "SessionId", "--encoder", "tfidf"]
        assert main(["embed", *words, "--out", str(out)]) == 0
        table = read_embeddings(out, average=False)
        sessions = [(b["BadgeId"], s["SessionId"]) for b in badges for s in b["SessionInfo"]]  # type: ignore[index]
        assert table.parts is not None
        assert list(zip(table.ids, table.parts, strict=True)) == sessions
        records = records_of(read_given(out)).records
        assert records.ids.tolist() == [badge["BadgeId"] for badge in badges]
        assert records.sizes.tolist() == [1 + n % 3 for n in range(12)]
        assert records.vectors is not None
        for at, badge in enumerate(records.ids):
            mean = table.vectors[table.ids == badge].mean(axis=0)
            want = mean / np.linalg.norm(mean)
            assert np.allclose(records.vectors.values[at], want, atol=1e-6)


def test_python_takes_arrays_mappings_and_files(tmp_path: Path) -> None:
    matrix, labels = points(90)
    frame = pd.DataFrame({"label": labels, "key": [f"k{n}" for n in range(90)]})
    frame.index = pd.Index(range(500, 590))
    by_array = coterie.train(frame, label="label", vectors=matrix)
    by_name = {f"k{n}": row for n, row in reversed(list(enumerate(matrix)))}
    by_mapping = coterie.train(frame, label="label", id="key", vectors=by_name)
    write_embeddings(tmp_path / "v.parquet", frame["key"], matrix.astype(np.float32))
    path = tmp_path / "v.parquet"
    with pytest.warns(CoterieWarning, match="width"):
        by_file = coterie.train(frame, label="label", id="key", vectors=path)
    new, truth = points(9, seed=3)
    answers = by_array.predict(vectors=new)  # type: ignore[call-arg]
    assert answers["label"].tolist() == truth
    assert answers["id"].tolist() == [str(n) for n in range(1, 10)]
    assert np.array_equal(
        answers[list(CLASSES)], by_mapping.predict(None, vectors=new)[list(CLASSES)]
    )
    assert by_file.predict(None, vectors=new)["label"].tolist() == truth
    bad = new.copy()
    bad[2, 3] = np.nan
    told = pd.DataFrame({"city": list("abcdefghi")}, index=list("rstuvwxyz"))
    answers = by_array.predict(told, vectors=bad)
    assert answers.index.tolist() == list("rstuvwxyz")
    assert answers["status"].tolist()[2] == "set aside"
    assert "NaN" in answers["reason"].tolist()[2]
    loaded = load(by_array.save(tmp_path / "model"))
    assert np.array_equal(loaded.predict(None, vectors=new)[list(CLASSES)],
                          by_array.predict(None, vectors=new)[list(CLASSES)])  # fmt: skip
    judged = coterie.evaluate(by_array, frame, vectors=matrix)
    assert judged.figures["accuracy"].iloc[0] > 0.9
    found = coterie.discover(None, vectors=matrix, groups=3)
    assert len(found) == 3
    assert found.assignments["id"].tolist()[:2] == ["1", "2"]
    assigned = coterie.assign(None, segments=found.save(tmp_path / "found").parent, vectors=new)
    assert len(assigned.assignments) == 9
    predictor = Predictor.open(tmp_path / "model")
    records = records_of(read_given({"a": new[0], "b": new[1]})).records
    assert predictor.know(records).made == 2
    changed = records_of(read_given({"a": new[0], "b": new[2]})).records
    assert (predictor.know(changed).made, predictor.know(changed).unchanged) == (1, 2)
    assert predictor.predict(changed).labels.tolist() == [truth[0], truth[2]]  # type: ignore[union-attr]


def test_context_columns_stand_beside_vectors(spoken: Path) -> None:
    matrix, labels = points(90)
    frame = pd.DataFrame({"label": labels, "plan": ["pro" if n % 3 else "free" for n in range(90)]})
    noise = matrix + 2 * np.random.default_rng(2).normal(size=matrix.shape)
    alone = coterie.train(frame, label="label", vectors=noise)
    beside = coterie.train(frame, label="label", context=["plan"], vectors=noise)
    assert beside.figures["accuracy"] > alone.figures["accuracy"] + 0.1
    answers = beside.predict(frame, vectors=noise)
    assert len(answers) == 90
    beside.save(spoken / "model")
    again = load(spoken / "model").predict(frame, vectors=noise)
    assert np.array_equal(again[list(CLASSES)], answers[list(CLASSES)])


def test_vectors_that_fit_nothing_are_one_sentence(tmp_path: Path) -> None:
    matrix, labels = points(30)
    frame = pd.DataFrame({"key": [f"k{n}" for n in range(30)], "label": labels})
    cases: list[tuple[Any, type[Exception], str]] = [
        (matrix[:4], InputError, "4 vectors for 30 rows"),
        (matrix[0], InputError, "rows, width"),
        ([["a", "b"]], InputError, "rows, width"),
        (3, InputError, "rows, width"),
        ({"x": matrix[0]}, NoRowsError, "--id"),
        ({f"k{n}": [np.nan] for n in range(30)}, NoRowsError, "NaN"),
        (tmp_path / "absent.json", InputError, "absent.json"),
    ]
    for vectors, kind, matters in cases:
        with pytest.raises(kind, match=matters):
            coterie.train(frame, label="label", id="key", vectors=vectors)
    with pytest.raises(OptionError, match="encoder"):
        coterie.train(frame, label="label", encoder="static", vectors=matrix)
    with pytest.raises(OptionError, match="FILE"):
        coterie.train(None, label="label", vectors=matrix)
    with pytest.raises(OptionError, match="'id'"):
        coterie.discover(None, id="key", vectors=matrix)
    with pytest.raises(OptionError, match="text"):
        coterie.discover(None, text="text", vectors=matrix)


def test_parts_of_a_record_that_cannot_be_used_are_told(tmp_path: Path) -> None:
    matrix, labels = points(30)
    frame = pd.DataFrame({"key": [f"k{n}" for n in range(30)], "label": labels})
    vectors: dict[str, Any] = {f"k{n}": [row, row] for n, row in enumerate(matrix)}
    vectors["k3"] = [matrix[3], np.full(DIM, np.inf)]
    with pytest.warns(CoterieWarning, match="infinity"):
        model = coterie.train(frame, label="label", id="key", vectors=vectors)
    assert model.rejects.empty
    assert model.reading is not None
    records = model.reading.records
    assert records.rows_in == 30 == int(records.sizes.sum()) + len(records.rejects)
    assert any("infinity" in note for note in records.notes)


def test_rows_in_are_records_and_rejects_for_rolled_up_rows() -> None:
    matrix, _ = points(12)
    frame = pd.DataFrame({"who": list("aabbccddeeff"), "label": list("xxyyxxyyxxyy")})
    matrix[2:4] = np.nan  # both of b
    matrix[4] = np.nan  # one of c
    with pytest.warns(CoterieWarning, match="NaN"):
        found = coterie.discover(frame, group="who", labels=["label"], vectors=matrix, groups=1)
    answers = found.assignments
    assert len(answers) == 12
    assert answers["status"].tolist()[2:4] == ["set aside"] * 2
    assert set(answers["status"][answers["id"] == "c"]) != {"set aside"}
    assert found.result.rejects["row"].tolist() == [3, 4]


CELLS = st.lists(
    st.sampled_from(["1", "2", "3", "4"]), min_size=1, max_size=8
)  # ids of rows, and of vectors
VECTORS = st.lists(
    st.tuples(
        st.sampled_from(["1", "2", "3", "4", "9", "BadgeId_1"]),
        st.sampled_from([(1.0, 2.0), (0.5, -1.0), (0.0, 0.0), (np.nan, 1.0), (1.0,), (np.inf, 2)]),
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=150, deadline=None)
@given(CELLS, VECTORS, st.booleans())
def test_every_row_has_its_vector_or_a_reason(
    ids: list[str], pairs: list[tuple[str, tuple[float, ...]]], rolled: bool
) -> None:
    frame = pd.DataFrame({"who": ids, "label": ["x"] * len(ids)})
    vectors: dict[str, Any] = {}
    for key, vector in pairs:
        vectors.setdefault(key, []).append(list(vector))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CoterieWarning)
        role = {"group": "who"} if rolled else {"id": "who"}
        before = read_records(frame, labels=["label"], **role)  # type: ignore[arg-type]
        try:
            found = read_given({key: _ragged(each) for key, each in vectors.items()})
            after = with_vectors(before, found)
        except (NoRowsError, InputError):
            return
    assert after.rows_in == before.rows_in == len(ids)
    assert after.vectors is not None
    assert len(after.vectors) == len(after)
    lengths = np.linalg.norm(after.vectors.values, axis=1)
    assert np.allclose(lengths, 1, atol=1e-2)
    assert (after.rejects["reason"].str.len() > 0).all()
    assert {*after.ids} | {*after.rejects["id"]} == {*ids}


def _ragged(rows: list[list[float]]) -> Any:
    """Give the vectors of one id as JSON has them: a list of lists, of any widths."""
    return rows[0] if len(rows) == 1 else rows


def test_another_width_is_refused() -> None:
    matrix, labels = points(30)
    model = coterie.train(pd.DataFrame({"label": labels}), label="label", vectors=matrix)
    with pytest.raises(EncoderMismatchError, match="width 5"):
        model.predict(None, vectors=matrix[:, :5])
