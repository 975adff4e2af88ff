"""How long a job is still expected to take: the stages to come, and how fast it was so far."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Expected"]

# Seconds of each stage for 1,000 rows, measured on 26,872 support messages with two cores. The
# embedding tells its own time left; it is 20 times faster with a static encoder.
_DISCOVERY = (
    ("Reading", 0.02),
    ("Embedding", 1.5),
    ("Joining", 0.04),
    ("Finding neighbours", 0.05),
    ("Smoothing", 0.01),
    ("Finding small groups", 0.03),
    ("Dividing in halves", 0.19),
    ("Comparing the halves", 0.22),
    ("Comparing the halves more closely", 0.18),
    ("Laying out the map", 0.1),
    ("Naming the groups", 0.06),
    ("Writing the report", 0.08),
    ("Making the index", 0.12),
)
_STAGES = {"project": _DISCOVERY, "discover": _DISCOVERY[:12]}
_SURE = 1.0  # expected seconds of stages that ended, before their speed counts: a judgement


@dataclass(slots=True)
class Expected:
    """The stages of a job, and when they begin and end.

    Attributes
    ----------
    stages
        Beginning of a stage's title, and its seconds for 1,000 rows; empty where nothing is known.
    """

    stages: tuple[tuple[str, float], ...] = ()
    _number: int = 0
    _title: str = ""
    _total: int | None = None
    _done: int = 0
    _begun: float = 0.0
    _rows: int = 0
    _took: float = 0.0
    _would: float = 0.0
    _open: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, kind: str) -> Expected:
        """Give what is known of a kind of job."""
        return cls(_STAGES.get(kind, ()))

    def begin(self, title: str, total: int | None) -> None:
        """Note that a stage begins; one inside another is a step of it."""
        self._open.append(title)
        if len(self._open) > 1:
            return
        self._title, self._total, self._done, self._begun = title, total, 0, time.monotonic()
        later = [at for at, (name, _) in enumerate(self.stages) if title.startswith(name)]
        after = [at for at in later if at >= self._number]
        # of two beginnings of one title the longer one is meant
        best = max(after, key=lambda at: (len(self.stages[at][0]), -at), default=None)
        self._number = self._number + 1 if best is None else best + 1
        if title.startswith("Embedding") and total:
            self._rows = max(self._rows, total)

    def advance(self, steps: int) -> None:
        """Note steps of the stage."""
        if len(self._open) == 1:
            self._done += steps

    def end(self) -> None:
        """Note that the stage ended."""
        self._open.pop()
        if not self._open and self._title and not self._title.startswith(("Reading", "Embedding")):
            self._took += time.monotonic() - self._begun
            self._would += self._weight(self._number - 1)

    def to_dict(self) -> dict[str, Any]:
        """Give what a page shows: the stage, its steps, and the seconds left of the whole job."""
        return {
            "stage": self._title,
            "done": self._done,
            "total": self._total,
            "step": max(self._number, 1),
            "steps": max(len(self.stages), self._number, 1),
            "seconds_left": self._left(),
        }

    def _left(self) -> float | None:
        spent = time.monotonic() - self._begun
        rest = None
        if self._total and self._done:
            rest = spent / self._done * max(self._total - self._done, 0)
        if not self.stages or not self._rows:
            return None if rest is None else round(rest, 1)
        speed = self._took / self._would if self._would > _SURE else 1.0
        if rest is None:
            if self._title.startswith("Embedding"):
                return None  # its own speed is not known yet
            rest = max(self._weight(self._number - 1) * speed - spent, 0.0)
        later = sum(self._weight(at) for at in range(self._number, len(self.stages)))
        return round(rest + later * speed, 1)

    def _weight(self, at: int) -> float:
        if not 0 <= at < len(self.stages):
            return 0.0
        return self.stages[at][1] * self._rows / 1000
