"""Tables that belong together: a left join by the columns that they share."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy as np
import pandas as pd

from coterie.errors import CoterieWarning, InputError
from coterie.formatting import counted
from coterie.records.export import restore
from coterie.records.table import Reject, Table
from coterie.records.values import as_labels

__all__ = ["join_around", "join_tables"]

_Key: TypeAlias = tuple[str, ...] | None  # None where a part is missing


def join_around(tables: Sequence[Table], source: str) -> Table:
    """Find the table whose rows to keep, and join the others to it.

    That is the table to which all others can be joined by columns that they share, each with one
    row per key. Of several such tables it is the longest, and the first of equally long ones.
    """
    if len(tables) == 1:
        return tables[0]
    candidates = [at for at in range(len(tables)) if _order(tables, at) is not None]
    if not candidates:
        names = ", ".join(table.source for table in tables)
        if len({frozenset(table.columns) for table in tables}) == 1:
            raise InputError(f"The tables of {source} ({names}) have the same columns: name one.")
        raise InputError(
            f"The tables of {source} ({names}) cannot be joined by shared columns with one row for "
            "each value: name one file, and others to join to it."
        )
    base = max(candidates, key=lambda at: len(tables[at]))
    order = _order(tables, base) or []
    return join_tables(tables[base], [tables[at] for at in order])


def join_tables(base: Table, partners: Sequence[Table]) -> Table:
    """Join tables to a base by the columns that they share with it: a left join.

    Rows of the base without a partner are set aside. Keys compare as text without surrounding
    white space; where that finds none, without the apostrophe that `restore` takes away. How many
    keys of a partner no row has is in `Table.unused`.

    Raises
    ------
    InputError
        When a partner shares no column, has different rows for one key, or no key of the base.
    """
    for partner in partners:
        base = _join(base, partner)
    return base


def _keys(table: Table, columns: list[str]) -> list[_Key]:
    """Key of each row."""
    parts = [as_labels(table.frame[name]).tolist() for name in columns]
    return [None if None in key else key for key in zip(*parts, strict=True)]


def _restored(key: _Key) -> _Key:
    """Give a key as it was before it was written for spreadsheets."""
    return None if key is None else tuple(map(restore, key))


def _repeated(keys: list[_Key]) -> list[_Key]:
    """Keys that an earlier row has."""
    known = pd.Series([key for key in keys if key is not None], dtype=object)
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
            if 0 < len(columns) < len(tables[at].columns) and not _repeated(
                _keys(_distinct(tables[at]), sorted(columns))
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
            f"{base.source} and {partner.source} share no column to join by: give the key the same "
            "name in both."
        )
    partner = _distinct(partner)
    theirs, ours = _keys(partner, columns), _keys(base, columns)
    by = " and ".join(f"'{name}'" for name in columns)
    if repeated := _repeated(theirs):
        raise InputError(
            f"{partner.source} has different rows for the same {by} ({len(repeated):,} times, "
            f"'{', '.join(repeated[0] or ())}' the first): keep one row for each, or start from "
            f"{partner.source} and join {base.source} to it."
        )
    at: dict[_Key, int] = {key: row for row, key in enumerate(theirs) if key is not None}
    match = np.array([at.get(key, -1) for key in ours], dtype=np.int64)
    missed = [row for row in np.flatnonzero(match < 0) if ours[row] is not None]
    if missed:
        plain = {**{_restored(key): row for key, row in at.items()}, **at}
        match[missed] = [plain.get(_restored(ours[row]), -1) for row in missed]
    found = match >= 0
    if len(base) and not found.any():
        raise InputError(
            f"No row of {base.source} has its {by} in {partner.source}: check that the values mean "
            "the same in both."
        )
    if len(partner.rejects):
        first = partner.rejects.iloc[0]
        warnings.warn(
            f"Left out {counted(len(partner.rejects), 'row')} of {partner.source}, "
            f"row {first['row']} the first: {first['reason']}.",
            CoterieWarning,
            stacklevel=3,
        )
    rejects: list[Reject] = [
        (
            int(base.rows[row]),
            None,
            f"no {by} {', '.join(key)} in {partner.source}" if key else f"no {by} to join by",
            None,
        )
        for row, key in enumerate(ours)
        if not found[row]
    ]
    apart = base.frame[~found].set_axis(base.rows[~found], axis=0)
    left = base.frame[found].reset_index(drop=True)
    right = partner.frame.drop(columns=columns).iloc[match[found]].reset_index(drop=True)
    return replace(
        base,
        frame=pd.concat([left, right], axis=1),
        rows=base.rows[found],
        rejects=base.rejects_with(rejects),
        source=f"{base.source} with {partner.source}",
        doubled=(*base.doubled, *partner.doubled),
        untyped=base.untyped | partner.untyped,
        notes=(*base.notes, *partner.notes),
        unmatched=pd.concat([base.unmatched, apart]),
        unused={**base.unused, partner.source: len(at) - len(np.unique(match[found]))},
    )
