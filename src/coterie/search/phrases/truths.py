"""Columns of yes or no that a query states: ``remote workers``, ``never attended a bootcamp``."""

from __future__ import annotations

from collections.abc import Sequence

from coterie.search.filters.conditions import Comparison
from coterie.search.phrases.chart import Chart, Found
from coterie.search.phrases.lexicon import (
    ARTICLES,
    FILLERS,
    LINKS,
    NEGATORS,
    PREPOSITIONS,
    STOPS,
    words,
)
from coterie.search.phrases.names import Name
from coterie.search.phrases.tokens import family, singular

__all__ = ["find_truths", "mark_truths"]

_LEFT = (
    LINKS
    | NEGATORS
    | words(
        "who have has had on with to get gets getting receive receives receiving work works "
        "working want wants already 've and"
    )
)
_BREAKS = frozenset({",", ";", "who", "and", "but", "or", "?", "whose", "with", "."})
_HOURS = frozenset({"full", "part", "time"})
_WHOLE = 0.8  # of a question, where only one of its words stands
_LEAST_SHARE = 0.5  # of the weight of a question's words
_LEAST_WEIGHT = 1.0  # such as one word that no other name has
_TO = frozenset({"subscribed", "signed", "opted", "subscribe", "subscribing"})
_WISHES = words("looking need needs want wants wish hope hoping plan planning how if might could")


def find_truths(chart: Chart, names: Sequence[Name]) -> None:
    """Find columns of yes or no that are stated, and add them to the chart."""
    truths = [name for name in names if name.column.kind == "truth"]
    for name in truths:
        if not name.is_question:
            _find_short(chart, name)
    _find_questions(chart, [name for name in truths if name.is_question])


def mark_truths(chart: Chart, names: Sequence[Name]) -> None:
    """Mark where the short name of a column of yes or no may start."""
    keys = [family(token.low) for token in chart.tokens]
    for name in names:
        if name.column.kind == "truth" and not name.is_question:
            size = len(name.keys)
            found = (at for at in range(len(keys)) if tuple(keys[at : at + size]) == name.keys)
            chart.starts.update(found)


def _found(name: Name, start: int, end: int) -> Found:
    column = name.column
    yes, no = (Comparison(column.name, "=", answer) for answer in (True, False))
    return Found(start, end, column, (yes,), no)


def _find_short(chart: Chart, name: Name) -> None:
    size = len(name.keys)
    keys = tuple(key for key in name.keys if key not in ("is", "has", "be", "have")) or name.keys
    size = len(keys)
    for start in range(len(chart) - size + 1):
        end = start + size
        here = tuple(family(chart.low(at)) for at in range(start, end))
        undone = size == 1 and _undone(chart.low(start)) in keys
        if (here != keys and not undone) or not chart.is_free(start, end) or chart.is_topic(start):
            continue
        if _stated(chart, start, end):
            first = start
            left = chart.before(start)
            while (
                left >= 0
                and chart.taken[left] is None
                and (
                    chart.low(left)
                    in {"on", "to", "get", "gets", "receive", "work", "works", "working"}
                    or chart.low(left) in _TO
                )
            ):
                first, left = left, chart.before(left)
            found = _found(name, first, end)
            if undone and found.denied is not None:
                found.conditions, found.denied = (found.denied,), found.conditions[0]
            found.leans = not chart.is_closed_off(end) and singular(
                chart.low(end - 1)
            ) == chart.low(end - 1)
            chart.add(found)


def _goes_on(chart: Chart, at: int) -> bool:
    """Tell whether another condition follows a joint."""
    known = at < len(chart) and chart.taken[at] is not None
    return known or chart.low(at) in PREPOSITIONS | NEGATORS


def _undone(word: str) -> str:
    """Give the family of what is denied by a beginning: ``unmarried``."""
    return family(word[2:]) if word.startswith("un") and len(word) > 5 else ""


def _stated(chart: Chart, start: int, end: int) -> bool:
    """Tell whether the grammar shows that a short name is said of a person."""
    after, word = chart.low(end), chart.low(end - 1)
    subject, plural = chart.is_subject(start), singular(word) != word
    if word.endswith(("'", "'s")):
        return False
    if subject and chart.is_followed(end):
        return True
    if not chart.is_open(end):
        return subject and plural and word not in STOPS
    return chart.is_segment(start, end) or _predicated(chart, start, end, after)


def _predicated(chart: Chart, start: int, end: int, after: str) -> bool:
    word, at = chart.low(end - 1), chart.before(start)
    left, verb = chart.low(at), word.endswith(("ed", "ing"))
    if left in ("to", "for", "up") and chart.low(at - 1) not in _TO | {"signed", "up"}:
        return False
    if verb and left in ("want", "wants", "get", "to"):
        return False
    said = left in _LEFT or left in _TO
    if said or (left == "" and after in ("and", "but") and _goes_on(chart, end + 1)):
        return True
    one = singular(word) != word or verb or left in ("and", "or", ",")
    return one and chart.is_subject(start)


def _find_questions(chart: Chart, names: Sequence[Name]) -> None:
    """Find where enough of the words of a question stand together."""
    matches = list[tuple[float, int, int, int, Name]]()
    wished: set[str] = set()
    shared = {key for name in names for key, weight in name.weights.items() if weight < 1}
    for name in names:
        keys = set(name.keys)
        total = sum(name.weights.values())
        for start in range(len(chart)):
            if family(chart.low(start)) not in keys or chart.taken[start] is not None:
                continue
            end, seen = _reach(chart, start, keys)
            weight = sum(name.weights[key] for key in seen)
            top = max(name.weights[key] for key in seen)
            share = weight / total
            enough = (weight >= _LEAST_WEIGHT and top == 1) or (
                share >= _LEAST_SHARE and len(seen) > 1
            )
            if share < _LEAST_SHARE or not enough:
                continue
            if len(seen) == 1 and share < _WHOLE:
                continue
            if len(seen) == 1:
                end = _with_object(chart, end, shared)
                if not _alone(chart, start, end):
                    continue
            matches.append((weight, -start, start, end, name))
    for _, _, start, end, name in sorted(matches, key=lambda match: match[:2], reverse=True):
        if (
            name.column.name in wished
            or not chart.is_free(start, end)
            or any(f.column is name.column for f in chart.found)
        ):
            continue
        left = start - 1
        while left >= 0 and chart.taken[left] is None and chart.low(left) in FILLERS:
            left -= 1
        before = {chart.low(at) for at in range(max(left, 0), start)}
        if before & _WISHES or chart.is_topic(start):
            wished.add(name.column.name)
            continue
        chart.add(_found(name, start, end))


def _reach(chart: Chart, start: int, keys: set[str]) -> tuple[int, set[str]]:
    """Go right over the words of a question and those that say nothing."""
    seen: set[str] = set()
    end = at = start
    while at < len(chart) and chart.taken[at] is None and chart.low(at) not in _BREAKS | NEGATORS:
        key = family(chart.low(at))
        if key in keys:
            seen.add(key)
            end = at + 1
        elif chart.low(at) not in STOPS | ARTICLES | _HOURS:
            break
        at += 1
    return end, seen


def _alone(chart: Chart, start: int, end: int) -> bool:
    """Tell whether a single word is the whole of what is said: ``have not finished yet``."""
    if not chart.is_open(end):
        return False
    left = chart.low(chart.before(start))
    return left in _LEFT or left == "" or chart.is_subject(start)


def _with_object(chart: Chart, end: int, shared: set[str]) -> int:
    """Go on over ``yet``, and over an object that other questions speak of too."""
    at = end
    while chart.low(at) in ARTICLES | {"yet", "already"}:
        at += 1
        if chart.low(at - 1) in ("yet", "already"):
            end = at
    return at + 1 if family(chart.low(at)) in shared and chart.is_open(at + 1) else end
