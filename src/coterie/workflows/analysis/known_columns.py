"""What is known of the columns that the rules of recommendations may read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from coterie.classifiers import EnsembleRegressor
from coterie.records import CONCEPTS, Settled
from coterie.search.filters.checking import read_number
from coterie.search.schema import Column, Schema
from coterie.search.storage.reader import IndexReader
from coterie.workflows.analysis.firing import rule_schema
from coterie.workflows.analysis.model import AnalysedModel
from coterie.workflows.columns import context_encoders

__all__ = ["columns_known", "model_schema"]


def model_schema(model: AnalysedModel, known: Sequence[Column]) -> Schema:
    """Say what rules can read of a prediction of a model, see `bind_rules`."""
    number = isinstance(model.classifier, EnsembleRegressor)
    classes = [] if number else model.classifier.classes_.tolist()
    return rule_schema(known, classes, number=number)


def columns_known(
    model: AnalysedModel,
    given: Mapping[str, Any],
    *,
    columns: Sequence[Column] = (),
    index: IndexReader | None = None,
) -> list[Column]:
    """Say what is known of the columns that rules may read.

    Those of a service count first, then those of the index, of the model and of its training, and
    at last those that are given.
    """
    found = {column.name: column for column in columns}
    label = model.schema.get("label")
    for column in () if index is None else index.schema:
        if column.name != label:
            found.setdefault(column.name, column)
    for encoder in context_encoders(model.classifier):
        for learnt in encoder.columns:
            kind = Column(learnt.name, "number") if learnt.numeric else Column(learnt.name, "text")
            found.setdefault(learnt.name, kind)
    settled = Settled.from_dict(model.schema.get("settled", {}))
    for name in (*model.schema.get("context", ()), *given):
        if name == CONCEPTS:
            continue
        if name in settled.dates:
            column = Column(name, "date")
        elif name in settled.decimals or _is_number(given.get(name)):
            column = Column(name, "number")
        else:
            column = Column(name, "truth" if isinstance(given.get(name), bool) else "text")
        found.setdefault(name, column)
    return list(found.values())


def _is_number(value: Any) -> bool:
    if isinstance(value, bool):
        return False
    return isinstance(value, int | float) or (
        isinstance(value, str) and read_number(value) is not None
    )
