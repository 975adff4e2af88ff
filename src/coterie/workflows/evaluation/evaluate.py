"""The job behind ``coterie evaluate``: models side by side on labelled rows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import pandas as pd

from coterie.classifiers import Classifier, EnsembleRegressor
from coterie.encoders import EmbeddingCache
from coterie.errors import OptionError
from coterie.records import Records
from coterie.workflows.evaluation.base import PRICE
from coterie.workflows.evaluation.evaluate_numbers import evaluate_numbers
from coterie.workflows.evaluation.evaluation import Ceiling, Evaluation
from coterie.workflows.evaluation.labelled_rows import labelled_records
from coterie.workflows.evaluation.measurements import draw_picture, judge_classifier, learn_again
from coterie.workflows.evaluation.result import EvaluateResult
from coterie.workflows.prediction.predict import LoadedModel, load_model
from coterie.workflows.training.train import label_of

__all__ = ["evaluate_models"]


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
) -> EvaluateResult:
    """Judge models on the same labelled records.

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
        See `coterie.workflows.evaluation.evaluation.Evaluation`.
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
        When there is no such positive class, the price is not above 0, some models tell classes
        apart and others estimate a number, or these are asked for what is of classes.
    StoreError
        When a model cannot be read.
    """
    loaded = [each if isinstance(each, LoadedModel) else load_model(each) for each in models]
    column = label_of(records, label)
    cache = EmbeddingCache() if cache is None else cache
    named = dict(zip(_names(loaded), loaded, strict=True))
    if _are_of_a_number(loaded):
        if positive is not None or learning or ceiling is not None:
            raise OptionError(
                "--positive, --learning and a ceiling are for models that tell classes apart, and "
                "these estimate a number: leave them out."
            )
        found = evaluate_numbers(named, records, column, price=price, title=title, cache=cache)
        return EvaluateResult(found)
    labelled, unlabelled = labelled_records(records, column)
    truth = labelled.labels[column]
    classifiers = {name: cast("Classifier", model.classifier) for name, model in named.items()}
    judged = [
        judge_classifier(
            name,
            classifier,
            labelled,
            truth,
            cache=cache,
            size=named[name].size,
            about=named[name].about,
        )
        for name, classifier in classifiers.items()
    ]
    curves: dict[str, pd.DataFrame] = {}
    if learning:
        for name, classifier in classifiers.items():
            table = learn_again(classifier, labelled, truth, cache=cache)
            curves |= {} if table is None else {name: table}
    return EvaluateResult(
        Evaluation(
            judged=judged,
            title=title,
            label=column,
            source=records.source,
            positive=positive,
            ceiling=ceiling,
            price=price,
            learning=curves,
            picture=draw_picture(judged, classifiers, cache=cache),
            unlabelled=unlabelled,
            rejects=records.rejects,
        )
    )


def _are_of_a_number(models: Sequence[LoadedModel]) -> bool:
    """Whether models estimate a number, and do not tell classes apart.

    Raises
    ------
    OptionError
        When some do the one, and some the other.
    """
    numbers = [isinstance(model.classifier, EnsembleRegressor) for model in models]
    if any(numbers) and not all(numbers):
        number, other = models[numbers.index(True)].home, models[numbers.index(False)].home
        raise OptionError(
            f"{number} estimates a number and {other} tells classes apart: judge them in two "
            "calls, each against its own column."
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
