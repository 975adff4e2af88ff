"""Which model is trained, and how."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from coterie.options.base import (
    CacheOptions,
    CorrectionSettings,
    Names,
    Options,
    Reads,
    SeedOptions,
    Typed,
)
from coterie.options.discovery import EncoderSettings
from coterie.options.language import PromptSettings
from coterie.options.reading import ConceptOptions, LabelOptions, VectorOptions

__all__ = [
    "EnsembleSettings",
    "LearnSettings",
    "ModelOptions",
    "ModelPlan",
    "OutcomesSettings",
    "TrainOptions",
    "TrainSettings",
]


class _Named(Options):
    model: str = Field(
        default="linear",
        description="few-shot, linear, mlp, contrastive, voting, cascade, auto; ensemble, of "
        "trees; or prompt, which asks a language model. An encoder of its own may follow a colon, "
        "as in linear:static; after prompt, a language model, as in prompt:ollama:llama3.2.",
    )


class LearnSettings(Options):
    """How a model learns."""

    members: Annotated[Names, Typed("--member")] = Field(
        default=(),
        description="Model of a vote or a cascade, the cheapest first, or candidate of auto, as "
        "linear or linear:static; learner of an ensemble, as lightgbm.",
    )
    accuracy: float | None = Field(
        default=None,
        ge=0.01,
        le=1,
        description="Accuracy that answers which are not ambiguous should have; by default the "
        "share of wrong ones is halved.",
    )
    unknown: float = Field(
        default=0.05,
        ge=0,
        le=1,
        description="Share of texts of unknown classes that may be assigned: the fewer, the more "
        "answers are ambiguous; with 1 the confidence alone decides.",
    )
    outside: float = Field(
        default=0.05,
        ge=0,
        lt=1,
        description="Share of texts of the known classes that may be outside: the more, the more "
        "texts of unknown classes are; with 0 nothing is outside.",
    )
    folds: int | None = Field(
        default=None,
        ge=2,
        le=100,
        description="Folds of the cross-validation; 5 by default, 10 of fewer than 1,000 rows, and "
        "3 of an ensemble.",
    )
    loss: Literal["cross-entropy", "focal"] = Field(
        default="cross-entropy", description="Loss of the model mlp."
    )
    epochs: int | None = Field(
        default=None, ge=1, description="Largest number of epochs; the model's own otherwise."
    )


class EnsembleSettings(Options):
    """How an ensemble of trees learns; see `coterie.classifiers.EnsembleClassifier`."""

    preset: Literal["accuracy", "balanced", "speed"] = Field(
        default="balanced", description="Of an ensemble: which learners and features it tries."
    )
    kinds: Annotated[Names | None, Typed("--kind")] = Field(
        default=None,
        description="Of an ensemble: kind of features of concepts: one-hot, tfidf, embeddings, "
        "pairs or statistics; those of the preset otherwise.",
    )
    mix: Literal["auto", "vote", "stack", "best"] = Field(
        default="auto", description="Of an ensemble: how its learners are combined."
    )
    draws: int | None = Field(
        default=None, ge=1, description="Of an ensemble: settings to try for each learner."
    )
    seconds: float | None = Field(
        default=None, gt=0, description="Of an ensemble: time for that search; unlimited otherwise."
    )
    balance: bool = Field(
        default=False, description="Of an ensemble: give rare classes as much weight as common."
    )


class ModelOptions(
    SeedOptions, PromptSettings, EnsembleSettings, LearnSettings, EncoderSettings, _Named
):
    """Which model, as a user names it."""

    pooling: Annotated[Literal["text", "lines", "speakers"], Typed("--pool")] = Field(
        default="text",
        description="What is embedded: each text whole; or its lines, or its speakers, of which it "
        "has the mean.",
    )
    numbers: Annotated[bool | None, Typed("--numbers/--classes")] = Field(
        default=None,
        description="Of an ensemble: whether the label is a number; it is, by default, where it "
        "has more than 20 different numbers.",
    )


class ModelPlan(ModelOptions):
    """Which model, and what it learns from."""

    context: Names = Field(
        default=(),
        description="Columns that are features too; concepts among them, as "
        "`coterie.records.CONCEPTS`.",
    )
    class_names: Mapping[Any, str] | None = Field(
        default=None, description="Class to its name in words, where the classes are ids."
    )
    class_descriptions: Mapping[Any, str] | None = Field(
        default=None, description="Class to what it means, for a language model."
    )
    texts: bool = Field(
        default=True, description="Of an ensemble: whether there are texts to learn from."
    )

    @property
    def needs_texts(self) -> bool:
        """Whether it learns from texts, and not from columns and concepts alone."""
        return self.model.partition(":")[0] != "ensemble"


class ExpectedSettings(Options):
    """Which classes should be there."""

    nomenclature: Annotated[str | None, Reads()] = Field(
        default=None,
        description="Segments that should all be classes, as a TOML file or the name of a built-in "
        "one: those that no row has are named, on the pages and with the model.",
    )


class TrainOptions(
    CorrectionSettings,
    ExpectedSettings,
    ModelOptions,
    CacheOptions,
    VectorOptions,
    LabelOptions,
    ConceptOptions,
):
    """Options of ``train``."""

    context: Names | None = Field(
        default=None,
        description="Column that is a feature too. Without a text: all but ids where none is "
        "named.",
    )
    by: str | None = Field(
        default=None,
        description="Column, as of a customer, whose rows are not split between training and "
        "validation.",
    )
    segments: Annotated[str | Path | None, Reads()] = Field(
        default=None,
        description="Folder of discover or assign, in place of a table: its segments are the "
        "classes.",
    )

    def plan(self, **others: Any) -> ModelPlan:
        """Give the model, and what it learns from."""
        asked = {n: v for n, v in self.given().items() if n in ModelOptions.model_fields}
        return ModelPlan(**{**asked, **others})


class TrainSettings(ExpectedSettings, PromptSettings, LearnSettings):
    """The stage of a recipe that trains classifiers, evaluates them, and predicts with the best."""

    label: str | None = Field(default=None, description="Column of the label; the first if None.")
    models: Names = Field(
        default=("few-shot", "linear"), description="Models, as linear or few-shot:static."
    )
    without: Mapping[str, str] = Field(
        default={}, description="Model that is not among them to the reason, which the page gives."
    )
    pool: Literal["text", "lines", "speakers"] | None = Field(
        default=None,
        description="What is embedded; by default the speakers where there is a column of them, "
        "the lines where each row of a record is embedded alone, else the text.",
    )
    test: float = Field(
        default=0.2, gt=0, lt=1, description="Share of test rows, where no column says which."
    )
    positive: str | None = Field(
        default=None, description="Of two classes, the one whose curves are shown."
    )
    id_as: str = Field(default="id", description="Name of the id column of predictions.csv.")
    label_as: str = Field(
        default="label", description="Name of the label column of predictions.csv."
    )


class OutcomesSettings(EnsembleSettings):
    """The stage of a recipe that learns outcomes, and which features predict them."""

    labels: Names = Field(
        default=(), description="Outcomes, each a column of classes or of numbers; all if empty."
    )
    learners: Names = Field(default=(), description="Learners, as lightgbm.")
    compare: bool = Field(default=True, description="Whether to compare sets of features.")
    test: float = Field(
        default=0.2, gt=0, lt=1, description="Share of test rows, which are used once."
    )
