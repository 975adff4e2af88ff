"""Segments: listed, edited, and assigned to texts."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request, Response

from coterie.serve.access.callers import needs
from coterie.serve.answers.grouping import Grouping
from coterie.serve.forms import AssignRequest, Line, SegmentEdit
from coterie.serve.refusals import RefusedError
from coterie.serve.service import Service

__all__ = ["router"]

router = APIRouter(prefix="/v1", tags=["segments"])
Reader = Annotated[str, Depends(needs("read"))]
Editor = Annotated[str, Depends(needs("edit"))]
Caller = Annotated[str, Depends(needs("predict"))]
Seen = Annotated[
    Line | None, Header(alias="If-Match", description="ETag of the segments that were looked at.")
]


@router.get("/segments")
async def list_segments(request: Request, response: Response, _: Reader) -> dict[str, Any]:
    """List the segments with their terms and examples."""
    found = await asyncio.to_thread(_segments(request).overview)
    _tag(response, request)
    return found


@router.get("/segments/history")
async def list_edits(request: Request, _: Reader) -> list[dict[str, Any]]:
    """List every change of the segments, the first one first."""
    return await asyncio.to_thread(_segments(request).history)


@router.post("/segments/edits")
async def edit_segments(
    request: Request, response: Response, asked: SegmentEdit, caller: Editor, seen: Seen = None
) -> dict[str, Any]:
    """Rename, merge, split, move, create and so on; with If-Match, only what was looked at."""
    options = asked.model_dump(exclude={"edit"}, exclude_none=True)
    tag = None if seen is None else seen.strip('" ')
    found = await asyncio.to_thread(
        _segments(request).edit, asked.edit, options, by=caller or "Somebody", tag=tag
    )
    _tag(response, request)
    return found


@router.post("/assign")
async def assign_texts(request: Request, asked: AssignRequest, _: Caller) -> dict[str, Any]:
    """Assign texts to segments: one answer for each, in their order."""
    service: Service = request.app.state.service
    service.check_rows(len(asked.texts))
    for text in asked.texts:
        service.check_text(text)
    found = await asyncio.to_thread(_segments(request).assign, asked.texts)
    return {"assignments": found}


def _segments(request: Request) -> Grouping:
    service: Service = request.app.state.service
    if service.grouping is None:
        raise RefusedError(
            404,
            "This service has no segments: discover some, and name their folder with --segments.",
        )
    return service.grouping


def _tag(response: Response, request: Request) -> None:
    response.headers["ETag"] = f'"{_segments(request).current()[1]}"'
