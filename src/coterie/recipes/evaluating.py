"""The job behind ``coterie evaluate``: saved models side by side on labelled rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.classify import EnsembleRegressor
from coterie.embed import EmbeddingCache
from coterie.errors import InputError, OptionError
from coterie.progress import current
from coterie.recipes.drafts import replacing_files, write_json
from coterie.recipes.evaluate_figures import metrics_of, mistakes, predictions_table
from coterie.recipes.evaluation import PRICE, Ceiling, Evaluation, Picture
from coterie.recipes.judged import Judged
from coterie.recipes.measuring import draw_picture, judge_classifier, learn_again
from coterie.recipes.predicting import LoadedModel, load_model
from coterie.recipes.training import label_of
from coterie.records import Records, write_csv, write_quarantine

__all__ = [
    "Ceiling",
    "EvaluateResult",
    "Picture",
    "evaluate_loaded",
    "evaluate_models",
    "labelled_records",
    "write_evaluation",
]

REPORT, METRICS = "report.html", "metrics.json"
_FILES = (REPORT, METRICS, "predictions.csv", "mistakes.csv", "quarantine.csv")


@dataclass(frozen=True, slots=True, eq=False)
class EvaluateResult:
    """Models judged, and where that was written.

    Attributes
    ----------
    evaluation
        The models on their rows.
    metrics
        What ``metrics.json`` holds.
    folder
        The page and the files.
    """

    evaluation: Evaluation
    metrics: Mapping[str, Any]
    folder: Path

    @property
    def judged(self) -> Sequence[Judged]:
        """The models, in the order given."""
        return self.evaluation.judged

    @property
    def report(self) -> Path:
        """The page."""
        return self.folder / REPORT


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
    for that model, and counted.

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
        See `coterie.recipes.evaluation.Evaluation`.
    learning
        Whether to train few-shot and linear models again on growing shares of the rows that they
        keep, to see what more rows would gain.
    cache
        Where vectors are kept; the user's own when None. Speed is measured without it.

    Raises
    ------
    InputError
        When no row has a label.
    ColumnError
        When there is no such label column.
    OptionError
        When there is no such positive class, or the price is not above 0.
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
    for model in loaded:
        if isinstance(model.classifier, EnsembleRegressor):
            raise OptionError(
                f"{model.home} estimates a number, and models that tell classes apart are judged "
                "here: how near it comes is among the metrics of its manifest."
            )
    column = label_of(records, label)
    labelled, unlabelled = labelled_records(records, column)
    truth = labelled.labels[column]
    cache = EmbeddingCache() if cache is None else cache
    names = _names(loaded)
    judged = []
    for name, model in zip(names, loaded, strict=True):
        size = sum(entry.bytes for entry in model.manifest.files.values())
        judged.append(
            judge_classifier(
                name,
                model.classifier,
                labelled,
                truth,
                cache=cache,
                size=size,
                about=_about(model),
            )
        )
    curves: dict[str, pd.DataFrame] = {}
    if learning:
        for name, model in zip(names, loaded, strict=True):
            table = learn_again(model.classifier, labelled, truth, cache=cache)
            curves |= {} if table is None else {name: table}
    classifiers = {name: model.classifier for name, model in zip(names, loaded, strict=True)}
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
        See `coterie.recipes.measuring.judge_classifier`, which fills ``about`` with what the page
        shows beyond the figures.
    out
        The folder.
    title, subtitle, label, source, positive, ceiling, price, learning, picture, unlabelled
        See `coterie.recipes.evaluation.Evaluation`.
    records
        What the rows were taken from, whose rejects go into ``quarantine.csv``.

    Raises
    ------
    InputError
        When there is no model or no row, or the rows differ.
    OptionError
        As `coterie.recipes.evaluation.Evaluation`.
    StoreError
        When the folder cannot be written to; what was there is whole.
    """
    from coterie.recipes.evaluate_page import evaluate_page

    rejects = pd.DataFrame() if records is None else records.rejects
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
        reasons=dict(Counter(rejects["reason"]).most_common()) if len(rejects) else {},
    )
    folder = Path(out)
    with current().stage("Writing the report"):
        metrics = metrics_of(evaluation)
        with replacing_files(folder, owned=_FILES, last=REPORT) as draft:
            write_csv(predictions_table(evaluation), draft / "predictions.csv")
            write_csv(mistakes(evaluation), draft / "mistakes.csv")
            if records is not None and len(rejects):
                write_quarantine(records, draft / "quarantine.csv")
            write_json(draft / METRICS, metrics)
            evaluate_page(evaluation, metrics).write(draft / REPORT)
    return EvaluateResult(evaluation, metrics, folder)


def labelled_records(records: Records, label: str) -> tuple[Records, int]:
    """Keep the records that have a label, and tell how many have none.

    Raises
    ------
    InputError
        When none has one.
    """
    labels = records.labels[label]
    rows = np.flatnonzero([value is not None for value in labels])
    if not len(rows):
        raise InputError(f"No row has a label in '{label}': name the column that holds them.")
    return _taken(records, rows), len(records) - len(rows)


def _taken(records: Records, rows: npt.NDArray[np.int64]) -> Records:
    context = records.context
    return replace(
        records,
        ids=records.ids[rows],
        texts=records.texts[rows],
        sizes=records.sizes[rows],
        rows=records.rows[rows],
        labels={name: values[rows] for name, values in records.labels.items()},
        context=context.iloc[rows].reset_index(drop=True) if len(context) else context,
        time=None if records.time is None else records.time[rows],
    )


def _about(model: LoadedModel) -> dict[str, Any]:
    """Tell of a saved model what the page says."""
    manifest = model.manifest
    return {
        "version": manifest.version,
        "created": manifest.created,
        "note": manifest.note,
        "trained_on": manifest.metrics.get("trained_on"),
    }


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
