"""What a model said, into data: found wherever it stands, or refused with what is wrong."""

from __future__ import annotations

import json
import string
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from coterie.llm import Answer, schema_of
from coterie.llm.answers import BadAnswerError, read_answer
from coterie.llm.thinking import without_thinking


class Deep(Answer):
    """An answer with parts."""

    name: str
    words: list[str] = Field(default_factory=list)
    counts: dict[str, int] = Field(default_factory=dict)
    kind: Literal["a", "b"] | None = None


GOOD = Deep(name="a {b} c", words=["{", "}", '"'], counts={"x": 1})
JSON = GOOD.model_dump_json()


@pytest.mark.parametrize(
    "text",
    [
        JSON,
        f"```json\n{JSON}\n```",
        f"```\n{JSON}```",
        f"Here it is:\n\n{JSON}\n\nI hope this helps {{you}}.",
        f"A set {{a, b}} and {{}} and {{'c': 1}}: {JSON}",
        f"{{{JSON}}}",
        f"[{JSON}]",
        f'{{"wrong": 1}} no, I mean {JSON}',
        f'{JSON} or {{"name": "another"}}',
        f'<think>{{"name": "thought"}}</think>{JSON}',
        f'{{"name": "thought"}}</think>{JSON}',
        f'{JSON}<think>or {{"name": "thought"}}',
        json.dumps(GOOD.model_dump(), indent=4),
        "\ufeff" + JSON,
    ],
)
def test_an_answer_is_found_wherever_it_stands(text: str) -> None:
    assert read_answer(text, Deep) == GOOD


@pytest.mark.parametrize(
    ("text", "told", "is_json"),
    [
        ("", "no JSON", False),
        ("It is a.", "no JSON", False),
        ("{name: a}", "no JSON", False),
        ('{"name": "a"', "no JSON", False),
        ('["name"]', "no JSON", False),
        ('<think>{"name": "a"}', "no JSON", False),
        ("{" * 100_000, "no JSON", False),
        ('{"name":' * 100_000, "no JSON", False),
        ('{"name": ' + "9" * 10_000 + "}", "no JSON", False),
        ("{}", "name", True),
        ('{"name": 1}', "name", True),
        ('{"name": "a", "more": 1}', "more", True),
        ('{"name": "a", "kind": "c"}', "kind", True),
        ('{"name": "a", "words": ["b", 2]}', "words.1", True),
        ('{"answer": {"name": "a"}}', "name", True),
        ('{"name": "\\ud800"}', "name", True),
        ('{"name": "a", "\\ud800": 1}', "wrong", True),
    ],
)
def test_what_is_wrong_is_said(text: str, told: str, is_json: bool) -> None:
    with pytest.raises(BadAnswerError) as caught:
        read_answer(text, Deep)
    assert told in str(caught.value)
    assert caught.value.is_json is is_json
    assert len(str(caught.value)) < 300


PIECES = [
    "{",
    "}",
    "[",
    "]",
    '"',
    ":",
    ",",
    "name",
    '"name"',
    "<think>",
    "</think>",
    "\\",
    "\\ud800",
]
PIECES += ["```json", "\n", "1e999", "NaN", "null", JSON, '{"name": "x"}', "\ud800", "\x00"]


@given(st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=20).map("".join)))
def test_any_text_is_an_answer_or_a_bad_one(text: str) -> None:
    try:
        found = read_answer(text, Deep)
    except BadAnswerError as error:
        assert str(error).endswith(".")  # noqa: PT017
    else:
        assert isinstance(found, Deep)


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from(["name", "words", "counts", "kind", "x"]), JSONS))
def test_any_json_is_an_answer_or_a_bad_one(value: dict[str, object]) -> None:
    try:
        found = read_answer(json.dumps(value), Deep)
    except BadAnswerError as error:
        assert error.is_json  # noqa: PT017
    else:
        assert found.name == str(value["name"]).strip()


PROSE = st.text(string.ascii_letters + " .,\n")


@given(PROSE, PROSE, st.text(st.characters(codec="utf-8"), min_size=1), st.booleans())
def test_an_answer_comes_back_from_any_prose(
    before: str, after: str, name: str, fenced: bool
) -> None:
    answer = Deep(name=name)
    said = answer.model_dump_json()
    if "<" not in said:
        said = f"```json\n{said}\n```" if fenced else said
        assert read_answer(f"{before}{said}{after}", Deep) == answer


def test_a_schema_has_no_titles_and_keeps_fields_of_that_name() -> None:
    class Titled(Answer):
        """Described."""

        title: str
        description: str

    schema = schema_of(Titled)
    assert set(schema["properties"]) == {"title", "description"}
    assert "title" not in schema
    assert "title" not in schema["properties"]["title"]
    assert "description" not in schema
    assert schema["additionalProperties"] is False


# Thinking.


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("said", "said"),
        ("  a < b  ", "a < b"),
        ("<think>thought</think>said", "said"),
        ("<think>\nthought\n</think>\n\nsaid\n", "said"),
        ("<THINK>thought</Think>said", "said"),
        ("<thinking>thought</thinking>said", "said"),
        ("<reasoning>thought</reasoning>said", "said"),
        ("<thought>thought</thought>said", "said"),
        ("thought</think>said", "said"),
        ("said<think>thought", "said"),
        ("<think>thought", ""),
        ("<think></think>", ""),
        ("<think>one</think>said <think>two</think>more", "said more"),
        ("<think>one<think>two</think>said", "said"),
        ("<think>one<think>two</think>three</think>said", "said"),
        ("one</think>two</think>said", "said"),
        ("one</think>said<think>two", "said"),
        ("<thinker>said</thinker>", "<thinker>said</thinker>"),
    ],
)
def test_thinking_is_left_out_in_every_form(text: str, left: str) -> None:
    assert without_thinking(text) == left


@given(st.lists(st.sampled_from(["<think>", "</think>", "<thought>", "said", " ", "<", "{}"])))
def test_no_tag_is_left_and_once_is_enough(parts: list[str]) -> None:
    left = without_thinking("".join(parts))
    assert "think>" not in left
    assert "thought>" not in left
    assert without_thinking(left) == left


@pytest.mark.parametrize("unit", ["<think>", "</think>", "<think>a</think>", "<", "<think"])
def test_long_thinking_takes_linear_time(unit: str) -> None:
    left = without_thinking(unit * (2_000_000 // len(unit)))  # a quadratic search would not end
    assert "think>" not in left
