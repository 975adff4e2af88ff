"""The data of a recipe: read, or generated, with the columns that the table has."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from coterie.errors import ColumnError, InputError, OptionError
from coterie.options import DataSettings, ReadOptions
from coterie.records import CONCEPTS, Table, read_source, read_table
from coterie.records.compose import template_columns
from coterie.records.formats.files import describes_tables, tables_in
from coterie.workflows.dataset import Dataset, dataset_of

__all__ = ["read_dataset"]


def read_dataset(
    settings: DataSettings,
    *,
    level: str | None,
    seed: int,
    generate_into: Path,
    whole: bool = False,
) -> Dataset:
    """Read the table of a recipe, or generate it, and make records of it.

    Parameters
    ----------
    settings
        Where the rows are, and what their columns mean.
    level
        ``"record"`` or ``"row"``: what is embedded; None where the rows tell, see `dataset_of`.
    seed
        For data that is generated.
    generate_into
        Folder for data that is generated.
    whole
        Whether the records keep all columns but those of ids, as an index does.

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
    labels = [name for name in settings.labels if table.find(name)]
    if len(settings.labels) == 1:
        table.column(settings.labels[0])  # one alone was meant: say so when it is not there
    elif settings.labels:
        named = " and ".join(f"'{name}'" for name in labels)
        told.append(f"The labels are {named}." if named else "There is no column of labels.")
    context = [found for name in settings.context if (found := table.find(name))]
    split = next((found for name in settings.split if (found := table.find(name))), None)
    ids = {table.find(name) for role in ("id", "group") if (name := chosen[role]) is not None}
    every = [name for name in table.columns if name not in ids] if whole else []
    options = ReadOptions().changed(
        text=text,
        labels=labels,
        context=list(dict.fromkeys([*context, *([split] if split else []), *every])),
        first=settings.first,
        clean=settings.clean,
        side=settings.side,
        concepts=settings.concepts,
        concept=settings.concept,
        concept_id=settings.concept_id,
        dates=settings.dates,
        decimal=settings.decimal,
        label_separator=settings.label_separator,
        missing_labels=settings.missing_labels,
        **chosen,
    )
    reading = read_source(table, options)
    if settings.concepts is not None:
        context.append(CONCEPTS)
    by_row = None
    if level is not None:
        by_row = level == "row" and options.group is not None and text is not None
    dataset = dataset_of(reading, by_row=by_row)
    return replace(
        dataset,
        unit=settings.unit,
        choices=tuple(told),
        about=about,
        context=tuple(context),
        split=split,
        spoken=options.speaker is not None,
        schema=reading.kept(),
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
    told = f"The data is invented: {made.rows:,} {settings.unit}, seed {seed}."
    return read_table(first, join=others), [told], made.to_dict()


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
        if all(table.find(column) for column in template_columns(name, table.columns)):
            told = len(names) > 1
            return name, [f"The {role} is '{name}'."] if told else []
    if not names or (len(names) > 1 and role not in ("text", "group")):
        return None, []
    raise ColumnError(
        f"{table.source} has no {role} column such as {' or '.join(map(repr, names))}: choose one "
        f"of {', '.join(table.columns)} with --{role} or {role} = in [data]."
    )
