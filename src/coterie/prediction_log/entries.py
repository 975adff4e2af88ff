"""What a log holds: entries, feedback on them, and pages of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any, Literal

from coterie.options import LogFilters
from coterie.prediction_log.ids import new_id

__all__ = ["Entry", "Feedback", "FeedbackResult", "Filters", "Page", "Truth"]

Filters = LogFilters
"""Which entries are meant; `coterie.options.LogFilters`."""


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One prediction, or one request that failed.

    Attributes
    ----------
    id
        Made by `new_id`: feedback names it.
    time
        When it was made; without a zone, UTC. Kept to the microsecond.
    request
        Id of the request; those of one request have it in common.
    route
        Such as ``"/v1/predict"``.
    model, version
        Name and version of the model.
    role
        ``"answer"`` where the caller got this prediction, ``"shadow"`` where it was only compared.
    answer_id
        For a shadow: the id of the answer beside which it was made. Feedback on the answer counts
        for the shadow too.
    person
        Key of the customer, by which entries are found and erased. One that holds personal data,
        such as an e-mail address, is kept as a keyed hash.
    label, confidence, status, probabilities
        What was predicted: the confidence and the probabilities, by label, from 0 to 1.
    seconds, wait_seconds
        How long the prediction took, and how long of that it waited for others to be predicted
        together.
    context
        Other columns. Personal data in it is masked, texts are cut to 2,000 characters.
    text
        What was predicted. It is kept only by a log that is told to.
    text_length, text_hash
        Its characters, and a keyed hash of it; made of the text where they are not given.
    error
        Kind of the error, such as ``"ColumnError"``; empty where there was none.
    encoder, segment
        Name of the encoder, id of the segment.
    extra
        Anything else that JSON takes; masked as the context.
    truth
        The true label, where feedback has told it. It is read, never written with an entry.
    """

    id: str = field(default_factory=new_id)
    time: datetime = field(default_factory=_now)
    request: str | None = None
    route: str | None = None
    model: str | None = None
    version: int | None = None
    role: Literal["answer", "shadow"] = "answer"
    answer_id: str | None = None
    person: str | None = None
    label: str | None = None
    confidence: float | None = None
    status: str | None = None
    probabilities: Mapping[str, float] | None = None
    seconds: float | None = None
    wait_seconds: float | None = None
    context: Mapping[str, Any] | None = None
    text: str | None = None
    text_length: int | None = None
    text_hash: str | None = None
    error: str = ""
    encoder: str | None = None
    segment: str | None = None
    extra: Mapping[str, Any] | None = None
    truth: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Give all of it as JSON takes it; the time in ISO 8601, in UTC."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return values | {"time": written(self.time)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """What was true of a prediction.

    Attributes
    ----------
    prediction
        Id of the entry.
    truth
        The true label.
    by
        Who says so; a name with personal data is kept as a keyed hash.
    at
        When they said so; now by default.
    key
        Feedback with the same prediction and key is taken once, however often it is sent.
    """

    prediction: str
    truth: str
    by: str | None = None
    at: datetime | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class FeedbackResult:
    """What became of feedback.

    Attributes
    ----------
    matched
        How many were tied to a prediction, among them those ``repeated``.
    unknown
        Ids of predictions that the log does not hold, each once.
    repeated
        How many were known already by their key, and changed nothing.
    """

    matched: int
    unknown: tuple[str, ...] = ()
    repeated: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Give all of it as JSON takes it."""
        return {
            "matched": self.matched,
            "unknown": list(self.unknown),
            "repeated": self.repeated,
        }


@dataclass(frozen=True, slots=True)
class Truth:
    """One piece of feedback, as it is kept: the last one counts."""

    truth: str
    by: str | None
    at: datetime
    key: str | None


@dataclass(frozen=True, slots=True)
class Page:
    """Some entries, newest first.

    Attributes
    ----------
    entries
        The entries.
    next
        Cursor of the page after this one; None where there is none.
    """

    entries: tuple[Entry, ...]
    next: str | None

    def to_dict(self) -> dict[str, Any]:
        """Give all of it as JSON takes it."""
        return {"entries": [each.to_dict() for each in self.entries], "next": self.next}


def written(moment: datetime) -> str:
    """Write a time in UTC, to the microsecond: ``2026-01-31T18:00:00.000000Z``."""
    moment = moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
