"""Static encoders: a vector per token, averaged. Hundreds of times faster than a transformer.

The method is model2vec's (https://github.com/MinishLab/model2vec): each token of the vocabulary is
embedded once by a sentence encoder, the result is reduced by PCA and weighted by how rare the
token is (smooth inverse frequency, Arora et al. 2017).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from coterie import progress
from coterie.encoders.base import Vectors, unit_rows
from coterie.encoders.bert import FastEncoder, pieces_to_tell
from coterie.encoders.kept import kept_folder
from coterie.encoders.text import readable
from coterie.encoders.weights import fingerprint_of, weights_hash
from coterie.errors import EncoderError
from coterie.extras import require

__all__ = ["StaticEncoder", "distilled"]

_DISTIL_DIM = 256  # as model2vec by default
_SIF = 1e-4  # weight of rare tokens over frequent ones, as model2vec by default
_MAX_LENGTH = 512  # tokens of a text, as model2vec by default
_FORM = "1"  # of what `distilled` writes: raised when it changes
_ROWS = 4096  # texts at a time, to bound memory: a judgement, not measured


class StaticEncoder:
    """A folder that model2vec wrote. A text without a known token gets the vector 1/sqrt(dim)."""

    def __init__(self, folder: str | Path, *, name: str | None = None) -> None:
        path = Path(folder)
        self.name = name or path.name
        require("model2vec", extra="static", purpose=f"The encoder {self.name!r}")
        from model2vec import StaticModel

        try:
            self._model = StaticModel.from_pretrained(str(path))
        except (OSError, ValueError, KeyError) as error:
            raise EncoderError(
                f"The static encoder in {path} cannot be read ({type(error).__name__}): delete "
                "the folder, so that it is made again."
            ) from error
        self.dim = int(self._model.dim)
        self.fingerprint = fingerprint_of("static", weights_hash(path))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Embed texts; see `coterie.encoders.base.Encoder`."""
        vectors = np.empty((len(texts), self.dim), dtype=np.float32)
        for start in range(0, len(texts), _ROWS):
            part = [readable(text) for text in texts[start : start + _ROWS]]
            vectors[start : start + _ROWS] = self._model.encode(
                part, use_multiprocessing=False, normalize=False
            )
        return unit_rows(vectors)

    def unknown(self, texts: Sequence[str]) -> list[list[tuple[int, int, bool]]]:
        """Tell the pieces of each text that are unknown, see `FastEncoder.unknown`."""
        return pieces_to_tell(self._model.tokenizer, texts)


def distilled(teacher: str | Path) -> Path:
    """Return the folder of the static encoder distilled from one that the fast encoder runs.

    It is distilled at the first call (some 15 s on 2 cores for MiniLM, without torch) and kept
    beside the embedding cache; for this process alone, with a warning, where that cannot be written
    to. `MissingExtraError` where model2vec is not installed.
    """
    encoder = FastEncoder(teacher)
    name = f"static/{encoder.fingerprint[:24]}-{_DISTIL_DIM}-{_FORM}"
    return kept_folder(name, partial(_save, encoder, Path(teacher)))


def _distil(encoder: FastEncoder) -> Vectors:
    """Embed each token of the vocabulary alone, reduce and weight: (tokens, dim) float32."""
    tokens = encoder.vocabulary_size
    vectors = np.empty((tokens, encoder.dim), dtype=np.float64)
    with progress.current().stage("Distilling the static encoder", tokens) as stage:
        for rows, part in encoder.embed_tokens(np.arange(tokens)):
            vectors[rows] = part
            stage.advance(len(rows))
    vectors -= vectors.mean(axis=0)
    _, axes = np.linalg.eigh(vectors.T @ vectors)
    vectors = vectors @ axes[:, ::-1][:, :_DISTIL_DIM]
    frequency = 1 / np.arange(2, tokens + 2)  # Zipf: a vocabulary is ordered by frequency
    rarity = _SIF / (_SIF + frequency / frequency.sum())
    weighted: Vectors = (vectors * rarity[:, None]).astype(np.float32)
    return weighted


def _save(encoder: FastEncoder, teacher: Path, home: Path) -> None:
    """Write the folder of the static encoder."""
    require("model2vec", extra="static", purpose="Distilling the static encoder")
    from model2vec import StaticModel
    from tokenizers import Tokenizer

    vectors = _distil(encoder)
    tokenizer = Tokenizer.from_file(str(teacher / "tokenizer.json"))
    config = {"model_type": "model2vec", "normalize": True, "max_length": _MAX_LENGTH}
    static = StaticModel(vectors, tokenizer, config=config, normalize=True, max_length=_MAX_LENGTH)
    static.save_pretrained(str(home))
