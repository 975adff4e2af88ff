"""Personal data with a form of its own: e-mail addresses, account, card, IP and phone numbers."""

from __future__ import annotations

import re

from coterie.personal.kinds import Kind, always, never

__all__ = ["NUMBERS"]


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


# In this order: what one kind has claimed is not looked at by the next.
NUMBERS = (
    Kind(
        "e-mail address",
        "e-mail",
        re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+"),
        always,
        always,
    ),
    Kind(
        "account number (IBAN)",
        "IBAN",
        re.compile(r"\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b"),
        _iban,
        always,
    ),
    Kind(
        "card number",
        "card",
        re.compile(r"(?<![\w-])[0-9](?:[ -]?[0-9]){12,18}(?![\w-])"),
        _luhn,
        never,
    ),
    Kind(
        "IP address",
        "IP address",
        re.compile(r"(?<![\w.])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![\w.])"),
        _ip,
        never,
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
