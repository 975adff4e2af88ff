"""Labelled records into a classifier, judged on rows that it had not learnt from."""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.classifiers import Classifier, SoftVotingClassifier, TextClassifier
from coterie.encoders import EmbeddingCache
from coterie.errors import ColumnError, CoterieWarning, InputError, OptionError, StoreError
from coterie.metrics import paired_difference
from coterie.options import ModelPlan
from coterie.records import Records, texts_of
from coterie.segments.taxonomy.files import load_segmentation
from coterie.segments.taxonomy.rows import has_rows, load_rows
from coterie.workflows.evaluation.models import EvaluatedClassifier, evaluate_held
from coterie.workflows.training.models import make_classifier

__all__ = [
    "Candidate",
    "TrainResult",
    "rows_of",
    "segment_records",
    "train_classifier",
]

_CANDIDATES = ("few-shot", "linear", "mlp")
_TEXT = "text"


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """One model that ``auto`` tried.

    Attributes
    ----------
    name
        Of the model.
    classifier
        Fitted.
    judged
        On rows that it had not learnt from.
    """

    name: str
    classifier: Classifier
    judged: EvaluatedClassifier


@dataclass(frozen=True, slots=True, eq=False)
class TrainResult:
    """What was trained, and how it did on rows that it had not learnt from.

    Attributes
    ----------
    classifier
        Fitted on all labelled rows.
    judged
        Of the model that was taken.
    candidates
        All that were tried; one where the model was named.
    metrics
        All figures, as the manifest holds them.
    """

    classifier: Classifier
    judged: EvaluatedClassifier
    candidates: Sequence[Candidate]
    metrics: Mapping[str, Any]

    @property
    def model(self) -> Classifier:
        """The model."""
        return self.classifier

    @property
    def table(self) -> pd.DataFrame:
        """The candidates side by side, the chosen one marked."""
        columns = ("accuracy", "macro_f1", "log_loss", "ece")
        return pd.DataFrame(
            {
                "model": candidate.name,
                **{column: getattr(candidate.judged.figures, column) for column in columns},
                "chosen": candidate.classifier is self.classifier,
            }
            for candidate in self.candidates
        )


def train_classifier(
    records: Records,
    plan: ModelPlan | None = None,
    *,
    label: str | None = None,
    groups: npt.NDArray[np.object_] | None = None,
    expected: Sequence[str] = (),
    cache: EmbeddingCache | None = None,
) -> TrainResult:
    """Train a classifier on labelled records.

    Parameters
    ----------
    records
        With at least one label column; rows without a label are left out.
    plan
        Which model; the defaults when None.
    label
        The label column; None where there is only one.
    groups
        Shape (n,): rows of one value are never on both sides when the model is judged.
    expected
        Classes that should be there; those that are not are named in a warning.
    cache
        Where vectors are kept; the user's own when None.

    Raises
    ------
    ColumnError
        When there is no such label or context column.
    InputError
        When the labels give nothing to learn.
    OptionError
        When there is no such model.

    Warns
    -----
    CoterieWarning
        Names the expected classes that no row has.
    """
    label = label_of(records, label)
    cache = EmbeddingCache() if cache is None else cache
    plan = (plan or ModelPlan()).changed(texts=records.has_texts)
    labels = records.labels[label]
    rows = np.flatnonzero([value is not None for value in labels])
    if not len(rows):
        raise InputError(f"No row has a label in '{label}': name the column that holds them.")
    there = set(texts_of(labels[rows]))
    absent = [name for name in expected if name not in there]
    if absent:
        warnings.warn(
            f"No row is labelled {' or '.join(absent)}: the model will never say so.",
            CoterieWarning,
            stacklevel=2,
        )
    given = rows_of(records, plan.context, rows)
    names = labels[rows]
    own_groups = None if groups is None else groups[rows]

    def fitted(model: str) -> Candidate:
        made = make_classifier(plan.changed(model=model, members=_members(plan, model)), cache)
        made.fit(given, names, own_groups)
        return Candidate(model, made, evaluate_held(model, made, records, rows))

    if plan.model == "auto":
        candidates = _candidates(plan, fitted, records, rows)
    else:
        candidates = [fitted(plan.model)]
    chosen = _chosen(candidates)
    metrics = {
        **{k: v for k, v in chosen.judged.figures.to_dict().items() if k not in ("model", "kind")},
        "trained_on": len(rows),
        "unlabelled": len(records) - len(rows),
        "judged_on": chosen.judged.figures.rows,
        "threshold": chosen.classifier.confidence_.threshold,
    }
    if len(candidates) > 1:
        metrics["tried"] = {c.name: c.judged.figures.accuracy for c in candidates}
    return TrainResult(chosen.classifier, chosen.judged, candidates, metrics)


def rows_of(
    records: Records, context: Sequence[str], rows: npt.NDArray[np.integer[Any]] | None = None
) -> list[str] | pd.DataFrame:
    """Give records as classifiers take them: texts, or a frame of texts and context columns.

    Records without texts are a frame of context columns alone. Columns that the records do not
    have are left out: a classifier takes a row without context for an average one, and says so.
    """
    chosen = np.arange(len(records)) if rows is None else rows
    texts: list[str] = records.texts[chosen].tolist()
    if records.has_texts and not context:
        return texts
    there = [name for name in context if name in records.context.columns]
    frame = records.context[there].iloc[chosen].reset_index(drop=True)
    if not records.has_texts:
        return frame
    frame.insert(0, _TEXT, texts, allow_duplicates=True)
    return frame


def label_of(records: Records, wanted: str | None) -> str:
    """Name of the label column to learn from.

    Raises
    ------
    ColumnError
        When it is not there, or there are several and none is named.
    """
    if wanted is None and len(records.labels) == 1:
        return next(iter(records.labels))
    if not records.labels:
        raise ColumnError("No label column is named: say which one to learn from, with --label.")
    if wanted is None or wanted not in records.labels:
        named = ", ".join(records.labels)
        raise ColumnError(f"A model learns from one label column and there are {named}: name one.")
    return wanted


def segment_records(folder: str | Path) -> tuple[Records, Mapping[str, str], dict[str, Any]]:
    """Make labelled records of a folder that discover or assign wrote.

    Parameters
    ----------
    folder
        With a segmentation and its rows.

    Returns
    -------
    records
        Its rows; the label column ``segment`` holds the segment ids of rows that are core or
        assigned, and None for others.
    names
        Segment id to name.
    plan
        Encoder and pooling of the segmentation, as `ModelPlan` takes them.

    Raises
    ------
    StoreError
        When the folder holds no segmentation, or no rows.

    Warns
    -----
    CoterieWarning
        When the segments can still change.
    """
    segmentation = load_segmentation(folder)
    if not has_rows(folder):
        raise StoreError(
            f"{folder} holds segments and no rows to learn from: name a folder that discover or "
            "assign wrote."
        )
    rows = load_rows(folder)
    assignments = segmentation.predict(rows.vectors, fingerprint=rows.fingerprint)
    if not segmentation.frozen:
        warnings.warn(
            "These segments can still change, and the model would not follow: freeze them first "
            f"with coterie segments freeze {folder}.",
            CoterieWarning,
            stacklevel=2,
        )
    certain = np.isin(assignments.statuses.astype(str), ["core", "assigned"])
    labels = assignments.segments.copy()
    labels[~certain] = None
    n = len(rows)
    records = Records(
        ids=rows.ids,
        texts=rows.texts,
        sizes=np.ones(n, dtype=np.int64),
        rows=np.arange(1, n + 1),
        labels={"segment": labels},
        source=f"the segments in {Path(folder).name}",
    )
    names = {segment.id: segment.name for segment in segmentation.segments}
    pooling = "lines" if segmentation.encoder.pooling == "row" else "text"
    return records, names, {"encoder": segmentation.encoder.name, "pooling": pooling}


def _members(plan: ModelPlan, model: str) -> Sequence[str]:
    return plan.members if plan.model != "auto" and model == plan.model else ()


def _candidates(
    plan: ModelPlan, fitted: Any, records: Records, rows: npt.NDArray[np.int64]
) -> list[Candidate]:
    """Train the candidates of ``auto``, and let those with one kind of rows vote."""
    wanted = list(plan.members) or [
        name for name in _CANDIDATES if name != "mlp" or importlib.util.find_spec("torch")
    ]
    if len(set(wanted)) < len(wanted):
        raise OptionError("A candidate is named twice: name each once.")
    found = [fitted(name) for name in wanted]
    if len(found) > 1 and all(isinstance(each.classifier, TextClassifier) for each in found):
        members = [cast("TextClassifier", each.classifier) for each in found]
        vote = SoftVotingClassifier.of(members, accuracy=plan.accuracy)
        found.append(Candidate("voting", vote, evaluate_held("voting", vote, records, rows)))
    return found


def _chosen(candidates: Sequence[Candidate]) -> Candidate:
    """Choose the most accurate; an earlier, simpler one where the difference may be chance."""
    best = max(candidates, key=lambda each: each.judged.scores.accuracy)
    for candidate in candidates:
        if candidate is best or not _beats(best, candidate):
            return candidate
    return best


def _beats(one: Candidate, other: Candidate) -> bool:
    """Whether one is better than the other beyond chance, on the rows that both were judged on."""
    _, at, its = np.intersect1d(one.judged.ids, other.judged.ids, return_indices=True)
    return paired_difference(one.judged.correct[at], other.judged.correct[its]).low > 0
