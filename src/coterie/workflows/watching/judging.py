"""One period against the reference: all tests together raise an alarm in 5% of quiet periods."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.encoders import Vectors
from coterie.metrics import wilson_interval
from coterie.metrics.drift import (
    ShareChange,
    adjust_weighted,
    rows_that_count,
    share_change,
    smallest_change,
)
from coterie.workflows.watching.changes import GROUP, Change, Kind
from coterie.workflows.watching.groups import NewGroup, name_groups, new_groups
from coterie.workflows.watching.language import main_language, told_languages
from coterie.workflows.watching.rows import DecidedRows, Reference

__all__ = ["LEVEL", "Judged", "Judging", "judge"]

Ints: TypeAlias = npt.NDArray[np.int64]
Bools: TypeAlias = npt.NDArray[np.bool_]

LEVEL = 0.05
"""Of quiet periods in which anything at all may be said to have changed."""

# How much of the level each kind of change has; a new group is what people most want to hear of.
_WEIGHTS: dict[str, float] = {
    "segments": 0.30,
    "new group": 0.35,
    "outside": 0.10,
    "unsure": 0.10,
    "confidence": 0.05,
    "language": 0.05,
    "length": 0.05,
}
# Judgements: what is too little to matter, beside the option for shares.
_CONFIDENCE, _LENGTH = 0.02, 1.2
_UNHEARD, _MOSTLY = 10.0, 0.5  # times more frequent than before; of the rows of a group
_GONE = 0.1  # of a share that is left of what vanished
# Shares of statuses of rows that segments were found in are further off than those of segments.
_STATUS_DOUBT = 3.0
_FEWEST_TOLD = 20
_NEAR = 0.9  # of the rows of a group that its share in other periods is counted by


@dataclass(frozen=True, slots=True)
class Judging:
    """How a period is judged.

    Attributes
    ----------
    least
        The smallest change of a share that matters.
    seed
        Random seed.
    spread
        Label to the variance of its share between quiet periods, see `spread_between`; 1 where it
        is not known.
    show_personal
        Whether to show personal data in examples.
    """

    least: float = 0.005
    seed: int = 0
    spread: dict[str, float] | None = None
    show_personal: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """What was found in the rows of one period.

    Attributes
    ----------
    rows
        Their number.
    changes
        What changed by more than chance, the most important first.
    segments
        One row for each segment: ``segment``, ``name``, ``before``, ``after``, ``difference``,
        ``low``, ``high``, ``chance``, ``alarm``.
    figures
        Shares of statuses, mean confidence, median length; before and after.
    repeated
        Rows that repeat a text more often than chance, and count less for that.
    members
        Name of each new group to the places of its rows among those of the period.
    centres
        Name of each new group to its mean vector, and the cosine to it that nine of ten of its rows
        have at least.
    detectable
        Share of a usual segment, and what it would have had to reach to be noticed in four of five
        such periods.
    """

    rows: int
    changes: tuple[Change, ...]
    segments: pd.DataFrame
    figures: dict[str, tuple[float, float]]
    repeated: int
    members: dict[str, Ints]
    centres: dict[str, tuple[Vectors, float]]
    detectable: tuple[float, float]


@dataclass(frozen=True, slots=True)
class _Test:
    weight: float
    p_value: float
    matters: bool
    change: Change


def judge(new: DecidedRows, keys: Ints, reference: Reference, known: Ints, how: Judging) -> Judged:
    """Compare the rows of a period with the reference.

    Parameters
    ----------
    new, keys
        The n rows, and the number of the text of each, see `text_keys`.
    reference, known
        The reference, and the numbers of its texts.
    how
        How to judge.

    Notes
    -----
    The kinds of change share the level of 5%, and all tests of all kinds are corrected together
    (Holm's procedure with weights), so that the share of quiet periods with any alarm is at most
    5%.
    """
    counts = rows_that_count(keys, known)
    shares = list(_segments(new, reference, counts, how))
    others = list(_others(new, reference, counts, how))
    groups = _groups(new, keys, reference, counts, how)
    tests, of_groups = [*shares, *others], []
    p_values = [test.p_value for test in tests]
    weights = [test.weight for test in tests]
    if groups is not None:
        p_values.append(min((group.found.p_value for group in groups), default=1.0))
        weights.append(_WEIGHTS[GROUP])
    chances = adjust_weighted(p_values, weights) if tests else np.zeros(0)
    if groups:
        scale = float(chances[-1]) / p_values[-1]
        of_groups = [min(scale * group.found.p_value, 1.0) for group in groups]
    found = [
        replace(test.change, chance=float(chance))
        for test, chance in zip(tests, chances, strict=False)
        if chance <= LEVEL and test.matters
    ]
    found.sort(key=lambda change: -abs(change.difference))
    kept = [
        (group, chance)
        for group, chance in zip(groups or (), of_groups, strict=True)
        if chance <= LEVEL and not _is_growth(group, found, new)
    ]
    named = _named(kept, new, reference, how)
    frame = _table(shares, chances, {change.key for change in found})
    return Judged(
        len(new),
        (*named, *found),
        frame,
        {test.change.kind: (test.change.before, test.change.after) for test in others},
        len(new) - int(counts[0].sum()),
        {change.name: group.members for change, (group, _) in zip(named, kept, strict=True)},
        {change.name: _centre(group, new) for change, (group, _) in zip(named, kept, strict=True)},
        _detectable(frame, counts, reference, how),
    )


def _table(
    shares: Sequence[_Test], chances: npt.NDArray[np.float64], alarmed: Collection[str]
) -> pd.DataFrame:
    names = ("key", "name", "before", "after", "difference", "low", "high")
    frame = pd.DataFrame(
        [[getattr(test.change, name) for name in names] for test in shares], columns=list(names)
    ).rename(columns={"key": "segment"})
    frame["chance"] = chances[: len(shares)]
    frame["alarm"] = [key in alarmed for key in frame["segment"]]
    return frame


def _groups(
    new: DecidedRows,
    keys: Ints,
    reference: Reference,
    counts: tuple[Bools, Bools],
    how: Judging,
) -> list[NewGroup] | None:
    """Find new groups that matter; None where rows have no vectors to find them by."""
    if new.vectors is None or reference.rows.vectors is None:
        return None
    level = LEVEL * _WEIGHTS[GROUP]
    found = new_groups(new, reference.rows, counts, keys, level=level, seed=how.seed)
    return [group for group in found if len(group.members) >= how.least * len(new)]


def _segments(
    new: DecidedRows, reference: Reference, counts: tuple[Bools, Bools], how: Judging
) -> Iterator[_Test]:
    before = reference.rows
    now, was = Counter(new.labels[counts[0]]), Counter(before.labels[counts[1]])
    n, m = int(counts[0].sum()), int(counts[1].sum())
    m_real = m * reference.counted / max(len(before), 1)
    inside = 1.0
    if reference.statuses is not None:  # labels alone are known of all of them
        inside = 1 - reference.statuses[0].get("outside", 0.0)
    every, all_was = Counter(new.labels), Counter(before.labels)
    spread = how.spread or {}
    for key, name in reference.names.items():
        share = inside * was[key] / max(m, 1)
        found = share_change(
            now[key],
            n,
            share * m_real,
            m_real,
            spread=spread.get(key, 1.0),
            doubt=reference.doubt,
        )
        shown = _raw(
            found, every[key] / max(len(new), 1), inside * all_was[key] / max(len(before), 1)
        )
        kind: Kind = "grew" if shown.difference > 0 else "shrank"
        if shown.before >= how.least and shown.after <= _GONE * shown.before:
            kind = "vanished"
        change = Change(
            kind, key, name, shown.before, shown.after, shown.low, shown.high, 1.0, every[key]
        )
        matters = abs(shown.difference) >= how.least
        yield _Test(_WEIGHTS["segments"] / len(reference.names), found.p_value, matters, change)


def _raw(found: ShareChange, after: float, before: float) -> ShareChange:
    """Show shares of all rows, repeated texts too, with an interval as wide as before."""
    moved = (after - before) - found.difference
    return ShareChange(
        before, after, after - before, found.low + moved, found.high + moved, found.p_value
    )


def _others(
    new: DecidedRows, reference: Reference, counts: tuple[Bools, Bools], how: Judging
) -> Iterator[_Test]:
    before, doubt = reference.rows, _STATUS_DOUBT * reference.doubt
    own, old = new.take(counts[0]), before.take(counts[1])
    kinds: tuple[tuple[Kind, str], ...] = (("outside", "outside"), ("unsure", "ambiguous"))
    for kind, status in kinds:
        after, n = int((own.statuses == status).sum()), len(own)
        was, m = float((old.statuses == status).sum()), len(old)
        if reference.statuses is not None:
            share, m = reference.statuses[0].get(status, 0.0), reference.statuses[1]
            was = share * m
        elif reference.doubt and not np.isfinite(before.confidences).any():
            continue
        found = share_change(after, n, was, m, doubt=doubt)
        change = _change(kind, status, found, int((new.statuses == status).sum()))
        yield _Test(_WEIGHTS[kind], found.p_value, found.difference >= how.least, change)
    yield from _confidence(own, old, tolerance=_CONFIDENCE)
    if own.texts is not None and old.texts is not None:
        yield from _language(own.texts, old.texts, how)
        yield from _length(own.texts, old.texts)


def _change(kind: Kind, name: str, found: ShareChange, rows: int) -> Change:
    return Change(kind, "", name, found.before, found.after, found.low, found.high, 1.0, rows)


def _confidence(own: DecidedRows, old: DecidedRows, *, tolerance: float) -> Iterator[_Test]:
    """Compare the mean confidence of rows that are not outside, but for small differences."""
    from scipy.stats import norm

    now, was = (
        each.confidences[(each.statuses != "outside") & np.isfinite(each.confidences)]
        for each in (own, old)
    )
    if min(len(now), len(was)) < _FEWEST_TOLD:
        return
    difference = float(now.mean() - was.mean())
    error = math.sqrt(now.var() / len(now) + was.var() / len(was)) or 1e-9
    beyond = max(abs(difference) - tolerance, 0.0) / error
    ends = difference - 1.96 * error, difference + 1.96 * error
    change = Change(
        "confidence", "", "confidence", float(was.mean()), float(now.mean()), *ends, 1.0, len(now)
    )
    yield _Test(_WEIGHTS["confidence"], float(2 * norm.sf(beyond)), difference < 0, change)


def _language(own: Any, old: Any, how: Judging) -> Iterator[_Test]:
    """Compare the share of texts that are not in the language of most of the reference."""
    now, was = told_languages(own, how.seed), told_languages(old, how.seed)
    if min(len(now), len(was)) < _FEWEST_TOLD:
        return
    main = main_language(was)
    foreign = Counter(each for each in now if each != main)
    found = share_change(foreign.total(), len(now), sum(each != main for each in was), len(was))
    name = foreign.most_common(1)[0][0] if foreign else main
    rows = round(foreign.total() / len(now) * len(own))
    change = _change("language", name, found, rows)
    yield _Test(
        _WEIGHTS["language"], found.p_value, abs(found.difference) >= max(how.least, 0.01), change
    )


def _length(own: Any, old: Any) -> Iterator[_Test]:
    from scipy.stats import mannwhitneyu

    now, was = (np.array([len(text.split()) for text in each]) for each in (own, old))
    if min(len(now), len(was)) < _FEWEST_TOLD:
        return
    p_value = float(mannwhitneyu(now, was).pvalue)
    after, before = float(np.median(now)), float(np.median(was))
    matters = max(after, before) >= _LENGTH * max(min(after, before), 1.0)
    change = Change("length", "", "words", before, after, math.nan, math.nan, 1.0, len(own))
    yield _Test(_WEIGHTS["length"], p_value, matters, change)


def _named(
    groups: Sequence[tuple[NewGroup, float]],
    new: DecidedRows,
    reference: Reference,
    how: Judging,
) -> list[Change]:
    if not groups:
        return []
    described = name_groups(
        [group for group, _ in groups],
        new,
        reference.rows,
        avoid=list(reference.names.values()),
        seed=how.seed,
        show_personal=how.show_personal,
    )
    found = []
    for (group, chance), about in zip(groups, described, strict=True):
        size = len(group.members)
        went = Counter(
            "outside" if status == "outside" else reference.names.get(label, label)
            for label, status in zip(
                new.labels[group.members], new.statuses[group.members], strict=True
            )
        )
        change = Change(
            GROUP,
            "",
            about.name,
            group.before,
            size / len(new),
            *wilson_interval(size, len(new)),
            chance,
            size,
            description=about.description,
            terms=about.terms,
            exemplars=about.exemplars,
            within=dict(went.most_common()),
        )
        found.append(change)
    return found


def _centre(group: NewGroup, new: DecidedRows) -> tuple[Vectors, float]:
    assert new.vectors is not None
    own = new.vectors[group.members]
    mean = own.mean(axis=0)
    mean /= max(float(np.linalg.norm(mean)), 1e-9)
    return mean, float(np.quantile(own @ mean, 1 - _NEAR))


def _is_growth(group: NewGroup, others: Sequence[Change], new: DecidedRows) -> bool:
    """Whether a group is part of a segment that grew as a whole, and so no news beside that.

    It is news where hardly any row before belongs to it, or where the segment without it grew much
    less: by less than half as much on a logarithmic scale.
    """
    size = len(group.members)
    if size >= _UNHEARD * group.before * len(new):
        return False
    labels = Counter(new.labels[group.members].tolist())
    for change in others:
        if change.kind == "grew" and labels[change.key] >= _MOSTLY * size and change.before > 0:
            rest = change.after - labels[change.key] / len(new)
            was = max(change.before - group.before, 1 / len(new))
            return rest / was >= math.sqrt(change.after / change.before)
    return False


def _detectable(
    frame: pd.DataFrame, counts: tuple[Bools, Bools], reference: Reference, how: Judging
) -> tuple[float, float]:
    if frame.empty:
        return math.nan, math.nan
    usual = float(frame["before"].median())
    level = LEVEL * _WEIGHTS["segments"] / len(frame)
    spread = float(np.median(list((how.spread or {"": 1.0}).values())))
    m = counts[1].sum() * reference.counted / max(len(reference.rows), 1)
    growth = smallest_change(
        usual, float(counts[0].sum()), float(m), level, spread=spread, doubt=reference.doubt
    )
    return usual, usual + max(growth, how.least)
