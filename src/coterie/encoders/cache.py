"""Vectors kept on disk, so that a text is embedded once."""

from __future__ import annotations

import atexit
import hashlib
import os
import sqlite3
import warnings
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import numpy as np
import numpy.typing as npt

from coterie.encoders.base import Encoder, Vectors
from coterie.errors import CoterieWarning, EncoderMismatchError
from coterie.places import cache_folder

__all__ = ["CacheInfo", "EmbeddingCache", "NoCache", "text_key"]

_WAIT = 30.0  # seconds for another process to finish writing: a judgement
_MOST_OPEN = 4  # files left open between calls: a judgement
_KEYS = 500  # in one query: SQLite took 999 at most before version 3.32
_SCHEMA = """
CREATE TABLE IF NOT EXISTS encoder (fingerprint TEXT PRIMARY KEY, name TEXT, dim INTEGER);
CREATE TABLE IF NOT EXISTS vectors (text BLOB PRIMARY KEY, vector BLOB NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class CacheInfo:
    """What the cache holds of one encoder: its vectors, and bytes on disk."""

    name: str
    fingerprint: str
    dim: int
    vectors: int
    bytes: int


class EmbeddingCache:
    """Vectors by encoder and text, in one SQLite file per encoder.

    Each batch is one transaction in write-ahead mode, so a killed process loses only what it
    had not handed over, and several processes read and write at once. Texts are kept as hashes
    only. A disk that is full or read-only costs a warning, never the work. The files used last
    stay open until the process ends.

    Parameters
    ----------
    folder
        Where the files are; by default the environment's ``COTERIE_CACHE``, else ``coterie`` in
        the user's cache folder.
    """

    def __init__(self, folder: str | Path | None = None) -> None:
        self.folder = cache_folder() if folder is None else Path(folder).expanduser()

    def __repr__(self) -> str:
        return f"EmbeddingCache({str(self.folder)!r})"

    @property
    def discoveries(self) -> Path | None:
        """Folder where discoveries keep their search; None where no file is kept."""
        return self.folder / "discoveries"

    @contextmanager
    def open(self, encoder: Encoder) -> Iterator[Shelf]:
        """Open what is kept of one encoder.

        Raises
        ------
        EncoderMismatchError
            When the file was written by another encoder, or holds vectors of another width.
        """
        path = self._path(encoder.fingerprint)
        shelf = _left_open.take(path, encoder) or Shelf(path, encoder)
        try:
            yield shelf
        except BaseException:
            shelf.close()
            raise
        _left_open.leave(shelf)

    def info(self) -> list[CacheInfo]:
        """Say what is kept, encoder by encoder."""
        found = []
        for path in sorted(self.folder.glob("*.sqlite")):
            with closing(sqlite3.connect(path, timeout=_WAIT)) as database:
                rows = database.execute(
                    "SELECT name, fingerprint, dim, (SELECT count(*) FROM vectors) FROM encoder"
                ).fetchall()
            found += [
                CacheInfo(name, digest, dim, count, _size(path))
                for name, digest, dim, count in rows
            ]
        return found

    def clear(self, fingerprint: str | None = None) -> int:
        """Delete what is kept of one encoder, or of all; returns the bytes freed.

        With all encoders, the searches of discoveries are deleted too. A file that another process
        has open is emptied, and stays.
        """
        _left_open.close()
        pattern = "*.sqlite" if fingerprint is None else self._path(fingerprint).name
        freed = 0
        if fingerprint is None and self.discoveries is not None:
            for path in self.discoveries.glob("*"):
                freed += path.stat().st_size
                path.unlink(missing_ok=True)
        for path in sorted(self.folder.glob(pattern)):
            freed += _size(path)
            if _in_use(path):
                freed -= _size(path)
                continue
            for part in _parts(path):
                part.unlink(missing_ok=True)
        return freed

    def _path(self, fingerprint: str) -> Path:
        return self.folder / f"{fingerprint[:32]}.sqlite"


class Shelf:
    """The open file of one encoder."""

    def __init__(self, path: Path, encoder: Encoder) -> None:
        self.path = path
        self._encoder = encoder.fingerprint, encoder.name, encoder.dim
        self._database: sqlite3.Connection | None = None
        try:
            self._database = self._connect()
        except (OSError, sqlite3.Error) as error:
            self._give_up(error)

    def read(self, texts: Sequence[str], into: Vectors) -> npt.NDArray[np.bool_]:
        """Fill the rows of ``into`` (n, dim) whose texts are known, and say which they are (n,)."""
        known = np.zeros(len(texts), dtype=np.bool_)
        if self._database is None:
            return known
        rows = {text_key(text): row for row, text in enumerate(texts)}
        keys = list(rows)
        try:
            for start in range(0, len(keys), _KEYS):
                part = keys[start : start + _KEYS]
                marks = ",".join("?" * len(part))
                query = f"SELECT text, vector FROM vectors WHERE text IN ({marks})"  # noqa: S608
                for key, vector in self._database.execute(query, part):
                    into[rows[key]] = self._vector(vector)
                    known[rows[key]] = True
        except sqlite3.Error as error:
            self._give_up(error)
        return known

    def write(self, texts: Sequence[str], vectors: Vectors) -> None:
        """Keep the vectors (n, dim) of texts; those that are not finite are left out."""
        if self._database is None:
            return
        sound = np.atleast_1d(np.isfinite(vectors).all(axis=1))
        rows = [
            (text_key(text), vector.astype("<f4").tobytes())
            for text, vector, good in zip(texts, vectors, sound, strict=True)
            if good
        ]
        try:
            with self._database:
                self._database.executemany("INSERT OR IGNORE INTO vectors VALUES (?, ?)", rows)
        except sqlite3.Error as error:
            self._give_up(error)

    def close(self) -> None:
        """Close the file."""
        if self._database is not None:
            self._database.close()
            self._database = None

    def serves(self, encoder: Encoder) -> bool:
        """Whether the file is open, still where it was, and this encoder's."""
        same = self._encoder == (encoder.fingerprint, encoder.name, encoder.dim)
        return same and self._database is not None and self._inode == _inode(self.path)

    def _connect(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # one thread at a time uses it, see `_LeftOpen`
        database = sqlite3.connect(self.path, timeout=_WAIT, check_same_thread=False)
        try:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = NORMAL")
            self._introduce(database)
            self._inode = _inode(self.path)
        except BaseException:
            database.close()
            raise
        return database

    def _introduce(self, database: sqlite3.Connection) -> None:
        """Record the encoder in a new file, or compare it with the one recorded there."""
        fingerprint, name, dim = self._encoder
        database.executescript(_SCHEMA)
        with database:
            database.execute("BEGIN IMMEDIATE")
            written = database.execute("SELECT fingerprint, name, dim FROM encoder").fetchone()
            if written is None:
                database.execute("INSERT INTO encoder VALUES (?, ?, ?)", self._encoder)
                return
        if (written[0], written[2]) != (fingerprint, dim):
            raise EncoderMismatchError(
                f"The cache {self.path} holds vectors of {written[1]} (width {written[2]}), not "
                f"of {name} (width {dim}): delete that file, or use another cache folder."
            )

    def _vector(self, stored: bytes) -> Vectors:
        vector = np.frombuffer(stored, dtype="<f4")
        _, name, dim = self._encoder
        if len(vector) != dim:
            raise EncoderMismatchError(
                f"The cache {self.path} holds a vector of width {len(vector)} where "
                f"{name} gives {dim}: delete that file."
            )
        return vector

    def _give_up(self, error: Exception) -> None:
        """Go on without the cache, and say so."""
        self.close()
        warnings.warn(
            f"The embedding cache {self.path} cannot be used ({error}), so nothing is kept: set "
            "COTERIE_CACHE to another folder.",
            CoterieWarning,
            stacklevel=4,
        )


class _LeftOpen:
    """The files used last, left open: to open and close one takes as long as to embed a text.

    Closing one that no other process has open writes all of it to the disk, and waits for that.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._shelves: dict[Path, Shelf] = {}
        self._parents: list[dict[Path, Shelf]] = []

    def take(self, path: Path, encoder: Encoder) -> Shelf | None:
        """Take a file for one thread, if it is there and still serves."""
        with self._lock:
            shelf = self._shelves.pop(path, None)
        if shelf is None or shelf.serves(encoder):
            return shelf
        shelf.close()
        return None

    def leave(self, shelf: Shelf) -> None:
        """Leave a file open for the next call, in place of those that were used before."""
        with self._lock:
            older = [self._shelves.pop(shelf.path, None)]
            self._shelves[shelf.path] = shelf
            while len(self._shelves) > _MOST_OPEN:
                older.append(self._shelves.pop(next(iter(self._shelves))))
        for each in older:
            if each is not None:
                each.close()

    def close(self) -> None:
        """Close all."""
        with self._lock:
            shelves, self._shelves = self._shelves, {}
        for shelf in shelves.values():
            shelf.close()

    def forget(self) -> None:
        """Start anew in a forked process, which must not touch its parent's connections."""
        self._parents.append(self._shelves)  # not closed, as that could change the file
        self._lock, self._shelves = Lock(), {}


_left_open = _LeftOpen()
atexit.register(_left_open.close)
if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_left_open.forget)


class NoCache(EmbeddingCache):
    """Keeps no vectors: each text is embedded anew, and nothing is written to disk."""

    def __init__(self) -> None:
        """Take no folder."""

    def __repr__(self) -> str:
        return "NoCache()"

    @property
    def discoveries(self) -> Path | None:
        """No folder."""
        return None

    @contextmanager
    def open(self, encoder: Encoder) -> Iterator[Shelf]:  # noqa: ARG002
        """Give a place where nothing is."""
        yield _NoShelf()

    def info(self) -> list[CacheInfo]:
        """Say that nothing is kept."""
        return []

    def clear(self, fingerprint: str | None = None) -> int:  # noqa: ARG002
        """Delete nothing."""
        return 0


class _NoShelf(Shelf):
    def __init__(self) -> None:
        self._database = None


def text_key(text: str) -> bytes:
    """Give the hash that stands for a text: 16 bytes."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _in_use(path: Path) -> bool:
    """Whether another process has a file open, which is emptied then.

    To delete it would damage a new file of that name: SQLite deletes the write-ahead log by name
    when the last one that has it open closes it.
    """
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as database:
        try:
            database.execute("PRAGMA journal_mode = DELETE")  # refused while others have it open
        except sqlite3.OperationalError:
            database.execute(f"PRAGMA busy_timeout = {1000 * _WAIT:.0f}")
            database.execute("DELETE FROM vectors")
            database.execute("VACUUM")
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return True
        except sqlite3.DatabaseError:  # damaged
            return False
    return False


def _parts(path: Path) -> list[Path]:
    return [path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")]


def _inode(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _size(path: Path) -> int:
    return sum(part.stat().st_size for part in _parts(path) if part.exists())
