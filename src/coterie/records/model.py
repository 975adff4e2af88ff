"""Who said what: the table that every stage starts from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.errors import InputError

__all__ = ["Records", "require_texts"]

StrArray = npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True, eq=False)
class Records:
    """Texts with their ids, and everything said about them.

    Rows in are rows kept plus rows set aside, always: ``rows_in == sizes.sum() + len(rejects)``.

    Attributes
    ----------
    ids
        Shape (n,), str, unique.
    texts
        Shape (n,), str, none of them blank; or all of them "", where the table has no texts.
    sizes
        Shape (n,), int64: rows of the source that each record stands for; 1 unless rows of one
        person were rolled up.
    rows
        Shape (n,), int64: number of the (first) source row, counted from 1 without the header.
    labels
        Column name to an array of shape (n,): str, or None where the row carries no label.
    context
        Other columns that were kept, n rows, default index.
    time
        Shape (n,), datetime64[ns], or None when no time column was named.
    rejects
        The rows set aside: columns ``row`` (int64), ``id`` (str or None), ``reason`` (str) and
        ``text`` (str or None).
    source
        Where the rows came from, as a person would name it; never holds a password.
    notes
        What else a person should know of the reading, one sentence each.
    id_column
        Name of the column that the ids were read from, or None where they are row numbers.
    """

    ids: StrArray
    texts: StrArray
    sizes: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int64]
    labels: Mapping[str, StrArray] = field(default_factory=dict)
    context: pd.DataFrame = field(default_factory=pd.DataFrame)
    time: npt.NDArray[np.datetime64] | None = None
    rejects: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(columns=["row", "id", "reason", "text"])
    )
    source: str = "table"
    notes: tuple[str, ...] = ()
    id_column: str | None = None

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def rows_in(self) -> int:
        """Rows of the source, kept or set aside."""
        return int(self.sizes.sum()) + len(self.rejects)

    def take(self, rows: npt.NDArray[np.integer[Any]]) -> Records:
        """Give some of the records, by their places; none of what was set aside or noted."""
        context = self.context.iloc[rows].reset_index(drop=True) if len(self.context) else None
        return Records(
            ids=self.ids[rows],
            texts=self.texts[rows],
            sizes=self.sizes[rows],
            rows=self.rows[rows],
            labels={name: values[rows] for name, values in self.labels.items()},
            context=pd.DataFrame() if context is None else context,
            time=None if self.time is None else self.time[rows],
            source=self.source,
            id_column=self.id_column,
        )

    @property
    def has_texts(self) -> bool:
        """Whether the records have texts, or only ids, labels and context."""
        return not len(self) or any(self.texts)


def require_texts(records: Records, doing: str) -> None:
    """Refuse records without texts.

    Parameters
    ----------
    records
        What is to be worked on.
    doing
        What needs the texts, at the beginning of a sentence: ``"Exploring"``.

    Raises
    ------
    InputError
        When the records were read without a text column.
    """
    if not records.has_texts:
        raise InputError(
            f"{doing} needs texts, and {records.source} was read without: name the column of the "
            "text with --text (text=)."
        )
