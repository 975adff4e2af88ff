"""The texts of a column, cleaned: what everything learns from."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from coterie.errors import OptionError
from coterie.formatting import named
from coterie.options import CLEANINGS
from coterie.records.cleaning.boilerplate import find_boilerplate, strip_boilerplate
from coterie.records.cleaning.html import strip_html
from coterie.records.cleaning.quotes import strip_quotes
from coterie.records.cleaning.sides import find_sides, keep_side
from coterie.records.cleaning.signatures import strip_signature

__all__ = ["SIDE", "CleanedTexts", "clean_texts"]

StrArray: TypeAlias = npt.NDArray[np.object_]
Bools: TypeAlias = npt.NDArray[np.bool_]

SIDE = "side"
"""What `CleanedTexts.touched` calls the choice of one side of a conversation."""


@dataclass(frozen=True, slots=True, eq=False)
class CleanedTexts:
    """Columns of n texts, cleaned.

    Attributes
    ----------
    columns
        Name to an array of shape (n,), str or None. "" where a text held HTML only, and None where
        the side chosen says nothing; what else would take the whole text leaves it as it is.
    touched
        Kind of cleaning to an array of shape (n,): where it took something out of any column.
    boilerplate
        The lines that counted as boilerplate.
    """

    columns: Mapping[str, StrArray]
    touched: Mapping[str, Bools]
    boilerplate: Sequence[str] = ()


def clean_texts(
    columns: Mapping[str, StrArray],
    kinds: Collection[str],
    *,
    side: str | None = None,
    boilerplate: Sequence[str] = (),
) -> CleanedTexts:
    """Clean columns of texts, one kind after the other; time grows linearly.

    Parameters
    ----------
    columns
        Name to an array of shape (n,), str or None.
    kinds
        Of `coterie.options.CLEANINGS`.
    side
        The side of a conversation to keep, or None.
    boilerplate
        Lines that are known to be boilerplate; they are found in the texts when there are none.

    Raises
    ------
    OptionError
        When no text has such a side.
    """
    touched: dict[str, Bools] = {}
    found = dict(columns)
    steps = [*CLEANINGS]
    steps.insert(1, SIDE)  # HTML first, for its lines
    for kind in steps:
        strips: Mapping[str, _Strip] = {}
        if kind == SIDE and side is not None:
            strips = _one_side(found, side)
        elif kind == "boilerplate" and kind in kinds:
            boilerplate = boilerplate or find_boilerplate(
                text for texts in found.values() for text in texts if text
            )
            strips = dict.fromkeys(found, partial(strip_boilerplate, known=frozenset(boilerplate)))
        elif kind in kinds:
            strips = dict.fromkeys(found, _STRIPS[kind])
        for name, strip in strips.items():
            made, changed = _stripped(found[name], strip)
            found[name], touched[kind] = made, touched.get(kind, False) | changed
    return CleanedTexts(found, touched, tuple(boilerplate))


_Strip: TypeAlias = Callable[[str], str | None]
_STRIPS: Mapping[str, _Strip] = {
    "html": strip_html,
    "quotes": strip_quotes,
    "signatures": strip_signature,
}


def _stripped(texts: StrArray, strip: _Strip) -> tuple[StrArray, Bools]:
    made = np.empty(len(texts), dtype=object)
    made[:] = [text and strip(text) for text in texts]
    changed = [one is not other and one != other for one, other in zip(made, texts, strict=True)]
    return made, np.array(changed, dtype=np.bool_)


def _one_side(columns: Mapping[str, StrArray], side: str) -> dict[str, _Strip]:
    """Choose a side in the columns that have it."""
    sides = {name: find_sides(filter(None, texts)) for name, texts in columns.items()}
    wanted = side.casefold()
    having = {name: tuple(own) for name, own in sides.items() if wanted in map(str.casefold, own)}
    if not having:
        known = list(dict.fromkeys(name for own in sides.values() for name in own))
        there = f"it has {named(known)}." if known else "no text begins with a name and a colon."
        raise OptionError(
            f"There is no side '{side}' in the column {named([*columns])}: {there} Choose a side "
            "with --side (side=), or leave it out."
        )
    return {name: partial(keep_side, side=side, sides=own) for name, own in having.items()}
