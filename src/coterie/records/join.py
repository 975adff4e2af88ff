"""Tables that belong together: the rows of one, with what the others say of their keys."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.errors import CoterieWarning, InputError
from coterie.records.compose import is_missing
from coterie.records.table import Reject, Table
from coterie.records.values import as_labels

__all__ = ["join_around", "join_tables"]

_NO_MATCH = -1


def join_around(tables: Sequence[Table], source: str) -> Table:
    """Find the table whose rows to keep, and join the others to it.

    That is the table to which all others can be joined by columns that they share, each with one
    row per key: the one whose keys repeat. Where several will do, because the keys repeat nowhere,
    it is the longest, and the first by name among equals.

    Raises
    ------
    InputError
        When no such table exists.
    """
    if len(tables) == 1:
        return tables[0]
    candidates = [at for at in range(len(tables)) if _order(tables, at) is not None]
    if not candidates:
        names = ", ".join(table.source for table in tables)
        if len({frozenset(table.columns) for table in tables}) == 1:
            raise InputError(f"The tables of {source} ({names}) have the same columns: name one.")
        raise InputError(
            f"The tables of {source} ({names}) cannot be joined: all but one of them must have a "
            "column that another one has too, with one row for each of its values; name one file, "
            "and others to join to it."
        )
    base = max(candidates, key=lambda at: len(tables[at]))
    order = _order(tables, base) or []
    return join_tables(tables[base], [tables[at] for at in order])


def join_tables(base: Table, partners: Sequence[Table]) -> Table:
    """Join tables to a base by the columns that they share with it: a left join.

    Rows of the base without a partner are set aside. Keys compare as text without surrounding
    white space. How many keys of a partner no row asks for is in `Table.unused`.

    Raises
    ------
    InputError
        When a partner shares no column, has several different rows for one key, or has no key in
        common with the base.
    """
    for partner in partners:
        base = _join(base, partner)
    return base


@dataclass(frozen=True, slots=True)
class _Keys:
    """Keys of a table: a tuple of str for each row, None where a part is missing."""

    columns: list[str]
    values: list[tuple[str, ...] | None]

    @classmethod
    def of(cls, table: Table, columns: list[str]) -> _Keys:
        parts = [as_labels(table.frame[name]) for name in columns]
        whole = ~np.logical_or.reduce([is_missing(part) for part in parts])
        keys = zip(*(part.tolist() for part in parts), strict=True)
        return cls(columns, [key if ok else None for key, ok in zip(keys, whole, strict=True)])

    def repeated(self) -> list[tuple[str, ...]]:
        known = pd.Series([key for key in self.values if key is not None], dtype=object)
        return list(known[known.duplicated()])


def _shared(one: Table, other: Table) -> list[str]:
    doubled = {*one.doubled, *other.doubled}
    return [name for name in one.columns if name in other.frame and name not in doubled]


def _order(tables: Sequence[Table], base: int) -> list[int] | None:
    """Order in which the other tables can be joined to the base, or None."""
    reached, order = [base], list[int]()
    left = [at for at in range(len(tables)) if at != base]
    while left:
        for at in left:
            columns = {n for r in reached for n in _shared(tables[r], tables[at])}
            if (
                0 < len(columns) < len(tables[at].columns)
                and not _Keys.of(_distinct(tables[at]), sorted(columns)).repeated()
            ):
                break
        else:
            return None
        left.remove(at)
        reached.append(at)
        order.append(at)
    return order


def _distinct(table: Table) -> Table:
    """Drop rows that repeat an earlier one in every column."""
    again = table.frame.astype(str).duplicated().to_numpy()
    if not again.any():
        return table
    frame = table.frame[~again].reset_index(drop=True)
    return replace(table, frame=frame, rows=table.rows[~again])


def _join(base: Table, partner: Table) -> Table:
    columns = _shared(base, partner)
    if not columns:
        raise InputError(
            f"{base.source} and {partner.source} share no column to join by: name the key alike "
            "in both."
        )
    partner = _distinct(partner)
    theirs, ours = _Keys.of(partner, columns), _Keys.of(base, columns)
    by = " and ".join(f"'{name}'" for name in columns)
    if repeated := theirs.repeated():
        raise InputError(
            f"{partner.source} says different things of one {by} ({len(repeated):,} times, "
            f"'{', '.join(repeated[0])}' the first): keep one row for each, or start from "
            f"{partner.source} and join {base.source} to it."
        )
    at = {key: row for row, key in enumerate(theirs.values) if key is not None}
    match = np.array([_NO_MATCH if k is None else at.get(k, _NO_MATCH) for k in ours.values], int)
    found = match != _NO_MATCH
    if len(base) and not found.any():
        raise InputError(
            f"No row of {base.source} has its {by} in {partner.source}: check that both mean the "
            "same by it."
        )
    _tell_of_rejects(partner)
    rejects: list[Reject] = [
        (int(base.rows[row]), None, _unmatched(ours, row, by, partner.source), None)
        for row in np.flatnonzero(~found).tolist()
    ]
    unused = len(at) - len(np.unique(match[found]))
    return replace(
        base,
        frame=_beside(base.frame, partner.frame.drop(columns=columns), found, match),
        rows=base.rows[found],
        rejects=base.rejects_with(rejects),
        source=f"{base.source} with {partner.source}",
        doubled=(*base.doubled, *partner.doubled),
        untyped=base.untyped | partner.untyped,
        unused={**base.unused, partner.source: unused},
    )


def _beside(
    base: pd.DataFrame,
    partner: pd.DataFrame,
    found: npt.NDArray[np.bool_],
    match: npt.NDArray[np.int64],
) -> pd.DataFrame:
    left = base[found].reset_index(drop=True)
    right = partner.iloc[match[found]].reset_index(drop=True)
    return pd.concat([left, right], axis=1)


def _unmatched(keys: _Keys, row: int, by: str, partner: str) -> str:
    key = keys.values[row]
    return f"no {by} to join by" if key is None else f"no {by} {', '.join(key)} in {partner}"


def _tell_of_rejects(partner: Table) -> None:
    if len(partner.rejects):
        first = partner.rejects.iloc[0]
        warnings.warn(
            f"{len(partner.rejects):,} rows of {partner.source} could not be used, row "
            f"{first['row']} the first of them: {first['reason']}.",
            CoterieWarning,
            stacklevel=2,
        )
