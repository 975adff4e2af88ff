"""Rows to predict, to explain and to assign."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from coterie.serve.forms.base import Context, Form, Line, Said

__all__ = [
    "AssignRequest",
    "ClassifyAnswer",
    "ClassifyRequest",
    "ExplainRequest",
    "RowAnswer",
    "RowGiven",
]


class RowGiven(Form):
    """One row to predict."""

    id: Line | None = Field(default=None, description="Id of the row; its number otherwise.")
    text: str | None = Field(default=None, description="The text; none for models of columns.")
    context: Context = Field(default={}, description="Column to value.")
    customer_id: Line | None = Field(default=None, description="Stable id of the customer.")


class ClassifyRequest(Form):
    """Rows to predict."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"model": "auto", "rows": [{"id": "1", "text": "Where is my parcel?"}]}]
        }
    )

    rows: list[RowGiven] = Field(min_length=1, description="The rows.")
    model: Line = Field(default="auto", description="Name of a model, or auto.")
    version: int | None = Field(
        default=None, ge=1, le=999_999_999, description="A version that is loaded; the active one."
    )


class ExplainRequest(Form):
    """One row to explain."""

    text: str | None = Field(default=None, description="The text.")
    context: Context = Field(default={}, description="Column to value.")
    model: Line = Field(default="auto", description="Name of a model, or auto.")
    version: int | None = Field(default=None, ge=1, le=999_999_999)


class AssignRequest(Form):
    """Texts to assign to segments."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"texts": ["My top-up has failed twice."]}]}
    )

    texts: list[str | None] = Field(min_length=1)


class RowAnswer(Said):
    """The answer for one row."""

    id: str = Field(description="As it was given.")
    prediction_id: str | None = Field(
        description="For feedback; none where the row was set aside or nothing is logged."
    )
    model_used: str = Field(description="Name and version.", examples=["linear:2"])
    label: str | int | float | bool | None = Field(
        description="The most probable class, or the number."
    )
    status: str = Field(description="assigned, ambiguous, outside, refused or set aside.")
    name: str | None = Field(default=None, description="The class in words, where it is an id.")
    confidence: float | None = Field(default=None, description="Calibrated probability, 0 to 1.")
    probabilities: dict[str, float] | None = Field(default=None, description="Of each class.")
    low: float | None = Field(default=None, description="Lower bound of a number, 80% interval.")
    high: float | None = Field(default=None, description="Upper bound of a number.")
    reason: str | None = Field(default=None, description="Why the row was set aside.")


class ClassifyAnswer(Said):
    """One answer for each row, in their order."""

    model_used: str = Field(
        description="Name and version; several of them where versions share the rows.",
        examples=["linear:2"],
    )
    predictions: list[RowAnswer]
    processing_time: float = Field(description="Seconds.")
