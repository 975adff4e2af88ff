"""What a table says about segments that were described in words, without any label.

1. *Chance.* How near do texts come to the segments that have nothing to do with them? Sentences
   about everything and nothing, as long as the table's texts, give the median and the spread.
2. *Who belongs.* The nearness of the table's rows is a mixture of such chance and of rows that
   belong: the two groups of Efron's empirical Bayes (2008, "Microarrays, empirical Bayes and the
   two-groups model"), fitted by expectation maximisation.
3. *Hubs.* Where segments differ more in their mean similarity than rows differ among segments,
   the segment that is near everything would win everything: the means are taken off.
4. *Prototypes* move from the description to the rows that belong: a few steps of soft spherical
   k-means (Dhillon and Modha 2001) that keep the description in the mean.
5. *Confidence* grows with the margin, in spreads of chance, and with how far the table's margins
   are above those of shuffled similarities. What is as near as chance is outside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources

import numpy as np
import numpy.typing as npt

from coterie.encoders import Vectors
from coterie.segments.finding.consensus import unit
from coterie.segments.model import Segmentation
from coterie.segments.router import Curve
from coterie.words import word_spans

__all__ = ["fit_to_rows", "unrelated_texts"]

Floats = npt.NDArray[np.float64]

# Settled on twelve tables with labels and generated badges, with pairs of a table and the segments
# of an unrelated one: benchmarks/assign.py, docs/decisions/described-segments.md.
_HUBS = (0.35, 0.42)  # share of the variance at which means begin to be taken off, and are whole
_TEMPERATURE = 0.5  # in spreads of chance
_ROUNDS = 3
_MARGIN, _CONTRAST, _BIAS = 0.443, 2.107, -2.944  # of a logistic regression
_OUTSIDE = 0.25  # spreads above the median of chance: nearer rows are not outside
# Judgements, not measured.
_SAMPLE = 10_000
_DESCRIBED = 5.0  # rows that a description weighs as much as
_FEW = 20.0  # rows that prior beliefs about a table weigh as much as
_LEAST_SPREAD = 0.05  # of the distance between segments
_FEWEST_WORDS = 3
_LOOKED_AT = 1_000  # texts whose words are counted
_CHANCE = (0.5, 1.1)  # mean and deviation, in spreads: unrelated tables are a little nearer
_BELONG = 3.0  # spreads above the median that rows which belong lie at least, on average
_STEPS = 60
_POINTS, _SUREST = 21, 5.0  # of the curve, and the logit where it ends


@cache
def _sentences() -> tuple[str, ...]:
    file = resources.files(__package__) / "unrelated.txt"
    return tuple(file.read_text(encoding="utf-8").splitlines())


def unrelated_texts(texts: Sequence[str]) -> list[str]:
    """Texts about everything and nothing, no longer than the median of a table's texts.

    Short texts are nearer to short names than long ones are. At least three words are kept, and
    all of them where the table has no text.
    """
    written = [text for text in texts if text.strip()]
    some = written[:: max(1, len(written) // _LOOKED_AT)]
    lengths = [sum(1 for _ in word_spans(text)) for text in some]
    words = max(_FEWEST_WORDS, int(np.median(lengths))) if lengths else None
    return [" ".join(sentence.split()[:words]) for sentence in _sentences()]


@dataclass(frozen=True, slots=True)
class _Chance:
    """Median and spread of the nearness of unrelated texts; the spread is that of a normal one."""

    median: float
    spread: float

    def above(self, nearness: Floats) -> Floats:
        return np.asarray((nearness - self.median) / self.spread)


def fit_to_rows(segmentation: Segmentation, rows: Vectors, unrelated: Vectors) -> Segmentation:
    """Fit prototypes, confidence and *outside* of described segments to the rows of a table.

    Parameters
    ----------
    segmentation
        From `segmentation_from_nomenclature`: one prototype for each segment.
    rows
        Shape (n, d), unit length: rows that the encoder can read.
    unrelated
        Shape (m, d), unit length: texts about anything else, see `unrelated_texts`.

    Returns
    -------
    Segmentation
        Its answer for a row depends on that row alone, as before.

    Notes
    -----
    O(n · segments · d) time, on at most 10,000 rows drawn at random.
    """
    if not len(rows):
        return segmentation
    router = segmentation.router
    rng = np.random.default_rng(0)
    if len(rows) > _SAMPLE:
        rows = rows[np.sort(rng.choice(len(rows), _SAMPLE, replace=False))]
    table, others = rows.astype(np.float64), unrelated.astype(np.float64)
    described = router.prototypes.astype(np.float64)
    least = _LEAST_SPREAD * _apart(described)
    similarities = table @ described.T
    chance = _chance((others @ described.T).max(axis=1), least)
    belongs = _belonging(chance.above(similarities.max(axis=1)))
    hubs = _hub_share(similarities)
    low, high = _HUBS
    taken = float(np.clip((hubs - low) / (high - low), 0, 1)) * (belongs.sum() >= _FEW)
    contrast = _contrast(similarities - taken * similarities.mean(axis=0), rng)
    prototypes, offsets = described, np.zeros(len(described))
    for step in range(_ROUNDS + 1):
        offsets = taken * _centred_means(table @ prototypes.T, belongs)
        if step < _ROUNDS:
            prototypes = _moved(described, prototypes, offsets, table, belongs, chance.spread)
    again = _chance((others @ prototypes.T - offsets).max(axis=1), least)
    fitted = replace(
        router,
        prototypes=unit(prototypes),
        offsets=tuple(offsets.tolist()) if offsets.any() else (),
        floor=again.median + _OUTSIDE * again.spread,
        curve=_curve(chance, contrast),
    )
    return replace(segmentation, router=fitted)


def _apart(prototypes: Floats) -> float:
    """Median distance of a segment to the nearest other one; 1 for a segment alone."""
    if len(prototypes) < 2:
        return 1.0
    cosines = prototypes @ prototypes.T
    np.fill_diagonal(cosines, -np.inf)
    return max(1.0 - float(np.median(cosines.max(axis=1))), 1e-3)


def _chance(nearness: Floats, least: float) -> _Chance:
    median = float(np.median(nearness))
    spread = 1.4826 * float(np.median(np.abs(nearness - median)))
    return _Chance(median, max(spread, least))


def _belonging(above: Floats) -> Floats:
    """Probability that each row belongs to some segment; it never falls as nearness grows."""
    from scipy.stats import norm

    by_chance = norm.pdf(above, *_CHANCE)
    share, mean, deviation = 0.3, max(_BELONG, float(np.quantile(above, 0.9))), 2.0
    belongs = np.zeros(len(above))
    for _ in range(_STEPS):
        own = share * norm.pdf(above, mean, deviation)
        belongs = own / (own + (1 - share) * by_chance + 1e-300)
        belongs[above < _CHANCE[0]] = 0.0
        total = max(float(belongs.sum()), 1e-9)
        share = (total + 1) / (len(above) + _FEW)
        mean = max(_BELONG, float(belongs @ above) / total)
        deviation = float(np.clip(np.sqrt(belongs @ (above - mean) ** 2 / total), 1, 4))
    order = np.argsort(above, kind="stable")
    belongs[order] = np.maximum.accumulate(belongs[order])
    return belongs


def _hub_share(similarities: Floats) -> float:
    """Share of the variance of similarities that lies between the means of the segments."""
    means = similarities.mean(axis=0)
    within = similarities - means
    within -= within.mean(axis=1, keepdims=True)
    between = float(means.var())
    return between / max(between + float(within.var()), 1e-12)


def _centred_means(similarities: Floats, belongs: Floats) -> Floats:
    """Mean similarity of each segment to the rows that belong, less that of all segments."""
    means = belongs @ similarities / max(float(belongs.sum()), 1e-9)
    return np.asarray(means - means.mean())


def _contrast(similarities: Floats, rng: np.random.Generator) -> float:
    """Mean margin of the rows against that of similarities shuffled segment by segment.

    It is drawn towards 1 where there are few rows, and 1 for a segment alone.
    """
    rows, segments = similarities.shape
    if segments < 2:
        return 1.0
    centred = similarities - similarities.mean(axis=0)
    shuffled = np.stack([rng.permutation(column) for column in centred.T], axis=1)
    found, by_chance = _margins(centred).mean(), max(float(_margins(shuffled).mean()), 1e-9)
    return float((rows * found / by_chance + _FEW) / (rows + _FEW))


def _margins(similarities: Floats) -> Floats:
    top = np.partition(similarities, -2, axis=1)
    return np.asarray(top[:, -1] - top[:, -2])


def _moved(
    described: Floats,
    prototypes: Floats,
    offsets: Floats,
    rows: Floats,
    belongs: Floats,
    spread: float,
) -> Floats:
    """Move each prototype from its description to the rows that it is nearest to."""
    scores = rows @ prototypes.T - offsets
    scores -= scores.max(axis=1, keepdims=True)
    shares = np.exp(scores / (_TEMPERATURE * spread))
    shares *= (belongs / shares.sum(axis=1))[:, None]
    sizes = shares.sum(axis=0)
    centre = belongs @ rows / max(float(belongs.sum()), 1e-9)
    # What sets a segment's rows apart from all: their plain mean would be near every row.
    towards = unit(shares.T @ rows - sizes[:, None] * centre).astype(np.float64)
    weights = sizes / (sizes + _DESCRIBED)
    return unit(described + weights[:, None] * towards).astype(np.float64)


def _curve(chance: _Chance, contrast: float) -> Curve:
    """Confidence by margin: a logistic curve, from what it gives to a margin of zero on."""
    tie = _CONTRAST * contrast + _BIAS
    logits = np.linspace(tie, max(_SUREST, tie + 1), _POINTS)
    margins = (logits - tie) * chance.spread / _MARGIN
    return tuple(
        (float(x), float(1 / (1 + np.exp(-y)))) for x, y in zip(margins, logits, strict=True)
    )
