"""Which language model is asked, and what it may cost."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator

from coterie.errors import OptionError
from coterie.options.base import Names, Options, Typed

__all__ = [
    "AllowedSettings",
    "AskSettings",
    "LanguageModelSettings",
    "NameOptions",
    "NamingSettings",
    "PromptSettings",
]

_PANEL = "Language model"
_ASKED = Typed(panel=_PANEL)


class AskSettings(Options):
    """What asking a language model may cost and take."""

    llm_price: Annotated[str | None, _ASKED] = Field(
        default=None,
        description="US dollars per million tokens of prompts and of answers, as 3/15; known for "
        "common models of Anthropic and OpenAI.",
    )
    max_cost: Annotated[float | None, _ASKED] = Field(
        default=None,
        gt=0,
        description="US dollars that the language model may cost; what is left then is not asked.",
    )
    llm_timeout: Annotated[float, _ASKED] = Field(
        default=120.0, gt=0, description="Seconds to wait for an answer of a server."
    )


class LanguageModelSettings(AskSettings):
    """Which language model is asked, and what it may cost."""

    llm: Annotated[str | None, _ASKED] = Field(
        default=None,
        description="Language model: ollama:MODEL, anthropic:MODEL, openai:MODEL, gguf:FILE or "
        "transformers:FOLDER. Without one, nothing is asked and nothing leaves this machine.",
    )


class AllowedSettings(AskSettings):
    """Which remote language models saved models may ask."""

    llm: Annotated[Names, _ASKED] = Field(
        default=(),
        description="Remote language model that a saved model may ask; one on this machine needs "
        "no leave.",
    )


class NamingSettings(LanguageModelSettings):
    """How a language model names groups."""

    language: Annotated[str, _ASKED] = Field(
        default="English", min_length=2, max_length=40, description="Language of the names."
    )
    business: Annotated[str, _ASKED] = Field(
        default="",
        max_length=1000,
        description="What the business is, in a sentence: the language model is told.",
    )
    name_words: Annotated[int, _ASKED] = Field(
        default=5, ge=1, le=12, description="Words that a name of a language model may have."
    )
    smallest_group: Annotated[int, _ASKED] = Field(
        default=5,
        ge=1,
        description="Groups with fewer rows are not shown to a remote language model.",
    )
    second_look: Annotated[bool, Typed("--look/--no-look", panel=_PANEL)] = Field(
        default=True,
        description="Test each name: the language model sorts texts of the group and of its "
        "neighbour by it.",
    )


class NameOptions(NamingSettings):
    """Options of ``name``."""

    llm: Annotated[str, _ASKED] = Field(
        description="Language model: ollama:MODEL, anthropic:MODEL, openai:MODEL, gguf:FILE or "
        "transformers:FOLDER."
    )

    @field_validator("llm")
    @classmethod
    def _named(cls, llm: str) -> str:
        if not llm.strip():
            raise OptionError("The name of the language model is blank: give one.")
        return llm


class PromptSettings(LanguageModelSettings):
    """How the model prompt asks a language model for labels."""

    examples: Annotated[int, _ASKED] = Field(
        default=1, ge=0, le=20, description="Of prompt: training texts to show of each label."
    )
    shortlist: Annotated[int, _ASKED] = Field(
        default=8,
        ge=2,
        le=1000,
        description="Of prompt: labels to show at most, those nearest to the text.",
    )
    rotations: Annotated[int | None, _ASKED] = Field(
        default=None,
        ge=1,
        le=20,
        description="Of prompt: orders of the labels in which each text is asked; 3 by default of "
        "a gguf or transformers model, else 1.",
    )
    calibration: Annotated[int, _ASKED] = Field(
        default=100,
        ge=10,
        description="Of prompt: training rows, at most, that calibrate the confidence.",
    )
