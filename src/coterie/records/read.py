"""Read a table from where it is, and make records of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from coterie.errors import OptionError
from coterie.progress import current
from coterie.records.build import MAX_TEXT_CHARS, Choice, build_records
from coterie.records.delimited import read_delimited
from coterie.records.model import Records
from coterie.records.source import is_url, open_bytes, safe_name
from coterie.records.table import Table

__all__ = ["Source", "read_records", "read_table"]

Source = str | Path | pd.DataFrame

_NAMED_DELIMITERS = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}


def read_table(
    source: Source,
    *,
    delimiter: str | None = None,
    encoding: str | None = None,
) -> Table:
    """Read a table."""
    if isinstance(source, pd.DataFrame):
        return Table.of(source, source="the data frame")
    name = safe_name(source)
    with current().stage(f"Reading {name}"), open_bytes(source) as file:
        table = read_delimited(
            file, delimiter=_one_character(delimiter), encoding=encoding, source=name
        )
    return table if is_url(str(source)) else replace(table, path=Path(source))


def _one_character(delimiter: str | None) -> str | None:
    if delimiter is None:
        return None
    character = _NAMED_DELIMITERS.get(delimiter, delimiter)
    if len(character) != 1 or character in '"\r\n':
        raise OptionError(
            f"The delimiter '{delimiter}' is not one character: give ',' ';' '|' or 'tab'."
        )
    return character


def read_records(
    source: Source,
    *,
    text: str,
    id: str | None = None,  # noqa: A002 - the field's name
    labels: Sequence[str] = (),
    group: str | None = None,
    order: str | None = None,
    speaker: str | None = None,
    first: int | None = None,
    time: str | None = None,
    context: Sequence[str] = (),
    delimiter: str | None = None,
    encoding: str | None = None,
    max_text_chars: int = MAX_TEXT_CHARS,
) -> Records:
    """Read a table and make records of it."""
    choice = Choice(
        text=text,
        id=id,
        labels=labels,
        group=group,
        order=order,
        speaker=speaker,
        first=first,
        time=time,
        context=context,
        max_text_chars=max_text_chars,
    )
    table = read_table(source, delimiter=delimiter, encoding=encoding)
    return build_records(table, choice)
