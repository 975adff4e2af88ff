"""Figures as JSON takes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

__all__ = ["as_plain"]

_DECIMALS = 6  # or significant digits, below 0.001; a judgement, not measured


def as_plain(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Turn figures into what JSON takes: no NaN, six decimals or six digits."""
    return {str(name): _plain(each) for name, each in figures.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return as_plain(value)
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, np.bool_ | np.integer):
        return value.item()
    if isinstance(value, float | np.floating):
        number = float(value)
        if not np.isfinite(number):
            return None
        return round(number, _DECIMALS) if abs(number) >= 0.001 else float(f"{number:.6g}")
    return value
