"""Edits of a discovery's folder, which its tables, figures and page follow."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from coterie.errors import CoterieWarning, StoreError
from coterie.files import write_json
from coterie.outputs import claim_folder
from coterie.pages.discovery.page import discover_page
from coterie.progress import current
from coterie.records import write_csv
from coterie.segments import Assignments, Discovery, StoredRows, load_rows
from coterie.segments.taxonomy.edits import sign
from coterie.segments.taxonomy.folder import Edit, SegmentEdit, edit_folder, save_edit
from coterie.segments.taxonomy.rows import ROWS
from coterie.segments.taxonomy.steps import tag_of
from coterie.verbs.discovery import FILES
from coterie.verbs.saving import METRICS, REPORT
from coterie.workflows.discovery.discover import DiscoverResult
from coterie.workflows.discovery.model_names import EXCHANGES
from coterie.workflows.discovery.saved import load_discovery, read_discovery

__all__ = ["KeptRows", "catch_up", "edit_saved", "write_edited"]

_BEHIND = ".behind"  # there while the page shows the segments before an edit


@dataclass(slots=True, eq=False)
class KeptRows:
    """The rows of the folder that was edited last, and where they go, so that edits need not wait.

    Several threads may share one.
    """

    _folder: Path | None = None
    _written: tuple[int, int, int] = (0, 0, 0)
    _rows: StoredRows | None = None
    _tag: str = ""
    _assignments: Assignments | None = None
    _lock: Lock = field(default_factory=Lock)

    def of(self, folder: Path) -> tuple[StoredRows, Assignments | None]:
        """Give the rows of a folder, and where they go in its present state if that is known."""
        folder, written, tag = folder.resolve(), _stamp(folder / ROWS), tag_of(folder)
        with self._lock:
            if self._rows is None or (self._folder, self._written) != (folder, written):
                self._rows, self._tag = load_rows(folder), ""
                self._folder, self._written = folder, written
            return self._rows, self._assignments if self._tag == tag else None

    def keep(self, folder: Path, rows: StoredRows, assignments: Assignments) -> None:
        """Note where the rows of a folder go in its present state."""
        with self._lock:
            if rows is self._rows:
                self._tag, self._assignments = tag_of(folder), assignments


def edit_saved(
    folder: Path | str,
    edit: SegmentEdit,
    *,
    by: str | None = None,
    page: bool = True,
    kept: KeptRows | None = None,
) -> Edit:
    """Edit the segmentation of a folder, and bring its tables, figures and page in step.

    Nothing is embedded, and every row stays where it was on the map. Parameters and errors are
    those of `coterie.segments.edit_folder`, and those of `coterie.outputs.claim_folder`; ``by`` is
    as for `coterie.segments.sign`.

    Parameters
    ----------
    page
        Whether to write the page too; if not, it follows with `catch_up`.
    kept
        Where the rows of the last edit are kept, for a service; they are read when None.

    Warns
    -----
    CoterieWarning
        When the folder lacks what its page needs, with how to get a page that follows edits.
    """
    home = Path(folder)
    with claim_folder(home, by="segments", writes=FILES.all, edits=None) as claim:
        done = _edit(home, lambda before, rows: sign(before, edit(before, rows), by), page, kept)
        claim.add_edits([change.line for change in done.changes])
    return done


def catch_up(folder: Path | str) -> None:
    """Write the page of a folder again, if edits have left it behind.

    Raises
    ------
    StoreError
        When the folder cannot be written to, or another run is writing to it.
    """
    home = Path(folder)
    while (home / _BEHIND).is_file():
        tag = tag_of(home)
        page = discover_page(load_discovery(home))
        with claim_folder(home, by="segments", writes=FILES.all, edits=None):
            if tag_of(home) == tag:
                page.write(home / REPORT)
                (home / _BEHIND).unlink(missing_ok=True)


def _edit(home: Path, edit: SegmentEdit, page: bool, kept: KeptRows | None) -> Edit:
    try:
        rows, known = (None, None) if kept is None else kept.of(home)
        before = read_discovery(home, rows, known)
    except StoreError:
        done = edit_folder(home, edit)
        if (home / REPORT).is_file():
            warnings.warn(_why_not(home), CoterieWarning, stacklevel=2)
        return done
    after = before.edited(edit)
    done = write_edited(home, before.discovery, after.result(), page=page)
    if kept is not None:
        kept.keep(home, after.rows, after.discovery.assignments)
    return done


def write_edited(
    home: Path, before: Discovery, after: DiscoverResult, *, page: bool = True
) -> Edit:
    """Write an edited discovery over the one that it was, in a folder that is claimed."""
    old, new = before.assignments, after.discovery.assignments
    with current().stage("Writing the report"):
        drawn = discover_page(after) if page else None
        (home / _BEHIND).touch()
        done = save_edit(home, before.segmentation, after.segmentation, after.rows, old, new)
        for name, table in after.tables.items():
            write_csv(table, home / name)
        if after.naming is not None:
            after.naming.write_exchanges(home / EXCHANGES)
        write_json(home / METRICS, after.to_dict())
        if drawn is not None:
            drawn.write(home / REPORT)
            (home / _BEHIND).unlink(missing_ok=True)
    return done


def _stamp(path: Path) -> tuple[int, int, int]:
    try:
        state = path.stat()
    except OSError:
        return 0, 0, 0
    return state.st_mtime_ns, state.st_ino, state.st_size


def _why_not(folder: Path) -> str:
    if not (folder / "sweep.csv").is_file():
        return (
            f"{REPORT} still shows the segments before the edit: for a page of the edited ones, "
            f"assign the table with --segments {folder} into another folder."
        )
    return (
        f"{REPORT} still shows the segments before the edit, because the folder lacks files that "
        "the page needs: discover again into another folder with this version and edit there."
    )
