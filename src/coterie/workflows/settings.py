"""What settings of workflows are made of: unknown keys are refused, and nothing changes later."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

__all__ = ["Candidates", "Settings"]


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Candidates = Annotated[tuple[str, ...], BeforeValidator(_as_list)]
"""One name, or several of which the first that the table has is taken."""


class Settings(BaseModel):
    """Settings of one workflow."""

    model_config = ConfigDict(extra="forbid", frozen=True)
