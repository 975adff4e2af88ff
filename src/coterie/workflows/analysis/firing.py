"""Which rules apply to a prediction, and what made them apply."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from coterie.errors import ColumnError, OptionError
from coterie.options import RuleSettings
from coterie.personal import mask
from coterie.search.filters import (
    And,
    Condition,
    Not,
    Or,
    columns_of,
    doubts,
    parse_filter,
    passing,
)
from coterie.search.filters.checking import read_date, read_number
from coterie.search.schema import Column, Schema
from coterie.workflows.analysis.analysis import Answer, Evidence, Recommendation, Sentiment
from coterie.workflows.analysis.rules import Rules
from coterie.workflows.analysis.turns import Turn

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["FACTS", "BoundRules", "bind_rules", "recommend", "rule_schema"]

FACTS = ("outcome", "probability", "confidence", "status", "sentiment", "sentiment_score")
"""What rules can read beside the columns of the context."""

_NUMBERS = frozenset({"probability", "confidence", "sentiment_score"})
_STATUSES = ("assigned", "ambiguous", "outside", "refused")
_MOODS = ("positive", "neutral", "negative")
_COLUMN = " (column)"
_MOST_SAID = 3  # places of the text that are named
_TRUE, _FALSE = frozenset({"yes", "true", "1"}), frozenset({"no", "false", "0"})


@dataclass(frozen=True, slots=True)
class BoundRules:
    """Rules whose conditions were read against the columns.

    Attributes
    ----------
    rules
        Those that can apply.
    schema
        The facts and the columns of the context.
    conditions
        Id of a rule to its condition; rules without one are left out.
    doubts
        What in the conditions looks like a mistake, one sentence each.
    """

    rules: Rules
    schema: Schema
    conditions: Mapping[str, Condition]
    doubts: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns of the context that the conditions read."""
        read = (name for each in self.conditions.values() for name in columns_of(each))
        return tuple(dict.fromkeys(n.removesuffix(_COLUMN) for n in read if n not in FACTS))


def rule_schema(
    columns: Sequence[Column], classes: Sequence[Any] = (), *, number: bool = False
) -> Schema:
    """Say what rules can read: the facts, and the columns of the context.

    A column that is called as a fact is ``"NAME (column)"``.

    Parameters
    ----------
    columns
        Of the context.
    classes
        What the model predicts.
    number
        Whether it predicts a number.
    """
    values = {
        "outcome": tuple(map(str, classes)),
        "status": _STATUSES,
        "sentiment": _MOODS,
    }
    facts = [
        Column(name, "number")
        if name in _NUMBERS or (number and name == "outcome")
        else Column(name, "text", values=values[name])
        for name in FACTS
    ]
    own = [Column(**{**column.to_dict(), "name": column_name(column.name)}) for column in columns]
    return Schema([*facts, *own], "the analysis")


def column_name(name: str) -> str:
    """Name a column of the context as rules do."""
    return f"{name}{_COLUMN}" if name in FACTS else name


def bind_rules(rules: Rules, schema: Schema) -> BoundRules:
    """Read the conditions of rules.

    A rule that reads a column which is not there never applies, which is one of the doubts, with
    the nearest columns.

    Raises
    ------
    OptionError
        When a condition cannot be read; the message names the rule and its line.
    """
    conditions: dict[str, Condition] = {}
    told, never = list[str](), set[str]()
    for rule in rules.rules:
        if rule.when is None:
            continue
        try:
            condition = parse_filter(rule.when, schema)
        except ColumnError as error:
            told.append(f"{rules.where(rule)} never applies: {_lower(str(error))}")
            never.add(rule.id)
            continue
        except OptionError as error:
            raise OptionError(f"{rules.where(rule)} cannot be used: {_lower(str(error))}") from None
        conditions[rule.id] = condition
        told += [f"{rules.where(rule)}: {_lower(doubt)}" for doubt in doubts(condition, schema)]
    left = tuple(rule for rule in rules.rules if rule.id not in never)
    return BoundRules(replace(rules, rules=left), schema, conditions, tuple(told))


def recommend(
    bound: BoundRules,
    prediction: Answer,
    sentiment: Sentiment | None,
    context: Mapping[str, Any],
    text: str,
    turns: Sequence[Turn],
    *,
    most: int = 5,
    hide: Callable[[str], str] = mask,
) -> tuple[Recommendation, ...]:
    """Give what the rules recommend, the most urgent first.

    A condition over something that is missing does not hold, as in SQL. Time grows with the rules
    and with the length of the text.

    Parameters
    ----------
    bound
        The rules.
    prediction, sentiment, context, text, turns
        What they are about.
    most
        How many are given.
    hide
        What masks personal data.
    """
    known = {
        "outcome": prediction.outcome,
        "probability": prediction.probability,
        "confidence": prediction.confidence,
        "status": prediction.status,
        "sentiment": None if sentiment is None else sentiment.label,
        "sentiment_score": None if sentiment is None else sentiment.score,
        **{column_name(name): value for name, value in context.items()},
    }
    cells = {column.name: _cell(known.get(column.name), column) for column in bound.schema}
    found = []
    for rule in bound.rules.rules:
        evidence: list[Evidence] = []
        condition = bound.conditions.get(rule.id)
        if condition is not None:
            if not _holds(condition, cells, bound.schema):
                continue
            names = dict.fromkeys(_true(condition, cells, bound.schema))
            evidence += [_fact(name, known.get(name), hide) for name in names]
        if rule.says:
            said = _said(rule, text, turns, hide)
            if not said:
                continue
            evidence += said
        found.append(
            Recommendation(
                id=rule.id,
                text=rule.then,
                why=rule.why,
                priority=rule.priority,
                evidence=tuple(evidence),
            )
        )
        if len(found) == most:
            break
    return tuple(found)


def _holds(condition: Condition, cells: Mapping[str, pa.Array], schema: Schema) -> bool:
    return bool(passing(condition, cells, schema)[0])


def _true(condition: Condition, cells: Mapping[str, pa.Array], schema: Schema) -> Iterator[str]:
    """Name the columns of the parts of a condition that hold."""
    if isinstance(condition, And | Or):
        for part in condition.parts:
            if _holds(part, cells, schema):
                yield from _true(part, cells, schema)
    elif isinstance(condition, Not):
        yield from columns_of(condition)
    else:
        yield condition.column


def _fact(name: str, value: Any, hide: Callable[[str], str]) -> Evidence:
    shown = hide(value) if isinstance(value, str) else value
    if name in ("sentiment", "sentiment_score"):
        return Evidence(source="sentiment", name=name, value=shown)
    if name in FACTS:
        return Evidence(source="prediction", name=name, value=shown)
    return Evidence(source="context", name=name.removesuffix(_COLUMN), value=_plain(shown))


def _said(
    rule: RuleSettings, text: str, turns: Sequence[Turn], hide: Callable[[str], str]
) -> list[Evidence]:
    """Find what a rule looks for, as far as the right person says it."""
    wanted = (rule.speaker or "").casefold()
    found = []
    for turn in turns:
        if wanted and turn.speaker.casefold() != wanted:
            continue
        for match in _pattern(tuple(rule.says)).finditer(text, turn.start, turn.end):
            start, end = match.span()
            found.append(
                Evidence(
                    source="text",
                    text=hide(text[start:end]),
                    start=start,
                    end=end,
                    speaker=turn.speaker,
                )
            )
    return found[:_MOST_SAID]


@lru_cache(maxsize=512)
def _pattern(says: tuple[str, ...]) -> re.Pattern[str]:
    """Match whole words and phrases; an asterisk at the end of a word is any ending."""
    phrases = sorted((" ".join(words.split()) for words in says), key=len, reverse=True)
    return re.compile("|".join(map(_phrase, phrases)), re.IGNORECASE)


def _phrase(words: str) -> str:
    parts = []
    for word in words.split(" "):
        stem = word.removesuffix("*")
        escaped = re.escape(stem).replace("'", "['\N{RIGHT SINGLE QUOTATION MARK}]")
        ending = r"\w*" if word.endswith("*") else ""
        parts.append(escaped + ending)
    inner = r"\s+".join(parts)
    before = r"(?<!\w)" if words[:1].isalnum() else ""
    after = r"(?!\w)" if words[-1:].isalnum() or words.endswith("*") else ""
    return f"{before}{inner}{after}"


def _cell(value: Any, column: Column) -> pa.Array:
    """Make the one cell of a column, null where the value is none of its kind."""
    import pyarrow as pa

    kinds = {
        "number": pa.float64(),
        "truth": pa.bool_(),
        "date": pa.timestamp("us"),
        "text": pa.large_string(),
        "tags": pa.list_(pa.large_string()),
    }
    return pa.array([_as_kind(value, column.kind)], kinds[column.kind])


def _as_kind(value: Any, kind: str) -> Any:
    """Give a value as the kind of its column has it; None where it is none of it."""
    plain = _plain(value)
    if plain is None or plain != plain:  # noqa: PLR0124 - NaN
        return None
    return _READ[kind](plain)


def _as_number(value: Any) -> float | None:
    found = read_number(value) if isinstance(value, str) else value
    return float(found) if isinstance(found, int | float) else None


def _as_truth(value: Any) -> bool | None:
    word = str(value).strip().casefold()
    return True if word in _TRUE else False if word in _FALSE else None


def _as_date(value: Any) -> datetime | None:
    found = read_date(str(value).replace(" 00:00:00", ""))
    if isinstance(found, datetime):
        return found.replace(tzinfo=None)
    return None if found is None else datetime.combine(found, time())


def _as_tags(value: Any) -> list[str]:
    return [tag.strip() for tag in re.split(r"[;|]", str(value)) if tag.strip()]


def _as_text(value: Any) -> str:
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value) if whole else value)


_READ: Mapping[str, Callable[[Any], Any]] = {
    "number": _as_number,
    "truth": _as_truth,
    "date": _as_date,
    "tags": _as_tags,
    "text": _as_text,
}


def _plain(value: Any) -> Any:
    """Give a value as JSON takes it; several tags as one text."""
    plain = value.item() if hasattr(value, "item") else value
    if isinstance(plain, list | tuple):
        return "; ".join(map(str, plain))
    return plain if isinstance(plain, str | bool | int | float) or plain is None else str(plain)


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:] if sentence[1:2].islower() else sentence
