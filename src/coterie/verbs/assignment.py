"""``coterie.assign``: rows to segments that are described in words, or were found before."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from coterie.encoders import EmbeddingCache
from coterie.records import Reading, ReadOptions, Records, Source, Table
from coterie.segments import Segmentation, assignments_table
from coterie.verbs.notebook import summary_html
from coterie.verbs.options import check_names
from coterie.verbs.reading import read_given
from coterie.verbs.saving import save_result
from coterie.workflows import assignment
from coterie.workflows.assignment import AssignResult
from coterie.workflows.dataset import dataset_of

__all__ = ["Assigned", "assign"]


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

    def save(self, folder: str | Path) -> Path:
        """Write the files and the page that ``coterie assign`` writes, and give the page."""
        from coterie.pages.assignment import assign_page

        return save_result(self.result, assign_page(self.result), folder)

    def __repr__(self) -> str:
        return "\n".join([self._headline(), *(f"  {n:>7,}  {name}" for name, n in self._sizes())])

    def _repr_html_(self) -> str:
        sizes = self._sizes()
        rows = [(name, f"{count:,}") for name, count in sizes]
        bars = [count for _, count in sizes]
        return summary_html(self._headline(), ("segment", "rows"), rows, bars=bars)

    def _headline(self) -> str:
        rows = len(self.result.dataset.records)
        return f"{rows:,} rows among {len(self.segmentation):,} segments"

    def _sizes(self) -> list[tuple[str, int]]:
        classes = self.result.compared.best.classes
        pairs = zip(classes["name"].tolist(), classes["assigned"].tolist(), strict=True)
        return sorted(pairs, key=lambda pair: -pair[1])


def assign(
    table: Source | Table | Records,
    *,
    text: str | None = None,
    segments: str | Path,
    id: str | None = None,  # noqa: A002 - the field's name
    label: str | None = None,
    group: str | None = None,
    encoders: Sequence[str] = (),
    cache: EmbeddingCache | None = None,
    **reading: Any,
) -> Assigned:
    """Assign each row of a table to a segment.

    Parameters
    ----------
    table
        A pandas, Polars or Arrow table, a path, a URL, or `coterie.Records`.
    text
        Column of the text, or a template over several.
    segments
        ``"attendees"``, a TOML file of descriptions, or the folder of a discovery.
    id
        Column of a unique id; row numbers when None.
    label
        Column of labels that name segments, to compare with.
    group
        Column by which rows are rolled up.
    encoders
        Several to compare them, for segments that are described in words.
    cache
        Where vectors are kept; the user's own cache when None.
    **reading
        Other arguments of `coterie.read_records`.

    Raises
    ------
    InputError, StoreError
        When the table or the segments cannot be read.
    OptionError
        When several encoders are named for the folder of a discovery.
    """
    check_names(reading, assign, ReadOptions, without=("table", "source", "labels"))
    labels = [] if label is None else [label]
    given = read_given(table, text=text, id=id, labels=labels, group=group, **reading)
    dataset = dataset_of(given, by_row=assignment.embeds_rows(segments))
    result = assignment.assign(dataset, segments, encoders, cache=cache)
    return Assigned(result, given)
