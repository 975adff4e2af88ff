"""What an analysis of one prediction says, and where each item comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, TypeAlias

import numpy as np

from coterie.classifiers.estimates import round_estimate

__all__ = [
    "Analysis",
    "Answer",
    "Evidence",
    "Indicator",
    "Recommendation",
    "Sentiment",
    "SimilarConversation",
    "SpeakerSentiment",
]

Source: TypeAlias = Literal["words", "passage", "context", "concept"]
_DECIMALS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Where an item comes from: words of the text, a column, the prediction or the sentiment.

    Attributes
    ----------
    source
        ``"text"``, ``"context"``, ``"concept"``, ``"prediction"`` or ``"sentiment"``.
    text
        Of a text: ``text[start:end]``, with personal data masked; of a concept as it was given.
    start, end
        Of a text: from and to which character it goes.
    speaker
        Of a text: who says it; "" where that is not known.
    name, value
        Of the others: the column, or which figure, and its value.
    effect
        How much it changes what the item measures; None where nothing is measured.
    """

    source: str
    text: str | None = None
    start: int | None = None
    end: int | None = None
    speaker: str = ""
    name: str | None = None
    value: Any = None
    effect: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Give what belongs to its source, as JSON takes it."""
        found: dict[str, Any] = {"source": self.source}
        if self.source == "text":
            found |= {"text": self.text, "start": self.start, "end": self.end}
            found |= {"speaker": self.speaker} if self.speaker else {}
        elif self.source == "concept":
            found["text"] = self.text
        else:
            key = "column" if self.source == "context" else "name"
            found |= {key: self.name, "value": self.value}
        return found | ({} if self.effect is None else {"effect": _rounded(self.effect)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """A part of the conversation or of its context that speaks for an outcome, or against it.

    Attributes
    ----------
    text
        What it says, in words.
    effect
        Log-odds of ``outcome`` (natural logarithm) with the part less those without it; above 0 it
        speaks for the outcome. Of a number: the difference of the estimate.
    outcome
        The outcome that is measured.
    source
        ``"passage"``, ``"words"``, ``"context"`` or ``"concept"``.
    evidence
        The part itself, and of a passage the words in it with the largest effects.
    """

    text: str
    effect: float
    outcome: str
    source: Source
    evidence: tuple[Evidence, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give it as JSON takes it."""
        return {
            "text": self.text,
            "effect": _rounded(self.effect),
            "outcome": self.outcome,
            "source": self.source,
            "evidence": [each.to_dict() for each in self.evidence],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakerSentiment:
    """The sentiment of what one speaker says, -1 to 1."""

    label: str
    score: float

    def to_dict(self) -> dict[str, Any]:
        """Give it as JSON takes it."""
        return {"label": self.label, "score": _rounded(self.score)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentiment:
    """How a conversation sounds.

    Attributes
    ----------
    label
        ``"positive"``, ``"neutral"`` or ``"negative"``; None where it was not measured.
    score
        -1 to 1: the mean over the sentences.
    speaker
        Whose sentences these are; "" where they are those of all.
    speakers
        The same for each speaker.
    evidence
        The sentences with the largest scores, and the words that carry them.
    reason
        Why it was not measured; "" where it was.
    method
        What measured it.
    """

    label: str | None = None
    score: float | None = None
    speaker: str = ""
    speakers: Mapping[str, SpeakerSentiment]
    evidence: tuple[Evidence, ...] = ()
    reason: str = ""
    method: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Give it as JSON takes it."""
        return {
            "label": self.label,
            "score": None if self.score is None else _rounded(self.score),
            "speaker": self.speaker or None,
            "speakers": {name: each.to_dict() for name, each in self.speakers.items()},
            "evidence": [each.to_dict() for each in self.evidence],
            "reason": self.reason or None,
            "method": self.method or None,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """What a rule recommends, and why it applies.

    Attributes
    ----------
    id, text, why, priority
        As in the table of rules.
    evidence
        What made the rule apply.
    """

    id: str
    text: str
    why: str
    priority: int
    evidence: tuple[Evidence, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give it as JSON takes it."""
        return {
            "id": self.id,
            "text": self.text,
            "why": self.why or None,
            "priority": self.priority,
            "evidence": [each.to_dict() for each in self.evidence],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class SimilarConversation:
    """A conversation of the index.

    Attributes
    ----------
    id
        As in the index.
    match
        How close it is for this index, 0 to 1; None where that is not known.
    cosine
        Of its vector and that of the conversation.
    outcome
        How it ended; None where the index does not say.
    text
        Its beginning, with personal data masked.
    """

    id: str
    match: float | None
    cosine: float
    outcome: Any
    text: str

    def to_dict(self) -> dict[str, Any]:
        """Give it as JSON takes it."""
        return {
            "id": self.id,
            "match": None if self.match is None else _rounded(self.match),
            "cosine": _rounded(self.cosine),
            "outcome": self.outcome,
            "text": self.text,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The prediction that is analysed.

    Attributes
    ----------
    outcome
        The most probable class, whatever the status, or the estimate of a number; None where a
        language model gave no answer that can be used.
    probability
        Of that class, calibrated; None of a number.
    confidence
        The calibrated probability of being right, if the row is of one of the classes: for a class
        the same as ``probability``.
    status
        ``"assigned"``, ``"ambiguous"``, ``"outside"`` or ``"refused"``.
    probabilities
        Class to its probability; empty of a number.
    interval
        Of a number: its 80% prediction interval; None of a class.
    name
        Of a class that is an id: its name in words.
    """

    outcome: Any
    probability: float | None
    confidence: float | None
    status: str
    probabilities: Mapping[str, float]
    interval: tuple[float, float] | None = None
    name: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Give it as JSON takes it, rounded as in the files of ``coterie predict``."""
        found: dict[str, Any] = {
            "outcome": self.outcome if self.interval is None else round_estimate(self.outcome),
            "probability": None if self.probability is None else _rounded(self.probability),
            "confidence": None if self.confidence is None else _rounded(self.confidence),
            "status": self.status,
            "probabilities": {name: _rounded(each) for name, each in self.probabilities.items()},
        }
        if self.name:
            found["name"] = self.name
        if self.interval is not None:
            found["interval"] = [round_estimate(bound) for bound in self.interval]
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """A prediction, its reasons, what to do, and what is similar.

    Attributes
    ----------
    prediction
        As it was decided.
    sentiment, key_indicators, risk_factors, counter_indicators
        None and empty where no analysis was asked for. Key indicators carry the predicted outcome;
        risk factors speak against the positive class, and counter indicators against the predicted
        one.
    recommendations
        By the rules, the most urgent first.
    similar_conversations
        The most similar first.
    model_used
        Name of the model.
    positive
        The class that is hoped for; None where none is known.
    analysed
        Whether an analysis was asked for.
    seconds
        Of each part, and ``total``.
    notes
        What a person should know of it, one sentence each.
    """

    prediction: Answer
    sentiment: Sentiment | None = None
    key_indicators: tuple[Indicator, ...] = ()
    risk_factors: tuple[Indicator, ...] = ()
    counter_indicators: tuple[Indicator, ...] = ()
    recommendations: tuple[Recommendation, ...] = ()
    similar_conversations: tuple[SimilarConversation, ...] = ()
    model_used: str
    positive: str | None = None
    analysed: bool = True
    seconds: Mapping[str, float]
    notes: Sequence[str] = ()

    form: ClassVar[int] = 1

    def to_dict(self) -> dict[str, Any]:
        """Give the answer, as JSON takes it; ``analysis`` is None where none was asked for."""
        analysis = {
            "sentiment": None if self.sentiment is None else self.sentiment.to_dict(),
            "key_indicators": [each.to_dict() for each in self.key_indicators],
            "risk_factors": [each.to_dict() for each in self.risk_factors],
            "counter_indicators": [each.to_dict() for each in self.counter_indicators],
            "positive": self.positive,
            "notes": list(self.notes),
        }
        prediction = self.prediction.to_dict()
        return {
            "form": self.form,
            "prediction": prediction,
            "analysis": analysis if self.analysed else None,
            "recommendations": [each.to_dict() for each in self.recommendations],
            "similar_conversations": [each.to_dict() for each in self.similar_conversations],
            "model_used": self.model_used,
            "processing_time": _rounded(self.seconds["total"]),
            "confidence_score": prediction["confidence"],
        }


def _rounded(value: float) -> float:
    return float(np.round(value, _DECIMALS))  # as tables are, which Python's own may not be
