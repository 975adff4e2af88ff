"""Which column is which: the text, the id, the labels, the time and the person, guessed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from coterie.records.context import looks_like_id
from coterie.records.roles.kinds import Column, describe_columns
from coterie.records.roles.names import only_says, said
from coterie.records.table import Table

__all__ = ["Guess", "guess_columns", "likely_text"]

_LOOKED_AT = 1000  # rows, to find the column of the text; like all figures here a judgement
_CALLED, _ANSWER, _HEADING = 2.0, 0.35, 0.5  # how much a name counts for or against a text
_OF_PERSON = 0.5  # where a text says who somebody is, and not what they said each time
_MOST_MISSING = 0.8  # share of the cells of a text whose name does not say that it is one
_PROSE = 0.4  # share of articles and the like from which on more tell nothing
_MOST_LABELS = 3
_MOST_CLASSES = 500  # of a column that is called one of classes
_FEWEST_OTHER, _MOST_OTHER = 3, 50  # classes of a column with another name
_MISSING_OTHER = 0.3  # share of its cells
_NO_CLASSES = ("other", "answer", "heading", "person")
_REPEATED = 0.5  # different values for each one there is, at most, of classes
_FEW_COLUMNS = 4  # of a table whose flags and marks may be what it is about
_MARKS = 10  # different numbers of a scale
_PERSONS, _FEW_PERSONS = 0.01, 10  # different ones for each row and in all, at least: not "agent"


@dataclass(frozen=True, slots=True)
class Guess:
    """What the columns of a table seem to be; None or empty where none seems to be it.

    Attributes
    ----------
    text
        What people wrote.
    id
        A value of its own for each row.
    labels
        At most three columns of classes, the likeliest first.
    time
        When it was.
    person
        Who it was, where several rows are of one person.
    """

    text: str | None = None
    id: str | None = None
    labels: tuple[str, ...] = ()
    time: str | None = None
    person: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Give the guess as JSON takes it."""
        return {**asdict(self), "labels": list(self.labels)}


def guess_columns(table: Table, columns: Sequence[Column] | None = None) -> Guess:
    """Guess which column of a table is which, by names in several languages and by the cells.

    Parameters
    ----------
    table
        All of its rows are looked at, so that a large one is to be given by some of its rows.
    columns
        What `coterie.records.roles.describe_columns` found, where that was done before.
    """
    if columns is None:
        columns = describe_columns(table)
    columns = [column for column in columns if column.name not in table.doubled]
    person = _person(columns)
    text = _text(columns, person)
    taken = {text, person and person.name}
    free = [column for column in columns if column.name not in taken]
    who = person.name if person else None
    return Guess(text, _id(free), _labels(free, len(columns)), _time(free), who)


def likely_text(table: Table) -> str | None:
    """Name the column that people's texts seem to be in, by the first rows."""
    columns = describe_columns(table.first(_LOOKED_AT))
    return _text(columns, _person(columns))


def _text(columns: Sequence[Column], person: Column | None) -> str | None:
    """Name the column of prose whose name, length and variety speak most for it."""
    texts = [column for column in columns if _may_be_text(column)]
    return max(texts, key=lambda each: _speaks(each, person)).name if texts else None


def _may_be_text(column: Column) -> bool:
    if column.kind != "text" or said(column.name, "address") is not None:
        return False
    return column.missing <= _MOST_MISSING or said(column.name, "text") is not None


def _speaks(column: Column, person: Column | None) -> float:
    prose = 0.4 + 1.5 * min(column.prose, _PROSE)
    variety = 0.3 + 0.7 * column.different
    there = math.sqrt(1 - column.missing)
    of_person = _OF_PERSON if person is not None and column.distinct <= person.distinct else 1.0
    length = math.log2(1 + column.words)
    return _named(column.name) * of_person * length * variety * prose * there


def _named(name: str) -> float:
    if said(name, "answer") is not None:
        return _ANSWER
    called = _CALLED if said(name, "text") is not None else 1.0
    return called * _HEADING if said(name, "heading") is not None else called


def _id(columns: Sequence[Column]) -> str | None:
    """Name the column of unique ids; one of persons only where there is no other."""
    ids = [column for column in columns if column.kind == "id" and column.unique]
    ids.sort(
        key=lambda column: (
            said(column.name, "person") is not None,
            not looks_like_id(column.name),
            said(column.name, "id") is None,
            column.place,
        )
    )
    return ids[0].name if ids else None


def _labels(columns: Sequence[Column], width: int) -> tuple[str, ...]:
    """Name the columns that are called classes and are such; or others, where none is called so."""
    named = sorted(
        (place, column.place, column.name)
        for column in columns
        if (place := said(column.name, "label")) is not None and _are_classes(column)
    )
    if named:
        return tuple(name for *_, name in named[:_MOST_LABELS])
    others = [column.name for column in columns if _may_be_classes(column, width)]
    return tuple(others[:_MOST_LABELS])


def _are_classes(column: Column) -> bool:
    if column.kind != "category" or column.distinct > _MOST_CLASSES:
        return False
    return column.different <= _REPEATED


def _may_be_classes(column: Column, width: int) -> bool:
    if any(said(column.name, role) is not None for role in _NO_CLASSES):
        return False
    if column.addresses or looks_like_id(column.name) or column.missing > _MISSING_OTHER:
        return False
    if width <= _FEW_COLUMNS:
        scale = said(column.name, "scale") is not None and column.distinct <= _MARKS
        if (scale or column.flags) and 2 <= column.distinct <= _REPEATED * column.present:
            return True
    return _are_classes(column) and _FEWEST_OTHER <= column.distinct <= _MOST_OTHER


def _time(columns: Sequence[Column]) -> str | None:
    """Name the column of times that says when it was, rather than when it ended or changed."""
    times = [column for column in columns if column.kind == "date"]
    times.sort(
        key=lambda column: (
            said(column.name, "later") is not None,
            said(column.name, "time") is None,
            round(column.missing, 1),
            column.place,
        )
    )
    return times[0].name if times else None


def _person(columns: Sequence[Column]) -> Column | None:
    """Find the column of persons who have several rows, by their ids before their names."""
    persons = [column for column in columns if _are_persons(column)]
    persons.sort(key=lambda column: (column.kind != "id", column.addresses, column.place))
    return persons[0] if persons else None


def _are_persons(column: Column) -> bool:
    called = said(column.name, "person") is not None
    if not (called or column.addresses) or said(column.name, "answer") is not None:
        return False
    if not only_says(column.name, "person", "id", "person_name"):
        return False
    if column.kind not in ("id", "category", "number"):
        return False
    fewest = max(2, _PERSONS * column.present, min(_FEW_PERSONS, column.present / _FEW_PERSONS))
    return fewest <= column.distinct < column.present
