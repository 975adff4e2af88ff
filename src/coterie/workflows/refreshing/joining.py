"""Later rows beside the stored ones, and their places on the map."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from coterie.encoders import Vectors
from coterie.records import Records
from coterie.segments import RowPicture, Segmentation, StoredRows
from coterie.segments.finding.layout import place_others

__all__ = ["join_rows", "with_picture"]

Ints = npt.NDArray[np.int64]

_LANDMARKS = 12_000  # earlier rows that others are placed among, as many as a discovery lays out
_NEAR = 0.25  # how far the rows of a new segment keep from its middle on the map; a judgement


def join_rows(
    rows: StoredRows,
    records: Records,
    fresh: Ints,
    ids: npt.NDArray[np.object_],
    vectors: Vectors,
    readable: npt.NDArray[np.float32] | None,
    *,
    show_personal: bool,
) -> StoredRows:
    """Put new records after the stored rows, as a batch of their own; without a picture.

    Parameters
    ----------
    rows
        The n stored rows.
    records, vectors, readable
        The m records, and their vectors and shares, see `StoredRows`.
    fresh, ids
        Places of the new ones among them, and what they are called.
    show_personal
        Whether pages may show personal data.
    """
    known, batches = rows.readable, rows.batch_codes
    shares = None
    if known is not None or readable is not None:
        known = np.ones(len(rows), np.float32) if known is None else known
        readable = np.ones(len(records), np.float32) if readable is None else readable
        shares = np.concatenate([known, readable[fresh]])
    originals = None
    if rows.originals is not None or records.originals is not None:
        originals = np.concatenate([rows.shown, records.shown[fresh]])
    return StoredRows(
        np.concatenate([rows.ids, ids]),
        np.concatenate([rows.texts, records.texts[fresh]]),
        np.concatenate([rows.vectors, vectors[fresh]]),
        rows.fingerprint,
        None,
        shares,
        originals,
        rows.show_personal or show_personal,
        np.concatenate([batches, np.full(len(fresh), batches.max(initial=0) + 1)]),
    )


def with_picture(
    joined: StoredRows,
    picture: RowPicture,
    labels: dict[str, npt.NDArray[np.object_]],
    segmentation: Segmentation,
    codes: Ints,
    *,
    seed: int,
) -> StoredRows:
    """Give joined rows what a page draws of them.

    New rows are placed among the earlier ones that they are nearest to, and those of a new segment
    about its middle. At the ends of the range, they are in the group of their nearest prototype.

    Parameters
    ----------
    joined
        The earlier and the new rows.
    picture
        Of the earlier ones.
    labels
        Column name to the labels of the new rows, None where there are none.
    segmentation, codes
        As they are now, and the place of each row's segment in it, -1 outside.
    seed
        Random seed.
    """
    earlier = len(picture.layout)
    fresh = joined.vectors[earlier:]
    rng = np.random.default_rng(seed)
    marks = np.arange(earlier)
    if earlier > _LANDMARKS:
        marks = np.sort(rng.choice(earlier, _LANDMARKS, replace=False))
    placed = place_others(fresh, joined.vectors[marks], picture.layout[marks], seed=seed)
    own = codes[earlier:]
    for code in np.setdiff1d(own, codes[:earlier]):
        if code >= 0:  # a segment without earlier rows: they have no landmarks of their own
            middle = np.median(placed[own == code], axis=0)
            placed[own == code] = middle + _NEAR * (placed[own == code] - middle)
    nearest = segmentation.router.nearest_prototypes(joined.vectors)
    return replace(
        joined,
        picture=RowPicture(
            np.concatenate([picture.layout, placed]).astype(np.float32),
            {name: _of_prototypes(ends, nearest, codes) for name, ends in picture.ends.items()},
            _labels(picture, labels, earlier, len(fresh)),
        ),
    )


def _of_prototypes(ends: Ints, nearest: Ints, codes: Ints) -> Ints:
    """Put new rows into the group that most earlier rows of their nearest prototype are in.

    Rows of prototypes that no earlier row is near, as those of new segments are, make a group for
    each segment.
    """
    earlier = len(ends)
    inside = ends >= 0
    groups = int(ends.max(initial=-1)) + 1
    table = np.zeros((int(nearest.max(initial=0)) + 1, max(groups, 1)), dtype=np.int64)
    np.add.at(table, (nearest[:earlier][inside], ends[inside]), 1)
    most = np.where(table.any(axis=1), table.argmax(axis=1), -1)[nearest[earlier:]]
    own = codes[earlier:]
    of_own = np.where(own >= 0, groups + own, -1)
    return np.concatenate([ends, np.where((most >= 0) & (own >= 0), most, of_own)])


def _labels(
    picture: RowPicture, labels: dict[str, npt.NDArray[np.object_]], earlier: int, fresh: int
) -> dict[str, npt.NDArray[np.object_]]:
    none, no_new = np.full(earlier, None, dtype=object), np.full(fresh, None, dtype=object)
    return {
        name: np.concatenate([picture.labels.get(name, none), labels.get(name, no_new)])
        for name in dict.fromkeys([*picture.labels, *labels])
    }
