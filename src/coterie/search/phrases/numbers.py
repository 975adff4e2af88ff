"""Numbers that a query compares a column with: ``under 30``, ``two years of experience``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from coterie.search.filters.conditions import Comparison, Condition, Operator
from coterie.search.levels import level_words
from coterie.search.phrases.chart import Chart, Found
from coterie.search.phrases.lexicon import (
    AGES,
    AMOUNT_WORDS,
    ARTICLES,
    COMPARED_AFTER,
    COMPARED_BEFORE,
    CURRENCIES,
    HEADS,
    LINKS,
    NUMBER_WORDS,
    STOPS,
    TENURE,
    UNITS,
)
from coterie.search.phrases.names import Name
from coterie.search.phrases.tokens import family, split_words

__all__ = ["Amount", "find_numbers", "read_amount"]

_NUMBER = re.compile(r"([$€£]?)(\d[\d,'\u202f]*(?:\.\d+)?)")
_DOUBTFUL = re.compile(r"[$€£]?\d{1,3}\.\d{3}")  # 10.000 is ten, or ten thousand
_MONTHS_OF_YEAR = 12
_OLDEST = 120
_OLDEST_BARE = 99
_WINDOW = 9  # tokens on either side
_BREAKS = frozenset({",", ";", "who", "and", "but", "or", "with", "?", "whose", "not"})
_LOOSE = (
    LINKS | ARTICLES | {"of", "=", ":", "has", "have", "having", "score", "rating", "with", "at"}
)
_LOOSE |= {"in", "for"}
_BOUNDS: tuple[tuple[tuple[str, ...], Operator], ...] = tuple(
    sorted(COMPARED_BEFORE.items(), key=lambda item: -len(item[0]))
)
_PLAIN_AGE = frozenset({"over", "under", "above", "below", "between"})
_YOUNGEST_BARE = 10
_EARNED = frozenset(map(family, ("income", "salary", "wage")))
_STAFF = frozenset({"employee", "employees", "people", "staff", "workers"})


@dataclass(frozen=True, slots=True)
class Amount:
    """A number as a query writes it.

    Attributes
    ----------
    value
        With its thousands or millions.
    end
        The token after it.
    is_money
        Whether a currency stands beside it.
    """

    value: float
    end: int
    is_money: bool


@dataclass(frozen=True, slots=True)
class _Compared:
    """A comparison whose column is not known yet; `unit` is "" where it has none."""

    start: int
    end: int
    bounds: tuple[tuple[Operator, float], ...]
    unit: str
    is_money: bool
    word: str
    is_age: bool = False
    per: str = ""


def read_amount(chart: Chart, at: int) -> Amount | None:
    """Read a number in digits or words that begins at a token."""
    low = chart.low(at)
    money, sign = False, 1.0
    if low in ("-", "minus") and chart.low(at + 1)[:1].isdecimal():
        sign, at = -1.0, at + 1
        low = chart.low(at)
    if low in ("$", "€", "£"):
        money, at = True, at + 1
        low = chart.low(at)
    if match := _NUMBER.fullmatch(low):
        money = money or bool(match[1])
        digits, end = re.sub(r"[^\d.]", "", match[2]), at + 1
        if _DOUBTFUL.fullmatch(low):
            return None
        if len(digits) < 4 and re.fullmatch(r"\d{3}", chart.low(end)) and digits != "0":
            digits, end = digits + chart.low(end), end + 1
        value = float(digits)
    elif low in NUMBER_WORDS:
        value, end = NUMBER_WORDS[low], at + 1
        small = NUMBER_WORDS.get(chart.low(end), 0)
        if value >= 20 and 0 < small < 10:
            value, end = value + small, end + 1
    elif low in ("usd", "eur", "chf", "gbp") and chart.low(at + 1)[:1].isdecimal():
        inner = read_amount(chart, at + 1)
        return Amount(inner.value, inner.end, True) if inner else None
    elif low == "a" and chart.low(at + 1) in ("hundred", "thousand", "million", "dozen"):
        value, end = 1.0, at + 1
    else:
        return None
    while chart.low(end) in AMOUNT_WORDS:
        value, end = value * AMOUNT_WORDS[chart.low(end)], end + 1
    if chart.low(end) in CURRENCIES or chart.low(end) in ("$", "€", "£"):
        money, end = True, end + 1
    value *= sign
    return Amount(int(value) if value.is_integer() else value, end, money)


def find_numbers(chart: Chart, names: Sequence[Name]) -> None:
    """Find comparisons with numbers, and add those whose column is plain to the chart."""
    numbers = [name for name in names if name.column.kind == "number"]
    sizes = [name for name in names if name.column.levels and _ranges(name)]
    at = 0
    while at < len(chart):
        compared = _compared(chart, at) if chart.taken[at] is None else None
        if compared is None or not chart.is_free(compared.start, compared.end):
            at += 1
            continue
        found = _of_range(chart, compared, sizes) or _attach(chart, compared, numbers)
        if found is not None and not chart.is_topic(found.start):
            chart.add(found)
        at = compared.end


def _compared(chart: Chart, at: int) -> _Compared | None:
    """Read a comparison that begins at a token."""
    return _decade(chart, at) or _between(chart, at) or _bounded(chart, at)


def _decade(chart: Chart, at: int) -> _Compared | None:
    """Read ``in their thirties`` and ``in his 30s``."""
    if chart.low(at) != "in" or chart.low(at + 1) not in ("their", "his", "her", "the", "your"):
        return None
    word, after = chart.low(at + 2), chart.low(at + 3)
    tens, end = 0.0, at + 3
    if word.endswith("ies"):
        tens = NUMBER_WORDS.get(word[:-3] + "y", 0)
    elif word.isdecimal() and after in ("s", "'s"):
        tens, end = float(word), at + 4
    if tens % 10 or not 20 <= tens <= 90:
        return None
    return _Compared(at, end, ((">=", int(tens)), ("<", int(tens) + 10)), "", False, "in", True)


def _between(chart: Chart, at: int) -> _Compared | None:
    """Read ``between 3 and 5``, ``from 3 to 5``, ``3 to 5`` and ``3-5``."""
    first, joints = at, {"to", "-", "\u2013"}
    if chart.low(at) in ("between", "from"):
        first = at + 1
        joints = joints | {"and"}
    if (low := read_amount(chart, first)) is None:
        return None
    middle = low.end
    if chart.low(middle) in UNITS:
        middle += 1
    if chart.low(middle) not in joints or (high := read_amount(chart, middle + 1)) is None:
        return None
    scale = (
        1000 if high.value >= 1000 and chart.low(high.end - 1) == "k" and low.value < 1000 else 1
    )
    bounds: tuple[tuple[Operator, float], ...] = ((">=", low.value * scale), ("<=", high.value))
    if low.value * scale > high.value:
        return None
    end, unit, age = _unit(chart, high.end)
    word = "between" if chart.low(at) == "between" else ""
    per = UNITS.get(chart.low(end - 1), "") if unit else ""
    return _Compared(at, end, bounds, unit, low.is_money or high.is_money, word, age, per)


def _bounded(chart: Chart, at: int) -> _Compared | None:
    """Read ``at least 3 years``, ``3 or more``, ``3``."""
    operator: Operator | None = None
    start, word, first = at, chart.low(at), at
    for words, meant in _BOUNDS:
        if chart.starts_with(at, words):
            operator, first = meant, at + len(words)
            break
    while operator is not None and chart.low(first) in ("the", "age", "of"):
        first += 1
    if operator and chart.low(first) in ("a", "an", "one") and chart.low(first + 1) in UNITS:
        amount: Amount | None = Amount(1, first + 1, False)
    else:
        amount = read_amount(chart, first)
    if amount is None:
        return None
    end = amount.end
    decade = chart.low(end) == "s" and chart.tokens[end].glued
    if decade and word not in _PLAIN_AGE:
        return None
    end += decade
    if operator is None:
        end, operator = _after(chart, end)
    end, unit, age = _unit(chart, end)
    if operator is None:
        end, operator = _after(chart, end)
    return _Compared(
        start,
        end,
        ((operator or "=", amount.value),),
        unit,
        amount.is_money,
        word if operator else "",
        age or decade or bool({word, chart.low(end - 1)} & {"older", "younger"}),
        UNITS.get(chart.low(end - 1), "") if unit else "",
    )


def _after(chart: Chart, end: int) -> tuple[int, Operator | None]:
    for words, meant in COMPARED_AFTER.items():
        if chart.starts_with(end, words):
            return end + len(words), meant
    return end, None


def _unit(chart: Chart, end: int) -> tuple[int, str, bool]:
    """Read the unit after a number, ``years old`` and ``hours a week`` too."""
    unit = UNITS.get(chart.low(end), "")
    if not unit:
        return end, "", False
    end += 1
    if unit == "year" and chart.low(end) in ("old", "olds"):
        return end + 1, unit, True
    if chart.low(end) in ("a", "per", "each", "every", "/") and chart.low(end + 1) in UNITS:
        end += 2
    elif chart.low(end) in ("weekly", "monthly", "yearly", "annually"):
        end += 1
    return end, unit, False


def _attach(chart: Chart, compared: _Compared, names: Sequence[Name]) -> Found | None:
    """Find the one column that a comparison can be of."""
    if age := _age(chart, compared, names):
        return age
    scored = []
    for name in names:
        factor = _factor(compared, name)
        if factor is None:
            continue
        fit = _of_question(chart, compared, name) if name.is_question else None
        if not name.is_question:
            fit = _of_name(chart, compared, name, names)
        if fit is not None:
            scored.append((*fit, name, factor))
    if not scored:
        return None
    best = max(score for score, *_ in scored)
    top = [each for each in scored if each[0] == best]
    if len(top) > 1:
        return None
    _, start, end, name, factor = top[0]
    if start > 0 and chart.taken[start - 1] is None:
        key = family(chart.low(start - 1))
        if any(key in other.keys for other in names if other is not name):
            return None
    return Found(start, end, name.column, _conditions(compared, name, factor), joins=True)


def _conditions(compared: _Compared, name: Name, factor: float = 1) -> tuple[Condition, ...]:
    values = [(operator, value * factor) for operator, value in compared.bounds]
    return tuple(
        Comparison(
            name.column.name,
            operator,
            int(value) if float(value).is_integer() else value,
        )
        for operator, value in values
    )


def _factor(compared: _Compared, name: Name) -> float | None:
    """Give what the number is multiplied by to be in a column's unit; None where it cannot be."""
    if compared.is_money or name.is_money:
        fits = not compared.unit and (name.is_money or not compared.is_money)
        return 1 if fits else None
    if not compared.unit or compared.unit in name.units:
        return 1
    if compared.unit == "year" and "month" in name.units:
        return _MONTHS_OF_YEAR
    if compared.unit == "month" and "year" in name.units:
        return 1 / _MONTHS_OF_YEAR
    plain = compared.unit == "year" and not name.units and not name.is_question
    return 1 if plain else None


def _age(chart: Chart, compared: _Compared, names: Sequence[Name]) -> Found | None:
    """Read an age: by ``aged``, ``old``, ``older than``, or a bare number after ``over``."""
    ages = [name for name in names if name.keys == ("age",)]
    if len(ages) != 1 or compared.is_money or compared.unit not in ("", "year"):
        return None
    if any(not 0 < value <= _OLDEST for _, value in compared.bounds):
        return None
    start, end = compared.start, compared.end
    left = start
    while chart.low(left - 1) in LINKS | {"of", "between", "from", "the"} and left > 0:
        left -= 1
    said = chart.low(left - 1) in AGES and left > 0 and chart.taken[left - 1] is None
    if said:
        start = left - 1
        if chart.low(start - 1) == "the" and chart.low(start - 2) == "of":
            start -= 2
    elif not compared.is_age or compared.word in ("older", "younger"):
        plain = compared.word in _PLAIN_AGE or compared.word in ("older", "younger")
        if compared.unit and not compared.is_age:
            return None
        bare = all(_YOUNGEST_BARE <= value <= _OLDEST_BARE for _, value in compared.bounds)
        if not plain or not bare or not _is_whole(chart, compared):
            return None
    return Found(start, end, ages[0].column, _conditions(compared, ages[0]), joins=True)


def _is_whole(chart: Chart, compared: _Compared) -> bool:
    """Tell whether nothing is counted by a number: ``over 60`` and not ``over 60 times``."""
    after, left = chart.low(compared.end), chart.before(compared.start)
    counted = after in HEADS and chart.taken[compared.end] is None
    free_after = chart.is_open(compared.end) and after not in ("of", "%", "percent")
    free_after = free_after and not counted
    noun = left < 0 or chart.taken[left] is not None
    noun = noun or chart.low(left) in HEADS | {",", "and", "but", "or", "are", "is", "not", "who"}
    return free_after and noun


def _of_name(
    chart: Chart, compared: _Compared, name: Name, names: Sequence[Name]
) -> tuple[float, int, int] | None:
    """Find a short name directly beside a comparison."""
    keys, size = name.keys, len(name.keys)
    if not size:
        return None
    alone = sum(keys[-1] in other.keys and not other.is_question for other in names) == 1
    for score, part in ((3.0, keys), (2.0, keys[-1:]), (1.5, keys[:1])):
        if len(part) < size and (not alone or (part == keys[:1] and name.weights[part[0]] < 1)):
            continue
        left = compared.start
        while left > 0 and chart.taken[left - 1] is None:
            first = left - len(part)
            if first >= 0 and _stand(chart, first, part):
                return score, first, compared.end
            if chart.low(left - 1) not in _LOOSE:
                break
            left -= 1
        right = compared.end
        while chart.low(right) in ("of", "in", "the", "as", "for", "'", "their") and right < len(
            chart
        ):
            right += 1
        if _stand(chart, right, part) and (
            compared.word or compared.unit or len(compared.bounds) > 1
        ):
            return score, compared.start, _with_unit(chart, right + len(part), name)
    if name.is_money and set(keys) & _EARNED and not any("earn" in n.keys for n in names):
        at = compared.start - 1
        if chart.taken[max(at, 0)] is None and family(chart.low(at)) == "earn":
            return 2.0, at, compared.end
    if compared.unit and "tenure" in keys:
        return _of_tenure(chart, compared)
    return None


def _with_unit(chart: Chart, end: int, name: Name) -> int:
    """Go on over ``per month`` where the name of a column says so."""
    said = chart.low(end) in ("per", "a", "each", "every") and name.units
    return end + 2 if said and UNITS.get(chart.low(end + 1)) in name.units else end


def _stand(chart: Chart, at: int, keys: Sequence[str]) -> bool:
    inside = at + len(keys) <= len(chart) and chart.is_free(at, at + len(keys))
    return inside and all(family(chart.low(at + step)) == key for step, key in enumerate(keys))


def _of_tenure(chart: Chart, compared: _Compared) -> tuple[float, int, int] | None:
    """Read ``clients for over 10 years`` and ``with us for less than a year``."""
    at = compared.start - 1
    if chart.low(at) not in ("for", "since"):
        return None
    at -= 1
    if chart.low(at) not in TENURE or chart.taken[at] is not None:
        return None
    if chart.low(at) == "us" and chart.low(at - 1) != "with":
        return None
    while at > 0 and chart.low(at - 1) in ("with", "been", "have", "has", "a", "the", "our", "who"):
        at -= 1
    return 2.0, at, compared.end


def _of_question(chart: Chart, compared: _Compared, name: Name) -> tuple[float, int, int] | None:
    """Find the words of a long name around a comparison."""
    keys = set(name.keys)
    matched: set[str] = set()
    start, end = compared.start, compared.end
    for step in (-1, 1):
        at = compared.start - 1 if step < 0 else compared.end
        for _ in range(_WINDOW):
            if not 0 <= at < len(chart) or chart.taken[at] is not None or chart.low(at) in _BREAKS:
                break
            key = family(chart.low(at))
            if key in keys:
                matched.add(key)
                start, end = min(start, at), max(end, at + 1)
            elif chart.low(at) not in STOPS and step > 0:
                break
            at += step
    if not matched:
        clear = (
            (compared.word or len(compared.bounds) > 1)
            and compared.per != compared.unit
            and _is_whole(chart, compared)
        )
        told = {compared.unit, compared.per} <= name.units and not compared.is_money
        return (1.0, start, end) if clear and told else None
    if not (compared.word or len(compared.bounds) > 1) and not (compared.unit and len(matched) > 1):
        return None
    score = sum(name.weights[key] for key in matched)
    told = compared.is_money or bool(compared.unit)
    whole = matched == keys
    if not (told or whole or (len(matched) > 1 and score > 1)):
        return None
    if matched == {"ago"} and (compared.start == 0 or chart.taken[compared.start - 1] is None):
        return None
    return score + 0.5 * whole, start, end


def _ranges(name: Name) -> list[tuple[float, float, str]]:
    """Give the bounds of levels that are ranges of numbers; none where they are not."""
    found = []
    for level in name.column.levels:
        parts = [word for word in split_words(level) if word[0].isdecimal()]
        numbers = [float(part.replace(",", "")) for part in parts]
        if not numbers or level_words(level) != (level.casefold(),):
            return []
        found.append((numbers[0], numbers[1] if len(numbers) > 1 else float("inf"), level))
    return found


def _of_range(chart: Chart, compared: _Compared, names: Sequence[Name]) -> Found | None:
    """Compare a column whose levels are ranges, where the number is one of their bounds."""
    if compared.unit or compared.is_money:
        return None
    for name in names:
        staff = {"size", "employe", "staff", "headcount"} & set(name.keys)
        after = compared.end + 1 if staff and chart.low(compared.end) in _STAFF else 0
        fit = _of_name(chart, compared, name, names)
        if not after and fit is None:
            continue
        ranges = _ranges(name)
        condition = _level_of(compared, ranges, name.column.name)
        if condition is None:
            return None
        start, end = (fit[1], fit[2]) if fit else (compared.start, after)
        return Found(start, max(end, after), name.column, (condition,), joins=True)
    return None


def _level_of(
    compared: _Compared, ranges: Sequence[tuple[float, float, str]], column: str
) -> Condition | None:
    if len(compared.bounds) > 1:
        ends = tuple(value for _, value in compared.bounds)
        same = [level for low, high, level in ranges if (low, high) == ends]
        return Comparison(column, "=", same[0]) if same else None
    (operator, value), last = compared.bounds[0], len(ranges) - 1
    if operator in (">", ">="):
        firsts = {value} if operator == ">=" else {value + 1}
        for at, (low, high, level) in enumerate(ranges):
            if low in firsts or (high == float("inf") and low == value):
                return Comparison(column, "=" if at == last else ">=", level)
    if operator in ("<", "<="):
        for at, (_, high, level) in enumerate(ranges):
            if high == value or high + 1 == value:
                if operator == "<" and high == value:
                    return None
                return Comparison(column, "=" if at == 0 else "<=", level)
    return None
