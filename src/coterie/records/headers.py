"""What stands above and below the names of columns: second header rows, and none at all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pandas as pd

from coterie.formatting import counted
from coterie.records.table import Reject, Table, unique_names

__all__ = ["is_value", "looks_like_data", "set_aside_headers"]

_VALUE = re.compile(
    r"\s*[-+]?(?:[$€£]\s?)?\d[\d.,'\u00a0\u202f ]*(?:[eE][-+]?\d+)?\s*[%$€£]?\s*"  # number
    r"|\s*\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[T ,].*)?"  # date
)
_IMPORT_ID = re.compile(r"\s*\{\s*[\"']ImportId[\"']\s*:")
_ANSWER = frozenset({"response", "open-ended response"})  # below a question with one answer
_HEADER_ROWS = 3  # Qualtrics has two below the names
_SAMPLE_ROWS = 200  # to tell names from values; like the shares below a judgement, not measured
_MOST = 0.9


def is_value(text: str) -> bool:
    """Whether a text is a number or a date, which no name of a column is."""
    return _VALUE.fullmatch(text) is not None


def looks_like_data(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether the fields of a header read like one more of the rows below it.

    They do where a number or a date stands over numbers or dates, or a word over the same word
    among others, and no name stands over numbers or dates. Years and other numbers that rise evenly
    are names.
    """
    values, repeated = [], False
    for name, column in zip(header, zip(*rows, strict=False), strict=False):
        cells = [cell for cell in column if cell.strip()]
        if len(cells) > 1 and all(map(is_value, cells)):
            if not is_value(name):
                return False
            values.append(name.strip())
        elif cells.count(name) > 1 and len(set(cells)) > 1:
            repeated = True
    return repeated or (bool(values) and not _rise_evenly(values))


def _rise_evenly(values: Sequence[str]) -> bool:
    if len(values) < 2 or not all(map(str.isdecimal, values)):
        return False
    numbers = list(map(int, values))
    steps = {after - before for before, after in pairwise(numbers)}
    return len(steps) == 1 and 0 not in steps


def set_aside_headers(table: Table) -> Table:
    """Set the rows aside that belong to the header, in the exports of survey tools.

    Qualtrics writes the questions and a row of ``{"ImportId": ...}`` below the names. SurveyMonkey
    writes a row with ``Response`` or the choices of each question below the questions; it completes
    the names, such as ``What is your name? - First name``, and a blank name goes on with the
    question on its left. Other tables are given back as they are.
    """
    return _qualtrics(table) or _surveymonkey(table) or table


def _qualtrics(table: Table) -> Table | None:
    for at in range(min(_HEADER_ROWS, len(table))):
        cells = [cell for cell in _cells(table, at) if cell]
        if 2 * len(cells) >= len(table.columns) and all(map(_IMPORT_ID.match, cells)):
            return _without_first(
                table,
                at + 1,
                "the questions or the ImportId row of a Qualtrics export",
                f"{table.source} is an export of Qualtrics: {counted(at + 1, 'row')} below the "
                "names of the columns, with questions and ImportId, are no answers and were set "
                "aside.",
            )
    return None


def _surveymonkey(table: Table) -> Table | None:
    if not len(table):
        return None
    names, labels = table.columns, _cells(table, 0)
    blank = [_is_blank(name, place) for place, name in enumerate(names)]
    if not _continues(table, names, labels, blank):
        return None
    completed, question = [], ""
    for name, label, missing in zip(names, labels, blank, strict=True):
        question = question if missing else name
        plain = not label or (label.lower() in _ANSWER and not missing)
        completed.append(question if plain else f"{question} - {label}")
    shorter = _without_first(
        table,
        1,
        "the second header row of a SurveyMonkey export",
        f"{table.source} is an export of SurveyMonkey: the row below the questions is no answer "
        "and was set aside, and completes the names of the columns, such as "
        f"'{next(new for new, old in zip(completed, names, strict=True) if new != old)}'."
        if completed != names
        else f"{table.source} is an export of SurveyMonkey: the row below the questions is no "
        "answer and was set aside.",
    )
    unique, _ = unique_names(completed)
    renamed = dict(zip(names, unique, strict=True))
    return replace(
        shorter,
        frame=shorter.frame.set_axis(unique, axis=1),
        doubled=tuple(name for name in table.doubled if name in unique),
        untyped=frozenset(renamed[name] for name in table.untyped),
    )


def _continues(
    table: Table, names: Sequence[str], labels: Sequence[str], blank: Sequence[bool]
) -> bool:
    """Whether the first row completes the names above it, and is no answer."""
    said = [label for label in labels if label]
    if blank[0] or not said or any(b and not label for b, label in zip(blank, labels, strict=True)):
        return False
    answers = [label.lower() in _ANSWER for label in said]
    lead = table.frame.iloc[1:, 0]
    if len(said) == len(names) and all(answers):  # questions have several words
        return all(" " in name.strip() for name in names) and labels[0] not in set(lead.astype(str))
    told = not labels[0] and (not len(lead) or lead.notna().mean() >= _MOST)
    return told and (any(answers) or (any(blank) and not all(map(is_value, said))))


def _without_first(table: Table, count: int, reason: str, note: str) -> Table:
    """Set the first rows aside; what they turned into text has no type."""
    rejects: list[Reject] = [
        (int(table.rows[at]), None, reason, ", ".join(filter(None, _cells(table, at))))
        for at in range(count)
    ]
    frame = table.frame.iloc[count:].reset_index(drop=True)
    return replace(
        table,
        frame=frame,
        rows=table.rows[count:],
        rejects=table.rejects_with(rejects),
        untyped=table.untyped | {name for name in table.columns if _is_text(frame[name])},
    ).noting(note)


def _is_text(column: pd.Series[Any]) -> bool:
    return all(isinstance(cell, str) for cell in column.dropna())


def _cells(table: Table, at: int) -> list[str]:
    return [_said(cell) for cell in table.frame.iloc[at]]


def _said(cell: Any) -> str:
    if isinstance(cell, str):
        return " ".join(cell.split())
    return "" if pd.api.types.is_scalar(cell) and pd.isna(cell) else str(cell)


def _is_blank(name: str, place: int) -> bool:
    """Whether a name was given to a column without one, by us or by pandas."""
    return name in (f"column {place + 1}", f"Unnamed: {place}")
