"""Tables as files for people and programs, written whole or not at all."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.errors import OptionError
from coterie.files import replacing

if TYPE_CHECKING:
    from coterie.records.model import Records

__all__ = [
    "check_table_name",
    "neutralise",
    "restore",
    "restore_all",
    "write_csv",
    "write_quarantine",
    "write_rejects",
    "write_table",
]

_FORMULA = re.compile(r"^\s*[=+\-@＝＋－＠]|^[\t\r\n]")  # noqa: RUF001 - spreadsheets read these too
_NUMBER = re.compile(r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$", re.ASCII)
_BREAK = re.compile("\r\n?")  # a bare CR in a cell ends the row for many readers
_SHEET_ROWS, _CELL_CHARS = 1_048_576, 32_767  # what a workbook holds
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_SHOWN_CHARS = 200  # a judgement, not measured


def neutralise(cell: str) -> str:
    """Put an apostrophe before text that a spreadsheet would run as a formula.

    Text that is a plain number, such as ``-12.5``, stays as it is. See OWASP, "CSV Injection".
    `restore` takes the apostrophe away.
    """
    return f"'{cell}" if _FORMULA.match(cell) and not _NUMBER.match(cell) else cell


def restore(cell: str) -> str:
    """Take away the apostrophe that `neutralise` put before a text, and no other.

    Ids, groups, labels and keys of files without types, such as CSV, are read so.
    """
    return cell[1:] if cell[:1] == "'" and neutralise(cell[1:]) == cell else cell


def restore_all(cells: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """Restore n texts, None where one is missing; one that would become another of them stays."""
    changed = {cell: restore(cell) for cell in cells if cell is not None and cell[:1] == "'"}
    changed = {cell: plain for cell, plain in changed.items() if plain != cell}
    if not changed:
        return cells
    there = set(cells.tolist())
    restored = cells.copy()
    restored[:] = [cell if changed.get(cell, cell) in there else changed[cell] for cell in cells]
    return restored


def write_csv(frame: pd.DataFrame, path: Path | str) -> None:
    """Write a frame as UTF-8 CSV that opens safely in a spreadsheet.

    Parameters
    ----------
    frame
        Its index is left out. Columns of numbers, truth values and times are written exactly; text
        goes through `neutralise`, column names too, and its line breaks become LF.
    path
        Replaced in one step; its folder is made.
    """
    safe = frame.rename(columns=lambda name: neutralise(str(name)))
    for place, dtype in enumerate(frame.dtypes):
        if pd.api.types.is_object_dtype(dtype) or isinstance(
            dtype, pd.StringDtype | pd.CategoricalDtype
        ):
            safe.isetitem(place, _safe_column(frame.iloc[:, place]).array)
    with replacing(path) as fresh, fresh.open("x", encoding="utf-8", newline="") as file:
        safe.to_csv(file, index=False, lineterminator="\n")


def check_table_name(path: Path | str) -> None:
    """Raise an `OptionError` where no table can be written under a name, for its ending."""
    if Path(path).suffix.lower() not in _WRITERS:
        raise OptionError(
            f"The ending of {Path(path).name} is none of {', '.join(_WRITERS)}: give one of them."
        )


def write_table(frame: pd.DataFrame, path: Path | str) -> None:
    """Write a frame as the ending of its name says: .csv, .xlsx, .parquet, .json or .jsonl.

    CSV is that of `write_csv`. The others hold every text as it is: a workbook as text, which no
    spreadsheet runs as a formula.

    Raises
    ------
    OptionError
        When the ending is another, or a workbook has too many rows for a sheet.
    """
    check_table_name(path)
    _WRITERS[Path(path).suffix.lower()](frame, path)


def _write_parquet(frame: pd.DataFrame, path: Path | str) -> None:
    with replacing(path) as fresh:
        frame.to_parquet(fresh, index=False)


def _write_json(frame: pd.DataFrame, path: Path | str) -> None:
    lines = Path(path).suffix.lower() != ".json"
    names = [str(name) for name in frame.columns]
    with replacing(path) as fresh, fresh.open("w", encoding="utf-8") as file:
        file.write("" if lines else "[")
        for at, row in enumerate(frame.itertuples(index=False, name=None)):
            said = dict(zip(names, map(_of_json, row), strict=True))
            file.write("" if lines else ",\n" if at else "\n")
            file.write(json.dumps(said, allow_nan=False) + ("\n" if lines else ""))
        file.write("" if lines else "\n]\n")


def _of_json(cell: Any) -> Any:
    if cell is None or (pd.api.types.is_scalar(cell) and pd.isna(cell)):
        return None
    if isinstance(cell, np.generic):
        cell = cell.item()
    if isinstance(cell, float) and not np.isfinite(cell):
        return None
    return cell if isinstance(cell, str | bool | int | float) else str(cell)


def _write_excel(frame: pd.DataFrame, path: Path | str) -> None:
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    if len(frame) >= _SHEET_ROWS:
        raise OptionError(
            f"A sheet of {Path(path).name} holds {_SHEET_ROWS - 1:,} rows, and there are "
            f"{len(frame):,}: write .csv or .parquet."
        )
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Sheet1")

    def written(cell: Any) -> Any:
        plain = _of_json(cell)
        if not isinstance(plain, str):
            return plain
        made = WriteOnlyCell(sheet, _UNPRINTABLE.sub("\ufffd", plain)[:_CELL_CHARS])
        made.data_type = "s"  # never a formula
        return made

    sheet.append([written(str(name)) for name in frame.columns])
    for row in frame.itertuples(index=False, name=None):
        sheet.append([written(cell) for cell in row])
    with replacing(path) as fresh:
        book.save(fresh)


_WRITERS: Mapping[str, Callable[[pd.DataFrame, Path | str], None]] = MappingProxyType(
    {
        ".csv": write_csv,
        ".xlsx": _write_excel,
        ".parquet": _write_parquet,
        ".json": _write_json,
        ".jsonl": _write_json,
    }
)


def _safe_column(column: pd.Series) -> pd.Series:
    if isinstance(column.dtype, pd.CategoricalDtype):  # each value once, however many cells
        names = pd.Series(column.cat.categories, dtype=object).map(_safe)
        return pd.Series(column.cat.codes.map(dict(names.items())), dtype=object)
    return column.astype(object).map(_safe, na_action="ignore")


def _safe(cell: Any) -> Any:
    if isinstance(cell, bool | int | float):
        return cell
    text = str(cell).encode("utf-8", "backslashreplace").decode("utf-8")  # lone surrogates
    return _BREAK.sub("\n", neutralise(text))


def write_quarantine(records: Records, path: Path | str) -> None:
    """Write the rows of records that were set aside, see `write_rejects`."""
    write_rejects(records.rejects, path)


def write_rejects(rejects: pd.DataFrame, path: Path | str) -> None:
    """Write rows that were set aside: ``row,id,reason,text``, long texts cut short."""
    texts = rejects["text"].map(
        lambda text: text if len(text) <= _SHOWN_CHARS else f"{text[:_SHOWN_CHARS]}…",
        na_action="ignore",
    )
    write_csv(rejects.assign(text=texts), path)
