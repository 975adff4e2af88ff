"""The sections of an evaluation that show what is right, how sure, and what is taken for what."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.metrics import (
    Curve,
    accuracy_coverage,
    confused_pairs,
    confusion,
    precision_recall_curve,
    roc_curve,
    score_calibration,
    worst_mistakes,
)
from coterie.report import Block, Grid, HeatMap, Line, Lines, Note, Section, Table
from coterie.report.heatmap import diagonal_order
from coterie.workflows.evaluation.evaluation import Evaluation
from coterie.workflows.evaluation.figures import class_table
from coterie.workflows.evaluation.scored import Judged

__all__ = [
    "class_sections",
    "confusion_section",
    "mistakes_section",
    "ranking_section",
    "sureness_section",
]

_CURVES = 7  # models that a chart can tell apart
_BINS, _BIN_ROWS = 10, 5
_TELLING_ROWS = 20  # of fewer, the share that is right jumps
_GRID = np.linspace(0, 1, 201)
_WORST = 5
_MATRIX, _SMALL_MATRIX, _MATRICES = 25, 8, 3
_OTHERS = "(others)"
_SHOWN, _EXCERPT = 30, 160

Floats = npt.NDArray[np.float64]


def sureness_section(evaluation: Evaluation) -> Section:
    """Show what is gained by answering only where the model is sure, and what sureness is worth."""
    models = evaluation.ranked[:_CURVES]
    coverage, reliability = [], []
    for model in models:
        sure = model.predictions.confidences
        curve = accuracy_coverage(model.correct, sure)
        telling = curve.x >= min(_TELLING_ROWS / len(sure), curve.x[-1])
        coverage.append(Line(model.name, curve.x[telling] * 100, curve.y[telling] * 100))
        bins = score_calibration(model.correct, sure, _BINS).table
        bins = bins[bins["rows"] >= min(_BIN_ROWS, len(sure))]
        reliability.append(Line(model.name, *_percents(bins)))
    straight = Line("perfect", np.array([0.0, 100.0]), np.array([0.0, 100.0]))
    charts = [
        Lines(
            coverage,
            x_label="share of the rows that are answered, the surest first (%)",
            y_label="right (%)",
            dots=False,
            title="Answer only what is sure",
            note="At 100 every row is answered. Further left only the surest are, and the rest "
            f"goes to a person. {_left_out(evaluation)}".strip(),
        ),
        Lines(
            [*reliability, straight],
            x_label="what the model says (confidence, %)",
            y_label="what is so (right, %)",
            title="Can the confidence be believed?",
            note="Of the rows with a confidence of 80%, 80% should be right. Under the straight "
            f"line a model is too sure. Bins of fewer than {_BIN_ROWS} rows are not drawn.",
        ),
    ]
    blocks: list[Block] = [Grid(charts, columns=2), _statuses(evaluation)]
    intro = "How far an answer can be trusted by the confidence that comes with it."
    return Section("Right against sure", blocks, intro=intro)


def _percents(bins: pd.DataFrame) -> tuple[Floats, Floats]:
    return bins["confidence"].to_numpy() * 100, bins["accuracy"].to_numpy() * 100


def _left_out(evaluation: Evaluation) -> str:
    more = len(evaluation.judged) - _CURVES
    return f"The {_CURVES} most accurate models are drawn." if more > 0 else ""


def _statuses(evaluation: Evaluation) -> Table:
    rows = []
    for model in evaluation.judged:
        for status in ("assigned", "ambiguous", "outside"):
            inside = model.predictions.statuses == status
            rows.append(
                {
                    "model": model.name,
                    "status": status,
                    "rows": int(inside.sum()),
                    "share": float(inside.mean()),
                    "right": float(model.correct[inside].mean()) if inside.any() else np.nan,
                }
            )
    note = (
        "Assigned: take the answer. Ambiguous: below the model's threshold, the answer is its best "
        "guess. Outside: unlike anything that it learnt from."
    )
    formats = {"share": ".1%", "right": ".1%"}
    return Table(
        pd.DataFrame(rows), title="What the models say of themselves", formats=formats, note=note
    )


def ranking_section(evaluation: Evaluation) -> Section:
    """Show the ROC and precision-recall curves."""
    positive = evaluation.class_of_interest
    models = evaluation.ranked[:_CURVES]
    roc: list[Line] = []
    recall: list[Line] = []
    for model in models:
        for curves, draw in ((roc, roc_curve), (recall, precision_recall_curve)):
            found = [draw(model.truth == name, shares) for name, shares in _shares(model, positive)]
            line = _mean_curve([curve for curve in found if len(curve.x)])
            if line is not None:
                curves.append(Line(model.name, line.x, line.y))
    guess = Line("guessing", np.array([0.0, 1.0]), np.array([0.0, 1.0]))
    what = f"“{positive}”" if positive is not None else "the class"
    charts: list[Block] = []
    if roc:
        charts.append(
            Lines(
                [*roc, guess],
                x_label=f"share of the other rows taken for {what}",
                y_label=f"share of {what} found",
                dots=False,
                title="ROC curve",
                note="The nearer to the upper left corner, the better.",
            )
        )
    if recall:
        charts.append(
            Lines(
                recall,
                x_label=f"recall: share of {what} found",
                y_label="precision: share of these that are right",
                dots=False,
                title="Precision and recall",
                note="The nearer to the upper right corner, the better.",
            )
        )
    blocks: list[Block] = [Grid(charts, columns=2)] if charts else [_undefined()]
    if positive is None and charts:
        blocks.append(_worst_classes(evaluation.best))
    of = (
        f"How well the models put the rows that are “{positive}” before the others."
        if positive is not None
        else "How well the models put the rows of a class before the others: each class against "
        "the rest, and the mean over the classes."
    )
    return Section("Ranking", blocks, intro=of)


def _undefined() -> Note:
    return Note("No label that a model knows occurs beside another, so no curve can be drawn.")


def _shares(model: Judged, positive: str | None) -> Iterator[tuple[str, Floats]]:
    """Give the classes to draw that a model knows, and its probabilities of each."""
    for name, shares in zip(model.classes, model.predictions.probabilities.T, strict=True):
        if positive is None or name == positive:
            yield name, shares


def _mean_curve(curves: Sequence[Curve]) -> Curve | None:
    """Give the mean of curves over one axis; a single one as it is."""
    if len(curves) < 2:
        return curves[0] if curves else None
    heights = [np.interp(_GRID, curve.x, curve.y) for curve in curves]
    return Curve(_GRID, np.mean(heights, axis=0))


def _worst_classes(best: Judged) -> Block:
    found = best.ranking.per_class.dropna(subset=["average_precision"])
    worst = found.nsmallest(_WORST, "average_precision")["class"].tolist()
    place = {name: at for at, name in enumerate(best.classes)}
    lines = []
    for name in worst:
        shares = best.predictions.probabilities[:, place[name]]
        curve = precision_recall_curve(best.truth == name, shares)
        lines.append(Line(name, curve.x, curve.y))
    return Lines(
        lines,
        x_label="recall",
        y_label="precision",
        dots=False,
        title=f"The classes that {best.name} finds hardest",
        note="Those of the lowest average precision.",
    )


def confusion_section(evaluation: Evaluation) -> Section:
    """Show what is taken for what."""
    large = len(evaluation.classes) > _SMALL_MATRIX
    shown = evaluation.ranked[:_MATRICES] if large else evaluation.judged
    matrices = [_matrix(evaluation, model) for model in shown]
    side_by_side = not large and len(matrices) > 1
    blocks: list[Block] = [Grid(matrices, columns=2)] if side_by_side else list(matrices)
    told = "Rows are the true labels, columns the answers; each cell is the percent of its row."
    if len(evaluation.classes) > _MATRIX:
        told += f" Of {len(evaluation.classes):,} classes, the {_MATRIX} most confused are shown."
    if len(shown) < len(evaluation.judged):
        told += f" The {_MATRICES} most accurate models are shown."
    return Section("What is taken for what", blocks, intro=told)


def _matrix(evaluation: Evaluation, model: Judged) -> HeatMap:
    counts = confusion(model.truth, model.predictions.labels, model.classes)
    if len(evaluation.classes) > _MATRIX:
        counts = _narrowed(counts)
    if len(evaluation.classes) > _SMALL_MATRIX:
        counts = _along_the_diagonal(counts)
    return HeatMap(
        counts.to_numpy(),
        [str(name) for name in counts.index],
        [str(name) for name in counts.columns],
        row_label=f"true {evaluation.label}",
        column_label="answer",
        title=model.name,
        ordered=False,
    )


def _narrowed(counts: pd.DataFrame) -> pd.DataFrame:
    """Keep the classes with the most wrong rows, as label or as answer; put other answers in one.

    The rows stay whole, so that shares of them are those of all answers.
    """
    wrong = counts.copy()
    for name in set(wrong.index) & set(wrong.columns):
        wrong.loc[name, name] = 0
    both = wrong.sum(axis=1).add(wrong.sum(axis=0), fill_value=0)
    shown = set(both.sort_values(ascending=False, kind="stable").index[:_MATRIX])
    rows = counts.loc[[name for name in counts.index if name in shown]]
    kept = rows[[name for name in counts.columns if name in shown]]
    return kept.assign(**{_OTHERS: rows.sum(axis=1) - kept.sum(axis=1)})


def _along_the_diagonal(counts: pd.DataFrame) -> pd.DataFrame:
    """Put what is often confused side by side, labels and answers in one order."""
    both = [name for name in counts.index if name in counts.columns]
    _, order = diagonal_order(counts.loc[both, both].to_numpy(dtype=np.float64))
    names = [both[place] for place in order]
    rows = [*names, *(name for name in counts.index if name not in both)]
    return counts.loc[rows, [*names, *(name for name in counts.columns if name not in both)]]


def class_sections(evaluation: Evaluation) -> Iterator[Section]:
    """Show the figures of each class."""
    best = evaluation.best
    table = class_table(best)
    taken = confused_pairs(
        best.truth, best.predictions.labels, best.predictions.confidences, best.texts, most=10_000
    )
    mostly = {
        pair["truth"]: f"{pair['predicted']} ({pair['share']:.0%})"
        for pair in taken.iloc[::-1].to_dict("records")
    }
    frame = pd.DataFrame(
        {
            "class": table["class"],
            "rows": table["rows"],
            "precision": table["precision"],
            "recall": table["recall"],
            "F1": table["f1"],
            "AUC": table["roc_auc"],
            "average precision": table["average_precision"],
            "mostly mistaken for": [mostly.get(name, "") for name in table["class"]],
        }
    ).sort_values("F1", kind="stable", na_position="first")
    formats = dict.fromkeys(("precision", "recall"), ".1%") | dict.fromkeys(
        ("F1", "AUC", "average precision"), ".3f"
    )
    note = (
        "Precision: of the rows that are answered so, how many are. Recall: of the rows that are "
        "so, how many are found. F1 puts both in one figure."
    )
    blocks: list[Block] = [Table(frame, title=best.name, formats=formats, note=note)]
    if len(evaluation.judged) > 1:
        blocks.append(_classes_side_by_side(evaluation))
    yield Section("Class by class", blocks, intro="The hardest classes first.")


def _classes_side_by_side(evaluation: Evaluation) -> Table:
    rows = pd.Series(evaluation.truth).value_counts()
    frame = pd.DataFrame({"class": evaluation.classes})
    frame["rows"] = [int(rows.get(name, 0)) for name in evaluation.classes]
    for model in evaluation.judged:
        f1 = model.scores.per_class.set_index("class")["f1"]
        frame[f"F1 {model.name}"] = [f1.get(name, np.nan) for name in evaluation.classes]
    formats = {str(name): ".3f" for name in frame.columns[2:]}
    return Table(frame, title="F1 of each class, model by model", formats=formats)


def mistakes_section(evaluation: Evaluation) -> Section:
    """Show the mistakes to read first, with the texts."""
    best = evaluation.best
    said = best.predictions
    wrong = len(best.truth) - int(best.correct.sum())
    if not wrong:
        return Section("Mistakes", [Note(f"{best.name} makes none on these rows.", kind="good")])
    pairs = confused_pairs(best.truth, said.labels, said.confidences, best.texts, most=_SHOWN)
    confused = pd.DataFrame(
        {
            "true": pairs["truth"],
            "answer": pairs["predicted"],
            "rows": pairs["count"],
            "share of the label": pairs["share"],
            "such as": [_excerpt(examples[0]) for examples in pairs["examples"]],
        }
    )
    worst = worst_mistakes(
        best.ids, best.texts, best.truth, said.labels, said.confidences, most=_SHOWN
    )
    worst["text"] = worst["text"].map(_excerpt)
    worst = worst.rename(columns={"truth": "true", "predicted": "answer"})
    everywhere = int(np.all([~model.correct for model in evaluation.judged], axis=0).sum())
    shared = (
        f" All {len(evaluation.judged)} models are wrong on {everywhere:,} rows."
        if len(evaluation.judged) > 1
        else ""
    )
    blocks: list[Block] = [
        Table(
            confused,
            title="What is confused most",
            formats={"share of the label": ".0%"},
            limit=10,
        ),
        Table(
            worst,
            title="Sure and wrong",
            formats={"confidence": ".0%"},
            limit=10,
            note="What a model is sure of and wrong about is often a wrong label, or chance that "
            "no text can tell.",
        ),
    ]
    intro = (
        f"{best.name} is wrong on {wrong:,} of {len(best.truth):,} rows.{shared} All are in "
        "mistakes.csv."
    )
    return Section("Mistakes", blocks, intro=intro)


def _excerpt(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _EXCERPT else flat[: _EXCERPT - 1].rstrip() + "…"
