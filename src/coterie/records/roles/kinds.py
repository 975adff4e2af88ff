"""What kind of values each column of a table holds, by some of its rows."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from coterie.records.context import looks_like_id
from coterie.records.dates import parse_times, read_dates
from coterie.records.labels import MOST_CLASSES
from coterie.records.numbers import infer_types
from coterie.records.roles.names import said, says_nothing, words_of_roles
from coterie.records.table import Table
from coterie.records.values import as_labels
from coterie.words import UNSPACED

__all__ = ["Column", "Kind", "describe_columns"]

Kind: TypeAlias = Literal["text", "category", "number", "date", "id", "empty", "list"]

# Constants of this room were chosen on Bitext, Banking77, the sales turns, the
# survey of coders and the generated tables, and left as they are for the sets of discovery/, the
# leads and the attendees. All are judgements.
_SAMPLE = 500  # cells whose words are counted, and that are tried as numbers and dates
_FIRST = 20  # cells that are tried first
_LONGEST_DATE = 60  # characters
_MOST = 0.9  # of the cells that are of a kind, in a column of it
_PROSE, _LONG = 3.0, 5.0  # words of a cell, where most differ and where they do not
_DIFFERENT, _SOME_DIFFERENT = 0.5, 0.2  # share of different cells among texts
_MANY = 100  # different cells, more than classes have
_IDS = 50  # different ids, more than classes have
_SEPARATORS = {";": 0.3, "|": 0.3, ",": 0.6}  # share of the cells with it, in a column of lists
_PART_WORDS, _NEW_PARTS = 3.0, 0.5  # of an item of a list, and share of items that are new
_UNSPACED_WORD = 2.5  # characters of a word in scripts without blanks
_YEARS = (1980, 2100)  # of times that are written as numbers

_CODE = re.compile(r"(?!\d+[.,]\d+$)[!-~]*\d[!-~]*")
_ADDRESS = re.compile(r"\S+@\S+|\w+://.*")
_UNSPACED = re.compile(f"[{UNSPACED}]")


@dataclass(frozen=True, eq=False)
class Column:
    """A column by the rows at hand.

    Attributes
    ----------
    name, kind
        What it is called and what it holds.
    place
        Of the column in the table, from 0.
    rows
        How many rows there are.
    counts
        How often each value occurs, as stripped text, in the order of the rows; blank cells are
        none.
    words
        Mean number of words of a cell; of scripts without blanks it is estimated.
    prose
        Share of the words that are articles, pronouns and the like.
    steps
        Whether the values are whole numbers, each one more than that of the row before.
    """

    name: str
    kind: Kind
    place: int
    rows: int
    counts: Counter[str]
    words: float = 0.0
    prose: float = 0.0
    steps: bool = False

    @cached_property
    def present(self) -> int:
        """Rows that have a value."""
        return self.counts.total()

    @property
    def distinct(self) -> int:
        """Different values."""
        return len(self.counts)

    @property
    def missing(self) -> float:
        """Share of the rows without a value."""
        return 1 - self.present / self.rows if self.rows else 0.0

    @property
    def different(self) -> float:
        """Different values for each one that there is."""
        return self.distinct / self.present if self.present else 0.0

    @property
    def unique(self) -> bool:
        """Whether each row has a value of its own."""
        return 0 < self.rows == self.distinct

    @property
    def flags(self) -> bool:
        """Whether the values are yes and no, or only one of them."""
        known = words_of_roles()["flags"]
        return self.distinct <= 2 and all(_fold(value) in known for value in self.counts)

    @property
    def addresses(self) -> bool:
        """Whether the values are e-mail addresses or links."""
        return _mostly(_ADDRESS, list(self.counts)[:_SAMPLE])

    @property
    def codes(self) -> bool:
        """Whether the values are like those of ids: of one piece, with a figure."""
        return _mostly(_CODE, list(self.counts)[:_SAMPLE]) and not self.addresses


def describe_columns(table: Table) -> list[Column]:
    """Find out what each column of a table holds.

    Time grows linearly with the cells, so that a large table is to be given by some of its rows.

    Returns
    -------
    list of Column
        In the order of the table.
    """
    return [
        _describe(name, table.frame[name], place, len(table))
        for place, name in enumerate(table.columns)
    ]


def _describe(name: str, cells: pd.Series[Any], place: int, rows: int) -> Column:
    values = [value for value in as_labels(cells) if value is not None]
    counts = Counter(values)
    column = Column(name, "empty", place, rows, counts)
    if not values:
        return column
    if _are_lists(cells, counts):
        return _of_kind(column, "list")
    kind = _kind_of_numbers(column, cells, values[:_SAMPLE])
    if kind is not None:
        steps = column.unique and _rise_by_one(values)
        return _of_kind(column, "id" if _is_id(column, steps) else kind, steps=steps)
    if _are_dates(cells, values):
        return _of_kind(column, "date")
    words, prose = _measured(values[:_SAMPLE])
    if _is_id(column, steps=False):
        return _of_kind(column, "id", words=words, prose=prose)
    is_text = _is_text(column, words)
    return _of_kind(column, "text" if is_text else "category", words=words, prose=prose)


def _of_kind(
    column: Column, kind: Kind, *, words: float = 0.0, prose: float = 0.0, steps: bool = False
) -> Column:
    return Column(column.name, kind, column.place, column.rows, column.counts, words, prose, steps)


def _are_lists(cells: pd.Series[Any], counts: Counter[str]) -> bool:
    """Whether cells are lists, JSON arrays, or short words that come back, with signs between."""
    first = cells.dropna().iloc[0]
    if isinstance(first, list | tuple | np.ndarray):
        return True
    if not isinstance(first, str):
        return False
    some = list(counts)[:_SAMPLE]
    if sum(value.startswith("[") for value in some) >= _MOST * len(some):
        return all(map(_is_array, some[:_FIRST]))
    return any(_separates(separator, some) for separator in _SEPARATORS)


def _is_array(value: str) -> bool:
    try:
        return isinstance(json.loads(value.replace("'", '"')), list)
    except (ValueError, RecursionError):
        return False


def _separates(separator: str, values: Sequence[str]) -> bool:
    split = [value.split(separator) for value in values]
    several = sum(len(each) > 1 for each in split)
    if several < max(2, _SEPARATORS[separator] * len(values)) or len(set(map(len, split))) < 2:
        return False
    parts = [part.strip() for each in split for part in each if part.strip()]
    words = sum(len(part.split()) for part in parts)
    return words <= _PART_WORDS * len(parts) and len(set(parts)) <= _NEW_PARTS * len(parts)


def _kind_of_numbers(column: Column, cells: pd.Series[Any], some: list[str]) -> Kind | None:
    """Give the kind of a column of numbers, by some of its values; None where it is none."""
    if pd.api.types.is_bool_dtype(cells.dtype):
        return "category"
    if not any(any(map(str.isdigit, value)) for value in some[:_FIRST]):
        return None
    written = pd.Series(some, dtype=object, name="numbers")
    if not pd.api.types.is_numeric_dtype(infer_types(written.to_frame())["numbers"].dtype):
        return None
    if said(column.name, "time") is not None and not column.flags:
        years = pd.DatetimeIndex(parse_times(written).times).year
        if len(years) and years.min() >= _YEARS[0] and years.max() < _YEARS[1]:
            return "date"
    named = said(column.name, "label") is not None
    classes = named and column.distinct <= MOST_CLASSES and column.distinct < column.present
    return "category" if classes or column.flags else "number"


def _rise_by_one(values: Sequence[str]) -> bool:
    if not all(map(str.isdecimal, values)):
        return False
    return all(after - before == 1 for before, after in pairwise(map(int, values)))


def _is_id(column: Column, steps: bool) -> bool:
    named = looks_like_id(column.name)
    if column.unique and column.rows > 1:
        called = named or said(column.name, "id") is not None
        if steps and (called or says_nothing(column.name) or column.place == 0):
            return True
        return column.codes and (called or not _are_plain(column))
    many = column.distinct > _IDS or column.different >= _DIFFERENT
    return named and many and column.codes


def _are_plain(column: Column) -> bool:
    """Whether the values are numbers alone, which may count or measure something."""
    return all(
        value.strip("+-").replace(".", "").replace(",", "").isdecimal() for value in column.counts
    )


def _are_dates(cells: pd.Series[Any], values: Sequence[str]) -> bool:
    """Whether most cells are dates, by some of them first."""
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        return True
    for some in (values[:_FIRST], values[:_SAMPLE]):
        if not _have_figures(some):
            return False
        found = read_dates(pd.Series(some, dtype=object, name="times")).times
        if (~np.isnat(found)).mean() < _MOST:
            return False
    return True


def _have_figures(values: Sequence[str]) -> bool:
    figures = sum(len(value) < _LONGEST_DATE and any(map(str.isdigit, value)) for value in values)
    return figures >= _MOST * len(values)


def _measured(values: Sequence[str]) -> tuple[float, float]:
    """Count the words of a cell, and the share of them that are articles and the like."""
    function, words, known = _function_words(), 0.0, 0.0
    for value in values:
        unspaced = len(_UNSPACED.findall(value))
        spaced = (_UNSPACED.sub(" ", value) if unspaced else value).casefold().split()
        words += len(spaced) + unspaced / _UNSPACED_WORD
        known += sum(word in function for word in spaced)
        known += 0.2 * unspaced / _UNSPACED_WORD  # as in other languages
    return words / len(values), known / words if words else 0.0


def _is_text(column: Column, words: float) -> bool:
    if column.addresses or column.distinct < 2 <= column.present:
        return False
    if words >= _PROSE and column.different >= _DIFFERENT:
        return True
    if words >= _LONG and column.distinct > _MANY:
        return True
    called = said(column.name, "text") is not None and said(column.name, "label") is None
    return called and words > 1 and column.different >= _SOME_DIFFERENT


@cache
def _function_words() -> frozenset[str]:
    return frozenset(words_of_roles()["function"])


def _mostly(pattern: re.Pattern[str], values: Sequence[str]) -> bool:
    return sum(pattern.fullmatch(value) is not None for value in values) >= _MOST * len(values)


def _fold(value: str) -> str:
    folded = value.casefold()
    return {"0.0": "0", "1.0": "1"}.get(folded, folded)
