"""Records into an index, and changes of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Literal

import pandas as pd

from coterie.encoders import (
    EmbeddingCache,
    Encoder,
    GivenVectors,
    NoCache,
    Vectors,
    check_given,
    embed_texts,
    load_encoder,
)
from coterie.errors import EncoderMismatchError, OptionError
from coterie.options import IndexOptions
from coterie.records import Records, Settled
from coterie.search.closeness import WORDS, few_words, sample_rows, word_closeness
from coterie.search.columns import TypedColumns, typed_columns
from coterie.search.schema import Column
from coterie.search.storage.layout import Version
from coterie.search.storage.parts import NewRows
from coterie.search.storage.reader import IndexReader
from coterie.search.writing import append_rows, create_index, update_rows
from coterie.workflows.dataset import Dataset
from coterie.workflows.reading import check_reading
from coterie.workflows.searching.encoder import copy_encoder, index_encoder

__all__ = ["IndexResult", "change_records", "columns_of", "index_records", "measure_words"]

_TIME = "time"  # name of the column that has the times of the records


@dataclass(frozen=True, slots=True, eq=False)
class IndexResult:
    """An index as it is after a change.

    Attributes
    ----------
    home
        Its folder.
    version
        Its newest version.
    columns
        What is known of its columns.
    records
        The rows that were read for the change.
    notes
        What a person should know of it, one sentence each.
    """

    home: Path
    version: Version
    columns: Sequence[Column]
    records: Records
    notes: Sequence[str] = ()

    form: ClassVar[int] = 1

    @property
    def rejects(self) -> pd.DataFrame:
        """The rows that were set aside."""
        return self.records.rejects

    def to_dict(self) -> dict[str, Any]:
        """Give what ``coterie index --json`` prints."""
        codes = self.version.codes
        return {
            "form": self.form,
            "index": str(self.home),
            "version": self.version.version,
            "rows": self.version.rows,
            "read": len(self.records),
            "set_aside": len(self.rejects),
            "dim": self.version.dim,
            "encoder": self.version.encoder.get("name", ""),
            "columns": [
                {"name": column.name, "kind": column.kind, "levels": list(column.levels)}
                for column in self.columns
            ],
            "codes": None if codes is None else {"rows": codes.rows, "lists": codes.lists},
            "recall": dict(self.version.recall),
            "notes": list(self.notes),
        }


def index_records(
    dataset: Dataset,
    home: Path,
    options: IndexOptions,
    *,
    reading: Mapping[str, Any],
    overwrite: bool = False,
) -> IndexResult:
    """Make an index of records.

    Parameters
    ----------
    dataset
        The records; all columns of their context can be filtered by.
    home
        The folder of the index.
    options
        Encoder and levels.
    reading
        How the records were read, so that others are read alike.
    overwrite
        Whether to take the place of an index that is there.

    Raises
    ------
    EncoderError, OptionError, StoreError
        When the encoder cannot be had, an option does not fit, or the index cannot be written.
    """
    records = dataset.records
    typed = _typed(
        records,
        levels=_levels(options.levels),
        dates=options.dates,
        usual=records.settled,
    )
    notes = [*typed.notes]
    closeness: dict[str, tuple[float, ...]] = {}
    facts: Mapping[str, Any] = {}
    files = None
    if records.vectors is not None:
        given = GivenVectors.of(records.vectors)
        vectors = dataset.embed(given, options.cache)
        held = copy_encoder(given.name, given)
        facts = held.facts
    else:
        texts = dataset.texts
        encoder = load_encoder(options.encoder, token=options.token, fit_on=texts)
        check_reading(encoder, texts)
        vectors = dataset.embed(encoder, options.cache)
        held = copy_encoder(options.encoder, encoder)
        facts, files = held.facts, held.files
        closeness = measure_words(dataset.row_texts, encoder, vectors)
    rows = _new_rows(records, vectors, typed)
    version = create_index(
        home,
        rows,
        encoder=facts,
        reading={**reading, "settled": _settled(records, typed).to_dict()},
        closeness=closeness,
        encoder_files=files,
        overwrite=overwrite,
    )
    return IndexResult(home, version, typed.columns, records, tuple(notes))


def change_records(
    dataset: Dataset,
    home: Path,
    mode: Literal["append", "update"],
    *,
    cache: EmbeddingCache | None = None,
) -> IndexResult:
    """Add records to an index: new ones only, or also in the place of those with their ids.

    Raises
    ------
    InputError
        When a row is appended whose id is there.
    EncoderMismatchError
        When the encoder of the index is another one by now, or vectors are given of another.
    """
    reader = IndexReader(home)
    facts, records = reader.version.encoder, dataset.records
    if records.vectors is not None:
        known = GivenVectors(
            str(facts.get("name", "")),
            reader.version.dim,
            str(facts.get("fingerprint", "")),
            str(facts.get("weights", "")),
        )
        check_given(records.vectors, known)
        vectors = records.vectors.values
    elif facts.get("given", not facts):
        raise EncoderMismatchError(
            f"The index {home} was made of vectors: give the vectors of the rows with --vectors "
            "(vectors=)."
        )
    else:
        vectors = dataset.embed(index_encoder(home, reader.version), cache)
    usual = Settled.from_dict(reader.version.reading.get("settled", {}))
    typed = _typed(records, like=tuple(reader.schema), usual=usual)
    rows = _new_rows(records, vectors, typed)
    version = (append_rows if mode == "append" else update_rows)(home, rows, encoder=facts)
    columns = tuple(IndexReader(home, version).schema)
    return IndexResult(home, version, columns, records, tuple(typed.notes))


def columns_of(records: Records) -> pd.DataFrame:
    """Give the columns of records that can be filtered by: context, labels and the time."""
    frame = records.context.reset_index(drop=True)
    if not len(frame.columns):
        frame = pd.DataFrame(index=pd.RangeIndex(len(records)))
    for name, labels in records.labels.items():
        if name not in frame:
            frame[name] = pd.Series(labels, dtype=object)
    if records.time is not None and _TIME not in frame:
        frame[_TIME] = records.time
    return frame


def _typed(records: Records, *, like: Sequence[Column] = (), **how: Any) -> TypedColumns:
    """Give each column its kind; the time only where no column of dates says the same."""
    found = typed_columns(columns_of(records), like=like, **how)
    known = {*records.context, *records.labels, *(column.name for column in like)}
    if records.time is None or _TIME in known:
        return found
    times = found.arrays[_TIME]
    others = (each.name for each in found.columns if each.kind == "date" and each.name != _TIME)
    if not any(found.arrays[name].equals(times) for name in others):
        return found
    arrays = {name: array for name, array in found.arrays.items() if name != _TIME}
    columns = [column for column in found.columns if column.name != _TIME]
    return replace(found, arrays=arrays, columns=columns)


def _new_rows(records: Records, vectors: Vectors, typed: TypedColumns) -> NewRows:
    return NewRows(
        [str(key) for key in records.ids],
        [str(text) for text in records.shown],
        vectors,
        typed.arrays,
        typed.columns,
        typed.written,
    )


def _settled(records: Records, typed: TypedColumns) -> Settled:
    """Tell how all columns are written, for rows that come later."""
    known = records.settled
    return Settled({**typed.orders, **known.dates}, known.decimals)


def _levels(lines: Sequence[str]) -> dict[str, list[str]]:
    """Read lines such as ``budget: low, medium, high``; the name may hold colons itself."""
    found = {}
    for line in lines:
        name, mark, levels = line.rpartition(":")
        split = [level.strip() for level in levels.split(",") if level.strip()]
        if not mark or len(split) < 2:
            raise OptionError(
                f"The levels '{line}' cannot be read: write a column and its values from the "
                "lowest up, as in 'budget: low, medium, high'."
            )
        found[name.strip()] = split
    return found


def measure_words(
    texts: Sequence[str], encoder: Encoder, vectors: Vectors
) -> dict[str, tuple[float, ...]]:
    """Measure how close a few words of some texts are to them, see `coterie.search.closeness`.

    Parameters
    ----------
    texts
        The n texts.
    encoder
        That of the vectors.
    vectors
        Shape (n, dim), float32: those of the texts.
    """
    rows = sample_rows(len(texts))
    words = few_words([texts[row] for row in rows.tolist()])
    # words that nobody typed are not worth keeping
    return {WORDS: word_closeness(embed_texts(words, encoder, cache=NoCache()), vectors[rows])}
