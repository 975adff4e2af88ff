"""What the stages of a recipe came to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from coterie.pages.recipe import Chapter
from coterie.recipes import layout
from coterie.workflows.assignment import AssignResult
from coterie.workflows.dataset import Dataset
from coterie.workflows.discovery.discover import DiscoverResult
from coterie.workflows.exploration import Exploration
from coterie.workflows.outcomes.classes import ClassifyResult
from coterie.workflows.outcomes.outcome import OutcomesResult
from coterie.workflows.searching.index import IndexResult
from coterie.workflows.searching.search import SearchResult
from coterie.workflows.tuning.tune import TuneResult

__all__ = ["RunResult"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class RunResult:
    """What the stages of a recipe came to; None for a stage that was left out.

    Attributes
    ----------
    dataset
        The records.
    folder
        Where everything is: a folder for each stage, and ``index.html`` that leads to them.
    explored, discovered, assigned, tuned, trained, outcomes, indexed
        The results of the stages.
    searched
        The results of the queries, in their order.
    chapters
        What they say, in page.
    left_out
        Encoders that could not be loaded, so that the next of the recipe took their place; one
        sentence each.
    rules
        The file of the rules of recommendations; None where the recipe has none.
    """

    dataset: Dataset
    folder: Path
    explored: Exploration | None
    discovered: DiscoverResult | None
    assigned: AssignResult | None
    tuned: TuneResult | None
    trained: ClassifyResult | None
    outcomes: OutcomesResult | None
    indexed: IndexResult | None
    searched: Sequence[SearchResult]
    chapters: Sequence[Chapter]
    left_out: Sequence[str] = ()
    rules: Path | None = None

    form: ClassVar[int] = 1

    @property
    def index(self) -> Path:
        """The page to open first."""
        return self.folder / layout.PAGE

    @property
    def made(self) -> bool:
        """Whether any stage came to something."""
        stages = (self.explored, self.discovered, self.assigned, self.tuned, self.trained)
        return any(each is not None for each in (*stages, self.outcomes, self.indexed))

    def to_dict(self) -> dict[str, Any]:
        """Give what ``run.json`` holds: the figures of each stage but of exploring."""
        records = self.dataset.records
        stages = {
            layout.DISCOVER: self.discovered,
            layout.ASSIGN: self.assigned,
            layout.TUNE: self.tuned,
            layout.TRAIN: self.trained,
            layout.OUTCOMES: self.outcomes,
        }
        found: dict[str, Any] = {
            name: each.to_dict() for name, each in stages.items() if each is not None
        }
        if self.indexed is not None:  # the key "index" is the page to open first
            found["indexed"] = self.indexed.to_dict()
            found["searches"] = [each.to_dict() for each in self.searched]
        return {
            "form": self.form,
            "source": records.source,
            "rows": len(records),
            "rows_in": records.rows_in,
            "set_aside": len(records.rejects),
            "choices": list(self.dataset.choices),
            "left_out": list(self.left_out),
            "index": str(self.index),
            **found,
        }
