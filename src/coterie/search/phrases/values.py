"""Values of columns of text and tags that a query names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from coterie.search.filters.conditions import Comparison, Condition, Has, Missing
from coterie.search.phrases.chart import Chart, Found
from coterie.search.phrases.lexicon import (
    COMPARED_AFTER,
    COMPARED_BEFORE,
    DEMONYMS,
    HEADS,
    HOLDING,
    LINKS,
    NEGATORS,
    NO_PERSONS,
    NUMBER_WORDS,
    PERSON_ENDINGS,
    PERSONS,
    SCALES,
    SHORT_FORMS,
    STOPS,
    VAGUE,
)
from coterie.search.phrases.names import Name, beside
from coterie.search.phrases.tokens import Token, family, singular, split_words, stem
from coterie.search.schema import Column

__all__ = ["Possible", "Values", "collect_values", "find_values", "possible_values"]

_Sort: TypeAlias = Literal["plain", "related", "people"]
"""``related`` counts beside the column's name only, ``people`` before people: ``German users``."""

_OWN = frozenset({"your", "my", "their", "our", "his", "her"})
_SCALED = frozenset(word for line in SCALES for word in line)
_LEADING = frozenset({"i", "i'm", "i've", "we", "the", "a", "an", "in", "at", "on"})
_TEXT_LEFT = frozenset({"in", "from", "as", "via", "by", "through", "on", "at", "within", "outside"})
_TEXT_LEFT |= LINKS | NEGATORS | {"than", "'s", "become", "becoming", "they're", "called"}
_HELD = frozenset({"with", "without", "hold", "own"}) | HOLDING | NEGATORS
_PLACED = frozenset(
    "work works working worked live lives living lived based located employed resident residing come "
    "comes coming job jobs role roles position positions here".split()
)
_USES = frozenset({"use", "uses", "using", "prefer", "prefers", "preferring"})
_USED = frozenset(map(family, "channel device platform tool browser software method".split()))
_UNSAID = HEADS | frozenset(
    "who that which and or but nor not either only also all others else than find show get".split()
)
_SHORTEST_MISSPELT = 8  # letters; a judgement
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_PARTS = re.compile(r"\s*[/()]\s*")


@dataclass(frozen=True, slots=True)
class _Entry:
    """One way to write a value."""

    keys: tuple[str, ...]
    name: Name
    value: str
    sort: _Sort = "plain"
    presence: bool = False


Possible: TypeAlias = tuple[int, int, list[_Entry]]
"""From and to which token values may stand, and which."""


@dataclass(slots=True)
class Values:
    """All values of a schema by their first word."""

    entries: dict[str, list[_Entry]] = field(default_factory=dict)
    words: set[str] = field(default_factory=set)
    columns: dict[str, dict[tuple[str, ...], str]] = field(default_factory=dict)

    def add(self, entry: _Entry) -> None:
        """Keep a way to write a value."""
        if entry.keys:
            self.entries.setdefault(entry.keys[0], []).append(entry)
            self.words.update(entry.keys)


def collect_values(names: Sequence[Name]) -> Values:
    """Collect all ways to write the values of columns; time grows linearly with them."""
    values = Values()
    for name in names:
        column = name.column
        if column.kind not in ("text", "tags"):
            continue
        presence = len(column.values) == 1 and column.values[0].casefold() == column.name.casefold()
        written: dict[tuple[tuple[str, ...], _Sort], set[str]] = {}
        for value in column.values:
            for keys, sort in _ways(value):
                written.setdefault((keys, sort), set()).add(value)
        for (keys, sort), meant in written.items():
            if len(meant) > 1:
                exact = {value for value in meant if _keys(split_words(value)) == keys}
                meant = exact if len(exact) == 1 else set()
            for value in meant:
                values.add(_Entry(keys, name, value, sort, presence))
                if sort == "plain" and not presence:
                    values.columns.setdefault(column.name, {})[keys] = value
    for group in values.entries.values():
        group.sort(key=lambda entry: -len(entry.keys))
    return values


def _keys(words: Sequence[str]) -> tuple[str, ...]:
    return tuple(map(_key, words))


def _key(word: str) -> str:
    if word in _OWN:
        return "their"
    if word in NUMBER_WORDS:
        return f"{NUMBER_WORDS[word]:g}"
    return singular(word)


def _ways(value: str) -> Iterator[tuple[tuple[str, ...], _Sort]]:
    """Give the ways to write a value."""
    words = split_words(value)
    plain = " ".join(words)
    if not any(word[0].isalpha() for word in words) or plain in _SCALED:
        return
    yield _keys(words), "plain"
    for part in _PARTS.split(value):
        inner = split_words(part)
        if len(inner) < len(words) and inner and len(inner[0]) > 3:
            yield _keys(inner), "plain"
    for table in (SHORT_FORMS, DEMONYMS):
        for short, long in table.items():
            if long == plain:
                yield _keys(short.split()), "plain" if table is SHORT_FORMS else "people"
    if len(words) == 1:
        if len(plain) > 4:
            yield ("~" + stem(plain),), "related"
        return
    rest = list(words)
    while len(rest) > 2 and rest[0] in _LEADING:
        rest.pop(0)
    if len(rest) < len(words):
        yield _keys(rest), "plain"
    if "for" in rest[:3] and len(rest) > 3:
        short_rest = rest[rest.index("for") + 1 :]
        while short_rest and short_rest[0] in ("a", "an", "the"):
            short_rest.pop(0)
        if len(short_rest) > 1:
            yield _keys(short_rest), "plain"
        elif short_rest:
            yield _keys(short_rest), "related"
    if "with" in rest[1:]:
        yield _keys(rest[: rest.index("with")]), "related"
    if len(words) == 4 and not set(words) & STOPS:
        yield _keys((*words[:2], words[3])), "plain"


def possible_values(chart: Chart, values: Values) -> list[Possible]:
    """Find all values that words may name, the longest first, and mark where they start."""
    keys = [_read_key(token, values) for token in chart.tokens]
    spans = _candidates(chart, keys, values)
    chart.starts = {start for start, _, _ in spans}
    chart.possible = {at for start, end, _ in spans for at in range(start, end)}
    return spans


def find_values(chart: Chart, values: Values, spans: Sequence[Possible]) -> None:
    """Find those values that are meant, and add them to the chart."""
    before = -1
    while before != len(chart.found):
        before = len(chart.found)
        for start, end, entries in spans:
            if chart.is_free(start, end) and (found := _meant(chart, start, end, entries, values)):
                chart.add(found)
        for found in list(chart.found):
            short = _shortened(chart, found.start, found.end, found.column, values)
            if found.joins and short and chart.is_free(short[0], found.start):
                condition = _one(found.column, short[1])
                add = Found(short[0], found.start - 1, found.column, (condition,), joins=True)
                chart.add(add)


def _shortened(
    chart: Chart, start: int, end: int, column: Column, values: Values
) -> tuple[int, str] | None:
    """Find a value before another whose last word both share: ``front-end or mobile developers``.

    Returns
    -------
    tuple or None
        The token where it starts, and the value.
    """
    joint = start - 1
    if chart.low(joint) not in ("and", "or", "/", ","):
        return None
    ways = values.columns.get(column.name, {})
    full = tuple(_key(chart.low(at)) for at in range(start, end))
    for size in (3, 2, 1):
        first = joint - size
        head = tuple(_key(chart.low(at)) for at in range(first, joint)) if first >= 0 else ()
        for cut in range(1, len(full)):
            value = ways.get((*head, *full[cut:])) if head else None
            if value is not None:
                return first, value
    return None


def _one(column: Column, value: str) -> Condition:
    if column.kind == "tags":
        return Has(column.name, value)
    return Comparison(column.name, "=", value)


def _read_key(token: Token, values: Values) -> str:
    key = _key(token.low)
    if key in values.words or len(key) < _SHORTEST_MISSPELT or not key.isalpha():
        return key
    near = {edited for edited in _edits(key) if edited in values.words and len(edited) >= 8}
    return near.pop() if len(near) == 1 else key


def _edits(word: str) -> Iterator[str]:
    """Give the words that are one letter away."""
    for at in range(len(word) + 1):
        head, tail = word[:at], word[at:]
        if tail:
            yield head + tail[1:]
        if len(tail) > 1:
            yield head + tail[1] + tail[0] + tail[2:]
        for letter in _LETTERS:
            yield head + letter + tail
            if tail:
                yield head + letter + tail[1:]


def _candidates(chart: Chart, keys: Sequence[str], values: Values) -> list[Possible]:
    """Find the longest values that begin at each token, the longest first."""
    spans: list[Possible] = []
    for at, key in enumerate(keys):
        found: dict[int, list[_Entry]] = {}
        for entry in values.entries.get(key, ()):
            size = len(entry.keys)
            if tuple(keys[at : at + size]) == entry.keys:
                found.setdefault(at + size, []).append(entry)
        for entry in values.entries.get("~" + stem(chart.low(at)), ()):
            found.setdefault(at + 1, []).append(entry)
        for end, entries in found.items():
            if chart.is_free(at, end):
                spans.append((at, end, entries))
    spans.sort(key=lambda span: (span[0] - span[1], span[0]))
    return spans


def _meant(
    chart: Chart, start: int, end: int, entries: Sequence[_Entry], values: Values
) -> Found | None:
    """Decide which value is meant by tokens, if any is."""
    leans = not chart.is_closed_off(end)
    named: dict[str, tuple[_Entry, tuple[int, int]]] = {}
    fitting: dict[str, _Entry] = {}
    for entry in entries:
        span = beside(chart, entry.name, start, end)
        if span is not None and chart.is_free(*span) and _is_end(chart, span[1]):
            named.setdefault(entry.name.column.name, (entry, span))
        elif entry.name.column.name not in fitting and _fits(
            chart, start, end, entry, values
        ):
            fitting[entry.name.column.name] = entry
    if len(named) == 1:
        entry, (start, end) = next(iter(named.values()))
    elif not named and len(fitting) == 1 and len({e.name.column.name for e in entries}) == 1:
        entry = next(iter(fitting.values()))
    else:
        return None
    found = _found(chart, start, end, entry)
    plural = chart.tokens[end - 1].low != singular(chart.tokens[end - 1].low)
    found.leans = leans and not plural and not _is_verb(chart.low(end)) and found.end == end
    return found


def _is_verb(word: str) -> bool:
    return word.endswith(("ing", "ed"))


def _is_end(chart: Chart, at: int) -> bool:
    return chart.is_open(at) or chart.low(at).endswith(("ing", "ed"))


def _found(chart: Chart, start: int, end: int, entry: _Entry) -> Found:
    column = entry.name.column
    if chart.low(end) in ("level", "levels"):
        end += 1
    condition: Condition = Comparison(column.name, "=", entry.value)
    if entry.presence:
        return Found(start, end, column, (condition,), Missing(column.name), joins=True)
    if column.kind == "tags":
        return Found(start, end, column, (Has(column.name, entry.value),), joins=True)
    if column.levels:
        for words, operator in COMPARED_BEFORE.items():
            first = start - len(words)
            if operator != "=" and first >= 0 and chart.starts_with(first, words):
                bound = Comparison(column.name, operator, entry.value)
                return Found(first, end, column, (bound,))
        for words, operator in COMPARED_AFTER.items():
            if chart.starts_with(end, words):
                bound = Comparison(column.name, operator, entry.value)
                return Found(start, end + len(words), column, (bound,))
    return Found(start, end, column, (condition,), joins=True)


def _fits(chart: Chart, start: int, end: int, entry: _Entry, values: Values) -> bool:
    """Tell whether the grammar shows that a value is meant."""
    column = entry.name.column
    words = [token.low for token in chart.tokens[start:end]]
    if entry.sort == "related" or " ".join(words) in VAGUE or chart.is_topic(start):
        return False
    if len(words) == 1 and words[0] in STOPS and not chart.tokens[start].text.isupper():
        return False
    if words[-1].endswith(("'", "'s")) or (chart.low(end) == "of" and not entry.presence):
        return False
    if entry.presence and set(words[1:]) & STOPS:
        written = "".join(token.text for token in chart.tokens[start:end])
        if written == written.lower():
            return False
    if " ".join(words) in DEMONYMS and "speak" in entry.name.keys:
        return chart.is_segment(start, end) or _joined_after(chart, end, column.name) or (
            _joins(chart, start, entry)
        )
    if chart.low(end) in ("level", "levels"):
        end += 1
    after = chart.low(end)
    heads = after in HEADS and chart.taken[end] is None
    followed = end < len(chart) and (heads or chart.taken[end] is not None or end in chart.starts)
    if entry.sort == "people":
        return followed and after not in STOPS and _is_place(chart, start)
    left = chart.low(chart.before(start))
    plural = words[-1] != singular(words[-1])
    is_open = chart.is_open(end) or (
        (plural or len(words) > 1) and after.endswith(("ing", "ed"))
    )
    if chart.is_segment(start, end):
        return True
    if column.levels and chart.is_open(end) and _is_compared(chart, start, end):
        return True
    short = _shortened(chart, start, end, column, values)
    subject = chart.is_subject(start) or (short is not None and chart.is_subject(short[0]))
    joined = left in ("and", "or", "nor", "&", ",", "/") and _joins(chart, start, entry)
    joined = joined or _joined_after(chart, end, column.name)
    if not is_open and not (plural and subject and column.kind == "text"):
        return False
    if joined:
        return True
    many = sum(word not in STOPS for word in words) > 1
    if entry.presence:
        distinct = many or entry.value != entry.value.lower()
        ok = left in _HELD or left in ("on", "to", "of", "at", "from", "via", "through")
        return ok or (subject and after != "speakers" and (heads or distinct))
    if column.kind == "tags":
        at = chart.before(start)
        if left in _HELD or (left == "in" and family(chart.low(at - 1)) == family("interested")):
            return True
        return subject and (heads or (many and followed))
    if left in _TEXT_LEFT and (subject or _is_placed(chart, chart.before(start))):
        return True
    if left in _USES and _USED & set(entry.name.keys):
        return True
    if many and left in ("for", "a", "to", "prefer", "rather", "want", "with", "who"):
        return True
    return subject and (plural or followed or (many and is_open))


def _is_compared(chart: Chart, start: int, end: int) -> bool:
    """Tell whether a comparison stands before or after a level."""
    before = any(chart.starts_with(start - len(words), words) for words in COMPARED_BEFORE)
    return before or any(chart.starts_with(end, words) for words in COMPARED_AFTER)


def _is_placed(chart: Chart, at: int) -> bool:
    """Tell whether a preposition or a form of ``be`` speaks of the person who is looked for."""
    if chart.low(at) in NEGATORS or chart.low(at) == "outside":
        before = chart.before(at)
        return before < 0 or chart.taken[before] is not None or not _is_content(chart, before)
    if chart.low(at) in LINKS:
        return True
    before = chart.before(at)
    while before >= 0 and chart.taken[before] is None and chart.low(before) in NEGATORS | LINKS:
        before = chart.before(before)
    if before < 0 or chart.taken[before] is not None or not _is_content(chart, before):
        return True
    low = chart.low(before)
    return low in _PLACED or (is_person(low) and chart.is_subject(before))


def _is_content(chart: Chart, at: int) -> bool:
    low = chart.low(at)
    return chart.tokens[at].is_word and low not in _UNSAID


def is_person(word: str) -> bool:
    """Tell whether a noun in the plural is likely one of persons, by its ending."""
    return word in PERSONS or (word.endswith(PERSON_ENDINGS) and word not in NO_PERSONS)


def _is_place(chart: Chart, start: int) -> bool:
    left = chart.low(chart.before(start))
    return chart.is_subject(start) or left in _TEXT_LEFT


def _joined_after(chart: Chart, end: int, column: str) -> bool:
    """Tell whether a value of the same column is joined after it: ``X or Y holders``."""
    at = end
    while chart.low(at) in ("and", "or", "&", "/", ",", "nor") and chart.taken[at] is None:
        at += 1
    found = chart.taken[at] if end < at < len(chart) else None
    return found is not None and found.column.name == column and found.start == at


def _joins(chart: Chart, start: int, entry: _Entry) -> bool:
    """Tell whether a value is joined to one of the same column before it."""
    at = start - 1
    while at >= 0 and chart.taken[at] is None:
        if chart.low(at) not in STOPS and chart.low(at) not in (",", "&", "/", "either", "nor"):
            return False
        at -= 1
    found = chart.taken[at] if at >= 0 else None
    if found is None:
        return False
    alike = entry.presence and isinstance(found.denied, Missing)
    return alike or found.column.name == entry.name.column.name
