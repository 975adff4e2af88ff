"""Feedback put together with the training rows: what is new, what overrules, what contradicts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.classifiers import Classifier
from coterie.errors import InputError, NoRowsError
from coterie.records import Records, rejects_frame, texts_of
from coterie.workflows.prediction.predict import context_of
from coterie.workflows.training.rows import rows_of

__all__ = [
    "ALREADY_KNOWN",
    "CONTRADICTED",
    "NEW",
    "OVERRULES",
    "UNLABELLED",
    "Feedback",
    "join_records",
    "merge_feedback",
]

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Hashes = npt.NDArray[np.uint64]

NEW = "learnt from"
OVERRULES = "overrules training rows"
ALREADY_KNOWN = "already in training"
CONTRADICTED = "contradicts other feedback"
UNLABELLED = "no label"
_USES = (NEW, OVERRULES, ALREADY_KNOWN, CONTRADICTED, UNLABELLED)


@dataclass(frozen=True, slots=True, eq=False)
class Feedback:
    """Training rows and feedback, put together.

    Attributes
    ----------
    original
        The n training rows, with labels that feedback overruled.
    new
        The m rows of feedback that are learnt from besides.
    given
        All rows of feedback.
    used
        What became of each of them, in order.
    overruled
        Training rows whose label feedback overruled.
    unseen
        Shape (m,): which of the new rows the old version was not trained on.
    keys
        Shape (n + m,), uint64: hashes of the content of the training rows and the new ones.
    label
        Name of the column of the truth in all of these.
    """

    original: Records
    new: Records
    given: Records
    used: npt.NDArray[np.object_]
    overruled: int
    unseen: Bools
    keys: Hashes
    label: str

    @property
    def counts(self) -> dict[str, int]:
        """What became of the rows of feedback, and how many."""
        found = Counter(self.used.tolist())
        return {name: found[name] for name in _USES}

    @property
    def truth(self) -> npt.NDArray[np.object_]:
        """The label of each row, (n + m,), as text."""
        return np.concatenate(
            [texts_of(each.labels[self.label]) for each in (self.original, self.new)]
        )

    @property
    def new_classes(self) -> list[str]:
        """Classes that no training row has."""
        before = set(texts_of(self.original.labels[self.label]).tolist())
        return sorted(set(texts_of(self.new.labels[self.label]).tolist()) - before)


def merge_feedback(
    classifier: Classifier, original: Records, given: Records, label: str
) -> Feedback:
    """Put feedback together with the training rows.

    A row whose content the training rows have, with the same label, is already known. With another
    label, feedback is right: it is younger, and a person looked at this very row. Where rows of
    feedback contradict each other, the youngest is right if there are times, else the label of most
    of them; where these tie, none is used.

    Parameters
    ----------
    classifier
        The old version, which says what of a row counts.
    original, given
        Training rows and feedback, both with the column ``label``.

    Raises
    ------
    NoRowsError
        When no row of feedback has a label, or there is nothing new in it.
    """
    original = _labelled(original, label)
    columns = context_of(classifier)
    truth, times = texts_of(given.labels[label]), given.time
    used = np.full(len(given), NEW, dtype=object)
    used[[value is None for value in truth]] = UNLABELLED
    known = np.flatnonzero(used == NEW)
    if not len(known):
        raise NoRowsError(
            f"No row of {given.source} has a label in '{label}': fill it in, or name the column "
            "of the truth with --label (label=)."
        )
    hashes = classifier.contents(rows_of(given, columns))
    settled = _settle(hashes, truth, times, known)
    used[known[[settled[int(hashes[row])] is None for row in known]]] = CONTRADICTED
    its_hashes = classifier.contents(rows_of(original, columns))
    labels, its_truth = original.labels[label].copy(), texts_of(original.labels[label])
    values = _values(original.labels[label], given.labels[label])
    there, overruled = set(its_hashes.tolist()), set[int]()
    for row in np.flatnonzero(np.isin(its_hashes, hashes[known])).tolist():
        said = settled.get(int(its_hashes[row]))
        if said is not None and said != its_truth[row]:
            labels[row] = values[said]
            overruled.add(row)
    changed = {int(its_hashes[row]) for row in overruled}
    for row in np.flatnonzero(used == NEW).tolist():
        key = int(hashes[row])
        if key in there:
            used[row] = OVERRULES if key in changed else ALREADY_KNOWN
    rows = np.flatnonzero(used == NEW)
    if not len(rows) and not overruled:
        raise NoRowsError(
            f"There is nothing new in {given.source}: the model was trained on all of its rows "
            "with the same labels."
        )
    new_labels = np.empty(len(rows), dtype=object)
    new_labels[:] = [values[str(settled[int(hashes[row])])] for row in rows]
    new = given.take(rows)
    trained = getattr(classifier, "rows_", None)
    unseen = np.ones(len(rows), np.bool_) if trained is None else ~trained.among(hashes[rows])
    return Feedback(
        original=replace(original, labels={label: labels}),
        new=replace(new, labels={label: new_labels}),
        given=given,
        used=used,
        overruled=len(overruled),
        unseen=unseen,
        keys=np.concatenate([its_hashes, hashes[rows]]),
        label=label,
    )


def _labelled(records: Records, label: str) -> Records:
    rows = np.flatnonzero([value is not None for value in records.labels[label]])
    if not len(rows):
        raise InputError(f"No row of {records.source} has a label in '{label}': name its table.")
    return records.take(rows)


def _settle(
    hashes: Hashes, truth: npt.NDArray[Any], times: npt.NDArray[np.datetime64] | None, known: Ints
) -> dict[int, str | None]:
    """Give the label of each content; None where feedback contradicts itself."""
    said: defaultdict[int, list[int]] = defaultdict(list)
    for row in known.tolist():
        said[int(hashes[row])].append(row)
    return {key: _label_of(truth, times, rows) for key, rows in said.items()}


def _label_of(
    truth: npt.NDArray[Any], times: npt.NDArray[np.datetime64] | None, rows: Sequence[int]
) -> str | None:
    labels = {truth[row] for row in rows}
    if len(labels) > 1 and times is not None:
        dated = [row for row in rows if not np.isnat(times[row])]
        last = max((times[row] for row in dated), default=None)
        youngest = {truth[row] for row in dated if times[row] == last}
        labels = youngest or labels
    if len(labels) > 1:
        (first, most), (_, second) = Counter(truth[row] for row in rows).most_common(2)
        labels = {first} if most > second else labels
    return str(next(iter(labels))) if len(labels) == 1 else None


def _values(original: npt.NDArray[Any], given: npt.NDArray[Any]) -> dict[str, Any]:
    """Give a label as text as the training rows write it, else as feedback does."""
    found: dict[str, Any] = {}
    for column in (given, original):
        known = [value for value in column.tolist() if value is not None]
        found |= dict(zip(texts_of(np.array(known, dtype=object)).tolist(), known, strict=True))
    return found


def join_records(parts: Sequence[Records], *, label: str, source: str = "") -> Records:
    """Put records together, with ids of their own where one occurs twice."""
    if len(parts) == 1:
        return parts[0]
    ids = np.concatenate([each.ids for each in parts])
    twice = pd.Series(ids, dtype=object).duplicated(keep=False).to_numpy()
    names = np.concatenate([np.full(len(each), each.source, dtype=object) for each in parts])
    places = np.concatenate([np.arange(1, len(each) + 1) for each in parts])
    marked = zip(ids[twice], names[twice], places[twice], strict=True)
    ids = ids.copy()
    ids[twice] = [f"{each} ({name}, {place})" for each, name, place in marked]
    contexts = [each.context.reindex(range(len(each))) for each in parts]
    context = pd.concat(contexts, ignore_index=True)
    timed = [
        np.full(len(each), np.datetime64("NaT", "ns")) if each.time is None else each.time
        for each in parts
    ]
    originals = any(each.originals is not None for each in parts)
    rejects = pd.concat([each.rejects for each in parts], ignore_index=True)
    n = len(ids)
    return Records(
        ids=ids,
        texts=np.concatenate([each.texts for each in parts]),
        sizes=np.ones(n, dtype=np.int64),
        rows=np.arange(1, n + 1),
        labels={label: np.concatenate([each.labels[label] for each in parts])},
        context=context,
        time=np.concatenate(timed) if any(each.time is not None for each in parts) else None,
        rejects=rejects if len(rejects) else rejects_frame(),
        source=source or ", ".join(dict.fromkeys(each.source for each in parts)),
        originals=np.concatenate([each.shown for each in parts]) if originals else None,
    )
