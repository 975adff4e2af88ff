"""Trained models, and their figures on validation rows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd

from coterie.classifiers import (
    Classifier,
    EnsembleRegressor,
    Model,
    PromptClassifier,
    save_classifier,
)
from coterie.encoders import Readability
from coterie.jsonable import as_plain
from coterie.metrics import NumberScores
from coterie.progress import current
from coterie.records import Records
from coterie.store import Manifest
from coterie.workflows.evaluation.models import EvaluatedClassifier, EvaluatedRegressor
from coterie.workflows.training.labels import Conflicts

__all__ = ["CHANGES", "Candidate", "ClassifierResult", "RegressorResult", "TrainResult"]

CHANGES = "changes_without"
"""The name under which the schema of a model has the shares of `changes_without`."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """One model that ``auto`` tried: its name, fitted, and evaluated on validation rows."""

    name: str
    classifier: Classifier
    judged: EvaluatedClassifier


@dataclass(frozen=True, slots=True, eq=False)
class TrainResult(ABC):
    """A trained model, and its figures on validation rows.

    Attributes
    ----------
    model
        Fitted on all labelled rows.
    trained_on, unlabelled
        Number of rows with and without a label.
    readability
        What the encoder can read of the labelled texts; None where the model reads none.
    changes
        Column to the share of the answers that change without it, see
        `coterie.workflows.columns.changes_without`.
    """

    form: ClassVar[int] = 1

    model: Model
    trained_on: int
    unlabelled: int
    readability: Readability | None
    changes: Mapping[str, float]

    @property
    @abstractmethod
    def metrics(self) -> dict[str, Any]:
        """All figures, as the manifest of the model holds them."""

    def to_dict(self) -> dict[str, Any]:
        """Give all figures, as JSON takes them."""
        return {"form": self.form, **self.metrics}

    def save(
        self,
        folder: str | Path,
        *,
        schema: Mapping[str, Any],
        note: str = "",
        more: Mapping[str, Any] | None = None,
        activate: bool = True,
        again: bool = True,
    ) -> Manifest:
        """Save as a new version of a model directory, whole or not at all.

        Parameters
        ----------
        folder
            The model directory; earlier versions in it are kept.
        schema
            How the records were read, with the ``label`` and the ``context``, so that others are
            read in the same way.
        note
            A remark for people.
        more
            Other figures for the manifest.
        activate
            Whether the version is used from now on.
        again
            Whether to save a model that is the same as the active version.

        Raises
        ------
        StoreError
            When it cannot be written; the version that was active still is.
        """
        with current().stage("Saving the model"):
            return save_classifier(
                self.model,
                folder,
                schema={**schema, CHANGES: dict(self.changes)} if self.changes else schema,
                metrics={**self.metrics, **(more or {})},
                note=note,
                activate=activate,
                again=again,
            )


@dataclass(frozen=True, slots=True, eq=False)
class ClassifierResult(TrainResult):
    """A trained classifier, see `TrainResult`.

    Attributes
    ----------
    judged
        The model on validation rows.
    candidates
        All models that were tried; one where the model was named.
    absent
        Classes that were expected, and that no row has.
    conflicts
        Identical texts with more than one label; None where there are none.
    """

    model: Classifier
    judged: EvaluatedClassifier
    candidates: Sequence[Candidate]
    absent: Sequence[str] = ()
    conflicts: Conflicts | None = None

    @property
    def threshold(self) -> float | None:
        """Confidence below which a row is ambiguous; None where all are."""
        found = self.model.confidence_.threshold
        return found if found <= 1 else None

    @property
    def table(self) -> pd.DataFrame:
        """The candidates side by side, the chosen one marked."""
        columns = ("accuracy", "macro_f1", "log_loss", "ece")
        return pd.DataFrame(
            {
                "model": each.name,
                **{column: getattr(each.judged.figures, column) for column in columns},
                "chosen": each.classifier is self.model,
            }
            for each in self.candidates
        )

    @property
    def metrics(self) -> dict[str, Any]:
        """All figures, as the manifest of the model holds them."""
        figures = self.judged.figures.to_dict()
        del figures["model"], figures["kind"]
        found = {
            **figures,
            "trained_on": self.trained_on,
            "unlabelled": self.unlabelled,
            "judged_on": len(self.judged.truth),
            "threshold": self.threshold,
            "suspect_labels": self.judged.suspect_rows,
        }
        if self.judged.over_folds is not None:
            found["over_folds"] = self.judged.over_folds.to_dict()
        if self.judged.intervals:
            found["intervals"] = as_plain(self.judged.intervals)
        if isinstance(self.model, PromptClassifier):
            bias = self.model.order_bias_
            found["language_model"] = {
                **self.model.who_asks.ledger.to_dict(),
                "order_bias": None if bias is None else as_plain(asdict(bias)),
            }
        if self.absent:
            found["absent_classes"] = list(self.absent)
        if self.conflicts is not None:
            found |= self.conflicts.to_dict()
        if self.changes:
            found[CHANGES] = dict(self.changes)
        if self.readability is not None:
            found["readability"] = self.readability.to_dict()
        if len(self.candidates) > 1:
            found["tried"] = {c.name: c.judged.figures.accuracy for c in self.candidates}
        return found


@dataclass(frozen=True, slots=True, eq=False)
class RegressorResult(TrainResult):
    """A trained regressor, see `TrainResult`.

    Attributes
    ----------
    judged
        The model on validation rows: each row by models that were not trained on it.
    judged_rows
        These rows.
    """

    model: EnsembleRegressor
    judged: EvaluatedRegressor
    judged_rows: Records

    @property
    def scores(self) -> NumberScores:
        """Its errors on validation rows."""
        return self.judged.scores

    @property
    def metrics(self) -> dict[str, Any]:
        """All figures, as the manifest of the model holds them."""
        found: dict[str, Any] = {
            **self.scores.figures,
            "trained_on": self.trained_on,
            "unlabelled": self.unlabelled,
            "judged_on": self.trained_on,
            "mixed_by": self.model.mixed_by_,
        }
        if self.changes:
            found[CHANGES] = dict(self.changes)
        if self.readability is not None:
            found["readability"] = self.readability.to_dict()
        return found
