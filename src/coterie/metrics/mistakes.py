"""The rows that a classifier gets wrong, worth reading first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.metrics.columns import Answers, Names, check_confidence, check_lengths, code_answers

__all__ = ["confused_pairs", "worst_mistakes"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def worst_mistakes(
    ids: Names,
    texts: Names,
    truth: Names,
    predicted: Names,
    confidence: npt.ArrayLike,
    most: int = 50,
) -> pd.DataFrame:
    """List wrong answers, the surest first.

    What the classifier is sure of and wrong about is often a wrong label.

    Parameters
    ----------
    ids, texts
        Shape (n,): shown as they are.
    truth
        Shape (n,): label of each row; None, NaN or blank text is unlabelled and no mistake.
    predicted
        Shape (n,): answer for each row; a row without is left out, for it is sure of nothing.
    confidence
        Shape (n,): probability of the answer, 0 to 1; not looked at where there is none.
    most
        Rows to list.

    Returns
    -------
    DataFrame
        ``id``, ``text``, ``truth``, ``predicted``, ``confidence``; rows of one confidence in the
        order given.

    Raises
    ------
    InputError
        When the columns differ in length, or the confidence of an answer is NaN, infinite or
        outside 0 to 1.
    """
    check_lengths(ids, truth, "ids and labels")
    wrong = _wrong(truth, predicted, confidence, texts)
    rows = wrong.rows[:most]
    names = np.array(wrong.answers.names, dtype=object)
    return pd.DataFrame(
        {
            "id": _column(ids)[rows],
            "text": _column(texts)[rows],
            "truth": names[wrong.answers.truth[rows]],
            "predicted": names[wrong.answers.predicted[rows]],
            "confidence": wrong.confidence[rows],
        }
    )


def confused_pairs(
    truth: Names,
    predicted: Names,
    confidence: npt.ArrayLike,
    texts: Names,
    most: int = 20,
    examples: int = 3,
) -> pd.DataFrame:
    """List which label is taken for which, the commonest first.

    Parameters
    ----------
    truth, predicted, confidence, texts
        As in `worst_mistakes`.
    most
        Pairs to list.
    examples
        Texts to show of each, at most.

    Returns
    -------
    DataFrame
        ``truth``, ``predicted``, ``count`` (rows), ``share`` (of all rows with that label, 0 to
        1), ``examples`` (list of different texts, the surest first).

    Raises
    ------
    InputError
        As `worst_mistakes`.
    """
    wrong = _wrong(truth, predicted, confidence, texts)
    true, k = wrong.answers.truth, len(wrong.answers.names)
    pair = true[wrong.rows] * k + wrong.answers.predicted[wrong.rows]
    pairs, counts = np.unique(pair, return_counts=True)
    share = counts / np.bincount(true[true >= 0], minlength=k)[pairs // max(k, 1)]
    shown = np.lexsort((pairs, -share, -counts))[:most]
    names, shown_texts = wrong.answers.names, _column(texts)
    return pd.DataFrame(
        {
            "truth": [names[cell // k] for cell in pairs[shown].tolist()],
            "predicted": [names[cell % k] for cell in pairs[shown].tolist()],
            "count": counts[shown],
            "share": share[shown],
            "examples": [
                list(dict.fromkeys(shown_texts[wrong.rows[pair == cell]].tolist()))[:examples]
                for cell in pairs[shown]
            ],
        }
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Wrong:
    """Wrong answers, their rows from the surest down."""

    answers: Answers
    confidence: Floats
    rows: Ints


def _wrong(truth: Names, predicted: Names, confidence: npt.ArrayLike, texts: Names) -> _Wrong:
    found = code_answers(truth, predicted, None)
    check_lengths(texts, truth, "texts and labels")
    given = np.asarray(confidence)
    check_lengths(given, truth, "confidences and labels")
    answered = found.predicted >= 0
    sure = check_confidence(np.where(answered, given, 0.0))
    rows = np.flatnonzero(answered & (found.truth >= 0) & (found.truth != found.predicted))
    return _Wrong(found, sure, rows[np.argsort(-sure[rows], kind="stable")])


def _column(values: Names) -> npt.NDArray[np.object_]:
    column = np.empty(len(values), dtype=object)
    column[:] = list(values)
    return column
