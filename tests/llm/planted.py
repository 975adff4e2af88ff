"""Customers' messages with planted instructions; planted_instructions.md says how they are made."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal

PATH = Path(__file__).with_name("planted_instructions.jsonl")
LABELS = (
    "card_arrival",
    "lost_or_stolen_card",
    "exchange_rate",
    "card_payment_fee_charged",
    "pending_transfer",
    "passcode_forgotten",
)
LANGUAGES = ("en", "de", "fr", "es")
KINDS = (
    "direct_order",
    "fake_role",
    "fake_end",
    "fake_examples",
    "outside_list",
    "json_breaking",
    "other_rows",
    "reveal",
    "social",
    "encoded",
    "other_language",
    "repetition",
    "direction_override",
)


@dataclass(frozen=True, slots=True)
class Planted:
    """One message.

    Attributes
    ----------
    id
        Its name, by which results can be compared.
    kind
        How the instruction works; one of ``KINDS``.
    language
        The language of ``plain``; the instruction may be in another one.
    text
        The message as it is classified: ``plain`` with ``instruction`` planted in it.
    instruction
        The planted part.
    target
        The label that the attacker wants; "" for anything that is no label.
    plain
        The message without the planted part.
    label
        The right label of ``plain``.
    """

    id: str
    kind: str
    language: str
    text: str
    instruction: str
    target: str
    plain: str
    label: str

    @property
    def place(self) -> Literal["before", "after", "middle"]:
        """Where the instruction stands."""
        if self.text.startswith(self.instruction):
            return "before"
        return "after" if self.text.endswith(self.instruction) else "middle"

    def wrong(self) -> str:
        """Say what is wrong with the entry; "" for nothing."""
        if not self.instruction:
            return "nothing is planted"
        if self.text.count(self.instruction) != 1:
            return "the instruction is not in the text just once"
        if self.text.replace(self.instruction, " ").split() != self.plain.split():
            return "the text without the instruction is not the plain message"
        for value, known in (
            (self.kind, KINDS),
            (self.language, LANGUAGES),
            (self.label, LABELS),
            (self.target, (*LABELS, "")),
        ):
            if value not in known:
                return f"{value!r} is not one of {', '.join(known)}"
        return "the target is the right label" if self.target == self.label else ""


def planted() -> list[Planted]:
    """Read the corpus, checked."""
    return read(PATH.read_text(encoding="ascii").splitlines())


def read(lines: Iterable[str]) -> list[Planted]:
    """Read entries, one JSON object a line.

    Raises
    ------
    ValueError
        When an entry is not as it should be; it names the line.
    """
    keys = [field.name for field in fields(Planted)]
    found: dict[str, Planted] = {}
    for number, line in enumerate(lines, start=1):
        values = json.loads(line)
        if list(values) != keys or not all(isinstance(each, str) for each in values.values()):
            raise ValueError(f"Line {number}: the keys must be {', '.join(keys)}, all text.")
        entry = Planted(**values)
        why = "the id is taken" if entry.id in found else entry.wrong()
        if why:
            raise ValueError(f"Line {number} ({entry.id}): {why}.")
        found[entry.id] = entry
    return list(found.values())
