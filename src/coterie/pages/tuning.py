"""The page of a tuning: the encoder as it was beside the tuned one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from coterie.pages.partitions import partition
from coterie.report import (
    Block,
    Grid,
    Line,
    Lines,
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
from coterie.workflows.tuning.comparison import Side
from coterie.workflows.tuning.corrections import suspects_table

if TYPE_CHECKING:
    from coterie.workflows.tuning.tune import TuneResult

__all__ = ["tune_page"]

_SHOWN_SUSPECTS = 200


def tune_page(result: TuneResult) -> Page:
    """Make the page of a tuning."""
    metrics = result.metrics
    page = Page(
        result.title or f"An encoder tuned on {result.label}",
        f"{metrics['source']}, {metrics['learnt_from']:,} rows learnt from",
        footer=f"Coterie, encoder {metrics['base']['encoder']}, seed {metrics['settings']['seed']}",
    )
    for section in (
        _overview(result),
        _maps(result),
        _groups(result),
        _cosines(result),
        _few_shot(result),
        *_suspects(result),
        _training(result),
        _made(result),
    ):
        page.add(section)
    return page


def _overview(result: TuneResult) -> Section:
    metrics, base, tuned = result.metrics, result.base, result.tuned
    five = [_shots(side)[5] for side in (base, tuned)]
    tiles = [
        Tile("ARI", f"{tuned.scores.ari:z.2f}", f"was {base.scores.ari:z.2f}; 1 is perfect"),
        Tile("NMI", f"{tuned.scores.nmi:z.2f}", f"was {base.scores.nmi:z.2f}"),
        Tile("purity", f"{tuned.scores.purity:.0%}", f"was {base.scores.purity:.0%}"),
        Tile("right from 5 examples", f"{five[1]:.1%}", f"was {five[0]:.1%}"),
        Tile("rows judged on", metrics["judged_on"], f"{metrics['learnt_from']:,} learnt from"),
    ]
    blocks: list[Block] = [Tiles(tiles), Prose(str(metrics["verdict"]))]
    if metrics["train_only_labels"]:
        names = ", ".join(metrics["train_only_labels"][:12])
        text = f"They have too few different texts to be learnt from and judged on: {names}."
        blocks.append(Note(text, title="Labels that are not judged.", kind="warning"))
    return Section("In short", blocks)


def _maps(result: TuneResult) -> Section:
    intro = (
        "The rows that training never saw, laid out by either encoder. Point at one to read it; "
        "colour by label or by the groups that discovery found."
    )
    maps = [_map(result, name, side) for name, side in _sides(result)]
    return Section("Both maps", [Grid(maps, columns=2)], intro=intro)


def _sides(result: TuneResult) -> list[tuple[str, Side]]:
    return [("As it was", result.base), ("Tuned", result.tuned)]


def _map(result: TuneResult, name: str, side: Side) -> Map:
    rows = result.split.test
    labels = result.records.label_texts[result.label][rows]
    values = [name for name, _ in Counter(labels.tolist()).most_common()]
    found = side.discovery.assignments.segments
    segments = [segment.id for segment in side.discovery.segmentation.segments]
    partitions: list[Partition] = [
        partition(result.label, labels, values, values, "no label"),
        partition("Group", found, segments, segments, "outside"),
    ]
    return Map(
        side.discovery.layout,
        result.records.texts[rows].tolist(),
        partitions,
        ids=result.records.ids[rows].tolist(),
        title=name,
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
    formats = dict.fromkeys(("ARI", "NMI", "purity"), "z.3f") | {"coverage": ".1%"}
    both = result.base.purity.merge(
        result.tuned.purity, on=["label", "rows"], suffixes=(" a", " b")
    )
    per_label = pd.DataFrame(
        {
            result.label: both["label"],
            "rows": both["rows"],
            "in one group, was": both["share_in_best a"],
            "now": both["share_in_best b"],
            "its purity, was": both["purity_of_best a"],
            "now ": both["purity_of_best b"],
        }
    )
    shares = dict.fromkeys(per_label.columns[2:], ".0%")
    note = (
        f"There are {result.tuned.scores.labels:,} labels. The number of groups is found without "
        "them, by the same discovery with the same seed for both encoders."
    )
    return Section(
        "Groups found without labels",
        [
            Table(frame, formats=formats, note=note),
            Table(per_label, title=f"Each {result.label}", formats=shares),
        ],
        intro="Would somebody who has no labels find the groups that the labels name?",
    )


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
                note=f"Means {found.within_mean:.2f} and {found.between_mean:.2f}; a pair of one "
                f"label is the nearer one {found.auc:.1%} of the time.",
            )
        )
    intro = "The further the two curves are apart, the better the encoder tells the labels apart."
    both = result.base.cosines.labels.merge(
        result.tuned.cosines.labels, on=["label", "rows"], suffixes=(" a", " b")
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
        note=f"Over all: d' was {result.base.cosines.d_prime:.2f} and is "
        f"{result.tuned.cosines.d_prime:.2f}, the distance between the two means in units of "
        "their spread.",
    )
    return Section("How alike texts are", [Grid(charts, columns=2), shown], intro=intro)


def _few_shot(result: TuneResult) -> Section:
    frame = pd.DataFrame(
        {
            "examples a label": shots,
            "as it was": base["mean"],
            "spread": base["spread"],
            "tuned": tuned["mean"],
            "spread ": tuned["spread"],
        }
        for (shots, base), (_, tuned) in zip(
            _by_shots(result.base), _by_shots(result.tuned), strict=True
        )
    )
    note = (
        "A logistic regression on that many training rows of each label, drawn five times, judged "
        "on the rows that training never saw. The tuned encoder has seen these examples."
    )
    formats = dict.fromkeys(frame.columns[1:], ".1%")
    return Section("From a few examples", [Table(frame, formats=formats, note=note)])


def _by_shots(side: Side) -> Iterator[tuple[int, dict[str, float]]]:
    for row in side.few_shot.to_dict("records"):
        yield int(row["shots"]), {"mean": float(row["mean"]), "spread": float(row["spread"])}


def _shots(side: Side) -> dict[int, float]:
    return {shots: row["mean"] for shots, row in _by_shots(side)}


def _suspects(result: TuneResult) -> Iterator[Section]:
    found, decided = result.suspects, result.decided
    if not len(found.table):
        return
    table = suspects_table(result.records, result.split.train, found)
    shown = table.drop(columns=["id", "action"]).head(_SHOWN_SUSPECTS)
    shown = shown.rename(columns={"suggested_confidence": "confidence in it"})
    note = (
        "All of them are in suspects.csv. Fill in its action column (keep, drop or fix) and give "
        "it back with --corrections, or treat all alike with --suspects."
    )
    formats = {"confidence": ".0%", "confidence in it": ".0%"}
    done = [
        f"{number:,} {word}"
        for number, word in (
            (decided.kept, "kept"), (decided.dropped, "dropped"), (decided.fixed, "fixed"),
        )
        if number
    ]  # fmt: skip
    intro = (
        f"Of {found.judged:,} training rows, judged by a model that had not seen them, "
        f"{len(found.table):,} have a label that other rows contradict: {', '.join(done)}. Rows "
        "judged on keep their labels, right or wrong."
    )
    yield Section("Labels to look at", [Table(shown, note=note, formats=formats)], intro=intro)


def _training(result: TuneResult) -> Section:
    checks, training = result.training.checks, result.training
    epochs = [check.epoch for check in checks]
    losses = [np.nan if check.loss is None else check.loss for check in checks]
    separation = Lines(
        [Line("separation", epochs, [check.separation for check in checks])],
        x_label="epoch",
        y_label="mean cosine silhouette",
        title="Rows kept back",
        note=f"Epoch {training.best} was kept; 0 is the encoder as it was.",
    )
    loss = Lines([Line("loss", epochs, losses)], x_label="epoch", y_label="loss", title="Loss")
    intro = (
        f"{training.steps:,} steps in {training.seconds / 60:,.1f} minutes, computed in "
        f"{training.precision}."
    )
    return Section("The training", [Grid([separation, loss], columns=2)], intro=intro)


def _made(result: TuneResult) -> Section:
    metrics = result.metrics
    facts = {
        "source": metrics["source"],
        "rows": f"{metrics['learnt_from']:,} learnt from, {metrics['kept_back']:,} kept back to "
        f"choose the epoch, {metrics['judged_on']:,} judged on, {metrics['unlabelled']:,} without "
        "a label",
        "split": "by label; exact and near duplicates stay on one side",
        "base": f"{metrics['base']['encoder']}, fingerprint {metrics['base']['fingerprint'][:12]}",
        "tuned": f"fingerprint {metrics['tuned']['fingerprint'][:12]}",
        **{str(name): str(value) for name, value in metrics["settings"].items()},
    }
    frame = pd.DataFrame({"what": list(facts), "value": list(facts.values())})
    onward = (
        "The folder is the encoder: name it wherever an encoder is asked for, such as "
        f"coterie discover FILE --text COL --encoder {result.name} --out DIR. It needs no "
        "torch."
    )
    return Section(
        "How this was made", [Table(frame, limit=30), Note(onward, title="How to go on.")]
    )
