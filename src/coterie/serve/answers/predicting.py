"""From the rows of a request to answers that are logged."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from coterie.errors import CoterieError, UnavailableError
from coterie.prediction_log import Entry, new_id
from coterie.serve.answers.served import AUTO, Served
from coterie.serve.forms import Context, RowGiven
from coterie.serve.service import Service
from coterie.workflows.prediction.decisions import SET_ASIDE, Decision

__all__ = ["Answered", "Asked", "choose", "choose_each", "predict"]


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


def choose_each(
    service: Service, model: str, version: int | None, customers: Sequence[str | None]
) -> list[Served]:
    """Choose the version that answers each row; rows without a customer have the same one."""
    found: dict[str | None, Served] = {}
    for customer in customers:
        if customer not in found:
            found[customer] = choose(service, model, version, customer)
    return [found[customer] for customer in customers]


async def predict(service: Service, served: Sequence[Served], asked: Asked) -> Answered:
    """Predict the rows of a request, log the answers, and ask the shadows.

    Parameters
    ----------
    service
        What serves.
    served
        For each row the version that answers it.
    asked
        The rows.

    Raises
    ------
    RefusedError
        When there are too many rows, or a text is too long.
    UnavailableError
        When too many rows wait already; no row is answered then.
    """
    started = time.monotonic()
    service.check_rows(len(asked.rows))
    for row in asked.rows:
        service.check_text(row.text)
    decisions = await _decide(service, served, asked)
    seconds = time.monotonic() - started
    entries = _entries(served, asked, decisions, seconds)
    logged = await service.recorder.write([entry for entry in entries if entry is not None])
    _count(service, served, decisions, "answer")
    for shadow in service.roads.shadows():
        places = [place for place, each in enumerate(served) if each is not shadow]
        if places:
            part = replace(asked, rows=[asked.rows[place] for place in places])
            answers = [entries[place] if logged else None for place in places]
            service.later(_ask_shadow(service, shadow, part, answers))
    ids = [entry.id if entry is not None and logged else None for entry in entries]
    return Answered(decisions, ids, time.monotonic() - started, logged)


async def _decide(service: Service, served: Sequence[Served], asked: Asked) -> list[Decision]:
    """Predict each row with its version, all of them or none; what fails is logged."""
    places: dict[Served, list[int]] = {}
    for place, version in enumerate(served):
        places.setdefault(version, []).append(place)
    found: dict[int, Decision] = {}
    for version, at in places.items():
        started = time.monotonic()
        rows = [version.read(asked.rows[place].text, asked.rows[place].context) for place in at]
        try:
            found |= zip(at, await service.batcher.decide(version, rows), strict=True)
        except Exception as error:
            kind = type(error).__name__
            if not isinstance(error, UnavailableError):  # thousands of them would fill the log
                seconds = time.monotonic() - started
                await service.recorder.write([_failed(version, asked, kind, seconds)])
            raise
    return [found[place] for place in range(len(served))]


def _entries(
    served: Sequence[Served], asked: Asked, decisions: Sequence[Decision], seconds: float
) -> list[Entry | None]:
    """Make what is logged: one entry for each row that was predicted."""
    each = seconds / max(len(decisions), 1)
    return [
        None if said.status == SET_ASIDE else _entry(version, asked, row, said, each)
        for version, row, said in zip(served, asked.rows, decisions, strict=True)
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
    entries = [
        _entry(
            shadow, asked, row, said, each, role="shadow", answer_id=answer.id if answer else None
        )
        for row, said, answer in zip(asked.rows, decisions, answers, strict=True)
        if said.status != SET_ASIDE
    ]
    await service.recorder.write(entries)
    _count(service, [shadow] * len(decisions), decisions, "shadow")


def _count(
    service: Service, served: Sequence[Served], decisions: Sequence[Decision], role: str
) -> None:
    for version, said in zip(served, decisions, strict=True):
        service.figures.predictions.labels(
            version.name, str(version.version), said.status, role
        ).inc()
