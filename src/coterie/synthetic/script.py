"""What there is to say in a sales conversation, by what it is for."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from coterie.synthetic.causes import OUTCOMES
from coterie.synthetic.grammar import Phrase, compile_phrases

__all__ = ["Industry", "Script", "script"]

_FOLDER = files("coterie.synthetic") / "content" / "sales"

Lines = Mapping[str, list[Phrase]]
Pairs = list[tuple[Phrase, Phrase]]


@dataclass(frozen=True)
class Industry:
    """The words of an industry, and of each task that it wants help with."""

    words: Lines
    work: list[dict[str, list[Phrase]]]


@dataclass(frozen=True)
class Script:
    """All phrases; each mapping is by what the phrases answer, open, ask or tell.

    ``answers`` is by topic (a sign of `coterie.synthetic.causes`) and its value; pairs are what one
    says and what the other replies.
    """

    answers: Mapping[str, Lines]
    openings: Mapping[str, Lines]
    ready: list[Phrase]
    questions: Lines
    replies: Lines
    links: Lines
    chat: Pairs
    curious: Pairs
    middle: Pairs
    closing: Lines
    farewell: Mapping[str, Lines]
    because: Mapping[str, Lines]
    industries: Mapping[str, Industry]
    sizes: Mapping[str, Lines]
    above: Mapping[str, Lines]
    words: Lines


@cache
def script() -> Script:
    """Read the content that ships with the package, once."""
    talk = _table("talk")
    return Script(
        answers=_nested(_table("answers")),
        openings=_nested(talk["opening"]),
        ready=compile_phrases(talk["chat"]["buyer"]),
        questions=_lines(talk["question"]),
        replies=_lines(talk["reply"]),
        links=_lines(talk["link"]),
        chat=_pairs(talk["chat"]),
        curious=_pairs(talk["curious"]),
        middle=_pairs(talk["middle"]),
        closing=_lines(talk["closing"]),
        farewell=_nested(talk["farewell"]),
        because={name: _lines(talk[f"because_{name}"]) for name in OUTCOMES},
        industries={name: _industry(table) for name, table in _table("industries").items()},
        sizes=_nested(talk["size"]),
        above=_nested(talk["above"]),
        words=_lines(talk["words"]),
    )


def _table(name: str) -> dict[str, Any]:
    return tomllib.loads((_FOLDER / f"{name}.toml").read_text("utf-8"))


def _lines(table: Mapping[str, list[str]]) -> dict[str, list[Phrase]]:
    return {name: compile_phrases(texts) for name, texts in table.items()}


def _industry(table: Mapping[str, Any]) -> Industry:
    words = {name: texts for name, texts in table.items() if name != "work"}
    work = [{**entry, "task": [entry["task"]]} for entry in table["work"]]
    return Industry(_lines(words), [_lines(entry) for entry in work])


def _nested(table: Mapping[str, Mapping[str, list[str]]]) -> dict[str, dict[str, list[Phrase]]]:
    return {name: _lines(inner) for name, inner in table.items()}


def _pairs(table: Mapping[str, list[list[str]]]) -> Pairs:
    return [(Phrase(first), Phrase(second)) for first, second in table["pairs"]]
