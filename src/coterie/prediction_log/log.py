"""The log of predictions: opened once by each process, and used by all of its threads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from coterie.errors import CoterieError, LogError, OptionError
from coterie.options import LogFilters
from coterie.outputs import claim_file
from coterie.prediction_log.changing import (
    add_feedback,
    clear_bytes,
    erase_some,
    feedback_rows,
    remove_before,
)
from coterie.prediction_log.databases import Place, connect, find_place, told
from coterie.prediction_log.entries import Entry, Feedback, FeedbackResult, Page, Truth
from coterie.prediction_log.exports import ExportKind, kind_of, write_entries
from coterie.prediction_log.hiding import person_forms
from coterie.prediction_log.migrations import absent, check_form, key_of, make_file, migrate
from coterie.prediction_log.performance import Performance, measure
from coterie.prediction_log.reading import conditions, count, history_of, page_of, stream
from coterie.prediction_log.rows import KeepText, Rows
from coterie.prediction_log.writer import Writer
from coterie.progress import current

__all__ = ["PredictionLog"]

_PATIENCE = 30.0  # seconds; a judgement: longer than a restart of a database, shorter than callers'
_CAPACITY, _MEMORY = 50_000, 128 << 20  # entries that wait, and their bytes; judgements
_MOST_TEXT = 20_000  # characters kept of a text; masking takes some 0.3 s for as many, as measured


class PredictionLog:
    """What was asked and answered, when, by which model, and what was true.

    Threads may share it; each process opens it for itself. Use it in a ``with`` block, or close it:
    closing writes what waits.
    """

    def __init__(
        self,
        place: Place,
        reader: sa.Engine,
        rows: Rows,
        writer: Writer | None,
        engines: Sequence[sa.Engine],
    ) -> None:
        self._place, self._reader, self._rows, self._writer = place, reader, rows, writer
        self._engines = engines

    @classmethod
    def open(
        cls,
        where: str | Path,
        *,
        writes: bool = True,
        make: bool | None = None,
        keep_text: KeepText = "none",
        most_text: int = _MOST_TEXT,
        key: Path | None = None,
        patience: float = _PATIENCE,
        capacity: int = _CAPACITY,
        memory: int = _MEMORY,
    ) -> Self:
        """Open a log, and make it or bring it up to date where it is opened for writing.

        Parameters
        ----------
        where
            A file of SQLite, the folder of a service (``predictions.sqlite`` in it), or a URL:
            ``sqlite:///log.sqlite``, ``postgresql://user:password@host/base``.
        writes
            Whether anything is to be changed.
        make
            Whether to make a log where there is none: as ``writes`` when None.
        keep_text
            What to keep of the texts that were predicted: ``"none"``, ``"masked"`` (personal data,
            names and addresses hidden) or ``"raw"``.
        most_text
            Characters kept of each.
        key
            File of the key of the hashes, 64 hexadecimal digits. By default it lies beside a file
            (``log.sqlite.key``); a database of a server keeps its own.
        patience
            Seconds for which a write is tried again that fails for now: the log is locked, the
            disk is full, the database restarts.
        capacity, memory
            Entries that may wait to be written, and bytes that they may take.

        Raises
        ------
        LogError
            When there is no log, it is of a newer form, or it cannot be opened.
        OptionError
            When ``where`` is a URL of another kind, or an option is not one that is known.
        MissingExtraError
            When psycopg, or Alembic to make the tables, is not installed.
        """
        if keep_text not in ("none", "masked", "raw"):
            raise OptionError(f"There is no keep_text {keep_text!r}: give none, masked or raw.")
        place = find_place(where)
        make = writes if make is None else make
        reader = connect(place, writes=False)
        engines, writer = [reader], None
        try:
            with _sentences(place):
                if writes:
                    engine = connect(place, writes=True)
                    engines.append(engine)
                    with make_file(place, make=make):
                        migrate(engine, place, make=make)
                        secret = key_of(engine, place, key, writes=True)
                    writer = Writer(
                        engine, place, patience=patience, capacity=capacity, memory=memory
                    )
                else:
                    if place.file is not None and not place.file.exists():
                        raise absent(place)
                    check_form(reader, place)
                    secret = key_of(reader, place, key, writes=False)
        except BaseException:
            for each in engines:
                each.dispose()
            raise
        return cls(place, reader, Rows(secret, keep_text, most_text), writer, engines)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"PredictionLog({self.name!r})"

    @property
    def name(self) -> str:
        """Where it is, without user and password."""
        return self._place.name

    @property
    def waiting(self) -> int:
        """Entries that wait to be written."""
        return 0 if self._writer is None else self._writer.waiting

    @property
    def trouble(self) -> str:
        """Why nothing can be written for now, in one sentence; empty where all is well."""
        return "" if self._writer is None else self._writer.trouble

    def close(self) -> None:
        """Write what waits, and close; what cannot be written is tried as long as ever."""
        if self._writer is not None:
            self._writer.close()
        for each in self._engines:
            each.dispose()

    def hash_text(self, text: str) -> str:
        """Give the keyed hash of a text, as entries have it."""
        return self._rows.hash_text(text)

    def write(self, entries: Sequence[Entry]) -> Future[None]:
        """Write entries together: all of them or none.

        Personal data is hidden before this returns, and no text is held that is not to be kept.

        Parameters
        ----------
        entries
            Of one request, preferably; one whose id the log holds already is left out.

        Returns
        -------
        Future
            Done once they are on disk. Its error is a `LogError` when they could not be written
            for as long as the log's patience lasts.

        Raises
        ------
        LogFullError
            When too many wait; at once.
        LogError
            When the log is closed, or was opened for reading.
        InputError
            When a label or an id is longer than 500 characters.
        """
        return self._changing().write(self._rows.of(entries))

    def feedback(self, given: Iterable[Feedback]) -> FeedbackResult:
        """Tie truths to predictions; returns once they are on disk.

        The last feedback on a prediction counts, in the order in which it comes; `history` has all.

        Raises
        ------
        InputError
            When a truth is empty, or longer than 500 characters.
        LogError
            As the errors of `write`.
        """
        writer, given = self._changing(), list(given)
        by = {name: self._person(name)[0] for each in given if (name := each.by) is not None}
        rows = feedback_rows(given, by)
        found: FeedbackResult = writer.do(lambda connection: add_feedback(connection, rows))
        return found

    def history(self, prediction: str) -> list[Truth]:
        """Give all feedback on a prediction, in the order in which it came."""
        with _sentences(self._place):
            return history_of(self._reader, prediction)

    def entries(
        self, filters: LogFilters | None = None, *, after: str | None = None, limit: int = 100
    ) -> Page:
        """Read a page of entries, newest first.

        Whatever is written meanwhile, and however clocks are set, every entry that was there
        before the first page is on one page, and none is on two.

        Parameters
        ----------
        filters
            Which entries.
        after
            The `next` of the page before.
        limit
            Entries of a page, 1 to 1,000.
        """
        with _sentences(self._place):
            return page_of(self._reader, self._where(filters), after, limit)

    def stream(self, filters: LogFilters | None = None) -> Iterator[Entry]:
        """Read all entries, oldest first, some at a time."""
        with _sentences(self._place):
            yield from stream(self._reader, self._where(filters))

    def count(self, filters: LogFilters | None = None) -> int:
        """Count entries; O(entries) time."""
        with _sentences(self._place):
            return count(self._reader, self._where(filters))

    def performance(
        self,
        since: datetime | str | None = None,
        until: datetime | str | None = None,
        model: str | None = None,
    ) -> Performance:
        """Measure how the models do in a period; O(entries of the period) time."""
        filters = LogFilters(since=since, until=until, model=model)
        with _sentences(self._place):
            return measure(self._reader, self._where(filters), filters)

    def labelled(
        self,
        since: datetime | str | None = None,
        until: datetime | str | None = None,
        model: str | None = None,
    ) -> Iterator[tuple[Entry, str]]:
        """Read the answers whose truth is known, oldest first, to learn from."""
        wanted = LogFilters(since=since, until=until, model=model, role="answer", has_feedback=True)
        for each in self.stream(wanted):
            assert each.truth is not None
            yield each, each.truth

    def export(
        self,
        path: str | Path,
        kind: ExportKind | None = None,
        filters: LogFilters | None = None,
        *,
        overwrite: bool = False,
    ) -> int:
        """Write entries to a file, oldest first, whole or not at all.

        Parameters
        ----------
        path
            The file.
        kind
            ``"jsonl"`` or ``"parquet"``; by the ending of the file when None.
        filters
            Which entries.
        overwrite
            Whether to replace a file that is not an earlier export.

        Returns
        -------
        int
            Rows written.

        Raises
        ------
        OptionError
            When the file is in the way, or its kind is unknown.
        """
        path = Path(path)
        kind = kind_of(path, kind)
        own = [] if self._place.file is None else [self._place.file]
        with (
            claim_file(path, by="log", inputs=own, overwrite=overwrite),
            current().stage("Exporting the log", self.count(filters)) as stage,
        ):
            return write_entries(self.stream(filters), path, kind, stage)

    def prune(self, before: datetime | str) -> int:
        """Remove entries older than a time, with their feedback; returns how many entries.

        They go in batches, between which predictions are written.
        """
        moment = LogFilters(until=before).until
        if not isinstance(moment, datetime):
            raise OptionError("Give the time before which entries are removed.")
        return self._remove(
            "Removing old entries", lambda connection: remove_before(connection, moment)
        )

    def erase(self, person: str) -> int:
        """Erase every trace of a person: entries, their feedback, and their name on that of others.

        A file of SQLite is written anew, so that no byte of them stays in it; nothing else is
        written meanwhile: O(size of the file) time. Files that were exported are yours to erase,
        and so are backups.

        Returns
        -------
        int
            Entries erased.

        Raises
        ------
        LogError
            When their bytes may still be on disk, because another process reads the log.
        """
        writer, forms = self._changing(), self._person(person)
        removed = self._remove("Erasing", lambda connection: erase_some(connection, forms))
        writer.do_alone(lambda engine: clear_bytes(engine, self._place))
        return removed

    def _remove(self, title: str, some: Callable[[sa.Connection], int]) -> int:
        writer, total = self._changing(), 0
        with current().stage(title) as stage:
            while removed := int(writer.do(some)):
                total += removed
                stage.advance(removed)
        return total

    def _changing(self) -> Writer:
        if self._writer is None:
            raise LogError(f"{self.name} was opened for reading: open it with writes=True.")
        return self._writer

    def _person(self, person: str) -> tuple[str, str]:
        return person_forms(self._rows.key, person)

    def _where(self, filters: LogFilters | None) -> list[Any]:
        filters = filters or LogFilters()
        persons = () if filters.person is None else self._person(filters.person)
        return conditions(filters, persons)


@contextmanager
def _sentences(place: Place) -> Iterator[None]:
    """Say in one sentence what went wrong with the database."""
    try:
        yield
    except CoterieError:
        raise
    except SQLAlchemyError as error:
        raise told(error, place) from None
