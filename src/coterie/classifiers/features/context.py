"""Context columns into numbers: company size, role, previous contacts, beside the text."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.errors import ColumnError, CoterieWarning, InputError

__all__ = ["ContextColumn", "ContextEncoder", "fit_context"]

Floats = npt.NDArray[np.float32]

_LEVELS = 50  # categories of a column: a judgement
_NAMED = 3  # columns in a warning
_NUMERIC_SHARE = 0.95  # of numbers in a column of numbers: a judgement
_LARGEST = 1e30  # numbers beyond it count as missing: their squares would not be finite
_ROUNDING = 1e-12  # share of their size by which equal numbers may differ by rounding
_FARTHEST = 1000.0  # standard deviations from the mean at which numbers are cut: a judgement


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

        The frame may be None or lack columns; other columns are ignored. A `CoterieWarning` names
        missing columns, and categories that are not in the training data.
        """
        if frame is None:
            return np.zeros((rows, self.width), dtype=np.float32)
        parts, absent, unseen = [], [], []
        for column in self.columns:
            if column.name not in frame.columns:
                absent.append(column.name)
                parts.append(np.zeros((rows, len(column.means))))
                continue
            values = frame[column.name]
            raw = _numbers_of(values, column.usual) if column.numeric else _one_hot(values, column)
            if not column.numeric:
                unseen += _unseen(values, column)
            parts.append(_standard(raw, column))
        _tell(absent, unseen)
        block: Floats = (np.hstack(parts) * self.scale).astype(np.float32)
        return block

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
        warnings.simplefilter("ignore", CoterieWarning)  # rare levels beyond the most are "unseen"
        block = encoder.transform(frame, len(frame))
    length = float(np.mean((block.astype(np.float64) ** 2).sum(axis=1)))
    return ContextEncoder(columns, 1.0 / np.sqrt(max(length, 1e-12)))


def _fit_column(name: str, values: pd.Series[Any]) -> list[ContextColumn]:
    numbers = _parse(values)
    given = (values.notna() & (values.astype(str).str.strip() != "")).to_numpy(dtype=np.bool_)
    given &= ~np.isinf(numbers)
    known = numbers[np.isfinite(numbers)]
    truths = pd.api.types.infer_dtype(values, skipna=True) == "boolean"
    if len(known) and len(known) >= _NUMERIC_SHARE * given.sum() and not truths:
        usual = float(np.median(known))
        raw = _numbers_of(values, usual)
        means, scales = raw.mean(axis=0), raw.std(axis=0)
        scales = np.where(scales > _ROUNDING * np.abs(raw).max(axis=0), scales, 0.0)
        if scales.max() == 0:
            return []
        return [ContextColumn(name, (), tuple(means.tolist()), tuple(scales.tolist()), usual)]
    counts = _names_of(values).value_counts()
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
    if pd.api.types.is_complex_dtype(parsed):
        return np.full(len(values), np.nan)
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


def _unseen(values: pd.Series[Any], column: ContextColumn) -> list[str]:
    if len(column.levels) == _LEVELS:
        return []  # rarer ones were left out of training too
    others = set(_names_of(values).dropna()) - set(column.levels)
    return [f"{value} ({column.name})" for value in sorted(others)[:3]]


def _tell(absent: Sequence[str], unseen: Sequence[str]) -> None:
    if absent:
        named = [*absent[: _NAMED - 1], f"{len(absent) - _NAMED + 1:,} others"]
        shown = " or ".join(absent if len(absent) <= _NAMED else named)
        warnings.warn(
            f"There is no column {shown}: average values are used.",
            CoterieWarning,
            stacklevel=4,
        )
    if unseen:
        warnings.warn(
            f"Not in the training data: {', '.join(unseen)}. Average values are used.",
            CoterieWarning,
            stacklevel=4,
        )
