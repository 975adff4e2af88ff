"""From a source and options to a table, and to records with what was noted of them."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import pandas as pd

from coterie.errors import OptionError
from coterie.options import ConceptOptions, ReadOptions, TableOptions
from coterie.records.build import context_names
from coterie.records.concepts import (
    CONCEPTS,
    add_concepts,
    find_separator,
    read_concepts,
    split_concepts,
    with_concepts,
)
from coterie.records.model import Records
from coterie.records.read import Source, find_beside, make_records, read_table
from coterie.records.table import Table

__all__ = ["Reading", "open_source", "read_source"]


class Reading(NamedTuple):
    """What was read, and how.

    Attributes
    ----------
    records
        With the context column ``concepts`` where concepts were asked for.
    table
        The table that they were made of; None where `Records` were given.
    options
        As they were given, with the columns and the separator of concepts that were found.
    """

    records: Records
    table: Table | None
    options: TableOptions

    def spread(self, answers: pd.DataFrame) -> pd.DataFrame:
        """Lay answers for n records out as the rows given, see `coterie.records.Records.spread`."""
        if self.table is None:
            return answers.reset_index(drop=True).assign(reason="")
        return self.records.spread(answers)


def read_source(
    source: Source | Table | Records,
    options: TableOptions | None = None,
    *,
    table: Table | None = None,
) -> Reading:
    """Read a table as options say, and make records of it.

    Parameters
    ----------
    source
        As for `coterie.records.read_table`; `Records` are given back as they are.
    options
        How to read, and which columns mean what.
    table
        What `open_source` read of the source, where that was done before.

    Raises
    ------
    OptionError
        When options are given for records; or when a table of concepts is asked for and not named,
        or rows are rolled up that hold the concepts.
    InputError
        As `coterie.records.read_records` and `coterie.records.read_concepts`.
    """
    options = ReadOptions() if options is None else options
    if isinstance(source, Records):
        if given := options.of_reading():
            raise OptionError(
                f"The records were read before, and '{given[0]}' says how to read: leave it out."
            )
        return Reading(source, None, options)
    if table is None:
        table = open_source(source, options)
    if not isinstance(options, ConceptOptions) or not options.has_concepts:
        return Reading(make_records(table, options), table, options)
    if options.concepts is None:
        return _with_column(table, options)
    if options.context is not None:
        others = [name for name in options.context if name != CONCEPTS]
        records = make_records(table, options.changed(context=others))
    else:
        records = make_records(table, options)
    noted = read_concepts(
        find_beside(options.concepts, source),
        concept=options.concept,
        id=options.concept_id,
        records=records,
    )
    found = options.changed(
        concept=noted.concept_column, concept_id=noted.id_column, concept_separator=None
    )
    return Reading(add_concepts(records, noted), table, found)


def open_source(source: Source | Table, options: TableOptions) -> Table:
    """Read a table as options say; its errors are those of `coterie.records.read_table`."""
    return read_table(
        source,
        delimiter=options.delimiter,
        encoding=options.encoding,
        query=options.query,
        sheet=options.sheet,
        join=options.join,
    )


def _with_column(table: Table, options: ConceptOptions) -> Reading:
    """Take the concepts from a column of the table itself."""
    if options.concept is None or options.concept_id is not None:
        raise OptionError("Name the table of the concepts with --concepts (concepts=).")
    if options.group is not None:
        raise OptionError(
            "Concepts in a column of the table are those of one row, and --group rolls rows up: "
            "name the table, or one of their own, with --concepts (concepts=) too."
        )
    apart = (options.concept, CONCEPTS)
    context = [name for name in context_names(table, options) if name not in apart]
    records = make_records(table, options.changed(context=[*context, options.concept]))
    cells = records.context[options.concept]
    mark = options.concept_separator or find_separator(cells)
    records = with_concepts(
        replace(records, context=records.context[context]), split_concepts(cells, mark)
    )
    return Reading(records, table, options.changed(concept_separator=mark))
