"""Predictions: of one conversation, of many rows, and why."""

from __future__ import annotations

import asyncio
import time
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from coterie.serve.access.callers import needs
from coterie.serve.answers.predicting import Asked, choose, choose_each, predict
from coterie.serve.forms import (
    ClassifyAnswer,
    ClassifyRequest,
    ExplainRequest,
    PredictAnswer,
    PredictRequest,
    RowAnswer,
    RowGiven,
)
from coterie.serve.service import Service
from coterie.workflows.analysis.turns import read_transcript

__all__ = ["router"]

router = APIRouter(tags=["predictions"])
Caller = Annotated[str, Depends(needs("predict"))]


@router.post("/predict", response_model_exclude_unset=True)
async def predict_conversation(
    request: Request, response: Response, asked: PredictRequest, _: Caller
) -> PredictAnswer:
    """Predict the outcome of one conversation, and say what carries the prediction."""
    service: Service = request.app.state.service
    started = time.monotonic()
    served = choose(service, asked.model_type, customer=asked.customer_id)
    transcript = asked.transcript
    given = (
        transcript if isinstance(transcript, str) else [turn.model_dump() for turn in transcript]
    )
    text = read_transcript(given, served.model.schema)
    row = RowGiven(text=text.text, context=asked.context, customer_id=asked.customer_id)
    answered = await predict(service, [served], _asked(request, [row]))
    said = answered.decisions[0]
    _tell(response, answered.logged, answered.ids[0])
    wanted = {
        "include_analysis": asked.include_analysis,
        "include_similar": asked.include_similar,
    }
    advice = service.advising.advise(served, text, asked.context, said, **wanted)
    if service.advising.needed(said, **wanted):
        async with service.explaining():
            found = await asyncio.to_thread(dict, advice)
    else:
        found = dict(advice)
    return PredictAnswer(
        **found,
        model_used=served.label,
        processing_time=round(time.monotonic() - started, 6),
        confidence_score=found["prediction"]["confidence"],
    )


@router.post("/v1/classify", response_model_exclude_unset=True)
async def classify_rows(
    request: Request, response: Response, asked: ClassifyRequest, _: Caller
) -> ClassifyAnswer:
    """Predict rows: one answer for each, in their order.

    Where versions share the requests, each customer's rows are answered by this customer's version.
    """
    service: Service = request.app.state.service
    customers = [row.customer_id for row in asked.rows]
    served = choose_each(service, asked.model, asked.version, customers)
    answered = await predict(service, served, _asked(request, asked.rows))
    _tell(response, answered.logged)
    rows = [
        RowAnswer(
            id=str(place) if row.id is None else row.id,
            prediction_id=number,
            model_used=version.label,
            **said.to_dict(),
        )
        for place, (row, version, said, number) in enumerate(
            zip(asked.rows, served, answered.decisions, answered.ids, strict=True), 1
        )
    ]
    return ClassifyAnswer(
        model_used=", ".join(dict.fromkeys(version.label for version in served)),
        predictions=rows,
        processing_time=round(answered.seconds, 6),
    )


@router.post("/v1/explain")
async def explain_one(request: Request, asked: ExplainRequest, _: Caller) -> dict[str, Any]:
    """Explain the prediction for one row: the words and values that carry it."""
    service: Service = request.app.state.service
    served = choose(service, asked.model, asked.version)
    service.check_text(asked.text)
    row = served.read(asked.text, asked.context)
    if row.reason:
        return {"model_used": served.label, "status": "set aside", "reason": row.reason}
    async with service.explaining():
        return await asyncio.to_thread(served.explain, row)


def _asked(request: Request, rows: list[RowGiven]) -> Asked:
    return Asked(rows, request.scope["coterie.request"], request.scope["route"].path)


def _tell(response: Response, logged: bool, number: str | None = None) -> None:
    response.headers["X-Prediction-Logged"] = "true" if logged else "false"
    if number is not None:
        response.headers["X-Prediction-Id"] = number
