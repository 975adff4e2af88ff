"""The page of an evaluation: models side by side on labelled rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from coterie.pages.evaluation.answers import (
    class_sections,
    confusion_section,
    mistakes_section,
    ranking_section,
    sureness_section,
)
from coterie.pages.evaluation.costs import costs_table, numeric
from coterie.pages.evaluation.models import (
    cascade_sections,
    embedding_sections,
    history_sections,
    learning_sections,
)
from coterie.pages.evaluation.provenance import made_section, saved_at
from coterie.report import Block, Note, Page, Prose, Section, Table, Tile, Tiles
from coterie.workflows.evaluation.evaluation import Evaluation
from coterie.workflows.evaluation.figures import differences

__all__ = ["evaluate_page"]

_NAMED = 8
_SEEN = 0.05


def evaluate_page(evaluation: Evaluation, metrics: Mapping[str, Any]) -> Page:
    """Lay an evaluation out as a page.

    Parameters
    ----------
    evaluation
        The models on their rows.
    metrics
        What `coterie.workflows.evaluation.figures.metrics_of` says of it.
    """
    rows = f"{metrics['rows']:,} labelled rows"
    if evaluation.unlabelled:
        rows += f" ({evaluation.unlabelled:,} without a label left out)"
    page = Page(
        evaluation.title or _title(evaluation),
        evaluation.subtitle or (f"{evaluation.source}, {rows}" if evaluation.source else rows),
    )
    for section in (
        _overview(evaluation, metrics),
        _side_by_side(evaluation, metrics),
        sureness_section(evaluation),
        ranking_section(evaluation),
        confusion_section(evaluation),
        *class_sections(evaluation),
        mistakes_section(evaluation),
        *learning_sections(evaluation),
        *history_sections(evaluation),
        *cascade_sections(evaluation, metrics),
        *embedding_sections(evaluation),
        _made(evaluation, metrics),
    ):
        page.add(section)
    return page


def _title(evaluation: Evaluation) -> str:
    count = len(evaluation.judged)
    models = f"The model {evaluation.names[0]}" if count == 1 else f"{count:,} models"
    return f"{models}: how well {evaluation.label} is predicted"


def _best(evaluation: Evaluation, metrics: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = metrics["models"][evaluation.names.index(evaluation.best.name)]
    return found


def _overview(evaluation: Evaluation, metrics: Mapping[str, Any]) -> Section:
    best, positive = _best(evaluation, metrics), metrics["positive"]
    label, common = evaluation.baseline
    tiles = [
        Tile("right", f"{best['accuracy']:.1%}", f"{best['model']}; always “{label}”: {common:.1%}")
    ]
    ceiling = evaluation.ceiling
    if ceiling is not None:
        note = "no model can expect more" + (
            "" if ceiling.auc is None else f"; its AUC {ceiling.auc:.3f}"
        )
        tiles.append(Tile("best possible", f"{ceiling.accuracy:.1%}", note))
    if positive is not None and best["auc"] is not None:
        note = "1 is perfect, 0.5 is guessing"
        tiles.append(Tile(f"AUC of “{positive}”", f"{best['auc']:.3f}", note))
    if best["accuracy_assigned"] is not None:
        note = f"and {best['accuracy_assigned']:.1%} of these right"
        tiles.append(Tile("sure of its answer", f"{best['assigned']:.0%}", note))
    tiles.append(_calibration_tile(best))
    if best.get("milliseconds_p50") is not None:
        note = f"{best['rows_per_second']:,.0f} a second in one call"
        tiles.append(Tile("for one row", f"{best['milliseconds_p50']:.3g} ms", note))
    blocks: list[Block] = [Tiles(tiles), Prose(str(metrics["verdict"]))]
    if ceiling is not None:
        blocks.append(Note(ceiling.why, title="Why nobody can be right always."))
    return Section("In short", [*blocks, *_warnings(evaluation)])


def _calibration_tile(best: Mapping[str, Any]) -> Tile:
    over = best["over_confidence"] or 0.0
    word = "too sure" if over > 0.02 else "too modest" if over < -0.02 else "it keeps what it says"
    return Tile("calibration error", f"{best['ece']:.3f}", f"{word}; 0 is perfect")


def _warnings(evaluation: Evaluation) -> Iterator[Note]:
    n = len(evaluation.truth)
    for model in evaluation.judged:
        unknown = evaluation.unknown_rows(model)
        if unknown:
            names = model.scores.unseen
            more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
            yield Note(
                f"{model.name} was never shown {', '.join(names[:_NAMED])}{more}, so it cannot be "
                f"right on {unknown:,} of the {n:,} rows. They count as wrong; its areas under the "
                "curves are of the classes that it knows.",
                title="Labels that a model does not know.",
                kind="warning",
            )
        seen = int(model.about.get("seen", 0))
        if seen > _SEEN * n:
            yield Note(
                f"{seen:,} of the {n:,} rows have a text that {model.name} learnt from, word for "
                "word. On these it is better than it will be on new rows: judge it on others.",
                title="Rows that were learnt from.",
                kind="warning",
            )


def _side_by_side(evaluation: Evaluation, metrics: Mapping[str, Any]) -> Section:
    blocks: list[Block] = [_answers(evaluation, metrics)]
    if any(figures.get("processor_ms") is not None for figures in metrics["models"]):
        blocks.append(costs_table(metrics["models"], evaluation.price))
    if len(evaluation.judged) > 1:
        blocks.append(_pairs(evaluation))
    intro = "All models, on the same rows. Click on a heading to sort."
    return Section("Side by side", blocks, intro=intro)


def _answers(evaluation: Evaluation, metrics: Mapping[str, Any]) -> Table:
    positive = metrics["positive"]
    prefix = "macro_" if positive is None else ""
    rows = [
        {
            "model": figures["model"],
            "right": figures["accuracy"],
            "between": _interval(figures),
            "balanced": figures["balanced_accuracy"],
            "precision": figures[f"{prefix}precision"],
            "recall": figures[f"{prefix}recall"],
            "F1": figures[f"{prefix}f1"],
            "AUC": figures["auc"],
            "AP": figures["average_precision"],
            "calibration": figures["ece"],
            "sure": figures["assigned"],
            "right then": figures["accuracy_assigned"],
        }
        for figures in metrics["models"]
    ]
    label, common = evaluation.baseline
    rows.append({"model": f"(always “{label}”)", "right": common})
    if evaluation.ceiling is not None:
        ceiling = evaluation.ceiling
        rows.append({"model": "(best possible)", "right": ceiling.accuracy, "AUC": ceiling.auc})
    frame = numeric(pd.DataFrame(rows), words=("model", "between"))
    shares = dict.fromkeys(("right", "balanced", "sure", "right then"), ".1%")
    others = dict.fromkeys(frame.columns[4:10], ".3f")
    of = "means over the classes" if positive is None else f"of the class “{positive}”"
    note = (
        "Right: share of all rows, and between which shares it lies on other such rows, with 95% "
        "confidence. Balanced: mean over the labels of the share that is right, so that small ones "
        "count as much as large ones. Calibration: how far the confidence is from what is so; 0 is "
        "perfect. Sure: neither below the model's threshold of confidence nor unlike all that it "
        "learnt from, and how many are right then. Precision, recall, F1, AUC (area under the ROC "
        f"curve) and AP (average precision, that under the precision-recall curve) are {of}."
    )
    return Table(frame, title="How good the answers are", formats=shares | others, note=note)


def _interval(figures: Mapping[str, Any]) -> str:
    low, high = figures["accuracy_low"] * 100, figures["accuracy_high"] * 100
    return f"{low:.0f} to {high:.0f}%"


def _pairs(evaluation: Evaluation) -> Table:
    found = differences(evaluation)
    sure = (found["low"] > 0) | (found["high"] < 0)
    frame = pd.DataFrame(
        {
            "model": found["first"],
            "against": found["second"],
            "more often right by": found["difference"],
            "95% interval": [
                f"{low:+.1%} to {high:+.1%}"
                for low, high in zip(found["low"], found["high"], strict=True)
            ],
            "only it is right": found["only_first"],
            "only the other": found["only_second"],
            "p": ["< 0.001" if p < 0.001 else f"{p:.3f}" for p in found["p_value"]],
            "beyond chance": sure.map({True: "yes", False: "no"}),
        }
    )
    note = (
        "Where the interval holds 0, the two may be equally good. p is of McNemar's exact test: "
        "how likely so uneven a split of the rows that only one gets right would be, were they "
        "equally good. Of twenty comparisons of equals, one is beyond chance by chance."
    )
    formats = {"more often right by": "+.1%"}
    return Table(frame, title="Is one better than another?", formats=formats, note=note)


def _made(evaluation: Evaluation, metrics: Mapping[str, Any]) -> Section:
    models = pd.DataFrame(
        {
            "model": model.name,
            "version": model.about.get("version"),
            "kind": model.kind,
            "encoder": ", ".join(model.about.get("encoders", ())),
            "classes": len(model.classes),
            "learnt from": model.about.get("trained_on"),
            "sure from": model.about.get("threshold"),
            "saved": saved_at(model.about.get("created")),
            "note": model.about.get("note") or "",
        }
        for model in evaluation.judged
    )
    facts = {
        "rows": f"{metrics['rows']:,} with a label, {metrics['unlabelled']:,} without",
        "labels": f"{len(set(evaluation.truth.tolist())):,} in “{evaluation.label}”",
    }
    files = (
        "metrics.json has every figure of this page, predictions.csv what each model says of each "
        "row, and mistakes.csv the wrong answers, the surest first."
    )
    return made_section(
        models,
        facts,
        files,
        source=evaluation.source,
        reasons=evaluation.reasons,
        formats={"sure from": ".2f"},
    )
