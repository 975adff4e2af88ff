"""How an error about an unknown name ends."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

__all__ = ["did_you_mean"]


def did_you_mean(
    wanted: str, known: Sequence[str], otherwise: str, *, most: int = 1, cutoff: float = 0.5
) -> str:
    """End the message of an error by the nearest known names, or otherwise by another hint."""
    near = difflib.get_close_matches(wanted, known, n=most, cutoff=cutoff)
    named = " or ".join(f"'{name}'" for name in near)
    return f"did you mean {named}?" if near else otherwise
