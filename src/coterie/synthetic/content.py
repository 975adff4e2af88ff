"""The words and chances that ship with the package, as TOML beside the code that uses them."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

__all__ = ["read_content"]


@cache
def read_content(name: str) -> dict[str, Any]:
    """Read one file by its place, such as ``sales/causes``; the table is shared and not altered."""
    return tomllib.loads((files("coterie.synthetic") / f"{name}.toml").read_text("utf-8"))
