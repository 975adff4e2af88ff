"""Pairs of rows that say the same, and batches of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.errors import OptionError
from coterie.metrics.columns import check_lengths, is_missing

__all__ = ["draw_pairs", "epoch_batches"]

Ints = npt.NDArray[np.int64]


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
