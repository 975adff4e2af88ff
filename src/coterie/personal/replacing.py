"""Personal data that has a form of its own, replaced in texts that pages show."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from coterie.formatting import shorten
from coterie.personal.keys import KEYS
from coterie.personal.kinds import Kind, Span
from coterie.personal.numbers import NUMBERS

__all__ = [
    "FORMED",
    "excerpt",
    "has_mask",
    "hiding",
    "mask",
    "replace_personal",
    "replaced",
    "without_personal",
]

FORMED = (*KEYS, *NUMBERS)
"""What pages mask, in the order in which it is looked for."""

_HINT = re.compile(r"[@0-9:=]|-----BEGIN")
_SHRINK = 16  # a mask is that much shorter than any usual address; a judgement, not measured
_MARKS = "|".join(dict.fromkeys(kind.mark for kind in FORMED))
_MASK = re.compile(rf"(?<!\w)\[(?:{_MARKS})(?: [0-9]+)?\]")


def replaced(text: str, pieces: Iterable[tuple[Span, str]]) -> str:
    """Put something in the place of pieces of a text, which are given from left to right."""
    written, last = [], 0
    for (start, end), instead in pieces:
        written += [text[last:start], instead]
        last = end
    return "".join([*written, text[last:]])


def replace_personal(text: str, put: Callable[[Kind, str], str]) -> str:
    """Put something in the place of each piece of personal data; linear in the length.

    Parameters
    ----------
    text
        Any text.
    put
        Gets the kind of a piece and the piece itself, and gives what is to stand there.
    """
    if not _HINT.search(text):
        return text
    for kind in FORMED:
        spans = kind.spans(text)
        text = replaced(text, ((span, put(kind, text[slice(*span)])) for span in spans))
    return text


def mask(text: str) -> str:
    """Write ``[e-mail]``, ``[phone]``, ``[card]``, ``[key]`` and so on for personal data."""
    return replace_personal(text, lambda kind, _: f"[{kind.mark}]")


def hiding(*, show_personal: bool) -> Callable[[str], str]:
    """Give what makes a text fit to be shown: `mask`, or nothing where all may be seen."""
    return str if show_personal else mask


def has_mask(text: str) -> bool:
    """Whether there is a mask in a text."""
    return "[" in text and _MASK.search(text) is not None


def without_personal(text: str, instead: str = " ") -> str:
    """Leave personal data out of a text, and masks of it."""
    bare = replace_personal(text, lambda _kind, _piece: instead)
    return _MASK.sub(instead, bare) if "[" in bare else bare


def excerpt(text: str, width: int, hide: Callable[[str], str] = mask) -> str:
    """Cut a text to ``width`` characters after it was masked: no half of an address is left."""
    flat = " ".join(text.split())
    return shorten(hide(flat[: _SHRINK * width]), width)
