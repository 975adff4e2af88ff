"""A new segment of chosen rows, in which later rows like them go too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace

import numpy as np
import numpy.typing as npt

from coterie.encoders import Vectors
from coterie.errors import SegmentError
from coterie.segments.assignments import Assignments
from coterie.segments.model import Segment, Segmentation
from coterie.segments.pins import same_as
from coterie.segments.router import Router
from coterie.segments.taxonomy.additions import FEWEST, add_segments
from coterie.segments.taxonomy.describing import describe_new
from coterie.segments.taxonomy.drafts import edited, free_name, largest_first, refuse_frozen
from coterie.segments.taxonomy.lookup import next_ids
from coterie.segments.taxonomy.routes import add_pins, out_of_reach, spherical_means
from coterie.segments.taxonomy.rows import StoredRows, stored

__all__ = ["create", "create_stored"]

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_MOST_OF = 2 / 3
"""Share of a prototype's rows from which on it leads to the new segment: docs/segments.md."""

_ROWS_EACH, _MOST_NEW = 24, 12  # rows for each new prototype, as in a discovery; and how many
_SAMPLE = 2_000  # rows of which new prototypes are made
_ROUNDS = 4  # of pins: more only where rows of several segments are the same
_GRAIN = 2e-6  # twice that of the router's cosines


def create(
    segmentation: Segmentation,
    vectors: Vectors,
    chosen: npt.NDArray[np.integer],
    name: str,
    *,
    texts: Sequence[str] | None = None,
    shown: Sequence[str] | None = None,
    show_personal: bool = False,
    seed: int = 0,
) -> Segmentation:
    """Make a segment of chosen rows.

    The chosen rows are in it afterwards, and with them texts that are nearly the same. No other
    row of the table moves. A prototype of which two thirds of the rows are chosen leads to the new
    segment from now on, so that later rows like the chosen ones go there too; the other chosen
    rows are pinned to it, and the other rows of such prototypes to where they were. Segments that
    lose all rows stay, with size 0.

    Parameters
    ----------
    segmentation
        The draft to edit.
    vectors
        Shape (n, dim), unit length: all rows of the table.
    chosen
        Places of the chosen rows, 0 to n - 1.
    name
        Of the new segment. No other segment may have it as name or id.
    texts
        n texts of the rows, to describe the segment; None leaves it without terms.
    shown
        The texts as they were written, where ``texts`` were cleaned.
    show_personal
        Whether the segment may be described with personal data, which is masked otherwise.
    seed
        Random seed.

    Raises
    ------
    EncoderMismatchError
        When the vectors are of another width than the segmentation's.
    SegmentError
        When the segmentation is frozen, no row is chosen, there is no such row, or the name is
        blank or taken.

    Notes
    -----
    Time as for a few calls of `Segmentation.predict` on all rows.
    """
    refuse_frozen(segmentation)
    title = free_name(segmentation, name, [])
    segmentation.check(vectors)
    before, ends = segmentation.router.trace(vectors)
    own = _with_twins(segmentation.router, vectors, chosen)
    [new] = next_ids(segmentation, 1)
    wanted = before.segments.copy()
    wanted[own] = new
    router = _led(segmentation.router, before, ends, own, new)
    router = _reached(router, vectors, before, own, new, seed=seed)
    router = _pinned(router, vectors, before, ends, wanted, new)
    after = replace(before, segments=wanted)
    made = Segment(new, title, size=int(own.sum()))
    if texts is not None:
        codes = after.codes([new, *(s.id for s in segmentation.segments)])
        [about] = describe_new(
            segmentation.encoder,
            texts,
            codes,
            vectors,
            1,
            seed=seed,
            shown=shown,
            show_personal=show_personal,
        )
        made = replace(made, **{**asdict(about), "name": title})
    came_from = before.segments[own]
    details = {
        "added": {new: title},
        "rows": int(own.sum()),
        "pinned": len(router.pin_targets) - len(segmentation.router.pin_targets),
        "from": {str(s): int((came_from == s).sum()) for s in dict.fromkeys(came_from)},
    }
    sizes = {s.id: int((after.segments == s.id).sum()) for s in segmentation.segments}
    kept = tuple(replace(s, size=sizes[s.id]) for s in segmentation.segments)
    return edited(
        segmentation, "create", details, segments=largest_first((*kept, made)), router=router
    )


def create_stored(
    segmentation: Segmentation,
    name: str,
    rows: StoredRows | None,
    *,
    ids: Sequence[str] = (),
    places: Sequence[int] = (),
    seed: int = 0,
) -> Segmentation:
    """Make a segment of rows of a folder, by their ids or their places in it, see `create`.

    Raises `StoreError` where the folder has no rows.
    """
    found = stored(rows)
    told = any(found.texts)
    return create(
        segmentation,
        found.vectors,
        found.chosen(ids, places),
        name,
        texts=found.texts.tolist() if told else None,
        shown=found.shown.tolist() if told else None,
        show_personal=found.show_personal,
        seed=seed,
    )


def _with_twins(router: Router, vectors: Vectors, chosen: npt.NDArray[np.integer]) -> Bools:
    """Say which rows are chosen, or all but the same as one that is; shape (n,)."""
    if not len(chosen):
        raise SegmentError("There is no row to make a segment of: name one at least.")
    if chosen.min() < 0 or chosen.max() >= len(vectors):
        raise SegmentError(f"Rows are counted from 0 to {len(vectors) - 1:,}: name others.")
    own = np.zeros(len(vectors), dtype=np.bool_)
    own[chosen] = True
    others = np.flatnonzero(~own)
    own[others[same_as(vectors[others], vectors[own], router.pin_cosine)[0]]] = True
    return own


def _led(router: Router, before: Assignments, ends: Ints, own: Bools, new: str) -> Router:
    """Let prototypes whose rows are mostly chosen lead to the new segment."""
    targets = np.array(router.targets, dtype=object)
    inside = before.segments == targets[ends]  # neither outside nor pinned elsewhere
    count = len(targets)
    every = np.bincount(ends[inside], minlength=count)
    mine = np.bincount(ends[inside & own], minlength=count)
    share = mine / np.maximum(every, 1)
    taken = (mine > 0) & (share >= _MOST_OF)
    left = set(before.segments[~own].tolist())
    emptied: list[int] = []
    for segment in dict.fromkeys(targets[taken].tolist()):
        places = np.flatnonzero(targets == segment)
        if not taken[places].all():
            continue
        least = int(places[share[places].argmin()])
        if segment in left:
            taken[least] = False
        else:
            emptied.append(least)
    if not taken.any():
        return router
    pointed = tuple(new if gone else t for t, gone in zip(router.targets, taken, strict=True))
    core = dict(router.core)
    levels = [core[t] for t in dict.fromkeys(targets[taken].tolist()) if t in core]
    if levels:
        core[new] = min(levels)
    led = replace(router, targets=pointed, core=core)
    return out_of_reach(led, emptied, targets[emptied].tolist())


def _reached(
    router: Router,
    vectors: Vectors,
    before: Assignments,
    own: Bools,
    new: str,
    *,
    seed: int,
) -> Router:
    """Add prototypes for chosen rows that do not reach the new segment, if they are several.

    They take rows only that are nearer to them than all other rows of the table are.
    """
    chosen = np.flatnonzero(own)
    missing = chosen[router.route(vectors[chosen]).segments != new]
    if len(missing) > _SAMPLE:
        missing = np.random.default_rng(seed).choice(missing, _SAMPLE, replace=False)
    different = np.unique(vectors[missing], axis=0)
    if new in router.targets and len(different) < FEWEST:
        return router
    wanted = min(-(-len(different) // _ROWS_EACH), _MOST_NEW)
    means = spherical_means(different, wanted, seed)
    found = Router.flat(means, [new] * len(means), floor=router.floor)
    others, outside = vectors[~own], before.segments[~own] == ""
    if outside.any():
        scores = found.route(others[outside]).similarities.astype(np.float64)
        found = replace(found, floor=max(found.floor, float(scores.max()) + _GRAIN))
    led = router.lead(others[~outside], found).max(axis=0, initial=0.0)
    return add_segments(router, found, {new: new}, np.maximum(led, 0.0).tolist())


def _pinned(
    router: Router,
    vectors: Vectors,
    before: Assignments,
    ends: Ints,
    wanted: npt.NDArray[np.object_],
    new: str,
) -> Router:
    """Pin rows that would go elsewhere than they should, chosen ones and others."""
    own = wanted == new
    led = np.array(router.targets, dtype=object)[ends] == new
    wrong = ~own & led & (before.segments != "")
    wrong[own] = router.route(vectors[own]).segments != new
    pins = np.flatnonzero(wrong)
    for _ in range(_ROUNDS):
        if not len(pins):
            break
        for target in dict.fromkeys(wanted[pins].tolist()):
            router = add_pins(router, vectors[pins[wanted[pins] == target]], target)
        # A pin takes rows with it that are all but the same: they are pinned to where they were.
        rows, nearest = same_as(vectors, router.pins, router.pin_cosine)
        there = np.array(router.pin_targets, dtype=object)[nearest]
        pins = rows[(there != wanted[rows]) & (wanted[rows] != "")]
    return router
