"""The sections of an evaluation that show how models came about and what is inside them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from coterie.pages.evaluation.costs import PRICED, priced
from coterie.pages.partitions import partition
from coterie.report import Block, Grid, Line, Lines, Map, Section, Table
from coterie.workflows.evaluation.evaluation import Evaluation, Picture
from coterie.workflows.evaluation.scored import Judged

__all__ = [
    "cascade_sections",
    "embedding_sections",
    "history_sections",
    "learning_sections",
]

_LEGEND = 300  # labels that a map can tell apart
_MEASURES = {
    "loss": "loss",
    "validation_loss": "loss on rows kept back",
    "validation_accuracy": "right on rows kept back",
    "separation": "separation of rows kept back",
}
_LOSSES = ("loss", "validation_loss")


def learning_sections(evaluation: Evaluation) -> Iterator[Section]:
    """Show what more rows to learn from would gain."""
    if not evaluation.learning:
        return
    lines = [
        Line(name, table["size"].to_numpy(), table["accuracy"].to_numpy() * 100)
        for name, table in evaluation.learning.items()
    ]
    sizes = np.concatenate([np.asarray(line.x, dtype=np.float64) for line in lines])
    ends = np.array([sizes.min(), sizes.max()])
    if evaluation.ceiling is not None:
        best = np.full(2, evaluation.ceiling.accuracy * 100)
        lines.append(Line("best possible", ends, best))
    frame = pd.concat(
        [
            pd.DataFrame(
                {
                    "model": name,
                    "rows learnt from": table["size"],
                    "right": table["accuracy"],
                    "spread": table["accuracy_spread"],
                    "macro F1": table["macro_f1"],
                }
            )
            for name, table in evaluation.learning.items()
        ],
        ignore_index=True,
    )
    draws = max(int(table["seeds"].max()) for table in evaluation.learning.values())
    chart = Lines(
        lines,
        x_label="rows learnt from",
        y_label="right (%)",
        log_x=True,
        note=f"Means of {draws} draws. Each model is trained again on shares of the rows that it "
        "keeps of its training, and judged on the rows of this page.",
    )
    intro = (
        "A curve that still rises asks for more labelled rows; a flat one, for better labels or "
        "another model."
    )
    shown = Table(
        frame, title="In figures", formats={"right": ".1%", "spread": ".1%", "macro F1": ".3f"}
    )
    yield Section("Would more labels help?", [chart, shown], intro=intro)


def history_sections(evaluation: Evaluation) -> Iterator[Section]:
    """Show how the training of each model that trained in epochs went."""
    charts: list[Block] = []
    for model in evaluation.judged:
        history = pd.DataFrame(list(model.about.get("history") or ()))
        if "epoch" not in history:
            continue
        measures = [name for name in _MEASURES if name in history and history[name].notna().any()]
        losses = [name for name in measures if name in _LOSSES]
        for names, y_label in ((losses, "loss"), *(([m], "") for m in measures if m not in losses)):
            if names:
                charts.append(_history(model, history, names, y_label or _MEASURES[names[0]]))
    if charts:
        intro = "How training went, epoch by epoch. Rows kept back are not learnt from."
        yield Section("The training", [Grid(charts, columns=2)], intro=intro)


def _history(model: Judged, history: pd.DataFrame, names: list[str], y_label: str) -> Lines:
    epochs = history["epoch"].to_numpy()
    return Lines(
        [Line(_MEASURES[name], epochs, pd.to_numeric(history[name]).to_numpy()) for name in names],
        x_label="epoch",
        y_label=y_label,
        title=f"{model.name}: {y_label}",
    )


def cascade_sections(evaluation: Evaluation, metrics: Mapping[str, Any]) -> Iterator[Section]:
    """Show what each stage of a cascade answers, and what it saves."""
    tables: list[Block] = []
    for model, figures in zip(evaluation.judged, metrics["models"], strict=True):
        if model.about.get("stages"):
            tables.append(_stages(evaluation, model, figures))
    if tables:
        intro = (
            "A cascade asks its cheapest member first; a row that this one is not sure of goes on "
            "to the next."
        )
        yield Section("The cascade", tables, intro=intro)


def _stages(evaluation: Evaluation, model: Judged, figures: Mapping[str, Any]) -> Table:
    price = evaluation.price
    rows = [
        {
            "stage": f"{place}: {stage['model']}",
            "answers from": stage["threshold"],
            "answers": stage["share"],
            "right": stage["accuracy"],
            "right alone": stage["accuracy_alone"],
            "ms": stage["processor_ms"],
            **priced(stage["processor_ms"], stage["accuracy_alone"], price),
        }
        for place, stage in enumerate(model.about["stages"], 1)
    ]
    spent, accuracy = figures.get("processor_ms"), figures["accuracy"]
    whole = {"stage": "all of it", "answers": 1.0, "right": accuracy, "ms": spent}
    rows.append({**whole, **priced(spent, accuracy, price)})
    frame = pd.DataFrame(rows)
    for name in frame.columns[1:]:
        frame[name] = pd.to_numeric(frame[name])
    formats = dict.fromkeys(("answers", "right", "right alone"), ".1%")
    formats |= {"answers from": ".2f", "ms": ".3g", **PRICED}
    note = (
        "answers: the share of the rows that a stage answers, from the confidence before it on; "
        "right: of these. right alone: what the member would get right of all rows, were it alone, "
        "and what that would cost: ms of the processor for a row in a call of its own, on average."
    )
    return Table(frame, title=model.name, formats=formats, note=note)


def embedding_sections(evaluation: Evaluation) -> Iterator[Section]:
    """Show how far the encoders keep the labels apart, and a map of the rows."""
    told: dict[str, Mapping[str, Any]] = {}
    for model in evaluation.judged:
        found = model.about.get("embedding")
        same = next((names for names, known in told.items() if known == found), None)
        if found and same is not None:  # models of one encoder see alike
            told = {f"{n}, {model.name}" if n == same else n: known for n, known in told.items()}
        elif found:
            told[model.name] = found
    blocks: list[Block] = []
    if told:
        blocks += [_qualities(told), _within(told)]
    if evaluation.picture is not None:
        blocks.insert(0, _map(evaluation, evaluation.picture))
    if blocks:
        intro = (
            "What the models see: each text as a point. The nearer the rows of one label are to "
            "each other, and the farther from the others, the easier they are to tell apart."
        )
        yield Section("The embedding", blocks, intro=intro)


def _qualities(told: Mapping[str, Mapping[str, Any]]) -> Table:
    frame = pd.DataFrame(
        {
            "model": name,
            "encoder": found.get("encoder", ""),
            "within labels": float(np.mean(list(found["within"].values()) or [np.nan])),
            "between labels": found["between"],
            "quality": found["quality"],
            "told apart": found["auc"],
        }
        for name, found in told.items()
    )
    formats = dict.fromkeys(("within labels", "between labels", "quality"), "z.3f")
    formats["told apart"] = ".1%"
    note = (
        "Mean cosines of two rows of these: of one label (the mean over the labels), and of two "
        "different ones. Quality is the mean cosine of all pairs within labels less that between "
        "them. Told apart: how often a pair of one label is more alike than a pair of two labels."
    )
    return Table(frame, title="Embedding quality", formats=formats, note=note)


def _within(told: Mapping[str, Mapping[str, Any]]) -> Table:
    labels = sorted({label for found in told.values() for label in found["within"]})
    frame = pd.DataFrame({"label": labels})
    for name, found in told.items():
        frame[name] = [found["within"].get(label, np.nan) for label in labels]
    formats = dict.fromkeys(told, "z.3f")
    return Table(frame, title="Mean cosine within each label", formats=formats, limit=10)


def _map(evaluation: Evaluation, picture: Picture) -> Map:
    model = evaluation.judged[evaluation.names.index(picture.model)]
    rows, said = picture.rows, model.predictions
    answers, truth = said.labels[rows], model.truth[rows]
    right = np.where(model.correct[rows], "right", "wrong").astype(object)
    partitions = [
        partition("Right or wrong", right, ["right", "wrong"], ["right", "wrong"], "none"),
        partition("Answer", answers, *_named(answers), "no answer"),
    ]
    true = partition(f"True {evaluation.label}", truth, *_named(truth), "no label")
    partitions.insert(0 if len(true.names) <= _LEGEND else 2, true)
    everything = len(rows) == len(model.truth)
    note = "" if everything else f"{len(rows):,} of {len(model.truth):,} rows, of different texts."
    return Map(
        picture.layout,
        model.texts[rows].tolist(),
        partitions,
        ids=model.ids[rows].tolist(),
        statuses=said.statuses[rows].tolist(),
        confidence=said.confidences[rows],
        title=f"The rows as {model.name} sees them",
        note=note,
    )


def _named(values: Any) -> tuple[list[str], list[str]]:
    names = [name for name, _ in Counter(values.tolist()).most_common()]
    return names, names
