"""One support message: what somebody wants, put into words and typed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from coterie.synthetic.content import read_content
from coterie.synthetic.draws import Draws, Weighted
from coterie.synthetic.grammar import Phrase, Phrases, Slots, compile_phrases, compile_table
from coterie.synthetic.style import nearly, sentences, slips, sloppy, spoken

__all__ = [
    "BLANK_SHARE",
    "COPY_SHARE",
    "LABEL_NOISE",
    "NEAR_COPY_SHARE",
    "VAGUE_SHARE",
    "MessageWriter",
    "Phrasebook",
    "read_phrasebook",
]

# The shares are judgements of what real tables of messages have, not measured.
LABEL_NOISE = 0.015
"""Share of rows that carry another intent's label: three in five of them one of its category."""
COPY_SHARE = 0.02
"""Share of rows whose text is that of an earlier row with the same intent."""
NEAR_COPY_SHARE = 0.02
"""Share of rows whose text is that of such a row with a small change."""
BLANK_SHARE = 0.002
"""Share of rows without text."""
VAGUE_SHARE = 0.04
"""Share of messages that say what happened and not what is wanted."""

_USUAL = [Weighted([n**-1.25 for n in range(1, size + 1)] or [1.0]) for size in range(40)]
_FILES = ["orders", "delivery", "returns", "refunds", "payment", "account", "membership"]
_FILES += ["product", "contact", "junk"]


@dataclass(frozen=True)
class Intent:
    id: str
    category: str
    weight: float
    wants: list[Phrase]
    because: list[Phrase]
    terse: list[Phrase]
    answers: list[Phrase]


@dataclass(frozen=True)
class Channel:
    name: str
    share: float
    greeting: float
    because: float
    aside: float
    second: float
    plea: float
    closing: float
    signature: float
    terse: float
    sloppy: float
    typo: float
    filler: float


@dataclass(frozen=True)
class Phrasebook:
    """What there is to say: wants by intent, habits by channel, small talk, words for slots."""

    intents: list[Intent]
    channels: list[Channel]
    shares: Weighted
    talk: Phrases
    fillers: list[str]
    words: Phrases


class MessageWriter:
    """Writes the rows of one block."""

    def __init__(
        self, book: Phrasebook, words: Phrases, draws: Draws, allowed: Sequence[int]
    ) -> None:
        self._book, self._words, self._draws = book, words, draws
        self._allowed = allowed
        self._written: dict[tuple[int, str], list[str]] = {}

    def row(self, want: int) -> dict[str, str]:
        """Write a row for the intent of this number; its label may be mistaken."""
        intent = self._book.intents[want]
        channel = self._book.channels[self._book.shares.draw(self._draws)]
        slots = Slots(self._words, self._draws)
        text = self._text(want, channel, slots)
        label = self._book.intents[self._label(want)]
        return {
            "text": text,
            "category": label.category,
            "intent": label.id,
            "channel": channel.name,
            "response": self._response(intent, slots),
            "true_intent": intent.id,
        }

    def _text(self, want: int, channel: Channel, slots: Slots) -> str:
        draws = self._draws
        earlier = self._written.setdefault((want, channel.name), [])
        kind = draws.unit()
        if kind < BLANK_SHARE:
            return draws.pick(("", "", " ", "\u00a0"))
        if earlier and kind < BLANK_SHARE + COPY_SHARE:
            return draws.pick(earlier)
        if earlier and kind < BLANK_SHARE + COPY_SHARE + NEAR_COPY_SHARE:
            return nearly(draws.pick(earlier), draws)
        text = self._typed(self._said(self._book.intents[want], channel, slots), channel)
        earlier.append(text)
        return text

    def _said(self, intent: Intent, channel: Channel, slots: Slots) -> str:
        draws, talk = self._draws, self._book.talk

        def say(phrases: list[Phrase]) -> str:
            return draws.pick(phrases).say(draws, slots)

        if draws.chance(channel.terse):
            return say(intent.terse)
        if draws.chance(VAGUE_SHARE):
            facts = draws.sample(intent.because, 2)
            return sentences(" ".join([*(f.say(draws, slots) for f in facts), say(talk["plea"])]))
        body = [self._want(intent, slots)]
        if draws.chance(channel.because):
            body.insert(draws.below(2), say(intent.because))
        if draws.chance(channel.aside):
            body.insert(draws.below(len(body) + 1), say(talk["aside"]))
        if draws.chance(channel.second):
            other = draws.pick(self._book.intents[:-1])
            slots["other"] = self._want(other, slots).rstrip(".?")
            before, after = talk["before"], talk["after"]
            body = [say(before), *body] if draws.chance(0.5) else [*body, say(after)]
        if draws.chance(channel.aside / 3):
            body.insert(0, say(talk["lead"]))
        if draws.chance(channel.greeting):
            body.insert(0, say(talk["greeting"]))
        endings = [part for part in ("plea", "closing") if draws.chance(getattr(channel, part))]
        body += [say(talk[part]) for part in endings]
        if draws.chance(channel.signature):
            body.append(slots["name"])
        if channel.name == "social" and draws.chance(0.7):
            body.insert(draws.pick((0, len(body))), say(talk["social"]))
        return sentences(" ".join(body))

    def _want(self, intent: Intent, slots: Slots) -> str:
        """Say what is wanted: the n-th way is 1/n^1.25 as frequent as the first (Zipf)."""
        ways = intent.wants
        return ways[_USUAL[len(ways)].draw(self._draws)].say(self._draws, slots)

    def _typed(self, text: str, channel: Channel) -> str:
        draws = self._draws
        if draws.chance(channel.filler):
            text = spoken(text, self._book.fillers, draws)
        text = slips(text, channel.typo, draws)
        return sloppy(text, draws) if draws.chance(channel.sloppy) else text

    def _label(self, want: int) -> int:
        if not self._draws.chance(LABEL_NOISE):
            return want
        others = [i for i in self._allowed if i != want] or [want]
        if self._draws.chance(0.6):
            category = self._book.intents[want].category
            near = [i for i in others if self._book.intents[i].category == category]
            others = near or others
        return self._draws.pick(others)

    def _response(self, intent: Intent, slots: Slots) -> str:
        draws = self._draws
        opening = draws.pick(("Hi {}, ", "Dear {}, ", "Hello {}, ", "")).format(slots["first"])
        closing = draws.pick((" Best wishes, {}", " {}, Hearth & North", " Kind regards, {}", ""))
        answer = draws.pick(intent.answers).say(draws, slots)
        return opening + sentences(answer) + closing.format(slots["agent"])


@cache
def read_phrasebook() -> Phrasebook:
    """Read the content that ships with the package, once."""
    talk = read_content("support/talk")
    channels = talk["channel"]
    return Phrasebook(
        intents=[intent for name in _FILES for intent in _intents(name)],
        channels=[Channel(name=name, **values) for name, values in channels.items()],
        shares=Weighted([values["share"] for values in channels.values()]),
        talk=compile_table(talk["phrases"]),
        fillers=talk["phrases"]["filler"],
        words=compile_table(talk["slots"]),
    )


def _intents(name: str) -> list[Intent]:
    table = read_content(f"support/{name}")
    return [
        Intent(category=table["category"], **{k: _compiled(v) for k, v in intent.items()})
        for intent in table["intent"]
    ]


def _compiled(value: Any) -> Any:
    return compile_phrases(value) if isinstance(value, list) else value
