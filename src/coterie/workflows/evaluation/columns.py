"""What is known of rows besides their texts, and which of it matters to a model."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy.typing as npt
import pandas as pd

from coterie.classifiers.trees.ensemble import TreeEnsemble
from coterie.classifiers.trees.importance import shuffled_importances
from coterie.records import CONCEPTS, Records

__all__ = ["column_importances", "known_columns", "with_numbers", "written"]

_NUMBERS = 0.95  # share of the cells of a column of numbers, as models read them


def known_columns(records: Records, taken: Collection[str] = ()) -> pd.DataFrame:
    """Give the columns of n records besides the text; one that is called as one taken is renamed.

    Cells of concepts are lists.
    """
    frame = records.context.reset_index(drop=True) if len(records.context) else pd.DataFrame()
    return frame.reindex(range(len(records))).rename(
        columns=lambda name: f"{name} (column)" if name in taken else str(name)
    )


def written(columns: pd.DataFrame) -> pd.DataFrame:
    """Write concepts as one text, ``a; b``, each once."""
    if CONCEPTS not in columns:
        return columns
    return columns.assign(**{CONCEPTS: columns[CONCEPTS].map(_joined)})


def _joined(cell: Any) -> Any:
    return "; ".join(dict.fromkeys(map(str, cell))) if isinstance(cell, list | tuple) else cell


def with_numbers(columns: pd.DataFrame) -> pd.DataFrame:
    """Turn columns into numbers where nearly all of their cells are, as models read them."""
    return columns.apply(_as_numbers)


def _as_numbers(column: pd.Series[Any]) -> pd.Series[Any]:
    if not (pd.api.types.is_object_dtype(column) or pd.api.types.is_string_dtype(column)):
        return column
    if column.map(lambda cell: isinstance(cell, list | tuple)).any():
        return column
    given = column.where(column.map(lambda cell: not (isinstance(cell, str) and not cell.strip())))
    numbers = pd.to_numeric(given, errors="coerce")
    enough = numbers.notna().sum() >= _NUMBERS * max(given.notna().sum(), 1)
    return numbers if enough and numbers.notna().any() else given


def column_importances(
    model: TreeEnsemble, rows: pd.DataFrame, truth: npt.NDArray[Any], *, seed: int = 0
) -> pd.DataFrame:
    """Measure how much each column matters to a model on n rows: permutation importance.

    All features of a column are shuffled together, see
    `coterie.classifiers.trees.importance.shuffled_importances`. One row a column, the largest
    first: ``column``, ``fall`` (of the area under the ROC curve, or of R2), ``fall_sd`` and
    ``score`` (before).
    """
    sources = model.sources_
    named = sources["kind"].map({"context": "", "text": str(model.text)})
    names = sources["source"].where(named == "", named.fillna(str(model.concepts)))
    found = shuffled_importances(model, rows, truth, groups=names, seed=seed)
    return found.rename(columns={"group": "column"})[["column", "fall", "fall_sd", "score"]]
