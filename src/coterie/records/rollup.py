"""Several rows of one person, or turns of one conversation, into one record."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.formatting import counted
from coterie.options import DateOrder
from coterie.records.dates import Dates, read_dates
from coterie.records.numbers import read_numbers
from coterie.records.values import number_values

__all__ = ["RowGroups", "group_rows", "join_texts", "majority", "sort_key"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
StrArray = npt.NDArray[np.object_]

_LEAST = 0.5  # of the values, to order by numbers or dates; a judgement, not measured
_DIGITS = re.compile(r"\d+", re.ASCII)
_WIDEST = 20


@dataclass(frozen=True, slots=True)
class RowGroups:
    """Rows by group: g names in order of first appearance, and g arrays of positions of rows.

    `members` holds all rows of a group, as ordered, and `used` those whose text is used.
    """

    names: StrArray
    members: list[Ints]
    used: list[Ints]

    def take(self, which: Ints) -> RowGroups:
        """Keep some of the groups."""
        members = [self.members[at] for at in which]
        return RowGroups(self.names[which], members, [self.used[at] for at in which])


def sort_key(
    column: pd.Series[Any], *, asked: DateOrder | None = None, usual: DateOrder | None = None
) -> tuple[Floats, Dates]:
    """Rank an order column densely from 0: as numbers, else as dates, else as text.

    It is what at least half of its values are. Missing values, and those that cannot be read so,
    come last and share the rank infinity. Numbers in a text count as numbers: "turn 9" is before
    "turn 10". The dates say how they were read; their notes are those of any order.
    """
    known = column.notna().to_numpy()
    numbers = pd.to_numeric(read_numbers(column.to_frame()).frame.iloc[:, 0], errors="coerce")
    dates = Dates(np.full(len(column), np.datetime64("NaT", "ns")), 0)
    ordered: pd.Series[Any] = numbers.where(np.isfinite(numbers.to_numpy(dtype=float)))
    if ordered.notna().sum() < known.sum():
        dates = read_dates(column, asked=asked, usual=usual)
        if (~np.isnat(dates.times)).sum() > ordered.notna().sum():
            ordered = pd.Series(dates.times)
        else:
            dates = replace(dates, order=None, notes=())
    notes = list(dates.notes)
    read = ordered.notna().to_numpy()
    unread = int((known & ~read).sum())
    if unread and read.sum() < _LEAST * known.sum():
        ordered = column.map(_natural, na_action="ignore").reset_index(drop=True)
        notes = [
            f"The order '{column.name}' holds neither numbers nor dates, such as "
            f"'{column[known].iloc[0]}': its rows are in the order of the alphabet."
        ]
    elif unread:
        at = np.flatnonzero(known & ~read)[0]
        notes.append(
            f"{counted(unread, 'value')} of the order '{column.name}', such as "
            f"'{column.iloc[at]}', could not be read and came last."
        )
    ranks = ordered.rank(method="dense").to_numpy(dtype=float) - 1
    return np.where(np.isnan(ranks), np.inf, ranks), replace(dates, notes=tuple(notes))


def _natural(cell: object) -> str:
    """Write numbers in a text so that they sort as numbers."""
    return _DIGITS.sub(lambda digits: digits[0].zfill(_WIDEST), str(cell))


def group_rows(rows: Ints, names: StrArray, ranks: Floats | None, first: int | None) -> RowGroups:
    """Collect those of n rows that are in `rows` by name, sorted by n ranks, or as they stand.

    Equal ranks keep the order of the rows. `first` limits the texts that are used to the first so
    many steps of each group: distinct ranks, or rows where there are none.
    """
    codes, found = number_values(names[rows])
    own = np.arange(len(rows), dtype=float) if ranks is None else ranks[rows]
    by_group = np.lexsort((own, codes))  # stable: equal ranks keep the order of the rows
    starts = np.searchsorted(codes[by_group], np.arange(len(found)))
    members = np.split(by_group, starts[1:]) if len(found) else []
    used = members if first is None else [at[_steps(own[at]) < first] for at in members]
    return RowGroups(found, [rows[at] for at in members], [rows[at] for at in used])


def _steps(ranks: npt.NDArray[np.float64]) -> Ints:
    """Count the distinct values of sorted ranks from 0."""
    new = np.ones(len(ranks), dtype=bool)
    new[1:] = ranks[1:] != ranks[:-1]
    return np.cumsum(new) - 1


def join_texts(texts: list[str], speakers: list[str | None] | None = None) -> str:
    """Join the texts of a group by line breaks; a text that all rows repeat is kept once."""
    if speakers is None:
        return texts[0] if len(set(texts)) == 1 else "\n".join(texts)
    pairs = zip(speakers, texts, strict=True)
    return "\n".join(f"{speaker}: {text}" if speaker else text for speaker, text in pairs)


def majority(labels: list[str | None]) -> tuple[str | None, bool]:
    """Choose the label that most rows of a group carry, and tell whether the rows disagree.

    It is None where no row carries one, and where the most frequent ones tie.
    """
    counts = Counter(label for label in labels if label is not None).most_common(2)
    tied = len(counts) == 2 and counts[0][1] == counts[1][1]
    return counts[0][0] if counts and not tied else None, len(counts) > 1
