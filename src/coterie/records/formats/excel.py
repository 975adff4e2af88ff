"""Excel workbooks."""

from __future__ import annotations

import re
import warnings
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, BinaryIO
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, ZipFile

import pandas as pd

from coterie.errors import InputError
from coterie.formatting import counted
from coterie.records.formats.locations import scrub
from coterie.records.formats.sheets import SEARCHED, Grid, Layout, Range, lay_out
from coterie.records.table import Table

__all__ = ["read_excel", "refuse_old"]

_DAMAGED = (
    *(BadZipFile, ParseError, zlib.error, OSError, EOFError),
    *(KeyError, IndexError, ValueError, TypeError, AttributeError),  # of openpyxl, for odd files
)
_CHUNK, _OVERLAP = 1 << 20, 1 << 16  # bytes; a formula has at most 8,192 characters
_SCANNED = 64 << 20  # bytes of XML looked through for the sake of a few rows; a judgement
_NAME = rb"(?:\w+:)?"  # of an element, with its namespace
_MERGED = re.compile(rb'<%smergeCell\s[^>]*?ref="([A-Z]+)(\d+):([A-Z]+)(\d+)"' % _NAME)
_FORMULA = re.compile(
    rb"<%(n)sc\b([^>]*)>\s*<%(n)sf\b(?:[^>]*/>|[^>]*>[^<]*</%(n)sf>)\s*"
    rb"(?:<%(n)sv\s*/>|<%(n)sv>\s*</%(n)sv>)?\s*</%(n)sc>" % {b"n": _NAME}
)
_PADDED = re.compile(r'(?:"[^"]*"|\\.|[-/() ])*00[-/() 0\\]*')  # digits shown to a width
_LITERAL = re.compile(r'"([^"]*)"|\\(.)')
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


@dataclass(slots=True)
class _Sheet:
    """What was read of a sheet: its cells, and what a person should know of them."""

    grid: Grid = field(default_factory=Grid)
    errors: Counter[str] = field(default_factory=Counter)
    uncomputed: int = 0


def refuse_old(file: BinaryIO, source: str) -> InputError:
    """Say what to do with a file of the old container: a protected workbook, or an .xls file."""
    file.seek(0)
    if "EncryptedPackage".encode("utf-16-le") in file.read():
        return InputError(
            f"{source} is protected by a password: open it in Excel, remove the password and save "
            "it again."
        )
    return InputError(f"{source} is in the old Excel format: save it as .xlsx or .csv.")


def read_excel(
    file: BinaryIO, *, sheet: str | None, source: str, limit: int | None = None
) -> Table:
    """Read one sheet of an .xlsx workbook, or as many of its first rows.

    Without a name it is the first that is not hidden, and a note tells of others. Where the header
    is and what becomes of merged cells, `coterie.records.formats.sheets.lay_out` tells. Numbers
    that a format shows with leading zeros, such as 00123, become text. Cells with an error, such as
    #N/A, and formulas without a stored value are missing, and notes count them.
    """
    import openpyxl

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of styles and validations we do not use
        try:
            book = openpyxl.load_workbook(file, read_only=True, data_only=True)
            sheets = {each.title: each for each in book.worksheets if hasattr(each, "iter_rows")}
            shown = [name for name, each in sheets.items() if each.sheet_state == "visible"]
            name = next(iter([*shown, *sheets]), "") if sheet is None else sheet
            read = _read(sheets[name], file, limit) if name in sheets else None
        except _DAMAGED as error:
            raise InputError(
                f"{source} is not a whole Excel workbook ({scrub(str(error))}): save it again "
                "as .xlsx."
            ) from None
    if not sheets:
        raise InputError(f"There is no sheet with cells in {source}: save it again as .xlsx.")
    if read is None:
        listed = ", ".join(f"'{each}'" for each in sheets)
        raise InputError(f"There is no sheet '{name}' in {source}: it has {listed}.")
    table = replace(_table(read, name, source), sheets=tuple(shown or sheets))
    if sheet is not None or len(sheets) == 1:
        return table
    hidden = len(sheets) - len(shown)
    hiding = f", {hidden} of them hidden," if hidden else ""
    return table.noting(
        f"{source} has {len(sheets)} sheets{hiding} and '{name}' was read: name another with "
        "--sheet (sheet=)."
    )


def _read(sheet: Any, file: BinaryIO, limit: int | None) -> _Sheet:
    """Read the cells of a sheet in one pass over its XML, and merged ranges in another.

    With a `limit` the pass ends after as many rows below those in which the header may be, and
    merged ranges, which stand at the end, are looked for only in XML of moderate size.
    """
    sheet.reset_dimensions()  # some programs write wrong ones
    read = _Sheet()
    formats: dict[int, str | None] = {}
    width = 0
    for number, cells in enumerate(sheet.iter_rows(), 1):
        row = [_value(cell, formats, read.errors) for cell in cells]
        while row and row[-1] is None:
            row.pop()
        if row:
            width = max(width, len(row))
            read.grid.numbers.append(number)
            read.grid.rows.append(row)
        if limit is not None and len(read.grid.rows) >= limit + SEARCHED:
            break
    for row in read.grid.rows:
        row.extend([None] * (width - len(row)))
    if limit is None or _size(file, sheet._worksheet_path) <= _SCANNED:
        read.grid.merged, read.uncomputed = _scanned(file, sheet._worksheet_path)
    return read


def _size(file: BinaryIO, path: str) -> int:
    with ZipFile(file) as archive:
        return archive.getinfo(path).file_size


def _value(cell: Any, formats: dict[int, str | None], errors: Counter[str]) -> Any:
    value = cell.value
    if value is None or value == "":
        return None
    if isinstance(value, str):
        if cell.data_type == "e":
            errors[value] += 1
            return None
        return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), value) if "_x" in value else value
    if type(value) in (int, float):
        style = cell._style_id
        if style not in formats:
            formats[style] = _padding(cell.number_format)
        if (padding := formats[style]) is not None and value >= 0 and value == int(value):
            return _padded(int(value), padding)
    return value


def _padding(code: str | None) -> str | None:
    """Give a number format that shows leading zeros, ``0`` for each digit; None for another."""
    first = (code or "").partition(";")[0]
    if not _PADDED.fullmatch(first):
        return None
    return _LITERAL.sub(lambda match: match[1] or match[2] or "", first)


def _padded(number: int, padding: str) -> str:
    """Write a number in the places of the zeros of a format."""
    places = padding.count("0")
    digits = str(number).zfill(places)
    head, last = digits[: len(digits) - places], iter(digits[len(digits) - places :])
    written = "".join(next(last) if mark == "0" else mark for mark in padding)
    at = padding.index("0")
    return f"{written[:at]}{head}{written[at:]}"


def _scanned(file: BinaryIO, path: str) -> tuple[list[Range], int]:
    """Find the merged ranges of a sheet, and count its formulas without a stored value."""
    merged: list[Range] = []
    uncomputed = 0
    with ZipFile(file) as archive, archive.open(path) as xml:
        kept = b""
        while chunk := xml.read(_CHUNK):
            kept += chunk
            done = 0
            for match in _MERGED.finditer(kept) if b"mergeCell" in kept else ():
                left, top, right, bottom = match.groups()
                merged.append((int(top), _column(left), int(bottom), _column(right)))
                done = match.end()
            for match in _FORMULA.finditer(kept) if b"<f" in kept or b":f" in kept else ():
                uncomputed += b't="str"' not in match[1]  # these give an empty text
                done = max(done, match.end())
            kept = kept[max(done, len(kept) - _OVERLAP) :]
    return merged, uncomputed


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + letter - 64
    return number


def _table(sheet: _Sheet, name: str, source: str) -> Table:
    if not sheet.grid.rows:
        raise InputError(f"The sheet '{name}' of {source} is empty: name another one.")
    found = lay_out(sheet.grid)
    frame = pd.DataFrame(found.rows, columns=pd.RangeIndex(len(found.names)), dtype=object)
    frame = frame.where(frame.notna(), None).set_axis(found.names, axis=1)
    return Table.of(frame, rows=found.numbers, source=source).noting(*_notes(sheet, found, name))


def _notes(sheet: _Sheet, found: Layout, name: str) -> Iterator[str]:
    if found.titles:
        yield (
            f"{counted(found.titles, 'row')} above the header of the sheet '{name}' "
            f"{'was' if found.titles == 1 else 'were'} left out: the header is row {found.header}."
        )
    if found.header_rows > 1:
        yield f"The header of the sheet '{name}' has two rows, which were joined into one."
    if sheet.uncomputed:
        yield (
            f"{counted(sheet.uncomputed, 'formula')} of the sheet '{name}' "
            f"{'has' if sheet.uncomputed == 1 else 'have'} no stored value and "
            f"{'was' if sheet.uncomputed == 1 else 'were'} read as missing: open the workbook in "
            "Excel and save it."
        )
    if sheet.errors:
        listed = ", ".join(f"{count:,} {error}" for error, count in sheet.errors.most_common())
        yield f"Errors in cells of the sheet '{name}' were read as missing: {listed}."
