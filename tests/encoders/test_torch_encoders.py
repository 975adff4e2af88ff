"""Decoders, Nomic and other models through the real transformers loading code."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from coterie.encoders import Encoder, load_encoder
from coterie.encoders.torch_models.base import TransformerEncoder
from coterie.encoders.torch_models.decoder import DecoderEncoder
from coterie.encoders.torch_models.nomic import NomicEncoder
from coterie.encoders.torch_models.sentence_transformer import SentenceTransformerEncoder
from coterie.errors import EncoderError, OptionError

Folder = Callable[..., Path]

torch = pytest.importorskip("torch", reason="needs coterie[torch]")


def plain_vectors(folder: Path, texts: list[str], layer: int, limit: int = 512) -> Any:
    """One padded batch, masked mean: the computation as one would write it by hand."""
    from transformers import AutoModel, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(str(folder))
    model = AutoModel.from_pretrained(str(folder)).eval()
    batch = tokenizer(texts, padding=True, truncation=True, max_length=limit, return_tensors="pt")
    with torch.no_grad():
        out = model(
            input_ids=batch["input_ids"],
            attention_mask=batch["attention_mask"],
            output_hidden_states=True,
        )
    mask = batch["attention_mask"].unsqueeze(-1)
    mean = (out.hidden_states[layer] * mask).sum(1) / mask.sum(1)
    return torch.nn.functional.normalize(mean, dim=1).numpy()


@pytest.mark.parametrize("kind", ["mistral", "llama"])
def test_decoders_average_real_tokens_of_the_second_to_last_layer(
    model_folder: Folder, texts: list[str], kind: str
) -> None:
    folder = model_folder(kind)
    encoder = load_encoder(str(folder), device="cpu")
    assert isinstance(encoder, DecoderEncoder)
    assert isinstance(encoder, Encoder)
    vectors = encoder.encode(texts)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(vectors, plain_vectors(folder, texts, layer=-2), atol=1e-5)
    assert np.abs(vectors - plain_vectors(folder, texts, layer=-1)).max() > 1e-2


def test_decoders_keep_at_most_512_tokens_unless_told(model_folder: Folder) -> None:
    folder = model_folder("mistral")
    long = "my card was lost " * 140
    encoder = load_encoder(str(folder), device="cpu")
    short = load_encoder(str(folder), device="cpu", max_length=10)
    np.testing.assert_allclose(encoder.encode([long]), plain_vectors(folder, [long], -2), atol=1e-5)
    np.testing.assert_allclose(
        short.encode([long]), plain_vectors(folder, [long], -2, limit=10), atol=1e-5
    )
    assert encoder.fingerprint != short.fingerprint


def test_one_model_is_in_memory_at_a_time(model_folder: Folder) -> None:
    with (
        DecoderEncoder(model_folder("mistral"), device="cpu") as first,
        DecoderEncoder(model_folder("llama"), device="cpu") as second,
    ):
        before = first.encode(["my card"])
        second.encode(["my card"])
        assert first._model is None
        assert np.array_equal(first.encode(["my card"]), before)
        assert second._model is None
    assert first._model is None


@pytest.mark.parametrize(
    "task", ["clustering", "search_query", "search_document", "classification"]
)
def test_nomic_puts_its_task_before_each_text(
    model_folder: Folder, texts: list[str], task: str
) -> None:
    folder = model_folder("nomic")
    encoder = load_encoder(str(folder), device="cpu", task=task)
    assert isinstance(encoder, NomicEncoder)
    expected = plain_vectors(folder, [f"{task}: {text}" for text in texts], layer=-1)
    np.testing.assert_allclose(encoder.encode(texts), expected, atol=1e-5)


def test_nomic_tasks_have_their_own_fingerprints(model_folder: Folder) -> None:
    made = [
        NomicEncoder(model_folder("nomic"), task=task).fingerprint
        for task in ("clustering", "search_query")
    ]
    assert made[0] != made[1]
    with pytest.raises(OptionError, match="task"):
        NomicEncoder(model_folder("nomic"), task="cluster")


def test_other_poolings_go_through_sentence_transformers(
    st_folder: Folder, texts: list[str]
) -> None:
    from sentence_transformers import SentenceTransformer

    folder = st_folder("bert", "cls")
    encoder = load_encoder(str(folder), device="cpu")
    assert isinstance(encoder, SentenceTransformerEncoder)
    peer = SentenceTransformer(str(folder), device="cpu")
    np.testing.assert_allclose(encoder.encode(texts), peer.encode(texts), atol=1e-5)


def test_eight_bit_needs_a_gpu(model_folder: Folder) -> None:
    with pytest.raises(OptionError, match="CUDA"):
        DecoderEncoder(model_folder("mistral"), device="cpu", eight_bit=True)


def test_the_token_is_nowhere_to_be_seen(
    model_folder: Folder, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    secret = "hf_TOPSECRETTOKENVALUE"
    caplog.set_level(logging.DEBUG)
    encoder = load_encoder(str(model_folder("mistral")), device="cpu", token=secret)
    encoder.encode(["my card"])
    with pytest.raises(EncoderError) as caught:
        load_encoder("some-owner/no-such-model", token=secret)
    seen = [repr(encoder), str(vars(encoder)), str(caught.value), caplog.text, *capfd.readouterr()]
    assert not any(secret in text for text in seen)
    cause: BaseException | None = caught.value
    while cause is not None:
        assert secret not in str(cause)
        cause = cause.__cause__


def test_pickled_weights_are_not_loaded(model_folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text((model_folder("llama") / "config.json").read_text())
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80\x04pickle")
    with pytest.raises(EncoderError, match="safetensors"):
        load_encoder(str(tmp_path))


def test_abstract_parts_are_named() -> None:
    with pytest.raises(TypeError, match="_pool"):
        TransformerEncoder("folder")  # type: ignore[abstract]
