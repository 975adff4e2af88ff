"""The stage that assigns records to segments written by hand, encoders side by side."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.embed import EmbeddingCache, Encoder, TfidfEncoder, Vectors, load_encoder
from coterie.evaluate import pairwise_agreement
from coterie.recipes.drafts import replacing_files
from coterie.recipes.material import Material
from coterie.records import write_csv
from coterie.segments import Assignments, Segmentation
from coterie.segments.folder import save_rows, write_assignments
from coterie.segments.lookup import fold
from coterie.segments.nomenclature import (
    Nomenclature,
    load_nomenclature,
    segmentation_from_nomenclature,
    texts_of,
)
from coterie.segments.scores import match_labels, score_assignments
from coterie.segments.store import save_segmentation

__all__ = ["AssignResult", "Assigned", "run_assign"]

_REPORT = "report.html"
_FILES = (
    _REPORT, "assignments.csv", "side_by_side.csv", "metrics.json", "segments.json",
    "rows.parquet", "encoder", "router-*.safetensors",
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Assigned:
    """What one encoder makes of the records.

    Attributes
    ----------
    encoder
        Name of the encoder.
    segmentation, assignments
        The segments as it embeds them, and where it put the n records.
    scores
        ``accuracy`` (NaN without labels), ``labelled``, ``coverage``, ``sure``, ``dim``,
        ``seconds`` (wall, without loading).
    classes
        See `coterie.segments.scores.score_assignments`.
    """

    encoder: str
    segmentation: Segmentation
    assignments: Assignments
    scores: Mapping[str, float]
    classes: pd.DataFrame


@dataclass(frozen=True, slots=True, eq=False)
class AssignResult:
    """What all encoders make of the records, the first of them the one that counts.

    Attributes
    ----------
    material, nomenclature
        The records, and the segments they were assigned to.
    runs
        One an encoder.
    truth
        Shape (n,): true segment ids or None; None where no column of labels names segments.
    label
        That column, or "".
    agreement
        One row a pair of encoders, see `coterie.evaluate.pairwise_agreement`.
    metrics
        What ``metrics.json`` holds.
    folder
        Where the files are.
    """

    material: Material
    nomenclature: Nomenclature
    runs: Sequence[Assigned]
    truth: npt.NDArray[np.object_] | None
    label: str
    agreement: pd.DataFrame
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
    label, truth = _truth(material, known)
    runs: list[Assigned] = []
    first: tuple[Vectors, Encoder] | None = None
    for name in dict.fromkeys(encoders):
        run, vectors, encoder = _run(name, material, known, truth, cache, token)
        runs.append(run)
        first = first or (vectors, encoder)
    assert first is not None
    agreement = pairwise_agreement({run.encoder: run.assignments.segments for run in runs})
    metrics = _metrics(material, runs, agreement, label)
    result = AssignResult(material, known, runs, truth, label, agreement, metrics, Path(out))
    ids, best = material.records.ids.tolist(), runs[0]
    with replacing_files(result.folder, owned=_FILES, last=_REPORT) as draft:
        save_segmentation(best.segmentation, draft)
        save_rows(
            draft,
            ids,
            material.records.texts.tolist(),
            first[0],
            fingerprint=best.segmentation.encoder.fingerprint,
        )
        if isinstance(first[1], TfidfEncoder):
            first[1].save(draft / "encoder")  # it learnt from these texts, and is nowhere else
        write_assignments(draft, best.segmentation, ids, best.assignments)
        if len(runs) > 1:
            columns = {run.encoder: run.assignments.segments for run in runs}
            write_csv(pd.DataFrame({"id": ids, **columns}), draft / "side_by_side.csv")
        text = json.dumps(metrics, indent=2, ensure_ascii=False, allow_nan=False)
        (draft / "metrics.json").write_text(text + "\n", encoding="utf-8")
        assign_page(result, layout).write(draft / _REPORT)
    return result


def _truth(
    material: Material, nomenclature: Nomenclature
) -> tuple[str, npt.NDArray[np.object_] | None]:
    """Find the column of labels that names segments, and the segment id of each record."""
    names = {fold(key) for s in nomenclature.segments for key in (s.id, s.name)}
    for column, labels in material.records.labels.items():
        if any(label is not None and fold(label) in names for label in labels):
            return column, match_labels(labels.tolist(), nomenclature.segments)
    return "", None


def _run(
    name: str,
    material: Material,
    nomenclature: Nomenclature,
    truth: npt.NDArray[np.object_] | None,
    cache: EmbeddingCache | None,
    token: str | None,
) -> tuple[Assigned, Vectors, Encoder]:
    """Load one encoder, assign with it, and release it."""
    fit_on = [*material.texts, *texts_of(nomenclature)[0]]
    encoder = load_encoder(name, token=token, fit_on=fit_on)
    start = time.perf_counter()
    segmentation = segmentation_from_nomenclature(nomenclature, encoder)
    pooled = replace(segmentation.encoder, pooling=material.pooling)
    segmentation = replace(segmentation, encoder=pooled)
    vectors = material.embed(encoder, EmbeddingCache() if cache is None else cache)
    assignments = segmentation.predict(vectors, fingerprint=encoder.fingerprint)
    seconds = time.perf_counter() - start
    scores, classes = score_assignments(assignments, nomenclature.segments, truth)
    if hasattr(encoder, "release"):
        encoder.release()
    scores |= {"dim": encoder.dim, "seconds": seconds}
    return Assigned(name, segmentation, assignments, scores, classes), vectors, encoder


def _metrics(
    material: Material, runs: Sequence[Assigned], agreement: pd.DataFrame, label: str
) -> dict[str, Any]:
    return {
        "rows": len(material.records),
        "label": label or None,
        "encoders": {
            run.encoder: {name: _plain(value) for name, value in run.scores.items()} for run in runs
        },
        "assigned": {
            run.encoder: dict(
                zip(run.classes["name"], map(int, run.classes["assigned"]), strict=True)
            )
            for run in runs
        },
        "agreement": [
            {str(key): _plain(value) for key, value in row.items()}
            for row in agreement.to_dict("records")
        ],
    }


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return None if np.isnan(value) else round(value, 6)
    return value
