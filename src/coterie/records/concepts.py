"""Concepts that were noted of each client: read from a table, and added to records."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.errors import ColumnError, CoterieWarning, NoRowsError
from coterie.formatting import counted, named
from coterie.records.compose import is_missing
from coterie.records.model import Records
from coterie.records.screen import Screening, are_blank, clean
from coterie.records.sources import Source, read_table
from coterie.records.table import Table, column_error, rejects_frame
from coterie.records.values import as_labels, number_values

__all__ = [
    "CONCEPTS",
    "ConceptTable",
    "add_concepts",
    "find_separator",
    "read_concepts",
    "split_concepts",
    "with_concepts",
]

CONCEPTS = "concepts"
"""Name of the context column that holds the concepts of a record, as tuples of str."""

_CONCEPT_NAMES = ("concept", "concepts")
_PEOPLE = ("client", "customer", "account", "lead", "prospect", "contact", "person", "user")
_ID_NAMES = (*(f"{who}{end}" for who in _PEOPLE for end in ("id", "")), "id")
_SEPARATORS = (";", "|", "\n", ",")
_SHOWN = 3

StrArray = npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True, eq=False)
class ConceptTable:
    """The concepts of each client. Rows in are concepts kept plus rows set aside, always.

    Attributes
    ----------
    ids
        Shape (c,), str, unique: the clients, in order of first appearance.
    concepts
        Shape (c,), tuples of str: what was noted of each, in the order of the rows; a concept that
        two rows hold is there twice.
    concept_column, id_column
        Names of the columns that these were read from.
    rejects, source
        As of `Records`: rows without concept or id, or that could not be read.
    """

    ids: StrArray
    concepts: StrArray
    concept_column: str
    id_column: str
    rejects: pd.DataFrame = field(default_factory=rejects_frame)
    source: str = "table"

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def rows_in(self) -> int:
        """Rows of the source, kept or set aside."""
        return sum(map(len, self.concepts)) + len(self.rejects)


def read_concepts(
    source: Source | Table,
    *,
    concept: str | None = None,
    id: str | None = None,  # noqa: A002 - the field's name
    records: Records | None = None,
    by: str | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
    query: str | None = None,
    sheet: str | None = None,
) -> ConceptTable:
    """Read a table with one row for each concept that was noted of a client.

    Parameters
    ----------
    source, delimiter, encoding, query, sheet
        As for `coterie.records.read_table`; or a `Table` that was read before.
    concept
        Column of the concepts; one called ``concept`` or ``concepts`` when None.
    id
        Column of the clients' ids. When None it is one with the name of the records' id column, or
        else one called as clients are (``client``, ``customer_id``, ``id``, …), and of several the
        one that has the most of the records' ids; a warning names it, unless both have one name.
    records, by
        What the concepts are for, as `add_concepts` takes it, to find the column by.

    Returns
    -------
    ConceptTable
        Time grows linearly with rows, but for sorting them; 3 million rows take some 4 seconds
        after the reading.

    Raises
    ------
    ColumnError
        When a column is missing, doubled, or not found.
    NoRowsError
        When no row has an id and a concept.

    Warns
    -----
    CoterieWarning
        Names the column of ids that was found, and the rows that were set aside.
    """
    if not isinstance(source, Table):
        source = read_table(
            source, delimiter=delimiter, encoding=encoding, query=query, sheet=sheet
        )
    concept = _concept_column(source) if concept is None else source.find(concept) or concept
    noted = source.column(concept)
    if id is None:
        id = _id_column(source, concept, records, by)  # noqa: A001
    said = as_labels(noted)
    rows = Screening(
        source.rows, said, as_labels(source.column(id)), np.ones(len(source), dtype=bool)
    )
    codes, distinct = number_values(said)
    distinct = _tidied(distinct)
    rows.set_aside(is_missing(distinct)[codes], f"no value in the concept column '{concept}'")
    rows.set_aside(is_missing(rows.ids), f"no value in the id column '{id}'")  # type: ignore[arg-type]
    kept = np.flatnonzero(rows.kept)
    rejects = source.rejects_with(rows.rejects)
    if not len(kept):
        raise NoRowsError(
            f"No row of {source.source} has both a concept in '{concept}' and an id in '{id}': "
            "name their columns with --concept and --concept-id (concept=, id=)."
        )
    if len(rejects):
        first = zip(rejects["row"][:_SHOWN], rejects["reason"][:_SHOWN], strict=True)
        shown = "; ".join(f"row {row}: {reason}" for row, reason in first)
        warnings.warn(
            f"Set aside {counted(len(rejects), 'row')} of {source.source} "
            f"({shown}{'; …' if len(rejects) > _SHOWN else ''}).",
            CoterieWarning,
            stacklevel=2,
        )
    clients, ids = number_values(rows.ids[kept])  # type: ignore[index]
    return ConceptTable(
        ids, _tuples(distinct[codes[kept]], clients, len(ids)), concept, id, rejects, source.source
    )


def add_concepts(records: Records, table: ConceptTable, *, by: str | None = None) -> Records:
    """Give records what was noted of them, in the context column ``concepts``.

    Parameters
    ----------
    records
        n records.
    table
        Concepts by client. Ids compare as text without surrounding white space.
    by
        Context column with the ids of the clients; the records' own ids when None.

    Returns
    -------
    Records
        With a tuple of str for each record in ``context["concepts"]``, which may be empty.

    Raises
    ------
    ColumnError
        When no id of the records is in the table, when ``by`` is no column, or when there is a
        column ``concepts`` already.

    Warns
    -----
    CoterieWarning
        Counts the records without concepts, and the ids without a record, which are left out.
    """
    if CONCEPTS in records.context:
        raise ColumnError(
            f"{records.source} has a column '{CONCEPTS}' already: rename it, or leave it out of "
            "the context."
        )
    name, keys = _keys(records, by)
    place = {key: at for at, key in enumerate(table.ids)}
    at = np.array([place.get(key, -1) for key in keys], dtype=np.int64)
    found = at >= 0
    if len(keys) and not found.any():
        raise ColumnError(
            f"No id of {records.source} ('{name}', such as {keys[0]!r}) is among those of "
            f"{table.source} ('{table.id_column}', such as {table.ids[0]!r}): name the columns "
            "with the same ids with --id and --concept-id (id=)."
        )
    cells = np.empty(len(keys), dtype=object)
    cells[:] = [()] * len(keys)
    cells[found] = table.concepts[at[found]]
    left = np.ones(len(table), dtype=bool)
    left[at[found]] = False
    notes = []
    if not found.all():
        missed = keys[~found]
        notes.append(
            f"{len(missed):,} of {len(keys):,} records {_have(missed)} no concepts in "
            f"{table.source} ({_examples(missed)})"
        )
    if left.any():
        ids, lost = table.ids[left], counted(sum(map(len, table.concepts[left])), "concept")
        notes.append(
            f"{counted(len(ids), 'id')} of {table.source} ({_examples(ids)}) "
            f"{_have(ids)} no record in {records.source}, and {lost} left out"
        )
    for note in notes:
        warnings.warn(f"{note}.", CoterieWarning, stacklevel=2)
    return replace(with_concepts(records, cells), notes=(*records.notes, *notes))


def with_concepts(records: Records, cells: StrArray) -> Records:
    """Give n records the context column ``concepts``: n tuples of str."""
    context = records.context if len(records.context) else pd.DataFrame(index=range(len(records)))
    column = pd.Series(cells, index=context.index, dtype=object)
    return replace(records, context=context.assign(**{CONCEPTS: column}))


def split_concepts(values: Iterable[Any], separator: str | None = None) -> StrArray:
    """Split cells that hold several concepts each: ``"price; demo"``, or a JSON list.

    Parameters
    ----------
    values
        n cells: text, lists, or missing.
    separator
        What stands between two concepts of a text; found by `find_separator` when None.

    Returns
    -------
    ndarray of shape (n,), object
        Tuples of str, without blank ones; empty where a cell holds nothing.
    """
    cells = list(values)
    separator = find_separator(cells) if separator is None else separator
    split = np.empty(len(cells), dtype=object)
    split[:] = [_split(cell, separator) for cell in cells]
    return split


def find_separator(values: Iterable[Any]) -> str:
    """Find what separates the concepts of a cell: ``;``, ``|``, a line break or ``,``.

    It is the first of these that any text has, so that the others may be part of a concept; ``;``
    where no text has one.
    """
    texts = [cell for cell in values if isinstance(cell, str) and _listed(cell) is None]
    return next((mark for mark in _SEPARATORS if any(mark in text for text in texts)), ";")


def _split(cell: Any, separator: str) -> tuple[str, ...]:
    parts = _listed(cell)
    if parts is None:
        parts = cell.split(separator) if isinstance(cell, str) else [cell]
    texts = [
        str(part).strip() for part in parts if not (pd.api.types.is_scalar(part) and pd.isna(part))
    ]
    return tuple(filter(None, texts))


def _listed(cell: Any) -> Sequence[Any] | None:
    """Items of a list, or of one written as JSON; None where a cell is neither."""
    if isinstance(cell, np.ndarray):
        return list(cell)
    if isinstance(cell, str) and cell.lstrip().startswith("["):
        try:
            cell = json.loads(cell)
        except ValueError:
            return None
    return cell if isinstance(cell, list | tuple) else None


def _concept_column(table: Table) -> str:
    lowered = {name.lower(): name for name in reversed(table.columns)}
    for name in _CONCEPT_NAMES:
        if name in lowered:
            return lowered[name]
    hint = f"name that of the concepts with --concept (concept=), of {named(table.columns)}."
    raise column_error(_CONCEPT_NAMES[0], table.columns, table.source, hint)


def _id_column(table: Table, concept: str, records: Records | None, by: str | None) -> str:
    """Find the column of the clients by its name, and of several by the ids in it."""
    others = [name for name in table.columns if name != concept and name not in table.doubled]
    bare = {name: re.sub(r"[\W_]", "", name.lower()) for name in others}
    found = [name for known in _ID_NAMES for name in others if bare[name] == known]
    alike, keys = (None, ()) if records is None else _keys(records, by)
    if alike in others:
        found = list(dict.fromkeys([alike, *found]))
    if not found:
        raise ColumnError(
            f"{table.source} has no column such as 'client_id': name that of the clients with "
            f"--concept-id (id=), of {named(table.columns)}."
        )
    if len(keys) and len(found) > 1:
        known = set(keys)
        found.sort(key=lambda name: _likeness(table.column(name), known), reverse=True)
    if found[0] != alike and (len(found) > 1 or records is not None):
        warnings.warn(
            f"The ids of the clients in {table.source} are read from the column '{found[0]}': name "
            "another with --concept-id (id=) if that is wrong.",
            CoterieWarning,
            stacklevel=3,
        )
    return found[0]


def _likeness(column: pd.Series[Any], known: set[str]) -> tuple[bool, bool, int]:
    """Rank a column as that of the clients: has any of them, repeats (rows do not), how many."""
    values = as_labels(column)
    present = [value for value in values if value is not None]
    shared = len(known.intersection(present))
    return shared > 0, len(set(present)) < len(present), shared


def _keys(records: Records, by: str | None) -> tuple[str, StrArray]:
    """Name the column by which records are matched, and give its values as text."""
    if by is None:
        if records.id_column is None:
            raise ColumnError(
                f"The ids of {records.source} are row numbers: name the column of the clients with "
                "--id (id=)."
            )
        return records.id_column, as_labels(pd.Series(records.ids, dtype=object))
    if by not in records.context:
        raise column_error(by, [*map(str, records.context)], f"the context of {records.source}")
    return by, as_labels(records.context[by])


def _tidied(concepts: StrArray) -> StrArray:
    """Strip the concepts, without what no text may hold; None where nothing is left."""
    tidied = clean(concepts)
    blank = are_blank(tidied)
    tidied[:] = [
        None if nothing else text.strip() for text, nothing in zip(tidied, blank, strict=True)
    ]
    return tidied


def _tuples(concepts: StrArray, clients: npt.NDArray[np.int64], number: int) -> StrArray:
    """Collect the concepts of each client, in the order of the rows."""
    order = np.argsort(clients, kind="stable")
    said = concepts[order].tolist()
    ends = np.cumsum(np.bincount(clients, minlength=number)).tolist()
    tuples = np.empty(number, dtype=object)
    tuples[:] = [tuple(said[a:b]) for a, b in zip([0, *ends], ends, strict=False)]
    return tuples


def _have(ids: StrArray) -> str:
    return "has" if len(ids) == 1 else "have"


def _examples(ids: StrArray) -> str:
    shown = ", ".join(repr(key) for key in ids[:_SHOWN])
    return f"{shown}, …" if len(ids) > _SHOWN else shown
