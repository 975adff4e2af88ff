from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

import coterie
from coterie.encoders import EmbeddingCache
from coterie.errors import OptionError

FILES = {
    "report.html", "metrics.json", "predictions.csv", "mistakes.csv", "quarantine.csv",
    "models.csv", "classes.csv", "confusion.csv",
}  # fmt: skip


def test_models_in_memory_and_on_disk_are_judged_alike(
    frame: pd.DataFrame, cache: EmbeddingCache, tmp_path: Path
) -> None:
    columns = {"text": "message", "label": "intent", "encoder": "tfidf", "cache": cache}
    linear = coterie.train(frame, **columns)
    few = coterie.train(frame, model="few-shot", **columns)
    few.save(tmp_path / "few")
    judged = coterie.evaluate([linear, tmp_path / "few"], frame, cache=cache)
    assert judged.figures.index.tolist() == ["model 1", "few"]
    assert (judged.figures["accuracy"] > 0.9).all()
    assert linear.home is None
    assert len(judged.predictions) == len(frame) - 2
    linear.save(tmp_path / "linear")
    again = coterie.evaluate(tmp_path / "linear", frame, cache=cache)
    assert again.figures.loc["linear", "accuracy"] == judged.figures.loc["model 1", "accuracy"]
    page = judged.save(tmp_path / "judged")
    assert {path.name for path in page.parent.iterdir() if not path.name.startswith(".")} == FILES
    assert json.loads((page.parent / "metrics.json").read_text(encoding="utf-8"))["models"]
    assert "few" in repr(judged)
    assert "few" in judged._repr_html_()


def test_no_model_is_an_error(frame: pd.DataFrame) -> None:
    with pytest.raises(OptionError):
        coterie.evaluate([], frame)
