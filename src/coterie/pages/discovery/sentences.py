"""What a discovery says, in plain sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from coterie.segments import Discovery, Segment
from coterie.segments.finding.number import TOLERANCE
from coterie.workflows.discovery.label_agreement import Agreement

__all__ = [
    "Counts",
    "agreement_in_words",
    "choice_in_words",
    "ids_in_words",
    "summary",
    "title_of",
]

_LARGEST = 5


class Counts:
    """How many records went where.

    Parameters
    ----------
    discovery
        What was found.

    Attributes
    ----------
    n
        Records.
    sizes
        Segment id to its number of records.
    statuses
        Segment id to status to number of records.
    confidence
        Segment id to the mean confidence of its records.
    """

    def __init__(self, discovery: Discovery) -> None:
        rows = discovery.assignments
        self.n = len(rows)
        self.sizes = Counter(rows.segments.tolist())
        self.statuses: dict[str, Counter[str]] = {}
        for segment, status in zip(rows.segments.tolist(), rows.statuses.tolist(), strict=True):
            self.statuses.setdefault(segment, Counter())[status] += 1
        self.total = Counter(rows.statuses.tolist())
        self.confidence = {
            segment: float(rows.confidences[rows.segments == segment].mean())
            for segment in self.sizes
        }
        inside = rows.statuses != "outside"
        self.sure = float(rows.confidences[inside].mean()) if inside.any() else 0.0

    def share(self, count: float) -> float:
        """Share of all records."""
        return count / max(self.n, 1)

    def largest(self, segments: Sequence[Segment]) -> list[Segment]:
        """Segments from the largest down."""
        return sorted(segments, key=lambda segment: (-self.sizes[segment.id], segment.name))


def title_of(metrics: Mapping[str, Any]) -> str:
    """Say who or what the page is about, by what ``metrics.json`` holds."""
    groups = "one group" if metrics["groups"] == 1 else f"{metrics['groups']:,} groups"
    found, title = f"{groups} of {metrics['unit']}", metrics["title"]
    return f"{title}: {found}" if title else f"{found} in {metrics['source']}"


def summary(discovery: Discovery, counts: Counts, *, unit: str, set_aside: int) -> str:
    """Tell the outcome in a few short paragraphs, divided by blank lines.

    Parameters
    ----------
    discovery, counts
        What was found.
    unit
        What one record is, in the plural.
    set_aside
        Rows of the source that could not be used.
    """
    sure = [*_sureness(discovery, counts, unit), *_set_aside(set_aside)]
    return "\n\n".join((" ".join(_largest(discovery, counts, unit)), " ".join(sure)))


def _largest(discovery: Discovery, counts: Counts, unit: str) -> Iterator[str]:
    segments = counts.largest(discovery.segmentation.segments)
    if counts.n == 1:
        yield "There is one text only, and it makes one group."
        return
    if len(segments) == 1:
        yield f"All {counts.n:,} {unit} are so alike that they make one group."
        return
    held = sum(counts.sizes[segment.id] for segment in segments)
    who = f"All {counts.n:,} {unit}"
    if held < counts.n:
        who = f"{held:,} of {counts.n:,} {unit} ({_percent(counts.share(held))})"
    yield f"{who} fall into {len(segments):,} groups that nobody had to define beforehand."
    first = segments[:_LARGEST]
    top = sum(counts.sizes[segment.id] for segment in first)
    named = [f"{s.name} ({_percent(counts.share(counts.sizes[s.id]))})" for s in first]
    if len(segments) > _LARGEST:
        yield (
            f"The {_LARGEST} largest hold {_percent(counts.share(top))} of them: {_list(named)}."
        )
    else:
        yield f"They are {_list(named)}."


def _sureness(discovery: Discovery, counts: Counts, unit: str) -> Iterator[str]:
    segments = discovery.segmentation.segments
    if len(segments) > 1:
        yield (
            f"A second, independent look at {unit} like these would put one into the same group "
            f"about {round(counts.sure * 100)} times in 100."
        )
    unsure = counts.total["ambiguous"]
    if unsure:
        held = {s.name: counts.statuses.get(s.id, Counter())["ambiguous"] for s in segments}
        where = sorted((name for name in held if held[name]), key=lambda name: (-held[name], name))
        mostly = "most of them in " if len(where) > 2 else "in "
        yield (
            f"{unsure:,} of the {unit} ({_percent(counts.share(unsure))}) "
            f"{'lies between groups and is' if unsure == 1 else 'lie between groups and are'} "
            f"marked ambiguous, {mostly}{_list(where[:2])}."
        )
    outside = counts.total["outside"]
    if outside:
        verb = "is" if outside == 1 else "are"
        yield (
            f"{outside:,} ({_percent(counts.share(outside))}) {verb} like none of the groups and "
            f"{verb} marked outside."
        )


def _set_aside(rejects: int) -> Iterator[str]:
    if rejects:
        rows = "row" if rejects == 1 else "rows"
        yield (
            f"{rejects:,} {rows} of the source could not be used and "
            f"{'was' if rejects == 1 else 'were'} set aside, each with its reason."
        )


def choice_in_words(discovery: Discovery) -> str:
    """Say how the number of groups came about."""
    sweep = discovery.sweep
    if len(sweep) < 2:
        return (
            f"No other number of groups than {int(sweep['groups'].iloc[0]):,} was tried: it was "
            "asked for, or the texts leave no other."
        )
    chosen = sweep[sweep["chosen"]].iloc[0]
    stable = bool(np.isfinite(sweep["stability"]).any())
    said = [
        f"{len(sweep):,} ways of grouping were tried without looking at any label. The silhouette "
        "says how far rows are nearer to their own group than to the next"
        + (
            ", the stability how far another sample of the rows gives the same groups; the score "
            "is the one times the other, each smoothed over its neighbours."
            if stable
            else "; the score is that, smoothed over its neighbours: there are too few rows to try "
            "how stable the groups are."
        ),
        "Once the score is near its best, more groups only divide what belongs together: so the "
        f"coarsest way within {1 - TOLERANCE:.0%} of the best score is taken.",
    ]
    figures = [
        f"{name} {chosen[name]:.2f}"
        for name in ("silhouette", "stability", "score")
        if np.isfinite(chosen[name])
    ]
    said.append(
        f"It has {int(chosen['groups']):,} groups, with {_list(figures)}; the best score of all is "
        f"{sweep['score'].max():.2f}."
    )
    others = sweep.loc[sweep["runner_up"], "groups"].astype(int)
    others = [f"{k:,}" for k in dict.fromkeys(others) if k != int(chosen["groups"])]
    if others:
        said.append(
            f"The runners-up, the next coarsest as near the best, have {_list(others)} groups: "
            "look there when these seem too coarse, with --groups."
        )
    return " ".join(said)


def agreement_in_words(agreement: Agreement) -> str:
    """Say how well groups and labels agree, and which labels are torn apart."""
    purity = agreement.purity
    whole = int((purity["share_in_best"] >= 0.9).sum())
    said = (
        f"{whole:,} of {len(purity):,} values of {agreement.column} lie at least 90% within one "
        "group."
    )
    torn = purity[purity["share_in_best"] < 0.5].sort_values("share_in_best").head(_LARGEST)
    if len(torn):
        named = [
            f"{label} ({share:.0%} in the largest of {groups:,} groups)"
            for label, share, groups in zip(
                torn["label"], torn["share_in_best"], torn["groups_needed"], strict=True
            )
        ]
        said += f" Least together: {_list(named)}."
    mixed = purity[purity["purity_of_best"] < 0.5].sort_values("purity_of_best").head(_LARGEST)
    if len(mixed):
        named = [
            f"{label} (in {group!r})"
            for label, group in zip(mixed["label"], mixed["best_group"], strict=True)
        ]
        said += f" Most mixed with others: {_list(named)}."
    return said


def ids_in_words(agreement: Agreement) -> str:
    """Say why a column that tells rows apart is not laid beside the groups."""
    return (
        f"{agreement.column} has {len(agreement.purity):,} different values in "
        f"{agreement.scores.rows:,} rows: it tells rows apart, as an id does, and no group can "
        "hold its values together."
    )


def _percent(share: float) -> str:
    if share in (0, 1) or 0.1 <= share < 0.95:
        return f"{share:.0%}"
    return f"{min(max(share, 0.001), 0.999):.1%}"


def _list(words: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]])) if words else ""
