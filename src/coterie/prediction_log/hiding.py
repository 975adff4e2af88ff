"""What is hidden before anything is kept: personal data, texts, keys of people."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from coterie.personal import Masks, mask

__all__ = [
    "MOST_VALUE",
    "clip",
    "hash_of",
    "hide_text",
    "hide_value",
    "hide_values",
    "person_forms",
]

MOST_VALUE = 2_000
"""Characters kept of one text of a context; a judgement, not measured."""

_SHORTEST_NUMBER = 9  # digits of a phone number
_DEPTH = 20  # of values within values
_LONGEST_KEY = 200  # of a person, in characters; longer ones are kept as hashes
_CACHED = 200  # characters up to which the masks of a value are remembered


def hash_of(key: bytes, kind: str, value: str) -> str:
    """Hash a value so that nobody without the key can try values until one fits (BLAKE2b)."""
    digest = hashlib.blake2b(key=key, digest_size=16, person=kind.encode())
    digest.update(value.encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def person_forms(key: bytes, person: str) -> tuple[str, str]:
    """Give the form in which the key of a person is kept, and the other that it could have.

    Which of them holds personal data can be told otherwise by a later version: who looks for a
    person looks for both.
    """
    hashed = f"person:{hash_of(key, 'person', person)}"
    plain = len(person) <= _LONGEST_KEY and _hidden(person) == person
    return (person, hashed) if plain else (hashed, person)


def hide_text(text: str, most: int) -> str:
    """Mask the first ``most`` characters of a text, names and addresses too."""
    return Masks().hide(clip(text, most))


def clip(text: str, most: int) -> str:
    """Cut a text to some characters, between two words where it can be."""
    if len(text) <= most:
        return text
    cut = text[:most]
    return cut[: max(cut.rfind(" "), cut.rfind("\n"))] if " " in cut[-MOST_VALUE:] else cut


def hide_value(text: str) -> str:
    """Mask one value of a context or a name of something.

    Names of people are looked for where there is more than one word: a column of cities or of
    products has words that are names too, and models learn from them.
    """
    text = clip(text, MOST_VALUE)
    return _hidden(text) if len(text) <= _CACHED else _hide(text)


def hide_values(value: Any, depth: int = 0) -> Any:
    """Mask all texts of what JSON takes, and make such of what it does not take."""
    if isinstance(value, str):
        return hide_value(value)
    if value is None or isinstance(value, bool | int | float):
        return _hide_number(value)
    if depth < _DEPTH:
        if isinstance(value, Mapping):
            return {hide_value(str(n)): hide_values(v, depth + 1) for n, v in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [hide_values(each, depth + 1) for each in value]
        if hasattr(value, "tolist"):  # numpy
            return hide_values(value.tolist(), depth + 1)
    return hide_value(str(value))


def _hide_number(value: float | None) -> float | str | None:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, float):
        return float(value) if value - value == 0 else None  # neither NaN nor infinite
    number, told = int(value), str(int(value))
    hidden = told if len(told) < _SHORTEST_NUMBER else hide_value(told)
    return number if hidden == told else hidden


def _hide(text: str) -> str:
    return Masks().hide(text) if " " in text.strip() else mask(text)


_hidden = lru_cache(maxsize=8192)(_hide)
