"""The rows nearest to a vector under an exact filter, and the plan by which they are found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from coterie.extras import installed
from coterie.formatting import counted, percent
from coterie.search.codes import MOST_SCANNED, RowCodes

__all__ = [
    "FEWEST_CODED",
    "Method",
    "Plan",
    "VectorRows",
    "choose_plan",
    "exact_nearest",
    "nearest",
]

Bools = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int64]
Vectors = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]

Method: TypeAlias = Literal["none", "exact", "codes", "lists"]

# Numbers that are compared in float32 within about 5 ms, on two cores: single rows that are
# gathered from all over the file, and all rows one after the other. Measured at 384 dimensions,
# see docs/decisions/look-alike-search.md.
_GATHERED = 2_000_000
_SCANNED = 20_000_000

FEWEST_CODED = _SCANNED
"""Numbers (rows times dimensions) from which on codes are made."""

_AGAIN = 10  # rows that are compared again for each hit, where many are wanted
_WIDE = 0.2  # share of rows that pass, from which on the nearest lists hold enough of them
_GATHER_BLOCK, _SCAN_BLOCK = 8_192, 65_536  # rows
_SLACK = 16  # more candidates than hits, as float32 can confuse rows that are all but equal


class VectorRows(Protocol):
    """Rows with vectors, of which the first may have codes."""

    @property
    def places(self) -> int:
        """How many there are, deleted ones among them."""
        ...

    @property
    def coded(self) -> int:
        """How many of the first have codes."""
        ...

    @property
    def codes(self) -> RowCodes | None:
        """Their codes."""
        ...

    def vectors(self, places: Places) -> Vectors:
        """Give the vectors of some places."""
        ...

    def blocks(self, size: int, start: int = 0) -> Iterator[tuple[int, Vectors]]:
        """Give all vectors from a place on, with the first place of each block."""
        ...


@dataclass(frozen=True, slots=True)
class Plan:
    """How the nearest rows are found. A filter always counts before any row is compared.

    Attributes
    ----------
    method
        ``"exact"``: all rows that pass are compared in float32; ``"codes"``: the codes of all rows
        that pass are compared, and the best again in float32; ``"lists"``: codes of the nearest
        lists only; ``"none"``: no row passes, or no vector is asked for.
    why
        One sentence.
    rows, matches
        Rows that can be found, and those of them that pass.
    candidates
        Rows that are compared again in float32.
    lists
        Lists that are looked at; 0 for all.
    """

    method: Method
    why: str
    rows: int
    matches: int
    candidates: int = 0
    lists: int = 0

    @property
    def exact(self) -> bool:
        """Whether no row can be missed."""
        return self.method in ("none", "exact")

    def to_dict(self) -> dict[str, Any]:
        """Give it as JSON takes it."""
        return {**asdict(self), "exact": self.exact}


def choose_plan(
    rows: VectorRows,
    dim: int,
    alive: int,
    passing: Bools | None,
    *,
    candidates: int,
    count: int,
    exact: bool = False,
) -> Plan:
    """Choose how to find the nearest rows, by how many rows there are and how many pass.

    Parameters
    ----------
    rows
        All rows.
    dim
        Width of the vectors.
    alive
        Rows that were not deleted.
    passing
        Shape (places,): those that pass; all when None.
    candidates
        Rows to compare again for ten hits, see `coterie.search.storage.layout.Codes`.
    count
        Hits asked for.
    exact
        Whether only an exact search will do.
    """
    matches = alive if passing is None else int(np.count_nonzero(passing))
    share = f"{matches:,} of {counted(alive, 'row')}"
    wanted = max(candidates, _AGAIN * count)
    if matches == 0:
        return Plan("none", "No row passes the filter.", alive, 0)
    if reason := _why_exact(rows, dim, alive, matches, wanted, exact=exact):
        return Plan("exact", reason, alive, matches)
    again = f"the best {wanted:,} of them again in float32."
    if rows.coded > MOST_SCANNED and matches >= _WIDE * alive:
        codes = rows.codes
        assert codes is not None
        lists = max(1, round(codes.lists * MOST_SCANNED / rows.coded))
        why = (
            f"{share} pass, too many to compare all: codes of the nearest {lists:,} of "
            f"{counted(codes.lists, 'list')} are compared, {again}"
        )
        return Plan("lists", why, alive, matches, wanted, lists)
    passed = percent(matches / alive)
    why = f"{share} pass ({passed}): the codes of all of them are compared, {again}"
    return Plan("codes", why, alive, matches, wanted)


def _why_exact(
    rows: VectorRows, dim: int, alive: int, matches: int, wanted: int, *, exact: bool
) -> str:
    """Say why every row that passes is compared in float32; "" where codes are."""
    share = f"{matches:,} of {counted(alive, 'row')}"
    if exact:
        return f"An exact search was asked for: {share} are compared."
    if matches * dim <= _GATHERED:
        return f"{share} pass: few enough to compare each in float32."
    if rows.places * dim <= _SCANNED:
        return f"There are {counted(alive, 'row')}: few enough to compare each in float32."
    if not rows.coded:
        lacking = "" if installed("faiss") else " Codes need FAISS: pip install 'coterie[search]'."
        return f"The index has no codes, so {share} are compared in float32.{lacking}"
    if wanted * dim > _SCANNED:
        return f"So many hits are wanted that {share} are compared in float32."
    return ""


def nearest(
    rows: VectorRows, vector: Vectors, plan: Plan, passing: Bools | None, count: int
) -> tuple[Places, Floats]:
    """Find the rows nearest to a vector, as planned.

    Returns
    -------
    places : ndarray of shape (min(count, matches),), int64
        The nearest first; equal ones in the order of their places.
    cosines : ndarray of the same shape, float64
    """
    count = min(count, plan.matches)
    if not count:
        return np.empty(0, dtype=np.int64), np.empty(0)
    if plan.method == "exact":
        return exact_nearest(rows, vector, passing, count)
    codes = rows.codes
    assert codes is not None
    masked = None if passing is None else passing[: rows.coded]
    found = codes.nearest(vector, plan.candidates, masked, plan.lists or None)
    if rows.coded < rows.places:
        late = _candidates(rows, vector, passing, count + _SLACK, rows.coded)
        found = np.concatenate([found, late])
    if len(found) < count:  # the lists hold too few rows that pass
        return exact_nearest(rows, vector, passing, count)
    return _best(rows, vector, found, count)


def exact_nearest(
    rows: VectorRows, vector: Vectors, passing: Bools | None, count: int
) -> tuple[Places, Floats]:
    """Find the rows nearest to a vector by comparing each one that passes, as `nearest` does."""
    return _best(rows, vector, _candidates(rows, vector, passing, count + _SLACK, 0), count)


def _candidates(
    rows: VectorRows, vector: Vectors, passing: Bools | None, count: int, start: int
) -> Places:
    """Find some more rows than are wanted, by comparing all from a place on in float32."""
    found = [np.empty(0, dtype=np.int64)]
    scores = [np.empty(0, dtype=np.float32)]
    held, least = 0, -np.inf
    for first, block in rows.blocks(_SCAN_BLOCK, start):
        mask = None if passing is None else passing[first : first + len(block)]
        for places, cosines in _compared(block, vector, mask):
            better = np.flatnonzero(cosines > least) if held >= count else np.arange(len(cosines))
            if len(better) > count:
                better = better[np.argpartition(-cosines[better], count - 1)[:count]]
            found.append(first + places[better])
            scores.append(cosines[better])
            held += len(better)
            if held > 4 * count:
                merged = np.concatenate(scores)
                kept = np.argpartition(-merged, count - 1)[:count]
                found = [np.concatenate(found)[kept]]
                scores, held = [merged[kept]], count
                least = float(scores[0].min())
    merged = np.concatenate(scores)
    places = np.concatenate(found)
    if len(places) <= count:
        return places
    best: Places = places[np.argpartition(-merged, count - 1)[:count]]
    return best


def _compared(
    block: Vectors, vector: Vectors, mask: Bools | None
) -> Iterator[tuple[Places, Vectors]]:
    """Give the rows of a block that pass, with their cosines."""
    if mask is None:
        yield np.arange(len(block)), block @ vector
        return
    passing = np.flatnonzero(mask)
    if 3 * len(passing) > len(block):  # reading all in order is faster than gathering
        yield passing, (block @ vector)[passing]
        return
    for start in range(0, len(passing), _GATHER_BLOCK):
        some = passing[start : start + _GATHER_BLOCK]
        yield some, block[some] @ vector


def _best(rows: VectorRows, vector: Vectors, places: Places, count: int) -> tuple[Places, Floats]:
    """Compare candidates in float64, so that however they were found, the answer is the same."""
    vectors = rows.vectors(places)
    if len(places) > count + _SLACK:
        few = np.argpartition(-(vectors @ vector), count + _SLACK)[: count + _SLACK]
        places, vectors = places[few], vectors[few]
    cosines = np.einsum("ij,j->i", vectors.astype(np.float64), vector.astype(np.float64))
    order = np.lexsort((places, -cosines))[:count]
    return places[order], cosines[order]
