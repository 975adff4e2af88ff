"""The job behind ``coterie evaluate``: models side by side on labelled rows."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from coterie.classifiers import Classifier, EnsembleRegressor
from coterie.encoders import EmbeddingCache
from coterie.errors import CoterieWarning, InputError, OptionError
from coterie.options import PRICE
from coterie.records import Records, texts_of
from coterie.records.labels import as_known_labels
from coterie.workflows.evaluation.classes import ClassEvaluation
from coterie.workflows.evaluation.figures import Ceiling
from coterie.workflows.evaluation.measurements import (
    draw_picture,
    evaluate_classifier,
    evaluate_regressor,
    learn_again,
)
from coterie.workflows.evaluation.numbers import NumberEvaluation
from coterie.workflows.prediction.predict import LoadedModel, load_model
from coterie.workflows.reading import check_models
from coterie.workflows.training.numbers import as_numbers
from coterie.workflows.training.rows import label_of

__all__ = ["evaluate_models"]

_LARGEST = 1e30  # what can be learnt ends there too


def evaluate_models(
    models: Sequence[LoadedModel | str | Path],
    records: Records,
    label: str | None = None,
    *,
    positive: str | None = None,
    ceiling: Ceiling | None = None,
    price: float = PRICE,
    learning: bool = False,
    title: str = "",
    cache: EmbeddingCache | None = None,
) -> ClassEvaluation | NumberEvaluation:
    """Evaluate models on the same labelled records.

    A row whose label a model does not know is wrong for that model, and counted. Where models
    estimate a number, the labels are numbers, and a row whose label is none is left out, and
    counted.

    Parameters
    ----------
    models
        Loaded models, model directories, or folders of their versions.
    records
        Rows that the models have not learnt from, read as those of the training were. Those
        without a label are left out, and counted.
    label
        The label column; None where there is only one.
    positive, ceiling, price, title
        See `coterie.workflows.evaluation.classes.ClassEvaluation`.
    learning
        Whether to train few-shot and linear models again on growing shares of the rows that they
        keep, to see what more rows would gain.
    cache
        Where vectors are kept; the user's own when None. Speed is measured without it.

    Raises
    ------
    InputError
        When no row has a label, or a number.
    ColumnError
        When there is no such label column.
    OptionError
        When there is no such positive class, the price is not above 0, some models predict classes
        and others estimate a number, or these are asked for what is of classes.
    StoreError
        When a model cannot be read.
    """
    loaded = [each if isinstance(each, LoadedModel) else load_model(each) for each in models]
    column = label_of(records, label)
    named = dict(zip(_names(loaded), loaded, strict=True))
    numbers = _are_of_a_number(loaded)
    if numbers and (positive is not None or learning or ceiling is not None):
        raise OptionError(
            "--positive, --learning and a ceiling are for models that predict classes, and these "
            "estimate a number: leave them out."
        )
    kept, truth, unlabelled = _labelled(records, column, numbers=numbers)
    common: dict[str, Any] = {
        "title": title,
        "label": column,
        "source": records.source,
        "price": price,
    }
    common |= {"unlabelled": unlabelled, "rejects": records.rejects}
    common |= {"readability": check_models([each.classifier for each in loaded], kept)}
    if numbers:
        regressors = [
            evaluate_regressor(
                name,
                cast("EnsembleRegressor", model.classifier),
                kept,
                truth,
                cache=cache,
                loaded=model,
            )
            for name, model in named.items()
        ]
        _warn_of_others(named)
        return NumberEvaluation(
            models=regressors,
            records=kept,
            not_numbers=len(records) - len(kept) - unlabelled,
            **common,
        )
    classifiers = {name: cast("Classifier", model.classifier) for name, model in named.items()}
    known = [name for each in classifiers.values() for name in texts_of(each.classes_)]
    truth = as_known_labels(texts_of(truth), known)
    evaluated = [
        evaluate_classifier(
            name,
            classifier,
            kept,
            truth,
            cache=cache,
            loaded=named[name],
        )
        for name, classifier in classifiers.items()
    ]
    curves = {
        name: learn_again(classifier, kept, truth, cache=cache)
        for name, classifier in classifiers.items()
        if learning
    }
    return ClassEvaluation(
        models=evaluated,
        positive=positive,
        ceiling=ceiling,
        learning={name: table for name, table in curves.items() if table is not None},
        absent=_absent(loaded),
        picture=draw_picture(
            evaluated,
            classifiers,
            vectors=None if kept.vectors is None else kept.vectors.values,
            cache=cache,
        ),
        **common,
    )


def _absent(models: Sequence[LoadedModel]) -> list[str]:
    """Name the classes that were expected in training, and that no model has."""
    classifiers = [cast("Classifier", each.classifier) for each in models]
    known = {name for each in classifiers for name in texts_of(each.classes_)}
    missed = [name for each in models for name in each.manifest.metrics.get("absent_classes", ())]
    return [name for name in dict.fromkeys(missed) if name not in known]


def _labelled(
    records: Records, label: str, *, numbers: bool
) -> tuple[Records, npt.NDArray[Any], int]:
    """Keep the records that have a label, or a number; also count those with nothing there."""
    labels = records.labels[label]
    given = np.array([value is not None for value in labels], dtype=np.bool_)
    truth: npt.NDArray[Any] = as_numbers(labels) if numbers else labels
    rows = np.flatnonzero(np.abs(truth) <= _LARGEST if numbers else given)  # NaN is not
    if not len(rows):
        what = "number" if numbers else "label"
        raise InputError(
            f"No row has a {what} in '{label}': name the column that holds them with --label."
        )
    kept = replace(records.take(rows), rejects=records.rejects, notes=records.notes)
    return kept, truth[rows], int((~given).sum())


def _warn_of_others(models: Mapping[str, LoadedModel]) -> None:
    """Say where models were trained on columns of different names."""
    learnt = {name: model.schema.get("label") for name, model in models.items()}
    if len(set(learnt.values())) > 1:
        told = ", ".join(f"{name} learnt {label!r}" for name, label in learnt.items())
        warnings.warn(
            f"The models may not estimate the same number: {told}.", CoterieWarning, stacklevel=3
        )


def _are_of_a_number(models: Sequence[LoadedModel]) -> bool:
    """Whether models estimate a number, and do not predict classes.

    Raises
    ------
    OptionError
        When some do the one, and some the other.
    """
    numbers = [isinstance(model.classifier, EnsembleRegressor) for model in models]
    if any(numbers) and not all(numbers):
        number, other = models[numbers.index(True)].home, models[numbers.index(False)].home
        raise OptionError(
            f"{number} estimates a number and {other} predicts classes: evaluate them in two "
            "calls, each on its own column."
        )
    return any(numbers)


def _names(models: Sequence[LoadedModel]) -> list[str]:
    """Name each model after its directory, with its version or more where that is not enough."""
    homes = [model.home.absolute() for model in models]
    versions = [model.manifest.version for model in models]
    forms = (
        [home.name for home in homes],
        [f"{home.name} v{version}" for home, version in zip(homes, versions, strict=True)],
        [f"{home.parent.name}/{home.name}" for home in homes],
    )
    for names in forms:
        if len(set(names)) == len(names):
            return names
    return [f"{name} ({place})" for place, name in enumerate(forms[1], 1)]
