"""Two encoders judged alike: one discovery, one seed, on rows that neither has seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.encoders import Encoder, Vectors
from coterie.formatting import counted
from coterie.metrics import (
    ClusterScores,
    Cosines,
    Difference,
    Paired,
    adjust_p_values,
    differ,
    few_shot_hits,
    label_cosines,
    paired_difference,
    paired_groups,
    paired_means,
    purity_per_label,
    score_clusters,
)
from coterie.segments import Discovery, EncoderRef, find_groups

__all__ = ["EncoderComparison", "FewShotAccuracy", "JudgedEncoder", "compare_encoders", "judge"]

Labels = npt.NDArray[np.object_]
Outcome = Literal["better", "better groups", "better few-shot", "same", "mixed", "worse"]

_SHOTS, _FIVE = (1, 5, 10), 5
# Two seeds of one discovery differ by as much as _NOTABLE, see docs/methodology.md; _MUCH is a
# judgement, not measured.
_NOTABLE, _MUCH = 0.02, 0.1  # of ARI
_NOTABLE_SHOTS, _MUCH_SHOTS = 0.01, 0.05  # of accuracy
_FALL = 0.1  # of purity, named also where it may be chance: a judgement, not measured
_NAMED = 3  # labels in a sentence


@dataclass(frozen=True, slots=True)
class FewShotAccuracy:
    """Accuracy from a few rows of each label: mean and standard deviation of several draws."""

    mean: float
    spread: float

    @classmethod
    def of(cls, hits: npt.NDArray[np.bool_]) -> FewShotAccuracy:
        """Score draws of m rows each, see `coterie.metrics.few_shot_hits`."""
        scores = hits.mean(axis=1)
        return cls(float(scores.mean()), float(scores.std(ddof=1)))


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
    groups
        Shape (n,): the group of each row, None where it is outside.
    right
        Shape (n,): share of the draws of five examples by which each row is right.
    """

    encoder: str
    fingerprint: str
    discovery: Discovery
    scores: ClusterScores
    purity: pd.DataFrame
    cosines: Cosines
    few_shot: Mapping[int, FewShotAccuracy]
    groups: Labels
    right: npt.NDArray[np.float64]

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
    hits = few_shot_hits(*examples, vectors, labels, shots=_SHOTS)
    return JudgedEncoder(
        encoder=encoder.name,
        fingerprint=encoder.fingerprint,
        discovery=discovery,
        scores=score_clusters(found, labels),
        purity=purity_per_label(found, labels),
        cosines=label_cosines(vectors, labels, seed=seed),
        few_shot={shots: FewShotAccuracy.of(draws) for shots, draws in hits.items()},
        groups=found,
        right=hits[_FIVE].mean(axis=0),
    )


@dataclass(frozen=True, slots=True, eq=False)
class EncoderComparison:
    """A tuned encoder beside its base: what may be said to differ on the same test rows.

    Attributes
    ----------
    base, tuned
        Both encoders.
    ari, few_shot
        By how much the tuned one is higher, in the ARI and in the accuracy from five examples.
    coverage
        By how much more rows it places in a group.
    purity
        One row a label: ``label``, ``base`` and ``tuned`` (purity of its group, NaN where all its
        rows are outside), ``p_adjusted`` and ``significant``, see `coterie.metrics.differ`.
    """

    base: JudgedEncoder
    tuned: JudgedEncoder
    ari: Difference
    few_shot: Difference
    coverage: Paired
    purity: pd.DataFrame

    @property
    def outcome(self) -> Outcome:
        """Whether tuning helped, by the groups (ARI) and by accuracy from five examples."""
        ways = self._ari_way, self._few_shot_way
        if min(ways) < 0:
            return "mixed" if max(ways) > 0 else "worse"
        if min(ways) > 0:
            return "better"
        return "better groups" if ways[0] else "better few-shot" if ways[1] else "same"

    @property
    def verdict(self) -> str:
        """Whether tuning helped, by how much, and what has become worse, in words."""
        was, now = self.base, self.tuned
        much = self._ari_way > 0 and self.ari.difference > _MUCH
        much |= self._few_shot_way > 0 and self.few_shot.difference > _MUCH_SHOTS
        word = "much " if much else ""
        opening, advice = {
            "better": (f"The tuned encoder is {word}better", ""),
            "better groups": (f"The tuned encoder finds {word}better groups", ""),
            "better few-shot": (f"The tuned encoder is {word}better with few examples", ""),
            "same": ("Tuning made no significant difference", ""),
            "mixed": ("A mixed result", " Choose by what you need the encoder for."),
            "worse": ("Tuning made the encoder worse", " Keep the base encoder."),
        }[self.outcome]
        told = [
            f"{opening}: on {was.scores.rows:,} test rows, the adjusted Rand index (ARI) of groups "
            f"and labels went from {_ari(was)} to {_ari(now)}, and accuracy from five examples a "
            f"label from {_five(was)} to {_five(now)}.{advice}",
            *self._coverage_in_words(),
            *self._purity_in_words(),
        ]
        return " ".join(told)

    def to_dict(self) -> dict[str, Any]:
        """Give the differences, as JSON takes them."""
        return {
            "outcome": self.outcome,
            "ari": _rounded(asdict(self.ari)),
            "few_shot": _rounded(asdict(self.few_shot)),
            "coverage": _rounded(asdict(self.coverage)),
            "purity": [
                {
                    "label": label,
                    **_rounded({"base": was, "tuned": now, "p_adjusted": p}),
                    "significant": bool(significant),
                }
                for label, was, now, p, significant in self.purity.itertuples(index=False)
            ],
        }

    @property
    def _p_values(self) -> list[float]:
        """Of the ARI, of few examples and of the coverage, corrected for being three."""
        found = (self.ari, self.few_shot, self.coverage)
        return [float(p) for p in adjust_p_values([each.p_value for each in found])]

    @property
    def _ari_way(self) -> int:
        """1 where the ARI rose, -1 where it fell, 0 where it may not be said to differ."""
        shown = _ari(self.base), _ari(self.tuned)
        return _way(self.ari.difference, _NOTABLE, self._p_values[0], *shown)

    @property
    def _few_shot_way(self) -> int:
        shown = _five(self.base), _five(self.tuned)
        return _way(self.few_shot.difference, _NOTABLE_SHOTS, self._p_values[1], *shown)

    def _coverage_in_words(self) -> Iterator[str]:
        was, now = (f"{side.scores.coverage:.1%}" for side in (self.base, self.tuned))
        if _way(self.coverage.difference, 0, self._p_values[2], was, now) < 0:
            yield f"Fewer rows are placed in a group: coverage fell from {was} to {now}."

    def _purity_in_words(self) -> Iterator[str]:
        lost = self.purity["tuned"].isna() & self.purity["base"].notna()
        fell = self.purity.assign(fall=self.purity["base"] - self.purity["tuned"])
        fell = fell.sort_values("fall", ascending=False, kind="stable")
        sure = fell[fell["significant"] & (fell["fall"] > 0)]
        perhaps = fell[~fell["significant"] & (fell["fall"] >= _FALL)]
        if len(sure):
            yield f"The purity of the group fell for {_named_falls(sure)}."
        if len(perhaps):
            what = "It also" if len(sure) else "The purity of the group"
            yield f"{what} fell for {_named_falls(perhaps)}, which is not significant."
        if lost.any():
            names = self.purity.loc[lost, "label"].tolist()
            yield f"No row of {_listed(names)} is in a group any more."


def compare_encoders(
    base: JudgedEncoder, tuned: JudgedEncoder, labels: Labels
) -> EncoderComparison:
    """Compare two encoders on the same n test rows, whose labels are given, shape (n,)."""
    placed = [np.array([name is not None for name in side.groups]) for side in (tuned, base)]
    return EncoderComparison(
        base=base,
        tuned=tuned,
        ari=paired_groups(tuned.groups, base.groups, labels),
        few_shot=paired_means(tuned.right, base.right),
        coverage=paired_difference(*placed),
        purity=_purities(base, tuned),
    )


def _purities(base: JudgedEncoder, tuned: JudgedEncoder) -> pd.DataFrame:
    """Lay out the purity of each label's group, and whether the two may be said to differ.

    The test is Fisher's exact one of the rows of the two groups. They share rows, so it is strict.
    """
    columns = ["label", "purity_of_best", "rows_of_best"]
    both = base.purity[columns].merge(tuned.purity[columns], on="label", suffixes=("_a", "_b"))
    p_values = adjust_p_values(
        [
            _fisher(*row)
            for row in both[
                ["purity_of_best_a", "rows_of_best_a", "purity_of_best_b", "rows_of_best_b"]
            ].itertuples(index=False)
        ]
    )
    was, now = both["purity_of_best_a"], both["purity_of_best_b"]
    significant = [
        differ(p, f"{one:.0%}", f"{other:.0%}")
        for p, one, other in zip(p_values, was, now, strict=True)
    ]
    return pd.DataFrame(
        {
            "label": both["label"],
            "base": was,
            "tuned": now,
            "p_adjusted": p_values,
            "significant": significant,
        }
    )


def _fisher(was: float, rows_was: float, now: float, rows_now: float) -> float:
    """Give the p-value of two shares of so many rows; NaN where one is not known."""
    from scipy.stats import fisher_exact

    if np.isnan(was) or np.isnan(now):
        return float("nan")
    table = [
        [hits, round(rows) - hits]
        for rows, hits in ((rows_was, round(was * rows_was)), (rows_now, round(now * rows_now)))
    ]
    return float(fisher_exact(table)[1])


def _way(difference: float, notable: float, p_value: float, was: str, now: str) -> int:
    if abs(difference) <= notable or not differ(p_value, was, now):
        return 0
    return 1 if difference > 0 else -1


def _ari(side: JudgedEncoder) -> str:
    return f"{side.scores.ari:z.2f}"


def _five(side: JudgedEncoder) -> str:
    return f"{side.few_shot[_FIVE].mean:.1%}"


def _named_falls(fell: pd.DataFrame) -> str:
    shown = fell.head(_NAMED)
    names = [
        f"{label} ({was:.0%} to {now:.0%})"
        for label, was, now in zip(shown["label"], shown["base"], shown["tuned"], strict=True)
    ]
    return _listed(names, len(fell) - len(shown))


def _listed(names: Sequence[str], others: int = 0) -> str:
    shown = [*names[:_NAMED]]
    others += len(names) - len(shown)
    if others:
        shown.append(counted(others, "other"))
    return " and ".join(part for part in (", ".join(shown[:-1]), shown[-1]) if part)


def _rounded(figures: Mapping[str, float]) -> dict[str, float | None]:
    return {name: None if np.isnan(x) else round(x, 6) for name, x in figures.items()}
