"""A client book into outcomes: what is learnt, what it is judged by, what the page says."""

import json

import numpy as np
import pandas as pd
import pytest

from coterie.classifiers import EnsembleClassifier, EnsembleRegressor
from coterie.classifiers.trees.importance import concept_effects, shuffled_importances
from coterie.classifiers.trees.learner import Learner
from coterie.cli import main
from coterie.errors import InputError
from coterie.options import OutcomesSettings
from coterie.records import CONCEPTS, Records
from coterie.synthetic import generate
from coterie.verbs.scores import read_scores
from coterie.workflows.dataset import Dataset
from coterie.workflows.outcomes.feature_table import compare_features, feature_steps
from coterie.workflows.outcomes.outcomes import run_outcomes

SETTINGS = """
[embed]
encoder = "static"
[outcomes]
preset = "balanced"
learners = ["lightgbm", "random-forest"]
draws = 1
"""


@pytest.fixture(autouse=True)
def few_trees(monkeypatch):
    monkeypatch.setattr(Learner, "trees", 25)


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    home = tmp_path_factory.mktemp("book")
    generate("clients", home, rows=240, seed=3)
    return home


def run(book, out, tmp_path, settings=SETTINGS):
    path = tmp_path / "own.toml"
    path.write_text(settings, encoding="utf-8")
    words = ("run", "clients", "--data", book, "--settings", path, "--out", out)
    return main([str(word) for word in words])


@pytest.mark.weights
def test_a_book_becomes_outcomes_with_one_command(book, tmp_path, capsys):
    out = tmp_path / "out"
    assert run(book, out, tmp_path) == 0, capsys.readouterr().err
    metrics = json.loads((out / "outcomes/metrics.json").read_text(encoding="utf-8"))
    assert set(metrics) == {"form", "purchased", "churned", "lifetime_value", "left_out"}
    about = json.loads((book / "about.json").read_text(encoding="utf-8"))
    for label in ("purchased", "churned"):
        found = metrics[label]
        assert found["rows_learnt_from"] + found["rows_judged_on"] == 240
        assert 40 <= found["rows_judged_on"] <= 56
        assert found["judged"]["rows"] == found["rows_judged_on"]
        assert found["ceiling"] == pytest.approx(about["ceilings"][label])
        assert (out / "outcomes" / label / "report.html").is_file()
        assert {"accuracy", "auc", "chosen"} <= set(found["tried"][0])
    worth = metrics["lifetime_value"]
    assert {"r2", "mae", "rank"} <= set(worth["judged"])
    assert worth["judged"]["rank"] > 0.2
    own = out / "outcomes/lifetime_value"
    said = json.loads((own / "metrics.json").read_text(encoding="utf-8"))
    assert said["models"][0]["mae"] == pytest.approx(worth["judged"]["mae"])
    assert said["ceiling"]["r2"] == about["ceilings"]["lifetime_value"]["r2"]
    assert "upper limit" in (own / "report.html").read_text(encoding="utf-8")
    for label, kind in (("purchased", "heat_map"), ("lifetime_value", "scatter")):
        kept = json.dumps(read_scores(out / "models" / label, 1))  # which the studio shows
        assert f'"kind": "{kind}"' in kept
    features = pd.read_csv(out / "outcomes/features.csv")
    own = features[features["outcome"] == "purchased"]
    steps = ["one-hot", "plus tfidf", "plus embeddings", "plus pairs", "plus statistics"]
    assert own["features"].tolist()[:5] == steps
    assert own["features"].iloc[5].startswith("ensemble (")
    assert own["columns"].is_monotonic_increasing
    assert (own["accuracy_sd"] > 0).all()
    said = pd.read_csv(out / "outcomes/predictions.csv", dtype=str)
    assert len(said) == 240
    model, again = out / "models/purchased", tmp_path / "again.csv"
    given = [book / "labels.csv", "--concepts", book / "note_concepts.csv", "--out", again]
    assert main(["predict", str(model), *map(str, given)]) == 0, capsys.readouterr().err
    assert pd.read_csv(again, dtype=str)["label"].tolist() == said["purchased"].tolist()
    assert set(said["purchased"]) == {"0", "1"}
    counts = said["purchased used"].value_counts()
    assert counts["training"] == metrics["purchased"]["rows_learnt_from"]
    page = (out / "outcomes/report.html").read_text(encoding="utf-8")
    for told in ("upper limit", "± ", "lightgbm", "lifetime_value/report.html"):
        assert told in page
    assert str(out / "outcomes" / "report.html") in capsys.readouterr().out


@pytest.mark.weights
def test_a_book_of_ones_own_has_no_ceiling_and_a_bad_outcome_is_left_out(book, tmp_path, capsys):
    own = tmp_path / "own"
    own.mkdir()
    labels = pd.read_csv(book / "labels.csv").rename(columns={"purchased": "renewed"})
    labels["always"] = "yes"
    labels.to_csv(own / "members.csv", index=False)
    notes = pd.read_csv(book / "note_concepts.csv")
    strangers = notes.head(3).assign(client_id="nobody")
    pd.concat([notes, strangers]).to_csv(own / "note_concepts.csv", index=False)
    settings = SETTINGS.replace("draws = 1", "draws = 1\ncompare = false")
    settings = '[data]\nlabels = ["renewed", "always"]\n' + settings
    out = tmp_path / "out"
    assert run(own, out, tmp_path, settings) == 0
    told = capsys.readouterr()
    assert "nobody" in told.err
    metrics = json.loads((out / "outcomes/metrics.json").read_text(encoding="utf-8"))
    assert metrics["renewed"]["ceiling"] == {}
    assert "features" not in metrics["renewed"]
    assert "always" in metrics["left_out"]
    assert "always" in (out / "outcomes/report.html").read_text(encoding="utf-8")
    assert not (out / "outcomes/features.csv").exists()


def test_a_constant_outcome_is_no_reason_to_fail_where_features_are_compared(tmp_path):
    frame, _ = made_up(40, 0)
    numbers = np.arange(1, 41)
    records = Records(
        numbers.astype(str).astype(object),
        np.full(40, "", dtype=object),
        np.ones_like(numbers),
        numbers,
        labels={"always": np.full(40, "yes", dtype=object)},
        context=frame[["concepts"]].set_axis([CONCEPTS], axis=1),
    )
    dataset = Dataset(records, context=(CONCEPTS,))
    with pytest.raises(InputError):
        run_outcomes(dataset, OutcomesSettings(kinds=("one-hot",)), tmp_path)


def made_up(rows, seed):
    """Clients of whom 'buys' tells much, 'noise' nothing, and a column a little."""
    rng = np.random.default_rng(seed)
    target = rng.integers(0, 2, rows)
    concepts = []
    for code in target:
        own = [f"noise {rng.integers(6)}"]
        if rng.random() < (0.8 if code else 0.2):
            own.append("Buys")
        concepts.append(tuple(own))
    frame = pd.DataFrame(
        {
            "concepts": concepts,
            "size": rng.normal(target * 0.8, 1.0),
            "other": rng.normal(size=rows),
        }
    )
    return frame, target


def test_what_tells_falls_most_when_it_is_shuffled_or_left_out():
    frame, target = made_up(500, 0)
    model = EnsembleClassifier(
        ("lightgbm",), kinds=("one-hot",), concepts="concepts", context=("size", "other"), draws=1
    ).fit(frame, target)
    fresh, truth = made_up(500, 1)
    table = shuffled_importances(model, fresh, truth).set_index("group")
    assert table["fall"].idxmax() == "one-hot"
    assert table.loc["one-hot", "fall"] > table.loc["size", "fall"] > 0.01
    assert abs(table.loc["other", "fall"]) < 0.03
    assert table.loc["one-hot", "features"] == 7
    effects = concept_effects(model, fresh).set_index("concept")
    assert effects.index[0] == "Buys"
    assert effects.loc["Buys", "effect"] > 0.2
    assert effects.loc["Buys", "rows"] == sum("Buys" in each for each in fresh["concepts"])
    assert effects.drop(index="Buys")["effect"].abs().max() < 0.1


def test_effects_on_a_number_are_in_its_unit(monkeypatch):
    monkeypatch.setattr(Learner, "trees", 200)
    frame, target = made_up(400, 0)
    numbers = 100.0 * np.array(["Buys" in each for each in frame["concepts"]]) + target
    model = EnsembleRegressor(("lightgbm",), kinds=("one-hot",), concepts="concepts", draws=1).fit(
        frame, numbers
    )
    effects = concept_effects(model, frame).set_index("concept")
    assert effects.loc["Buys", "effect"] == pytest.approx(100, rel=0.15)
    assert shuffled_importances(model, frame, numbers)["fall"].iloc[0] > 0.5


def test_without_concepts_there_is_no_effect_of_any():
    frame, target = made_up(80, 0)
    model = EnsembleClassifier(("lightgbm",), context=("size",), draws=1).fit(frame, target)
    assert concept_effects(model, frame).empty


def test_sets_of_features_grow_by_one_kind():
    assert feature_steps(("pairs", "one-hot")) == [
        ("one-hot", ("one-hot",)),
        ("plus pairs", ("one-hot", "pairs")),
    ]
    frame, target = made_up(300, 0)
    table = compare_features(
        frame, target, np.array(["a", "b"]), concepts="concepts", kinds=("one-hot", "statistics")
    ).table
    assert table["features"].tolist() == ["one-hot", "plus statistics"]
    assert table["columns"].tolist() == [7, 10]
    assert table["accuracy"].iloc[0] > 0.7
    shuffled = np.random.default_rng(0).permutation(target)
    chance = compare_features(
        frame, shuffled, np.array(["a", "b"]), concepts="concepts", kinds=("one-hot",)
    ).table
    assert abs(chance["auc"].iloc[0] - 0.5) < 0.1
