"""Near duplicates: texts that are almost the same, found without comparing all with all."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import numpy.typing as npt

from coterie.errors import OptionError
from coterie.progress import current
from coterie.words import runs

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["NearDuplicates", "distinct_keys", "fold", "jaccard", "near_duplicates", "shingles_of"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Keys = TypeVar("Keys", npt.NDArray[np.int64], npt.NDArray[np.uint64])

# Judgements, not measured: shingles for short messages, and a recall for whole groups at low cost.
_SHINGLE = 4  # characters
_RECALL_AT_THRESHOLD = 0.98
_MAX_HASHES = 256
_WINDOW = 4  # neighbours in a bucket that are compared, besides the bucket's first
_CHUNK_CHARS, _CHUNK_PAIRS = 1 << 21, 1 << 18  # bound the memory


@dataclass(frozen=True, slots=True, eq=False)
class NearDuplicates:
    """Groups of near-identical texts.

    Attributes
    ----------
    leader
        Shape (n,), int64: index of the text that stands for the group, itself among its members;
        -1 where a text has no near duplicate. The leader is the first of the group in the order
        given, and every member is at least ``threshold`` alike to it.
    similarity
        Shape (n,), float64: Jaccard similarity to the leader; NaN where there is none.
    chain
        Shape (n,), int64: texts that are linked by a chain of near ones, each to the next, share a
        number. Between two chains no near pair was found.
    threshold
        The smallest similarity that counts as near.
    compared
        Pairs whose similarity was computed.
    """

    leader: Ints
    similarity: Floats
    chain: Ints
    threshold: float
    compared: int


def near_duplicates(
    texts: Sequence[str], *, threshold: float = 0.8, seed: int = 0
) -> NearDuplicates:
    """Group texts whose sets of 4-character shingles are at least ``threshold`` alike.

    Texts are compared without regard to case, width, punctuation and spacing (see `fold`).
    MinHash signatures, cut into bands [1]_, propose the pairs; the exact Jaccard similarity of
    the shingle sets decides, so that a pair is never reported wrongly (but for collisions of
    31-bit hashes), and one exactly at the threshold is proposed with a probability of at least
    0.98, a closer one with more. Each text then joins the first leader that is near enough.

    Time grows linearly with the number of characters, and with the number of texts times
    ``log n`` for the sort of each band; memory is about 25 bytes per character. A bucket of m
    texts proposes at most 5 m pairs in each band, so that templates that thousands of rows share
    stay cheap: there, some pairs between two members other than the first are not compared.

    Parameters
    ----------
    texts
        n texts, the ones to keep first (for example by how often they occur).
    threshold
        Jaccard similarity in (0, 1].
    seed
        Draws the hash functions.

    Raises
    ------
    OptionError
        When the threshold is outside 0.3 to 1: below, almost everything is near everything.

    References
    ----------
    .. [1] Leskovec, Rajaraman, Ullman, "Mining of Massive Datasets", 3rd ed., section 3.4.
    """
    if not 0.3 <= threshold <= 1:
        raise OptionError(f"The near-duplicate threshold is {threshold:g}: give one from 0.3 to 1.")
    bands, width = _bands(threshold)
    leader = np.full(len(texts), -1, dtype=np.int64)
    similarity = np.full(len(texts), np.nan)
    chain = np.arange(len(texts))
    compared = 0
    if len(texts) > 1:
        forms: dict[str, int] = {}
        node = np.fromiter(
            (forms.setdefault(fold(text), len(forms)) for text in texts), np.int64, len(texts)
        )
        shingles = shingles_of(list(forms))
        pairs, likeness, compared = _similar_pairs(shingles, bands, width, threshold, seed)
        node_leader, node_similarity = _lead(len(forms), pairs, likeness)
        first = np.full(len(forms), len(texts), dtype=np.int64)
        np.minimum.at(first, node, np.arange(len(texts)))
        leader, similarity = first[node_leader[node]], node_similarity[node]
        chain = _chains(len(forms), pairs)[node]
        alone = np.bincount(leader, minlength=len(texts))[leader] < 2
        leader[alone], similarity[alone] = -1, np.nan
    return NearDuplicates(leader, similarity, chain, threshold, compared)


def _chains(n: int, pairs: Ints) -> Ints:
    """Find the connected component of each of n nodes, shape (n,)."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    links = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    return np.asarray(connected_components(links, directed=False)[1], dtype=np.int64)


def fold(text: str) -> str:
    """Write a text without what near duplicates may differ in freely.

    Compatibility forms (NFKC), case, punctuation and runs of blanks are levelled. A text of
    nothing but punctuation or symbols is kept as it is, in lower case.
    """
    lowered = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(runs(lowered)) or lowered


def _bands(threshold: float) -> tuple[int, int]:
    """Take the widest bands, hence the fewest false candidates, that keep the recall."""
    best = (1, 1)
    for width in range(1, 17):
        chance = threshold**width
        missed = math.log1p(-_RECALL_AT_THRESHOLD)
        bands = 1 if chance == 1 else math.ceil(missed / math.log1p(-chance))
        if bands * width <= _MAX_HASHES:
            best = (bands, width)
    return best


def shingles_of(forms: Sequence[str]) -> csr_array:
    """Hash every run of 4 characters; row i holds the distinct hashes of ``forms[i]``, as 1s."""
    from scipy.sparse import csr_array

    keys = [_distinct_shingles(chunk) for chunk in _chunks(forms)]
    counts = np.concatenate([count for count, _ in keys])
    columns = np.concatenate([column for _, column in keys])
    starts = np.concatenate([[0], np.cumsum(counts)])
    ones = np.ones(len(columns), dtype=np.int32)
    return csr_array((ones, columns, starts), shape=(len(forms), 2**31))


def _chunks(forms: Sequence[str]) -> Iterator[Sequence[str]]:
    start = size = 0
    for i, form in enumerate(forms):
        size += len(form)
        if size >= _CHUNK_CHARS or i == len(forms) - 1:
            yield forms[start : i + 1]
            start, size = i + 1, 0


def _distinct_shingles(forms: Sequence[str]) -> tuple[Ints, npt.NDArray[np.int32]]:
    """Return the number of distinct shingles of each text, and their hashes, sorted within it."""
    padded = [f" {form} ".ljust(_SHINGLE) for form in forms]
    lengths = np.fromiter(map(len, padded), np.int64, len(padded))
    codes = np.frombuffer("".join(padded).encode("utf-32-le", "surrogatepass"), np.uint32)
    rolled = np.zeros(len(codes) - _SHINGLE + 1, dtype=np.uint64)
    for offset in range(_SHINGLE):
        rolled *= np.uint64(0x9E3779B97F4A7C15)
        rolled += codes[offset : offset + len(rolled)]
    rolled ^= rolled >> np.uint64(29)
    rolled *= np.uint64(0xBF58476D1CE4E5B9)
    hashes = rolled >> np.uint64(33)  # 31 bits, so that they serve as column numbers
    ends = np.cumsum(lengths)
    text = np.repeat(np.arange(len(padded)), lengths)[: len(rolled)]
    inside = np.arange(len(rolled)) + _SHINGLE <= ends[text]
    keys = distinct_keys(text[inside].astype(np.uint64) << np.uint64(32) | hashes[inside])
    counts = np.bincount((keys >> np.uint64(32)).astype(np.int64), minlength=len(forms))
    return counts, (keys & np.uint64(0x7FFFFFFF)).astype(np.int32)


def _similar_pairs(
    shingles: csr_array, bands: int, width: int, threshold: float, seed: int
) -> tuple[Ints, Floats, int]:
    """Find pairs (i < j) with their similarity, and how many were compared."""
    n = shingles.shape[0]
    random = np.random.default_rng(seed)
    found, likeness, compared = np.empty(0, np.int64), np.empty(0), 0
    with current().stage("Finding near duplicates", bands) as stage:
        for _ in range(bands):
            key = _band_key(shingles, width, random)
            candidates = _bucket_pairs(key)
            candidates = candidates[np.isin(candidates, found, assume_unique=True, invert=True)]
            compared += len(candidates)
            score = jaccard(shingles, candidates // n, candidates % n)
            near = score >= threshold
            found = np.concatenate([found, candidates[near]])
            likeness = np.concatenate([likeness, score[near]])
            stage.advance()
    order = np.argsort(found)
    return np.stack([found // n, found % n], axis=1)[order], likeness[order], compared


def _band_key(
    shingles: csr_array, width: int, random: np.random.Generator
) -> npt.NDArray[np.uint64]:
    """Mix ``width`` MinHash values of every text into one 64-bit key, shape (n,)."""
    n = shingles.shape[0]
    multipliers = random.integers(0, 2**31, size=width, dtype=np.uint32) * 2 + 1
    offsets = random.integers(0, 2**32, size=width, dtype=np.uint32)
    key = np.zeros(n, dtype=np.uint64)
    step = max(1, int(n * (1 << 16) / max(1, shingles.nnz)))  # chunks that stay in the cache
    for start in range(0, n, step):
        pointers = shingles.indptr[start : min(start + step, n) + 1]
        hashes = shingles.indices[pointers[0] : pointers[-1]].astype(np.uint32)
        bounds = pointers[:-1] - pointers[0]
        for multiplier, offset in zip(multipliers, offsets, strict=True):
            mixed = hashes * multiplier + offset
            mixed ^= mixed >> np.uint32(15)
            mixed *= np.uint32(0x85EBCA6B)
            part = key[start : start + step]
            part *= np.uint64(0x9E3779B97F4A7C15)
            part += np.minimum.reduceat(mixed, bounds)
            part ^= part >> np.uint64(31)
    return key


def _bucket_pairs(key: npt.NDArray[np.uint64]) -> Ints:
    """Pair the texts of each bucket: with its first, and with the next few; as ``i * n + j``."""
    n = len(key)
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    opens = np.concatenate([[True], ordered[1:] != ordered[:-1]])
    head = np.maximum.accumulate(np.where(opens, np.arange(n), 0))
    places = [np.stack([head, np.arange(n)])[:, ~opens]]
    for offset in range(1, _WINDOW + 1):
        left = np.flatnonzero(ordered[offset:] == ordered[:-offset])
        if not len(left):
            break
        places.append(np.stack([left, left + offset]))
    left, right = order[np.concatenate(places, axis=1)]
    return distinct_keys(left * n + right)


def distinct_keys(keys: Keys) -> Keys:
    """Sort whole numbers and keep one of each; faster than the hashing of `numpy.unique`."""
    ordered = np.sort(keys)
    kept: Keys = ordered[np.concatenate([[True], ordered[1:] != ordered[:-1]])[: len(ordered)]]
    return kept


def jaccard(sets: csr_array, left: Ints, right: Ints) -> Floats:
    """Compute the Jaccard similarity of pairs of sets.

    Parameters
    ----------
    sets
        Shape (n, m): 1 where the set of a row holds the member of a column. Two empty sets have
        similarity 1.
    left, right
        Shape (p,): row numbers of each pair.

    Returns
    -------
    ndarray of shape (p,), float64
    """
    sizes = np.diff(sets.indptr)
    scores = np.empty(len(left))
    for start in range(0, len(left), _CHUNK_PAIRS):
        a, b = left[start : start + _CHUNK_PAIRS], right[start : start + _CHUNK_PAIRS]
        shared = sets[a].multiply(sets[b]).sum(axis=1)
        either = sizes[a] + sizes[b] - shared
        scores[start : start + _CHUNK_PAIRS] = np.where(either, shared / np.maximum(either, 1), 1.0)
    return scores


def _lead(n: int, pairs: Ints, likeness: Floats) -> tuple[Ints, Floats]:
    """Let each text, in order, join the first leader near it, or become one."""
    leader, similarity = np.arange(n), np.ones(n)
    member = [False] * n
    for (i, j), score in zip(pairs.tolist(), likeness.tolist(), strict=True):
        if not member[i] and not member[j]:
            member[j] = True
            leader[j], similarity[j] = i, score
    return leader, similarity
