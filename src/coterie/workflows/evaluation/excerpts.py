"""The part of a long text that speaks most for an answer."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.classifiers import Classifier, EnsembleClassifier, Predictions, with_cache
from coterie.classifiers.features.clients import concepts_of, key_of, without_concept
from coterie.encoders import EmbeddingCache
from coterie.errors import CoterieWarning
from coterie.metrics import confused_pairs
from coterie.records import Records, texts_of
from coterie.workflows.prediction.predict import context_of
from coterie.workflows.training.rows import rows_of

__all__ = ["LONG", "MISTAKES", "mistake_concepts", "mistake_excerpts"]

LONG = 160
"""Characters of a text from which on only a part of it is shown first; a judgement."""

MISTAKES = 30
"""Mistakes, and kinds of mistakes, that a page lists."""

# judgements, not measured: parts shown of a text, parts of it that are looked at, concepts shown
_SHOWN, _PARTS, _CONCEPTS = 2, 60, 3
_SENTENCES = re.compile(r"(?<=[.!?])\s+")
_BETWEEN = " … "

Ints = npt.NDArray[np.int64]


def _to_read(
    truth: npt.NDArray[np.object_], said: Predictions, texts: npt.NDArray[np.object_]
) -> list[int]:
    """Give the rows of the most confident mistakes, and of the first of each kind."""
    wrong = np.flatnonzero(said.labels != truth)
    wrong = wrong[np.argsort(-said.confidences[wrong], kind="stable")]
    firsts: dict[tuple[str, str], int] = {}
    for at in wrong.tolist():
        firsts.setdefault((truth[at], said.labels[at]), at)
    kinds = confused_pairs(truth, said.labels, said.confidences, texts, most=MISTAKES)
    pairs = zip(kinds["truth"], kinds["predicted"], strict=True)
    return sorted({*wrong[:MISTAKES].tolist(), *(firsts[pair] for pair in pairs)})


def mistake_excerpts(
    classifier: Classifier,
    records: Records,
    truth: npt.NDArray[np.object_],
    said: Predictions,
    cache: EmbeddingCache | None,
) -> dict[int, str]:
    """Find what speaks for the wrong answers in the long texts of the mistakes to read first.

    Each line of a text, or sentence where it has few lines, is predicted alone, with the columns
    of its row. Those in which the wrong answer has most against the label are given, in their
    order.
    """
    if not records.has_texts or records.vectors is not None:
        return {}
    shown = records.shown
    rows = [at for at in _to_read(truth, said, shown) if len(shown[at]) > LONG]
    parts = {at: part for at in rows if len(part := _parts_of(shown[at])) > _SHOWN}
    if not parts:
        return {}
    own = np.repeat(list(parts), [len(each) for each in parts.values()])
    texts = [part for each in parts.values() for part in each]
    asked = _rows(classifier, records, own, texts)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CoterieWarning)  # of the rows, which were predicted before
        shares = np.log(np.maximum(with_cache(classifier, cache).predict_proba(asked), 1e-12))
    place = {name: at for at, name in enumerate(texts_of(classifier.classes_).tolist())}
    answers = np.array([place[name] for name in said.labels[own]])
    labels = np.array([place.get(name, -1) for name in truth[own]])
    everywhere = np.arange(len(own))
    against = np.where(labels >= 0, shares[everywhere, labels], shares.mean(axis=1))
    scores = shares[everywhere, answers] - against
    found = {}
    for at, each in parts.items():
        best = np.sort(np.argsort(-scores[own == at], kind="stable")[:_SHOWN])
        found[at] = _joined(each, best.tolist())
    return found


def mistake_concepts(
    model: EnsembleClassifier,
    rows: pd.DataFrame,
    truth: npt.NDArray[np.object_],
    said: Predictions,
    cache: EmbeddingCache | None,
) -> dict[int, list[str]]:
    """Find the concepts that speak most for the wrong answers of the mistakes to read first.

    Those, three at most, without which the probability of the answer falls most.
    """
    if model.concepts is None or model.concepts not in rows:
        return {}
    cells = rows[model.concepts].tolist()
    variants, own, left = [], [], []
    for at in _to_read(truth, said, np.full(len(truth), "", dtype=object)):
        concepts = concepts_of(cells[at], at, model.concepts)
        for key, concept in {key_of(each): each for each in reversed(concepts)}.items():
            variants.append(without_concept(concepts, key))
            own.append(at)
            left.append(concept)
    if not own:
        return {}
    asked = rows.iloc[own].reset_index(drop=True)
    asked[model.concepts] = pd.Series(variants, dtype=object)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CoterieWarning)
        shares = with_cache(model, cache).predict_proba(asked)
    place = {name: at for at, name in enumerate(texts_of(model.classes_).tolist())}
    table = pd.DataFrame({"row": own, "concept": left})
    answers = [place[name] for name in said.labels[own]]
    whole = said.probabilities[own, answers]
    table["fall"] = whole - shares[np.arange(len(own)), answers]
    table = table[table["fall"] > 0].sort_values("fall", ascending=False, kind="stable")
    found: dict[int, list[str]] = {}
    for row, concept in zip(table["row"], table["concept"], strict=True):
        found.setdefault(row, []).append(concept)
    return {row: concepts[:_CONCEPTS] for row, concepts in found.items()}


def _parts_of(text: str) -> list[str]:
    """Cut a text into its lines, or into its sentences where it has few lines; the first 60."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) <= _SHOWN:
        lines = [part for line in lines for part in _SENTENCES.split(line)]
    return lines[:_PARTS]


def _joined(parts: list[str], chosen: Iterable[int]) -> str:
    """Join some parts of a text, with a sign where something is left out."""

    def pieces() -> Iterator[str]:
        last = -1
        for at in chosen:
            yield (_BETWEEN if at > last + 1 else " ") + parts[at]
            last = at
        yield _BETWEEN if last < len(parts) - 1 else ""

    return "".join(pieces()).strip()


def _rows(classifier: Classifier, records: Records, rows: Ints, texts: list[str]) -> Any:
    """Make rows as the model takes them, with other texts."""
    given = rows_of(records, context_of(classifier), rows)
    if not isinstance(given, pd.DataFrame):
        return texts
    given.isetitem(0, list(texts))
    return given
