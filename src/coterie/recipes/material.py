"""What a recipe works on: the records of a table, and the texts that their vectors are made of."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from coterie.embed import EmbeddingCache, Encoder, Vectors, embed_texts
from coterie.errors import ColumnError, CoterieWarning, InputError, OptionError
from coterie.recipes.settings import DataSettings
from coterie.records import (
    CONCEPTS,
    ConceptTable,
    Records,
    Table,
    add_concepts,
    read_concepts,
    read_records,
    read_table,
)
from coterie.records.compose import template_columns
from coterie.records.kinds import describes_tables, tables_in

__all__ = ["Material", "Parts", "parts_of", "read_material"]

_KEPT = ("id", "group", "order", "speaker", "first")


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """The texts that records were rolled up from.

    Attributes
    ----------
    texts
        Shape (m,), str.
    owners
        Shape (m,), int64: the record that each text belongs to; every record has at least one.
    """

    texts: npt.NDArray[np.object_]
    owners: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """Records, and how they become vectors.

    Attributes
    ----------
    records
        The n records.
    parts
        Where records are embedded part by part; None where each one's text is embedded whole.
    table
        The table they came from, where it is at hand.
    unit
        What one record is, in the plural.
    choices
        What was taken where the recipe left a choice, one sentence each.
    about
        What ``about.json`` says of invented data.
    context
        Names of the context columns, without that of the split.
    split
        Name of the column that says what is learnt from and what is judged on, or None.
    spoken
        Whether the lines of a text begin with who said them.
    schema
        How the records were read: what a model keeps, so that others are read alike.
    """

    records: Records
    parts: Parts | None = None
    table: Table | None = None
    unit: str = "texts"
    choices: tuple[str, ...] = field(default=())
    about: Mapping[str, Any] = field(default_factory=dict)
    context: tuple[str, ...] = ()
    split: str | None = None
    spoken: bool = False
    schema: Mapping[str, Any] = field(default_factory=dict)

    @property
    def texts(self) -> Sequence[str]:
        """The texts to embed: those of the parts, or of the records."""
        return list(self.records.texts if self.parts is None else self.parts.texts)

    @property
    def pooling(self) -> Literal["record", "row"]:
        """What is embedded, see `coterie.segments.EncoderRef`."""
        return "record" if self.parts is None else "row"

    def embed(self, encoder: Encoder, cache: EmbeddingCache | None) -> Vectors:
        """Embed the records.

        Returns
        -------
        ndarray of shape (n, encoder.dim), float32
            Unit length; the mean of a record's parts, scaled, where it has parts.
        """
        vectors = embed_texts(self.texts, encoder, cache=cache)
        if self.parts is None:
            return vectors
        return _means(vectors, self.parts.owners, len(self.records))


def _means(vectors: Vectors, owners: npt.NDArray[np.int64], n: int) -> Vectors:
    order = np.argsort(owners, kind="stable")
    starts = np.searchsorted(owners[order], np.arange(n))
    sums = np.add.reduceat(vectors[order].astype(np.float64), starts, axis=0)
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    # parts that cancel each other out have no mean direction: the first one stands for all
    sums = np.where(lengths > 1e-6, sums, vectors[order][starts])
    unit: Vectors = (sums / np.linalg.norm(sums, axis=1, keepdims=True)).astype(np.float32)
    return unit


def read_material(
    settings: DataSettings, *, level: str, seed: int, generate_into: Path
) -> Material:
    """Read the table of a recipe, or generate it, and make records of it.

    Parameters
    ----------
    settings
        Where the rows are, and what their columns mean.
    level
        ``"record"`` or ``"row"``: what is embedded.
    seed
        For data that is generated.
    generate_into
        Folder for data that is generated.

    Raises
    ------
    OptionError
        When there is neither a source nor a kind to generate, or no text column is named.
    ColumnError
        When none of the candidates for a column is there.
    NoRowsError
        When no row is left.
    """
    table, told, about = _table(settings, seed, generate_into)
    chosen = {}
    for role in ("text", "id", "group", "order", "speaker", "time"):
        chosen[role], note = _first(role, getattr(settings, role), table)
        told += note
    text = chosen.pop("text")
    if text is None and not (settings.concepts or settings.context):
        raise OptionError(
            f"No text column is named: choose one of {', '.join(table.columns)} with --text or "
            "text = in [data]."
        )
    labels = [name for name in settings.labels if name in table.columns]
    if len(settings.labels) == 1:
        table.column(settings.labels[0])  # one alone was meant: say so when it is not there
    elif settings.labels:
        named = " and ".join(f"'{name}'" for name in labels)
        told.append(f"The labels are {named}." if named else "There is no column of labels.")
    context = [name for name in settings.context if name in table.columns]
    split = next((name for name in settings.split if name in table.columns), None)
    records = read_records(
        table,
        text=text,
        labels=labels,
        context=[*context, *([split] if split else [])],
        first=settings.first,
        id=chosen["id"],
        group=chosen["group"],
        order=chosen["order"],
        speaker=chosen["speaker"],
        time=chosen["time"],
    )
    kept = {**chosen, "first": settings.first}
    schema = {"text": text, **{name: kept[name] for name in _KEPT if kept[name] is not None}}
    if settings.concepts is not None:
        noted = _concepts(records, settings, generate_into)
        records = add_concepts(records, noted)
        context.append(CONCEPTS)
        schema |= {"concept": noted.concept_column, "concept_id": noted.id_column}
    parts = None
    if level == "row" and chosen["group"] is not None and text is not None:
        if settings.first is not None:
            raise OptionError("'first' works on whole records: leave it out, or level = \"row\".")
        parts = parts_of(table, text, chosen["group"], records, id_column=chosen["id"])
    return Material(
        records=records,
        parts=parts,
        table=table,
        unit=settings.unit,
        choices=tuple(told),
        about=about,
        context=tuple(context),
        split=split,
        spoken=chosen["speaker"] is not None,
        schema=schema,
    )


def _table(
    settings: DataSettings, seed: int, folder: Path
) -> tuple[Table, list[str], dict[str, Any]]:
    if settings.source is not None:
        source = Path(settings.source)
        if settings.concepts is not None and source.is_dir():
            return _beside_concepts(source, settings.concepts), [], _about(source)
        return read_table(settings.source, join=settings.join), [], _about(source)
    if settings.generate is None:
        raise OptionError("The recipe has no data: give --data FILE, or source = in [data].")
    from coterie.synthetic import generate

    made = generate(settings.generate, folder, settings.rows, seed)
    apart = ("about.json", settings.concepts)
    first, *others = (path for path in made.files if path.name not in apart)
    told = f"The data is invented: {made.about['rows']:,} {settings.unit}, seed {seed}."
    return read_table(first, join=others), [told], dict(made.about)


def _beside_concepts(folder: Path, concepts: str) -> Table:
    """Read the table of a folder that holds the table of concepts too."""
    tables = [path for path in tables_in(folder) if not describes_tables(path)]
    others = [path for path in tables if path.name != Path(concepts).name]
    if not others:
        raise InputError(
            f"The folder {folder.name} has no table but {concepts}: put the table of the records "
            "beside it."
        )
    first, *rest = others
    return read_table(first, join=rest)


def _concepts(records: Records, settings: DataSettings, generated: Path) -> ConceptTable:
    assert settings.concepts is not None
    path = Path(settings.concepts)
    source = generated if settings.source is None else Path(settings.source)
    home = source if source.is_dir() else source.parent
    if not path.is_file() and (home / path).is_file():
        path = home / path
    return read_concepts(path, concept=settings.concept, id=settings.concept_id, records=records)


def _about(source: Path) -> dict[str, Any]:
    """Read what a generator said of a folder of its data; nothing where it is no such folder."""
    path = source / "about.json"
    if not path.is_file():
        return {}
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _first(role: str, names: Sequence[str], table: Table) -> tuple[str | None, list[str]]:
    """Choose the first candidate whose columns the table has, and tell of it."""
    for name in names:
        if all(column in table.columns for column in template_columns(name, table.columns)):
            told = len(names) > 1
            return name, [f"The {role} is '{name}'."] if told else []
    if not names or (len(names) > 1 and role not in ("text", "group")):
        return None, []
    raise ColumnError(
        f"{table.source} has no {role} column such as {' or '.join(map(repr, names))}: choose one "
        f"of {', '.join(table.columns)} with --{role} or {role} = in [data]."
    )


def parts_of(
    table: Table, text: str, group: str, records: Records, *, id_column: str | None = None
) -> Parts:
    """Find the texts that records were rolled up from.

    Parameters
    ----------
    table
        The table that the records were made of.
    text, group, id_column
        Its columns, as they were when the records were made.
    records
        Those of the table, rolled up by the group column.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CoterieWarning)  # said when the records were made
        rows = read_records(table, text=text, id=id_column, labels=[group])
    at = {name: place for place, name in enumerate(records.ids)}
    owners = np.array([at.get(name, -1) for name in rows.labels[group]], dtype=np.int64)
    return Parts(rows.texts[owners >= 0], owners[owners >= 0])
