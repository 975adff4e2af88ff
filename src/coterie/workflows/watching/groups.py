"""New groups: rows that lie together where the rows before have none, or few."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from coterie.encoders import Vectors, fit_tfidf
from coterie.errors import NoRowsError
from coterie.metrics.scan import FEWEST, DenseGroup, dense_groups
from coterie.segments.finding.consensus import NEIGHBOURS, diffuse
from coterie.segments.finding.neighbours import nearest_neighbours, neighbour_graph
from coterie.segments.finding.space import finding_space
from coterie.segments.naming.names import Description, describe_segments
from coterie.workflows.watching.rows import DecidedRows

__all__ = ["NewGroup", "in_one_space", "name_groups", "new_groups", "seen_alike"]

Ints = npt.NDArray[np.int64]

_FEWEST_ROWS = 60  # of both tables: fewer have no neighbourhoods
_MOST = 6_000  # rows of either table that are compared: the cost grows with their square
_CONTRAST = 2_000  # rows before that names are set apart from


@dataclass(frozen=True, slots=True, eq=False)
class NewGroup:
    """A group among new rows that the rows before do not have.

    Attributes
    ----------
    members
        Places of its rows among the new ones.
    found
        How it stands out, see `DenseGroup`; members there count among the rows compared.
    before
        Its share of the rows before.
    """

    members: Ints
    found: DenseGroup
    before: float


def new_groups(
    new: DecidedRows,
    before: DecidedRows,
    counts: tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]],
    keys: Ints,
    *,
    level: float,
    seed: int,
) -> list[NewGroup]:
    """Find the groups that new rows have and the rows before have not.

    Rows are compared whether they are outside or not: what is new may well be assigned to the
    segment that is next to it. Their vectors, joined with their words and smoothed along their
    neighbours as for a discovery, are scanned for places where new rows are denser, see
    `coterie.metrics.scan.dense_groups`. Which rows are new is not used before the scan, so that its
    level holds.

    Parameters
    ----------
    new, before
        Rows with vectors.
    counts
        Of either, which rows count as independent, see `coterie.metrics.drift.rows_that_count`.
    keys
        Number of the text of each new row: rows of the text of a member are members.
    level, seed
        Of the test, and the random seed.

    Notes
    -----
    At most 6,000 rows of either are compared, drawn at random: O(12,000² · 128) time.
    """
    rng = np.random.default_rng(seed)
    one, other = (_sample(np.flatnonzero(each), rng) for each in counts)
    if len(one) < FEWEST or len(one) + len(other) < _FEWEST_ROWS or len(other) < FEWEST:
        return []
    own, old = in_one_space(new.take(one), before.take(other), seed=seed)
    assert own.space is not None
    assert old.space is not None
    space = np.concatenate([own.space, old.space])
    mixed = rng.permutation(len(space))  # as in dense_groups: no period comes first
    smooth = np.empty_like(space)
    smooth[mixed] = _smoothed(space[mixed])
    found = dense_groups(smooth[: len(one)], smooth[len(one) :], level=level, seed=seed)
    groups = []
    for each in found:
        members = np.flatnonzero(np.isin(keys, keys[one[each.members]]))
        groups.append(NewGroup(members, each, each.before / len(other)))
    return groups


def name_groups(
    groups: Sequence[NewGroup],
    new: DecidedRows,
    before: DecidedRows,
    *,
    avoid: Sequence[str],
    seed: int,
    show_personal: bool,
) -> list[Description]:
    """Name new groups by what sets them apart from all other rows, new and before.

    Without texts their names are numbers.
    """
    if new.texts is None or new.vectors is None:
        return [Description(f"New group {n + 1}", "", (), ()) for n in range(len(groups))]
    parts = [new]
    if before.texts is not None and before.vectors is not None:
        drawn = _sample(np.arange(len(before)), np.random.default_rng(seed), _CONTRAST)
        parts.append(before.take(drawn))
    labels = np.concatenate([part.labels for part in parts])
    codes = np.unique(labels.astype(str), return_inverse=True)[1].astype(np.int64) + len(groups)
    for place, group in reversed(list(enumerate(groups))):
        codes[group.members] = place
    texts = np.concatenate([p.texts for p in parts if p.texts is not None]).tolist()
    shown = [p.texts if p.shown is None else p.shown for p in parts]
    described = describe_segments(
        texts,
        codes,
        np.concatenate([p.vectors for p in parts if p.vectors is not None]),
        seed=seed,
        shown=np.concatenate([each for each in shown if each is not None]).tolist(),
        show_personal=show_personal,
        avoid=avoid,
    )
    return described[: len(groups)]


def in_one_space(
    new: DecidedRows, before: DecidedRows, *, seed: int
) -> tuple[DecidedRows, DecidedRows]:
    """Join the vectors of both with their words, unless that was done before.

    Many periods can be compared in one space: it does not tell which rows are of which. O((n + m) ·
    512²) time.
    """
    if new.space is not None and before.space is not None:
        return new, before
    assert new.vectors is not None
    assert before.vectors is not None
    texts = None
    if new.texts is not None and before.texts is not None:
        texts = [*new.texts.tolist(), *before.texts.tolist()]
    space = finding_space(np.concatenate([new.vectors, before.vectors]), texts, seed)
    return replace(new, space=space[: len(new)]), replace(before, space=space[len(new) :])


def seen_alike(
    new: DecidedRows, before: DecidedRows, *, seed: int
) -> tuple[DecidedRows, DecidedRows]:
    """Give rows vectors of an encoder that learnt from both alike: their words.

    An encoder that learnt from the rows before lays them out otherwise than new ones, which would
    look like new groups. Without texts rows have no vectors then.
    """
    if new.texts is None or before.texts is None:
        return replace(new, vectors=None), replace(before, vectors=None)
    texts = [*new.texts.tolist(), *before.texts.tolist()]
    try:
        vectors = fit_tfidf(texts, seed=seed).encode(texts)
    except NoRowsError:  # no word at all
        return replace(new, vectors=None), replace(before, vectors=None)
    return replace(new, vectors=vectors[: len(new)]), replace(before, vectors=vectors[len(new) :])


def _smoothed(space: Vectors) -> Vectors:
    near, far = nearest_neighbours(space, min(NEIGHBOURS, len(space) - 1))
    return diffuse(space, neighbour_graph(near, far))


def _sample(rows: Ints, rng: np.random.Generator, most: int = _MOST) -> Ints:
    return rows if len(rows) <= most else np.sort(rng.choice(rows, most, replace=False))
