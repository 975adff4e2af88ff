"""How a text is spelt: its runs of characters, hashed into a fixed number of columns."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["SPELLING", "spell"]

SPELLING = 1024
"""Columns: 512 are worse and 2,048 slightly better (docs/decisions/few-examples.md)."""

_RUNS = (2, 5)  # characters of a run within a word and the blanks around it
_READ = 4000  # characters of a text, for time: a judgement


def spell(texts: Sequence[str]) -> npt.NDArray[np.float32]:
    """Count runs of characters: (n, 1024) of unit length, or zeros where a text has none.

    A column has the root of the count of its runs, with a sign that the hash of the run gives
    (Weinberger et al. 2009). Nothing is learnt, so a text has the same row everywhere.
    """
    if not len(texts):
        return np.zeros((0, SPELLING), dtype=np.float32)
    counts = _counter().transform([_sound(text[:_READ]) for text in texts])
    totals = np.asarray(abs(counts).sum(axis=1)).ravel()
    sizes = np.repeat(np.maximum(totals, 1.0), np.diff(counts.indptr))
    counts.data = np.sign(counts.data) * np.sqrt(np.abs(counts.data) / sizes)
    spelt: npt.NDArray[np.float32] = counts.toarray().astype(np.float32)
    return spelt


def _sound(text: str) -> str:
    """Put a question mark in the place of half characters, which cannot be hashed."""
    return text.encode("utf-8", "replace").decode("utf-8")


@cache
def _counter() -> Any:
    from sklearn.feature_extraction.text import HashingVectorizer

    return HashingVectorizer(n_features=SPELLING, analyzer="char_wb", ngram_range=_RUNS, norm=None)
