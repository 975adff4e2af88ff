"""Pairs of concepts, and the choice of those that get a column."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from coterie.classifiers.features.base import (
    Arrays,
    Feature,
    FeatureBlock,
    Saved,
    State,
    at_least,
    names_of,
    texts_of,
)
from coterie.classifiers.features.clients import Clients

__all__ = ["ConceptPairs", "rank_pairs"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_SLAB = 256  # concepts at a time, for memory: a judgement


@dataclass(eq=False, repr=False)
class ConceptPairs(FeatureBlock):
    """One column for each of some pairs of concepts: 1 for the clients who have both.

    The pairs are those whose interaction can be estimated best; see `rank_pairs`.

    Parameters
    ----------
    concepts
        The column of concepts.
    most
        The most pairs; 100 is a judgement.
    least
        Training clients that must have both.

    Attributes
    ----------
    pairs_ : tuple of pairs of str
        In the order of the columns, the best first; the concepts as they are compared.
    names_ : dict of str to str
        The concepts of the pairs, and their commonest spelling.
    """

    kind = "pairs"

    concepts: str = "concepts"
    most: int = 100
    least: int = 2

    def check(self) -> None:
        """See `FeatureBlock`."""
        at_least("most", self.most, 1)
        at_least("least", self.least, 1)

    def _learn(self, clients: Clients) -> None:
        mentions = clients.mentions(self.concepts)
        ranked = rank_pairs(mentions.held, self.most, self.least)
        self.pairs_ = tuple((mentions.keys[one], mentions.keys[two]) for one, two in ranked)
        called = dict(zip(mentions.keys, mentions.names, strict=True))
        self.names_ = {key: called[key] for pair in self.pairs_ for key in pair}

    def _make(self, clients: Clients) -> csr_matrix:
        held = clients.mentions(self.concepts).held_of(self.names_)
        places = {key: place for place, key in enumerate(self.names_)}
        first = [places[one] for one, _ in self.pairs_]
        second = [places[two] for _, two in self.pairs_]
        return held[:, first].multiply(held[:, second]).tocsr().astype(np.float32)

    def _features(self) -> Iterable[Feature]:
        for pair in self.pairs_:
            one, two = (self.names_[key] for key in pair)
            yield Feature(f"pair: {one} + {two}", f"{one} + {two}", (one, two))

    def state(self) -> Saved:
        """See `FeatureBlock`."""
        named = {"keys": list(self.names_), "names": list(self.names_.values())}
        return {"pairs": [list(pair) for pair in self.pairs_], **named}, {}

    def restore(self, state: State, arrays: Arrays) -> None:  # noqa: ARG002
        """See `FeatureBlock`."""
        self.names_ = names_of(state)
        pairs = [tuple(texts_of(pair)) for pair in state["pairs"]]
        if not all(len(pair) == 2 for pair in pairs) or len(set(pairs)) < len(pairs):
            raise ValueError("the pairs are not valid")
        if {key for pair in pairs for key in pair} != set(self.names_):
            raise ValueError("the pairs have other concepts")
        self.pairs_ = tuple((one, two) for one, two in pairs)


def rank_pairs(held: csr_matrix, most: int, least: int) -> list[tuple[int, int]]:
    """Rank pairs of concepts by how well their interaction can be estimated, without labels.

    Clients fall into four cells: those with both concepts, with one only, with the other only,
    with neither. The variance of the interaction of this 2 x 2 table is the sum of the reciprocals
    of the four counts (Woolf 1955), and pairs are ranked by its inverse. For rare concepts that is
    nearly the number of clients with both; but a pair of which one concept hardly ever comes
    without the other, which a ranking by count or lift puts first, comes last. Pairs with an empty
    cell are left out.

    Concepts are taken from the commonest, in slabs of 256, until no other one could give a pair
    among the best: the inverse is below a quarter of the clients with the rarer concept. Time grows
    with the square of the concepts per client; memory with the different pairs of a slab.

    ``held`` is sparse, (n, m), of integers: 1 where a client has a concept. Gives at most ``most``
    pairs of its columns that at least ``least`` clients have, the lower column first; the best pair
    first, of equals the lower ones.
    """
    often = np.bincount(held.indices, minlength=held.shape[1])
    order = np.argsort(-often, kind="stable")
    order = order[often[order] >= least]
    ranked = held.tocsc()[:, order]
    often = often[order]
    best, pairs = np.empty(0), np.empty((0, 2), dtype=np.int64)
    for start in range(0, len(order), _SLAB):
        if len(best) == most and often[start] <= 4 * best[-1]:
            break
        stop = min(start + _SLAB, len(order))
        together = (ranked[:, start:stop].T @ ranked[:, :stop]).tocoo()
        rows, columns = together.row + start, together.col
        kept = (columns < rows) & (together.data >= least)
        rows, columns, both = rows[kept], columns[kept], together.data[kept]
        found = _information(both, often[rows], often[columns], held.shape[0])
        telling = found > 0
        places = np.sort(order[np.column_stack([rows, columns])[telling]], axis=1)
        best, pairs = np.concatenate([best, found[telling]]), np.concatenate([pairs, places])
        first = np.lexsort((pairs[:, 1], pairs[:, 0], -best))[:most]
        best, pairs = best[first], pairs[first]
    return [(one, two) for one, two in pairs.tolist()]


def _information(both: Ints, one: Ints, other: Ints, rows: int) -> Floats:
    """Inverse of the variance of the interaction; 0 where a cell is empty."""
    cells = np.stack([both, one - both, other - both, rows - one - other + both])
    with np.errstate(divide="ignore"):  # sorted, for pairs of the same cells to be equals
        found: Floats = 1 / (1 / np.sort(cells, axis=0)).sum(axis=0)
    return found
