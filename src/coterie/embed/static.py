"""Static encoders: a vector per token, averaged. Hundreds of times faster than a transformer.

The method is model2vec's (https://github.com/MinishLab/model2vec): each token of the vocabulary is
embedded once by a sentence encoder, the result is reduced by PCA and weighted by how rare the
token is (smooth inverse frequency, Arora et al. 2017).
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from coterie.embed.base import Vectors
from coterie.embed.cache import default_folder
from coterie.embed.text import readable
from coterie.embed.weights import sha256_of, weights_hash
from coterie.errors import EncoderError
from coterie.extras import require

__all__ = ["StaticEncoder", "distilled"]

_DISTIL_DIM = 256
_FORM = "1"  # of what `distilled` writes: raised when it changes
_ROWS = 4096


class StaticEncoder:
    """A model2vec folder. A text without a known token gets the constant vector 1/sqrt(dim).

    Parameters
    ----------
    folder
        The folder that model2vec wrote.
    name
        The name a user typed; the folder's own name by default.
    """

    def __init__(self, folder: str | Path, *, name: str | None = None) -> None:
        path = Path(folder)
        self.name = name or path.name
        require("model2vec", extra="torch", purpose=f"The encoder {self.name!r}")
        from model2vec import StaticModel

        try:
            self._model = StaticModel.from_pretrained(str(path))
        except (OSError, ValueError, KeyError) as error:
            raise EncoderError(
                f"The static encoder in {path} cannot be read ({type(error).__name__}): delete "
                "the folder and distil it again."
            ) from error
        self.dim = int(self._model.dim)
        self.fingerprint = hashlib.sha256(f"static\n{weights_hash(path)}".encode()).hexdigest()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Embed texts; see `coterie.embed.base.Encoder`."""
        vectors = np.empty((len(texts), self.dim), dtype=np.float32)
        for start in range(0, len(texts), _ROWS):
            part = [readable(text) for text in texts[start : start + _ROWS]]
            vectors[start : start + _ROWS] = self._model.encode(
                part, use_multiprocessing=False, normalize=False
            )
        return unit_rows(vectors)


def unit_rows(vectors: Vectors) -> Vectors:
    """Scale rows (n, dim) to unit length; a zero row becomes the constant 1/sqrt(dim)."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    dim = vectors.shape[1]
    constant = np.float32(1 / np.sqrt(max(dim, 1)))
    safe = np.where(norms > 0, norms, 1)
    return np.where(norms > 0, vectors / safe, constant).astype(np.float32, copy=False)


def distilled(teacher: str | Path) -> Path:
    """Return the folder of the static encoder distilled from a sentence encoder.

    It is distilled at the first call (about 20 s on 2 cores for MiniLM) and kept beside the
    embedding cache.

    Parameters
    ----------
    teacher
        Folder of the sentence encoder.

    Raises
    ------
    MissingExtraError
        When torch or model2vec is not installed.
    """
    source = Path(teacher)
    key = f"{_FORM} {_DISTIL_DIM} {sha256_of(source / 'model.safetensors')}"
    home = default_folder() / "static" / hashlib.sha256(key.encode()).hexdigest()[:32]
    if not home.is_dir():
        for module in ("torch", "model2vec.distill"):
            require(module, extra="torch", purpose="Distilling the static encoder")
        home.parent.mkdir(parents=True, exist_ok=True)
        _distil(source, home)
    return home


def _distil(source: Path, home: Path) -> None:
    from model2vec.distill import distill_from_model
    from transformers import AutoModel, AutoTokenizer

    tokenizer: Any = AutoTokenizer.from_pretrained(str(source), local_files_only=True)
    model = AutoModel.from_pretrained(str(source), local_files_only=True)
    static = distill_from_model(model, tokenizer, device="cpu", pca_dims=_DISTIL_DIM)
    draft = Path(tempfile.mkdtemp(prefix=home.name, dir=home.parent))
    try:
        static.save_pretrained(str(draft))
        draft.rename(home)
    except OSError:
        if not home.is_dir():  # another process may have finished first
            raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)
