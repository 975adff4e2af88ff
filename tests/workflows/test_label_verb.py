"""``coterie label``: the rows whose labels would teach a model most."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import coterie
from coterie.cli import main
from coterie.errors import NoRowsError, OptionError
from coterie.workflows.labelling.choosing import AT_RANDOM, BY_DOUBT, choose_rows

ABOUT = {
    "card": ("card", "lost", "stolen", "blocked", "pin"),
    "refund": ("refund", "money", "charged", "twice", "back"),
    "travel": ("flight", "hotel", "booking", "trip", "train"),
}
OTHER = ("my", "please", "the", "was", "where", "is", "it", "now", "help", "today", "again", "why")
FOREIGN = ("recipe", "oven", "butter", "flour", "cake")


def labelled(rows: int = 90, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    names = list(ABOUT)
    wants = [names[row % 3] for row in range(rows)]
    texts = [
        " ".join(rng.permutation([*rng.choice(ABOUT[want], 2, False), *rng.choice(OTHER, 3)]))
        for want in wants
    ]
    frame = pd.DataFrame({"id": [f"m{row}" for row in range(rows)], "text": texts, "want": wants})
    return frame.drop_duplicates("text")


def unlabelled(rows: int = 200) -> pd.DataFrame:
    """Clear texts, forty between two classes, twenty of a class that nobody knows, and copies."""
    rng = np.random.default_rng(1)
    clear = labelled(rows, seed=2)["text"].tolist()
    between = [
        " ".join(rng.permutation([rng.choice(ABOUT["card"]), rng.choice(ABOUT["refund"]),
                                  *rng.choice(OTHER, 4, False)]))
        for _ in range(40)
    ]  # fmt: skip
    foreign = [" ".join(rng.permutation([*FOREIGN[:4], rng.choice(OTHER)])) for _ in range(20)]
    texts = [*clear, *between, *foreign, *clear[:5]]
    return pd.DataFrame({"id": [f"n{row}" for row in range(len(texts))], "text": texts})


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model directory, to copy."""
    model = coterie.train(labelled(), text="text", id="id", label="want", encoder="tfidf", folds=2)
    return model.save(tmp_path_factory.mktemp("trained") / "model")


@pytest.fixture
def home(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    shutil.copytree(trained, tmp_path / "model")
    unlabelled().to_csv("new.csv", index=False)
    return tmp_path


def test_doubtful_rows_are_chosen_with_a_reason_each(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["label", "model", "new.csv", "-n", "20", "--out", "to-label.csv"]) == 0
    said = capsys.readouterr().out
    assert "coterie retrain model to-label.csv" in said
    chosen = pd.read_csv("to-label.csv", keep_default_na=False)
    names = ["id", "text", "predicted", "confidence", "status", "like", "reason", "label"]
    assert list(chosen) == names
    assert len(chosen) == 20
    assert chosen["id"].is_unique
    assert set(chosen["label"]) == {""}
    assert set(chosen["predicted"]) <= set(ABOUT)
    assert chosen["reason"].str.len().min() > 10
    between = chosen[chosen["reason"].str.startswith("between")]
    assert between["reason"].str.contains(" and ").all()
    every = unlabelled().set_index("id")["text"]
    assert (every[chosen["id"]].to_numpy() == chosen["text"]).all()
    hard = range(len(every) - 65, len(every) - 5)
    assert chosen["id"].isin([f"n{row}" for row in hard]).mean() > 60 / len(every)
    assert chosen["text"].is_unique


def test_json_tells_the_figures_and_python_chooses_the_same(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    typed = ["label", "model", "new.csv", "-n", "20", "--out", "to-label.csv", "--json"]
    assert main(typed) == 0
    figures = json.loads(capsys.readouterr().out)
    assert (figures["form"], figures["chosen"], figures["at_random"]) == (1, 20, 2)
    assert figures["repeated"] >= 5
    found = coterie.to_label("model", unlabelled(), n=20)
    written = pd.read_csv("to-label.csv", keep_default_na=False)
    assert found.table["id"].tolist() == written["id"].tolist()
    assert "20 rows" in repr(found)
    assert "between" in found._repr_html_() or "unlike" in found._repr_html_()
    other = coterie.to_label("model", unlabelled(), n=20, seed=1).table
    assert other["id"].tolist() != written["id"].tolist()


def test_a_table_that_a_person_filled_in_is_not_replaced(home: Path) -> None:
    typed = ["label", "model", "new.csv", "-n", "5", "--out", "to-label.csv"]
    assert main(typed) == 0
    table = pd.read_csv("to-label.csv", keep_default_na=False)
    table.assign(label="card").to_csv("to-label.csv", index=False)
    assert main(typed) == 2
    assert set(pd.read_csv("to-label.csv")["label"]) == {"card"}
    assert main([*typed, "--overwrite"]) == 0


def test_rows_of_the_training_are_left_out(home: Path) -> None:
    both = pd.concat([labelled()[["id", "text"]], unlabelled().head(30)])
    found = coterie.to_label("model", both, n=300)
    assert found.figures["known"] == len(labelled())
    assert not set(found.table["text"]) & set(labelled()["text"])
    with pytest.raises(NoRowsError, match="trained on all"):
        coterie.to_label("model", labelled(), n=3)


def test_votes_and_columns_are_chosen_from_too(home: Path) -> None:
    rows = labelled().assign(plan=lambda each: np.where(each.index % 2, "basic", "gold"))
    model = coterie.train(
        rows, text="text", label="want", context="plan", encoder="tfidf", model="voting"
    )
    found = coterie.to_label(model, unlabelled().assign(plan="gold"), n=4, at_random=0)
    assert list(found.table)[:3] == ["id", "text", "plan"]
    assert found.figures["at_random"] == 0


def test_numbers_are_refused(home: Path) -> None:
    pytest.importorskip("lightgbm", reason="needs coterie[boost]")
    rows = pd.DataFrame({"a": range(80), "worth": [each * 1.5 for each in range(80)]})
    model = coterie.train(
        rows, label="worth", context="a", model="ensemble", members="lightgbm", preset="speed"
    )
    with pytest.raises(OptionError, match="number"):
        coterie.to_label(model, rows)


def points(groups: int, each: int, seed: int = 0) -> np.ndarray:
    """Unit vectors in groups."""
    rng = np.random.default_rng(seed)
    centres = np.repeat(rng.normal(size=(groups, 16)), each, axis=0)
    made = centres + 0.4 * rng.normal(size=centres.shape)
    return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)


def test_no_group_takes_all_and_no_two_say_the_same() -> None:
    space = points(10, 60)
    doubt = np.full(600, 0.3)
    doubt[:60] = 0.9  # one group is doubted most
    space[60:120] = space[60] + 1e-4 * space[60:120]  # and another says the same all over
    space[60:120] /= np.linalg.norm(space[60:120], axis=1, keepdims=True)
    doubt[60:120] = 0.9
    found = choose_rows(doubt, space, 20, classes=np.arange(600) // 60, at_random=0)
    groups = found.rows // 60
    counts = np.bincount(groups, minlength=10)
    assert counts[1] <= 2
    assert counts.max() <= 7
    assert (counts > 0).sum() >= 6
    assert counts[0] >= 2
    assert found.like.sum() == 600 - 20


def test_a_share_is_drawn_at_random_and_comes_early_too() -> None:
    doubt = np.linspace(0, 1, 500)
    found = choose_rows(doubt, points(5, 100), 20, at_random=0.5)
    assert found.by.count(AT_RANDOM) == found.by.count(BY_DOUBT) == 10
    assert AT_RANDOM in found.by[:4]
    chance = found.rows[[by == AT_RANDOM for by in found.by]]
    assert doubt[chance].min() < 0.4  # of rows without doubt too


@settings(max_examples=25)
@given(st.integers(1, 120), st.integers(1, 60), st.floats(0, 1), st.integers(0, 3))
def test_so_many_rows_are_chosen_once_each_and_the_same_again(
    rows: int, n: int, share: float, seed: int
) -> None:
    space = points(rows, 1, seed)
    doubt = np.random.default_rng(seed).random(rows)
    found = choose_rows(doubt, space, n, at_random=share, seed=seed)
    assert len(found.rows) == len(set(found.rows.tolist())) == min(n, rows)
    again = choose_rows(doubt, space, n, at_random=share, seed=seed)
    assert found.rows.tolist() == again.rows.tolist()
    assert found.like.sum() == rows - len(found.rows)


def test_many_rows_are_chosen_from_without_all_their_pairs() -> None:
    space = points(50, 600)
    found = choose_rows(np.random.default_rng(0).random(30_000), space, 40)
    assert len(set((found.rows // 600).tolist())) >= 25
