"""The page that shows the groups found in a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from coterie.formatting import counted, percent
from coterie.pages.discovery import words
from coterie.pages.discovery.groups import groups_section
from coterie.pages.discovery.labels import labels_section
from coterie.pages.discovery.map import map_section
from coterie.pages.discovery.number import choice_section
from coterie.pages.discovery.sizes import sizes_section
from coterie.pages.reading import reading_note
from coterie.report import Note, Page, Prose, Section, Table, Tile, Tiles
from coterie.segments.taxonomy.lookup import standing
from coterie.workflows.discovery.discover import DiscoverResult

__all__ = ["discover_page"]

_REGROUPING = ("merge", "split", "create", "level")


def discover_page(result: DiscoverResult) -> Page:
    """Make the page of a discovery, as it was found or after edits."""
    table, making, name = result.figures.table, result.figures.making, result.figures.encoder.name
    page = Page(
        words.title_of(result.figures),
        subtitle=words.subtitle_of(result),
        footer=f"Coterie {making.versions.get('coterie', '')}, encoder {name}, seed {making.seed}",
        show_personal=result.rows.show_personal,
    )
    for section in (
        _overview(result),
        map_section(result),
        groups_section(result),
        *choice_section(result.discovery.sweep),
        *sizes_section(result),
        *labels_section(result),
        *_set_aside(table.reasons),
        _made(result),
    ):
        page.add(section)
    return page


def _overview(result: DiscoverResult) -> Section:
    table, groups = result.figures.table, result.figures.groups
    outside, unsure = (groups.statuses.get(status, 0) for status in ("outside", "ambiguous"))
    tiles = [
        Tile(
            table.unit,
            table.rows,
            f"{table.distinct_texts:,} different" if table.distinct_texts else "without texts",
        ),
        Tile("groups", groups.groups, _kinds(result)),
        Tile("coverage", percent(groups.coverage), f"{outside:,} fit no group"),
        Tile("mean confidence", f"{groups.confidence:.0%}", f"{unsure:,} ambiguous"),
    ]
    if result.agreements:
        best = max(result.agreements, key=lambda agreement: agreement.scores.ari)
        note = f"ARI; NMI {best.scores.nmi:z.2f}; 1 is perfect"
        tiles.append(Tile(f"agreement with {best.column}", f"{best.scores.ari:z.2f}", note))
    if table.set_aside:
        tiles.append(Tile("rows set aside", table.set_aside, "listed below"))
    blocks = [Tiles(tiles), Prose(words.summary(result))]
    return Section(
        words.OVERVIEW_TITLE, [*reading_note(result.figures.making.readability), *blocks]
    )


def _kinds(result: DiscoverResult) -> str:
    if families := result.figures.groups.families:
        return f"in {families:,} families"
    if any(change.what in _REGROUPING for change in standing(result.segmentation.history)):
        return "edited by hand"
    return "number chosen from the data" if len(result.discovery.sweep) > 1 else ""


def _set_aside(reasons: Mapping[str, int]) -> Iterator[Section]:
    if reasons:
        frame = pd.DataFrame({"reason": list(reasons), "rows": list(reasons.values())})
        yield Section(words.SET_ASIDE_TITLE, [Table(frame, note=words.SET_ASIDE_NOTE)])


def _made(result: DiscoverResult) -> Section:
    table, making, encoder = result.figures.table, result.figures.making, result.figures.encoder
    history = result.segmentation.history
    facts = {
        "source": table.source,
        "encoder": f"{encoder.name}, {encoder.dim} wide, "
        f"fingerprint {encoder.fingerprint[:12] or 'unknown'}",
        "method": making.method,
        "random seed": str(making.seed),
        "versions": ", ".join(f"{name} {number}" for name, number in making.versions.items()),
        "seconds": ", ".join(f"{stage} {spent:,.1f}" for stage, spent in making.seconds.items()),
    }
    if encoder.pooling == "row":
        facts["vectors"] = f"mean over the {counted(table.texts_embedded, 'row')} of the source"
    if making.naming is not None:
        facts["names"] = words.named_by_model(making.naming)
    if history:
        last = history[-1]
        by = f", by {last.by}" if last.by else ""
        facts["edits"] = f"{len(history):,}, the last: {last.what}, {last.when}{by}"
    facts |= {f"note {number}": note for number, note in enumerate(table.notes, 1)}
    frame = pd.DataFrame({"what": list(facts), "value": list(facts.values())})
    return Section(words.MADE_TITLE, [Table(frame), Note(words.NEXT_STEPS, title="Next steps.")])
