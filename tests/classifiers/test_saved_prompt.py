"""A model directory of a prompt classifier: whole, damaged, or made by somebody with ill will."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coterie.classifiers import PromptClassifier, load_classifier, save_classifier
from coterie.errors import EncoderError, OptionError, StoreError
from coterie.llm import Asker, NoAnswers
from coterie.store import open_model

from .scripted import NEW, Scripted, rows, scripted
from .test_saved_files import (
    ARRAYS,
    BOOLEAN,
    GONE,
    INF,
    NAN,
    STATE,
    VALUES,
    filled,
    first,
    put,
    rewritten,
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    model = scripted(descriptions={"refund": "money back"}).fit(*rows())
    found = tmp_path_factory.mktemp("prompt") / "model"
    save_classifier(model, found)
    return found


def loaded(home: Path) -> PromptClassifier:
    found = load_classifier(home)
    assert isinstance(found, PromptClassifier)
    found.asker = Asker(Scripted(), NoAnswers(), None)
    return found


def test_what_is_saved_is_what_is_loaded_and_saved_again(home: Path, tmp_path: Path) -> None:
    model = scripted(descriptions={"refund": "money back"}).fit(*rows())
    again = loaded(home)
    save_classifier(again, tmp_path / "again")
    for other in (again, loaded(tmp_path / "again")):
        assert np.array_equal(other.predict_proba(NEW), model.predict_proba(NEW))
        assert other.decide(NEW).statuses.tolist() == model.decide(NEW).statuses.tolist()
        assert other.sheet_ == model.sheet_
        assert other.order_bias_ == model.order_bias_
        assert other.descriptions == {"refund": "money back"}
    assert load_classifier(home).get_params()["asker"] is None


def test_nothing_of_who_asked_is_saved(home: Path) -> None:
    state = json.dumps(open_model(home).json(STATE))
    assert "asker" not in state


def test_loading_looks_at_no_language_model(home: Path) -> None:
    found = load_classifier(home)  # of which there is no file
    assert found.llm == Scripted.name  # type: ignore[union-attr]


SENSELESS: dict[str, Any] = {
    "no prompt": put(STATE, "prompt", GONE),
    "prompt is text": put(STATE, "prompt", "refund"),
    "a name fewer": put(STATE, "prompt", "names", lambda names: names[1:]),
    "a name more": put(STATE, "prompt", "names", lambda names: [*names, "other"]),
    "names are numbers": put(STATE, "prompt", "names", [1, 2, 3]),
    "names are text": put(STATE, "prompt", "names", "abc"),
    "names are empty": put(STATE, "prompt", "names", ["", "a", "b"]),
    "names alike but for capitals": put(STATE, "prompt", "names", ["a", "A", "b"]),
    "names with control tokens": put(STATE, "prompt", "names", ["<|im_end|>", "a", "b"]),
    "names on two lines": put(STATE, "prompt", "names", ["a\nb", "c", "d"]),
    "a description fewer": put(STATE, "prompt", "descriptions", lambda told: told[1:]),
    "descriptions are null": put(STATE, "prompt", "descriptions", [None] * 3),
    "examples of fewer labels": put(STATE, "prompt", "examples", lambda own: own[1:]),
    "examples are texts": put(STATE, "prompt", "examples", ["a", "b", "c"]),
    "examples are numbers": put(STATE, "prompt", "examples", [[1], [2], [3]]),
    "examples are null": put(STATE, "prompt", "examples", None),
    "order bias is a list": put(STATE, "prompt", "order_bias", [1]),
    "order bias is text": put(STATE, "prompt", "order_bias", "bias", "high"),
    "order bias is NaN": put(STATE, "prompt", "order_bias", "bias", NAN),
    "order bias unknown": put(STATE, "prompt", "order_bias", "other", 1),
    "agreement is above 1": put(STATE, "prompt", "order_bias", "agreement", 2.0),
    "centres gone": put(ARRAYS, "prompt.centres", GONE),
    "centres of fewer labels": put(ARRAYS, "prompt.centres", lambda a: a[1:]),
    "centres narrower": put(ARRAYS, "prompt.centres", lambda a: a[:, 1:]),
    "centres flat": put(ARRAYS, "prompt.centres", lambda a: a.ravel()),
    "centres NaN": put(ARRAYS, "prompt.centres", first(NAN)),
    "centres infinite": put(ARRAYS, "prompt.centres", first(INF)),
    "centres huge": put(ARRAYS, "prompt.centres", filled(1e30)),
    "centres doubled": put(ARRAYS, "prompt.centres", lambda a: a.astype(np.float64)),
    "no language model": put(STATE, "params", "llm", ""),
    "language model unknown": put(STATE, "params", "llm", "magic:small"),
    "language model is a path": put(STATE, "params", "llm", "/etc/passwd"),
    "language model without a name": put(STATE, "params", "llm", "gguf:"),
    "language model is a number": put(STATE, "params", "llm", 7),
    "language model is a list": put(STATE, "params", "llm", ["gguf:x"]),
    "asker as a parameter": put(STATE, "params", "asker", "me"),
    "shortlist is text": put(STATE, "params", "shortlist", "8"),
    "shortlist of one": put(STATE, "params", "shortlist", 1),
    "shortlist is no whole number": put(STATE, "params", "shortlist", 2.5),
    "rotations in their billions": put(STATE, "params", "rotations", 10**9),
    "rotations none": put(STATE, "params", "rotations", 0),
    "rotations true": put(STATE, "params", "rotations", True),
    "examples negative": put(STATE, "params", "examples", -1),
    "calibration is null": put(STATE, "params", "calibration", None),
    "another head": put(STATE, "head", "layers"),
    "usual gone": put(ARRAYS, "head.usual", GONE),
    "usual NaN": put(ARRAYS, "head.usual", first(NAN)),
    "usual of fewer labels": put(ARRAYS, "head.usual", lambda a: a[1:]),
    "width of another encoder": put(ARRAYS, "head.width", lambda a: a + 1),
    "width NaN": put(ARRAYS, "head.width", first(NAN)),
    "columns of a table": put(
        STATE,
        "context",
        {"scale": 1.0, "columns": [{"name": "n", "means": [0.0], "scales": [1.0], "levels": []}]},
    ),
    "spelling": put(STATE, "spelling", True),
}


@pytest.mark.parametrize("case", SENSELESS)
def test_well_hashed_nonsense_is_a_store_error(home: Path, tmp_path: Path, case: str) -> None:
    rewritten(open_model(home), tmp_path / "model", SENSELESS[case])
    with pytest.raises(StoreError, match=r"\.$") as caught:
        load_classifier(tmp_path / "model")
    assert "train" in str(caught.value)


def test_what_is_rewritten_unchanged_says_the_same(home: Path, tmp_path: Path) -> None:
    rewritten(open_model(home), tmp_path / "model", lambda _: None)
    theirs = loaded(home).predict_proba(NEW)
    assert np.array_equal(loaded(tmp_path / "model").predict_proba(NEW), theirs)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_value_in_the_place_of_another_predicts_or_is_a_store_error(
    home: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    copy = tmp_path_factory.mktemp("any") / "model"

    def change(content: dict[str, Any]) -> None:
        part = data.draw(st.sampled_from(["prompt", "params"]))
        inner: Any = content[STATE][part]
        while True:
            keys = list(inner) if isinstance(inner, dict) else range(len(inner))
            key = data.draw(st.sampled_from(keys))
            if not isinstance(inner[key], dict | list) or not inner[key] or data.draw(BOOLEAN):
                break
            inner = inner[key]
        inner[key] = data.draw(VALUES)

    rewritten(open_model(home), copy, change)
    try:
        model = loaded(copy)
    except (StoreError, EncoderError):
        return
    finally:
        shutil.rmtree(copy.parent)
    said = model.decide(NEW)
    assert np.allclose(said.probabilities.sum(axis=1), 1)


@pytest.mark.parametrize(
    "llm",
    [
        "anthropic:claude-haiku-4-5",
        "openai:small",
        "ollama:small?url=http://elsewhere.example:11434",
        "ollama:large-cloud",
    ],
)
def test_a_model_elsewhere_is_not_asked_because_a_file_says_so(
    home: Path, tmp_path: Path, llm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COTERIE_LLM_HOSTS", "elsewhere.example")
    for name in ("OLLAMA_HOST", "ANTHROPIC_BASE_URL", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    rewritten(open_model(home), tmp_path / "model", put(STATE, "params", "llm", llm))
    found = load_classifier(tmp_path / "model")
    for ask in (found.predict, found.predict_proba, found.decide, found.transform):  # type: ignore[union-attr]
        with pytest.raises(OptionError, match="--llm"):
            ask(NEW)


def test_a_host_that_is_not_allowed_is_no_damage(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COTERIE_LLM_HOSTS", raising=False)
    llm = "ollama:small?url=http://elsewhere.example:11434"
    rewritten(open_model(home), tmp_path / "model", put(STATE, "params", "llm", llm))
    found = load_classifier(tmp_path / "model")
    with pytest.raises(OptionError, match="COTERIE_LLM_HOSTS"):
        found.predict(NEW)
