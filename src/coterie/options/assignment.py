"""How rows are assigned to segments."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from coterie.options.base import CacheOptions, Names, Options, PageOptions, Reads, Token, Typed
from coterie.options.reading import LabelOptions, VectorOptions

__all__ = ["AssignOptions", "EncodersSettings"]


class EncodersSettings(Options):
    """Encoders that are compared."""

    encoders: Annotated[Names, Typed("--encoder"), Reads()] = Field(
        default=(),
        description="Encoder: minilm, multilingual, static, tfidf, a folder or a hub name; options "
        "may follow it, as in 'minilm?max_length=128'. Several are compared. That of the segments "
        "otherwise.",
    )


class AssignOptions(EncodersSettings, PageOptions, CacheOptions, VectorOptions, LabelOptions):
    """Options of ``assign``. The label names segments, to compare with."""

    segments: Annotated[str | Path, Reads()] = Field(
        description="attendees, a TOML file of descriptions, or the folder of a discovery."
    )
    token: Token = None
