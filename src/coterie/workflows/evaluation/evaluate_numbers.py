"""Models of a number side by side on rows whose numbers are known."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

from coterie.classifiers import EnsembleRegressor
from coterie.encoders import EmbeddingCache
from coterie.errors import CoterieWarning
from coterie.progress import current
from coterie.records import Records
from coterie.workflows.evaluation.evaluation import PRICE
from coterie.workflows.evaluation.labelled_rows import Numbered, numbered_records
from coterie.workflows.evaluation.number_evaluation import NumberCeiling, NumberEvaluation
from coterie.workflows.evaluation.number_figures import metrics_of, misses, predictions_table
from coterie.workflows.evaluation.scored_numbers import JudgedNumbers, judge_regressor
from coterie.workflows.evaluation.written import EvaluateResult, reasons_of, write_evaluated
from coterie.workflows.prediction.predict import LoadedModel

__all__ = ["evaluate_numbers", "write_numbers"]


def evaluate_numbers(
    models: Mapping[str, LoadedModel],
    records: Records,
    label: str,
    out: str | Path,
    *,
    price: float = PRICE,
    title: str = "",
    cache: EmbeddingCache | None = None,
) -> EvaluateResult:
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
    return write_numbers(judged, numbered, out, label=label, price=price, title=title)


def write_numbers(
    judged: Sequence[JudgedNumbers],
    numbered: Numbered,
    out: str | Path,
    *,
    title: str = "",
    subtitle: str = "",
    label: str = "number",
    price: float = PRICE,
    ceiling: NumberCeiling | None = None,
) -> EvaluateResult:
    """Write the page and the files of models that were judged on the same numbers.

    Parameters
    ----------
    judged
        See `coterie.workflows.evaluation.scored_numbers.judge_regressor`.
    numbered
        The rows.
    out
        The folder.
    title, subtitle, label, price, ceiling
        See `coterie.workflows.evaluation.number_evaluation.NumberEvaluation`.

    Raises
    ------
    InputError, OptionError
        As `coterie.workflows.evaluation.number_evaluation.NumberEvaluation`.
    StoreError
        When the folder cannot be written to; what was there is whole.
    """
    from coterie.pages.evaluation.numbers import numbers_page

    records = numbered.records
    evaluation = NumberEvaluation(
        judged=judged,
        records=records,
        title=title,
        subtitle=subtitle,
        label=label,
        source=records.source,
        price=price,
        unlabelled=numbered.unlabelled,
        not_numbers=numbered.not_numbers,
        reasons=reasons_of(records),
        ceiling=ceiling,
    )
    folder = Path(out)
    with current().stage("Writing the report"):
        metrics = metrics_of(evaluation)
        write_evaluated(
            folder,
            numbers_page(evaluation, metrics),
            metrics,
            predictions=predictions_table(evaluation),
            mistakes=misses(evaluation),
            records=records,
        )
    return EvaluateResult(evaluation, metrics, folder)


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
