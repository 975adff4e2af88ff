"""The text of a row: one column, or a template over several."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.errors import OptionError
from coterie.records.table import Table, find_name

__all__ = ["as_strings", "compose", "is_missing", "template_columns", "text_columns"]

_FIELD = re.compile(r"\{([^{}]+)\}")
# Between two fields: what closes the one before, what separates, what introduces the one after.
_BETWEEN = re.compile(r"^([)\]»”]*)([\s.,;:!?|/\u2013\u2014•·-]*)(.*)$", re.DOTALL)
_ENDS = tuple(".!?:;,…")

StrArray = npt.NDArray[np.object_]


def as_strings(column: pd.Series[Any]) -> StrArray:
    """Write any column as n texts, None where the cell is missing.

    Whole numbers that a missing cell turned into floats are written without ``.0``; lists and
    mappings as JSON.
    """
    cells = column.to_numpy(dtype=object)
    write = _string
    if pd.api.types.is_float_dtype(column.dtype):
        present = column.dropna().to_numpy(dtype=float)
        if np.isfinite(present).all() and (present == np.floor(present)).all():
            write = _whole
    strings = np.empty(len(cells), dtype=object)
    strings[:] = [
        None if missing else cell if type(cell) is str else write(cell)
        for cell, missing in zip(cells, column.isna(), strict=True)
    ]
    return strings


def _whole(cell: Any) -> str:
    return str(int(cell))


def _string(cell: Any) -> str:
    if isinstance(cell, np.ndarray):
        cell = cell.tolist()
    if isinstance(cell, list | tuple | dict):
        return json.dumps(cell, ensure_ascii=False, default=str)
    return str(cell)


def is_missing(strings: StrArray) -> npt.NDArray[np.bool_]:
    """Tell where an array of str or None holds None."""
    return np.array([string is None for string in strings], dtype=np.bool_)


def template_columns(text: str, columns: Sequence[str]) -> list[str]:
    """Columns that ``text`` asks for: itself, or those in the braces of a template."""
    if find_name(text, columns) is not None or not _FIELD.search(text):
        return [text]
    return list(dict.fromkeys(_FIELD.findall(text)))


def text_columns(table: Table, text: str) -> dict[str, StrArray]:
    """Write the columns that a text is composed of as n texts each, see `compose`."""
    if not text.strip():
        raise OptionError("The text is empty: name a column, or give a template such as '{title}'.")
    names = template_columns(text, table.columns)
    return {name: as_strings(table.column(name)) for name in names}


def compose(columns: Mapping[str, StrArray], text: str) -> StrArray:
    """Compose the text of each of n rows; None where every part is missing.

    `text` is the name of a column, or a template such as ``"{title}. {description}"``, and
    `columns` are its own, see `text_columns`. Where a part is missing, what introduces it and what
    would separate it from its neighbours is left out.
    """
    if [*columns] == [text]:
        return columns[text]
    first, *pieces, last = _FIELD.split(text)  # fields, and what is between them, in turns
    between = [match.groups() for match in map(_BETWEEN.match, pieces[1::2]) if match]
    closings, separators, openings = zip(*between, strict=True) if between else ((), (), ())
    parts = list(zip(["", *separators], [first, *openings], [*closings, last], strict=True))
    composed = np.empty(len(next(iter(columns.values()))), dtype=object)
    composed[:] = [
        _fill(parts, values)
        for values in zip(*(columns[name] for name in pieces[::2]), strict=True)
    ]
    return composed


_Part = tuple[str, str, str]  # separator before a field, its introduction, what closes it


def _fill(parts: list[_Part], values: tuple[str | None, ...]) -> str | None:
    text = ""
    for (separator, opening, closing), cell in zip(parts, values, strict=True):
        value = cell.strip() if cell else ""
        if not value:
            continue
        between = _after(text, separator) if text else ""
        text += f"{between}{opening}{value}{_after(value, closing)}"
    return text or None


def _after(text: str, mark: str) -> str:
    """Leave out the punctuation of a mark where the text before it has its own."""
    return mark.lstrip("".join(_ENDS)) if text.endswith(_ENDS) else mark
