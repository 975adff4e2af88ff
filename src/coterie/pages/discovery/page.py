"""The page that shows the groups found in a table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pandas as pd

from coterie.pages.discovery.groups import groups_section
from coterie.pages.discovery.labels import labels_section
from coterie.pages.discovery.map import map_section
from coterie.pages.discovery.number import choice_section
from coterie.pages.discovery.sentences import Counts, summary, title_of
from coterie.report import Note, Page, Prose, Section, Table, Tile, Tiles
from coterie.segments import Discovery
from coterie.workflows.discovery.families import families

if TYPE_CHECKING:
    from coterie.workflows.discovery.discover import DiscoverResult

__all__ = ["discover_page"]

_REGROUPING = ("merge", "split")


def discover_page(result: DiscoverResult) -> Page:
    """Lay a discovery out as a page with pictures.

    Parameters
    ----------
    result
        What `coterie.workflows.discovery.discover.discover` found, as it was or after edits.

    Returns
    -------
    Page
        ``page.write(path)`` makes the file.
    """
    discovery, metrics = result.discovery, result.metrics
    counts = Counts(discovery)
    page = Page(
        title_of(metrics),
        subtitle=f"{metrics['source']}, {metrics['rows_in']:,} rows",
        footer=_footer(result),
    )
    for section in (
        _overview(result, counts),
        map_section(result),
        groups_section(result, counts),
        *choice_section(discovery),
        *labels_section(result),
        *_set_aside(result),
        _made(result),
    ):
        page.add(section)
    return page


def _footer(result: DiscoverResult) -> str:
    metrics = result.metrics
    return (
        f"Coterie {metrics['versions'].get('coterie', '')}, encoder {metrics['encoder']['name']}, "
        f"seed {metrics['seed']}"
    )


def _overview(result: DiscoverResult, counts: Counts) -> Section:
    discovery, metrics = result.discovery, result.metrics
    unit, set_aside = metrics["unit"], metrics["set_aside"]
    unsure = counts.total["ambiguous"]
    tiles = [
        Tile(unit, counts.n, f"{metrics['distinct_texts']:,} different"),
        Tile("groups", len(discovery.segmentation), _kinds(discovery)),
        Tile("covered", f"{metrics['coverage']:.1%}", f"{counts.total['outside']:,} fit no group"),
        Tile("how sure, on average", f"{counts.sure:.0%}", f"{unsure:,} ambiguous"),
    ]
    if result.agreements:
        best = max(result.agreements, key=lambda agreement: agreement.scores.ari)
        note = f"ARI; NMI {best.scores.nmi:z.2f}; 1 is perfect"
        tiles.append(Tile(f"agreement with {best.column}", f"{best.scores.ari:z.2f}", note))
    if set_aside:
        tiles.append(Tile("rows set aside", set_aside, "listed below"))
    told = summary(discovery, counts, unit=unit, set_aside=set_aside)
    return Section("In short", [Tiles(tiles), Prose(told)])


def _kinds(discovery: Discovery) -> str:
    kinds = set(families(discovery.segmentation.segments).values())
    if kinds:
        return f"in {len(kinds):,} families"
    if any(change.what in _REGROUPING for change in discovery.segmentation.history):
        return "edited by hand"
    return "chosen by the data" if len(discovery.sweep) > 1 else ""


def _set_aside(result: DiscoverResult) -> Iterator[Section]:
    reasons = result.metrics["reasons"]
    if not reasons:
        return
    frame = pd.DataFrame({"reason": list(reasons), "rows": list(reasons.values())})
    note = "Each row, with its number and reason, is in quarantine.csv."
    yield Section("Rows set aside", [Table(frame, note=note)])


def _made(result: DiscoverResult) -> Section:
    metrics, segmentation = result.metrics, result.discovery.segmentation
    seconds = metrics["seconds"]
    facts = {
        "source": metrics["source"],
        "encoder": f"{metrics['encoder']['name']}, {metrics['encoder']['dim']} wide, "
        f"fingerprint {metrics['encoder']['fingerprint'][:12]}",
        "method": metrics["method"],
        "seed": str(metrics["seed"]),
        "versions": ", ".join(f"{name} {number}" for name, number in metrics["versions"].items()),
        "seconds": ", ".join(f"{stage} {spent:,.1f}" for stage, spent in seconds.items()),
    }
    if segmentation.encoder.pooling == "row":
        facts["vectors"] = f"mean over the {metrics['texts_embedded']:,} rows of the source"
    if segmentation.history:
        last = segmentation.history[-1]
        facts["edits"] = f"{len(segmentation.history):,}, the last: {last.what}, {last.when}"
    for name, note in enumerate(metrics["notes"], 1):
        facts[f"note {name}"] = note
    frame = pd.DataFrame({"what": list(facts), "value": list(facts.values())})
    onward = (
        'Give a group a better name with: coterie segments rename FOLDER ID "New name". Merge, '
        "split and move work the same way: this page is drawn anew, and every change is recorded "
        "in segments.json. "
        "assignments.csv has the group, status and confidence of every row."
    )
    return Section("How this was made", [Table(frame), Note(onward, title="How to go on.")])
