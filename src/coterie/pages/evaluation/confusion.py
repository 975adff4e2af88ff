"""The section with the confusion matrices of classifiers."""

from __future__ import annotations

import numpy as np
import pandas as pd

from coterie.metrics import (
    confusion,
)
from coterie.pages.evaluation import words
from coterie.report import Block, Grid, HeatMap, Section
from coterie.report.heatmap import diagonal_order
from coterie.workflows.evaluation.classes import ClassEvaluation
from coterie.workflows.evaluation.models import EvaluatedClassifier

__all__ = ["confusion_matrices"]

_MATRIX, _SMALL_MATRIX, _MATRICES = 25, 8, 3
_OTHERS = "(others)"


def confusion_matrices(evaluation: ClassEvaluation) -> Section:
    """Show what is taken for what."""
    large = len(evaluation.classes) > _SMALL_MATRIX
    shown = evaluation.ranked[:_MATRICES] if large else evaluation.models
    matrices = [_matrix(evaluation, model) for model in shown]
    side_by_side = not large and len(matrices) > 1
    blocks: list[Block] = [Grid(matrices, columns=2)] if side_by_side else list(matrices)
    told = [words.CONFUSION]
    if len(evaluation.classes) > _MATRIX:
        told.append(words.CONFUSION_SHOWN.format(len(evaluation.classes), _MATRIX))
    if len(shown) < len(evaluation.models):
        told.append(words.MOST_ACCURATE.format(_MATRICES))
    return Section("Confusion matrix", blocks, intro=" ".join(told))


def _matrix(evaluation: ClassEvaluation, model: EvaluatedClassifier) -> HeatMap:
    counts = confusion(model.truth, model.predictions.labels, model.classes)
    if len(evaluation.classes) > _MATRIX:
        counts = _narrowed(counts)
    if len(evaluation.classes) > _SMALL_MATRIX:
        counts = _along_the_diagonal(counts)
    return HeatMap(
        counts.to_numpy(),
        [str(name) for name in counts.index],
        [str(name) for name in counts.columns],
        row_label=f"true {evaluation.label}",
        column_label="answer",
        title=model.name,
        ordered=False,
        counted=True,
    )


def _narrowed(counts: pd.DataFrame) -> pd.DataFrame:
    """Keep the classes with the most wrong rows, as label or as answer; put other answers in one.

    The rows stay whole, so that shares of them are those of all answers.
    """
    wrong = counts.copy()
    for name in set(wrong.index) & set(wrong.columns):
        wrong.loc[name, name] = 0
    both = wrong.sum(axis=1).add(wrong.sum(axis=0), fill_value=0)
    shown = set(both.sort_values(ascending=False, kind="stable").index[:_MATRIX])
    rows = counts.loc[[name for name in counts.index if name in shown]]
    kept = rows[[name for name in counts.columns if name in shown]]
    return kept.assign(**{_OTHERS: rows.sum(axis=1) - kept.sum(axis=1)})


def _along_the_diagonal(counts: pd.DataFrame) -> pd.DataFrame:
    """Put what is often confused side by side, labels and answers in one order."""
    both = [name for name in counts.index if name in counts.columns]
    _, order = diagonal_order(counts.loc[both, both].to_numpy(dtype=np.float64))
    names = [both[place] for place in order]
    rows = [*names, *(name for name in counts.index if name not in both)]
    return counts.loc[rows, [*names, *(name for name in counts.columns if name not in both)]]
