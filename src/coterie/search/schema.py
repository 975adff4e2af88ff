"""What is known of the columns of an index: their kinds, values, order and range."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias

from coterie.errors import ColumnError
from coterie.hints import did_you_mean

__all__ = ["MOST_VALUES", "Column", "Kind", "Schema"]

Kind: TypeAlias = Literal["text", "tags", "number", "truth", "date"]
"""``tags`` are cells with several values each."""

MOST_VALUES = 1000
"""A column of text with more different values is one of free text; a judgement, not measured."""


@dataclass(frozen=True, slots=True)
class Column:
    """What is known of one column.

    Attributes
    ----------
    name
        As in the table.
    kind
        What its cells are, and so how they can be compared.
    values
        Of ``text`` and ``tags``: the different values, the most frequent first, as they are
        written; empty where there are more than `MOST_VALUES`.
    counts
        How many rows have each of `values`; of ``truth`` how many are true, and how many false.
    levels
        Of ``text``: values in their order, the lowest first, where they have one; a column with
        levels can be compared with ``<`` and ``>=``. Values that came later may have no place.
    low, high
        Of ``number``: the least and the greatest value; of ``date`` the same as ISO 8601.
    quantiles
        Of ``number``: the values at 10%, 20% … 90% of the rows that have one.
    missing
        Rows without a value.
    """

    name: str
    kind: Kind
    values: tuple[str, ...] = ()
    counts: tuple[int, ...] = ()
    levels: tuple[str, ...] = ()
    low: float | str | None = None
    high: float | str | None = None
    quantiles: tuple[float, ...] = ()
    missing: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Give it as JSON takes it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, written: Mapping[str, Any]) -> Column:
        """Read what `to_dict` gave."""
        lists = {k: tuple(v) for k, v in written.items() if isinstance(v, list | tuple)}
        return cls(**{**written, **lists})


@dataclass(frozen=True, slots=True)
class Schema:
    """The columns of an index, in the order of the table.

    Attributes
    ----------
    columns
        All columns that can be filtered by.
    source
        What the table is called in errors.
    """

    columns: Sequence[Column]
    source: str = "the index"

    @property
    def names(self) -> list[str]:
        """The names of the columns."""
        return [column.name for column in self.columns]

    def __iter__(self) -> Iterator[Column]:
        return iter(self.columns)

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def find(self, name: str) -> Column:
        """Find a column by its name; where none has it exactly, case and spaces do not count.

        Raises
        ------
        ColumnError
            When there is none, with the nearest names.
        """
        for column in self.columns:
            if column.name == name:
                return column
        alike = [column for column in self.columns if _plain(column.name) == _plain(name)]
        if len(alike) == 1:
            return alike[0]
        shown = ", ".join(f"'{each}'" for each in self.names[:12])
        hint = did_you_mean(name, self.names, f"it has {shown or 'no columns'}.", most=3)
        raise ColumnError(f"{self.source} has no column '{name}': {hint}")


def _plain(name: str) -> str:
    return "".join(name.casefold().split())
