"""A trade fair: its exhibitors, and what is on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from coterie.synthetic.content import read_content
from coterie.synthetic.draws import Draws
from coterie.synthetic.grammar import Phrase, Slots, compile_phrases, compile_table
from coterie.synthetic.people import draw_people
from coterie.synthetic.style import sentences

__all__ = ["DAYS", "Event", "Kind", "Show", "Topic", "open_show"]

DAYS = ("2025-05-13", "2025-05-14", "2025-05-15")
"""Tuesday to Thursday."""

_EXHIBITORS = 8  # for each topic
_SESSIONS = 3  # of each kind for each topic
_HOSTED = {"stand", "meeting"}  # at any time: one for each exhibitor
_SOCIAL_HOURS = (12 * 60, 17 * 60, 19 * 60)


@dataclass(frozen=True)
class Topic:
    """A field that the fair is about."""

    name: str
    things: tuple[str, ...]


@dataclass(frozen=True)
class Kind:
    """A way to spend time at the fair."""

    id: str
    words: tuple[str, str]
    about: bool
    minutes: int


@dataclass(frozen=True)
class Event:
    """Something on the programme, or a stand that is open all day.

    ``start`` is the minute of each day, or None where the visitor chooses; ``host`` is the
    exhibitor, or None.
    """

    id: str
    title: str
    description: str
    kind: Kind
    topic: str | None
    place: str
    start: int | None
    host: str | None


@dataclass(frozen=True)
class Show:
    """All of a fair; ``events`` by kind and topic (None for kinds without), ``stands`` by host."""

    topics: tuple[Topic, ...]
    kinds: Mapping[str, Kind]
    exhibitors: tuple[str, ...]
    events: Mapping[tuple[str, str | None], list[Event]]
    stands: Mapping[str, Event]


def open_show(seed: int) -> Show:
    """Set up the fair of a seed: 12 topics, 96 exhibitors, some 500 entries in the programme."""
    table = read_content("attendees/show")
    draws = Draws(seed, 10)
    topics = [Topic(t["name"], tuple(t["things"])) for t in table["topic"].values()]
    companies = list(dict.fromkeys(draw_people(seed)["company"]))
    hosts = draws.sample(companies, _EXHIBITORS * len(topics))
    kinds = {
        name: Kind(name, tuple(values["words"]), values["about"], values["minutes"])
        for name, values in table["kind"].items()
    }
    builder = _Builder(draws, table["slots"])
    for place, topic in enumerate(topics):
        own = hosts[place * _EXHIBITORS : (place + 1) * _EXHIBITORS]
        for name, kind in kinds.items():
            if kind.about:
                for host in own if name in _HOSTED else draws.sample(own, _SESSIONS):
                    builder.add(kind, table["kind"][name], topic, host)
    for name, values in table["kind"].items():
        for title in [] if values["about"] else values["titles"]:
            builder.add(kinds[name], {**values, "titles": [title]}, None, None)
    stands = {e.host: e for t in topics for e in builder.events["stand", t.name] if e.host}
    return Show(tuple(topics), kinds, tuple(hosts), builder.events, stands)


class _Builder:
    def __init__(self, draws: Draws, words: Mapping[str, Sequence[str]]) -> None:
        self._draws = draws
        self._words = compile_table(words)
        self._stands: dict[str, Phrase] = {}
        self.events: dict[tuple[str, str | None], list[Event]] = {}

    def add(
        self, kind: Kind, values: Mapping[str, Any], topic: Topic | None, host: str | None
    ) -> None:
        draws, words = self._draws, dict(self._words)
        if topic is not None and host is not None:
            words |= {
                "topic": [Phrase(topic.name)],
                "Topic": [Phrase(topic.name[0].upper() + topic.name[1:])],
                "thing": compile_phrases(topic.things),
                "exhibitor": [Phrase(host)],
                "stand": [self._stand(host)],
            }
        slots = Slots(words, draws)
        title = draws.pick(compile_phrases(values["titles"])).say(draws, slots)
        description = draws.pick(compile_phrases(values["descriptions"])).say(draws, slots)
        place = Phrase(values["place"]).say(draws, slots)
        number = sum(map(len, self.events.values()))
        name = None if topic is None else topic.name
        self.events.setdefault((kind.id, name), []).append(
            Event(
                id=f"S{number + 1:04d}",
                title=sentences(title),
                description=sentences(description),
                kind=kind,
                topic=name,
                place=place,
                start=None if kind.id in _HOSTED else self._start(kind.id),
                host=host if "{exhibitor}" in "".join(values["titles"]) else None,
            )
        )

    def _stand(self, host: str) -> Phrase:
        if host not in self._stands:
            self._stands[host] = Phrase(Slots(self._words, self._draws)["stand"])
        return self._stands[host]

    def _start(self, kind: str) -> int:
        if kind == "reception":
            return self._draws.pick(_SOCIAL_HOURS)
        return 9 * 60 + 30 * self._draws.below(16)
