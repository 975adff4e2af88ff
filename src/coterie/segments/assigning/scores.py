"""How well rows were assigned."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.errors import CoterieWarning, InputError
from coterie.metrics import differ, paired_difference
from coterie.metrics.columns import is_missing
from coterie.segments.assignments import Assignments
from coterie.segments.model import Segment
from coterie.segments.taxonomy.lookup import fold

__all__ = ["AssignmentScores", "match_labels", "score_assignments"]

StrArray = npt.NDArray[np.object_]
_SURE = 0.9  # the confidence of `Router.sure`
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class AssignmentScores:
    """How well rows were assigned.

    Attributes
    ----------
    accuracy, labelled
        Share of the labelled rows whose segment is the true one, NaN without labels; and their
        number. A row outside counts as wrong.
    coverage, sure
        Shares of the rows that are not outside, and that have a confidence of at least 0.9.
    largest
        Accuracy of always answering the most frequent label, NaN without labels.
    above_largest
        Whether the accuracy may be said to be higher than that, see `coterie.metrics.differ`; None
        without labels.
    """

    accuracy: float
    labelled: int
    coverage: float
    sure: float
    largest: float = float("nan")
    above_largest: bool | None = None


def match_labels(labels: Sequence[str | None], segments: Sequence[Segment]) -> StrArray:
    """Find the segment id of each label, by id or by name; None where there is none.

    Parameters
    ----------
    labels, segments
        n labels, and the segments; None, NaN or blank text for a row without a label.

    Returns
    -------
    ndarray of shape (n,), str or None

    Warns
    -----
    CoterieWarning
        Names labels that are no segment, which count as missing, and segments without a label.
    """
    ids = {fold(key): s.id for s in segments for key in (s.name, s.id)}
    missing = is_missing(labels)
    given = [None if m else str(each) for each, m in zip(labels, missing, strict=True)]
    found = [None if label is None else ids.get(fold(label)) for label in given]
    strange = {g for g, f in zip(given, found, strict=True) if g is not None and f is None}
    if strange:
        shown = ", ".join(sorted(strange)[:_SHOWN]) + (" …" if len(strange) > _SHOWN else "")
        _warn(f"{len(strange):,} labels name no segment and are left out: {shown}.")
    absent = [s.name for s in segments if s.id not in set(found)]
    if absent:
        _warn(f"No row has the label {' or '.join(absent)}, so its recall is unknown.")
    return np.array(found, dtype=object)


def score_assignments(
    assignments: Assignments, segments: Sequence[Segment], truth: StrArray | None = None
) -> tuple[AssignmentScores, pd.DataFrame]:
    """Score assignments; accuracy, precision and recall on the rows with a label.

    Parameters
    ----------
    assignments, segments
        Of n rows, and the segments.
    truth
        Shape (n,): segment ids or None, from `match_labels`; None when there are no labels.

    Returns
    -------
    scores
        Of all segments together.
    classes
        One row a segment: ``segment``, ``name``, ``assigned`` (rows), ``labelled`` (rows),
        ``precision``, ``recall``, ``f1`` (NaN where not known).

    Raises
    ------
    InputError
        When there are not n labels.
    """
    n, ids = len(assignments), [s.id for s in segments]
    if truth is not None and len(truth) != n:
        raise InputError(f"{len(truth):,} labels for {n:,} rows: give one for each, or None.")
    known = np.flatnonzero([] if truth is None else [each is not None for each in truth])
    sure = float((assignments.confidences >= _SURE).mean()) if n else 1.0
    classes = pd.DataFrame(
        {
            "segment": ids,
            "name": [s.name for s in segments],
            "assigned": [int((assignments.segments == each).sum()) for each in ids],
        }
    )
    if truth is None or not len(known):
        scores = AssignmentScores(float("nan"), 0, assignments.coverage, sure)
        return scores, classes.assign(labelled=0, precision=np.nan, recall=np.nan, f1=np.nan)
    from sklearn.metrics import precision_recall_fscore_support

    true, said = truth[known].astype(str), assignments.segments[known].astype(str)
    precision, recall, f1, support = precision_recall_fscore_support(
        true, said, labels=ids, zero_division=np.nan
    )
    right, usual = true == said, true == ids[int(np.argmax(support))]
    accuracy, largest = float(right.mean()), float(usual.mean())
    test = paired_difference(right, usual)
    above = test.difference > 0 and differ(test.p_value, f"{accuracy:.0%}", f"{largest:.0%}")
    scores = AssignmentScores(accuracy, len(known), assignments.coverage, sure, largest, above)
    return scores, classes.assign(labelled=support, precision=precision, recall=recall, f1=f1)


def _warn(sentence: str) -> None:
    warnings.warn(sentence, CoterieWarning, stacklevel=3)
