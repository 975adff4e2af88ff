"""A result, its tables and its page in a folder: all of it is there, or what was there before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from coterie.files import replacing_files, write_json
from coterie.progress import current
from coterie.records import write_csv, write_rejects
from coterie.report import Page

__all__ = ["METRICS", "QUARANTINE", "REPORT", "Result", "save_result"]

REPORT, METRICS, QUARANTINE = "report.html", "metrics.json", "quarantine.csv"


class Result(Protocol):
    """What a workflow found, as far as it is kept in a folder."""

    @property
    def files(self) -> Sequence[str]:
        """Names, or patterns of names, of what the result may write beside the common files."""
        ...

    @property
    def rejects(self) -> pd.DataFrame:
        """The rows that were set aside, see `coterie.records.Records`."""
        ...

    @property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """File name to the table that it holds."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """Give all figures, as JSON takes them."""
        ...

    def write_parts(self, folder: Path) -> None:
        """Write what is neither a figure nor a table: segments, an encoder."""
        ...


def save_result(
    result: Result, page: Page, folder: str | Path, *, report: str = REPORT, figures: str = METRICS
) -> Path:
    """Write a result: figures as JSON, tables as CSV, the rows set aside, and the page.

    Parameters
    ----------
    result
        Of a workflow.
    page
        The page that shows it.
    folder
        Made when absent. What an earlier result of the same kind left there and this one does not
        write is removed; other files are left alone.
    report, figures
        Names of the page and of the JSON file.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    StoreError
        When the folder cannot be written to; what was there before is whole.
    """
    home = Path(folder)
    owned = (report, figures, QUARANTINE, *result.files, *result.tables)
    with (
        current().stage("Writing the report"),
        replacing_files(home, owned=owned, last=report) as draft,
    ):
        result.write_parts(draft)
        for name, table in result.tables.items():
            write_csv(table, draft / name)
        if len(result.rejects):
            write_rejects(result.rejects, draft / QUARANTINE)
        write_json(draft / figures, result.to_dict())
        page.write(draft / report)
    return home / report
