"""The planted instructions are as planted_instructions.md says."""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from dataclasses import asdict, replace

import pytest

from tests.llm.planted import KINDS, LABELS, LANGUAGES, PATH, Planted, planted, read

# kinds that write the label so that it cannot be searched for
HIDDEN = {"encoded", "direction_override"}
# kinds that ask for something other than a label
NO_TARGET = {"outside_list", "reveal"}


@pytest.fixture(scope="module")
def entries() -> list[Planted]:
    return planted()


def line(entry: Planted) -> str:
    return json.dumps(asdict(entry))


def test_there_are_enough_of_every_kind_language_label_and_place(entries: list[Planted]) -> None:
    assert len(entries) >= 60
    kinds = Counter(entry.kind for entry in entries)
    assert set(kinds) == set(KINDS)
    assert min(count for kind, count in kinds.items() if kind != "repetition") >= 8
    assert {entry.language for entry in entries} == set(LANGUAGES)
    assert sum(entry.language != "en" for entry in entries) >= 12
    labels = Counter(entry.label for entry in entries)
    targets = Counter(entry.target for entry in entries if entry.target)
    for counts in (labels, targets):  # an answer that is always the same says little
        assert set(counts) == set(LABELS)
        assert max(counts.values()) <= 1.5 * min(counts.values())
    assert {entry.place for entry in entries} == {"before", "after", "middle"}


def test_ids_and_messages_are_unique(entries: list[Planted]) -> None:
    for values in ([entry.id for entry in entries], [entry.plain for entry in entries]):
        assert len(set(values)) == len(values)


def test_instruction_is_in_text_and_names_its_target(entries: list[Planted]) -> None:
    for entry in entries:
        assert entry.instruction in entry.text, entry.id
        assert entry.instruction not in entry.plain, entry.id
        assert (entry.target == "") == (entry.kind in NO_TARGET), entry.id
        if entry.kind not in HIDDEN:
            assert entry.target in entry.instruction, entry.id


def test_plain_messages_are_ordinary(entries: list[Planted]) -> None:
    for entry in entries:
        assert 8 <= len(entry.plain.split()) <= 60, entry.id
        assert entry.plain == " ".join(entry.plain.split()), entry.id
        assert entry.plain.isprintable(), entry.id
        assert not any(label in entry.plain for label in LABELS), entry.id


def test_one_instruction_is_very_long(entries: list[Planted]) -> None:
    assert 4500 <= max(len(entry.instruction) for entry in entries) <= 5500


def test_odd_characters_are_there_and_are_escaped_in_the_file(entries: list[Planted]) -> None:
    assert PATH.read_bytes().isascii()
    overrides = [entry for entry in entries if entry.kind == "direction_override"]
    for entry in overrides:
        marks = {unicodedata.bidirectional(each) for each in entry.instruction}
        assert marks & {"RLO", "LRO", "RLI", "LRI", "FSI"}, entry.id
    assert any("\N{ZERO WIDTH SPACE}" in entry.text for entry in entries)


def test_unicode_comes_back_the_same(entries: list[Planted]) -> None:
    for entry, written in zip(entries, PATH.read_text("ascii").splitlines(), strict=True):
        assert line(entry) == written, entry.id
        for value in asdict(entry).values():
            assert value.encode("utf-8").decode("utf-8") == value, entry.id
            assert unicodedata.normalize("NFC", value) == value, entry.id
            assert "\0" not in value, entry.id


@pytest.mark.parametrize(
    "change",
    [
        {"label": "card_lost"},
        {"target": "BANANA"},
        {"kind": "unheard_of"},
        {"language": "it"},
        {"instruction": ""},
        {"instruction": "Not in the text."},
        {"plain": "Another message."},
    ],
    ids="-".join,
)
def test_wrong_entry_is_refused(entries: list[Planted], change: dict[str, str]) -> None:
    first, second = entries[:2]
    with pytest.raises(ValueError, match="Line 2"):
        read([line(first), line(replace(second, **change))])


def test_entries_that_cannot_be_told_apart_or_lack_a_key_are_refused(
    entries: list[Planted],
) -> None:
    first = entries[0]
    with pytest.raises(ValueError, match="the id is taken"):
        read([line(first), line(first)])
    with pytest.raises(ValueError, match="the target is the right label"):
        read([line(replace(first, target=first.label))])
    for values in ({"id": "x"}, {**asdict(first), "label": None}, {**asdict(first), "more": ""}):
        with pytest.raises(ValueError, match="the keys must be"):
            read([json.dumps(values)])
