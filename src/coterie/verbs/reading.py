"""The user's table, read as options say, or as those that a model was trained on."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from shlex import quote
from typing import Any

from coterie.classifiers import Model as Estimator
from coterie.errors import ColumnError, CoterieWarning, OptionError
from coterie.formatting import named
from coterie.options import TableOptions, TrainOptions
from coterie.records import (
    Reading,
    Records,
    Settled,
    Source,
    Table,
    open_source,
    read_source,
    usual_context,
)
from coterie.records.build import asked_columns
from coterie.records.compose import template_columns
from coterie.records.roles import likely_text
from coterie.records.table import column_error, near_names
from coterie.workflows.columns import check_columns
from coterie.workflows.prediction.predict import context_of
from coterie.workflows.training.results import CHANGES
from coterie.workflows.vectors import (
    check_models_embed,
    check_models_read,
    read_given,
    records_of,
    with_vectors,
)

__all__ = [
    "check_alike",
    "check_making",
    "columns_alike",
    "feature_columns",
    "no_text",
    "options_alike",
    "read_alike",
    "read_texts",
    "read_vectors",
]

_OF_ROWS = ("id", "group", "dates", "decimal", "label_separator", "has_label", "missing_labels")
_SHOWN = 6  # columns in a sentence
_ROLES = ("text", "label", "id", "group", "order", "speaker", "time")


def read_texts(source: Source | Table | Records | None, options: TableOptions) -> Reading:
    """Read a table of texts, see `coterie.records.read_source`, or of vectors, see `read_vectors`.

    Raises
    ------
    OptionError
        When no column of the text is named, and no vectors; nothing has been read then.
    """
    if _vectors_of(options) is not None:
        return read_vectors(source, options)
    if source is None:
        raise OptionError("Name the FILE (table), or vectors with --vectors (vectors=).")
    if options.text is None and not isinstance(source, Records):
        raise OptionError("Name the column of the text with --text (text=).")
    return read_source(source, options)


def read_vectors(
    source: Source | Table | Records | None,
    options: TableOptions,
    *,
    table: Table | None = None,
    usual: Settled | None = None,
) -> Reading:
    """Read a table whose rows have vectors given by the options, or the vectors alone.

    Parameters
    ----------
    source
        See `coterie.records.read_source`; None for a record of each id of the vectors.
    options
        With ``vectors``; see `coterie.workflows.vectors.read_given`.
    table, usual
        See `coterie.records.read_source`.

    Raises
    ------
    OptionError
        When options about a table are given, and there is none.
    InputError
        When the vectors cannot be read, or belong to no row.
    """
    if source is None:
        if asked := options.of_reading():
            raise OptionError(
                f"'{asked[0]}' is about the rows of a table: name the FILE (table), or leave it "
                "out."
            )
        return records_of(read_given(_vectors_of(options)))
    given = read_given(_vectors_of(options))
    reading = read_source(source, options, table=table, usual=usual)
    return reading._replace(records=with_vectors(reading.records, given))


def check_making(options: TableOptions, names: Sequence[str]) -> None:
    """Refuse options about the making of vectors where vectors are given."""
    asked = [name for name in names if name in options.given()]
    if asked and _vectors_of(options) is not None:
        raise OptionError(
            f"'{asked[0]}' is about how vectors are made, and they are given: leave it out, or "
            "leave --vectors (vectors=) out."
        )


def _vectors_of(options: TableOptions) -> Any:
    return getattr(options, "vectors", None)


def read_alike(
    source: Source | Table | Records | None,
    options: TableOptions,
    schemas: Sequence[Mapping[str, Any]],
    estimators: Sequence[Estimator],
) -> Reading:
    """Read rows as those of a training were, where the options say nothing else.

    The id column of the training may be absent. Columns of context are those that the models use
    and the table has.

    Parameters
    ----------
    source, options
        See `coterie.records.read_source`.
    schemas
        How the rows of each training were read. The first counts; columns of concepts are those of
        the first training that had some.
    estimators
        The models.

    Raises
    ------
    OptionError
        When concepts are given that no model was trained on, there is no column of the text, or
        neither a source nor vectors.
    EncoderMismatchError
        When vectors are given of another encoder than that of a model.
    """
    if _vectors_of(options) is not None:
        return _vectors_alike(source, options, schemas[0], estimators)
    if source is None:
        raise OptionError("Name the FILE (table), or vectors with --vectors (vectors=).")
    if isinstance(source, Records):
        if source.vectors is None:
            check_models_embed(estimators)
        else:
            check_models_read(source.vectors, estimators)
        reading = read_source(source, options)
        check_alike(reading, schemas, estimators)
        return reading
    wanted = options_alike(options, schemas, estimators)
    table = open_source(source, wanted)
    asked, usual = columns_alike(table, options, wanted, schemas, estimators)
    reading = read_source(source, asked, table=table, usual=usual)
    check_alike(reading, schemas, estimators)
    return reading


def options_alike(
    options: TableOptions, schemas: Sequence[Mapping[str, Any]], estimators: Sequence[Estimator]
) -> TableOptions:
    """Give the options to open a table with, as that of the training; see `read_alike`."""
    check_models_embed(estimators)
    noted = next((schema for schema in schemas if "concept" in schema), None)
    if options.has_concepts and noted is None:
        raise OptionError("The model was trained without concepts: leave them out.")
    wanted = options.following(schemas[0])
    if noted is not None:
        wanted = wanted.following({k: noted[k] for k in noted if k.startswith("concept")})
    if wanted.text is None and any(map(_needs_texts, schemas)):
        raise OptionError("Name the column of the text with --text (text=).")
    return wanted


def columns_alike(
    table: Table,
    options: TableOptions,
    wanted: TableOptions,
    schemas: Sequence[Mapping[str, Any]],
    estimators: Sequence[Estimator],
) -> tuple[TableOptions, Settled]:
    """Give the options to make records of an open table, and how earlier rows were written.

    ``wanted`` are those of `options_alike` for ``options``; see `read_alike`.
    """
    if options.id is None and wanted.id is not None and table.find(wanted.id) is None:
        wanted = wanted.changed(id=None)
    _require_columns(table, asked_columns(table, wanted), wanted)
    known = dict.fromkeys(name for each in estimators for name in context_of(each))
    context = [name for name in known if table.find(name) is not None]
    usual = Settled.from_dict(schemas[0].get("settled", {}))
    return wanted.changed(context=context), usual


def _vectors_alike(
    source: Source | Table | Records | None,
    options: TableOptions,
    schema: Mapping[str, Any],
    estimators: Sequence[Estimator],
) -> Reading:
    """Read rows whose vectors are given, with the ids and the context of the training."""
    if source is None or isinstance(source, Records):
        reading = read_vectors(source, options)
    else:
        noted = {name: schema[name] for name in _OF_ROWS if name in schema}
        wanted = options.following(noted)
        table = open_source(source, wanted)
        for name in ("id", "group"):
            own, given = getattr(wanted, name), getattr(options, name)
            if given is None and own is not None and table.find(own) is None:
                wanted = wanted.changed(**{name: None})
        known = dict.fromkeys(name for each in estimators for name in context_of(each))
        context = [name for name in known if table.find(name) is not None]
        usual = Settled.from_dict(schema.get("settled", {}))
        asked = wanted.changed(context=context)
        reading = read_vectors(source, asked, table=table, usual=usual)
    assert reading.records.vectors is not None
    check_models_read(reading.records.vectors, estimators)
    check_alike(reading, [schema], estimators)
    return reading


def check_alike(
    reading: Reading, schemas: Sequence[Mapping[str, Any]], estimators: Sequence[Estimator]
) -> None:
    """Say what the columns lack that models were trained on.

    See `coterie.workflows.columns.check_columns`.
    """
    changes: list[Mapping[str, float]] = [schema.get(CHANGES, {}) for schema in schemas]
    changes += [{}] * (len(estimators) - len(changes))
    columns = [] if reading.table is None else reading.table.columns
    check_columns(zip(estimators, changes, strict=False), reading.records, columns)


def _require_columns(table: Table, names: Sequence[str], options: TableOptions) -> None:
    """Raise a `ColumnError` where a column is absent, with those that it could be.

    No file beside the table is proposed to join: it may be the one that was learnt from.
    """
    texts = [] if options.text is None else template_columns(options.text, table.columns)
    for name in names:
        if name in table.columns:
            continue
        likely = near_names(name, table.columns, 1)
        longest = likely_text(table) if name in texts else None
        if longest is not None and longest not in (*likely, *names):
            likely.append(longest)
        hint = f"it has {named(table.columns)}."
        if likely:
            flag = next((role for role in _ROLES if getattr(options, role, None) == name), None)
            typed = "" if flag is None else f" (--{flag} '{likely[0]}')"
            hint = f"the likeliest is {' or '.join(map(repr, likely))}{typed}; {hint}"
        raise column_error(name, table.columns, table.source, hint)


def feature_columns(
    table: Table, options: TableOptions, *, by: str | None = None
) -> tuple[str, ...]:
    """Name the context columns to learn from.

    Those of the options; or where there are none, and neither texts nor concepts, all columns of
    the table but ids and what is used otherwise, such as ``by``.

    Raises
    ------
    ColumnError
        When the table has no column to learn from.
    """
    if options.context or options.text or options.has_concepts or _vectors_of(options) is not None:
        return tuple(options.context or ())
    taken = [*asked_columns(table, options), *([by] if by else [])]
    found = usual_context(table, taken, has_id=options.id is not None or options.group is not None)
    if not found:
        raise ColumnError(
            f"{table.source} has no column to learn from: name the text with --text (text=), or "
            "columns with --context (context=)."
        )
    return tuple(found)


def no_text(table: Table, options: TrainOptions, *, by: str | None = None) -> OptionError:
    """Ask for the column of the text; where there are other columns, propose a model of these."""
    taken = [*asked_columns(table, options), *([by] if by else [])]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CoterieWarning)
        others = usual_context(table, taken)
    likely = likely_text(table)
    text = "--text (text=)"
    if likely is not None and likely not in taken:
        text = f"--text {quote(likely)} (text='{likely}')"
    asked = f"The model {options.model} learns from a text: name its column with {text}"
    if not others:
        return OptionError(f"{asked}.")
    return OptionError(
        f"{asked}, or learn from the columns {named(others, _SHOWN)} with --model ensemble "
        "(model='ensemble').",
        instead={"--model": "ensemble"},
    )


def _needs_texts(schema: Mapping[str, Any]) -> bool:
    return "text" not in schema or schema["text"] is not None
