"""Which rows of a later table are there already, by their ids or by their texts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from coterie.encoders import Vectors, row_keys
from coterie.records import Records
from coterie.segments import StoredRows

__all__ = ["Matched", "has_ids", "match_rows", "unlike_ids"]

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Matched:
    """The records of a later table beside the rows that are stored.

    Attributes
    ----------
    fresh
        Places of the records that are new, ascending.
    again
        Places of the stored rows that the other records are.
    by_id
        Whether they were compared by their ids; else by their texts.
    altered
        Records whose id is there with another text: the stored one stays.
    known_texts
        New records with a text that a stored row has too.
    """

    fresh: Ints
    again: Ints
    by_id: bool
    altered: int = 0
    known_texts: int = 0


def has_ids(rows: StoredRows, reading: Mapping[str, Any]) -> bool:
    """Whether stored rows have ids of their own, and not the numbers of rows.

    Parameters
    ----------
    rows
        The rows.
    reading
        How the table of the discovery was read; empty where an earlier version did not say.
    """
    own = rows.ids[rows.batch_codes == 0].tolist()
    if reading:
        named = bool(reading.get("id") or reading.get("group"))
    else:  # numbers of rows ascend
        numbers = [int(each) for each in own if each.isascii() and each.isdigit()]
        named = len(numbers) < len(own) or numbers != sorted(set(numbers))
    later = zip(rows.ids.tolist(), rows.batch_codes.tolist(), strict=True)
    return named and not any(batch and each.startswith(f"r{batch}.") for each, batch in later)


def match_rows(
    rows: StoredRows, records: Records, vectors: Vectors, *, stored_ids: bool
) -> Matched:
    """Find the records that are stored already.

    Where both have ids, a record is there whose id is. Else a record is there whose text is, as
    often as it is: of three equal texts of which two are stored, one is new. Rows without texts
    are compared by their vectors.

    Parameters
    ----------
    rows
        The stored rows.
    records, vectors
        The n records, and their vectors, shape (n, dim).
    stored_ids
        Whether the stored rows have ids, see `has_ids`.
    """
    told = any(rows.texts) and records.has_texts
    stored = rows.texts.tolist() if told else row_keys(rows.vectors)
    given = records.texts.tolist() if told else row_keys(vectors)
    if not (stored_ids and records.id_column is not None):
        fresh, again = _by_key(stored, given)
        return Matched(fresh, again, by_id=False)
    place = {row_id: at for at, row_id in enumerate(rows.ids.tolist())}
    at = np.array([place.get(row_id, -1) for row_id in records.ids.tolist()], dtype=np.int64)
    fresh, known = np.flatnonzero(at < 0), np.flatnonzero(at >= 0)
    altered = sum(stored[at[each]] != given[each] for each in known.tolist())
    texts = set(stored)
    return Matched(
        fresh, at[known], True, altered, sum(given[each] in texts for each in fresh.tolist())
    )


def unlike_ids(rows: StoredRows, records: Records, fresh: Ints, batch: int) -> npt.NDArray[Any]:
    """Give new records ids that no stored row has.

    A record without an id of its own is called by its refresh and row: ``r2.17``.
    """
    taken = set(rows.ids.tolist())
    ids = np.empty(len(fresh), dtype=object)
    for place, each in enumerate(fresh.tolist()):
        own = records.ids[each]
        if records.id_column is None or own in taken:
            own = f"r{batch}.{own}"
        while own in taken:
            own += "'"
        ids[place] = own
        taken.add(own)
    return ids


def _by_key(stored: Sequence[str], given: Sequence[str]) -> tuple[Ints, Ints]:
    places: dict[str, list[int]] = defaultdict(list)
    for at in range(len(stored) - 1, -1, -1):
        places[stored[at]].append(at)
    fresh, again = [], []
    for at, key in enumerate(given):
        if left := places.get(key):
            again.append(left.pop())
        else:
            fresh.append(at)
    return np.array(fresh, dtype=np.int64), np.array(again, dtype=np.int64)
