"""What encoders make of the same rows and segments, side by side."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.encoders import Readability, TfidfEncoder, Vectors
from coterie.metrics import pairwise_agreement
from coterie.segments.assigning.scores import AssignmentScores
from coterie.segments.assignments import Assignments
from coterie.segments.model import Segmentation

__all__ = ["Comparison", "EncoderRun", "RunCosts"]


@dataclass(frozen=True, slots=True)
class RunCosts:
    """What an encoder costs, whatever the cache already holds.

    Attributes
    ----------
    texts_per_second
        Texts embedded a second, measured without the cache on up to 256 of them; NaN where vectors
        were given.
    seconds
        What all texts take at that speed.
    load_seconds
        Wall seconds of loading the encoder.
    peak_mib
        The highest memory of the process in MiB, NaN where unknown.
    """

    texts_per_second: float
    seconds: float
    load_seconds: float
    peak_mib: float


@dataclass(frozen=True, slots=True, eq=False)
class EncoderRun:
    """What one encoder makes of the rows.

    Attributes
    ----------
    name
        Name that the encoder was asked for by.
    segmentation, assignments
        The segments as it embeds them, and where it put the n rows.
    scores, classes
        See `coterie.segments.assigning.scores.score_assignments`.
    costs
        Time and memory.
    readability
        What the encoder can read of the texts.
    """

    name: str
    segmentation: Segmentation
    assignments: Assignments
    scores: AssignmentScores
    classes: pd.DataFrame
    costs: RunCosts
    readability: Readability


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """What encoders make of the same rows and segments.

    Attributes
    ----------
    runs
        One an encoder, in the order they were named.
    vectors
        Shape (n, dim), float32: the rows by the first encoder, so that they can be kept.
    truth
        Shape (n,): true segment ids or None, see `match_labels`; None without labels.
    fitted
        The first encoder, where it learnt from a table and has to be kept with what it made.
    readable
        Shape (n,): share of each text that the first encoder reads; None where it reads at least
        half of every text.
    unreachable
        Encoders that were asked for and could not be loaded, and why.
    """

    runs: tuple[EncoderRun, ...]
    vectors: Vectors
    truth: npt.NDArray[np.object_] | None
    fitted: TfidfEncoder | None
    readable: npt.NDArray[np.float32] | None = None
    unreachable: Mapping[str, str] = field(default_factory=dict)

    @property
    def best(self) -> EncoderRun:
        """The run of the first encoder that could be loaded, the one that counts."""
        return self.runs[0]

    @property
    def side_by_side(self) -> pd.DataFrame:
        """A column of segment ids for each encoder, n rows."""
        return pd.DataFrame({run.name: run.assignments.segments for run in self.runs})

    @property
    def encoders(self) -> pd.DataFrame:
        """One row an encoder: ``encoder``, ``dim``, and its scores and costs."""
        return pd.DataFrame(
            {
                "encoder": run.name,
                "dim": run.segmentation.encoder.dim,
                **asdict(run.scores),
                **asdict(run.costs),
            }
            for run in self.runs
        )

    @property
    def agreement(self) -> pd.DataFrame:
        """One row a pair of encoders, see `coterie.metrics.pairwise_agreement`.

        Rows that both put outside are agreed on too.
        """
        return pairwise_agreement(
            {run.name: [s or "outside" for s in run.assignments.segments] for run in self.runs}
        )

    @property
    def classes(self) -> pd.DataFrame:
        """One row an encoder and segment: ``encoder``, and the columns of `score_assignments`."""
        by_encoder = {run.name: run.classes for run in self.runs}
        return (
            pd.concat(by_encoder, names=["encoder"]).reset_index("encoder").reset_index(drop=True)
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the tables for JSON, figures rounded; None for what is not known.

        ``encoders`` and ``classes`` hold one entry an encoder, by its name: its scores and costs,
        and a list with one row a segment. ``agreement`` is a list with one row a pair of encoders.
        ``readability`` holds what each encoder can read of the texts, ``unreachable`` why others
        could not be loaded.
        """
        return {
            "encoders": {row.pop("encoder"): row for row in _plain(self.encoders)},
            "classes": {run.name: _plain(run.classes) for run in self.runs},
            "agreement": _plain(self.agreement),
            "readability": {run.name: run.readability.to_dict() for run in self.runs},
            "unreachable": dict(self.unreachable),
        }


def _plain(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {str(key): _rounded(value) for key, value in row.items()}
        for row in frame.to_dict("records")
    ]


def _rounded(value: Any) -> Any:
    if not isinstance(value, float):
        return value
    return round(value, 6) if math.isfinite(value) else None
