"""``coterie.index``: a table in; an index out, searched in words, by example and by filter."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from coterie.encoders import Encoder
from coterie.errors import OptionError, StoreError
from coterie.formatting import counted, percent, shorten
from coterie.options import ChangeOptions, IndexOptions, SearchOptions
from coterie.records import Reading, Records, Source, Table, open_source, read_source, rejects_frame
from coterie.records.roles import likely_text
from coterie.records.settled import Settled
from coterie.records.values import as_labels
from coterie.scratch import ScratchFolder
from coterie.search.schema import Schema
from coterie.search.storage.layout import DRAFT, LOCK, is_index
from coterie.search.storage.pruning import check_folder
from coterie.search.storage.reader import IndexReader
from coterie.search.writing import delete_rows
from coterie.store.draft import locked
from coterie.verbs.notebook import summary_html
from coterie.verbs.options import by_name
from coterie.verbs.reading import check_making, read_texts, read_vectors
from coterie.verbs.saving import OutputFiles, save_result
from coterie.workflows.dataset import Dataset, dataset_of
from coterie.workflows.searching.encoder import index_encoder
from coterie.workflows.searching.index import IndexResult, change_records, index_records
from coterie.workflows.searching.search import SearchResult, search
from coterie.workflows.vectors import check_origin

__all__ = [
    "FILES",
    "Hits",
    "Index",
    "check_new",
    "ids_of",
    "index",
    "index_into",
    "index_with",
]

FILES = OutputFiles("search", SearchResult.files, figures="hits.json")
"""What ``search`` writes."""

_SHOWN = 70  # characters of a text in a list


class Hits:
    """What a search found.

    Parameters
    ----------
    result
        What the workflow found.
    """

    def __init__(self, result: SearchResult) -> None:
        self.result = result

    @property
    def hits(self) -> pd.DataFrame:
        """One row for each hit, the best first.

        Columns are ``rank``, ``id``, ``match`` (0 to 1: how close it is for this index, see
        `coterie.search.closeness`), ``cosine``, ``found_by`` (meaning, words, both, filter),
        ``why``, ``text``, and those of the index.
        """
        return self.result.table

    @property
    def filters(self) -> list[str]:
        """The filters that every hit passes, those recognised in the query among them."""
        return [each.expression for each in self.result.filters]

    @property
    def rest(self) -> str:
        """What was left of the query to search for by meaning and words."""
        return self.result.rest

    @property
    def plan(self) -> dict[str, Any]:
        """How the nearest rows were found, and with what recall."""
        plan: dict[str, Any] = self.figures["plan"]
        return plan

    @property
    def figures(self) -> dict[str, Any]:
        """All of it, as ``hits.json`` holds it."""
        return self.result.to_dict()

    def save(self, folder: str | Path, *, overwrite: bool = False) -> Path:
        """Write hits.csv, hits.json and the page that ``coterie search`` writes; give the page.

        Files that a person made or changed are replaced only with ``overwrite``.
        """
        from coterie.pages.search import search_page

        page = search_page(self.result)
        return save_result(self.result, page, folder, FILES, overwrite=overwrite)

    def __len__(self) -> int:
        return len(self.hits)

    def __repr__(self) -> str:
        return "\n  ".join([self._headline(), *("  ".join(row) for row in self._rows())])

    def _repr_html_(self) -> str:
        heads = ("match", "id", "text", "why")
        return summary_html(self._headline(), heads, self._rows())

    def _headline(self) -> str:
        filters = "".join(f" [{each.text}]" for each in self.result.filters)
        plan = self.result.plan
        return f"{counted(len(self), 'hit')} of {counted(plan.matches, 'row')} that pass{filters}"

    def _rows(self) -> list[tuple[str, str, str, str]]:
        table = self.hits
        rows = zip(table["match"], table["id"], table["text"], table["why"], strict=True)
        return [
            (percent(match, ".0%") if match == match else "", key, _shortened(text), why)  # noqa: PLR0124 - NaN
            for match, key, text, why in rows
        ]


class Index:
    """Rows that are searched in words, by example, by vector and by filter.

    Parameters
    ----------
    folder
        Where it is.

    Raises
    ------
    StoreError
        When there is no index.
    """

    def __init__(self, folder: str | Path) -> None:
        self.home = Path(folder)
        self.reader = IndexReader(self.home)
        self.changed: IndexResult | None = None
        self._encoder: Encoder | None = None

    def __len__(self) -> int:
        return len(self.reader)

    @property
    def schema(self) -> Schema:
        """What is known of the columns."""
        return self.reader.schema

    @property
    def columns(self) -> pd.DataFrame:
        """One row for each column: name, kind, values, levels, low, high, missing."""
        rows = [
            {
                "name": column.name,
                "kind": column.kind,
                "values": list(column.values[:10]),
                "levels": list(column.levels),
                "low": column.low,
                "high": column.high,
                "missing": column.missing,
            }
            for column in self.schema
        ]
        names = ["name", "kind", "values", "levels", "low", "high", "missing"]
        return pd.DataFrame(rows, columns=names).set_index("name")

    @property
    def rejects(self) -> pd.DataFrame:
        """The rows that the last change set aside: row, id, reason, text."""
        return rejects_frame() if self.changed is None else self.changed.rejects

    @cached_property
    def encoder(self) -> Encoder:
        """The encoder of the vectors; loaded when it is first used."""
        if self._encoder is None:
            self._encoder = index_encoder(self.home, self.reader.version)
        return self._encoder

    def search_with(self, query: str | None, options: SearchOptions) -> Hits:
        """Find the rows that answer a query best; all of them pass the filters.

        Conditions that the query states about known columns ("high budget", "not in retail")
        become filters, see ``hits.filters``; what is left is compared by meaning and by words.

        Parameters
        ----------
        query
            In words; may be left out where examples, a vector or a filter say all.
        options
            Declared in `coterie.options.SearchOptions`.

        Returns
        -------
        Hits
            ``hits.hits`` is a data frame with ``min(k, matches)`` rows.

        Raises
        ------
        OptionError, ColumnError, InputError
            When a filter cannot be read, or a column, a value's kind or an id is not there.
        EncoderMismatchError
            When the encoder of the index is another one by now.
        """
        asked = (query or "").strip()
        read = asked and options.by != "words"
        return Hits(search(self.reader, asked, options, self.encoder if read else None))

    search = by_name(search_with, SearchOptions)

    def append_with(self, table: Source | Table | Records | None, options: ChangeOptions) -> Index:
        """Add rows whose ids are not there yet.

        Parameters
        ----------
        table
            With the columns that the index was made of.
        options
            Declared in `coterie.options.ChangeOptions`.

        Raises
        ------
        InputError
            When an id is there already; nothing is added then.
        """
        return self._change(table, "append", options)

    append = by_name(append_with, ChangeOptions)

    def update_with(self, table: Source | Table | Records | None, options: ChangeOptions) -> Index:
        """Put rows in the place of those with their ids, and add those that are new.

        Parameters
        ----------
        table
            With the columns that the index was made of.
        options
            Declared in `coterie.options.ChangeOptions`.
        """
        return self._change(table, "update", options)

    update = by_name(update_with, ChangeOptions)

    def delete(self, ids: str | Iterable[str]) -> list[str]:
        """Delete rows by their ids; gives those that were not there."""
        asked = [ids] if isinstance(ids, str) else [str(key) for key in ids]
        _, absent = delete_rows(self.home, asked)
        self._reopen()
        return absent

    def save(self, folder: str | Path, *, overwrite: bool = False) -> Path:
        """Copy the index into a folder, whole or not at all.

        Raises
        ------
        OptionError
            When there is an index, and ``overwrite`` is not given, or other things are there.
        StoreError
            When it cannot be written; what was there before is as it was.
        """
        target = Path(folder).resolve()
        if target == self.home.resolve():
            return target
        there = target.exists()
        if there and (not target.is_dir() or (any(target.iterdir()) and not is_index(target))):
            raise OptionError(f"{target} holds other things: name another folder.")
        if there and is_index(target) and not overwrite:
            raise OptionError(
                f"There is an index at {target}: name another folder, or replace it with "
                "overwrite=True."
            )
        fresh = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
        old = fresh.with_name(f"{fresh.name}.old")
        try:
            fresh.parent.mkdir(parents=True, exist_ok=True)
            with locked(self.home):  # no writer takes a file away meanwhile
                shutil.copytree(self.home, fresh, ignore=shutil.ignore_patterns(LOCK, DRAFT))
            if there:
                target.rename(old)
            try:
                fresh.rename(target)
            except OSError:
                if there:
                    old.rename(target)
                raise
        except OSError as error:
            raise StoreError(
                f"The index could not be saved to {target} ({error.strerror or error}), and what "
                "was there is as it was: make room or name another folder."
            ) from error
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)
        return target

    def warm(self) -> None:
        """Read vectors and codes into memory, for a process that searches a large index often."""
        self.reader.warm()

    def verify(self) -> None:
        """Check every file against its hash; time grows with their size.

        Raises
        ------
        IntegrityError
            When one is not as it was written.
        """
        self.reader.verify()

    def _change(
        self,
        table: Source | Table | Records | None,
        mode: Literal["append", "update"],
        options: ChangeOptions,
    ) -> Index:
        dataset = _read_alike(table, options, self.reader.version.reading)
        if dataset.table is not None and dataset.records.id_column is None and not options.group:
            dataset = self._numbered(dataset, mode)
        self.changed = change_records(dataset, self.home, mode, cache=options.cache)
        self._reopen()
        return self

    def _numbered(self, dataset: Dataset, mode: str) -> Dataset:
        """Give rows without ids the next numbers; none can be updated by its number."""
        if self.reader.version.reading.get("group"):
            return dataset
        if mode == "update":
            raise OptionError(
                "The rows have no ids, so that none can be updated: name their column with --id "
                "(id=), or add them with --mode append."
            )
        known = [
            int(key) for key in self.reader.ids(np.arange(self.reader.places)) if key.isdecimal()
        ]
        first = max(known, default=0) + 1
        ids = np.empty(len(dataset.records), dtype=object)
        ids[:] = [str(first + number) for number in range(len(ids))]
        return replace(dataset, records=replace(dataset.records, ids=ids))

    def _reopen(self) -> None:
        before = self.reader.version
        self.reader = IndexReader(self.home)
        if self.reader.version.encoder != before.encoder:
            self._encoder = None
            self.__dict__.pop("encoder", None)

    def __repr__(self) -> str:
        return "\n".join([self._headline(), *(f"  {n}: {kind}" for n, kind in self._kinds())])

    def _repr_html_(self) -> str:
        return summary_html(self._headline(), ("column", "kind"), self._kinds())

    def _headline(self) -> str:
        version = self.reader.version
        encoder = version.encoder.get("name", "vectors")
        return f"Index of {counted(len(self), 'row')} ({encoder}, width {version.dim})"

    def _kinds(self) -> list[tuple[str, str]]:
        return [
            (column.name, " < ".join(column.levels) if column.levels else column.kind)
            for column in self.schema
        ]


def index_with(table: Source | Table | Records | None, options: IndexOptions) -> Index:
    """Make an index of a table: its rows are found in words, by example and by filter.

    Parameters
    ----------
    table
        A pandas, Polars or Arrow table, a path, a URL, or `coterie.Records`; None for vectors
        alone.
    options
        Declared in `coterie.options.IndexOptions`.

    Returns
    -------
    Index
        ``index.search(query)``, ``index.append(table)``, ``index.save(folder)``. Until it is saved
        it lies in a temporary folder.

    Raises
    ------
    InputError, ColumnError
        When the table cannot be read, or a column is missing.
    EncoderError
        When the encoder cannot be had.
    """
    home = ScratchFolder()
    made = index_into(table, home.path / "index", options)
    home.keep_for(made)
    return made


index = by_name(index_with, IndexOptions)


def index_into(
    table: Source | Table | Records | None,
    folder: str | Path,
    options: IndexOptions,
    *,
    overwrite: bool = False,
) -> Index:
    """Make an index as `index_with` does, in a folder."""
    check_making(options, ("encoder", "level"))
    home = Path(folder)
    check_new(home, overwrite=overwrite)
    check_folder(home)  # before the work
    reading = _read(table, options)
    if reading.records.vectors is not None:
        check_origin(reading.records.vectors)
    by_row = None if options.level is None else options.level == "row"
    dataset = dataset_of(reading, by_row=by_row)
    kept = {**reading.kept(), "by_row": dataset.source_texts is not None}
    result = index_records(dataset, home, options, reading=kept, overwrite=overwrite)
    made = Index(home)
    made.changed = result
    return made


def check_new(home: Path, *, overwrite: bool) -> None:
    """Refuse to make an index where there is one."""
    if is_index(home) and not overwrite:
        raise OptionError(
            f"There is an index at {home}: change it with --mode append, update or delete, name "
            "another folder with --out, or replace it with --overwrite (overwrite=True)."
        )


def ids_of(table: Source | Table, options: ChangeOptions, index: Index) -> list[str]:
    """Read the ids that a table holds, in the column that the index was made with.

    Raises
    ------
    OptionError
        When the index was made without a column of ids, and none is named.
    """
    wanted = options.following(index.reader.version.reading)
    name = wanted.group or wanted.id
    if name is None:
        raise OptionError("The index has row numbers for ids: name the column with --id (id=).")
    column = open_source(table, wanted).column(name)
    return [key for key in as_labels(column) if key is not None]


def _read(
    table: Source | Table | Records | None,
    options: IndexOptions | ChangeOptions,
    usual: Settled | None = None,
) -> Reading:
    """Read a table with all of its columns but those of ids."""
    if table is None or isinstance(table, Records):
        return read_texts(table, options)
    opened = open_source(table, options)
    own = {opened.find(name) or name for name in (options.id, options.group) if name is not None}
    asked = options.changed(context=[name for name in opened.columns if name not in own])
    if options.vectors is not None:
        return read_vectors(table, asked, table=opened, usual=usual)
    if options.text is None:
        likely = likely_text(opened)
        named = "" if likely is None else f": the likeliest is {likely!r}"
        raise OptionError(
            f"Name the column of the text, or a template, with --text (text=){named}."
        )
    return read_source(table, asked, table=opened, usual=usual)


def _read_alike(
    table: Source | Table | Records | None, options: ChangeOptions, known: Mapping[str, Any]
) -> Dataset:
    """Read rows as those of the index were, where the options say nothing else."""
    if table is None or isinstance(table, Records):
        return dataset_of(read_texts(table, options))
    usual = Settled.from_dict(known.get("settled", {}))
    reading = _read(table, options.following(known), usual)
    by_row = bool(known.get("by_row")) and reading.records.vectors is None
    return dataset_of(reading, by_row=by_row)


def _shortened(text: str) -> str:
    return shorten(text, _SHOWN)
