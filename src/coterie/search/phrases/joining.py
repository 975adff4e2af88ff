"""Negations before what was found, and alternatives of it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from coterie.search.filters.conditions import (
    Comparison,
    Condition,
    Has,
    Missing,
    Not,
    OneOf,
    Or,
    Value,
    together,
)
from coterie.search.phrases.chart import Chart, Found
from coterie.search.phrases.lexicon import ARTICLES, HEADS, HOLDING, NEGATORS, PREPOSITIONS, words

__all__ = ["join_alternatives", "read_negations"]

_SCOPE = (
    ARTICLES
    | words(
        "in from on to at as with by via through have has had having been be being is are was were "
        "do did use used using attend attended attending went going live lives living work works "
        "working based come comes coming interested own owns holding hold speak speaks get getting "
        "currently yet ever of for who that those people users clients customers members anyone "
        "everyone either already "
        "like likes into prefer become tried taken took take go gone live lived a other"
    )
    | HOLDING
)
_JOINTS = ARTICLES | words("and or , / & nor either in from on to as with by via through for of at")
_BUT = frozenset({"anyone", "everyone", "everybody", "anybody", "all", "nobody", "anything"})
_BETWEEN = ARTICLES | HEADS | PREPOSITIONS | {"who", "are", "is", "have", "has"}
_REACH = 4  # tokens
_ENDS = frozenset({",", ";", ".", "who", "but", "whose", "with", "and"})
_PHRASES = (("other", "than"), ("apart", "from"), ("aside", "from"), ("rather", "than"))
_NOT_DENYING = frozenset({"only", "just", "necessarily"})


def read_negations(chart: Chart) -> None:
    """Deny what stands behind a negation, and all that is joined to it.

    Where words stand between that may mean something else, what was found is dropped.
    """
    chart.found.sort(key=lambda found: found.start)
    doubtful: list[Found] = []
    for number, found in enumerate(chart.found):
        found.negative = found.negative or _is_denied_within(chart, found)
        at = found.start - 1
        while at >= 0 and chart.taken[at] is None and chart.low(at) in _SCOPE:
            at -= 1
        if at < 0 or chart.taken[at] is not None:
            previous = chart.found[number - 1] if number else None
            if previous and previous.negative and _carries(chart, previous, found):
                found.negative = True
            continue
        start = _negation(chart, at)
        if start is not None:
            found.negative = True
            for covered in range(start, found.start):
                chart.taken[covered] = found
            found.start = start
        elif number and chart.found[number - 1].negative:
            previous = chart.found[number - 1]
            if _carries(chart, previous, found):
                found.negative = True
        elif _is_doubtful(chart, at):
            doubtful.append(found)
    for found in doubtful:
        chart.drop(found)


def _is_denied_within(chart: Chart, found: Found) -> bool:
    """Tell whether a negation stands between a name and its value: ``role is not engineer``."""
    if found.column.kind != "text" or not found.joins:
        return False
    inner = {chart.low(at) for at in range(found.start, found.end)}
    value = str(getattr(found.conditions[0], "value", "")).lower().split()
    return bool(inner & {"not", "isn't"} - set(value))


def _is_doubtful(chart: Chart, at: int) -> bool:
    """Tell whether a negation stands a few words before a token, in the same clause."""
    for place in range(at, max(at - _REACH, -1), -1):
        low = chart.low(place)
        if chart.taken[place] is not None or low in _ENDS:
            return False
        if low.endswith("n't") or low in ("not", "never", "no", "without"):
            return True
    return False


def _negation(chart: Chart, at: int) -> int | None:
    """Give where a negation that ends at a token begins; None where there is none."""
    for phrase in _PHRASES:
        if chart.starts_with(at - 1, phrase):
            return at - 1
    low = chart.low(at)
    if low == "nor":
        return None
    if low == "but" and chart.low(at - 1) in _BUT:
        return at
    if low not in NEGATORS and not low.endswith("n't"):
        return None
    if chart.low(at + 1) in _NOT_DENYING:
        return None
    return at


def _carries(chart: Chart, previous: Found, found: Found) -> bool:
    """Tell whether a negation goes on: ``neither students nor founders``."""
    between = {chart.low(at) for at in range(previous.end, found.start)}
    joints = between & {"and", "or", "nor", ",", "&", "/"}
    same = previous.column.name == found.column.name
    presences = isinstance(previous.denied, Missing) and isinstance(found.denied, Missing)
    either = bool(joints & {"or", "nor"}) and None not in (previous.denied, found.denied)
    return bool(joints) and between <= _JOINTS and (same or presences or either)


def join_alternatives(chart: Chart) -> list[tuple[Found, Condition, str]]:
    """Join what stands side by side, and give it as conditions with their notes."""
    groups: list[list[Found]] = []
    for found in sorted(chart.found, key=lambda found: found.start):
        if groups and _belongs(chart, groups[-1], found):
            groups[-1].append(found)
        else:
            groups.append([found])
    read: list[tuple[Found, Condition, str]] = []
    for group in groups:
        ors = _is_choice(chart, group)
        if len(group) == 1:
            if _is_half(chart, group[0]):
                chart.drop(group[0])
            else:
                read.extend((group[0], each, group[0].note) for each in _each(group[0]))
        elif ors is None:
            for found in group:
                read.extend((found, each, found.note) for each in _each(found))
        else:
            first, last = group[0], group[-1]
            for at in range(first.end, last.start):
                chart.taken[at] = chart.taken[at] or first
            merged = Found(first.start, last.end, first.column, first.conditions)
            read.append((merged, _choice(group), ""))
    return read


def _belongs(chart: Chart, group: Sequence[Found], found: Found) -> bool:
    last = group[-1]
    if not (last.joins and found.joins) or last.negative != found.negative:
        return False
    between = [chart.low(at) for at in range(last.end, found.start)]
    joints = set(between) & {"and", "or", "nor", ",", "/", "&"}
    direct = all(word in _JOINTS or word in NEGATORS for word in between)
    around = last.column.name == found.column.name and joints and _only_heads(between)
    if not joints or not (direct or around):
        return False
    same = last.column.name == found.column.name
    if same and not (_is_equal(last) and _is_equal(found)):
        return joints == {"or"}
    one_valued = same and found.column.kind == "text"
    return same or (("or" in joints or "," in joints) and not one_valued and _alike(last, found))


def _is_equal(found: Found) -> bool:
    """Tell whether what was found is a value, and no bound."""
    one = found.conditions[0]
    equal = isinstance(one, OneOf | Has) or (isinstance(one, Comparison) and one.operator == "=")
    return len(found.conditions) == 1 and equal


def _only_heads(between: Sequence[str]) -> bool:
    return all(word in _JOINTS or word in HEADS for word in between)


def _alike(one: Found, other: Found) -> bool:
    """Tell whether two of different columns can be alternatives: both of presence."""
    return one.denied is not None and other.denied is not None


def _is_choice(chart: Chart, group: Sequence[Found]) -> str | None:
    """Tell whether one of a group is enough; None where each is a condition of its own."""
    if len(group) < 2:
        return None
    words = [chart.low(at) for one, other in pairwise(group) for at in range(one.end, other.start)]
    same = len({found.column.name for found in group}) == 1
    if same and group[0].column.kind == "text" and all(map(_is_equal, group)):
        return "or"
    return "or" if "or" in words or "nor" in words else None


def _each(found: Found) -> list[Condition]:
    if not found.negative:
        return list(found.conditions)
    if found.denied is not None:
        return [found.denied]
    whole = together(found.conditions)
    return [] if whole is None else [Not(whole)]


def _choice(group: Sequence[Found]) -> Condition:
    """Make one condition of alternatives."""
    wholes = [together(found.conditions) for found in group]
    conditions = [whole for whole in wholes if whole is not None]
    negative = group[0].negative
    if negative and all(found.denied is not None for found in group):
        whole = together([found.denied for found in group])
        assert whole is not None
        return whole
    same = len({found.column.name for found in group}) == 1
    values: list[Value] = []
    for condition in conditions:
        if isinstance(condition, Comparison) and condition.operator == "=" and same:
            values.append(condition.value)
        elif isinstance(condition, OneOf) and same:
            values.extend(condition.values)
    if len(values) >= len(conditions):
        joined: Condition = OneOf(group[0].column.name, tuple(dict.fromkeys(values)))
        if len(set(values)) == 1:
            joined = Comparison(group[0].column.name, "=", values[0])
    else:
        unique = tuple(dict.fromkeys(conditions))
        joined = Or(unique) if len(unique) > 1 else unique[0]
    return Not(joined) if negative else joined


def _is_half(chart: Chart, found: Found) -> bool:
    """Tell whether what was found is an alternative to something that was not, or to more."""
    before = found.start - 1
    while chart.low(before) in _BETWEEN and chart.taken[before] is None:
        before -= 1
    after = found.end
    while chart.low(after) in HEADS and chart.taken[after] is None:
        after += 1
    return any(chart.low(at) == "or" and chart.taken[at] is None for at in (before, after))
