"""Rows of a service's prediction log, as tables that other work starts from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import pandas as pd

from coterie.errors import InputError
from coterie.options import LogFilters
from coterie.prediction_log import Entry, PredictionLog
from coterie.workflows.prediction.predict import LoadedModel, context_of

__all__ = [
    "PERSON",
    "ROW_TEXT",
    "TIME",
    "TRUTH",
    "answered_rows",
    "as_rows",
    "logged_truths",
    "unlabelled_rows",
]

ROW_TEXT, TRUTH, PERSON, TIME = "text", "label", "person", "time"
"""Columns of such a table, beside those of the context."""

_MADE = ("text", "id", "group", "order", "speaker", "first", "side")
_MOST = 20_000  # of the newest entries are looked at for rows to label; a judgement, not measured


def logged_truths(
    log: PredictionLog,
    model: LoadedModel,
    *,
    since: Any = None,
    until: Any = None,
) -> pd.DataFrame:
    """Give the rows whose truth is known.

    Those that this model answered, and those of other models whose truth is one of its classes.

    Parameters
    ----------
    log
        See `coterie.prediction_log.PredictionLog`.
    model
        A classifier.
    since, until
        Which entries.

    Returns
    -------
    DataFrame
        ``id``, ``text`` where the model reads one, its context columns, ``label`` (the truth),
        ``person``; the oldest first. Memory grows with the rows.

    Raises
    ------
    InputError
        When there are none, or the log keeps no texts and the model reads them.
    """
    classes = {str(name) for name in getattr(model.classifier, "classes_", ())}
    name = model.home.resolve().name
    chosen = (
        (entry, truth)
        for entry, truth in log.labelled(since, until)
        if entry.model == name or truth in classes
    )
    pairs = list(chosen)
    if not pairs:
        raise InputError(
            "The prediction log holds no feedback for this model: send some with POST /v1/feedback."
        )
    frame = _frame((entry for entry, _ in pairs), model)
    truths = dict(zip((entry.id for entry, _ in pairs), (truth for _, truth in pairs), strict=True))
    return frame.assign(**{TRUTH: frame["id"].map(truths)})


def unlabelled_rows(log: PredictionLog, model: LoadedModel) -> pd.DataFrame:
    """Give the newest rows that this model answered and whose truth is not known.

    Returns
    -------
    DataFrame
        As of `logged_truths`, without the truth; at most 20,000 rows.

    Raises
    ------
    InputError
        When there are none, or the log keeps no texts and the model reads them.
    """
    wanted = LogFilters(
        model=model.home.resolve().name, role="answer", has_feedback=False, errors=False
    )
    entries: list[Entry] = []
    after = None
    while len(entries) < _MOST:
        page = log.entries(wanted, after=after, limit=1000)
        entries += page.entries
        after = page.next
        if after is None:
            break
    if not entries:
        raise InputError("The prediction log holds no answers of this model without feedback.")
    return _frame(islice(entries, _MOST), model)


def answered_rows(log: PredictionLog, columns: Sequence[str] = ()) -> pd.DataFrame:
    """Give all rows that were answered, with their texts and times, the oldest first.

    Parameters
    ----------
    log
        See `coterie.prediction_log.PredictionLog`.
    columns
        Of the context, to keep.

    Returns
    -------
    DataFrame
        ``id``, ``text``, ``time`` and the columns. Memory grows with the rows.

    Raises
    ------
    InputError
        When there are none, or the log keeps no texts.
    """
    rows = [
        {
            "id": entry.id,
            ROW_TEXT: entry.text,
            TIME: entry.time.isoformat(timespec="seconds"),
            **{name: (entry.context or {}).get(name) for name in columns},
        }
        for entry in log.stream(LogFilters(role="answer", errors=False))
        if entry.text is not None
    ]
    if not rows:
        raise InputError(
            "The prediction log holds no texts: start the service with --keep-text masked."
        )
    return pd.DataFrame(rows)


def as_rows(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Say how such a table is read: its texts are whole, where the training composed them."""
    left = {name: value for name, value in schema.items() if name not in _MADE}
    # a model that was trained on segments names no column, yet reads a text
    reads_text = "text" not in schema or schema["text"] is not None
    return left | ({"text": ROW_TEXT} if reads_text else {})


def _frame(entries: Iterator[Entry], model: LoadedModel) -> pd.DataFrame:
    """Lay entries out as the model reads rows."""
    reads_text = getattr(model.classifier, "text", "") is not None
    columns = context_of(model.classifier)
    rows: list[dict[str, Any]] = []
    lost = 0
    for entry in entries:
        if reads_text and entry.text is None:
            lost += 1
            continue
        row: dict[str, Any] = {"id": entry.id}
        if reads_text:
            row[ROW_TEXT] = entry.text
        context = entry.context or {}
        row |= {name: context.get(name) for name in columns}
        rows.append({**row, PERSON: entry.person})
    if not rows:
        raise InputError(
            f"The prediction log keeps no texts, and this model reads them ({lost:,} rows): start "
            "the service with --keep-text masked."
        )
    return pd.DataFrame(rows)
