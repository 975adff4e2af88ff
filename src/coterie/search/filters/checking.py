"""Whether a condition fits the columns of an index, and what in it looks like a mistake."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import islice

from coterie.errors import OptionError
from coterie.formatting import named, shorten
from coterie.search.filters.conditions import (
    And,
    Comparison,
    Condition,
    Contains,
    Has,
    Missing,
    Not,
    OneOf,
    Operator,
    Or,
    Value,
)
from coterie.search.filters.writing import as_range, write_name, write_value
from coterie.search.schema import Column, Schema

__all__ = ["check_condition", "doubts", "example_of", "fold", "read_date", "read_number", "what_is"]

_NUMBER = re.compile(
    r"[+-]?(?:[0-9]+(?:_[0-9]+)*(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", re.ASCII
)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*", re.ASCII | re.DOTALL)
_YES = frozenset({"yes", "true", "1"})
_NO = frozenset({"no", "false", "0"})
_SHOWN = 60  # characters of a value in an error; a judgement, not measured
_LONGEST = 400  # characters of a number; the greatest float has 309 digits
_DOUBTS = 5  # sentences at most; a judgement, not measured


def check_condition(condition: Condition, schema: Schema) -> Condition:
    """Give a condition with the names and the kinds of values that the columns have.

    A number, a truth value or a date that is given as text becomes one; a time with a zone becomes
    naive UTC.

    Parameters
    ----------
    condition
        From `parse_filter`, which has called this, or made in another way.
    schema
        The columns.

    Raises
    ------
    coterie.errors.ColumnError
        When a column is unknown, with the nearest names.
    coterie.errors.OptionError
        When a column is compared in a way that its kind does not allow.
    """
    if isinstance(condition, Not):
        return Not(check_condition(condition.part, schema))
    if isinstance(condition, And | Or):
        return type(condition)(tuple(check_condition(part, schema) for part in condition.parts))
    return _check_leaf(condition, schema.find(condition.column))


def _check_leaf(
    leaf: Comparison | OneOf | Missing | Contains | Has, column: Column
) -> Comparison | OneOf | Missing | Contains | Has:
    if isinstance(leaf, Comparison):
        value = _check_value(column, leaf.operator, leaf.value)
        return Comparison(column.name, leaf.operator, value)
    if isinstance(leaf, OneOf):
        return OneOf(column.name, tuple(_check_value(column, "=", each) for each in leaf.values))
    if isinstance(leaf, Contains):
        if column.kind not in ("text", "tags"):
            raise _misfit(column, "CONTAINS searches text")
        return Contains(column.name, _check_words(column, "CONTAINS", leaf.text))
    if isinstance(leaf, Has):
        if column.kind != "tags":
            raise _misfit(column, "HAS looks for one of several tags")
        return Has(column.name, _check_words(column, "HAS", leaf.tag))
    return Missing(column.name)


def _check_words(column: Column, operator: str, text: Value) -> str:
    if isinstance(text, str):
        return _check_unicode(text)
    shown = write_value(text).strip("'")
    raise OptionError(
        f"{operator} takes a text in single quotes: write {write_name(column.name)} {operator} "
        f"{write_value(shown)}."
    )


def _check_value(column: Column, operator: Operator, value: Value) -> Value:
    if column.kind == "number":
        return _check_number(column, value)
    if column.kind == "truth":
        return _check_truth(column, operator, value)
    if column.kind == "date":
        return _check_date(column, value)
    if column.kind == "tags":
        instead = f"{write_name(column.name)} HAS {write_value(str(value))}"
        raise _misfit(column, f"{operator} compares a single value", instead)
    return _check_text(column, operator, value)


def _check_number(column: Column, value: Value) -> Value:
    number: float | None = None
    if isinstance(value, str):
        number = read_number(value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        try:
            number = value if math.isfinite(value) else None
        except OverflowError:
            number = None
    if number is None:
        raise _misfit(column, f"{_show(value)} is no number")
    return number


def _check_truth(column: Column, operator: Operator, value: Value) -> bool:
    if operator not in ("=", "!="):
        raise _misfit(column, f"{operator} needs values in an order")
    if isinstance(value, bool):
        return value
    word = str(value).strip().casefold()
    if word in _YES or (not isinstance(value, str) and value == 1):
        return True
    if word in _NO or (not isinstance(value, str) and value == 0):
        return False
    raise _misfit(column, f"{_show(value)} is neither TRUE nor FALSE")


def _check_date(column: Column, value: Value) -> date:
    found = read_date(value) if isinstance(value, str) else value
    if isinstance(found, datetime):
        found = _in_utc(found)
    if not isinstance(found, date):
        raise _misfit(
            column, f"{_show(value)} is no date such as '2024-03-01' or '2024-03-01 12:30'"
        )
    return found


def _in_utc(moment: datetime) -> datetime | None:
    if moment.tzinfo is None:
        return moment
    try:
        return moment.astimezone(UTC).replace(tzinfo=None)
    except OverflowError:
        return None


def _check_text(column: Column, operator: Operator, value: Value) -> str:
    name = write_name(column.name)
    if not isinstance(value, str):
        quoted = write_value(write_value(value).strip("'"))
        raise _misfit(column, f"{_show(value)} is no text", f"{name} {operator} {quoted}")
    if operator in ("=", "!="):
        return _check_unicode(value)
    if not column.levels:
        instead = f"{name} = {write_value(value)}"
        raise _misfit(column, f"its values have no order, which {operator} needs", instead)
    if fold(value) not in set(map(fold, column.levels)):
        levels = named(column.levels)
        hint = _nearest(value, column.levels, f"write one of {levels}.")
        raise OptionError(
            f"{_show(value)} is none of the levels of '{_short(column.name)}', which {operator} "
            f"compares: {hint}"
        )
    return value


def _check_unicode(text: str) -> str:
    """Refuse half a surrogate pair, which no column of Arrow holds."""
    try:
        text.encode()
    except UnicodeEncodeError:
        shown = ascii(shorten(text, _SHOWN))
        raise OptionError(f"{shown} is not a text of Unicode: type it anew.") from None
    return text


def _misfit(column: Column, why: str, instead: str = "") -> OptionError:
    return OptionError(
        f"'{_short(column.name)}' is {what_is(column)}, and {why}: write "
        f"{instead or example_of(column)}."
    )


def what_is(column: Column) -> str:
    """Say what a column holds: ``a column of numbers from 18 to 90``."""
    if column.kind in ("number", "date"):
        noun = "numbers" if column.kind == "number" else "dates"
        if column.low is None or column.high is None:
            return f"a column of {noun}"
        low, high = (
            str(end) if isinstance(end, str) else f"{end:.15g}" for end in (column.low, column.high)
        )
        return f"a column of {noun} from {low} to {high}"
    if column.kind == "truth":
        return "a column of TRUE and FALSE"
    if column.kind == "tags":
        return "a column of tags"
    if column.levels:
        return f"a column with the levels {named(column.levels, 6)}"
    return "a column of text"


def example_of(column: Column) -> str:
    """Write a condition on a column that works, as the example in an error."""
    name = write_name(column.name)
    if column.kind == "number":
        middle = column.quantiles[len(column.quantiles) // 2] if column.quantiles else column.low
        number = 1.0 if middle is None or isinstance(middle, str) else float(middle)
        test = f">= {write_value(int(number) if number.is_integer() else number)}"
    elif column.kind == "truth":
        test = "= TRUE"
    elif column.kind == "date":
        test = f">= '{str(column.low or '2024-03-01')[:10]}'"
    elif column.kind == "tags":
        test = f"HAS {write_value(column.values[0] if column.values else 'tag')}"
    elif column.levels:
        test = f">= {write_value(column.levels[len(column.levels) // 2])}"
    else:
        test = f"= {write_value(column.values[0])}" if column.values else "CONTAINS 'text'"
    return f"{name} {test}"


def doubts(condition: Condition, schema: Schema) -> list[str]:
    """Say what in a valid condition looks like a mistake, one sentence each, five at most.

    That is a value that no row has, where the schema knows all values, and a range that ends before
    it begins.

    Parameters
    ----------
    condition
        As `parse_filter` or `check_condition` gives it.
    schema
        The columns.
    """
    return list(islice(_doubts(condition, schema), _DOUBTS))


def _doubts(condition: Condition, schema: Schema) -> Iterator[str]:
    if isinstance(condition, Not):
        yield from _doubts(condition.part, schema)
    elif isinstance(condition, And | Or):
        if (found := as_range(condition)) is not None and _is_backward(found, schema):
            column, low, high = found
            yield (
                f"No row has '{_short(column)}' from {_show(low)} to {_show(high)}: write the "
                "lower value first."
            )
        for part in condition.parts:
            yield from _doubts(part, schema)
    else:
        column_of = schema.find(condition.column)
        known = set(map(fold, column_of.values))
        for value in _values_of(condition):
            if known and isinstance(value, str) and fold(value) not in known:
                hint = _nearest(value, column_of.values, f"it has {named(column_of.values, 6)}.")
                yield f"No row has '{_short(column_of.name)}' {_show(value)}: {hint}"


def _values_of(leaf: Comparison | OneOf | Missing | Contains | Has) -> tuple[Value, ...]:
    if isinstance(leaf, Comparison):
        return (leaf.value,) if leaf.operator in ("=", "!=") else ()
    if isinstance(leaf, OneOf):
        return leaf.values
    return (leaf.tag,) if isinstance(leaf, Has) else ()


def _is_backward(found: tuple[str, Value, Value], schema: Schema) -> bool:
    name, low, high = found
    column = schema.find(name)
    if isinstance(low, str) or isinstance(high, str):
        ranks = {fold(level): rank for rank, level in enumerate(column.levels)}
        return ranks.get(fold(str(low)), 0) > ranks.get(fold(str(high)), len(ranks))
    if isinstance(low, date) and isinstance(high, date):
        return low.isoformat()[:10] > high.isoformat()[:10]
    if isinstance(low, date) or isinstance(high, date):
        return False
    return low > high


def _nearest(value: str, known: tuple[str, ...], otherwise: str) -> str:
    """End a sentence by the known value that is nearest, whatever its case."""
    spelled = {fold(each): each for each in reversed(known)}
    near = difflib.get_close_matches(fold(value), spelled, n=1, cutoff=0.5)
    return f"did you mean {_show(spelled[near[0]])}?" if near else otherwise


def fold(text: str) -> str:
    """Give what two texts have in common that compare as equal: no case, no spaces around."""
    return text.strip().casefold()


def read_number(text: str) -> float | None:
    """Read a number such as ``3``, ``-3.5``, ``1e3`` or ``1_000``; None where it is none.

    A whole number is an ``int``, so that long ids are exact.
    """
    text = text.strip().replace("\N{MINUS SIGN}", "-")
    if len(text) > _LONGEST or not _NUMBER.fullmatch(text):
        return None
    if not math.isfinite(number := float(text)):
        return None
    return int(text) if text.lstrip("+-").replace("_", "").isdecimal() else number


def read_date(text: str) -> date | None:
    """Read a day, or a point in time with or without a zone; None where it is neither."""
    text = text.strip()
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
        if _TIME.fullmatch(text):
            return datetime.fromisoformat(text.upper())
    except ValueError:
        pass
    return None


def _show(value: Value) -> str:
    return shorten(write_value(value), _SHOWN)


def _short(text: str) -> str:
    return shorten(text, _SHOWN)
