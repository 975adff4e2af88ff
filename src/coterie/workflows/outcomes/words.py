"""The sentences that results of models in a recipe carry."""

from __future__ import annotations

__all__ = ["ceiling_reason", "nothing_to_learn", "row_counts"]


def ceiling_reason(what: str, rows: str) -> str:
    """Say why no model can be better than the ceiling of synthetic data."""
    return (
        f"The data is synthetic and contains random noise: a model that knew how it was generated "
        f"would be expected to {what} {rows}. A higher figure is chance."
    )


def row_counts(source: str, learnt: int, judged: int, unit: str) -> str:
    """Count the training rows and the test rows."""
    return f"{source}: {learnt:,} {unit} in the training rows, {judged:,} in the test rows"


def nothing_to_learn(label: str, learnt: int, judged: int) -> str:
    """Say that a split leaves no training or no test rows."""
    return (
        f"Of the rows with a {label}, {learnt:,} are training rows and {judged:,} are test rows: "
        "give more labelled rows, or another split."
    )
