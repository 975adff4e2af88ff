"""Personal data in texts: e-mail addresses, account, card, IP and phone numbers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from coterie.formatting import shorten

__all__ = [
    "Kind",
    "Masks",
    "excerpt",
    "has_mask",
    "hiding",
    "mask",
    "replace_personal",
    "without_personal",
]

_HINT = re.compile(r"[@0-9]")
_SHRINK = 16  # a mask is that much shorter than any usual address; a judgement, not measured


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
        What it looks like.
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


def _digits(text: str) -> list[int]:
    return [int(c) for c in text if "0" <= c <= "9"]


def _luhn(text: str) -> bool:
    """Whether the check digit of a card number is right (ISO/IEC 7812-1, annex B)."""
    digits = _digits(text)
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    return 13 <= len(digits) <= 19 and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _iban(text: str) -> bool:
    """Whether the check digits of an account number are right (ISO 13616)."""
    compact = text.replace(" ", "").upper()
    if not (15 <= len(compact) <= 34 and compact.isascii() and compact.isalnum()):
        return False
    return int("".join(str(int(c, 36)) for c in compact[4:] + compact[:4])) % 97 == 1


def _phone(text: str) -> bool:
    """Whether digits look dialled: 9 to 15 of them, with a plus or set in groups."""
    return 9 <= len(_digits(text)) <= 15 and not text.isdigit()


def _dialled(text: str) -> bool:
    return "+" in text or "(" in text


def _ip(text: str) -> bool:
    return all(int(part) < 256 for part in text.split("."))


def _always(_: str) -> bool:
    return True


def _never(_: str) -> bool:
    return False


# In this order: what one kind has claimed is not looked at by the next.
_KINDS = (
    Kind(
        "e-mail address",
        "e-mail",
        re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+"),
        _always,
        _always,
    ),
    Kind(
        "account number (IBAN)",
        "IBAN",
        re.compile(r"\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b"),
        _iban,
        _always,
    ),
    Kind(
        "card number",
        "card",
        re.compile(r"(?<![\w-])[0-9](?:[ -]?[0-9]){12,18}(?![\w-])"),
        _luhn,
        _never,
    ),
    Kind(
        "IP address",
        "IP address",
        re.compile(r"(?<![\w.])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![\w.])"),
        _ip,
        _never,
    ),
    Kind(
        "phone number",
        "phone",
        re.compile(
            r"(?<![\w+./-])(?<![0-9][ .])"
            r"(?![0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{2}[./-][0-9]{2}[./-][0-9]{4})"
            r"\+?\(?[0-9](?:[ ().-]{0,2}[0-9]){8,14}(?![\w-]|[ .][0-9])"
        ),
        _phone,
        _dialled,
    ),
)
_MASK = re.compile(rf"\[(?:{'|'.join(kind.mark for kind in _KINDS)})(?: [0-9]+)?\]")


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
    for kind in _KINDS:

        def written(match: re.Match[str], kind: Kind = kind) -> str:
            return put(kind, match[0]) if kind.holds(match[0]) else match[0]

        text = kind.pattern.sub(written, text)
    return text


def mask(text: str) -> str:
    """Write ``[e-mail]``, ``[phone]``, ``[card]``, ``[IBAN]`` or ``[IP address]`` for such data."""
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


class Masks:
    """Masks of one prompt, which can be taken off again: ``[e-mail 1]``, ``[phone 2]``.

    Attributes
    ----------
    counts
        Kind to the number of different pieces.
    """

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._numbered: dict[tuple[str, str], str] = {}
        self._values: dict[str, str] = {}

    def hide(self, text: str) -> str:
        """Put numbered masks in the place of personal data; the same piece gets the same one."""

        def put(kind: Kind, piece: str) -> str:
            known = self._numbered.get((kind.mark, piece.casefold()))
            if known is None:
                self.counts[kind.mark] += 1
                known = f"[{kind.mark} {self.counts[kind.mark]}]"
                self._numbered[kind.mark, piece.casefold()] = known
                self._values[known.casefold()] = piece
            return known

        return replace_personal(text, put)

    def show(self, text: str) -> str:
        """Put the pieces back."""
        return _MASK.sub(lambda found: self._values.get(found[0].casefold(), found[0]), text)
