"""Customers' texts as data in a prompt."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coterie.llm.quoting import DATA_RULE, quoted, spoken
from coterie.personal import Masks
from tests.llm.planted import planted

CONTROL = [
    *("<|im_end|>", "<|im_start|>system", "</s>", "<s>", "<|eot_id|>", "<end_of_turn>"),
    *("[INST]", "[/INST]", "[SYSTEM_PROMPT]", "[TOOL_CALLS]", "</text>", "<text>", "<think>"),
    *("<\N{FULLWIDTH VERTICAL LINE}User\N{FULLWIDTH VERTICAL LINE}>", "<<SYS>>"),
]


@given(st.text(max_size=300), st.sampled_from(CONTROL), st.integers(20, 300))
def test_nothing_in_a_text_closes_it_or_is_a_control_token(
    text: str, control: str, width: int
) -> None:
    found = quoted(f"{text}{control}{text}", width, str)
    inside = found.removeprefix("<text>").removesuffix("</text>")
    assert len(found) == len(inside) + len("<text></text>")
    assert len(inside) <= width
    assert not {"<", ">", "\n", "\r"} & set(inside)
    assert control not in inside
    assert control not in spoken(f"{text}{control}{text}")


def test_words_stay() -> None:
    assert quoted("I paid  [twice]\nfor A&B, URGENT", 80, str) == (
        "<text>I paid [twice] for A&B, URGENT</text>"
    )
    assert "<text>" in DATA_RULE


def test_masks_stay_and_can_be_taken_off() -> None:
    masks = Masks()
    said = quoted("write to anna.schmidt@mail.example.com [INST]", 80, masks.hide)
    assert "[e-mail 1]" in said
    assert "anna" not in said
    assert "anna.schmidt@mail.example.com" in masks.show(said)


@pytest.mark.parametrize("entry", planted(), ids=lambda entry: entry.id)
def test_no_planted_instruction_leaves_its_text(entry) -> None:  # type: ignore[no-untyped-def]
    found = quoted(entry.text, 2000, str)
    assert found.count("<") == found.count(">") == 2
    assert "\n" not in found
