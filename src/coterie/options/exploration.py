"""How a table is explored, and how two of its rows are compared."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from coterie.options.base import Options, PageOptions, SeedOptions
from coterie.options.discovery import EmbedSettings, EncoderOptions
from coterie.options.reading import LabelsOptions, TableOptions

__all__ = ["EmbedOptions", "ExploreOptions", "ExploreSettings", "SimilarityOptions"]


class ExploreSettings(Options):
    """How near duplicates are found."""

    near: float = Field(
        default=0.8,
        ge=0.3,
        le=1.0,
        description="Smallest Jaccard similarity of near duplicates, 0.3 to 1.",
    )


class ExploreOptions(SeedOptions, ExploreSettings, PageOptions, LabelsOptions):
    """Options of ``explore``."""

    response: str | None = Field(default=None, description="Column of the answers to the texts.")


class SimilarityOptions(EncoderOptions, TableOptions):
    """Options of ``similarity``."""


class EmbedOptions(EmbedSettings, EncoderOptions, TableOptions):
    """Options of ``embed``."""

    level: Literal["record", "row"] = Field(
        default="record",
        description="With a group column: one vector for each group; or row, one for each of its "
        "rows, such as the sessions of a badge, with the row's --id, or its number, beside it.",
    )
    device: str | None = Field(default=None, description="Where torch models run: cpu or cuda.")
