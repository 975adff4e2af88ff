"""The sections that show how classifiers came about and what is inside them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from coterie.pages.evaluation import words
from coterie.pages.evaluation.parts import COST_FORMATS, cost_columns, numeric
from coterie.pages.partitions import partition
from coterie.report import Block, Grid, Line, Lines, Map, Section, Table
from coterie.segments.finding.layout import projection_of
from coterie.workflows.evaluation.classes import ClassEvaluation, Picture
from coterie.workflows.evaluation.figures import (
    ClassFigures,
    CostFigures,
    EmbeddingFigures,
    LanguageFigures,
)
from coterie.workflows.evaluation.models import EvaluatedClassifier

__all__ = ["model_sections"]

_LEGEND = 300  # labels that a map can tell apart: a judgement
_MEASURES = {
    "loss": "training loss",
    "validation_loss": "validation loss",
    "validation_accuracy": "validation accuracy",
    "separation": "separation of the validation rows",
}
_LOSSES = ("loss", "validation_loss")


def model_sections(evaluation: ClassEvaluation) -> Iterator[Section]:
    """Show how models came about and what is inside them, as far as there is anything."""
    yield from _language_models(evaluation)
    yield from _learning(evaluation)
    yield from _histories(evaluation)
    yield from _cascades(evaluation)
    yield from _embeddings(evaluation)


def _language_models(evaluation: ClassEvaluation) -> Iterator[Section]:
    """Show what language models refused, how far they depend on the order, and what they take."""
    asked = {each.model: each.language for each in evaluation.figures if each.language is not None}
    if not asked:
        return
    frame = pd.DataFrame(
        {
            "model": name,
            "language model": found.llm,
            "refused": found.refused,
            "order bias": found.order_bias,
            "first shown": found.first_shown,
            "of these right": found.expected_first,
            "same in all orders": found.order_agreement,
            "tokens": found.llm_tokens,
            "seconds": found.llm_seconds,
            "$ per 1,000": found.llm_cost_per_1000,
        }
        for name, found in asked.items()
    )
    frame = numeric(frame, texts=("model", "language model"))
    shares = ("refused", "first shown", "of these right", "same in all orders")
    formats = dict.fromkeys(shares, ".1%")
    formats |= {"order bias": ".2f", "tokens": ",.0f", "seconds": ".3g", "$ per 1,000": ",.2f"}
    blocks: list[Block] = [
        Table(frame.dropna(axis="columns", how="all"), formats=formats, note=words.ORDER_BIAS)
    ]
    charts: list[Block] = [
        _places(name, found) for name, found in asked.items() if len(found.places_said) > 1
    ]
    if charts:
        blocks.append(Grid(charts, columns=2))
    yield Section("Language models", blocks, intro=words.LANGUAGE_MODELS)


def _places(name: str, found: LanguageFigures) -> Lines:
    """Draw where in the list the answers stand, and where the right labels do."""
    places = np.arange(1, len(found.places_said) + 1, dtype=np.float64)
    said, right = (
        np.array(each, dtype=np.float64) * 100 for each in (found.places_said, found.places_right)
    )
    return Lines(
        [Line("answers", places, said), Line("right labels", places, right)],
        x_label="place in the list of labels",
        y_label="share (%)",
        title=f"Order of the labels: {name}",
        note=words.PLACES,
    )


def _learning(evaluation: ClassEvaluation) -> Iterator[Section]:
    """Show what more rows to learn from would gain."""
    if not evaluation.learning:
        return
    table = pd.concat(
        [each.assign(model=name) for name, each in evaluation.learning.items()], ignore_index=True
    )
    lines = [
        Line(name, each["size"].to_numpy(), each["accuracy"].to_numpy() * 100)
        for name, each in evaluation.learning.items()
    ]
    if evaluation.ceiling is not None:
        ends = np.array([table["size"].min(), table["size"].max()], dtype=np.float64)
        best = np.full(2, evaluation.ceiling.accuracy * 100)
        lines.append(Line("upper limit", ends, best))
    chart = Lines(
        lines,
        x_label="training rows",
        y_label="accuracy (%)",
        log_x=True,
        note=words.LEARNING_DRAWS.format(int(table["seeds"].max())),
    )
    frame = pd.DataFrame(
        {
            "model": table["model"],
            "training rows": table["size"],
            "accuracy": table["accuracy"],
            "spread": table["accuracy_spread"],
            "macro F1": table["macro_f1"],
        }
    )
    formats = {"accuracy": ".1%", "spread": ".1%", "macro F1": ".3f"}
    shown = Table(frame, title="In figures", formats=formats)
    yield Section("Learning curve", [chart, shown], intro=words.LEARNING)


def _histories(evaluation: ClassEvaluation) -> Iterator[Section]:
    """Show how the training of each model that trained in epochs went."""
    charts: list[Block] = []
    for model in evaluation.models:
        history = pd.DataFrame(list(model.about.text.history if model.about.text else ()))
        if "epoch" not in history:
            continue
        measures = [name for name in _MEASURES if name in history and history[name].notna().any()]
        losses = [name for name in measures if name in _LOSSES]
        for names, y_label in ((losses, "loss"), *(([m], "") for m in measures if m not in losses)):
            if names:
                charts.append(_history(model, history, names, y_label or _MEASURES[names[0]]))
    if charts:
        yield Section("Training", [Grid(charts, columns=2)], intro=words.TRAINING)


def _history(
    model: EvaluatedClassifier, history: pd.DataFrame, names: list[str], y_label: str
) -> Lines:
    epochs = history["epoch"].to_numpy()
    return Lines(
        [Line(_MEASURES[name], epochs, pd.to_numeric(history[name]).to_numpy()) for name in names],
        x_label="epoch",
        y_label=y_label,
        title=f"{model.name}: {y_label}",
    )


def _cascades(evaluation: ClassEvaluation) -> Iterator[Section]:
    """Show what each stage of a cascade answers, and what it saves."""
    tables = [
        _stages(model, figures, evaluation.price)
        for model, figures in zip(evaluation.models, evaluation.figures, strict=True)
        if model.about.stages
    ]
    if tables:
        yield Section("Cascade", tables, intro=words.CASCADE)


def _stages(model: EvaluatedClassifier, figures: ClassFigures, price: float) -> Table:
    rows = [
        {
            "stage": f"{place}: {stage.model}",
            "threshold": stage.threshold,
            "answers": stage.share,
            "accuracy": stage.accuracy,
            "accuracy alone": stage.accuracy_alone,
            "CPU ms": stage.processor_ms,
            **cost_columns(CostFigures.of(stage.processor_ms, price, stage.accuracy_alone)),
        }
        for place, stage in enumerate(model.about.stages or (), 1)
    ]
    rows.append(
        {
            "stage": "all of it",
            "answers": 1.0,
            "accuracy": figures.accuracy,
            "CPU ms": None if figures.costs is None else figures.costs.processor_ms,
            **cost_columns(figures.costs),
        }
    )
    formats = dict.fromkeys(("answers", "accuracy", "accuracy alone"), ".1%")
    formats |= {"threshold": ".2f", "CPU ms": ".3g", **COST_FORMATS}
    frame = numeric(pd.DataFrame(rows), texts=("stage",))
    return Table(frame, title=model.name, formats=formats, note=words.STAGES)


def _embeddings(evaluation: ClassEvaluation) -> Iterator[Section]:
    """Show how far the encoders keep the labels apart, and a map of the rows."""
    told: dict[str, EmbeddingFigures] = {}
    for model in evaluation.models:
        found = model.about.text and model.about.text.embedding
        same = next((names for names, known in told.items() if known == found), None)
        if found and same is not None:  # models of one encoder see alike
            told = {f"{n}, {model.name}" if n == same else n: known for n, known in told.items()}
        elif found:
            told[model.name] = found
    blocks: list[Block] = []
    if evaluation.picture is not None:
        blocks.append(_map(evaluation, evaluation.picture))
    if told:
        blocks += [_qualities(told), _within(told)]
    if blocks:
        yield Section("Embedding", blocks, intro=words.EMBEDDING)


def _qualities(told: Mapping[str, EmbeddingFigures]) -> Table:
    frame = pd.DataFrame(
        {
            "model": name,
            "encoder": found.encoder,
            "within labels": float(np.mean(list(found.within.values()) or [np.nan])),
            "between labels": found.between,
            "quality": found.quality,
            "AUC": found.auc,
        }
        for name, found in told.items()
    )
    formats = dict.fromkeys(("within labels", "between labels", "quality"), "z.3f")
    formats["AUC"] = ".1%"
    note = words.EMBEDDING_QUALITY
    return Table(frame, title="Embedding quality", formats=formats, note=note)


def _within(told: Mapping[str, EmbeddingFigures]) -> Table:
    labels = sorted({label for found in told.values() for label in found.within})
    frame = pd.DataFrame({"label": labels})
    for name, found in told.items():
        frame[name] = [found.within.get(label, np.nan) for label in labels]
    formats = dict.fromkeys(told, "z.3f")
    return Table(frame, title="Mean cosine within each label", formats=formats, limit=10)


def _map(evaluation: ClassEvaluation, picture: Picture) -> Map:
    model = evaluation.models[evaluation.names.index(picture.model)]
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
    note = "" if everything else words.DRAWN.format(len(rows), len(model.truth))
    return Map(
        picture.layout,
        model.shown[rows].tolist(),
        partitions,
        ids=model.ids[rows].tolist(),
        statuses=said.statuses[rows].tolist(),
        confidence=said.confidences[rows],
        title=f"Embedding of the rows by {model.name}",
        note=note,
        projection=projection_of(len(rows)),
    )


def _named(values: Any) -> tuple[list[str], list[str]]:
    names = [name for name, _ in Counter(values.tolist()).most_common()]
    return names, names
