"""Models side by side on the same rows: what evaluations of classes and of numbers share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from itertools import combinations
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.encoders import Readability
from coterie.errors import InputError, OptionError
from coterie.jsonable import as_plain
from coterie.metrics import adjust_p_values, differ
from coterie.options import PRICE
from coterie.workflows.evaluation.figures import Figures
from coterie.workflows.evaluation.models import EvaluatedModel

__all__ = ["Evaluation"]

Model = TypeVar("Model", bound=EvaluatedModel)
Found = TypeVar("Found", bound=Figures)


@dataclass(frozen=True, eq=False, kw_only=True)
class Evaluation(ABC, Generic[Model, Found]):
    """Models on the same n rows, see `coterie.verbs.saving.Result`.

    Attributes
    ----------
    models
        One or more, each of another name, on the same rows in the same order.
    title, subtitle
        Of the page.
    label
        What the labels are called.
    source
        Where the rows came from.
    price
        US dollars for an hour of one processor core.
    unlabelled
        Rows that were left out for want of a label.
    chosen
        Name of the model that was chosen by validation rows, before these rows were seen: it is the
        best one, whichever is here. None where none was.
    rejects
        The rows that were set aside, see `coterie.records.Records`.
    readability
        What the encoder of each model can read of the texts; one for each encoder.

    Raises
    ------
    InputError
        When there is no model or no row, or models were judged on different rows.
    OptionError
        When two models have one name, or the price is not above 0.
    """

    form: ClassVar[int] = 1
    files: ClassVar[Sequence[str]] = (
        "predictions.csv", "mistakes.csv", "models.csv", "classes.csv", "confusion.csv",
    )  # fmt: skip

    models: Sequence[Model]
    title: str = ""
    subtitle: str = ""
    label: str = "label"
    source: str = ""
    price: float = PRICE
    unlabelled: int = 0
    chosen: str | None = None
    rejects: pd.DataFrame = field(default_factory=pd.DataFrame)
    readability: Sequence[Readability] = ()

    def __post_init__(self) -> None:
        if not self.models or not self.rows:
            raise InputError("There is nothing to evaluate: give a model and labelled rows.")
        for model in self.models:
            if not self._is_of_these_rows(model):
                raise InputError(
                    f"{model.name} was evaluated on other rows: evaluate all models on the same."
                )
        if len(set(self.names)) < len(self.names):
            raise OptionError("Two models have the same name: give each its own.")
        if not (np.isfinite(self.price) and self.price > 0):
            raise OptionError(f"The price is {self.price}: give dollars an hour, such as 0.05.")

    @property
    @abstractmethod
    def truth(self) -> npt.NDArray[Any]:
        """What is known of the rows, (n,)."""

    @property
    def rows(self) -> int:
        """How many."""
        return len(self.truth)

    @property
    def names(self) -> list[str]:
        """Of the models."""
        return [model.name for model in self.models]

    @cached_property
    def reasons(self) -> dict[str, int]:
        """Why rows were set aside, and how many, the commonest first."""
        return dict(Counter(self.rejects.get("reason", ())).most_common())

    @cached_property
    @abstractmethod
    def ranked(self) -> list[Model]:
        """The models from the best on; in their own order where several are as good."""

    @property
    def best(self) -> Model:
        """The chosen model, or the best here; the first of those where several are as good."""
        return next((m for m in self.models if m.name == self.chosen), self.ranked[0])

    @cached_property
    def beaten(self) -> list[Model]:
        """The models that the best one is significantly better than, from the best on."""
        return self._apart("first", "second")

    @cached_property
    def better(self) -> list[Model]:
        """The models that are significantly better here than the chosen one."""
        return self._apart("second", "first")

    @property
    def tied(self) -> list[Model]:
        """The other models that may be as good as the best, from the best on."""
        apart = [self.best, *self.beaten, *self.better]
        return [other for other in self.ranked if other not in apart]

    def _apart(self, own: str, other: str) -> list[Model]:
        """Give the models that differ significantly from the best one, in one direction."""
        found = self.differences
        if found.empty:
            return []
        names = {*found[other][(found[own] == self.best.name) & found["significant"]]}
        return [model for model in self.ranked if model.name in names]

    @cached_property
    def figures(self) -> list[Found]:
        """Of each model."""
        return [self._figures_of(model) for model in self.models]

    @property
    def best_figures(self) -> Found:
        """Of the best model."""
        return self.figures[self.names.index(self.best.name)]

    @property
    @abstractmethod
    def verdict(self) -> str:
        """Which model is best, whether that may be chance, and what else there is to say."""

    @cached_property
    def differences(self) -> pd.DataFrame:
        """Every two models, the better one first, see `coterie.metrics.Paired`.

        ``p_adjusted`` is corrected for the number of pairs, and ``significant`` says whether the
        two may be said to differ, see `coterie.metrics.differ`.
        """
        pairs = list(combinations(self.ranked, 2))
        table = pd.DataFrame(
            {
                "first": one.name,
                "second": other.name,
                **{k: v for k, v in asdict(one.difference(other)).items() if k != "rows"},
            }
            for one, other in pairs
        )
        if table.empty:
            return table
        table["p_adjusted"] = adjust_p_values(table["p_value"])
        return table.assign(
            significant=[
                differ(p, one.shown_score, other.shown_score)
                for p, (one, other) in zip(table["p_adjusted"], pairs, strict=True)
            ]
        )

    @cached_property
    @abstractmethod
    def predictions(self) -> pd.DataFrame:
        """The truth of each row, and what each model says of it."""

    @cached_property
    @abstractmethod
    def mistakes(self) -> pd.DataFrame:
        """The wrong answers of each model, or the estimates that are furthest off."""

    @property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """File name to the table that it holds."""
        return {
            "predictions.csv": self.predictions,
            "mistakes.csv": self.mistakes,
            "models.csv": self.summary,
        }

    @cached_property
    def summary(self) -> pd.DataFrame:
        """One row for each model, from the best on: its figures."""
        found = dict(zip(self.names, (_flat(each.to_dict()) for each in self.figures), strict=True))
        frame = pd.DataFrame([found[model.name] for model in self.ranked])
        return frame.dropna(axis="columns", how="all")

    def to_dict(self) -> dict[str, Any]:
        """Give all figures, as JSON takes them."""
        models = [
            {**found.to_dict(), **self._more_of(model), "about": model.about.to_dict()}
            for model, found in zip(self.models, self.figures, strict=True)
        ]
        return as_plain(
            {
                "form": self.form,
                "title": self.title,
                "source": self.source,
                "label": self.label,
                "rows": self.rows,
                "unlabelled": self.unlabelled,
                "set_aside": sum(self.reasons.values()),
                "reasons": self.reasons,
                "readability": [read.to_dict() for read in self.readability],
                **self._own_figures(),
                "price_per_core_hour": self.price,
                "best": self.best.name,
                "chosen": self.chosen,
                "verdict": self.verdict,
                "models": models,
                "differences": self.differences.to_dict("records"),
            }
        )

    def write_parts(self, folder: Path) -> None:
        """Write nothing: all there is are figures and tables."""

    @abstractmethod
    def _is_of_these_rows(self, model: Model) -> bool: ...

    @abstractmethod
    def _figures_of(self, model: Model) -> Found: ...

    @abstractmethod
    def _more_of(self, model: Model) -> dict[str, Any]: ...

    @abstractmethod
    def _own_figures(self) -> dict[str, Any]: ...


def _flat(figures: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Put nested figures side by side, and leave lists and texts of several words out."""
    found: dict[str, Any] = {}
    for name, value in figures.items():
        if isinstance(value, Mapping):
            found |= _flat(value, f"{before}{name} ")
        elif value is None or isinstance(value, bool | int | float | str):
            found[f"{before}{name}"] = value
    return found
