"""Where Coterie keeps what can be made again."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

__all__ = ["cache_folder"]


def cache_folder() -> Path:
    """Where caches are unless told: ``COTERIE_CACHE``, else the user's cache folder."""
    named = os.environ.get("COTERIE_CACHE")
    if named:
        return Path(named).expanduser()
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    try:
        return (Path(base) if base else Path.home() / ".cache") / "coterie" / "embeddings"
    except RuntimeError:  # the user has no home
        return Path(tempfile.gettempdir()) / "coterie" / "embeddings"
