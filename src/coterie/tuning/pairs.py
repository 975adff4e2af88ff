"""Pairs and triplets of rows to learn from, and batches of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.errors import OptionError
from coterie.metrics.columns import check_lengths, is_missing
from coterie.progress import current

__all__ = ["draw_pairs", "draw_triplets", "epoch_batches"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.floating]

_BLOCK, _POOL = 512, 32_768  # anchors at a time and rows to choose from: bound the memory


def draw_pairs(
    labels: npt.NDArray[np.object_],
    count: int | None = None,
    *,
    texts: npt.NDArray[np.object_],
    rng: np.random.Generator,
) -> Ints:
    """Draw pairs of rows of one label that are not copies of one text.

    Every row of a label with two different texts is an anchor equally often, but for one when
    ``count`` is no multiple of their number; the other of the pair is drawn uniformly from the
    rows of the label with another text.

    Parameters
    ----------
    labels
        Shape (n,): label of each row; rows without one are left out.
    count
        How many pairs; None is one for each row that can be an anchor.
    texts
        Shape (n,), str: rows with the same are never a pair.
    rng
        Draws; the same state gives the same pairs.

    Returns
    -------
    ndarray of shape (m, 2), int64
        Row numbers of anchor and positive, in random order; m is ``count``, or 0 where no label
        has two different texts.

    Raises
    ------
    InputError
        When labels and texts differ in length.
    OptionError
        When ``count`` is negative.

    Notes
    -----
    O(n log n + count) time, O(n + count) memory. Pairs of one label as positives, with the other
    rows of the batch as negatives, follow M. Henderson et al., "Efficient Natural Language
    Response Suggestion for Smart Reply" (2017), and N. Reimers and I. Gurevych, "Sentence-BERT"
    (EMNLP 2019).
    """
    check_lengths(labels, texts, "labels and texts")
    if count is not None and count < 0:
        raise OptionError(f"The number of pairs is {count}: give 0 or more.")
    rows = np.flatnonzero(~is_missing(labels))
    label, _ = pd.factorize(np.asarray(labels, dtype=object)[rows])
    text, _ = pd.factorize(np.asarray(texts, dtype=object)[rows])
    order = np.lexsort((text, label))
    rows, label, text = rows[order], label[order], text[order]
    # In this order the rows of a label, and in it those of a text, are one run each.
    label_start, label_size = _runs(_opens(label))
    text_start, text_size = _runs(_opens(label) | _opens(text))
    partners = label_size - text_size
    anchors = _in_turn(np.flatnonzero(partners), count, rng)
    drawn = label_start[anchors] + rng.integers(partners[anchors])
    drawn += np.where(drawn >= text_start[anchors], text_size[anchors], 0)
    return np.stack([rows[anchors], rows[drawn]], axis=1)


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


def epoch_batches(
    drawn: Ints,
    size: int,
    *,
    labels: npt.NDArray[np.object_],
    rng: np.random.Generator,
) -> list[Ints]:
    """Shuffle pairs or triplets into the batches of one epoch.

    The labels are spread: each batch holds them about as often as the whole does, so that none is
    short of negatives. Which pairs of a label meet which of another is drawn anew at each call.

    Parameters
    ----------
    drawn
        Shape (m, 2) or (m, 3): row numbers, the anchor first.
    size
        Rows of ``drawn`` in a batch, 2 or more.
    labels
        Shape (n,): label of each row.
    rng
        Shuffles.

    Returns
    -------
    list of ndarray of shape (size, 2) or (size, 3), int64
        Each row of ``drawn`` once. The last batch is smaller where m is no multiple of ``size``;
        a remainder of one, which has nothing to be told apart from, is left out.

    Raises
    ------
    OptionError
        When ``size`` is below 2.
    """
    if size < 2:
        raise OptionError(f"The batch size is {size}: give 2 or more.")
    label, _ = pd.factorize(np.asarray(labels, dtype=object)[drawn[:, 0]])
    shuffled = rng.permutation(len(drawn))
    order = shuffled[np.argsort(label[shuffled], kind="stable")]
    start, length = _runs(_opens(label[order]))
    place = (np.arange(len(order)) - start + rng.random(len(order))) / length
    mixed = drawn[order[np.argsort(place, kind="stable")]]
    batches = [mixed[at : at + size] for at in range(0, len(mixed), size)]
    return batches[:-1] if batches and len(batches[-1]) < 2 else batches


def _in_turn(places: Ints, count: int | None, rng: np.random.Generator) -> Ints:
    """Shuffle, as often as it takes to give each place equally often, up to ``count``."""
    if count is None or not len(places):
        return rng.permutation(places)
    rounds = [rng.permutation(places) for _ in range(-(-count // len(places)))]
    return np.concatenate([*rounds, places[:0]])[:count]


def _opens(sorted_codes: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Tell where a run of equal codes begins."""
    opens = np.ones(len(sorted_codes), dtype=np.bool_)
    opens[1:] = sorted_codes[1:] != sorted_codes[:-1]
    return opens


def _runs(opens: npt.NDArray[np.bool_]) -> tuple[Ints, Ints]:
    """Give the start and the length of the run that each place is in."""
    starts = np.flatnonzero(opens)
    run = np.cumsum(opens) - 1
    lengths = np.diff(np.append(starts, len(opens)))
    return starts[run], lengths[run]


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
