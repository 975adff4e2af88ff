"""The page of labels that the data contradicts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from coterie.formatting import counted
from coterie.pages.reading import reading_note
from coterie.report import Block, Note, Page, Prose, Section, Table, Tile, Tiles
from coterie.tuning.suspects import CONFLICT, DISAGREEMENT

if TYPE_CHECKING:
    from coterie.workflows.tuning.suspects import SuspectsResult

__all__ = ["suspects_page", "table_of_suspects"]

_SHOWN, _OPEN = 200, 20  # rows on the page, and at first; all are in suspects.csv
_CUT = 200  # characters of a text
_BECAUSE_OF = {CONFLICT: "the same text", DISAGREEMENT: "similar texts"}

_METHOD = (
    "Each row is predicted by a logistic regression that was not trained on it, nor on its near "
    "duplicates. Its label is contradicted where another label is as probable as on that label's "
    "own rows, and more probable than the one given (confident learning), or where the same text "
    "also has another label."
)
_ONWARD = (
    "Not every one of them is wrong: a model makes mistakes too. All are in suspects.csv. Fill in "
    "its action column with keep, drop or fix (which gives the row what is under suggested), and "
    "give the file to coterie train or coterie tune with --corrections."
)


def suspects_page(result: SuspectsResult, *, show_personal: bool = False) -> Page:
    """Make the page of suspect labels."""
    found, records = result.suspects, result.records
    tiles = [
        Tile("labels to check", len(found.table), f"of {found.judged:,} that were checked"),
        Tile("labels", len(result.by_label), f"in “{result.label}”"),
        Tile("agreement", f"{found.accuracy:.1%}", "of the labels with the model's first choice"),
    ]
    blocks: list[Block] = [*reading_note(result.readability), Tiles(tiles), Prose(result.verdict)]
    if found.unjudged:
        named = ", ".join(found.unjudged[:12])
        told = f"All their texts are near duplicates of each other: {named}."
        blocks.append(Note(told, title="Labels that could not be checked.", kind="warning"))
    sections = [Section("In short", blocks)]
    if len(found.table):
        shown = result.by_label[result.by_label["suspect"] > 0]
        counts = shown.rename(
            columns={"label": result.label, "suspect": "to check", "mostly": "suggested most often"}
        )
        sections += [
            Section("Labels to check", [table_of_suspects(result.table, _ONWARD)]),
            Section(f"Each {result.label}", [Table(counts)]),
        ]
    sections.append(Section("Method", [Prose(_METHOD)]))
    return Page(
        result.title or f"Labels to check in “{result.label}”",
        f"{records.source}, {counted(len(records), 'row')}",
        footer=f"Coterie, encoder {result.encoder}",
        sections=sections,
        show_personal=show_personal,
    )


def table_of_suspects(found: pd.DataFrame, note: str) -> Table:
    """Show the first suspects of a `suspects_table`."""
    first = found.head(_SHOWN)
    shown = pd.DataFrame(
        {
            "text": first["text"],
            "label": first["label"],
            "suggested": first["suggested"],
            "confidence": first["suggested_confidence"],
            "because of": first["reason"].map(_BECAUSE_OF),
        }
    )
    return Table(shown, note=note, formats={"confidence": ".0%"}, limit=_OPEN, cut={"text": _CUT})
