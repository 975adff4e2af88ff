"""From a source and options to a table, and to records with their concepts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import pandas as pd

from coterie.errors import OptionError
from coterie.options import (
    MAX_TEXT_CHARS,
    ConceptOptions,
    DateOrder,
    DecimalSign,
    ReadOptions,
    TableOptions,
)
from coterie.records.build import build_records, context_names
from coterie.records.concepts import (
    CONCEPTS,
    add_concepts,
    find_separator,
    read_concepts,
    split_concepts,
    with_concepts,
)
from coterie.records.model import Records
from coterie.records.settled import Settled
from coterie.records.sources import Source, find_beside, read_table
from coterie.records.table import Table

__all__ = ["Reading", "open_source", "read_records", "read_source"]


class Reading(NamedTuple):
    """What was read, and how.

    Attributes
    ----------
    records
        With the context column ``concepts`` where concepts were asked for.
    table
        The table that they were made of; None where `Records` were given.
    options
        As they were given, with the boilerplate and the columns and the separator of concepts that
        were found.
    """

    records: Records
    table: Table | None
    options: TableOptions

    def spread(self, answers: pd.DataFrame) -> pd.DataFrame:
        """Lay answers for n records out as the rows given, see `coterie.records.Records.spread`."""
        if self.table is None:
            return answers.reset_index(drop=True).assign(reason="")
        return self.records.spread(answers)

    def kept(self) -> dict[str, Any]:
        """Tell what a model keeps of it to read others alike."""
        settled = self.records.settled
        return {**self.options.kept(), **({"settled": settled.to_dict()} if settled else {})}


def read_source(
    source: Source | Table | Records,
    options: TableOptions | None = None,
    *,
    table: Table | None = None,
    usual: Settled | None = None,
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
    usual
        How the dates and numbers of earlier rows were written, where these do not tell.

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
        records = build_records(table, options, usual=usual)
        return Reading(records, table, _as_read(options, records))
    if options.concepts is None:
        return _with_column(table, options, usual)
    others = options.context and [name for name in options.context if name != CONCEPTS]
    records = build_records(table, options.changed(context=others), usual=usual)
    noted = read_concepts(
        find_beside(options.concepts, source),
        concept=options.concept,
        id=options.concept_id,
        records=records,
    )
    found = options.changed(
        concept=noted.concept_column, concept_id=noted.id_column, concept_separator=None
    )
    return Reading(add_concepts(records, noted), table, _as_read(found, records))


def read_records(
    source: Source | Table,
    *,
    text: str | None = None,
    id: str | None = None,  # noqa: A002 - the field's name
    labels: Sequence[str] = (),
    group: str | None = None,
    order: str | None = None,
    speaker: str | None = None,
    first: int | None = None,
    time: str | None = None,
    context: Sequence[str] | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
    query: str | None = None,
    sheet: str | None = None,
    records: str | None = None,
    header: bool = True,
    join: Sequence[Source] = (),
    max_text_chars: int = MAX_TEXT_CHARS,
    dates: DateOrder | None = None,
    decimal: DecimalSign | None = None,
    label_separator: str | None = None,
    missing_labels: Sequence[str] = (),
    clean: Sequence[str] = (),
    side: str | None = None,
    boilerplate: Sequence[str] = (),
) -> Records:
    """Read a table and make records of it: compose texts, set bad rows aside, roll up by person.

    Set aside, with row number and reason, are rows that could not be read; without text, or with a
    blank or too long one; without id or group where these are named; and rows whose id an earlier
    row has, whether they are the same or not (a warning counts those with another text or label).
    NUL characters and halves of surrogate pairs are replaced, with a warning.

    Parameters
    ----------
    source, delimiter, encoding, query, sheet, records, header, join
        As for `read_table`; or a `Table` that was read before.
    text
        A column, or a template over several: ``"{title}. {description}"``. Missing parts leave no
        stray punctuation. None for a table without texts: `Records.texts` are "" then, and no row
        is set aside for having none.
    id
        Column with a unique id; row numbers when None. With ``group``, rows are checked by it
        before they are rolled up.
    labels
        Columns with labels, which keep their type, see `Records.labels`; blank cells are None. A
        column of a file without types, such as CSV, is of the type whose values read like all of
        its cells: "1" is a number and "007" is text.
    group
        Column by whose value rows are rolled up, such as a person or a conversation: the value is
        the id of the record, its texts are joined by line breaks (once, where all are the same),
        each label is that of most rows (None where they tie, and a warning tells of
        disagreement), and time and context are those of the first row.
    order
        Column by which the rows of a group are ordered, as numbers, dates or text; row order when
        None.
    speaker
        Column that is put before each text of a group: ``"agent: Good morning"``.
    first
        Number of steps of each group whose texts are used: distinct values of ``order``, or rows
        where there is none. The other rows still count in ``sizes``.
    time
        Column of dates or times; unreadable ones are NaT, with a warning.
    context
        Other columns to keep; ``["*"]`` for all that are not used otherwise. Columns of numbers
        become numbers. When None, no column is kept beside texts; without texts, all that are not
        used otherwise, but for those that look like ids: a warning names these.
    max_text_chars
        Longer texts are set aside, before and after they are joined; cleaned texts count.
    dates
        What dates such as 03/04/2025 of ``time`` and ``order`` mean: ``"dmy"``, ``"mdy"`` or
        ``"ymd"``; settled on all cells of a column when None.
    decimal
        Decimal sign where the cells of a column do not tell, as ``1.234`` alone does not.
    label_separator
        Sign between several labels of one cell, of which the first is used.
    missing_labels
        Labels that mean that there is none, whatever their case.
    clean
        What to leave out of `Records.texts`, which are learnt from: ``"quotes"``, ``"signatures"``
        or ``"boilerplate"``. HTML becomes text where a text truly is HTML, unless this is
        ``"none"``. Each column of a text is cleaned before it is composed or joined, and
        `Records.shown` are the texts as they were written. A text that would be left empty stays
        as it is; one that holds HTML only is set aside.
    side
        Of conversations in one cell, the side to learn from. Texts in which it says nothing are
        set aside; texts that are no conversation stay whole.
    boilerplate
        Lines to leave out with ``clean="boilerplate"``, as `Records.boilerplate` gives them; those
        that many texts repeat when there are none.

    Returns
    -------
    Records
        ``rows_in == sizes.sum() + len(rejects)``. Memory is that of the table and of the texts, and
        time grows linearly with rows.

    Raises
    ------
    ColumnError
        When a column is missing, with the nearest names or the file beside that has it, or
        doubled.
    NoRowsError
        When no row is left.
    """
    options = ReadOptions(
        text=text,
        id=id,
        labels=labels,
        group=group,
        order=order,
        speaker=speaker,
        first=first,
        time=time,
        context=context,
        delimiter=delimiter,
        encoding=encoding,
        query=query,
        sheet=sheet,
        records=records,
        header=header,
        join=join,
        max_text_chars=max_text_chars,
        dates=dates,
        decimal=decimal,
        label_separator=label_separator,
        missing_labels=missing_labels,
        clean=clean,
        side=side,
        boilerplate=boilerplate,
    )
    return read_source(source, options).records


def open_source(source: Source | Table, options: TableOptions) -> Table:
    """Read a table as options say; its errors are those of `coterie.records.read_table`."""
    return read_table(
        source,
        delimiter=options.delimiter,
        encoding=options.encoding,
        query=options.query,
        sheet=options.sheet,
        records=options.records,
        header=options.header,
        join=options.join,
    )


def _with_column(table: Table, options: ConceptOptions, usual: Settled | None) -> Reading:
    """Take the concepts from a column of the table itself."""
    if options.concept is None or options.concept_id is not None:
        raise OptionError("Name the table of the concepts with --concepts (concepts=).")
    if options.group is not None:
        raise OptionError(
            "A column of concepts belongs to single rows, and --group rolls rows up: name a table "
            "of concepts with --concepts (concepts=)."
        )
    concept = table.find(options.concept) or options.concept
    context = [name for name in context_names(table, options) if name not in (concept, CONCEPTS)]
    asked = options.changed(context=[*context, concept])
    records = build_records(table, asked, usual=usual)
    cells = records.context[concept]
    mark = options.concept_separator or find_separator(cells)
    records = with_concepts(
        replace(records, context=records.context[context]), split_concepts(cells, mark)
    )
    found = options.changed(concept_separator=mark)
    return Reading(records, table, _as_read(found, records))


def _as_read(options: TableOptions, records: Records) -> TableOptions:
    """Keep the lines that counted as boilerplate, so that other rows are read alike."""
    return options.changed(boilerplate=records.boilerplate) if records.boilerplate else options
