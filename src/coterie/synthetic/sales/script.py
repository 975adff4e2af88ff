"""What there is to say in a sales conversation, by what it is for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from coterie.synthetic.content import read_content
from coterie.synthetic.grammar import Phrase, Phrases, compile_phrases, compile_table
from coterie.synthetic.sales.causes import OUTCOMES

__all__ = ["Industry", "Script", "read_script"]

Pairs = list[tuple[Phrase, Phrase]]


@dataclass(frozen=True)
class Industry:
    """The words of an industry, and of each task that it wants help with."""

    words: Phrases
    work: list[dict[str, list[Phrase]]]


@dataclass(frozen=True)
class Script:
    """All phrases; each mapping is by what the phrases answer, open, ask or tell.

    ``answers`` is by topic (a sign of ``causes.toml``) and its value; pairs are what one says and
    what the other replies.
    """

    answers: Mapping[str, Phrases]
    openings: Mapping[str, Phrases]
    ready: list[Phrase]
    questions: Phrases
    replies: Phrases
    links: Phrases
    chat: Pairs
    curious: Pairs
    middle: Pairs
    closing: Phrases
    farewell: Mapping[str, Phrases]
    because: Mapping[str, Phrases]
    industries: Mapping[str, Industry]
    sizes: Mapping[str, Phrases]
    above: Mapping[str, Phrases]
    words: Phrases


@cache
def read_script() -> Script:
    """Read the content that ships with the package, once."""
    talk, industries = read_content("sales/talk"), read_content("sales/industries")
    return Script(
        answers=_nested(read_content("sales/answers")),
        openings=_nested(talk["opening"]),
        ready=compile_phrases(talk["chat"]["buyer"]),
        questions=compile_table(talk["question"]),
        replies=compile_table(talk["reply"]),
        links=compile_table(talk["link"]),
        chat=_pairs(talk["chat"]),
        curious=_pairs(talk["curious"]),
        middle=_pairs(talk["middle"]),
        closing=compile_table(talk["closing"]),
        farewell=_nested(talk["farewell"]),
        because={name: compile_table(talk[f"because_{name}"]) for name in OUTCOMES},
        industries={name: _industry(table) for name, table in industries.items()},
        sizes=_nested(talk["size"]),
        above=_nested(talk["above"]),
        words=compile_table(talk["words"]),
    )


def _industry(table: Mapping[str, Any]) -> Industry:
    words = {name: texts for name, texts in table.items() if name != "work"}
    work = [{**entry, "task": [entry["task"]]} for entry in table["work"]]
    return Industry(compile_table(words), [compile_table(entry) for entry in work])


def _nested(table: Mapping[str, Mapping[str, list[str]]]) -> dict[str, dict[str, list[Phrase]]]:
    return {name: compile_table(inner) for name, inner in table.items()}


def _pairs(table: Mapping[str, list[list[str]]]) -> Pairs:
    return [(Phrase(first), Phrase(second)) for first, second in table["pairs"]]
