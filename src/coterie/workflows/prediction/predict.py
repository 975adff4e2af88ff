"""Predictions of records by a trained model."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.classifiers import (
    AMBIGUOUS,
    ASSIGNED,
    OUTSIDE,
    REFUSED,
    EnsembleClassifier,
    EnsembleRegressor,
    Estimates,
    Model,
    Predictions,
    with_cache,
)
from coterie.classifiers.saved.encoder import Encoders
from coterie.classifiers.saved.models import read_model
from coterie.encoders import EmbeddingCache, Readability
from coterie.errors import ColumnWarning, OptionError
from coterie.progress import current
from coterie.records import Records
from coterie.store import Manifest, models_in, open_model
from coterie.workflows.reading import check_model, check_models
from coterie.workflows.training.rows import rows_of

__all__ = [
    "BLOCK",
    "JointResult",
    "LoadedModel",
    "PredictResult",
    "class_names_of",
    "context_of",
    "decide_records",
    "join_answers",
    "load_model",
    "load_models",
    "predict_jointly",
    "predict_records",
    "side_by_side",
]

BLOCK = 2000
"""Records predicted in one call of a model, which bounds the memory: a judgement, not measured."""


@dataclass(frozen=True, slots=True, eq=False)
class LoadedModel:
    """A saved model, and what its manifest says.

    Attributes
    ----------
    classifier
        Ready to predict: a classifier or a regressor.
    manifest
        Of its version.
    home
        The model directory.
    """

    classifier: Model
    manifest: Manifest
    home: Path

    @property
    def schema(self) -> Mapping[str, Any]:
        """Which columns it was trained on."""
        return self.manifest.schema

    @property
    def class_names(self) -> Mapping[str, str]:
        """Class to its name in words, where the classes are ids."""
        return class_names_of(self.classifier)

    @property
    def size(self) -> int:
        """Of its files, in bytes."""
        return sum(entry.bytes for entry in self.manifest.files.values())

    @property
    def about(self) -> dict[str, Any]:
        """Where it comes from, for an evaluation."""
        return {
            "version": self.manifest.version,
            "created": self.manifest.created,
            "note": self.manifest.note,
            "trained_on": self.manifest.metrics.get("trained_on"),
        }


@dataclass(frozen=True, slots=True, eq=False)
class PredictResult:
    """Predictions of n records.

    Attributes
    ----------
    records
        The records.
    predictions
        One for each.
    class_names
        Class to its name in words, where the classes are ids.
    readability
        What the encoder can read of the texts; None where the model reads none.
    """

    form: ClassVar[int] = 1

    records: Records
    predictions: Predictions | Estimates
    class_names: Mapping[str, str]
    readability: Readability | None = None

    @property
    def statuses(self) -> dict[str, int]:
        """Number of rows that are assigned, ambiguous and outside, and of those refused, if any."""
        found = Counter(self.predictions.statuses.tolist())
        usual = {status: found[status] for status in (ASSIGNED, AMBIGUOUS, OUTSIDE)}
        return usual | ({REFUSED: found[REFUSED]} if found[REFUSED] else {})

    @property
    def counts(self) -> dict[str, int]:
        """Class to the number of rows assigned to it, the largest first; empty for numbers."""
        if isinstance(self.predictions, Estimates):
            return {}
        taken = self.predictions.labels[self.predictions.statuses == ASSIGNED]
        return dict(Counter(map(str, taken)).most_common())

    def frame(self, *, id_name: str = "id", label_name: str = "label") -> pd.DataFrame:
        """One row for each record.

        ``id,label,confidence,status`` and a column for each class, and ``name`` where the classes
        are ids; of a number ``id,label,low,high,status``.
        """
        frame = self.predictions.frame(self.records.ids, id_name=id_name, label_name=label_name)
        if self.class_names and isinstance(self.predictions, Predictions):
            names = [self.class_names.get(str(label), "") for label in self.predictions.labels]
            frame.insert(2, "name", names, allow_duplicates=True)
        return frame

    def to_dict(self) -> dict[str, Any]:
        """Give the figures, as JSON takes them."""
        return {
            "form": self.form,
            "rows": len(self.predictions),
            "set_aside": len(self.records.rejects),
            **self.statuses,
            "labels": self.counts,
            "readability": self.readability and self.readability.to_dict(),
        }


@dataclass(frozen=True, slots=True, eq=False)
class JointResult:
    """Predictions of n records by several models.

    Attributes
    ----------
    records
        The records.
    results
        Name of a model to its predictions.
    """

    form: ClassVar[int] = 1

    records: Records
    results: Mapping[str, PredictResult]

    def frame(self, *, id_name: str = "id", label_name: str = "label") -> pd.DataFrame:  # noqa: ARG002
        """One row for each record, see `side_by_side`; ``label_name`` is that of one model only."""
        answers = {name: each.predictions for name, each in self.results.items()}
        return side_by_side(self.records.ids, answers, id_name=id_name)

    def to_dict(self) -> dict[str, Any]:
        """Give the figures, as JSON takes them."""
        return {
            "form": self.form,
            "rows": len(self.records),
            "set_aside": len(self.records.rejects),
            "models": {name: each.to_dict() for name, each in self.results.items()},
        }


def side_by_side(
    ids: npt.NDArray[np.object_],
    answers: Mapping[str, Predictions | Estimates],
    *,
    id_name: str = "id",
) -> pd.DataFrame:
    """Put the predictions of several models into one table.

    Columns: the id; then for each model its name with the label, and ``NAME confidence`` and
    ``NAME status``, or of a number ``NAME low``, ``NAME high`` and ``NAME status``.
    """
    parts = [pd.DataFrame({id_name: ids})]
    for name, said in answers.items():
        end = 5 if isinstance(said, Estimates) else 4  # id, label, …, status
        own = said.frame(ids, label_name=name).iloc[:, 1:end]
        own.columns = [name, *(f"{name} {column}" for column in own.columns[1:])]
        parts.append(own)
    return pd.concat(parts, axis=1)


def load_model(
    path: str | Path, version: int | None = None, *, encoders: Encoders | None = None
) -> LoadedModel:
    """Load a model for prediction; see `coterie.classifiers.load_classifier`.

    ``encoders`` are shared among the models that are loaded with the same ones.
    """
    with current().stage("Loading the model"):
        files = open_model(path, version)
        return LoadedModel(read_model(files, encoders), files.manifest, files.home)


def load_models(path: str | Path, version: int | None = None) -> list[LoadedModel]:
    """Load a model, or all models of a folder of model directories, by their names.

    Raises
    ------
    OptionError
        When a version is asked for and there are several models.
    StoreError
        When there is no model, or one cannot be read.
    """
    home = Path(path)
    names = models_in(home)
    if not names:
        return [load_model(home, version)]
    if version is not None:
        raise OptionError(
            f"{home} has several models ({', '.join(names)}), so --version (version=) cannot be "
            "given: name one of them."
        )
    return [load_model(home / name) for name in names]


def predict_jointly(
    models: Sequence[LoadedModel], records: Records, *, cache: EmbeddingCache | None = None
) -> JointResult:
    """Predict records by several models, by the names of their directories.

    Warns
    -----
    CoterieWarning
        Says which texts an encoder cannot read.
    """
    read = check_models([each.classifier for each in models], records)
    results = {
        each.home.name: PredictResult(
            records,
            decide_records(each.classifier, records, cache),
            each.class_names,
            read[0] if read else None,
        )
        for each in models
    }
    return JointResult(records, results)


def predict_records(
    model: Model,
    records: Records,
    *,
    cache: EmbeddingCache | None = None,
) -> PredictResult:
    """Predict records.

    Parameters
    ----------
    model
        A classifier or a regressor; it is not changed.
    records
        n records, read as those of the training were.
    cache
        Where vectors are kept; the user's own cache when None.

    Warns
    -----
    CoterieWarning
        Says which texts the encoder cannot read.
    """
    said = decide_records(model, records, cache)
    return PredictResult(records, said, class_names_of(model), check_model(model, records))


def decide_records(
    model: Model, records: Records, cache: EmbeddingCache | None
) -> Predictions | Estimates:
    """Predict records block by block, so that memory grows with the answers only.

    What columns lack is said once for all rows, by `coterie.workflows.columns.check_columns`.
    """
    asked, columns = with_cache(model, cache), context_of(model)
    parts = []
    with current().stage("Predicting", max(len(records), 1)) as stage:
        for start in range(0, max(len(records), 1), BLOCK):
            rows = np.arange(start, min(start + BLOCK, len(records)))
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ColumnWarning)
                parts.append(asked.decide(rows_of(records, columns, rows)))
            stage.advance(len(rows))
    return join_answers(parts)


def join_answers(parts: Sequence[Any]) -> Predictions | Estimates:
    """Put the answers of one model together, one part or more, in their order."""
    if len(parts) == 1:
        return cast("Predictions | Estimates", parts[0])
    kind = Predictions if isinstance(parts[0], Predictions) else Estimates
    return kind.joined(parts)


def class_names_of(classifier: Model) -> dict[str, str]:
    """Class to its name in words, where the classes are ids."""
    first = getattr(classifier, "members_", [classifier])[0]
    names = getattr(first, "class_names", None) or {}
    return {str(label): name for label, name in names.items()}


def context_of(classifier: Model) -> tuple[str, ...]:
    """Name the context columns that a model uses, concepts among them."""
    if isinstance(classifier, EnsembleClassifier | EnsembleRegressor):
        return classifier.columns
    members = getattr(classifier, "members_", [classifier])
    return tuple(
        dict.fromkeys(
            name for member in members if member.context_ is not None
            for name in member.context_.names
        )
    )  # fmt: skip
