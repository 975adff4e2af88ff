"""Triplets whose negatives the encoder finds hard to tell from the anchor."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.errors import OptionError
from coterie.metrics.columns import check_lengths, is_missing
from coterie.progress import current
from coterie.tuning.pairs import draw_pairs

__all__ = ["draw_triplets"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.floating]

_BLOCK, _POOL = 512, 32_768  # anchors at a time and rows to choose from: bound the memory


def draw_triplets(
    labels: npt.NDArray[np.object_],
    vectors: Floats,
    count: int | None = None,
    *,
    texts: npt.NDArray[np.object_],
    rng: np.random.Generator,
    hard: int = 8,
    guard: float = 0.95,
) -> Ints:
    """Draw triplets: a row, one of its label, and one of another label that is near to it.

    Anchor and positive are as in `draw_pairs`. The negative is drawn from the ``hard`` rows of
    another label that are nearest to the anchor and not suspiciously near: one more than
    ``guard`` times as similar as the positive may well be of the anchor's kind with a wrong
    label, and is passed over. So is a row with the text of the anchor or of the positive. Where
    all are passed over, the negative is a random row of another label and text.

    Parameters
    ----------
    labels
        Shape (n,): label of each row; rows without one are left out.
    vectors
        Shape (n, d), unit length: of the encoder that is to be tuned.
    count
        How many triplets; None is one for each row that can be an anchor.
    texts
        Shape (n,), str.
    rng
        Draws; the same state gives the same triplets.
    hard
        From how many of the nearest allowed rows the negative is drawn; 0 draws it at random from
        all rows of another label and text.
    guard
        Share of the positive's similarity that a hard negative may reach, in (0, 1].

    Returns
    -------
    ndarray of shape (m, 3), int64
        Row numbers of anchor, positive and negative, in random order. An anchor without any row
        of another label and text gives none.

    Raises
    ------
    InputError
        When labels, vectors and texts differ in length.
    OptionError
        When ``hard`` is negative or ``guard`` is outside its range.

    Notes
    -----
    Similarities are computed for 512 anchors at a time against all rows, or against a random
    32,768 of them where there are more: O(count · min(n, 32,768) · d) time and memory for
    512 times as many numbers. The use of the encoder's own neighbours follows H. Xuan et al.,
    "Hard Negative Examples are Hard, but Useful" (ECCV 2020); the guard is the share of the
    positive's similarity of G. de Souza P. Moreira et al., "NV-Retriever" (2024), at 0.95 too.
    """
    check_lengths(labels, vectors, "labels and vectors")
    if hard < 0:
        raise OptionError(f"The number of hard negatives is {hard}: give 0 or more.")
    if not 0 < guard <= 1:
        raise OptionError(f"guard is {guard:g}: give a share above 0, up to 1.")
    pairs = draw_pairs(labels, count, texts=texts, rng=rng)
    label, _ = pd.factorize(np.asarray(labels, dtype=object))
    text, _ = pd.factorize(np.asarray(texts, dtype=object))
    pool = np.flatnonzero(~is_missing(labels))
    if len(pool) > _POOL:
        pool = np.sort(rng.choice(pool, _POOL, replace=False))
    near = np.ascontiguousarray(vectors[pool].T)
    blocks = []
    with current().stage("Mining hard negatives", len(pairs)) as stage:
        for start in range(0, len(pairs), _BLOCK):
            block = pairs[start : start + _BLOCK]
            anchor, positive = block.T
            allowed = label[anchor, None] != label[pool]
            allowed &= (text[anchor, None] != text[pool]) & (text[positive, None] != text[pool])
            chosen = np.full(len(block), -1)
            if hard:
                alike = np.einsum("ij,ij->i", vectors[anchor], vectors[positive])
                limit = np.minimum(guard * alike, alike)  # the two differ in order below zero
                chosen = _nearest(vectors[anchor] @ near, allowed, limit, hard, rng)
            left = chosen < 0
            chosen[left] = _random(allowed[left], rng)
            found = chosen >= 0
            blocks.append(np.column_stack([block[found], pool[chosen[found]]]))
            stage.advance(len(block))
    return np.concatenate([np.empty((0, 3), np.int64), *blocks])


def _nearest(
    similarity: Floats,
    allowed: npt.NDArray[np.bool_],
    limit: Floats,
    hard: int,
    rng: np.random.Generator,
) -> Ints:
    """Draw for each row one of the ``hard`` most similar allowed columns; -1 where none is."""
    open_to = np.where(allowed & (similarity <= limit[:, None]), similarity, -np.inf)
    hard = min(hard, open_to.shape[1])
    columns = np.argpartition(open_to, -hard, axis=1)[:, -hard:]
    usable = np.isfinite(np.take_along_axis(open_to, columns, axis=1))
    draw = np.where(usable, rng.random(usable.shape), -1).argmax(axis=1)
    at = np.arange(len(columns))
    return np.where(usable[at, draw], columns[at, draw], -1)


def _random(allowed: npt.NDArray[np.bool_], rng: np.random.Generator) -> Ints:
    """Draw one of the allowed columns of each row; -1 where none is."""
    total = allowed.sum(axis=1)
    wanted = rng.integers(np.maximum(total, 1)) + 1
    column = (np.cumsum(allowed, axis=1, dtype=np.int32) >= wanted[:, None]).argmax(axis=1)
    return np.where(total > 0, column, -1)
