"""The mistakes of a classifier that are worth reading first."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.metrics.columns import (
    Answers,
    Floats,
    Ints,
    Names,
    check_confidence,
    check_lengths,
    code_answers,
)

__all__ = ["confused_pairs", "worst_mistakes"]


def worst_mistakes(
    ids: Names,
    texts: Names,
    truth: Names,
    predicted: Names,
    confidence: npt.ArrayLike,
    most: int = 50,
) -> pd.DataFrame:
    """List wrong answers, the most confident first; there the label itself is often wrong.

    Parameters
    ----------
    ids, texts
        Shape (n,): shown as they are.
    truth
        Shape (n,): label of each row; None, NaN or blank text is unlabelled and no mistake.
    predicted
        Shape (n,): answer for each row; rows without are left out.
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
    answers, sure, wrong = _wrong(truth, predicted, confidence, texts)
    rows, names = wrong[:most], np.array(answers.names, dtype=object)
    return pd.DataFrame(
        {
            "id": _column(ids)[rows],
            "text": _column(texts)[rows],
            "truth": names[answers.truth[rows]],
            "predicted": names[answers.predicted[rows]],
            "confidence": sure[rows],
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
    """List which labels are confused with which, the most frequent first.

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
        1), ``examples`` (list of different texts, the most confident first).

    Raises
    ------
    InputError
        As `worst_mistakes`.
    """
    answers, _, wrong = _wrong(truth, predicted, confidence, texts)
    names, true, k = answers.names, answers.truth, len(answers.names)
    pair = true[wrong] * k + answers.predicted[wrong]
    pairs, counts = np.unique(pair, return_counts=True)
    share = counts / np.bincount(true[true >= 0], minlength=k)[pairs // max(k, 1)]
    shown = np.lexsort((pairs, -share, -counts))[:most]
    shown_texts = _column(texts)
    return pd.DataFrame(
        {
            "truth": [names[cell // k] for cell in pairs[shown].tolist()],
            "predicted": [names[cell % k] for cell in pairs[shown].tolist()],
            "count": counts[shown],
            "share": share[shown],
            "examples": [
                list(dict.fromkeys(shown_texts[wrong[pair == cell]].tolist()))[:examples]
                for cell in pairs[shown]
            ],
        }
    )


def _wrong(
    truth: Names, predicted: Names, confidence: npt.ArrayLike, texts: Names
) -> tuple[Answers, Floats, Ints]:
    """Give all answers, their confidence, and the rows of the wrong ones, most confident first."""
    found = code_answers(truth, predicted, None)
    check_lengths(texts, truth, "texts and labels")
    given = np.asarray(confidence)
    check_lengths(given, truth, "confidences and labels")
    answered = found.predicted >= 0
    sure = check_confidence(np.where(answered, given, 0.0))
    rows = np.flatnonzero(answered & (found.truth >= 0) & (found.truth != found.predicted))
    return found, sure, rows[np.argsort(-sure[rows], kind="stable")]


def _column(values: Names) -> npt.NDArray[np.object_]:
    column = np.empty(len(values), dtype=object)
    column[:] = list(values)
    return column
