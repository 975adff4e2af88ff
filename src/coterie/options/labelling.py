"""Which rows are chosen to be labelled."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from coterie.options.base import CacheOptions, Options, SeedOptions, Typed
from coterie.options.language import AllowedSettings
from coterie.options.logging import LoggedOptions
from coterie.options.reading import ConceptOptions, VectorOptions

__all__ = ["LabellingOptions", "LabellingSettings"]


class LabellingSettings(Options):
    """How rows to label are chosen."""

    n: Annotated[int, Typed("-n")] = Field(
        default=50, ge=1, le=10_000, description="Rows to choose."
    )
    at_random: float = Field(
        default=0.1,
        ge=0,
        le=1,
        description="Share of them that is drawn at random, so that classes that the model does "
        "not know and mistakes that it is sure of can be seen.",
    )


class LabellingOptions(
    LoggedOptions,
    LabellingSettings,
    SeedOptions,
    CacheOptions,
    AllowedSettings,
    VectorOptions,
    ConceptOptions,
):
    """Options of ``label``. Columns are those of the training otherwise."""
