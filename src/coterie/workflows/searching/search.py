"""A query into hits: what it says of columns, the nearest rows, and why each of them is a hit."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.encoders import Encoder, Vectors, as_unit
from coterie.errors import EncoderMismatchError, InputError, OptionError
from coterie.hints import did_you_mean
from coterie.options import SearchOptions
from coterie.records import rejects_frame
from coterie.search.alike import Reason, reasons_for
from coterie.search.closeness import closeness_of
from coterie.search.filters import (
    And,
    Condition,
    doubts,
    parse_filter,
    say_condition,
    together,
    write_filter,
)
from coterie.search.nearest import Plan
from coterie.search.phrases import Recognised, read_query
from coterie.search.recall import SHAPES
from coterie.search.schema import Schema
from coterie.search.searching import Hit, Query, search_index
from coterie.search.storage.reader import IndexReader
from coterie.search.words import is_long

__all__ = ["SearchResult", "Shown", "search"]

Places = npt.NDArray[np.int64]

# How far a query is moved away from what it should not be like: Rocchio, 1971, takes a quarter to a
# half of what it moves towards the examples.
_AWAY = 0.5
_ZERO = 1e-6  # length of a direction that is none
_OWN = ("rank", "id", "match", "cosine", "found_by", "why", "text")


@dataclass(frozen=True, slots=True)
class Shown:
    """A filter that a search used.

    Attributes
    ----------
    text
        As a person reads it: ``"budget is High"``.
    expression
        As it is typed: ``"budget = 'High'"``.
    words
        The words of the query that state it; "" where it was given as an expression.
    note
        How these words were read, where that is not plain.
    """

    text: str
    expression: str
    words: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class SearchResult:
    """The hits of one search.

    Attributes
    ----------
    query
        As it was typed; "" where rows were searched for that are like others.
    like, unlike
        Ids of examples.
    filters
        The filters that every hit passes.
    rest
        What was searched for by meaning and words.
    table
        One row for each hit, the best first: ``rank``, ``id``, ``match`` (0 to 1, how close it is
        for this index; missing where that is not known), ``cosine`` (missing where words alone
        were compared), ``found_by`` (meaning, words, both or filter), ``why``, ``text``, and the
        columns of the index as they were written.
    reasons
        What each hit shares with what was searched for.
    plan
        How the nearest rows were found.
    recall
        Share of the ten best rows that such a search finds, as measured; 1 where it is exact, None
        where it was not measured.
    seconds
        Of finding, without loading the encoder.
    doubts
        What a person should know of the filters, one sentence each.
    schema
        The columns.
    show_personal
        Whether the page shows personal data.
    """

    query: str
    like: Sequence[str]
    unlike: Sequence[str]
    filters: Sequence[Shown]
    rest: str
    table: pd.DataFrame
    reasons: Sequence[Sequence[Reason]]
    plan: Plan
    recall: float | None
    seconds: Mapping[str, float]
    doubts: Sequence[str] = ()
    schema: Schema = field(default_factory=lambda: Schema(()))
    source: str = ""
    show_personal: bool = False

    form: ClassVar[int] = 1

    files: ClassVar[tuple[str, ...]] = ("hits.csv",)

    @property
    def rejects(self) -> pd.DataFrame:
        """No row is set aside."""
        return rejects_frame()

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """What is written as CSV."""
        table = self.table.copy()
        for name in table:
            if table[name].map(lambda cell: isinstance(cell, list)).any():
                table[name] = table[name].map(_joined)
        return {self.files[0]: table}

    def write_parts(self, folder: Any) -> None:
        """Write nothing more."""

    def to_dict(self) -> dict[str, Any]:
        """Give it as JSON takes it."""
        rows = self.table.astype(object).where(self.table.notna(), None).to_dict("records")
        hits = []
        for row, reasons in zip(rows, self.reasons, strict=True):
            own = {name: row[name] for name in _OWN if name != "why"}
            own["shares"] = row["why"]
            columns = {str(k): _plain(v) for k, v in row.items() if k not in _OWN}
            hits.append({**own, "why": [asdict(each) for each in reasons], "columns": columns})
        return {
            "form": self.form,
            "query": self.query,
            "like": list(self.like),
            "unlike": list(self.unlike),
            "filters": [asdict(each) for each in self.filters],
            "rest": self.rest,
            "hits": hits,
            "plan": {**self.plan.to_dict(), "recall": self.recall},
            "seconds": dict(self.seconds),
            "doubts": list(self.doubts),
        }


def search(
    index: IndexReader, query: str, options: SearchOptions, encoder: Encoder | None
) -> SearchResult:
    """Search an index.

    Parameters
    ----------
    index
        The index.
    query
        In words; "" where examples, a vector or a filter say all.
    options
        Declared in `coterie.options.SearchOptions`.
    encoder
        That of the index; None where no words are compared by meaning.

    Raises
    ------
    OptionError
        When nothing is searched for, or a filter cannot be read.
    InputError, ColumnError
        When an example or a column is not there; the message names the nearest.
    """
    started = time.perf_counter()
    recognised, rest = _recognised(index.schema, query, options)
    given = None if options.where is None else parse_filter(options.where, index.schema)
    if not (query.strip() or options.like or options.vector is not None or given):
        raise OptionError(
            "Nothing is searched for: type words, or give --like ID (like=) or --where (where=)."
        )
    if options.vector is not None and options.by == "words":
        raise OptionError("A vector is compared by meaning: leave by='words' or the vector out.")
    where = together([given, *(each.condition for each in recognised)])
    one_per = None if options.one_per is None else index.schema.find(options.one_per).name
    like, unlike = index.places_of(options.like), index.places_of(options.unlike)
    begun = time.perf_counter()
    words = rest if rest.strip() else query
    vector = None
    if options.by != "words":
        vector = _vector(index, words, options, encoder, like, unlike)
    embedded = time.perf_counter()
    found = search_index(
        index,
        Query(
            vector=vector,
            words=_compared_words(index, words, like, options.by),
            where=where,
            without=np.concatenate([like, unlike]),
            k=options.k,
            one_per=one_per,
            exact=options.exact,
        ),
    )
    places = np.array([hit.place for hit in found.hits], dtype=np.int64)
    reasons = reasons_for(index, places, like, words)
    ended = time.perf_counter()
    filters = [] if given is None else [_shown(each) for each in _parts(given)]
    filters += [_shown(each.condition, each) for each in recognised]
    return SearchResult(
        query=query,
        like=tuple(options.like),
        unlike=tuple(options.unlike),
        filters=filters,
        rest=rest,
        table=_table(index, found.hits, places, reasons, by_words=bool(words.strip())),
        reasons=reasons,
        plan=found.plan,
        recall=_recall(index, found.plan),
        seconds={"embed": embedded - begun, "total": ended - started},
        doubts=[] if given is None else doubts(given, index.schema),
        schema=index.schema,
        source=str(index.home),
        show_personal=options.show_personal,
    )


def _recognised(schema: Schema, query: str, options: SearchOptions) -> tuple[list[Recognised], str]:
    """Read a query; filters that are to be dropped give their words back to it."""
    if not options.filters or not query.strip():
        return [], query
    read = read_query(query, schema)
    known = {write_filter(each.condition): each for each in read.filters}
    said = {say_condition(each.condition): each for each in read.filters}
    dropped = []
    for name in options.drop:
        found = known.get(name) or said.get(name)
        if found is None:
            hint = did_you_mean(name, list(known), "the query states none.")
            raise OptionError(f"The query states no filter '{name}': {hint}")
        dropped.append(found)
    if not dropped:
        return list(read.filters), read.rest
    kept = [each for each in read.filters if each not in dropped]
    words = " ".join(each.words for each in dropped)
    return kept, f"{words} {read.rest}".strip()


def _vector(
    index: IndexReader,
    words: str,
    options: SearchOptions,
    encoder: Encoder | None,
    like: Places,
    unlike: Places,
) -> Vectors | None:
    """Make the vector to search by: of words, examples or as given, away from what it is not."""
    wanted: list[Vectors] = []
    if options.vector is not None:
        wanted.append(_given(options.vector, index.version.dim))
    if len(like):
        wanted.append(index.vectors(like))
    if words.strip() and encoder is not None:
        wanted.append(encoder.encode([words]))
    if not wanted:
        return None
    # words count as much as all examples together
    means = [part.mean(axis=0) for part in wanted]
    kept = [as_unit(mean[None])[0] for mean in means if np.linalg.norm(mean) > _ZERO]
    towards = np.mean(kept, axis=0) if kept else np.zeros(index.version.dim)
    if len(unlike):
        towards = towards - _AWAY * index.vectors(unlike).mean(axis=0)
    length = float(np.linalg.norm(towards))
    if not length > _ZERO:
        raise OptionError(
            "What hits should be like and what they should not is all the same: give other ids."
        )
    vector: Vectors = (towards / length).astype(np.float32)
    return vector


def _compared_words(index: IndexReader, words: str, like: Places, by: str) -> str:
    """Give the words to look up: those typed, and those of examples where they are long texts.

    The words of short texts only hide what their meaning shows: on three of four tables of short
    texts fewer of the ten nearest had the label of the example with them than without.
    """
    if by == "meaning":
        return ""
    told = "\n".join(index.texts(like))
    if by == "both" and not is_long(told):
        told = ""
    return "\n".join(filter(None, [words, told]))


def _given(vector: Any, dim: int) -> Vectors:
    try:
        found = np.asarray(vector, dtype=np.float32).reshape(-1)
    except (TypeError, ValueError):
        raise InputError("The vector is no list of numbers: give one.") from None
    if len(found) != dim:
        raise EncoderMismatchError(
            f"The vector has width {len(found)}, and those of the index have {dim}: give one of "
            "the encoder of the index."
        )
    if not np.isfinite(found).all() or not found.any():
        raise InputError("The vector is zero or not finite: give another one.")
    return as_unit(found[None])


def _parts(condition: Condition) -> Sequence[Condition]:
    return condition.parts if isinstance(condition, And) else (condition,)


def _shown(condition: Condition, read: Recognised | None = None) -> Shown:
    words, note = ("", "") if read is None else (read.words, read.note)
    return Shown(say_condition(condition), write_filter(condition), words, note)


def _table(
    index: IndexReader,
    hits: Sequence[Hit],
    places: Places,
    reasons: Sequence[Sequence[Reason]],
    *,
    by_words: bool,
) -> pd.DataFrame:
    cosines = np.array([np.nan if hit.cosine is None else hit.cosine for hit in hits], dtype=float)
    match = closeness_of(cosines, index.version.closeness, by_words=by_words)
    frame = pd.DataFrame(
        {
            "rank": np.arange(1, len(hits) + 1),
            "id": pd.Series(index.ids(places), dtype=object),
            "match": np.nan if match is None else np.where(np.isnan(cosines), np.nan, match),
            "cosine": cosines,
            "found_by": pd.Series([hit.found_by for hit in hits], dtype=object),
            "why": pd.Series(["; ".join(map(str, each)) for each in reasons], dtype=object),
            "text": pd.Series(index.texts(places), dtype=object),
        }
    )
    for column in index.schema:
        cells = index.cells(column.name, places, as_written=True)
        name = column.name if column.name not in _OWN else f"{column.name} (column)"
        frame[name] = _column(cells, column.kind)
    return frame


def _column(cells: Sequence[Any], kind: str) -> pd.Series[Any]:
    if kind == "number" and not any(isinstance(cell, str) for cell in cells):
        whole = all(cell is None or isinstance(cell, int) for cell in cells)
        return pd.Series(cells, dtype="Int64" if whole else "float64")
    if kind == "truth" and not any(isinstance(cell, str) for cell in cells):
        return pd.Series(cells, dtype="boolean")
    if kind == "date" and not any(isinstance(cell, str) for cell in cells):
        return pd.Series(cells, dtype="datetime64[us]")
    return pd.Series(cells, dtype=object)


def _recall(index: IndexReader, plan: Plan) -> float | None:
    """Give the recall of the nearest shape of filter that was measured."""
    if plan.exact:
        return 1.0
    measured = index.version.recall
    share = plan.matches / max(plan.rows, 1)
    known = {shape: measured[shape] for shape in SHAPES if shape in measured}
    if not known or plan.method == "lists":
        return None
    # of two shapes with this share the one in which less is found
    away = {shape: abs(np.log(SHAPES[shape]) - np.log(share)) for shape in known}
    return min(known[shape] for shape in known if away[shape] == min(away.values()))


def _joined(cell: Any) -> Any:
    return "; ".join(map(str, cell)) if isinstance(cell, list) else cell


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):  # of pandas and of Python
        day = pd.Timestamp(value)
        return str(day.date()) if day == day.normalize() else day.isoformat()
    return value
