"""What cleaning takes out of texts, and what more it could: counted, with examples."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from coterie.options import CLEANINGS
from coterie.personal import mask
from coterie.records.cleaning.sides import find_sides
from coterie.records.cleaning.texts import clean_texts

__all__ = ["CleaningSurvey", "FoundKind", "survey_cleaning"]

StrArray: TypeAlias = npt.NDArray[np.object_]

_EXAMPLES, _WIDTH, _BEFORE = 3, 400, 60  # what fits on a page
_CONVERSATIONS = 0.2  # share of the texts that have two sides, to offer one; a judgement


@dataclass(frozen=True, slots=True)
class FoundKind:
    """What one kind of cleaning takes out, or would.

    Attributes
    ----------
    name
        Of `coterie.options.CLEANINGS`.
    on
        Whether it was asked for, or is on by itself.
    texts, share
        Texts that it changes, and their share of all.
    characters
        Share of the characters that it takes out, after the kinds before it.
    examples
        Texts before and after, cut to what shows the difference.
    """

    name: str
    on: bool
    texts: int
    share: float
    characters: float
    examples: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class CleaningSurvey:
    """What each kind of cleaning finds in texts, in the order in which they work.

    Attributes
    ----------
    kinds
        One for each.
    sides
        Who speaks in conversations that stand in one text, with the number of texts of each; empty
        where most texts are none.
    side
        The side that is kept, or None.
    """

    kinds: tuple[FoundKind, ...]
    sides: Mapping[str, int]
    side: str | None = None


def survey_cleaning(
    texts: StrArray,
    on: Collection[str] = ("html",),
    side: str | None = None,
    hide: Callable[[str], str] = mask,
) -> CleaningSurvey:
    """Find what each kind of cleaning would take out of texts; time grows linearly.

    Parameters
    ----------
    texts
        Shape (n,), str: as they were written.
    on
        Kinds that are on.
    side
        The side of a conversation that is kept, or None.
    hide
        Makes an example fit to be shown: by default it masks personal data.
    """
    found = []
    for kind in CLEANINGS:
        cleaned = clean_texts({"": texts}, (kind,))
        made, touched = cleaned.columns[""], np.flatnonzero(cleaned.touched[kind])
        before, after = _letters(texts), _letters(made)
        found.append(
            FoundKind(
                kind,
                kind in on,
                len(touched),
                len(touched) / max(len(texts), 1),
                1 - after / before if before else 0.0,
                tuple(_shown(hide(texts[at]), hide(made[at])) for at in touched[:_EXAMPLES]),
            )
        )
        if kind != "boilerplate":
            texts = made
        if kind == "html":
            sides = find_sides(texts)
    several = len(sides) > 1 and sorted(sides.values())[-2] >= _CONVERSATIONS * len(texts)
    return CleaningSurvey(tuple(found), sides if several else {}, side)


def _letters(texts: Sequence[str] | StrArray) -> int:
    return sum(map(len, texts))


def _shown(before: str, after: str) -> tuple[str, str]:
    """Cut both where they begin to differ, a few words earlier."""
    pairs = enumerate(zip(before, after, strict=False))
    same = next((at for at, (one, other) in pairs if one != other), min(len(before), len(after)))
    start = max(0, same - _BEFORE)
    return _cut(before, start), _cut(after, start)


def _cut(text: str, start: int) -> str:
    shown = text[start : start + _WIDTH]
    return f"{'…' * (start > 0)}{shown}{'…' * (len(text) > start + _WIDTH)}"
