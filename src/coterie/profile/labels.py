"""How rows fall into labels, one column at a time and two at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.profile.near import fold

__all__ = ["CrossTable", "LabelColumn", "cross_tables", "label_columns", "tells_rows_apart"]

Strings = npt.NDArray[np.object_]

_MAX_CELLS = 60_000  # of a cross table: more cannot be looked at
_FEW_ROWS = 10  # fewer rows cannot tell an id from a label; a judgement


@dataclass(frozen=True, slots=True)
class LabelColumn:
    """How the rows fall into the labels of a column.

    Attributes
    ----------
    name
        The column.
    counts
        Label to its rows, the most frequent first.
    missing
        Rows without a label.
    imbalance
        Rows of the largest label divided by those of the smallest.
    evenness
        Shannon entropy of the shares divided by its maximum: 1 when all are equal.
    half
        How many labels, largest first, hold half of the labelled rows.
    lookalikes
        Labels that differ in nothing but case, punctuation or blanks.
    """

    name: str
    counts: Mapping[str, int]
    missing: int
    imbalance: float
    evenness: float
    half: int
    lookalikes: tuple[tuple[str, ...], ...]


def tells_rows_apart(values: int, rows: int) -> bool:
    """Whether a column is no label but tells rows apart, as an id does.

    Parameters
    ----------
    values
        Different values.
    rows
        Rows that have one.
    """
    return rows >= _FEW_ROWS and values > rows / 2


@dataclass(frozen=True, slots=True)
class CrossTable:
    """Rows by two label columns.

    Attributes
    ----------
    rows, columns
        Names of the two columns; the coarser one is ``rows``.
    row_names, column_names
        Their labels, the most frequent first.
    counts
        Rows for each pair of labels, one tuple for each of ``row_names``.
    nested
        Whether each label of ``columns`` occurs under one label of ``rows`` only.
    """

    rows: str
    columns: str
    row_names: tuple[str, ...]
    column_names: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    nested: bool


def label_columns(labels: Mapping[str, Strings]) -> tuple[LabelColumn, ...]:
    """Describe each label column; None is no label."""
    return tuple(_label_column(name, column) for name, column in labels.items())


def _label_column(name: str, column: Strings) -> LabelColumn:
    counts = _by_frequency(column)
    sizes = np.array(list(counts.values()), dtype=np.int64)
    total = int(sizes.sum())
    shares = sizes / max(total, 1)
    entropy = float(-(shares * np.log(shares)).sum()) if total else 0.0
    return LabelColumn(
        name=name,
        counts=counts,
        missing=len(column) - total,
        imbalance=float(sizes.max() / sizes.min()) if total else 1.0,
        evenness=entropy / float(np.log(len(sizes))) if len(sizes) > 1 else 1.0,
        half=int(np.searchsorted(np.cumsum(sizes), total / 2) + 1) if total else 0,
        lookalikes=_lookalikes(list(counts)),
    )


def _by_frequency(column: Strings) -> dict[str, int]:
    """Count labels, the most frequent first, in order of appearance where they tie."""
    codes, found = pd.factorize(column)
    sizes = np.bincount(codes[codes >= 0], minlength=len(found))
    order = np.argsort(-sizes, kind="stable")
    return {str(found[i]): int(sizes[i]) for i in order}


def _lookalikes(names: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    groups = defaultdict(list)
    for name in names:
        groups[fold(name).replace(" ", "")].append(name)
    return tuple(tuple(group) for group in groups.values() if len(group) > 1)


def cross_tables(labels: Mapping[str, Strings]) -> tuple[CrossTable, ...]:
    """Cross every two label columns; those with too many labels to look at are left out.

    Memory grows with the number of pairs of labels, at most 60,000 for a table.
    """
    tables = (_cross(*pair) for pair in combinations(labels.items(), 2))
    return tuple(table for table in tables if table is not None)


def _cross(one: tuple[str, Strings], other: tuple[str, Strings]) -> CrossTable | None:
    rows, columns = sorted((one, other), key=lambda item: len(_by_frequency(item[1])))
    row_names, column_names = list(_by_frequency(rows[1])), list(_by_frequency(columns[1]))
    if not 0 < len(row_names) * len(column_names) <= _MAX_CELLS:
        return None
    crossed = pd.crosstab(rows[1], columns[1])
    counts = crossed.reindex(index=row_names, columns=column_names, fill_value=0).to_numpy(int)
    return CrossTable(
        rows=rows[0],
        columns=columns[0],
        row_names=tuple(row_names),
        column_names=tuple(column_names),
        counts=tuple(map(tuple, counts.tolist())),
        nested=bool(counts.any() and ((counts > 0).sum(axis=0) <= 1).all()),
    )
