"""What changed: one thing at a time, with its size and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, TypeAlias

__all__ = ["GROUP", "SHARES", "Change", "Kind"]

Kind: TypeAlias = Literal[
    "new group", "grew", "shrank", "vanished", "outside", "unsure", "confidence", "language",
    "length",
]  # fmt: skip

GROUP: Kind = "new group"
SHARES: tuple[Kind, ...] = ("grew", "shrank", "vanished")


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs from the reference by more than chance.

    Attributes
    ----------
    kind
        What it is.
    key, name
        Id and name of the segment; a new group has only a name, and other kinds a word.
    before, after
        Shares of rows from 0 to 1; for confidence its means, for length the median number of words.
    low, high
        The 95% interval of the difference; of a new group, that of its share.
    chance
        The probability that anything as far from chance is seen in a period without a change.
    rows
        New rows it is about.
    period
        Name of the period, "" where there is only one.
    since
        Name of the period that it was seen in first.
    description, terms, exemplars
        Of a new group, in its own words; personal data masked.
    within
        Name of a segment, or "outside", to the rows of a new group that went there.
    """

    kind: Kind
    key: str
    name: str
    before: float
    after: float
    low: float
    high: float
    chance: float
    rows: int
    period: str = ""
    since: str = ""
    description: str = ""
    terms: tuple[str, ...] = ()
    exemplars: tuple[str, ...] = ()
    within: Mapping[str, int] = field(default_factory=dict)

    @property
    def difference(self) -> float:
        """How much larger it is now."""
        return self.after - self.before

    def to_dict(self) -> dict[str, Any]:
        """Give it as JSON takes it."""
        found = {**asdict(self), "difference": self.difference}
        return {k: round(v, 6) if isinstance(v, float) else v for k, v in found.items()}
