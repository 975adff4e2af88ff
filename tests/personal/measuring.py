"""How much of the personal data in marked texts is found, by kind and language."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from coterie.personal.masks import find_personal

TEXTS = Path(__file__).with_name("texts.jsonl")
LANGUAGES = {"en": "English", "de": "German", "fr": "French", "es": "Spanish"}
KINDS = ("name", "address", "e-mail", "phone", "card", "IBAN", "IP address", "key")


@dataclass(frozen=True, slots=True)
class Marked:
    """A text with the personal data that was planted in it: start, end and kind of each piece."""

    id: str
    language: str
    text: str
    spans: tuple[tuple[int, int, str], ...]

    @property
    def held_out(self) -> bool:
        """Whether no rule was made with it: texts with an even number are held out."""
        return int(self.id.rpartition("-")[2]) % 2 == 0


@dataclass(slots=True)
class Score:
    """How many planted pieces are found, and how many masks are right.

    A piece is found where each of its letters and digits is masked, as whatever kind. A mask is
    right where each of its letters and digits is of a planted piece.
    """

    planted: int = 0
    found: int = 0
    masks: int = 0
    right: int = 0

    @property
    def recall(self) -> float:
        return self.found / self.planted

    @property
    def precision(self) -> float:
        return self.right / max(self.masks, 1)


@dataclass(slots=True)
class Errors:
    """What was missed, and what was masked wrongly: texts, kinds and pieces."""

    missed: list[tuple[str, str, str]] = field(default_factory=list)
    wrong: list[tuple[str, str, str]] = field(default_factory=list)


def read_marked() -> Iterator[Marked]:
    for line in TEXTS.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        spans = tuple((start, end, kind) for start, end, kind in row["spans"])
        yield Marked(row["id"], row["language"], row["text"], spans)


def measure(rows: Iterable[Marked]) -> tuple[dict[str, Score], Errors]:
    """Score by kind, by language and over all, which is called ``all``."""
    names = (*KINDS, *LANGUAGES, "all")
    scores, errors = {name: Score() for name in names}, Errors()
    for row in rows:
        found = find_personal(row.text)
        masked = _letters(row.text, (span for span, _ in found))
        planted = _letters(row.text, ((start, end) for start, end, _ in row.spans))
        for start, end, kind in row.spans:
            hit = _letters(row.text, [(start, end)]) <= masked
            for name in (kind, row.language, "all"):
                scores[name].planted += 1
                scores[name].found += hit
            if not hit:
                errors.missed.append((row.id, kind, row.text[start:end]))
        for (start, end), kind in found:
            hit = _letters(row.text, [(start, end)]) <= planted
            for name in (kind, row.language, "all"):
                scores[name].masks += 1
                scores[name].right += hit
            if not hit:
                errors.wrong.append((row.id, kind, row.text[start:end]))
    return scores, errors


def table(scores: dict[str, Score]) -> str:
    """Write scores as the table of the documentation."""
    lines = [
        "| | planted | found | recall | masks | right | precision |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, score in scores.items():
        counts = f"{score.planted} | {score.found} | {score.recall:.0%}"
        lines.append(
            f"| {LANGUAGES.get(name, name)} | {counts} | {score.masks} | {score.right} "
            f"| {score.precision:.0%} |"
        )
    return "\n".join(lines)


def _letters(text: str, spans: Iterable[tuple[int, int]]) -> set[int]:
    return {at for start, end in spans for at in range(start, end) if text[at].isalnum()}
