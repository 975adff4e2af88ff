"""Filters: read, checked, evaluated as SQL does, and written back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coterie.errors import ColumnError, OptionError, UserError
from coterie.search.filters import (
    And,
    Comparison,
    Condition,
    Contains,
    Has,
    Missing,
    Not,
    OneOf,
    Or,
    check_condition,
    doubts,
    parse_filter,
    passing,
    say_condition,
    write_filter,
)
from coterie.search.schema import Column, Schema

SCHEMA = Schema(
    [
        Column("age", "number", low=18, high=90, quantiles=(20, 30, 54, 60)),
        Column("visits", "number"),
        Column("sector", "text", values=("Health", "Tech", "Retail"), counts=(3, 2, 1)),
        Column(
            "budget",
            "text",
            values=("low", "medium", "high"),
            counts=(1, 1, 1),
            levels=("low", "medium", "high"),
        ),
        Column("notes", "text"),
        Column("interests", "tags", values=("AI", "Art"), counts=(2, 1)),
        Column("joined", "date", low="2020-01-01", high="2024-05-05"),
        Column("employed", "truth"),
        Column("annual income?", "number"),
        Column("date", "date"),
        Column("a-b", "number"),
        Column("and", "number"),
        Column("prix moyen é", "number"),
    ]
)

DAY, NOON = date(2024, 3, 1), datetime(2024, 3, 1, 12)


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("age = 3", Comparison("age", "=", 3)),
        ("AGE == 3.5", Comparison("age", "=", 3.5)),
        ("age <> 1e3", Comparison("age", "!=", 1000)),
        ("age != -3", Comparison("age", "!=", -3)),
        ("age >= '1_000'", Comparison("age", ">=", 1000)),
        ("age ≤ 3", Comparison("age", "<=", 3)),
        ("3 <= age", Comparison("age", ">=", 3)),
        ("'Health' = sector", Comparison("sector", "=", "Health")),
        ('"Health" = sector', Comparison("sector", "=", "Health")),
        ('sector == "health"', Comparison("sector", "=", "health")),
        ("sector = 'it''s'", Comparison("sector", "=", "it's")),
        ("budget >= 'Medium'", Comparison("budget", ">=", "Medium")),
        ("sector in ('Health', 'Tech')", OneOf("sector", ("Health", "Tech"))),
        ("sector NOT IN ('Health')", Not(OneOf("sector", ("Health",)))),
        (
            "age BETWEEN 1 AND 2",
            And((Comparison("age", ">=", 1), Comparison("age", "<=", 2))),
        ),
        (
            "age NOT BETWEEN 1 AND 2",
            Not(And((Comparison("age", ">=", 1), Comparison("age", "<=", 2)))),
        ),
        ("age IS NULL", Missing("age")),
        ("age is not null", Not(Missing("age"))),
        ("employed", Comparison("employed", "=", True)),
        ("employed IS FALSE", Comparison("employed", "=", False)),
        ("employed IS NOT TRUE", Or((Comparison("employed", "=", False), Missing("employed")))),
        ("employed = 'yes'", Comparison("employed", "=", True)),
        ("employed != 0", Comparison("employed", "!=", False)),
        ("notes CONTAINS 'x'", Contains("notes", "x")),
        ("notes NOT CONTAINS 'x'", Not(Contains("notes", "x"))),
        ("notes LIKE '%x y%'", Contains("notes", "x y")),
        ("interests HAS 'AI'", Has("interests", "AI")),
        ("interests not has 'AI'", Not(Has("interests", "AI"))),
        ("joined = '2024-03-01'", Comparison("joined", "=", DAY)),
        ("joined < 2024-03-01", Comparison("joined", "<", DAY)),
        ("date < DATE '2024-03-01'", Comparison("date", "<", DAY)),
        ("joined = '2024-03-01 12:00'", Comparison("joined", "=", NOON)),
        ("joined = '2024-03-01T14:00:00+02:00'", Comparison("joined", "=", NOON)),
        ("joined = '2024-03-01T12:00:00Z'", Comparison("joined", "=", NOON)),
        ("[annual income?] > 3", Comparison("annual income?", ">", 3)),
        ("`annual income?` > 3", Comparison("annual income?", ">", 3)),
        ('"prix moyen é" > 3', Comparison("prix moyen é", ">", 3)),
        ('"and" > 3 ', Comparison("and", ">", 3)),
        ("a-b>-3", Comparison("a-b", ">", -3)),
        (
            "employed AND age > 3 OR NOT age < 2",
            Or(
                (
                    And((Comparison("employed", "=", True), Comparison("age", ">", 3))),
                    Not(Comparison("age", "<", 2)),
                )
            ),
        ),
        (
            "employed AND (age > 3 OR age < 2)",
            And(
                (
                    Comparison("employed", "=", True),
                    Or((Comparison("age", ">", 3), Comparison("age", "<", 2))),
                )
            ),
        ),
    ],
)
def test_an_expression_is_read(expression: str, wanted: Condition) -> None:
    assert parse_filter(expression, SCHEMA) == wanted
    assert parse_filter(write_filter(wanted), SCHEMA) == wanted
    assert say_condition(wanted)


def test_a_day_is_told_apart_from_its_midnight() -> None:
    day = parse_filter("joined = '2024-03-01'", SCHEMA)
    midnight = parse_filter("joined = '2024-03-01T00:00'", SCHEMA)
    assert day != midnight
    assert parse_filter(write_filter(midnight), SCHEMA) == midnight


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ("age > 'old'", "age >= 54"),
        ("sector >= 'x'", "sector = 'x'"),
        ("sector HAS 'x'", "sector"),
        ("employed < TRUE", "employed"),
        ("sector = health", "'health'"),
        ("sector = Real Estate", "'Real Estate'"),
        ("sector = 01234", "'01234'"),
        ("age = budget", "column"),
        ("budget >= 'medum'", "'medium'"),
        ("age = null", "IS NULL"),
        ("interests = 'AI'", "interests HAS 'AI'"),
        ("interests IN ('AI', 'Art')", "interests HAS 'AI' OR interests HAS 'Art'"),
        ("notes LIKE 'x%'", "CONTAINS 'x'"),
        ("notes LIKE 'x'", "notes = 'x'"),
        ("annual income? > 3", '"annual income?"'),
        ("age => 3", ">="),
        ("age > 3 && age < 4", "AND"),
        ("age = 1,000", "1_000"),
        ("3 <= age <= 5", "BETWEEN"),
        ("'age' > 3", "age"),
        ("and > 3", '"and"'),
        ("age", "age >= 54"),
        ("", "age >= 54"),
        ("age >", "54"),
        ("(age > 3", ")"),
        ("age > 3)", ")"),
        ("sector = 'x", "'"),
        ("sector = “x”", "“"),
        ("joined > 'May'", "'May'"),
        ("joined > '2024-02-30'", "2024-02-30"),
        ("joined > '0001-01-01T00:00+14:00'", "0001"),
        ("age > 1e999", "1e999"),
        ("age IN ()", "IN"),
        ("age contains 3", "age"),
        ("sector = '\ud800'", "ud800"),
        ("age > 3 " + "OR age > 3 " * 20_000, "100,000"),
        ("(" * 101 + "age > 3" + ")" * 101, "100"),
        ("NOT " * 1000 + "employed", "100"),
    ],
)
def test_a_mistake_is_answered_by_what_mends_it(expression: str, told: str) -> None:
    with pytest.raises(OptionError) as raised:
        parse_filter(expression, SCHEMA)
    assert told in str(raised.value)


def test_an_unknown_column_is_answered_by_the_nearest() -> None:
    with pytest.raises(ColumnError, match="sector"):
        parse_filter("sectr = 'x'", SCHEMA)


def test_a_hundred_parentheses_are_read() -> None:
    assert parse_filter("(" * 100 + "employed" + ")" * 100, SCHEMA)
    deep = parse_filter("NOT (" * 50 + "employed" + ")" * 50, SCHEMA)
    assert parse_filter(write_filter(deep), SCHEMA) == deep


def test_a_value_that_no_row_has_is_doubted() -> None:
    def of(expression: str) -> list[str]:
        return doubts(parse_filter(expression, SCHEMA), SCHEMA)

    assert "'Health'" in of("sector = 'helth'")[0]
    assert "'AI'" in of("interests HAS 'AIs'")[0]
    assert len(of("sector IN ('Health', 'Tec', 'retial')")) == 2
    assert "30" in of("age BETWEEN 30 AND 20")[0]
    assert of("sector = ' HEALTH ' AND notes = 'x' AND age BETWEEN 20 AND 30") == []


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("age >= 3", "age ≥ 3"),
        ("age > 1_000_000", "age > 1,000,000"),
        ("sector = 'Health'", "sector is Health"),
        ("NOT sector = 'Retail'", "sector is not Retail"),
        ("interests HAS 'AI'", "interests include AI"),
        ("age BETWEEN 20 AND 30", "age from 20 to 30"),
        ("joined < '2024-01-01'", "joined before 2024-01-01"),
        ("sector IN ('Health', 'Tech')", "sector is Health or Tech"),
        ("budget IS NULL", "budget is missing"),
        ("NOT age < 3", "age ≥ 3"),
    ],
)
def test_a_condition_is_said_to_people(expression: str, said: str) -> None:
    assert say_condition(parse_filter(expression, SCHEMA)) == said


def test_groups_need_their_parts() -> None:
    for make in (lambda: And(()), lambda: Or((Missing("a"),)), lambda: OneOf("a", ())):
        with pytest.raises(OptionError):
            make()


# Evaluation against a plain reading of each row.

FOLDED = [
    "Health",
    " health ",
    "TECH",
    "Straße",
    "STRASSE",
    "İx",
    "",
    "low",
    "\x1fLow",
    "high",
    "ß",
]
MOMENTS = [datetime(2024, 2, 29, 23, 59, 59, 999_999) + timedelta(hours=h) for h in (0, 1, 24, 25)]
MOMENTS += [datetime(2024, 3, 1), datetime(2024, 3, 2), datetime(1969, 12, 31, 5)]
DAYS = [date(2024, 2, 29), date(2024, 3, 1), date(2024, 3, 2), date(1969, 12, 31)]
NUMBERS = [-1.5, 0.0, 1.0, 2.0, 2.5, float("nan")]
WHOLES = [-(2**63), -2, 0, 1, 2, 3, 2**53 + 1, 2**63 - 1]
CELLS = {
    "age": st.sampled_from(NUMBERS),
    "visits": st.sampled_from(WHOLES),
    "sector": st.sampled_from(FOLDED),
    "budget": st.sampled_from(["low", "MEDIUM ", "high", "none of them"]),
    "interests": st.lists(st.none() | st.sampled_from(FOLDED), max_size=3),
    "joined": st.sampled_from(MOMENTS),
    "employed": st.booleans(),
}
TEXTS = pa.dictionary(pa.int32(), pa.large_string())
TYPES = {
    "age": pa.float64(),
    "visits": pa.int64(),
    "sector": TEXTS,
    "budget": TEXTS,
    "interests": pa.list_(TEXTS),
    "joined": pa.timestamp("us"),
    "employed": pa.bool_(),
}
OPERATORS = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])
NUMBER_VALUES = st.sampled_from([-(2**70), -1.5, 0, 1, 2, 2.5, 2**53, 2**53 + 1, 2**63, 1e30])
VALUES = {
    "age": NUMBER_VALUES,
    "visits": NUMBER_VALUES,
    "sector": st.sampled_from(FOLDED),
    "joined": st.sampled_from([*MOMENTS, *DAYS]),
}


def leaves() -> st.SearchStrategy[Condition]:
    levels, equal = st.sampled_from(["low", " Medium", "high"]), st.sampled_from(["=", "!="])
    words = st.sampled_from(["h", "SS", "ß", " ", "", "ow", "\u0307"])
    kinds: list[st.SearchStrategy[Any]] = [
        st.builds(Comparison, st.just("budget"), OPERATORS, levels),
        st.builds(Comparison, st.just("employed"), equal, st.booleans()),
        st.builds(Comparison, st.just("sector"), equal, VALUES["sector"]),
        st.builds(Contains, st.sampled_from(["sector", "interests"]), words),
        st.builds(Has, st.just("interests"), VALUES["sector"]),
        st.builds(Missing, st.sampled_from(list(TYPES))),
    ]
    for name, values in VALUES.items():
        if name != "sector":
            kinds.append(st.builds(Comparison, st.just(name), OPERATORS, values))
        several = st.lists(values, min_size=1, max_size=40).map(tuple)
        kinds.append(st.builds(OneOf, st.just(name), several))
    return st.one_of(kinds)


def grown(leaf: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    def longer(parts: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
        several = st.lists(parts, min_size=2, max_size=3).map(tuple)
        return st.builds(Not, parts) | st.builds(And, several) | st.builds(Or, several)

    return st.recursive(leaf, longer, max_leaves=6)


def plain(text: str) -> str:
    return text.strip().casefold()


def is_missing(cell: Any) -> bool:
    if isinstance(cell, list):
        return all(each is None for each in cell)
    return cell is None or cell != cell


def compare(sign: str, cell: Any, value: Any) -> bool:
    if isinstance(cell, datetime) and not isinstance(value, datetime):
        cell = cell.date()
    return {
        "=": cell == value,
        "!=": cell != value,
        "<": cell < value,
        "<=": cell <= value,
        ">": cell > value,
        ">=": cell >= value,
    }[sign]


def truth(condition: Condition, row: Mapping[str, Any]) -> bool | None:
    """Evaluate one row by the tables of Kleene."""
    if isinstance(condition, Not):
        inner = truth(condition.part, row)
        return None if inner is None else not inner
    if isinstance(condition, And | Or):
        ends = isinstance(condition, Or)
        parts = [truth(part, row) for part in condition.parts]
        return ends if ends in parts else None if None in parts else not ends
    cell = row[condition.column]
    if isinstance(condition, Missing):
        return is_missing(cell)
    if is_missing(cell):
        return None
    if isinstance(condition, Contains):
        cells = cell if isinstance(cell, list) else [cell]
        return any(condition.text.casefold() in each.casefold() for each in cells if each)
    if isinstance(condition, Has):
        return plain(condition.tag) in [plain(each) for each in cell if each is not None]
    if isinstance(condition, OneOf):
        values = condition.values
        if isinstance(cell, str):
            return plain(cell) in map(plain, map(str, values))
        return any(compare("=", cell, value) for value in values)
    if isinstance(cell, str) and isinstance(condition.value, str):
        if condition.operator in ("=", "!="):
            return compare(condition.operator, plain(cell), plain(condition.value))
        levels = ["low", "medium", "high"]
        if plain(cell) not in levels:
            return None
        ranks = levels.index(plain(cell)), levels.index(plain(condition.value))
        return compare(condition.operator, *ranks)
    return compare(condition.operator, cell, condition.value)


@st.composite
def tables(draw: st.DrawFn) -> dict[str, pa.Array]:
    """Draw columns with nulls, each a slice of a longer array."""
    count = draw(st.integers(0, 20))
    columns = {}
    for name, cells in CELLS.items():
        before, after = draw(st.integers(0, 9)), draw(st.integers(0, 3))
        size = before + count + after
        drawn = draw(st.lists(cells | st.none(), min_size=size, max_size=size))
        columns[name] = pa.array(drawn, TYPES[name], from_pandas=False).slice(before, count)
    return columns


@settings(max_examples=300)
@given(tables(), grown(leaves()))
def test_the_rows_that_pass_are_those_of_a_plain_reading(
    columns: dict[str, pa.Array], condition: Condition
) -> None:
    cells = {name: column.to_pylist() for name, column in columns.items()}
    count = len(cells["age"])
    rows = [{name: cells[name][at] for name in cells} for at in range(count)]
    found = passing(condition, columns, SCHEMA)
    assert found.dtype == np.bool_
    assert found.tolist() == [truth(condition, row) is True for row in rows]


def test_plain_strings_dictionaries_with_nulls_and_null_columns_are_read() -> None:
    coded = pa.DictionaryArray.from_arrays(
        pa.array([0, 1, 2, None], pa.int32()), pa.array(["A", None, "b"], pa.large_string())
    )
    for condition, wanted in (
        (Comparison("sector", "!=", "a"), [False, False, True, False]),
        (Not(OneOf("sector", ("B",))), [True, False, False, False]),
        (Missing("sector"), [False, True, False, True]),
    ):
        for cells in (coded, pa.array(["A", None, "b", None])):
            assert passing(condition, {"sector": cells}, SCHEMA).tolist() == wanted
    assert passing(Missing("age"), {"age": pa.nulls(2)}, SCHEMA).tolist() == [True, True]
    assert passing(Comparison("age", "<", 3), {"age": pa.nulls(1)}, SCHEMA).tolist() == [False]


def test_the_cells_of_arrow_are_not_changed() -> None:
    cells = pa.array([True, False, None])
    found = passing(Comparison("employed", "=", True), {"employed": cells}, SCHEMA)
    found[:] = True
    assert cells.to_pylist() == [True, False, None]


def test_a_condition_made_by_hand_is_checked() -> None:
    with pytest.raises(OptionError):
        passing(Has("sector", "x"), {"sector": pa.array(["x"])}, SCHEMA)
    with pytest.raises(ColumnError):
        passing(Missing("nothing"), {}, SCHEMA)


# Writing and reading back, with odd names and values.

ODD = ["and", "NULL", 'a"b', "a]b", "`", "'", "a\nb", "", " ", "été", "a.b", "a-b-", "1e3", "2024"]
NAMES = st.text(max_size=8) | st.sampled_from(
    [*ODD, "date", "true", "名前", "नाम", "x;y", "2024-01-02"]
)


@st.composite
def schemas_and_conditions(draw: st.DrawFn) -> tuple[Schema, Condition]:
    names = draw(st.lists(NAMES, min_size=1, max_size=5, unique=True))
    kinds = [draw(st.sampled_from(["text", "tags", "number", "truth", "date"])) for _ in names]
    levels = ("low", "it's", "High")
    texts = [draw(st.booleans()) and kind == "text" for kind in kinds]
    columns = [
        Column(name, kind, values=levels if has else (), levels=levels if has else ())
        for name, kind, has in zip(names, kinds, texts, strict=True)
    ]
    values: dict[str, st.SearchStrategy[Any]] = {
        "text": st.text(max_size=6) | NAMES,
        "number": st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**30), 10**30),
        "truth": st.booleans(),
        "date": st.datetimes() | st.dates(),
    }
    leaf: list[st.SearchStrategy[Any]] = []
    for column in columns:
        name = st.just(column.name)
        leaf.append(st.builds(Missing, name))
        if column.kind == "tags":
            leaf.append(st.builds(Has, name, NAMES))
        else:
            leaf.append(
                st.builds(Comparison, name, st.sampled_from(["=", "!="]), values[column.kind])
            )
            several = st.lists(values[column.kind], min_size=1, max_size=3).map(tuple)
            leaf.append(st.builds(OneOf, name, several))
        if column.kind in ("text", "tags"):
            leaf.append(st.builds(Contains, name, NAMES))
        if column.levels:
            leaf.append(st.builds(Comparison, name, OPERATORS, st.sampled_from(levels)))
        if column.kind in ("number", "date"):
            leaf.append(st.builds(Comparison, name, OPERATORS, values[column.kind]))
    return Schema(columns), draw(grown(st.one_of(leaf)))


@settings(max_examples=300)
@given(schemas_and_conditions())
def test_a_written_condition_reads_back(drawn: tuple[Schema, Condition]) -> None:
    schema, condition = drawn
    assert parse_filter(write_filter(condition), schema) == condition
    assert check_condition(condition, schema) == condition
    assert "\n" not in say_condition(condition)


PIECES = st.sampled_from(
    "age sector budget interests joined employed date and or not in between is null true like has "
    "contains 'x' '%x%' 3 1e3 -3 ( ) , = == <> >= ! \" ` [ ] ' 2024-01-01 “ & ; \n %".split(" ")
)


@settings(max_examples=500)
@given(st.text(max_size=30) | st.lists(PIECES, max_size=12).map(" ".join))
def test_garbage_raises_only_errors_for_users(expression: str) -> None:
    try:
        condition = parse_filter(expression, SCHEMA)
    except UserError as error:
        assert str(error)
    else:
        assert parse_filter(write_filter(condition), SCHEMA) == condition
