"""Two versions on rows that neither was trained on, by cross-fitting.

The new version learnt from all rows, so stand-ins answer for it: each is trained with the same
recipe on all but one part of the feedback, and answers that part. The old version answers the
feedback itself, which it has not seen. On training rows both need stand-ins.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.classifiers import Classifier, ContrastiveClassifier, TextClassifier, with_cache
from coterie.encoders import EmbeddingCache, learns_from_texts
from coterie.metrics import LEVEL, adjust_p_values, assign_folds, paired_difference
from coterie.progress import current
from coterie.records import Records, texts_of
from coterie.workflows.prediction.predict import context_of, decide_records
from coterie.workflows.retraining.feedback import Feedback
from coterie.workflows.retraining.recipe import same_recipe
from coterie.workflows.training.rows import rows_of

__all__ = ["Answers", "class_changes", "cross_fit_versions", "right"]

Ints = npt.NDArray[np.int64]
Names = npt.NDArray[np.object_]
Fit: TypeAlias = "Callable[[Ints], Callable[[Ints], Names]]"
"""Training rows to what answers other rows; both by their numbers."""

_FOLDS = 5  # a convention of the field
_ENOUGH = 1_000  # training rows held out; an accuracy is known to 2 points then: a judgement


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What the old version and the new one say of rows that neither was trained on.

    Attributes
    ----------
    rows
        Shape (r,), int64: their numbers among the training rows and the new ones, see `Feedback`.
    before, after
        Shape (r,): the answers as text.
    """

    rows: Ints
    before: Names
    after: Names

    def joined(self, other: Answers) -> Answers:
        """Put answers to other rows after these."""
        pairs = (
            (getattr(self, name), getattr(other, name)) for name in ("rows", "before", "after")
        )
        return Answers(*map(np.concatenate, pairs))


def cross_fit_versions(
    old: Classifier,
    new: Classifier,
    feedback: Feedback,
    records: Records,
    people: Ints,
    *,
    seed: int = 0,
    cache: EmbeddingCache | None = None,
) -> tuple[Answers, Answers]:
    """Answer the new rows of feedback, and some of the training rows, by both versions.

    Parameters
    ----------
    old, new
        The version in use, and the one that learnt from ``records``.
    feedback
        How the records came about.
    records
        The n training rows and the m new ones.
    people
        Shape (n + m,): rows of one number are not divided between training and answering.
    seed
        Of the folds.
    cache
        Where vectors are kept.

    Returns
    -------
    on_feedback, on_original
        Answers to new rows that the old version was not trained on, and to training rows.

    Notes
    -----
    Six fits or more; where the encoder is not tuned or fitted, they are of heads only, with the
    settings that the new version chose.
    """
    n, truth = len(feedback.original), feedback.truth
    codes = np.asarray(pd.factorize(truth)[0], dtype=np.int64)
    fold = _folds(codes, people, n, seed)
    tests = np.arange(n, n + len(feedback.new))
    held = _held_out(fold[:n])
    parts = sorted({*held, *fold[tests].tolist()})
    fit = _fitting(new, records, truth, cache)
    every = np.arange(n + len(tests))
    after = np.full(len(every), None, dtype=object)
    before = np.full(len(every), None, dtype=object)
    with current().stage("Comparing the versions", len(parts) + len(held)) as stage:
        for part in parts:
            inside = fold == part
            if part not in held:
                inside[:n] = False
            asked, learnt = every[inside], every[~inside]
            after[asked] = fit(learnt)(asked)
            stage.advance()
            if part in held:
                asked, learnt = asked[asked < n], learnt[learnt < n]
                before[asked] = fit(learnt)(asked)
                stage.advance()
    fresh = tests[feedback.unseen]
    if len(fresh):
        said = decide_records(old, records.take(fresh), cache)
        before[fresh] = texts_of(cast("Any", said).labels)
    both = np.flatnonzero(~(pd.isna(before) | pd.isna(after)))
    return (
        _answers(both[both >= n], before, after),
        _answers(both[both < n], before, after),
    )


def _answers(rows: Ints, before: Names, after: Names) -> Answers:
    return Answers(rows, before[rows], after[rows])


def _folds(codes: Ints, people: Ints, n: int, seed: int) -> Ints:
    """Give each row a fold; those of the feedback are even among themselves."""
    fold = np.zeros(len(codes), dtype=np.int64)
    fold[n:] = assign_folds(codes[n:], people[n:], _FOLDS, seed)
    fold[:n] = assign_folds(codes[:n], people[:n], _FOLDS, seed)
    place = dict(zip(people[n:].tolist(), fold[n:].tolist(), strict=True))
    for row in np.flatnonzero(np.isin(people[:n], people[n:])).tolist():
        fold[row] = place[int(people[row])]
    return fold


def _held_out(fold: Ints) -> list[int]:
    """Choose folds of the training rows to hold out: as many as give 1,000 rows."""
    held, rows = [], 0
    for part in np.unique(fold).tolist():
        if rows >= _ENOUGH:
            break
        held.append(part)
        rows += int((fold == part).sum())
    return held


def _fitting(new: Classifier, records: Records, truth: Names, cache: EmbeddingCache | None) -> Fit:
    """Give what trains a stand-in on some of the records."""
    columns = context_of(new)
    learns = isinstance(new, ContrastiveClassifier) or (
        isinstance(new, TextClassifier)
        and isinstance(new.encoder, str)
        and learns_from_texts(new.encoder)
    )
    if isinstance(new, TextClassifier) and not learns:
        return _heads(new, rows_of(records, columns), truth, cache)

    def fit(learnt: Ints) -> Callable[[Ints], Names]:
        said = truth[learnt]
        if len(set(said)) < 2:
            return lambda asked: np.full(len(asked), said[0] if len(said) else "", dtype=object)
        made = same_recipe(new, cache).fit(rows_of(records, columns, learnt), said)
        return lambda asked: texts_of(made.predict(rows_of(records, columns, asked)))

    return fit


def _heads(new: TextClassifier, given: Any, truth: Names, cache: EmbeddingCache | None) -> Fit:
    features = with_cache(new, cache).transform(given)
    names = texts_of(new.classes_)
    place = {name: at for at, name in enumerate(names.tolist())}
    codes = np.array([place[label] for label in truth], dtype=np.int64)

    def fit(learnt: Ints) -> Callable[[Ints], Names]:
        if len(np.unique(codes[learnt])) < 2:
            return lambda asked: np.full(len(asked), truth[learnt[0]], dtype=object)
        head, known = new.learn_head(features[learnt], codes[learnt])
        return lambda asked: names[known[head.scores(features[asked]).argmax(axis=1)]]

    return fit


def class_changes(truth: Names, before: Names, after: Names) -> pd.DataFrame:
    """Count for each class what the new version mends and loses; see `RetrainResult.classes`."""
    rows = []
    for name, at in pd.Series(range(len(truth)), dtype=np.int64).groupby(truth, sort=True):
        was, now = before[at] == truth[at], after[at] == truth[at]
        pair = paired_difference(now, was)
        rows.append(
            {
                "class": str(name),
                "rows": pair.rows,
                "before": float(was.mean()),
                "after": float(now.mean()),
                "mended": pair.only_first,
                "lost": pair.only_second,
                "p_adjusted": pair.p_value,
            }
        )
    columns = ("class", "rows", "before", "after", "mended", "lost", "p_adjusted")
    table = pd.DataFrame(rows, columns=list(columns))
    table["p_adjusted"] = adjust_p_values(table["p_adjusted"])
    table["significant"] = table["p_adjusted"] < LEVEL
    moved = (table["mended"] - table["lost"]).abs()
    return table.iloc[np.argsort(-moved.to_numpy(), kind="stable")].reset_index(drop=True)


def right(truth: Sequence[Any] | Names, said: Names) -> npt.NDArray[np.bool_]:
    """Tell which answers are right."""
    found: npt.NDArray[np.bool_] = np.asarray(said == np.asarray(truth, dtype=object), np.bool_)
    return found
