"""``coterie.tune`` on frames, with a tiny random model."""

from __future__ import annotations

import gc
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import coterie
from coterie.encoders import EmbeddingCache
from coterie.errors import ColumnError, OptionError
from coterie.pages.tuning.page import tune_page
from coterie.report import Table
from coterie.verbs.tuning import Tuned

ABOUT = {"lost": ("card", "lost"), "refund": ("refund", "payment"), "cancel": ("cancel", "order")}
OTHER = ("my", "please", "the", "a", "was", "where", "is", "it", "top", "up")
COLUMNS = {"text": "text", "label": "want", "id": "id"}
FAST = {"epochs": 1, "batch": 16, "learning_rate": 0.005}


@pytest.fixture(scope="module")
def labelled() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    wants = [list(ABOUT)[row % 3] for row in range(150)]
    texts = [
        " ".join(rng.permutation([*ABOUT[want], *rng.choice(OTHER, rng.integers(2, 8))]))
        for want in wants
    ]
    frame = pd.DataFrame({"id": [f"m{row}" for row in range(150)], "text": texts, "want": wants})
    frame.loc[3, "text"] = None
    return frame


@pytest.fixture(scope="module")
def tune(
    st_folder: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Tuned]:
    cache = EmbeddingCache(tmp_path_factory.mktemp("cache"))

    def run(table: Any, **options: Any) -> Tuned:
        given = {"encoder": str(st_folder("bert")), "cache": cache, **COLUMNS, **FAST}
        return coterie.tune(table, **{**given, **options})

    return run


@pytest.fixture(scope="module")
def tuned(tune: Callable[..., Tuned], labelled: pd.DataFrame) -> Tuned:
    pytest.importorskip("torch", reason="needs coterie[torch]")
    return tune(labelled)


def test_a_tuned_encoder_works_before_and_after_it_is_saved(tuned: Tuned, tmp_path: Path) -> None:
    figures = tuned.figures
    used = figures["learnt_from"] + figures["kept_back"] + figures["judged_on"]
    assert used == figures["rows"] == 149
    assert figures["set_aside"] == 1
    page = tuned.save(tmp_path / "encoder")
    assert {path.name for path in page.parent.iterdir()} >= {
        "report.html", "metrics.json", "suspects.csv", "split.csv", "quarantine.csv",
        "model.safetensors", "tuned.json",
    }  # fmt: skip
    assert json.loads((page.parent / "metrics.json").read_text(encoding="utf-8")) == figures
    saved = coterie.load_encoder(str(page.parent))
    assert saved.fingerprint == tuned.encoder.fingerprint == figures["tuned"]["fingerprint"]
    assert saved.fingerprint != figures["base"]["fingerprint"]
    texts = ["my card is lost", "refund the payment"]
    np.testing.assert_array_equal(saved.encode(texts), tuned.encoder.encode(texts))


def test_figures_are_attributes_and_the_page_holds_those_of_both_encoders(tuned: Tuned) -> None:
    result, figures = tuned.result, tuned.figures
    assert figures["form"] == result.form
    assert result.learnt_from == figures["learnt_from"]
    for side, written in ((result.base, figures["base"]), (result.tuned, figures["tuned"])):
        assert written["ari"] == pytest.approx(side.scores.ari, abs=1e-6)
        assert written["cosine_auc"] == pytest.approx(side.cosines.auc, abs=1e-6)
        for shots, accuracy in side.few_shot.items():
            assert written["few_shot"][str(shots)]["mean"] == pytest.approx(accuracy.mean, abs=1e-6)
    (scores,) = (
        block
        for section in tune_page(result).sections
        for block in section.blocks
        if isinstance(block, Table) and "ARI" in block.frame
    )
    assert scores.frame["ARI"].tolist() == [result.base.scores.ari, result.tuned.scores.ari]


def test_a_result_shows_itself(tuned: Tuned) -> None:
    assert repr(tuned) == tuned.result.verdict == tuned.figures["verdict"]
    assert f"{tuned.figures['tuned']['ari']:z.3f}" in tuned._repr_html_()


def test_nothing_is_written_before_and_the_encoder_outlives_its_result(
    tune: Callable[..., Tuned],
    labelled: pd.DataFrame,
    tuned: Tuned,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    encoder = tune(labelled).encoder
    assert not [*tmp_path.iterdir()]
    assert encoder.fingerprint == tuned.encoder.fingerprint  # one seed, one encoder
    gc.collect()
    encoder.release()  # it is read again from its files
    assert encoder.encode(["my card"]).shape == (1, encoder.dim)
    home = encoder.folder
    del encoder
    gc.collect()
    assert not home.exists()


def test_the_encoder_it_came_from_is_never_written_over(
    tuned: Tuned, st_folder: Callable[..., Path]
) -> None:
    before = (st_folder("bert") / "model.safetensors").read_bytes()
    with pytest.raises(OptionError):
        tuned.save(st_folder("bert"))
    assert (st_folder("bert") / "model.safetensors").read_bytes() == before


def test_answers_to_suspects_are_taken(
    tune: Callable[..., Tuned], labelled: pd.DataFrame, tuned: Tuned, tmp_path: Path
) -> None:
    split = tuned.result.tables["split.csv"].set_index("id")["used"]
    row = split.index[split == "train"][0]
    answers = pd.DataFrame({"id": [row], "action": ["fix"], "suggested": ["cancel"]})
    answers.to_csv(tmp_path / "answers.csv", index=False)
    fixed = tune(labelled, corrections=tmp_path / "answers.csv")
    assert fixed.figures["suspects"]["fixed"] == 1
    assert fixed.result.tables["split.csv"].set_index("id")["label"][row] == "cancel"


def test_settings_and_columns_are_checked_before_any_work(labelled: pd.DataFrame) -> None:
    with pytest.raises(OptionError):
        coterie.tune(labelled, **COLUMNS, batch=0)
    with pytest.raises(ColumnError):
        coterie.tune(labelled, **{**COLUMNS, "label": "wnat"})
