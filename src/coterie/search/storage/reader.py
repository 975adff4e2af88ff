"""One version of an index, open for reading."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from coterie.errors import InputError, IntegrityError
from coterie.formatting import named
from coterie.hints import did_you_mean
from coterie.search.codes import RowCodes
from coterie.search.columns import nulls_of
from coterie.search.filters import Condition, columns_of, passing
from coterie.search.schema import Schema
from coterie.search.storage.layout import (
    CODES,
    DELETED,
    PARTS,
    Version,
    files_of,
    newest_version,
    place_of,
    read_schema,
)
from coterie.search.storage.parts import OpenPart, entry_of
from coterie.search.words import Postings

__all__ = ["IndexReader"]

Bools = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int64]
Vectors = npt.NDArray[np.float32]


class IndexReader:
    """The rows of one version. A place is the number of a row in it, from 0, deleted ones counted.

    Opening maps the files into memory and reads none of the rows.

    Parameters
    ----------
    home
        The folder of the index.
    version
        The one to open; the newest that is whole when None.

    Raises
    ------
    StoreError
        When there is no index, or none of its versions is whole.
    """

    def __init__(self, home: Path, version: Version | None = None) -> None:
        self.home = home
        self.version = newest_version(home) if version is None else version
        self.schema = Schema(read_schema(home, self.version), f"the index {home.name}")
        self.parts = [
            OpenPart(home / PARTS / part.name, part, self.version.dim)
            for part in self.version.parts
        ]
        self._starts = np.cumsum([0, *map(len, self.parts)])
        self._codes_lock = threading.Lock()
        codes = self.version.codes
        # opened here, so that a later change cannot take the file away
        self._codes_file = None if codes is None else (home / CODES / codes.name).open("rb")
        self.deleted = self._read_deleted()

    def __len__(self) -> int:
        return self.version.rows

    def __del__(self) -> None:
        file = getattr(self, "_codes_file", None)
        if file is not None:
            file.close()

    @property
    def places(self) -> int:
        """All rows, deleted ones among them."""
        return int(self._starts[-1])

    def _read_deleted(self) -> Places:
        """Read the places of the rows that were deleted or replaced, ascending."""
        if self.version.deleted is None:
            return np.empty(0, dtype=np.int64)
        packed = (self.home / place_of(DELETED, self.version.version, ".i64")).read_bytes()
        _check(packed, self.version.deleted.sha256, self.home / DELETED)
        return np.frombuffer(packed, dtype="<i8").astype(np.int64)

    @cached_property
    def alive(self) -> Bools:
        """Shape (places,): the rows that were not deleted."""
        alive = np.ones(self.places, dtype=np.bool_)
        alive[self.deleted] = False
        return alive

    def passing(self, where: Condition | None) -> Bools | None:
        """Tell which rows pass a filter; None where all do and none is deleted."""
        if where is None:
            return None if self.version.deleted is None else self.alive
        names = {self.schema.find(name).name for name in columns_of(where)}
        masks = [
            passing(where, {name: self.column(part, name) for name in names}, self.schema)
            for part in self.parts
        ]
        found = masks[0] if len(masks) == 1 else np.concatenate([np.empty(0, np.bool_), *masks])
        return found if self.version.deleted is None else found & self.alive

    def parts_of(self, places: Places) -> Iterator[tuple[OpenPart, Places, Places]]:
        """Give the parts that some places lie in: part, which of the places, and their rows."""
        if len(self.parts) == 1:
            yield self.parts[0], np.arange(len(places)), places
            return
        owners = np.searchsorted(self._starts, places, side="right") - 1
        for number in np.unique(owners).tolist():
            chosen = np.flatnonzero(owners == number)
            yield self.parts[number], chosen, places[chosen] - self._starts[number]

    def vectors(self, places: Places) -> Vectors:
        """Give the vectors of some places, in their order."""
        found = np.empty((len(places), self.version.dim), dtype=np.float32)
        for part, chosen, rows in self.parts_of(places):
            found[chosen] = part.vectors[rows]
        return found

    def blocks(self, size: int, start: int = 0) -> Iterator[tuple[int, Vectors]]:
        """Give all vectors from a place on, at most ``size`` at a time, with their first place."""
        for part, first in zip(self.parts, self._starts.tolist(), strict=False):
            for row in range(max(start - first, 0), len(part), size):
                yield first + row, part.vectors[row : row + size]

    def ids(self, places: Places) -> list[str]:
        """Give the ids of some places."""
        return self._texts(places, "ids")

    def texts(self, places: Places) -> list[str]:
        """Give the texts of some places."""
        return self._texts(places, "texts")

    def _texts(self, places: Places, what: str) -> list[str]:
        found = np.empty(len(places), dtype=object)
        for part, chosen, rows in self.parts_of(places):
            found[chosen] = getattr(part, what).take(pa.array(rows)).to_pylist()
        texts: list[str] = found.tolist()
        return texts

    def cells(self, name: str, places: Places, *, as_written: bool = False) -> list[Any]:
        """Give the cells of a column for some places: Python's values, None where missing."""
        found = np.empty(len(places), dtype=object)
        for part, chosen, rows in self.parts_of(places):
            column = self.column(part, name)
            if as_written:
                column = part.written.get(name, column)
            values = column.take(pa.array(rows)).to_pylist()
            for at, value in zip(chosen.tolist(), values, strict=True):
                found[at] = value
        return found.tolist()

    def kept(self, name: str, places: Places) -> list[str | None]:
        """Give what was kept with some places, None where nothing was: see `NewRows.kept`."""
        found = np.full(len(places), None, dtype=object)
        for part, chosen, rows in self.parts_of(places):
            if name in part.kept:
                found[chosen] = part.kept[name].take(pa.array(rows)).to_pylist()
        texts: list[str | None] = found.tolist()
        return texts

    def column(self, part: OpenPart, name: str) -> pa.Array:
        """Give the cells of a column in a part; nulls where the part is older than the column."""
        if name in part.columns:
            return part.columns[name]
        return nulls_of(self.schema.find(name).kind, len(part))

    def find(self, ids: Sequence[str]) -> Places:
        """Find the places of some ids, -1 where an id is not there. Time grows with the rows."""
        unique = list(dict.fromkeys(ids))
        if len(unique) < len(ids):
            places = dict(zip(unique, self.find(unique).tolist(), strict=True))
            return np.array([places[key] for key in ids], dtype=np.int64)
        wanted = pa.array([_sound(key) for key in ids], pa.large_string())
        found = np.full(len(ids), -1, dtype=np.int64)
        for part, start in zip(self.parts, self._starts.tolist(), strict=False):
            at = pc.index_in(part.ids, value_set=wanted)
            rows = np.flatnonzero(at.is_valid().to_numpy(zero_copy_only=False))
            places = start + rows
            alive = self.alive[places]
            found[at.take(pa.array(rows[alive])).to_numpy(zero_copy_only=False)] = places[alive]
        return found

    def places_of(self, ids: Sequence[str]) -> Places:
        """Find the places of some ids.

        Raises
        ------
        InputError
            When one is not there; the message names the nearest.
        """
        found = self.find(ids)
        if absent := [key for key, at in zip(ids, found, strict=True) if at < 0]:
            known = self.ids(np.flatnonzero(self.alive)[:_LOOKED_AT])
            hint = did_you_mean(absent[0], known, f"it has {named(known, 3)} and others.")
            raise InputError(f"The index has no row with the id '{absent[0]}': {hint}")
        return found

    @property
    def postings(self) -> list[Postings]:
        """The words of each part."""
        return [part.postings for part in self.parts]

    @property
    def coded(self) -> int:
        """How many of the first rows have codes."""
        return 0 if self.version.codes is None else self.version.codes.rows

    @property
    def codes(self) -> RowCodes | None:
        """The codes of the first rows; read and checked when they are first used."""
        with self._codes_lock:
            return self._read_codes

    @cached_property
    def _read_codes(self) -> RowCodes | None:
        codes, file = self.version.codes, self._codes_file
        if codes is None or file is None:
            return None
        packed = file.read()
        _check(packed, codes.file.sha256, self.home / CODES / codes.name)
        return RowCodes.from_bytes(np.frombuffer(packed, dtype=np.uint8), self.version.dim)

    def warm(self) -> None:
        """Read codes and vectors into memory, so that the first searches are as fast as later ones.

        Time grows with their size; it is for a process that searches often.
        """
        _ = self.codes
        for part in self.parts:
            part.warm()

    def verify(self) -> None:
        """Check the hash of every file of this version; time grows with their size.

        Raises
        ------
        IntegrityError
            When one is not as it was written.
        """
        for name, entry in files_of(self.version):
            if entry_of(self.home / name).sha256 != entry.sha256:
                raise IntegrityError(
                    f"{self.home / name} was altered after it was written: {_MEND}."
                )


_LOOKED_AT = 10_000  # ids, for the nearest one to name
_MEND = "make the index again, or take it from a copy"


def _sound(text: str) -> str:
    """Replace halves of surrogate pairs, which no id holds."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _check(packed: bytes, sha256: str, path: Path) -> None:
    if hashlib.sha256(packed).hexdigest() != sha256:
        raise IntegrityError(f"{path} was altered after it was written: {_MEND}.")
