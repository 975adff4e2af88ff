"""Ensembles on the command line: clients by their concepts, leads by their columns, numbers too."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from coterie.classifiers.trees.learner import Learner
from coterie.errors import CoterieWarning
from coterie.metrics import score_numbers
from coterie.verbs.model import Models
from coterie.verbs.scores import read_scores

from .conftest import Coterie

for library in ("xgboost", "lightgbm", "catboost", "skops"):
    pytest.importorskip(library, reason="needs coterie[boost]")

QUICK = ("--model", "ensemble", "--draws", 1, "--preset", "speed")


@pytest.fixture
def few_trees(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Learner, "trees", 30)


@pytest.fixture
def clients(coterie: Coterie, tmp_path: Path) -> Path:
    done = coterie("generate", "clients", "--rows", 200, "--out", tmp_path / "clients")
    assert done.returncode == 0, done.stderr
    return tmp_path / "clients"


def of(folder: Path, labels: Path | None = None) -> tuple[object, ...]:
    labels = labels or folder / "labels.csv"
    return (labels, "--id", "client_id", "--concepts", folder / "note_concepts.csv")


def test_clients_who_buy(coterie: Coterie, clients: Path, tmp_path: Path, few_trees: None) -> None:
    model, out = tmp_path / "model", tmp_path / "said.csv"
    done = coterie("train", *of(clients), "--label", "purchased", *QUICK, "--out", model)
    assert done.returncode == 0, done.stderr
    for fact in ("2 classes", "200 rows", ": concepts", "lightgbm", "(ensemble)"):
        assert fact in done.stdout
    done = coterie("predict", model, *of(clients), "--out", out)
    assert done.returncode == 0, done.stderr
    said = pd.read_csv(out, dtype={"label": str})
    truth = pd.read_csv(clients / "labels.csv")
    assert said["id"].tolist() == truth["client_id"].tolist()
    assert list(said.columns) == ["id", "label", "confidence", "status", "0", "1"]
    assert roc_auc_score(truth["purchased"], said["1"]) > 0.75
    noted = set(pd.read_csv(clients / "note_concepts.csv")["client_id"])
    assert set(said.loc[said["status"] == "outside", "id"]) == set(truth["client_id"]) - noted
    # as it was read in training, which needs not be said again
    again = tmp_path / "again.csv"
    concepts = clients / "note_concepts.csv"
    done = coterie("predict", model, clients / "labels.csv", "--concepts", concepts, "--out", again)
    assert done.returncode == 0, done.stderr
    assert again.read_text() == out.read_text()


def test_what_clients_are_worth(
    coterie: Coterie, clients: Path, tmp_path: Path, few_trees: None
) -> None:
    model, out = tmp_path / "model", tmp_path / "said.csv"
    done = coterie("train", *of(clients), "--label", "lifetime_value", *QUICK, "--out", model)
    assert done.returncode == 0, done.stderr
    for fact in ("number", "200 rows", "R2", "(ensemble-number)"):
        assert fact in done.stdout
    done = coterie("predict", model, *of(clients), "--out", out, "--label-as", "worth", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    said, truth = pd.read_csv(out), pd.read_csv(clients / "labels.csv")
    assert list(said.columns) == ["id", "worth", "low", "high", "status"]
    assert told["rows"] == len(said) == 200
    assert told["outside"] == (said["status"] == "outside").sum()
    assert score_numbers(truth["lifetime_value"], said["worth"]).rank > 0.5
    assert ((said["low"] <= said["worth"]) & (said["worth"] <= said["high"])).mean() > 0.95
    done = coterie("predict", model, *of(clients), "--out", out)
    said = pd.read_csv(out)
    unknown = int((said["status"] == "outside").sum())
    assert f"200 rows: {200 - unknown} predicted, {unknown} outside" in done.stdout
    assert "assigned" not in done.stdout


def test_metrics_of_a_number_are_kept(
    coterie: Coterie, clients: Path, tmp_path: Path, few_trees: None
) -> None:
    given = (*of(clients), "--label", "lifetime_value", *QUICK)
    done = coterie("train", *given, "--out", tmp_path / "m", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["trained_on"] == told["judged_on"] == told["rows"] == 200
    assert -0.5 < told["r2"] < 0.9
    assert told["mae"] >= told["median_error"] > 0


def test_the_validation_rows_of_a_number_are_kept_as_charts(
    coterie: Coterie, clients: Path, tmp_path: Path, few_trees: None
) -> None:
    given = (*of(clients), "--label", "lifetime_value", *QUICK)
    done = coterie("train", *given, "--out", tmp_path / "worth", "--json")
    assert done.returncode == 0, done.stderr
    told, page = json.loads(done.stdout), read_scores(tmp_path / "worth", 1)
    assert page is not None
    blocks = list(_blocks(page["sections"]))
    (chart,) = (each for each in blocks if each["kind"] == "scatter")
    points = np.array([chart["x"], chart["y"]], dtype=float)
    truth = pd.read_csv(clients / "labels.csv")["lifetime_value"]
    assert sorted(points[0]) == pytest.approx(sorted(truth))
    assert np.abs(points[1] - points[0]).mean() == pytest.approx(told["mae"], rel=1e-3)
    assert "beside this page" not in json.dumps(page)  # nothing lies beside it


def _blocks(found: object) -> Iterator[dict[str, Any]]:
    """All blocks of a page, those within others too."""
    if isinstance(found, list):
        for each in found:
            yield from _blocks(each)
    elif isinstance(found, dict):
        if "kind" in found:
            yield found
        for each in found.values():
            yield from _blocks(each)


def test_what_a_label_is_taken_for_can_be_told(
    coterie: Coterie, clients: Path, tmp_path: Path, few_trees: None
) -> None:
    labels = pd.read_csv(clients / "labels.csv")
    labels["branch"], labels["mood"] = [100 + row % 25 for row in range(200)], "good"
    labels.loc[:50, "mood"] = "7"
    labels.to_csv(tmp_path / "more.csv", index=False)
    given = (*of(clients, tmp_path / "more.csv"), *QUICK, "--out", tmp_path / "model")
    for label, words, classes in (
        ("branch", (), None),
        ("branch", ("--classes",), 25),
        ("purchased", ("--numbers",), None),
    ):
        done = coterie("train", *given, "--label", label, *words, "--json")
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        assert (told["form"], told["trained_on"], told.get("classes")) == (1, 200, classes)
        assert ("r2" in told) is (classes is None)
    done = coterie("train", *given, "--label", "mood", "--numbers")
    assert done.returncode == 2
    assert "'good'" in done.stderr
    plain = (
        tmp_path / "more.csv",
        "--text",
        "mood",
        "--label",
        "purchased",
        "--out",
        tmp_path / "m",
    )
    done = coterie("train", *plain, "--model", "linear", "--encoder", "tfidf", "--numbers")
    assert done.returncode == 2
    assert "The model linear" in done.stderr


def test_ids_in_one_file_and_not_in_the_other(
    coterie: Coterie, clients: Path, tmp_path: Path, few_trees: None
) -> None:
    labels = pd.read_csv(clients / "labels.csv")
    some = pd.concat([labels[:150], labels[:1].assign(client_id="X1")])
    some.loc[some.index[5:9], "purchased"] = None
    some.to_csv(tmp_path / "some.csv", index=False)
    given = of(clients, tmp_path / "some.csv")
    model, out = tmp_path / "model", tmp_path / "said.csv"
    done = coterie("train", *given, "--label", "purchased", *QUICK, "--out", model)
    assert done.returncode == 0, done.stderr
    assert "147 rows; 4 without a label" in done.stdout
    assert "4 of 151 records have no concepts" in done.stderr
    assert "have no record in some.csv" in done.stderr
    done = coterie("predict", model, *given, "--out", out)
    assert done.returncode == 0, done.stderr
    said = pd.read_csv(out)
    assert said["id"].tolist() == some["client_id"].tolist()
    assert said["status"].iloc[-1] == "outside"


def test_what_cannot_be_done_is_one_sentence(
    coterie: Coterie, clients: Path, tmp_path: Path, few_trees: None
) -> None:
    home = tmp_path / "model"
    for words, message in (
        (("--preset", "spede"), "'speed'?"),
        (("--member", "lightgbmm"), "There is no learner"),
        (("--label", "churned"), "--label once"),
    ):
        given = (*of(clients), "--label", "purchased", "--model", "ensemble", "--draws", 1)
        done = coterie("train", *given, *words, "--out", home)
        assert done.returncode == 2, done.stderr
        assert message in done.stderr
        assert not home.exists()
    for label in ("purchased", "lifetime_value"):
        model = tmp_path / label
        done = coterie("train", *of(clients), "--label", label, *QUICK, "--out", model)
        assert done.returncode == 0, done.stderr
        done = coterie("predict", model, "--one", "hello")
        assert done.returncode == 2
        assert "--why ID" in done.stderr
        done = coterie("predict", model, clients / "labels.csv", "--out", tmp_path / "p.csv")
        assert done.returncode == 2
        assert "--concepts" in done.stderr
    models = tmp_path / "purchased", tmp_path / "lifetime_value"
    done = coterie("evaluate", *models, *of(clients), "--out", tmp_path / "report")
    assert done.returncode == 2, done.stderr
    assert "estimates a number" in done.stderr


@pytest.mark.data
@pytest.mark.slow
def test_real_leads(coterie: Coterie, data: Callable[..., Path], tmp_path: Path) -> None:
    leads = pd.read_csv(data("leads", "Leads.csv"))
    held = leads.sample(frac=0.3, random_state=0)
    held.drop(columns="Converted").to_csv(tmp_path / "held.csv", index=False)
    leads.drop(held.index).to_csv(tmp_path / "learnt.csv", index=False)
    model, out = tmp_path / "model", tmp_path / "said.csv"
    done = coterie(
        "train", tmp_path / "learnt.csv", "--id", "ProspectID", "--label", "Converted",
        "--model", "ensemble", "--preset", "balanced", "--draws", 2, "--out", model,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "of 'Select' in Specialization" in done.stderr
    done = coterie("predict", model, tmp_path / "held.csv", "--out", out)
    assert done.returncode == 0, done.stderr
    said = pd.read_csv(out)
    assert said["id"].tolist() == held["ProspectID"].tolist()
    assert roc_auc_score(held["Converted"], said["1"]) >= 0.86
    right = said["label"].to_numpy() == held["Converted"].to_numpy()
    assert abs(right.mean() - said["confidence"].mean()) < 0.03
    sure = (said["status"] == "assigned").to_numpy()
    assert right[sure].mean() > right.mean() + 0.05


def spoken_pairs(turns: pd.DataFrame, least: int) -> pd.DataFrame:
    """Concepts of conversations: two words that one of the speakers says in a row."""
    rows = []
    for conversation, role, text in turns.itertuples(index=False):
        words = re.findall(r"[a-z']+", str(text).lower())
        rows += [(conversation, f"{role}: {a} {b}") for a, b in pairwise(words)]
    found = pd.DataFrame(rows, columns=["conversation_id", "concept"]).drop_duplicates()
    common = found["concept"].map(found["concept"].value_counts()) >= least
    return found[common]


@pytest.mark.data
@pytest.mark.weights
def test_real_conversations_with_their_text_and_concepts(
    coterie: Coterie, data: Callable[..., Path], tmp_path: Path, few_trees: None
) -> None:
    source, outcomes = data("sales", "turns.csv"), data("sales", "outcomes.csv")
    turns = pd.read_csv(source)
    early = turns["turn"] < turns.groupby("conversation_id")["turn"].transform("min") + 5
    noted = spoken_pairs(turns.loc[early, ["conversation_id", "role", "text"]], 20)
    noted.to_csv(tmp_path / "concepts.csv", index=False)
    rolled = ("--group", "conversation_id", "--order", "turn", "--speaker", "role", "--first", 5)
    done = coterie(
        *("train", source, "--text", "text", *rolled, "--join", outcomes, "--label", "converted"),
        *("--concepts", tmp_path / "concepts.csv", *QUICK, "--out", tmp_path / "model", "--json"),
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["trained_on"] == 1017
    assert told["auc"] > 0.52  # of little that can be known from the first five turns
    state = json.loads((tmp_path / "model/versions/0001/features.json").read_text(encoding="utf-8"))
    assert [block["kind"] for block in state["blocks"]] == ["one-hot", "statistics", "text"]


def test_one_call_scores_all_outcomes_with_the_models_of_a_folder(
    coterie: Coterie, clients: Path, tmp_path: Path, few_trees: None
) -> None:
    import coterie as library

    models, out = tmp_path / "models", tmp_path / "said.csv"
    for label in ("purchased", "churned", "lifetime_value"):
        done = coterie("train", *of(clients), "--label", label, *QUICK, "--out", models / label)
        assert done.returncode == 0, done.stderr
    done = coterie("predict", models, *of(clients), "--out", out, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert sorted(told["models"]) == ["churned", "lifetime_value", "purchased"]
    assert told["models"]["purchased"]["rows"] == told["rows"] == 200
    said = pd.read_csv(out, dtype=str)
    assert list(said.columns) == [
        "id", "churned", "churned confidence", "churned status", "lifetime_value",
        "lifetime_value low", "lifetime_value high", "lifetime_value status", "purchased",
        "purchased confidence", "purchased status",
    ]  # fmt: skip
    done = coterie("predict", models / "churned", *of(clients), "--out", tmp_path / "one.csv")
    alone = pd.read_csv(tmp_path / "one.csv", dtype=str)
    assert said["churned"].tolist() == alone["label"].tolist()
    assert said["churned confidence"].tolist() == alone["confidence"].tolist()

    loaded = library.load(models)
    assert isinstance(loaded, Models)
    assert sorted(loaded) == ["churned", "lifetime_value", "purchased"]
    concepts = clients / "note_concepts.csv"
    with pytest.warns(CoterieWarning, match="concepts"):  # a few clients have none
        frame = loaded.predict(clients / "labels.csv", id="client_id", concepts=str(concepts))
    assert frame["purchased"].astype(str).tolist() == said["purchased"].tolist()
    assert loaded["churned"].schema["label"] == "churned"

    first = said["id"][0]
    done = coterie("predict", models, *of(clients), "--why", first, "--json")
    assert done.returncode == 0, done.stderr
    assert sorted(json.loads(done.stdout)["models"]) == ["churned", "lifetime_value", "purchased"]
    done = coterie("predict", models, *of(clients), "--version", 1, "--out", tmp_path / "v.csv")
    assert done.returncode == 2
    assert "churned" in done.stderr


def test_columns_of_one_row_go_to_the_models_that_read_them(
    coterie: Coterie, tmp_path: Path, few_trees: None
) -> None:
    rows = pd.DataFrame({"size": range(60), "age": [n % 7 for n in range(60)]})
    rows["large"] = (rows["size"] > 30).map({True: "yes", False: "no"})
    rows["old"] = (rows["age"] > 3).map({True: "yes", False: "no"})
    rows.to_csv(tmp_path / "rows.csv", index=False)
    for label, column in (("large", "size"), ("old", "age")):
        done = coterie(
            "train", tmp_path / "rows.csv", "--label", label, "--context", column, *QUICK,
            "--out", tmp_path / "models" / label,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    given = ("--set", "size=55", "--set", "age=1")
    done = coterie("predict", tmp_path / "models", *given, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["models"]
    assert (found["large"]["label"], found["old"]["label"]) == ("yes", "no")
    done = coterie("predict", tmp_path / "models", "--set", "siz=55")
    assert done.returncode == 2
    assert "size" in done.stderr
    assert coterie("predict", tmp_path / "models", "--one", "hello").returncode == 2
