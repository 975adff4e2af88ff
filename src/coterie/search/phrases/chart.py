"""The state of one reading: the tokens of a query, and what has been found in them so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from coterie.search.filters.conditions import Condition
from coterie.search.phrases.lexicon import ARTICLES, HEADS, REQUESTS, STOPS, TOPICS
from coterie.search.phrases.tokens import Token
from coterie.search.schema import Column

__all__ = ["Chart", "Found"]

_PASSED = ARTICLES | {"currently", "mostly", "only", "either", "both", "mainly", "already", "still"}
_PASSED |= {"aspiring", "former", "future", "other", "e"}
_JOINTS = frozenset({"and", "or", "&", "/"})
_BREAKS = frozenset({",", ";", "who", "whose", "but", ".", "?", "(", ")", ":"})


@dataclass(slots=True)
class Found:
    """What was found in the tokens from `start` up to, not including, `end`.

    Attributes
    ----------
    column
        That it is about.
    conditions
        That all must hold; two where it is a range.
    denied
        What the words say where a negation stands before them; None where it is a plain NOT.
    note
        How the words were read.
    joins
        Whether several in a row can be alternatives: values, tags and levels.
    negative
        Whether it is denied.
    leans
        Whether it holds only if what follows is found too: ``remote`` in ``remote designers``.
    """

    start: int
    end: int
    column: Column
    conditions: tuple[Condition, ...]
    denied: Condition | None = None
    note: str = ""
    joins: bool = False
    negative: bool = False
    leans: bool = False


@dataclass(slots=True)
class Chart:
    """Tokens, and for each of them what has taken it.

    Attributes
    ----------
    found
        What has been found.
    starts, possible
        Tokens at which values may start, and all that may belong to one.
    """

    tokens: Sequence[Token]
    taken: list[Found | None] = field(init=False)
    found: list[Found] = field(default_factory=list)
    starts: set[int] = field(default_factory=set)
    possible: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.taken = [None] * len(self.tokens)

    def __len__(self) -> int:
        return len(self.tokens)

    def low(self, at: int) -> str:
        """Give a token in lower case; "" outside the query."""
        return self.tokens[at].low if 0 <= at < len(self.tokens) else ""

    def is_free(self, start: int, end: int) -> bool:
        """Tell whether nothing has taken these tokens."""
        return not any(self.taken[start:end])

    def add(self, found: Found) -> None:
        """Keep what was found; its tokens are taken."""
        self.found.append(found)
        for at in range(found.start, found.end):
            if self.taken[at] is None:
                self.taken[at] = found

    def drop(self, found: Found) -> None:
        """Forget what was found."""
        self.found = [each for each in self.found if each is not found]
        self.taken = [None if each is found else each for each in self.taken]

    def starts_with(self, at: int, words: Sequence[str]) -> bool:
        """Tell whether these words stand at a place."""
        return all(self.low(at + step) == word for step, word in enumerate(words))

    def before(self, at: int) -> int:
        """Go left over articles and adverbs; -1 at the beginning."""
        at -= 1
        while at >= 0 and self.taken[at] is None and self.low(at) in _PASSED:
            at -= 1
        return at

    def is_open(self, at: int) -> bool:
        """Tell whether a noun may end before a token, so that it does not belong to the next."""
        return at in self.starts or self.is_closed_off(at)

    def is_closed_off(self, at: int) -> bool:
        """Tell the same, where a value that may begin there does not count."""
        if at >= len(self.tokens) or self.taken[at] is not None:
            return True
        token = self.tokens[at]
        return not token.is_word or token.low in STOPS or token.low in HEADS

    def is_subject(self, at: int) -> bool:
        """Tell whether only words of request, and what was found, stand before in the phrase."""
        at, joined = self.before(at), False
        while at >= 0 and self.taken[at] is None:
            low = self.low(at)
            if low in _BREAKS:
                return True
            if low in _JOINTS:
                joined = True
            elif not (joined and at in self.possible):
                if low not in REQUESTS and low not in ARTICLES:
                    return False
                joined = False
            at = self.before(at)
        if at < 0:
            return True
        found = self.taken[at]
        return found is not None and at == found.end - 1

    def is_followed(self, at: int) -> bool:
        """Tell whether a noun for people, or what was or may be found, begins at a token."""
        if at >= len(self.tokens):
            return False
        return self.taken[at] is not None or at in self.starts or self.low(at) in HEADS

    def is_topic(self, at: int) -> bool:
        """Tell whether a word before makes what follows a topic, as in ``worried about``."""
        at -= 1
        while at >= 0 and self.taken[at] is None and self.low(at) not in _BREAKS:
            felt = self.low(at).endswith("ed") and self.low(at + 1) in HEADS  # annoyed clients
            if self.low(at) in TOPICS and not felt:
                return True
            at -= 1
        return False

    def is_segment(self, start: int, end: int) -> bool:
        """Tell whether tokens are all that stands between two commas or the ends."""
        while self._is_joint(end) and end + 1 in self.possible:
            end += 1
            while end in self.possible:
                end += 1
        while self._is_joint(start - 1) and start - 2 in self.possible:
            start -= 1
            while start - 1 in self.possible:
                start -= 1
        left = self.before(start)
        return (left < 0 or self.low(left) in _BREAKS) and (
            end >= len(self.tokens)
            or not (self.tokens[end].is_word or self.low(end)[:1].isdecimal())
        )

    def _is_joint(self, at: int) -> bool:
        return self.low(at) in _JOINTS and self.taken[at] is None
