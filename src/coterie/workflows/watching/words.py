"""What changed, in sentences."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from coterie.formatting import counted, percent
from coterie.workflows.watching.changes import GROUP, Change
from coterie.workflows.watching.periods import Every, WatchedPeriod

__all__ = [
    "UNITS",
    "chance_in_words",
    "headline_of",
    "notes_of",
    "points",
    "sentence_of",
    "short",
    "sight_of",
]

UNITS = {"day": "days", "week": "weeks", "month": "months"}
"""Periods in the plural."""

_RAREST = 1000
_MOSTLY = 0.5


def headline_of(
    changes: Sequence[Change],
    periods: Sequence[WatchedPeriod],
    latest: WatchedPeriod,
    rows: int,
    unit: Every | None,
) -> str:
    """Say in one sentence whether anything changed, and what before all."""
    where = counted(rows, "row")
    if unit is not None:
        where = f"{counted(len(periods), unit)}, {where}"
    if not changes:
        return f"Nothing changed by more than chance in {where}."
    first, *others = changes
    told = short(first)
    more = f", and {counted(len(others), 'other change')}" if others else ""
    said = f"{told[:1].upper()}{told[1:]}{more}"
    if unit is None:
        return f"{said}."
    alarms = sum(each.alarm for each in periods)
    state = "has a change" if latest.alarm else "is quiet"
    return (
        f"{said}: a change in {alarms} of {counted(len(periods), unit)}; the latest whole one, "
        f"from {latest.name}, {state}."
    )


def sentence_of(change: Change, unit: Every | None) -> str:
    """Say what changed, by how much, and how seldom that happens by chance."""
    return f"{_what(change)} ({_how(change, unit)}){_when(change, unit)}.{_mostly(change)}"


def short(change: Change) -> str:
    """Say what changed in a few words, as in a heading."""
    match change.kind:
        case "new group":
            return f"new group {change.name}, {percent(change.after)} of messages"
        case "outside":
            return f"messages that fit no segment {points(change.difference)}"
        case "unsure":
            return f"messages of several segments {points(change.difference)}"
        case "language":
            return f"messages in another language {points(change.difference)}"
        case "grew" | "shrank" | "vanished":
            return f"{change.name} {points(change.difference)}"
        case _:
            return _what(change)


def _what(change: Change) -> str:  # noqa: PLR0911 - a sentence for each kind
    before, after = percent(change.before), percent(change.after)
    match change.kind:
        case "new group":
            return f"New group {_quoted(change.name)}: {after} of messages, {before} before"
        case "grew":
            return f"{_quoted(change.name)} grew from {before} to {after} of messages"
        case "shrank":
            return f"{_quoted(change.name)} shrank from {before} to {after} of messages"
        case "vanished":
            return (
                f"{_quoted(change.name)} has all but vanished: {after} of messages, {before} before"
            )
        case "outside":
            return f"More messages fit no segment: {after}, {before} before"
        case "unsure":
            return f"More messages could be of several segments: {after}, {before} before"
        case "confidence":
            return f"The mean confidence fell from {change.before:.0%} to {change.after:.0%}"
        case "language":
            return (
                f"{after} of messages are in another language than most before, above all "
                f"{change.name}; {before} before"
            )
        case "length":
            word = "longer" if change.after > change.before else "shorter"
            return (
                f"Messages are {word}: half have more than {change.after:g} words, "
                f"{change.before:g} before"
            )


def _how(change: Change, unit: Every | None) -> str:
    period = "tables of this size" if unit is None else UNITS[unit]
    rare = f"{_thing(change)} happens in {chance_in_words(change.chance)} {period} without change"
    if change.kind in ("confidence", "length"):
        return f"more than chance: {rare}"
    return f"{points(change.difference)}, more than chance: {rare}"


def _thing(change: Change) -> str:
    if change.kind == GROUP:
        return "such a group"
    return "such a rise" if change.difference > 0 else "such a fall"


def _when(change: Change, unit: Every | None) -> str:
    if unit is None:
        return ""
    if change.since != change.period:
        return f", since the {unit} of {change.since}, last in that of {change.period}"
    return f", in the {unit} of {change.period}"


def _mostly(change: Change) -> str:
    """Say where the rows of a new group went."""
    if not change.within:
        return ""
    name, rows = next(iter(change.within.items()))
    if rows < _MOSTLY * change.rows:
        went = counted(len(change.within), "segment")
        return f" Its {counted(change.rows, 'message')} went to {went}."
    if name == "outside":
        return f" {rows} of its {counted(change.rows, 'message')} fit no segment."
    return f" {rows} of its {counted(change.rows, 'message')} were assigned to {_quoted(name)}."


def sight_of(period: WatchedPeriod) -> str:
    """Say how small a change could have been seen in a period."""
    judged = period.judged
    share, reached = judged.detectable
    if math.isnan(reached):
        return ""
    return (
        f"With {counted(judged.rows, 'row')}, a segment of {percent(share)} of messages has to "
        f"reach {percent(reached)} to be noticed four times out of five."
    )


def notes_of(
    periods: Sequence[WatchedPeriod], unit: Every, left_out: int, timeless: int
) -> Iterator[str]:
    """Say what else a reader should know."""
    for each in periods:
        if not each.period.whole:
            rows = counted(each.judged.rows, "row")
            yield (
                f"The {unit} of {each.name} is incomplete, with {rows}. Its shares can differ from "
                f"those of a whole {unit}."
            )
    if left_out:
        yield (f"{counted(left_out, 'row')} in {unit}s of fewer than 30 rows are not judged.")
    if timeless:
        yield f"{counted(timeless, 'row')} without a time are in no {unit}."
    repeated = sum(each.judged.repeated for each in periods)
    if repeated:
        yield (
            f"{counted(repeated, 'row')} repeat a text, nearly word by word, more often than "
            "chance, and do not count as independent."
        )


def points(difference: float) -> str:
    """Write a difference of shares: ``+2.3 points``."""
    shown = f"{difference * 100:+.1f}"
    return f"{shown} point{'' if shown in ('+1.0', '-1.0') else 's'}"


def chance_in_words(chance: float) -> str:
    """Write a small probability: ``less than 1 in 1,000``, ``about 1 in 40``."""
    if chance < 1 / _RAREST:
        return f"less than 1 in {_RAREST:,}"
    return f"about 1 in {max(round(1 / chance), 1):,}"


def _quoted(name: str) -> str:
    return f"\N{LEFT DOUBLE QUOTATION MARK}{name}\N{RIGHT DOUBLE QUOTATION MARK}"
