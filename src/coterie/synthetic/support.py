"""Support messages of an invented shop for the home, with what each one wants.

A message is put together as people do: a greeting, the want itself in one of many ways, what led to
it, something that has nothing to do with it, a plea, a signature; then it is typed as people type on
that channel. The wants of neighbouring intents share their words on purpose, labels hold a few
mistakes, and a few rows are copies, near copies, blank or about something else.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.errors import OptionError
from coterie.synthetic.draws import Draws, Weighted
from coterie.synthetic.grammar import Phrase, Slots, compile_phrases
from coterie.synthetic.options import check_rows, check_seed, leave_out_of
from coterie.synthetic.people import people
from coterie.synthetic.style import nearly, sentences, slips, sloppy, spoken

__all__ = [
    "BLANK_SHARE",
    "COPY_SHARE",
    "LABEL_NOISE",
    "NEAR_COPY_SHARE",
    "generate_support",
    "intents",
    "iter_support",
]

LABEL_NOISE = 0.015
"""Share of rows that carry another intent's label: three in five of them one of its category."""
COPY_SHARE = 0.02
"""Share of rows whose text is that of an earlier row with the same intent."""
NEAR_COPY_SHARE = 0.02
"""Share of rows whose text is that of such a row with a small change."""
BLANK_SHARE = 0.002
"""Share of rows without text."""

BLOCK_ROWS = 5000
_START = np.datetime64("2025-01-01T00:00")
_HOURS = 365 * 24
_CONTENT = files("coterie.synthetic") / "content" / "support"
_CATEGORIES = (
    "orders delivery returns refunds payment account membership product contact junk".split()
)


@dataclass(frozen=True)
class _Intent:
    id: str
    category: str
    weight: float
    wants: list[Phrase]
    because: list[Phrase]
    terse: list[Phrase]
    answers: list[Phrase]


@dataclass(frozen=True)
class _Channel:
    name: str
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
class _Content:
    intents: list[_Intent]
    channels: list[_Channel]
    shares: Weighted
    talk: Mapping[str, list[Phrase]]
    fillers: list[str]
    words: Mapping[str, list[Phrase]]


def intents() -> dict[str, str]:
    """Name the intents.

    Returns
    -------
    dict
        Intent to its category, in the order of the content; the last one is ``off_topic``.
    """
    return {intent.id: intent.category for intent in _content().intents}


def generate_support(
    rows: int,
    *,
    seed: int = 0,
    leave_out: Sequence[str] = (),
    weights: Mapping[str, float] | None = None,
    truth: bool = False,
) -> pd.DataFrame:
    """Generate support messages.

    Time and memory grow linearly with ``rows``; `iter_support` needs 10 bytes a row.

    Parameters
    ----------
    rows
        How many, at least 1.
    seed
        Not negative. The same seed and numbers give the same rows on every machine, for the same
        version of Faker.
    leave_out
        Intents that get no row.
    weights
        Intent to its weight, in place of the weight it has. An intent wants ``rows`` times its share
        of all weights, to the nearest row; see `LABEL_NOISE` for what its label may then say.
    truth
        Whether to add the column ``true_intent``: what the message wants, label mistakes undone.

    Returns
    -------
    DataFrame of ``rows`` rows
        Columns ``id``, ``text``, ``category``, ``intent``, ``created_at`` (ISO 8601, minutes,
        ascending through one year), ``channel`` and ``response``: all str.

    Raises
    ------
    OptionError
        When a number is out of range, an intent is not known, or none is left.
    """
    parts = iter_support(rows, seed=seed, leave_out=leave_out, weights=weights, truth=truth)
    return pd.concat(list(parts), ignore_index=True)


def iter_support(
    rows: int,
    *,
    seed: int = 0,
    leave_out: Sequence[str] = (),
    weights: Mapping[str, float] | None = None,
    truth: bool = False,
) -> Iterator[pd.DataFrame]:
    """Generate support messages block by block; see `generate_support`.

    Yields
    ------
    DataFrame of at most 5,000 rows
        Together the rows of `generate_support`.
    """
    check_rows(rows)
    check_seed(seed)
    plan = _plan(rows, seed, _weights(leave_out, weights))
    return _blocks(plan, seed, truth)


def _blocks(plan: npt.NDArray[np.int16], seed: int, truth: bool) -> Iterator[pd.DataFrame]:
    rows = len(plan)
    content = _content()
    words = {**content.words, **{k: _literal(v) for k, v in people(seed).items()}}
    allowed = sorted(set(plan.tolist()))
    for start in range(0, rows, BLOCK_ROWS):
        block = plan[start : start + BLOCK_ROWS].tolist()
        writer = _Writer(content, words, Draws(seed, 1, start), allowed)
        table = pd.DataFrame([writer.row(want) for want in block], dtype="object")
        table.insert(0, "id", [f"M{start + i + 1:07d}" for i in range(len(block))])
        table.insert(4, "created_at", _times(start, len(block), rows, Draws(seed, 2, start)))
        yield table if truth else table.drop(columns="true_intent")


class _Writer:
    """Writes the rows of one block."""

    def __init__(
        self,
        content: _Content,
        words: Mapping[str, list[Phrase]],
        draws: Draws,
        allowed: Sequence[int],
    ) -> None:
        self._content, self._words, self._draws = content, words, draws
        self._allowed = allowed
        self._written: dict[int, list[str]] = {}

    def row(self, want: int) -> dict[str, str]:
        intent = self._content.intents[want]
        channel = self._content.channels[self._content.shares.draw(self._draws)]
        slots = Slots(self._words, self._draws)
        text = self._text(want, channel, slots)
        label = self._content.intents[self._label(want)]
        return {
            "text": text,
            "category": label.category,
            "intent": label.id,
            "channel": channel.name,
            "response": self._response(intent, slots),
            "true_intent": intent.id,
        }

    def _text(self, want: int, channel: _Channel, slots: Slots) -> str:
        draws = self._draws
        earlier = self._written.setdefault(want, [])
        kind = draws.unit()
        if kind < BLANK_SHARE:
            return draws.pick(("", "", " ", "\u00a0"))
        if earlier and kind < BLANK_SHARE + COPY_SHARE:
            return draws.pick(earlier)
        if earlier and kind < BLANK_SHARE + COPY_SHARE + NEAR_COPY_SHARE:
            return nearly(draws.pick(earlier), draws)
        text = self._typed(self._said(self._content.intents[want], channel, slots), channel)
        earlier.append(text)
        return text

    def _said(self, intent: _Intent, channel: _Channel, slots: Slots) -> str:
        draws, talk = self._draws, self._content.talk

        def say(phrases: list[Phrase]) -> str:
            return draws.pick(phrases).say(draws, slots)

        if draws.chance(channel.terse):
            return say(intent.terse)
        body = [say(intent.wants)]
        if draws.chance(channel.because):
            body.insert(draws.below(2), say(intent.because))
        if draws.chance(channel.aside):
            body.insert(draws.below(len(body) + 1), say(talk["aside"]))
        if draws.chance(channel.aside / 3):
            body.insert(0, say(talk["lead"]))
        if draws.chance(channel.greeting):
            body.insert(0, say(talk["greeting"]))
        for part in ("second", "plea", "closing"):
            if draws.chance(getattr(channel, part)):
                body.append(say(talk[part]))
        if draws.chance(channel.signature):
            body.append(slots["name"])
        if channel.name == "social" and draws.chance(0.7):
            body.insert(draws.pick((0, len(body))), say(talk["social"]))
        return sentences(" ".join(body))

    def _typed(self, text: str, channel: _Channel) -> str:
        draws = self._draws
        if draws.chance(channel.filler):
            text = spoken(text, self._content.fillers, draws)
        text = slips(text, channel.typo, draws)
        return sloppy(text, draws) if draws.chance(channel.sloppy) else text

    def _label(self, want: int) -> int:
        if not self._draws.chance(LABEL_NOISE):
            return want
        others = [i for i in self._allowed if i != want] or [want]
        if self._draws.chance(0.6):
            category = self._content.intents[want].category
            near = [i for i in others if self._content.intents[i].category == category]
            others = near or others
        return self._draws.pick(others)

    def _response(self, intent: _Intent, slots: Slots) -> str:
        draws = self._draws
        opening = draws.pick(("Hi {}, ", "Dear {}, ", "Hello {}, ", "")).format(slots["first"])
        closing = draws.pick((" Best wishes, {}", " {}, Hearth & North", " Kind regards, {}", ""))
        answer = draws.pick(intent.answers).say(draws, slots)
        return opening + sentences(answer) + closing.format(slots["agent"])


def _weights(leave_out: Sequence[str], weights: Mapping[str, float] | None) -> list[float]:
    known = {intent.id: intent.weight for intent in _content().intents}
    for name, weight in (weights or {}).items():
        leave_out_of(list(known), [name], "intent")
        if not 0 <= weight < float("inf"):
            raise OptionError(f"The weight of {name} is {weight}: give a number from 0 upwards.")
        known[name] = float(weight)
    kept = leave_out_of(list(known), leave_out, "intent")
    result = [weight if name in kept else 0.0 for name, weight in known.items()]
    if sum(result) <= 0:
        raise OptionError("No intent is left with a weight above 0: leave out fewer.")
    return result


def _plan(rows: int, seed: int, weights: list[float]) -> npt.NDArray[np.int16]:
    """Give each row its intent: exact shares (largest remainders), in shuffled order."""
    exact = np.array(weights) / sum(weights) * rows
    counts = np.floor(exact).astype(np.int64)
    order = np.argsort(counts - exact, kind="stable")
    counts[order[: rows - int(counts.sum())]] += 1
    plan = np.repeat(np.arange(len(weights), dtype=np.int16), counts)
    generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence((seed, 0))))
    return plan[np.argsort(generator.random(rows), kind="stable")]


def _times(start: int, size: int, rows: int, draws: Draws) -> list[str]:
    """Spread rows over the year, few at night and at weekends, in ascending order."""
    places = np.array([(start + i + draws.unit()) / rows for i in range(size)])
    minutes = np.interp(places, *_busy_hours()) * 60
    return np.datetime_as_string(_START + minutes.astype("timedelta64[m]"), unit="m").tolist()


@cache
def _busy_hours() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    hour = np.arange(_HOURS)
    day = np.where((hour % 24 >= 8) & (hour % 24 < 22), 1.0, 0.15)
    weekend = (hour // 24 + 2) % 7 >= 5  # 1 January 2025 was a Wednesday
    share = np.cumsum(np.where(weekend, 0.6, 1.0) * day)
    return np.concatenate([[0.0], share / share[-1]]), np.arange(_HOURS + 1, dtype=np.float64)


def _literal(names: Sequence[str]) -> list[Phrase]:
    return compile_phrases([name.translate(_BRACKETS) for name in names])


_BRACKETS = str.maketrans("", "", "(){}|")


@cache
def _content() -> _Content:
    talk = tomllib.loads((_CONTENT / "talk.toml").read_text("utf-8"))
    found = [_intent(table) for name in _CATEGORIES for table in _category(name)]
    channels = talk["channel"]
    shares = Weighted([values.pop("share") for values in channels.values()])
    return _Content(
        intents=found,
        channels=[_Channel(name=name, **values) for name, values in channels.items()],
        shares=shares,
        talk={k: compile_phrases(v) for k, v in talk["phrases"].items() if k != "filler"},
        fillers=talk["phrases"]["filler"],
        words={k: compile_phrases(v) for k, v in talk["slots"].items()},
    )


def _category(name: str) -> list[dict[str, object]]:
    table = tomllib.loads((_CONTENT / f"{name}.toml").read_text("utf-8"))
    return [{**intent, "category": table["category"]} for intent in table["intent"]]


def _intent(table: Mapping[str, object]) -> _Intent:
    values = {k: compile_phrases(v) if isinstance(v, list) else v for k, v in table.items()}
    return _Intent(**values)  # type: ignore[arg-type]
