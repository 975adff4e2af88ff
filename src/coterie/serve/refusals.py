"""Requests that are refused, without what answers them over HTTP."""

from __future__ import annotations

from coterie.errors import UserError

__all__ = ["RefusedError"]


class RefusedError(UserError):
    """A request that is refused with a status of its own."""

    def __init__(self, status: int, message: str, *, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.headers = status, headers or {}
