"""What the prediction log teaches: which rows to label, and which of two versions is better."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

from coterie.metrics.versions import compare_same_rows, compare_split_rows
from coterie.options import LabellingOptions, LogFilters
from coterie.prediction_log import Entry, PredictionLog
from coterie.serve.answers.served import Served
from coterie.serve.forms import Traffic, Variant
from coterie.verbs.model import Model
from coterie.verbs.service.labelling import to_label_with
from coterie.workflows.logged import as_rows, unlabelled_rows

__all__ = ["compare_versions", "rows_to_label"]


def rows_to_label(
    log: PredictionLog, served: Served, n: int, *, seed: int = 0
) -> list[dict[str, Any]]:
    """Choose logged rows whose truth would teach a model most, by doubt and by variety.

    Raises
    ------
    InputError
        When there are none, or the log keeps no texts and the model reads them.
    OptionError
        When the model estimates a number.
    """
    table = unlabelled_rows(log, served.model)
    model = Model(
        served.model.classifier,
        as_rows(served.model.schema),
        served.model.manifest.metrics,
        home=served.model.home,
    )
    chosen = to_label_with(model, table, LabellingOptions(n=min(n, len(table)), id="id", seed=seed))
    rows = chosen.table.astype(object).where(chosen.table.notna(), None).to_dict("records")
    return [
        {"prediction_id": row["id"]}
        | {str(name): value for name, value in row.items() if name not in ("id", "label")}
        for row in rows
    ]


def compare_versions(log: PredictionLog, traffic: Traffic) -> list[dict[str, Any]]:
    """Compare versions by the truths in the log.

    Variants with the first of them, on the customers that each answered; shadows with the answers
    beside which they were asked, on the same rows. Memory grows with the truths.
    """
    if not traffic.variants:
        return []
    first, *others = traffic.variants
    base = _right(log, first)
    found = [
        compare_split_rows(
            [right for right, _ in base],
            [right for right, _ in own],
            customers_a=[person for _, person in base],
            customers_b=[person for _, person in own],
            names=(_name(first), _name(each)),
        ).to_dict()
        for each, own in ((each, _right(log, each)) for each in others)
    ]
    return [*found, *chain.from_iterable(_shadows(log, each) for each in traffic.shadow)]


def _right(log: PredictionLog, variant: Variant) -> list[tuple[bool, str | None]]:
    """Whether each answer of a version was right, and whose it was."""
    wanted = LogFilters(
        model=variant.model, version=variant.version, role="answer", has_feedback=True
    )
    return [(each.label == each.truth, each.person) for each in log.stream(wanted)]


def _shadows(log: PredictionLog, shadow: Variant) -> Iterator[dict[str, Any]]:
    """Compare a shadow with the answers of the same rows."""
    answers = {each.id: each for each in log.stream(LogFilters(role="answer", has_feedback=True))}
    wanted = LogFilters(model=shadow.model, version=shadow.version, role="shadow")
    pairs: dict[str, list[tuple[Entry, Entry]]] = {}
    for each in log.stream(wanted):
        answer = answers.get(each.answer_id or "")
        if answer is not None:
            pairs.setdefault(f"{answer.model}:{answer.version}", []).append((answer, each))
    for name, both in pairs.items():
        yield compare_same_rows(
            [answer.label == answer.truth for answer, _ in both],
            [asked.label == answer.truth for answer, asked in both],
            customers=[answer.person for answer, _ in both],
            names=(name, _name(shadow)),
        ).to_dict()


def _name(variant: Variant) -> str:
    return variant.model if variant.version is None else f"{variant.model}:{variant.version}"
