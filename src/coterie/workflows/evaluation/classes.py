"""Classifiers side by side on the same labelled rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.encoders import Vectors
from coterie.errors import OptionError
from coterie.hints import did_you_mean
from coterie.jsonable import as_plain
from coterie.metrics import confusion, score_ranking
from coterie.workflows.evaluation.evaluation import Evaluation
from coterie.workflows.evaluation.figures import (
    Ceiling,
    ClassFigures,
    CostFigures,
    PositiveFigures,
)
from coterie.workflows.evaluation.mistakes import kinds_of_mistakes, mistakes_of
from coterie.workflows.evaluation.models import EvaluatedClassifier
from coterie.workflows.evaluation.words import class_verdict

__all__ = ["ClassEvaluation", "Picture"]

_MOST_CONFUSED = 30  # classes of which the confusion matrix is kept: a judgement
_DECIMALS = 6


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """Where rows lie in the embedding of one model: their numbers (m,), and their layout (m, 2)."""

    model: str
    rows: npt.NDArray[np.int64]
    layout: Vectors


@dataclass(frozen=True, eq=False, kw_only=True)
class ClassEvaluation(Evaluation[EvaluatedClassifier, ClassFigures]):
    """Classifiers on the same n labelled rows, see `Evaluation`.

    Attributes
    ----------
    positive
        The class that precision, recall and the areas under the curves are of; None takes the
        second of two classes, and means over the classes where there are more.
    ceiling
        How good any model can be; None where that is not known.
    learning
        Name of a model to its table of `coterie.metrics.learning_curve`.
    picture
        A map of the rows; None for none.
    absent
        Classes that were expected in training, and that no row had: no model can predict them.

    Raises
    ------
    OptionError
        When the positive class is none; and what `Evaluation` raises.
    """

    positive: str | None = None
    ceiling: Ceiling | None = None
    learning: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    picture: Picture | None = None
    absent: Sequence[str] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.positive is not None and self.positive not in self.classes:
            hint = did_you_mean(self.positive, self.classes, "name one of the classes.")
            raise OptionError(f"There is no class '{self.positive}': {hint}")

    @property
    def truth(self) -> npt.NDArray[np.object_]:
        """Labels of the rows, (n,)."""
        return self.models[0].truth

    @cached_property
    def known(self) -> list[str]:
        """All classes that a model knows, sorted."""
        return sorted({name for model in self.models for name in model.classes})

    @cached_property
    def classes(self) -> list[str]:
        """All classes and labels, sorted."""
        return sorted({*self.known, *self.truth.tolist()})

    @cached_property
    def class_of_interest(self) -> str | None:
        """The positive class, where one was named or there are only two."""
        if self.positive is not None:
            return self.positive
        return self.known[1] if len(self.known) == 2 else None

    @cached_property
    def baseline(self) -> tuple[str, float]:
        """The commonest label, and its share of the rows: the accuracy of always saying it."""
        label, rows = Counter(self.truth.tolist()).most_common(1)[0]
        return label, rows / self.rows

    @cached_property
    def ranked(self) -> list[EvaluatedClassifier]:
        """The models from the most accurate on."""
        return sorted(self.models, key=lambda model: -model.scores.accuracy)

    @property
    def verdict(self) -> str:
        """Which model is best, whether that may be chance, and how good any could be."""
        told = class_verdict(
            self.best,
            self.beaten,
            self.tied,
            self.baseline,
            self.ceiling,
            better=self.better,
            chosen=self.best.name == self.chosen,
        )
        return " ".join(told)

    @cached_property
    def predictions(self) -> pd.DataFrame:
        """The label of each row, and what each model says of it."""
        columns: dict[str, Any] = {"id": self.models[0].ids, "truth": self.truth}
        for model in self.models:
            said = model.predictions
            columns |= {
                f"{model.name} label": said.labels,
                f"{model.name} confidence": np.round(said.confidences, _DECIMALS),
                f"{model.name} status": said.statuses,
                f"{model.name} correct": model.correct,
            }
        return pd.DataFrame(columns)

    @cached_property
    def mistakes(self) -> pd.DataFrame:
        """The wrong answers of each model, the surest first, with what is known of their rows."""
        wrong_in = np.sum([~model.correct for model in self.models], axis=0)
        parts = [mistakes_of(model, wrong_in) for model in self.models]
        return pd.concat(parts, ignore_index=True)

    @property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """File name to the table that it holds."""
        return {**super().tables, "classes.csv": self.by_class, "confusion.csv": self.confusions}

    @cached_property
    def by_class(self) -> pd.DataFrame:
        """The figures of each class, model by model."""
        parts = []
        for model in self.models:
            table = model.class_table.copy()
            table.insert(0, "model", model.name)
            parts.append(table)
        return pd.concat(parts, ignore_index=True)

    @cached_property
    def confusions(self) -> pd.DataFrame:
        """The rows of each label by the answer, model by model."""
        parts = []
        for model in self.models:
            counts = confusion(model.truth, model.predictions.labels, model.classes)
            taken = {name: f"class {name}" for name in ("model", "truth")}
            table = counts.rename(columns=taken).rename_axis(columns=None)
            table.insert(0, "truth", counts.index)
            table.insert(0, "model", model.name)
            parts.append(table)
        every = pd.concat(parts, ignore_index=True)
        numbers = every.columns[2:]
        return every.fillna(dict.fromkeys(numbers, 0)).astype(dict.fromkeys(numbers, np.int64))

    def to_dict(self) -> dict[str, Any]:
        """Give all figures, as JSON takes them."""
        learning = {name: table.to_dict("records") for name, table in self.learning.items()}
        return {**super().to_dict(), **as_plain({"learning": learning})}

    def _is_of_these_rows(self, model: EvaluatedClassifier) -> bool:
        first = self.models[0]
        return np.array_equal(model.ids, first.ids) and np.array_equal(model.truth, first.truth)

    def _own_figures(self) -> dict[str, Any]:
        label, share = self.baseline
        return {
            "classes": self.classes,
            "positive": self.class_of_interest,
            "absent_classes": list(self.absent),
            "suspect_labels": self.best.suspect_rows,
            "baseline": {"label": label, "accuracy": share},
            "ceiling": None if self.ceiling is None else self.ceiling.to_dict(),
        }

    def _figures_of(self, model: EvaluatedClassifier) -> ClassFigures:
        low, high = model.interval
        more = {"accuracy_low": low, "accuracy_high": high, **self._areas(model)}
        return replace(
            model.figures,
            **as_plain(more),
            intervals=as_plain(model.intervals_of(self.class_of_interest) or {}) or None,
            unknown_label_rows=model.unknown_rows,
            positive=self._of_positive(model),
            costs=CostFigures.of(model.spent, self.price, model.scores.accuracy),
        )

    def _areas(self, model: EvaluatedClassifier) -> dict[str, float | None]:
        positive = self.class_of_interest
        if positive is None:
            found = model.ranking.per_class  # of two classes among more, the mean here too
            means = found["roc_auc"].mean(), found["average_precision"].mean()
            return {"auc": float(means[0]), "average_precision": float(means[1])}
        if positive not in model.classes:
            return {"auc": None, "average_precision": None}
        said = model.predictions.probabilities
        ranking = score_ranking(model.truth, said, model.classes, positive=positive)
        return {"auc": ranking.roc_auc, "average_precision": ranking.average_precision}

    def _of_positive(self, model: EvaluatedClassifier) -> PositiveFigures | None:
        if self.class_of_interest is None:
            return None
        table = model.scores.per_class
        own = table[table["class"] == self.class_of_interest]
        names = ("precision", "recall", "f1")
        return PositiveFigures.rounded({n: own[n].iloc[0] if len(own) else None for n in names})

    def _more_of(self, model: EvaluatedClassifier) -> dict[str, Any]:
        counts = confusion(model.truth, model.predictions.labels, model.classes)
        matrix = {
            "truth": counts.index.tolist(),
            "predicted": counts.columns.tolist(),
            "counts": counts.to_numpy().tolist(),
        }
        kinds = kinds_of_mistakes(model)
        common = [each.to_dict("records") for each in kinds["common"]]
        found = kinds[["truth", "predicted", "count", "share"]].assign(common=common)
        return {
            "columns": _records(model.importances),
            "mistakes": found.to_dict("records"),
            "per_class": model.class_table.to_dict("records"),
            "calibration": model.calibration.table.to_dict("records"),
            "confusion": matrix if len(self.classes) <= _MOST_CONFUSED else None,
        }


def _records(table: pd.DataFrame | None) -> list[dict[Any, Any]]:
    return [] if table is None else table.to_dict("records")
