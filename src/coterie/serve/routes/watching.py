"""What was predicted, what was true of it, and how well the service does."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request

from coterie.prediction_log import Feedback, Filters, PredictionLog
from coterie.serve.access.callers import needs
from coterie.serve.answers.learning import compare_versions, rows_to_label
from coterie.serve.answers.served import AUTO
from coterie.serve.forms import DriftAnswer, FeedbackAnswer, FeedbackRequest, Line
from coterie.serve.refusals import RefusedError
from coterie.serve.service import Service

__all__ = ["router"]

router = APIRouter(tags=["watching"])
Reader = Annotated[str, Depends(needs("read"))]
Editor = Annotated[str, Depends(needs("edit"))]
Limit = Annotated[int, Query(ge=1, le=1000, description="Entries of a page.")]


@router.get("/logs")
async def list_predictions(
    request: Request,
    _: Reader,
    since: datetime | None = None,
    until: datetime | None = None,
    model: Line | None = None,
    version: Annotated[int | None, Query(ge=1, le=999_999_999)] = None,
    label: Line | None = None,
    status: Line | None = None,
    person: Line | None = None,
    role: Literal["answer", "shadow"] | None = None,
    has_feedback: bool | None = None,
    correct: bool | None = None,
    errors: bool | None = None,
    after: Annotated[Line | None, Query(description="Cursor: next of the page before.")] = None,
    limit: Limit = 100,
) -> dict[str, Any]:
    """List what was predicted, the newest first."""
    asked = Filters(
        since=since,
        until=until,
        model=model,
        version=version,
        label=label,
        status=status,
        person=person,
        role=role,
        has_feedback=has_feedback,
        correct=correct,
        errors=errors,
    )
    page = await asyncio.to_thread(_log(request).entries, asked, after=after, limit=limit)
    return page.to_dict()


@router.get("/performance")
async def show_performance(
    request: Request,
    _: Reader,
    since: datetime | None = None,
    until: datetime | None = None,
    model: Line | None = None,
) -> dict[str, Any]:
    """Show latency, use, errors, accuracy from feedback, calibration, CPU and memory."""
    service: Service = request.app.state.service
    found: dict[str, Any] = {"process": await asyncio.to_thread(service.load)}
    if service.recorder.log is not None:
        measured = await asyncio.to_thread(
            service.recorder.log.performance, since=since, until=until, model=model
        )
        found |= measured.to_dict()
    return found


@router.post("/v1/feedback")
async def send_feedback(request: Request, asked: FeedbackRequest, caller: Editor) -> FeedbackAnswer:
    """Say what was true of predictions; of several times, the last one counts."""
    said = [
        Feedback(
            prediction=each.prediction_id,
            truth=each.truth,
            by=each.by or caller or None,
            at=each.at,
        )
        for each in asked.feedback
    ]
    done = await asyncio.to_thread(_log(request).feedback, said)
    return FeedbackAnswer(matched=done.matched, unknown=list(done.unknown))


@router.get("/v1/to-label")
async def list_rows_to_label(
    request: Request,
    _: Reader,
    model: Line = AUTO,
    n: Annotated[int, Query(ge=1, le=500, description="How many rows.")] = 20,
) -> list[dict[str, Any]]:
    """List the logged rows whose truth would teach a model most; answer with feedback."""
    service: Service = request.app.state.service
    served = service.models.find(model)
    async with service.explaining():
        return await asyncio.to_thread(rows_to_label, _log(request), served, n)


@router.get("/v1/drift")
async def show_drift(request: Request, _: Reader, model: Line = AUTO) -> DriftAnswer:
    """Say what changed in the logged rows since the training of a model."""
    service: Service = request.app.state.service
    served = service.models.find(model)
    async with service.explaining():
        return DriftAnswer(**await asyncio.to_thread(service.drift.show, served))


@router.get("/v1/traffic/comparison")
async def show_comparison(request: Request, _: Reader) -> list[dict[str, Any]]:
    """Say which version is better by the truths so far, and how sure that is."""
    service: Service = request.app.state.service
    return await asyncio.to_thread(compare_versions, _log(request), service.roads.traffic)


def _log(request: Request) -> PredictionLog:
    service: Service = request.app.state.service
    if service.recorder.log is None:
        raise RefusedError(404, "Nothing is logged by this service: start it without --log none.")
    return service.recorder.log
