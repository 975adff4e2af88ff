"""What a recipe may say: its stages and their parameters, checked before anything runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args

from pydantic import BaseModel, Field, SecretStr, ValidationError

from coterie.errors import OptionError
from coterie.hints import did_you_mean
from coterie.options import (
    AnalysisSettings,
    DataSettings,
    DiscoverSettings,
    EmbedSettings,
    EncodersSettings,
    ExploreSettings,
    IndexSettings,
    NamingSettings,
    OutcomesSettings,
    PageOptions,
    QueriesSettings,
    RuleSettings,
    SeedOptions,
    SentimentSettings,
    TrainSettings,
    TuneSettings,
)

__all__ = [
    "AnalysisStage",
    "AssignSettings",
    "DiscoverStage",
    "RecipeSettings",
    "check_settings",
    "unknown_key",
]


class AssignSettings(EncodersSettings):
    """The stage that assigns records to segments; the encoder is that of ``[embed]`` otherwise."""

    nomenclature: str = Field(
        description="A TOML file, or the name of a built-in one, such as attendees."
    )


class DiscoverStage(NamingSettings, DiscoverSettings):
    """The stage that finds groups; a language model may name them."""


class AnalysisStage(AnalysisSettings):
    """What is said of single predictions, by rules in a file or here."""

    recommendation: Sequence[RuleSettings] = Field(
        default=(), description="The rules, where no file is named."
    )
    sentiment: SentimentSettings | None = Field(
        default=None, description="How the sentiment is read, where no file is named."
    )


class RecipeSettings(SeedOptions, PageOptions):
    """A whole recipe. A stage runs where its table is there, even an empty one.

    Attributes
    ----------
    title
        Title of the pages.
    llm
        Language model that names the groups, and that takes the place of those of the models
        ``prompt``; each stage can name its own.
    token
        Hub token for encoders behind a licence. It is used for downloads and written nowhere.
    """

    title: str = ""
    llm: str | None = None
    data: DataSettings = DataSettings()
    embed: EmbedSettings = EmbedSettings()
    explore: ExploreSettings | None = None
    discover: DiscoverStage | None = None
    assign: AssignSettings | None = None
    tune: TuneSettings | None = None
    train: TrainSettings | None = None
    outcomes: OutcomesSettings | None = None
    index: IndexSettings | None = None
    search: QueriesSettings | None = None
    analysis: AnalysisStage | None = None
    token: SecretStr | None = Field(default=None, exclude=True, repr=False)


def check_settings(raw: Mapping[str, Any], source: str) -> RecipeSettings:
    """Check what a recipe says.

    Parameters
    ----------
    raw
        The recipe as it was read.
    source
        Where from, for messages.

    Raises
    ------
    OptionError
        When a key is unknown, which names the nearest known one, or a value is not allowed. The
        values themselves are never shown: one of them may be a token.
    """
    try:
        return RecipeSettings.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = [part for part in first["loc"] if isinstance(part, str)]
        raise OptionError(_complaint(first["type"], first["msg"], place, source)) from None


def _complaint(kind: str, message: str, place: Sequence[str], source: str) -> str:
    key = ".".join(place) or "it"
    if kind == "extra_forbidden":
        return unknown_key(place[-1], place[:-1], _keys_at(place[:-1]), source)
    if kind == "missing":
        return f"{source} lacks the key '{key}': add it."
    said = message.removeprefix("Value error, ")
    return f"In {source}, '{key}' cannot be used: {said[:1].lower()}{said[1:]}."


def unknown_key(key: str, table: Sequence[str], known: Sequence[str], source: str) -> str:
    """Write the sentence for a key that is not known, with the nearest ones that are."""
    where = f"[{'.'.join(table)}] of {source}" if table else source
    hint = did_you_mean(key, known, f"known are {', '.join(known)}.")
    return f"{where} has the unknown key '{key}': {hint}"


def _keys_at(place: Sequence[str]) -> list[str]:
    model: type[BaseModel] = RecipeSettings
    for name in place:
        model = _model_of(model.model_fields[name].annotation)
    return [name for name in model.model_fields if name != "token"]


def _model_of(annotation: Any) -> type[BaseModel]:
    options = get_args(annotation) or (annotation,)  # of a union, or of a sequence
    return next(o for o in options if isinstance(o, type) and issubclass(o, BaseModel))
