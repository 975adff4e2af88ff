"""Changes of an index: create, append, update, delete; each is made whole or not at all."""

from __future__ import annotations

import shutil
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from coterie.errors import (
    CoterieWarning,
    EncoderMismatchError,
    InputError,
    OptionError,
    StoreError,
)
from coterie.extras import installed
from coterie.formatting import counted, named
from coterie.progress import current
from coterie.search.closeness import MEASURED, ROWS, row_closeness
from coterie.search.codes import RowCodes, make_codes, trained_on
from coterie.search.merging import merge_columns
from coterie.search.nearest import FEWEST_CODED
from coterie.search.recall import candidates_for
from coterie.search.rewriting import rows_of
from coterie.search.schema import Column
from coterie.search.storage.layout import (
    CODES,
    DELETED,
    DRAFT,
    ENCODERS,
    PARTS,
    SCHEMAS,
    VERSIONS,
    Codes,
    Part,
    Version,
    pack_schema,
    place_of,
    read_schema,
    version_numbers,
)
from coterie.search.storage.parts import NewRows, entry_of, write_part
from coterie.search.storage.pruning import check_folder, prune
from coterie.search.storage.reader import IndexReader
from coterie.store.draft import locked, sync, write_synced
from coterie.store.layout import files_below
from coterie.store.manifest import FileEntry, pack

__all__ = ["append_rows", "create_index", "delete_rows", "update_rows"]

Change = Literal["create", "append", "update", "delete"]
Places = npt.NDArray[np.int64]

_MOST_PARTS = 32  # after which all rows are written anew
_MOST_DELETED = 0.25  # share of all rows, after which they are
_TAIL = 20_000  # rows without codes that are compared one by one, which takes some 5 ms
_BLOCK = 65_536
_MOST_VERSION = 64 << 20  # bytes


def create_index(
    home: Path,
    rows: NewRows,
    *,
    encoder: Mapping[str, Any],
    reading: Mapping[str, Any],
    closeness: Mapping[str, tuple[float, ...]] | None = None,
    encoder_files: Path | None = None,
    overwrite: bool = False,
) -> Version:
    """Make an index of rows.

    Parameters
    ----------
    home
        The folder; made when absent.
    rows
        What it holds; there may be none, where their width is known.
    encoder, reading, closeness
        See `Version`; the closeness of rows is measured here.
    encoder_files
        Folder of an encoder that was made for this index, to be copied into it.
    overwrite
        Whether to put the rows in the place of those of an index that is there.

    Raises
    ------
    OptionError
        When there is an index, and ``overwrite`` is not given.
    StoreError
        When it cannot be written; an index that was there is as it was.
    """
    _check_ids(rows.ids)
    with _writing(home) as draft:
        if version_numbers(home) and not overwrite:
            raise OptionError(
                f"There is an index at {home}: add rows with --mode append or update, name another "
                "folder with --out, or replace it with --overwrite (overwrite=True)."
            )
        check_folder(home)
        number = _next_number(home)
        part = _add_part(home, draft, number, rows)
        state = _State(
            home, draft, number, "create", rows.vectors.shape[1], encoder, reading, (part,)
        )
        state.columns = tuple(rows.columns)
        state.closeness = dict(closeness or {})
        if encoder_files is not None:
            state.own_encoder = f"{number:08d}"
            state.encoder_files = _add_encoder(home, draft, state.own_encoder, encoder_files)
        return state.commit()


def append_rows(home: Path, rows: NewRows, *, encoder: Mapping[str, Any] | None = None) -> Version:
    """Add rows whose ids are not there yet.

    Parameters
    ----------
    home
        The folder of the index.
    rows
        What to add.
    encoder
        That of the vectors, as `Version` has it; None where it was not looked at.

    Raises
    ------
    InputError
        When an id is there already; nothing was added then.
    EncoderMismatchError
        When the vectors have another width.
    StoreError
        When there is no index, or it cannot be written; it is as it was then.
    """
    return _add(home, rows, "append", encoder)


def update_rows(home: Path, rows: NewRows, *, encoder: Mapping[str, Any] | None = None) -> Version:
    """Put rows in the place of those with their ids, and add those whose ids are not there yet.

    Parameters and errors are as for `append_rows`.
    """
    return _add(home, rows, "update", encoder)


def delete_rows(home: Path, ids: Sequence[str]) -> tuple[Version, list[str]]:
    """Delete rows by their ids.

    Returns
    -------
    version : Version
    absent : list of str
        Ids that were not there.
    """
    with _writing(home) as draft:
        reader = IndexReader(home)
        places = reader.find(list(dict.fromkeys(ids)))
        absent = [key for key, at in zip(dict.fromkeys(ids), places, strict=True) if at < 0]
        gone = places[places >= 0]
        if not len(gone):
            return reader.version, absent
        state = _State.of(reader, draft, "delete")
        state.deleted = np.union1d(reader.deleted, gone)
        return state.commit(), absent


def _add(
    home: Path,
    rows: NewRows,
    change: Literal["append", "update"],
    encoder: Mapping[str, Any] | None,
) -> Version:
    _check_ids(rows.ids)
    with _writing(home) as draft:
        reader = IndexReader(home)
        if not len(rows):
            return reader.version
        width = rows.vectors.shape[1]
        if width != reader.version.dim:
            raise EncoderMismatchError(
                f"The vectors have width {width}, and those of the index {home} have "
                f"{reader.version.dim}: embed with the encoder of the index."
            )
        if encoder is not None and encoder != reader.version.encoder:  # replaced meanwhile
            raise EncoderMismatchError(
                f"The index {home} was made again with another encoder meanwhile: add the rows "
                "again."
            )
        _check_kinds(reader, rows.columns)
        places = reader.find(list(rows.ids))
        there = places >= 0
        if change == "append" and there.any():
            ids = [key for key, known in zip(rows.ids, there, strict=True) if known]
            raise InputError(
                f"{counted(len(ids), 'id')} of the rows {'is' if len(ids) == 1 else 'are'} in the "
                f"index already, such as {named(ids, 3)}: replace these rows with --mode update, "
                "or leave them out."
            )
        state = _State.of(reader, draft, change)
        state.deleted = np.union1d(reader.deleted, places[there])
        state.parts = (*state.parts, _add_part(home, draft, state.number, rows))
        state.columns = merge_columns(state.columns, rows.columns, reader.places, len(rows))
        return state.commit()


def _check_kinds(reader: IndexReader, columns: Sequence[Column]) -> None:
    known = {column.name: column.kind for column in reader.schema}
    for column in columns:
        if (kind := known.get(column.name, column.kind)) != column.kind:
            raise InputError(
                f"'{column.name}' is a column of {kind} values in the index {reader.home}, and of "
                f"{column.kind} values in the rows: give it another name."
            )


def _check_ids(ids: Sequence[str]) -> None:
    if len(set(ids)) < len(ids):
        doubled, _ = Counter(ids).most_common(1)[0]
        raise InputError(f"Two rows have the id '{doubled}': give each row its own.")


@contextmanager
def _writing(home: Path) -> Iterator[Path]:
    """Be the only writer, with a draft folder to write into."""
    draft = home / DRAFT
    try:
        with locked(home):
            shutil.rmtree(draft, ignore_errors=True)  # of a writer that was killed
            draft.mkdir()
            try:
                yield draft
            finally:
                shutil.rmtree(draft, ignore_errors=True)
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        raise StoreError(
            f"The index {home} could not be written ({error.strerror or error}{where}), and is as "
            "it was: make room or name another folder."
        ) from error


def _add_encoder(home: Path, draft: Path, name: str, files: Path) -> dict[str, FileEntry]:
    """Copy the files of an encoder, and sync them to the disk."""
    shutil.copytree(files, draft / ENCODERS)
    entries = {}
    for name_in, path in files_below(draft / ENCODERS):
        sync(path)
        entries[name_in] = entry_of(path)
    sync(draft / ENCODERS)
    (home / ENCODERS).mkdir(exist_ok=True)
    (draft / ENCODERS).rename(home / ENCODERS / name)
    sync(home / ENCODERS)
    return entries


def _next_number(home: Path) -> int:
    """Give the next number that nothing has which is there, damaged or not."""
    parts = [int(each.name) for each in (home / PARTS).glob("*") if each.name.isdecimal()]
    return max([0, *version_numbers(home), *parts]) + 1


def _add_part(home: Path, draft: Path, number: int, rows: NewRows) -> Part:
    name = f"{number:08d}"
    part = write_part(draft / name, name, rows)
    (home / PARTS).mkdir(exist_ok=True)
    (draft / name).rename(home / PARTS / name)
    sync(home / PARTS)
    return part


@dataclass(slots=True, eq=False)
class _State:
    """An index as it will be after a change."""

    home: Path
    draft: Path
    number: int
    change: Change
    dim: int
    encoder: Mapping[str, Any]
    reading: Mapping[str, Any]
    parts: tuple[Part, ...]
    columns: tuple[Column, ...] = ()
    deleted: Places | None = None
    codes: Codes | None = None
    recall: Mapping[str, float] | None = None
    closeness: dict[str, tuple[float, ...]] | None = None
    own_encoder: str = ""
    encoder_files: Mapping[str, FileEntry] = field(default_factory=dict)

    @classmethod
    def of(cls, reader: IndexReader, draft: Path, change: Change) -> _State:
        """Begin with the newest version."""
        now = reader.version
        return cls(
            reader.home,
            draft,
            _next_number(reader.home),
            change,
            now.dim,
            now.encoder,
            now.reading,
            now.parts,
            read_schema(reader.home, now),
            None if now.deleted is None else reader.deleted,
            now.codes,
            now.recall,
            dict(now.closeness),
            now.own_encoder,
            now.encoder_files,
        )

    def commit(self) -> Version:
        """Write the new version, and then what only versions need that are too old."""
        deleted = np.empty(0, dtype=np.int64) if self.deleted is None else self.deleted
        places = sum(part.rows for part in self.parts)
        many = len(self.parts) > _MOST_PARTS or len(deleted) > _MOST_DELETED * places
        if many:
            self._compact(deleted)
            deleted = np.empty(0, dtype=np.int64)
            places = sum(part.rows for part in self.parts)
        entry = (
            self._write(DELETED, ".i64", deleted.astype("<i8").tobytes()) if len(deleted) else None
        )
        schema = self._write(SCHEMAS, ".json", pack_schema(self.columns))
        version = Version(
            form=1,
            version=self.number,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            change=self.change,
            rows=places - len(deleted),
            dim=self.dim,
            encoder=self.encoder,
            reading=self.reading,
            parts=self.parts,
            deleted=entry,
            schema=schema,
            own_encoder=self.own_encoder,
            encoder_files=self.encoder_files,
            codes=self.codes,
            recall=self.recall or {},
            closeness=self.closeness or {},
        )
        version = self._coded(version)
        version = self._measured(version)
        self._publish(version)
        prune(self.home)
        return version

    def _write(self, folder: str, suffix: str, content: bytes) -> FileEntry:
        path = self.home / place_of(folder, self.number, suffix)
        path.parent.mkdir(exist_ok=True)
        path.unlink(missing_ok=True)  # of a writer that was killed before its version was there
        write_synced(path, content)
        sync(path.parent)
        return entry_of(path)

    def _publish(self, version: Version) -> None:
        fresh = self.draft / "version.json"
        write_synced(fresh, pack(version, _MOST_VERSION))
        place = self.home / place_of(VERSIONS, self.number, ".json")
        place.parent.mkdir(exist_ok=True)
        sync(self.home)
        fresh.rename(place)
        sync(place.parent)

    def _coded(self, version: Version) -> Version:
        """Make codes where there are many rows, or add those that were added since."""
        rows = version.places
        if rows * self.dim <= FEWEST_CODED:
            return replace(version, codes=None, recall={})
        if version.codes is not None and rows - version.codes.rows <= _TAIL:
            return version
        if not installed("faiss"):
            warnings.warn(
                f"The index has {counted(rows, 'row')}, and searches compare each of them, which "
                "is slow: for fast ones run pip install 'coterie[search]' and make the index "
                "again.",
                CoterieWarning,
                stacklevel=5,
            )
            return replace(version, codes=None, recall={})
        reader = IndexReader(self.home, version)
        with current().stage("Making codes", rows) as stage:

            def blocks(start: int) -> Iterator[npt.NDArray[np.float32]]:
                for _, block in reader.blocks(_BLOCK, start):
                    yield block
                    stage.advance(len(block))

            codes = None if version.codes is None else reader.codes
            # lists of half or twice the usual size are as good; beyond, they are made anew
            if codes is not None and rows <= 2 * codes.rows:
                added = RowCodes(codes.index, self.dim)
                for block in blocks(codes.rows):
                    added.add(block)
                codes = added
            else:
                sample = reader.vectors(trained_on(rows))
                codes = make_codes(sample, rows, blocks(0), self.dim)
        with current().stage("Measuring recall"):
            candidates, recall = candidates_for(reader, codes)
        name = f"{self.number:08d}.faiss"
        path = self.home / CODES / name
        path.parent.mkdir(exist_ok=True)
        path.unlink(missing_ok=True)
        write_synced(path, codes.to_bytes())
        sync(path.parent)
        made = Codes(name, rows, codes.lists, candidates, entry_of(path))
        return replace(version, codes=made, recall=recall)

    def _measured(self, version: Version) -> Version:
        """Measure how close rows are, where there are twice as many as when it was measured."""
        known = version.closeness
        if known.get(MEASURED, (0,))[0] * 2 > version.places:
            return version
        found = row_closeness(IndexReader(self.home, version))
        measured = {**known, MEASURED: (float(version.places),)}
        return replace(version, closeness={**measured, ROWS: found} if found else measured)

    def _compact(self, deleted: Places) -> None:
        """Write all rows that are left into one part."""
        held = Version(
            form=1,
            version=self.number,
            created="",
            change=self.change,
            rows=0,
            dim=self.dim,
            encoder={},
            reading={},
            parts=self.parts,
            deleted=None,
            schema=self._write(SCHEMAS, ".json", pack_schema(self.columns)),
        )
        reader = IndexReader(self.home, held)
        alive = np.ones(reader.places, dtype=np.bool_)
        alive[deleted] = False
        rows = rows_of(reader, np.flatnonzero(alive), self.columns, self.draft)
        self.number = _next_number(self.home)
        self.parts = (_add_part(self.home, self.draft, self.number, rows),)
        self.columns = tuple(rows.columns)
        self.codes, self.recall = None, None
