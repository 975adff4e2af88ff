"""Any sentence-transformers model, through its own library."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from coterie.encoders.batches import BatchEncoder, Batches, same_length
from coterie.encoders.text import readable
from coterie.encoders.weights import fingerprint_of, weights_hash
from coterie.errors import EncoderError
from coterie.extras import require

__all__ = ["SentenceTransformerEncoder"]

_TOKENS = 2048  # in a batch, as for the fast encoder


class SentenceTransformerEncoder(BatchEncoder):
    """A sentence-transformers folder that the fast encoder cannot run.

    Only code of the installed library runs, never the folder's own. ``max_length`` is the model's
    own by default; ``prefix`` is put before every text, for models that were trained with one.
    """

    def __init__(
        self,
        folder: str | Path,
        *,
        name: str | None = None,
        device: str | None = None,
        max_length: int | None = None,
        prefix: str = "",
    ) -> None:
        self._folder, self._device, self._prefix = Path(folder), device, prefix
        self.name = name or self._folder.name
        require("sentence_transformers", extra="torch", purpose=f"The encoder {self.name!r}")
        self._model = self._read()
        if max_length is not None:
            self._model.max_seq_length = max_length
        self.dim = int(self._model.get_embedding_dimension())
        self.fingerprint = fingerprint_of(
            "sentence-transformers",
            weights_hash(self._folder),
            f"max_length={self._model.max_seq_length}",
            f"prefix={prefix}",
        )

    def batches(self, texts: Sequence[str]) -> Batches:
        """Yield rows and their unit vectors, the longest texts first."""
        model = self._model
        prepared = [self._prefix + readable(text) for text in texts]
        ids = model.tokenizer(prepared, truncation=True, max_length=model.max_seq_length)
        for rows in same_length([len(row) for row in ids["input_ids"]], _TOKENS):
            vectors = model.encode(
                [prepared[row] for row in rows],
                batch_size=len(rows),
                normalize_embeddings=True,
                show_progress_bar=False,
            )
            yield rows, np.asarray(vectors, dtype=np.float32)

    def _read(self) -> Any:
        from sentence_transformers import SentenceTransformer

        try:
            return SentenceTransformer(
                str(self._folder),
                device=self._device,
                trust_remote_code=False,
                local_files_only=True,
            )
        except (OSError, ValueError, KeyError, ImportError) as error:
            raise EncoderError(
                f"The model in {self._folder} cannot be read ({type(error).__name__}): download "
                "it again, or use another encoder."
            ) from error
