"""Random segmentations and rows, coarse enough that ties are common."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from coterie.encoders import Vectors
from coterie.segments import EncoderRef, Router, Segment, Segmentation, StoredRows
from coterie.segments.taxonomy.edits import counted
from coterie.segments.taxonomy.lookup import next_ids

DIM = 3
ENCODER = EncoderRef("tiny", "f" * 64, DIM)


def unit(rows: np.ndarray) -> Vectors:
    rows = np.asarray(rows, dtype=np.float64).reshape(-1, DIM)
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def points(least: int, most: int) -> st.SearchStrategy[Vectors]:
    """Rows on a grid: the same cosine to two prototypes is no rarity."""
    point = st.tuples(*[st.integers(-3, 3)] * DIM).filter(any)
    return st.lists(point, min_size=least, max_size=most).map(lambda rows: unit(np.array(rows)))


@st.composite
def segmentations(draw: st.DrawFn) -> Segmentation:
    prototypes = draw(points(2, 8))
    count = draw(st.integers(1, len(prototypes)))
    ids = next_ids(None, count)
    more = draw(st.lists(st.sampled_from(ids), min_size=len(prototypes), max_size=len(prototypes)))
    targets = (*ids, *more[count:])
    router = Router(
        prototypes,
        np.zeros(len(prototypes), dtype=np.int64),
        targets,
        np.zeros((0, DIM), dtype=np.float32),
        floor=draw(st.sampled_from([-1.0, 0.0, 0.7])),
        core={i: 0.8 for i in ids if draw(st.booleans())},
        offsets=draw(st.sampled_from([(), tuple(0.25 * (p % 3) for p in range(len(prototypes)))])),
    )
    names = tuple(Segment(i, f"Group {i}", terms=(f"word {i}",)) for i in ids)
    return Segmentation(names, router, ENCODER, title="Random")


def made(vectors: Vectors, prototypes: Vectors, **router: object) -> Segmentation:
    """Build a segmentation with one segment a prototype, counted on ``vectors``."""
    ids = next_ids(None, len(prototypes))
    router_ = Router(
        prototypes,
        np.zeros(len(prototypes), dtype=np.int64),
        ids,
        np.zeros((0, prototypes.shape[1]), dtype=np.float32),
        **router,  # type: ignore[arg-type]
    )
    encoder = EncoderRef("tiny", "f" * 64, prototypes.shape[1])
    segmentation = Segmentation(tuple(Segment(i, f"Group {i}") for i in ids), router_, encoder)
    return counted(segmentation, segmentation.predict(vectors))


def rows_of(ids, texts, vectors, **more):
    """Rows of a folder, from lists."""
    return StoredRows(np.array(ids, dtype=object), np.array(texts, dtype=object), vectors, **more)
