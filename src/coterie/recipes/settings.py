"""What a recipe may say: its stages and their parameters, checked before anything runs."""

from __future__ import annotations

import difflib
import types
from collections.abc import Mapping, Sequence
from typing import Any, get_args

from pydantic import BaseModel, Field, SecretStr, ValidationError

from coterie.errors import OptionError
from coterie.options import (
    DiscoverSettings,
    EmbedSettings,
    EncodersSettings,
    ExploreSettings,
    Names,
    Options,
    OutcomesSettings,
    SeedOptions,
    TrainSettings,
    TuneSettings,
)

__all__ = ["AssignSettings", "DataSettings", "RecipeSettings", "check_settings", "unknown_key"]


class DataSettings(Options):
    """Where the rows are and what their columns mean; see `coterie.records.read_records`.

    Attributes
    ----------
    source
        File, folder or URL; when None, the rows are generated.
    join
        Other tables, joined by the columns they share.
    generate, rows
        Kind of invented data, and how many rows of it, used where there is no source.
    text, id, group, order, speaker, time
        Columns, or templates for the text. Of several, the first that the table has is taken.
    first
        Use only the texts of the first so many steps of each group.
    labels
        Columns with labels; those that the table has are used.
    context
        Columns that say more of a record than its text; those that the table has are used.
    concepts
        Table of a row for each concept noted of a record, beside the source.
    concept, concept_id
        Its columns: of the concept, and of the record's id. Found where none is named.
    split
        Column that says which rows are learnt from (``train`` and ``validation``) and which ones
        are judged on (``test``).
    unit
        What one record is, in the plural, for the pages: ``"messages"``, ``"badges"``.
    """

    source: str | None = None
    join: Names = ()
    generate: str | None = None
    rows: int | None = Field(default=None, ge=1)
    text: Names = ()
    id: Names = ()
    group: Names = ()
    order: Names = ()
    speaker: Names = ()
    time: Names = ()
    first: int | None = Field(default=None, ge=1)
    labels: Names = ()
    context: Names = ()
    concepts: str | None = None
    concept: str | None = None
    concept_id: str | None = None
    split: Names = ()
    unit: str = "texts"


class AssignSettings(EncodersSettings):
    """The stage that assigns records to segments; the encoder is that of ``[embed]`` otherwise."""

    nomenclature: str = Field(
        description="A TOML file, or the name of a built-in one, such as attendees."
    )


class RecipeSettings(SeedOptions):
    """A whole recipe. A stage runs where its table is there, even an empty one.

    Attributes
    ----------
    title
        Title of the pages.
    token
        Hub token for encoders behind a licence. It is used for downloads and written nowhere.
    """

    title: str = ""
    data: DataSettings = DataSettings()
    embed: EmbedSettings = EmbedSettings()
    explore: ExploreSettings | None = None
    discover: DiscoverSettings | None = None
    assign: AssignSettings | None = None
    tune: TuneSettings | None = None
    train: TrainSettings | None = None
    outcomes: OutcomesSettings | None = None
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
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
    where = f"[{'.'.join(table)}] of {source}" if table else source
    mend = f"did you mean '{near[0]}'" if near else f"known are {', '.join(known)}"
    return (
        f"{where} has the unknown key '{key}': {mend}?"
        if near
        else (f"{where} has the unknown key '{key}': {mend}.")
    )


def _keys_at(place: Sequence[str]) -> list[str]:
    model: type[BaseModel] = RecipeSettings
    for name in place:
        model = _model_of(model.model_fields[name].annotation)
    return [name for name in model.model_fields if name != "token"]


def _model_of(annotation: Any) -> type[BaseModel]:
    options = get_args(annotation) if isinstance(annotation, types.UnionType) else (annotation,)
    return next(o for o in options if isinstance(o, type) and issubclass(o, BaseModel))
