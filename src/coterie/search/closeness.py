"""How close a hit is, as a percentage that means the same in every index.

A cosine of 0.6 can be close in one set and far in another. So a hit is compared with things that
are known to belong together in this set: for a search by example the nearest other row of each of
some rows; for a search in words a few words of each of some rows with that row. 80% means that four
in five of these pairs are no closer than the hit.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from coterie.search.nearest import VectorRows

__all__ = [
    "ROWS",
    "WORDS",
    "closeness",
    "few_words",
    "percentages",
    "quantiles_of",
    "row_quantiles",
    "sample_rows",
    "word_rows",
]

Places = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Vectors = npt.NDArray[np.float32]

ROWS, WORDS = "rows", "words"
_SAMPLE = 200  # pairs: a share of 50% is then known to 7 points
_STEPS = 101
_BLOCK = 65_536
_FEWEST_WORDS, _MOST_WORDS = 2, 6  # in a query that people type
_WORD = re.compile(r"\S+")


def closeness(cosines: Floats, quantiles: Sequence[float]) -> Floats:
    """Give the share of known pairs that are no closer than each of some cosines, 0 to 1."""
    ends = np.asarray(quantiles, dtype=np.float64)
    shares = np.searchsorted(ends, cosines, side="right") / len(ends)
    inner = np.interp(cosines, ends, np.linspace(0, 1, len(ends)))
    found: Floats = np.where(cosines >= ends[-1], 1.0, np.where(shares > 0, inner, 0.0))
    return found


def quantiles_of(cosines: Floats) -> tuple[float, ...]:
    """Give the 0% to 100% quantiles of cosines, rounded to what is known of them."""
    return tuple(np.round(np.quantile(cosines, np.linspace(0, 1, _STEPS)), 6).tolist())


def sample_rows(count: int, seed: int = 0) -> Places:
    """Choose some of n rows."""
    chosen = np.random.default_rng(seed).choice(count, min(_SAMPLE, count), replace=False)
    return np.sort(chosen).astype(np.int64)


def row_quantiles(rows: VectorRows, seed: int = 0) -> tuple[float, ...]:
    """Measure how close the nearest other row of each of some rows is; none with one row.

    Time grows linearly with the rows.
    """
    if rows.places < 2:
        return ()
    chosen = sample_rows(rows.places, seed)
    queries = rows.vectors(chosen)
    best = np.full(len(chosen), -1.0, dtype=np.float32)
    for first, block in rows.blocks(_BLOCK):
        cosines = queries @ np.asarray(block).T
        own = np.flatnonzero((chosen >= first) & (chosen < first + len(block)))
        cosines[own, chosen[own] - first] = -1
        np.maximum(best, cosines.max(axis=1), out=best)
    return quantiles_of(best.astype(np.float64))


def word_rows(texts: Sequence[str], seed: int = 0) -> tuple[Places, list[str]]:
    """Choose rows and a few words of each, as a person would search for it.

    Returns
    -------
    places : ndarray of shape (s,), int64
    words : list of s str
    """
    random = np.random.default_rng(seed)
    chosen = sample_rows(len(texts), seed)
    return chosen, [few_words(texts[row], random) for row in chosen.tolist()]


def few_words(text: str, random: np.random.Generator) -> str:
    """Cut two to six words that follow each other out of a text."""
    words = _WORD.findall(text)
    count = int(random.integers(_FEWEST_WORDS, _MOST_WORDS + 1))
    start = int(random.integers(0, max(len(words) - count, 0) + 1))
    return " ".join(words[start : start + count])


def percentages(
    cosines: Floats, measured: Mapping[str, Sequence[float]], *, by_words: bool
) -> Floats | None:
    """Give the closeness of hits, 0 to 1; None where it was not measured."""
    quantiles = measured.get(WORDS if by_words else ROWS) or measured.get(ROWS)
    return closeness(cosines, quantiles) if quantiles else None
