"""Whether the grammar around words shows that a value is meant by them."""

from __future__ import annotations

from dataclasses import dataclass

from coterie.search.filters.conditions import Missing
from coterie.search.phrases.chart import Chart
from coterie.search.phrases.lexicon import (
    COMPARED_AFTER,
    COMPARED_BEFORE,
    DEMONYMS,
    HEADS,
    HOLDING,
    LINKS,
    NEGATORS,
    NO_PERSONS,
    PERSON_ENDINGS,
    PERSONS,
    PREPOSITIONS,
    STOPS,
    TOPICS,
    VAGUE,
    words,
)
from coterie.search.phrases.tokens import family, singular
from coterie.search.phrases.values import Entry, Values, value_key
from coterie.search.schema import Column

__all__ = ["is_meant", "shortened"]

_TEXT_LEFT = words("in from as via by through on at within outside")
_TEXT_LEFT |= LINKS | NEGATORS | words("than 's become becoming they're called")
_HELD = words("with without hold own") | HOLDING | NEGATORS
_HOLDERS = words("holders holder owners owner users fans lovers buyers")
_LIKES = words("like likes enjoy enjoys into")
_INTERESTS = frozenset(
    map(
        family, words("interests hobbies topics passions likes favourites activities sports genres")
    )
) | {"prefer"}
_WENT = words("on to of at from via through")
_WISHED = words("for a to prefer rather want with who")
_PLACED = words(
    "work works working worked live lives living lived based located employed resident residing "
    "come comes coming here"
)
_LINKED = words("related based oriented focused led owned specialised specialized")
_USES = words("use uses using prefer prefers preferring")
_USED = frozenset(map(family, words("channel device platform tool browser software method")))
_UNSAID = HEADS | LINKS | NEGATORS | PREPOSITIONS
_UNSAID |= words(
    "who that which and or but nor not either only also all others else than find show get"
)


@dataclass(frozen=True, slots=True)
class _Phrase:
    """Words that may be a value, and what stands around them."""

    chart: Chart
    start: int
    end: int
    entry: Entry
    said: tuple[str, ...]

    @property
    def column(self) -> Column:
        return self.entry.name.column

    @property
    def left(self) -> str:
        return self.chart.low(self.chart.before(self.start))

    @property
    def after(self) -> str:
        return self.chart.low(self.end)

    @property
    def plural(self) -> bool:
        return self.said[-1] != singular(self.said[-1])

    @property
    def has_head(self) -> bool:
        return self.after in HEADS and self.chart.taken[self.end] is None

    @property
    def is_followed(self) -> bool:
        return self.chart.is_followed(self.end)

    @property
    def is_open(self) -> bool:
        if self.chart.is_open(self.end) or self.after in TOPICS:
            return True
        if self.after.endswith("ing"):
            return self.plural or len(self.said) > 1
        return self.after.endswith("ed") and self.after not in _LINKED

    @property
    def has_many(self) -> bool:
        return sum(word not in STOPS for word in self.said) > 1


def is_meant(chart: Chart, start: int, end: int, entry: Entry, values: Values) -> bool:
    """Tell whether the grammar shows that a value is meant.

    An ordinary word is one only as the noun of the phrase (``students in Germany``), before a noun
    for people (``retail clients``), after a preposition or verb that speaks of a person (``work in
    retail``, ``have a pension``), or alone between commas.
    """
    said = tuple(token.low for token in chart.tokens[start:end])
    if chart.low(end) in ("level", "levels"):
        end += 1
    phrase = _Phrase(chart, start, end, entry, said)
    if entry.sort == "related" or _is_plain(phrase) or chart.is_topic(start):
        return False
    if entry.sort == "people":
        followed = phrase.is_followed and phrase.after not in STOPS
        return _is_joined(phrase) or (followed and _is_place(phrase))
    joined = _is_joined(phrase)
    if " ".join(said) in DEMONYMS and "speak" in entry.name.keys:
        return joined or chart.is_segment(start, end)
    compared = bool(phrase.column.levels) and chart.is_open(end) and _is_compared(phrase)
    if compared or chart.is_segment(start, end):
        return True
    short = shortened(chart, start, end, phrase.column, values)
    subject = chart.is_subject(start) or (short is not None and chart.is_subject(short[0]))
    if not phrase.is_open and not (phrase.plural and subject and phrase.column.kind == "text"):
        return False
    return joined or _is_said(phrase, subject=subject)


def _is_plain(phrase: _Phrase) -> bool:
    """Tell whether words are none of a value: ``other``, ``it``, ``the innovator's``."""
    chart, said = phrase.chart, phrase.said
    written = "".join(token.text for token in chart.tokens[phrase.start : phrase.start + len(said)])
    if " ".join(said) in VAGUE or said[-1].endswith(("'", "'s")):
        return True
    if len(said) == 1 and said[0] in STOPS and not written.isupper():
        return True
    if phrase.entry.presence:
        return bool(set(said[1:]) & STOPS) and written == written.lower()
    return phrase.after == "of"


def _is_said(phrase: _Phrase, *, subject: bool) -> bool:
    if phrase.entry.presence:
        return _is_used(phrase, subject=subject)
    if phrase.column.kind == "tags":
        return _is_held(phrase, subject=subject)
    chart, left = phrase.chart, phrase.left
    if left in _TEXT_LEFT and (subject or _is_placed(chart, chart.before(phrase.start))):
        return True
    if left in _USES and _USED & set(phrase.entry.name.keys):
        return True
    if phrase.has_many and left in _WISHED:
        return True
    return subject and (phrase.plural or phrase.is_followed or phrase.has_many)


def _is_used(phrase: _Phrase, *, subject: bool) -> bool:
    """Tell whether a person has to do with what a column of presence is of."""
    distinct = phrase.has_many or phrase.entry.value != phrase.entry.value.lower()
    if phrase.left in _HELD or phrase.left in _WENT:
        return True
    return subject and phrase.after != "speakers" and (phrase.has_head or distinct)


def _is_held(phrase: _Phrase, *, subject: bool) -> bool:
    """Tell whether a person has a tag."""
    chart, at, left = phrase.chart, phrase.chart.before(phrase.start), phrase.left
    interested = left == "in" and family(chart.low(at - 1)) == family("interested")
    if left == "of" and chart.low(at - 1) in _HOLDERS:
        return True
    if interested or left in _LIKES:
        return bool(_INTERESTS & set(phrase.entry.name.keys))
    if left in _HELD:
        return True
    return subject and (phrase.has_head or (phrase.has_many and phrase.is_followed))


def _is_compared(phrase: _Phrase) -> bool:
    """Tell whether a comparison stands before or after a level."""
    chart, start = phrase.chart, phrase.start
    before = any(chart.starts_with(start - len(each), each) for each in COMPARED_BEFORE)
    return before or any(chart.starts_with(phrase.end, each) for each in COMPARED_AFTER)


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
    return low in _PLACED or (_is_person(low) and chart.is_subject(before))


def _is_content(chart: Chart, at: int) -> bool:
    low = chart.low(at)
    return chart.tokens[at].is_word and low not in _UNSAID


def _is_person(word: str) -> bool:
    """Tell whether a noun in the plural is likely one of persons, by its ending."""
    return word in PERSONS or (word.endswith(PERSON_ENDINGS) and word not in NO_PERSONS)


def _is_place(phrase: _Phrase) -> bool:
    return phrase.chart.is_subject(phrase.start) or phrase.left in _TEXT_LEFT


def _is_joined(phrase: _Phrase) -> bool:
    """Tell whether a value is joined to one of the same column, before or after it."""
    after = _joined_after(phrase.chart, phrase.end, phrase.column.name)
    joint = phrase.left in ("and", "or", "nor", "&", ",", "/")
    joint = joint or (phrase.column.kind == "tags" and phrase.left in ("in", "not"))
    return after or (joint and _joins(phrase.chart, phrase.start, phrase.entry))


def _joined_after(chart: Chart, end: int, column: str) -> bool:
    """Tell whether a value of the same column is joined after it: ``X or Y holders``."""
    at = end
    while chart.low(at) in ("and", "or", "&", "/", ",", "nor") and chart.taken[at] is None:
        at += 1
    found = chart.taken[at] if end < at < len(chart) else None
    return found is not None and found.column.name == column and found.start == at


def _joins(chart: Chart, start: int, entry: Entry) -> bool:
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


def shortened(
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
    full = tuple(value_key(chart.low(at)) for at in range(start, end))
    for size in (3, 2, 1):
        first = joint - size
        head = tuple(value_key(chart.low(at)) for at in range(first, joint)) if first >= 0 else ()
        for cut in range(1, len(full)):
            value = ways.get((*head, *full[cut:])) if head else None
            if value is not None:
                return first, value
    return None
