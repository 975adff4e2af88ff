"""Explanations of single predictions: ``coterie predict --why`` and ``--one``."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from coterie.classifiers import EstimateExplanation, Explanation, Model, explain
from coterie.errors import InputError, OptionError
from coterie.records import Records, Settled, read_numbers, restore
from coterie.workflows.columns import check_values, column_hint, number_columns
from coterie.workflows.prediction.predict import LoadedModel, context_of

__all__ = [
    "as_learnt",
    "explain_all",
    "explain_given",
    "explain_record",
    "explain_row",
    "reads_text",
    "row_of",
]

_COMPARED = 10_000  # ids that are compared for a misspelling, which bounds the time


def row_of(model: LoadedModel, records: Records, wanted: str) -> tuple[str, dict[str, Any]]:
    """Find one of n records by its id: its text, and its values of the columns that a model reads.

    Errors are those of `explain_record`.
    """
    if records.vectors is not None:
        raise OptionError(
            "An explanation is about words, and vectors were given, which have none: leave "
            "--vectors out, and predict with --out where the model reads vectors alone."
        )
    places = {str(key): place for place, key in enumerate(records.ids.tolist())}
    if wanted not in places:
        wanted = restore(wanted)  # as a CSV file of ours has it
    if wanted not in places:
        raise InputError(_no_such(records, wanted, list(places)))
    row = places[wanted]
    there = [name for name in context_of(model.classifier) if name in records.context.columns]
    context = {name: records.context[name].iloc[row] for name in there}
    return str(records.texts[row]), context


def explain_record(
    model: LoadedModel, records: Records, wanted: str
) -> Explanation | EstimateExplanation:
    """Explain the prediction for one of n records.

    Parameters
    ----------
    model
        See `coterie.workflows.prediction.predict.load_model`.
    records
        Read as those of the training were.
    wanted
        The id of one.

    Raises
    ------
    InputError
        When no record has that id; the message names the nearest, or why the row was set aside.
    """
    text, context = row_of(model, records, wanted)
    return explain_row(model.classifier, model.schema, text, context)


def explain_given(
    model: LoadedModel, text: str | None, columns: Mapping[str, str]
) -> Explanation | EstimateExplanation:
    """Explain the prediction for a row that is not in a table: a text, some columns, or both.

    Raises
    ------
    OptionError
        When the model reads concepts, when a text is missing or not read, or when there is no such
        column.
    """
    known = context_of(model.classifier)
    if getattr(model.classifier, "concepts", None) is not None:
        raise OptionError(
            "This model reads concepts, which --one and --set cannot give: name the FILE of the "
            "clients, its --concepts, and one client with --why ID."
        )
    wanted = reads_text(model.classifier)
    if wanted and text is None:
        raise OptionError("This model reads a text: give one with --one TEXT.")
    if text is not None and not wanted:
        raise OptionError(
            "This model reads columns only: leave --one out, and use --set COLUMN=VALUE."
        )
    given = as_learnt(model.classifier, model.schema, columns)
    check_values(model.classifier, given, known)
    return explain_row(model.classifier, model.schema, text or "", given)


def explain_all(
    models: Sequence[LoadedModel], text: str | None, columns: Mapping[str, str]
) -> dict[str, Explanation | EstimateExplanation]:
    """Explain what each model says of one row, by the names of their directories.

    Of several models, each takes the text and the columns that it reads.

    Raises
    ------
    OptionError
        See `explain_given`; and when no model reads a column, or the text.
    """
    if len(models) == 1:
        return {models[0].home.name: explain_given(models[0], text, columns)}
    own = {each.home.name: context_of(each.classifier) for each in models}
    known = tuple(dict.fromkeys(name for names in own.values() for name in names))
    for name in columns:
        if name not in known:
            raise OptionError(f"No model reads a column '{name}': {column_hint(name, known)}")
    if text is not None and not any(reads_text(each.classifier) for each in models):
        raise OptionError("No model reads a text: leave --one out, and use --set COLUMN=VALUE.")
    return {
        each.home.name: explain_given(
            each,
            text if reads_text(each.classifier) else None,
            {name: columns[name] for name in own[each.home.name] if name in columns},
        )
        for each in models
    }


def reads_text(model: Model) -> bool:
    """Whether a model reads a text."""
    return getattr(model, "text", "") is not None


def as_learnt(
    model: Model, schema: Mapping[str, Any], columns: Mapping[str, Any]
) -> dict[str, Any]:
    """Read texts in columns of numbers as they were written in the training."""
    usual = Settled.from_dict(schema.get("settled", {}))
    numbers = {*usual.decimals, *number_columns(model)}
    texts = {name: value for name, value in columns.items() if isinstance(value, str)}
    given = pd.DataFrame({name: [texts[name]] for name in texts if name in numbers})
    read = read_numbers(given, usual=usual.decimals).frame
    return {**columns, **{str(name): read[name].iloc[0] for name in read}}


def explain_row(
    model: Model, schema: Mapping[str, Any], text: str, context: Mapping[str, Any]
) -> Explanation | EstimateExplanation:
    """Explain the prediction for a text and its context columns, in terms of the label."""
    found = explain(model, text, context)
    label = schema.get("label")
    return found.about(str(label)) if label else found


def _no_such(records: Records, wanted: str, known: list[str]) -> str:
    aside = records.rejects
    numbered = records.id_column is None
    keys = aside["row"] if numbered else aside["id"]
    reasons = aside["reason"][keys.astype(str) == wanted].tolist()
    called = "row" if numbered else "row with the id"
    if reasons:
        return f"The {called} {wanted} of {records.source} was set aside: {reasons[0]}."
    near = difflib.get_close_matches(wanted, known[:_COMPARED], n=3, cutoff=0.6)
    if numbered:
        mend = f"rows have the numbers {known[0]} to {known[-1]}; name a column of ids with --id."
    elif near:
        mend = f"did you mean {' or '.join(near)}?"
    else:
        mend = f"the ids are in the column '{records.id_column}', such as {known[0]}."
    return f"There is no {called} {wanted} in {records.source}: {mend}"
