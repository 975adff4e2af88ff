"""Answers kept on disk as they come, so that none is asked for or paid twice."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import threading
import warnings
from pathlib import Path
from typing import Any

from coterie.errors import CoterieWarning
from coterie.llm.base import ChatModel, Prompt, Reply
from coterie.locks import lock_file
from coterie.places import cache_folder

__all__ = ["KeptAnswers", "NoAnswers", "Speed"]

_WAIT = 30.0  # seconds for another process to finish writing: a judgement
_SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
    key BLOB PRIMARY KEY, model TEXT, text TEXT, tokens_in INTEGER, tokens_out INTEGER, seconds REAL
);
CREATE INDEX IF NOT EXISTS by_model ON answers (model);
"""


class Speed:
    """How fast a model was: calls, tokens in and out, and seconds, all told."""

    def __init__(self, calls: int = 0, tokens: int = 0, seconds: float = 0.0) -> None:
        self.calls, self.tokens, self.seconds = calls, tokens, seconds


class KeptAnswers:
    """Answers by model, prompt and settings, in one SQLite file.

    Each answer is written to the disk before it is used, so a killed process loses only what it was
    still waiting for. Prompts are kept as hashes only; answers as they came. A disk that is full or
    read-only costs a warning, never the work.

    Parameters
    ----------
    folder
        Where the file is; by default in the folder of all caches, see
        `coterie.places.cache_folder`.
    """

    def __init__(self, folder: str | Path | None = None) -> None:
        self.folder = cache_folder() / "answers" if folder is None else Path(folder).expanduser()
        self._lock = threading.Lock()
        self._database: sqlite3.Connection | None = None
        self._failed = False

    def __repr__(self) -> str:
        return f"KeptAnswers({str(self.folder)!r})"

    @property
    def path(self) -> Path:
        """The file."""
        return self.folder / "answers.sqlite"

    def find(self, model: ChatModel, prompt: Prompt) -> Reply | None:
        """Look an answer up."""
        query = "SELECT text, tokens_in, tokens_out, seconds FROM answers WHERE key = ?"
        found = self._run(query, (_key(model, prompt),))
        return Reply(*found[0]) if found else None

    def keep(self, model: ChatModel, prompt: Prompt, reply: Reply) -> None:
        """Write an answer down."""
        row = (_key(model, prompt), model.identity, reply.text)
        counts = (reply.tokens_in, reply.tokens_out, reply.seconds)
        self._run("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?)", (*row, *counts))

    def speed(self, model: ChatModel) -> Speed:
        """Tell how fast a model answered until now."""
        query = (
            "SELECT count(*), coalesce(sum(tokens_in + tokens_out), 0), coalesce(sum(seconds), 0) "
            "FROM answers WHERE model = ?"
        )
        found = self._run(query, (model.identity,))
        return Speed(*found[0]) if found else Speed()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._database is not None:
                self._database.close()
                self._database = None

    def _run(self, query: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        with self._lock:
            if self._failed:
                return []
            try:
                database = self._database or self._connect()
                with database:
                    return database.execute(query, values).fetchall()
            except (OSError, sqlite3.Error) as error:
                self._failed = True
                warnings.warn(
                    f"Answers cannot be kept in {self.path} ({error}), so they are asked for again "
                    "after an interruption: set COTERIE_CACHE to another folder.",
                    CoterieWarning,
                    stacklevel=4,
                )
                return []

    def _connect(self) -> sqlite3.Connection:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # SQLite does not wait for another process that sets the journal
        lock = lock_file(self.folder / "answers.lock", wait=True)
        try:
            database = sqlite3.connect(self.path, timeout=_WAIT, check_same_thread=False)
            self._database = database
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = FULL")
            database.executescript(_SCHEMA)
        finally:
            os.close(lock)
        return database


class NoAnswers(KeptAnswers):
    """Keeps no answers."""

    def __init__(self) -> None:
        """Take no folder."""

    def __repr__(self) -> str:
        return "NoAnswers()"

    def close(self) -> None:
        """Close nothing."""

    def _run(self, query: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:  # noqa: ARG002
        return []


def _key(model: ChatModel, prompt: Prompt) -> bytes:
    told = f"{model.identity}\n{prompt.key()}"
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).digest()
