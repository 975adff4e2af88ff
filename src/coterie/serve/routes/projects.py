"""Projects: a table uploaded, its segments found, looked at and edited."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, TypeVar

import pyarrow as pa
from fastapi import APIRouter, Depends, Header, Query, Request, Response
from starlette.responses import FileResponse, StreamingResponse

from coterie.errors import OptionError
from coterie.options import SearchOptions
from coterie.serve.access.callers import needs
from coterie.serve.answers.files import answer_file
from coterie.serve.forms import JobAnswer, Line, SearchRequest, SegmentEdit, SimilarRequest
from coterie.serve.projects.forms import (
    ChangeAnswer,
    ColumnAnswer,
    ColumnsChosen,
    EditedAnswer,
    HitsAnswer,
    LanguageModels,
    NameRequest,
    PreviewAnswer,
    ProjectAnswer,
    ProjectChange,
    ProjectsAnswer,
    RowsPage,
    RowsRequest,
    SegmentsAnswer,
    TrainRequest,
)
from coterie.serve.projects.project import Project
from coterie.serve.projects.projects import Opened, Projects, shown_name
from coterie.serve.projects.showing import overview, search_rows, show_rows
from coterie.serve.projects.streams import as_stream
from coterie.serve.refusals import RefusedError
from coterie.serve.service import Service
from coterie.workflows.preview import preview_table

__all__ = ["router"]

router = APIRouter(prefix="/v1", tags=["projects"])
Reader = Annotated[str, Depends(needs("read"))]
Editor = Annotated[str, Depends(needs("edit"))]
Seen = Annotated[
    Line | None, Header(alias="If-Match", description="ETag of the segments that were looked at.")
]
_FILE = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
_ARROW = "application/vnd.apache.arrow.stream"
_ARROWS: dict[int | str, dict[str, Any]] = {
    200: {"content": {_ARROW: {}}, "description": "An Arrow IPC stream."}
}
T = TypeVar("T")


@router.get("/projects")
async def list_projects(request: Request, _: Reader) -> ProjectsAnswer:
    """List the projects, the newest first."""
    projects = _projects(request)
    found = await asyncio.to_thread(lambda: [projects.describe(each) for each in projects.all()])
    return ProjectsAnswer(projects=[ProjectAnswer(**each) for each in found])


@router.post("/projects", status_code=201, openapi_extra=_FILE)
async def create_project(
    request: Request,
    caller: Editor,
    name: Annotated[Line, Query(description="Name of the file: messages.csv.")],
    title: Annotated[Line, Query(description="What to call the project.")] = "",
) -> ProjectAnswer:
    """Make a project of the file that is the body of the request."""
    projects = _projects(request)
    project = await asyncio.to_thread(
        lambda: projects.create(Path(name).name, title=title.strip(), by=caller)
    )
    try:
        size = 0
        with project.path.open("wb") as file:
            async for part in request.stream():
                size += len(part)
                await asyncio.to_thread(file.write, part)
        if not size:
            raise OptionError("The request has no file: send it as the body.")
    except BaseException:
        await asyncio.to_thread(projects.discard, project)
        raise
    return await _described(request, project.changed(bytes=size))


@router.get("/projects/{project}")
async def show_project(request: Request, project: str, _: Reader) -> ProjectAnswer:
    """Show a project: how far it is, or what was found."""
    found = await asyncio.to_thread(_projects(request).find, project)
    return await _described(request, found)


@router.patch("/projects/{project}")
async def change_project(
    request: Request, project: str, asked: ProjectChange, _: Editor
) -> ProjectAnswer:
    """Give a project another title."""
    found = await asyncio.to_thread(_projects(request).rename, project, asked.title)
    return await _described(request, found)


@router.delete("/projects/{project}", status_code=204)
async def remove_project(request: Request, project: str, _: Editor) -> Response:
    """Delete a project with its table and segments; models that were trained on it stay."""
    await asyncio.to_thread(_projects(request).remove, project)
    return Response(status_code=204)


@router.get("/projects/{project}/preview")
async def preview_project(
    request: Request,
    project: str,
    _: Reader,
    sheet: Annotated[Line | None, Query(description="Sheet of an Excel workbook.")] = None,
) -> PreviewAnswer:
    """Show the first rows of a project's table, and what its columns look like."""
    found = await asyncio.to_thread(_projects(request).find, project)
    preview = await asyncio.to_thread(lambda: preview_table(found.path, sheet=sheet))
    return PreviewAnswer(**preview.to_dict())


@router.post("/projects/{project}/discover", status_code=202)
async def discover_segments(
    request: Request, project: str, asked: ColumnsChosen, caller: Editor
) -> ProjectAnswer:
    """Begin to find the segments of a project."""
    projects = _projects(request)
    options = asked.model_dump(exclude_none=True)
    found = await asyncio.to_thread(lambda: projects.discover(project, options, by=caller))
    return await _described(request, found)


@router.post("/projects/{project}/cancel")
async def cancel_project(request: Request, project: str, _: Editor) -> ProjectAnswer:
    """Stop the work on a project."""
    return await _described(request, await asyncio.to_thread(_projects(request).cancel, project))


@router.post("/projects/{project}/train", status_code=202)
async def train_model(
    request: Request, project: str, asked: TrainRequest, caller: Editor
) -> JobAnswer:
    """Begin to train a model on the segments of a project, or on a column of its table."""
    options = asked.model_dump(exclude={"name"})
    job = await asyncio.to_thread(
        lambda: _projects(request).train(project, asked.name, options, by=caller)
    )
    return JobAnswer(**asdict(job))


@router.post("/projects/{project}/name", status_code=202)
async def name_segments(
    request: Request, project: str, asked: NameRequest, caller: Editor
) -> JobAnswer:
    """Begin to have a language model name the segments."""
    service: Service = request.app.state.service
    llm = service.options.llm
    if llm is None or asked.llm != shown_name(llm):
        raise OptionError(
            "This service was started without that language model: name it with coterie serve "
            "--llm."
        )
    job = await asyncio.to_thread(lambda: _projects(request).name(project, llm, by=caller))
    return JobAnswer(**asdict(job))


@router.get("/language-models")
async def list_language_models(request: Request, _: Reader) -> LanguageModels:
    """List the language models that can name segments."""
    service: Service = request.app.state.service
    llm = service.options.llm
    return LanguageModels(models=[] if llm is None else [shown_name(llm)])


@router.get("/projects/{project}/points", response_class=StreamingResponse, responses=_ARROWS)
async def stream_points(
    request: Request,
    project: str,
    _: Reader,
    column: Annotated[
        Line | None, Query(description="A column to colour by, in place of the points.")
    ] = None,
) -> Response:
    """Give every row as a point of the map, or one column for every row, as an Arrow stream."""
    projects = _projects(request)

    def made(opened: Opened) -> Iterator[bytes]:
        if column is not None:
            return as_stream(*opened.rows.column(column))
        return as_stream(projects.legend(opened), *opened.rows.points())

    return StreamingResponse(await _opened(request, project, made), media_type=_ARROW)


@router.get("/projects/{project}/find", response_class=StreamingResponse, responses=_ARROWS)
async def find_rows(
    request: Request,
    project: str,
    _: Reader,
    q: Annotated[str, Query(max_length=1000, description="Words that a row has.")] = "",
) -> Response:
    """Find the places of the rows whose text or id has all words, as an Arrow stream."""

    def made(opened: Opened) -> Iterator[bytes]:
        places = opened.rows.find(q)
        batch = pa.record_batch({"place": places})
        return as_stream(
            {"of": len(opened.rows), "count": len(places)}, batch.schema, iter([batch])
        )

    return StreamingResponse(await _opened(request, project, made), media_type=_ARROW)


@router.post("/projects/{project}/rows")
async def list_rows(request: Request, project: str, asked: RowsRequest, _: Reader) -> RowsPage:
    """Give rows with all that is known of them: some places, or a page of a segment."""

    def listed(opened: Opened) -> RowsPage:
        if asked.at is not None:
            return RowsPage(total=len(asked.at), rows=show_rows(opened, asked.at))
        total, places = opened.rows.listed(
            asked.segment,
            offset=asked.offset,
            limit=asked.limit,
            order=asked.order,
            words=asked.q,
        )
        return RowsPage(total=total, rows=show_rows(opened, places))

    return await _opened(request, project, listed)


@router.get("/projects/{project}/segments")
async def list_project_segments(
    request: Request, response: Response, project: str, _: Reader
) -> SegmentsAnswer:
    """List the segments of a project with their terms, examples and sizes over time."""
    found, tag = await _opened(request, project, overview)
    response.headers["ETag"] = f'"{tag}"'
    return SegmentsAnswer(**found)


@router.get("/projects/{project}/segments/history")
async def list_project_edits(request: Request, project: str, _: Reader) -> list[ChangeAnswer]:
    """List every change of the segments, the first one first."""
    found = await _opened(request, project, lambda opened: opened.grouping.history())
    return [ChangeAnswer(**each) for each in found]


@router.post("/projects/{project}/segments/edits")
async def edit_project_segments(
    request: Request,
    response: Response,
    project: str,
    asked: SegmentEdit,
    caller: Editor,
    seen: Seen = None,
) -> EditedAnswer:
    """Edit the segments of a project; with If-Match, only those that were looked at."""
    options = asked.model_dump(exclude={"edit"}, exclude_none=True)
    tag = None if seen is None else seen.strip('" ')

    def edited(opened: Opened) -> tuple[dict[str, Any], str]:
        done = opened.grouping.edit(asked.edit, options, by=caller or "Somebody", tag=tag)
        found, now = overview(opened)
        return {**done, **found}, now

    found, now = await _opened(request, project, edited)
    response.headers["ETag"] = f'"{now}"'
    return EditedAnswer(**found)


@router.post("/projects/{project}/search")
async def search_project(
    request: Request, project: str, asked: SearchRequest, _: Reader
) -> HitsAnswer:
    """Find rows of a project: conditions of the query become filters, the rest is compared."""
    service: Service = request.app.state.service
    service.check_text(asked.query)
    options = SearchOptions(**asked.model_dump(exclude={"query"}, exclude_defaults=True))
    return await _opened(request, project, lambda opened: search_rows(opened, asked.query, options))


@router.post("/projects/{project}/similar")
async def find_project_similar(
    request: Request, project: str, asked: SimilarRequest, _: Reader
) -> HitsAnswer:
    """Find rows of a project that are like a text, or like other rows."""
    service: Service = request.app.state.service
    service.check_text(asked.text)
    options = SearchOptions(
        k=asked.k, where=asked.where, like=asked.like, unlike=asked.unlike, filters=False
    )
    return await _opened(request, project, lambda opened: search_rows(opened, asked.text, options))


@router.get("/projects/{project}/columns")
async def list_project_columns(request: Request, project: str, _: Reader) -> list[ColumnAnswer]:
    """Describe the columns that filters can be about."""
    found = await _opened(request, project, lambda opened: opened.finding.columns())
    return [ColumnAnswer(**each) for each in found]


@router.get("/projects/{project}/report")
async def show_report(request: Request, project: str, _: Reader) -> dict[str, Any]:
    """Give the page of the discovery as data: sections of blocks."""
    return await _opened(request, project, lambda opened: opened.report())


@router.get("/projects/{project}/files/{name}", response_class=FileResponse)
async def read_project_file(request: Request, project: str, name: str, _: Reader) -> FileResponse:
    """Give a file of the discovery, such as report.html or assignments.csv."""

    def chosen(opened: Opened) -> Path:
        folder = opened.rows.found
        there = {path.name: path for path in folder.iterdir() if path.is_file()}
        if name not in there or name.startswith("."):
            raise RefusedError(404, "The discovery has no such file.")
        if there[name].suffix == ".html":
            opened.grouping.catch_up()
        return there[name]

    return answer_file(await _opened(request, project, chosen))


def _projects(request: Request) -> Projects:
    service: Service = request.app.state.service
    return service.projects


async def _opened(request: Request, project: str, use: Callable[[Opened], T]) -> T:
    """Open a project and use it, in a thread."""
    projects = _projects(request)
    return await asyncio.to_thread(lambda: use(projects.open(project)))


async def _described(request: Request, project: Project) -> ProjectAnswer:
    found = await asyncio.to_thread(_projects(request).describe, project)
    return ProjectAnswer(**found)
