"""What the name of a column says it is, in several languages."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import cache, lru_cache
from importlib.resources import files

from coterie.words import UNSPACED

__all__ = ["only_says", "said", "says_nothing", "words_of_roles"]

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORD = re.compile(r"[^\W_]+")
_WITHOUT_BLANKS = re.compile(f"[{UNSPACED}\uac00-\ud7a3]")
_ACCENT = re.compile("[\u0300-\u036f]")
_AFFIX = 5  # letters of a word that may be part of a longer one; like these figures a judgement
_KNOWN = 4096  # names whose words are kept
_PHRASE = 3  # words of a name that is no question


@cache
def words_of_roles() -> dict[str, tuple[str, ...]]:
    """Give the words of each role, in their order."""
    text = files(__package__).joinpath("names.toml").read_text(encoding="utf-8")
    return {role: tuple(words.split()) for role, words in tomllib.loads(text).items()}


def said(name: str, role: str) -> int | None:
    """Tell which word of a role is in the name of a column, by its place; None where none is."""
    tokens = _tokens(name)
    for place, word in enumerate(words_of_roles()[role]):
        if _WITHOUT_BLANKS.match(word):
            if word in name:
                return place
        elif len(word) < _AFFIX and len(tokens) > _PHRASE:
            continue  # "to" and "date" may be anything in a question
        elif any(_matches(token, word) for token in tokens):
            return place
    return None


def _matches(token: str, word: str) -> bool:
    return token == word or (
        len(word) >= _AFFIX and (token.startswith(word) or token.endswith(word))
    )


@lru_cache(_KNOWN)
def _tokens(name: str) -> tuple[str, ...]:
    """Take a name apart into words in small letters without accents: ``customerId``, ``a_b``."""
    split = unicodedata.normalize("NFKD", _CAMEL.sub(" ", name)).casefold()
    return tuple(_WORD.findall(unicodedata.normalize("NFC", _ACCENT.sub("", split))))


def only_says(name: str, *roles: str) -> bool:
    """Whether each word of a name is one of these roles."""
    tokens = _tokens(name)
    return bool(tokens) and all(
        any(said(token, role) is not None for role in roles) for token in tokens
    )


def says_nothing(name: str) -> bool:
    """Whether a name was given to a column without one, by us or by pandas."""
    return not _tokens(name) or name.startswith(("Unnamed:", "column "))
