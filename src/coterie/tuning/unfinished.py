"""Where the states of an unfinished training are, so that the same call goes on from them."""

from __future__ import annotations

import os
import shutil
import time
from contextvars import ContextVar, Token
from pathlib import Path
from types import TracebackType
from typing import Self

from coterie.encoders import EmbeddingCache
from coterie.locks import lock_file
from coterie.scratch import ScratchFolder

__all__ = ["UnfinishedTrainings"]

_HOME = "trainings"
_KEPT_DAYS = 30  # days that a state which nobody went on from is kept: a judgement


class UnfinishedTrainings:
    """Folders of states, by what a training depends on, beside the vectors in the cache.

    Used as a context: they are deleted when it ends well, and stay after an error, Ctrl-C or a
    kill. Inside another such context they stay until that one ends, so that a run of several
    trainings does not repeat those that had ended. A training that another process is at, or that
    cannot be kept because the cache is not on disk or cannot be written, has a temporary folder.

    Parameters
    ----------
    cache
        Where vectors are kept; the user's own cache when None.
    """

    def __init__(self, cache: EmbeddingCache | None = None) -> None:
        self._cache = EmbeddingCache() if cache is None else cache
        self._locks: dict[Path, int] = {}
        self._scratch: list[ScratchFolder] = []
        self._outer: UnfinishedTrainings | None = None
        self._token: Token[UnfinishedTrainings] | None = None

    def __enter__(self) -> Self:
        self._outer = _OUTERMOST.get(None)
        if self._outer is None:
            self._token = _OUTERMOST.set(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._token is not None:
            _OUTERMOST.reset(self._token)
            self._token = None
        for folder, lock in self._locks.items():
            if kind is None:
                shutil.rmtree(folder, ignore_errors=True)
            os.close(lock)
        for scratch in self._scratch:
            scratch.close()
        self._locks, self._scratch = {}, []

    def folder(self, fingerprint: str) -> Path:
        """Give the folder of the training with this fingerprint, of hexadecimal digits."""
        if self._outer is not None:
            return self._outer.folder(fingerprint)
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
        self._scratch.append(ScratchFolder())
        return self._scratch[-1].path


_OUTERMOST: ContextVar[UnfinishedTrainings] = ContextVar("unfinished trainings")


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
