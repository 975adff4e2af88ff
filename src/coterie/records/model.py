"""Who said what: the table that every stage starts from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = ["Records"]

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
        Shape (n,), str, none of them blank.
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

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def rows_in(self) -> int:
        """Rows of the source, kept or set aside."""
        return int(self.sizes.sum()) + len(self.rejects)
