"""The job behind ``coterie retrain``: feedback into a new version, compared before it is used."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.classifiers import Classifier
from coterie.encoders import EmbeddingCache
from coterie.metrics import (
    VersionComparison,
    compare_chosen_rows,
    compare_same_rows,
)
from coterie.progress import current
from coterie.records import Records, texts_of
from coterie.workflows.columns import changes_without, check_training_columns
from coterie.workflows.evaluation.models import evaluate_held
from coterie.workflows.prediction.predict import LoadedModel, context_of
from coterie.workflows.reading import check_model
from coterie.workflows.retraining.comparison import (
    Answers,
    class_changes,
    cross_fit_versions,
    right,
)
from coterie.workflows.retraining.feedback import (
    NEW,
    UNLABELLED,
    Feedback,
    join_records,
    merge_feedback,
)
from coterie.workflows.retraining.recipe import check_recipe, kept_records, same_recipe
from coterie.workflows.retraining.result import Reference, RetrainResult
from coterie.workflows.training.labels import check_labels, find_conflicts
from coterie.workflows.training.results import Candidate, ClassifierResult
from coterie.workflows.training.rows import rows_of

__all__ = ["retrain_model"]

Ints = npt.NDArray[np.int64]

_SELECTED = 0.01  # p-value from which on feedback is not a sample of all rows: a judgement


def retrain_model(
    model: LoadedModel,
    feedback: Records,
    original: Records | None = None,
    *,
    label: str,
    people: npt.NDArray[np.object_] | None = None,
    original_people: npt.NDArray[np.object_] | None = None,
    collected: Literal["auto", "all", "chosen"] = "auto",
    seed: int = 0,
    cache: EmbeddingCache | None = None,
) -> RetrainResult:
    """Train a new version on training rows and feedback, and compare it with the one in use.

    Estimator, parameters, encoder and columns are those of the version in use. Nothing is saved.

    Parameters
    ----------
    model
        The version in use: a classifier.
    feedback
        Rows with their truth in the column ``label``, read as those of the training were. Times
        say which of two contradicting rows is the younger.
    original
        The rows that the model was trained on, with the column ``label``; None for those that it
        keeps, where it keeps all.
    label
        Column of the truth in both.
    people, original_people
        Who each row of feedback, and each training row, is of: rows of one person are not divided
        between training and comparison, and count as one. None where rows are independent.
    collected
        ``"all"``: the feedback is of all rows, or a sample drawn without regard to the answers.
        ``"chosen"``: of rows that were chosen, such as mistakes or doubtful rows. ``"auto"``:
        chosen where the active version is right on it significantly less often than elsewhere, or
        more often.
    seed
        Of the folds.
    cache
        Where vectors are kept; the user's own when None.

    Raises
    ------
    OptionError
        When such a model cannot be trained again, or it does not keep its training rows and none
        are given.
    NoRowsError
        When the feedback has no label, or nothing new.

    Notes
    -----
    About as long as one training, and six trainings of heads; of ensembles, votes, cascades and
    tuned encoders seven whole trainings or more.
    """
    classifier = check_recipe(model)
    if original is None:
        original = kept_records(model, label)
    found = merge_feedback(classifier, original, feedback, label)
    records = join_records([found.original, found.new], label=label)
    groups = _people(found, people, original_people)
    trained = _train(classifier, records, label, found, groups, cache)
    new = trained.model
    on_new, on_old = cross_fit_versions(
        classifier, new, found, records, groups, seed=seed, cache=cache
    )
    names = (f"version {model.manifest.version}", "the new version")
    truth = found.truth
    plain = [_compared(each, truth, groups, names) for each in (on_new, on_old)]
    reference = _reference(model, on_old, truth)
    chosen = _is_chosen(plain[0], reference) if collected == "auto" else collected == "chosen"
    overall = plain[0]
    if chosen:
        both = on_new.joined(on_old)
        overall = compare_chosen_rows(
            right(truth[both.rows], both.before),
            right(truth[both.rows], both.after),
            reference.right,
            reference.rows,
            customers=groups[both.rows],
            looks="once",
            names=names,
        )
    every = on_new.joined(on_old)
    return RetrainResult(
        trained=trained,
        feedback=found,
        version=model.manifest.version,
        overall=overall,
        on_feedback=plain[0],
        on_original=plain[1] if len(on_old.rows) else None,
        collected="chosen" if chosen else "all",
        told=collected != "auto",
        reference=reference,
        classes=class_changes(truth[every.rows], every.before, every.after),
        answers=_answers(found, on_new),
    )


def _train(
    old: Classifier,
    records: Records,
    label: str,
    found: Feedback,
    groups: Ints,
    cache: EmbeddingCache | None,
) -> ClassifierResult:
    """Train by the same recipe on all rows, with figures on validation rows."""
    columns, rows = context_of(old), np.arange(len(records))
    labels = records.labels[label]
    check_training_columns(records, columns)
    check_labels(label, labels, model=old.kind)
    given = rows_of(records, columns)
    made = same_recipe(old, cache)
    with current().stage(f"Training {old.kind}"):
        made.fit(given, labels, groups)
    return ClassifierResult(
        made,
        len(records),
        found.counts[UNLABELLED],
        check_model(made, records),
        changes_without(made, given, columns),
        judged := evaluate_held(old.kind, made, records, rows, given),
        [Candidate(old.kind, made, judged)],
        conflicts=find_conflicts(records, labels, columns),
    )


def _people(
    found: Feedback,
    people: npt.NDArray[np.object_] | None,
    original_people: npt.NDArray[np.object_] | None,
) -> Ints:
    """Give each row the number of who it is of; rows of one content stay together."""
    n = len(found.original)
    who = np.full(n + len(found.new), None, dtype=object)
    if original_people is not None and len(original_people) == n:
        who[:n] = original_people
    if people is not None:
        who[n:] = people[np.flatnonzero(found.used == NEW)]
    keys: list[Any] = [
        f"row {key}" if one is None or one != one else f"person {one}"  # noqa: PLR0124 - NaN
        for one, key in zip(who.tolist(), found.keys.tolist(), strict=True)
    ]
    return np.asarray(pd.factorize(np.array(keys, dtype=object))[0], dtype=np.int64)


def _compared(
    said: Answers, truth: npt.NDArray[np.object_], groups: Ints, names: tuple[str, str]
) -> VersionComparison:
    known = truth[said.rows]
    return compare_same_rows(
        right(known, said.before),
        right(known, said.after),
        customers=groups[said.rows],
        looks="once",
        names=names,
    )


def _reference(model: LoadedModel, on_old: Answers, truth: npt.NDArray[np.object_]) -> Reference:
    """Say how often the active version is right on rows that were not chosen."""
    if len(on_old.rows):
        hits = right(truth[on_old.rows], on_old.before)
        return Reference(int(hits.sum()), len(hits), "held-out training rows")
    metrics = model.manifest.metrics
    rows, accuracy = int(metrics.get("judged_on") or 0), metrics.get("accuracy") or 0.0
    return Reference(round(rows * accuracy), rows, "validation rows of its training")


def _is_chosen(on_feedback: VersionComparison, reference: Reference) -> bool:
    """Whether the active version is right on feedback more or less often than elsewhere."""
    from scipy.stats import fisher_exact

    rows = on_feedback.rows
    if not rows or not reference.rows:
        return False
    hits = round(on_feedback.accuracy_a * rows)
    table = [[hits, rows - hits], [reference.right, reference.rows - reference.right]]
    return float(fisher_exact(table).pvalue) < _SELECTED


def _answers(found: Feedback, on_new: Answers) -> pd.DataFrame:
    """Lay out what became of each row of feedback."""
    given = found.given
    place = np.flatnonzero(found.used == NEW)[on_new.rows - len(found.original)]
    said = {name: np.full(len(given), "", dtype=object) for name in ("before", "after")}
    said["before"][place], said["after"][place] = on_new.before, on_new.after
    truth = texts_of(given.labels[found.label])
    return pd.DataFrame(
        {
            "id": given.ids,
            "text": given.shown,
            "truth": ["" if value is None else value for value in truth],
            **said,
            "used": found.used,
        }
    )
