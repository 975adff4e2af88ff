"""Searches."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from coterie.options import SearchSettings
from coterie.serve.forms.base import Form, Line

__all__ = ["SearchRequest", "SimilarRequest"]


class SearchRequest(SearchSettings):
    """A search."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"query": "early adopters with a high budget", "k": 5}]}
    )

    k: int = Field(default=10, ge=1, le=1000, description="How many hits.")
    query: str | None = Field(default=None, description="In words.")
    like: list[Line] = Field(default=[], max_length=100, description="Ids that hits are like.")
    unlike: list[Line] = Field(default=[], max_length=100, description="Ids hits are not like.")


class SimilarRequest(Form):
    """What rows should be like."""

    text: str | None = Field(default=None, description="A text.")
    like: list[Line] = Field(default=[], max_length=100, description="Ids of rows.")
    unlike: list[Line] = Field(default=[], max_length=100, description="Ids of rows.")
    k: int = Field(default=10, ge=1, le=1000, description="How many hits.")
    where: str | None = Field(default=None, max_length=5000, description="Filter.")
