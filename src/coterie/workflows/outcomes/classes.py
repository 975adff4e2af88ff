"""The stage of a recipe that trains classifiers, evaluates them, and predicts with the best."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.classifiers import Classifier
from coterie.encoders import EmbeddingCache
from coterie.errors import InputError, OptionError
from coterie.metrics import assign_folds
from coterie.options import ModelPlan, TrainSettings
from coterie.segments.assigning.nomenclature import load_nomenclature
from coterie.workflows.dataset import Dataset
from coterie.workflows.evaluation.classes import ClassEvaluation
from coterie.workflows.evaluation.figures import Ceiling
from coterie.workflows.evaluation.measurements import draw_picture, evaluate_classifier
from coterie.workflows.evaluation.models import EvaluatedClassifier
from coterie.workflows.outcomes.words import ceiling_reason, nothing_to_learn, row_counts
from coterie.workflows.prediction.predict import decide_records
from coterie.workflows.training.labels import Conflicts, find_conflicts
from coterie.workflows.training.models import PROMPT
from coterie.workflows.training.results import ClassifierResult
from coterie.workflows.training.rows import label_of
from coterie.workflows.training.train import train_model

__all__ = ["ClassifyResult", "model_folder", "run_classify"]

Ints = npt.NDArray[np.int64]

_LEARNT, _JUDGED, _NEW = "training", "test", "no label"
_TEST = ("test", "holdout")


@dataclass(frozen=True, eq=False)
class ClassifyResult:
    """The classifiers of a recipe on test rows.

    Attributes
    ----------
    evaluation
        The models on these rows.
    answers
        The prediction of the most accurate for each record, and whether it is a training row.
    conflicts
        Identical texts with more than one label; None where there are none.
    """

    files: ClassVar[Sequence[str]] = ("predictions.csv", "mistakes.csv")

    evaluation: ClassEvaluation
    answers: pd.DataFrame
    conflicts: Conflicts | None = None

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
        found = self.evaluation.to_dict()
        return found if self.conflicts is None else found | self.conflicts.to_dict()

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
    """Train the models of a recipe, evaluate them on the same rows, and predict all records.

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
        Random seed.
    cache
        Where vectors are kept; the user's own cache when None.

    Notes
    -----
    The model that predicts is the one with the lowest log loss on the validation rows of training:
    the test rows are not used to choose. Log loss tells models apart with fewer rows than accuracy.

    Raises
    ------
    InputError
        When the split leaves no training or no test rows.
    OptionError
        When there is no such model, or one is named twice.
    StoreError
        When the folder cannot be written to.
    """
    records = dataset.records
    if len(set(settings.models)) < len(settings.models):
        raise OptionError("A model of [train] is named twice: name each once.")
    label = label_of(records, settings.label or next(iter(records.labels), None))
    learnt, judged_on = _split(dataset, label, settings.test, seed)
    usual = "lines" if dataset.source_texts is not None else "text"
    pool = settings.pool or ("speakers" if dataset.spoken else usual)
    plan = settings.part(
        ModelPlan, numbers=False, encoder=encoder, pooling=pool, seed=seed, context=dataset.context
    )
    training, test = records.take(learnt), records.take(judged_on)
    truth = records.label_texts[label][judged_on]
    expected: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    if settings.nomenclature is not None:
        nomenclature = load_nomenclature(settings.nomenclature)
        expected = tuple(segment.name for segment in nomenclature.segments)
        plan = plan.changed(class_descriptions=nomenclature.descriptions)
    schema = {"label": label, "context": list(plan.context), **dataset.schema}
    classifiers: dict[str, Classifier] = {}
    judged, validated = [], {}
    for model in settings.models:
        kind = model.partition(":")[0]
        grouped = kind in ("voting", "cascade", "auto")
        reads = {"context": ()} if kind == PROMPT else {}  # it reads the text alone
        found = train_model(
            training,
            plan.changed(model=model, members=settings.members if grouped else (), **reads),
            label=label,
            expected=expected,
            fitted=classifiers,
            cache=cache,
        )
        assert isinstance(found, ClassifierResult)
        absent = absent or tuple(found.absent)
        found = replace(found, absent=absent)
        own = {**schema, **({"context": []} if reads else {})}
        found.save(models / model_folder(model), schema=own, again=False)
        expected = ()  # warned of once
        classifiers[model], validated[model] = found.model, found.judged
        judged.append(evaluate_classifier(model, found.model, test, truth, cache=cache))
    evaluation = ClassEvaluation(
        models=judged,
        title=title,
        subtitle=row_counts(records.source, len(learnt), len(judged_on), dataset.unit),
        label=label,
        source=records.source,
        absent=absent,
        chosen=_lowest_loss(validated),
        positive=settings.positive if settings.positive in set(truth) else None,
        ceiling=_ceiling(dataset, judged_on),
        picture=draw_picture(judged, classifiers, cache=cache, seed=seed),
        rejects=records.rejects,
    )
    said = decide_records(classifiers[evaluation.best.name], records, cache)
    answers = said.frame(records.ids, id_name=settings.id_as, label_name=settings.label_as)
    used = np.full(len(records), _NEW, dtype=object)
    used[learnt], used[judged_on] = _LEARNT, _JUDGED
    answers.insert(4, "used", used, allow_duplicates=True)
    conflicts = find_conflicts(records, records.labels[label], dataset.context)
    return ClassifyResult(evaluation, answers, conflicts)


def model_folder(model: str) -> str:
    """Give the folder of a model, whatever is in its name, such as a path."""
    return re.sub(r"[^\w.-]+", "-", model).strip("-.")


def _lowest_loss(validated: Mapping[str, EvaluatedClassifier]) -> str:
    """Choose a model; two are compared on the validation rows that both have.

    A model that tunes its encoder has fewer of them than others, so it meets the best of these.
    """
    names = sorted(validated, key=lambda name: -len(validated[name].truth))
    best = names[0]
    for name in names[1:]:
        one, other = validated[best], validated[name]
        _, own, its = np.intersect1d(one.ids, other.ids, return_indices=True)
        if len(own) and other.losses[its].mean() < one.losses[own].mean():
            best = name
    return best


def _split(dataset: Dataset, label: str, share: float, seed: int) -> tuple[Ints, Ints]:
    """Give training and test rows: as a column says, or a share of each class."""
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
        raise InputError(nothing_to_learn(label, len(learnt), len(judged)))
    return learnt, judged


def _ceiling(dataset: Dataset, judged_on: Ints) -> Ceiling | None:
    """Give the best possible figures by the generator, on the test rows where it knows them."""
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
        ceiling_reason("be right on this share of", rows),
    )
