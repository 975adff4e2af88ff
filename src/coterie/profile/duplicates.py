"""Rows that say the same, exactly or nearly."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.personal import mask
from coterie.profile.near import NearDuplicates
from coterie.records.values import number_values

__all__ = [
    "Copies",
    "DistinctTexts",
    "ExactDuplicates",
    "NearDuplicateGroup",
    "NearDuplicateSummary",
    "exact_duplicates",
    "near_duplicate_summary",
]

Ints = npt.NDArray[np.int64]
Strings = npt.NDArray[np.object_]

_EXAMPLES, _MEMBERS, _SHOWN_CHARS = 12, 6, 300  # what fits on a page
_READ_CHARS = 16 * _SHOWN_CHARS  # of which that much is left after masking


@dataclass(frozen=True, slots=True)
class Copies:
    """A text as it is shown, and how many rows carry it."""

    text: str
    rows: int
    similarity: float = 1.0


@dataclass(frozen=True, slots=True)
class ExactDuplicates:
    """Rows whose text is that of another row, character for character.

    Attributes
    ----------
    distinct
        Different texts.
    rows
        Rows beyond the first of each text: what would go if each were kept once.
    share
        ``rows`` as a share of all rows.
    largest
        Rows of the most frequent text.
    conflicts
        Label column to the number of texts that occur under more than one of its labels.
    examples
        The most frequent texts.
    """

    distinct: int
    rows: int
    share: float
    largest: int
    conflicts: Mapping[str, int]
    examples: tuple[Copies, ...]


@dataclass(frozen=True, slots=True)
class NearDuplicateGroup:
    """Texts that are nearly the same: how many, in how many rows, and the first of them."""

    texts: int
    rows: int
    members: tuple[Copies, ...]


@dataclass(frozen=True, slots=True)
class NearDuplicateSummary:
    """Texts that are nearly those of another.

    Attributes
    ----------
    threshold
        Smallest Jaccard similarity of 4-character shingles that counts as near.
    groups
        Groups of two different texts or more.
    texts
        Different texts in them.
    rows
        Rows beyond the first text of each group: what would go if one text of each were kept,
        exact copies not counted.
    share
        ``rows`` as a share of all rows.
    conflicts
        Label column to the number of groups that hold more than one of its labels.
    examples
        The groups with the most texts.
    """

    threshold: float
    groups: int
    texts: int
    rows: int
    share: float
    conflicts: Mapping[str, int]
    examples: tuple[NearDuplicateGroup, ...]


@dataclass(frozen=True, slots=True, eq=False)
class DistinctTexts:
    """Each different text once, the most frequent first, then in the order of the rows.

    Attributes
    ----------
    texts
        Shape (d,), str.
    counts
        Shape (d,), int64: rows that carry each.
    place
        Shape (n,), int64: place of each row's text in ``texts``.
    shown
        Shape (d,), str: each as its first row wrote it.
    """

    texts: Strings
    counts: Ints
    place: Ints
    shown: Strings

    @classmethod
    def of(cls, texts: Strings, shown: Strings | None = None) -> DistinctTexts:
        """Find the distinct texts of n rows; time and memory grow linearly."""
        codes, found = number_values(texts)
        counts = np.bincount(codes, minlength=len(found)).astype(np.int64)
        order = np.argsort(-counts, kind="stable")
        rank = np.empty(len(order), dtype=np.int64)
        rank[order] = np.arange(len(order))
        if shown is None or shown is texts:
            written = found
        else:
            written = np.empty(len(found), dtype=object)
            written[codes[::-1]] = shown[::-1]  # of several the first stays
        return cls(found[order], counts[order], rank[codes], written[order])


def exact_duplicates(
    distinct: DistinctTexts, labels: Mapping[str, Strings], hide: Callable[[str], str] = mask
) -> ExactDuplicates:
    """Count rows that repeat another row's text; ``hide`` makes examples fit to be shown."""
    n, d = len(distinct.place), len(distinct.texts)
    repeated = np.flatnonzero(distinct.counts > 1)[:_EXAMPLES]
    return ExactDuplicates(
        distinct=d,
        rows=n - d,
        share=(n - d) / max(n, 1),
        largest=int(distinct.counts[0]) if d else 0,
        conflicts=_conflicts(distinct.place, labels),
        examples=tuple(_copies(distinct, int(i), hide) for i in repeated),
    )


def near_duplicate_summary(
    distinct: DistinctTexts,
    near: NearDuplicates,
    labels: Mapping[str, Strings],
    hide: Callable[[str], str] = mask,
) -> NearDuplicateSummary:
    """Sum up groups of near duplicates among the distinct texts; ``hide`` as for exact ones."""
    n = len(distinct.place)
    members = np.flatnonzero(near.leader >= 0)
    sizes = np.bincount(near.leader[members], minlength=len(distinct.texts))
    followers = members[near.leader[members] != members]
    rows = int(distinct.counts[followers].sum())
    by_leader = members[np.argsort(near.leader[members], kind="stable")]
    starts = np.concatenate([[0], np.cumsum(sizes)])
    largest = np.argsort(-sizes, kind="stable")[:_EXAMPLES]
    examples = (by_leader[starts[i] : starts[i + 1]] for i in largest.tolist() if sizes[i])
    grouped = near.leader[distinct.place]
    inside = grouped >= 0
    return NearDuplicateSummary(
        threshold=near.threshold,
        groups=int((sizes > 0).sum()),
        texts=len(members),
        rows=rows,
        share=rows / max(n, 1),
        conflicts=_conflicts(grouped[inside], {k: v[inside] for k, v in labels.items()}),
        examples=tuple(_group(distinct, near, places, hide) for places in examples),
    )


def _group(
    distinct: DistinctTexts, near: NearDuplicates, places: Ints, hide: Callable[[str], str]
) -> NearDuplicateGroup:
    return NearDuplicateGroup(
        texts=len(places),
        rows=int(distinct.counts[places].sum()),
        members=tuple(
            _copies(distinct, int(i), hide, float(near.similarity[i])) for i in places[:_MEMBERS]
        ),
    )


def _copies(
    distinct: DistinctTexts, place: int, hide: Callable[[str], str], similarity: float = 1.0
) -> Copies:
    text = hide(str(distinct.shown[place])[:_READ_CHARS])  # before the cut: no half of an address
    shown = text if len(text) <= _SHOWN_CHARS else f"{text[:_SHOWN_CHARS]}…"
    return Copies(shown, int(distinct.counts[place]), similarity)


def _conflicts(groups: Ints, labels: Mapping[str, Strings]) -> dict[str, int]:
    """Count the groups of rows that carry more than one label, for each label column."""
    kinds = {
        name: pd.Series(column, dtype=object).groupby(groups).nunique()
        for name, column in labels.items()
    }
    return {name: int((each > 1).sum()) for name, each in kinds.items()}
