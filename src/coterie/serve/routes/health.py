"""Whether the service is there, and whether it can answer; and its figures."""

from __future__ import annotations

import asyncio
from importlib.metadata import version
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from starlette.responses import JSONResponse, RedirectResponse

from coterie.serve.access.callers import needs
from coterie.serve.figures import CONTENT_TYPE
from coterie.serve.forms import Health
from coterie.serve.routes.pages import STUDIO
from coterie.serve.service import Service

__all__ = ["router"]

router = APIRouter(tags=["service"])
Probe = Annotated[str, Depends(needs("metrics"))]
_check_reader = needs("read")


@router.get("/", response_model=dict[str, Any], responses={307: {"description": "The studio."}})
async def show_start(request: Request) -> Response:
    """Say what this is, and where to go on; a browser is sent to the studio."""
    headers = {"vary": "accept"}
    if "text/html" in request.headers.get("accept", ""):
        return RedirectResponse(STUDIO, 307, headers)
    await _check_reader(request)
    service: Service = request.app.state.service
    told = {
        "service": "coterie",
        "version": version("coterie"),
        "ready": service.ready,
        "models": list(service.models.homes),
        "studio": STUDIO,
        "documentation": "/docs",
        "openapi": "/openapi.json",
    }
    return JSONResponse(told, headers=headers)


@router.get("/health")
async def show_health(request: Request, response: Response, _: Probe) -> Health:
    """Say whether the service can answer, with its parts."""
    service: Service = request.app.state.service
    found = _readiness(service, response)
    checks = {
        "models": {name: service.models.faults.get(name, "ok") for name in service.models.homes},
        "log": service.recorder.fault or ("ok" if service.recorder.log else "none"),
        "traffic": service.roads.fault or "ok",
        "rules": service.advising.fault or "ok",
        "keys": service.access.keys.fault or "ok",
        "queue": service.batcher.waiting,
    }
    return found.model_copy(update={"checks": checks})


@router.get("/health/live")
async def is_live() -> Health:
    """Say that the process runs; the only address that never asks for a key."""
    return Health(status="alive")


@router.get("/health/ready")
async def is_ready(request: Request, response: Response, _: Probe) -> Health:
    """Say whether requests can be sent here: 503 while no model is ready, and when it stops."""
    service: Service = request.app.state.service
    return _readiness(service, response)


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def show_metrics(request: Request, _: Probe) -> Response:
    """Give the figures of all workers, as Prometheus reads them."""
    service: Service = request.app.state.service
    text = await asyncio.to_thread(service.figures.text)
    return Response(text, media_type=CONTENT_TYPE)


def _readiness(service: Service, response: Response) -> Health:
    if service.ready:
        return Health(status="ready")
    response.status_code = 503
    response.headers["Retry-After"] = "1"
    return Health(status="not ready", detail=service.why_not())
