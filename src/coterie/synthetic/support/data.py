"""Support messages of an invented shop for the home, with what each one wants.

A message has a greeting, the request itself in one of many ways, the reason for it, something
unrelated, a plea and a signature; then it is typed as people type on that channel. The requests of
similar intents share their words on purpose, some messages have a second request or none, a few
labels are wrong, and a few rows are copies, near copies, blank or about something else.
`coterie.synthetic.support.message` has the shares.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.errors import OptionError
from coterie.synthetic.checks import check_size, leave_out_of
from coterie.synthetic.draws import Draws, exact_counts, shuffled
from coterie.synthetic.grammar import literals
from coterie.synthetic.people import draw_people
from coterie.synthetic.support.message import MessageWriter, read_phrasebook

__all__ = ["generate_support", "intents", "iter_support"]

_BLOCK = 5000  # rows; another number gives other rows for the same seed
_START = np.datetime64("2025-01-01T00:00")
_HOURS = 365 * 24


def intents() -> dict[str, str]:
    """Give the category of each intent; the last one is ``off_topic``."""
    return {intent.id: intent.category for intent in read_phrasebook().intents}


def generate_support(
    rows: int,
    *,
    seed: int = 0,
    leave_out: Sequence[str] = (),
    weights: Mapping[str, float] | None = None,
    truth: bool = False,
) -> pd.DataFrame:
    """Generate support messages.

    Time and memory grow linearly with ``rows``; `iter_support` needs 20 bytes a row.

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
        Intent to its weight, in place of the weight it has. An intent gets ``rows`` times its share
        of all weights, to the nearest row; a small share of labels is then mistaken.
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
    check_size(rows, seed)
    shares = np.array(_weights(leave_out, weights))
    plan = shuffled(exact_counts(shares / sum(shares), rows), seed, 0)
    return _blocks(plan, seed, truth)


def _blocks(plan: npt.NDArray[np.int64], seed: int, truth: bool) -> Iterator[pd.DataFrame]:
    rows = len(plan)
    words = {**read_phrasebook().words, **{k: literals(v) for k, v in draw_people(seed).items()}}
    allowed = sorted(set(plan.tolist()))
    for start in range(0, rows, _BLOCK):
        block = plan[start : start + _BLOCK].tolist()
        writer = MessageWriter(read_phrasebook(), words, Draws(seed, 1, start), allowed)
        table = pd.DataFrame([writer.row(want) for want in block], dtype="object")
        table.insert(0, "id", [f"M{start + i + 1:07d}" for i in range(len(block))])
        table.insert(4, "created_at", _times(start, len(block), rows, Draws(seed, 2, start)))
        yield table if truth else table.drop(columns="true_intent")


def _weights(leave_out: Sequence[str], weights: Mapping[str, float] | None) -> list[float]:
    known = {intent.id: intent.weight for intent in read_phrasebook().intents}
    for name, weight in (weights or {}).items():
        leave_out_of(list(known), [name], "intent")
        if not 0 <= weight < float("inf"):
            raise OptionError(f"The weight of {name} is {weight}: give 0 or more.")
        known[name] = float(weight)
    kept = leave_out_of(list(known), leave_out, "intent")
    result = [weight if name in kept else 0.0 for name, weight in known.items()]
    if sum(result) <= 0:
        raise OptionError("No intent is left with a weight above 0: leave out fewer.")
    return result


def _times(start: int, size: int, rows: int, draws: Draws) -> list[str]:
    """Spread rows over the year, few at night and at weekends, in ascending order."""
    places = np.array([(start + i + draws.unit()) / rows for i in range(size)])
    minutes = np.interp(places, *_busy_hours()) * 60
    times = np.datetime_as_string(_START + minutes.astype("timedelta64[m]"), unit="m")
    return [str(time) for time in times]


@cache
def _busy_hours() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    hour = np.arange(_HOURS)
    day = np.where((hour % 24 >= 8) & (hour % 24 < 22), 1.0, 0.15)
    weekend = (hour // 24 + 2) % 7 >= 5  # 1 January 2025 was a Wednesday
    share = np.cumsum(np.where(weekend, 0.6, 1.0) * day)
    return np.concatenate([[0.0], share / share[-1]]), np.arange(_HOURS + 1, dtype=np.float64)
