"""Texts into token ids, by a folder's own tokeniser."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from coterie.encoders.text import head, readable

__all__ = ["TokenIds", "Tokeniser", "pieces_to_tell"]

TokenIds = npt.NDArray[np.int32]

_UNKNOWN = ("[UNK]", "<unk>")  # as BERT and XLM-R call it


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

    def unknown(self, texts: Sequence[str]) -> list[list[tuple[int, int, bool]]]:
        """Pieces of each text that are unknown or one character long: start, end, and if known."""
        return pieces_to_tell(self._tokenizer, texts)

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


def pieces_to_tell(tokenizer: Any, texts: Sequence[str]) -> list[list[tuple[int, int, bool]]]:
    """Pieces of each text that are unknown or one character long: start, end, and if known.

    The tokenizer is one of the library ``tokenizers``.
    """
    unknown = {tokenizer.token_to_id(token) for token in _UNKNOWN} - {None}
    encoded = tokenizer.encode_batch([readable(text) for text in texts], add_special_tokens=False)
    return [
        [
            (start, end, token not in unknown)
            for token, (start, end) in zip(item.ids, item.offsets, strict=True)
            if token in unknown or end - start == 1
        ]
        for item in encoded
    ]
