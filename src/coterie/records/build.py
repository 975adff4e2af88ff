"""From a table to records: compose, set aside, roll up."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coterie.errors import CoterieWarning, NoRowsError, OptionError
from coterie.records.compose import compose, is_missing, template_columns
from coterie.records.context import usual_context
from coterie.records.model import Records, SourceRows
from coterie.records.rollup import Groups, group_rows, join_texts, majority
from coterie.records.screen import (
    Rows,
    clean,
    note_empty_words,
    set_aside_bad_texts,
    set_aside_doubles,
)
from coterie.records.table import Table
from coterie.records.values import as_labels, infer_types, parse_times

__all__ = ["MAX_TEXT_CHARS", "Choice", "build_records"]

MAX_TEXT_CHARS = 1_000_000

StrArray = npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which columns mean what; see `coterie.records.read_records`, whose arguments these are."""

    text: str | None = None
    id: str | None = None
    labels: Sequence[str] = ()
    group: str | None = None
    order: str | None = None
    speaker: str | None = None
    first: int | None = None
    time: str | None = None
    context: Sequence[str] | None = None
    max_text_chars: int = MAX_TEXT_CHARS

    def columns(self, known: Sequence[str]) -> list[str]:
        """Columns that are asked for, those of the template among them."""
        single = (self.id, self.group, self.order, self.speaker, self.time)
        texts = [] if self.text is None else template_columns(self.text, known)
        asked = [*texts, *filter(None, single), *self.labels]
        return [*asked, *(name for name in self.context or () if name != "*")]

    def __post_init__(self) -> None:
        for name in ("order", "speaker", "first"):
            if self.group is None and getattr(self, name) is not None:
                raise OptionError(
                    f"'{name}' is about the rows of one group: name the group column too."
                )
        for name in ("speaker", "first"):
            if self.text is None and getattr(self, name) is not None:
                raise OptionError(f"'{name}' is about texts: name the column of the text too.")
        for name in ("first", "max_text_chars"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise OptionError(f"'{name}' is {value}: give 1 or more, or leave it out.")
        if isinstance(self.labels, str) or isinstance(self.context, str):
            raise OptionError("'labels' and 'context' are lists: put the column in brackets.")


def build_records(table: Table, choice: Choice) -> Records:
    """Make records of a table; `coterie.records.read_records` says what is set aside and why.

    Raises
    ------
    ColumnError
        When a column asked for is missing or doubled.
    NoRowsError
        When no row is left.
    """
    labels = {name: as_labels(table.column(name)) for name in choice.labels}
    context = [table.column(name) for name in _context_names(table, choice)]
    time = None if choice.time is None else parse_times(table.column(choice.time))
    rows = Rows(
        table.rows,
        _texts(table, choice),
        None if choice.id is None else as_labels(table.column(choice.id)),
        np.ones(len(table), dtype=bool),
    )
    if choice.text is not None:
        set_aside_bad_texts(rows, choice.max_text_chars)
    if rows.ids is not None:
        said = labels
        if choice.text is None:
            said = {**labels, **{str(column.name): as_labels(column) for column in context}}
        set_aside_doubles(rows, said, str(choice.id))
    notes = note_empty_words(rows)
    if choice.group is None:
        kept = np.flatnonzero(rows.kept)
        ids = rows.numbers.astype(str).astype(object) if rows.ids is None else rows.ids
        ids, texts, numbers = ids[kept], rows.texts[kept], rows.numbers[kept]
        sizes, owned = np.ones(len(kept), dtype=np.int64), kept
        labels = {name: column[kept] for name, column in labels.items()}
    else:
        groups, texts = _roll_up(table, rows, choice)
        ids, kept = groups.names, np.array([m[0] for m in groups.members], dtype=np.int64)
        numbers = np.array([rows.numbers[m].min() for m in groups.members], dtype=np.int64)
        sizes = np.array([len(m) for m in groups.members], dtype=np.int64)
        owned = np.concatenate([kept[:0], *groups.members])
        labels = _majorities(labels, groups)
    rejects = table.rejects_with(rows.rejects)
    if not len(kept):
        raise NoRowsError(_nothing_left(table.source, rejects["reason"].tolist(), choice))
    id_column = choice.id if choice.group is None else choice.group
    frame = table.frame[[str(column.name) for column in context]]
    return Records(
        ids=ids,
        texts=texts,
        sizes=sizes,
        rows=numbers,
        labels=labels,
        context=infer_types(frame.iloc[kept]),
        time=None if time is None else time[kept],
        rejects=rejects,
        source=table.source,
        notes=(
            *notes,
            *(
                f"{count:,} keys of {partner} are asked for by no row"
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
    )


def _texts(table: Table, choice: Choice) -> StrArray:
    if choice.text is not None:
        return clean(compose(table, choice.text))
    return np.full(len(table), "", dtype=object)


def _context_names(table: Table, choice: Choice) -> list[str]:
    if choice.context is None:
        return (
            [] if choice.text is not None else usual_context(table, choice.columns(table.columns))
        )
    if "*" not in choice.context:
        return list(dict.fromkeys(choice.context))
    named = [name for name in choice.context if name != "*"]
    taken = {*choice.columns(table.columns), *table.doubled} - {*named}
    return [name for name in table.columns if name not in taken]


def _roll_up(table: Table, rows: Rows, choice: Choice) -> tuple[Groups, StrArray]:
    """Join the texts of each group; groups that become too long are set aside with their rows."""
    names = as_labels(table.column(str(choice.group)))
    order = None if choice.order is None else as_labels(table.column(choice.order))
    speakers = None if choice.speaker is None else as_labels(table.column(choice.speaker))
    rows.set_aside(is_missing(names), f"no value in the group column '{choice.group}'")
    kept = np.flatnonzero(rows.kept)
    groups = group_rows(names[kept], None if order is None else order[kept], choice.first).at(kept)
    texts = np.empty(len(groups.names), dtype=object)
    texts[:] = [
        join_texts(rows.texts[used].tolist(), None if speakers is None else speakers[used].tolist())
        for used in groups.used
    ]
    too_long = [len(text) > choice.max_text_chars for text in texts]
    group_of = {row: at for at in np.flatnonzero(too_long) for row in groups.members[at].tolist()}
    bad = np.zeros(len(rows.kept), dtype=np.bool_)
    bad[list(group_of)] = True
    rows.set_aside(
        bad,
        lambda row: (
            f"texts of {groups.names[group_of[row]]} joined are {len(texts[group_of[row]]):,} "
            f"characters, {choice.max_text_chars:,} are allowed"
        ),
    )
    good = np.flatnonzero(np.logical_not(too_long))
    return groups.take(good), texts[good]


def _majorities(labels: Mapping[str, StrArray], groups: Groups) -> dict[str, StrArray]:
    chosen = {}
    for name, column in labels.items():
        votes = [majority(column[members].tolist()) for members in groups.members]
        chosen[name] = np.empty(len(votes), dtype=object)
        chosen[name][:] = [label for label, _ in votes]
        conflicts = [str(group) for group, vote in zip(groups.names, votes, strict=True) if vote[1]]
        if conflicts:
            warnings.warn(
                f"{len(conflicts):,} groups, {conflicts[0]} the first of them, have rows with "
                f"different '{name}': each took the label of most rows, or none where they tie.",
                CoterieWarning,
                stacklevel=2,
            )
    return chosen


def _nothing_left(source: str, reasons: list[str], choice: Choice) -> str:
    if not reasons:
        return f"{source} has no rows: give a table with at least one row below its header."
    commonest = max(set(reasons), key=reasons.count)
    mend = "mend the rows" + (" or name another text column" if choice.text is not None else "")
    return (
        f"None of the {len(reasons):,} rows of {source} can be used, most often because of: "
        f"{commonest}; {mend}."
    )
