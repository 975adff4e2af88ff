"""Why two rows are alike: what they share that few others have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from coterie.encoders.function_words import function_words
from coterie.formatting import format_number, percent
from coterie.search.schema import Column
from coterie.search.storage.reader import IndexReader
from coterie.search.words import words_of

__all__ = ["Reason", "ReasonKind", "reasons_for"]

Places = npt.NDArray[np.int64]
ReasonKind: TypeAlias = Literal["value", "tag", "number", "word"]

# Judgements, made by reading the reasons for hits in the survey of `adopters`.
_MOST_SHARE = 0.3  # of the rows that have a value, a tag or so near a number
_MOST_WORD = 0.2  # of the rows that have a word
_MOST = 5
_SHORTEST = 3  # letters of a word


@dataclass(frozen=True, slots=True)
class Reason:
    """Something that a hit shares with what was searched for.

    Attributes
    ----------
    kind
        Whether it is the value of a column, a tag in one, numbers that are near, or a word.
    column
        Name of the column; "" for a word.
    text
        The value, the tag, both numbers, or the word.
    share
        Of all rows that have it too, 0 to 1: the smaller, the more it says.
    """

    kind: ReasonKind
    column: str
    text: str
    share: float

    def __str__(self) -> str:
        """Write it as a person reads it: ``sector: Health (4.1% of rows)``."""
        said = f"“{self.text}”" if self.kind == "word" else f"{self.column}: {self.text}"
        if self.kind == "value" and self.column.casefold() == self.text.casefold():
            said = self.text
        return f"{said} ({percent(self.share)} of rows)"


def reasons_for(
    index: IndexReader, hits: Places, examples: Places, words: str, *, most: int = _MOST
) -> list[list[Reason]]:
    """Say what each hit shares with examples, and with the words of a query.

    A value counts where at least half of the examples have it.

    Parameters
    ----------
    index
        The index.
    hits, examples
        Places of rows.
    words
        The query; "" where there is none.
    most
        Reasons for each hit at most.

    Returns
    -------
    list of lists, one for each hit, the most telling reason first
    """
    found: list[list[Reason]] = [[] for _ in hits]
    if len(examples):
        for column in index.schema:
            theirs = index.cells(column.name, examples)
            for row, cell in enumerate(index.cells(column.name, hits)):
                found[row] += _of_column(column, cell, theirs, len(index))
    wanted = [*index.texts(examples), *([words] if words else [])]
    known = Counter(word for other in wanted for word in set(words_of(other)))
    empty = function_words(wanted)
    telling = [
        word
        for word, times in known.items()
        if times >= len(wanted) / 2 and len(word) >= _SHORTEST and word not in empty
    ]
    for row, text in enumerate(index.texts(hits)):
        found[row] += _of_words(index, text, telling)
    return [_chosen(each, most) for each in found]


def _of_column(column: Column, cell: Any, theirs: Sequence[Any], rows: int) -> list[Reason]:
    if cell is None:
        return []
    if column.kind == "tags":
        return _of_tags(column, cell, theirs, rows)
    if column.kind == "number":
        return _of_numbers(column, cell, theirs)
    if sum(each == cell for each in theirs) < len(theirs) / 2:
        return []
    if column.kind == "truth":
        share = column.counts[0 if cell else 1] / max(rows, 1)
        return [Reason("value", column.name, "yes" if cell else "no", share)]
    shares = _shares(column, rows)
    return [Reason("value", column.name, cell, shares[cell])] if cell in shares else []


def _of_tags(column: Column, cell: Sequence[str], theirs: Sequence[Any], rows: int) -> list[Reason]:
    having = Counter(tag for tags in theirs for tag in set(tags or ()))
    shares = _shares(column, rows)
    both = [tag for tag in cell if having[tag] >= len(theirs) / 2 and tag in shares]
    return [Reason("tag", column.name, tag, shares[tag]) for tag in both]


def _of_numbers(column: Column, cell: float, theirs: Sequence[Any]) -> list[Reason]:
    near = sorted((abs(cell - each), each) for each in theirs if each is not None)
    least = int(np.ceil(len(theirs) / 2))
    if len(near) < least:
        return []
    distance, other = near[least - 1]
    shown = format_number(cell)
    if cell != other:
        shown = f"{shown} and {format_number(other)}"
    return [Reason("number", column.name, shown, _near(column, float(other), float(distance)))]


def _shares(column: Column, rows: int) -> Mapping[str, float]:
    pairs = zip(column.values, column.counts, strict=True)
    return {value: min(count / max(rows, 1), 1.0) for value, count in pairs}


def _near(column: Column, centre: float, distance: float) -> float:
    """Estimate the share of rows whose number is as near, from the quantiles of the column."""
    if not column.quantiles:
        return 1.0
    ends = np.array([column.low, *column.quantiles, column.high], dtype=float)
    shares = np.linspace(0, 1, len(ends))
    above = int(np.searchsorted(ends, centre + distance, side="right"))
    below = int(np.searchsorted(ends, centre - distance, side="left"))
    high = shares[-1] if above == len(ends) else np.interp(centre + distance, ends, shares)
    low = shares[0] if below == 0 else np.interp(centre - distance, ends, shares)
    # many rows can have one number
    ties = shares[max(above - 1, 0)] - shares[min(below, len(ends) - 1)]
    return float(max(high - low, ties, 1 / (2 * len(ends))))


def _of_words(index: IndexReader, text: str, telling: Sequence[str]) -> list[Reason]:
    own = set(words_of(text))
    found = []
    for word in telling:
        if word in own:
            rows = sum(where.stop - where.start for where in (p.find(word) for p in index.postings))
            share = min(rows / max(index.places, 1), 1.0)
            if share <= _MOST_WORD:
                found.append(Reason("word", "", word, share))
    return found


def _chosen(reasons: Sequence[Reason], most: int) -> list[Reason]:
    """Keep the most telling reasons, each said once: a value, and not its words again."""
    said: list[Reason] = []
    ordered = sorted(reasons, key=lambda each: (each.share, each.kind == "word", each.text))
    for reason in ordered:
        if reason.share > _MOST_SHARE:
            continue
        held = [set(words_of(each.text)) for each in reasons if each.kind in ("value", "tag")]
        if reason.kind == "word" and any(reason.text in words for words in held):
            continue
        if any(reason.kind == "word" == each.kind and each.text in reason.text for each in said):
            continue
        said.append(reason)
        if len(said) == most:
            break
    return said
