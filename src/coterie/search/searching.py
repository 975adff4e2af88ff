"""Search an index: by words and meaning together, under an exact filter, one hit a group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from coterie.search.filters import Condition
from coterie.search.nearest import Plan, choose_plan, nearest
from coterie.search.storage.reader import IndexReader
from coterie.search.words import is_long, score_words

__all__ = ["By", "FoundBy", "Hit", "Query", "Results", "search_index"]

Places = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Vectors = npt.NDArray[np.float32]

By: TypeAlias = Literal["both", "meaning", "words"]
FoundBy: TypeAlias = Literal["meaning", "words", "both", "filter"]

_RANK = 60  # Cormack, Clarke and Büttcher, 2009: reciprocal rank fusion
_RANK_LONG = 10  # where a whole text is searched by: the first of each list say more then
_DEPTH = 100  # hits of each kind that are fused, at least
_DEEPER = 4  # times, while there are too few groups


@dataclass(frozen=True, slots=True, eq=False)
class Query:
    """What is searched for.

    Attributes
    ----------
    vector
        Shape (dim,), unit length; None where meaning does not count.
    words
        Text whose words are looked up; "" where they do not count.
    where
        The filter, or None.
    without
        Places of rows that are never hits, such as the examples.
    k
        Hits wanted.
    one_per
        Column of which each value gets one hit; rows without a value count each for itself.
    exact
        Whether every row that passes is compared in float32.
    """

    vector: Vectors | None = None
    words: str = ""
    where: Condition | None = None
    without: Places = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    k: int = 10
    one_per: str | None = None
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Hit:
    """A row that was found.

    Attributes
    ----------
    place
        Where it is in the index.
    cosine
        With the vector of the query; None where there is none.
    words
        Its score by BM25; 0 where it shares no word.
    found_by
        What put it among the first: its words, its meaning, both, or the filter alone.
    """

    place: int
    cosine: float | None
    words: float
    found_by: FoundBy


@dataclass(frozen=True, slots=True, eq=False)
class Results:
    """Hits, the best first, and how they were found.

    Attributes
    ----------
    hits
        ``min(k, matches)`` of them; with `Query.one_per`, as many as there are groups.
    plan
        How the nearest rows were found.
    """

    hits: Sequence[Hit]
    plan: Plan


def search_index(index: IndexReader, query: Query) -> Results:
    """Find the rows of an index that answer a query best.

    The filter counts first, so there are always as many hits as were wanted, or as rows pass. Rows
    found by words (BM25) and by meaning (cosine) are put together by reciprocal rank fusion.
    Without words and vector the rows that pass come in the order of the index. Time grows with the
    rows of the filter's columns, with the rows that are compared, see `Plan`, and with the rows
    that have the words.
    """
    passing = index.passing(query.where)
    if len(query.without):
        passing = index.alive.copy() if passing is None else passing.copy()
        passing[query.without] = False
    by_words = _by_words(index, query.words, passing)
    depth = max(_DEPTH, query.k)
    while True:
        plan = _plan(index, query, passing, depth)
        fused = _fused(index, query, passing, plan, by_words, depth)
        hits = fused if query.one_per is None else _one_per(index, query.one_per, fused)
        if len(hits) >= min(query.k, plan.matches) or depth >= plan.matches:
            return Results(hits[: query.k], plan)
        depth = min(depth * _DEEPER, plan.matches)


def _plan(index: IndexReader, query: Query, passing: Bools | None, depth: int) -> Plan:
    codes = index.version.codes
    return choose_plan(
        index,
        index.version.dim,
        len(index),
        passing,
        candidates=0 if codes is None else codes.candidates,
        count=depth if query.words or query.one_per else query.k,
        exact=query.exact,
    )


def _by_words(
    index: IndexReader, words: str, passing: Bools | None
) -> npt.NDArray[np.float32] | None:
    if not words:
        return None
    scores = score_words(words, index.postings, index.alive)
    if passing is not None:
        scores[~passing] = 0
    return scores


def _fused(
    index: IndexReader,
    query: Query,
    passing: Bools | None,
    plan: Plan,
    by_words: npt.NDArray[np.float32] | None,
    depth: int,
) -> list[Hit]:
    """Put the first hits of each kind together, the best first."""
    count = depth if query.words or query.one_per else query.k
    lists: list[tuple[FoundBy, Places]] = []
    cosines: dict[int, float] = {}
    if query.vector is not None:
        places, found = nearest(index, query.vector, plan, passing, count)
        cosines = dict(zip(places.tolist(), found.tolist(), strict=True))
        lists.append(("meaning", places))
    if by_words is not None:
        lists.append(("words", _highest(by_words, depth)))
    if query.vector is None and sum(len(places) for _, places in lists) < plan.matches:
        some = np.arange(index.places) if passing is None else np.flatnonzero(passing)
        lists.append(("filter", some[:depth]))
    rank_of = _RANK_LONG if is_long(query.words) else _RANK
    scores: dict[int, float] = {}
    kinds: dict[int, set[FoundBy]] = {}
    for kind, places in lists:
        for rank, place in enumerate(places.tolist(), 1):
            if kind != "filter":
                scores[place] = scores.get(place, 0.0) + 1 / (rank_of + rank)
            else:
                scores.setdefault(place, 0.0)
            kinds.setdefault(place, set()).add(kind)
    ordered = sorted(scores, key=lambda place: (-scores[place], -cosines.get(place, -2.0), place))
    if query.vector is not None:
        late = np.array([place for place in ordered if place not in cosines], dtype=np.int64)
        found = index.vectors(late).astype(np.float64) @ query.vector.astype(np.float64)
        cosines.update(zip(late.tolist(), found.tolist(), strict=True))
    return [
        Hit(
            place,
            cosines.get(place),
            0.0 if by_words is None else float(by_words[place]),
            _kind(kinds[place]),
        )
        for place in ordered
    ]


def _kind(kinds: set[FoundBy]) -> FoundBy:
    known = kinds - {"filter"}
    if len(known) > 1:
        return "both"
    return next(iter(known or kinds))


def _highest(scores: npt.NDArray[np.float32], count: int) -> Places:
    having = np.flatnonzero(scores)
    if len(having) > count:
        least = np.partition(scores[having], -count)[-count]
        having = having[scores[having] >= least]
    order = np.lexsort((having, -scores[having]))[:count]
    return having[order]


def _one_per(index: IndexReader, column: str, hits: Sequence[Hit]) -> list[Hit]:
    """Keep the best hit of each value of a column."""
    values: list[Any] = index.cells(column, np.array([hit.place for hit in hits], dtype=np.int64))
    seen: set[Any] = set()
    kept = []
    for hit, value in zip(hits, values, strict=True):
        key = tuple(value) if isinstance(value, list) else value
        if key is None or key not in seen:
            kept.append(hit)
            seen.add(key)
    return kept
