"""How an encoder is tuned."""

from __future__ import annotations

import hashlib
from typing import Annotated, Literal

from pydantic import Field

from coterie.options.base import (
    CorrectionSettings,
    Options,
    PageOptions,
    PythonOnly,
    SeedOptions,
    Typed,
)
from coterie.options.discovery import EncoderOptions
from coterie.options.reading import LabelOptions

__all__ = [
    "NearSettings",
    "SuspectsOptions",
    "TrainerOptions",
    "TrainerSettings",
    "TuneOptions",
    "TuneSettings",
]


class TrainerSettings(Options):
    """How an encoder is trained; see `coterie.tuning.losses` for the losses."""

    loss: Literal["ranking", "triplet", "infonce", "both", "contrastive"] = Field(
        default="ranking",
        description="Loss. ranking: multiple negatives ranking over pairs. infonce: InfoNCE over "
        "all texts of a batch. triplet: anchor, positive and a mined negative. both: InfoNCE plus "
        "the triplet loss. contrastive: InfoNCE with one positive for each text, plus the triplet "
        "loss of the hardest triplets in the batch.",
    )
    hard_negatives: bool = Field(
        default=False, description="With ranking: mine a hard negative for each pair."
    )
    epochs: int = Field(
        default=3, ge=1, le=1000, description="Passes over about as many pairs as training rows."
    )
    batch: int = Field(default=64, ge=2, le=65536, description="Pairs or triplets in a step.")
    learning_rate: float = Field(
        default=5e-5,
        ge=1e-9,
        le=1.0,
        description="Highest learning rate; it rises during the warm-up and falls to 0 after.",
    )
    warm_up: Annotated[float, PythonOnly] = Field(
        default=0.1, ge=0, le=1, description="Share of the steps that the learning rate rises in."
    )
    temperature: Annotated[float, PythonOnly] = Field(
        default=0.05, ge=1e-4, le=10, description="Temperature of the losses."
    )
    margin: Annotated[float, PythonOnly] = Field(
        default=0.2, ge=0, le=2, description="Margin of the triplet loss."
    )
    projection: Annotated[int, PythonOnly] = Field(
        default=0,
        ge=0,
        le=65536,
        description="Width of a projection head that the losses see in place of the vectors, and "
        "that is thrown away after (Chen et al. 2020, https://arxiv.org/abs/2002.05709); 0 for "
        "none.",
    )
    dropout: Annotated[float, PythonOnly] = Field(
        default=0.1, ge=0, le=0.9, description="Dropout, against overfitting."
    )
    weight_decay: Annotated[float, PythonOnly] = Field(
        default=0.01,
        ge=0,
        le=1,
        description="Weight decay; embeddings, norms and biases have none.",
    )
    max_length: Annotated[int | None, PythonOnly] = Field(
        default=None, description="Tokens kept of a text in training; the encoder's limit if None."
    )
    patience: Annotated[int, PythonOnly] = Field(
        default=2,
        ge=1,
        le=1000,
        description="Epochs without an improvement on the validation rows before training stops.",
    )
    precision: Annotated[Literal["auto", "f32", "bf16"], PythonOnly] = Field(
        default="auto",
        description="Number format of the training; auto: bfloat16 where the processor has it.",
    )
    device: Annotated[str, PythonOnly] = Field(
        default="auto", description="cpu, cuda, or auto: the GPU where there is one."
    )

    @property
    def takes_triplets(self) -> bool:
        """Whether a step is made of triplets and not of pairs."""
        return self.loss in ("triplet", "both") or self.hard_negatives


class TrainerOptions(SeedOptions, TrainerSettings):
    """Options of one training of an encoder."""

    def fingerprint(self, *parts: str) -> str:
        """Hex digest of the options and of whatever else a training depends on."""
        said = self.model_dump_json(include=set(TrainerOptions.model_fields))
        return hashlib.sha256("\n".join([said, *parts]).encode()).hexdigest()


class NearSettings(Options):
    """Which texts are near duplicates."""

    near: float = Field(
        default=0.8,
        ge=0.3,
        le=1.0,
        description="Smallest Jaccard similarity of near duplicates, which are held out together.",
    )


class SuspectsOptions(NearSettings, SeedOptions, PageOptions, EncoderOptions, LabelOptions):
    """Options of ``suspects``."""

    title: str = Field(default="", description="Title of the page.")


class TuneSettings(CorrectionSettings, NearSettings, TrainerSettings):
    """How an encoder is tuned on labels, and how the result is judged."""

    label: Annotated[str | None, Typed(once=True)] = Field(
        default=None, description="Column of the label; the only one, or a recipe's first, if None."
    )
    test: float = Field(
        default=0.2, gt=0, lt=1, description="Share of the rows held out to compare the encoders."
    )
    suspects: Literal["keep", "drop", "fix"] = Field(
        default="keep", description="What to do with training labels that the data contradicts."
    )
    title: str = Field(default="", description="Title of the page.")


class TuneOptions(TuneSettings, TrainerOptions, PageOptions, EncoderOptions, LabelOptions):
    """Options of ``tune``."""
