"""Compare the filters read from queries with those expected of them."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from coterie.search.filters.conditions import (
    OPPOSITE,
    And,
    Comparison,
    Condition,
    Contains,
    Has,
    Missing,
    Not,
    OneOf,
    Or,
)
from coterie.search.filters.parsing import parse_filter
from coterie.search.filters.writing import write_filter
from coterie.search.phrases import read_query
from coterie.search.schema import Column, Schema


@dataclass
class Score:
    """How many queries and filters are as expected.

    `wrong` filters are not expected, or with another value; `misled` are the queries that have one.
    """

    queries: int = 0
    exact: int = 0
    right: int = 0
    wrong: int = 0
    missed: int = 0
    misled: int = 0
    rests: int = 0
    failures: list[str] = field(default_factory=list)

    def __add__(self, other: Score) -> Score:
        mine, theirs = vars(self), vars(other)
        return Score(**{name: mine[name] + theirs[name] for name in mine})

    def __str__(self) -> str:
        return (
            f"{self.exact}/{self.queries} queries exact, {self.misled} with a wrong filter; "
            f"filters: {self.right} right, {self.wrong} wrong, {self.missed} missed; "
            f"{self.rests} rests as expected"
        )


def load_schema(path: Path) -> Schema:
    """Read the columns of a schema from a file."""
    return Schema([Column.from_dict(each) for each in json.loads(path.read_text("utf-8"))])


def score_queries(schema: Schema, path: Path) -> Score:
    """Read all queries of a file of JSON lines, and compare."""
    score = Score()
    for line in path.read_text("utf-8").splitlines():
        case = json.loads(line)
        read = read_query(case["query"], schema)
        wanted = Counter(_all(parse_filter(text, schema) for text in case["filters"]))
        given = Counter(_all(each.condition for each in read.filters))
        wrong, missed = (given - wanted).total(), (wanted - given).total()
        score.queries += 1
        score.exact += not wrong and not missed
        score.right += (given & wanted).total()
        score.wrong += wrong
        score.missed += missed
        score.misled += bool(wrong)
        rest = case.get("rest", read.rest)
        score.rests += rest == read.rest
        if wrong or missed or rest != read.rest:
            mark = "WRONG" if wrong else "missed" if missed else "rest"
            filters = [write_filter(each.condition) for each in read.filters]
            score.failures.append(
                f"{mark}: {case['query']}\n    wanted {case['filters']} rest {rest!r}\n"
                f"    read   {filters} rest {read.rest!r}"
            )
    return score


def _all(conditions: Iterable[Condition]) -> list[object]:
    return [part for condition in conditions for part in canonical(condition)]


def canonical(condition: Condition, *, negative: bool = False) -> list[object]:
    """Give the parts that must all hold, in one form for all ways to write the same."""
    if isinstance(condition, Not):
        return canonical(condition.part, negative=not negative)
    if isinstance(condition, And | Or):
        return _several(condition, negative=negative)
    if isinstance(condition, OneOf):
        values = tuple(sorted(str(_plain(value)) for value in condition.values))
        if negative:
            return [(condition.column, "!=", value) for value in values]
        return [_one_of(condition.column, values)]
    return [_single(condition, negative=negative)]


def _several(condition: And | Or, *, negative: bool) -> list[object]:
    if isinstance(condition, And) != negative:
        return [p for part in condition.parts for p in canonical(part, negative=negative)]
    parts = [tuple(canonical(part, negative=negative)) for part in condition.parts]
    flat = [part[0] for part in parts if len(part) == 1 and isinstance(part[0], tuple)]
    equal = [each for each in flat if each[1] == "="]
    if len(equal) == len(parts) and len({each[0] for each in equal}) == 1:
        return [_one_of(equal[0][0], tuple(sorted(str(each[2]) for each in equal)))]
    return [("or", tuple(sorted(map(str, parts))))]


def _one_of(column: str, values: tuple[str, ...]) -> object:
    return (column, "in", values) if len(values) > 1 else (column, "=", values[0])


def _single(condition: Comparison | Has | Missing | Contains, *, negative: bool) -> object:
    if isinstance(condition, Has):
        return (condition.column, "lacks" if negative else "has", condition.tag.casefold())
    if isinstance(condition, Missing):
        return (condition.column, "known" if negative else "missing")
    if isinstance(condition, Contains):
        return (condition.column, "contains", condition.text.casefold(), negative)
    if isinstance(condition.value, bool):
        return (condition.column, "=", condition.value != negative)
    operator = OPPOSITE[condition.operator] if negative else condition.operator
    return (condition.column, operator, _plain(condition.value))


def _plain(value: object) -> object:
    return value.casefold() if isinstance(value, str) else value


if __name__ == "__main__":
    folder, part = Path(sys.argv[1]), sys.argv[2]
    total = Score()
    for path in sorted(folder.glob("*.json")):
        score = score_queries(load_schema(path), path.with_suffix(f".{part}.jsonl"))
        sys.stdout.write(f"{path.stem} {score}\n")
        total += score
    sys.stdout.write("\n".join(total.failures))
    sys.stdout.write(f"\nall {total}\n")
