"""The rows that segments or a model were made from, as if they were new."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from coterie.classifiers import Classifier, ContrastiveClassifier
from coterie.encoders import TfidfEncoder, Vectors
from coterie.errors import OptionError
from coterie.segments import Segmentation, StoredRows
from coterie.segments.assignments import Assignments
from coterie.segments.router import Router
from coterie.workflows.watching.rows import DecidedRows, Reference

__all__ = ["reference_of_model", "reference_of_segments", "route_left_out"]

# How far shares of rows that segments were found in are off, beyond chance, as a part of the share:
# docs/watch.md says how it was measured.
DOUBT = 0.08
_FOLDS = 20


def reference_of_segments(
    segmentation: Segmentation, rows: StoredRows, *, learnt: bool = False
) -> Reference:
    """Make a reference of the rows that segments were found in, each left out in turn.

    ``learnt`` tells whether their encoder learnt from them.
    """
    found = route_left_out(segmentation.router, rows.vectors, rows.readable)
    decided = DecidedRows(
        found.segments,
        found.statuses,
        found.confidences.astype(np.float64),
        rows.ids,
        rows.texts if any(rows.texts) else None,
        rows.shown if any(rows.texts) else None,
        rows.vectors,
    )
    names = {segment.id: segment.name for segment in segmentation.segments}
    origin = "the rows that the segments were found in"
    return Reference(decided, names, len(decided), DOUBT, learnt=learnt, origin=origin)


def route_left_out(
    router: Router,
    vectors: Vectors,
    readable: npt.NDArray[np.float32] | None = None,
    *,
    seed: int = 0,
) -> Assignments:
    """Route the rows that a router was made from as it would route new ones.

    A row lies nearer to a prototype that it is part of than a new row would: more of the old rows
    are core and fewer outside. So a twentieth of the rows is taken out of the prototypes at a time,
    and routed by what is left of them; a prototype of none but these rows is then absent. Rows that
    a person moved go where they would without that.

    Parameters
    ----------
    router
        Prototypes are means of the rows that are nearest to them.
    vectors, readable
        Of the rows, see `Router.route`.
    seed
        Of the parts.

    Notes
    -----
    O(n · prototypes · d) time.
    """
    near = router.nearest_prototypes(vectors) if len(vectors) else np.zeros(0, np.int64)
    size = len(router.prototypes)
    lengths = np.linalg.norm(_sums(vectors, near, size), axis=1)
    counts = np.bincount(near, minlength=size)
    part = np.random.default_rng(seed).permutation(len(vectors)) % _FOLDS
    found: list[Assignments] = []
    places: list[npt.NDArray[np.int64]] = []
    for number in range(min(_FOLDS, len(vectors))):
        rows = np.flatnonzero(part == number)
        without = np.bincount(near[rows], minlength=size)
        left = lengths[:, None] * router.prototypes - _sums(vectors[rows], near[rows], size)
        left /= np.maximum(np.linalg.norm(left, axis=1, keepdims=True), 1e-9)
        changed = np.where(without[:, None] > 0, left, router.prototypes)
        there = (without == 0) | (counts > without)
        there |= ~np.isin(router.nodes, router.nodes[there])  # no node may be empty
        kept = np.flatnonzero(there)
        shares = None if readable is None else readable[rows]
        found.append(_some(router, changed, kept).route(vectors[rows], shares))
        places.append(rows)
    if not found:
        return router.route(vectors, readable)
    order = np.argsort(np.concatenate(places))
    names = ("segments", "statuses", "confidences", "similarities")
    joined: dict[str, Any] = {
        name: np.concatenate([getattr(each, name) for each in found])[order] for name in names
    }
    return Assignments(**joined)


def _some(
    router: Router, prototypes: npt.NDArray[np.float64], kept: npt.NDArray[np.int64]
) -> Router:
    return replace(
        router,
        prototypes=prototypes[kept].astype(np.float32),
        nodes=router.nodes[kept],
        targets=tuple(router.targets[place] for place in kept),
        offsets=tuple(router.offsets[place] for place in kept) if router.offsets else (),
        pins=router.pins[:0],
        pin_targets=(),
    )


def _sums(vectors: Vectors, codes: npt.NDArray[np.int64], size: int) -> npt.NDArray[np.float64]:
    sums = np.zeros((size, vectors.shape[1]))
    np.add.at(sums, codes, vectors.astype(np.float64))
    return sums


def reference_of_model(
    model: Classifier, metrics: Mapping[str, Any], names: Mapping[str, str]
) -> Reference:
    """Make a reference of the training rows that a model keeps, and of its figures.

    The shares of classes are those of the labels, of which a model that errs gives other shares:
    the error is the doubt. Shares of statuses are those of the rows it was evaluated on.

    Raises
    ------
    OptionError
        When the model keeps no training rows.
    """
    member = getattr(model, "members_", [model])[0]
    examples = getattr(member, "examples_", None)
    if examples is None:
        raise OptionError(
            "This model keeps no texts of its training to compare with: name a table of a quiet "
            "time with --reference (reference=)."
        )
    classes = np.array([str(name) for name in model.classes_], dtype=object)
    m = len(examples.codes)
    outside, assigned = (float(metrics.get(name, np.nan)) for name in ("outside", "assigned"))
    statuses = None
    if np.isfinite(outside + assigned) and metrics.get("judged_on"):
        shares = {"outside": outside, "ambiguous": max(1 - outside - assigned, 0.0)}
        statuses = shares, int(metrics["judged_on"])
    texts = np.array(examples.texts, dtype=object)
    rows = DecidedRows(
        classes[examples.codes],
        np.full(m, "assigned", dtype=object),
        np.full(m, np.nan),
        np.array([str(n + 1) for n in range(m)], dtype=object),
        texts if any(examples.texts) else None,
        None,
        examples.vectors,
    )
    doubt = max(DOUBT, 1 - float(metrics.get("accuracy", 1.0)))
    counted = int(metrics.get("trained_on", m))
    known = {str(name): names.get(str(name), str(name)) for name in classes}
    encoder = getattr(member, "encoder_", None)
    return Reference(
        rows,
        known,
        counted,
        doubt,
        statuses,
        isinstance(encoder, TfidfEncoder) or isinstance(member, ContrastiveClassifier),
        "the rows that the model was trained on",
    )
