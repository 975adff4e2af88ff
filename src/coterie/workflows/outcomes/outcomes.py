"""The stage of a recipe that predicts outcomes, and tells which features matter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.classifiers import EnsembleClassifier, EnsembleRegressor
from coterie.classifiers.trees.importance import concept_effects, shuffled_importances
from coterie.classifiers.trees.presets import find_preset
from coterie.encoders import EmbeddingCache
from coterie.errors import InputError
from coterie.formatting import counted, named
from coterie.metrics import assign_folds
from coterie.options import ModelPlan, OutcomesSettings
from coterie.records import CONCEPTS, Records
from coterie.workflows.dataset import Dataset
from coterie.workflows.evaluation.classes import ClassEvaluation
from coterie.workflows.evaluation.figures import Ceiling, NumberCeiling
from coterie.workflows.evaluation.measurements import evaluate_classifier, evaluate_regressor
from coterie.workflows.evaluation.numbers import NumberEvaluation
from coterie.workflows.outcomes.feature_table import (
    FeatureComparison,
    compare_features,
    significance_of,
)
from coterie.workflows.outcomes.outcome import Outcome, OutcomesResult
from coterie.workflows.outcomes.words import ceiling_reason, row_counts
from coterie.workflows.prediction.predict import decide_records, side_by_side
from coterie.workflows.training.numbers import as_numbers, learns_numbers
from coterie.workflows.training.results import ClassifierResult, RegressorResult
from coterie.workflows.training.rows import rows_of
from coterie.workflows.training.train import train_model

__all__ = ["run_outcomes"]

Ints = npt.NDArray[np.int64]

_MODEL = "ensemble"
_LEAST_ROWS = 10  # to train on, with validation and comparison of features: a judgement
_BANDS = 10  # of numbers, each split alike: a convention of the field


def run_outcomes(
    dataset: Dataset,
    settings: OutcomesSettings,
    models: Path,
    *,
    encoder: str = "minilm",
    title: str = "",
    seed: int = 0,
    cache: EmbeddingCache | None = None,
) -> OutcomesResult:
    """Train a model of each outcome, evaluate it once on test rows, and predict all records.

    Parameters
    ----------
    dataset
        The records, with concepts, texts or context columns.
    settings
        See `OutcomesSettings`.
    models
        The folder where the model of each outcome is saved, as soon as it is trained.
    encoder
        Embeds concepts and texts.
    title
        Of the page.
    seed
        Random seed.
    cache
        Where vectors are kept; the user's own cache when None.

    Raises
    ------
    InputError
        When no model can be trained.
    OptionError
        When there is no such learner or kind of features.
    StoreError
        When the folder cannot be written to.
    """
    records = dataset.records
    plan = settings.part(
        ModelPlan,
        model=_MODEL,
        members=settings.learners,
        encoder=encoder,
        context=dataset.context,
        texts=records.has_texts,
        seed=seed,
    )
    stage = _Stage(dataset, settings, models, plan, cache)
    outcomes, left_out = [], {}
    for label in settings.labels or tuple(records.labels):
        try:
            outcomes.append(stage.learn(label))
        except InputError as error:
            left_out[label] = str(error)
    if not outcomes:
        first, *others = [*left_out.values()] or ["the table has no label."]
        more = f" Neither can {counted(len(others), 'other outcome')}." if others else ""
        raise InputError(f"No model can be trained: {first}{more}")
    return OutcomesResult(
        outcomes,
        stage.predict_all(outcomes),
        title=title,
        source=records.source,
        rows=len(records),
        unit=dataset.unit,
        left_out=left_out,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Stage:
    dataset: Dataset
    settings: OutcomesSettings
    models: Path
    plan: ModelPlan
    cache: EmbeddingCache | None

    def learn(self, label: str) -> Outcome:
        """Train and evaluate a model of one outcome."""
        values = self.dataset.records.labels[label]
        numbers = learns_numbers(values, self.plan)
        learnt, judged_on = self._split(values, numbers=numbers)
        _check_rows(label, values[learnt], len(judged_on), numbers=numbers)
        training, test = self.dataset.records.take(learnt), self.dataset.records.take(judged_on)
        features = self._compare(training, label, numbers=numbers)
        plan = self.plan.changed(numbers=numbers)
        trained = train_model(training, plan, label=label, cache=self.cache)
        schema = {"label": label, "context": list(plan.context), **self.dataset.schema}
        trained.save(self.models / label, schema=schema, again=False)
        evaluation = self._evaluate(trained, test, label)
        model = cast("EnsembleClassifier | EnsembleRegressor", trained.model)
        importances = shuffled_importances(
            model, self._frame(test), evaluation.truth, seed=self.plan.seed
        )
        return Outcome(
            label=label,
            model=model,
            learnt=len(learnt),
            judged_on=len(judged_on),
            evaluation=evaluation,
            features=None
            if features is None
            else _with_ensemble(features, model, training.labels[label]),
            importances=importances,
            effects=concept_effects(model, self._frame(self.dataset.records)),
        )

    def _evaluate(
        self, trained: ClassifierResult | RegressorResult, test: Records, label: str
    ) -> ClassEvaluation | NumberEvaluation:
        source, values = test.source, test.labels[label]
        given: dict[str, Any] = {
            "label": label,
            "source": source,
            "title": f"Predictions of {label}",
            "subtitle": row_counts(source, trained.trained_on, len(test), self.dataset.unit),
        }
        ceilings = self.dataset.about.get("ceilings", {})
        best = ceilings.get(label, {}) if isinstance(ceilings, dict) else {}
        best = {name: float(value) for name, value in best.items() if value is not None}
        if isinstance(trained, RegressorResult):
            reason = ceiling_reason("explain this share of the variance of", "all rows")
            truth = as_numbers(values)
            estimated = evaluate_regressor(_MODEL, trained.model, test, truth, cache=self.cache)
            return NumberEvaluation(
                models=[estimated],
                records=test,
                ceiling=NumberCeiling(best["r2"], reason) if "r2" in best else None,
                **given,
            )
        reason = ceiling_reason("be right on this share of", "all rows")
        judged = evaluate_classifier(_MODEL, trained.model, test, values, cache=self.cache)
        return ClassEvaluation(
            models=[judged],
            ceiling=Ceiling(best["accuracy"], best.get("auc"), reason) if best else None,
            positive="1" if set(judged.classes) == {"0", "1"} else None,
            **given,
        )

    def predict_all(self, outcomes: Sequence[Outcome]) -> pd.DataFrame:
        """Predict every record, and say which of them are training rows."""
        records = self.dataset.records
        answers = {
            outcome.label: decide_records(outcome.model, records, self.cache)
            for outcome in outcomes
        }
        frame = side_by_side(records.ids, answers)
        for outcome in outcomes:
            label = outcome.label
            learnt, _ = self._split(
                self.dataset.records.labels[label], numbers=outcome.judged is None
            )
            used = np.full(len(frame), "not in training", dtype=object)
            used[learnt] = "training"
            after = frame.columns.tolist().index(f"{label} status") + 1
            frame.insert(after, f"{label} used", used)
        return frame

    def _frame(self, records: Records) -> pd.DataFrame:
        given = rows_of(records, self.plan.context)
        return given if isinstance(given, pd.DataFrame) else pd.DataFrame({"text": given})

    def _split(self, values: npt.NDArray[np.object_], *, numbers: bool) -> tuple[Ints, Ints]:
        """Give training and test rows: a share of each class, or of each band of numbers."""
        rows = np.flatnonzero([value is not None for value in values])
        known = values[rows]
        if numbers:
            found = pd.qcut(as_numbers(known), _BANDS, labels=False, duplicates="drop")
        else:
            found = pd.factorize(known, sort=True)[0]
        codes = np.asarray(found, dtype=np.int64)
        folds = assign_folds(
            codes, None, max(2, round(1 / self.settings.test)), seed=self.plan.seed
        )
        return rows[folds != 0], rows[folds == 0]

    def _compare(self, training: Records, label: str, *, numbers: bool) -> FeatureComparison | None:
        if not self.settings.compare or CONCEPTS not in self.plan.context:
            return None
        values = training.labels[label]
        classes, target = (
            (None, as_numbers(values))
            if numbers
            else np.unique(values.astype(str), return_inverse=True)
        )
        if classes is not None and len(classes) < 2:
            return None  # training says why there is nothing to learn
        return compare_features(
            self._frame(training),
            target,
            classes,
            concepts=CONCEPTS,
            text="text" if self.plan.texts else None,
            context=tuple(name for name in self.plan.context if name != CONCEPTS),
            kinds=self.settings.kinds or find_preset(self.settings.preset).kinds,
            encoder=self.plan.encoder,
            seed=self.plan.seed,
            cache=self.cache,
        )


def _check_rows(label: str, values: npt.NDArray[np.object_], tested: int, *, numbers: bool) -> None:
    """Refuse to train on too few rows: in all, of one class, or to test on."""
    rows = len(values)
    if rows < _LEAST_ROWS or not tested:
        raise InputError(
            f"'{label}' has {counted(rows + tested, 'row')} with a value, {rows} of which are left "
            f"to train on: give at least {_LEAST_ROWS}, and others to test on."
        )
    rare = [name for name, count in Counter(map(str, values)).items() if count < 2]
    if rare and not numbers:
        raise InputError(
            f"Too few rows of {named(rare, 3)} in '{label}', one each to train on: give more of "
            "them, or remove them."
        )


def _with_ensemble(
    features: FeatureComparison,
    model: EnsembleClassifier | EnsembleRegressor,
    values: npt.NDArray[np.object_],
) -> pd.DataFrame:
    """Add the tuned ensemble on all features, by its own cross-validation."""
    table = features.table
    chosen = model.table_.loc[model.table_["chosen"]].iloc[0]
    numbers = isinstance(model, EnsembleRegressor)
    row = {
        "features": f"ensemble ({chosen['model']})",
        "columns": model.width_,
        "seconds_training": float(chosen["seconds"]),
        "p_value": significance_of(_losses(model, values), features.losses, numbers=numbers),
    }
    for name in ("accuracy", "accuracy_sd", "auc", "r2", "r2_sd"):
        if name in chosen and name in table:
            row[name] = float(chosen[name])
    whole = pd.concat([table, pd.DataFrame([row])], ignore_index=True)
    whole.attrs = table.attrs
    return whole


def _losses(
    model: EnsembleClassifier | EnsembleRegressor, values: npt.NDArray[np.object_]
) -> npt.NDArray[np.float64]:
    """Give what an ensemble is charged for each of its n training rows, out of fold."""
    assert model.held_ is not None
    if isinstance(model, EnsembleRegressor):
        return np.asarray((model.held_.values - as_numbers(values)) ** 2, dtype=np.float64)
    held = model.held_
    return np.asarray(held.probabilities.argmax(axis=1) != held.codes, dtype=np.float64)
