"""Several rows of one person, or turns of one conversation, into one record."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.records.values import number_values

__all__ = ["RowGroups", "group_rows", "join_texts", "majority", "sort_key"]

Ints = npt.NDArray[np.int64]
StrArray = npt.NDArray[np.object_]


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


def sort_key(values: StrArray) -> npt.NDArray[np.float64]:
    """Rank the values of an order column densely from 0: as numbers, else as dates, else as text.

    Missing values come last and share the rank infinity.
    """
    column = pd.Series(values, dtype=object)
    present = column.notna()
    known = column[present]
    ordered = pd.to_numeric(known, errors="coerce")
    if ordered.isna().any():
        ordered = pd.to_datetime(known, errors="coerce", utc=True, format="ISO8601")
    if ordered.isna().any():
        ordered = known.astype(str)
    ranks = np.full(len(column), np.inf)
    ranks[present.to_numpy()] = ordered.rank(method="dense").to_numpy(dtype=float) - 1
    return ranks


def group_rows(rows: Ints, names: StrArray, order: StrArray | None, first: int | None) -> RowGroups:
    """Collect those of n rows that are in `rows` by name, sorted by `order`, or as they stand.

    Equal values of `order` keep the order of the rows. `first` limits the texts that are used to
    the first so many steps of each group: distinct values of `order`, or rows where there is none.
    """
    codes, found = number_values(names[rows])
    ranks = np.arange(len(rows), dtype=float) if order is None else sort_key(order[rows])
    by_group = np.lexsort((ranks, codes))  # stable: equal ranks keep the order of the rows
    starts = np.searchsorted(codes[by_group], np.arange(len(found)))
    members = np.split(by_group, starts[1:]) if len(found) else []
    used = members if first is None else [at[_steps(ranks[at]) < first] for at in members]
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
