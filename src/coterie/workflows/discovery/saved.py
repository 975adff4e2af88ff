"""A discovery from its folder, and as it is after an edit."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pydantic import TypeAdapter, ValidationError

from coterie.encoders import TfidfEncoder, load_encoder
from coterie.errors import StoreError
from coterie.options import NamingSettings
from coterie.segments import (
    Assignments,
    Discovery,
    Segmentation,
    StoredRows,
    counted,
    load_rows,
    load_segmentation,
    sign,
)
from coterie.segments.taxonomy.folder import SegmentEdit, fitted_encoder
from coterie.workflows.discovery.discover import DiscoverResult
from coterie.workflows.discovery.figures import MakingFigures, TableFigures
from coterie.workflows.discovery.model_names import name_by_model

__all__ = [
    "SavedDiscovery",
    "edit_discovery",
    "load_discovery",
    "name_discovery",
    "read_discovery",
]

_SWEEP = {"groups", "silhouette", "stability", "score", "chosen"}


@dataclass(frozen=True, slots=True, eq=False)
class SavedDiscovery:
    """The parts of a discovery in a folder, none of which an edit changes but the groups.

    Attributes
    ----------
    rows, discovery, table, making, rejects, encoder
        See `DiscoverResult.of`.
    """

    rows: StoredRows
    discovery: Discovery
    table: TableFigures
    making: MakingFigures
    rejects: pd.DataFrame
    encoder: TfidfEncoder | None

    @property
    def segmentation(self) -> Segmentation:
        """The groups."""
        return self.discovery.segmentation

    def result(self) -> DiscoverResult:
        """Compare the groups with the labels, and count them."""
        return DiscoverResult.of(
            self.rows, self.discovery, self.table, self.making, self.rejects, self.encoder
        )

    def edited(self, edit: SegmentEdit) -> SavedDiscovery:
        """Apply an edit: a segmentation and its rows in, the new segmentation out.

        The number of groups was chosen as ``sweep`` tells, whatever was edited since.
        """
        after = edit(self.segmentation, self.rows)
        assignments = after.predict(self.rows.vectors, readable=self.rows.readable)
        discovery = replace(
            self.discovery, segmentation=counted(after, assignments), assignments=assignments
        )
        return replace(self, discovery=discovery)


def read_discovery(
    folder: Path | str, rows: StoredRows | None = None, assignments: Assignments | None = None
) -> SavedDiscovery:
    """Read the parts of a discovery from the folder that it was saved in.

    Nothing is embedded. Rows go where the segmentation sends them now, edits included.

    Parameters
    ----------
    folder
        Where it was saved.
    rows, assignments
        The rows of the folder and where its segmentation sends them, where these are known; they
        are read and computed when None.

    Raises
    ------
    StoreError
        When the folder does not hold all parts of a discovery.
    EncoderMismatchError
        When its rows are of another encoder than its segmentation.
    """
    home = Path(folder)
    segmentation = load_segmentation(home)
    rows = load_rows(home) if rows is None else rows
    try:
        written = json.loads((home / "metrics.json").read_text(encoding="utf-8"))
        sweep = pd.read_csv(home / "sweep.csv", float_precision="round_trip")
        rejects = _rejects(home / "quarantine.csv")
    except (OSError, ValueError) as error:
        raise StoreError(f"{home} does not hold a whole discovery ({error}).") from error
    table, making = _figures(home, written)
    if rows.picture is None or not {*sweep.columns} >= _SWEEP:
        raise _earlier(home)
    if "runner_up" in sweep:  # an earlier version
        near = sweep.pop("runner_up") | sweep["chosen"]
        sweep.insert(len(sweep.columns) - 1, "supported", near)
    own = fitted_encoder(home)
    encoder = None if own is None else load_encoder(str(own))
    if assignments is None:
        assignments = segmentation.predict(
            rows.vectors, fingerprint=rows.fingerprint, readable=rows.readable
        )
    discovery = Discovery(
        segmentation,
        assignments,
        sweep,
        rows.picture.ends,
        rows.picture.layout,
        making.method,
        making.seconds,
    )
    fitted = encoder if isinstance(encoder, TfidfEncoder) else None
    return SavedDiscovery(rows, discovery, table, making, rejects, fitted)


def load_discovery(folder: Path | str) -> DiscoverResult:
    """Read a discovery back, see `read_discovery`, and compare it with the labels."""
    return read_discovery(folder).result()


def edit_discovery(result: DiscoverResult, edit: SegmentEdit) -> DiscoverResult:
    """Apply an edit; the figures and the agreement with labels follow.

    See `SavedDiscovery.edited`.
    """
    figures = result.figures
    saved = SavedDiscovery(
        result.rows,
        result.discovery,
        figures.table,
        figures.making,
        result.rejects,
        result.encoder,
    )
    return saved.edited(edit).result()


def name_discovery(
    result: DiscoverResult, options: NamingSettings, *, by: str | None = None
) -> DiscoverResult:
    """Have a language model name the groups of a discovery; rows stay where they are.

    Parameters
    ----------
    result
        The discovery.
    options
        Which model, and how names should be.
    by
        Who asks for it, as for `coterie.segments.sign`.

    Raises
    ------
    SegmentError, InputError, OptionError, LanguageModelError, MissingExtraError
        See `coterie.workflows.discovery.model_names.name_by_model`.
    """
    figures = result.figures
    naming = name_by_model(result.segmentation, result.rows, options, seed=figures.making.seed)
    after = sign(result.segmentation, naming.segmentation, by)
    naming = replace(naming, segmentation=after)
    making = replace(figures.making, naming=naming.figures.to_dict())
    discovery = replace(result.discovery, segmentation=after)
    return DiscoverResult.of(
        result.rows, discovery, figures.table, making, result.rejects, result.encoder, naming
    )


def _figures(home: Path, written: Any) -> tuple[TableFigures, MakingFigures]:
    """Read the figures that no edit changes; a version that wrote no form had the same keys."""
    form = written.get("form", 1) if isinstance(written, dict) else None
    if form != DiscoverResult.form:
        raise StoreError(f"{home}/metrics.json is of another form ({form}): discover again.")
    try:
        return (
            TypeAdapter(TableFigures).validate_python(written),
            TypeAdapter(MakingFigures).validate_python(written),
        )
    except ValidationError:
        raise _earlier(home) from None


def _earlier(home: Path) -> StoreError:
    return StoreError(
        f"{home} holds the discovery of an earlier version: discover again into another folder."
    )


def _rejects(path: Path) -> pd.DataFrame:
    if not path.is_file():
        return pd.DataFrame(columns=["row", "id", "reason", "text"])
    frame = pd.read_csv(path, dtype={"id": object, "reason": object, "text": object})
    return frame.astype(object).where(frame.notna(), None).astype({"row": np.int64})
