"""Static and TF-IDF encoders, and names that lead nowhere."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from coterie.encoders import Encoder, TfidfEncoder, fit_tfidf, load_encoder, tfidf
from coterie.encoders.static import StaticEncoder, distilled
from coterie.errors import EncoderError, NoRowsError, OptionError, StoreError


def test_static_is_distilled_once_and_loads_by_folder(
    st_folder: Callable[..., Path], texts: list[str]
) -> None:
    pytest.importorskip("model2vec", reason="needs coterie[static]")
    home = distilled(st_folder("bert"))
    stamp = (home / "model.safetensors").stat().st_mtime_ns
    assert distilled(st_folder("bert")) == home
    assert (home / "model.safetensors").stat().st_mtime_ns == stamp
    encoder = load_encoder(str(home))
    assert isinstance(encoder, StaticEncoder)
    vectors = encoder.encode(texts)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    alone = np.concatenate([encoder.encode([text]) for text in texts])
    assert np.array_equal(alone, vectors)
    near = encoder.encode(["my card was lost", "card was lost", "top up payment"])
    assert near[0] @ near[1] > near[0] @ near[2]


def test_tfidf_saves_and_loads_the_same_vectors(tmp_path: Path, texts: list[str]) -> None:
    encoder = load_encoder("tfidf", fit_on=texts, dim=4)
    assert isinstance(encoder, TfidfEncoder)
    assert isinstance(encoder, Encoder)
    encoder.save(tmp_path / "tfidf")
    loaded = load_encoder(str(tmp_path / "tfidf"))
    assert loaded.fingerprint == encoder.fingerprint
    assert np.array_equal(loaded.encode(texts), encoder.encode(texts))
    np.testing.assert_allclose(np.linalg.norm(loaded.encode(texts), axis=1), 1, atol=1e-5)
    assert sorted(path.name for path in (tmp_path / "tfidf").iterdir()) == [
        "tfidf.json",
        "tfidf.safetensors",
    ]


def test_tfidf_fingerprint_covers_what_it_learnt(texts: list[str]) -> None:
    assert fit_tfidf(texts).fingerprint == fit_tfidf(texts).fingerprint
    assert fit_tfidf(texts).fingerprint != fit_tfidf([*texts, "one more"]).fingerprint


def test_tfidf_takes_texts_without_a_known_word(texts: list[str]) -> None:
    vectors = fit_tfidf(texts).encode(["", "???"])
    assert np.array_equal(vectors[0], vectors[1])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_tfidf_needs_texts_with_words(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="fit_on"):
        load_encoder("tfidf")
    with pytest.raises(NoRowsError, match="TF-IDF"):
        fit_tfidf(["", "..."])


def test_altered_tfidf_state_is_refused(tmp_path: Path, texts: list[str]) -> None:
    fit_tfidf(texts).save(tmp_path)
    state = tmp_path / "tfidf.json"
    state.write_text(state.read_text().replace('"card"', '"cart"'))
    with pytest.raises(StoreError, match=tmp_path.name):
        load_encoder(str(tmp_path))
    state.write_text("{")
    with pytest.raises(StoreError, match="JSONDecodeError"):
        load_encoder(str(tmp_path))


def test_unknown_names_say_where_was_looked_and_what_is_near() -> None:
    with pytest.raises(EncoderError, match=r"'minilmm'.* 'minilm'"):
        load_encoder("minilmm")
    with pytest.raises(EncoderError, match=r"mistralai/Mistral-7B-v0\.1"):
        load_encoder("mistralai/Mistral-7B-v1")


def test_unknown_options_name_the_nearest(texts: list[str]) -> None:
    with pytest.raises(OptionError, match=r"'sed'.*seed"):
        load_encoder("tfidf", fit_on=texts, sed=1)


def test_importing_the_room_loads_nothing_heavy() -> None:
    script = (
        "import sys, coterie.encoders\n"
        "heavy = {'torch', 'sklearn', 'openvino', 'transformers', 'model2vec', 'pyarrow'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert set(eval(done.stdout)) <= {"pyarrow"}


def test_few_texts_are_decomposed_exactly() -> None:
    rng = np.random.default_rng(0)
    texts = [" ".join(f"word{w}" for w in rng.integers(0, 400, 12)) for _ in range(60)]
    encoder = fit_tfidf([*texts, texts[0]], dim=80)
    assert encoder.dim == 60, "a text told twice adds no direction"
    vectors = encoder.encode(texts)
    counts = encoder._counter.transform(texts)
    assert np.allclose(vectors @ vectors.T, (counts @ counts.T).toarray(), atol=1e-5)


def test_many_texts_have_the_directions_of_few(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    topics = [[f"t{topic}w{w}" for w in range(60)] for topic in range(4)]
    texts = [" ".join(rng.choice(topics[row % 4], 40)) for row in range(80)]
    exact = fit_tfidf(texts, dim=4).encode(texts)
    monkeypatch.setattr(tfidf, "_FEW", 0)
    drawn = fit_tfidf(texts, dim=4).encode(texts)
    assert np.allclose(exact @ exact.T, drawn @ drawn.T, atol=1e-2)
