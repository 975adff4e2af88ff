"""The page that shows what later rows did to the segments of a discovery."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from coterie.formatting import counted, format_number, percent
from coterie.pages.discovery.sizes import sizes_section
from coterie.pages.partitions import SEGMENT, partition
from coterie.pages.reading import reading_note
from coterie.pages.refreshing import words
from coterie.report import (
    Bars,
    Block,
    Group,
    Groups,
    Links,
    Map,
    Note,
    Page,
    Partition,
    Prose,
    Section,
    Table,
    Tile,
    Tiles,
)
from coterie.segments.finding.layout import projection_of
from coterie.segments.taxonomy.refreshing import KINDS
from coterie.workflows.discovery.families import display_names
from coterie.workflows.refreshing.refresh import RefreshResult

__all__ = ["refresh_page"]

_BARS = 12
_LEAST_P = 0.001
_FRESH = "New rows"


def refresh_page(result: RefreshResult) -> Page:
    """Make the page of a refresh."""
    made = result.before.figures
    page = Page(
        words.title_of(result),
        subtitle=f"{result.dataset.records.source}, "
        f"{counted(result.dataset.records.rows_in, 'row')}",
        footer=f"Coterie {made.making.versions.get('coterie', '')}, encoder {made.encoder.name}",
        show_personal=result.after.rows.show_personal,
    )
    changed = result.changes.loc[result.changes["change"].isin(KINDS[:3]), "id"].tolist()
    for section in (
        _overview(result),
        *_new(result),
        *_changes(result),
        *(sizes_section(result.after, changed) if result.renewal is not None else ()),
        *_map(result),
        *_set_aside(result),
        _made(result),
    ):
        page.add(section)
    return page


def _overview(result: RefreshResult) -> Section:
    fresh = result.answers.statuses[result.matched.fresh]
    there, of_file = len(result.matched.again), len(result.dataset.records)
    counts = {kind: len(result.segments_that(kind)) for kind in KINDS[:-1]}
    tiles = [
        Tile("new rows", len(fresh), f"of {of_file:,}; {there:,} there already"),
        Tile("new segments", counts["new"], f"{len(result.segmentation):,} in all"),
        Tile("vanished", counts["vanished"], f"{counts['returned']:,} returned"),
        Tile("grew", counts["grew"], f"{counts['shrank']:,} shrank"),
    ]
    if len(fresh):
        inside = float((fresh != "outside").mean())
        earlier = percent(result.before.discovery.assignments.coverage)
        tiles.append(Tile("coverage", percent(inside), f"of the new rows; before {earlier}"))
    blocks: list[Block] = [*reading_note(result.readability)]
    if result.renewal is not None and result.renewal.waiting:
        blocks.append(Note(next(words.left_out(result)), title="Frozen.", kind="warning"))
    blocks += [
        Tiles(tiles),
        Prose(words.summary(result)),
        Links([("The page of all rows", "report.html")]),
    ]
    return Section(words.OVERVIEW_TITLE, blocks)


def _new(result: RefreshResult) -> Iterator[Section]:
    if not (new := result.segments_that("new")):
        return
    names = display_names(result.segmentation.segments)
    rows = result.answers
    groups = []
    for segment in new:
        inside = rows.segments == segment.id
        groups.append(
            Group(
                names[segment.id],
                segment.size,
                description=segment.description,
                terms=segment.terms,
                exemplars=segment.exemplars,
                confidence=float(rows.confidences[inside].mean()) if inside.any() else None,
                statuses={k: n for k, n in rows.counts(segment.id).items() if n},
                facts={"id": segment.id},
            )
        )
    shown = Groups(groups, total=len(rows), partition=SEGMENT)
    yield Section(words.NEW_TITLE, [shown], intro=words.NEW_INTRO)


def _changes(result: RefreshResult) -> Iterator[Section]:
    changes = result.changes
    if not len(changes):
        return
    moved = changes[changes["change"] != ""]
    gaps = (moved["share_now"] - moved["share_before"]) * 100
    order = gaps.abs().sort_values(ascending=False, kind="stable").index
    blocks: list[Block] = []
    if len(moved):
        blocks.append(
            Bars(
                [str(name) for name in moved.loc[order, "name"]],
                gaps.loc[order].tolist(),
                title="Change of share",
                note="Percentage points, of the segments that changed significantly.",
                format=".1f",
                limit=_BARS,
                signed=True,
            )
        )
    shown = pd.DataFrame(
        {
            "id": changes["id"],
            "name": changes["name"],
            "change": changes["change"],
            "rows before": changes["rows_before"],
            "share before": changes["share_before"],
            "rows now": changes["rows_now"],
            "share now": changes["share_now"],
            "p-value": [_p_value(each) for each in changes["p_value"]],
        }
    )
    formats = {"share before": ".1%", "share now": ".1%"}
    blocks.append(Table(shown, note=words.CHANGES_NOTE, formats=formats))
    yield Section(words.CHANGES_TITLE, blocks, intro=words.CHANGES_INTRO)


def _p_value(value: float) -> str:
    return "under 0.001" if value < _LEAST_P else format_number(value, ".3f")


def _map(result: RefreshResult) -> Iterator[Section]:
    if result.renewal is None:
        return
    after = result.after
    rows, discovery = after.rows, after.discovery
    answers, segments = discovery.assignments, discovery.segmentation.segments
    names = display_names(segments)
    all_rows = partition(
        SEGMENT, answers.segments, [s.id for s in segments], list(names.values()), "outside"
    )
    earlier = np.arange(len(rows)) < len(result.before.rows)
    codes = np.where(all_rows.codes < 0, len(segments), all_rows.codes)
    fresh = Partition(
        _FRESH,
        np.where(earlier, -1, codes),
        [*all_rows.names, "new and outside"],
        none="earlier rows",
    )
    chart = Map(
        discovery.layout,
        rows.shown.tolist(),
        [fresh, all_rows],
        ids=rows.ids.tolist(),
        statuses=answers.statuses.tolist(),
        confidence=answers.confidences,
        projection=projection_of(len(discovery.layout)),
    )
    yield Section(words.MAP_TITLE, [chart], intro=words.MAP_INTRO)


def _set_aside(result: RefreshResult) -> Iterator[Section]:
    if reasons := result.to_dict()["reasons"]:
        frame = pd.DataFrame({"reason": list(reasons), "rows": list(reasons.values())})
        note = "quarantine.csv lists each row with its number and the reason."
        yield Section(words.SET_ASIDE_TITLE, [Table(frame, note=note)])


def _made(result: RefreshResult) -> Section:
    encoder = result.segmentation.encoder
    facts = {
        "source": result.dataset.records.source,
        "called": result.period,
        "encoder": f"{encoder.name}, {encoder.dim} wide",
        "seconds": ", ".join(f"{stage} {spent:,.1f}" for stage, spent in result.seconds.items()),
    }
    if result.renewal is not None:
        last = result.segmentation.history[-1]
        facts["recorded"] = f"{last.when}{f', by {last.by}' if last.by else ''}"
    notes = result.dataset.records.notes
    facts |= {f"note {number}": note for number, note in enumerate(notes, 1)}
    frame = pd.DataFrame({"what": list(facts), "value": list(facts.values())})
    return Section(words.MADE_TITLE, [Table(frame)])
