"""The service itself: jobs, feedback, drift, who is signed in and whether it works."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field

from coterie.serve.access.key_file import Scope
from coterie.serve.forms.base import LONGEST_NAME, Form, Line, Said, no_nul

__all__ = [
    "DriftAnswer",
    "FeedbackAnswer",
    "FeedbackRequest",
    "Health",
    "JobAnswer",
    "SessionAnswer",
    "SignIn",
    "Truth",
]


class JobAnswer(Said):
    """A job as it stands."""

    id: str
    kind: str
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    created: str
    file: str
    options: dict[str, Any]
    by: str
    progress: dict[str, Any] = Field(description="stage, done, total, seconds_left.")
    result: dict[str, Any] | None
    error: str
    files: list[str] = Field(description="What it made: /v1/jobs/ID/files/NAME.")
    notes: list[str] = Field(default=[], description="What a person should know of how it ended.")


class DriftAnswer(Said):
    """What changed in the logged rows since the training."""

    available: bool
    reason: str = Field(description="Why it cannot be said.")
    words: list[str]
    page: dict[str, Any] | None


class Truth(Form):
    """What was true of one prediction."""

    prediction_id: Line
    truth: Annotated[str, Field(max_length=LONGEST_NAME), AfterValidator(no_nul)]
    by: Line | None = Field(default=None, description="Who says so.")
    at: datetime | None = Field(default=None, description="When it was known; now otherwise.")


class FeedbackRequest(Form):
    """What was true of predictions."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"feedback": [{"prediction_id": "0198…", "truth": "converted"}]}]
        }
    )

    feedback: list[Truth] = Field(min_length=1, max_length=10_000)


class FeedbackAnswer(Said):
    """What became of feedback."""

    matched: int
    unknown: list[str] = Field(description="Ids of predictions that are not in the log.")


class SignIn(Form):
    """What a browser signs in with."""

    key: Line = Field(description="A key of the service.")


class SessionAnswer(Said):
    """Who is signed in."""

    keys: bool = Field(description="Whether the service asks for a key at all.")
    signed_in: bool = Field(description="Whether the request may go on; so it is without keys.")
    name: str = Field(description="Of the key; empty without one.")
    scopes: list[Scope] = Field(description="What may be done.")


class Health(Said):
    """Whether the service can answer."""

    status: Literal["ready", "not ready", "alive"]
    detail: str = ""
    checks: Mapping[str, Any] = {}
