"""How close a hit is, as a percentage that means the same in every index.

A cosine of 0.6 can be close in one set and far in another. So two kinds of pairs of this set are
compared: pairs that belong together (a row and the nearest row that is not the same; for searches
in words, a few words of a row and that row), and pairs at random. A logistic function of the cosine
tells them apart (Platt, 1999). 80% means: of pairs as close as this, four in five belong together,
where half of all pairs do.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from coterie.search.nearest import VectorRows

__all__ = [
    "MEASURED",
    "ROWS",
    "WORDS",
    "closeness_of",
    "few_words",
    "fit_closeness",
    "row_closeness",
    "sample_rows",
    "word_closeness",
]

Places = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Vectors = npt.NDArray[np.float32]

ROWS, WORDS = "rows", "words"
MEASURED = "measured"
"""Key of how many rows there were when it was measured."""

_SAMPLE = 300  # pairs that belong together: enough for two parameters
_FEWEST = 20  # pairs, below which nothing is said
_SAME = 0.999  # cosine of rows that say the same
_SURE = 0.99
_BLOCK = 65_536
_FEWEST_WORDS, _MOST_WORDS = 2, 6  # in a query that people type
_WORD = re.compile(r"\S+")


def closeness_of(
    cosines: Floats, measured: Mapping[str, Sequence[float]], *, by_words: bool
) -> Floats | None:
    """Give how close hits are, 0 to 1; None where that was not measured.

    Parameters
    ----------
    cosines
        Any shape.
    measured
        `ROWS` and `WORDS` to slope and intercept, as `fit_closeness` gives them.
    by_words
        Whether the query was in words.
    """
    fitted = measured.get(WORDS if by_words else ROWS)
    if not fitted:
        return None
    slope, intercept = fitted
    found = 1 / (1 + np.exp(-(slope * cosines + intercept)))
    # beyond what some hundred pairs can tell, only rows that are the same are surely so
    shares: Floats = np.where(cosines > _SAME, np.maximum(found, _SURE), np.minimum(found, _SURE))
    return shares


def fit_closeness(together: Floats, random: Floats) -> tuple[float, ...]:
    """Fit slope and intercept that tell pairs which belong together from random ones.

    Nothing is given where there are too few pairs, or those that belong together are no closer.
    """
    if len(together) < _FEWEST or len(random) < _FEWEST or together.mean() <= random.mean():
        return ()
    from sklearn.linear_model import LogisticRegression

    cosines = np.concatenate([together, random])
    belongs = np.arange(len(cosines)) < len(together)
    centre, spread = float(cosines.mean()), max(float(cosines.std()), 1e-6)
    model = LogisticRegression(class_weight="balanced")
    model.fit(((cosines - centre) / spread)[:, None], belongs)
    slope = float(model.coef_[0, 0]) / spread
    return (round(slope, 6), round(float(model.intercept_[0]) - slope * centre, 6))


def sample_rows(count: int, seed: int = 0) -> Places:
    """Choose some of n rows."""
    chosen = np.random.default_rng(seed).choice(count, min(_SAMPLE, count), replace=False)
    return np.sort(chosen).astype(np.int64)


def row_closeness(rows: VectorRows, seed: int = 0) -> tuple[float, ...]:
    """Fit the closeness of searches by example; time grows linearly with the rows."""
    if rows.places < 2:
        return ()
    chosen = sample_rows(rows.places, seed)
    queries = rows.vectors(chosen)
    best = np.full(len(chosen), -1.0, dtype=np.float32)
    for _, block in rows.blocks(_BLOCK):
        cosines = queries @ np.asarray(block).T
        cosines[cosines > _SAME] = -1  # the row itself, and those that say the same
        np.maximum(best, cosines.max(axis=1), out=best)
    together = best[best > -1].astype(np.float64)
    return fit_closeness(together, _off_diagonal(queries @ queries.T))


def word_closeness(words: Vectors, rows: Vectors) -> tuple[float, ...]:
    """Fit the closeness of searches in words, from words (s, dim) and their rows (s, dim)."""
    cosines = words @ rows.T
    return fit_closeness(np.diagonal(cosines).astype(np.float64), _off_diagonal(cosines))


def few_words(texts: Sequence[str], seed: int = 0) -> list[str]:
    """Cut two to six words that follow each other out of each text, as a person would search."""
    random = np.random.default_rng(seed)
    found = []
    for text in texts:
        words = _WORD.findall(text)
        count = int(random.integers(_FEWEST_WORDS, _MOST_WORDS + 1))
        start = int(random.integers(0, max(len(words) - count, 0) + 1))
        found.append(" ".join(words[start : start + count]))
    return found


def _off_diagonal(cosines: Vectors) -> Floats:
    apart = ~np.eye(len(cosines), dtype=np.bool_)
    found: Floats = cosines[apart].astype(np.float64)
    return found
