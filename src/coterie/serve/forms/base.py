"""What all requests and answers are made of."""

from __future__ import annotations

import math
from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictBool

__all__ = ["LONGEST_NAME", "Cell", "Context", "Form", "Line", "Problem", "Said", "no_nul"]

LONGEST_NAME = 200
_MOST_COLUMNS = 1000
_FARTHEST = 2**53  # beyond it a float does not tell whole numbers apart


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("a number must be finite")
    if isinstance(value, int) and abs(value) > _FARTHEST:
        raise ValueError("a number must be between -2^53 and 2^53")
    return value


def no_nul(text: str) -> str:
    """Refuse the character NUL, which no database takes."""
    if "\0" in text:
        raise ValueError("the text must not hold the character NUL")
    return text


Cell: TypeAlias = Annotated[StrictBool | float | str | list[str] | None, BeforeValidator(_finite)]
Context: TypeAlias = Annotated[dict[str, Cell], Field(max_length=_MOST_COLUMNS)]
Line: TypeAlias = Annotated[str, Field(max_length=LONGEST_NAME), AfterValidator(no_nul)]
"""A short text, as of an id or a name."""


class Form(BaseModel):
    """Base of what is sent: unknown keys are refused, so that a misspelling is not ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Said(BaseModel):
    """Base of what is answered."""

    model_config = ConfigDict(frozen=True)


class Problem(Said):
    """An error, as RFC 9457 has it."""

    type: str = Field(description="Kind of error.", examples=["about:blank"])
    title: str = Field(description="Kind of error in words.", examples=["Not found"])
    status: int = Field(description="HTTP status.", examples=[404])
    detail: str = Field(
        description="What is wrong and how to mend it.",
        examples=["There is no model 'votin': did you mean voting?"],
    )
    instance: str = Field(description="Id of the request, as in the service's log.")
