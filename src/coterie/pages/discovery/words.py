"""The sentences of the page of a discovery."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.encoders import READABLE
from coterie.formatting import counted, percent
from coterie.segments import Segment
from coterie.segments.finding.number import supported_range
from coterie.segments.taxonomy.refreshing import refreshes
from coterie.workflows.discovery.discover import DiscoverResult
from coterie.workflows.discovery.figures import DiscoveryFigures
from coterie.workflows.discovery.label_agreement import LabelAgreement

OVERVIEW_TITLE = "In short"
MAP_TITLE = "The map"
GROUPS_TITLE = "The groups"
CHOICE_TITLE = "How the number was chosen"
LABELS_TITLE = "Agreement with labels"
SET_ASIDE_TITLE = "Rows set aside"
MADE_TITLE = "How this was made"
SIZES_TITLE = "Sizes over time"

LABELS_INTRO = "Labels were not used to find the groups. They are only compared with them here."
SCORES_NOTE = (
    "ARI, the adjusted Rand index, is 0 for random groups and 1 for groups that equal the labels. "
    "NMI is the normalised mutual information. Homogeneity is 1 when each group holds one label, "
    "completeness when each label is in one group. Rows without a label are left out."
)
PURITY_NOTE = "The most divided first."
SIZES_INTRO = (
    "Share of the rows of the discovery, and of the new rows of each refresh, that are in a "
    "segment. Every row is counted where it is now, so edits and new segments count for earlier "
    "refreshes too."
)
SIZES_NOTE = (
    "Rows by segment. A segment has vanished where a refresh found hardly any rows of it; it stays "
    "in use, and the mark goes when rows return."
)
SET_ASIDE_NOTE = "quarantine.csv lists each row with its number and the reason."

NEXT_STEPS = (
    'Rename a group with: coterie segments rename FOLDER ID "New name". Merge, split and move work '
    "the same way: each edit updates this page and is recorded in segments.json. assignments.csv "
    "has the group, status and confidence of every row."
)

_LARGEST = 5


def title_of(figures: DiscoveryFigures) -> str:
    """Say what the page is about."""
    count = figures.groups.groups
    found = f"{'one group' if count == 1 else f'{count:,} groups'} of {figures.table.unit}"
    title = figures.making.title
    return f"{title}: {found}" if title else f"{found} in {figures.table.source}"


def subtitle_of(result: DiscoverResult) -> str:
    """Say what was read: the table, and how many later ones."""
    table, later = result.figures.table, len(refreshes(result.segmentation))
    more = f" and {later:,} {'refresh' if later == 1 else 'refreshes'}" if later else ""
    return f"{table.source}{more}, {counted(table.rows_in, 'row')}"


def named_by_model(naming: Mapping[str, Any]) -> str:
    """Say which language model named the groups, and how many of them."""
    statuses = naming.get("statuses", {})
    told = f"{statuses.get('named', 0):,} of {counted(sum(statuses.values()), 'group')}"
    return f"{told} by {naming.get('model', 'a language model')}; names.csv says what came of each"


def map_intro(unit: str, *, texts: bool = True) -> str:
    """Say what a point is, and what one can do with the map."""
    if not texts:
        return (
            f"Each point is one of the {unit}; points with similar vectors are close together. "
            "Point at one to see its id, search for ids, or choose another colouring."
        )
    return (
        f"Each point is one of the {unit}; points with similar meanings are close together. Point "
        "at one to read it, search for words, or choose another colouring."
    )


def groups_intro(unit: str, *, texts: bool = True, column: str | None = None) -> str:
    """Say what is shown of each group, and where its name comes from."""
    if not texts:
        named = "The groups have numbers for names"
        if column is not None:
            named = (
                f"A group has the name of the value in {column} that more than half of its rows "
                "with a value have, others have a number"
            )
        return (
            f"Each group with the ids of its most typical {unit}. The vectors were given without "
            f"texts. {named}; you can change them."
        )
    return (
        f"Each group with its characteristic terms and its most typical {unit}. The names are made "
        "from the texts, and you can change them."
    )


def summary(result: DiscoverResult) -> str:
    """Tell the outcome in two short paragraphs, divided by a blank line."""
    table = result.figures.table
    segments = sorted(result.segmentation.segments, key=lambda s: (-s.size, s.name))
    sure = [*_confidence(result), *_set_aside(table.set_aside)]
    groups = _groups(table.unit, table.rows, segments, *result.figures.groups.range)
    return "\n\n".join((" ".join(groups), " ".join(sure)))


def _groups(
    unit: str, rows: int, segments: Sequence[Segment], low: int, high: int
) -> Iterator[str]:
    if rows == 1:
        yield "There is only one text, and it makes one group."
        return
    if len(segments) == 1:
        yield f"All {rows:,} {unit} are so similar that they make one group."
        return
    held = sum(segment.size for segment in segments)
    who = f"All {rows:,} {unit}"
    if held < rows:
        who = f"{held:,} of {rows:,} {unit} ({_percent(held / rows)})"
    yield f"{who} form {counted(len(segments), 'group')}, found without labels."
    if low < high:
        yield f"{low:,} to {high:,} groups are about as well supported."
    first = segments[:_LARGEST]
    named = _list([f"{s.name} ({_percent(s.size / rows)})" for s in first])
    if len(segments) > _LARGEST:
        top = _percent(sum(segment.size for segment in first) / rows)
        yield f"The {_LARGEST} largest hold {top} of them: {named}."
    else:
        yield f"They are {named}."


def _confidence(result: DiscoverResult) -> Iterator[str]:
    table, groups = result.figures.table, result.figures.groups
    unit, segments = table.unit, result.segmentation.segments
    unread = _unread(result)
    if len(segments) > 1 and 2 * unread.sum() < table.rows:
        sure = round(groups.confidence * 100)
        yield (
            f"The mean confidence is {sure}%: if groups were found again on other {unit} of this "
            f"kind, about {sure} in 100 would be in the same group."
        )
    rows = result.discovery.assignments
    between = (rows.statuses == "ambiguous") & ~unread
    unsure = int(between.sum())
    if unsure:
        held = {s.name: int(between[rows.segments == s.id].sum()) for s in segments}
        where = sorted((name for name in held if held[name]), key=lambda name: (-held[name], name))
        mostly = "most of them in " if len(where) > 2 else "in "
        yield (
            f"{unsure:,} of the {unit} ({_percent(unsure / table.rows)}) "
            f"{'is' if unsure == 1 else 'are'} between two groups and marked ambiguous, "
            f"{mostly}{_list(where[:2])}."
        )
    if doubted := int(unread.sum()):
        yield (
            f"{doubted:,} of the {unit} ({_percent(doubted / table.rows)}) cannot be read by the "
            "encoder and are marked ambiguous."
        )
    outside = groups.statuses.get("outside", 0)
    if outside:
        fit, are = ("fits", "is") if outside == 1 else ("fit", "are")
        share = _percent(outside / table.rows)
        yield f"{outside:,} ({share}) {fit} no group and {are} marked outside."


def _set_aside(rejects: int) -> Iterator[str]:
    if rejects:
        rows, were = ("row", "was") if rejects == 1 else ("rows", "were")
        yield f"{rejects:,} {rows} of the source could not be used and {were} set aside."


def _unread(result: DiscoverResult) -> npt.NDArray[np.bool_]:
    """Which rows are ambiguous because the encoder cannot read them, shape (n,)."""
    ambiguous: npt.NDArray[np.bool_] = result.discovery.assignments.statuses == "ambiguous"
    readable = result.rows.readable
    return ambiguous & (False if readable is None else readable < READABLE)


def choice_in_words(sweep: pd.DataFrame) -> str:
    """Say how the number of groups was chosen."""
    if len(sweep) < 2:
        return (
            f"Only {int(sweep['groups'].iloc[0]):,} groups were tried: the number was given, or "
            "the texts allow no other."
        )
    chosen = sweep[sweep["chosen"]].iloc[0]
    groups, (low, high) = int(chosen["groups"]), supported_range(sweep)
    measures = [m for m in ("silhouette", "stability", "information", "score") if m in sweep]
    figures = [f"{name} {chosen[name]:.2f}" for name in measures if np.isfinite(chosen[name])]
    return "\n\n".join(
        (
            f"{range_in_words(groups, low, high)} {groups:,} groups have {_list(figures)}.",
            f"{len(sweep):,} candidates were compared without labels. {_score_in_words(sweep)}",
        )
    )


def range_in_words(chosen: int, low: int, high: int) -> str:
    """Say which numbers of groups are about as well supported, and how to take another one."""
    if low == high:
        return f"{chosen:,} groups are supported best, and no other number nearly as well."
    said = f"{low:,} to {high:,} groups are about as well supported"
    if low < chosen < high:
        return (
            f"{said}; {chosen:,} is in the middle. For {low:,} groups use --coarser, for {high:,} "
            "use --finer, for another number --groups."
        )
    if chosen == low:
        return f"{said}; {chosen:,} is the coarser end. For {high:,} groups use --finer."
    if chosen == high:
        return f"{said}; {chosen:,} is the finer end. For {low:,} groups use --coarser."
    return f"{said}; {chosen:,} were asked for."


def _score_in_words(sweep: pd.DataFrame) -> str:
    silhouette = (
        "The silhouette measures how much nearer rows are to their own group than to the next."
    )
    if not np.isfinite(sweep["stability"]).any():
        return f"{silhouette} It is the score: there are too few rows to measure stability."
    halves = "Groups are found on two halves of the rows, several times."
    stability = "The stability is how far these agree (adjusted Rand index)."
    if "information" not in sweep or not np.isfinite(sweep["information"]).any():
        return f"{silhouette} {halves} {stability}"  # an earlier version
    information = (
        "The information is how well the groups of one half predict those of the other, beyond "
        "chance, in nats: finer groups predict more, as long as they are found again."
    )
    return (
        f"{halves} {stability} {information} The score is made of the two, smoothed. {silhouette} "
        "It is shown for comparison only."
    )


def agreement_in_words(agreement: LabelAgreement) -> str:
    """Say which labels are in one group, divided between groups, or mixed with others."""
    purity = agreement.purity
    whole = int((purity["share_in_best"] >= 0.9).sum())
    values = f"{whole:,} of {len(purity):,} values of {agreement.column}"
    said = f"{values} are at least 90% in one group."
    torn = purity[purity["share_in_best"] < 0.5].sort_values("share_in_best").head(_LARGEST)
    if len(torn):
        columns = (torn["label"], torn["share_in_best"], torn["groups_needed"])
        named = [
            f"{label} ({share:.0%} in the largest of {groups:,} groups)"
            for label, share, groups in zip(*columns, strict=True)
        ]
        said += f" Most divided: {_list(named)}."
    mixed = purity[purity["purity_of_best"] < 0.5].sort_values("purity_of_best").head(_LARGEST)
    if len(mixed):
        pairs = zip(mixed["label"], mixed["best_group"], strict=True)
        named = [f"{label} (in {group!r})" for label, group in pairs]
        said += f" Most mixed with others: {_list(named)}."
    return said


def contingency_note(column: str, *, whole: bool) -> str:
    """Say what the cells are, and whether some labels or groups are left out."""
    cut = "" if whole else " Only the largest are shown."
    return f"Percent of the rows of each {column}.{cut}"


def ids_in_words(agreement: LabelAgreement) -> str:
    """Say why a column of ids is not compared with the groups."""
    return (
        f"{agreement.column} has {len(agreement.purity):,} different values in "
        f"{agreement.scores.rows:,} rows: it identifies rows, and is not compared with groups."
    )


def _percent(share: float) -> str:
    return percent(share, ".0%" if share in (0, 1) or 0.1 <= share < 0.95 else ".1%")


def _list(words: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]])) if words else ""
