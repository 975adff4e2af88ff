"""Where the states of an unfinished training are, so that the same call goes on from them."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from coterie.encoders import EmbeddingCache
from coterie.locks import lock_file

__all__ = ["UnfinishedTrainings"]

_HOME = "trainings"
_KEPT_DAYS = 30  # days that a state which nobody went on from is kept: a judgement


class UnfinishedTrainings:
    """Folders of states, by what a training depends on, beside the vectors in the cache.

    Used as a context: they are deleted when it ends well, and stay after an error, Ctrl-C or a
    kill. A training that another process is at, or that cannot be kept because the cache is not on
    disk or cannot be written, has a temporary folder.

    Parameters
    ----------
    cache
        Where vectors are kept; the user's own cache when None.
    """

    def __init__(self, cache: EmbeddingCache | None = None) -> None:
        self._cache = EmbeddingCache() if cache is None else cache
        self._locks: dict[Path, int | None] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for folder, lock in self._locks.items():
            if kind is None or lock is None:
                shutil.rmtree(folder, ignore_errors=True)
            if lock is not None:
                os.close(lock)
        self._locks = {}

    def folder(self, fingerprint: str) -> Path:
        """Give the folder of the training with this fingerprint, of hexadecimal digits."""
        home = getattr(self._cache, "folder", None)
        if home is not None:
            folder = Path(home) / _HOME / fingerprint[:32]
            if folder in self._locks:
                return folder
            try:
                _forget_old(folder.parent)
                folder.mkdir(parents=True, exist_ok=True)
                self._locks[folder] = lock_file(folder)
            except OSError:  # another process is at it, or nothing can be written
                pass
            else:
                return folder
        made = Path(tempfile.mkdtemp(prefix="coterie-training-"))
        self._locks[made] = None
        return made


def _forget_old(home: Path) -> None:
    """Delete the states that nobody went on from."""
    if not home.is_dir():
        return
    for folder in home.iterdir():
        try:
            age = time.time() - max(path.stat().st_mtime for path in (folder, *folder.iterdir()))
        except OSError:
            continue
        if age > _KEPT_DAYS * 86_400:
            shutil.rmtree(folder, ignore_errors=True)
