"""From the rows of a request to answers that are logged."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from coterie.errors import CoterieError, UnavailableError
from coterie.prediction_log import Entry, new_id
from coterie.serve.answers.served import AUTO, Served
from coterie.serve.forms import Context, RowGiven
from coterie.serve.service import Service
from coterie.workflows.prediction.decisions import SET_ASIDE, Decision

__all__ = ["Answered", "Asked", "choose", "predict"]


@dataclass(frozen=True, slots=True)
class Asked:
    """Rows of one request.

    Attributes
    ----------
    rows
        The n rows.
    request
        Id of the request.
    route
        Its address.
    """

    rows: Sequence[RowGiven]
    request: str
    route: str


@dataclass(frozen=True, slots=True)
class Answered:
    """The answers for n rows.

    Attributes
    ----------
    served
        The version that answered.
    decisions
        n of them.
    ids
        n ids of predictions, for feedback; None for a row that was set aside, and for all rows
        where nothing was logged.
    seconds
        Of all of it.
    logged
        Whether they are in the log.
    """

    served: Served
    decisions: Sequence[Decision]
    ids: Sequence[str | None]
    seconds: float
    logged: bool


def choose(
    service: Service, model: str, version: int | None = None, customer: str | None = None
) -> Served:
    """Choose the version that answers; see `coterie.serve.answers.traffic.Roads`."""
    if model == AUTO and version is None:
        return service.roads.choose(customer)
    return service.models.find(model, version)


async def predict(service: Service, served: Served, asked: Asked) -> Answered:
    """Predict the rows of a request with one version, log the answers, and ask the shadows.

    Raises
    ------
    RefusedError
        When there are too many rows, or a text is too long.
    UnavailableError
        When too many rows wait already.
    """
    started = time.monotonic()
    service.check_rows(len(asked.rows))
    for row in asked.rows:
        service.check_text(row.text)
    rows = [served.read(row.text, row.context) for row in asked.rows]
    try:
        decisions = await service.batcher.decide(served, rows)
    except Exception as error:
        kind = type(error).__name__
        if not isinstance(error, UnavailableError):  # thousands of them would fill the log
            await service.recorder.write([_failed(served, asked, kind, time.monotonic() - started)])
        raise
    seconds = time.monotonic() - started
    entries = _entries(served, asked, decisions, seconds)
    logged = await service.recorder.write([entry for entry in entries if entry is not None])
    _count(service, served, decisions, "answer")
    for shadow in service.roads.shadows():
        if shadow is not served:
            service.later(_ask_shadow(service, shadow, asked, entries if logged else []))
    ids = [entry.id if entry is not None and logged else None for entry in entries]
    return Answered(served, decisions, ids, time.monotonic() - started, logged)


def _entries(
    served: Served, asked: Asked, decisions: Sequence[Decision], seconds: float
) -> list[Entry | None]:
    """Make what is logged: one entry for each row that was predicted."""
    each = seconds / max(len(decisions), 1)
    return [
        None if said.status == SET_ASIDE else _entry(served, asked, row, said, each)
        for row, said in zip(asked.rows, decisions, strict=True)
    ]


def _entry(
    served: Served, asked: Asked, row: RowGiven, said: Decision, seconds: float, **more: Any
) -> Entry:
    context: Context = {
        name: row.context[name] for name in served.reader.columns if name in row.context
    }
    return Entry(
        id=new_id(),
        request=asked.request,
        route=asked.route,
        model=served.name,
        version=served.version,
        person=row.customer_id,
        label=None if said.label is None else str(said.label),
        confidence=said.confidence,
        status=said.status,
        probabilities=said.probabilities,
        seconds=seconds,
        context=context,
        text=row.text,
        **more,
    )


def _failed(served: Served, asked: Asked, error: str, seconds: float) -> Entry:
    """Make what is logged of a request that could not be answered."""
    return Entry(
        request=asked.request,
        route=asked.route,
        model=served.name,
        version=served.version,
        seconds=seconds,
        error=error,
    )


async def _ask_shadow(
    service: Service, shadow: Served, asked: Asked, answers: Sequence[Entry | None]
) -> None:
    """Ask a version whose answer nobody sees; when the service is busy, it is not asked."""
    started = time.monotonic()
    rows = [shadow.read(row.text, row.context) for row in asked.rows]
    try:
        decisions = await service.batcher.decide(shadow, rows)
    except (CoterieError, asyncio.CancelledError):
        service.figures.refused.labels("shadow").inc()
        return
    each = (time.monotonic() - started) / len(rows)
    answered = [*answers, *([None] * (len(rows) - len(answers)))]
    entries = [
        _entry(
            shadow, asked, row, said, each, role="shadow", answer_id=answer.id if answer else None
        )
        for row, said, answer in zip(asked.rows, decisions, answered, strict=True)
        if said.status != SET_ASIDE
    ]
    await service.recorder.write(entries)
    _count(service, shadow, decisions, "shadow")


def _count(service: Service, served: Served, decisions: Sequence[Decision], role: str) -> None:
    for said in decisions:
        service.figures.predictions.labels(
            served.name, str(served.version), said.status, role
        ).inc()
