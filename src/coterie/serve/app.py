"""The application: its routes, its documentation, and what begins and ends with it."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.types import ASGIApp

from coterie.options import ServeOptions
from coterie.serve.documentation import add_documentation
from coterie.serve.forms import Problem
from coterie.serve.logs import write_json_lines
from coterie.serve.middleware import Gate
from coterie.serve.problems import handle_errors
from coterie.serve.routes import (
    health,
    jobs,
    models,
    pages,
    predictions,
    projects,
    search,
    segments,
    sessions,
    watching,
)
from coterie.serve.service import Service
from coterie.serve.telemetry import trace

__all__ = ["SETTINGS", "create_app", "from_environment"]

SETTINGS = "COTERIE_SERVE"
"""Variable of the environment by which workers are told what to serve."""

_ABOUT = """Predictions, segments and search over HTTP.

Every address but `/health/live` and `/session` asks for a key where keys are set:
`Authorization: Bearer KEY`. A browser signs in with `POST /session`, and sends the header
`x-coterie-studio: 1` with every change.
Errors are `application/problem+json`. What is too much gets 413 (body), 422 (rows, text) or 429
(rate); what cannot be answered now gets 503 with `Retry-After`.
"""
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {
        "description": words,
        "content": {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
        },
    }
    for status, words in (
        (400, "The request is not JSON."),
        (401, "A key is missing or not known."),
        (403, "The key lacks the scope, or a page of another site asks."),
        (404, "There is no such thing."),
        (409, "It cannot be done in the state that there is."),
        (412, "Somebody else changed it since it was looked at."),
        (413, "The request is too large."),
        (422, "The request has something that cannot be used."),
        (429, "Too many requests in a minute."),
        (501, "An optional library is not installed."),
        (503, "It cannot be answered now; Retry-After says when."),
    )
}


def create_app(folder: Path, options: ServeOptions) -> ASGIApp:
    """Make the application that serves a folder.

    Parameters
    ----------
    folder
        Of a recipe's run, of models, of one model, or a workspace.
    options
        Declared in `coterie.options.ServeOptions`.

    Raises
    ------
    StoreError
        When there is no model.
    OptionError
        When it would listen beyond this machine without a key.
    """
    service = Service(folder, options)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await service.open()
        try:
            yield
        finally:
            await service.close()

    app = FastAPI(
        title="Coterie",
        description=_ABOUT,
        version=version("coterie"),
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        responses=_PROBLEMS,
        generate_unique_id_function=lambda route: route.name,  # names of a client's functions
    )
    app.state.service = service
    handle_errors(app)
    rooms = (predictions, models, projects, segments, search, watching, jobs, health)
    for each in (*rooms, sessions, pages):
        app.include_router(each.router)
    add_documentation(app, Problem)
    trace(app)
    gate = Gate(
        app,
        figures=service.figures,
        max_body=options.max_body,
        max_upload=options.max_upload,
        most=options.queue + 64,
        refusal=service.access.refusal,
    )
    gate.service = service
    return gate


def from_environment() -> ASGIApp:
    """Make the application of a worker, as `coterie.serve.start` says in the environment."""
    write_json_lines()
    warnings.simplefilter("ignore")  # what models say of single rows; filters are of all threads
    said = json.loads(os.environ[SETTINGS])
    return create_app(Path(said["folder"]), ServeOptions(**said["options"]))
