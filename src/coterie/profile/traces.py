"""What texts carry besides words: placeholders, links, personal data."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from coterie.personal import Kind, replace_personal

__all__ = ["PLACEHOLDER", "Tally", "Traces", "find_traces"]

#: ``{{Order Number}}``, ``${name}``, ``{name}``, ``[NAME]``, ``<NAME>``, ``%(name)s``.
PLACEHOLDER = (
    r"\{\{[^{}\n]{1,60}\}\}|\$\{[^{}\n]{1,60}\}|\{[A-Za-z_][\w .-]{0,40}\}"
    r"|\[[A-Z][A-Z0-9_ ]{2,40}\]|<[A-Z][A-Z0-9_]{2,40}>|%\([A-Za-z_]\w{0,40}\)s"
)
_PLACEHOLDER = re.compile(PLACEHOLDER)
_LINK = re.compile(r"\b(?:https?://|www\.)[^\s<>\"]+", re.IGNORECASE)
_TAG = re.compile(r"</?[a-z][a-z0-9]{0,10}(?:\s[^<>]{0,200})?/?>")
_HINTS = re.compile(r"[@\d{\[<%:=]|www\.|-----BEGIN", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Tally:
    """Something counted: how often it occurs, in how many rows, in which share of them."""

    name: str
    count: int
    rows: int
    share: float


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
        personal.add(_personal(text), rows)
    return Traces(placeholders.tally(total), markup.tally(total), personal.tally(total))


def _personal(text: str) -> Counter[str]:
    found: Counter[str] = Counter()

    def count(kind: Kind, _piece: str) -> str:
        found[kind.name] += 1
        return f"[{kind.mark}]"

    replace_personal(text, count)
    return found
