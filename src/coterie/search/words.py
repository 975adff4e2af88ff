"""Full-text search by BM25: which words each text has, kept as postings.

Robertson and Zaragoza, *The Probabilistic Relevance Framework: BM25 and Beyond*, 2009.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from coterie.words import UNSPACED

__all__ = ["LONG", "Postings", "build_postings", "is_long", "score_words", "words_of"]

Floats = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]

_K1 = 1.2  # the usual value of BM25
# How much the length of a text counts. 1 was as good as the usual 0.75 or better on six tables:
# rows of one label among the ten nearest of five in `discovery`, and halves of badges.
_B = 1.0
LONG = 50
"""Different words of a query from which on it is a whole text. Its frequent words then drown the
others, so that rare ones count with the square of their weight, as in the cosine of TF-IDF: ten
nearest of one label 0.40 to 0.48 on newsgroups, and no gain on short texts."""

_WORD = re.compile(r"[^\W_]+(?:[-_.'/&+@][^\W_]+)*[+#]{0,2}")
_SIGNS = re.compile("[\u2122\u00ae\u2120\u00a9]")  # of trade marks, which are no letters
_PIECE = re.compile(r"[^\W_]+")
# Scripts that are written without blanks: their words are pairs of characters.
_UNSPACED = re.compile(f"[{UNSPACED}]+")


def words_of(text: str) -> Iterator[str]:
    """Cut a text into words that are compared: without case and accents, codes whole too.

    ``AB-1234`` gives ``ab-1234``, ``ab`` and ``1234``, so that it is found in each of these ways.
    """
    plain = _plain(text)
    for word in _WORD.findall(plain):
        if _UNSPACED.search(word):
            yield from _pairs(word)
            continue
        yield word
        pieces = _PIECE.findall(word)
        if len(pieces) > 1 or pieces[0] != word:
            yield from pieces


def _plain(text: str) -> str:
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKD", _SIGNS.sub(" ", text).casefold()).casefold()
    marks = "".join(letter for letter in folded if not _is_accent(letter))
    return unicodedata.normalize("NFC", marks)


def _is_accent(letter: str) -> bool:
    return "\u0300" <= letter <= "\u036f"


def _pairs(word: str) -> Iterator[str]:
    for run in _UNSPACED.findall(word):
        yield from (run[at : at + 2] for at in range(max(len(run) - 1, 1)))
    yield from _PIECE.findall(_UNSPACED.sub(" ", word))


def is_long(text: str) -> bool:
    """Whether a query is a whole text rather than what people type."""
    return len(set(words_of(text))) >= LONG


@dataclass(frozen=True, slots=True, eq=False)
class Postings:
    """The words of n texts.

    Attributes
    ----------
    terms
        t different words, sorted, as an Arrow array.
    starts
        Shape (t + 1,), int64: where the rows of each word begin.
    rows
        Shape (p,), int32: the rows that have a word, ascending.
    counts
        Shape (p,), int32: how often.
    lengths
        Shape (n,), int32: words of each text.
    """

    terms: pa.Array
    starts: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int32]
    counts: npt.NDArray[np.int32]
    lengths: npt.NDArray[np.int32]

    def find(self, term: str) -> slice:
        """Find where the rows of a word are; an empty slice where no text has it."""
        low, high = 0, len(self.terms)
        while low < high:
            middle = (low + high) // 2
            if self.terms[middle].as_py() < term:
                low = middle + 1
            else:
                high = middle
        if low == len(self.terms) or self.terms[low].as_py() != term:
            return slice(0, 0)
        return slice(int(self.starts[low]), int(self.starts[low + 1]))


def build_postings(texts: Iterable[str]) -> Postings:
    """Note which words each of n texts has; time and memory grow linearly with all words."""
    numbers: dict[str, int] = {}
    columns, counts, sizes, lengths = array("i"), array("i"), array("i"), array("i")
    for text in texts:
        found = Counter(words_of(text))
        columns.extend(numbers.setdefault(word, len(numbers)) for word in found)
        counts.extend(found.values())
        sizes.append(len(found))
        lengths.append(sum(found.values()))
    terms = sorted(numbers)
    rank = np.empty(len(terms), dtype=np.int32)
    rank[[numbers[term] for term in terms]] = np.arange(len(terms), dtype=np.int32)
    places = rank[np.frombuffer(columns, dtype=np.int32)] if len(columns) else rank[:0]
    rows = np.repeat(np.arange(len(sizes), dtype=np.int32), np.frombuffer(sizes, dtype=np.int32))
    order = np.argsort(places, kind="stable")
    weights = np.bincount(places, minlength=len(terms))
    return Postings(
        pa.array(terms, pa.large_string()),
        np.concatenate([[0], np.cumsum(weights)]).astype(np.int64),
        rows[order],
        np.array(counts, dtype=np.int32)[order],
        np.array(lengths, dtype=np.int32),
    )


def score_words(query: str, parts: Sequence[Postings], alive: Bools) -> Floats:
    """Score each row by the words that it shares with a query.

    Parameters
    ----------
    query
        Any text; a word counts more the more often it holds it, by the logarithm.
    parts
        The rows, in parts.
    alive
        Shape (n,): rows that were not deleted.

    Returns
    -------
    ndarray of shape (n,), float32
        0 where a row has no word of the query. Time grows with the rows that have its words.
    """
    scores = np.zeros(len(alive), dtype=np.float32)
    n = max(int(np.count_nonzero(alive)), 1)
    total = sum(int(part.lengths.sum(dtype=np.int64)) for part in parts)
    mean = max(total / max(len(alive), 1), 1.0)
    wanted = Counter(words_of(query))
    power = 2 if len(wanted) >= LONG else 1
    for term, times in wanted.items():
        found = [part.find(term) for part in parts]
        having = sum(each.stop - each.start for each in found)
        if not having:
            continue
        rarity = np.log1p(max(n - having + 0.5, 0.5) / (having + 0.5))
        weight = (1 + np.log(times)) * rarity**power
        start = 0
        for part, where in zip(parts, found, strict=True):
            rows = part.rows[where]
            often = part.counts[where].astype(np.float32)
            length = part.lengths[rows] / np.float32(mean)
            scores[start + rows] += (
                weight * often * (_K1 + 1) / (often + _K1 * (1 - _B + _B * length))
            ).astype(np.float32)
            start += len(part.lengths)
    return scores
