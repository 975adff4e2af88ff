"""The pages of the studio: files that the build of the front end leaves in the package.

They hold nothing of anybody's, so they need no key; what they show is asked for with one.
"""

from __future__ import annotations

import gzip
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from coterie.serve.refusals import RefusedError

__all__ = ["STUDIO", "WEB", "router"]

STUDIO = "/studio/"
"""Address of the studio."""

WEB = Path(__file__).parents[1] / "web"
"""Folder of the files; absent where the front end was not built."""

_FILE = re.compile(r"(?:[A-Za-z0-9_-][A-Za-z0-9_.-]*/)*[A-Za-z0-9_-][A-Za-z0-9_.-]*")
_KINDS = {  # not those of the system, which may say text/plain of a script
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
_PACKED = frozenset({".ico", ".png", ".woff2"})  # are as small as they get
_KEPT = 256  # files in memory
_FOR_A_YEAR = "public, max-age=31536000, immutable"  # names of assets have their hash
_FOR_AN_HOUR = "public, max-age=3600"

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class _File:
    kind: str
    content: bytes
    packed: bytes


@router.api_route("/studio", methods=["GET", "HEAD"])
@router.api_route("/studio/{path:path}", methods=["GET", "HEAD"])
def show_studio(request: Request, path: str = "") -> Response:
    """Give a file of the front end; its page for every address without a dot at its end."""
    if not (WEB / "index.html").is_file():
        raise RefusedError(503, "The pages of the studio were not built: run make web.")
    if "." not in path.rpartition("/")[2]:
        return _answer(request, "index.html", "no-store")
    return _answer(request, path, _FOR_A_YEAR if path.startswith("assets/") else _FOR_AN_HOUR)


def _answer(request: Request, name: str, caching: str) -> Response:
    file = _find(name)
    zipped = bool(file.packed) and _takes_gzip(request.headers.get("accept-encoding", ""))
    content = file.packed if zipped else file.content
    headers = {
        "cache-control": caching,
        "content-type": file.kind,
        "content-length": str(len(content)),
        "vary": "accept-encoding",
        **({"content-encoding": "gzip"} if zipped else {}),
    }
    return Response(b"" if request.method == "HEAD" else content, headers=headers)


def _find(name: str) -> _File:
    """Find a file by its name below the folder.

    No part of a name begins with a dot or has a separator in it, so none leads out of the folder.
    """
    path = WEB / name
    try:
        if _FILE.fullmatch(name) and path.is_file():
            state = path.stat()
            return _read(path, (state.st_mtime_ns, state.st_ino, state.st_size))
    except OSError:
        pass  # it went meanwhile, or its name is too long
    raise HTTPException(404)


@lru_cache(_KEPT)
def _read(path: Path, _: tuple[int, ...]) -> _File:
    """Read a file and compress it, once for each state that it has on disk."""
    content = path.read_bytes()
    packed = b"" if path.suffix in _PACKED else gzip.compress(content, mtime=0)
    kind = _KINDS.get(path.suffix, "application/octet-stream")
    return _File(kind, content, packed if len(packed) < len(content) else b"")


def _takes_gzip(accepted: str) -> bool:
    """Whether the header ``Accept-Encoding`` names gzip, and does not refuse it."""
    for each in accepted.lower().split(","):
        name, _, quality = each.replace(" ", "").partition(";q=")
        if name == "gzip":
            return quality.strip("0.") != "" or not quality
    return False
