"""What a comparison of two versions says."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal, TypeAlias

from coterie.formatting import counted
from coterie.jsonable import as_plain
from coterie.metrics.versions.sequential import Looks

__all__ = ["VERDICTS", "Design", "Verdict", "VersionComparison"]

Verdict: TypeAlias = Literal["better", "worse", "no difference", "not enough rows"]
"""What is said of the second version beside the first."""

Design: TypeAlias = Literal["same rows", "split rows", "chosen rows"]
"""How two versions were compared."""

VERDICTS: tuple[Verdict, ...] = ("better", "worse", "no difference", "not enough rows")


@dataclass(frozen=True, slots=True)
class VersionComparison:
    """Version B beside version A; figures are NaN where there are no rows.

    Attributes
    ----------
    design
        ``"same rows"``: both answered each row. ``"split rows"``: each answered other customers.
        ``"chosen rows"``: both answered each row, rows were chosen by whether A was right, and they
        are weighted so that A is right as often as on all rows.
    looks
        ``"any"``: the interval and the p-value hold however often they are looked at. ``"once"``:
        they hold for one look at a number of rows that was settled before.
    verdict
        ``"better"`` or ``"worse"`` where the interval leaves 0, ``"no difference"`` where all of it
        is within ``smallest`` of 0, else ``"not enough rows"``.
    difference
        Accuracy of B less that of A, -1 to 1.
    low, high
        Ends of its 95% interval.
    p_value
        Of the difference being 0: below 0.05 just where the interval leaves 0.
    probability_better
        That B is the better one, where nothing was known before. It is to be read, not decided by:
        it does not know how often it was looked at.
    accuracy_a, accuracy_b
        Shares of right answers; of chosen rows as they are weighted.
    rows_a, rows_b
        Rows that each answered.
    customers
        Different customers; rows where none are named.
    telling
        Customers that say something: on the same rows those on whose rows A and B are not right
        equally often; of split rows the fewer of right and wrong answers, by customers.
    only_a, only_b
        Rows that only the one gets right; None for split rows.
    smallest
        Smallest difference that matters.
    rows_needed
        Rows in all with which a difference of ``smallest`` is found four times in five, if the
        coming rows are like these; None where that cannot be said yet.
    names
        What A and B are called in the sentence.
    """

    form: ClassVar[int] = 1

    design: Design
    looks: Looks
    verdict: Verdict
    difference: float
    low: float
    high: float
    p_value: float
    probability_better: float
    accuracy_a: float
    accuracy_b: float
    rows_a: int
    rows_b: int
    customers: int
    telling: int
    only_a: int | None
    only_b: int | None
    smallest: float
    rows_needed: int | None
    names: tuple[str, str] = ("A", "B")

    @property
    def rows(self) -> int:
        """Rows that were compared: of both versions where each answered its own."""
        return self.rows_a + self.rows_b if self.design == "split rows" else self.rows_a

    @property
    def sentence(self) -> str:
        """Say it in words."""
        told = self._told()
        return told[:1].upper() + told[1:]

    def _told(self) -> str:
        a, b = self.names
        if not self.rows_a or not self.rows_b:
            return f"{b} and {a} cannot be compared: there are no rows."
        shares = f"{self.accuracy_b:.1%} and {self.accuracy_a:.1%} of {self._counted} right"
        ends = f"{points(self.low)} to {points(self.high)} points"
        if self.verdict in ("better", "worse"):
            return (
                f"{b} is {self.verdict} than {a}: {shares}, {points(self.difference)} points "
                f"(95% interval {ends})."
            )
        if self.verdict == "no difference":
            return (
                f"{b} is as good as {a}, within {self.smallest * 100:g} points: {shares} "
                f"(95% interval of the difference {ends})."
            )
        more = ""
        if self.rows_needed is not None:
            more = (
                f"; about {counted(self.rows_needed, 'row')} in all would show a difference of "
                f"{self.smallest * 100:g} points"
            )
        return (
            f"No difference between {b} and {a} can be told yet: {shares} (95% interval {ends})"
            f"{more}."
        )

    @property
    def _counted(self) -> str:
        if self.design == "split rows":
            return f"{self.rows_b:,} and {counted(self.rows_a, 'row')}"
        weighted = ", weighted," if self.design == "chosen rows" else ""
        return f"the same {counted(self.rows_a, 'row')}{weighted}"

    def to_dict(self) -> dict[str, Any]:
        """Give all figures, as JSON takes them."""
        found = {"form": self.form, **asdict(self), "rows": self.rows, "sentence": self.sentence}
        found["names"] = list(self.names)
        plain: dict[str, Any] = as_plain(found)
        return plain


def points(share: float) -> str:
    """Write a difference of shares in points, with its sign: ``+1.4``."""
    if math.isnan(share):
        return "?"
    shown = f"{share * 100:+.1f}"
    return shown if shown.strip("+-0.") else "0.0"
