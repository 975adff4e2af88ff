"""The parts of the page that are of classifiers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.classifiers import AMBIGUOUS, ASSIGNED, OUTSIDE, REFUSED
from coterie.formatting import between
from coterie.metrics import (
    Curve,
    accuracy_coverage,
    confused_pairs,
    precision_recall_curve,
    roc_curve,
    score_calibration,
    wilson_interval,
)
from coterie.pages.evaluation import words
from coterie.pages.evaluation.confusion import confusion_matrices
from coterie.pages.evaluation.mistakes import mistakes
from coterie.pages.evaluation.models import model_sections
from coterie.pages.evaluation.parts import (
    MOST_DRAWN,
    PageParts,
    numeric,
    origins,
    pairs_table,
    seen_note,
    small_print,
    speed_tiles,
)
from coterie.pages.reading import reading_note
from coterie.report import Block, Grid, Line, Lines, Note, Section, Table, Tile
from coterie.workflows.evaluation.classes import ClassEvaluation
from coterie.workflows.evaluation.figures import FoldFigures
from coterie.workflows.evaluation.models import FEW_ROWS, EvaluatedClassifier
from coterie.workflows.evaluation.words import suspects_in_words

__all__ = ["class_parts"]

# what a page can hold and a person can read: judgements, not measured
_NAMED = 8  # labels in a warning
_BINS, _BIN_ROWS = 10, 5
_TELLING_ROWS = 20  # of fewer, the accuracy jumps
_GRID = np.linspace(0, 1, 201)
_WORST = 5

Floats = npt.NDArray[np.float64]


def class_parts(evaluation: ClassEvaluation) -> PageParts:
    """Give what the page shows of classifiers."""
    rows, unlabelled = evaluation.rows, evaluation.unlabelled
    models = evaluation.models
    columns: dict[str, Sequence[object]] = {
        "kind": [model.kind for model in models],
        "classes": [len(model.classes) for model in models],
        "threshold": [model.about.threshold for model in models],
        "accuracy over folds": [_over_folds(model.about.over_folds) for model in models],
    }
    labels = len(set(evaluation.truth.tolist()))
    return PageParts(
        verb="predicted",
        rows=words.rows_evaluated(rows, "labelled rows", unlabelled, "a label"),
        tiles=list(_tiles(evaluation)),
        warnings=list(_warnings(evaluation)),
        figures=_answers(evaluation),
        pairs=pairs_table(
            evaluation.differences,
            "accuracy higher by",
            {"only_first": "only it is right", "only_second": "only the other"},
            "{:+.1%}".format,
            sign=1,
            spec="+.1%",
            title="Is one better than another?",
            note=words.ACCURACY_PAIRS,
        ),
        sections=[
            _confidence(evaluation),
            _ranking(evaluation),
            confusion_matrices(evaluation),
            _classes(evaluation),
            mistakes(evaluation),
            *model_sections(evaluation),
        ],
        models=origins(models, columns),
        formats={"threshold": ".2f"},
        facts={
            "rows": f"{rows:,} with a label, {unlabelled:,} without",
            "labels": f"{labels:,} in “{evaluation.label}”",
        },
        files=words.FILES_OF_CLASSES,
    )


def _over_folds(found: FoldFigures | None) -> str:
    if found is None:
        return ""
    return f"{found.accuracy:.1%} ± {found.accuracy_sd:.1%} ({found.folds} folds)"


def _tiles(evaluation: ClassEvaluation) -> Iterator[Tile]:
    best, ceiling, positive = (
        evaluation.best_figures,
        evaluation.ceiling,
        evaluation.class_of_interest,
    )
    label, common = evaluation.baseline
    ends = words.interval_note((best.accuracy_low, best.accuracy_high), ".1%")
    note = f"{best.model}; {ends}; always “{label}”: {common:.1%}"
    yield Tile("accuracy", f"{best.accuracy:.1%}", note)
    if ceiling is not None:
        auc = "" if ceiling.auc is None else f"; its AUC {ceiling.auc:.3f}"
        yield Tile("upper limit", f"{ceiling.accuracy:.1%}", f"the data contain noise{auc}")
    if positive is not None and best.auc is not None:
        note = words.interval_note((best.intervals or {}).get("auc"), ".3f")
        note = note or "1 is perfect, 0.5 is guessing"
        yield Tile(f"AUC of “{positive}”", f"{best.auc:.3f}", note)
    if best.accuracy_assigned is not None:
        note = f"{best.accuracy_assigned:.1%} of these are right"
        yield Tile("assigned", f"{best.assigned:.1%}", note)
    elif best.assigned is not None:
        yield Tile("assigned", f"{best.assigned:.1%}", words.NONE_ASSIGNED)
    note = words.over_confidence(best.over_confidence or 0.0)
    yield Tile("calibration error", f"{best.ece:.3f}", note)
    yield from speed_tiles(best)


def _warnings(evaluation: ClassEvaluation) -> Iterator[Note]:
    for read in evaluation.readability:
        yield from reading_note(read)
    rows = evaluation.rows
    if evaluation.absent:
        text = words.ABSENT.format(" or ".join(evaluation.absent))
        yield Note(text, title="Classes without training rows.", kind="warning")
    if told := suspects_in_words(evaluation.best):
        yield Note(words.SUSPECT.format(told), title="Labels to check.")
    for model in evaluation.models:
        if model.unknown_rows:
            names = model.scores.unseen
            labels = ", ".join(names[:_NAMED])
            labels += f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
            text = words.UNKNOWN_LABELS.format(
                name=model.name, labels=labels, unknown=model.unknown_rows, rows=rows
            )
            yield Note(text, title="Labels that a model does not know.", kind="warning")
        yield from seen_note(model)


def _answers(evaluation: ClassEvaluation) -> Table:
    positive, ceiling = evaluation.class_of_interest, evaluation.ceiling
    rows: list[dict[str, object]] = []
    for figures in evaluation.figures:
        of = figures.positive
        rows.append(
            {
                "model": figures.model,
                "accuracy": figures.accuracy,
                "balanced": figures.balanced_accuracy,
                "precision": figures.macro_precision if of is None else of.precision,
                "recall": figures.macro_recall if of is None else of.recall,
                "F1": figures.macro_f1 if of is None else of.f1,
                "AUC": figures.auc,
                "AP": figures.average_precision,
                "calibration error": figures.ece,
                "assigned": figures.assigned,
                "accuracy of these": figures.accuracy_assigned,
            }
        )
    label, common = evaluation.baseline
    rows.append({"model": f"(always “{label}”)", "accuracy": common})
    if ceiling is not None:
        best = {"model": "(upper limit)", "accuracy": ceiling.accuracy, "AUC": ceiling.auc}
        rows.append(best)
    frame = numeric(pd.DataFrame(rows))
    shares = dict.fromkeys(("accuracy", "balanced", "assigned", "accuracy of these"), ".1%")
    formats = dict.fromkeys(frame.columns[3:9], ".3f") | shares
    of_what = "means over the classes" if positive is None else f"of the class “{positive}”"
    return Table(
        frame,
        title="Quality of the answers",
        formats=formats,
        note=words.ANSWERS.format(of=of_what),
        notes=_intervals(evaluation, formats),
    )


def _intervals(
    evaluation: ClassEvaluation, formats: Mapping[str, str]
) -> Mapping[str, Sequence[str]]:
    """Give the 95% intervals of the columns of figures, as far as there are any."""
    ends_of = [
        {"accuracy": (figures.accuracy_low, figures.accuracy_high), **(figures.intervals or {})}
        for figures in evaluation.figures
    ]
    names = {
        "accuracy": "accuracy",
        "balanced": "balanced_accuracy",
        "AUC": "auc",
        "AP": "average_precision",
        "calibration error": "ece",
        "assigned": "assigned",
        "accuracy of these": "accuracy_assigned",
    }
    macro = "macro_" if evaluation.class_of_interest is None else ""
    names |= {name: f"{macro}{name.lower()}" for name in ("precision", "recall", "F1")}
    return small_print(names, formats, ends_of)


def _confidence(evaluation: ClassEvaluation) -> Section:
    """Show what is gained by answering only where the model is sure, and what that is worth."""
    coverage, reliability = [], []
    for model in evaluation.ranked[:MOST_DRAWN]:
        sure = model.predictions.confidences
        curve = accuracy_coverage(model.correct, sure)
        telling = curve.x >= min(_TELLING_ROWS / len(sure), curve.x[-1])
        coverage.append(Line(model.name, curve.x[telling] * 100, curve.y[telling] * 100))
        bins = score_calibration(model.correct, sure, _BINS).table
        bins = bins[bins["rows"] >= min(_BIN_ROWS, len(sure))]
        x, y = (bins[name].to_numpy() * 100 for name in ("confidence", "accuracy"))
        reliability.append(Line(model.name, x, y))
    straight = Line("perfect", np.array([0.0, 100.0]), np.array([0.0, 100.0]))
    more = len(evaluation.models) > MOST_DRAWN
    shown = f" {words.MOST_ACCURATE.format(MOST_DRAWN)}" if more else ""
    charts = [
        Lines(
            coverage,
            x_label="coverage: share of the rows that are answered (%)",
            y_label="accuracy (%)",
            dots=False,
            title="Accuracy by coverage",
            note=words.COVERAGE + shown,
        ),
        Lines(
            [*reliability, straight],
            x_label="confidence (%)",
            y_label="accuracy (%)",
            title="Reliability of the confidence",
            note=words.RELIABILITY.format(_BIN_ROWS),
        ),
    ]
    blocks: list[Block] = [Grid(charts, columns=2), _statuses(evaluation)]
    return Section("Accuracy and confidence", blocks, intro=words.CONFIDENCE)


def _statuses(evaluation: ClassEvaluation) -> Table:
    rows, ends = [], []
    for model in evaluation.models:
        for status in (ASSIGNED, AMBIGUOUS, OUTSIDE, REFUSED):
            inside = model.predictions.statuses == status
            if status == REFUSED and not inside.any():
                continue
            rows.append(
                {
                    "model": model.name,
                    "status": status,
                    "rows": int(inside.sum()),
                    "share": float(inside.mean()),
                    "accuracy": float(model.correct[inside].mean()) if inside.any() else np.nan,
                }
            )
            ends.append(wilson_interval(int(model.correct[inside].sum()), int(inside.sum())))
    few = [between(each, ".1%") if row["rows"] in range(1, FEW_ROWS) else ""
           for row, each in zip(rows, ends, strict=True)]  # fmt: skip
    formats = {"share": ".1%", "accuracy": ".1%"}
    return Table(
        pd.DataFrame(rows),
        title="Statuses",
        formats=formats,
        note=words.STATUSES,
        notes={"accuracy": few},
    )


def _ranking(evaluation: ClassEvaluation) -> Section:
    """Show the ROC and precision-recall curves."""
    positive = evaluation.class_of_interest
    what = f"“{positive}”" if positive is not None else "the class"
    guess = Line("guessing", np.array([0.0, 1.0]), np.array([0.0, 1.0]))
    charts: list[Block] = []
    for draw, x_label, y_label, title, note in (
        (roc_curve, f"other rows answered as {what}", f"{what} found", "ROC curve", words.ROC),
        (
            precision_recall_curve,
            f"recall: share of {what} found",
            "precision: share of these that are right",
            "Precision and recall",
            words.PRECISION_RECALL,
        ),
    ):
        lines = []
        for model in evaluation.ranked[:MOST_DRAWN]:
            found = [draw(model.truth == name, share) for name, share in _shares(model, positive)]
            line = _mean_curve([curve for curve in found if len(curve.x)])
            if line is not None:
                lines.append(Line(model.name, line.x, line.y))
        if lines:
            lines += [guess] if draw is roc_curve else []
            charts.append(Lines(lines, x_label, y_label, dots=False, title=title, note=note))
    blocks: list[Block] = [Grid(charts, columns=2)] if charts else [Note(words.NO_CURVE)]
    if positive is None and charts:
        blocks.append(_worst_classes(evaluation.best))
    intro = words.RANKING if positive is None else words.RANKING_OF.format(positive)
    return Section("Ranking", blocks, intro=intro)


def _shares(model: EvaluatedClassifier, positive: str | None) -> Iterator[tuple[str, Floats]]:
    """Give the classes to draw that a model knows, and its probabilities of each."""
    for name, shares in zip(model.classes, model.predictions.probabilities.T, strict=True):
        if positive is None or name == positive:
            yield name, shares


def _mean_curve(curves: Sequence[Curve]) -> Curve | None:
    """Give the mean of curves over one axis; a single one as it is."""
    if len(curves) < 2:
        return curves[0] if curves else None
    heights = [np.interp(_GRID, curve.x, curve.y) for curve in curves]
    first = np.mean([curve.y[0] for curve in curves])  # a curve may rise where it begins
    return Curve(np.append(0.0, _GRID), np.append(first, np.mean(heights, axis=0)))


def _worst_classes(best: EvaluatedClassifier) -> Block:
    found = best.ranking.per_class.dropna(subset=["average_precision"])
    shares = dict(_shares(best, None))
    lines = []
    for name in found.nsmallest(_WORST, "average_precision")["class"]:
        curve = precision_recall_curve(best.truth == name, shares[name])
        lines.append(Line(name, curve.x, curve.y))
    return Lines(
        lines,
        x_label="recall",
        y_label="precision",
        dots=False,
        title=f"The hardest classes for {best.name}",
        note=words.HARDEST,
    )


def _classes(evaluation: ClassEvaluation) -> Section:
    """Show the figures of each class."""
    best = evaluation.best
    table, said = best.class_table, best.predictions
    taken = confused_pairs(best.truth, said.labels, said.confidences, best.shown, most=10_000)
    mostly = {
        pair["truth"]: f"{pair['predicted']} ({pair['share']:.1%})"
        for pair in taken.iloc[::-1].to_dict("records")
    }
    frame = table[["class", "rows", "precision", "recall", "f1", "roc_auc", "average_precision"]]
    frame = frame.assign(mostly=table["class"].map(mostly).fillna(""))
    frame.columns = pd.Index(
        ["class", "rows", "precision", "recall", "F1", "AUC", "AP", "mostly mistaken for"]
    )
    frame = frame.sort_values("F1", kind="stable", na_position="first")
    formats = dict.fromkeys(("precision", "recall"), ".1%")
    formats |= dict.fromkeys(("F1", "AUC", "AP"), ".3f")
    blocks: list[Block] = [Table(frame, title=best.name, formats=formats, note=words.PER_CLASS)]
    if len(evaluation.models) > 1:
        blocks.append(_classes_side_by_side(evaluation))
    return Section("Class by class", blocks, intro="The hardest classes first.")


def _classes_side_by_side(evaluation: ClassEvaluation) -> Table:
    rows = pd.Series(evaluation.truth).value_counts()
    frame = pd.DataFrame({"class": evaluation.classes})
    frame["rows"] = [int(rows.get(name, 0)) for name in evaluation.classes]
    for model in evaluation.models:
        f1 = model.scores.per_class.set_index("class")["f1"]
        frame[f"F1 {model.name}"] = [f1.get(name, np.nan) for name in evaluation.classes]
    formats = {str(name): ".3f" for name in frame.columns[2:]}
    return Table(frame, title="F1 of each class, model by model", formats=formats)
