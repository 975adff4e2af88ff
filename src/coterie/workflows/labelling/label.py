"""Records that nobody labelled into those that are worth a label."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import cast

import numpy as np
import numpy.typing as npt

from coterie.classifiers import (
    AMBIGUOUS,
    ASSIGNED,
    OUTSIDE,
    Classifier,
    EnsembleRegressor,
    Model,
    Predictions,
    TextClassifier,
    with_cache,
)
from coterie.encoders import EmbeddingCache, Vectors
from coterie.errors import NoRowsError, OptionError
from coterie.formatting import counted, percent
from coterie.progress import current
from coterie.records import Records
from coterie.workflows.labelling.choosing import AT_RANDOM, ChosenRows, choose_rows
from coterie.workflows.labelling.result import LabellingResult
from coterie.workflows.prediction.predict import (
    class_names_of,
    context_of,
    decide_records,
)
from coterie.workflows.reading import check_model
from coterie.workflows.training.rows import rows_of

__all__ = ["choose_to_label"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_CLEAR = 0.5  # margin from which on a row is not said to be between two classes: a judgement


def choose_to_label(
    model: Model,
    records: Records,
    n: int = 50,
    *,
    at_random: float = 0.1,
    seed: int = 0,
    cache: EmbeddingCache | None = None,
) -> LabellingResult:
    """Choose the records whose labels would teach a model most.

    By doubt: the margin between the two most probable classes, and whether a text is outside. By
    variety: doubtful rows from everywhere, and no two that say the same. A share is drawn at
    random, so that what the model is wrongly sure of can be seen too.

    Parameters
    ----------
    model
        A classifier; it is not changed.
    records
        n rows without labels, read as those of the training were. Rows whose content the model was
        trained on are left out, and all but the first of rows with the same content.
    n
        How many to choose.
    at_random
        Share of them that is drawn at random, 0 to 1.
    seed
        The same seed chooses the same rows.
    cache
        Where vectors are kept; the user's own when None.

    Raises
    ------
    OptionError
        When the model estimates a number.
    NoRowsError
        When no row is left to choose from.

    Notes
    -----
    Beside the predictions, time grows with rows times ``n``; nothing of all pairs of rows is made.
    Rows are compared by their vectors, or where a model reads none by their probabilities.
    """
    if isinstance(model, EnsembleRegressor):
        raise OptionError(
            "The model estimates a number, and rows are chosen by classes: name a classifier."
        )
    classifier: Classifier = model
    fresh, known, repeated = _fresh(classifier, records)
    if not len(fresh):
        raise NoRowsError(
            f"The model was trained on all rows of {records.source}: give rows that it was not "
            "trained on."
        )
    pool = records.take(fresh)
    check_model(classifier, pool)
    said = cast("Predictions", decide_records(classifier, pool, cache))
    space = _space(classifier, pool, said, cache)
    with current().stage("Choosing rows to label"):
        likeliest = np.nan_to_num(said.probabilities).argmax(axis=1)
        found = choose_rows(
            _doubt(said), space, n, classes=likeliest, at_random=at_random, seed=seed
        )
    names = class_names_of(classifier)
    at = found.rows
    labels = said.labels[at]
    return LabellingResult(
        records=records,
        chosen=replace(found, rows=fresh[at]),
        predicted=labels,
        names=tuple(names.get(str(label), "") for label in labels.tolist()),
        confidences=said.confidences[at],
        statuses=said.statuses[at],
        reasons=_reasons(said, found, names),
        columns=context_of(classifier),
        known=known,
        repeated=repeated,
        statuses_of_all=_counts(said.statuses),
    )


def _counts(statuses: npt.NDArray[np.object_]) -> dict[str, int]:
    found = Counter(statuses.tolist())
    usual = {status: found[status] for status in (ASSIGNED, AMBIGUOUS, OUTSIDE)}
    return usual | {name: rows for name, rows in found.items() if name not in usual}


def _fresh(classifier: Classifier, records: Records) -> tuple[Ints, int, int]:
    """Give the first row of each content that is new to a model; count those known and repeated."""
    hashes = classifier.contents(rows_of(records, context_of(classifier)))
    rows = getattr(classifier, "rows_", None)
    known = np.zeros(len(records), np.bool_) if rows is None else rows.among(hashes)
    new = np.flatnonzero(~known)
    first = np.sort(np.unique(hashes[new], return_index=True)[1])
    return new[first].astype(np.int64), int(known.sum()), len(new) - len(first)


def _doubt(said: Predictions) -> Floats:
    """Give 1 less the margin of the two most probable classes, (m,); 1 for rows outside."""
    two = np.partition(np.nan_to_num(said.probabilities), -2, axis=1)[:, -2:]
    doubt: Floats = 1 - (two[:, 1] - two[:, 0])
    return np.where(said.statuses == OUTSIDE, 1.0, doubt)


def _space(
    classifier: Classifier, records: Records, said: Predictions, cache: EmbeddingCache | None
) -> Vectors:
    """Give where rows are, (m, d) of unit length: their vectors, or roots of their probabilities.

    The roots are of unit length, and their distance is that of Hellinger.
    """
    if records.vectors is not None:
        return records.vectors.values
    first = getattr(classifier, "members_", [classifier])[0]
    if records.has_texts and isinstance(first, TextClassifier):
        return with_cache(first, cache).embed(records.texts.tolist())
    found: Vectors = np.sqrt(np.nan_to_num(said.probabilities)).astype(np.float32)
    return found


def _reasons(said: Predictions, chosen: ChosenRows, names: dict[str, str]) -> tuple[str, ...]:
    """Say of each chosen row why, in words."""
    shown = [names.get(str(label)) or str(label) for label in said.classes.tolist()]
    doubtful = said.statuses != ASSIGNED
    found = []
    for row, by, like in zip(chosen.rows.tolist(), chosen.by, chosen.like.tolist(), strict=True):
        shares = np.nan_to_num(said.probabilities[row])
        second, first = np.argsort(shares, kind="stable")[-2:].tolist()
        said_of_it = f"{shown[first]} ({percent(float(shares[first]), '.0%')})"
        if by == AT_RANDOM:
            why = f"at random, to check what the model says: {said_of_it}"
        elif said.statuses[row] == OUTSIDE:
            why = f"unlike all training texts: {counted(like, 'row')} like it"
        elif shares[first] - shares[second] < _CLEAR:
            other = f"{shown[second]} ({percent(float(shares[second]), '.0%')})"
            why = f"between {said_of_it} and {other}: {counted(like, 'row')} like it"
        elif doubtful[row]:
            why = f"not sure of {said_of_it}: {counted(like, 'row')} like it"
        else:
            why = f"stands for {counted(like, 'row')} like it: {said_of_it}"
        found.append(why)
    return tuple(found)
