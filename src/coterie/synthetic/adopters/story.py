"""What a person says of themselves, or somebody says of them: one to three sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from coterie.synthetic.adopters.causes import Person
from coterie.synthetic.content import read_content
from coterie.synthetic.draws import Draws, Weighted
from coterie.synthetic.grammar import Phrases, Slots, compile_table
from coterie.synthetic.style import sentences, slips

__all__ = ["tell"]

# What is told, and how: judgements, not measured.
_LENGTH = Weighted([0.2, 0.4, 0.4])  # of one, two and three sentences
_WORK_FIRST = 0.65
_TOPICS = {
    "stance": 0.3,
    "wish": 0.18,
    "worry": 0.16,
    "hands": 0.12,
    "subject": 0.09,
    "spending": 0.09,
    "aside": 0.06,
}
_TRAITS = {"wish": "taste"}  # what a topic follows, if it has another name
_FOR_ALL = {"aside", "subject"}  # topics that are spoken of in the same way by all
_FIRST_PERSON = 0.6
_NAMED = 0.65  # of first sentences in the third person
_NO_SECTOR = 0.15  # of texts: words that fit any sector
_OTHER_SECTOR = 0.03
_HASTY = 0.05
_TYPO = 0.003


@dataclass(frozen=True)
class _Book:
    """What there is to say."""

    topics: Mapping[str, Phrases]  # topic to the phrases of each of its values
    persons: Mapping[str, dict[str, str]]
    sectors: Mapping[str, Phrases]  # words for slots
    subjects: Mapping[str, list[str]]  # interest to words for it


def tell(person: Person, first_name: str, interest: str, draws: Draws) -> str:
    """Say something of a person; it hints at some of the traits, and may tell nothing."""
    book = _read_book()
    slots = Slots(book.sectors[_sector(person, draws)], draws)
    slots["subject"] = draws.pick(book.subjects[interest])
    own = draws.chance(_FIRST_PERSON)
    slots.update(book.persons["first" if own else "third"])
    told: list[str] = []
    for topic, value in _agenda(person, draws):
        named = not told and draws.chance(_NAMED)
        slots["I"] = "I" if own else first_name if named else ""
        told.append(draws.pick(book.topics[topic][value]).say(draws, slots))
    text = slips(sentences(" ".join(told)), _TYPO, draws)
    return text.lower().rstrip(".") if draws.chance(_HASTY) else text


def _agenda(person: Person, draws: Draws) -> Iterator[tuple[str, str]]:
    """Topics to speak of, each with what there is to say of it."""
    left = dict(_TOPICS)
    for place in range(1 + _LENGTH.draw(draws)):
        if place == 0 and draws.chance(_WORK_FIRST):
            topic = "work"
        else:
            topic = list(left)[Weighted(list(left.values())).draw(draws)]
            del left[topic]
        yield topic, "any" if topic in _FOR_ALL else person.has(_TRAITS.get(topic, topic))


def _sector(person: Person, draws: Draws) -> str:
    """Choose the sector that the words are of: mostly the person's own."""
    kind = draws.unit()
    if kind < _NO_SECTOR:
        return "any"
    return person.again("sector") if kind < _NO_SECTOR + _OTHER_SECTOR else person.has("sector")


@cache
def _read_book() -> _Book:
    table = read_content("adopters/words")
    topics = ("work", *_TOPICS)
    return _Book(
        topics={name: compile_table(table[name]) for name in topics},
        persons=table["person"],
        sectors={name: compile_table(words) for name, words in table["sector"].items()},
        subjects=table["subject_of"],
    )
