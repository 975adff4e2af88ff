"""Importance of features: of kinds by permutation, of concepts by leaving them out."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_matrix, issparse

from coterie.classifiers.features.clients import concepts_of, key_of, read_mentions, without_concept
from coterie.classifiers.trees.ensemble import EnsembleRegressor, TreeEnsemble
from coterie.classifiers.trees.learner import Floats, Matrix
from coterie.errors import CoterieWarning
from coterie.metrics import score_numbers, score_ranking
from coterie.progress import current
from coterie.records import texts_of

__all__ = ["concept_effects", "shuffled_importances"]

_MOST_ROWS = 2000  # for time: a judgement


def shuffled_importances(
    model: TreeEnsemble,
    rows: pd.DataFrame,
    truth: npt.NDArray[Any],
    *,
    groups: pd.Series[str] | None = None,
    repeats: int = 5,
    seed: int = 0,
) -> pd.DataFrame:
    """Measure permutation importance: how much a score falls when features are shuffled.

    All columns of a group are shuffled together (Breiman, "Random Forests", 2001).

    Parameters
    ----------
    model
        Fitted.
    rows
        n rows that it has not learnt from, of which 2,000 at most are drawn.
    truth
        Shape (n,): their classes, or numbers.
    groups
        Shape (d,): the group of each feature; by default its kind, or its context column.
    repeats
        How often each group of features is shuffled.
    seed
        Random seed.

    Returns
    -------
    DataFrame
        One row a group, the largest first: ``group``,
        ``kind``, ``features`` (their number), ``fall`` (of the score, the mean over the repeats),
        ``fall_sd`` and ``score`` (before). The score is the area under the ROC curve, or R2 of
        numbers. Correlated features each have a small fall.
    """
    rng = np.random.default_rng(seed)
    chosen = np.sort(rng.permutation(len(rows))[:_MOST_ROWS])
    features, known = model.transform(rows.iloc[chosen]), np.asarray(truth)[chosen]
    sources = model.sources_
    kinds = sources["kind"].where(sources["kind"] != "context", sources["source"])
    grouped = kinds if groups is None else groups
    score = _score_of(model, known)
    whole = score(features)
    found = []
    names = list(dict.fromkeys(grouped))
    with current().stage("Shuffling features", len(names) * repeats) as stage:
        for group in names:
            columns = np.flatnonzero((grouped == group).to_numpy())
            falls = []
            for _ in range(repeats):
                falls.append(whole - score(_shuffled(features, columns, rng)))
                stage.advance()
            found.append(
                {
                    "group": group,
                    "kind": sources["kind"].iloc[columns[0]],
                    "features": len(columns),
                    "fall": float(np.mean(falls)),
                    "fall_sd": float(np.std(falls, ddof=1)) if repeats > 1 else 0.0,
                    "score": whole,
                }
            )
    return pd.DataFrame(found).sort_values("fall", ascending=False, ignore_index=True)


def concept_effects(
    model: TreeEnsemble, rows: pd.DataFrame, *, most: int = 40, least: int = 10
) -> pd.DataFrame:
    """Measure the effect of each concept on the predictions of the rows that have it.

    The concept is left out of these rows, and they are predicted again.

    Parameters
    ----------
    model
        Fitted on concepts.
    rows
        n rows.
    most
        Concepts to measure, the commonest ones.
    least
        Rows that must have a concept.

    Returns
    -------
    DataFrame
        One row a concept, the largest effect first: ``concept``, ``rows`` (that have it),
        ``effect`` (mean difference of the probability of the last class, or of the number, with
        the concept and without) and ``effect_sd``. Empty without concepts.
    """
    columns = ["concept", "rows", "effect", "effect_sd"]
    if model.concepts is None or model.concepts not in rows.columns:
        return pd.DataFrame(columns=columns)
    cells = enumerate(rows[model.concepts].tolist())
    own = [concepts_of(cell, row, model.concepts) for row, cell in cells]
    keys = [dict.fromkeys(map(key_of, concepts)) for concepts in own]
    counts = Counter(key for each in keys for key in each if key)
    mentions = read_mentions(rows[model.concepts], model.concepts)
    shown = dict(zip(mentions.keys, mentions.names, strict=True))
    wanted = [key for key, count in counts.most_common(most) if count >= least]
    whole = _answers(model, model.transform(rows))
    found = []
    with current().stage("Leaving concepts out", len(wanted)) as stage:
        for key in wanted:
            having = np.array([key in each for each in keys])
            part = rows[having].copy()
            left = [without_concept(concepts, key) for concepts in own]
            part[model.concepts] = pd.Series(left, index=rows.index, dtype=object)[having]
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", CoterieWarning)  # the same as before
                without = _answers(model, model.transform(part))
            effects = whole[having] - without
            found.append((shown.get(key, key), int(having.sum()), effects.mean(), effects.std()))
            stage.advance()
    table = pd.DataFrame(found, columns=columns)
    order = table["effect"].abs().sort_values(ascending=False, kind="stable").index
    return table.loc[order].reset_index(drop=True)


def _score_of(model: TreeEnsemble, truth: npt.NDArray[Any]) -> Callable[[Matrix], float]:
    if isinstance(model, EnsembleRegressor):
        numbers = truth.astype(np.float64)
        return lambda features: score_numbers(numbers, model.estimate(features)).r2
    classes, truth = texts_of(model.classes_).tolist(), texts_of(truth)

    def auc(features: Matrix) -> float:
        found = score_ranking(truth, model.probabilities_of(features), classes).roc_auc
        return float("nan") if found is None else float(found)

    return auc


def _answers(model: TreeEnsemble, features: Matrix) -> Floats:
    """Probability of the last class, or the number, (n,)."""
    if isinstance(model, EnsembleRegressor):
        return model.estimate(features)
    return model.probabilities_of(features)[:, -1]


def _shuffled(features: Matrix, columns: npt.NDArray[np.intp], rng: np.random.Generator) -> Matrix:
    """Shuffle some columns among the rows; a sparse matrix stays sparse."""
    order = rng.permutation(features.shape[0])
    dense = features.toarray() if issparse(features) else features.copy()
    dense[:, columns] = dense[order][:, columns]
    return csr_matrix(dense) if issparse(features) else dense
