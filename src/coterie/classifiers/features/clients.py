"""Clients and their concepts: a column of a frame, read once for all features."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_matrix

from coterie.encoders import EmbeddingCache, Encoder, learns_from_texts, load_encoder
from coterie.errors import ColumnError, CoterieWarning, InputError, OptionError
from coterie.hints import did_you_mean
from coterie.records.formats.arrow import as_pandas

__all__ = [
    "Clients",
    "Mentions",
    "clients_of",
    "concepts_of",
    "key_of",
    "read_mentions",
    "without_concept",
]

_NAMED = 3  # concepts in a warning
_SHOWN = 12  # columns in an error


@dataclass(frozen=True, slots=True, eq=False)
class Mentions:
    """How often each client has each concept.

    Attributes
    ----------
    keys
        m distinct concepts as they are compared: stripped and case-folded, sorted.
    names
        The commonest spelling of each.
    counts
        Sparse, shape (n, m), int64, indices sorted.
    held
        Whether a client has a concept: as ``counts``, with ones only.
    """

    keys: list[str]
    names: list[str]
    counts: csr_matrix
    held: csr_matrix

    def clients_per_concept(self) -> npt.NDArray[np.int64]:
        """How many clients have each concept, (m,)."""
        return np.bincount(self.counts.indices, minlength=len(self.keys)).astype(np.int64)

    def held_of(self, keys: Collection[str]) -> csr_matrix:
        """Say which client has which of the concepts named: (n, keys), as ``held``."""
        places = {key: place for place, key in enumerate(keys)}
        columns = np.array([places.get(key, -1) for key in self.keys], dtype=np.int64)
        found = columns[self.held.indices]
        kept = found >= 0
        ends = np.concatenate([[0], np.cumsum(kept)])[self.held.indptr]
        shape = self.held.shape[0], len(places)
        matrix = csr_matrix((self.held.data[kept], found[kept], ends), shape)
        matrix.sort_indices()
        return matrix


class Clients:
    """The rows of one call; each column of concepts is read, and each encoder loaded, once.

    Parameters
    ----------
    frame
        n rows.
    warn
        Whether to warn of what training has not seen and of odd values.
    cache
        Where vectors are kept in this call; as the blocks say when None.
    """

    def __init__(
        self, frame: pd.DataFrame, *, warn: bool = True, cache: EmbeddingCache | None = None
    ) -> None:
        self.frame, self.warn, self.cache = frame, warn, cache
        self.shape = frame.shape
        self._told: set[str] = set()
        self._mentions: dict[str, Mentions] = {}
        self._encoders: dict[str, Encoder] = {}

    def __len__(self) -> int:
        return len(self.frame)

    def column(self, name: str) -> pd.Series[Any]:
        """Give a column; ColumnError where it is missing, or there twice."""
        columns = self.frame.columns
        there = int((columns == name).sum())
        if there > 1:
            raise ColumnError(f"The frame has more than one column {name}: rename all but one.")
        if not there:
            known = ", ".join(map(str, columns[:_SHOWN])) or "none at all"
            hint = did_you_mean(name, list(map(str, columns)), f"name one of {known}.")
            raise ColumnError(f"The frame has no column '{name}': {hint}")
        return self.frame[name]

    def mentions(self, name: str) -> Mentions:
        """Read a column of concepts; see `read_mentions`."""
        if name not in self._mentions:
            self._mentions[name] = read_mentions(self.column(name), name)
        return self._mentions[name]

    def tell(self, message: str) -> None:
        """Warn once of each message, where warnings are wanted."""
        if self.warn and message not in self._told:
            self._told.add(message)
            warnings.warn(message, CoterieWarning, stacklevel=2)

    def tell_unseen(self, name: str, known: Collection[str]) -> None:
        """Warn of concepts in a column that are not among those known."""
        mentions = self.mentions(name)
        pairs = zip(mentions.keys, mentions.names, strict=True)
        unseen = [shown for key, shown in pairs if key not in known]
        if unseen:
            most = len(unseen) > _NAMED
            these = f"{len(unseen):,} concepts, among them " if most else ""
            self.tell(
                f"Not in the training data: {these}{', '.join(unseen[:_NAMED])}. Unknown concepts "
                "have no column of their own."
            )

    def encoder(self, named: str | Encoder) -> Encoder:
        """Load an encoder by its name; OptionError where it would have to be fitted to texts."""
        if not isinstance(named, str):
            return named
        if learns_from_texts(named):
            raise OptionError(
                f"The encoder {named} has to be fitted to texts: name one that has not, such as "
                "minilm or static."
            )
        if named not in self._encoders:
            self._encoders[named] = load_encoder(named)
        return self._encoders[named]


def clients_of(rows: pd.DataFrame | Clients) -> Clients:
    """Take clients as they are, or make them of a frame; InputError of anything else."""
    if isinstance(rows, Clients):
        return rows
    frame = as_pandas(rows)
    if not isinstance(frame, pd.DataFrame):
        raise InputError(f"A {type(rows).__name__} was given: give the clients as a DataFrame.")
    return Clients(frame)


def read_mentions(cells: pd.Series[Any], column: str) -> Mentions:
    """Read which client has which concepts, in time and memory linear in the mentions.

    Each of the n cells is a list, tuple, set or array of concepts, a text with one concept per
    line, or missing; InputError where it is anything else.
    """
    sizes, said = [], []
    for row, cell in enumerate(cells.tolist()):
        concepts = concepts_of(cell, row, column)
        sizes.append(len(concepts))
        said += concepts
    numbers: dict[str, int] = {}
    codes = np.fromiter(
        (numbers.setdefault(concept, len(numbers)) for concept in said), np.int64, len(said)
    )
    spellings = list(numbers)
    folded = [key_of(spelling) for spelling in spellings]
    keys = sorted({*folded} - {""})
    places = {key: place for place, key in enumerate(keys)}
    columns = np.array([places.get(key, -1) for key in folded], dtype=np.int64)[codes]
    rows = np.repeat(np.arange(len(sizes)), sizes)[columns >= 0]
    columns = columns[columns >= 0]
    counts = csr_matrix(
        (np.ones(len(rows), dtype=np.int64), (rows, columns)), shape=(len(sizes), len(keys))
    )
    held = csr_matrix((np.ones_like(counts.data), counts.indices, counts.indptr), counts.shape)
    names = _commonest(spellings, np.bincount(codes, minlength=len(spellings)))
    return Mentions(keys, [names[key] for key in keys], counts, held)


def concepts_of(cell: Any, row: int, column: str) -> list[str]:
    """Read the concepts of one cell, blank ones among them; see `read_mentions`."""
    if isinstance(cell, str):
        return cell.splitlines()
    if isinstance(cell, list | tuple | set | frozenset | np.ndarray):
        return [each if isinstance(each, str) else _written(each) for each in cell]
    if not isinstance(cell, Iterable) and pd.isna(cell):
        return []
    raise InputError(
        f"Row {row + 1:,} of the column '{column}' holds {str(cell)[:20]!r}: give a list of "
        "concepts, or a text with one concept per line."
    )


def key_of(concept: str) -> str:
    """Give a concept as it is compared."""
    return concept.strip().casefold()


def without_concept(concepts: Iterable[str], key: str) -> tuple[str, ...]:
    """Leave a concept out, wherever it occurs."""
    return tuple(concept for concept in concepts if key_of(concept) != key)


def _written(concept: Any) -> str:
    missing = not isinstance(concept, Iterable) and pd.isna(concept)
    return "" if missing else str(concept)


def _commonest(spellings: list[str], often: npt.NDArray[np.int64]) -> dict[str, str]:
    """Name each concept by its commonest spelling, of equals the first in the alphabet."""
    totals: Counter[str] = Counter()
    for spelling, count in zip(spellings, often.tolist(), strict=True):
        totals[spelling.strip()] += count
    names: dict[str, str] = {}
    for name in sorted(totals, key=lambda name: (-totals[name], name)):
        names.setdefault(name.casefold(), name)
    return names
