"""Columns beside the text: what of them a model cannot use, said before anything is made of it."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from coterie.classifiers import Estimates, Model, with_cache
from coterie.classifiers.features.context import (
    NUMERIC_SHARE,
    ContextEncoder,
    LostCells,
    lost_numbers,
    share_of_numbers,
)
from coterie.classifiers.features.context_columns import ContextColumns
from coterie.classifiers.features.steps import blocks_of
from coterie.encoders import MemoryCache
from coterie.errors import ColumnError, CoterieWarning, OptionError
from coterie.formatting import counted
from coterie.hints import did_you_mean
from coterie.records import CONCEPTS, Records
from coterie.records.table import near_names

__all__ = [
    "MATTERS",
    "changes_without",
    "check_columns",
    "check_training_columns",
    "check_values",
    "column_hint",
    "number_columns",
]

MATTERS = 0.05
"""Share of the answers from which on a column matters to a model: a judgement, not measured."""

_MIXED = 0.5  # share of numbers from which on words in a column are told of: a judgement
_MOST_ROWS, _FEWEST_ROWS, _CELLS = 300, 50, 10_000  # predicted again without a column: judgements
_MOVED = 0.1  # of the standard deviation: a number that moves by more has changed: a judgement
_SHOWN = 12


def check_training_columns(records: Records, context: Sequence[str]) -> None:
    """Say which cells of the columns to learn from are lost.

    Warns
    -----
    CoterieWarning
        Counts the cells of a column of numbers that are none, and names a column of numbers and
        words, which is learnt from as categories.
    """
    for name in context:
        if name not in records.context.columns or name == CONCEPTS:
            continue
        values = records.context[name]
        lost, share = lost_numbers(values), share_of_numbers(values)
        if lost is None or share < _MIXED:
            continue
        if share >= NUMERIC_SHARE:
            note = lost.note
        else:
            such = ", ".join(f"'{example}'" for example in lost.examples)
            note = (
                f"{lost.lost:,} of {counted(lost.given, 'cell')} of '{name}' are not numbers, such "
                f"as {such}, so all its values are categories: correct these cells for it to be a "
                "number."
            )
        warnings.warn(note, CoterieWarning, stacklevel=3)


def changes_without(model: Model, rows: Any, columns: Sequence[str]) -> dict[str, float]:
    """Measure on training rows which share of a model's answers changes without each column.

    Answers are labels; a number changes where it moves by more than a tenth of the standard
    deviation of all. At most 300 rows, evenly spread, are predicted once for each column.

    Parameters
    ----------
    model
        Fitted.
    rows
        The training rows, as the model takes them.
    columns
        Context columns; concepts among them are left out.

    Returns
    -------
    dict
        Column to the share; empty where the model reads no columns.
    """
    asked = [name for name in columns if name != CONCEPTS]
    if not asked or not isinstance(rows, pd.DataFrame):
        return {}
    most = int(np.clip(_CELLS // len(asked), _FEWEST_ROWS, _MOST_ROWS))
    places = np.unique(np.linspace(0, len(rows) - 1, min(most, len(rows))).round().astype(int))
    some = rows.iloc[places].reset_index(drop=True)
    quick = with_cache(model, MemoryCache())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CoterieWarning)
        whole = quick.decide(some)
        found = {}
        for name in asked:
            said = quick.decide(some.drop(columns=name))
            if isinstance(whole, Estimates):
                assert isinstance(said, Estimates)
                away = np.abs(said.values - whole.values)
                changed = away > _MOVED * whole.values.std()
            else:
                assert not isinstance(said, Estimates)
                changed = np.asarray(said.labels != whole.labels)
            found[name] = round(float(changed.mean()), 4)
    return found


def check_columns(
    models: Iterable[tuple[Model, Mapping[str, float]]],
    records: Records,
    columns: Sequence[str] = (),
) -> None:
    """Say which columns a model misses in records, and which of their cells it cannot use.

    Parameters
    ----------
    models
        Each with what `changes_without` measured in its training; empty where that is not known.
    records
        n rows.
    columns
        All columns of their table, to find those that were renamed.

    Raises
    ------
    ColumnError
        When columns are absent, or hold not one number where numbers were learnt from, and without
        them 5% of the answers of a model change or more, added up.

    Warns
    -----
    CoterieWarning
        Names other columns that are absent, and counts the cells that cannot be used.
    """
    if not len(records):
        return
    told: dict[str, LostCells] = {}
    shares: dict[str, float] = {}
    read, known = set[str](), True
    for model, changes in models:
        known = known and bool(changes)
        names = {each.name for encoder in context_encoders(model) for each in encoder.columns}
        read |= names
        gone = dict[str, LostCells]()
        for encoder in context_encoders(model):
            for lost in encoder.losses(records.context):
                told[lost.column] = lost
                if lost.gone:
                    gone[lost.column] = lost
        for name in gone:
            shares[name] = max(shares.get(name, 0.0), changes.get(name, 0.0))
        if sum(changes.get(name, 0.0) for name in gone) >= MATTERS:
            total = min(sum(changes.get(name, 0.0) for name in gone), 1.0)
            raise ColumnError(_refusal([*gone.values()], total, records, columns))
    absent = [lost for lost in told.values() if lost.absent]
    if absent:
        part = len(absent) / len(read)
        told_too = f" About {sum(shares.values()):.0%} of the answers change." if known else ""
        warnings.warn(
            f"{_missing(absent, records, columns)}: average values are used, for {part:.0%} of the "
            f"cells that the model reads in columns.{told_too}",
            CoterieWarning,
            stacklevel=3,
        )
    for lost in told.values():
        if not lost.absent:
            warnings.warn(lost.note, CoterieWarning, stacklevel=3)


def check_values(model: Model, given: Mapping[str, Any], known: Sequence[str]) -> None:
    """Refuse columns of one row that a model does not read, and texts in place of its numbers.

    Raises
    ------
    OptionError
        When there is one; the message names the nearest column, or shows a number.
    """
    numbers = number_columns(model)
    for name, value in given.items():
        if name not in known:
            raise OptionError(f"The model reads no column '{name}': {column_hint(name, known)}")
        if name in numbers and lost_numbers(pd.Series([value], name=name, dtype=object)):
            raise OptionError(
                f"'{value}' is no number, and '{name}' is one in this model: give a number, as "
                f"--set {name}={numbers[name]:g}."
            )


def number_columns(model: Model) -> dict[str, float]:
    """Name the columns that are numbers to a model, with the median of each."""
    return {
        column.name: column.usual
        for encoder in context_encoders(model)
        for column in encoder.columns
        if column.numeric
    }


def context_encoders(model: Model) -> list[ContextEncoder]:
    """Give what a model reads its context columns with: one for each member that has some."""
    features = getattr(model, "features_", None)
    if features is not None:
        blocks = [block for block in blocks_of(features) if isinstance(block, ContextColumns)]
        return [block.context_ for block in blocks if block.context_ is not None]
    members = getattr(model, "members_", [model])
    found = [getattr(member, "context_", None) for member in members]
    return [encoder for encoder in found if encoder is not None]


def _refusal(
    gone: Sequence[LostCells], share: float, records: Records, columns: Sequence[str]
) -> str:
    absent = [lost for lost in gone if lost.absent]
    words = [lost for lost in gone if not lost.absent]
    them = "it" if len(gone) == 1 else "them"
    said = [_missing(absent, records, columns)] if absent else []
    said += [
        f"no cell of '{lost.column}' is a number, such as '{lost.examples[0]}'" for lost in words
    ]
    if len(gone) > 1:
        mend = "correct these columns, or leave them empty"
    elif absent:
        mend = "rename the column, or add an empty one of that name"
    else:
        mend = "write numbers, or empty the column"
    told = " and ".join(said)
    return (
        f"{told[:1].upper()}{told[1:]}, and {share:.0%} of the answers change without {them}: "
        f"{mend}, to predict without {them}."
    )


def _missing(absent: Sequence[LostCells], records: Records, columns: Sequence[str]) -> str:
    """Name absent columns, each with the one that it may be called now."""
    free = [name for name in columns if name not in records.context.columns]
    shown = []
    for lost in absent[:_SHOWN]:
        near = near_names(lost.column, free, 1) or _longer(lost.column, free)
        shown.append(f"'{lost.column}'" + (f" (is it '{near[0]}'?)" if near else ""))
    if len(absent) > _SHOWN:
        shown.append(f"{len(absent) - _SHOWN:,} others")
    are = "is" if len(absent) == 1 else "are"
    return f"{', '.join(shown)} {are} missing in {records.source}"


def _longer(name: str, columns: Sequence[str]) -> list[str]:
    """Find a column whose name has a name in it, or is in it: ``tenure`` and ``tenure_months``."""
    one = name.casefold()
    parts = [each for each in columns if one in each.casefold() or each.casefold() in one]
    return sorted(parts, key=len)[:1] if len(one) > 2 else []


def column_hint(name: str, known: Sequence[str]) -> str:
    """End an error about a column that a model does not read."""
    named = f"{', '.join(known[:_SHOWN])}{' and others' if len(known) > _SHOWN else ''}"
    reads = f"it reads {named}." if known else "it reads the text only, so leave --set out."
    return did_you_mean(name, known, reads)
