"""Models, their versions, and who gets which."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, Field

from coterie.serve.forms.base import Form, Line, Said

__all__ = [
    "Activated",
    "Activation",
    "ModelCard",
    "ModelsAnswer",
    "ScoresAnswer",
    "Traffic",
    "Variant",
]


class ModelCard(Said):
    """One model."""

    name: str
    kind: str
    ready: bool
    default: bool = Field(description="Whether it answers for auto.")
    version: int | None
    created: str | None
    classes: list[str]
    class_names: dict[str, str] = Field(
        default={}, description="Class to its name, where classes are ids."
    )
    columns: list[str] = Field(description="Context columns that it reads.")
    reads_text: bool
    metrics: dict[str, float] = Field(description="On validation rows.")
    fault: str | None = Field(description="Why its newest version is not used.")


class ModelsAnswer(Said):
    """The models of the service."""

    models: list[ModelCard]


class ScoresAnswer(Said):
    """How a version of a model did on rows that it had not learnt from."""

    name: str
    version: int
    metrics: dict[str, float]
    page: dict[str, Any] | None = Field(description="Blocks of a page; none for older models.")


class Activation(Form):
    """Which version to load or to use."""

    version: int | None = Field(default=None, ge=1, le=999_999_999, description="Its number.")


class Activated(Said):
    """The version that was loaded or is used."""

    name: str
    version: int
    active: bool


class Variant(Form):
    """A version that takes a share of the requests."""

    model: Line
    version: int | None = Field(default=None, ge=1, le=999_999_999)
    weight: float = Field(default=1.0, gt=0, le=1_000_000)


class Traffic(Form):
    """Which versions answer for auto, and which are asked beside them without being answered."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "variants": [
                        {"model": "voting", "version": 3, "weight": 9},
                        {"model": "voting", "version": 4, "weight": 1},
                    ],
                    "shadow": [],
                }
            ]
        }
    )

    variants: list[Variant] = Field(default=[], max_length=16)
    shadow: list[Variant] = Field(default=[], max_length=4)
