"""Groups in vectors: how many, which, and how sure."""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.encoders import EmbeddingCache, Vectors
from coterie.errors import CoterieWarning, NoRowsError, OptionError
from coterie.extras import require
from coterie.segments.assignments import Assignments
from coterie.segments.finding.calibration import calibrated
from coterie.segments.finding.consensus import unit
from coterie.segments.finding.density import by_density, by_means, density_sizes
from coterie.segments.finding.discovery import Discovery
from coterie.segments.finding.evidence import Evidence
from coterie.segments.finding.layout import place_others
from coterie.segments.finding.number import candidate_numbers, choose, supported_range, take
from coterie.segments.finding.prototypes import cell_number, prototypes
from coterie.segments.finding.reduction import reduce
from coterie.segments.finding.ward import group_sums, grow_tree
from coterie.segments.model import EncoderRef, Segment, Segmentation
from coterie.segments.router import Router

__all__ = ["METHODS", "find_groups"]

Ints = npt.NDArray[np.int64]

METHODS = ("auto", "hdbscan", "kmeans")
ENDS = ("coarser", "finer")
# Constants of the method: docs/decisions/groups.md says how they were settled.
_SAMPLE = 12_000
_FEWEST_FOR_COARSE = 8
_EQUAL = 1e-6  # vectors of one text may differ as much
_EACH = 12  # numbers of groups of which k-means skips none: between small ones much changes


def find_groups(
    texts: Sequence[str],
    vectors: Vectors,
    *,
    encoder: EncoderRef,
    method: str = "auto",
    groups: int | None = None,
    end: Literal["", "coarser", "finer"] = "",
    fewest: int = 4,
    seed: int = 0,
    title: str = "",
    words: bool = True,
    cache: EmbeddingCache | None = None,
) -> Discovery:
    """Find the groups of a table of texts, and how many there are.

    Parameters
    ----------
    texts
        n texts. Rows of one text count once, so that a form letter makes no group of its own.
    vectors
        Shape (n, d), float32, unit length.
    encoder
        Which encoder made the vectors. Where they are means of several texts (its ``pooling`` is
        ``"row"``), the number of groups is chosen as `coterie.segments.finding.number.choose`
        tells.
    method
        ``"auto"``: small communities of the neighbour graph, pooled over several draws and merged
        into a tree (see `coterie.segments.finding.consensus`). ``"kmeans"`` and ``"hdbscan"``: on a
        15-dimensional UMAP reduction, by umap-learn.
    groups
        The number of groups; None lets it be chosen without labels. HDBSCAN takes the size whose
        number of groups comes nearest.
    end
        ``"coarser"`` or ``"finer"`` takes the fewest or the most groups that are about as well
        supported as the number in the middle, see `coterie.segments.finding.number.choose`.
    fewest
        The fewest groups that are tried: two or three groups nearly always score best, and are
        seldom wanted.
    seed
        Random seed.
    words
        Whether the texts are words to find groups by, beside the vectors, and not mere keys of
        rows. Means of several texts are compared by their vectors alone.
    cache
        Where the search is kept, beside the vectors: with other ``groups`` or another ``end`` the
        same rows are then not searched again. None keeps nothing.

    Returns
    -------
    Discovery
        With segments named by their ids until `name_segments` is called.

    Raises
    ------
    MissingExtraError
        When a method needs umap-learn, and it is not installed.
    OptionError
        For an unknown method, or more groups than there are distinct texts.
    NoRowsError
        For no texts.

    Warns
    -----
    CoterieWarning
        When fewer or more groups are found than were asked for.

    Notes
    -----
    The structure is found on at most 12,000 distinct texts drawn at random, in
    O(sample² · 128) time; all rows are then routed in O(n · prototypes · d). Memory is O(n · d).
    """
    _check(method, groups)
    if not len(texts):
        raise NoRowsError("There are no texts to find groups in: give a table with rows.")
    rng = np.random.default_rng(seed)
    rows = _sampled(texts, groups, rng)
    if groups == 1 or len(rows) < 3 or float(np.ptp(vectors[rows], axis=0).max()) < _EQUAL:
        return _one_group(vectors, encoder, title, method, seed)

    started = time.perf_counter()
    means = encoder.pooling == "row"
    read = [texts[row] for row in rows] if words else None
    folder = None if cache is None else cache.discoveries
    evidence = Evidence(read, vectors[rows], seed=seed, rng=rng, means=means, folder=folder)
    structure = evidence.structure
    gathered = time.perf_counter()
    sweep, found = _choice(method, evidence, groups=groups, end=end, fewest=fewest, seed=seed)
    coarse = _coarser(structure.smooth, found)
    router, segments, assignments = _numbered(_routed(evidence, found), vectors, coarse)
    if groups is not None and len(segments) != groups:
        warnings.warn(
            f"{groups} groups were asked for and '{method}' found {len(segments)}: give another "
            "number or method.",
            CoterieWarning,
            stacklevel=2,
        )
    segmentation = Segmentation(segments, router, encoder, title)
    clustered = time.perf_counter()
    layout = _layout(vectors, evidence, rows, seed)
    evidence.keep()
    seconds = {
        "reduce": gathered - started,
        "cluster": clustered - gathered,
        "layout": time.perf_counter() - clustered,
    }
    ends = {end: structure.cut(k) for end, k in zip(ENDS, supported_range(sweep), strict=True)}
    levels = _levels(ends, router, evidence.vectors, vectors, assignments)
    return Discovery(segmentation, assignments, sweep, levels, layout, method, seconds)


def _sampled(texts: Sequence[str], groups: int | None, rng: np.random.Generator) -> Ints:
    """Choose the rows to find groups in: one of each text, at most 12,000."""
    first = pd.Series(list(texts), dtype=object).drop_duplicates()
    rows: Ints = np.sort(first.index.to_numpy())
    if groups is not None and groups > len(rows):
        raise OptionError(
            f"{groups} groups were asked for and there are only {len(rows)} distinct texts: "
            "ask for fewer, or leave --groups (groups=) out."
        )
    return np.sort(rng.choice(rows, _SAMPLE, replace=False)) if len(rows) > _SAMPLE else rows


def _check(method: str, groups: int | None) -> None:
    if method not in METHODS:
        raise OptionError(f"There is no method '{method}': choose one of {', '.join(METHODS)}.")
    if groups is not None and groups < 1:
        raise OptionError(f"The number of groups must be at least 1, not {groups}.")
    if method != "auto":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # UMAP speaks of its own internals
            require("umap", extra="umap", purpose=f"The method '{method}'")


def _choice(
    method: str, evidence: Evidence, *, groups: int | None, end: str, fewest: int, seed: int
) -> tuple[pd.DataFrame, Ints]:
    """Compare numbers of groups; give the comparison, and the group of each row by the chosen."""
    cuts, sizes = _cuts(method, evidence, groups=groups, fewest=fewest, seed=seed)
    vectors, means, compare = evidence.vectors, evidence.means, None
    if evidence.halves is not None:
        compare = partial(evidence.halves.compare, means=means)
    sweep = choose(sizes, cuts.__getitem__, vectors, compare, means=means, end=end)
    if groups is not None:
        cut = None if method == "hdbscan" else cuts.__getitem__
        sweep = take(sweep, groups, cut, vectors, compare, means=means)
    sweep.insert(0, "method", method)
    found = cuts[int(sweep.loc[sweep["chosen"], "candidate"].iloc[0])]
    return sweep, found if (found >= 0).any() else np.zeros_like(found)


def _cuts(
    method: str, evidence: Evidence, *, groups: int | None, fewest: int, seed: int
) -> tuple[Mapping[int, Ints], list[int]]:
    """Give the group of each row by candidate, and the candidates to choose from.

    Where a number is wanted, its groups are there too.
    """
    structure = evidence.structure
    numbers = candidate_numbers(len(structure.smooth), structure.tree.leaves, fewest=fewest)
    if method == "kmeans":
        numbers = numbers[:_EACH] + numbers[_EACH::2]
    wanted = [] if groups is None else [groups]
    if method == "auto":
        return structure.cuts([*numbers, *wanted]), numbers
    reduced = reduce(evidence.space, structure.neighbours, structure.distances, seed=seed)
    if method == "kmeans":
        return by_means(reduced, list(dict.fromkeys([*numbers, *wanted])), seed=seed), numbers
    found = by_density(reduced, density_sizes(len(reduced)))
    return found, list(found)


def _routed(evidence: Evidence, found: Ints) -> Router:
    """Make prototypes of the groups, and fit the confidence."""
    cells = cell_number(int(found.max()) + 1, len(found), evidence.structure.tree.leaves)
    centres, owners = prototypes(evidence.vectors, found, evidence.structure.cut(cells))
    return calibrated(Router.flat(centres, map(str, owners)), evidence.vectors, evidence.halves)


def _coarser(smooth: Vectors, found: Ints) -> Ints:
    """Coarser group of each group: the cut of their tree at the widest step between merges."""
    groups = int(found.max()) + 1
    if groups < _FEWEST_FOR_COARSE:
        return np.zeros(groups, dtype=np.int64)
    kept = found >= 0
    tree = grow_tree(*group_sums(smooth[kept], found[kept], groups))
    fewest, most = max(3, groups // 8), max(4, groups // 3)
    steps = {
        k: tree.heights[groups - k] / tree.heights[groups - k - 1] for k in range(fewest, most + 1)
    }
    return tree.cut(max(steps, key=lambda k: steps[k]))


def _numbered(
    router: Router, vectors: Vectors, coarse: Ints
) -> tuple[Router, tuple[Segment, ...], Assignments]:
    """Give the segments numbers by size, leave out those that no row goes to, and route."""
    assignments = router.route(vectors)
    sizes = pd.Series(assignments.segments).value_counts()
    sizes = sizes[sizes.index != ""]
    order = sorted(sizes.index, key=lambda name: (-int(sizes[name]), int(name)))
    width = len(str(len(order)))
    ids = {name: f"s{place:0{width}d}" for place, name in enumerate(order, start=1)}
    kept = [place for place, target in enumerate(router.targets) if target in ids]
    complete = len(kept) == len(router.targets)
    router = replace(
        router,
        prototypes=router.prototypes[kept],
        nodes=router.nodes[kept],
        targets=tuple(ids[router.targets[place]] for place in kept),
        core={ids[name]: value for name, value in router.core.items() if name in ids},
    )
    codes = [int(coarse[int(name)]) for name in order]
    place = {code: index for index, code in enumerate(dict.fromkeys(codes), start=1)}
    parents = [f"g{place[code]}" if len(place) > 1 else "" for code in codes]
    segments = tuple(
        Segment(id=ids[name], name=ids[name], parent=parent, size=int(sizes[name]))
        for name, parent in zip(order, parents, strict=True)
    )
    if not complete:  # the next nearest segment of a row may have been left out
        return router, segments, router.route(vectors)
    named = np.array([ids.get(name, "") for name in assignments.segments], dtype=object)
    return router, segments, replace(assignments, segments=named)


def _levels(
    ends: Mapping[str, Ints],
    router: Router,
    sample: Vectors,
    vectors: Vectors,
    assignments: Assignments,
) -> dict[str, Ints]:
    """Group of each row at both ends of the range, -1 outside.

    A prototype belongs to the finer group that most of its rows of the sample are in, within its
    segment, and a segment to the coarser group that most of its rows are in: so the levels are
    nested, and found by the same prototypes.
    """
    inside = assignments.segments != ""
    of_sample, of_rows = router.nearest_prototypes(sample), router.nearest_prototypes(vectors)
    owners = np.unique(np.array(router.targets), return_inverse=True)[1].astype(np.int64)
    coarser = _most(owners[of_sample], ends["coarser"], len(owners))[owners]
    finer = _most(of_sample, ends["finer"], len(owners))
    finer = np.unique(np.stack([owners, finer]), axis=1, return_inverse=True)[1].reshape(-1)
    return {
        "coarser": np.where(inside, coarser[of_rows], -1),
        "finer": np.where(inside, finer[of_rows], -1).astype(np.int64),
    }


def _most(places: Ints, codes: Ints, count: int) -> Ints:
    """Give the code that most rows of each of ``count`` places have, -1 where there are no rows."""
    table = np.zeros((count, int(codes.max()) + 1), dtype=np.int64)
    np.add.at(table, (places, np.maximum(codes, 0)), 1)
    return np.where(table.any(axis=1), table.argmax(axis=1), -1).astype(np.int64)


def _layout(vectors: Vectors, evidence: Evidence, rows: Ints, seed: int) -> Vectors:
    layout = evidence.layout
    if len(rows) == len(vectors):
        return layout
    everyone = np.empty((len(vectors), 2), dtype=np.float32)
    everyone[rows] = layout
    others = np.setdiff1d(np.arange(len(vectors)), rows)
    everyone[others] = place_others(vectors[others], evidence.vectors, layout, seed=seed)
    return everyone


def _one_group(
    vectors: Vectors, encoder: EncoderRef, title: str, method: str, seed: int
) -> Discovery:
    """Put everything into one group: rows are all alike, or one group was asked for."""
    centre = unit(vectors.mean(axis=0, keepdims=True))
    router = Router.flat(centre, ["s1"], core={"s1": -1.0})
    segmentation = Segmentation((Segment("s1", "s1", size=len(vectors)),), router, encoder, title)
    only: dict[str, Any] = {"method": method, "candidate": 1, "groups": 1, "silhouette": 0.0}
    only |= {"stability": 1.0, "information": 0.0, "score": 0.0, "supported": True, "chosen": True}
    assignments = segmentation.predict(vectors)
    layout = np.random.default_rng(seed).normal(size=(len(vectors), 2)).astype(np.float32)
    levels = {end: np.where(assignments.segments == "", -1, 0) for end in ENDS}
    seconds = dict.fromkeys(("reduce", "cluster", "layout"), 0.0)
    return Discovery(
        segmentation, assignments, pd.DataFrame([only]), levels, layout, method, seconds
    )
