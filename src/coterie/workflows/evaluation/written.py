"""What an evaluation leaves behind: a page, its figures, and tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from coterie.files import replacing_files, write_json
from coterie.records import Records, write_csv, write_quarantine
from coterie.report import Page
from coterie.workflows.evaluation.evaluation import Evaluation
from coterie.workflows.evaluation.number_evaluation import NumberEvaluation

__all__ = ["EvaluateResult", "reasons_of", "write_evaluated"]

REPORT, METRICS = "report.html", "metrics.json"
PREDICTIONS, MISTAKES, QUARANTINE = "predictions.csv", "mistakes.csv", "quarantine.csv"
_FILES = (REPORT, METRICS, PREDICTIONS, MISTAKES, QUARANTINE)


@dataclass(frozen=True, slots=True, eq=False)
class EvaluateResult:
    """Models judged, and where that was written.

    Attributes
    ----------
    evaluation
        The models on their rows: of classes, or of a number.
    metrics
        What ``metrics.json`` holds.
    folder
        The page and the files.
    """

    evaluation: Evaluation | NumberEvaluation
    metrics: Mapping[str, Any]
    folder: Path

    @property
    def report(self) -> Path:
        """The page."""
        return self.folder / REPORT


def reasons_of(records: Records | None) -> dict[str, int]:
    """Count the reasons for which rows were set aside, the commonest first."""
    if records is None or not len(records.rejects):
        return {}
    return dict(Counter(records.rejects["reason"]).most_common())


def write_evaluated(
    folder: Path,
    page: Page,
    metrics: Mapping[str, Any],
    *,
    predictions: pd.DataFrame,
    mistakes: pd.DataFrame,
    records: Records | None,
) -> None:
    """Write the page and the files, and what was set aside of the records; all or nothing.

    Raises
    ------
    StoreError
        When the folder cannot be written to; what was there is whole.
    """
    with replacing_files(folder, owned=_FILES, last=REPORT) as draft:
        write_csv(predictions, draft / PREDICTIONS)
        write_csv(mistakes, draft / MISTAKES)
        if records is not None and len(records.rejects):
            write_quarantine(records, draft / QUARANTINE)
        write_json(draft / METRICS, metrics)
        page.write(draft / REPORT)
