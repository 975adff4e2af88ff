"""What was settled on all cells of a column, for the rows that come later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self, get_args

from coterie.options.reading import DateOrder, DecimalSign

__all__ = ["Settled"]


@dataclass(frozen=True, slots=True)
class Settled:
    """How the columns of a table are written, as far as their cells do not say it themselves.

    A model keeps it, because a few later rows may not tell.

    Attributes
    ----------
    dates
        Column to what day, month and year stand in.
    decimals
        Column to the decimal sign of its numbers.
    """

    dates: Mapping[str, DateOrder] = field(default_factory=dict)
    decimals: Mapping[str, DecimalSign] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.dates or self.decimals)

    def to_dict(self) -> dict[str, dict[str, str]]:
        """Give what `from_dict` takes, as JSON takes it."""
        return {
            "dates": {**self.dates},
            "decimals": {**self.decimals},
        }

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> Self:
        """Make one of what `to_dict` gave; what is not known is left out."""
        return cls(
            {k: v for k, v in kept.get("dates", {}).items() if v in get_args(DateOrder)},
            {k: v for k, v in kept.get("decimals", {}).items() if v in get_args(DecimalSign)},
        )
