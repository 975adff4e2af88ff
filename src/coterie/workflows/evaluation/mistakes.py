"""The wrong answers of a classifier: each with what is known of its row, and their kinds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from coterie.metrics import confused_pairs, overrepresented
from coterie.workflows.evaluation.columns import with_numbers, written
from coterie.workflows.evaluation.excerpts import MISTAKES
from coterie.workflows.evaluation.models import EvaluatedClassifier

__all__ = ["kinds_of_mistakes", "known_of", "mistakes_of"]

_DECIMALS = 6
_COMPARED = 8  # columns of which values are compared: a judgement, not measured
_OWN = ("model", "id", "text", "truth", "predicted", "confidence", "status", "models_wrong")


def known_of(model: EvaluatedClassifier, *, telling: bool = False) -> pd.DataFrame:
    """Give the known columns of the rows, those first that matter most to the model.

    With ``telling`` only those that matter, where that was measured, and eight at most.
    """
    if model.known is None:
        return pd.DataFrame(index=range(len(model.truth)))
    found = model.importances
    if found is None:
        return model.known.iloc[:, :_COMPARED] if telling else model.known
    ranked = [name for name in found["column"] if name in model.known.columns]
    if telling:
        falls = found.set_index("column")["fall"]
        return model.known[[name for name in ranked if falls[name] > 0][:_COMPARED]]
    return model.known[[*ranked, *(each for each in model.known if each not in ranked)]]


def mistakes_of(model: EvaluatedClassifier, wrong_in: Any) -> pd.DataFrame:
    """List the wrong answers, the surest first, with the known columns of their rows.

    ``wrong_in`` is how many models are wrong on each row, (n,).
    """
    said = model.predictions
    rows = np.flatnonzero(~model.correct)
    rows = rows[np.argsort(-said.confidences[rows], kind="stable")]
    known = known_of(model)
    known = known.rename(columns={name: f"{name} (column)" for name in _OWN})
    frame = pd.DataFrame(
        {
            "model": np.full(len(rows), model.name, dtype=object),
            "id": model.ids[rows],
            "text": model.shown[rows],
            "truth": model.truth[rows],
            "predicted": said.labels[rows],
            "confidence": np.round(said.confidences[rows], _DECIMALS),
            "status": said.statuses[rows],
            "models_wrong": wrong_in[rows],
        }
    )
    if not any(model.shown):
        frame = frame.drop(columns="text")
    return pd.concat([frame, written(known.iloc[rows]).reset_index(drop=True)], axis=1)


def kinds_of_mistakes(model: EvaluatedClassifier) -> pd.DataFrame:
    """Count which labels are taken for which, and say what these rows have in common.

    Columns are those of `coterie.metrics.confused_pairs`, and ``common``: the table of
    `coterie.metrics.overrepresented` for each, of the columns that matter to the model, against the
    other rows of the label. The 30 most frequent kinds are listed.
    """
    said = model.predictions
    kinds = confused_pairs(
        model.truth, said.labels, said.confidences, np.arange(len(model.truth)), most=MISTAKES
    )
    return kinds.assign(common=pd.Series([*_common(model, kinds)], dtype=object))


def _common(model: EvaluatedClassifier, kinds: pd.DataFrame) -> Iterator[pd.DataFrame]:
    columns = with_numbers(known_of(model, telling=True))
    for truth, predicted in zip(kinds["truth"], kinds["predicted"], strict=True):
        rows = np.flatnonzero(model.truth == truth)
        these = model.predictions.labels[rows] == predicted
        yield overrepresented(these, {str(n): columns[n].iloc[rows] for n in columns})
