"""How a discovery meets later rows."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from coterie.options.base import CacheOptions, PageOptions, Reads, SeedOptions, Token
from coterie.options.reading import LabelsOptions, VectorOptions

__all__ = ["RefreshOptions"]


class RefreshOptions(SeedOptions, PageOptions, CacheOptions, VectorOptions, LabelsOptions):
    """Options of ``refresh``. Columns are those that the discovery was read with otherwise."""

    period: str = Field(
        default="",
        description="What the rows are called in the record and on pages, as 2026-12; the name of "
        "the file otherwise.",
    )
    min_share: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="Smallest share of the new rows that makes a new segment, 0 to 1; eight "
        "different texts make one in any case.",
    )
    outside_only: bool = Field(
        default=False,
        description="Let new segments take rows only that fit no segment at all; else also rows "
        "that are near an old one, in groups to which no earlier row belongs.",
    )
    encoder: Annotated[str | None, Reads()] = Field(
        default=None,
        description="Folder or name of the encoder that the segments were made with, where it was "
        "moved.",
    )
    token: Token = None
