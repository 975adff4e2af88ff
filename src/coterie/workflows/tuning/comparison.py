"""Two encoders judged alike: one discovery, one seed, on rows that neither has seen."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.encoders import Encoder, Vectors
from coterie.metrics import (
    ClusterScores,
    Cosines,
    few_shot_accuracy,
    label_cosines,
    purity_per_label,
    score_clusters,
)
from coterie.segments import Discovery, EncoderRef, find_groups

__all__ = ["Side", "judge", "verdict"]

Labels = npt.NDArray[np.object_]

_SHOTS = (1, 5, 10)
_NOTABLE = 0.02  # of ARI: two seeds of one discovery differ by as much
_NOTABLE_SHOTS = 0.01  # of accuracy


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """One encoder, judged on rows that training never saw.

    Attributes
    ----------
    encoder, fingerprint
        Of the encoder.
    discovery
        The groups that it leads to.
    scores, purity
        Of these groups beside the labels, see `coterie.metrics`.
    cosines
        Within and between labels.
    few_shot
        Accuracy from a few training rows of each label.
    """

    encoder: str
    fingerprint: str
    discovery: Discovery
    scores: ClusterScores
    purity: pd.DataFrame
    cosines: Cosines
    few_shot: pd.DataFrame

    def to_dict(self) -> dict[str, Any]:
        """Figures for ``metrics.json``."""
        scores = {name: _plain(value) for name, value in asdict(self.scores).items()}
        return {
            "encoder": self.encoder,
            "fingerprint": self.fingerprint,
            "groups": len(self.discovery.segmentation),
            **scores,
            "within": _plain(self.cosines.within_mean),
            "between": _plain(self.cosines.between_mean),
            "cosine_auc": _plain(self.cosines.auc),
            "d_prime": _plain(self.cosines.d_prime),
            "few_shot": {
                str(int(row["shots"])): {
                    "mean": _plain(row["mean"]),
                    "spread": _plain(row["spread"]),
                }
                for _, row in self.few_shot.iterrows()
            },
        }


def judge(
    encoder: Encoder,
    texts: list[str],
    vectors: Vectors,
    labels: Labels,
    examples: tuple[Vectors, Labels],
    *,
    seed: int,
) -> Side:
    """Judge an encoder.

    Parameters
    ----------
    encoder
        It made the vectors.
    texts, vectors, labels
        The n rows to judge it on; vectors of shape (n, d).
    examples
        Vectors and labels of training rows, from which few-shot examples are drawn.
    seed
        Of the discovery and of every draw.
    """
    ref = EncoderRef(encoder.name, encoder.fingerprint, encoder.dim)
    discovery = find_groups(texts, vectors, encoder=ref, seed=seed)
    found = np.array([segment or None for segment in discovery.assignments.segments], dtype=object)
    return Side(
        encoder=encoder.name,
        fingerprint=encoder.fingerprint,
        discovery=discovery,
        scores=score_clusters(found, labels),
        purity=purity_per_label(found, labels),
        cosines=label_cosines(vectors, labels, seed=seed),
        few_shot=few_shot_accuracy(*examples, vectors, labels, shots=_SHOTS),
    )


def verdict(base: Side, tuned: Side) -> str:
    """Say in words whether tuning helped, and by how much."""
    ari = tuned.scores.ari - base.scores.ari
    shots = _at(tuned, 5) - _at(base, 5)
    rows = f"on {base.scores.rows:,} rows that training never saw"
    figures = (
        f"agreement of the groups with the labels went from ARI {base.scores.ari:.2f} to "
        f"{tuned.scores.ari:.2f}, and accuracy from five examples a label from {_at(base, 5):.1%} "
        f"to {_at(tuned, 5):.1%}"
    )
    better = [ari > _NOTABLE, shots > _NOTABLE_SHOTS]
    worse = [ari < -_NOTABLE, shots < -_NOTABLE_SHOTS]
    if any(worse) and any(better):
        return f"A mixed result: {rows} {figures}. Choose by what you need it for."
    if any(worse):
        return f"Tuning did harm: {rows} {figures}. Keep the encoder as it was."
    if not any(better):
        return f"Tuning made no difference that counts: {rows} {figures}."
    much = "much " if ari > 0.1 or shots > 0.05 else ""
    return f"The tuned encoder is {much}better: {rows} {figures}."


def _at(side: Side, shots: int) -> float:
    table = side.few_shot
    return float(table.loc[table["shots"] == shots, "mean"].iloc[0])


def _plain(value: Any) -> Any:
    if isinstance(value, int | np.integer):
        return int(value)
    return None if np.isnan(value) else round(float(value), 6)
