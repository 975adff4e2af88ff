"""A model, as far as an analysis needs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from coterie.classifiers import Model
from coterie.workflows.prediction.predict import LoadedModel

__all__ = ["AnalysedModel"]


@dataclass(frozen=True, slots=True, eq=False)
class AnalysedModel:
    """A model, as far as an analysis needs it.

    Attributes
    ----------
    classifier
        Fitted or loaded: a classifier or a regressor.
    schema
        Which columns it was trained on.
    name
        What it is called.
    """

    classifier: Model
    schema: Mapping[str, Any]
    name: str

    @classmethod
    def of(cls, loaded: LoadedModel) -> Self:
        """Take a model that was loaded from its directory."""
        return cls(loaded.classifier, loaded.schema, loaded.home.resolve().name)
