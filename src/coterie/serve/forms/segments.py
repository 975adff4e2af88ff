"""Edits of segments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from coterie.serve.forms.base import Form, Line

__all__ = ["SegmentEdit"]


class SegmentEdit(Form):
    """An edit of the segments; segments are named by id or by name."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"edit": "rename", "segment": "s3", "name": "late parcels"}]
        }
    )

    edit: Literal[
        "rename", "merge", "split", "move", "create", "parent", "level",
        "freeze", "thaw", "undo", "redo",
    ]  # fmt: skip
    segment: Line | None = Field(default=None, description="Of rename, split and parent.")
    segments: list[Line] | None = Field(
        default=None,
        min_length=2,
        max_length=1000,
        description="Of merge; the first one's id stays.",
    )
    name: Line | None = Field(default=None, description="Of rename, merge, create, parent.")
    description: str | None = Field(default=None, max_length=2000, description="Of rename.")
    into: int | None = Field(default=None, ge=2, le=100, description="Of split: how many parts.")
    names: list[Line] | None = Field(default=None, max_length=100, description="Of split.")
    seed: int | None = Field(default=None, ge=0, le=2**31, description="Of split.")
    rows: list[Line] | None = Field(
        default=None, min_length=1, max_length=100_000, description="Of move, create: ids of rows."
    )
    at: list[Annotated[int, Field(ge=0, le=2**31)]] | None = Field(
        default=None,
        min_length=1,
        max_length=1_000_000,
        description="Of move, create: places of rows, from 0, in the order of the discovery.",
    )
    groups: int | None = Field(
        default=None, ge=1, le=100_000, description="Of level: how many segments."
    )
    to: Line | None = Field(default=None, description="Of move: where they belong.")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        for name in _EDIT_NEEDS[self.edit]:
            if getattr(self, name) is None:
                raise ValueError(f"the edit {self.edit} needs '{name}'")
        if self.edit in _OF_ROWS and self.rows is None and self.at is None:
            raise ValueError(f"the edit {self.edit} needs 'rows' or 'at'")
        return self


_OF_ROWS = ("move", "create")
_EDIT_NEEDS: Mapping[str, tuple[str, ...]] = {
    "rename": ("segment", "name"),
    "merge": ("segments",),
    "split": ("segment",),
    "move": ("to",),
    "create": ("name",),
    "parent": ("segment", "name"),
    "level": ("groups",),
    "freeze": (),
    "thaw": (),
    "undo": (),
    "redo": (),
}
