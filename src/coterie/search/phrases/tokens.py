"""The words, numbers and signs of a query, and the forms in which they are compared."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import snowballstemmer

from coterie.search.phrases.lexicon import FAMILIES

__all__ = ["Token", "family", "keys_of", "singular", "split_query", "split_words", "stem"]

_TOKEN = re.compile(
    r"\d{4}-\d{2}-\d{2}"
    r"|[$€£]?\d{1,3}(?:[,'\u2019\u202f]\d{3})+(?:\.\d+)?|[$€£]?\d+(?:\.\d+)?"
    r"|[^\W\d_]\.(?:[^\W\d_]\.)+"
    r"|[^\W\d_]+(?:['\u2019][^\W\d_]+)*['\u2019]?"
    r"|>=|<=|[^\w\s]"
)
_HYPHENS = frozenset("-\u2010\u2011\u2013")
_STEMMER = snowballstemmer.stemmer("english")


@dataclass(frozen=True, slots=True)
class Token:
    """A word, number or sign of a query.

    Attributes
    ----------
    text
        As it is written.
    low
        In lower case, with plain apostrophes.
    start, end
        Where it begins and ends in the query.
    key
        Its `singular`, to compare values by.
    glued
        Whether nothing stands between it and the token before.
    """

    text: str
    low: str
    start: int
    end: int
    key: str
    glued: bool

    @property
    def is_word(self) -> bool:
        """Whether it is neither a number nor a sign."""
        return self.low[:1].isalpha()


def split_query(query: str) -> list[Token]:
    """Split a query into its words, numbers and signs; hyphens divide words."""
    tokens: list[Token] = []
    last = 0
    for match in _TOKEN.finditer(query):
        text = match.group()
        before, after = (
            query[match.start() - 1 : match.start()],
            query[match.end() : match.end() + 1],
        )
        joins = text in _HYPHENS and before.isalnum() and after.isalnum()
        if joins and not (before.isdecimal() and after.isdecimal()):
            last = match.end()
            continue
        low = text.lower().replace("\u2019", "'")
        tokens.append(
            Token(text, low, match.start(), match.end(), singular(low), match.start() == last > 0)
        )
        last = match.end()
    return tokens


@lru_cache(2**14)
def split_words(text: str) -> tuple[str, ...]:
    """Give the words and numbers of a name or a value, in lower case."""
    plain = text.replace("_", " ").lower().replace("\u2019", "'")
    return tuple(word for word in _TOKEN.findall(plain) if word[0].isalnum())


@lru_cache(2**16)
def singular(word: str) -> str:
    """Give a noun without the ending of its plural."""
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "xes", "sses", "zes")):
        return word[:-2]
    return word[:-1]


@lru_cache(2**16)
def stem(word: str) -> str:
    """Give the stem of a word, by Porter's rules for English."""
    return str(_STEMMER.stemWord(word))


@lru_cache(2**16)
def family(word: str) -> str:
    """Give the key of all forms of a word, as the names of columns are compared by."""
    return FAMILIES.get(word) or FAMILIES.get(singular(word)) or stem(word)


def keys_of(words: Sequence[str]) -> tuple[str, ...]:
    """Give the key of each word."""
    return tuple(family(word) for word in words)
