"""``coterie evaluate``: saved models side by side, in one page, one JSON and tables."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk

from coterie.classifiers import LinearClassifier, load_classifier
from coterie.cli import main
from coterie.errors import InputError, OptionError
from coterie.metrics import wilson_interval
from coterie.pages.evaluation import page_of_evaluation
from coterie.records import read_records
from coterie.synthetic import generate_support
from coterie.verbs.evaluation import FILES as WRITES
from coterie.verbs.saving import save_result
from coterie.workflows.evaluation.classes import ClassEvaluation
from coterie.workflows.evaluation.evaluate import evaluate_models
from coterie.workflows.evaluation.figures import Ceiling, ClassFigures
from coterie.workflows.evaluation.measurements import evaluate_classifier, learn_again
from coterie.workflows.evaluation.models import EvaluatedClassifier
from coterie.workflows.evaluation.words import beside_ceiling

from .conftest import Coterie

HOSTILE = "<script>document.title='run'</script> cancel </script> my order"


def support(rows: int, seed: int) -> pd.DataFrame:
    frame = generate_support(rows, seed=seed)[["id", "text", "category", "intent"]]
    return frame.assign(urgent=np.where(frame["category"] == "orders", "yes", "no"))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Models trained as a user trains them, and labelled rows that they have not seen."""
    folder = tmp_path_factory.mktemp("evaluate")
    rows = support(360, 0)
    rows.to_csv(folder / "train.csv", index=False)
    rows[rows["category"] != "payment"].to_csv(folder / "lacking.csv", index=False)
    fresh = support(220, 1)
    fresh.loc[0, "text"] = HOSTILE
    fresh.loc[1, "category"] = None
    fresh.loc[2, "text"] = " "
    fresh.to_csv(folder / "fresh.csv", index=False)
    wanted: dict[str, tuple[str, ...]] = {
        "linear": ("train", "category", "--model", "linear"),
        "few-shot": ("train", "category", "--model", "few-shot"),
        "lacking": ("lacking", "category", "--model", "linear"),
        "cascade": (
            *("train", "category", "--model", "cascade"),
            *("--member", "few-shot", "--member", "linear"),
        ),
        "urgent": ("train", "urgent", "--model", "linear"),
        "urgent-quick": ("train", "urgent", "--model", "few-shot"),
    }
    for name, (table, label, *words) in wanted.items():
        given = ("--text", "text", "--id", "id", "--label", label, "--encoder", "tfidf")
        path, out = str(folder / f"{table}.csv"), str(folder / name)
        assert main(["train", path, *given, *words, "--out", out]) == 0
    return folder


@pytest.fixture(scope="module")
def judged(home: Path) -> tuple[Path, dict[str, Any]]:
    """The figures of four models on rows of eleven categories, and their folder."""
    out = home / "report"
    models = [str(home / name) for name in ("linear", "few-shot", "lacking", "cascade")]
    words = ["--out", str(out), "--learning", "--title", "Who wins <b>"]
    assert main(["evaluate", *models, str(home / "fresh.csv"), *words]) == 0
    return out, json.loads((out / "metrics.json").read_text(encoding="utf-8"))


def model_of(metrics: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in metrics["models"] if each["model"] == name)
    return found


def test_figures_are_those_of_scikit_learn_on_the_rows_written(
    judged: tuple[Path, dict[str, Any]],
) -> None:
    out, metrics = judged
    rows = pd.read_csv(out / "predictions.csv", dtype=str)
    truth = rows["truth"]
    assert len(rows) == metrics["rows"] == 218
    for model in metrics["models"]:
        name = model["model"]
        said = rows[f"{name} label"]
        assert ((said == truth) == (rows[f"{name} correct"] == "True")).all()
        assert model["accuracy"] == pytest.approx(sk.accuracy_score(truth, said), abs=1e-6)
        f1 = sk.f1_score(truth, said, average="macro", zero_division=0)
        assert model["macro_f1"] == pytest.approx(f1, abs=1e-6)
        low, high = wilson_interval(int((said == truth).sum()), len(rows))
        assert model["accuracy_low"] == pytest.approx(low, abs=1e-6)
        assert model["accuracy_high"] == pytest.approx(high, abs=1e-6)
        taken = rows[f"{name} status"] == "assigned"
        assert model["assigned"] == pytest.approx(taken.mean(), abs=1e-6)
        found = model["confusion"]
        counts = pd.crosstab(truth, said).reindex(
            index=found["truth"], columns=found["predicted"], fill_value=0
        )
        assert counts.to_numpy().tolist() == found["counts"]
        recall = {row["class"]: row["recall"] for row in model["per_class"]}
        for label in set(truth):
            own = truth == label
            assert recall[label] == pytest.approx((said[own] == label).mean(), abs=1e-6)


def test_rows_left_out_are_counted_and_kept(judged: tuple[Path, dict[str, Any]]) -> None:
    out, metrics = judged
    assert (metrics["unlabelled"], metrics["set_aside"]) == (1, 1)
    assert len(pd.read_csv(out / "quarantine.csv")) == 1
    tables = {"predictions.csv", "mistakes.csv", "models.csv", "classes.csv", "confusion.csv"}
    names = {"report.html", "metrics.json", "quarantine.csv", *tables}
    assert {path.name for path in out.iterdir() if not path.name.startswith(".")} == names


def test_summaries_are_tables_for_a_spreadsheet(judged: tuple[Path, dict[str, Any]]) -> None:
    out, metrics = judged
    models = pd.read_csv(out / "models.csv").set_index("model")
    classes, counts = pd.read_csv(out / "classes.csv"), pd.read_csv(out / "confusion.csv")
    for model in metrics["models"]:
        own = counts[counts["model"] == model["model"]].set_index("truth").drop(columns="model")
        assert own.to_numpy().sum() == metrics["rows"]
        right = sum(own.loc[name, name] for name in own.index if name in own)
        assert right / metrics["rows"] == pytest.approx(model["accuracy"], abs=1e-6)
        assert models.loc[model["model"], "accuracy"] == model["accuracy"]
        table = classes[classes["model"] == model["model"]].set_index("class")
        for row in model["per_class"]:
            assert table.loc[row["class"], "recall"] == pytest.approx(row["recall"], abs=1e-6)


def test_mistakes_are_the_wrong_rows_the_surest_first(
    judged: tuple[Path, dict[str, Any]],
) -> None:
    out, metrics = judged
    rows, wrong = pd.read_csv(out / "predictions.csv"), pd.read_csv(out / "mistakes.csv")
    for model in metrics["models"]:
        name = model["model"]
        own = wrong[wrong["model"] == name]
        assert set(own["id"]) == set(rows.loc[~rows[f"{name} correct"], "id"])
        assert own["confidence"].is_monotonic_decreasing
        assert not (own["truth"] == own["predicted"]).any()
    shared = wrong.groupby("id")["model"].nunique()
    assert (wrong.set_index("id")["models_wrong"] == shared.reindex(wrong["id"]).to_numpy()).all()


def test_a_label_that_a_model_does_not_know_is_wrong_and_said(
    judged: tuple[Path, dict[str, Any]],
) -> None:
    out, metrics = judged
    rows = pd.read_csv(out / "predictions.csv")
    lacking = model_of(metrics, "lacking")
    assert lacking["unseen_labels"] == ["payment"]
    assert lacking["unknown_label_rows"] == (rows["truth"] == "payment").sum() > 0
    assert not rows.loc[rows["truth"] == "payment", "lacking correct"].any()
    assert lacking["classes"] == model_of(metrics, "linear")["classes"] - 1
    html = (out / "report.html").read_text(encoding="utf-8")
    assert "Labels that a model does not know" in html
    assert model_of(metrics, "linear")["unknown_label_rows"] == 0


def test_the_stages_of_a_cascade_add_up(judged: tuple[Path, dict[str, Any]]) -> None:
    _, metrics = judged
    cascade = model_of(metrics, "cascade")
    first, last = cascade["about"]["stages"]
    assert first["model"].startswith("few-shot")
    assert first["share"] + last["share"] == pytest.approx(1, abs=1e-5)
    both = sum(stage["share"] * (stage["accuracy"] or 0) for stage in (first, last))
    assert both == pytest.approx(cascade["accuracy"], abs=1e-5)
    assert last["accuracy_alone"] == model_of(metrics, "linear")["accuracy"]
    assert min(first["processor_ms"], last["processor_ms"]) > 0


def test_costs_follow_from_time_and_price(home: Path, coterie: Coterie) -> None:
    out = home / "priced"
    done = coterie(
        *("evaluate", home / "linear", home / "fresh.csv"),
        *("--price", 3.6, "--out", out, "--json"),
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["report"] == str(out / "report.html")
    (model,) = said["models"]
    spent = model["processor_ms"]  # at 3.6 dollars an hour a second costs a tenth of a cent
    assert model["cost_per_1000"] == pytest.approx(spent / 1000, rel=1e-3)
    assert model["accuracy_per_ms"] == pytest.approx(model["accuracy"] / spent, rel=1e-3)
    assert model["size_mib"] > 0
    assert model["milliseconds_p99"] >= model["milliseconds_p50"] > 0
    assert "US$ 3.6" in (out / "report.html").read_text(encoding="utf-8")


def test_the_page_has_every_section_and_no_text_is_markup(
    judged: tuple[Path, dict[str, Any]],
) -> None:
    out, metrics = judged
    html = (out / "report.html").read_text(encoding="utf-8")
    headings = re.findall(r"<h2[^>]*>(.*?)</h2>", html)
    assert headings == [
        "Summary", "Side by side", "Accuracy and confidence", "Ranking", "Confusion matrix",
        "Class by class", "Mistakes", "Learning curve", "Cascade", "Embedding",
        "How this was made",
    ]  # fmt: skip
    assert html.count("Content-Security-Policy") == 1
    assert "<script>document" not in html
    assert "Who wins &lt;b&gt;" in html
    assert "http:" not in html.replace("http://www.w3.org", "")
    assert "https:" not in html
    for name in ("linear", "few-shot", "lacking", "cascade"):
        assert html.count(f">{name}<") >= 3
    assert metrics["verdict"].split(":")[0] in html


def test_more_rows_are_learnt_from_again(judged: tuple[Path, dict[str, Any]]) -> None:
    _, metrics = judged
    assert set(metrics["learning"]) == {"linear", "few-shot", "lacking"}
    for name, points in metrics["learning"].items():
        sizes = [point["size"] for point in points]
        assert sizes == sorted(sizes)
        assert len(sizes) >= 3
        assert points[-1]["accuracy"] > points[0]["accuracy"]
        # with all its rows again, it is about the model that was judged
        whole = model_of(metrics, name)["accuracy"]
        assert points[-1]["accuracy"] == pytest.approx(whole, abs=0.05)


def test_two_classes_have_a_positive_one(home: Path, coterie: Coterie) -> None:
    out = home / "two"
    models = (home / "urgent", home / "urgent-quick")
    done = coterie("evaluate", *models, home / "fresh.csv", "--out", out)
    assert done.returncode == 0, done.stderr
    metrics = json.loads((out / "metrics.json").read_text(encoding="utf-8"))
    rows = pd.read_csv(out / "predictions.csv")
    assert metrics["positive"] == "yes"
    for model in metrics["models"]:
        said, truth = rows[f"{model['model']} label"] == "yes", rows["truth"] == "yes"
        sure = rows[f"{model['model']} confidence"]
        share = sure.where(said, 1 - sure)
        assert model["precision"] == pytest.approx(sk.precision_score(truth, said), abs=1e-6)
        assert model["recall"] == pytest.approx(sk.recall_score(truth, said), abs=1e-6)
        assert model["f1"] == pytest.approx(sk.f1_score(truth, said), abs=1e-6)
        assert model["auc"] == pytest.approx(sk.roc_auc_score(truth, share), abs=1e-4)
        average = sk.average_precision_score(truth, share)
        assert model["average_precision"] == pytest.approx(average, abs=1e-3)
    html = (out / "report.html").read_text(encoding="utf-8")
    assert "AUC of “yes”" in html

    other = coterie("evaluate", *models, home / "fresh.csv", "--positive", "no", "--out", out)
    assert other.returncode == 0, other.stderr
    turned = json.loads((out / "metrics.json").read_text(encoding="utf-8"))
    assert turned["positive"] == "no"
    for one, two in zip(metrics["models"], turned["models"], strict=True):
        assert one["auc"] == pytest.approx(two["auc"], abs=1e-6)
        assert one["recall"] != two["recall"]


def test_mixed_models_and_a_positive_class_of_many(home: Path, coterie: Coterie) -> None:
    out = home / "mixed"
    done = coterie(
        *("evaluate", home / "lacking", home / "linear", home / "fresh.csv"),
        *("--positive", "payment", "--out", out),
    )
    assert done.returncode == 0, done.stderr
    metrics = json.loads((out / "metrics.json").read_text(encoding="utf-8"))
    assert model_of(metrics, "lacking")["auc"] is None
    assert model_of(metrics, "lacking")["recall"] == 0
    assert model_of(metrics, "linear")["auc"] > 0.8


def test_models_of_one_name_are_told_apart(home: Path, coterie: Coterie) -> None:
    again = home / "again" / "linear"
    given = ("--text", "text", "--id", "id", "--label", "category", "--encoder", "tfidf")
    for _ in range(2):
        assert coterie("train", home / "train.csv", *given, "--out", again).returncode == 0
    first = again / "versions" / "0001"
    out = home / "named"
    for models, names in (
        ((again, first), ["linear v2", "linear v1"]),
        ((home / "linear", first), [f"{home.name}/linear", "again/linear"]),
    ):
        done = coterie("evaluate", *models, home / "fresh.csv", "--out", out)
        assert done.returncode == 0, done.stderr
        metrics = json.loads((out / "metrics.json").read_text(encoding="utf-8"))
        assert [model["model"] for model in metrics["models"]] == names
    assert [m["about"]["version"] for m in metrics["models"]] == [1, 1]


def test_rows_that_were_learnt_from_are_pointed_out(home: Path, coterie: Coterie) -> None:
    out = home / "seen"
    done = coterie("evaluate", home / "linear", home / "train.csv", "--out", out)
    assert done.returncode == 0, done.stderr
    metrics = json.loads((out / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["models"][0]["about"]["seen"] == metrics["rows"]
    assert "Rows from the training" in (out / "report.html").read_text(encoding="utf-8")
    assert "was trained on" in done.stdout.replace("\n", " ")
    done = coterie("evaluate", home / "linear", home / "fresh.csv", "--out", home / "unseen")
    assert "was trained on" not in done.stdout.replace("\n", " ")


def test_what_cannot_be_evaluated_is_a_sentence(
    home: Path, coterie: Coterie, tmp_path: Path
) -> None:
    fresh, model, out = home / "fresh.csv", home / "linear", ("--out", tmp_path / "out")
    nothing = tmp_path / "nothing.csv"
    pd.read_csv(fresh).assign(category=None).to_csv(nothing, index=False)
    strange = ("--label", "category", "--positive", "paiment")
    for words, said in (
        ((fresh,), "FILE"),
        ((model, nothing), "'category'"),
        ((model, fresh, *strange), "'payment'"),
        ((model, fresh, "--label", "intent", "--label", "category"), "--label"),
        ((model, fresh, "--price", 0), "price"),
        ((home / "absent", fresh), "absent"),
    ):
        done = coterie("evaluate", *words, *out)
        assert done.returncode == 2, done.stderr
        assert said in done.stderr
    assert not (tmp_path / "out").exists()


def test_texts_made_otherwise_than_in_training_are_pointed_out(
    home: Path, coterie: Coterie, tmp_path: Path
) -> None:
    frame = pd.read_csv(home / "train.csv").rename(columns={"text": "body"})
    frame.to_csv(tmp_path / "train.csv", index=False)
    pd.read_csv(home / "fresh.csv").assign(body="pay").to_csv(tmp_path / "f.csv", index=False)
    given = ("--text", "body", "--label", "category", "--encoder", "tfidf", "--out", tmp_path / "m")
    assert coterie("train", tmp_path / "train.csv", *given).returncode == 0
    models = (home / "linear", tmp_path / "m")
    done = coterie("evaluate", *models, tmp_path / "f.csv", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert "m was trained with --text body" in done.stderr
    assert "linear was trained" not in done.stderr


def test_labels_that_no_model_knows_are_no_crash(home: Path, coterie: Coterie) -> None:
    out = home / "strange"
    frame = pd.read_csv(home / "fresh.csv").assign(category="never heard of")
    frame.to_csv(home / "strange.csv", index=False)
    done = coterie(
        "evaluate", home / "linear", home / "few-shot", home / "strange.csv", "--out", out
    )
    assert done.returncode == 0, done.stderr
    metrics = json.loads((out / "metrics.json").read_text(encoding="utf-8"))
    for model in metrics["models"]:
        assert (model["accuracy"], model["auc"]) == (0, None)
        assert model["unknown_label_rows"] == metrics["rows"]
    assert f"{metrics['rows']:,} rows" in done.stdout


def test_context_columns_are_read_and_what_lacks_them_is_judged(
    home: Path, coterie: Coterie, tmp_path: Path
) -> None:
    given = ("--text", "text", "--id", "id", "--label", "category", "--encoder", "tfidf")
    model = tmp_path / "context"
    trained = coterie("train", home / "train.csv", *given, "--context", "intent", "--out", model)
    assert trained.returncode == 0, trained.stderr
    done = coterie("evaluate", model, home / "linear", home / "fresh.csv", "--learning", "--json",
                   "--out", tmp_path / "out")  # fmt: skip
    assert done.returncode == 0, done.stderr
    metrics = json.loads(done.stdout)
    assert model_of(metrics, "context")["accuracy"] > model_of(metrics, "linear")["accuracy"]
    assert set(metrics["learning"]) == {"linear"}


def test_saved_models_are_judged_from_python_as_from_the_command_line(
    home: Path, judged: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    records = read_records(home / "fresh.csv", text="text", id="id", labels=["category"])
    ceiling = Ceiling(0.97, 0.99, "Three labels in a hundred are mistaken.")
    result = evaluate_models([home / "linear", home / "cascade"], records, ceiling=ceiling)
    for model in result.figures:
        assert isinstance(model, ClassFigures)
        there = model_of(judged[1], model.model)
        for name in ("accuracy", "macro_f1", "auc", "ece", "log_loss", "assigned"):
            assert getattr(model, name) == there[name]
    assert result.to_dict()["ceiling"] == {"accuracy": 0.97, "auc": 0.99, "why": ceiling.why}
    assert {"predictions.csv", "mistakes.csv", "confusion.csv"} < set(result.tables)
    assert result.rejects["reason"].tolist() == records.rejects["reason"].tolist()
    report = save_result(result, page_of_evaluation(result), tmp_path / "out", WRITES)
    html = report.read_text(encoding="utf-8")
    assert "upper limit" in html
    assert ceiling.why in html
    assert "97.0%" in result.verdict


def made_up(name: str, right: int, rows: int = 200) -> EvaluatedClassifier:
    """Answers of which the first so many are right."""
    from coterie.classifiers.predictions import predictions_of

    truth = np.array(["a", "b"] * (rows // 2), dtype=object)
    classes = np.array(["a", "b"], dtype=object)
    codes = (truth == "b").astype(int)
    codes[right:] = 1 - codes[right:]
    shares = np.full((rows, 2), 0.2)
    shares[np.arange(rows), codes] = 0.8
    said = predictions_of(shares, classes, 0.0, np.zeros(rows, dtype=np.bool_))
    ids = np.array([f"r{row}" for row in range(rows)], dtype=object)
    return EvaluatedClassifier(name, "linear", ids, ids, truth, said)


def test_models_judged_elsewhere_need_no_speed_or_picture(tmp_path: Path) -> None:
    result = ClassEvaluation(models=[made_up("one", 150), made_up("two", 140)])
    assert result.figures[0].accuracy == 0.75
    assert result.figures[0].speed is result.figures[0].costs is None
    assert not {"milliseconds_p50", "size_mib", "processor_ms"} & set(result.figures[0].to_dict())
    report = save_result(result, page_of_evaluation(result), tmp_path / "out", WRITES)
    html = report.read_text(encoding="utf-8")
    assert "Cost of the answers" not in html
    assert "Embedding" not in html
    assert not (tmp_path / "out" / "quarantine.csv").exists()
    assert len(pd.read_csv(tmp_path / "out" / "predictions.csv")) == 200


def test_models_of_other_rows_or_one_name_are_refused() -> None:
    one = made_up("one", 150)
    other = replace(made_up("two", 150), ids=one.ids[::-1])
    with pytest.raises(InputError, match="two"):
        ClassEvaluation(models=[one, other])
    with pytest.raises(OptionError, match="name"):
        ClassEvaluation(models=[one, one])
    with pytest.raises(InputError, match="model"):
        ClassEvaluation(models=[])


@pytest.mark.parametrize(
    ("rights", "beaten", "tied"),
    [
        ((180, 120), ["two"], []),
        ((150, 149), [], ["two"]),
        ((180, 179, 100), ["three"], ["two"]),
        ((105,), [], []),
    ],
)
def test_the_best_beats_others_beyond_chance_only(
    rights: tuple[int, ...], beaten: list[str], tied: list[str]
) -> None:
    names = ("one", "two", "three")
    models = [made_up(name, right) for name, right in zip(names, rights, strict=False)]
    found = ClassEvaluation(models=models)
    assert found.best.name == "one"
    assert [model.name for model in found.beaten] == beaten
    assert [model.name for model in found.tied] == tied
    assert f"{rights[0] / 200:.1%}" in found.verdict
    assert all(name in found.verdict for name in (*beaten, *tied))
    assert ("“a”" in found.verdict) is (rights[0] == 105)  # the baseline may be as good


def test_what_the_page_and_the_verdict_say_of_a_pair_follows_the_p_value() -> None:
    from coterie.classifiers.predictions import predictions_of

    truth = np.array([*"ab"] * 500, dtype=object)

    def model(name: str, wrong: range) -> EvaluatedClassifier:
        hit = np.ones(1000, dtype=bool)
        hit[list(wrong)] = False
        said = np.where(hit, truth, np.where(truth == "a", "b", "a"))
        shares = np.where(said[:, None] == np.array([*"ab"]), 0.9, 0.1)
        rows = np.arange(1000).astype(str).astype(object)
        predictions = predictions_of(shares, np.array([*"ab"], dtype=object), 0.5, hit & False)
        return EvaluatedClassifier(name, "linear", rows, rows, truth, predictions)

    # the second is right on 3 rows that the first is wrong on, and wrong on 11 others: p 0.057
    pair = ClassEvaluation(models=[model("one", range(3)), model("two", range(3, 14))])
    row = pair.differences.iloc[0]
    assert row["p_value"] == pytest.approx(0.0574, abs=5e-5)
    assert (row["low"], row["significant"]) == (0, False)
    assert [each.name for each in pair.tied] == ["two"]
    assert not pair.beaten
    # below 0.05 alone, but there are three pairs
    three = [model("one", range(2)), model("two", range(2, 12)), model("three", range(1, 11))]
    found = ClassEvaluation(models=three)
    assert found.differences["p_value"].min() < 0.05 <= found.differences["p_adjusted"].min()
    assert not found.beaten
    assert '"yes"' not in json.dumps(page_of_evaluation(found).to_dict())


@pytest.mark.parametrize(
    ("right", "ceiling", "place"),
    [
        (160, 0.82, "reached"),
        (166, 0.82, "by chance"),
        (190, 0.80, "above"),
        (100, 0.90, "below"),
    ],
)
def test_an_accuracy_is_compared_with_the_best_possible(
    right: int, ceiling: float, place: str
) -> None:
    model, possible = made_up("one", right), Ceiling(ceiling, None, "Chance.")
    assert beside_ceiling(model, possible) == place
    verdict = ClassEvaluation(models=[model], ceiling=possible).verdict
    assert f"{ceiling:.1%}" in verdict
    assert verdict != ClassEvaluation(models=[model]).verdict


def test_speed_is_measured_without_the_cache_that_stays(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from coterie.encoders import EmbeddingCache, NoCache

    model = load_classifier(home / "linear")
    assert isinstance(model, LinearClassifier)
    records = read_records(home / "fresh.csv", text="text", id="id", labels=["urgent"])
    cache = EmbeddingCache()
    truth = np.array(["orders"] * len(records), dtype=object)
    seen: list[object] = []
    embed = LinearClassifier.embed

    def watched(self: LinearClassifier, texts: Any) -> Any:
        if len(texts) == 1:
            seen.append(type(self.cache))
        return embed(self, texts)

    monkeypatch.setattr(LinearClassifier, "embed", watched)
    found = evaluate_classifier("linear", model, records, truth, cache=cache, seconds=0.2)
    assert seen
    assert set(seen) == {NoCache}
    assert model.cache is None
    assert found.speed is not None
    assert found.about.processor_ms is not None
    assert found.about.processor_ms > 0
    unmeasured = evaluate_classifier("linear", model, records, truth, cache=cache, seconds=0)
    assert unmeasured.speed is None
    assert unmeasured.about.processor_ms is None
    assert "processor_ms" not in unmeasured.about.to_dict()


def test_few_rows_have_no_learning_curve(home: Path) -> None:
    records = read_records(home / "fresh.csv", text="text", id="id", labels=["category"])
    few = support(30, 3)
    model = LinearClassifier("tfidf").fit(few["text"].tolist(), few["category"])
    truth = np.array(["orders"] * len(records), dtype=object)
    assert learn_again(model, records, truth) is None


def test_histories_come_back_with_the_model(coterie: Coterie, home: Path, tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="needs coterie[torch]")
    given = ("--text", "text", "--id", "id", "--label", "urgent", "--encoder", "tfidf")
    words = ("--model", "mlp", "--epochs", 3)
    assert (
        coterie("train", home / "train.csv", *given, *words, "--out", tmp_path / "net").returncode
        == 0
    )
    done = coterie("evaluate", tmp_path / "net", home / "fresh.csv", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    metrics = json.loads((tmp_path / "out" / "metrics.json").read_text(encoding="utf-8"))
    history = metrics["models"][0]["about"]["history"]
    assert [epoch["epoch"] for epoch in history] == [1, 2, 3]
    assert history[0]["loss"] > 0
    html = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert ">Training<" in html
    assert "net: loss" in html


def test_a_tuned_encoder_shows_its_training_and_its_embedding(
    coterie: Coterie, home: Path, st_folder: Callable[..., Path], tmp_path: Path
) -> None:
    pytest.importorskip("torch", reason="needs coterie[torch]")
    given = ("--text", "text", "--id", "id", "--label", "urgent", "--encoder", st_folder("bert"))
    words = ("--model", "contrastive", "--epochs", 2, "--out", tmp_path / "tuned")
    trained = coterie("train", home / "train.csv", *given, *words)
    assert trained.returncode == 0, trained.stderr
    done = coterie(
        *("evaluate", home / "urgent", tmp_path / "tuned", home / "fresh.csv"),
        *("--out", tmp_path / "out", "--json"),
    )
    assert done.returncode == 0, done.stderr
    about = model_of(json.loads(done.stdout), "tuned")["about"]
    assert [epoch["epoch"] for epoch in about["history"]] == [0, 1, 2]
    found = about["embedding"]
    assert set(found["within"]) == {"no", "yes"}
    assert found["quality"] > -1
    html = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "tuned: separation" in html
    assert "Projection: " in html
