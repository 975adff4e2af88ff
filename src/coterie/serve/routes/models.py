"""Models: what there is, which version answers, and who gets which."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request

from coterie.errors import OptionError
from coterie.serve.access.callers import needs
from coterie.serve.answers.cards import model_cards
from coterie.serve.answers.served import Served
from coterie.serve.forms import (
    Activated,
    Activation,
    ModelsAnswer,
    ScoresAnswer,
    Traffic,
)
from coterie.serve.refusals import RefusedError
from coterie.serve.service import Service
from coterie.verbs.scores import read_scores

__all__ = ["router"]

router = APIRouter(tags=["models"])
Reader = Annotated[str, Depends(needs("read"))]
Admin = Annotated[str, Depends(needs("admin"))]


@router.get("/models")
async def list_models(request: Request, _: Reader) -> ModelsAnswer:
    """List the models, and which of them answers for ``auto``."""
    service: Service = request.app.state.service
    return ModelsAnswer(models=model_cards(service.models))


@router.get("/v1/models/{name}")
async def show_model(request: Request, name: str, _: Reader) -> dict[str, Any]:
    """List the versions of a model."""
    service: Service = request.app.state.service
    _known(service, name)
    versions = await asyncio.to_thread(service.models.versions, name)
    return {"name": name, "versions": versions}


@router.get("/v1/models/{name}/versions/{version}/scores")
async def show_scores(
    request: Request,
    name: str,
    version: Annotated[int, Path(ge=1, le=999_999_999)],
    _: Reader,
) -> ScoresAnswer:
    """Show how a version did on rows that it had not learnt from, as blocks of a page."""
    service: Service = request.app.state.service
    _known(service, name)
    there = {each["version"]: each for each in service.models.versions(name)}
    if version not in there:
        raise RefusedError(404, f"The model {name} has no version {version}.")
    page = await asyncio.to_thread(read_scores, service.models.home_of(name), version)
    metrics = there[version]["metrics"]
    return ScoresAnswer(name=name, version=version, metrics=metrics, page=page)


@router.post("/models/{name}/load")
async def load_model(
    request: Request, name: str, _: Admin, asked: Activation | None = None
) -> Activated:
    """Load a model again, or one of its versions beside the active one."""
    service: Service = request.app.state.service
    _known(service, name)
    version = None if asked is None else asked.version
    served = await asyncio.to_thread(service.models.load, name, version)
    return _activated(service, served)


@router.post("/v1/models/{name}/activate")
async def activate_version(request: Request, name: str, asked: Activation, _: Admin) -> Activated:
    """Let a version answer from now on. What was accepted before keeps its version."""
    service: Service = request.app.state.service
    _known(service, name)
    if asked.version is None:
        raise OptionError('Name the version: {"version": 2}.')
    served = await asyncio.to_thread(service.models.activate, name, asked.version)
    service.figures.swaps.labels(name).inc()
    return _activated(service, served)


@router.post("/v1/models/{name}/rollback")
async def roll_back_version(request: Request, name: str, _: Admin) -> Activated:
    """Let the version answer that was active before."""
    service: Service = request.app.state.service
    _known(service, name)
    served = await asyncio.to_thread(service.models.roll_back, name)
    service.figures.swaps.labels(name).inc()
    return _activated(service, served)


@router.get("/v1/traffic")
async def show_traffic(request: Request, _: Reader) -> Traffic:
    """Show which versions answer for ``auto``, by weight, and which are asked beside them."""
    service: Service = request.app.state.service
    return service.roads.traffic


@router.put("/v1/traffic")
async def divide_traffic(request: Request, asked: Traffic, _: Admin) -> Traffic:
    """Divide the requests for ``auto`` among versions; a customer sees one of them."""
    service: Service = request.app.state.service
    await asyncio.to_thread(service.roads.change, asked)
    return service.roads.traffic


def _known(service: Service, name: str) -> None:
    try:
        service.models.home_of(name)
    except OptionError as error:
        raise RefusedError(404, str(error)) from None


def _activated(service: Service, served: Served) -> Activated:
    active = service.models.find(served.name)
    return Activated(name=served.name, version=served.version, active=active is served)
