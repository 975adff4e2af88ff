"""``coterie.refresh``: a discovery meets next month's rows; ids and names stay."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from coterie.errors import OptionError, StoreError
from coterie.files import replacing_files, write_json
from coterie.formatting import counted
from coterie.options import RefreshOptions
from coterie.outputs import MARKER, Claim, claim_folder
from coterie.progress import current
from coterie.records import (
    Reading,
    Records,
    Settled,
    Source,
    Table,
    open_source,
    read_source,
    write_csv,
    write_rejects,
)
from coterie.segments import Segmentation, is_segmentation, load_segmentation
from coterie.verbs.notebook import summary_html
from coterie.verbs.options import by_name
from coterie.verbs.reading import read_texts, read_vectors
from coterie.verbs.saving import METRICS, QUARANTINE, REPORT, OutputFiles, sources_of
from coterie.workflows.assignment import home_of
from coterie.workflows.dataset import dataset_of
from coterie.workflows.discovery.discover import DiscoverResult
from coterie.workflows.discovery.model_names import EXCHANGES, NAMES
from coterie.workflows.discovery.saved import load_discovery
from coterie.workflows.refreshing import refresh as workflow
from coterie.workflows.refreshing.refresh import RefreshResult

__all__ = [
    "BEFORE",
    "FILES",
    "Refreshed",
    "claim_refresh",
    "refresh",
    "refresh_saved",
    "refresh_with",
]

BEFORE = "before-refresh"
"""Folder within a discovery's, that holds it as it was before it was last refreshed in place."""

FILES = OutputFiles("refresh", (*DiscoverResult.files, BEFORE))
"""What ``refresh`` writes."""

_PAGE, _FIGURES = "refresh.html", "refresh.json"
_SHOWN = 10


class _Discovered(Protocol):
    """What `coterie.discover` and `coterie.load` give."""

    @property
    def result(self) -> DiscoverResult: ...


class Refreshed:
    """A discovery after later rows met it, and what they changed.

    Parameters
    ----------
    result
        What the workflow found.
    given
        The table of the later rows.
    home
        Folder of the discovery as it was; None where it was in memory.
    """

    def __init__(self, result: RefreshResult, given: Reading, home: Path | None = None) -> None:
        self.result = result
        self._given = given
        self._home = home

    @property
    def segmentation(self) -> Segmentation:
        """The segments as they are now, with the rule that assigns a row."""
        return self.result.segmentation

    @property
    def changes(self) -> pd.DataFrame:
        """One row a segment: id, name, what became of it, and its rows before and now.

        ``change`` is ``"new"``, ``"vanished"``, ``"returned"``, ``"grew"``, ``"shrank"`` or "". See
        `coterie.segments.taxonomy.refreshing.Renewal`.
        """
        return self.result.changes

    @property
    def segments(self) -> pd.DataFrame:
        """One row a segment, the largest first; ``size`` counts all rows, earlier and new ones."""
        frame = pd.DataFrame([asdict(segment) for segment in self.segmentation.segments])
        return frame.set_index("id")

    @property
    def assignments(self) -> pd.DataFrame:
        """One row for each row given: id, segment, name, status, confidence, new, reason.

        ``new`` is False for rows that are there already. The index is that of the table.
        """
        return self._given.spread(self.result.answers_table)

    @property
    def figures(self) -> dict[str, Any]:
        """All figures: rows, what is new, what vanished and returned, seconds."""
        return self.result.to_dict()

    def save(self, folder: str | Path, *, overwrite: bool = False) -> Path:
        """Write the discovery as it is now, with a page of what changed.

        Parameters
        ----------
        folder
            Made when absent. The folder of the discovery itself is brought up to date, and
            ``before-refresh`` in it then holds it as it was; nothing is written where no row is
            new.
        overwrite
            Whether to replace files that a person made or changed.

        Returns
        -------
        Path
            The page of the refresh.

        Raises
        ------
        OptionError
            When the folder holds a person's work that would be lost.
        StoreError
            When the folder cannot be written to, or the discovery was edited meanwhile.
        """
        folder, before = Path(folder), self.result.before.segmentation
        with claim_refresh(folder, self._home, before.edits, overwrite=overwrite) as claim:
            if not _same(folder, self._home):
                _write(folder, self.result, self._home)
            elif self.result.renewal is None:
                return folder / (_PAGE if (folder / _PAGE).is_file() else REPORT)
            else:
                if load_segmentation(folder).history != before.history:
                    raise StoreError(f"{folder} was edited meanwhile: refresh it again.")
                _write(folder, self.result, folder, keep=True)
                claim.add_edits([self.segmentation.history[-1].line])
        return folder / _PAGE

    def __repr__(self) -> str:
        lines = [self._headline()]
        lines += [f"  {kind:<9}{rows:>7}  {name}" for name, kind, rows in self._rows()]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        heads = ("segment", "change", "new rows")
        return summary_html(self._headline(), heads, self._rows())

    def _headline(self) -> str:
        new = counted(len(self.result.matched.fresh), "new row")
        there = len(self.result.matched.again)
        return f"{new} in {counted(len(self.segmentation), 'segment')}, {there:,} there already"

    def _rows(self) -> list[tuple[str, str, str]]:
        changed = self.changes[self.changes["change"] != ""].head(_SHOWN)
        rows = zip(changed["name"], changed["change"], changed["rows_now"], strict=True)
        return [(str(name), str(kind), f"{count:,}") for name, kind, count in rows]


def claim_refresh(
    folder: Path,
    home: Path | None,
    edits: Sequence[str],
    *reads: Any,
    overwrite: bool = False,
) -> AbstractContextManager[Claim]:
    """Claim the folder that a refresh writes, see `coterie.outputs.claim_folder`.

    Parameters
    ----------
    folder
        Where to write.
    home, edits
        The folder of the discovery, or None, and the edits that were made of it.
    reads
        As for `OutputFiles.claim`.
    overwrite
        Whether to replace what a person made.

    Raises
    ------
    OptionError
        Also when the place for the discovery as it was is taken.
    """
    in_place = _same(folder, home)
    kept = folder / BEFORE
    if in_place and kept.exists() and not is_segmentation(kept):
        raise OptionError(
            f"{kept} is the place for the discovery as it was, and holds something else: rename "
            "it, or name another folder with --out."
        )
    return claim_folder(
        folder,
        by=FILES.verb,
        writes=FILES.all,
        inputs=sources_of([*reads, *([] if in_place or home is None else [home])]),
        edits=None if in_place else edits,
        overwrite=overwrite,
    )


def _same(folder: Path, home: Path | None) -> bool:
    return home is not None and folder.resolve() == home.resolve()


def _write(folder: Path, result: RefreshResult, home: Path | None, *, keep: bool = False) -> None:
    """Write a refreshed discovery; ``keep`` puts what was there before into a folder of its own."""
    from coterie.pages.discovery.page import discover_page
    from coterie.pages.refreshing.page import refresh_page

    after = result.after
    with (
        current().stage("Writing the report"),
        replacing_files(folder, owned=FILES.all, last=REPORT) as draft,
    ):
        page, changes = discover_page(after), refresh_page(result)
        after.write_parts(draft)
        for name, table in {**after.tables, **result.tables}.items():
            write_csv(table, draft / name)
        if len(after.rejects):
            write_rejects(after.rejects, draft / QUARANTINE)
        write_json(draft / METRICS, after.to_dict())
        write_json(draft / _FIGURES, result.to_dict())
        for name in (NAMES, EXCHANGES):  # what a language model was asked and said before
            if home is not None and (home / name).is_file():
                shutil.copy2(home / name, draft / name)
        if keep:
            _keep(folder, draft / BEFORE)
        changes.write(draft / _PAGE)
        page.write(draft / REPORT)


def _keep(folder: Path, kept: Path) -> None:
    """Link the files of a discovery into another folder, or copy them where that is impossible."""
    patterns = (MARKER, *(name for name in FILES.all if name != BEFORE))
    for path in (path for pattern in patterns for path in folder.glob(pattern)):
        for file in path.rglob("*") if path.is_dir() else [path]:
            if file.is_file():
                target = kept / file.relative_to(folder)
                target.parent.mkdir(parents=True, exist_ok=True)
                try:
                    os.link(file, target)
                except OSError:
                    shutil.copy2(file, target)


def refresh_with(
    found: str | Path | _Discovered,
    table: Source | Table | Records | None,
    options: RefreshOptions,
) -> Refreshed:
    """Let the rows of a later table meet a discovery; ids and names of segments stay.

    Rows that fit a segment go where they would have gone before. Groups among the others become
    new segments with new ids; segments that hardly any row goes to are marked as vanished, and
    return when rows do. Rows that are there already, by their id or else by their text, are not
    counted again.

    Parameters
    ----------
    found
        The folder of a discovery, or what `coterie.discover` gave.
    table
        A pandas, Polars or Arrow table, a path, a URL, or `coterie.Records`; None for vectors
        alone.
    options
        Declared in `coterie.options.RefreshOptions`.

    Returns
    -------
    Refreshed
        ``refreshed.changes``, ``refreshed.assignments`` and ``refreshed.figures``;
        ``refreshed.save(folder)`` writes the discovery as it is now. Nothing is written before.

    Raises
    ------
    InputError, ColumnError
        When the table cannot be read, or a column is missing.
    StoreError
        When the folder holds no discovery.
    EncoderMismatchError
        When the encoder, the width of vectors, or how records are embedded is another.
    """
    return refresh_saved(found, table, options)


def refresh_saved(
    found: str | Path | _Discovered,
    table: Source | Table | Records | None,
    options: RefreshOptions,
    *,
    by: str | None = None,
) -> Refreshed:
    """Do as `refresh_with`; ``by`` says who asks for it, for the history."""
    home = home_of(found) if isinstance(found, str | Path) else None
    before = _load(home) if isinstance(found, str | Path) else found.result
    given = _read(before, table, options)
    pooled = before.segmentation.encoder.pooling == "row"
    dataset = dataset_of(given, by_row=pooled)
    result = workflow.refresh(before, dataset, options, cache=options.cache, by=by)
    return Refreshed(result, given, home)


def _load(home: Path | None) -> DiscoverResult:
    assert home is not None
    if is_segmentation(home) and not (home / "sweep.csv").is_file():
        raise StoreError(
            f"{home} holds rows that were assigned to segments, and no discovery: assign later "
            f"rows to the same segments with coterie assign FILE --segments {home}, or name a "
            "folder that discover wrote."
        )
    return load_discovery(home)


def _read(
    before: DiscoverResult, table: Source | Table | Records | None, options: RefreshOptions
) -> Reading:
    """Read later rows as those of the discovery were, where the options say nothing else."""
    noted = before.figures.table.reading
    if table is None or isinstance(table, Records):
        return read_texts(table, options)
    wanted = options.following(noted)
    if wanted.text is None and options.vectors is None:
        raise OptionError(
            "The discovery does not say which column its texts are from: name that of the new rows "
            "with --text (text=)."
        )
    opened = open_source(table, wanted)
    if options.id is None and wanted.id is not None and opened.find(wanted.id) is None:
        wanted = wanted.changed(id=None)
    if not options.labels:
        there = [name for name in before.labels if opened.find(name) is not None]
        wanted = wanted.changed(labels=there)
    usual = Settled.from_dict(noted.get("settled", {}))
    if options.vectors is not None:
        return read_vectors(table, wanted, table=opened, usual=usual)
    return read_source(table, wanted, table=opened, usual=usual)


refresh = by_name(refresh_with, RefreshOptions)
