from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import coterie
from coterie.encoders import EmbeddingCache
from coterie.errors import ColumnError, OptionError
from coterie.verbs.model import Model


@pytest.fixture
def model(frame: pd.DataFrame, cache: EmbeddingCache) -> Model:
    return coterie.train(
        frame, text="message", label="intent", id="key", encoder="tfidf", cache=cache
    )


def test_every_row_given_is_predicted_or_says_why(frame: pd.DataFrame, model: Model) -> None:
    rows = model.predict(frame)
    assert rows.index.equals(frame.index)
    assert rows["id"].tolist() == frame["key"].tolist()
    aside = (rows["status"] == "set aside").to_numpy()
    assert np.flatnonzero(aside).tolist() == [4, 9]
    assert rows.loc[aside, "label"].isna().all()
    right = rows["label"][~aside] == frame["intent"][~aside]
    assert right.mean() > 0.9


def test_a_saved_model_answers_alike(frame: pd.DataFrame, model: Model, tmp_path: Path) -> None:
    assert model.save(tmp_path / "model") == tmp_path / "model"
    again = coterie.load(tmp_path / "model")
    assert isinstance(again, Model)
    pd.testing.assert_frame_equal(again.predict(frame), model.predict(frame), check_exact=True)
    assert again.schema == model.schema
    assert again.figures == model.figures
    with pytest.raises(OptionError):
        again.save(tmp_path / "copy")


def test_the_command_line_and_python_agree(
    frame: pd.DataFrame, model: Model, tmp_path: Path
) -> None:
    from coterie.cli import main

    frame.to_csv(tmp_path / "table.csv", index=False)
    model.save(tmp_path / "model")
    typed = ["predict", str(tmp_path / "model"), str(tmp_path / "table.csv")]
    assert main([*typed, "--out", str(tmp_path / "said.csv")]) == 0
    said = pd.read_csv(tmp_path / "said.csv")
    mine = model.predict(tmp_path / "table.csv").dropna(subset="label").reset_index(drop=True)
    for column in ("id", "label", "status"):
        assert said[column].tolist() == mine[column].tolist()
    np.testing.assert_allclose(said["confidence"], mine["confidence"], atol=1e-6)


def test_a_table_without_ids_and_labels_is_predicted(frame: pd.DataFrame, model: Model) -> None:
    rows = model.predict(frame[["message"]])
    assert rows["id"].tolist() == [str(place) for place in range(1, len(frame) + 1)]
    assert rows["label"].dropna().equals(model.predict(frame)["label"].dropna())


def test_columns_alone_train_an_ensemble_and_a_number(cache: EmbeddingCache) -> None:
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"age": rng.normal(40, 9, 200), "plan": rng.choice(["a", "b"], 200)})
    table["bought"] = np.where(table["age"] + 9 * (table["plan"] == "a") > 44, "yes", "no")
    table["spent"] = table["age"] * 3 + rng.normal(0, 1, 200)
    options = {"model": "ensemble", "preset": "speed", "draws": 1, "cache": cache}
    classes = coterie.train(
        table, label="bought", context=["age", "plan"], members=["random-forest"], **options
    )
    assert (classes.predict(table)["label"] == table["bought"]).mean() > 0.85
    number = coterie.train(
        table, label="spent", context=["age", "plan"], members=["random-forest"], **options
    )
    estimates = number.predict(table)
    assert list(estimates.columns) == ["id", "label", "low", "high", "status", "reason"]
    assert np.corrcoef(estimates["label"].astype(float), table["spent"])[0, 1] > 0.9


def test_it_shows_and_explains_itself(model: Model) -> None:
    assert "intent" in repr(model)
    assert "intent" in model._repr_html_()
    assert model.explain("Please refund the lamp").sentences()


def test_a_misspelt_option_names_the_nearest(frame: pd.DataFrame) -> None:
    with pytest.raises(OptionError, match="seed"):
        coterie.train(frame, text="message", label="intent", sed=1)
    with pytest.raises(ColumnError, match="intent"):
        coterie.train(frame, text="message", label="intnt")
    with pytest.raises(OptionError):
        coterie.train(frame, label="intent")
