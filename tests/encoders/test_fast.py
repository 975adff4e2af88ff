"""The fast encoder against the libraries it stands in for."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from coterie.encoders import Vectors, load_encoder, release
from coterie.encoders.bert import FastEncoder, TokenIds, can_run
from coterie.encoders.bert.inference import _Compiled
from coterie.encoders.weights import find_minilm
from coterie.errors import EncoderError, IntegrityError, OptionError

Folder = Callable[..., Path]


@pytest.mark.parametrize("kind", ["bert", "distilbert"])
def test_gives_what_sentence_transformers_gives(
    st_folder: Folder, texts: list[str], kind: str
) -> None:
    from sentence_transformers import SentenceTransformer

    folder = st_folder(kind)
    encoder = load_encoder(str(folder), precision="f32")
    peer = SentenceTransformer(str(folder), device="cpu")
    assert isinstance(encoder, FastEncoder)
    assert encoder.dim == 32
    assert encoder.max_length == 16
    np.testing.assert_allclose(encoder.encode(texts), peer.encode(texts), atol=2e-6)


def test_a_text_gets_the_same_bits_alone_together_and_in_another_order(
    st_folder: Folder, texts: list[str]
) -> None:
    encoder = load_encoder(str(st_folder("bert")))
    together = encoder.encode(texts * 40)
    alone = np.concatenate([encoder.encode([text]) for text in texts])
    backwards = encoder.encode(texts[::-1])[::-1]
    assert np.array_equal(together, np.tile(alone, (40, 1)))
    assert np.array_equal(backwards, alone)


def test_texts_one_by_one_and_in_many_threads_keep_their_bits(
    st_folder: Folder, texts: list[str]
) -> None:
    folder = str(st_folder("bert"))
    together = load_encoder(folder).encode(texts)
    encoder = load_encoder(folder)
    for _ in range(3):
        one_by_one = np.concatenate([encoder.encode([text]) for text in texts])
        assert np.array_equal(one_by_one, together)
    with ThreadPoolExecutor(8) as pool:
        found = pool.map(lambda row: encoder.encode([texts[row]])[0], [*range(len(texts))] * 20)
        assert np.array_equal(np.stack(list(found)), np.tile(together, (20, 1)))


def test_all_cores_are_left_out_where_they_change_a_bit(
    st_folder: Folder, texts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = load_encoder(str(st_folder("bert")))
    assert isinstance(encoder, FastEncoder)
    together, graphs = encoder.encode(texts), []

    class Otherwise(_Compiled):
        """Sums otherwise where it runs on all cores."""

        def __init__(self, *given: Any) -> None:
            super().__init__(*given)
            self.number = max(self.number, 2)  # also on a single core
            graphs.append(self)

        def run(self, ids: TokenIds) -> Vectors:
            return super().run(ids) + (self is not graphs[0])

    monkeypatch.setattr("coterie.encoders.bert.inference._Compiled", Otherwise)
    release(encoder)
    for _ in range(3):
        alone = np.concatenate([encoder.encode([text]) for text in texts])
        assert np.array_equal(alone, together)
    assert len(graphs) == 2


def test_no_text_at_all_gives_no_rows(st_folder: Folder) -> None:
    assert load_encoder(str(st_folder("bert"))).encode([]).shape == (0, 32)


def test_lone_surrogates_and_nul_are_embedded(st_folder: Folder) -> None:
    vectors = load_encoder(str(st_folder("bert"))).encode(["card \ud83d lost", "\x00", "\n"])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


def test_only_the_start_of_a_huge_text_is_tokenised(st_folder: Folder) -> None:
    encoder = load_encoder(str(st_folder("bert")))
    huge = "my card was lost " * 600_000
    late = " " * 5_000_000 + "my card was lost"
    assert np.array_equal(encoder.encode([huge]), encoder.encode(["my card was lost " * 10]))
    assert np.array_equal(encoder.encode([late]), encoder.encode(["my card was lost"]))


def test_fingerprint_tells_length_and_weights_apart(st_folder: Folder) -> None:
    whole, short = (
        load_encoder(str(st_folder("bert"))),
        FastEncoder(st_folder("bert"), max_length=8),
    )
    other = load_encoder(str(st_folder("distilbert")))
    again = FastEncoder(st_folder("bert"), name="another name")
    assert len({whole.fingerprint, short.fingerprint, other.fingerprint}) == 3
    assert again.fingerprint == whole.fingerprint


def test_refuses_what_it_cannot_run(st_folder: Folder, model_folder: Folder) -> None:
    assert not can_run(st_folder("bert", "cls"))
    assert not can_run(model_folder("mistral"))
    with pytest.raises(EncoderError, match="pooling"):
        FastEncoder(st_folder("bert", "cls"))
    with pytest.raises(OptionError, match="max_length"):
        FastEncoder(st_folder("bert"), max_length=17)
    with pytest.raises(OptionError, match="precision"):
        FastEncoder(st_folder("bert"), precision="f8")


def test_embedding_reports_to_nobody(st_folder: Folder, tmp_path: Path) -> None:
    code = f"""
import pathlib, socket, sys

def refuse(*_):
    print("asked for a host")
    raise OSError

socket.getaddrinfo = refuse
from coterie.encoders import load_encoder

load_encoder({str(st_folder("bert"))!r}).encode(["hello"])
from openvino.tools.ovc import telemetry_utils

print(telemetry_utils.tm.__name__, "openvino_telemetry" in sys.modules)
print(list(pathlib.Path.home().iterdir()))
"""
    settings = {name: value for name, value in os.environ.items() if name != "CI"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**settings, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == ["openvino.tools.ovc.telemetry_stub False", "[]"]


def test_altered_minilm_weights_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"not the weights")
    monkeypatch.setenv("COTERIE_MINILM", str(tmp_path))
    with pytest.raises(IntegrityError, match="SHA-256"):
        load_encoder("minilm")


def test_a_named_folder_without_weights_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match=r"model\.safetensors"):
        find_minilm(tmp_path)


@pytest.mark.weights
def test_minilm_is_what_sentence_transformers_makes_of_it(minilm_texts: list[str]) -> None:
    st = pytest.importorskip("sentence_transformers", reason="needs coterie[torch]")
    some = minilm_texts[:40]
    ours = load_encoder("minilm", precision="f32").encode(some)
    theirs = st.SentenceTransformer(str(find_minilm()), device="cpu").encode(some)
    assert ours.shape == (40, 384)
    assert np.einsum("ij,ij->i", ours, theirs).min() >= 0.9999


@pytest.mark.weights
def test_minilm_gives_the_same_bits_alone_and_in_a_fresh_process(
    minilm_texts: list[str], tmp_path: Path
) -> None:
    encoder = load_encoder("minilm")
    together = encoder.encode(minilm_texts)
    shuffled = np.random.default_rng(0).permutation(len(minilm_texts))
    again = encoder.encode([minilm_texts[row] for row in shuffled])
    assert np.array_equal(again, together[shuffled])
    alone = np.concatenate([encoder.encode([text]) for text in minilm_texts[::5]])
    assert np.array_equal(alone, together[::5])
    script = (
        "import sys, json, numpy as np\n"
        "from coterie.encoders import load_encoder\n"
        "texts = json.loads(sys.stdin.read())\n"
        "np.save(sys.argv[1], load_encoder('minilm').encode(texts))\n"
    )
    import json

    part = minilm_texts[3::10]
    subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "fresh.npy")],
        input=json.dumps(part),
        text=True,
        check=True,
    )
    assert np.array_equal(np.load(tmp_path / "fresh.npy"), together[3::10])


def test_a_released_encoder_gives_the_same_vectors_again(st_folder: Callable[..., Path]) -> None:
    encoder = load_encoder(str(st_folder("bert")))
    before = encoder.encode(["my card was lost"])
    release(encoder)
    assert np.array_equal(encoder.encode(["my card was lost"]), before)
    release(load_encoder("tfidf", fit_on=["one text", "another text"]))
