"""How groups are found."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from coterie.errors import OptionError
from coterie.options.base import CacheOptions, Options, PageOptions, Reads, SeedOptions, Token
from coterie.options.language import NamingSettings
from coterie.options.reading import LabelsOptions, VectorOptions

__all__ = [
    "DiscoverOptions",
    "DiscoverSettings",
    "EmbedSettings",
    "EncoderOptions",
    "EncoderSettings",
]


class EncoderSettings(Options):
    """Which encoder makes the vectors."""

    encoder: Annotated[str, Reads()] = Field(
        default="minilm",
        description="Encoder: minilm, multilingual, static, tfidf, a folder or a hub name; options "
        "may follow it, as in 'minilm?max_length=128'.",
    )


class EncoderOptions(EncoderSettings, CacheOptions):
    """Which encoder makes the vectors, and what it may need."""

    token: Token = None


class EmbedSettings(EncoderSettings):
    """How records become vectors."""

    level: Literal["record", "row"] | None = Field(
        default=None,
        description="With a group column: embed the whole record, or each of its rows, of which "
        "the record has the mean. By default row, or record where rows have an order or a speaker.",
    )


class DiscoverSettings(Options):
    """How groups are found in vectors."""

    method: Literal["auto", "hdbscan", "kmeans"] = Field(
        default="auto", description="Method that finds the groups."
    )
    groups: int | None = Field(
        default=None, ge=1, description="Number of groups; chosen by the data otherwise."
    )
    coarser: bool = Field(
        default=False, description="The fewest groups that are about as well supported."
    )
    finer: bool = Field(
        default=False, description="The most groups that are about as well supported."
    )
    fewest: int = Field(
        default=4, ge=2, description="Smallest number of groups to try, where it is chosen."
    )
    title: str = Field(default="", description="Title of the page; made of the source otherwise.")

    @model_validator(mode="after")
    def _one_number(self) -> Self:
        given = [name for name in ("groups", "coarser", "finer") if getattr(self, name)]
        if len(given) > 1:
            raise OptionError(
                f"{' and '.join(given)} each choose the number of groups: give one of them."
            )
        return self

    @property
    def end(self) -> Literal["", "coarser", "finer"]:
        """Which end of the range of supported numbers is wanted; "" for its middle."""
        return "coarser" if self.coarser else "finer" if self.finer else ""


class DiscoverOptions(
    SeedOptions,
    DiscoverSettings,
    PageOptions,
    EmbedSettings,
    EncoderOptions,
    NamingSettings,
    VectorOptions,
    LabelsOptions,
):
    """Options of ``discover``. The labels are compared with the groups, never used to find them."""
