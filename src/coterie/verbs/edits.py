"""Edits of a discovery's folder, which its tables, figures and page follow."""

from __future__ import annotations

import warnings
from pathlib import Path

from coterie.errors import CoterieWarning, StoreError
from coterie.files import write_json
from coterie.outputs import claim_folder
from coterie.pages.discovery.page import discover_page
from coterie.progress import current
from coterie.records import write_csv
from coterie.segments.taxonomy.edits import sign
from coterie.segments.taxonomy.folder import Edit, SegmentEdit, edit_folder, save_edit
from coterie.verbs.discovery import FILES
from coterie.verbs.saving import METRICS, REPORT
from coterie.workflows.discovery.discover import DiscoverResult
from coterie.workflows.discovery.model_names import EXCHANGES
from coterie.workflows.discovery.saved import edit_discovery, load_discovery

__all__ = ["edit_saved", "write_edited"]


def edit_saved(folder: Path | str, edit: SegmentEdit, *, by: str | None = None) -> Edit:
    """Edit the segmentation of a folder, and bring its tables, figures and page in step.

    Nothing is embedded, and every row stays where it was on the map. Parameters and errors are
    those of `coterie.segments.edit_folder`, and those of `coterie.outputs.claim_folder`; ``by`` is
    as for `coterie.segments.sign`.

    Warns
    -----
    CoterieWarning
        When the folder lacks what its page needs, with how to get a page that follows edits.
    """
    home = Path(folder)
    with claim_folder(home, by="segments", writes=FILES.all, edits=None) as claim:
        done = _edit(home, lambda before, rows: sign(before, edit(before, rows), by))
        claim.add_edits([change.line for change in done.changes])
    return done


def _edit(home: Path, edit: SegmentEdit) -> Edit:
    try:
        before = load_discovery(home)
    except StoreError:
        done = edit_folder(home, edit)
        if (home / REPORT).is_file():
            warnings.warn(_why_not(home), CoterieWarning, stacklevel=2)
        return done
    return write_edited(home, before, edit_discovery(before, edit))


def write_edited(home: Path, before: DiscoverResult, after: DiscoverResult) -> Edit:
    """Write an edited discovery over the one that it was, in a folder that is claimed."""
    old, new = before.discovery.assignments, after.discovery.assignments
    with current().stage("Writing the report"):
        page = discover_page(after)
        done = save_edit(home, before.segmentation, after.segmentation, after.rows, old, new)
        for name, table in after.tables.items():
            write_csv(table, home / name)
        if after.naming is not None:
            after.naming.write_exchanges(home / EXCHANGES)
        write_json(home / METRICS, after.to_dict())
        page.write(home / REPORT)
    return done


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
