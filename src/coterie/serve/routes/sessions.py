"""Signing in with a key, so that a browser need not keep it."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request, Response

from coterie.serve.access.callers import Access, cookie_of, need_own_page
from coterie.serve.access.key_file import SCOPES
from coterie.serve.access.keys import Grant
from coterie.serve.access.sessions import LONGEST
from coterie.serve.access.sites import is_encrypted
from coterie.serve.forms import SessionAnswer, SignIn
from coterie.serve.refusals import RefusedError

__all__ = ["router"]

router = APIRouter(tags=["service"])


@router.get("/session")
async def show_session(request: Request) -> SessionAnswer:
    """Say whether keys are asked for, and who is signed in. It needs no key."""
    access: Access = request.app.state.service.access
    return _answer(access, access.find(request))


@router.post("/session")
async def sign_in(request: Request, response: Response, given: SignIn) -> SessionAnswer:
    """Sign a browser in: it gets a cookie, and may do what the key allows. It needs no key."""
    need_own_page(request)
    access: Access = request.app.state.service.access
    if access.keys.empty:
        return _answer(access, access.find(request))
    access.limit_address(request)
    grant = access.keys.check(given.key.strip())
    if grant is None:
        raise RefusedError(
            401,
            "This is no key of this service, or no longer: ask whoever runs it for one.",
            headers={"WWW-Authenticate": "Bearer"},
        )
    access.sessions.end(request.cookies.get(cookie_of(request)))
    token = await asyncio.to_thread(access.sessions.begin, grant)
    response.set_cookie(
        cookie_of(request),
        token,
        max_age=LONGEST,
        path="/",
        secure=is_encrypted(request.url.scheme, request.headers),
        httponly=True,
        samesite="strict",
    )
    return _answer(access, grant)


@router.delete("/session", status_code=204)
async def sign_out(request: Request, response: Response) -> None:
    """Sign a browser out. It needs no key."""
    need_own_page(request)
    access: Access = request.app.state.service.access
    access.limit_address(request)
    access.sessions.end(request.cookies.get(cookie_of(request)))
    response.delete_cookie(
        cookie_of(request),
        path="/",
        secure=is_encrypted(request.url.scheme, request.headers),
        httponly=True,
        samesite="strict",
    )


def _answer(access: Access, grant: Grant | None) -> SessionAnswer:
    allowed = [] if grant is None else [scope for scope in SCOPES if grant.allows(scope)]
    return SessionAnswer(
        keys=not access.keys.empty,
        signed_in=grant is not None,
        name="" if grant is None else grant.name,
        scopes=allowed,
    )
