"""Texts into words, and words into counts."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from coterie.profile.near import distinct_keys
from coterie.profile.traces import PLACEHOLDER
from coterie.words import ADDRESS, UNSPACED, is_unspaced, word_pattern

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["Term", "Tokens", "Vocabulary", "count_words", "tokenise"]

Ints = npt.NDArray[np.int64]

_TOP = 200  # words and pairs listed
_LONGEST_WORD = 30  # longer ones are keys, hashes and slips of the space bar
_APOSTROPHE = "\N{RIGHT SINGLE QUOTATION MARK}"
_WORD = word_pattern("'" + _APOSTROPHE)
_TOKEN = re.compile(rf"{PLACEHOLDER}|{ADDRESS}|[{UNSPACED}]|{_WORD}")
_ASCII_TOKEN = re.compile(r"[^\W_]+(?:'[^\W_]+)*")  # the same where nothing special is near
_SPECIAL = re.compile(r"[@{\[<%]|www|://")


@dataclass(frozen=True, slots=True)
class Term:
    """A word or a pair of words: occurrences, rows that have it, their share."""

    term: str
    count: int
    rows: int
    share: float


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of the texts.

    Attributes
    ----------
    tokens
        Words in all rows, numbers and placeholders not counted.
    distinct
        Different words, in lower case.
    once
        Different words that occur once.
    words, pairs
        The most frequent words, and pairs of neighbours, without function words.
    """

    tokens: int
    distinct: int
    once: int
    words: tuple[Term, ...]
    pairs: tuple[Term, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Tokens:
    """Texts as numbers of words.

    Attributes
    ----------
    vocabulary
        The v different tokens, words in lower case; placeholders, numbers, links and e-mail
        addresses are tokens too.
    ids
        Shape (t,), int64: place of each token in the vocabulary, text after text.
    starts
        Shape (n + 1,), int64: ``ids[starts[i]:starts[i + 1]]`` are those of text i.
    """

    vocabulary: list[str]
    ids: Ints
    starts: Ints

    @property
    def lengths(self) -> Ints:
        """Tokens of each text, shape (n,)."""
        return np.diff(self.starts)

    @property
    def texts(self) -> Ints:
        """Number of the text of each token, shape (t,)."""
        return np.repeat(np.arange(len(self.starts) - 1), self.lengths)

    def sets(self) -> csr_array:
        """Lay out which text has which token, shape (n, v), as 1s."""
        from scipy.sparse import csr_array

        shape = (len(self.starts) - 1, max(len(self.vocabulary), 1))
        sets = csr_array((np.ones(len(self.ids), np.int32), self.ids, self.starts), shape=shape)
        sets.sum_duplicates()
        sets.data[:] = 1
        return sets


def tokenise(texts: Sequence[str]) -> Tokens:
    """Cut texts into tokens.

    Parameters
    ----------
    texts
        n texts. Time and memory grow linearly with their length.
    """
    places: dict[str, int] = {}
    ids: list[npt.NDArray[np.int32]] = []
    lengths = np.zeros(len(texts) + 1, dtype=np.int64)
    for i, text in enumerate(texts):
        found = [places.setdefault(token, len(places)) for token in _cut(text)]
        ids.append(np.array(found, dtype=np.int32))
        lengths[i + 1] = len(found)
    flat = np.concatenate(ids).astype(np.int64) if ids else np.empty(0, np.int64)
    return Tokens(list(places), flat, np.cumsum(lengths))


def _cut(text: str) -> list[str]:
    if text.isascii() and not _SPECIAL.search(text):
        return _ASCII_TOKEN.findall(text.lower())
    return [
        token if token[0] in "{$[<%" else token.lower().replace(_APOSTROPHE, "'")
        for token in _TOKEN.findall(text)
    ]


def _is_word(token: str) -> bool:
    return (
        token[0].isalpha()
        and len(token) <= _LONGEST_WORD
        and "@" not in token
        and "://" not in token
        and not token.startswith("www.")
    )


def count_words(tokens: Tokens, counts: Ints, stop_words: Collection[str]) -> Vocabulary:
    """Count words and pairs of neighbouring words, and list the 200 most frequent of each.

    In scripts written without spaces, two neighbouring characters stand for a word. Single letters
    are not listed.

    Parameters
    ----------
    tokens, counts
        Distinct texts, and the rows that carry each.
    stop_words
        Words left out of the lists, and out of pairs; in lower case.
    """
    vocabulary, v = tokens.vocabulary, len(tokens.vocabulary)
    if not v:
        return Vocabulary(0, 0, 0, (), ())
    words = np.fromiter(map(_is_word, vocabulary), bool, v)
    characters = np.fromiter(map(is_unspaced, vocabulary), bool, v)
    stopped = np.isin(np.array(vocabulary, dtype=object), list(stop_words))
    shown = words & ~stopped & np.fromiter((len(token) > 1 for token in vocabulary), bool, v)

    texts, rows = tokens.texts, int(counts.sum())
    left, right = tokens.ids[:-1], tokens.ids[1:]
    beside = texts[:-1] == texts[1:]
    alone = shown[tokens.ids]
    glued = beside & characters[left] & characters[right]
    paired = beside & shown[left] & shown[right]
    pair_keys = v + left * v + right  # above the keys of single tokens
    word_keys = np.concatenate([tokens.ids[alone], pair_keys[glued]])
    word_texts = np.concatenate([texts[alone], texts[:-1][glued]])

    def terms(keys: Ints, of: Ints) -> tuple[Term, ...]:
        return tuple(
            Term(_written(vocabulary, key), count, carriers, carriers / rows)
            for key, count, carriers in _most_frequent(keys, of, counts)
        )

    occurrences = np.bincount(tokens.ids, weights=counts[texts], minlength=v).astype(np.int64)
    return Vocabulary(
        tokens=int(occurrences[words].sum()),
        distinct=int(words.sum()),
        once=int((occurrences[words] == 1).sum()),
        words=terms(word_keys, word_texts),
        pairs=terms(pair_keys[paired], texts[:-1][paired]),
    )


def _written(vocabulary: list[str], key: int) -> str:
    v = len(vocabulary)
    if key < v:
        return vocabulary[key]
    left, right = vocabulary[key // v - 1], vocabulary[key % v]
    return f"{left}{right}" if is_unspaced(left) else f"{left} {right}"


def _most_frequent(keys: Ints, texts: Ints, counts: Ints) -> list[tuple[int, int, int]]:
    """Count keys: (key, occurrences, rows that have it), the most frequent first."""
    distinct, inverse = np.unique(keys, return_inverse=True)
    weights = counts[texts]
    occurrences = np.bincount(inverse, weights=weights, minlength=len(distinct)).astype(np.int64)
    once = distinct_keys(inverse * len(counts) + texts)
    holders = counts[once % len(counts)]
    carriers = np.bincount(once // len(counts), weights=holders, minlength=len(distinct))
    order = np.argsort(-occurrences, kind="stable")[:_TOP]
    return [(int(distinct[i]), int(occurrences[i]), int(carriers[i])) for i in order]
