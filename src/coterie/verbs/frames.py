"""The user's table beside its records: one row out for each row in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from coterie.records import Records, Source, Table, read_records, read_table

__all__ = ["Given", "read_rows"]

_READING = ("delimiter", "encoding", "query", "sheet", "join")


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """A table and the records that were made of it.

    Attributes
    ----------
    records
        The n records.
    table
        As it was read; None where the records were made by the user.
    """

    records: Records
    table: Table | None

    def spread(self, answers: pd.DataFrame) -> pd.DataFrame:
        """Lay answers for n records out as the rows given, see `coterie.records.Records.spread`.

        The rows given are the records themselves where the user made them.
        """
        if self.table is None:
            return answers.reset_index(drop=True).assign(reason="")
        return self.records.spread(answers)


def read_rows(
    source: Source | Table | Records, *, table: Table | None = None, **columns: Any
) -> Given:
    """Read a table where it is no records yet.

    Parameters
    ----------
    source
        A pandas, Polars or Arrow table, a path, a URL, a `Table` or `Records`.
    table
        What was read of the source, where it was read before.
    **columns
        The other arguments of `coterie.records.read_records`.

    Raises
    ------
    InputError
        As `coterie.records.read_records`.
    """
    if isinstance(source, Records):
        return Given(source, None)
    reading = {name: columns.pop(name) for name in _READING if name in columns}
    if table is None:
        table = read_table(source, **reading)
    return Given(read_records(table, **columns), table)
