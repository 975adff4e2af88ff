"""The mistakes of a classifier that are worth reading first, and what they have in common."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.formatting import format_number
from coterie.metrics.columns import (
    Answers,
    Bools,
    Floats,
    Ints,
    Names,
    check_confidence,
    check_lengths,
    code_answers,
)
from coterie.metrics.significance import LEVEL, adjust_p_values

__all__ = ["confused_pairs", "overrepresented", "worst_mistakes"]

_QUARTERS = (0.25, 0.5, 0.75)  # where columns of numbers are cut: a convention
_FEWEST = 5  # rows with a value, of which it can be said: a judgement, not measured
_EMPTY = "(empty)"


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


def overrepresented(
    inside: npt.ArrayLike, columns: Mapping[str, pd.Series[Any]], most: int = 3
) -> pd.DataFrame:
    """List the values that some rows have significantly more often than the others.

    Parameters
    ----------
    inside
        Shape (n,), bool: the rows, such as those of one kind of mistake; the others are what they
        are compared with.
    columns
        Name to n cells: numbers, names, or lists of names. Numbers are cut at their quartiles.
    most
        Values to list.

    Returns
    -------
    DataFrame
        ``column``, ``value`` (``"a name"``, ``"up to 12"``, ``"above 12"``), ``rows`` (of these
        that have it), ``share`` (of these), ``share_of_others`` and ``p_value``; the smallest
        p-value first, and of each column of numbers or names one value. P-values are of Fisher's
        exact test, corrected for their number (Holm), and below 0.05.

    Raises
    ------
    InputError
        When a column has another length.

    Notes
    -----
    O(n · values) time.
    """
    from scipy.stats import hypergeom

    these = np.asarray(inside, dtype=np.bool_)
    n, own = len(these), int(these.sum())
    rows = []
    for name, cells in columns.items():
        check_lengths(these, cells.index.to_numpy(), "rows and cells")
        for value, having in _conditions(cells):
            both, all_having = int((having & these).sum()), int(having.sum())
            if all_having < _FEWEST:
                continue
            p = float(hypergeom.sf(both - 1, n, all_having, own))
            shares = both / max(own, 1), (all_having - both) / max(n - own, 1)
            rows.append((name, value, both, *shares, p))
    names = ["column", "value", "rows", "share", "share_of_others", "p_value"]
    table = pd.DataFrame(rows, columns=names)
    table["p_value"] = adjust_p_values(table["p_value"])
    table = table[(table["p_value"] < LEVEL) & (table["share"] > table["share_of_others"])]
    table = table.sort_values("p_value", kind="stable")
    lists = {name for name, cells in columns.items() if _holds_lists(cells)}
    repeated = table["column"].duplicated() & ~table["column"].isin(lists)
    return table[~repeated].head(most).reset_index(drop=True)


def _conditions(cells: pd.Series[Any]) -> Iterator[tuple[str, Bools]]:
    """Give what can be said of a cell, and which cells it is true of."""
    missing = cells.isna().to_numpy(dtype=np.bool_)
    if _holds_lists(cells):
        each = [{str(one) for one in cell} if isinstance(cell, list | tuple) else set()
                for cell in cells]  # fmt: skip
        for value in sorted(set().union(*each)):
            yield value, np.array([value in own for own in each], dtype=np.bool_)
        return
    if missing.any():
        yield _EMPTY, missing
    if pd.api.types.is_numeric_dtype(cells) and not pd.api.types.is_bool_dtype(cells):
        numbers = cells.to_numpy(dtype=np.float64, na_value=np.nan)
        if missing.all():
            return
        for cut in np.unique(np.nanquantile(numbers, _QUARTERS)).tolist():
            shown = format_number(int(cut) if cut.is_integer() else cut)
            yield f"up to {shown}", numbers <= cut
            yield f"above {shown}", numbers > cut
        return
    texts = cells.astype(str).to_numpy(dtype=object)
    values, codes = np.unique(texts[~missing].astype(str), return_inverse=True)
    at = np.full(len(texts), -1)
    at[~missing] = codes
    for code, value in enumerate(values.tolist()):
        yield value, at == code


def _holds_lists(cells: pd.Series[Any]) -> bool:
    return cells.dtype == object and bool(cells.map(lambda c: isinstance(c, list | tuple)).any())


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
