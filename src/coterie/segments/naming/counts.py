"""How often each group uses a phrase."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import numpy.typing as npt

from coterie.segments.naming.english import stem
from coterie.segments.naming.phrases import Phrases

__all__ = ["GroupCounts"]

# Judgements by reading names of groups; no measurement is recorded.
_LEAST_MENDED = 5  # letters
_SLIP_RATE = 10  # a word that many times as frequent is what was meant
_LEAST_USES = 20  # of a word that a slip is corrected to

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


class GroupCounts:
    """Phrases of n texts counted by group: sparse for all of them, in detail for those asked for.

    Every group counts the same, however many texts it has; ``group``, shape (n,), is 0 to k - 1.

    Attributes
    ----------
    sizes
        Shape (k,): texts of each group, at least 1.
    phrase, owner, count, share, exclusivity
        Shape (c,): phrase and group of each pair that occurs, the texts, the share of the group's
        texts, and log(share / mean share over groups) / log(k), at least 0 and at most 1.
    """

    def __init__(self, phrases: Phrases, group: Ints, k: int) -> None:
        self.phrases, self.group, self.k = phrases, group, k
        self.sizes = np.maximum(np.bincount(group, minlength=k), 1).astype(np.float64)
        n = max(len(group), 1)
        of = phrases.phrase_of[phrases.surface]
        pairs = np.unique(of * n + phrases.text)
        cells, self.count = np.unique(pairs // n * k + group[pairs % n], return_counts=True)
        self.phrase, self.owner = cells // k, cells % k
        self.share = self.count / self.sizes[self.owner]
        total = np.bincount(self.phrase, weights=self.share, minlength=len(phrases.stems))
        lift = np.maximum(k * self.share / total[self.phrase], 1.0)
        self.exclusivity = np.log(lift) / np.log(k) if k > 1 else np.ones(len(cells))
        self._order = np.argsort(of, kind="stable")
        self._starts = np.searchsorted(of[self._order], np.arange(len(phrases.stems) + 1))
        self._bags: dict[tuple[str, ...], tuple[Floats, Ints]] = {}
        self._spelling = _usual_spelling(phrases)
        self._slips: dict[str, str] = {}
        self._common: dict[str, list[str]] = defaultdict(list)
        for word, count in phrases.uses.items():
            if count >= _LEAST_USES:
                for cut in _cuts(word):
                    self._common[cut].append(word)

    def occurrences(self, phrase: int, g: int) -> Ints:
        """Occurrences of a phrase in a group, as places in the arrays of `Phrases`."""
        places: Ints = self._order[self._starts[phrase] : self._starts[phrase + 1]]
        mine: Ints = places[self.group[self.phrases.text[places]] == g]
        return mine

    def surface(self, phrase: int, g: int) -> tuple[str, ...]:
        """Words of the phrase as the group writes it most often, misspellings mended."""
        forms, counts = np.unique(
            self.phrases.surface[self.occurrences(phrase, g)], return_counts=True
        )
        written = [self.phrases.written[form] for form in forms]
        best = max(range(len(forms)), key=lambda i: (reads_well(written[i]), counts[i]))
        return tuple(self._mend(self._spelling.get(word, word)) for word in written[best])

    def _mend(self, word: str) -> str:
        """Take a rare word that is one slip away from a common one for that one."""
        uses = self.phrases.uses
        if word not in self._slips:
            near = [
                usual
                for usual in {u for cut in _cuts(word) for u in self._common.get(cut, ())}
                if uses[usual] >= _SLIP_RATE * uses.get(word, 0) and _one_slip(word, usual)
            ]
            self._slips[word] = max(near, key=lambda usual: (uses[usual], usual), default=word)
        return self._slips[word]

    def bag(self, stems: tuple[str, ...]) -> tuple[Floats, Ints]:
        """Share of each group's texts that have all the stems in any order, and those texts."""
        if stems not in self._bags:
            lists = sorted((self.phrases.holders[root] for root in stems), key=len)
            texts = lists[0]
            for other in lists[1:]:
                place = np.minimum(np.searchsorted(other, texts), len(other) - 1)
                texts = texts[other[place] == texts]
            shares = np.bincount(self.group[texts], minlength=self.k) / self.sizes
            self._bags[stems] = shares, texts
        return self._bags[stems]


def _cuts(word: str) -> set[str]:
    """Give a longer word, and the word less each of its letters."""
    if len(word) < _LEAST_MENDED - 1:
        return set()
    return {word, *(word[:i] + word[i + 1 :] for i in range(len(word)))}


def _one_slip(word: str, usual: str) -> bool:
    """Tell whether one letter within is left out, doubled, wrong, or swapped with the next."""
    start = _alike(word, usual)
    end = _alike(word[start:][::-1], usual[start:][::-1])
    mine, theirs = word[start : len(word) - end], usual[start : len(usual) - end]
    if not start or not end or word == usual or len(usual) < _LEAST_MENDED:
        return False
    return max(len(mine), len(theirs)) <= 1 or (len(mine) == 2 and mine == theirs[::-1])


def _alike(word: str, other: str) -> int:
    """Count the letters with which both words begin."""
    differ = (
        place for place, pair in enumerate(zip(word, other, strict=False)) if len({*pair}) > 1
    )
    return next(differ, min(len(word), len(other)))


def reads_well(form: tuple[str, ...]) -> bool:
    """Tell "card not working" from "card not work", which is left where "does" is left out."""
    if "not" not in form[:-1]:
        return True
    after = form[form.index("not") + 1]
    return after.endswith(("ing", "ed", "en")) or after in ("sent", "gone", "paid", "valid")


def _usual_spelling(phrases: Phrases) -> dict[str, str]:
    """Map rare spellings of long words to the usual one of the same stem and ending."""
    uses = phrases.uses
    variants: dict[tuple[str, str], list[str]] = defaultdict(list)
    for word in uses:
        ending = next((e for e in ("ing", "ed", "s") if word.endswith(e)), "")
        variants[stem(word), ending].append(word)
    mended: dict[str, str] = {}
    for words in variants.values():
        usual = max(words, key=lambda word: uses[word])
        mended |= {w: usual for w in words if len(w) > 6 and uses[w] * 3 <= uses[usual]}
    return mended
