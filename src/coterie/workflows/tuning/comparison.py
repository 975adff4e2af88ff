"""Two encoders judged alike: one discovery, one seed, on rows that neither has seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

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

__all__ = ["FewShotAccuracy", "JudgedEncoder", "compare", "judge", "verdict"]

Labels = npt.NDArray[np.object_]
Outcome = Literal["better", "better groups", "better few-shot", "same", "mixed", "worse"]

_SHOTS = (1, 5, 10)
# Two seeds of one discovery differ by as much as _NOTABLE, see docs/methodology.md; _MUCH is a
# judgement, not measured.
_NOTABLE, _MUCH = 0.02, 0.1  # of ARI
_NOTABLE_SHOTS, _MUCH_SHOTS = 0.01, 0.05  # of accuracy


@dataclass(frozen=True, slots=True)
class FewShotAccuracy:
    """Accuracy from a few rows of each label: mean and standard deviation of several draws."""

    mean: float
    spread: float


@dataclass(frozen=True, slots=True, eq=False)
class JudgedEncoder:
    """One encoder, judged on test rows, which training never saw.

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
        Training rows of each label to the accuracy that they lead to.
    """

    encoder: str
    fingerprint: str
    discovery: Discovery
    scores: ClusterScores
    purity: pd.DataFrame
    cosines: Cosines
    few_shot: Mapping[int, FewShotAccuracy]

    def to_dict(self) -> dict[str, Any]:
        """Give all figures, as JSON takes them."""
        cosines = self.cosines
        return {
            "encoder": self.encoder,
            "fingerprint": self.fingerprint,
            **_rounded(asdict(self.scores)),
            **_rounded({"within": cosines.within_mean, "between": cosines.between_mean}),
            **_rounded({"cosine_auc": cosines.auc, "d_prime": cosines.d_prime}),
            "few_shot": {str(n): _rounded(asdict(each)) for n, each in self.few_shot.items()},
        }


def judge(
    encoder: Encoder,
    texts: list[str],
    vectors: Vectors,
    labels: Labels,
    examples: tuple[Vectors, Labels],
    *,
    seed: int,
) -> JudgedEncoder:
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
        Random seed of the discovery and of every draw.
    """
    ref = EncoderRef(encoder.name, encoder.fingerprint, encoder.dim)
    discovery = find_groups(texts, vectors, encoder=ref, seed=seed)
    found = np.array([segment or None for segment in discovery.assignments.segments], dtype=object)
    few_shot = few_shot_accuracy(*examples, vectors, labels, shots=_SHOTS)
    return JudgedEncoder(
        encoder=encoder.name,
        fingerprint=encoder.fingerprint,
        discovery=discovery,
        scores=score_clusters(found, labels),
        purity=purity_per_label(found, labels),
        cosines=label_cosines(vectors, labels, seed=seed),
        few_shot={
            int(shots): FewShotAccuracy(float(mean), float(spread))
            for shots, mean, spread in few_shot[["shots", "mean", "spread"]].to_numpy()
        },
    )


def compare(base: JudgedEncoder, tuned: JudgedEncoder) -> Outcome:
    """Tell whether tuning helped, by the groups (ARI) and by accuracy from five examples."""
    ari, shots = _differences(base, tuned)
    better = [ari > _NOTABLE, shots > _NOTABLE_SHOTS]
    if ari < -_NOTABLE or shots < -_NOTABLE_SHOTS:
        return "mixed" if any(better) else "worse"
    if all(better):
        return "better"
    return "better groups" if better[0] else "better few-shot" if better[1] else "same"


def verdict(base: JudgedEncoder, tuned: JudgedEncoder) -> str:
    """Say in words whether tuning helped, and by how much."""
    ari, shots = _differences(base, tuned)
    much = "much " if ari > _MUCH or shots > _MUCH_SHOTS else ""
    opening, advice = {
        "better": (f"The tuned encoder is {much}better", ""),
        "better groups": (f"The tuned encoder finds {much}better groups", ""),
        "better few-shot": (f"The tuned encoder is {much}better with few examples", ""),
        "same": ("Tuning made no notable difference", ""),
        "mixed": ("A mixed result", " Choose by what you need the encoder for."),
        "worse": ("Tuning made the encoder worse", " Keep the base encoder."),
    }[compare(base, tuned)]
    return (
        f"{opening}: on {base.scores.rows:,} test rows, the adjusted Rand index (ARI) of groups "
        f"and labels went from {base.scores.ari:z.2f} to {tuned.scores.ari:z.2f}, and accuracy "
        f"from five examples a label from {base.few_shot[5].mean:.1%} to "
        f"{tuned.few_shot[5].mean:.1%}.{advice}"
    )


def _differences(base: JudgedEncoder, tuned: JudgedEncoder) -> tuple[float, float]:
    shots = tuned.few_shot[5].mean - base.few_shot[5].mean
    return tuned.scores.ari - base.scores.ari, shots


def _rounded(figures: Mapping[str, float]) -> dict[str, float | None]:
    return {name: None if np.isnan(x) else round(x, 6) for name, x in figures.items()}
