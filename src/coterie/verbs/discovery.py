"""``coterie.discover``: a table in, named groups out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from coterie.formatting import counted, percent
from coterie.options import DiscoverOptions, NameOptions, RefreshOptions
from coterie.records import Reading, Records, Source, SourceRows, Table
from coterie.segments import Segmentation
from coterie.segments.taxonomy import edits
from coterie.segments.taxonomy.folder import SegmentEdit, assignments_table
from coterie.segments.taxonomy.levels import level
from coterie.segments.taxonomy.rows import stored
from coterie.verbs.notebook import summary_html
from coterie.verbs.options import by_name
from coterie.verbs.reading import check_making, read_texts
from coterie.verbs.saving import OutputFiles, save_result
from coterie.verbs.service.refreshing import Refreshed, refresh_saved
from coterie.workflows.dataset import dataset_of
from coterie.workflows.discovery import discover as workflow
from coterie.workflows.discovery.discover import DiscoverResult
from coterie.workflows.discovery.saved import edit_discovery, name_discovery
from coterie.workflows.vectors import check_origin

__all__ = ["FILES", "Found", "discover", "discover_with"]

FILES = OutputFiles("discover", DiscoverResult.files)
"""What ``discover`` writes."""

_SHOWN = 10


class Found:
    """Named groups, and where each row went. Edits change it in place and are recorded.

    Parameters
    ----------
    result
        What the workflow found.
    given
        The table that it was found in; None for one that was loaded from a folder.
    """

    def __init__(self, result: DiscoverResult, given: Reading | None = None) -> None:
        self.result = result
        self._given = given

    @property
    def segmentation(self) -> Segmentation:
        """The groups as one object, with the rule that assigns a row."""
        return self.result.segmentation

    @property
    def segments(self) -> pd.DataFrame:
        """One row a group, the largest first: id, name, description, terms, exemplars, size."""
        frame = pd.DataFrame([asdict(segment) for segment in self.segmentation.segments])
        return frame.set_index("id")

    @property
    def assignments(self) -> pd.DataFrame:
        """One row for each row given: id, segment, name, status, confidence, reason.

        The index is that of the table. A row that could not be used has the status "set aside".
        For a discovery that was loaded, the index counts the rows; where rows were rolled up,
        there is one row for each record, and those set aside come after them.
        """
        result = self.result
        frame = assignments_table(
            self.segmentation, result.rows.ids.tolist(), result.discovery.assignments
        )
        if self._given is not None:
            return self._given.spread(frame)
        return _source_rows(result).spread(frame)

    @property
    def map(self) -> pd.DataFrame:
        """One row for each record: its place on the map of the page, as a picture needs it.

        Columns are ``id``, ``x``, ``y``, ``segment`` and ``name``; near points are alike. A record
        outside all segments has no segment and no name.
        """
        result = self.result
        known = {segment.id: segment.name for segment in self.segmentation.segments}
        segments = pd.Series(result.discovery.assignments.segments, dtype=object)
        x, y = np.asarray(result.discovery.layout, dtype=np.float64).T
        return pd.DataFrame(
            {
                "id": result.rows.ids,
                "x": x,
                "y": y,
                "segment": segments,
                "name": segments.map(known),
            }
        )

    @property
    def sweep(self) -> pd.DataFrame:
        """The numbers of groups that were tried, and which was chosen."""
        return self.result.discovery.sweep

    @property
    def figures(self) -> dict[str, Any]:
        """All figures: rows, groups, coverage, agreement with labels, seconds."""
        return self.result.to_dict()

    def rename(
        self, segment: str, name: str, description: str | None = None, *, by: str | None = None
    ) -> Found:
        """Give a segment another name; its id stays. See `coterie.segments.rename`.

        As with all edits, ``by`` says who makes it, for the history; the user name when None.
        """
        return self._edited(lambda s, _: edits.rename(s, segment, name, description), by)

    def name(self, llm: str, *, by: str | None = None, **options: Any) -> Found:
        """Have a language model name the groups; see `coterie.name`, which takes the same options.

        Names that a person gave stay. What came of it is in ``found.figures["naming"]``.
        """
        self.result = name_discovery(self.result, NameOptions(llm=llm, **options), by=by)
        return self

    def merge(
        self, segments: Sequence[str], name: str | None = None, *, by: str | None = None
    ) -> Found:
        """Make one segment of several; the id of the first stays. See `coterie.segments.merge`."""
        return self._edited(lambda s, _: edits.merge(s, segments, name), by)

    def split(
        self,
        segment: str,
        into: int = 2,
        *,
        names: Sequence[str] | None = None,
        seed: int = 0,
        by: str | None = None,
    ) -> Found:
        """Make several segments of one, with new ids. See `coterie.segments.split`."""
        return self._edited(
            lambda s, rows: edits.split_stored(s, segment, rows, into, names=names, seed=seed), by
        )

    def move(self, ids: Sequence[str], to: str, *, by: str | None = None) -> Found:
        """Put rows into another segment, by their ids. See `coterie.segments.move`."""
        return self._edited(lambda s, rows: edits.move_stored(s, ids, to, rows), by)

    def create(self, name: str, ids: Sequence[str], *, by: str | None = None) -> Found:
        """Make a segment of rows, by their ids. See `coterie.segments.create`."""
        return self._edited(lambda s, rows: edits.create_stored(s, name, rows, ids=ids), by)

    def level(self, groups: int, *, by: str | None = None) -> Found:
        """Make another number of groups, by merging or dividing them. See `coterie.segments.level`.

        ``found.figures["range"]`` has the numbers that are about as well supported.
        """
        return self._edited(lambda s, rows: level(s, stored(rows), groups), by)

    def set_parent(self, segment: str, parent: str, *, by: str | None = None) -> Found:
        """Put a segment under a coarser group; "" takes it out."""
        return self._edited(lambda s, _: edits.set_parent(s, segment, parent), by)

    def freeze(self, *, by: str | None = None) -> Found:
        """Allow no edit any more, so that classifiers can rely on the ids."""
        return self._edited(lambda s, _: edits.freeze(s), by)

    def thaw(self, *, by: str | None = None) -> Found:
        """Allow edits again."""
        return self._edited(lambda s, _: edits.thaw(s), by)

    def refresh(
        self,
        table: Source | Table | Records | None = None,
        *,
        by: str | None = None,
        **options: Any,
    ) -> Refreshed:
        """Let later rows meet the groups; see `coterie.refresh`, which takes the same options.

        The groups are those of the refresh afterwards. What changed is in what is returned.
        """
        refreshed = refresh_saved(self, table, RefreshOptions(**options), by=by)
        self.result = refreshed.result.after
        self._given = self._given if refreshed.result.renewal is None else None
        return refreshed

    def save(self, folder: str | Path, *, overwrite: bool = False) -> Path:
        """Write the files and the page that ``coterie discover`` writes.

        Parameters
        ----------
        folder
            Made when absent. One that holds the same edits, or the first of them, is replaced.
        overwrite
            Whether to replace other edits too, and files that a person made or changed.

        Returns
        -------
        Path
            The page.

        Raises
        ------
        OptionError
            When the folder holds a person's work that would be lost.
        StoreError
            When the folder cannot be written to; what was there before is whole.
        """
        from coterie.pages.discovery.page import discover_page

        return save_result(
            self.result,
            discover_page(self.result),
            folder,
            FILES,
            edits=self.segmentation.edits,
            overwrite=overwrite,
        )

    def _edited(self, edit: SegmentEdit, by: str | None) -> Found:
        self.result = edit_discovery(
            self.result, lambda before, rows: edits.sign(before, edit(before, rows), by)
        )
        return self

    def __len__(self) -> int:
        return len(self.segmentation)

    def __repr__(self) -> str:
        lines = [self._headline()]
        lines += [f"  {s.id}  {s.size:>7,}  {s.name}" for s in self._largest()]
        left = len(self) - len(lines) + 1
        return "\n".join([*lines, *([f"  and {left:,} smaller ones"] if left > 0 else [])])

    def _repr_html_(self) -> str:
        rows = [(s.id, s.name, f"{s.size:,}", ", ".join(s.terms[:3])) for s in self._largest()]
        bars = [segment.size for segment in self._largest()]
        heads = ("id", "name", "rows", "terms")
        return summary_html(self._headline(), heads, rows, bars=bars, more=len(self) - len(rows))

    def _headline(self) -> str:
        table, groups = self.result.figures.table, self.result.figures.groups
        low, high = groups.range
        others = f" ({low:,} to {high:,} are about as well supported)" if low < high else ""
        return (
            f"{table.rows:,} {table.unit} in {counted(groups.groups, 'group')}{others}, "
            f"coverage {percent(groups.coverage)}"
        )

    def _largest(self) -> list[Any]:
        ordered = sorted(self.segmentation.segments, key=lambda s: (-s.size, s.name))
        return ordered[:_SHOWN]


def _source_rows(result: DiscoverResult) -> SourceRows:
    """Put records and rows set aside in the order of the source, as far as a folder tells."""
    rows, rejects = result.rows, result.rejects
    used = np.setdiff1d(np.arange(1, result.figures.table.rows_in + 1), rejects["row"])
    if len(used) != len(rows) or rows.batches is not None:
        # rolled up or refreshed: nobody wrote down which rows made a record
        used = np.arange(len(rows)) - len(rows)
    numbered = bool((rows.ids == used.astype(str)).all())
    column = None if numbered else "id"
    return SourceRows.of(used, np.arange(len(rows)), rows.ids, rejects, id_column=column)


def discover_with(table: Source | Table | Records | None, options: DiscoverOptions) -> Found:
    """Find the groups in a table, name them, and compare them with labels where there are any.

    Parameters
    ----------
    table
        A pandas, Polars or Arrow table, a path, a URL, or `coterie.Records`; None for vectors
        alone.
    options
        Declared in `coterie.options.DiscoverOptions`.

    Returns
    -------
    Found
        ``found.segments``, ``found.assignments`` and ``found.figures``; ``found.save(folder)``
        writes the page. Nothing is written before.

    Raises
    ------
    InputError, ColumnError
        When the table cannot be read, or a column is missing.
    OptionError
        When an option is unknown or not allowed.
    EncoderError
        When the encoder cannot be had.
    """
    check_making(options, ("encoder", "level"))
    given = read_texts(table, options)
    if given.records.vectors is not None:
        check_origin(given.records.vectors)
    dataset = dataset_of(given, by_row=None if options.level is None else options.level == "row")
    dataset = replace(dataset, schema=given.kept())
    return Found(workflow.discover(dataset, options, cache=options.cache), given)


discover = by_name(discover_with, DiscoverOptions)
