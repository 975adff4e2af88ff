"""The text of a filter cut into its words, names, values and signs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from coterie.errors import OptionError

__all__ = ["Token", "TokenKind", "point_at", "split_tokens"]

TokenKind: TypeAlias = Literal["word", "name", "text", "sign", "(", ")", ",", "end"]
"""``word`` is what has no quotes; ``name`` has quotes of names, ``text`` the single ones."""

_AROUND = 25  # characters shown at either side of a mistake; a judgement, not measured
_QUOTES: dict[str, tuple[str, TokenKind]] = {
    "'": ("'", "text"),
    '"': ('"', "name"),
    "`": ("`", "name"),
    "[": ("]", "name"),
}
_TYPOGRAPHIC = "\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb\u2039\u203a"
_SPACE = re.compile(r"\s*")
_SIGN = re.compile(r"[=<>!~\u2264\u2265\u2260]+")
_WORD = re.compile(rf"[^\s()\[\],;'\"`=<>!~\u2264\u2265\u2260{_TYPOGRAPHIC}]+")


@dataclass(frozen=True, slots=True)
class Token:
    """One piece of a filter.

    Attributes
    ----------
    kind
        What it is.
    text
        Without its quotes.
    start, end
        Its place in the expression, with its quotes.
    is_double
        Whether it is in double quotes, which some people put around values.
    """

    kind: TokenKind
    text: str
    start: int
    end: int
    is_double: bool = False

    def is_word(self, *words: str) -> bool:
        """Whether it is one of some keywords, in any case."""
        return self.kind == "word" and self.text.isascii() and self.text.upper() in words


def split_tokens(expression: str) -> list[Token]:
    """Cut an expression into tokens; the last one is its end.

    Raises
    ------
    coterie.errors.OptionError
        When a quote is not closed, or a character has no meaning.
    """
    return list(_split(expression))


def _split(expression: str) -> Iterator[Token]:
    at = _skip(expression, 0)
    while at < len(expression):
        token = _token_at(expression, at)
        yield token
        at = _skip(expression, token.end)
    yield Token("end", "", at, at)


def _skip(expression: str, at: int) -> int:
    found = _SPACE.match(expression, at)
    return found.end() if found else at


def _token_at(expression: str, at: int) -> Token:
    sign = expression[at]
    if sign in _QUOTES:
        return _quoted(expression, at)
    if sign in "(),":
        kind: TokenKind = "(" if sign == "(" else ")" if sign == ")" else ","
        return Token(kind, sign, at, at + 1)
    if found := _SIGN.match(expression, at):
        return Token("sign", found[0], at, found.end())
    if found := _WORD.match(expression, at):
        return Token("word", found[0], at, found.end())
    if sign in _TYPOGRAPHIC:
        raise _error(
            f"The quote {sign} is a typographic one", expression, at, "use the straight ' instead"
        )
    raise _error(
        f"'{sign}' has no meaning", expression, at, "leave it out, or put the name in quotes"
    )


def _quoted(expression: str, at: int) -> Token:
    """Read what is in quotes; the closing one is doubled where it is meant itself."""
    closing, kind = _QUOTES[expression[at]]
    end = expression.find(closing, at + 1)
    while end >= 0 and expression.startswith(closing, end + 1):
        end = expression.find(closing, end + 2)
    if end < 0:
        mend = f"write {closing} where it ends, and {closing * 2} for one inside it"
        raise _error(f"The {expression[at]} is not closed", expression, at, mend)
    text = expression[at + 1 : end].replace(closing * 2, closing)
    return Token(kind, text, at, end + 1, is_double=closing == '"')


def _error(what: str, expression: str, at: int, mend: str) -> OptionError:
    return OptionError(f"{what} {point_at(expression, at)}: {mend}.")


def point_at(expression: str, at: int) -> str:
    """Show a place in an expression: ``at character 8, in "budget ▸>> 3"``."""
    before = expression[max(at - _AROUND, 0) : at]
    after = expression[at : at + _AROUND]
    cut_before = "…" if at > _AROUND else ""
    cut_after = "…" if at + _AROUND < len(expression) else ""
    shown = re.sub(r"\s+", " ", f"{cut_before}{before}▸{after}{cut_after}")
    where = "at the end" if not after.strip() else f"at character {at + 1}"
    return f"{where}, in “{shown}”"
