"""What is shown of an open project: its segments over time, rows with their names, hits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from coterie.options import SearchOptions
from coterie.personal import hiding
from coterie.serve.projects.forms import HitAnswer, HitsAnswer, ProjectRow
from coterie.serve.projects.projects import Opened
from coterie.serve.projects.rows import Places

__all__ = ["overview", "search_rows", "show_rows"]


def overview(opened: Opened) -> tuple[dict[str, Any], str]:
    """Describe the segments, with their sizes over time and the tag of their state."""
    _, tag = opened.grouping.current()
    found = opened.grouping.overview()
    trends, about = opened.rows.trends()
    slots = opened.colours()
    segments = [
        {**each, "trend": trends.get(each["id"], []), "colour": slots.get(each["id"], 0)}
        for each in found["segments"]
    ]
    return {**found, "segments": segments, "trend": about}, tag


def show_rows(opened: Opened, places: Sequence[int] | Places) -> list[ProjectRow]:
    """Show rows by their places, with the names of their segments; see `ProjectRows.show`."""
    segmentation, _ = opened.grouping.current()
    names = {each.id: each.masked().name or each.id for each in segmentation.segments}
    return [ProjectRow(**row) for row in opened.rows.show(places, names)]


def search_rows(opened: Opened, query: str | None, options: SearchOptions) -> HitsAnswer:
    """Search the index of a project, and say where on the map each hit is."""
    result = opened.finding.current().search_with(query, options).result
    found = result.to_dict()
    hide = hiding(show_personal=opened.rows.shows_personal)
    places = opened.rows.places_of([str(hit["id"]) for hit in found["hits"]])
    segments = opened.rows.segments_of(places)
    hits = []
    for number, hit in enumerate(found.pop("hits")):
        shown = {
            "text": hide(str(hit["text"])),
            "columns": {
                name: hide(cell) if isinstance(cell, str) else cell
                for name, cell in hit["columns"].items()
            },
            "why": [hide(str(reason)) for reason in result.reasons[number]],
            "at": places[number],
            "segment": segments[number],
        }
        hits.append(HitAnswer(**{**hit, **shown}))
    return HitsAnswer(hits=hits, **found)
