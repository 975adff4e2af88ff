"""Labelled records into a trained model, evaluated on validation rows."""

from __future__ import annotations

import importlib.util
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.classifiers import (
    Classifier,
    EnsembleRegressor,
    Model,
    SoftVotingClassifier,
    TextClassifier,
    save_classifier,
)
from coterie.classifiers.features.pipeline import check_kinds
from coterie.encoders import (
    UNKNOWN_ENCODER,
    EmbeddingCache,
    GivenVectors,
    Readability,
    Vectors,
)
from coterie.errors import ColumnError, CoterieWarning, InputError, OptionError, StoreError
from coterie.jsonable import as_plain
from coterie.metrics import (
    NumberScores,
    Paired,
    adjust_p_values,
    differ,
    highest_accuracy,
    paired_difference,
    score_numbers,
)
from coterie.options import EnsembleSettings, ModelPlan
from coterie.progress import current
from coterie.records import CONCEPTS, Records, RowVectors, VectorOrigin, texts_of
from coterie.segments.taxonomy.files import load_segmentation
from coterie.segments.taxonomy.rows import has_rows, load_rows
from coterie.store import Manifest
from coterie.workflows.columns import changes_without, check_training_columns
from coterie.workflows.evaluation.models import EvaluatedClassifier, evaluate_held
from coterie.workflows.reading import check_model
from coterie.workflows.training.labels import Conflicts, check_labels, find_conflicts
from coterie.workflows.training.models import make_classifier, make_regressor
from coterie.workflows.training.numbers import as_numbers, learns_numbers

__all__ = [
    "CHANGES",
    "Candidate",
    "ClassifierResult",
    "RegressorResult",
    "TrainResult",
    "label_of",
    "rows_of",
    "segment_records",
    "train_model",
]

CHANGES = "changes_without"
"""The name under which the schema of a model has the shares of `changes_without`."""

_CANDIDATES = ("few-shot", "linear", "mlp")  # from the simplest on: a judgement
_TEXT = "text"


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """One model that ``auto`` tried: its name, fitted, and evaluated on validation rows."""

    name: str
    classifier: Classifier
    judged: EvaluatedClassifier


@dataclass(frozen=True, slots=True, eq=False)
class TrainResult(ABC):
    """A trained model, and its figures on validation rows.

    Attributes
    ----------
    model
        Fitted on all labelled rows.
    trained_on, unlabelled
        Number of rows with and without a label.
    readability
        What the encoder can read of the labelled texts; None where the model reads none.
    changes
        Column to the share of the answers that change without it, see
        `coterie.workflows.columns.changes_without`.
    """

    form: ClassVar[int] = 1

    model: Model
    trained_on: int
    unlabelled: int
    readability: Readability | None
    changes: Mapping[str, float]

    @property
    @abstractmethod
    def metrics(self) -> dict[str, Any]:
        """All figures, as the manifest of the model holds them."""

    def to_dict(self) -> dict[str, Any]:
        """Give all figures, as JSON takes them."""
        return {"form": self.form, **self.metrics}

    def save(
        self, folder: str | Path, *, schema: Mapping[str, Any], note: str = "", again: bool = True
    ) -> Manifest:
        """Save as a new version of a model directory, whole or not at all.

        Parameters
        ----------
        folder
            The model directory; earlier versions in it are kept.
        schema
            How the records were read, with the ``label`` and the ``context``, so that others are
            read in the same way.
        note
            A remark for people.
        again
            Whether to save a model that is the same as the active version.

        Raises
        ------
        StoreError
            When it cannot be written; the version that was active still is.
        """
        with current().stage("Saving the model"):
            return save_classifier(
                self.model,
                folder,
                schema={**schema, CHANGES: dict(self.changes)} if self.changes else schema,
                metrics=self.metrics,
                note=note,
                again=again,
            )


@dataclass(frozen=True, slots=True, eq=False)
class ClassifierResult(TrainResult):
    """A trained classifier, see `TrainResult`.

    Attributes
    ----------
    judged
        The model on validation rows.
    candidates
        All models that were tried; one where the model was named.
    absent
        Classes that were expected, and that no row has.
    conflicts
        Identical texts with more than one label; None where there are none.
    """

    model: Classifier
    judged: EvaluatedClassifier
    candidates: Sequence[Candidate]
    absent: Sequence[str] = ()
    conflicts: Conflicts | None = None

    @property
    def threshold(self) -> float | None:
        """Confidence below which a row is ambiguous; None where all are."""
        found = self.model.confidence_.threshold
        return found if found <= 1 else None

    @property
    def table(self) -> pd.DataFrame:
        """The candidates side by side, the chosen one marked."""
        columns = ("accuracy", "macro_f1", "log_loss", "ece")
        return pd.DataFrame(
            {
                "model": each.name,
                **{column: getattr(each.judged.figures, column) for column in columns},
                "chosen": each.classifier is self.model,
            }
            for each in self.candidates
        )

    @property
    def metrics(self) -> dict[str, Any]:
        """All figures, as the manifest of the model holds them."""
        figures = self.judged.figures.to_dict()
        del figures["model"], figures["kind"]
        found = {
            **figures,
            "trained_on": self.trained_on,
            "unlabelled": self.unlabelled,
            "judged_on": len(self.judged.truth),
            "threshold": self.threshold,
            "suspect_labels": self.judged.suspect_rows,
        }
        if self.judged.over_folds is not None:
            found["over_folds"] = self.judged.over_folds.to_dict()
        if self.judged.intervals:
            found["intervals"] = as_plain(self.judged.intervals)
        if self.absent:
            found["absent_classes"] = list(self.absent)
        if self.conflicts is not None:
            found |= self.conflicts.to_dict()
        if self.changes:
            found[CHANGES] = dict(self.changes)
        if self.readability is not None:
            found["readability"] = self.readability.to_dict()
        if len(self.candidates) > 1:
            found["tried"] = {c.name: c.judged.figures.accuracy for c in self.candidates}
        return found


@dataclass(frozen=True, slots=True, eq=False)
class RegressorResult(TrainResult):
    """A trained regressor, see `TrainResult`.

    Attributes
    ----------
    scores
        Its errors on validation rows: each row by models that were not trained on it.
    """

    model: EnsembleRegressor
    scores: NumberScores

    @property
    def metrics(self) -> dict[str, Any]:
        """All figures, as the manifest of the model holds them."""
        found: dict[str, Any] = {
            **self.scores.figures,
            "trained_on": self.trained_on,
            "unlabelled": self.unlabelled,
            "judged_on": self.trained_on,
            "mixed_by": self.model.mixed_by_,
        }
        if self.changes:
            found[CHANGES] = dict(self.changes)
        if self.readability is not None:
            found["readability"] = self.readability.to_dict()
        return found


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
        assert regressor.held_ is not None
        read = check_model(regressor, records.take(rows))
        changes = changes_without(regressor, given, plan.context)
        scores = score_numbers(values, regressor.held_)
        return RegressorResult(regressor, *counts, read, changes, scores)
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


def rows_of(
    records: Records, context: Sequence[str], rows: npt.NDArray[np.integer[Any]] | None = None
) -> list[str] | Vectors | pd.DataFrame:
    """Give records as models take them: texts, or a frame of texts (if any) and context columns.

    Where records have vectors, these are in the place of their texts.

    Columns that the records do not have are left out: a classifier takes the mean or the most
    common value in place of a missing one, and warns.
    """
    chosen = np.arange(len(records)) if rows is None else rows
    texts: list[Any] = records.texts[chosen].tolist()
    if records.vectors is not None:
        given = records.vectors.values[chosen]
        if not context:
            return given
        texts = list(given)
    elif records.has_texts and not context:
        return texts
    there = [name for name in context if name in records.context.columns]
    frame = records.context[there].iloc[chosen].reset_index(drop=True)
    if not records.has_texts and records.vectors is None:
        return frame
    frame.insert(0, _TEXT, pd.Series(texts, dtype=object), allow_duplicates=True)
    return frame


def label_of(records: Records, wanted: str | None) -> str:
    """Give the name of the label column.

    Raises
    ------
    ColumnError
        When it is not there, or there are several and none is named.
    """
    if wanted is None and len(records.labels) == 1:
        return next(iter(records.labels))
    if not records.labels:
        raise ColumnError("No label column is named: name it with --label.")
    if wanted is None or wanted not in records.labels:
        named = ", ".join(records.labels)
        raise ColumnError(f"A model has one label column, and these are named: {named}. Name one.")
    return wanted


def segment_records(folder: str | Path) -> tuple[Records, Mapping[str, str], dict[str, Any]]:
    """Make labelled records of a folder that discover or assign wrote.

    Parameters
    ----------
    folder
        With a segmentation and its rows.

    Returns
    -------
    records
        Its rows; the label column ``segment`` holds the segment ids of rows that are core or
        assigned, and None for others.
    names
        Segment id to name.
    plan
        Encoder and pooling of the segmentation, as `ModelPlan` takes them.

    Raises
    ------
    StoreError
        When the folder holds no segmentation, or no rows.

    Warns
    -----
    CoterieWarning
        When the segments can still change.
    """
    segmentation = load_segmentation(folder)
    if not has_rows(folder):
        raise StoreError(
            f"{folder} holds segments without rows: name a folder that discover or assign wrote."
        )
    rows = load_rows(folder)
    assignments = segmentation.predict(
        rows.vectors, fingerprint=rows.fingerprint, readable=rows.readable
    )
    if not segmentation.frozen:
        warnings.warn(
            "These segments are not frozen, and the model does not follow later edits: run "
            f"coterie segments freeze {folder} first.",
            CoterieWarning,
            stacklevel=2,
        )
    certain = np.isin(assignments.statuses.astype(str), ["core", "assigned"])
    labels = assignments.segments.copy()
    labels[~certain] = None
    n = len(rows)
    records = Records(
        ids=rows.ids,
        texts=rows.texts,
        originals=rows.originals,
        sizes=np.ones(n, dtype=np.int64),
        rows=np.arange(1, n + 1),
        labels={"segment": labels},
        source=f"the segments in {Path(folder).name}",
    )
    made_by = segmentation.encoder
    if made_by.name == UNKNOWN_ENCODER or not records.has_texts:
        known = VectorOrigin(made_by.name, made_by.fingerprint) if made_by.fingerprint else None
        given = RowVectors(rows.vectors, known or VectorOrigin(), records.source)
        records = replace(records, vectors=given)
    names = {segment.id: segment.name for segment in segmentation.segments}
    pooling = "lines" if segmentation.encoder.pooling == "row" else "text"
    return records, names, {"encoder": segmentation.encoder.name, "pooling": pooling}


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
