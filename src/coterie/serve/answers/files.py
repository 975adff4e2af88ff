"""Files that are sent as they are, such as reports."""

from __future__ import annotations

from pathlib import Path

from starlette.responses import FileResponse

__all__ = ["answer_file"]

# a report carries its own policy, with the hashes of its scripts; it may not reach the service
_OF_REPORTS = "sandbox allow-scripts allow-downloads"


def answer_file(path: Path) -> FileResponse:
    """Send a page to be looked at, and any other file to be kept."""
    page = path.suffix == ".html"
    return FileResponse(
        path,
        headers={"Content-Security-Policy": _OF_REPORTS} if page else None,
        content_disposition_type="inline" if page else "attachment",
        filename=path.name,
    )
