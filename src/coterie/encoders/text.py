"""Text as a tokeniser can take it."""

from __future__ import annotations

import re
from collections.abc import Callable

__all__ = ["head", "readable"]

_BLANK = re.compile(r"\s")
_CHARACTERS_PER_TOKEN = 64  # far more than a token has: most texts are cut at the first try


def readable(text: str) -> str:
    """Replace lone surrogates, which no tokeniser takes, by the replacement character."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def head(text: str, tokens: int, count: Callable[[str], int]) -> str:
    """Cut a long text after a word, where ``tokens`` tokens of it are already there.

    Tokenising all of a 10 MB text to keep its first 256 tokens would take seconds. ``count`` gives
    the number of tokens in a text, at most ``tokens``.
    """
    size = _CHARACTERS_PER_TOKEN * tokens
    while size < len(text):
        blank = _BLANK.search(text, size)
        if blank is None:
            return text
        start = text[: blank.start()]
        if count(start) >= tokens:
            return start
        size = 2 * blank.start()
    return text
