"""Context columns into numbers: company size, role, previous contacts, beside the text."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.errors import ColumnError, ColumnWarning, InputError
from coterie.formatting import counted, shorten
from coterie.records.labels import is_missing_mark

__all__ = [
    "NUMERIC_SHARE",
    "ContextColumn",
    "ContextEncoder",
    "LostCells",
    "fit_context",
    "lost_numbers",
    "share_of_numbers",
]

Floats = npt.NDArray[np.float32]

_LEVELS = 50  # categories of a column: a judgement
_NAMED = 3  # cells in a warning
_WIDEST = 30  # characters of each
NUMERIC_SHARE = 0.95
"""Share of numbers in a column of numbers: a judgement."""

_LARGEST = 1e30  # numbers beyond it count as missing: their squares would not be finite
_ROUNDING = 1e-12  # share of their size by which equal numbers may differ by rounding
_FARTHEST = 1000.0  # standard deviations from the mean at which numbers are cut: a judgement


@dataclass(frozen=True, slots=True)
class LostCells:
    """Cells of a context column that a model cannot use.

    Attributes
    ----------
    column
        Its name.
    numeric
        Whether it is a column of numbers: others than numbers count as missing there. Other cells
        are categories that training has not seen, and count as average.
    lost, given
        Number of these cells, and of all that hold something; all rows where it is absent.
    examples
        Some of them, as they are written.
    absent
        Whether there is no such column.
    """

    column: str
    numeric: bool
    lost: int
    given: int
    examples: tuple[str, ...] = ()
    absent: bool = False

    @property
    def gone(self) -> bool:
        """Whether nothing is left of the column: it is absent, or no cell of it is a number."""
        return self.absent or (self.numeric and self.lost == self.given)

    @property
    def note(self) -> str:
        """Tell of them in a sentence."""
        such = ", ".join(f"'{shorten(example, _WIDEST)}'" for example in self.examples)
        cells = f"{self.lost:,} of {counted(self.given, 'cell')} of '{self.column}'"
        if self.numeric:
            are = "is not a number and counts" if self.lost == 1 else "are not numbers and count"
            return f"{cells} {are} as missing, such as {such}."
        return f"Not in the training data: {cells}, such as {such}. Average values are used."


@dataclass(frozen=True, slots=True)
class ContextColumn:
    """One fitted context column.

    Attributes
    ----------
    name
        Its name.
    levels
        The categories, the commonest first, at most 50; empty for numbers.
    means, scales
        Of each output: one for each level, or the number and whether it is missing. An output that
        is constant in the training rows has the scale 0 and is always 0.
    usual
        The median of a column of numbers.
    """

    name: str
    levels: tuple[str, ...]
    means: tuple[float, ...]
    scales: tuple[float, ...]
    usual: float = 0.0

    @property
    def numeric(self) -> bool:
        """Whether it holds numbers."""
        return not self.levels


class ContextEncoder:
    """Context columns into a block of numbers beside the text's vector; made by `fit_context`.

    Numbers are standardised, and each category gets a column. All are centred: a missing column or
    an unknown category counts as that of an average row. The whole block is multiplied by
    ``scale``, so that its mean squared length over the training rows is 1, as that of a text's
    vector. Numbers more than a thousand standard deviations from the mean are cut there.
    """

    def __init__(self, columns: Sequence[ContextColumn], scale: float) -> None:
        self.columns = tuple(columns)
        self.scale = scale

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(column.name for column in self.columns)

    @property
    def width(self) -> int:
        """Numbers per row."""
        return sum(len(column.means) for column in self.columns)

    def transform(self, frame: pd.DataFrame | None, rows: int) -> Floats:
        """Turn rows into numbers: (rows, width) float32.

        The frame may be None or lack columns; other columns are ignored. A `ColumnWarning` names
        missing columns, and counts the cells that cannot be used; see `losses`.
        """
        if frame is None:
            return np.zeros((rows, self.width), dtype=np.float32)
        parts = []
        for column in self.columns:
            if column.name not in frame.columns:
                parts.append(np.zeros((rows, len(column.means))))
                continue
            values = frame[column.name]
            raw = _numbers_of(values, column.usual) if column.numeric else _one_hot(values, column)
            parts.append(_standard(raw, column))
        _tell(self.losses(frame))
        block: Floats = (np.hstack(parts) * self.scale).astype(np.float32)
        return block

    def losses(self, frame: pd.DataFrame) -> list[LostCells]:
        """Find the columns that are absent, and the cells that cannot be used, in n rows."""
        found = []
        for column in self.columns:
            if column.name not in frame.columns:
                rows = len(frame)
                found.append(LostCells(column.name, column.numeric, rows, rows, absent=True))
                continue
            values = frame[column.name]
            lost = lost_numbers(values) if column.numeric else _unseen(values, column)
            if lost is not None:
                found.append(lost)
        return found

    def to_dict(self) -> dict[str, Any]:
        """Give what `from_dict` takes, as JSON takes it."""
        return {"columns": [asdict(column) for column in self.columns], "scale": self.scale}

    @classmethod
    def from_dict(cls, state: Mapping[str, Any]) -> ContextEncoder:
        """Make one of what `to_dict` gave; ValueError where it is not valid."""
        columns = [
            ContextColumn(
                name=str(each["name"]),
                levels=tuple(map(str, each["levels"])),
                means=tuple(map(float, each["means"])),
                scales=tuple(map(float, each["scales"])),
                usual=float(each["usual"]),
            )
            for each in state["columns"]
        ]
        if not all(map(_is_sound, columns)) or not 0 < float(state["scale"]) < _LARGEST:
            raise ValueError("the context columns are not valid")
        return cls(columns, float(state["scale"]))


def fit_context(frame: pd.DataFrame, names: Sequence[str]) -> ContextEncoder:
    """Fit the context columns of these names; constant ones are left out.

    A column is one of numbers where at least 95% of its values are; missing and infinite numbers
    count as the median, and a second output says that they are missing.

    Raises
    ------
    ColumnError
        When a column is missing.
    InputError
        When all of them are constant.
    """
    columns = []
    for name in names:
        if name not in frame.columns:
            raise ColumnError(
                f"There is no context column '{name}': name one of "
                f"{', '.join(map(str, frame.columns[:12]))}."
            )
        columns += _fit_column(name, frame[name])
    if not columns:
        raise InputError(f"The context columns {', '.join(names)} are constant: leave them out.")
    encoder = ContextEncoder(columns, 1.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ColumnWarning)  # rare levels beyond the most are "unseen"
        block = encoder.transform(frame, len(frame))
    length = float(np.mean((block.astype(np.float64) ** 2).sum(axis=1)))
    return ContextEncoder(columns, 1.0 / np.sqrt(max(length, 1e-12)))


def _fit_column(name: str, values: pd.Series[Any]) -> list[ContextColumn]:
    numbers = _parse(values)
    told = _names_of(values)
    given = told.notna().to_numpy(dtype=np.bool_) & ~np.isinf(numbers)
    known = numbers[np.isfinite(numbers)]
    if len(known) and share_of_numbers(values) >= NUMERIC_SHARE:
        usual = float(np.median(known))
        raw = _numbers_of(values, usual)
        means, scales = raw.mean(axis=0), raw.std(axis=0)
        scales = np.where(scales > _ROUNDING * np.abs(raw).max(axis=0), scales, 0.0)
        if scales.max() == 0:
            return []
        return [ContextColumn(name, (), tuple(means.tolist()), tuple(scales.tolist()), usual)]
    counts = told.value_counts()
    levels = tuple(sorted(counts.index, key=lambda level: (-counts[level], level)))[:_LEVELS]
    if len(levels) < 2 and given.all():
        return []
    if not levels:
        return []
    raw = _one_hot(values, ContextColumn(name, levels, (), ()))
    means = raw[raw.any(axis=1)].mean(axis=0)  # other rows will be average ones
    return [ContextColumn(name, levels, tuple(means.tolist()), (1.0,) * len(levels))]


def _numbers_of(values: pd.Series[Any], usual: float) -> npt.NDArray[np.float64]:
    numbers = _parse(values)
    missing = ~np.isfinite(numbers)
    return np.column_stack([np.where(missing, usual, numbers), missing])


def _parse(values: pd.Series[Any]) -> npt.NDArray[np.float64]:
    """Values as numbers; NaN where one is missing or none, infinite where it is too large."""
    parsed = pd.to_numeric(values, errors="coerce")
    if pd.api.types.is_complex_dtype(parsed):  # one such cell makes all of them complex
        real = [None if isinstance(cell, complex) else cell for cell in values]
        parsed = pd.to_numeric(pd.Series(real, index=values.index, dtype=object), errors="coerce")
    numbers = parsed.to_numpy(dtype=np.float64, na_value=np.nan)
    numbers = np.where(np.abs(numbers) > _LARGEST, np.inf, numbers)
    return np.where(values.isna(), np.nan, numbers)  # a missing date would be a number


def _is_sound(column: ContextColumn) -> bool:
    width = 2 if column.numeric else len(column.levels)
    figures = np.array([*column.means, *column.scales, column.usual])
    return (
        len(column.means) == len(column.scales) == width
        and len(set(column.levels)) == len(column.levels)
        and bool((np.abs(figures) <= _LARGEST).all() and min(column.scales) >= 0)
    )


def _standard(raw: npt.NDArray[np.float64], column: ContextColumn) -> npt.NDArray[np.float64]:
    scales = np.array(column.scales)
    with np.errstate(over="ignore"):
        away = (raw - np.array(column.means)) / np.where(scales > 0, scales, 1.0)
    return np.where(scales > 0, np.clip(away, -_FARTHEST, _FARTHEST), 0.0)


def _names_of(values: pd.Series[Any]) -> pd.Series[Any]:
    """Values as text; missing and blank ones stay missing."""
    texts = values.astype(object).where(values.notna(), None)
    texts = texts.map(lambda value: str(value).strip(), na_action="ignore")
    return texts.where(texts != "", None)


def _one_hot(values: pd.Series[Any], column: ContextColumn) -> npt.NDArray[np.float64]:
    """Columns of 0 and 1 for each level; the column's means for other values."""
    codes = pd.Index(column.levels).get_indexer(pd.Index(_names_of(values)))
    block = np.zeros((len(values), len(column.levels)))
    known = np.flatnonzero(codes >= 0)
    block[known, codes[known]] = 1.0
    if column.means:
        block[codes < 0] = column.means
    return block


def share_of_numbers(values: pd.Series[Any]) -> float:
    """Share of the cells of a column that are numbers, missing ones apart; 0 of truth values."""
    numbers = _parse(values)
    if pd.api.types.infer_dtype(values, skipna=True) == "boolean":
        return 0.0
    known = int(np.isfinite(numbers).sum())
    given = _says_something(_names_of(values)) & ~np.isinf(numbers)
    return known / max(int(given.sum()), 1)


def lost_numbers(values: pd.Series[Any]) -> LostCells | None:
    """Find the cells of a column of numbers that are none; None where all are numbers or missing.

    Marks of a missing value such as "n/a" are missing.
    """
    if pd.api.types.is_numeric_dtype(values.dtype):
        return None
    told = _names_of(values)
    given = _says_something(told)
    lost = given & np.isnan(_parse(values))
    return _lost(told, lost, given, str(values.name), numeric=True)


def _unseen(values: pd.Series[Any], column: ContextColumn) -> LostCells | None:
    if len(column.levels) == _LEVELS:
        return None  # rarer ones were left out of training too
    told = _names_of(values)
    given = told.notna().to_numpy(dtype=np.bool_)
    lost = given & ~told.isin(column.levels).to_numpy(dtype=np.bool_)
    return _lost(told, lost, given, column.name, numeric=False)


def _says_something(told: pd.Series[Any]) -> npt.NDArray[np.bool_]:
    """Whether each cell, written as text, is neither missing nor a mark of a missing value."""
    return np.array([isinstance(cell, str) and not is_missing_mark(cell) for cell in told], bool)


def _tell(losses: Sequence[LostCells]) -> None:
    absent = [lost.column for lost in losses if lost.absent]
    if absent:
        named = [*absent[: _NAMED - 1], f"{len(absent) - _NAMED + 1:,} others"]
        shown = " or ".join(absent if len(absent) <= _NAMED else named)
        warnings.warn(
            f"There is no column {shown}: average values are used.", ColumnWarning, stacklevel=4
        )
    for lost in losses:
        if not lost.absent:
            warnings.warn(lost.note, ColumnWarning, stacklevel=4)


def _lost(
    told: pd.Series[Any],
    lost: npt.NDArray[np.bool_],
    given: npt.NDArray[np.bool_],
    name: str,
    *,
    numeric: bool,
) -> LostCells | None:
    if not lost.any():
        return None
    examples = tuple(map(str, told[lost].drop_duplicates().iloc[:_NAMED]))
    return LostCells(name, numeric, int(lost.sum()), int(given.sum()), examples)
