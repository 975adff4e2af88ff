"""Profiles of people who take up technology sooner or later, for look-alike search.

Behind a profile are hidden causes: how open a person is to what is new, how much money there is,
how much they know, and what technology they like. They depend on each other and on the category of
the adopter, and they make the columns and the words likely, by the tables of ``causes.toml`` and
with noise. So people who are alike in some columns tend to be alike in others, and no more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.errors import OptionError
from coterie.synthetic.adopters.causes import CATEGORIES, HIDDEN, SHARES, Effect, read_effects
from coterie.synthetic.adopters.profile import ProfileWriter
from coterie.synthetic.checks import check_size, leave_out_of
from coterie.synthetic.draws import Draws, exact_counts, shuffled

__all__ = ["NOISE", "generate_adopters", "iter_adopters"]

NOISE = 0.05
"""Chance that one trait of a person tells nothing of its causes: a judgement."""

_BLOCK = 1000  # profiles; another number gives other ones for the same seed
_NUMBERS = ("annual_budget", "age", "years_experience")


def generate_adopters(
    rows: int = 2000,
    *,
    seed: int = 0,
    leave_out: Sequence[str] = (),
    noise: float = NOISE,
    truth: bool = False,
) -> pd.DataFrame:
    """Generate profiles of people who take up technology.

    The categories have their shares of Rogers (1962) to the row: 2.5% innovators, 13.5% early
    adopters, 34% early majority, 34% late majority and 16% laggards. Time and memory grow linearly
    with ``rows``; `iter_adopters` holds 1,000 at a time.

    Parameters
    ----------
    rows
        How many, at least 1.
    seed
        Not negative. The same seed and numbers give the same rows on every machine, for the same
        version of Faker.
    leave_out
        Categories that get no row, such as ``["Laggard"]``; the others share the rows.
    noise
        From 0, where each trait follows from its causes by the tables, to 1, where it tells nothing
        of them.
    truth
        Whether to add the hidden causes as columns: ``openness``, ``means`` and ``skill`` (strong,
        fair, weak), and ``taste`` (thinking, moving, sound, everyday).

    Returns
    -------
    DataFrame of ``rows`` rows
        Columns ``id``, ``name``, ``adopter_category``, ``tech_proficiency``, ``tech_interest``,
        ``budget``, ``annual_budget`` (USD), ``sector``, ``role``, ``company_size``, ``country``,
        ``age`` and ``years_experience`` (years), ``interests`` (one to four, with ``"; "``
        between), ``prefers``, ``remote`` (``true`` or ``false``), ``joined`` (``YYYY-MM-DD``) and
        ``about``. Numbers are Int64, all others str; 2 to 4 in 100 cells of ten columns are
        missing.

    Raises
    ------
    OptionError
        When a number is out of range, a category is not known, or none is left.
    """
    parts = iter_adopters(rows, seed=seed, leave_out=leave_out, noise=noise, truth=truth)
    return pd.concat(list(parts), ignore_index=True)


def iter_adopters(
    rows: int = 2000,
    *,
    seed: int = 0,
    leave_out: Sequence[str] = (),
    noise: float = NOISE,
    truth: bool = False,
) -> Iterator[pd.DataFrame]:
    """Generate profiles block by block; see `generate_adopters`.

    Yields
    ------
    DataFrame of at most 1,000 rows
        Together the rows of `generate_adopters`.
    """
    check_size(rows, seed)
    kept = leave_out_of(CATEGORIES, leave_out, "adopter category")
    if not kept:
        raise OptionError("No adopter category is left: leave out fewer.")
    shares = np.array([SHARES[name] if name in kept else 0.0 for name in CATEGORIES])
    plan = shuffled(exact_counts(shares / shares.sum(), rows), seed, 40)
    return _blocks(plan, seed, read_effects(noise), truth)


def _blocks(
    plan: npt.NDArray[np.int64], seed: int, known: dict[str, Effect], truth: bool
) -> Iterator[pd.DataFrame]:
    for start in range(0, len(plan), _BLOCK):
        writer = ProfileWriter(known, seed, Draws(seed, 41, start))
        block = plan[start : start + _BLOCK].tolist()
        made = [writer.profile(category) for category in block]
        table = pd.DataFrame([cells for cells, _ in made], dtype="object")
        table = table.astype(dict.fromkeys(_NUMBERS, "Int64"))
        table.insert(0, "id", [f"P{start + i + 1:05d}" for i in range(len(block))])
        table.insert(2, "adopter_category", [CATEGORIES[category] for category in block])
        if truth:
            for name in HIDDEN:
                table[name] = [person.has(name) for _, person in made]
        yield table
