"""What is said of one prediction: its reasons, the rules of recommendations, what is similar."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from coterie.options.base import Names, Options, PageOptions, Reads
from coterie.options.evaluation import PredictOptions

__all__ = [
    "AnalyseOptions",
    "AnalysisSettings",
    "ExplainOneOptions",
    "RuleSettings",
    "RulesSettings",
    "SentimentSettings",
]


class AnalysisSettings(Options):
    """How much is said of one prediction, and by which rules."""

    rules: Annotated[str | None, Reads()] = Field(
        default=None,
        description="Rules of recommendations: a TOML file, or the name of built-in ones: sales.",
    )
    items: int = Field(
        default=5,
        ge=1,
        le=50,
        description="How many key indicators, risk factors and recommendations to give at most.",
    )
    similar: int = Field(
        default=5, ge=0, le=50, description="How many similar conversations to give at most."
    )
    depth: Literal["words", "passages"] = Field(
        default="words",
        description="What is left out of the text to measure effects: passages, and then words of "
        "the telling ones too; or passages alone, which takes less time.",
    )


class AnalyseOptions(AnalysisSettings, PageOptions):
    """Options of an analysis."""

    index: Annotated[Path | None, Reads()] = Field(
        default=None, description="Index of conversations with their outcomes, for similar ones."
    )
    positive: str | None = Field(
        default=None,
        description="Class that is hoped for, which risk factors speak against; the predicted one "
        "otherwise.",
    )


class ExplainOneOptions(AnalyseOptions, PredictOptions):
    """Options of the command ``predict``, which analyses one row too."""


class RuleSettings(Options):
    """One recommendation, and when it is given."""

    id: str = Field(min_length=1, description="Name of the rule, which each answer repeats.")
    then: str = Field(min_length=1, description="What to recommend.")
    when: str | None = Field(
        default=None,
        description="Filter over the prediction, the sentiment and the columns of the context: "
        "\"outcome = 'lost' AND urgency = 'high'\".",
    )
    says: Names = Field(
        default=(),
        description="Words or phrases, one of which the text holds; an asterisk at the end of a "
        "word stands for any ending.",
    )
    speaker: str | None = Field(
        default=None, description="Who says them; everybody counts otherwise."
    )
    why: str = Field(default="", description="Reason, which is given with the recommendation.")
    priority: int = Field(default=0, description="Higher ones come first.")


class SentimentSettings(Options):
    """Whose sentiment counts, and which words say nothing of it."""

    speaker: str | None = Field(
        default=None, description="Whose sentiment is that of the conversation; all otherwise."
    )
    neutral: Names = Field(
        default=(), description="Word that is neither good nor bad here, such as a name."
    )


class RulesSettings(Options):
    """A table of rules."""

    sentiment: SentimentSettings = Field(
        default=SentimentSettings(), description="How the sentiment is read."
    )
    recommendation: Sequence[RuleSettings] = Field(
        default=(), description="The rules, in any order."
    )
