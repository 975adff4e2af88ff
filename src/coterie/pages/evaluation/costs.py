"""What answers of models cost, as a table: time, memory and money."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from coterie.report import Table
from coterie.workflows.evaluation.costs import cost_figures

__all__ = ["PRICED", "costs_table", "numeric", "priced"]

PRICED = {"cents for 1,000": ".2g", "right per ms": ".2g", "right per cent": ",.0f"}
"""Columns of `priced`, and their formats."""

_FORMATS = {
    "ms": ".3g",
    "ms, p99": ".3g",
    "rows/s": ",.0f",
    "memory MiB": ",.1f",
    "disk MiB": ",.1f",
    **PRICED,
}


def priced(spent: float | None, accuracy: float | None, price: float) -> dict[str, float | None]:
    """Give the columns of a table that tell what answers cost.

    Parameters
    ----------
    spent
        Milliseconds of a processor core for a row; None where that is not known.
    accuracy
        Share of the answers that are right; None of a number.
    price
        US dollars for an hour of a core.
    """
    if not spent:
        return dict.fromkeys(PRICED)
    thousand = cost_figures(spent, price)["cost_per_1000"] * 100
    right = (None, None) if accuracy is None else (accuracy / spent, accuracy / thousand * 1000)
    return dict(zip(PRICED, (thousand, *right), strict=True))


def costs_table(models: Sequence[Mapping[str, Any]], price: float) -> Table:
    """Lay out what the answers of models cost, by their figures."""
    frame = numeric(
        pd.DataFrame(
            {
                "model": figures["model"],
                "ms": figures.get("milliseconds_p50"),
                "ms, p99": figures.get("milliseconds_p99"),
                "rows/s": figures.get("rows_per_second"),
                "memory MiB": figures.get("memory_mib"),
                "disk MiB": figures.get("size_mib"),
                **priced(figures.get("processor_ms"), figures.get("accuracy"), price),
            }
            for figures in models
        )
    ).dropna(axis="columns", how="all")
    note = (
        "ms: one row in a call of its own, median, and what 99 in 100 calls keep to. rows/s: many "
        "rows in one call; memory is what that takes beyond the loaded model. disk: the model's "
        "own files; an encoder that models share, such as MiniLM, is not among them. All measured "
        "on this machine, with every text embedded anew. cents: of a US dollar, for 1,000 rows in "
        f"calls of their own, assuming that an hour of one processor core costs US$ {price:g} "
        "(--price)"
    )
    note += (
        "; from it, and from the processor's time, how many right answers there are for a "
        "millisecond and for a cent."
        if "right per ms" in frame
        else "."
    )
    return Table(frame, title="What the answers cost", formats=_FORMATS, note=note)


def numeric(frame: pd.DataFrame, words: Sequence[str] = ("model",)) -> pd.DataFrame:
    """Give all columns but those of words the type of numbers, which None among them hides."""
    return frame.assign(
        **{str(name): pd.to_numeric(frame[name]) for name in frame if name not in words}
    )
