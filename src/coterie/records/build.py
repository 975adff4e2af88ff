"""From a table to records: compose, set aside, roll up."""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.errors import CoterieWarning, NoRowsError
from coterie.formatting import counted, named
from coterie.options import ConceptOptions, DecimalSign, TableOptions
from coterie.records.cleaning import SIDE, CleanedTexts, clean_texts
from coterie.records.compose import compose, is_missing, template_columns, text_columns
from coterie.records.context import usual_context
from coterie.records.dates import Dates, parse_times
from coterie.records.export import restore_all
from coterie.records.formats.files import find_header, tables_in
from coterie.records.labels import MOST_CLASSES, choose_labels, note_labels, without_marks
from coterie.records.model import Records, SourceRows
from coterie.records.numbers import read_numbers
from coterie.records.rollup import RowGroups, group_rows, join_texts, majority, sort_key
from coterie.records.screen import (
    Screening,
    clean,
    note_empty_words,
    set_aside_bad_texts,
    set_aside_doubles,
)
from coterie.records.settled import Settled
from coterie.records.table import Table, column_error, find_name
from coterie.records.values import as_labels, as_typed_labels

__all__ = ["asked_columns", "build_records", "context_names"]

_NUMBERED = re.compile(r"column \d+")

StrArray = npt.NDArray[np.object_]

_NOTEWORTHY = 0.01  # share of the texts from which on a person is told; a judgement
_CLEANED = {
    "html": "HTML was turned into text in",
    SIDE: "One side of the conversation was taken from",
    "quotes": "Quoted threads were left out of",
    "signatures": "Signatures were left out of",
    "boilerplate": "Lines that many texts repeat were left out of",
}


def build_records(table: Table, options: TableOptions, *, usual: Settled | None = None) -> Records:
    """Make records of a table; `coterie.records.read_records` says what is set aside and why.

    `usual` is how earlier rows were written, where the cells of these do not tell.
    """
    usual = usual or Settled()
    for name in asked_columns(table, options):
        if table.find(name) is None and (hint := _hint(table, name)):
            raise column_error(name, table.columns, table.source, hint)
    labels, decimals, told = _labels(table, options, usual)
    context = [table.column(name) for name in context_names(table, options)]
    dates = dict[str, Dates]()
    if options.time is not None:
        dates[options.time] = parse_times(
            table.column(options.time), asked=options.dates, usual=usual.dates.get(options.time)
        )
    time = None if options.time is None else dates[options.time].times
    written, learnt, cleaned = _texts(table, options)
    rows = Screening(
        table.rows,
        written,
        None if options.id is None else _keys(table, options.id),
        np.ones(len(table), dtype=bool),
        None if options.group is None else _keys(table, options.group),
    )
    if options.text is not None:
        set_aside_bad_texts(rows, learnt, options.max_text_chars)
    if rows.ids is not None:
        said = labels
        if options.text is None:
            said = {**labels, **{str(column.name): as_labels(column) for column in context}}
        set_aside_doubles(rows, said, str(options.id))
    notes = (*_note_cleaning(rows, cleaned), *note_empty_words(rows, learnt))
    if options.group is None:
        kept = np.flatnonzero(rows.kept)
        ids = rows.numbers.astype(str).astype(object) if rows.ids is None else rows.ids
        ids, numbers = ids[kept], rows.numbers[kept]
        texts, originals = learnt[kept], written[kept]
        sizes, owned = np.ones(len(kept), dtype=np.int64), kept
        labels = {name: column[kept] for name, column in labels.items()}
    else:
        ranks = None
        if options.order is not None:
            order = pd.Series(as_labels(table.column(options.order)), name=options.order)
            ranks, ordered = sort_key(
                order, asked=options.dates, usual=usual.dates.get(options.order)
            )
            dates.setdefault(options.order, ordered)
        groups, texts, originals = _roll_up(table, rows, learnt, options, ranks)
        ids, kept = groups.names, np.array([m[0] for m in groups.members], dtype=np.int64)
        numbers = np.array([rows.numbers[m].min() for m in groups.members], dtype=np.int64)
        sizes = np.array([len(m) for m in groups.members], dtype=np.int64)
        owned = np.concatenate([kept[:0], *groups.members])
        labels = _majorities(labels, groups)
    id_column = options.id if options.group is None else options.group
    rejects = _with_ids(table, table.rejects_with(rows.rejects), options.id or options.group)
    if not len(kept):
        raise NoRowsError(_nothing_left(table.source, rejects["reason"].tolist(), options))
    frame = table.frame[[str(column.name) for column in context]]
    numbers_read = read_numbers(
        frame.iloc[kept],
        asked=options.decimal,
        usual=usual.decimals,
        apart=filter(None, [_concept_column(options)]),
    )
    told = (*told, *(note for each in dates.values() for note in each.notes), *numbers_read.notes)
    for note in told:
        warnings.warn(note, CoterieWarning, stacklevel=2)
    return Records(
        ids=ids,
        texts=texts,
        sizes=sizes,
        rows=numbers,
        labels=labels,
        context=numbers_read.frame,
        time=None if time is None else time[kept],
        rejects=rejects,
        source=table.source,
        notes=(
            *table.notes,
            *notes,
            *told,
            *(
                f"{counted(count, 'key')} of {partner} match no row"
                for partner, count in table.unused.items()
                if count
            ),
        ),
        id_column=id_column,
        source_rows=SourceRows.of(
            rows.numbers[owned],
            np.repeat(np.arange(len(sizes)), sizes),
            ids,
            rejects,
            id_column=id_column,
            index=table.index,
        ),
        settled=Settled(
            {name: each.order for name, each in dates.items() if each.order is not None},
            {**decimals, **numbers_read.decimals},
        ),
        originals=None if learnt is written else originals,
        boilerplate=tuple(cleaned.boilerplate),
    )


def _with_ids(table: Table, rejects: pd.DataFrame, column: str | None) -> pd.DataFrame:
    """Give the rows that a join set aside their ids, which it could not know."""
    name = None if column is None else table.find(column)
    if name is None or name not in table.unmatched:
        return rejects
    cells = as_labels(table.unmatched[name])
    cells = restore_all(cells) if name in table.untyped else cells
    ids = dict(zip(table.unmatched.index.tolist(), cells, strict=True))
    known = zip(rejects["row"], rejects["id"], strict=True)
    named = [ids.get(row) if id_of is None else id_of for row, id_of in known]
    return rejects.assign(id=pd.Series(named, dtype=object))


def _labels(
    table: Table, options: TableOptions, usual: Settled
) -> tuple[dict[str, StrArray], dict[str, DecimalSign], tuple[str, ...]]:
    """Read the columns of labels, with the decimal signs of numbers, and say what may be wrong."""
    labels, decimals = dict[str, StrArray](), dict[str, DecimalSign]()
    notes = list[str]()
    separator = getattr(options, "label_separator", None)
    missing = getattr(options, "missing_labels", ())
    for name in options.label_columns:
        given = without_marks(table.column(name), missing)
        cells = as_typed_labels(given, untyped=table.find(name) in table.untyped)
        if separator is not None:
            has = getattr(options, "has_label", None)
            cells = choose_labels(cells, separator, has=has, column=name, missing=missing)
        notes += note_labels(name, cells, one=hasattr(options, "has_label"))
        column = pd.Series(cells, name=name, dtype=object)
        if column.nunique() > MOST_CLASSES or name in usual.decimals:
            read = read_numbers(column.to_frame(), asked=options.decimal, usual=usual.decimals)
            if read.decimals and pd.api.types.is_numeric_dtype(read.frame[name].dtype):
                cells = as_typed_labels(read.frame[name])
                decimals |= read.decimals
                notes += read.notes
        labels[name] = cells
    return labels, decimals, tuple(notes)


def _keys(table: Table, name: str) -> StrArray:
    """Read a column of ids, as they were before they were written for spreadsheets."""
    cells = as_labels(table.column(name))
    return restore_all(cells) if table.find(name) in table.untyped else cells


def _texts(table: Table, options: TableOptions) -> tuple[StrArray, StrArray, CleanedTexts]:
    """Give texts as they were written and as they are learnt from: cleaned, then composed."""
    if options.text is None:
        texts = np.full(len(table), "", dtype=object)
        return texts, texts, CleanedTexts({}, {})
    columns = {name: clean(each) for name, each in text_columns(table, options.text).items()}
    written = compose(columns, options.text)
    cleaned = clean_texts(
        columns, options.cleanings, side=options.side, boilerplate=options.boilerplate
    )
    if not any(changed.any() for changed in cleaned.touched.values()):
        return written, written, cleaned
    learnt = compose(cleaned.columns, options.text)
    if SIDE not in cleaned.touched:
        learnt[is_missing(learnt) & ~is_missing(written)] = ""  # HTML was all that was there
    return written, learnt, cleaned


def _note_cleaning(rows: Screening, cleaned: CleanedTexts) -> tuple[str, ...]:
    """Note what was taken out of the texts of the rows that are kept; warn of what nobody asked."""
    kept = int(rows.kept.sum())
    notes = []
    for kind, touched in cleaned.touched.items():
        if count := int((touched & rows.kept).sum()):
            notes.append(f"{_CLEANED[kind]} {count:,} of {counted(kept, 'text')}")
            if kind == "html" and count >= _NOTEWORTHY * kept:
                warnings.warn(
                    f"{notes[-1]} to learn from: --clean none (clean='none') leaves them as they "
                    "are.",
                    CoterieWarning,
                    stacklevel=3,
                )
    return tuple(notes)


def asked_columns(table: Table, options: TableOptions) -> list[str]:
    """Columns that are asked for, those of a template among them, as the table calls them."""
    single = (options.id, options.group, options.order, options.speaker, options.time)
    texts = [] if options.text is None else template_columns(options.text, table.columns)
    concept = _concept_column(options)
    names = [*texts, *filter(None, (*single, concept)), *options.label_columns]
    names += [name for name in options.context or () if name != "*"]
    return [table.find(name) or name for name in names]


def _concept_column(options: TableOptions) -> str | None:
    """Name the column of concepts, where the table itself has them; one of ids says otherwise."""
    if isinstance(options, ConceptOptions) and options.concepts is None:
        return None if options.concept_id is not None else options.concept
    return None


def context_names(table: Table, options: TableOptions) -> list[str]:
    """Name the columns to keep beside texts and labels, see `coterie.records.read_records`."""
    if options.context is None:
        return (
            []
            if options.text is not None
            else usual_context(
                table, asked_columns(table, options), has_id=bool(options.id or options.group)
            )
        )
    if "*" not in options.context:
        return list(dict.fromkeys(table.find(name) or name for name in options.context))
    named = [table.find(name) or name for name in options.context if name != "*"]
    taken = {*asked_columns(table, options), *table.doubled} - {*named}
    return [name for name in table.columns if name not in taken]


def _roll_up(
    table: Table,
    rows: Screening,
    learnt: StrArray,
    options: TableOptions,
    ranks: npt.NDArray[np.float64] | None,
) -> tuple[RowGroups, StrArray, StrArray]:
    """Join the texts of each group, cleaned and as they were written.

    Groups that become too long are set aside with their rows.
    """
    names = rows.people
    assert names is not None
    speakers = None if options.speaker is None else as_labels(table.column(options.speaker))
    rows.set_aside(is_missing(names), f"no value in the group column '{options.group}'")
    kept = np.flatnonzero(rows.kept)
    groups = group_rows(kept, names, ranks, options.first)
    texts = _joined(learnt, groups, speakers)
    too_long = np.array([len(text) > options.max_text_chars for text in texts], dtype=np.bool_)
    group_of = {row: at for at in np.flatnonzero(too_long) for row in groups.members[at].tolist()}
    bad = np.zeros(len(rows.kept), dtype=np.bool_)
    bad[list(group_of)] = True
    rows.set_aside(
        bad,
        lambda row: (
            f"texts of {groups.names[group_of[row]]} joined are {len(texts[group_of[row]]):,} "
            f"characters, {options.max_text_chars:,} are allowed"
        ),
    )
    good = np.flatnonzero(~too_long)
    originals = texts if learnt is rows.texts else _joined(rows.texts, groups, speakers)
    return groups.take(good), texts[good], originals[good]


def _joined(texts: StrArray, groups: RowGroups, speakers: StrArray | None) -> StrArray:
    joined = np.empty(len(groups.names), dtype=object)
    joined[:] = [
        join_texts(texts[used].tolist(), None if speakers is None else speakers[used].tolist())
        for used in groups.used
    ]
    return joined


def _majorities(labels: Mapping[str, StrArray], groups: RowGroups) -> dict[str, StrArray]:
    chosen = {}
    for name, column in labels.items():
        votes = [majority(column[members].tolist()) for members in groups.members]
        chosen[name] = np.empty(len(votes), dtype=object)
        chosen[name][:] = [label for label, _ in votes]
        conflicts = [str(group) for group, vote in zip(groups.names, votes, strict=True) if vote[1]]
        if conflicts:
            warnings.warn(
                f"Rows of a group differ in '{name}' ({counted(len(conflicts), 'group')}, "
                f"{conflicts[0]} the first): each took the label of most rows, or none for a tie.",
                CoterieWarning,
                stacklevel=2,
            )
    return chosen


def _nothing_left(source: str, reasons: list[str], options: TableOptions) -> str:
    if not reasons:
        return f"{source} has no rows: give a table with at least one row below its header."
    commonest, _ = Counter(reasons).most_common(1)[0]
    other = "" if options.text is None else " or name another text column"
    return (
        f"None of the {len(reasons):,} rows of {source} can be used (most often: {commonest}): "
        f"correct them{other}."
    )


def _hint(table: Table, name: str) -> str:
    """Name a file beside the table that has the column, and shares another one to join by."""
    if _NUMBERED.fullmatch(name) and table.untyped:
        return (
            f"it has {named(table.columns)}; add --no-header (header=False) if its first line is a "
            "row."
        )
    if table.path is None:
        return ""
    for file in tables_in(table.path.parent):
        columns = [] if file == table.path else find_header(file)
        shared = [column for column in columns if column in table.frame]
        if find_name(name, columns) is not None and shared:
            return (
                f"{file.name} beside it has it, and shares '{shared[0]}': add --join {file.name} "
                f"(join=['{file.name}'])."
            )
    return ""
