"""The user's table beside its records: one row out for each row in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.records import Records, Source, Table, read_records, read_table
from coterie.records.compose import is_missing
from coterie.records.values import as_labels

__all__ = ["SET_ASIDE", "Given", "read_rows"]

SET_ASIDE = "set aside"
"""The status of a row that could not be used."""

_READING = ("delimiter", "encoding", "query", "sheet", "join")


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """A table, the records that were made of it, and which row became which.

    Attributes
    ----------
    records
        The n records.
    table
        As it was read; None where the records were made by the user.
    index
        Of the m rows as they were given.
    owners
        Shape (m,), int64: the record that each row became, or -1 where it was set aside.
    ids
        Shape (m,), object: the id of each row; None where it has none.
    reasons
        Shape (m,), str: why a row was set aside; "" where it was not.
    """

    records: Records
    table: Table | None
    index: pd.Index[Any]
    owners: npt.NDArray[np.int64]
    ids: npt.NDArray[np.object_]
    reasons: npt.NDArray[np.object_]

    def spread(self, answers: pd.DataFrame, *, status: str = "status") -> pd.DataFrame:
        """Lay answers for n records out as m rows, in the order and under the index given.

        A row that was set aside has no answer: its ``status`` says ``"set aside"``, and its
        ``reason`` why.
        """
        kept = self.owners >= 0
        rows = answers.reset_index(drop=True).reindex(np.where(kept, self.owners, -1))
        rows.index = self.index
        if status in rows:
            rows[status] = rows[status].astype(object).where(kept, SET_ASIDE)
        if "id" in rows:
            rows["id"] = self.ids
        return rows.assign(reason=self.reasons)


def read_rows(
    source: Source | Table | Records,
    *,
    table: Table | None = None,
    group: str | None = None,
    **columns: Any,
) -> Given:
    """Read a table and remember where each of its rows went.

    Parameters
    ----------
    source
        A pandas, Polars or Arrow table, a path, a URL, a `Table` or `Records`.
    table
        What was read of the source, where it was read before.
    group
        Column by whose value rows are rolled up.
    **columns
        The other arguments of `coterie.records.read_records`.

    Raises
    ------
    InputError
        As `coterie.records.read_records`.
    """
    if isinstance(source, Records):
        n = len(source)
        blank = np.full(n, "", dtype=object)
        return Given(source, None, pd.RangeIndex(n), np.arange(n), source.ids, blank)
    reading = {name: columns.pop(name) for name in _READING if name in columns}
    if table is None:
        table = source if isinstance(source, Table) else read_table(source, **reading)
    records = read_records(table, group=group, **columns)
    rejects = records.rejects
    numbers = np.union1d(table.rows, rejects["row"].to_numpy(dtype=np.int64))
    owners = np.full(len(numbers), -1, dtype=np.int64)
    owners[np.searchsorted(numbers, table.rows)] = _owners(table, records, group)
    reasons = np.full(len(numbers), "", dtype=object)
    aside = np.searchsorted(numbers, rejects["row"].to_numpy(dtype=np.int64))
    owners[aside] = -1
    reasons[aside] = rejects["reason"].to_numpy(dtype=object)
    ids = np.full(len(numbers), None, dtype=object)
    ids[owners >= 0] = records.ids[owners[owners >= 0]]
    known = rejects["id"].to_numpy(dtype=object)
    ids[aside] = numbers[aside].astype(str) if records.id_column is None else known
    index: pd.Index[Any] = (
        source.index if isinstance(source, pd.DataFrame) else pd.RangeIndex(len(numbers))
    )
    return Given(records, table, index, owners, ids, reasons)


def _owners(table: Table, records: Records, group: str | None) -> npt.NDArray[np.int64]:
    """Find the record that each row of the table became; -1 for those that became none."""
    if group is None:
        owners = np.full(len(table), -1, dtype=np.int64)
        owners[np.searchsorted(table.rows, records.rows)] = np.arange(len(records))
        return owners
    place = {name: at for at, name in enumerate(records.ids)}
    names = as_labels(table.column(group))
    owners = np.array([place.get(name, -1) for name in names], dtype=np.int64)
    owners[is_missing(names)] = -1
    return owners
