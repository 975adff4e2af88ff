"""The stage of a recipe that learns what will become of clients, and which features tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.classifiers import EnsembleClassifier, EnsembleRegressor
from coterie.classifiers.trees.importance import concept_effects, shuffled_importances
from coterie.classifiers.trees.presets import find_preset
from coterie.encoders import EmbeddingCache
from coterie.errors import InputError
from coterie.metrics import assign_folds
from coterie.options import ModelPlan, OutcomesSettings
from coterie.records import CONCEPTS, Records
from coterie.workflows.dataset import Dataset
from coterie.workflows.evaluation.classes import ClassEvaluation
from coterie.workflows.evaluation.figures import Ceiling, NumberCeiling
from coterie.workflows.evaluation.measurements import evaluate_classifier, evaluate_regressor
from coterie.workflows.evaluation.models import EvaluatedClassifier, EvaluatedRegressor
from coterie.workflows.evaluation.numbers import NumberEvaluation
from coterie.workflows.outcomes.feature_table import compare_features
from coterie.workflows.outcomes.outcome import Outcome, OutcomesResult
from coterie.workflows.prediction.predict import decide_records
from coterie.workflows.training.numbers import (
    RegressorResult,
    as_numbers,
    estimate_records,
    learns_numbers,
    train_regressor,
)
from coterie.workflows.training.saved import save_trained
from coterie.workflows.training.train import TrainResult, rows_of, train_classifier

__all__ = ["run_outcomes"]

Ints = npt.NDArray[np.int64]

_MODEL = "ensemble"
_INVENTED = "The data is invented, with chance in it: a model that knew how it was made would"
_BANDS = 10


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
    """Learn each outcome, judge it once on rows kept apart, and predict all records.

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
        Draws the split and all that is drawn in training.
    cache
        Where vectors are kept; the user's own when None.

    Raises
    ------
    InputError
        When no outcome can be learnt.
    OptionError
        When a learner or a kind of features is not known.
    StoreError
        When the folder cannot be written to.
    """
    cache = EmbeddingCache() if cache is None else cache
    stage = _Stage(dataset, settings, models, encoder, seed, cache)
    outcomes, left_out = [], {}
    for label in settings.labels or tuple(dataset.records.labels):
        try:
            outcomes.append(stage.learn(label))
        except InputError as error:
            left_out[label] = str(error)
    if not outcomes:
        told = " ".join(left_out.values()) or "the table has no label to learn from."
        raise InputError(f"No outcome can be learnt: {told}")
    records = dataset.records
    return OutcomesResult(
        outcomes,
        stage.predict_all(outcomes),
        title=title,
        source=records.source,
        rows=len(records),
        unit=dataset.unit,
        left_out=left_out,
    )


class _Stage:
    def __init__(
        self,
        dataset: Dataset,
        settings: OutcomesSettings,
        models: Path,
        encoder: str,
        seed: int,
        cache: EmbeddingCache,
    ) -> None:
        self._dataset, self._records = dataset, dataset.records
        self._settings, self._models = settings, models
        self._seed, self._cache = seed, cache
        self._plan = ModelPlan(
            model=_MODEL,
            members=settings.learners,
            encoder=encoder,
            context=dataset.context,
            texts=dataset.records.has_texts,
            preset=settings.preset,
            kinds=settings.kinds,
            mix=settings.mix,
            draws=settings.draws,
            seconds=settings.seconds,
            balance=settings.balance,
            seed=seed,
        )

    def learn(self, label: str) -> Outcome:
        """Learn one outcome."""
        values = self._records.labels[label]
        numbers = learns_numbers(values, self._plan)
        learnt, judged_on = self._split(values, numbers=numbers)
        training, test = self._records.take(learnt), self._records.take(judged_on)
        told = _ceiling_of(self._dataset, label)
        features = self._compare(training, label, numbers=numbers)
        trained: TrainResult | RegressorResult
        model: EnsembleClassifier | EnsembleRegressor
        evaluation: ClassEvaluation | NumberEvaluation
        if numbers:
            trained = train_regressor(training, self._plan, label=label, cache=self._cache)
            model = trained.regressor
            self._save(trained, label)
            near = evaluate_regressor(
                _MODEL, model, test, as_numbers(test.labels[label]), cache=self._cache
            )
            evaluation = self._of_a_number(near, test, label, told, len(learnt))
        else:
            trained = train_classifier(training, self._plan, label=label, cache=self._cache)
            assert isinstance(trained.classifier, EnsembleClassifier)
            model = trained.classifier
            self._save(trained, label)
            judged = evaluate_classifier(_MODEL, model, test, test.labels[label], cache=self._cache)
            evaluation = self._of_classes(judged, test, label, told, len(learnt))
        truth = evaluation.truth
        return Outcome(
            label=label,
            model=model,
            learnt=len(learnt),
            judged_on=len(judged_on),
            evaluation=evaluation,
            features=_with_ensemble(features, model),
            importances=shuffled_importances(model, self._frame(test), truth, seed=self._seed),
            effects=concept_effects(model, self._frame(self._records)),
            ceiling=told,
        )

    def predict_all(self, outcomes: Sequence[Outcome]) -> pd.DataFrame:
        """Tell what is said of every record, and which of them were learnt from."""
        frame = pd.DataFrame({"id": self._records.ids})
        for outcome in outcomes:
            if isinstance(outcome.model, EnsembleRegressor):
                said = estimate_records(outcome.model, self._records, self._cache)
                own = said.frame(self._records.ids, label_name=outcome.label)
                own.columns = [
                    "id",
                    outcome.label,
                    *(f"{outcome.label} {n}" for n in own.columns[2:]),
                ]
            else:
                found = decide_records(outcome.model, self._records, self._cache)
                own = pd.DataFrame(
                    {
                        outcome.label: found.labels,
                        f"{outcome.label} confidence": np.round(found.confidences, 6),
                        f"{outcome.label} status": found.statuses,
                    }
                )
            values = self._records.labels[outcome.label]
            learnt, _ = self._split(values, numbers=outcome.judged is None)
            used = np.full(len(frame), "not learnt from", dtype=object)
            used[learnt] = "learnt from"
            own[f"{outcome.label} used"] = used
            frame = pd.concat([frame, own.drop(columns="id", errors="ignore")], axis=1)
        return frame

    def _frame(self, records: Records) -> pd.DataFrame:
        given = rows_of(records, self._plan.context)
        return given if isinstance(given, pd.DataFrame) else pd.DataFrame({"text": given})

    def _split(self, values: npt.NDArray[np.object_], *, numbers: bool) -> tuple[Ints, Ints]:
        """Rows to learn from and rows to judge on: a share of each class, or of each band."""
        rows = np.flatnonzero([value is not None for value in values])
        known = values[rows]
        if numbers:
            found = pd.qcut(as_numbers(known), _BANDS, labels=False, duplicates="drop")
            codes = np.asarray(found, dtype=np.int64)
        else:
            codes = np.asarray(pd.factorize(known, sort=True)[0], dtype=np.int64)
        folds = assign_folds(codes, None, max(2, round(1 / self._settings.test)), seed=self._seed)
        return rows[folds != 0], rows[folds == 0]

    def _compare(self, training: Records, label: str, *, numbers: bool) -> pd.DataFrame | None:
        if not self._settings.compare or CONCEPTS not in self._plan.context:
            return None
        values = training.labels[label]
        classes: npt.NDArray[Any] | None = None
        if numbers:
            target: npt.NDArray[Any] = as_numbers(values)
        else:
            classes, target = np.unique(values.astype(str), return_inverse=True)
        kinds = self._settings.kinds or find_preset(self._settings.preset).kinds
        return compare_features(
            self._frame(training),
            target,
            classes,
            concepts=CONCEPTS,
            text="text" if self._plan.texts else None,
            context=tuple(name for name in self._plan.context if name != CONCEPTS),
            kinds=kinds,
            encoder=self._plan.encoder,
            seed=self._seed,
            cache=self._cache,
        )

    def _save(self, trained: TrainResult | RegressorResult, label: str) -> None:
        schema = {"label": label, "context": list(self._plan.context), **self._dataset.schema}
        save_trained(trained, self._models / label, schema=schema)

    def _of_classes(
        self,
        judged: EvaluatedClassifier,
        test: Records,
        label: str,
        told: Mapping[str, float],
        learnt: int,
    ) -> ClassEvaluation:
        ceiling = None
        if told:
            ceiling = Ceiling(
                told["accuracy"],
                told.get("auc"),
                f"{_INVENTED} expect to be right on this share of all rows, and none can honestly "
                "do better but by luck.",
            )
        return ClassEvaluation(
            models=[judged],
            title=f"How well {label} is predicted",
            subtitle=self._counted(learnt, test),
            label=label,
            source=self._records.source,
            positive="1" if set(judged.classes) == {"0", "1"} else None,
            ceiling=ceiling,
        )

    def _of_a_number(
        self,
        judged: EvaluatedRegressor,
        test: Records,
        label: str,
        told: Mapping[str, float],
        learnt: int,
    ) -> NumberEvaluation:
        ceiling = None
        if "r2" in told:
            ceiling = NumberCeiling(
                told["r2"],
                f"{_INVENTED} expect to explain this share of the variance of all rows, and none "
                "can honestly do better but by luck.",
            )
        return NumberEvaluation(
            models=[judged],
            records=test,
            title=f"How well {label} is estimated",
            subtitle=self._counted(learnt, test),
            label=label,
            source=self._records.source,
            ceiling=ceiling,
        )

    def _counted(self, learnt: int, test: Records) -> str:
        unit = self._dataset.unit
        return f"{self._records.source}: {learnt:,} {unit} learnt from, {len(test):,} judged on"


def _with_ensemble(
    features: pd.DataFrame | None, model: EnsembleClassifier | EnsembleRegressor
) -> pd.DataFrame | None:
    """Add the tuned ensemble on all features, as its own folds judged it."""
    if features is None:
        return None
    chosen = model.table_.loc[model.table_["chosen"]].iloc[0]
    row = {
        "features": f"ensemble ({chosen['model']})",
        "columns": model.width_,
        "seconds_training": float(chosen["seconds"]),
    }
    for name in ("accuracy", "accuracy_sd", "auc", "r2", "r2_sd"):
        if name in chosen and name in features:
            row[name] = float(chosen[name])
    table = pd.concat([features, pd.DataFrame([row])], ignore_index=True)
    table.attrs = features.attrs
    return table


def _ceiling_of(dataset: Dataset, label: str) -> Mapping[str, float]:
    told = dataset.about.get("ceilings", {})
    found = told.get(label, {}) if isinstance(told, dict) else {}
    return {name: float(value) for name, value in found.items() if value is not None}
