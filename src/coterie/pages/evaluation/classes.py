"""The parts of the page that are of classifiers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.formatting import between, format_number
from coterie.metrics import (
    Curve,
    accuracy_coverage,
    confused_pairs,
    confusion,
    precision_recall_curve,
    roc_curve,
    score_calibration,
    wilson_interval,
)
from coterie.pages.evaluation import words
from coterie.pages.evaluation.models import model_sections
from coterie.pages.evaluation.parts import (
    EXCERPT,
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
from coterie.records import CONCEPTS
from coterie.report import Bars, Block, Grid, HeatMap, Line, Lines, Note, Section, Table, Tile
from coterie.report.heatmap import diagonal_order
from coterie.workflows.evaluation.classes import ClassEvaluation
from coterie.workflows.evaluation.columns import written
from coterie.workflows.evaluation.figures import FoldFigures
from coterie.workflows.evaluation.mistakes import kinds_of_mistakes, known_of
from coterie.workflows.evaluation.models import FEW_ROWS, EvaluatedClassifier
from coterie.workflows.evaluation.words import suspects_in_words

__all__ = ["class_parts"]

# what a page can hold and a person can read: judgements, not measured
_NAMED = 8  # labels in a warning
_BINS, _BIN_ROWS = 10, 5
_TELLING_ROWS = 20  # of fewer, the accuracy jumps
_GRID = np.linspace(0, 1, 201)
_WORST = 5
_MATRIX, _SMALL_MATRIX, _MATRICES = 25, 8, 3
_SHOWN, _COLUMNS, _FEW_COLUMNS = 30, 5, 3
_OTHERS = "(others)"

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
            _confusion(evaluation),
            _classes(evaluation),
            _mistakes(evaluation),
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
        for status in ("assigned", "ambiguous", "outside"):
            inside = model.predictions.statuses == status
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


def _confusion(evaluation: ClassEvaluation) -> Section:
    """Show what is taken for what."""
    large = len(evaluation.classes) > _SMALL_MATRIX
    shown = evaluation.ranked[:_MATRICES] if large else evaluation.models
    matrices = [_matrix(evaluation, model) for model in shown]
    side_by_side = not large and len(matrices) > 1
    blocks: list[Block] = [Grid(matrices, columns=2)] if side_by_side else list(matrices)
    told = [words.CONFUSION]
    if len(evaluation.classes) > _MATRIX:
        told.append(words.CONFUSION_SHOWN.format(len(evaluation.classes), _MATRIX))
    if len(shown) < len(evaluation.models):
        told.append(words.MOST_ACCURATE.format(_MATRICES))
    return Section("Confusion matrix", blocks, intro=" ".join(told))


def _matrix(evaluation: ClassEvaluation, model: EvaluatedClassifier) -> HeatMap:
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
        counted=True,
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


def _mistakes(evaluation: ClassEvaluation) -> Section:
    """Show the mistakes to read first, with what is known of their rows."""
    best, models = evaluation.best, evaluation.models
    wrong = int((~best.correct).sum())
    if not wrong:
        return Section("Mistakes", [Note(words.NO_ERRORS.format(best.name), kind="good")])
    everywhere = int(np.all([~model.correct for model in models], axis=0).sum())
    several = len(models) > 1
    every = "Both models" if len(models) == 2 else f"All {len(models)} models"
    shared = words.SHARED.format(models=every, rows=everywhere) if several else ""
    blocks = [*_importances(best), _kinds(best), _most_confident(best)]
    rows = len(best.truth)
    intro = words.MISTAKES.format(name=best.name, wrong=wrong, rows=rows, shared=shared)
    return Section("Mistakes", blocks, intro=intro)


def _importances(best: EvaluatedClassifier) -> Iterator[Bars]:
    found = best.importances
    if found is None or len(found) < 2 or not (found["fall"] > 0).any():
        return
    yield Bars(
        labels=found["column"].tolist(),
        values=found["fall"].clip(lower=0).to_numpy(),
        title=words.COLUMNS_THAT_MATTER.format(best.name),
        note=words.IMPORTANCE,
        format=".3f",
    )


def _kinds(best: EvaluatedClassifier) -> Table:
    """Show which labels are taken for which, and what these rows have in common."""
    kinds = kinds_of_mistakes(best)
    firsts = [examples[0] for examples in kinds["examples"]]
    frame = pd.DataFrame(
        {
            "true": kinds["truth"],
            "answer": kinds["predicted"],
            "rows": kinds["count"],
            "share of the label": kinds["share"],
        }
    )
    note = ""
    if best.known is not None:
        common = [each.to_dict("records") for each in kinds["common"]]
        frame[words.COMMON] = [
            "; ".join(words.COMMON_VALUE.format(**value) for value in values) or format_number(None)
            for values in common
        ]
        measured = best.importances is not None
        columns = words.COLUMNS_IMPORTANT if measured else words.COLUMNS_GIVEN
        note = words.COMMON_NOTE.format(columns=columns)
    excerpts = {}
    if any(best.texts):
        frame["such as"] = [best.shown[at] for at in firsts]
        excerpts["such as"] = [best.excerpts.get(at, best.shown[at]) for at in firsts]
    return Table(
        frame,
        title="Most confused",
        formats={"share of the label": ".1%"},
        limit=10,
        note=note,
        cut={"such as": EXCERPT},
        excerpts=excerpts,
    )


def _most_confident(best: EvaluatedClassifier) -> Table:
    said = best.predictions
    rows = np.flatnonzero(~best.correct)
    rows = rows[np.argsort(-said.confidences[rows], kind="stable")][:_SHOWN]
    frame = pd.DataFrame(
        {
            "id": best.ids[rows],
            "true": best.truth[rows],
            "answer": said.labels[rows],
            "confidence": said.confidences[rows],
        }
    )
    note, excerpts = words.CONFIDENT, {}
    if any(best.texts):
        frame["text"] = best.shown[rows]
        excerpts["text"] = [best.excerpts.get(at, best.shown[at]) for at in rows.tolist()]
        note += words.EXPANDABLE if best.excerpts else ""
    known = known_of(best, telling=True)
    if best.importances is not None and len(known.columns):
        most = _FEW_COLUMNS if any(best.texts) else _COLUMNS
        shown = written(known.iloc[rows, :most]).reset_index(drop=True)
        shown.columns = pd.Index([_apart(name, frame) for name in shown])
        frame = pd.concat([frame, shown.fillna("")], axis=1)
        if len(shown.columns) < len(known.columns):
            note += words.COLUMNS_FIRST.format(len(shown.columns))
        if best.concepts and CONCEPTS in shown:
            told = ["; ".join(best.concepts.get(at, ())) for at in rows.tolist()]
            whole = frame[CONCEPTS].tolist()
            excerpts[CONCEPTS] = [part or all_of for part, all_of in zip(told, whole, strict=True)]
            note += words.CONCEPTS_SHOWN
    return Table(
        frame,
        title="Most confident mistakes",
        formats={"confidence": ".1%"},
        limit=10,
        note=note,
        cut={str(name): EXCERPT for name in frame.columns[4:]},
        excerpts=excerpts,
    )


def _apart(name: object, frame: pd.DataFrame) -> str:
    return f"{name} (column)" if name in frame else str(name)
