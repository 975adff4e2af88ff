"""How varied the texts of a label are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.profile.duplicates import DistinctTexts
from coterie.profile.near import jaccard
from coterie.profile.words import Tokens

__all__ = ["Diversity", "LabelDiversity", "measure_diversity"]

Ints = npt.NDArray[np.int64]
Strings = npt.NDArray[np.object_]

_PAIRS = 500  # the standard error of a mean distance stays below 0.03
_DRAWN_WORDS = 100  # few enough for small labels; a judgement


@dataclass(frozen=True, slots=True)
class LabelDiversity:
    """How varied the texts of a label are.

    Attributes
    ----------
    label
        The label.
    rows
        Rows with a text.
    distinct_share
        Different texts as a share of them.
    type_token_ratio
        Different words divided by words; falls as a label grows.
    words_in_100
        Different words to be expected among 100 drawn from the label's: comparable between
        labels of unequal size.
    mean_distance
        Mean Jaccard distance between the word sets of two rows, over pairs drawn at random; 0
        when all are the same, 1 when none share a word. None for fewer than two rows.
    """

    label: str
    rows: int
    distinct_share: float
    type_token_ratio: float
    words_in_100: float
    mean_distance: float | None


@dataclass(frozen=True, slots=True)
class Diversity:
    """Diversity of the texts ``of`` a column (the text or the response) by label of ``by``."""

    of: str
    by: str
    labels: tuple[LabelDiversity, ...]


def measure_diversity(
    of: str,
    by: str,
    distinct: DistinctTexts,
    tokens: Tokens,
    column: Strings,
    *,
    seed: int = 0,
) -> Diversity:
    """Measure the diversity of texts under each label of a column.

    Parameters
    ----------
    of, by
        Names of the two, as the profile shows them.
    distinct, tokens
        The texts of n rows, and the words of the distinct ones.
    column
        Shape (n,): label of each row, None for none.
    seed
        Draws the 500 pairs of rows per label for the mean distance.

    Returns
    -------
    Diversity
        Labels in order of their rows. Time grows linearly with the words.
    """
    random = np.random.default_rng(seed)
    sets = tokens.sets()
    codes, found = pd.factorize(column)
    order = np.argsort(codes, kind="stable")
    bounds = np.searchsorted(codes[order], np.arange(len(found) + 1))
    measured = []
    for code, label in enumerate(found):
        rows = distinct.place[order[bounds[code] : bounds[code + 1]]]
        left, right = _draw_pairs(len(rows), random)
        distances = 1 - jaccard(sets, rows[left], rows[right])
        ratio, drawn = _word_variety(tokens, rows)
        measured.append(
            LabelDiversity(
                label=str(label),
                rows=len(rows),
                distinct_share=len(np.unique(rows)) / len(rows),
                type_token_ratio=ratio,
                words_in_100=drawn,
                mean_distance=float(distances.mean()) if len(distances) else None,
            )
        )
    return Diversity(of, by, tuple(sorted(measured, key=lambda each: -each.rows)))


def _draw_pairs(n: int, random: np.random.Generator) -> tuple[Ints, Ints]:
    """Draw pairs of different rows out of n; all of them where they are few."""
    if n * (n - 1) // 2 <= _PAIRS:
        left, right = np.triu_indices(n, 1)
        return left, right
    left = random.integers(0, n, _PAIRS)
    return left, (left + random.integers(1, n, _PAIRS)) % n


def _word_variety(tokens: Tokens, rows: Ints) -> tuple[float, float]:
    """Give types per token, and the types to expect among 100 tokens drawn with replacement."""
    places, times = np.unique(rows, return_counts=True)
    lengths = tokens.lengths[places]
    starts = tokens.starts[places]
    inside = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    ids = tokens.ids[np.repeat(starts, lengths) + inside]
    _, inverse = np.unique(ids, return_inverse=True)
    counts = np.bincount(inverse, weights=np.repeat(times, lengths))
    total = counts.sum()
    if not total:
        return 0.0, 0.0
    drawn = float((1 - (1 - counts / total) ** _DRAWN_WORDS).sum())
    return float(len(counts) / total), drawn
