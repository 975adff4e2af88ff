"""What texts carry besides words: placeholders, links, personal data."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

__all__ = ["PLACEHOLDER", "Tally", "Traces", "find_traces", "mask"]

#: ``{{Order Number}}``, ``${name}``, ``{name}``, ``[NAME]``, ``<NAME>``, ``%(name)s``.
PLACEHOLDER = (
    r"\{\{[^{}\n]{1,60}\}\}|\$\{[^{}\n]{1,60}\}|\{[A-Za-z_][\w .-]{0,40}\}"
    r"|\[[A-Z][A-Z0-9_ ]{2,40}\]|<[A-Z][A-Z0-9_]{2,40}>|%\([A-Za-z_]\w{0,40}\)s"
)
_PLACEHOLDER = re.compile(PLACEHOLDER)
_LINK = re.compile(r"\b(?:https?://|www\.)[^\s<>\"]+", re.IGNORECASE)
_TAG = re.compile(r"</?[a-z][a-z0-9]{0,10}(?:\s[^<>]{0,200})?/?>")
_HINTS = re.compile(r"[@\d{\[<%]|www\.", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Tally:
    """Something counted: how often it occurs, in how many rows, in which share of them."""

    name: str
    count: int
    rows: int
    share: float


@dataclass(frozen=True, slots=True)
class _Kind:
    name: str
    pattern: re.Pattern[str]
    holds: Callable[[str], bool]


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


def _ip(text: str) -> bool:
    return all(int(part) < 256 for part in text.split("."))


# In this order: what one kind has claimed is not looked at by the next.
_PERSONAL = (
    _Kind("e-mail address", re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+"), bool),
    _Kind(
        "account number (IBAN)",
        re.compile(r"\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b"),
        _iban,
    ),
    _Kind("card number", re.compile(r"(?<![\w-])[0-9](?:[ -]?[0-9]){12,18}(?![\w-])"), _luhn),
    _Kind("IP address", re.compile(r"(?<![\w.])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![\w.])"), _ip),
    _Kind(
        "phone number",
        re.compile(
            r"(?<![\w+./-])(?<![0-9][ .])"
            r"(?![0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{2}[./-][0-9]{2}[./-][0-9]{4})"
            r"\+?\(?[0-9](?:[ ().-]{0,2}[0-9]){8,14}(?![\w-]|[ .][0-9])"
        ),
        _phone,
    ),
)


@dataclass(slots=True)
class _Counts:
    occurrences: Counter[str] = field(default_factory=Counter)
    rows: Counter[str] = field(default_factory=Counter)

    def add(self, found: Counter[str], rows: int) -> None:
        """Count what was found in one text that stands in ``rows`` rows."""
        for name, count in found.items():
            self.occurrences[name] += count * rows
            self.rows[name] += rows

    def tally(self, total: int) -> tuple[Tally, ...]:
        """List what was counted, the most frequent first."""
        return tuple(
            Tally(name, count, self.rows[name], self.rows[name] / max(total, 1))
            for name, count in self.occurrences.most_common()
        )


@dataclass(frozen=True, slots=True)
class Traces:
    """What texts carry besides words; no value of personal data is kept."""

    placeholders: tuple[Tally, ...]
    markup: tuple[Tally, ...]
    personal_data: tuple[Tally, ...]


def find_traces(texts: Iterable[str], counts: Iterable[int], total: int) -> Traces:
    """Count placeholders, links, tags and personal data in distinct texts.

    Parameters
    ----------
    texts, counts
        Distinct texts, and the rows that carry each. Time grows linearly with their length.
    total
        Rows that shares are of.
    """
    placeholders, markup, personal = _Counts(), _Counts(), _Counts()
    for text, rows in zip(texts, counts, strict=True):
        if not _HINTS.search(text):
            continue
        marks = Counter(" ".join(match.split()) for match in _PLACEHOLDER.findall(text))
        placeholders.add(marks, rows)
        links = {"link": len(_LINK.findall(text)), "HTML tag": len(_TAG.findall(text))}
        markup.add(Counter({name: n for name, n in links.items() if n}), rows)
        personal.add(_masked(text)[1], rows)
    return Traces(placeholders.tally(total), markup.tally(total), personal.tally(total))


def mask(text: str) -> str:
    """Put the kind in the place of each e-mail address, phone, card, account and IP number."""
    return _masked(text)[0] if _HINTS.search(text) else text


def _masked(text: str) -> tuple[str, Counter[str]]:
    found: Counter[str] = Counter()
    for kind in _PERSONAL:

        def replace(match: re.Match[str], kind: _Kind = kind) -> str:
            if not kind.holds(match[0]):
                return match[0]
            found[kind.name] += 1
            return f"[{kind.name}]"

        text = kind.pattern.sub(replace, text)
    return text, found
