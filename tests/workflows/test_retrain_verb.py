"""``coterie retrain``: feedback into a new version that is compared before it is used."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import coterie
from coterie.cli import main
from coterie.errors import CoterieWarning, InputError, NoRowsError, OptionError
from coterie.metrics import compare_chosen_rows, compare_same_rows
from coterie.pages.retraining import retrain_page
from coterie.store import activate, list_versions, open_model
from coterie.verbs.model import Model

ABOUT = {
    "card": ("card", "lost", "stolen", "blocked", "pin", "chip"),
    "refund": ("refund", "money", "charged", "twice", "back", "fee"),
    "travel": ("flight", "hotel", "booking", "trip", "train", "seat"),
}
LATER = {"card": ("contactless", "tap"), "refund": ("chargeback", "dispute")}
OTHER = ("my", "please", "the", "was", "where", "is", "it", "now", "help", "today", "again", "why")


def messages(rows: int, seed: int, *, later: bool = False) -> pd.DataFrame:
    """Texts of three wants; later ones have words that earlier ones lack."""
    rng = np.random.default_rng(seed)
    names = list(ABOUT)
    wants = [names[row % 3] for row in range(rows)]
    texts = []
    for row, want in enumerate(wants):
        words = LATER.get(want, ABOUT[want]) if later and row % 2 else ABOUT[want]
        texts.append(
            " ".join(rng.permutation([*rng.choice(words, 2, False), *rng.choice(OTHER, 4)]))
        )
    frame = pd.DataFrame({"text": texts, "want": wants})
    frame.insert(0, "id", [f"s{seed}r{row}" for row in range(rows)])
    return frame.drop_duplicates("text").reset_index(drop=True)


TRAINING, FEEDBACK = messages(150, 0), messages(150, 1, later=True)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model directory, to copy."""
    model = coterie.train(
        TRAINING, text="text", id="id", label="want", encoder="tfidf", model="few-shot", folds=2
    )
    return model.save(tmp_path_factory.mktemp("trained") / "model")


@pytest.fixture
def home(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    TRAINING.to_csv("training.csv", index=False)
    FEEDBACK.to_csv("feedback.csv", index=False)
    shutil.copytree(trained, tmp_path / "model")
    return tmp_path


def active(home: str = "model") -> int:
    return next(each.version for each in list_versions(home) if each.active)


def test_feedback_makes_a_version_that_is_compared_and_not_used(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    typed = ["retrain", "model", "feedback.csv", "--with", "training.csv", "--out", "out"]
    assert main([*typed, "--collected", "all"]) == 0
    said = capsys.readouterr().out
    assert "coterie models activate model 2" in said
    assert active() == 1
    assert len(list_versions("model")) == 2
    figures = json.loads((home / "out" / "metrics.json").read_text(encoding="utf-8"))
    assert figures["form"] == 1
    assert figures["verdict"] == "better"
    assert figures["compared_with"] == 1
    assert figures["overall"]["low"] > 0
    assert figures["trained_on"] == len(TRAINING) + len(FEEDBACK) - figures["feedback"][
        "already_in_training"
    ]  # fmt: skip
    page = (home / "out" / "report.html").read_text(encoding="utf-8")
    assert "version 2 beside version 1" in page
    answers = pd.read_csv(home / "out" / "feedback.csv", keep_default_na=False)
    assert len(answers) == len(FEEDBACK)
    learnt = answers[answers["used"] == "learnt from"]
    assert (learnt["after"] == learnt["truth"]).mean() > (
        learnt["before"] == learnt["truth"]
    ).mean()
    classes = pd.read_csv(home / "out" / "classes.csv")
    assert set(classes["class"]) == set(ABOUT)
    assert main(["models", "activate", "model", "2"]) == 0
    assert active() == 2


def test_the_recipe_is_that_of_the_old_version(home: Path) -> None:
    found = coterie.retrain("model", FEEDBACK, note="after the spring")
    old, new = coterie.load("model", 1), coterie.load("model", found.version)
    assert type(new.estimator) is type(old.estimator)
    params = [each.estimator.get_params(deep=False) for each in (old, new)]
    for each in params:
        del each["cache"]
    assert params[0] == params[1]
    assert new.estimator.encoder_.fingerprint != old.estimator.encoder_.fingerprint  # fitted anew
    manifest = open_model(Path("model"), found.version).manifest
    assert manifest.note == "after the spring"
    assert manifest.metrics["retrained"]["compared_with"] == 1
    schema = [dict(each.schema) for each in (old, new)]
    assert schema[0] == schema[1]
    assert new.predict(FEEDBACK)["label"].notna().all()
    # rows that the model keeps do as well as the table
    beside = coterie.retrain("model", FEEDBACK, training=TRAINING).figures
    assert beside["overall"]["accuracy_b"] == pytest.approx(
        found.figures["overall"]["accuracy_b"], abs=0.03
    )


def test_only_a_better_version_is_activated(home: Path) -> None:
    worse = FEEDBACK.assign(want=np.roll(FEEDBACK["want"].to_numpy(), 1))
    typed = ["retrain", "model", "feedback.csv", "--collected", "all", "--activate-if-better"]
    assert main(typed) == 0
    assert active() == 2
    noise = worse.sample(20, random_state=0)
    spoilt = coterie.retrain("model", noise, activate_if_better=True)
    assert not spoilt.result.better
    assert not spoilt.active
    assert active() == 2


def test_nothing_is_activated_where_another_version_became_active(home: Path) -> None:
    found = coterie.retrain("model", FEEDBACK, collected="all")
    assert found.result.better
    coterie.retrain("model", FEEDBACK.head(60))
    activate("model", 3)
    with pytest.warns(CoterieWarning, match="became active"):
        assert not found.activate_if_better()
    assert active() == 3
    found.activate()
    assert found.active


def test_mistakes_alone_do_not_flatter_the_new_version(home: Path) -> None:
    said = coterie.load("model").predict(FEEDBACK)["label"].to_numpy()
    mistakes = FEEDBACK[said != FEEDBACK["want"]]
    assert len(mistakes) > 10
    found = coterie.retrain("model", mistakes, training=TRAINING)
    assert found.result.collected == "chosen"
    assert found.result.on_feedback.accuracy_a == 0
    assert found.result.overall.accuracy_a > 0.6
    assert abs(found.result.overall.difference) < 0.5 * found.result.on_feedback.difference
    assert "weighted" in " ".join(found.result.notes)
    asked = coterie.retrain("model", mistakes, training=TRAINING, collected="all")
    assert asked.result.overall == asked.result.on_feedback


def test_feedback_overrules_training_rows_and_contradictions_are_shown(home: Path) -> None:
    other = TRAINING.head(6).assign(want="travel")
    changed = int((TRAINING["want"].head(6) != "travel").sum())
    twice = FEEDBACK.head(2).assign(want="card", id=["x1", "x2"])
    twice = pd.concat([twice, twice.assign(want="refund", id=["y1", "y2"])])
    blank = FEEDBACK.tail(3).assign(want=None, id=["b1", "b2", "b3"])
    rows = pd.concat([other, twice, FEEDBACK.iloc[2:100], blank])
    found = coterie.retrain("model", rows, training=TRAINING)
    counts = found.result.feedback.counts
    assert found.result.feedback.overruled == changed
    assert counts["overrules training rows"] == changed
    assert counts["already in training"] == 6 - changed
    assert counts["contradicts other feedback"] == 4
    assert counts["no label"] == 3
    assert sum(counts.values()) == len(rows)
    assert not found.result.answers.set_index("id").loc[["x1", "y1"], "after"].any()


def test_the_youngest_of_contradicting_feedback_counts(home: Path) -> None:
    one = FEEDBACK.head(40).assign(when="2026-01-01")
    late = one.head(1).assign(id="late", want="travel", when="2026-02-01")
    found = coterie.retrain("model", pd.concat([one, late]), time="when")
    assert found.result.feedback.counts["contradicts other feedback"] == 0
    texts, labels = found.result.feedback.new.texts, found.result.feedback.new.labels["want"]
    assert set(labels[texts == one["text"].iloc[0]]) == {"travel"}


def test_a_new_class_is_learnt_and_named(home: Path) -> None:
    rng = np.random.default_rng(5)
    cake = [" ".join(rng.permutation(["cake", "oven", *rng.choice(OTHER, 4)])) for _ in range(30)]
    new = pd.DataFrame({"id": [f"c{row}" for row in range(30)], "text": cake, "want": "baking"})
    found = coterie.retrain("model", new.drop_duplicates("text"))
    assert found.result.feedback.new_classes == ["baking"]
    assert "baking" in coterie.load("model", found.version).estimator.classes_


def test_rows_of_label_are_read_back(home: Path) -> None:
    chosen = coterie.to_label("model", FEEDBACK[["id", "text"]], n=40)
    chosen.save("to-label.csv")
    table = pd.read_csv("to-label.csv", keep_default_na=False)
    truth = FEEDBACK.set_index("id")["want"]
    table["label"] = [truth[name] if at % 4 else "" for at, name in enumerate(table["id"])]
    table.to_csv("filled.csv", index=False)
    FEEDBACK.tail(30).to_csv("more.csv", index=False)
    assert main(["retrain", "model", "filled.csv", "more.csv", "--json"]) == 0
    found = coterie.retrain("model", ["filled.csv", "more.csv"], training="training.csv")
    counts = found.result.feedback.counts
    assert counts["no label"] == 10
    assert counts["learnt from"] + counts["already in training"] == 60
    assert found.result.feedback.given.texts[0] == table["text"][0]


def test_customers_are_not_divided_and_count_once(home: Path) -> None:
    rows = FEEDBACK.assign(customer=[f"k{row % 12}" for row in range(len(FEEDBACK))])
    found = coterie.retrain("model", rows, by="customer")
    assert found.result.on_feedback.customers == 12
    assert coterie.retrain("model", FEEDBACK).result.on_feedback.customers > 100


def test_what_cannot_be_retrained_is_said(home: Path) -> None:
    with pytest.raises(InputError, match="--with"):
        coterie.retrain("model", FEEDBACK, training=messages(200, 9))
    with pytest.raises(NoRowsError, match="nothing new"):
        coterie.retrain("model", TRAINING)
    with pytest.raises(NoRowsError, match="label"):
        coterie.retrain("model", FEEDBACK.assign(want=None))
    with pytest.warns(CoterieWarning, match="of the rows"):
        coterie.retrain("model", FEEDBACK, training=TRAINING.head(120))
    rows = TRAINING.assign(plan=np.resize(["gold", "basic"], len(TRAINING)))
    coterie.train(
        rows, text="text", label="want", context="plan", encoder="tfidf", model="few-shot", folds=2
    ).save("columns")
    with pytest.raises(OptionError, match="--with"):
        coterie.retrain("columns", FEEDBACK.assign(plan="gold"))
    found = coterie.retrain("columns", FEEDBACK.assign(plan="gold"), training=rows)
    assert found.result.on_original is not None
    with pytest.raises(OptionError, match="not saved"):
        coterie.retrain(Model(None, {}, {}), rows)


@pytest.mark.parametrize("kind", ["linear", "voting"])
def test_other_models_are_retrained_by_their_recipe(home: Path, kind: str) -> None:
    options = {"text": "text", "label": "want", "encoder": "tfidf", "model": kind, "folds": 2}
    coterie.train(TRAINING.head(60), **options).save("other")
    found = coterie.retrain("other", FEEDBACK.head(40))
    assert found.result.trained.trained_on >= 90
    assert coterie.load("other", found.version).estimator.kind == kind


def test_personal_data_is_masked_on_the_page(home: Path) -> None:
    rows = FEEDBACK.assign(text=FEEDBACK["text"] + " ann.lee@example.org")
    found = coterie.retrain("model", rows)
    page = retrain_page(found.result, model="model", version=2, active=False)
    assert "ann.lee@example.org" not in page.render()
    assert page.to_dict()["sections"][0]["title"] == "In short"
    assert found.verdict in repr(found)
    assert "version 1" in found._repr_html_().lower()


def test_weights_undo_the_choice_of_rows() -> None:
    rng = np.random.default_rng(0)
    hard = rng.random(60_000)
    a, b = hard < 0.8, (hard + 0.1 * rng.random(60_000)) < 0.87
    every = compare_same_rows(a, b, looks="once")
    chosen = np.flatnonzero(~a | (rng.random(60_000) < 0.05))  # mistakes, and a few others
    naive = compare_same_rows(a[chosen], b[chosen], looks="once")
    assert naive.difference > every.difference + 0.05
    mended = compare_chosen_rows(a[chosen], b[chosen], 800, 1000, looks="once")
    assert mended.low < every.difference < mended.high
    assert mended.difference == pytest.approx(every.difference, abs=0.02)
    assert mended.accuracy_a == 0.8
    only = compare_chosen_rows(a[~a], b[~a], 800, 1000, looks="once")
    assert only.verdict == "not enough rows"  # what is lost cannot be known
    few = compare_chosen_rows(a[chosen[:30]], b[chosen[:30]], 800, 1000, looks="once")
    assert few.high - few.low > mended.high - mended.low
