"""The page that shows where records went among segments that were there before."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from coterie.encoders import Vectors
from coterie.formatting import counted
from coterie.metrics import contingency
from coterie.pages.partitions import SEGMENT, partition
from coterie.pages.reading import reading_note
from coterie.report import (
    Block,
    Group,
    Groups,
    HeatMap,
    Map,
    Note,
    Page,
    Section,
    Table,
    Tile,
    Tiles,
)
from coterie.segments import excerpts
from coterie.segments.finding.layout import projection_of
from coterie.workflows.assignment import AssignResult

__all__ = ["assign_page"]

_EXEMPLARS = 3
_ORIGIN = {True: "described in words", False: "found in a table"}


def assign_page(result: AssignResult) -> Page:
    """Make the page of assignments."""
    dataset, segmentation = result.dataset, result.segmentation
    records, labelled = dataset.records, result.compared.best.scores.labelled
    page = Page(
        f"{segmentation.title or 'Segments'}: {len(records):,} {dataset.unit} in "
        f"{counted(len(segmentation), 'segment')}",
        subtitle=f"{records.source}, {counted(records.rows_in, 'row')}",
        show_personal=result.show_personal,
    )
    page.add(Section("In short", list(_overview(result))))
    if result.layout is not None:
        page.add(Section("The map", [_map(result, result.layout)]))
    page.add(_segments(result))
    if len(result.compared.runs) > 1:
        page.add(_encoders(result))
    if labelled:
        page.add(_labels(result))
    return page


def _overview(result: AssignResult) -> Iterator[Block]:
    best, dataset = result.compared.best, result.dataset
    tiles = [
        Tile(dataset.unit, len(dataset.records)),
        Tile("segments", len(result.segmentation), _ORIGIN[result.described]),
        Tile("outside", best.assignments.counts()["outside"], "unlike all segments"),
        Tile("sure", f"{best.scores.sure:.0%}", "confidence of 90% or more"),
    ]
    if best.scores.labelled:
        note = f"of {best.scores.labelled:,} with a label; {best.name}"
        tiles.insert(2, Tile("accuracy", f"{best.scores.accuracy:.1%}", note))
    yield from (Note(words, kind="warning") for words in (*result.doubts, *result.left_out))
    for run in result.compared.runs:
        yield from reading_note(run.readability)
    yield Tiles(tiles)
    if result.described:
        yield Note(
            f"Each of the {dataset.unit} goes to the segment whose description, moved towards the "
            f"{dataset.unit} that fit it, is most similar by cosine. What is no more similar than "
            "unrelated sentences is marked outside. The confidence grows with the lead over the "
            "second most similar segment. It is estimated from this table without labels, so it "
            "can be 15 points too high or too low."
        )
    else:
        yield Note(
            f"Each of the {dataset.unit} goes to the segment with the most similar prototype, "
            "edits included. The confidence estimates how often another discovery would agree; "
            "what fits no segment is marked outside."
        )


def _map(result: AssignResult, layout: Vectors) -> Map:
    rows, records = result.compared.best.assignments, result.dataset.records
    ids = [segment.id for segment in result.segmentation.segments]
    names = [segment.name for segment in result.segmentation.segments]
    partitions = [partition(SEGMENT, rows.segments, ids, names, "none")]
    if result.compared.best.scores.labelled and result.compared.truth is not None:
        partitions.append(partition(result.label, result.compared.truth, ids, names, "none"))
    return Map(
        layout,
        records.shown.tolist(),
        partitions,
        ids=records.ids.tolist(),
        statuses=rows.statuses.tolist(),
        confidence=rows.confidences,
        projection=projection_of(len(layout)),
    )


def _segments(result: AssignResult) -> Section:
    best, records = result.compared.best, result.dataset.records
    rows = best.assignments
    groups = []
    for segment, terms in zip(result.segmentation.segments, result.terms(), strict=True):
        inside = np.flatnonzero(rows.segments == segment.id)
        nearest = inside[np.argsort(-rows.similarities[inside], kind="stable")][:_EXEMPLARS]
        groups.append(
            Group(
                segment.name,
                len(inside),
                description=segment.description,
                terms=terms,
                exemplars=excerpts(
                    records.shown, nearest.tolist(), show_personal=result.show_personal
                ),
                confidence=float(rows.confidences[inside].mean()) if len(inside) else None,
                statuses={k: n for k, n in sorted(rows.counts(segment.id).items()) if n},
            )
        )
    return Section("The segments", [Groups(groups, total=len(records), partition=SEGMENT)])


def _encoders(result: AssignResult) -> Section:
    columns = {
        "encoder": "encoder",
        "dim": "width",
        "accuracy": "accuracy",
        "sure": "sure",
        "texts_per_second": "texts a second",
        "seconds": "seconds to embed all",
        "peak_mib": "memory (MiB)",
    }
    frame = result.compared.encoders[list(columns)].rename(columns=columns)
    if not result.compared.best.scores.labelled:
        frame = frame.drop(columns="accuracy")
    formats = {"accuracy": ".1%", "sure": ".1%", "texts a second": ",.0f"}
    formats |= {"seconds to embed all": ",.1f", "memory (MiB)": ",.0f"}
    same = result.compared.agreement.rename(columns={"share": "same answer"})
    return Section(
        "Encoders side by side",
        [
            Table(
                frame,
                note="The speed is measured on up to 256 texts, without the cache. The memory is "
                "the highest of the whole process.",
                formats=formats,
            ),
            Table(
                same,
                title="Agreement of encoders",
                note="Cohen's kappa is 0 for agreement by chance and 1 for full agreement.",
                formats={"same answer": ".1%", "kappa": ".2f"},
            ),
        ],
    )


def _labels(result: AssignResult) -> Section:
    names = {segment.id: segment.name for segment in result.segmentation.segments}
    truth = [None if t is None else names[t] for t in result.compared.truth.tolist()]  # type: ignore[union-attr]
    best = result.compared.best
    given = [names.get(s, "none") for s in best.assignments.segments]
    counts = contingency(given, truth).T
    shares = dict.fromkeys(("precision", "recall", "f1"), ".1%")
    blocks: list[Block] = [
        Table(best.classes.drop(columns="segment"), formats=shares),
        HeatMap(
            counts.to_numpy(),
            [str(name) for name in counts.index],
            [str(name) for name in counts.columns],
            row_label=f"true ({result.label})",
            column_label="assigned",
            title="Confusion matrix",
            note="Percent of the rows of each true segment.",
            ordered=False,
        ),
    ]
    absent = best.classes.loc[best.classes["labelled"] == 0, "name"].tolist()
    if absent:
        words = f"No row has the label {' or '.join(absent)}, so its recall is unknown."
        blocks.insert(0, Note(words, kind="warning"))
    return Section("Compared with the labels", blocks)
