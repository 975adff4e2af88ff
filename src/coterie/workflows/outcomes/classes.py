"""The stage of a recipe that trains classifiers, judges them, and predicts with the best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.classifiers import Classifier, Predictions
from coterie.classifiers.features.texts import Pooling
from coterie.encoders import EmbeddingCache
from coterie.errors import InputError, OptionError
from coterie.metrics import assign_folds
from coterie.options import ModelPlan, TrainSettings
from coterie.records import Records
from coterie.segments.assigning.nomenclature import load_nomenclature
from coterie.workflows.dataset import Dataset
from coterie.workflows.evaluation.classes import ClassEvaluation
from coterie.workflows.evaluation.figures import Ceiling
from coterie.workflows.evaluation.measurements import draw_picture, evaluate_classifier
from coterie.workflows.prediction.predict import decide_records
from coterie.workflows.training.saved import save_trained
from coterie.workflows.training.train import label_of, train_classifier

__all__ = ["ClassifyResult", "run_classify"]

Ints = npt.NDArray[np.int64]

_LEARNT, _JUDGED, _NEW = "learnt from", "judged on", "without a label"
_TEST = ("test", "holdout")


@dataclass(frozen=True, eq=False)
class ClassifyResult:
    """What the classifiers of a recipe came to, judged on rows that none of them learnt from.

    Attributes
    ----------
    evaluation
        The models on these rows.
    answers
        What the most accurate says of every record, and whether that record was learnt from.
    """

    files: ClassVar[Sequence[str]] = ()

    evaluation: ClassEvaluation
    answers: pd.DataFrame

    @property
    def rejects(self) -> pd.DataFrame:
        """The rows that were set aside."""
        return self.evaluation.rejects

    @property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """File name to the table that it holds: the answers take the place of predictions."""
        return {**self.evaluation.tables, "predictions.csv": self.answers}

    def to_dict(self) -> dict[str, Any]:
        """Give all figures, as JSON takes them."""
        return self.evaluation.to_dict()

    def write_parts(self, folder: Path) -> None:
        """Write nothing: the models are saved as they are trained."""


def run_classify(
    dataset: Dataset,
    settings: TrainSettings,
    models: Path,
    *,
    encoder: str = "minilm",
    title: str = "",
    seed: int = 0,
    cache: EmbeddingCache | None = None,
) -> ClassifyResult:
    """Train the models of a recipe, judge them on the same rows, and predict all records.

    Parameters
    ----------
    dataset
        The records; rows without a label are predicted only.
    settings
        See `TrainSettings`.
    models
        The folder where each model is saved under its name, as soon as it is trained.
    encoder
        Of the models that name none.
    title
        Of the page.
    seed
        Draws the split and all that is drawn in training.
    cache
        Where vectors are kept; the user's own when None.

    Raises
    ------
    InputError
        When the labels give nothing to learn from or to judge by.
    OptionError
        When a model is not known or named twice.
    StoreError
        When the folder cannot be written to.
    """
    records = dataset.records
    cache = EmbeddingCache() if cache is None else cache
    if len(set(settings.models)) < len(settings.models):
        raise OptionError("A model of [train] is named twice: name each once.")
    label = label_of(records, settings.label or next(iter(records.labels), None))
    learnt, judged_on = _split(dataset, label, settings.test, seed)
    usual: Pooling = "lines" if dataset.source_texts is not None else "text"
    pool: Pooling = settings.pool or ("speakers" if dataset.spoken else usual)
    plan = ModelPlan(
        encoder=encoder,
        pooling=pool,
        accuracy=settings.accuracy,
        loss=settings.loss,
        epochs=settings.epochs,
        seed=seed,
        context=dataset.context,
    )
    training, test = records.take(learnt), records.take(judged_on)
    truth = records.label_texts[label][judged_on]
    expected = _expected(settings)
    schema = {"label": label, "context": list(plan.context), **dataset.schema}
    classifiers: dict[str, Classifier] = {}
    judged = []
    for model in settings.models:
        grouped = model.partition(":")[0] in ("voting", "cascade", "auto")
        found = train_classifier(
            training,
            plan.changed(model=model, members=settings.members if grouped else ()),
            label=label,
            expected=expected,
            cache=cache,
        )
        save_trained(found, models / model.replace(":", "-"), schema=schema)
        expected = ()  # said once
        classifiers[model] = found.classifier
        judged.append(evaluate_classifier(model, found.classifier, test, truth, cache=cache))
    evaluation = ClassEvaluation(
        models=judged,
        title=title,
        subtitle=f"{records.source}: {len(learnt):,} {dataset.unit} learnt from, "
        f"{len(judged_on):,} judged on",
        label=label,
        source=records.source,
        positive=settings.positive if settings.positive in set(truth) else None,
        ceiling=_ceiling(dataset, judged_on),
        picture=draw_picture(judged, classifiers, cache=cache, seed=seed),
        rejects=records.rejects,
    )
    said = decide_records(classifiers[evaluation.best.name], records, cache)
    return ClassifyResult(evaluation, _answers(said, records, learnt, judged_on, settings))


def _split(dataset: Dataset, label: str, share: float, seed: int) -> tuple[Ints, Ints]:
    """Rows to learn from and rows to judge on: as a column says, or a share of each class."""
    records = dataset.records
    labelled = np.array([value is not None for value in records.labels[label]], dtype=np.bool_)
    if dataset.split is not None:
        said = records.context[dataset.split].astype(str).str.strip().str.lower()
        test = said.isin(_TEST).to_numpy(dtype=np.bool_)
    else:
        rows = np.flatnonzero(labelled)
        codes = pd.factorize(records.labels[label][rows])[0]
        same = pd.factorize(records.texts[rows])[0]
        folds = assign_folds(codes, same, max(2, round(1 / share)), seed=seed)
        test = np.zeros(len(records), dtype=np.bool_)
        test[rows[folds == 0]] = True
    learnt, judged = np.flatnonzero(labelled & ~test), np.flatnonzero(labelled & test)
    if not len(learnt) or not len(judged):
        raise InputError(
            f"Of the rows with a {label} {len(learnt):,} are to be learnt from and {len(judged):,} "
            "to be judged on: give more labelled rows, or another split."
        )
    return learnt, judged


def _expected(settings: TrainSettings) -> tuple[str, ...]:
    if settings.nomenclature is None:
        return ()
    return tuple(segment.name for segment in load_nomenclature(settings.nomenclature).segments)


def _ceiling(dataset: Dataset, judged_on: Ints) -> Ceiling | None:
    """Tell what no model can beat by the generator, on the rows judged on where it knows."""
    about = dataset.about
    if "ceiling_accuracy" not in about:
        return None
    known: Mapping[str, Any] = about
    rows = "all rows"
    part = about.get("splits", {}).get("test", {}) if dataset.split is not None else {}
    if part.get("rows") == len(judged_on) and "ceiling_accuracy" in part:
        known, rows = part, "these rows"
    auc = known.get("ceiling_auc")
    return Ceiling(
        float(known["ceiling_accuracy"]),
        None if auc is None else float(auc),
        f"The data is invented, with chance in it: a model that knew how it was made would expect "
        f"to be right on this share of {rows}, and none can honestly do better but by luck.",
    )


def _answers(
    said: Predictions, records: Records, learnt: Ints, judged_on: Ints, settings: TrainSettings
) -> pd.DataFrame:
    frame = said.frame(records.ids, id_name=settings.id_as, label_name=settings.label_as)
    used = np.full(len(records), _NEW, dtype=object)
    used[learnt], used[judged_on] = _LEARNT, _JUDGED
    frame.insert(4, "used", used, allow_duplicates=True)
    return frame
