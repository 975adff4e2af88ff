"""How rows are indexed, and how an index is searched."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from coterie.options.base import CacheOptions, Names, Options, PageOptions, PythonOnly, Typed
from coterie.options.discovery import EmbedSettings, EncoderOptions
from coterie.options.reading import TableOptions, VectorOptions

__all__ = [
    "ChangeOptions",
    "IndexOptions",
    "IndexSettings",
    "QueriesSettings",
    "SearchOptions",
    "SearchSettings",
]

_FILTERS = Typed("--filters/--no-filters")


def _as_lines(given: Any) -> Any:
    """Write a mapping of columns to levels as the lines that the command line takes."""
    if not isinstance(given, Mapping):
        return (given,) if isinstance(given, str) else given
    return tuple(f"{name}: {', '.join(map(str, levels))}" for name, levels in given.items())


class IndexSettings(Options):
    """What an index knows of its columns."""

    levels: Annotated[Names, BeforeValidator(_as_lines)] = Field(
        default=(),
        description="Values of a column in their order, the lowest first: 'budget: low, medium, "
        "high'. Known scales (low to high, never to always, 1-10 to 51+) need no mention.",
    )


class IndexOptions(IndexSettings, EmbedSettings, EncoderOptions, VectorOptions, TableOptions):
    """Options of ``index``."""


class ChangeOptions(CacheOptions, VectorOptions, TableOptions):
    """Options of a change of an index; how it was read before counts where none are given."""


class SearchSettings(Options):
    """How hits are found."""

    k: Annotated[int, Typed("-k")] = Field(default=10, ge=1, description="How many hits.")
    where: str | None = Field(
        default=None,
        description="Filter that every hit passes: \"sector = 'Health' AND budget >= 3\".",
    )
    by: Literal["both", "meaning", "words"] = Field(
        default="both", description="What is compared: both, meaning (vectors) or words (BM25)."
    )
    filters: Annotated[bool, _FILTERS] = Field(
        default=True,
        description="Whether conditions that the query states about known columns, such as 'high "
        "budget', become filters.",
    )
    drop: Names = Field(
        default=(),
        description="A filter that was recognised in the query, as it is shown, to search by "
        "meaning instead.",
    )
    one_per: str | None = Field(
        default=None, description="Column of which each value gets one hit, such as a company."
    )
    exact: bool = Field(
        default=False, description="Compare every row that passes, however long that takes."
    )


class QueriesSettings(SearchSettings):
    """Searches that a recipe makes, one after the other."""

    queries: Names = Field(default=(), description="Queries in words.")


class SearchOptions(SearchSettings, PageOptions):
    """Options of ``search``."""

    like: Names = Field(default=(), description="Id of a row that hits are like.")
    unlike: Names = Field(default=(), description="Id of a row that hits are not like.")
    vector: Annotated[Any, PythonOnly] = Field(
        default=None,
        repr=False,
        description="A vector of the encoder of the index, to search by in place of a query.",
    )
