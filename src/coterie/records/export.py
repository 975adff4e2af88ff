"""CSV files for people, written whole or not at all."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.files import replacing

if TYPE_CHECKING:
    from coterie.records.model import Records

__all__ = [
    "neutralise",
    "restore",
    "restore_all",
    "write_csv",
    "write_quarantine",
    "write_rejects",
]

_FORMULA = re.compile(r"^\s*[=+\-@＝＋－＠]|^[\t\r\n]")  # noqa: RUF001 - spreadsheets read these too
_NUMBER = re.compile(r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$", re.ASCII)
_BREAK = re.compile("\r\n?")  # a bare CR in a cell ends the row for many readers
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
            column = frame.iloc[:, place].astype(object)
            safe.isetitem(place, column.map(_safe, na_action="ignore").array)
    with replacing(path) as fresh, fresh.open("x", encoding="utf-8", newline="") as file:
        safe.to_csv(file, index=False, lineterminator="\n")


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
