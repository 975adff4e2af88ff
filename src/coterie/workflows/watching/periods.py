"""Rows by day, week or month."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.workflows.watching.judging import Judged

__all__ = ["Every", "Period", "WatchedPeriod", "periods_of"]

Every: TypeAlias = Literal["day", "week", "month"]

_CODES = {"day": "D", "week": "W-SUN", "month": "M"}


@dataclass(frozen=True, slots=True, eq=False)
class Period:
    """Rows of one day, week or month; or all rows, where there are no times.

    Attributes
    ----------
    name
        Its first day as ``2025-03-03``, or the month as ``2025-03``; "" for all rows.
    places
        Places of its rows.
    whole
        Whether rows reach from its first to its last day, so that it is likely to be complete.
    """

    name: str
    places: npt.NDArray[np.int64]
    whole: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class WatchedPeriod:
    """A period, and what was found in it."""

    period: Period
    judged: Judged

    @property
    def name(self) -> str:
        """Its first day; "" where all rows are one period."""
        return self.period.name

    @property
    def alarm(self) -> bool:
        """Whether anything changed by more than chance."""
        return bool(self.judged.changes)

    @property
    def shares(self) -> dict[str, float]:
        """Segment id to its share of the rows."""
        frame = self.judged.segments
        return dict(zip(frame["segment"], frame["after"], strict=True))


def periods_of(time: npt.NDArray[np.datetime64] | None, every: Every, rows: int) -> list[Period]:
    """Divide rows into periods, the earliest first; rows without a time are in none.

    Weeks begin on Monday. The first and the last period count as whole where the table has rows of
    its first and last day; those between always do.
    """
    if time is None:
        return [Period("", np.arange(rows))]
    days = pd.DatetimeIndex(time)
    known = np.flatnonzero(days.notna())
    if not len(known):
        return []
    found = []
    spans = days[known].to_period(_CODES[every])
    first, last = days[known].min().normalize(), days[known].max().normalize()
    for span in spans.unique().sort_values():
        begins, ends = span.start_time.normalize(), span.end_time.normalize()
        name = f"{begins:%Y-%m}" if every == "month" else f"{begins:%Y-%m-%d}"
        whole = bool(begins >= first and ends <= last)
        found.append(Period(name, known[np.asarray(spans == span)], whole))
    return found
