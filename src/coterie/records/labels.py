"""Cells of a label column: several labels in one, and marks for a missing one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.errors import InputError
from coterie.formatting import counted, named
from coterie.hints import did_you_mean

__all__ = [
    "MOST_CLASSES",
    "as_known_labels",
    "choose_labels",
    "find_label_separator",
    "is_missing_mark",
    "note_labels",
    "without_marks",
]

Labels = npt.NDArray[np.object_]

MOST_CLASSES = 20
"""Distinct numbers that may still be classes: a judgement, not measured."""

_WRITTEN = "nan n/a #n/a na n.a. null none nil - -- \u2013 \u2014 ? ?? tbd tba (blank) (empty)"
_NUMBER = re.compile(r"[+-]?(?:0|[1-9]\d*)(?:\.\d+)?", re.ASCII)  # no code, such as 007
_MARKS = frozenset(_WRITTEN.split())
_SEPARATORS = (";", "|", ",", "/", "\n")  # the first that fits wins
_LEAST = 2  # different cells of several labels; a judgement, not measured
_SHOWN = 3


def is_missing_mark(text: str) -> bool:
    """Whether a cell is what people and programs write where there is no value: "N/A", "-"."""
    return text.strip().casefold() in _MARKS


def without_marks(column: pd.Series[Any], missing: Collection[str]) -> pd.Series[Any]:
    """Empty the cells of a column that mean a missing value, compared as text without case."""
    if not missing:
        return column
    marks = _folded(missing)
    return column.mask(np.array([str(cell).strip().casefold() in marks for cell in column], bool))


def _folded(texts: Collection[str]) -> frozenset[str]:
    return frozenset(text.strip().casefold() for text in texts)


def as_known_labels(labels: Labels, known: Iterable[str]) -> Labels:
    """Write n labels, str or None, as known ones where they mean the same.

    "1.0" is "1", and "TRUE" is "True"; other differences, such as of case, are another label.
    """
    names = dict.fromkeys(known)
    by_meaning: dict[object, str] = {}
    for name in names:
        if (meaning := _meaning(name)) is not None:
            by_meaning.setdefault(meaning, name)
    same = {
        label: label if label in names else by_meaning.get(_meaning(label), label)
        for label in {*labels} - {None}
    }
    written = np.empty(len(labels), dtype=object)
    written[:] = [None if label is None else same[label] for label in labels]
    return written


def _meaning(label: str) -> float | str | None:
    """Tell the number or truth value that a label stands for; None where it is another."""
    if label.casefold() in ("true", "false"):
        return label.casefold()
    return float(label) if _NUMBER.fullmatch(label) else None


def choose_labels(
    labels: Labels,
    separator: str,
    *,
    has: str | None = None,
    column: str = "label",
    missing: Collection[str] = (),
) -> Labels:
    """Give the first label of each cell; or whether a cell has the label ``has``, True or False.

    A backslash and an n stand for a line break, and ``missing`` are labels that do not count.

    Raises
    ------
    InputError
        When no cell has that label.
    """
    sign, marks = separator.replace("\\n", "\n"), _folded(missing)
    cells = [
        None
        if label is None
        else [part for part in _parts(str(label), sign) if part.casefold() not in marks]
        for label in labels
    ]
    chosen = np.empty(len(labels), dtype=object)
    if has is None:
        chosen[:] = [parts[0] if parts else None for parts in cells]
        return chosen
    known = sorted({part for parts in cells if parts for part in parts})
    if known and has.strip() not in known:
        raise InputError(
            f"No cell of '{column}' has the label '{has}': "
            f"{did_you_mean(has, known, f'it has {named(known)}.')}"
        )
    chosen[:] = [has.strip() in parts if parts else None for parts in cells]
    return chosen


def _parts(cell: str, separator: str) -> list[str]:
    return [part for each in cell.split(separator) if (part := each.strip())]


def find_label_separator(labels: Sequence[object]) -> str | None:
    """Find what separates several labels in one cell; None where each cell holds one label.

    That is a sign at which the cells fall into fewer different labels than there are different
    cells, some of which have one label and some several.
    """
    cells = {label for label in labels if isinstance(label, str)}
    for separator in _SEPARATORS:
        split = [_parts(cell, separator) for cell in cells if separator in cell]
        several = [parts for parts in split if len(parts) > 1]
        if len(several) < _LEAST:
            continue
        alone = {cell.strip() for cell in cells if separator not in cell}
        alone |= {parts[0] for parts in split if len(parts) == 1}
        sizes = {len(parts) for parts in several} | ({1} if alone else set())
        labels_found = alone.union(*several)
        if len(sizes) > 1 and len(labels_found) < len(alone) + len(several):
            return separator
    return None


def note_labels(column: str, labels: Labels, *, one: bool) -> tuple[str, ...]:
    """Say where cells seem to hold several labels, or marks of a missing one.

    ``one`` says that this is the only label column, so that one label of it can be asked for.
    """
    known = [label for label in labels if label is not None]
    counts = Counter(map(str, known))
    notes = []
    separator = find_label_separator(known)
    if separator is not None:
        several = [cell for cell in counts if len(_parts(cell, separator)) > 1]
        example = max(several, key=lambda cell: counts[cell])
        rows = sum(counts[cell] for cell in several)
        shown, typed = (text.replace("\n", "\\n") for text in (example, separator))
        first = _parts(example, separator)[0]
        each = (
            f"; add --has-label '{first}' (has_label=) to learn one label at a time" if one else ""
        )
        notes.append(
            f"{counted(rows, 'cell')} of '{column}' seem to hold several labels, such as "
            f"'{shown}', and each combination is a class of its own: use the first label of a "
            f"cell with --label-separator '{typed}' (label_separator='{typed}'){each}."
        )
    marks = [mark for mark in counts if is_missing_mark(mark)]
    if marks and len(marks) < len(counts):
        told = ", ".join(f"'{mark}' ({counted(counts[mark], 'row')})" for mark in marks[:_SHOWN])
        typed = " ".join(f"--missing-label='{mark}'" for mark in marks)
        many = "is a label" if len(marks) == 1 else "are labels"
        notes.append(
            f"{told} {many} of '{column}': where that means that there is none, leave it out with "
            f"{typed} (missing_labels=)."
        )
    return tuple(notes)
