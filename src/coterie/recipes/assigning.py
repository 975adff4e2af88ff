"""The stage that assigns records to segments written by hand, encoders side by side."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coterie.embed import EmbeddingCache, Vectors
from coterie.recipes.drafts import replacing_files
from coterie.recipes.material import Material
from coterie.records import write_csv
from coterie.segments.assign import compare_encoders
from coterie.segments.comparison import Assigned, Comparison
from coterie.segments.folder import save_folder
from coterie.segments.lookup import fold
from coterie.segments.nomenclature import Nomenclature, load_nomenclature
from coterie.segments.rows import Rows
from coterie.segments.scores import is_missing

__all__ = ["AssignResult", "run_assign"]

_REPORT = "report.html"
_FILES = (
    _REPORT, "assignments.csv", "side_by_side.csv", "metrics.json", "segments.json",
    "rows.parquet", "encoder", "router-*.safetensors",
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class AssignResult:
    """What all encoders make of the records, the first of them the one that counts.

    Attributes
    ----------
    material, nomenclature
        The records, and the segments they were assigned to.
    compared
        What each encoder makes of the records.
    label
        The column of labels that names segments, or "".
    metrics
        What ``metrics.json`` holds.
    folder
        Where the files are.
    """

    material: Material
    nomenclature: Nomenclature
    compared: Comparison
    label: str
    metrics: Mapping[str, Any]
    folder: Path

    @property
    def report(self) -> Path:
        """The page."""
        return self.folder / _REPORT


def run_assign(
    material: Material,
    nomenclature: str | Path,
    encoders: Sequence[str],
    out: str | Path,
    *,
    cache: EmbeddingCache | None = None,
    token: str | None = None,
    layout: Vectors | None = None,
) -> AssignResult:
    """Assign records to the nearest segment of a nomenclature, by cosine, and write it down.

    The folder gets ``report.html``, ``assignments.csv`` and the segmentation of the first encoder,
    ``metrics.json``, and ``side_by_side.csv`` when there are several. One encoder is in memory at
    a time.

    Parameters
    ----------
    material
        The n records.
    nomenclature
        A TOML file, or the name of a built-in one.
    encoders
        Names, at least one.
    out
        The folder.
    cache
        Where vectors are kept; the user's own when None.
    token
        Hub token; written nowhere.
    layout
        Shape (n, 2): where to draw each record, or None for no map.

    Raises
    ------
    InputError, OptionError
        When the nomenclature cannot be read.
    EncoderError
        When an encoder cannot be had.

    Warns
    -----
    CoterieWarning
        Names the segments that no label has.
    """
    from coterie.recipes.assign_page import assign_page

    known = load_nomenclature(nomenclature)
    label, labels = _labels(material, known)
    names = list(dict.fromkeys(encoders))
    kept = EmbeddingCache() if cache is None else cache
    compared = compare_encoders(material, known, names, labels, kept, token=token)
    metrics = _metrics(compared, label)
    result = AssignResult(material, known, compared, label, metrics, Path(out))
    records, best = material.records, compared.best
    fingerprint = best.segmentation.encoder.fingerprint
    rows = Rows(records.ids, records.texts, compared.vectors, fingerprint)
    with replacing_files(result.folder, owned=_FILES, last=_REPORT) as draft:
        save_folder(draft, best.segmentation, rows, best.assignments, compared.fitted)
        if len(compared.runs) > 1:
            side_by_side = compared.side_by_side
            side_by_side.insert(0, "id", records.ids, allow_duplicates=True)
            write_csv(side_by_side, draft / "side_by_side.csv")
        text = json.dumps(metrics, indent=2, ensure_ascii=False, allow_nan=False)
        (draft / "metrics.json").write_text(text + "\n", encoding="utf-8")
        assign_page(result, layout).write(draft / _REPORT)
    return result


def _labels(
    material: Material, nomenclature: Nomenclature
) -> tuple[str, Sequence[str | None] | None]:
    """Find the column of labels that names segments."""
    names = {fold(key) for s in nomenclature.segments for key in (s.id, s.name)}
    for column, labels in material.records.labels.items():
        if any(label is not None and fold(label) in names for label in labels):
            return column, labels.tolist()
    return "", None


def _metrics(compared: Comparison, label: str) -> dict[str, Any]:
    return {
        "rows": len(compared.vectors),
        "label": label or None,
        "encoders": {run.name: _plain(_figures(run)) for run in compared.runs},
        "assigned": {
            run.name: dict(zip(run.classes["name"], map(int, run.classes["assigned"]), strict=True))
            for run in compared.runs
        },
        "agreement": [_plain(row) for row in compared.agreement.to_dict("records")],
    }


def _figures(run: Assigned) -> dict[str, Any]:
    dim, seconds = run.segmentation.encoder.dim, run.costs["seconds"]
    return {**run.scores, "dim": dim, "seconds": seconds}


def _plain(row: Mapping[Any, Any]) -> dict[str, Any]:
    """Figures as JSON holds them; None for what is not known."""
    rounded = {str(k): round(v, 6) if isinstance(v, float) else v for k, v in row.items()}
    return {name: None if is_missing(value) else value for name, value in rounded.items()}
