"""Labels that teach nothing: what each model says of them on the command line, and does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from .conftest import Coterie, Done

Trained = tuple[Done, Path]
Train = Callable[..., Trained]

pytest.importorskip("torch", reason="needs coterie[torch]")
for library in ("xgboost", "lightgbm", "catboost", "skops"):
    pytest.importorskip(library, reason="needs coterie[boost]")

MODELS = (
    "linear", "few-shot", "mlp", "contrastive", "voting", "cascade", "auto", "ensemble",
)  # fmt: skip
WORDS = ("card", "lost", "refund", "order", "cancel", "parcel", "login", "price", "where", "my")


def coin(rows: int = 120) -> pd.DataFrame:
    """Texts and a column that say nothing of the label."""
    rng = np.random.default_rng(1)
    texts = [" ".join(rng.choice(WORDS, 5)) + f" {n}" for n in range(rows)]
    labels = rng.choice(["yes", "no"], rows)
    return pd.DataFrame({"text": texts, "size": rng.normal(size=rows).round(3), "label": labels})


def one_row_of_a_class() -> pd.DataFrame:
    frame = coin(60)
    frame["label"] = np.where(np.arange(60) % 2 == 0, "even", "odd")
    frame["text"] = frame["label"] + " " + frame["text"]
    frame["size"] += np.where(frame["label"] == "even", 3, -3)
    frame.loc[59, "label"] = "alone"
    return frame


def all_alike() -> pd.DataFrame:
    return coin().assign(text="the very same text", size=1.0)


def ids() -> pd.DataFrame:
    return coin(60).assign(label=[f"T{n:04d}" for n in range(60)])


@pytest.fixture
def train(coterie: Coterie, st_folder: Callable[..., Path], tmp_path: Path) -> Train:
    def run(frame: pd.DataFrame, model: str, *more: object) -> Trained:
        table, out = tmp_path / "rows.csv", tmp_path / "model"
        frame.to_csv(table, index=False)
        given: list[object] = ["--text", "text", "--encoder", "tfidf"]
        if model == "contrastive":
            given = ["--text", "text", "--encoder", st_folder("bert"), "--epochs", 1]
        if model == "mlp":
            given += ["--epochs", 20]
        if model in ("voting", "cascade", "auto"):
            given += ["--member", "few-shot", "--member", "linear"]
        if model == "ensemble":
            given = ["--context", "size", "--preset", "speed", "--draws", 1]
        done = coterie(
            "train", table, "--label", "label", "--model", model, *given, *more, "--out", out
        )
        return done, out

    return run


@pytest.mark.filterwarnings("ignore::coterie.errors.CoterieWarning")
@pytest.mark.parametrize("model", MODELS)
def test_of_labels_drawn_by_a_coin_nothing_is_assigned(
    train: Train, coterie: Coterie, tmp_path: Path, model: str
) -> None:
    done, out = train(coin(), model, "--accuracy", 0.95)
    assert done.returncode == 0, done.stderr
    assert "95%" in done.stderr
    fresh, said = tmp_path / "fresh.csv", tmp_path / "said.csv"
    coin(200).iloc[120:].to_csv(fresh, index=False)
    predicted = coterie("predict", out, fresh, "--out", said)
    assert predicted.returncode == 0, predicted.stderr
    assert "assigned" not in set(pd.read_csv(said)["status"])


@pytest.mark.filterwarnings("ignore::coterie.errors.CoterieWarning")
@pytest.mark.parametrize("model", MODELS)
def test_one_row_of_a_class_does_not_stop_the_others(
    train: Train, coterie: Coterie, tmp_path: Path, model: str
) -> None:
    done, out = train(one_row_of_a_class(), model)
    if model == "ensemble":
        assert done.returncode == 2
        assert "alone" in done.stderr.splitlines()[-1]
        assert not out.exists()
        return
    assert done.returncode == 0, done.stderr
    said = tmp_path / "said.csv"
    predicted = coterie("predict", out, tmp_path / "rows.csv", "--out", said)
    assert predicted.returncode == 0, predicted.stderr
    answers = pd.read_csv(said)
    assert {"even", "odd", "alone"} <= set(answers.columns)
    if model not in ("contrastive", "mlp"):  # random weights and few rows: these learn nothing
        truth = one_row_of_a_class()["label"]
        assert (answers["label"] == truth).mean() > 0.8


@pytest.mark.filterwarnings("ignore::coterie.errors.CoterieWarning")
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("frame", [all_alike, ids], ids=["all rows alike", "ids"])
def test_what_no_model_can_learn_is_one_sentence(
    train: Train,
    frame: Callable[[], pd.DataFrame],
    model: str,
) -> None:
    done, out = train(frame(), model)
    assert done.returncode == 2, done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert last.endswith(".")
    assert last.count(". ") == 0
    assert not out.exists()


@pytest.mark.filterwarnings("ignore::coterie.errors.CoterieWarning")
@pytest.mark.parametrize("model", MODELS)
def test_three_rows_are_too_few_or_assign_nothing(
    train: Train, coterie: Coterie, tmp_path: Path, model: str
) -> None:
    frame = coin(3).assign(label=["yes", "no", "yes"])
    done, out = train(frame, model)
    if done.returncode:
        assert done.returncode == 2, done.stderr
        assert not out.exists()
        return
    said = tmp_path / "said.csv"
    predicted = coterie("predict", out, tmp_path / "rows.csv", "--out", said)
    assert predicted.returncode == 0, predicted.stderr
    assert "assigned" not in set(pd.read_csv(said)["status"])
