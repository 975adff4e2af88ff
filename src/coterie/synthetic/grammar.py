"""Phrases with alternatives and slots: ``"(please |)cancel (my order|order {order})."``.

Alternatives stand in round brackets, may be empty and may hold further ones; a slot is a name in
curly brackets, and takes one value for a whole message.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from coterie.errors import InternalError
from coterie.synthetic.draws import Draws

__all__ = ["Phrase", "Phrases", "Slots", "compile_phrases", "compile_table", "literals"]

_Part = str | Callable[[Draws, "Slots"], str]
Phrases = Mapping[str, list["Phrase"]]
"""Name to phrases."""

_NO_SIGNS = str.maketrans("", "", "(){}|")
_SIGN = re.compile(r"[(|)]|\{\w+\}|[^(|){}]+")


class Slots(dict[str, str]):
    """What the slots of one message are filled with, chosen when first asked for.

    ``words`` has the phrases that each slot may take. A name that ends in a digit, such as
    ``product2``, is another draw from the same words.
    """

    def __init__(self, words: Phrases, draws: Draws) -> None:
        super().__init__()
        self._words, self._draws = words, draws

    def __missing__(self, name: str) -> str:
        if name == "d":  # a digit, another one each time
            return str(self._draws.below(9) + 1)
        words = self._words[name.rstrip("0123456789")]
        value = self._draws.pick(words).say(self._draws, self)
        self[name] = value
        return value


class Phrase:
    """One compiled phrase; `InternalError` where a bracket does not match."""

    __slots__ = ("_parts",)

    def __init__(self, text: str) -> None:
        signs = iter([*_SIGN.findall(text), ""])
        self._parts, end = _sequence(signs)
        if end:
            raise InternalError(f"The phrase {text!r} has a bracket that does not match.")

    def say(self, draws: Draws, slots: Slots) -> str:
        """Choose alternatives and fill the slots."""
        return _say(self._parts, draws, slots)


def compile_phrases(texts: Sequence[str]) -> list[Phrase]:
    """Compile several phrases."""
    return [Phrase(text) for text in texts]


def compile_table(table: Mapping[str, Sequence[str]]) -> dict[str, list[Phrase]]:
    """Compile the phrases of each name."""
    return {name: compile_phrases(texts) for name, texts in table.items()}


def literals(texts: Sequence[str]) -> list[Phrase]:
    """Take texts as they are; signs of the grammar in them are left out."""
    return compile_phrases([text.translate(_NO_SIGNS) for text in texts])


def _say(parts: Sequence[_Part], draws: Draws, slots: Slots) -> str:
    return "".join([part if isinstance(part, str) else part(draws, slots) for part in parts])


def _sequence(signs: Iterator[str]) -> tuple[list[_Part], str]:
    """Parts up to the sign, given back with them, that ends the sequence."""
    parts: list[_Part] = []
    for sign in signs:
        if sign in {"", "|", ")"}:
            return parts, sign
        if sign == "(":
            parts.append(_choice(signs))
        elif sign.startswith("{"):
            parts.append(_slot(sign[1:-1]))
        else:
            parts.append(sign)
    raise InternalError("A phrase ended inside a bracket.")


def _slot(name: str) -> _Part:
    return lambda _, slots: slots[name]


def _choice(signs: Iterator[str]) -> _Part:
    options, end = [], "|"
    while end == "|":
        option, end = _sequence(signs)
        options.append(option)
    if end != ")":
        raise InternalError("A phrase ended inside a bracket.")
    return lambda draws, slots: _say(draws.pick(options), draws, slots)
