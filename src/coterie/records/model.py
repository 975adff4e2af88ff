"""Records: texts with their ids and what else is known of them; every workflow starts here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.errors import InputError
from coterie.records.settled import Settled
from coterie.records.table import rejects_frame
from coterie.records.vectors import RowVectors

__all__ = ["SET_ASIDE", "Records", "SourceRows", "require_texts", "texts_of"]

SET_ASIDE = "set aside"
"""Status of a row of the source that no record was made of."""

Ints = npt.NDArray[np.int64]
StrArray = npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True, eq=False)
class SourceRows:
    """The record that each row of a source belongs to, or why it has none.

    Attributes
    ----------
    numbers
        Shape (m,), int64: row numbers in the source, from 1 without the header.
    owners
        Shape (m,), int64: place of the record that the row belongs to, -1 where it was set aside.
    ids
        Shape (m,), str: id of the record, or of the row itself where it was set aside; None where
        it has none.
    reasons
        Shape (m,), str: why the row was set aside, "" where it was not.
    index
        m labels: the index of a data frame, 0 to m - 1 for other sources. Lines of a file that
        could not be read are rows of the source too.
    """

    numbers: Ints
    owners: Ints
    ids: StrArray
    reasons: StrArray
    index: pd.Index[Any]

    def __len__(self) -> int:
        return len(self.numbers)

    @classmethod
    def of(
        cls,
        numbers: Ints,
        owners: Ints,
        ids: StrArray,
        rejects: pd.DataFrame,
        *,
        id_column: str | None = None,
        index: pd.Index[Any] | None = None,
    ) -> SourceRows:
        """Put rows that were used, in any order, and those set aside in the order of the source.

        `numbers` and `owners` are of the rows that were used; `ids`, `rejects` and `id_column` are
        those of `Records`; `index` is of all rows, in the order of their numbers.
        """
        apart = rejects["row"].to_numpy(dtype=np.int64)
        own = apart.astype(str) if id_column is None else rejects["id"]
        every = np.concatenate([numbers, apart])
        order = np.argsort(every, kind="stable")
        reasons = np.full(len(every), "", dtype=object)
        reasons[len(numbers) :] = rejects["reason"]
        return cls(
            every[order],
            np.concatenate([owners, np.full(len(apart), -1, dtype=np.int64)])[order],
            np.concatenate([ids[owners], np.asarray(own, dtype=object)])[order],
            reasons[order],
            pd.RangeIndex(len(every)) if index is None else index,
        )

    def take(self, places: npt.NDArray[np.integer[Any]]) -> SourceRows:
        """Keep the rows of some of the records, each taken once; `owners` count those taken."""
        moved = np.full(self.owners.max(initial=-1) + 2, -1, dtype=np.int64)  # the last is for -1
        moved[places] = np.arange(len(places))
        owners = moved[self.owners]
        kept = np.flatnonzero(owners >= 0)
        return SourceRows(
            self.numbers[kept], owners[kept], self.ids[kept], self.reasons[kept], self.index[kept]
        )

    def spread(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Turn a frame with one row for each record into one with a row for each source row.

        See `Records.spread`.
        """
        apart = self.owners < 0
        spread = frame.reset_index(drop=True)
        if apart.any():
            spread = spread.astype(
                {
                    name: "boolean" if dtype == np.bool_ else "Int64"
                    for name, dtype in frame.dtypes.items()
                    if isinstance(dtype, np.dtype) and dtype.kind in "biu"
                }
            )
        spread = spread.reindex(self.owners)
        for name in spread.select_dtypes(object):
            spread.loc[apart, name] = None
        if "status" in spread:
            status = spread["status"].astype(object)
            spread["status"] = status.where(~apart, SET_ASIDE)
        if "id" in spread:
            spread["id"] = self.ids
        return spread.assign(reason=self.reasons).set_axis(self.index, axis=0)


_NONE = np.empty(0, dtype=object)
_NO_NUMBERS = np.empty(0, dtype=np.int64)
_NOT_GIVEN = SourceRows(_NO_NUMBERS, _NO_NUMBERS, _NONE, _NONE, pd.RangeIndex(0))


@dataclass(frozen=True, slots=True, eq=False)
class Records:
    """Texts with their ids, and everything said about them.

    Rows in are rows kept plus rows set aside, always: ``rows_in == sizes.sum() + len(rejects)``.

    Attributes
    ----------
    ids
        Shape (n,), str, unique.
    texts
        Shape (n,), str, none of them blank; or all of them "", where the table has no texts. This
        is what is learnt from: cleaned, see `coterie.records.cleaning`.
    sizes
        Shape (n,), int64: rows of the source that each record stands for; 1 unless rows of one
        person were rolled up.
    rows
        Shape (n,), int64: number of the (first) source row, counted from 1 without the header.
    labels
        Column name to an array of shape (n,): int, bool, float or str, all of a column of one type;
        None where the row carries no label.
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
    source_rows
        Where each row of the source went. By default the rows of a record follow one another.
    settled
        How the dates and numbers of the columns were written.
    originals
        Shape (n,), str: the texts as they were written, where ``texts`` were cleaned; else None.
    boilerplate
        The lines that counted as boilerplate when the texts were cleaned.
    vectors
        Those given for the records, which count in place of the texts'; None where texts count.
    """

    ids: StrArray
    texts: StrArray
    sizes: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int64]
    labels: Mapping[str, StrArray] = field(default_factory=dict)
    context: pd.DataFrame = field(default_factory=pd.DataFrame)
    time: npt.NDArray[np.datetime64] | None = None
    rejects: pd.DataFrame = field(default_factory=rejects_frame)
    source: str = "table"
    notes: tuple[str, ...] = ()
    id_column: str | None = None
    source_rows: SourceRows = _NOT_GIVEN
    settled: Settled = field(default_factory=Settled)
    originals: StrArray | None = None
    boilerplate: tuple[str, ...] = ()
    vectors: RowVectors | None = None

    def __post_init__(self) -> None:
        if self.source_rows is _NOT_GIVEN:
            places = np.repeat(np.arange(len(self)), self.sizes)
            made = SourceRows.of(
                self.rows[places], places, self.ids, self.rejects, id_column=self.id_column
            )
            object.__setattr__(self, "source_rows", made)

    def __len__(self) -> int:
        return len(self.ids)

    def spread(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Turn a frame with one row for each record into one with a row for each source row.

        Parameters
        ----------
        frame
            n rows in the order of the records; its index plays no part.

        Returns
        -------
        DataFrame
            ``rows_in`` rows in the order of the source and under its index, see `SourceRows`; rows
            of one record all say the same. A column ``reason`` tells why a row was set aside; its
            other cells are missing then (whole numbers and truth values become ``Int64`` and
            ``boolean`` for it), but for ``status``, which says ``"set aside"``, and ``id``.
        """
        if len(frame) != len(self):
            raise ValueError(f"The frame has {len(frame):,} rows for {len(self):,} records.")
        return self.source_rows.spread(frame)

    @property
    def rows_in(self) -> int:
        """Rows of the source, kept or set aside."""
        return int(self.sizes.sum()) + len(self.rejects)

    def take(self, rows: npt.NDArray[np.integer[Any]]) -> Records:
        """Give some of the records, by their places; none of what was set aside or noted.

        Each may be taken once. `source_rows` are then those of the records taken: what `spread`
        gives has a row for each of them, and none for the others.
        """
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
            source_rows=self.source_rows.take(rows),
            originals=None if self.originals is None else self.originals[rows],
            vectors=None if self.vectors is None else self.vectors.take(rows),
        )

    def set_aside(self, reasons: StrArray) -> Records:
        """Set records aside: n reasons, "" for those to keep. Their rows go to the rejects."""
        bad = reasons != ""
        if not bad.any():
            return self
        rows = self.source_rows
        gone = np.flatnonzero(rows.owners >= 0)
        gone = gone[bad[rows.owners[gone]]]
        owners = rows.owners[gone]
        entries = zip(
            rows.numbers[gone].tolist(),
            rows.ids[gone] if self.id_column is not None else [None] * len(gone),
            reasons[owners],
            (text or None for text in self.shown[owners]),
            strict=True,
        )
        known = zip(*(self.rejects[name].tolist() for name in self.rejects), strict=True)
        kept = np.flatnonzero(~bad)
        moved = np.full(len(self) + 1, -1, dtype=np.int64)  # the last is for -1
        moved[kept] = np.arange(len(kept))
        why = rows.reasons.copy()
        why[gone] = reasons[owners]
        return replace(
            self.take(kept),
            rejects=rejects_frame(sorted([*known, *entries], key=lambda entry: entry[0])),
            notes=self.notes,
            settled=self.settled,
            boilerplate=self.boilerplate,
            source_rows=replace(rows, owners=moved[rows.owners], reasons=why),
        )

    @property
    def shown(self) -> StrArray:
        """The texts as they were written, which is how pages and files show them."""
        return self.texts if self.originals is None else self.originals

    @property
    def label_texts(self) -> dict[str, StrArray]:
        """The labels written as text, None where the row carries none."""
        return {name: texts_of(values) for name, values in self.labels.items()}

    @property
    def has_texts(self) -> bool:
        """Whether the records have texts, or only ids, labels and context."""
        return not len(self) or any(self.texts)


def texts_of(labels: npt.NDArray[Any]) -> StrArray:
    """Write labels as text: ``1`` and ``1.0`` alike as "1"; None stays None."""
    texts = np.empty(len(labels), dtype=object)
    texts[:] = [
        value
        if value is None or type(value) is str
        else str(int(value) if isinstance(value, float) and value.is_integer() else value)
        for value in labels.tolist()
    ]
    return texts


def require_texts(records: Records, doing: str) -> None:
    """Raise an `InputError` for records without texts; `doing`, as "Exploring", needs them."""
    if not records.has_texts:
        raise InputError(
            f"{doing} needs texts, and {records.source} was read without: name the column of the "
            "text with --text (text=)."
        )
