"""Encoders that run a transformers model with torch, one in memory at a time."""

from __future__ import annotations

import gc
import importlib.util
import json
import weakref
from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np

from coterie.encoders.base import Vectors
from coterie.encoders.batches import BatchEncoder, Batches, same_length
from coterie.encoders.text import readable
from coterie.encoders.weights import fingerprint_of, read_config, weights_hash
from coterie.errors import EncoderError, OptionError
from coterie.extras import require

__all__ = ["TransformerEncoder"]

_TOKENS = 4096  # in a batch: a judgement, not measured

_held: weakref.ref[TransformerEncoder] | None = None


class TransformerEncoder(BatchEncoder):
    """Runs a transformers model over batches of one length and pools its hidden states.

    The model is read at the first use. Only one such model is in memory at a time: reading another
    releases it, as does `release` or the end of a ``with`` block; a released encoder reads its
    model again when it is next used. Only code of the installed library runs, never the folder's.

    Parameters
    ----------
    folder, name
        A transformers folder; its own name by default.
    device
        ``"cpu"``, ``"cuda"``...; by default the GPU where there is one.
    max_length
        Tokens kept of a text.
    eight_bit
        Hold the weights in 8 bits. By default where a CUDA GPU and bitsandbytes are present.
    """

    def __init__(
        self,
        folder: str | Path,
        *,
        name: str | None = None,
        device: str | None = None,
        max_length: int = 512,
        eight_bit: bool | None = None,
    ) -> None:
        self._folder = Path(folder)
        self.name = name or self._folder.name
        purpose = f"The encoder {self.name!r}"
        self._torch = require("torch", extra="torch", purpose=purpose)
        require("transformers", extra="torch", purpose=purpose)
        if max_length < 1:
            raise OptionError(f"max_length is {max_length}: give 1 token or more.")
        config = read_config(self._folder)
        self.dim = int(config.get("hidden_size") or config["n_embd"])
        self.max_length = max_length
        self._device = device or ("cuda" if self._torch.cuda.is_available() else "cpu")
        self._eight_bit = self._choose_eight_bit(eight_bit)
        self._model: Any = None
        self._tokenizer: Any = None
        self.fingerprint = self._fingerprint(config)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.release()

    def batches(self, texts: Sequence[str]) -> Batches:
        """Yield rows and their unit vectors, the longest texts first."""
        self._hold()
        prepared = [self._prepare(readable(text)) for text in texts]
        encoded = self._tokenizer(prepared, truncation=True, max_length=self.max_length)
        ids = encoded["input_ids"]
        for rows in same_length([len(row) for row in ids], _TOKENS):
            yield rows, self._embed(np.asarray([ids[row] for row in rows], dtype=np.int64))

    def release(self) -> None:
        """Free the memory of the model."""
        self._model = self._tokenizer = None
        gc.collect()
        if self._device.startswith("cuda"):
            self._torch.cuda.empty_cache()

    @abstractmethod
    def _pool(self, ids: Any) -> Any:
        """Token ids (batch, length) to pooled hidden states (batch, dim)."""

    @abstractmethod
    def _traits(self) -> str:
        """Name what else changes the vectors: layer, pooling, prefix."""

    def _prepare(self, text: str) -> str:
        return text

    def _embed(self, ids: np.ndarray[Any, Any]) -> Vectors:
        torch = self._torch
        with torch.inference_mode():
            pooled = self._pool(torch.from_numpy(ids).to(self._device)).float()
            unit = torch.nn.functional.normalize(pooled, dim=1)
        vectors: Vectors = unit.cpu().numpy()
        return vectors

    def _hold(self) -> None:
        """Read the model, after the one in memory has been released."""
        global _held  # noqa: PLW0603 - one model per process
        if self._model is not None:
            return
        other = None if _held is None else _held()
        if other is not None:
            other.release()
        self._read()
        _held = weakref.ref(self)

    def _read(self) -> None:
        from transformers import AutoModel, AutoTokenizer

        options: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
        try:
            self._tokenizer = AutoTokenizer.from_pretrained(str(self._folder), **options)
            if self._eight_bit:
                from transformers import BitsAndBytesConfig

                quantized: Any = BitsAndBytesConfig

                options["quantization_config"] = quantized(load_in_8bit=True)
                options["device_map"] = self._device
            model = AutoModel.from_pretrained(str(self._folder), dtype="auto", **options)
        except (OSError, ValueError, KeyError, ImportError) as error:
            raise EncoderError(
                f"The model in {self._folder} cannot be read ({type(error).__name__}): download "
                "it again, or use another encoder."
            ) from error
        self._model = (model if self._eight_bit else model.to(self._device)).eval()

    def _choose_eight_bit(self, wanted: bool | None) -> bool:
        able = (
            self._device.startswith("cuda") and importlib.util.find_spec("bitsandbytes") is not None
        )
        if wanted and not able:
            raise OptionError(
                "8-bit weights need a CUDA GPU and bitsandbytes: leave eight_bit out."
            )
        return able if wanted is None else wanted

    def _fingerprint(self, config: dict[str, Any]) -> str:
        precision = "int8" if self._eight_bit else config.get("dtype", config.get("torch_dtype"))
        return fingerprint_of(
            json.dumps(config, sort_keys=True),
            weights_hash(self._folder),
            f"max_length={self.max_length}",
            f"precision={precision}",
            self._traits(),
        )
