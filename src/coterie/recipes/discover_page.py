"""The page that shows the groups found in a table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pandas as pd

from coterie.recipes.discover_choice import choice_section
from coterie.recipes.discover_groups import families_of, groups_section
from coterie.recipes.discover_labels import labels_section
from coterie.recipes.discover_map import map_section
from coterie.recipes.discover_words import Counts, summary, title_of
from coterie.report import Note, Page, Prose, Section, Table, Tile, Tiles
from coterie.segments import Discovery

if TYPE_CHECKING:
    from coterie.recipes.discovering import DiscoverResult

__all__ = ["discover_page"]


def discover_page(result: DiscoverResult, title: str = "") -> Page:
    """Lay a discovery out as a page with pictures.

    Parameters
    ----------
    result
        What `coterie.recipes.discovering.run_discover` found.
    title
        What was looked at; the page names the source when empty.

    Returns
    -------
    Page
        ``page.write(path)`` makes the file.
    """
    material, discovery = result.material, result.discovery
    records, counts = material.records, Counts(discovery)
    page = Page(
        title_of(material, discovery, title),
        subtitle=f"{records.source}, {records.rows_in:,} rows",
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
    material, discovery = result.material, result.discovery
    records, metrics = material.records, result.metrics
    unsure = counts.total["ambiguous"]
    tiles = [
        Tile(material.unit, counts.n, f"{metrics['distinct_texts']:,} different"),
        Tile("groups", len(discovery.segmentation), _kinds(discovery)),
        Tile("covered", f"{metrics['coverage']:.1%}", f"{counts.total['outside']:,} fit no group"),
        Tile("how sure, on average", f"{counts.sure:.0%}", f"{unsure:,} ambiguous"),
    ]
    if result.agreements:
        best = max(result.agreements, key=lambda agreement: agreement.scores.ari)
        note = f"ARI; NMI {best.scores.nmi:z.2f}; 1 is perfect"
        tiles.append(Tile(f"agreement with {best.column}", f"{best.scores.ari:z.2f}", note))
    if len(records.rejects):
        tiles.append(Tile("rows set aside", len(records.rejects), "listed below"))
    return Section("In short", [Tiles(tiles), Prose(summary(material, discovery, counts))])


def _kinds(discovery: Discovery) -> str:
    parents = families_of(discovery.segmentation.segments)
    return f"in {len(parents):,} larger families" if len(parents) > 1 else "chosen by the data"


def _set_aside(result: DiscoverResult) -> Iterator[Section]:
    rejects = result.material.records.rejects
    if not len(rejects):
        return
    reasons = rejects["reason"].str.replace(r"\d[\d,]*", "…", regex=True).value_counts()
    frame = pd.DataFrame({"reason": reasons.index, "rows": reasons.to_numpy()})
    note = "Each row, with its number and reason, is in quarantine.csv."
    yield Section("Rows set aside", [Table(frame, note=note)])


def _made(result: DiscoverResult) -> Section:
    metrics, material = result.metrics, result.material
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
    if material.parts is not None:
        facts["vectors"] = f"mean over the {len(material.parts.texts):,} rows of the source"
    for name, note in enumerate((*material.choices, *material.records.notes), 1):
        facts[f"note {name}"] = note
    frame = pd.DataFrame({"what": list(facts), "value": list(facts.values())})
    onward = (
        'Give a group a better name with: coterie segments rename FOLDER ID "New name". Merge, '
        "split and move work the same way, and every change is recorded in segments.json. "
        "assignments.csv has the group, status and confidence of every row."
    )
    return Section("How this was made", [Table(frame), Note(onward, title="How to go on.")])
