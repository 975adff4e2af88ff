"""The figures of a discovery, as ``metrics.json`` holds them."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import Any, ClassVar

import numpy as np

from coterie.encoders import Readability
from coterie.metrics import ClusterScores
from coterie.segments import Discovery, EncoderRef
from coterie.workflows.dataset import Dataset
from coterie.workflows.discovery.families import families
from coterie.workflows.discovery.label_agreement import LabelAgreement

__all__ = ["DiscoveryFigures", "GroupFigures", "MakingFigures", "TableFigures", "versions"]

_LIBRARIES = ("coterie", "numpy", "scikit-learn", "graspologic-native", "umap-learn")


@dataclass(frozen=True, slots=True)
class TableFigures:
    """What was read; no edit changes it.

    Attributes
    ----------
    source
        File name, or what else was read.
    unit
        What one record is, in the plural.
    rows
        Records.
    rows_in, set_aside
        Rows of the source, and those of them that could not be used.
    reasons
        Why rows were set aside, each with its number of rows.
    distinct_texts
        Different texts among the records; 0 where they have none.
    texts_embedded
        Texts that were embedded: those of the records, or of their parts; 0 for vectors given.
    notes
        What was noticed or assumed while reading, one sentence each.
    reading
        How the table was read, so that later rows are read alike; empty in earlier versions.
    """

    source: str
    unit: str
    rows: int
    rows_in: int
    set_aside: int
    reasons: Mapping[str, int]
    distinct_texts: int
    texts_embedded: int
    notes: tuple[str, ...]
    reading: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, dataset: Dataset) -> TableFigures:
        """Count the records of a dataset."""
        records = dataset.records
        reasons = records.rejects["reason"].str.replace(r"\d[\d,]*", "…", regex=True)
        return cls(
            source=records.source,
            unit=dataset.unit,
            rows=len(records),
            rows_in=records.rows_in,
            set_aside=len(records.rejects),
            reasons={str(reason): int(rows) for reason, rows in reasons.value_counts().items()},
            distinct_texts=len(set(records.texts.tolist())) if records.has_texts else 0,
            texts_embedded=0 if records.vectors is not None else len(dataset.texts),
            notes=(*dataset.choices, *records.notes),
            reading=dict(dataset.schema),
        )


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """The groups and their families; edits change them.

    Attributes
    ----------
    groups
        Number of groups.
    range
        The fewest and the most groups that are about as well supported as those that were found.
    coverage
        Share of the records that are not outside, 0 to 1.
    confidence
        Mean over the records that are not outside, 0 to 1.
    statuses
        Status to the number of records that have it.
    labels
        Label column to the agreement of the groups with it.
    families
        Number of families; 0 where they are no level of their own.
    family_labels
        Label column to the agreement of the families with it.
    """

    groups: int
    range: tuple[int, int]
    coverage: float
    confidence: float
    statuses: Mapping[str, int]
    labels: Mapping[str, ClusterScores]
    families: int
    family_labels: Mapping[str, ClusterScores]

    @classmethod
    def of(cls, discovery: Discovery, compared: Sequence[LabelAgreement]) -> GroupFigures:
        """Count the groups of a discovery that was compared with labels."""
        rows = discovery.assignments
        inside = rows.statuses != "outside"
        return cls(
            groups=len(discovery.segmentation),
            range=discovery.range,
            coverage=rows.coverage,
            confidence=float(rows.confidences[inside].mean()) if inside.any() else 0.0,
            statuses={status: count for status, count in sorted(rows.counts().items()) if count},
            labels={each.column: each.scores for each in compared},
            families=len(set(families(discovery.segmentation.segments).values())),
            family_labels={each.column: each.coarse for each in compared if each.coarse},
        )


@dataclass(frozen=True, slots=True)
class MakingFigures:
    """How the groups were found, which no edit changes.

    Wall seconds, options, versions, what the encoder can read of the texts, and what came of naming
    by a language model, see `coterie.workflows.discovery.model_names.NamingFigures`.
    """

    seconds: Mapping[str, float]
    title: str
    method: str
    seed: int
    versions: Mapping[str, str]
    readability: Readability | None = None
    naming: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class DiscoveryFigures:
    """All figures of a discovery: what was read and found, how, and what made the vectors."""

    table: TableFigures
    groups: GroupFigures
    making: MakingFigures
    encoder: EncoderRef

    form: ClassVar[int] = 1

    def to_dict(self) -> dict[str, Any]:
        """Give the figures as JSON takes them, shares and scores to six decimals."""
        groups, making, encoder = self.groups, self.making, self.encoder
        return {
            "form": self.form,
            **asdict(self.table),
            "notes": list(self.table.notes),
            "groups": groups.groups,
            "range": list(groups.range),
            "coverage": round(groups.coverage, 6),
            "confidence": round(groups.confidence, 6),
            "statuses": dict(groups.statuses),
            "labels": _rounded(groups.labels),
            "families": {"groups": groups.families, "labels": _rounded(groups.family_labels)},
            "seconds": dict(making.seconds),
            "title": making.title,
            "method": making.method,
            "seed": making.seed,
            "encoder": {
                "name": encoder.name, "fingerprint": encoder.fingerprint, "dim": encoder.dim,
            },
            "versions": dict(making.versions),
            "readability": making.readability and making.readability.to_dict(),
            **({} if making.naming is None else {"naming": dict(making.naming)}),
        }  # fmt: skip


def versions() -> dict[str, str]:
    """Versions of Python and of the libraries that have a part in the groups."""
    found = {"python": platform.python_version()}
    for library in _LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            continue
    return found


def _rounded(scores: Mapping[str, ClusterScores]) -> dict[str, dict[str, float | None]]:
    return {
        column: {
            name: None if np.isnan(value) else round(value, 6)
            for name, value in asdict(each).items()
        }
        for column, each in scores.items()
    }
