"""Search in words, by example and by filter."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request

from coterie.options import SearchOptions
from coterie.serve.access.callers import needs
from coterie.serve.forms import SearchRequest, SimilarRequest
from coterie.serve.service import Service

__all__ = ["router"]

router = APIRouter(prefix="/v1", tags=["search"])
Caller = Annotated[str, Depends(needs("predict"))]


@router.post("/search")
async def search_rows(request: Request, asked: SearchRequest, _: Caller) -> dict[str, Any]:
    """Find rows: conditions that the query states become filters, the rest is compared."""
    service: Service = request.app.state.service
    service.check_text(asked.query)
    given = asked.model_dump(exclude={"query"}, exclude_defaults=True)
    options = SearchOptions(**given)
    return await asyncio.to_thread(service.finding.search, asked.query, options)


@router.post("/similar")
async def find_similar(request: Request, asked: SimilarRequest, _: Caller) -> dict[str, Any]:
    """Find rows like a text, or like rows of the index."""
    service: Service = request.app.state.service
    service.check_text(asked.text)
    options = SearchOptions(
        k=asked.k, where=asked.where, like=asked.like, unlike=asked.unlike, filters=False
    )
    return await asyncio.to_thread(service.finding.search, asked.text, options)


@router.get("/columns")
async def list_columns(request: Request, _: Caller) -> list[dict[str, Any]]:
    """Describe the columns that filters can be about."""
    service: Service = request.app.state.service
    return await asyncio.to_thread(service.finding.columns)
