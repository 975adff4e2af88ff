"""How models predict, and how they are judged."""

from __future__ import annotations

from pydantic import Field

from coterie.options.base import CacheOptions, Options, PageOptions
from coterie.options.language import AllowedSettings
from coterie.options.reading import ConceptOptions, LabelOptions, VectorOptions

__all__ = ["PRICE", "EvaluateOptions", "EvaluateSettings", "PredictOptions"]

PRICE = 0.05
"""US dollars for an hour of one core: a round figure of what large clouds ask."""


class EvaluateSettings(Options):
    """How models are judged."""

    positive: str | None = Field(
        default=None, description="Of two classes, the one that precision, recall and AUC are of."
    )
    learning: bool = Field(
        default=False, description="Show how accuracy grows with the number of labelled rows."
    )
    price: float = Field(
        default=PRICE, gt=0, description="US dollars for an hour of one processor core."
    )
    title: str = Field(default="", description="Title of the page.")


class EvaluateOptions(
    EvaluateSettings,
    PageOptions,
    CacheOptions,
    AllowedSettings,
    VectorOptions,
    LabelOptions,
    ConceptOptions,
):
    """Options of ``evaluate``. Columns are those of the first model's training otherwise."""


class PredictOptions(CacheOptions, AllowedSettings, VectorOptions, ConceptOptions):
    """Options of ``predict``. Columns are those of the training otherwise."""
