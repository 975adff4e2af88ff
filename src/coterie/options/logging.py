"""Which entries of a prediction log are meant."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from coterie.errors import OptionError
from coterie.options.base import Options, Reads, Typed

__all__ = ["LogFilters", "LogPeriod", "LoggedOptions", "Moment", "age_of"]

_AGE = re.compile(r"([0-9]{1,7})\s*([smhdw])", re.IGNORECASE)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def age_of(given: str | timedelta) -> timedelta:
    """Read an age: ``90d``, ``36h``, ``30m``, ``10s`` or ``2w``.

    Raises
    ------
    OptionError
        When it is not one.
    """
    if isinstance(given, timedelta):
        return given
    match = _AGE.fullmatch(given.strip())
    if match is None:
        raise OptionError(f"'{given}' is not an age: write 90d, 36h, 30m or 2w.")
    return timedelta(**{_UNITS[match[2].lower()]: int(match[1])})


def _as_moment(given: Any) -> Any:
    if given is None or given == "":
        return None
    if isinstance(given, str) and _AGE.fullmatch(given.strip()):
        given = datetime.now(UTC) - age_of(given)
    try:
        moment = datetime.fromisoformat(given) if isinstance(given, str) else given
    except ValueError:
        raise OptionError(
            f"'{given}' is not a time: write 2026-01-31, 2026-01-31T18:00 or an age such as 24h"
        ) from None
    if not isinstance(moment, datetime):
        raise OptionError("a time is a datetime or a text such as 2026-01-31")
    return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)


Moment = Annotated[str | datetime | None, BeforeValidator(_as_moment)]
"""A time, kept as a `datetime` in UTC; a time without a zone is UTC, an age counts from now."""


class LogPeriod(Options):
    """A stretch of time, and a model."""

    since: Moment = Field(
        default=None,
        description="Earliest time (UTC), such as 2026-01-31 or 2026-01-31T18:00, or an age: 24h, "
        "7d.",
    )
    until: Moment = Field(default=None, description="Time before which entries are; as --since.")
    model: str | None = Field(default=None, description="Name of the model.")


class LogFilters(LogPeriod):
    """Which entries of a prediction log are meant; those that all filters given let pass."""

    version: int | None = Field(default=None, ge=0, description="Version of the model.")
    role: Literal["answer", "shadow"] | None = Field(
        default=None,
        description="Whether the model answered, or was only compared: answer or shadow.",
    )
    label: str | None = Field(default=None, description="Label that was predicted.")
    status: str | None = Field(
        default=None, description="Status of the prediction, such as assigned or outside."
    )
    person: str | None = Field(default=None, description="Key of the customer.")
    route: str | None = Field(default=None, description="Route that was called.")
    request: str | None = Field(default=None, description="Id of the request.")
    min_confidence: float | None = Field(default=None, ge=0, le=1, description="Lowest confidence.")
    max_confidence: float | None = Field(
        default=None, ge=0, le=1, description="Highest confidence."
    )
    has_feedback: Annotated[bool | None, Typed("--with-feedback/--without-feedback")] = Field(
        default=None, description="Whether the true label is known from feedback."
    )
    correct: Annotated[bool | None, Typed("--right/--wrong")] = Field(
        default=None, description="Whether feedback says that the label was right, or wrong."
    )
    errors: Annotated[bool | None, Typed("--errors/--no-errors")] = Field(
        default=None, description="Whether there was an error."
    )
    error: str | None = Field(default=None, description="Kind of the error.")


class LoggedOptions(Options):
    """The prediction log of a service, in place of a table or beside it."""

    log: Annotated[str | None, Typed("--log"), Reads()] = Field(
        default=None,
        description="Prediction log of a service: its file, the folder of its state, or a URL.",
    )
