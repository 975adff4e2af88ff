"""How new rows are compared with those of the training."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from coterie.options.base import (
    CacheOptions,
    Options,
    PageOptions,
    PythonOnly,
    Reads,
    SeedOptions,
    Token,
)
from coterie.options.logging import LoggedOptions
from coterie.options.reading import OtherTable, TableOptions, VectorOptions

__all__ = ["WatchOptions", "WatchSettings"]


class WatchSettings(SeedOptions):
    """What counts as a change."""

    every: Literal["day", "week", "month"] = Field(
        default="week",
        description="Length of the periods that rows with --time are judged by: day, week or month",
    )
    least: float = Field(
        default=0.005,
        ge=0,
        le=1,
        description="Smallest change that matters, as a share of all rows: 0.005 is half a point.",
    )


class _Watched(Options):
    segments: Annotated[str | Path | None, PythonOnly, Reads()] = Field(
        default=None, description="Folder of a discovery, whose segments and rows are compared."
    )
    model: Annotated[str | Path | None, PythonOnly, Reads()] = Field(
        default=None, description="Directory of a saved classifier, in place of segments."
    )
    reference: Annotated[OtherTable, Reads()] = Field(
        default=None,
        description="Table of a quiet time with the same columns, to compare with; by default the "
        "rows that the segments or the model were made from.",
    )


class WatchOptions(
    LoggedOptions,
    _Watched,
    WatchSettings,
    PageOptions,
    CacheOptions,
    VectorOptions,
    TableOptions,
):
    """Options of ``watch``."""

    token: Token = None
