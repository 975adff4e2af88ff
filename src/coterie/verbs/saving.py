"""A result, its tables and its page in a folder: all of it is there, or what was there before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from coterie.files import replacing_files, write_json
from coterie.options import Options
from coterie.outputs import Claim, claim_folder
from coterie.progress import current
from coterie.records import write_csv, write_rejects
from coterie.report import Page

__all__ = ["METRICS", "QUARANTINE", "REPORT", "OutputFiles", "Result", "save_result", "sources_of"]

REPORT, METRICS, QUARANTINE = "report.html", "metrics.json", "quarantine.csv"


@dataclass(frozen=True, slots=True)
class OutputFiles:
    """What a verb writes into its folder.

    Attributes
    ----------
    verb
        Its name.
    files
        Names, or patterns of names, of its tables and parts.
    report, figures
        Names of the page and of the JSON file.
    """

    verb: str
    files: Sequence[str] = ()
    report: str = REPORT
    figures: str = METRICS

    @property
    def all(self) -> tuple[str, ...]:
        """All names and patterns."""
        return (self.report, self.figures, QUARANTINE, *self.files)

    def claim(
        self,
        folder: str | Path,
        *reads: Any,
        edits: Sequence[str] = (),
        overwrite: bool = False,
    ) -> AbstractContextManager[Claim]:
        """Claim a folder before the work, see `coterie.outputs.claim_folder`.

        ``reads`` are the sources of the run, and `Options` that may name others.
        """
        return claim_folder(
            folder,
            by=self.verb,
            writes=self.all,
            inputs=sources_of(reads),
            edits=edits,
            overwrite=overwrite,
        )


def sources_of(reads: Sequence[Any]) -> Iterator[Any]:
    """Give sources that a run reads, those that `Options` among them name too."""
    for each in reads:
        if isinstance(each, Options):
            yield from each.sources()
        elif isinstance(each, list | tuple):
            yield from sources_of(each)
        else:
            yield each


class Result(Protocol):
    """What a workflow found, as far as it is kept in a folder."""

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
    result: Result,
    page: Page,
    folder: str | Path,
    files: OutputFiles,
    *,
    edits: Sequence[str] = (),
    overwrite: bool = False,
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
    files
        What the verb writes.
    edits, overwrite
        As for `coterie.outputs.claim_folder`.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    OptionError
        When a file in the way is a person's work.
    StoreError
        When the folder cannot be written to; what was there before is whole.
    """
    home = Path(folder)
    with (
        files.claim(home, edits=edits, overwrite=overwrite),
        current().stage("Writing the report"),
        replacing_files(home, owned=files.all, last=files.report) as draft,
    ):
        result.write_parts(draft)
        for name, table in result.tables.items():
            write_csv(table, draft / name)
        if len(result.rejects):
            write_rejects(result.rejects, draft / QUARANTINE)
        write_json(draft / files.figures, result.to_dict())
        page.write(draft / files.report)
    return home / files.report
