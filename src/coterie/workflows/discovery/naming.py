"""Names of groups that have no texts: by a column of labels, or by numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from coterie.encoders import Vectors
from coterie.records import Records
from coterie.segments import Discovery

__all__ = ["name_without_texts"]

_MOST = 0.5  # of a group's labelled rows: their label names it; a judgement, not measured
_EXEMPLARS = 5


def name_without_texts(discovery: Discovery, records: Records, vectors: Vectors) -> Discovery:
    """Name groups of records without texts.

    A group is called by the label that more than half of its labelled rows carry, in the first
    column of labels; others, and those whose label another group has too, get a number. Exemplars
    are the ids of the rows nearest to the centre. The coarser level is left out.
    """
    segments = discovery.segmentation.segments
    codes = discovery.assignments.codes([segment.id for segment in segments])
    column = next(iter(records.labels), None)
    labels = None if column is None else records.label_texts[column]
    chosen = [_label(labels, codes == place) for place in range(len(segments))]
    shared = Counter(chosen)
    named = []
    for place, (segment, label) in enumerate(zip(segments, chosen, strict=True)):
        rows = np.flatnonzero(codes == place)
        number = f"Group {place + 1}"
        name = number if label is None else label if shared[label] == 1 else f"{label} ({number})"
        said = "These rows have no texts."
        if labels is not None and label is not None:
            share = float(np.mean([each == label for each in labels[rows] if each is not None]))
            said = f"{share:.0%} of its rows with a label in {column} have {label}."
        named.append(
            replace(
                segment,
                name=name,
                description=said,
                exemplars=tuple(map(str, records.ids[_central(rows, vectors)])),
                parent="",
                size=len(rows),
            )
        )
    made = replace(discovery.segmentation, segments=tuple(named))
    return replace(discovery, segmentation=made)


def _label(labels: npt.NDArray[np.object_] | None, inside: npt.NDArray[np.bool_]) -> str | None:
    if labels is None:
        return None
    counts = Counter(label for label in labels[inside] if label is not None)
    if not counts:
        return None
    label, rows = counts.most_common(1)[0]
    return str(label) if rows > _MOST * counts.total() else None


def _central(rows: npt.NDArray[np.int64], vectors: Vectors) -> npt.NDArray[np.int64]:
    """Choose the rows nearest to the centre of all of them."""
    if not len(rows):
        return rows
    near = vectors[rows] @ vectors[rows].mean(axis=0)
    return rows[np.argsort(-near, kind="stable")[:_EXEMPLARS]]
