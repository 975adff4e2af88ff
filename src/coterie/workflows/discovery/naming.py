"""Names of groups: by their texts, by the texts of their people, or by labels and numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.encoders import Vectors
from coterie.records import Records
from coterie.segments import Discovery
from coterie.workflows.dataset import Dataset

__all__ = ["named"]

_MOST = 0.5  # of a group's labelled rows: their label names it; a judgement, not measured
_EXEMPLARS = 5


def named(
    discovery: Discovery,
    dataset: Dataset,
    vectors: Vectors,
    part_vectors: Vectors | None,
    *,
    show_personal: bool,
) -> Discovery:
    """Name the segments, and the families that the coarse level makes of them.

    Parameters
    ----------
    discovery, dataset, vectors
        What was found, in which records, and their n vectors.
    part_vectors
        Those of the m texts that the records were rolled up from, where there are some: the groups
        are then named as those of people, see `coterie.segments.naming.people`.
    show_personal
        Whether exemplars and descriptions show personal data.
    """
    from coterie.segments.naming.names import describe_segments, name_segments

    records = dataset.records
    if not records.has_texts:
        return _named_without_texts(discovery, records, vectors)
    coarse = discovery.levels["families"]
    several = 1 < len(np.unique(coarse[coarse >= 0])) < len(discovery.segmentation)
    if dataset.source_texts is not None and part_vectors is not None:
        from coterie.segments.naming.names import with_descriptions
        from coterie.segments.naming.people import Parts, describe_people, find_topics

        parts = Parts(dataset.source_texts.texts, dataset.source_texts.owners, part_vectors)
        topics = find_topics(parts, len(discovery.segmentation))
        segmentation = with_descriptions(
            discovery.segmentation,
            discovery.assignments,
            lambda codes: describe_people(
                parts, topics, codes, vectors, show_personal=show_personal
            ),
        )
        families = describe_people(parts, topics, coarse, vectors) if several else []
    else:
        texts = records.texts.tolist()
        segmentation = name_segments(
            discovery.segmentation,
            texts,
            discovery.assignments,
            vectors,
            shown=records.shown.tolist(),
            show_personal=show_personal,
        )
        names = [segment.name for segment in segmentation.segments]
        families = describe_segments(texts, coarse, vectors, avoid=names) if several else []
    if not several:
        return replace(discovery, segmentation=segmentation)
    rows = pd.DataFrame({"segment": discovery.assignments.segments, "family": coarse})
    most = rows[rows["family"] >= 0].groupby("segment")["family"].agg(lambda c: c.mode().iloc[0])
    held = Counter(most)  # a family of one is that segment
    parents = {s: families[family].name for s, family in most.items() if held[family] > 1}
    segments = tuple(replace(s, parent=parents.get(s.id, "")) for s in segmentation.segments)
    return replace(discovery, segmentation=replace(segmentation, segments=segments))


def _named_without_texts(discovery: Discovery, records: Records, vectors: Vectors) -> Discovery:
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
