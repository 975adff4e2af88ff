"""Ordinary columns of a client as a block of features."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.classifiers.features.base import Arrays, Feature, FeatureBlock, Saved, State
from coterie.classifiers.features.clients import Clients
from coterie.classifiers.features.context import ContextEncoder, fit_context
from coterie.errors import CoterieWarning, InputError

__all__ = ["PLACEHOLDERS", "ContextColumns"]

PLACEHOLDERS = ("select", "n/a", "#n/a", "na", "nan", "null", "?")
"""What forms and tables write for a missing value: a judgement. "None", "other", "unknown" and "-"
can be answers, so they are not among them."""


@dataclass(eq=False, repr=False)
class ContextColumns(FeatureBlock):
    """Ordinary columns of numbers and categories.

    See `coterie.classifiers.features.context.fit_context`; constant columns are left out.

    Parameters
    ----------
    columns
        Which columns.
    placeholders
        Texts that mean a missing value, compared without case and outer spaces; so does a blank.

    Attributes
    ----------
    context_
        The fitted columns; None where all of them are constant.
    """

    kind = "context"

    columns: Sequence[str] = ()
    placeholders: Collection[str] = PLACEHOLDERS

    def _learn(self, clients: Clients) -> None:
        names = list(self.columns)
        frame, infinite, stands = self._read(clients, names)
        try:
            self.context_: ContextEncoder | None = fit_context(frame, names)
        except InputError:  # all of them are constant
            self.context_ = None
        learnt = () if self.context_ is None else self.context_.names
        constant = [name for name in names if name not in learnt]
        for odd in (infinite, stands):
            _tell(clients, odd)
        if constant:
            clients.tell(
                f"Left out, because all training rows have the same value: {', '.join(constant)}."
            )

    def _make(self, clients: Clients) -> npt.NDArray[np.float32]:
        if self.context_ is None:
            return np.zeros((len(clients), 0), dtype=np.float32)
        there = [name for name in self.context_.names if name in clients.frame.columns]
        frame, infinite, _ = self._read(clients, there)
        _tell(clients, infinite)
        with warnings.catch_warnings():
            if not clients.warn:
                warnings.simplefilter("ignore", CoterieWarning)
            return self.context_.transform(frame, len(clients))

    def _read(
        self, clients: Clients, names: Sequence[str]
    ) -> tuple[pd.DataFrame, list[str], list[str]]:
        """Give the columns without infinite numbers and placeholders, and describe these."""
        known = {placeholder.strip().casefold() for placeholder in self.placeholders}
        columns: dict[str, pd.Series[Any]] = {}
        infinite, stands = [], []
        for name in names:
            finite, count = _finite(clients.column(name))
            columns[name], written = _without(finite, known)
            if count:
                infinite.append(f"{count:,} infinite values in {name}")
            if written:
                called = ", ".join(map(repr, sorted({*written})))
                stands.append(f"{len(written):,} of {called} in {name}")
        return pd.DataFrame(columns, index=clients.frame.index), infinite, stands

    def _features(self) -> Iterable[Feature]:
        for column in () if self.context_ is None else self.context_.columns:
            called = f"context: {column.name}"
            if column.numeric:
                yield Feature(called, column.name)
                yield Feature(f"{called} is missing", column.name)
            for level in column.levels:
                yield Feature(f"{called} = {level}", column.name)

    def state(self) -> Saved:
        """See `FeatureBlock`."""
        return {"context": None if self.context_ is None else self.context_.to_dict()}, {}

    def restore(self, state: State, arrays: Arrays) -> None:  # noqa: ARG002
        """See `FeatureBlock`."""
        learnt = state["context"]
        self.context_ = None if learnt is None else ContextEncoder.from_dict(learnt)
        if self.context_ is not None and not {*self.context_.names} <= {*self.columns}:
            raise ValueError("the context columns are others")


def _finite(column: pd.Series[Any]) -> tuple[pd.Series[Any], int]:
    """Give a column without infinite numbers, and their number."""
    if not pd.api.types.is_float_dtype(column.dtype):
        return column, 0
    infinite = np.isinf(column.to_numpy(dtype=np.float64, na_value=np.nan))
    return (column.mask(infinite), int(infinite.sum())) if infinite.any() else (column, 0)


def _without(column: pd.Series[Any], known: Collection[str]) -> tuple[pd.Series[Any], list[str]]:
    """Give a column without placeholders, and these as they are written."""
    if pd.api.types.is_numeric_dtype(column.dtype):
        return column, []
    cells = column.astype(object)
    stands = np.array(
        [isinstance(cell, str) and cell.strip().casefold() in known for cell in cells], dtype=bool
    )
    if not stands.any():
        return column, []
    return cells.mask(stands, None), [cell.strip() for cell in cells[stands]]


def _tell(clients: Clients, odd: Sequence[str]) -> None:
    if odd:
        clients.tell(f"Counted as missing: {'; '.join(odd)}.")
