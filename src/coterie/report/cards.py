"""Rows that were found, one card each, and the conditions that they had to meet."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from coterie.errors import OptionError
from coterie.formatting import format_number
from coterie.report.blocks import Block, listed_fields

__all__ = ["Card", "Cards", "Chip", "Chips", "FoundBy", "Origin"]

FoundBy: TypeAlias = Literal["words", "meaning", "words and meaning", ""]
Origin: TypeAlias = Literal["from your words", "as given"]


@dataclass(frozen=True, slots=True)
class Card:
    """One row that was found.

    Attributes
    ----------
    title
        Name or id of who or what the row is of.
    text
        All of its text; a page cuts it, and a click opens the whole.
    share
        How close it is, 0 to 1, shown as a percentage in a ring; None or NaN for no ring.
    score
        A few words in small print under the title: ``"cosine 0.612"``.
    categories
        Columns and values, shown as coloured pills. A value of a column has one colour on the
        whole page.
    facts
        Column name to what stands in it, for all other columns; a click opens them.
    reasons
        Why it was found, each in a few words, the most telling first.
    found_by
        What found it: ``"words"``, ``"meaning"``, ``"words and meaning"`` or ``""``.

    Raises
    ------
    OptionError
        When the share is below 0 or above 1.
    """

    title: str
    text: str = ""
    share: float | None = None
    score: str = ""
    categories: Sequence[tuple[str, str]] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    reasons: Sequence[str] = ()
    found_by: FoundBy = ""

    def __post_init__(self) -> None:
        if self.measured and not 0 <= float(self.share or 0) <= 1:
            raise OptionError(
                f"The card {self.title!r} has a share of {self.share}: give one from 0 to 1, or "
                "None."
            )

    @property
    def measured(self) -> bool:
        """Whether it is known how close the row is."""
        return self.share is not None and not math.isnan(self.share)

    @property
    def percent(self) -> str:
        """How close it is, as it is written: ``"80%"``, or ``""`` where that is not known."""
        return format_number(self.share, ".0%") if self.measured else ""


@dataclass(frozen=True, slots=True)
class Cards(Block):
    """Rows that were found, in the order given; two or three cards stand side by side.

    Attributes
    ----------
    cards
        The rows, the best first.
    title, note
        Words above and under the cards.
    limit
        Cards shown at first; a button shows the others. They are all in the file.
    empty
        What is said where there are no cards.
    """

    cards: Sequence[Card]
    title: str = ""
    note: str = ""
    limit: int = 12
    empty: str = "Nothing was found."

    def _shown(self) -> dict[str, Any]:
        cards = []
        for card in self.cards:
            pairs = [{"column": column, "value": value} for column, value in card.categories]
            cards.append({**listed_fields(card), "percent": card.percent, "categories": pairs})
        return {**listed_fields(self), "cards": cards}


@dataclass(frozen=True, slots=True)
class Chip:
    """One condition that rows had to meet.

    Attributes
    ----------
    text
        As a person says it: ``"budget is High"``.
    expression
        As a filter writes it: ``"budget = 'High'"``.
    origin
        Whether it was read ``"from your words"`` or is ``"as given"``.
    """

    text: str
    expression: str = ""
    origin: Origin = "as given"


@dataclass(frozen=True, slots=True)
class Chips(Block):
    """How a query was understood: the conditions in it, and what was searched by meaning.

    Attributes
    ----------
    chips
        The conditions; all of them had to hold.
    rest
        The part of the query that was searched by meaning, or ``""``.
    title, note
        Words above and under them.

    Raises
    ------
    OptionError
        When there is neither a condition nor a rest.
    """

    chips: Sequence[Chip]
    rest: str = ""
    title: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        if not self.chips and not self.rest.strip():
            raise OptionError(
                "There is neither a condition nor a part searched by meaning: leave the chips out."
            )
