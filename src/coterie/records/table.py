"""A table as it was read: columns, row numbers, and the rows that were set aside."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.errors import ColumnError
from coterie.formatting import named

__all__ = [
    "Reject",
    "Table",
    "column_error",
    "find_name",
    "near_names",
    "rejects_frame",
    "unique_names",
]

_SPACE = re.compile(r"\r\n|\s")
_INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_JOINERS = re.compile("[\u200c\u200d]")  # they shape letters, so names keep them

#: Row number, id, reason, text.
Reject = tuple[int, str | None, str, str | None]


def rejects_frame(rejects: Iterable[Reject] = ()) -> pd.DataFrame:
    """Lay out rows that were set aside as the frame that `Records.rejects` holds."""
    frame = pd.DataFrame(list(rejects), columns=["row", "id", "reason", "text"], dtype=object)
    return frame.astype({"row": np.int64})


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A table with the numbers of its rows.

    Attributes
    ----------
    frame
        n rows, default index, unique str column names: NFC, each white space a plain space, nothing
        invisible. Columns of a delimited file are str, and
        an empty cell is missing; other formats keep the types they carry.
    rows
        Shape (n,), int64: number of each row in the source, from 1 without the header.
    index
        One label for each row of the source in the order of their numbers, those of ``rejects``
        among them: the index of a data frame, from 0 on for other sources.
    rejects, source
        As of `Records`.
    path
        The local file, where there is one.
    doubled
        Names that the header holds more than once; their later columns got a number.
    untyped
        Names of the columns that hold text because their file has no types, such as CSV.
    unmatched
        The rows that joining set aside, by their numbers, so that they keep their ids.
    unused
        Name of a joined table to the number of its keys that no row has.
    notes
        What else a person should know of how it was read, one sentence each. `read_table` warns of
        each, and `Records.notes` take them to the page.
    sheets
        Names of the sheets of the workbook that it was read from, without hidden ones.
    """

    frame: pd.DataFrame
    rows: npt.NDArray[np.int64]
    index: pd.Index[Any]
    rejects: pd.DataFrame = field(default_factory=rejects_frame)
    source: str = "table"
    path: Path | None = None
    doubled: tuple[str, ...] = ()
    untyped: frozenset[str] = frozenset()
    unmatched: pd.DataFrame = field(default_factory=pd.DataFrame)
    unused: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    sheets: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.rows)

    @classmethod
    def of(
        cls,
        frame: pd.DataFrame,
        *,
        rows: Sequence[int] | npt.NDArray[np.int64] | None = None,
        rejects: Iterable[Reject] = (),
        source: str = "table",
    ) -> Table:
        """Make a table of a frame: names made unique str, index put beside it, rows numbered.

        The index is dropped where the rows have numbers of their own, or some were set aside.
        """
        names, doubled = unique_names([str(name) for name in frame.columns])
        numbers = np.arange(1, len(frame) + 1) if rows is None else rows
        apart = rejects_frame(rejects)
        own = rows is not None or len(apart)
        return cls(
            frame.set_axis(names, axis=1).reset_index(drop=True),
            np.asarray(numbers, dtype=np.int64),
            pd.RangeIndex(len(frame) + len(apart)) if own else frame.index,
            apart,
            source,
            doubled=doubled,
        )

    def first(self, count: int) -> Table:
        """Give the first rows as a table, with those that were set aside among them."""
        if count >= len(self):
            return self
        last = int(self.rows[count - 1])
        return replace(
            self,
            frame=self.frame.iloc[:count],
            rows=self.rows[:count],
            index=self.index[:last],
            rejects=self.rejects[self.rejects["row"] <= last].reset_index(drop=True),
        )

    def noting(self, *sentences: str) -> Table:
        """Give the same table with more notes."""
        return replace(self, notes=(*self.notes, *sentences))

    def rejects_with(self, more: Iterable[Reject]) -> pd.DataFrame:
        """Rows set aside so far and more of them, by row number."""
        known = zip(*(self.rejects[name].tolist() for name in self.rejects), strict=True)
        return rejects_frame(sorted([*known, *more], key=lambda entry: entry[0]))

    @property
    def columns(self) -> list[str]:
        """Names of the columns, in order."""
        return [str(name) for name in self.frame.columns]

    def find(self, name: str) -> str | None:
        """Find a column by its name, exactly or as it looks: white space and accents may differ."""
        return find_name(name, self.columns)

    def column(self, name: str) -> pd.Series[Any]:
        """One column, see `find`; a `ColumnError` names the nearest where there is none."""
        found = self.find(name)
        if found is None:
            raise column_error(name, self.columns, self.source)
        if found in self.doubled:
            raise ColumnError(
                f"Column '{found}' occurs more than once in {self.source}: rename the others."
            )
        return self.frame[found]


def column_error(name: str, columns: Sequence[str], source: str, hint: str = "") -> ColumnError:
    """Say that a column is missing, with the nearest names, or with all of them when none is."""
    close = near_names(name, columns, 3)
    if not hint and close:
        nearest = named(close)
        hint = f"the nearest {'name is' if len(close) == 1 else 'names are'} {nearest}."
    return ColumnError(
        f"There is no column '{name}' in {source}: {hint or f'it has {named(columns)}.'}"
    )


def near_names(name: str, columns: Sequence[str], most: int) -> list[str]:
    """List the columns whose names are like one that is missing, the nearest first."""
    lowered = {column.lower(): column for column in reversed(columns)}
    return [lowered[match] for match in difflib.get_close_matches(name.lower(), lowered, n=most)]


def find_name(name: str, names: Sequence[str]) -> str | None:
    """Find a name among others, exactly or as it looks; None where no one alone looks like it."""
    if name in names:
        return name
    key = _key(name)
    alike = [each for each in names if _key(each) == key]
    return alike[0] if len(alike) == 1 else None


def unique_names(names: Sequence[str]) -> tuple[list[str], tuple[str, ...]]:
    """Make the names of a header unique: ``column 3`` for an empty one, ``text (2)`` for a double.

    Names that differ only in white space or invisible characters keep these; others get plain ones.

    Returns the names, and those of them that occurred more than once.
    """
    stripped = [name.strip("\ufeff \t\r\n\0") for name in names]
    plain = [_plain(name) for name in stripped]
    meant: dict[str, set[str]] = {}
    for shown, name in zip(plain, stripped, strict=True):
        meant.setdefault(shown, set()).add(name)
    told = [
        shown if len(meant[shown]) == 1 else name
        for shown, name in zip(plain, stripped, strict=True)
    ]
    filled = [name or f"column {place}" for place, name in enumerate(told, 1)]
    doubled = tuple(name for name, count in Counter(filled).items() if count > 1)
    taken, unique = set(filled), []
    seen: Counter[str] = Counter()
    for name in filled:
        seen[name] += 1
        place, chosen = seen[name], name
        while place > 1 and (chosen := f"{name} ({place})") in taken:
            place += 1
        taken.add(chosen)
        unique.append(chosen)
    return unique, doubled


def _plain(name: str) -> str:
    """Write a name as it looks: accents composed, plain spaces, nothing invisible."""
    if name.isascii() and name.isprintable():
        return name
    return _SPACE.sub(" ", _INVISIBLE.sub("", unicodedata.normalize("NFC", name))).strip()


def _key(name: str) -> str:
    return " ".join(_JOINERS.sub("", _plain(name)).split())
