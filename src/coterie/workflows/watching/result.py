"""What watching found, and its figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from coterie.jsonable import as_plain
from coterie.records import rejects_frame
from coterie.workflows.watching.changes import GROUP, SHARES, Change
from coterie.workflows.watching.judging import LEVEL
from coterie.workflows.watching.periods import Every, WatchedPeriod
from coterie.workflows.watching.rows import DecidedRows, Reference
from coterie.workflows.watching.words import headline_of, notes_of, sentence_of, sight_of

__all__ = ["WatchResult"]

_LISTED = ("terms", "exemplars")


@dataclass(frozen=True, slots=True, eq=False)
class WatchResult:
    """New rows beside the reference.

    Attributes
    ----------
    rows, reference
        What was compared.
    periods
        The periods that were judged, the earliest first; one where there are no times.
    every
        Their length.
    least
        The smallest change of a share that matters.
    left_out
        Rows in periods of fewer than 30 rows, which are not judged.
    timeless
        Rows without a time, where the others have one.
    source, watched
        Names of the table, and of the segments or the model.
    show_personal
        Whether the page may show personal data.
    rejects
        The rows that were set aside.
    """

    rows: DecidedRows
    reference: Reference
    periods: Sequence[WatchedPeriod]
    every: Every
    least: float
    left_out: int = 0
    timeless: int = 0
    source: str = ""
    watched: str = ""
    show_personal: bool = False
    rejects: pd.DataFrame = field(default_factory=rejects_frame)

    form: ClassVar[int] = 1
    files: ClassVar[Sequence[str]] = ("changes.csv", "assignments.csv", "periods.csv")

    @property
    def by_time(self) -> bool:
        """Whether the rows were divided by their times."""
        return self.rows.time is not None

    @property
    def latest(self) -> WatchedPeriod:
        """The last period that is likely to be complete; else the last."""
        whole = [each for each in self.periods if each.period.whole]
        return (whole or list(self.periods))[-1]

    @property
    def alarms(self) -> list[WatchedPeriod]:
        """The periods in which something changed."""
        return [each for each in self.periods if each.alarm]

    @property
    def changes(self) -> tuple[Change, ...]:
        """What changed: each change once, as it was in the last period that has it."""
        last: dict[tuple[str, str], Change] = {}
        for period in self.periods:
            for change in period.judged.changes:
                last[(change.kind, change.key or change.name)] = change
        order = {each.name: place for place, each in enumerate(self.periods)}
        found = sorted(last.values(), key=lambda change: -order[change.period])
        return tuple(found)

    @property
    def unit(self) -> Every | None:
        """What a period is; None where all rows are one."""
        return self.every if self.by_time else None

    @property
    def headline(self) -> str:
        """Whether anything changed, and what before all, in one sentence."""
        return headline_of(self.changes, self.periods, self.latest, len(self.rows), self.unit)

    def sentence(self, change: Change) -> str:
        """Say what changed, by how much, and how seldom that happens by chance."""
        return sentence_of(change, self.unit)

    @property
    def sight(self) -> str:
        """How small a change could have been seen in the latest period."""
        return sight_of(self.latest)

    @property
    def notes(self) -> list[str]:
        """What else a reader should know."""
        return list(notes_of(self.periods, self.every, self.left_out, self.timeless))

    @property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """The changes, where each row went, and the periods."""
        found = {"changes.csv": self.changes_table, "assignments.csv": self.assignments}
        if self.by_time:
            found["periods.csv"] = self.periods_table
        return found

    @property
    def changes_table(self) -> pd.DataFrame:
        """One row for each change of each period."""
        names = ["period", "since", "kind", "key", "name", "before", "after", "difference", "low",
                 "high", "chance", "rows", "terms", "exemplars"]  # fmt: skip
        rows = []
        for change in (c for each in self.periods for c in each.judged.changes):
            told = change.to_dict()
            told |= {name: " | ".join(told[name]) for name in _LISTED}
            rows.append([told[name] for name in names])
        return pd.DataFrame(rows, columns=names).rename(columns={"key": "segment"})

    @property
    def assignments(self) -> pd.DataFrame:
        """One row for each row: ``id,segment,name,status,confidence,new_group``."""
        rows = self.rows
        groups = np.full(len(rows), "", dtype=object)
        for each in self.periods:
            for name, members in each.judged.members.items():
                groups[each.period.places[members]] = name
        return pd.DataFrame(
            {
                "id": rows.ids,
                "segment": rows.labels,
                "name": [self.reference.names.get(label, "") for label in rows.labels],
                "status": rows.statuses,
                "confidence": np.round(rows.confidences, 6),
                "new_group": groups,
            }
        )

    @property
    def periods_table(self) -> pd.DataFrame:
        """One row for each period: its rows, whether it is whole, and whether it alarms."""
        return pd.DataFrame(
            {
                "period": each.name,
                "rows": each.judged.rows,
                "whole": each.period.whole,
                "alarm": each.alarm,
                "outside": each.judged.figures.get("outside", (np.nan, np.nan))[1],
                "changes": ", ".join(f"{c.kind}: {c.name}" for c in each.judged.changes),
            }
            for each in self.periods
        )

    def series(self) -> Iterator[tuple[str, list[float]]]:
        """Give the name of each segment and new group that changed, and its share by period.

        The share of a new group is that of the rows as near to its mean as nine of ten of its own.
        """
        for change in self.changes:
            if change.kind in SHARES:
                shares = [each.shares.get(change.key, 0.0) for each in self.periods]
                yield change.name, shares
            elif change.kind == GROUP and self.rows.vectors is not None:
                own = next(each for each in self.periods if each.name == change.period)
                mean, floor = own.judged.centres[change.name]
                near = self.rows.vectors @ mean >= floor
                yield change.name, [float(near[e.period.places].mean()) for e in self.periods]

    def to_dict(self) -> dict[str, Any]:
        """Give all figures, as JSON takes them."""
        found: dict[str, Any] = {
            "form": self.form,
            "source": self.source,
            "watched": self.watched,
            "rows": len(self.rows),
            "set_aside": len(self.rejects),
            "reference": {
                "rows": self.reference.counted,
                "origin": self.reference.origin,
                "doubt": self.reference.doubt,
            },
            "every": self.every if self.by_time else None,
            "least": self.least,
            "level": LEVEL,
            "alarm": bool(self.alarms),
            "headline": self.headline,
            "changes": [
                {**change.to_dict(), "sentence": self.sentence(change)} for change in self.changes
            ],
            "sight": self.sight,
            "rows_left_out": self.left_out,
            "rows_without_time": self.timeless,
            "periods": [self._period(each) for each in self.periods],
        }
        plain: dict[str, Any] = as_plain(found)
        return plain

    def _period(self, each: WatchedPeriod) -> dict[str, Any]:
        judged = each.judged
        return {
            "period": each.name,
            "rows": judged.rows,
            "whole": each.period.whole,
            "alarm": each.alarm,
            "changes": [change.to_dict() for change in judged.changes],
            "repeated": judged.repeated,
            "usual_segment": {"share": judged.detectable[0], "noticed_at": judged.detectable[1]},
            "figures": {
                name: {"before": before, "after": after}
                for name, (before, after) in judged.figures.items()
            },
            "segments": judged.segments.round(6).to_dict("records"),
        }

    def write_parts(self, folder: Path) -> None:
        """Write nothing beside the tables."""
