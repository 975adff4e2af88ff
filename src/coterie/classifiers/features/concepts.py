"""Features of concepts: which ones, their words, their number and how rare they are."""

from __future__ import annotations

import re
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
    vector_of,
)
from coterie.classifiers.features.clients import Clients, Mentions
from coterie.classifiers.features.weighted_terms import WeightedTerms
from coterie.words import TOKEN

__all__ = ["ConceptStatistics", "OneHotConcepts", "TfidfConcepts"]

Floats = npt.NDArray[np.float64]

_STATISTICS = ("mentions", "distinct concepts", "mean rarity")


@dataclass(eq=False, repr=False)
class OneHotConcepts(FeatureBlock):
    """One column for each concept of the training rows: 1 for the clients who have it.

    Concepts are compared without case and outer spaces, and counted once for each client. Time and
    memory are linear in the mentions.

    Parameters
    ----------
    concepts
        The column of concepts; see `coterie.classifiers.features.clients.read_mentions`.
    least
        Training clients that a concept needs for a column.
    most
        The most columns, those of the commonest concepts; None for all.

    Attributes
    ----------
    names_ : dict of str to str
        The concepts in the order of the columns, the commonest first: as they are compared, and
        their commonest spelling.
    """

    kind = "one-hot"

    concepts: str = "concepts"
    least: int = 1
    most: int | None = None

    def check(self) -> None:
        """See `FeatureBlock`."""
        at_least("least", self.least, 1)
        if self.most is not None:
            at_least("most", self.most, 1)

    def _tell(self, clients: Clients) -> None:
        if self.least == 1 and self.most is None:
            clients.tell_unseen(self.concepts, self.names_)

    def _learn(self, clients: Clients) -> None:
        mentions = clients.mentions(self.concepts)
        often = mentions.clients_per_concept()
        order = np.argsort(-often, kind="stable")  # of equals the first in the alphabet
        kept = order[often[order] >= self.least][: self.most]
        self.names_ = {mentions.keys[each]: mentions.names[each] for each in kept.tolist()}

    def _make(self, clients: Clients) -> csr_matrix:
        return clients.mentions(self.concepts).held_of(self.names_).astype(np.float32)

    def _features(self) -> Iterable[Feature]:
        for name in self.names_.values():
            yield Feature(f"concept: {name}", name, (name,))

    def state(self) -> Saved:
        """See `FeatureBlock`."""
        return {"keys": list(self.names_), "names": list(self.names_.values())}, {}

    def restore(self, state: State, arrays: Arrays) -> None:  # noqa: ARG002
        """See `FeatureBlock`."""
        self.names_ = names_of(state)


@dataclass(eq=False, repr=False)
class TfidfConcepts(WeightedTerms):
    """TF-IDF over the words of the concepts, Salton and Buckley 1988: rows of unit length.

    The weight of a word is its count in the client's concepts, times 1 + ln((1 + n) / (1 + clients
    who have it)). A client with no known word is a row of zeros. A concept that is not in the
    training data counts by its known words.

    Parameters
    ----------
    concepts
        The column of concepts.
    most
        The most words, the commonest ones; 200 is a judgement.

    Attributes
    ----------
    terms_ : tuple of str
        The words in the order of the columns.
    idf_ : ndarray of shape (terms,), float64
        The inverse document frequencies.
    """

    kind = "tfidf"
    called = "term"

    concepts: str = "concepts"
    most: int = 200

    def _learn(self, clients: Clients) -> None:
        mentions = clients.mentions(self.concepts)
        words = sorted({word for key in mentions.keys for word in re.findall(TOKEN, key)})
        counts = _words_of(mentions, words)
        often = np.asarray(counts.sum(axis=0)).ravel()
        kept = np.argsort(-often, kind="stable")[: self.most]
        having = np.bincount(counts.indices, minlength=len(words))[kept]
        self.terms_ = tuple(words[each] for each in kept.tolist())
        self.idf_ = _idf(having, len(clients))

    def _make(self, clients: Clients) -> csr_matrix:
        counts = _words_of(clients.mentions(self.concepts), self.terms_).astype(np.float64)
        counts.data *= self.idf_[counts.indices]
        lengths = np.sqrt(counts.power(2) @ np.ones(len(self.terms_)))
        counts.data /= np.repeat(lengths, np.diff(counts.indptr))
        return counts.astype(np.float32)


@dataclass(eq=False, repr=False)
class ConceptStatistics(FeatureBlock):
    """Three numbers: mentions, distinct concepts, and their mean rarity.

    The rarity of a concept is its inverse document frequency in the training rows (Sparck Jones
    1972), 1 + ln((1 + n) / (1 + clients who have it)); a client without concepts has 0. A concept
    that is not in the training data counts as one of a single client.

    Parameters
    ----------
    concepts
        The column of concepts.

    Attributes
    ----------
    rarity_ : dict of str to float
        Of each concept of the training rows.
    rarest_ : float
        Of a concept that a single client has.
    """

    kind = "statistics"

    concepts: str = "concepts"

    def _tell(self, clients: Clients) -> None:
        clients.tell_unseen(self.concepts, self.rarity_)

    def _learn(self, clients: Clients) -> None:
        mentions = clients.mentions(self.concepts)
        rarity = _idf(mentions.clients_per_concept(), len(clients))
        self.rarity_ = dict(zip(mentions.keys, rarity.tolist(), strict=True))
        self.rarest_ = float(_idf(np.array([1]), len(clients))[0])

    def _make(self, clients: Clients) -> npt.NDArray[np.float32]:
        mentions = clients.mentions(self.concepts)
        held = mentions.held
        rarity = np.array([self.rarity_.get(key, self.rarest_) for key in mentions.keys])
        distinct = np.diff(held.indptr)
        sums = held.astype(np.float64) @ rarity
        means = np.divide(sums, distinct, out=np.zeros(len(clients)), where=distinct > 0)
        mentioned = np.asarray(mentions.counts.sum(axis=1)).ravel()
        return np.column_stack([mentioned, distinct, means]).astype(np.float32)

    def _features(self) -> Iterable[Feature]:
        for name in _STATISTICS:
            yield Feature(f"statistics: {name}", name)

    def state(self) -> Saved:
        """See `FeatureBlock`."""
        rarity = np.array([*self.rarity_.values(), self.rarest_])
        return {"keys": list(self.rarity_)}, {"rarity": rarity}

    def restore(self, state: State, arrays: Arrays) -> None:
        """See `FeatureBlock`."""
        keys = texts_of(state["keys"])
        rarity = vector_of(arrays["rarity"], len(keys) + 1, least=1).tolist()
        self.rarity_ = dict(zip(keys, rarity[:-1], strict=True))
        self.rarest_ = rarity[-1]


def _idf(having: npt.NDArray[np.int64], rows: int) -> Floats:
    return np.log((1 + rows) / (1 + having.astype(np.float64))) + 1


def _words_of(mentions: Mentions, words: Iterable[str]) -> csr_matrix:
    """Count words in the concepts of each client: (n, words), int64, indices sorted."""
    places = {word: place for place, word in enumerate(words)}
    rows, columns = [], []
    for row, key in enumerate(mentions.keys):
        known = [places[word] for word in re.findall(TOKEN, key) if word in places]
        rows += [row] * len(known)
        columns += known
    ones = np.ones(len(rows), dtype=np.int64)
    of_concepts = csr_matrix((ones, (rows, columns)), shape=(len(mentions.keys), len(places)))
    counts = (mentions.counts @ of_concepts).tocsr()
    counts.sort_indices()
    return counts
