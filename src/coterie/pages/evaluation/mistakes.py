"""The section about the wrong answers of a classifier."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from coterie.formatting import format_number
from coterie.pages.evaluation import words
from coterie.pages.evaluation.parts import (
    EXCERPT,
)
from coterie.records import CONCEPTS
from coterie.report import Bars, Note, Section, Table
from coterie.workflows.evaluation.classes import ClassEvaluation
from coterie.workflows.evaluation.columns import written
from coterie.workflows.evaluation.mistakes import kinds_of_mistakes, known_of
from coterie.workflows.evaluation.models import EvaluatedClassifier

__all__ = ["mistakes"]

_SHOWN, _COLUMNS, _FEW_COLUMNS = 30, 5, 3


def mistakes(evaluation: ClassEvaluation) -> Section:
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
