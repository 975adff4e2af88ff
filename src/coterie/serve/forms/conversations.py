"""Conversations to predict, and the whole answer."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from coterie.serve.forms.base import Context, Form, Line, Said

__all__ = [
    "Analysis",
    "Conversation",
    "Evidence",
    "Indicator",
    "PredictAnswer",
    "PredictRequest",
    "Prediction",
    "Recommendation",
    "Sentiment",
    "SimilarConversation",
    "SpeakerSentiment",
    "Turn",
]


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
