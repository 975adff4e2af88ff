"""What a recipe may say: its stages and their parameters, checked before anything runs."""

from __future__ import annotations

import difflib
import types
from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

from pydantic import BaseModel, Field, SecretStr, ValidationError

from coterie.errors import OptionError
from coterie.workflows.outcomes.settings import OutcomesSettings, TrainSettings
from coterie.workflows.settings import Candidates, Settings

__all__ = [
    "AssignSettings",
    "Candidates",
    "DataSettings",
    "DiscoverSettings",
    "EmbedSettings",
    "ExploreSettings",
    "OutcomesSettings",
    "RecipeSettings",
    "TrainSettings",
    "TuneSettings",
    "check_settings",
]


class DataSettings(Settings):
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
    join: Candidates = ()
    generate: str | None = None
    rows: int | None = Field(default=None, ge=1)
    text: Candidates = ()
    id: Candidates = ()
    group: Candidates = ()
    order: Candidates = ()
    speaker: Candidates = ()
    time: Candidates = ()
    first: int | None = Field(default=None, ge=1)
    labels: Candidates = ()
    context: Candidates = ()
    concepts: str | None = None
    concept: str | None = None
    concept_id: str | None = None
    split: Candidates = ()
    unit: str = "texts"


class ExploreSettings(Settings):
    """The stage that looks at the table."""

    near: float = Field(default=0.8, ge=0.3, le=1.0)


class EmbedSettings(Settings):
    """How records become vectors.

    Attributes
    ----------
    encoder
        A name that `coterie.encoders.load_encoder` knows.
    level
        ``"record"`` embeds the whole text of a record; ``"row"`` embeds each row of the source
        that the record was rolled up from, and takes the mean of their vectors.
    """

    encoder: str = "minilm"
    level: Literal["record", "row"] = "record"


class DiscoverSettings(Settings):
    """The stage that finds groups.

    ``groups`` is None to have their number chosen; ``fewest`` is the fewest that are tried then.
    """

    method: Literal["auto", "hdbscan", "kmeans"] = "auto"
    groups: int | None = Field(default=None, ge=1)
    fewest: int = Field(default=4, ge=2)
    title: str = ""


class AssignSettings(Settings):
    """The stage that assigns records to the segments of a nomenclature.

    Attributes
    ----------
    nomenclature
        A TOML file, or the name of one that Coterie brings, such as ``"attendees"``.
    encoders
        Encoders to compare; by default the one of ``[embed]`` alone.
    """

    nomenclature: str
    encoders: Candidates = ()


class TuneSettings(Settings):
    """The stage that tunes the encoder on a label column.

    Attributes
    ----------
    label
        The column; by default the first label column that the table has.
    loss, epochs, batch, learning_rate, hard_negatives
        See `coterie.tuning.TuneOptions`.
    test
        Share of the rows that training never sees.
    suspects
        What to do with training labels that the data contradicts.
    """

    label: str | None = None
    loss: Literal["ranking", "triplet", "infonce", "both", "contrastive"] = "ranking"
    epochs: int = Field(default=3, ge=1)
    batch: int = Field(default=64, ge=2)
    learning_rate: float = Field(default=5e-5, gt=0)
    hard_negatives: bool = False
    test: float = Field(default=0.2, gt=0, lt=1)
    suspects: Literal["keep", "drop", "fix"] = "keep"


class RecipeSettings(Settings):
    """A whole recipe. A stage runs where its table is there, be it empty.

    Attributes
    ----------
    title
        What is looked at, for people.
    seed
        Draws everything that is drawn.
    token
        Hub token for encoders behind a licence. It is used for downloads and written nowhere.
    """

    title: str = ""
    seed: int = Field(default=0, ge=0)
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
