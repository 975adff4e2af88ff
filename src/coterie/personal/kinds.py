"""What a kind of personal data is that has a form of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

__all__ = ["Kind", "Span", "always", "never"]

Span = tuple[int, int]
"""Where a piece starts in a text, and where it ends."""


def always(_: str) -> bool:
    """Say yes."""
    return True


def never(_: str) -> bool:
    """Say no."""
    return False


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of personal data.

    Attributes
    ----------
    name
        As people call it.
    mark
        What stands in a mask: ``[e-mail]``.
    pattern
        What it looks like; where the pattern has a group, the piece is what is in the group.
    holds
        Whether what looks like it is such data.
    certain
        Whether it cannot be anything else; an order number can look like a phone number.
    """

    name: str
    mark: str
    pattern: re.Pattern[str]
    holds: Callable[[str], bool]
    certain: Callable[[str], bool]

    def spans(self, text: str) -> Iterator[Span]:
        """Say where in a text such data is, from left to right."""
        group = self.pattern.groups
        for match in self.pattern.finditer(text):
            if self.holds(match[group]):
                yield match.span(group)
