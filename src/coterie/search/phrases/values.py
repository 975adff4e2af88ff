"""All ways to write the values of columns of text and tags."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, TypeAlias

from coterie.search.phrases.lexicon import (
    DEMONYMS,
    NUMBER_WORDS,
    SCALES,
    SHORT_FORMS,
    STOPS,
    words,
)
from coterie.search.phrases.names import Name
from coterie.search.phrases.tokens import singular, split_words, stem

__all__ = ["HALF", "SHORTEST_MISSPELT", "Entry", "Values", "collect_values", "value_key"]

Keys: TypeAlias = tuple[str, ...]
Sort: TypeAlias = Literal["plain", "related", "people"]
"""``related`` counts beside the column's name only, ``people`` before people: ``German users``."""

_OWN = words("your my their our his her")
_SCALED = frozenset(word for line in SCALES for word in line) - {"intermediate"}
_LEADING = words("i i'm i've we the a an in at on")
_SHORTEST_STEM = 5  # letters
HALF = 4  # letters; one wrong letter leaves the first or the last of a long word as they are
SHORTEST_MISSPELT = 8  # letters
_PARTS = re.compile(r"\s*[/()]\s*")


def _turned(table: Mapping[str, str]) -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = {}
    for short, long in table.items():
        found.setdefault(long, []).append(short)
    return MappingProxyType(found)


_SHORT, _PEOPLE = _turned(SHORT_FORMS), _turned(DEMONYMS)


@dataclass(frozen=True, slots=True)
class Entry:
    """One way to write a value.

    Attributes
    ----------
    keys
        Its words, see `value_key`.
    name, value
        The column, and the value as it has it.
    sort
        What else must stand beside it.
    presence
        Whether it is the only value of its column, whose name it is: ``hackathons``.
    """

    keys: Keys
    name: Name
    value: str
    sort: Sort = "plain"
    presence: bool = False


@dataclass(slots=True)
class Values:
    """All values of a schema.

    Attributes
    ----------
    entries
        By their words.
    sizes
        How many words those have that begin with one.
    words
        All words of values.
    halves
        Long words by their first and by their last letters, to find one that is misspelt.
    columns
        Of each column, words to the value.
    """

    entries: dict[Keys, list[Entry]] = field(default_factory=lambda: defaultdict(list))
    sizes: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    words: set[str] = field(default_factory=set)
    halves: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    columns: dict[str, dict[Keys, str]] = field(default_factory=lambda: defaultdict(dict))

    def add(self, entry: Entry) -> None:
        """Keep a way to write a value."""
        self.entries[entry.keys].append(entry)
        self.sizes[entry.keys[0]].add(len(entry.keys))
        for word in entry.keys:
            if word not in self.words and len(word) >= SHORTEST_MISSPELT:
                self.halves[word[:HALF]].add(word)
                self.halves[word[-HALF:]].add(word)
            self.words.add(word)
        if entry.sort == "plain" and not entry.presence:
            self.columns[entry.name.column.name][entry.keys] = entry.value


def collect_values(names: Sequence[Name]) -> Values:
    """Collect all ways to write the values of columns; time grows linearly with them.

    What could be two values of a column is the one that is written so, else neither.
    """
    values = Values()
    for name in names:
        column = name.column
        if column.kind not in ("text", "tags"):
            continue
        presence = len(column.values) == 1 and column.values[0].casefold() == column.name.casefold()
        ways: dict[tuple[Keys, Sort], set[str]] = {}
        for value in column.values:
            for keys, sort in _ways(value):
                if keys:
                    ways.setdefault((keys, sort), set()).add(value)
        for (keys, sort), meant in ways.items():
            exact = {value for value in meant if _keys(split_words(value)) == keys}
            chosen = meant if len(meant) == 1 else exact
            if len(chosen) == 1:
                values.add(Entry(keys, name, min(chosen), sort, presence))
    return values


def value_key(word: str) -> str:
    """Give what a word of a value is compared by: no plural, no matter whose, numbers in digits."""
    if word in _OWN:
        return "their"
    if word in NUMBER_WORDS:
        return f"{NUMBER_WORDS[word]:g}"
    return singular(word)


def _keys(said: Sequence[str]) -> Keys:
    return tuple(map(value_key, said))


def _ways(value: str) -> Iterator[tuple[Keys, Sort]]:
    """Give the ways to write a value."""
    said = split_words(value)
    plain = " ".join(said)
    if plain in _SCALED or not any(word[0].isalpha() for word in said):
        return
    yield _keys(said), "plain"
    for part in _PARTS.split(value):
        inner = split_words(part)
        if inner and len(inner) < len(said) and len(inner[0]) > 3:
            yield _keys(inner), "plain"
    for short in _SHORT.get(plain, ()):
        yield _keys(split_words(short)), "plain"
    for people in _PEOPLE.get(plain, ()):
        yield _keys(people.split()), "people"
    if len(said) > 1:
        yield from _parts(said)
    elif len(plain) >= _SHORTEST_STEM:
        yield ("~" + stem(plain),), "related"


def _parts(said: Sequence[str]) -> Iterator[tuple[Keys, Sort]]:
    """Give the parts of a value of several words that say as much."""
    rest = list(said)
    while len(rest) > 2 and rest[0] in _LEADING:
        rest.pop(0)
    if len(rest) < len(said):
        yield _keys(rest), "plain"
    if "for" in rest[:3] and len(rest) > 3:
        aim = rest[rest.index("for") + 1 :]
        while aim and aim[0] in ("a", "an", "the"):
            aim.pop(0)
        yield _keys(aim), "plain" if len(aim) > 1 else "related"
    if "with" in rest[1:]:
        yield _keys(rest[: rest.index("with")]), "related"
    if len(said) == 4 and not set(said) & STOPS:
        yield _keys((*said[:2], said[3])), "plain"
