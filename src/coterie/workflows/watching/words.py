"""What changed, in sentences."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from coterie.formatting import counted, percent
from coterie.workflows.watching.changes import GROUP, Change

if TYPE_CHECKING:
    from coterie.workflows.watching.result import WatchResult

__all__ = ["chance_in_words", "headline", "notes", "points", "sentence", "short", "sight"]

_RAREST = 1000
_MOSTLY = 0.5
_PERIODS = {"day": "days", "week": "weeks", "month": "months"}


def headline(result: WatchResult) -> str:
    """Say in one sentence whether anything changed."""
    rows = counted(len(result.rows), "row")
    if not result.by_time:
        if not result.alarms:
            return f"Nothing changed by more than chance in {rows}."
        found = counted(len(result.changes), "thing")
        return f"{found} changed by more than chance in {rows}."
    total, alarms = len(result.periods), len(result.alarms)
    unit = result.every
    if not alarms:
        return f"Nothing changed by more than chance in {counted(total, unit)}, {rows}."
    latest = result.latest
    said = f"Something changed by more than chance in {alarms} of {counted(total, unit)}"
    state = "alarms" if latest.alarm else "is quiet"
    return f"{said}; the latest whole {unit}, from {latest.name}, {state}."


def sentence(change: Change, result: WatchResult) -> str:
    """Say what changed, by how much, and how seldom that happens by chance."""
    return f"{_what(change)} ({_how(change, result)}){_when(change, result)}.{_mostly(change)}"


def short(change: Change) -> str:
    """Say what changed in a few words, as on a terminal."""
    if change.kind == GROUP:
        return f"new group {change.name}, {percent(change.after)} of messages"
    if change.kind in ("grew", "shrank", "vanished", "outside", "unsure", "language"):
        return f"{change.name} {points(change.difference)}"
    return _what(change)


def _what(change: Change) -> str:
    before, after = percent(change.before), percent(change.after)
    match change.kind:
        case "new group":
            return f"New group {_quoted(change.name)}: {after} of messages, {before} before"
        case "grew":
            return f"{_quoted(change.name)} grew from {before} to {after} of messages"
        case "shrank":
            return f"{_quoted(change.name)} shrank from {before} to {after} of messages"
        case "vanished":
            return f"{_quoted(change.name)} has all but vanished: {after} of messages, {before} before"
        case "outside":
            word = "More" if change.difference > 0 else "Fewer"
            return f"{word} messages fit no segment: {after}, {before} before"
        case "unsure":
            word = "More" if change.difference > 0 else "Fewer"
            return f"{word} messages could be of several segments: {after}, {before} before"
        case "confidence":
            word = "rose" if change.difference > 0 else "fell"
            return f"The mean confidence {word} from {change.before:.0%} to {change.after:.0%}"
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


def _how(change: Change, result: WatchResult) -> str:
    period = _PERIODS[result.every] if result.by_time else "tables of this size"
    rare = f"{_thing(change)} happens in {chance_in_words(change.chance)} {period} without change"
    if change.kind in ("confidence", "length"):
        return f"more than chance: {rare}"
    return f"{points(change.difference)}, more than chance: {rare}"


def _thing(change: Change) -> str:
    if change.kind == GROUP:
        return "such a group"
    return "such a rise" if change.difference > 0 else "such a fall"


def _when(change: Change, result: WatchResult) -> str:
    if not result.by_time:
        return ""
    unit = result.every
    if change.since != change.period:
        return f", since the {unit} of {change.since}, last in that of {change.period}"
    return f", in the {unit} of {change.period}"


def _mostly(change: Change) -> str:
    """Say where the rows of a new group went."""
    if not change.within:
        return ""
    name, rows = next(iter(change.within.items()))
    if rows < _MOSTLY * change.rows:
        return f" Its {counted(change.rows, 'message')} went to {counted(len(change.within), 'segment')}."
    if name == "outside":
        return f" {rows} of its {counted(change.rows, 'message')} fit no segment."
    return f" {rows} of its {counted(change.rows, 'message')} were assigned to {_quoted(name)}."


def sight(result: WatchResult) -> str:
    """Say how small a change could have been seen in the latest period."""
    judged = result.latest.judged
    share, reached = judged.detectable
    if math.isnan(reached):
        return ""
    return (
        f"With {counted(judged.rows, 'row')}, a segment of {percent(share)} of messages has to "
        f"reach {percent(reached)} to be noticed four times out of five."
    )


def notes(result: WatchResult) -> Iterator[str]:
    """Say what else a reader should know."""
    unit = result.every
    for each in result.periods:
        if not each.period.whole:
            yield (
                f"The {unit} of {each.name} is incomplete: it has {counted(each.judged.rows, 'row')} "
                f"so far. Shares of an incomplete {unit} can differ from those of a whole one."
            )
    if result.left_out:
        yield (
            f"{counted(result.left_out, 'row')} in {unit}s of fewer than 30 rows are not judged."
        )
    if result.timeless:
        yield f"{counted(result.timeless, 'row')} without a time are in no {unit}."
    repeated = sum(each.judged.repeated for each in result.periods)
    if repeated:
        yield (
            f"{counted(repeated, 'row')} repeat a text more often than chance, nearly word by word, "
            "and do not count as independent."
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
