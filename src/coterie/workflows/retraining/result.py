"""A new version of a model beside the active one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeAlias

import numpy as np
import pandas as pd

from coterie.formatting import counted, percent
from coterie.jsonable import as_plain
from coterie.metrics import VersionComparison
from coterie.workflows.retraining.feedback import CONTRADICTED, NEW, OVERRULES, Feedback
from coterie.workflows.training.results import ClassifierResult

__all__ = ["Collected", "Reference", "RetrainResult"]

Collected: TypeAlias = Literal["all", "chosen"]
"""Whether feedback is of all rows, or of rows that were chosen, as mistakes are."""


@dataclass(frozen=True, slots=True)
class Reference:
    """How often the active version is right on rows that are like those to come.

    ``right`` of ``rows``, from ``"held-out training rows"`` or the ``"validation rows"`` of its
    training.
    """

    right: int
    rows: int
    source: str

    @property
    def share(self) -> float:
        """Its accuracy."""
        return self.right / self.rows if self.rows else float("nan")


@dataclass(frozen=True, slots=True, eq=False)
class RetrainResult:
    """A new version, what it learnt from, and how it compares with the active one.

    Attributes
    ----------
    trained
        The new version, and its figures on validation rows.
    feedback
        What became of the feedback.
    version
        Number of the version that it was compared with.
    overall
        The new version beside that one on rows as they come: the verdict.
    on_feedback, on_original
        On the new rows of feedback, and on held-out training rows, each as they are; the second is
        None where none were held out.
    collected
        Whether the rows of feedback count as all rows do, or are weighted.
    told
        Whether a person said so; else it was judged by the accuracy of the active version.
    reference
        That accuracy on other rows.
    classes
        One row a class: ``class``, ``rows``, ``before`` and ``after`` (share right), ``mended``,
        ``lost``, ``p_adjusted``, ``significant``.
    answers
        One row for each row of feedback: ``id``, ``text``, ``truth``, ``before`` and ``after``
        (what the two versions say of rows that neither was trained on), ``used``.
    """

    form: ClassVar[int] = 1
    files: ClassVar[Sequence[str]] = ("feedback.csv", "classes.csv")

    trained: ClassifierResult
    feedback: Feedback
    version: int
    overall: VersionComparison
    on_feedback: VersionComparison
    on_original: VersionComparison | None
    collected: Collected
    told: bool
    reference: Reference
    classes: pd.DataFrame
    answers: pd.DataFrame

    @property
    def better(self) -> bool:
        """Whether it is better, and not worse on rows like those of the training."""
        return self.overall.verdict == "better" and not self.harmed

    @property
    def harmed(self) -> bool:
        """Whether it is worse on held-out training rows."""
        return self.on_original is not None and self.on_original.verdict == "worse"

    @property
    def verdict(self) -> str:
        """Whether the new version is better, in words."""
        told = self.overall.sentence
        alone = self.on_feedback
        if self.collected == "chosen" and not self.told and alone.verdict != self.overall.verdict:
            told += f" On the feedback as it is: {alone.sentence}"
        if self.harmed and self.overall.verdict == "better" and self.on_original is not None:
            told += f" Yet on rows like those of the training: {self.on_original.sentence}"
        return told

    @property
    def notes(self) -> list[str]:
        """What a person should know of the feedback, a sentence each."""
        return [*self._chosen(), *self._overruled()]

    def _chosen(self) -> list[str]:
        on, was = self.on_feedback.accuracy_a, self.reference
        if self.collected == "all" or np.isnan(on):
            return []
        why = (
            "as you said" if self.told else "so it was chosen, as when only mistakes are corrected"
        )
        mend = "" if self.told else " If it is a sample of all rows, say --collected all."
        return [
            f"The active version is right on {percent(on)} of the feedback and on "
            f"{percent(was.share)} of {was.rows:,} {was.source}, {why}: the rows are weighted so "
            f"that it is right as often as there.{mend}"
        ]

    def _overruled(self) -> list[str]:
        counts, found = self.feedback.counts, []
        if self.feedback.overruled:
            one = self.feedback.overruled == 1
            found.append(
                f"{counted(self.feedback.overruled, 'training row')} {'has' if one else 'have'} "
                "another label in the feedback, and the feedback is taken to be right."
            )
        if counts[CONTRADICTED]:
            found.append(
                f"{counted(counts['contradicts other feedback'], 'row')} of feedback with the same "
                "text and different labels were not used: correct them in feedback.csv."
            )
        if names := self.feedback.new_classes:
            found.append(
                f"New in the feedback: {', '.join(names[:12])}. The active version does not know "
                f"{'it' if len(names) == 1 else 'them'}."
            )
        return found

    @property
    def learnt_from(self) -> int:
        """Rows of feedback that changed what was learnt from."""
        counts = self.feedback.counts
        return counts[NEW] + counts[OVERRULES]

    @property
    def rejects(self) -> pd.DataFrame:
        """The rows of feedback that were set aside."""
        return self.feedback.given.rejects

    @property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """What became of each row of feedback, and the changes of each class."""
        return {"feedback.csv": self.answers, "classes.csv": self.classes}

    def write_parts(self, folder: Path) -> None:
        """Write nothing more: the new version is in the model directory."""

    def to_dict(self) -> dict[str, Any]:
        """Give all figures, as JSON takes them."""
        return as_plain(
            {
                "form": self.form,
                "verdict": self.overall.verdict,
                "better": self.better,
                "sentence": self.verdict,
                "notes": self.notes,
                "compared_with": self.version,
                "trained_on": self.trained.trained_on,
                "feedback": {
                    "rows": len(self.feedback.given),
                    "set_aside": len(self.rejects),
                    **{name.replace(" ", "_"): n for name, n in self.feedback.counts.items()},
                    "training_rows_overruled": self.feedback.overruled,
                    "new_classes": self.feedback.new_classes,
                    "collected": self.collected,
                },
                "reference": {
                    "accuracy": self.reference.share,
                    "rows": self.reference.rows,
                    "source": self.reference.source,
                },
                "overall": self.overall.to_dict(),
                "on_feedback": self.on_feedback.to_dict(),
                "on_original": self.on_original and self.on_original.to_dict(),
                "classes": self.classes.to_dict("records"),
                "validation": self.trained.metrics,
            }
        )
