"""How a new version is trained on feedback, and when it is used."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from coterie.options.base import CacheOptions, Options, PageOptions, Reads, SeedOptions, Typed
from coterie.options.logging import LoggedOptions
from coterie.options.reading import ConceptOptions, LabelOptions, OtherTable

__all__ = ["RetrainOptions", "RetrainSettings"]


class RetrainSettings(Options):
    """How a new version is compared with the active one, and when it takes its place."""

    collected: Literal["auto", "all", "chosen"] = Field(
        default="auto",
        description="How the feedback was collected. all: of all rows, or a sample drawn without "
        "regard to the answers. chosen: of some rows, as when only mistakes are corrected or "
        "doubtful rows are labelled; they are weighted. auto: chosen where the active version is "
        "right on it more or less often than elsewhere.",
    )
    activate_if_better: bool = Field(
        default=False,
        description="Use the new version from now on if it is better, and not worse on training "
        "rows.",
    )
    note: str = Field(default="", description="A remark kept with the new version.")


class RetrainOptions(
    LoggedOptions,
    RetrainSettings,
    PageOptions,
    SeedOptions,
    CacheOptions,
    LabelOptions,
    ConceptOptions,
):
    """Options of ``retrain``. Columns are those of the training otherwise."""

    training: Annotated[OtherTable, Typed("--with"), Reads()] = Field(
        default=None,
        description="The table that the model was trained on. Models that keep all of their "
        "training rows need none.",
    )
    by: str | None = Field(
        default=None,
        description="Column, as of a customer, whose rows are not split between training and "
        "comparison, and count as one.",
    )
