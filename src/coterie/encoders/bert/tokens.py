"""Texts into token ids, by a folder's own tokeniser."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from coterie.encoders.text import head, readable

__all__ = ["TokenIds", "Tokeniser"]

TokenIds = npt.NDArray[np.int32]


class Tokeniser:
    """The ``tokenizer.json`` of a folder, read at the first use.

    It keeps ``max_length`` tokens of a text, the special ones and the prefix's among them.
    """

    def __init__(self, folder: Path, max_length: int, prefix: str = "") -> None:
        self._path = folder / "tokenizer.json"
        self.max_length, self.prefix = max_length, prefix

    def ids(self, texts: Sequence[str]) -> list[TokenIds]:
        """Token ids of each text, int32, the special ones among them."""
        prepared = [
            self.prefix + head(readable(text), self.max_length, self._count) for text in texts
        ]
        encoded = self._tokenizer.encode_batch_fast(prepared)
        return [np.asarray(item.ids, dtype=np.int32) for item in encoded]

    @property
    def size(self) -> int:
        """Number of tokens in the vocabulary."""
        return int(self._tokenizer.get_vocab_size())

    def _count(self, text: str) -> int:
        return len(self._tokenizer.encode(text).ids)

    @cached_property
    def _tokenizer(self) -> Any:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self._path))
        tokenizer.no_padding()
        tokenizer.enable_truncation(self.max_length)
        return tokenizer
