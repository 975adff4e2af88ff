"""Models of a number side by side on rows whose numbers are known."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

from coterie.classifiers import EnsembleRegressor
from coterie.encoders import EmbeddingCache
from coterie.errors import CoterieWarning
from coterie.records import Records
from coterie.workflows.evaluation.base import PRICE
from coterie.workflows.evaluation.labelled_rows import numbered_records
from coterie.workflows.evaluation.number_evaluation import NumberEvaluation
from coterie.workflows.evaluation.scored_numbers import judge_regressor
from coterie.workflows.prediction.predict import LoadedModel

__all__ = ["evaluate_numbers"]


def evaluate_numbers(
    models: Mapping[str, LoadedModel],
    records: Records,
    label: str,
    *,
    price: float = PRICE,
    title: str = "",
    cache: EmbeddingCache | None = None,
) -> NumberEvaluation:
    """Judge models of a number, by name, as `evaluate_models` does those of classes."""
    numbered = numbered_records(records, label)
    judged = []
    for name, model in models.items():
        assert isinstance(model.classifier, EnsembleRegressor)
        trained = model.manifest.metrics
        about = {**model.about, "mae_in_training": trained.get("mae")}
        judged.append(
            judge_regressor(
                name,
                model.classifier,
                numbered.records,
                numbered.numbers,
                cache=cache,
                size=model.size,
                about=about,
            )
        )
    _warn_of_others(models)
    return NumberEvaluation(
        judged=judged,
        records=numbered.records,
        title=title,
        label=label,
        source=records.source,
        price=price,
        unlabelled=numbered.unlabelled,
        not_numbers=numbered.not_numbers,
        rejects=records.rejects,
    )


def _warn_of_others(models: Mapping[str, LoadedModel]) -> None:
    """Say where models were trained on columns of different names."""
    learnt = {name: model.schema.get("label") for name, model in models.items()}
    if len(set(learnt.values())) > 1:
        told = ", ".join(f"{name} learnt {label!r}" for name, label in learnt.items())
        warnings.warn(
            f"The models may not be of one number ({told}), and are judged by one.",
            CoterieWarning,
            stacklevel=2,
        )
