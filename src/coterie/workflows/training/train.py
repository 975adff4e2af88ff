"""Labelled records into a trained model, evaluated on validation rows."""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import cast

import numpy as np
import numpy.typing as npt

from coterie.classifiers import (
    Classifier,
    SoftVotingClassifier,
    TextClassifier,
)
from coterie.classifiers.features.pipeline import check_kinds
from coterie.encoders import (
    EmbeddingCache,
    GivenVectors,
)
from coterie.errors import CoterieWarning, InputError, OptionError
from coterie.metrics import (
    Paired,
    adjust_p_values,
    differ,
    highest_accuracy,
    paired_difference,
)
from coterie.options import EnsembleSettings, ModelPlan
from coterie.records import CONCEPTS, Records, texts_of
from coterie.workflows.columns import changes_without, check_training_columns
from coterie.workflows.evaluation.models import (
    EvaluatedClassifier,
    evaluate_held,
    evaluate_held_numbers,
)
from coterie.workflows.reading import check_model
from coterie.workflows.training.labels import check_labels, find_conflicts
from coterie.workflows.training.models import make_classifier, make_regressor
from coterie.workflows.training.numbers import as_numbers, learns_numbers
from coterie.workflows.training.results import Candidate, ClassifierResult, RegressorResult
from coterie.workflows.training.rows import label_of, rows_of

__all__ = ["train_model"]

_CANDIDATES = ("few-shot", "linear", "mlp")  # from the simplest on: a judgement


def train_model(
    records: Records,
    plan: ModelPlan | None = None,
    *,
    label: str | None = None,
    groups: npt.NDArray[np.object_] | None = None,
    expected: Sequence[str] = (),
    fitted: Mapping[str, Classifier] | None = None,
    cache: EmbeddingCache | None = None,
) -> ClassifierResult | RegressorResult:
    """Train a classifier, or a regressor where the labels are numbers.

    Parameters
    ----------
    records
        n rows, with at least one label column; rows without a label are left out.
    plan
        Which model; the defaults when None. See `coterie.workflows.training.numbers` for when
        labels are numbers.
    label
        The label column; None where there is only one.
    groups
        Shape (n,): rows of one value are not split between training and validation.
    expected
        Classes that should be there; those that are not are named in a warning.
    fitted
        Classifiers by name that were fitted on these very records with this plan, so that a vote
        of them does not train them again.
    cache
        Where vectors are kept; the user's own cache when None.

    Raises
    ------
    ColumnError
        When there is no such label or context column.
    InputError
        When the labels give nothing to learn, as ids do.
    OptionError
        When there is no such model, or it cannot learn numbers.

    Warns
    -----
    CoterieWarning
        Names the expected classes that no row has, and counts identical texts with several labels.
    """
    column = label_of(records, label)
    labels = records.labels[column]
    plan = (plan or ModelPlan()).changed(texts=records.has_texts)
    _check_ensemble_options(plan)
    vectors = None if records.vectors is None else GivenVectors.of(records.vectors)
    numbers = learns_numbers(labels, plan) and vectors is None
    rows = np.flatnonzero([value is not None for value in labels])
    if not len(rows):
        raise InputError(f"No row has a label in '{column}': name the column of the labels.")
    given, known = rows_of(records, plan.context, rows), labels[rows]
    check_training_columns(records, plan.context)
    check_labels(column, known, model=plan.model.partition(":")[0], numbers=numbers)
    own_groups = None if groups is None else groups[rows]
    counts = len(rows), len(records) - len(rows)
    if numbers:
        regressor, values = make_regressor(plan, cache), as_numbers(known)
        regressor.fit(given, values, own_groups)
        judged_rows = records.take(rows)
        read = check_model(regressor, judged_rows)
        changes = changes_without(regressor, given, plan.context)
        judged = evaluate_held_numbers(plan.model, regressor, values)
        return RegressorResult(regressor, *counts, read, changes, judged, judged_rows)
    there = set(texts_of(known))
    absent = [name for name in expected if name not in there]
    if absent:
        warnings.warn(
            f"No row has the label {' or '.join(absent)}, so the model cannot predict it.",
            CoterieWarning,
            stacklevel=2,
        )

    conflicts = find_conflicts(records, labels, plan.context)
    if conflicts is not None:
        warnings.warn(conflicts.note, CoterieWarning, stacklevel=2)

    def trained(model: str, members: Sequence[str] = ()) -> Candidate:
        made = _vote_of(model, members, fitted or {}, plan.accuracy)
        if made is None:
            made = make_classifier(plan.changed(model=model, members=members), cache, vectors)
            made.fit(given, known, own_groups)
        return Candidate(model, made, evaluate_held(model, made, records, rows, given))

    def combined(found: Sequence[Candidate]) -> Candidate:
        members = [cast("TextClassifier", each.classifier) for each in found]
        vote = SoftVotingClassifier.of(members, accuracy=plan.accuracy)
        return Candidate("voting", vote, evaluate_held("voting", vote, records, rows, given))

    if plan.model == "auto":
        candidates = _candidates(plan, trained, combined)
    else:
        candidates = [trained(plan.model, plan.members)]
    chosen = _chosen(candidates)
    read = check_model(chosen.classifier, records.take(rows))
    result = ClassifierResult(
        chosen.classifier,
        *counts,
        read,
        changes_without(chosen.classifier, given, plan.context),
        chosen.judged,
        candidates,
        absent,
        conflicts,
    )
    if result.threshold is None and result.judged.correct.any():
        warnings.warn(_why_none(result.judged, plan.accuracy), CoterieWarning, stacklevel=2)
    return result


def _check_ensemble_options(plan: ModelPlan) -> None:
    """Refuse options of an ensemble that would do nothing."""
    asked = [name for name in EnsembleSettings.model_fields if name in plan.given()]
    if asked and "ensemble" not in (each.partition(":")[0] for each in (plan.model, *plan.members)):
        raise OptionError(
            f"'{asked[0]}' is about an ensemble, and the model is {plan.model}: leave it out, or "
            "choose --model ensemble (model='ensemble').",
        )
    if plan.kinds is not None and CONCEPTS not in plan.context:
        check_kinds(plan.kinds)
        raise OptionError(
            "Kinds of features (--kind, kinds=) are made of concepts, and there are none: leave "
            "them out, or name the concepts with --concepts (concepts=)."
        )


def _vote_of(
    model: str, members: Sequence[str], fitted: Mapping[str, Classifier], accuracy: float | None
) -> Classifier | None:
    """Make a vote of classifiers that are fitted already; None where one is not."""
    found = [fitted[name] for name in members if name in fitted]
    texts = [each for each in found if isinstance(each, TextClassifier)]
    if model != "voting" or len(texts) < 2 or len(texts) < len(members):
        return None
    return SoftVotingClassifier.of(texts, accuracy=accuracy)


def _why_none(judged: EvaluatedClassifier, asked: float | None) -> str:
    """Say that no row will be assigned, and which accuracy could be asked for."""
    best, share = highest_accuracy(judged.correct, judged.predictions.confidences)
    said = f"{best:.0%} of the most confident {share:.0%} of validation rows"
    if asked is None:
        return (
            f"Most answers are wrong ({judged.scores.accuracy:.0%} of the validation rows are "
            f"right), so all will be ambiguous: give more rows or better labels. The best that "
            f"could be asked for is --accuracy {np.floor(best * 100) / 100:g}, reached by {said}."
        )
    return (
        f"An accuracy of {asked:.0%} is not reached, so all answers will be ambiguous: ask for "
        f"--accuracy {np.floor(best * 100) / 100:g} (accuracy=), which {said} reach, or give more "
        "rows."
    )


def _candidates(
    plan: ModelPlan,
    trained: Callable[[str], Candidate],
    combined: Callable[[Sequence[Candidate]], Candidate],
) -> list[Candidate]:
    """Train the candidates of ``auto``, and a vote of them where all read texts."""
    wanted = list(plan.members) or [
        name for name in _CANDIDATES if name != "mlp" or importlib.util.find_spec("torch")
    ]
    if len(set(wanted)) < len(wanted):
        raise OptionError("A candidate is named twice: name each once.")
    found = [trained(name) for name in wanted]
    if len(found) > 1 and all(isinstance(each.classifier, TextClassifier) for each in found):
        found.append(combined(found))
    return found


def _chosen(candidates: Sequence[Candidate]) -> Candidate:
    """Choose the most accurate, or an earlier and simpler one that is not significantly worse."""
    best = max(candidates, key=lambda each: each.judged.scores.accuracy)
    others = [each for each in candidates if each is not best]
    found = [_difference(best, other) for other in others]
    worse = [
        other
        for other, pair, p in zip(
            others, found, adjust_p_values([pair.p_value for pair in found]), strict=True
        )
        if pair.difference > 0 and differ(p, best.judged.shown_score, other.judged.shown_score)
    ]
    return next(each for each in candidates if each not in worse)


def _difference(one: Candidate, other: Candidate) -> Paired:
    """Compare two candidates on their common validation rows."""
    _, at, its = np.intersect1d(one.judged.ids, other.judged.ids, return_indices=True)
    return paired_difference(one.judged.correct[at], other.judged.correct[its])
