"""Numbers and texts as people read them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from numbers import Integral, Real
from typing import Any

__all__ = ["between", "counted", "duration", "format_number", "named", "percent", "shorten"]

_ABSENT = "\N{EN DASH}"
_LEAST, _MOST = 1e-4, 1e15  # written out between them; a judgement, not measured


def counted(count: int, noun: str) -> str:
    """Write a number of things: ``1 row``, ``1,200 rows``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def named(names: Sequence[str], most: int = 12) -> str:
    """Write names in quotes, the first ``most`` of them: ``'a', 'b' and 3 others``."""
    more = len(names) - most
    rest = f" and {counted(more, 'other')}" if more > 0 else ""
    return ", ".join(f"'{name}'" for name in names[:most]) + rest


def format_number(value: Any, spec: str = "") -> str:
    """Write a number as a person would: ``26,872``, ``0.673``, ``130``; a dash for none.

    Parameters
    ----------
    value
        A number, None, NaN, or anything else, which is turned into text.
    spec
        A format specification of Python, such as ``".1%"``; by default whole numbers get
        thousands separators and others three significant digits. Only numbers below 0.0001 and
        from 1e15 on are written with an exponent, whatever the specification.
    """
    if isinstance(value, bool) or not isinstance(value, Real):  # numbers of numpy are too
        return _ABSENT if value is None else str(value)
    number = int(value) if isinstance(value, Integral) else float(value)
    if math.isnan(number):
        return _ABSENT
    if spec:
        text = format(number, spec)
    elif isinstance(number, int) or 1000 <= abs(number) < _MOST:
        text = f"{round(number):,}"
    else:
        text = f"{number:.3g}"
    if "e" in text and _LEAST <= abs(number) < _MOST:
        return f"{Decimal(text):,f}"
    return text if text.strip("-0.,%") else text.lstrip("-")  # no minus before a rounded zero


def percent(share: float, spec: str = ".1%") -> str:
    """Write a share from 0 to 1: ``97.6%``, and near the ends ``under 0.1%``, ``over 99.9%``."""
    if 0 < share < 0.001:
        return "under 0.1%"
    if 0.999 < share < 1:
        return "over 99.9%"
    return format(share, spec)


def between(ends: Sequence[float | None] | None, spec: str = "") -> str:
    """Write an interval: ``72.9% to 81.1%``; nothing for none."""
    return "" if ends is None else " to ".join(format_number(end, spec) for end in ends)


def shorten(text: str, width: int) -> str:
    """Cut a text to ``width`` characters, with an ellipsis where something is missing."""
    flat = " ".join(text.split())
    return flat if len(flat) <= width else flat[: width - 1].rstrip() + "…"


def duration(seconds: float) -> str:
    """Write seconds as a person would: ``4 s``, ``2 min 5 s``, ``1 h 3 min``."""
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
