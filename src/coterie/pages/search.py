"""The page of a search: how the query was understood, and who was found, one card each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pandas as pd

from coterie.formatting import counted, format_number, named, percent
from coterie.report import Block, Card, Cards, Chip, Chips, Note, Page, Section, Tile, Tiles
from coterie.search.schema import Column, Schema
from coterie.workflows.searching.search import SearchResult

__all__ = ["cards_of", "search_page"]

_NAMES = ("name", "full name", "full_name", "fullname", "person", "contact")
_MOST_PILLS = 10
_MOST_VALUES = 12  # of a column whose values are pills: more colours are not told apart
_FOUND_BY = {"meaning": "meaning", "words": "words", "both": "words and meaning", "filter": ""}


def search_page(result: SearchResult) -> Page:
    """Show the hits of a search, what the query was understood as, and how they were found."""
    page = Page(_title(result), subtitle=result.source, show_personal=result.show_personal)
    page.add(Section("Search", _search(result)))
    page.add(Section("Hits", [Cards(cards_of(result), note=_about(result))]))
    page.add(Section("How they were found", _plan(result)))
    return page


def _title(result: SearchResult) -> str:
    if result.query:
        return result.query
    if result.like:
        return f"Like {named(result.like, 3)}"
    return "Search"


def _search(result: SearchResult) -> list[Block]:
    blocks: list[Block] = []
    chips = [
        Chip(each.text, each.expression, "from your words" if each.words else "as given")
        for each in result.filters
    ]
    if chips or result.rest:
        blocks.append(Chips(chips, rest=result.rest))
    if result.like or result.unlike:
        said = [f"Like {named(result.like)}."] if result.like else []
        said += [f"Not like {named(result.unlike)}."] if result.unlike else []
        blocks.append(Note(" ".join(said)))
    blocks += [Note(doubt, kind="warning") for doubt in result.doubts]
    plan = result.plan
    tiles = [
        Tile("hits", len(result.table)),
        Tile("rows that pass the filters", plan.matches, f"of {plan.rows:,}"),
    ]
    blocks.append(Tiles(tiles))
    return blocks


def cards_of(result: SearchResult) -> list[Card]:
    """Make a card of each hit."""
    own = {"rank", "id", "match", "cosine", "found_by", "why", "text"}
    names = [name for name in result.table if name not in own]
    title = next((name for name in names if str(name).casefold() in _NAMES), None)
    pills = _pills(result.schema, names)
    rows: list[dict[Any, Any]] = result.table.to_dict("records")
    return [
        _card(row, [str(each) for each in why], names, title, pills)
        for row, why in zip(rows, result.reasons, strict=True)
    ]


def _card(
    row: dict[Any, Any],
    reasons: Sequence[str],
    names: Sequence[Any],
    title: Any,
    pills: Sequence[Column],
) -> Card:
    categories: list[tuple[str, str]] = []
    for column in pills:
        cell = row.get(column.name)
        values = cell if isinstance(cell, list) else [cell]
        categories += [(column.name, str(value)) for value in values if not _absent(value)]
    shown = {column.name for column in pills} if len(categories) <= _MOST_PILLS else set()
    facts = {
        str(name): _written(row[name])
        for name in names
        if name != title and name not in shown and not _absent(row[name])
    }
    score = [f"id {row['id']}"] if title is not None else []
    if not _absent(row["cosine"]):
        score.append(f"cosine {row['cosine']:.3f}")
    named_by = None if title is None or _absent(row[title]) else str(row[title])
    return Card(
        title=named_by or str(row["id"]),
        text=str(row["text"]),
        share=None if _absent(row["match"]) else float(row["match"]),
        score=" · ".join(score),
        categories=categories[:_MOST_PILLS],
        facts=facts,
        reasons=reasons,
        found_by=_FOUND_BY[row["found_by"]],  # type: ignore[arg-type]
    )


def _pills(schema: Schema, names: Sequence[Any]) -> list[Column]:
    """Choose the columns whose values are pills: those with an order first, then few values."""
    some = [
        column
        for column in schema
        if column.name in names and 2 <= len(column.values) <= _MOST_VALUES
    ]
    return sorted(some, key=lambda column: (not column.levels, column.kind == "tags"))


def _absent(value: Any) -> bool:
    if isinstance(value, list):
        return not value
    return value is None or bool(pd.isna(value))


def _written(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        day = pd.Timestamp(value)
        return str(day.date() if day == day.normalize() else day)
    return format_number(value)


def _about(result: SearchResult) -> str:
    if result.table["match"].isna().all():
        return ""
    return (
        "The percentage says how close a hit is for this index: of pairs that are as close, this "
        "share belongs together, where half of all pairs do."
    )


def _plan(result: SearchResult) -> list[Block]:
    plan = result.plan
    recall = "not measured" if result.recall is None else percent(result.recall)
    if plan.exact:
        recall = "exact"
    tiles = [
        Tile("recall of the ten nearest", recall),
        Tile("milliseconds", f"{1000 * result.seconds['total']:.0f}"),
    ]
    if plan.candidates:
        tiles.append(Tile("compared again in float32", counted(plan.candidates, "row")))
    return [Note(plan.why), Tiles(tiles)]
