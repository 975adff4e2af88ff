"""Texts into words, in any script: the patterns and the two ways that the package needs."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

__all__ = ["ADDRESS", "TOKEN", "UNSPACED", "is_unspaced", "runs", "word_pattern", "word_spans"]

# Thai and Lao, Burmese, Khmer, kana, Han: written without blanks
_RANGES = (
    *((0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x3005, 0x3007), (0x3040, 0x30FF)),
    *((0x3400, 0x9FFF), (0xF900, 0xFAFF), (0xFF66, 0xFF9F), (0x20000, 0x3FFFF)),
)
#: Characters of such scripts, for the inside of a regular expression's brackets.
UNSPACED = "".join(f"{chr(first)}-{chr(last)}" for first, last in _RANGES)
#: Links and e-mail addresses.
ADDRESS = r"https?://\S+|www\.\S+|[\w.+-]{1,64}@[\w.-]+"
#: A run of letters, digits and underscores: the word of TF-IDF.
TOKEN = r"(?u)\b\w+\b"  # noqa: S105 - a pattern of words, no secret

_MARKS = "\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0900-\u0963\u0970-\u0dff"
_LETTER = rf"(?:(?![{UNSPACED}])[^\W_]|[{_MARKS}])"
_RUN = re.compile(r"[^\W_]+")
_UNSPACED_ONLY = re.compile(f"[{UNSPACED}]")
_JOINERS = "'\N{RIGHT SINGLE QUOTATION MARK}_-\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"
# over the kinds of the characters, see _kind
_SPAN = re.compile(r"w[wm]*(?:'w[wm]*)*|(?:um*)+")
_LETTER_SPAN = re.compile(r"um*")


def word_pattern(joiners: str) -> str:
    """Write the pattern of a word in a script with blanks, joined by some of these characters."""
    return rf"{_LETTER}+(?:[{joiners}]{_LETTER}+)*"


def is_unspaced(token: str) -> bool:
    """Tell whether a token is one character of a script written without blanks."""
    return _UNSPACED_ONLY.fullmatch(token) is not None


def runs(text: str) -> list[str]:
    """Find the runs of letters and digits: what is left of a text to compare it by."""
    return _RUN.findall(text)


def word_spans(text: str) -> Iterator[tuple[int, int]]:
    """Find from and to which character each word goes.

    A word is a run of letters, digits and marks of any script; apostrophes, hyphens and underscores
    within it belong to it. Where a script has no blanks between words, such as Chinese, each pair
    of neighbouring characters counts as one, so that such spans overlap.
    """
    kinds = "".join(map(_kind, text))
    for match in _SPAN.finditer(kinds):
        start, end = match.span()
        if kinds[start] == "u":
            letters = [letter.span() for letter in _LETTER_SPAN.finditer(kinds, start, end)]
            pairs = zip(letters, letters[1:] or letters, strict=False)
            yield from ((first, last) for (first, _), (_, last) in pairs)
        else:
            yield start, end


@lru_cache(maxsize=4096)
def _kind(character: str) -> str:
    """Kind of a character.

    ``w`` is a letter or digit, ``u`` one of a script without blanks, ``m`` a mark on the one
    before, ``'`` what joins two into a word, and a blank anything else.
    """
    if character in _JOINERS:
        return "'"
    if unicodedata.category(character).startswith("M"):
        return "m"
    if not character.isalnum():
        return " "
    return "u" if is_unspaced(character) else "w"
