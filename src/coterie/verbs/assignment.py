"""``coterie.assign``: rows to segments that are described in words, or were found before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from coterie.formatting import counted
from coterie.options import AssignOptions
from coterie.records import Reading, Records, Source, Table
from coterie.segments import Segmentation, assignments_table
from coterie.verbs.notebook import summary_html
from coterie.verbs.options import by_name
from coterie.verbs.reading import read_texts
from coterie.verbs.saving import OutputFiles, save_result
from coterie.workflows import assignment
from coterie.workflows.assignment import AssignResult
from coterie.workflows.dataset import dataset_of

__all__ = ["FILES", "Assigned", "assign", "assign_with"]

FILES = OutputFiles("assign", AssignResult.files)
"""What ``assign`` writes."""


class Assigned:
    """Rows among segments.

    Parameters
    ----------
    result
        What the workflow found.
    given
        The table.
    """

    def __init__(self, result: AssignResult, given: Reading) -> None:
        self.result = result
        self._given = given

    @property
    def segmentation(self) -> Segmentation:
        """The segments, as the first encoder embeds them."""
        return self.result.segmentation

    @property
    def assignments(self) -> pd.DataFrame:
        """One row for each row given: id, segment, name, status, confidence, reason.

        The index is that of the table. A row that could not be used has the status "set aside".
        """
        best, records = self.result.compared.best, self.result.dataset.records
        frame = assignments_table(best.segmentation, records.ids.tolist(), best.assignments)
        return self._given.spread(frame)

    @property
    def figures(self) -> dict[str, Any]:
        """All figures, of each encoder and each segment."""
        return self.result.to_dict()

    def save(self, folder: str | Path, *, overwrite: bool = False) -> Path:
        """Write the files and the page that ``coterie assign`` writes, and give the page.

        Files that a person made or changed are replaced only with ``overwrite``.
        """
        from coterie.pages.assignment import assign_page

        page = assign_page(self.result)
        return save_result(self.result, page, folder, FILES, overwrite=overwrite)

    def __repr__(self) -> str:
        return "\n".join([self._headline(), *(f"  {n:>7,}  {name}" for name, n in self._sizes())])

    def _repr_html_(self) -> str:
        sizes = self._sizes()
        rows = [(name, f"{count:,}") for name, count in sizes]
        bars = [count for _, count in sizes]
        return summary_html(self._headline(), ("segment", "rows"), rows, bars=bars)

    def _headline(self) -> str:
        rows = len(self.result.dataset.records)
        return f"{counted(rows, 'row')} among {counted(len(self.segmentation), 'segment')}"

    def _sizes(self) -> list[tuple[str, int]]:
        classes = self.result.compared.best.classes
        pairs = zip(classes["name"].tolist(), classes["assigned"].tolist(), strict=True)
        return sorted(pairs, key=lambda pair: -pair[1])


def assign_with(table: Source | Table | Records | None, options: AssignOptions) -> Assigned:
    """Assign each row of a table to a segment.

    Parameters
    ----------
    table
        A pandas, Polars or Arrow table, a path, a URL, or `coterie.Records`; None for vectors
        alone.
    options
        Declared in `coterie.options.AssignOptions`.

    Returns
    -------
    Assigned
        ``assigned.assignments``, ``assigned.figures``, ``assigned.save(folder)``.

    Raises
    ------
    InputError, StoreError
        When the table or the segments cannot be read.
    OptionError
        When several encoders are named for the folder of a discovery.
    """
    given = read_texts(table, options)
    dataset = dataset_of(given, by_row=assignment.embeds_rows(options.segments))
    found = assignment.assign(
        dataset,
        options.segments,
        options.encoders,
        cache=options.cache,
        token=options.token,
        show_personal=options.show_personal,
    )
    return Assigned(found, given)


assign = by_name(assign_with, AssignOptions)
