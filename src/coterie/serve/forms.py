"""What requests and answers hold; the OpenAPI document is made of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    model_validator,
)

from coterie.options import SearchSettings
from coterie.serve.access.key_file import Scope

__all__ = [
    "Activated",
    "Activation",
    "Analysis",
    "AssignRequest",
    "ClassifyAnswer",
    "ClassifyRequest",
    "Context",
    "Conversation",
    "DriftAnswer",
    "ExplainRequest",
    "FeedbackAnswer",
    "FeedbackRequest",
    "Form",
    "Health",
    "JobAnswer",
    "Line",
    "ModelCard",
    "ModelsAnswer",
    "PredictAnswer",
    "PredictRequest",
    "Problem",
    "RowAnswer",
    "RowGiven",
    "ScoresAnswer",
    "SearchRequest",
    "SegmentEdit",
    "SessionAnswer",
    "SignIn",
    "SimilarRequest",
    "Traffic",
    "Truth",
    "Variant",
]

_LONGEST_NAME = 200
_MOST_COLUMNS = 1000
_FARTHEST = 2**53  # beyond it a float does not tell whole numbers apart


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("a number must be finite")
    if isinstance(value, int) and abs(value) > _FARTHEST:
        raise ValueError("a number must be between -2^53 and 2^53")
    return value


def _no_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("the text must not hold the character NUL")
    return text


Cell: TypeAlias = Annotated[StrictBool | float | str | list[str] | None, BeforeValidator(_finite)]
Context: TypeAlias = Annotated[dict[str, Cell], Field(max_length=_MOST_COLUMNS)]
Line: TypeAlias = Annotated[str, Field(max_length=_LONGEST_NAME), AfterValidator(_no_nul)]
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


class Turn(Form):
    """What one speaker says."""

    text: str
    speaker: Line = ""


class Conversation(Form):
    """One conversation, and what is asked about it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "transcript": "agent: Good morning, what can I do for you?\n"
                    "customer: We need a tool for 40 seats by June, and I sign for the budget.",
                    "context": {"company_size": "medium", "urgency": "high"},
                    "model_type": "auto",
                    "include_analysis": True,
                    "include_similar": True,
                }
            ]
        }
    )

    transcript: str | Annotated[list[Turn], Field(min_length=1, max_length=10_000)] = Field(
        description="The conversation, one turn on a line, 'seller: Good morning'; or its turns."
    )
    context: Context = Field(default={}, description="Column to value; those known from training.")
    model_type: Line = Field(default="auto", description="Name of a model, or auto.")
    include_analysis: bool = Field(default=True, description="Whether to explain the prediction.")
    include_similar: bool = Field(
        default=True, description="Whether to look for similar conversations."
    )


class PredictRequest(Conversation):
    """One conversation."""

    customer_id: Line | None = Field(
        default=None,
        description="Stable id of the customer: one customer sees one version in a comparison, and "
        "can be erased from the log.",
    )


class Prediction(Said):
    """The outcome that is predicted."""

    outcome: str | int | float | bool | None = Field(description="The predicted class, or number.")
    probability: float | None = Field(description="Of that class, calibrated.")
    confidence: float | None = Field(description="Calibrated probability of being right.")
    status: str = Field(
        description="assigned: sure enough to act on; ambiguous: below the model's threshold; "
        "outside: unlike all training texts; refused; set aside: cannot be used."
    )
    probabilities: dict[str, float] | None = Field(default=None, description="Of each class.")
    interval: list[float] | None = Field(default=None, description="Of a number, 80%.")
    name: str | None = Field(default=None, description="The class in words, where it is an id.")
    reason: str | None = Field(default=None, description="Why it was set aside.")


class Evidence(Said):
    """Where an item comes from."""

    source: str = Field(description="text, context, concept, prediction or sentiment.")
    text: str | None = Field(default=None, description="The words, personal data masked.")
    start: int | None = Field(default=None, description="Of the text: from which character.")
    end: int | None = Field(default=None, description="Of the text: to which character.")
    speaker: str | None = Field(default=None, description="Who says it.")
    column: str | None = Field(default=None, description="Of the context.")
    name: str | None = Field(default=None, description="Of the prediction or the sentiment.")
    value: Any = None
    effect: float | None = Field(default=None, description="What it changes.")


class Indicator(Said):
    """A part of the conversation or of its context that speaks for an outcome, or against it."""

    text: str = Field(description="What it says, in words.")
    effect: float = Field(description="Log-odds of the outcome with the part less without it.")
    outcome: str = Field(description="The outcome that is measured.")
    source: str = Field(description="passage, words, context or concept.")
    evidence: list[Evidence]


class SpeakerSentiment(Said):
    """How one speaker sounds."""

    label: str
    score: float


class Sentiment(Said):
    """How the conversation sounds."""

    label: str | None = Field(description="positive, neutral or negative; none with a reason.")
    score: float | None = Field(description="-1 to 1.")
    speaker: str | None = None
    speakers: dict[str, SpeakerSentiment]
    evidence: list[Evidence]
    reason: str | None = None
    method: str | None = None


class Analysis(Said):
    """What carries the prediction."""

    sentiment: Sentiment | None
    key_indicators: list[Indicator] = Field(description="What carries the predicted outcome.")
    risk_factors: list[Indicator] = Field(description="What speaks against the positive class.")
    counter_indicators: list[Indicator] = Field(description="Against the predicted outcome.")
    positive: str | None = Field(description="The class that is hoped for.")
    notes: list[str] = Field(description="What a person should know of it.")


class Recommendation(Said):
    """What a rule recommends, and why it applies."""

    id: str
    text: str
    why: str | None
    priority: int
    evidence: list[Evidence]


class SimilarConversation(Said):
    """A conversation of the index."""

    id: str
    match: float | None = Field(description="How close it is for this index, 0 to 1.")
    cosine: float
    outcome: Any = Field(description="How it ended.")
    text: str = Field(description="Its beginning, personal data masked.")


class PredictAnswer(Said):
    """The answer for one conversation."""

    prediction: Prediction
    analysis: Analysis | None
    recommendations: list[Recommendation]
    similar_conversations: list[SimilarConversation]
    model_used: str = Field(description="Name and version of the model.", examples=["voting:3"])
    processing_time: float = Field(description="Seconds.")
    confidence_score: float | None = Field(
        description="Calibrated probability that the outcome is right, 0 to 1."
    )


class RowGiven(Form):
    """One row to predict."""

    id: Line | None = Field(default=None, description="Id of the row; its number otherwise.")
    text: str | None = Field(default=None, description="The text; none for models of columns.")
    context: Context = Field(default={}, description="Column to value.")
    customer_id: Line | None = Field(default=None, description="Stable id of the customer.")


class ClassifyRequest(Form):
    """Rows to predict with one model."""

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


class RowAnswer(Said):
    """The answer for one row."""

    id: str = Field(description="As it was given.")
    prediction_id: str | None = Field(
        description="For feedback; none where the row was set aside or nothing is logged."
    )
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

    model_used: str = Field(description="Name and version.", examples=["linear:2"])
    predictions: list[RowAnswer]
    processing_time: float = Field(description="Seconds.")


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


class DriftAnswer(Said):
    """What changed in the logged rows since the training."""

    available: bool
    reason: str = Field(description="Why it cannot be said.")
    words: list[str]
    page: dict[str, Any] | None


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


class Truth(Form):
    """What was true of one prediction."""

    prediction_id: Line
    truth: Annotated[str, Field(max_length=_LONGEST_NAME), AfterValidator(_no_nul)]
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
