"""Ids of requests."""

from __future__ import annotations

import secrets

__all__ = ["request_id"]


def request_id() -> str:
    """Make an id that nobody can guess."""
    return secrets.token_hex(12)
