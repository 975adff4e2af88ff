"""The page of a tuning: the base encoder beside the tuned one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from coterie.pages.partitions import partition
from coterie.pages.reading import reading_note
from coterie.pages.suspects import table_of_suspects
from coterie.pages.tuning import words
from coterie.report import (
    Block,
    Grid,
    Line,
    Lines,
    Map,
    Note,
    Page,
    Prose,
    Section,
    Table,
    Tile,
    Tiles,
)
from coterie.segments.finding.layout import projection_of
from coterie.workflows.tuning.comparison import JudgedEncoder
from coterie.workflows.tuning.corrections import suspects_table

if TYPE_CHECKING:
    from coterie.workflows.tuning.tune import TuneResult

__all__ = ["tune_page"]

_BOTH = ["label", "rows"]


def tune_page(result: TuneResult, *, show_personal: bool = False) -> Page:
    """Make the page of a tuning."""
    sections = [
        _overview(result),
        _maps(result),
        _groups(result),
        _cosines(result),
        _few_shot(result),
        *_suspects(result),
        _training(result),
        _made(result),
    ]
    return Page(
        words.title(result),
        words.subtitle(result),
        footer=words.footer(result),
        sections=sections,
        show_personal=show_personal,
    )


def _overview(result: TuneResult) -> Section:
    was, now = result.base, result.tuned
    tiles = [
        Tile("ARI", f"{now.scores.ari:z.2f}", f"was {was.scores.ari:z.2f}; 1 is perfect"),
        Tile("NMI", f"{now.scores.nmi:z.2f}", f"was {was.scores.nmi:z.2f}"),
        Tile("purity", f"{now.scores.purity:.0%}", f"was {was.scores.purity:.0%}"),
        Tile(
            "accuracy from 5 examples",
            f"{now.few_shot[5].mean:.1%}",
            f"was {was.few_shot[5].mean:.1%}",
        ),
        Tile("test rows", len(result.split.test), f"{result.learnt_from:,} training rows"),
    ]
    blocks: list[Block] = [*reading_note(result.readability), Tiles(tiles), Prose(result.verdict)]
    if untested := result.split.train_only:
        text = words.not_tested(untested)
        blocks.append(Note(text, title="Labels without test rows.", kind="warning"))
    return Section("Summary", blocks)


def _maps(result: TuneResult) -> Section:
    maps = [_map(result, name, side) for name, side in _sides(result)]
    return Section("Maps", [Grid(maps, columns=2)], intro=words.MAPS)


def _sides(result: TuneResult) -> list[tuple[str, JudgedEncoder]]:
    return [("Base", result.base), ("Tuned", result.tuned)]


def _map(result: TuneResult, name: str, side: JudgedEncoder) -> Map:
    rows = result.split.test
    labels = result.labels[rows]
    values = [name for name, _ in Counter(labels.tolist()).most_common()]
    found = side.discovery.assignments.segments
    segments = [segment.id for segment in side.discovery.segmentation.segments]
    return Map(
        side.discovery.layout,
        result.records.shown[rows].tolist(),
        [
            partition(result.label, labels, values, values, "no label"),
            partition("Group", found, segments, segments, "outside"),
        ],
        ids=result.records.ids[rows].tolist(),
        title=name,
        projection=projection_of(len(rows)),
    )


def _groups(result: TuneResult) -> Section:
    frame = pd.DataFrame(
        {
            "encoder": name.lower(),
            "groups found": len(side.discovery.segmentation),
            "ARI": side.scores.ari,
            "NMI": side.scores.nmi,
            "purity": side.scores.purity,
            "coverage": side.scores.coverage,
        }
        for name, side in _sides(result)
    )
    formats = dict.fromkeys(("ARI", "NMI"), "z.2f") | {"purity": ".0%", "coverage": ".1%"}
    both = result.base.purity.merge(result.tuned.purity, on=_BOTH, suffixes=(" a", " b"))
    per_label = pd.DataFrame(
        {
            result.label: both["label"],
            "rows": both["rows"],
            "share in one group, was": both["share_in_best a"],
            "now": both["share_in_best b"],
            "its purity, was": both["purity_of_best a"],
            "now ": both["purity_of_best b"],
        }
    )
    shares = dict.fromkeys(per_label.columns[2:], ".0%")
    blocks = [
        Table(frame, formats=formats, note=words.number_of_groups(result)),
        Table(per_label, title=f"Each {result.label}", formats=shares),
    ]
    return Section("Groups found without labels", blocks, intro=words.GROUPS)


def _cosines(result: TuneResult) -> Section:
    charts = []
    for name, side in _sides(result):
        found = side.cosines
        middles = (found.edges[1:] + found.edges[:-1]) / 2
        charts.append(
            Lines(
                [
                    Line("one label", middles, found.within),
                    Line("two labels", middles, found.between),
                ],
                x_label="cosine of two texts",
                y_label="share of the pairs",
                title=name,
                note=words.cosine_means(found),
            )
        )
    both = result.base.cosines.labels.merge(
        result.tuned.cosines.labels, on=_BOTH, suffixes=(" a", " b")
    )
    frame = pd.DataFrame(
        {
            result.label: both["label"],
            "rows": both["rows"],
            "within, was": both["within a"],
            "within, now": both["within b"],
            "to others, was": both["between a"],
            "to others, now": both["between b"],
        }
    )
    shown = Table(
        frame,
        title=f"Mean cosine of each {result.label}",
        formats=dict.fromkeys(frame.columns[2:], "z.2f"),
        note=words.d_prime(result),
    )
    return Section("Similarity of texts", [Grid(charts, columns=2), shown], intro=words.COSINES)


def _few_shot(result: TuneResult) -> Section:
    frame = pd.DataFrame(
        {
            "examples a label": shots,
            "base": was.mean,
            "spread": was.spread,
            "tuned": result.tuned.few_shot[shots].mean,
            "spread ": result.tuned.few_shot[shots].spread,
        }
        for shots, was in result.base.few_shot.items()
    )
    formats = dict.fromkeys(frame.columns[1:], ".1%")
    return Section(
        "Accuracy from a few examples", [Table(frame, formats=formats, note=words.FEW_SHOT)]
    )


def _suspects(result: TuneResult) -> Iterator[Section]:
    if not len(result.suspects.table):
        return
    found = suspects_table(result.records, result.split.train, result.suspects)
    block = table_of_suspects(found, words.SUSPECTS)
    yield Section("Labels to check", [block], intro=words.suspects_found(result))


def _training(result: TuneResult) -> Section:
    checks = result.training.checks
    epochs = [check.epoch for check in checks]
    losses = [np.nan if check.loss is None else check.loss for check in checks]
    separation = Lines(
        [Line("separation", epochs, [check.separation for check in checks])],
        x_label="epoch",
        y_label="mean cosine silhouette",
        title="Validation rows",
        note=words.kept_epoch(result),
    )
    loss = Lines([Line("loss", epochs, losses)], x_label="epoch", y_label="loss", title="Loss")
    return Section("Training", [Grid([separation, loss], columns=2)], intro=words.training(result))


def _made(result: TuneResult) -> Section:
    facts = {
        "source": result.records.source,
        "rows": words.rows(result),
        "split": words.SPLIT,
        "base": f"{result.base.encoder}, fingerprint {result.base.fingerprint[:12]}",
        "tuned": f"fingerprint {result.tuned.fingerprint[:12]}",
        **{name: str(value) for name, value in result.settings.model_dump().items()},
    }
    frame = pd.DataFrame({"what": list(facts), "value": list(facts.values())})
    onward = Note(words.onward(result), title="Next.")
    return Section("How this was made", [Table(frame, limit=30), onward])
