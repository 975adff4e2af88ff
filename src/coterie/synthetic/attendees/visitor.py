"""One visitor of the fair: where they go, what they say, and what follows from it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypedDict

import numpy as np
import numpy.typing as npt

from coterie.synthetic.attendees.behaviour import Behaviours, Sight
from coterie.synthetic.attendees.show import DAYS, Event, Show
from coterie.synthetic.content import read_content
from coterie.synthetic.draws import Draws, Weighted
from coterie.synthetic.grammar import Phrase, Phrases, Slots, compile_phrases, compile_table
from coterie.synthetic.people import draw_people

__all__ = ["Badge", "Person", "PersonWriter", "Session", "collect_words"]

# Numbers behind the values of behaviour.toml, and how often each thing is said: judgements.
_VISITS = {"few": (3, 4), "some": (5, 7), "many": (8, 11), "crowds": (12, 16)}
_TOPICS = {"narrow": (1, 1), "mixed": (2, 3), "wide": (5, 7)}
_RETURNS = {"none": (0, 0), "once": (1, 1), "often": (2, 3)}
_CONTACTS = {"alone": (0, 2), "few": (3, 9), "many": (10, 24), "crowd": (25, 70)}
_STAY = {"short": (30, 60), "usual": (80, 115), "long": (130, 190)}  # percent of the usual
_TOLD = {"goal": 0.8, "contacts": 0.7, "note": 0.6, "stay": 0.8, "stands": 0.4}
_ABSENT = 0.01
_SPLIT = 0.15
_WEEKDAYS = ("Tuesday", "Wednesday", "Thursday")


class Session(TypedDict):
    """One visit of one person; ``Start`` is ISO 8601, ``Minutes`` the time they stayed."""

    SessionId: str
    Title: str
    Description: str
    Type: str
    Topic: str | None
    Location: str
    Start: str
    Minutes: int


class Badge(TypedDict):
    """One record of a badge; some badges have a record for each day."""

    BadgeId: str
    SessionInfo: list[Session]
    AggregatedInfo: str


@dataclass(frozen=True)
class Person:
    """A person: name of the behaviour, records, and the posterior of shape (k,)."""

    behaviour: str
    records: list[Badge]
    posterior: npt.NDArray[np.float64]


@dataclass(frozen=True)
class _Visit:
    event: Event
    day: int
    minute: int
    stay: int


class PersonWriter:
    """Writes the people of one block."""

    def __init__(self, known: Behaviours, show: Show, words: Phrases, draws: Draws) -> None:
        self._known, self._show, self._words, self._draws = known, show, words, draws
        self._shares = Weighted(known.shares.tolist())

    def person(self, badge: str) -> Person:
        """Make up a person with this badge."""
        behaviour = self._shares.draw(self._draws)
        sight = Sight(self._known, behaviour, self._draws)
        breadth = _TOPICS[sight.value("breadth")]
        topics = self._draws.sample(self._show.topics, self._draws.between(*breadth))
        topic = self._draws.pick(topics)
        slots = Slots(self._words, self._draws)
        slots["topic"], slots["thing"] = topic.name, self._draws.pick(topic.things)
        slots["interests"] = _and([t.name for t in topics])
        profile = [*self._profile(sight, slots)]
        if self._draws.chance(_ABSENT):
            records = [_record(badge, [], [*profile, "Registered, never scanned at the gate."])]
        else:
            visits = self._visits(sight, [t.name for t in topics])
            again = self._returns(sight, visits)
            ending = self._ending(visits, again, sight, slots)
            records = self._records(badge, profile, visits, ending, slots)
        return Person(self._known.names[behaviour], records, sight.posterior())

    def _profile(self, sight: Sight, slots: Slots) -> Iterator[str]:
        slots["role"] = self._say(_phrases("role")[sight.value("role")], slots)
        yield self._sentence("profile", slots)
        yield self._sentence("interests", slots)
        if self._draws.chance(_TOLD["goal"]):
            yield self._shown("goal", sight, slots)

    def _visits(self, sight: Sight, topics: list[str]) -> list[_Visit]:
        visits: list[_Visit] = []
        for _ in range(self._draws.between(*_VISITS[sight.value("visits")])):
            kind = self._show.kinds[sight.value("kind")]
            stay = self._draws.between(*_STAY[sight.value("stay")]) * kind.minutes // 100
            events = self._show.events[kind.id, self._draws.pick(topics) if kind.about else None]
            visits.append(self._visit(events, stay, visits))
        return visits

    def _visit(self, events: Sequence[Event], stay: int, others: Sequence[_Visit]) -> _Visit:
        """Choose one of the events and a time, without a clash where a few tries find one."""
        for _ in range(12):
            event = self._draws.pick(events)
            minute = 9 * 60 + 5 * self._draws.below(96) if event.start is None else event.start
            visit = _Visit(event, self._draws.below(len(DAYS)), minute, stay)
            if not any(_clash(visit, other) for other in others):
                break
        return visit

    def _returns(self, sight: Sight, visits: list[_Visit]) -> list[str]:
        """Add visits to stands that the person had been to; give the names of their hosts."""
        if not (hosts := _hosts(visits)):
            return []
        times = self._draws.between(*_RETURNS[sight.value("returns")])
        again = [self._draws.pick(hosts) for _ in range(times)]
        for host in again:
            stand = self._show.stands[host]
            visits.append(self._visit([stand], self._draws.between(8, 20), visits))
        return list(dict.fromkeys(again))

    def _records(
        self,
        badge: str,
        profile: list[str],
        visits: list[_Visit],
        ending: list[str],
        slots: Slots,
    ) -> list[Badge]:
        visits.sort(key=lambda visit: (visit.day, visit.minute))
        days = sorted({visit.day for visit in visits})
        groups = [visits]
        if len(days) > 1 and self._draws.chance(_SPLIT):
            groups = [[visit for visit in visits if visit.day == day] for day in days]
        records = []
        for place, group in enumerate(groups):
            told = [*(profile if place == 0 else []), *self._activity(group, slots)]
            told += ending if place == len(groups) - 1 else []
            records.append(_record(badge, group, told))
        return records

    def _activity(self, visits: list[_Visit], slots: Slots) -> Iterator[str]:
        days = sorted({visit.day for visit in visits})
        minutes = round(sum(visit.stay for visit in visits) / len(visits))
        slots.update(
            visits=f"{len(visits)} scan{'s' * (len(visits) > 1)}",
            days=_and([_WEEKDAYS[day] for day in days]),
            kinds=_counted(visits),
            minutes=str(minutes),
        )
        text = self._sentence("activity", slots)
        yield text[0].upper() + text[1:]
        if self._draws.chance(_TOLD["stay"]):
            yield self._sentence("stay", slots)

    def _ending(
        self, visits: list[_Visit], again: list[str], sight: Sight, slots: Slots
    ) -> list[str]:
        told = []
        hosts = _hosts(visits)
        if hosts and self._draws.chance(_TOLD["stands"]):
            slots["stands"] = _and(hosts[:4])
            told.append(self._sentence("stands", slots))
        if again:
            slots["again"] = _and(again)
            told.append(self._sentence("returns", slots))
        if self._draws.chance(_TOLD["contacts"]):
            slots["contacts"] = str(self._draws.between(*_CONTACTS[sight.value("contacts")]))
            told.append(self._sentence("contacts", slots))
        if self._draws.chance(_TOLD["note"]):
            told.append(self._shown("note", sight, slots))
        return told

    def _shown(self, name: str, sight: Sight, slots: Slots) -> str:
        slots[name] = self._say(_phrases(name)[sight.value(name)], slots)
        return self._sentence(name, slots)

    def _sentence(self, name: str, slots: Slots) -> str:
        return self._say(_phrases("sentence")[name], slots)

    def _say(self, phrases: Sequence[Phrase], slots: Slots) -> str:
        return " ".join(self._draws.pick(phrases).say(self._draws, slots).split())


def _clash(one: _Visit, other: _Visit) -> bool:
    """Whether the same person cannot make both visits."""
    if one.event is other.event and one.event.start is not None:
        return True
    return (
        one.day == other.day
        and one.minute < other.minute + other.stay
        and other.minute < one.minute + one.stay
    )


def _hosts(visits: Sequence[_Visit]) -> list[str]:
    return list(dict.fromkeys(v.event.host for v in visits if v.event.host is not None))


def _counted(visits: Sequence[_Visit]) -> str:
    """Write the kinds of visit, the most frequent first: ``3 stand visits and 1 keynote``."""
    kinds = [visit.event.kind for visit in visits]
    counts = {kind: kinds.count(kind) for kind in kinds}
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0].id))
    return _and([f"{count} {kind.words[count > 1]}" for kind, count in ordered])


def _record(badge: str, visits: Sequence[_Visit], told: Sequence[str]) -> Badge:
    return {
        "BadgeId": badge,
        "SessionInfo": [_session(visit) for visit in visits],
        "AggregatedInfo": " ".join(told),
    }


def _session(visit: _Visit) -> Session:
    event = visit.event
    return {
        "SessionId": event.id,
        "Title": event.title,
        "Description": event.description,
        "Type": event.kind.words[0],
        "Topic": event.topic,
        "Location": event.place,
        "Start": f"{DAYS[visit.day]}T{visit.minute // 60:02d}:{visit.minute % 60:02d}",
        "Minutes": visit.stay,
    }


def _and(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def collect_words(seed: int, show: Show) -> Phrases:
    """Collect the words that the slots of every person may take."""
    company = compile_phrases(draw_people(seed)["company"])
    return {**_phrases("slots"), "company": company, "exhibitor": compile_phrases(show.exhibitors)}


@cache
def _phrases(part: str) -> Phrases:
    return compile_table(read_content("attendees/people")[part])
