from __future__ import annotations

from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from coterie.search.filters.conditions import (
    And,
    Comparison,
    Condition,
    Has,
    Missing,
    Not,
    OneOf,
    Or,
    columns_of,
)
from coterie.search.phrases import read_query
from coterie.search.schema import Column, Schema

TENS = (10, 20, 30, 40, 50, 60, 70, 80, 90)
SCHEMA = Schema(
    [
        Column("job_title", "text", ("Nurse", "Teacher", "Software developer", "Other")),
        Column("city", "text", ("Paris", "Berlin", "New York", "Reading")),
        Column("country", "text", ("United Kingdom", "France", "South Korea")),
        Column("plan", "text", ("Free", "Pro", "Team")),
        Column("device", "text", ("Tablet", "Laptop")),
        Column("hobbies", "tags", ("Hiking", "Cooking", "Board games", "Photography", "Reading")),
        Column("churn_risk", "text", ("Low", "Medium", "High"), levels=("Low", "Medium", "High")),
        Column(
            "language_skill",
            "text",
            ("Beginner", "Intermediate", "Advanced", "Expert"),
            levels=("Beginner", "Intermediate", "Advanced", "Expert"),
        ),
        Column(
            "staff_size", "text", levels=("1-10", "11-50", "51+"), values=("1-10", "11-50", "51+")
        ),
        Column("age", "number", low=18, high=99, quantiles=TENS),
        Column("income", "number", low=0, high=1e6, quantiles=TENS),
        Column("years_experience", "number", low=0, high=50, quantiles=TENS),
        Column("tenure_years", "number", low=0, high=50, quantiles=TENS),
        Column("How many hours do you sleep each night?", "number", quantiles=TENS),
        Column("married", "truth"),
        Column("is_subscribed", "truth"),
        Column("Would you recommend our shop to your friends?", "truth"),
        Column("signup_date", "date"),
        Column("BookClub", "text", ("BookClub",)),
        Column("yoga", "text", ("yoga",)),
    ]
)
SLEEP = "How many hours do you sleep each night?"
SHOP = "Would you recommend our shop to your friends?"


def conditions(query: str) -> list[Condition]:
    return [each.condition for each in read_query(query, SCHEMA).filters]


def equal(column: str, value: str | float | bool) -> Comparison:
    return Comparison(column, "=", value)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("nurses in Paris", [equal("job_title", "Nurse"), equal("city", "Paris")]),
        ("software-developers", [equal("job_title", "Software developer")]),
        ("developers of softwares", []),
        ("job title is teacher", [equal("job_title", "Teacher")]),
        ("other job title", [equal("job_title", "Other")]),
        ("other people", []),
        ("pro users", [equal("plan", "Pro")]),
        ("on the Pro or Team plan", [OneOf("plan", ("Pro", "Team"))]),
        ("nurses and teachers", [OneOf("job_title", ("Nurse", "Teacher"))]),
        ("British nurses", [equal("country", "United Kingdom"), equal("job_title", "Nurse")]),
        ("users in the UK", [equal("country", "United Kingdom")]),
        ("South Korean teachers", [equal("country", "South Korea"), equal("job_title", "Teacher")]),
        ("prefers a tablet", [equal("device", "Tablet")]),
        ("softwar developers", []),
        ("software develppers", [equal("job_title", "Software developer")]),
    ],
)
def test_values_of_text_are_read(query: str, expected: list[Condition]) -> None:
    assert conditions(query) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("interested in hiking and cooking", [Has("hobbies", "Hiking"), Has("hobbies", "Cooking")]),
        (
            "who like hiking or cooking",
            [Or((Has("hobbies", "Hiking"), Has("hobbies", "Cooking")))],
        ),
        ("board games fans", [Has("hobbies", "Board games")]),
        ("don't like hiking", [Not(Has("hobbies", "Hiking"))]),
        ("people in Reading", []),  # a city and a hobby
        ("BookClub members", [equal("BookClub", "BookClub")]),
        ("went to yoga", [equal("yoga", "yoga")]),
        ("never went to yoga", [Missing("yoga")]),
        ("tired of yoga", []),
    ],
)
def test_tags_and_presence_are_read(query: str, expected: list[Condition]) -> None:
    assert conditions(query) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("high churn risk", [equal("churn_risk", "High")]),
        ("the churn risk is big", [equal("churn_risk", "High")]),
        ("at least moderate churn risk", [Comparison("churn_risk", ">=", "Medium")]),
        ("medium or higher churn risk", [Comparison("churn_risk", ">=", "Medium")]),
        ("low or medium risk", [OneOf("churn_risk", ("Low", "Medium"))]),
        ("not high churn risk", [Not(equal("churn_risk", "High"))]),
        ("high language skill", [Comparison("language_skill", ">=", "Advanced")]),
        ("low language skill", [Comparison("language_skill", "<=", "Intermediate")]),
        ("at most intermediate", [Comparison("language_skill", "<=", "Intermediate")]),
        ("experts", [equal("language_skill", "Expert")]),
        ("more than 50 employees", [equal("staff_size", "51+")]),
        ("companies with 11-50 employees", [equal("staff_size", "11-50")]),
        ("high blood pressure", []),
        ("high risk investments", []),
    ],
)
def test_levels_are_read(query: str, expected: list[Condition]) -> None:
    assert conditions(query) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("nurses under 30", [equal("job_title", "Nurse"), Comparison("age", "<", 30)]),
        ("over forty-five", [Comparison("age", ">", 45)]),
        ("aged 25 to 35", [Comparison("age", ">=", 25), Comparison("age", "<=", 35)]),
        ("in their thirties", [Comparison("age", ">=", 30), Comparison("age", "<", 40)]),
        ("65 or older", [Comparison("age", ">=", 65)]),
        ("under 25 or over 60", [Or((Comparison("age", "<", 25), Comparison("age", ">", 60)))]),
        ("income above 1.5 million", [Comparison("income", ">", 1_500_000)]),
        ("income of at least 2k", [Comparison("income", ">=", 2000)]),
        ("income under CHF 2'000", [Comparison("income", "<", 2000)]),
        ("income over 20 000", [Comparison("income", ">", 20_000)]),
        ("income over 10.000", []),  # ten, or ten thousand
        ("earning over $80,000", [Comparison("income", ">", 80_000)]),
        ("two years of experience", [equal("years_experience", 2)]),
        ("5+ years of experience", [Comparison("years_experience", ">=", 5)]),
        ("customers for more than ten years", [Comparison("tenure_years", ">", 10)]),
        ("with us for over 24 months", [Comparison("tenure_years", ">", 2)]),
        ("sleeping less than 6 hours", [Comparison(SLEEP, "<", 6)]),
        ("high income", [Comparison("income", ">=", 80)]),
        ("low income", [Comparison("income", "<=", 20)]),
        ("over 100 employees", []),
        ("children older than 10", []),
        ("waited over 40 minutes", []),
        ("more than 500 followers", []),
    ],
)
def test_numbers_are_read(query: str, expected: list[Condition]) -> None:
    assert conditions(query) == expected


def test_high_of_a_number_is_explained() -> None:
    (found,) = read_query("high income", SCHEMA).filters
    assert "80" in found.note


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("married teachers", [equal("married", True), equal("job_title", "Teacher")]),
        ("not married", [equal("married", False)]),
        ("unmarried nurses", [equal("married", False), equal("job_title", "Nurse")]),
        ("users who aren't subscribed", [equal("is_subscribed", False)]),
        (
            "neither married nor subscribed",
            [equal("married", False), equal("is_subscribed", False)],
        ),
        ("would recommend the shop to friends", [equal(SHOP, True)]),
        ("would not recommend your shop", [equal(SHOP, False)]),
        ("want to get married", []),
        ("married life is hard", []),
    ],
)
def test_truths_are_read(query: str, expected: list[Condition]) -> None:
    assert conditions(query) == expected


def after(day: date) -> Comparison:
    return Comparison("signup_date", ">=", day)


def before(day: date) -> Comparison:
    return Comparison("signup_date", "<", day)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("signup since 2024", [after(date(2024, 1, 1))]),
        ("signed up in 2023", [after(date(2023, 1, 1)), before(date(2024, 1, 1))]),
        ("signed up before March 2025", [before(date(2025, 3, 1))]),
        ("signed up after 1 June 2024", [Comparison("signup_date", ">", date(2024, 6, 1))]),
        ("signup after 2023", [after(date(2024, 1, 1))]),
        ("signup on 2024-02-29", [Comparison("signup_date", "=", date(2024, 2, 29))]),
        ("signup on 2023-02-29", []),
        (
            "signed up between December 2022 and 2023",
            [after(date(2022, 12, 1)), before(date(2024, 1, 1))],
        ),
        (
            "signed up between January and March 2024",
            [after(date(2024, 1, 1)), before(date(2024, 4, 1))],
        ),
        ("signed up last month", []),
        ("moved in 2023", []),
    ],
)
def test_dates_are_read(query: str, expected: list[Condition]) -> None:
    assert conditions(query) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("except teachers", [Not(equal("job_title", "Teacher"))]),
        ("anyone but teachers", [Not(equal("job_title", "Teacher"))]),
        ("not from Paris or Berlin", [Not(OneOf("city", ("Paris", "Berlin")))]),
        ("people outside New York", [Not(equal("city", "New York"))]),
        ("job title is not nurse", [Not(equal("job_title", "Nurse"))]),
        ("neither nurses nor teachers", [Not(OneOf("job_title", ("Nurse", "Teacher")))]),
        (
            "hiking fans but not in Paris",
            [Has("hobbies", "Hiking"), Not(equal("city", "Paris"))],
        ),
        ("nurses, not only in Paris", [equal("job_title", "Nurse")]),
        (
            "not in their thirties",
            [Not(And((Comparison("age", ">=", 30), Comparison("age", "<", 40))))],
        ),
    ],
)
def test_negations_are_read(query: str, expected: list[Condition]) -> None:
    assert conditions(query) == expected


@pytest.mark.parametrize(
    "query",
    [
        "how to become a nurse",
        "a job in Berlin",
        "holidays in France",
        "hate Paris",
        "worried that a nurse is late",
        "free time",
        "a team of people",
        "teachers or people who love dogs",
        "laptop repairs",
        "complain about the pro plan",
    ],
)
def test_what_may_be_a_meaning_is_left(query: str) -> None:
    assert conditions(query) == []


@pytest.mark.parametrize(
    ("query", "rest"),
    [
        ("Show me all nurses in Paris", ""),
        ("people who love dogs", "love dogs"),
        ("teachers in Berlin who worry about money", "worry about money"),
        ("find users under 30 with a dog", "dog"),
        ("women over 40", "women"),
        ("I am looking for people with strong opinions", "strong opinions"),
        ("", ""),
        ("everyone", ""),
    ],
)
def test_the_rest_has_no_dangling_words(query: str, rest: str) -> None:
    assert read_query(query, SCHEMA).rest.removeprefix("a ") == rest


TEXT = """nurses teacher Paris Berlin not or and in from under 30 over 1,000 years of experience
high low churn risk hiking with without who are married subscribed signed up since 2024 before March
between to at least , . - ' $ about people the a 2k 10.5 5 thirty in their hours sleep
yoga recommend shop friends neither nor but is or more \u00e9t\u00e9 \u4f60\u597d 3D it's"""
WORDS = st.sampled_from(
    [*TEXT.split(), "\u06f3\u06f0", "\u0664", "\u00b2", "\u2460", "-\u0663", "$\u0968"]
)


@given(st.one_of(st.text(max_size=80), st.lists(WORDS, max_size=14).map(" ".join)))
@example("under \u06f3\u06f0 years")
@example("in their \u00b2s")
def test_any_text_is_read(query: str) -> None:
    read = read_query(query, SCHEMA)
    for each in read.filters:
        assert 0 <= each.start < each.end <= len(query)
        assert query[each.start : each.end] == each.words
        for name in columns_of(each.condition):
            column = SCHEMA.find(name)
            for value in _values(each.condition, name):
                assert column.kind not in ("text", "tags") or value in column.values
    assert all(part in query for part in read.rest.split())


def _values(condition: Condition, column: str) -> list[object]:
    if isinstance(condition, And | Or):
        return [value for part in condition.parts for value in _values(part, column)]
    if isinstance(condition, Not):
        return _values(condition.part, column)
    if isinstance(condition, Missing) or condition.column != column:
        return []
    if isinstance(condition, Comparison):
        return [condition.value]
    if isinstance(condition, OneOf):
        return list(condition.values)
    return [condition.tag] if isinstance(condition, Has) else []


def test_values_of_one_vocabulary_are_not_those_of_another() -> None:
    other = Schema([Column("city", "text", ("Rome",))])
    assert [each.condition for each in read_query("people in Rome", other).filters] == [
        equal("city", "Rome")
    ]
    assert conditions("people in Rome") == []
    assert read_query("anything", Schema([])).filters == ()
