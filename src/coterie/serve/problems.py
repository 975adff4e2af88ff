"""Errors as RFC 9457 has them: one sentence with the mend, and nothing of what was sent."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from coterie.errors import (
    CoterieError,
    MissingExtraError,
    SegmentError,
    StoreError,
    UnavailableError,
    UserError,
)
from coterie.hints import did_you_mean
from coterie.serve.refusals import RefusedError

__all__ = ["handle_errors", "problem"]

_LOG = logging.getLogger("coterie.serve")
_MEDIA = "application/problem+json"
_SHOWN = 200  # characters of a place in the request


def problem(
    status: int, detail: str, request_id: str, *, headers: dict[str, str] | None = None
) -> Response:
    """Make the response of an error."""
    content = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": request_id,
    }
    return JSONResponse(content, status_code=status, headers=headers, media_type=_MEDIA)


def handle_errors(app: FastAPI) -> None:
    """Answer every error of an app with a problem."""

    async def refused(request: Request, error: Exception) -> Response:
        status, headers = _status_of(error)
        return problem(status, str(error), _id_of(request), headers=headers)

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        status, detail = _of_request(error.errors())
        return problem(status, detail, _id_of(request))

    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        headers = dict(error.headers or {})
        return problem(error.status_code, _of_http(error), _id_of(request), headers=headers)

    async def ours(request: Request, error: Exception) -> Response:
        _LOG.error(
            "request failed",
            exc_info=error,
            extra={"request": _id_of(request), "error": type(error).__name__},
        )
        detail = (
            f"This is a bug in Coterie ({type(error).__name__}): please report it with the id of "
            "the request."
        )
        return problem(500, detail, _id_of(request))

    app.add_exception_handler(UserError, refused)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(CoterieError, ours)
    app.add_exception_handler(Exception, ours)


def _status_of(error: Exception) -> tuple[int, dict[str, str]]:
    if isinstance(error, RefusedError):
        return error.status, error.headers
    if isinstance(error, UnavailableError):
        return 503, {"Retry-After": str(math.ceil(error.seconds))}
    if isinstance(error, StoreError | SegmentError):
        return 409, {}
    return 501 if isinstance(error, MissingExtraError) else 422, {}


def _of_request(errors: Sequence[Mapping[str, Any]]) -> tuple[int, str]:
    """Say what is wrong with a request, without what was sent."""
    unknown = [each for each in errors if each["type"] == "extra_forbidden"]
    first = (unknown or errors)[0]
    place = ".".join(str(part) for part in first["loc"] if part != "body")[:_SHOWN]
    if first["type"] == "json_invalid":
        return 400, (
            "The request is not JSON: send a JSON object, names in double quotes and no comma "
            "after the last value."
        )
    if unknown:
        within, name = first["loc"][:-1], str(first["loc"][-1])
        absent = [str(each["loc"][-1]) for each in errors if each["loc"][:-1] == within]
        absent.remove(name)
        hint = did_you_mean(name, absent, "see /docs for the names.")
        return 422, f"There is no '{place}' in this request: {hint}"
    said = str(first["msg"]).removeprefix("Value error, ").rstrip(".")
    where = f"'{place}'" if place else "The request"
    return 422, f"{where} cannot be used: {said[:1].lower()}{said[1:]}."


def _of_http(error: HTTPException) -> str:
    if error.status_code == 404:
        return "There is no such address: see /docs for those that there are."
    if error.status_code == 405:
        return "This address does not take this method: see /docs."
    return f"{error.detail}".rstrip(".") + "."


def _id_of(request: Request) -> str:
    return str(request.scope.get("coterie.request", ""))
