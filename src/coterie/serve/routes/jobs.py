"""Jobs: a file in, a discovery or an exploration out, in the background."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import FileResponse, Response

from coterie.errors import OptionError
from coterie.serve.access.callers import needs
from coterie.serve.answers.files import answer_file
from coterie.serve.forms import JobAnswer, Line
from coterie.serve.jobs.queue import Job, Kind, options_of
from coterie.serve.refusals import RefusedError
from coterie.serve.service import Service
from coterie.verbs.edits import catch_up

__all__ = ["router"]

router = APIRouter(prefix="/v1", tags=["jobs"])
Reader = Annotated[str, Depends(needs("read"))]
Editor = Annotated[str, Depends(needs("edit"))]
_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.post("/jobs/{kind}", status_code=202, openapi_extra=_BODY)
async def begin_job(
    request: Request,
    kind: Kind,
    caller: Editor,
    name: Annotated[Line, Query(description="Name of the file: messages.csv.")],
    options: Annotated[
        str, Query(max_length=20_000, description="Options of the verb, as a JSON object.")
    ] = "{}",
) -> JobAnswer:
    """Begin a job with the file that is the body of the request."""
    service: Service = request.app.state.service
    given = _options(options)
    options_of(kind, given)
    job, path = await asyncio.to_thread(service.jobs.receive, name)
    try:
        with path.open("wb") as file:
            async for part in request.stream():
                await asyncio.to_thread(file.write, part)
        if not path.stat().st_size:
            raise OptionError("The request has no file: send it as the body.")
    except BaseException:
        service.jobs.drop(job)
        raise
    made = await asyncio.to_thread(
        lambda: service.jobs.submit(job, path, kind, given, name=name, by=caller)
    )
    return _answer(made)


@router.get("/jobs")
async def list_jobs(request: Request, _: Reader) -> list[JobAnswer]:
    """List the jobs, the newest first."""
    service: Service = request.app.state.service
    return [_answer(job) for job in await asyncio.to_thread(service.jobs.all)]


@router.get("/jobs/{job}")
async def show_job(request: Request, job: str, _: Reader) -> JobAnswer:
    """Show a job: how far it is, or what it came to. A model that it made answers from then on."""
    service: Service = request.app.state.service
    found = await _find(request, job)
    made = None if found.result is None else found.result.get("model")
    if found.kind == "train" and made and all(made != each.name for each in service.models):
        await asyncio.to_thread(service.models.refresh)
    return _answer(found)


@router.post("/jobs/{job}/cancel")
async def cancel_job(request: Request, job: str, _: Editor) -> JobAnswer:
    """Stop a job."""
    service: Service = request.app.state.service
    await _find(request, job)
    return _answer(await asyncio.to_thread(service.jobs.cancel, job))


@router.delete("/jobs/{job}", status_code=204)
async def remove_job(request: Request, job: str, _: Editor) -> Response:
    """Delete a job that has ended, with all that it made."""
    service: Service = request.app.state.service
    await _find(request, job)
    await asyncio.to_thread(service.jobs.remove, job)
    return Response(status_code=204)


@router.get("/jobs/{job}/files/{name}", response_class=FileResponse)
async def read_job_file(request: Request, job: str, name: str, _: Reader) -> FileResponse:
    """Give a file that a job made, such as report.html."""
    service: Service = request.app.state.service
    await _find(request, job)
    try:
        path: Path = await asyncio.to_thread(service.jobs.file, job, name)
    except KeyError:
        raise RefusedError(404, f"The job made no such file: see /v1/jobs/{job}.") from None
    if path.suffix == ".html":
        await asyncio.to_thread(catch_up, path.parent)
    return answer_file(path)


def _options(text: str) -> dict[str, Any]:
    try:
        given = json.loads(text)
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise OptionError('The options are no JSON object: write them as {"text": "message"}.')
    return given


async def _find(request: Request, job: str) -> Job:
    service: Service = request.app.state.service
    try:
        return await asyncio.to_thread(service.jobs.find, job)
    except KeyError:
        raise RefusedError(404, "There is no such job: see /v1/jobs.") from None


def _answer(job: Job) -> JobAnswer:
    return JobAnswer(**asdict(job))
