"""The job behind ``coterie evaluate``: saved models side by side on labelled rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

import pandas as pd

from coterie.classifiers import Classifier, EnsembleRegressor
from coterie.encoders import EmbeddingCache
from coterie.errors import OptionError
from coterie.progress import current
from coterie.records import Records
from coterie.workflows.evaluation.evaluate_numbers import evaluate_numbers
from coterie.workflows.evaluation.evaluation import PRICE, Ceiling, Evaluation, Picture
from coterie.workflows.evaluation.figures import metrics_of, mistakes, predictions_table
from coterie.workflows.evaluation.labelled_rows import labelled_records
from coterie.workflows.evaluation.measurements import draw_picture, judge_classifier, learn_again
from coterie.workflows.evaluation.scored import Judged
from coterie.workflows.evaluation.written import EvaluateResult, reasons_of, write_evaluated
from coterie.workflows.prediction.predict import LoadedModel, load_model
from coterie.workflows.training.train import label_of

__all__ = [
    "Ceiling",
    "EvaluateResult",
    "Picture",
    "evaluate_loaded",
    "evaluate_models",
    "write_evaluation",
]


def evaluate_models(
    models: Sequence[str | Path],
    records: Records,
    label: str | None,
    out: str | Path,
    *,
    positive: str | None = None,
    ceiling: Ceiling | None = None,
    price: float = PRICE,
    learning: bool = False,
    title: str = "",
    cache: EmbeddingCache | None = None,
) -> EvaluateResult:
    """Judge saved models on the same labelled records, and write a page and files.

    The folder gets ``report.html``, ``metrics.json``, ``predictions.csv``, ``mistakes.csv``, and
    ``quarantine.csv`` where rows were set aside. A row whose label a model does not know is wrong
    for that model, and counted. Where models estimate a number, the labels are numbers, and a row
    whose label is none is left out, and counted.

    Parameters
    ----------
    models
        Model directories, or folders of their versions.
    records
        Rows that the models have not learnt from, read as those of the training were. Those
        without a label are left out, and counted.
    label
        The label column; None where there is only one.
    out
        The folder.
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
        When a model cannot be read or the folder cannot be written to; what was there is whole.
    """
    loaded = [load_model(model) for model in models]
    return evaluate_loaded(
        loaded,
        records,
        label,
        out,
        positive=positive,
        ceiling=ceiling,
        price=price,
        learning=learning,
        title=title,
        cache=cache,
    )


def evaluate_loaded(
    loaded: Sequence[LoadedModel],
    records: Records,
    label: str | None,
    out: str | Path,
    *,
    positive: str | None = None,
    ceiling: Ceiling | None = None,
    price: float = PRICE,
    learning: bool = False,
    title: str = "",
    cache: EmbeddingCache | None = None,
) -> EvaluateResult:
    """Do as `evaluate_models` with models that were loaded before."""
    column = label_of(records, label)
    cache = EmbeddingCache() if cache is None else cache
    named = dict(zip(_names(loaded), loaded, strict=True))
    if _are_of_a_number(loaded):
        if positive is not None or learning or ceiling is not None:
            raise OptionError(
                "--positive, --learning and a ceiling are for models that tell classes apart, and "
                "these estimate a number: leave them out."
            )
        return evaluate_numbers(named, records, column, out, price=price, title=title, cache=cache)
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
    return write_evaluation(
        judged,
        out,
        title=title,
        label=column,
        source=records.source,
        positive=positive,
        ceiling=ceiling,
        price=price,
        learning=curves,
        picture=draw_picture(judged, classifiers, cache=cache),
        unlabelled=unlabelled,
        records=records,
    )


def write_evaluation(
    judged: Sequence[Judged],
    out: str | Path,
    *,
    title: str = "",
    subtitle: str = "",
    label: str = "label",
    source: str = "",
    positive: str | None = None,
    ceiling: Ceiling | None = None,
    price: float = PRICE,
    learning: Mapping[str, pd.DataFrame] | None = None,
    picture: Picture | None = None,
    unlabelled: int = 0,
    records: Records | None = None,
) -> EvaluateResult:
    """Write the page and the files of models that were judged on the same rows.

    Parameters
    ----------
    judged
        See `coterie.workflows.evaluation.measurements.judge_classifier`, which fills ``about`` with
        what the page shows beyond the figures.
    out
        The folder.
    title, subtitle, label, source, positive, ceiling, price, learning, picture, unlabelled
        See `coterie.workflows.evaluation.evaluation.Evaluation`.
    records
        What the rows were taken from, whose rejects go into ``quarantine.csv``.

    Raises
    ------
    InputError
        When there is no model or no row, or the rows differ.
    OptionError
        As `coterie.workflows.evaluation.evaluation.Evaluation`.
    StoreError
        When the folder cannot be written to; what was there is whole.
    """
    from coterie.pages.evaluation.page import evaluate_page

    evaluation = Evaluation(
        judged=judged,
        title=title,
        subtitle=subtitle,
        label=label,
        source=source,
        positive=positive,
        ceiling=ceiling,
        price=price,
        learning=learning or {},
        picture=picture,
        unlabelled=unlabelled,
        reasons=reasons_of(records),
    )
    folder = Path(out)
    with current().stage("Writing the report"):
        metrics = metrics_of(evaluation)
        write_evaluated(
            folder,
            evaluate_page(evaluation, metrics),
            metrics,
            predictions=predictions_table(evaluation),
            mistakes=mistakes(evaluation),
            records=records,
        )
    return EvaluateResult(evaluation, metrics, folder)


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
