"""Phrases that could name each group, the best first."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from coterie.encoders import Vectors
from coterie.segments.naming.counts import GroupCounts, reads_well
from coterie.segments.naming.english import EMPTY, LINKS, NEGATIONS, PARTICLES, TIMES, stem
from coterie.segments.naming.phrases import Phrases
from coterie.words import is_unspaced

__all__ = ["NameCandidate", "exclusivity", "rank_candidates", "written"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

# Judgements by reading names of groups; no measurement is recorded.
_SHORTLIST = 60
_WORTH_OF_WORDS = np.array([0.0, 0.15, 1.0, 1.15])  # by the number of content words
_WORTH_OF_PAIR = 0.2
_KEYWORDS, _KEYWORD_SHARE = 8, 0.05
_HELD = 0.1  # share of a group's texts that a phrase has to have to be beyond pairs
_MIXED = 0.65  # of the spread of all texts
_FAIR_SHARE, _LONG = 0.25, 60  # of the texts, where they have so many words
_WORTH_OF_PERSON = 0.3
_GAIN = 1.25  # of what the wider of two keywords covers alone
_DOUBT = 0.08  # share of texts, of all groups together, that might have had any phrase by chance
_VERB = 0.35  # share of uses from which on a word is a verb
_WORTH_OF_EMPTY = 0.3  # of a phrase whose verb says nothing
_ASIDE = LINKS | PARTICLES | NEGATIONS | TIMES
_LOOK = 200  # texts that stand for all that have a phrase


@dataclass(frozen=True, slots=True)
class NameCandidate:
    """A phrase, or two, that could name a group: as written, as counted, and how good it is."""

    name: str
    stems: tuple[str, ...]
    score: float


def rank_candidates(
    counts: GroupCounts, vectors: Vectors, centres: Vectors, *, english: bool = True
) -> list[list[NameCandidate]]:
    """Rank the phrases of each of k groups, the best first.

    A phrase is good for a group when many of its texts and few others have it (the weights of
    class-based TF-IDF), when all texts that have it are around the group's centre, when it is no
    part of a longer phrase, and when it has the form of a heading: "cancel order". ``vectors`` and
    ``centres`` are of unit length, shapes (n, d) and (k, d). Time grows with the occurrences of
    phrases, and with k times 60 phrases looked at closely.
    """
    scorer = _Scorer(counts, vectors, centres, english)
    ranked = []
    for g, shortlist in enumerate(_shortlists(counts, len(centres))):
        found = [c for phrase in shortlist if (c := scorer.candidate(int(phrase), g))]
        if scorer.needs_pairs(found, g):
            found += scorer.pairs(scorer.keywords(g))
        ranked.append(sorted(found, key=lambda c: (-c.score, c.name)))
    return ranked


def _shortlists(counts: GroupCounts, groups: int) -> list[Ints]:
    content = [sum(root != "not" for root in stems) for stems in counts.phrases.stems]
    words = np.minimum(np.array(content, np.int64), 3)[counts.phrase]
    worth = counts.share**0.65 * np.maximum(counts.exclusivity, 0.01) * _WORTH_OF_WORDS[words]
    sizes = counts.sizes[counts.owner]
    enough = counts.count >= np.where(sizes < 8, 1, np.maximum(2, 0.01 * sizes))
    order = np.lexsort((counts.phrase, -worth))
    order = order[enough[order]]
    return [counts.phrase[order[counts.owner[order] == g][:_SHORTLIST]] for g in range(groups)]


@dataclass(frozen=True, slots=True, eq=False)
class _Keyword:
    name: str
    stems: tuple[str, ...]
    shares: Floats
    near: float
    group: int


@dataclass(slots=True)
class _Scorer:
    counts: GroupCounts
    vectors: Vectors
    centres: Vectors
    english: bool
    fair_share: float = field(init=False)
    spread: float = field(init=False)

    def __post_init__(self) -> None:
        # Long texts have many phrases, of which few tell: a name should then cover more of them.
        words = sum(self.counts.phrases.uses.values()) / max(len(self.counts.group), 1)
        self.fair_share = _FAIR_SHARE * min(1.0, max(words, 1.0) / _LONG)
        self.spread = _spread(self.vectors)

    def candidate(self, phrase: int, g: int) -> NameCandidate | None:
        counts, phrases = self.counts, self.counts.phrases
        form, stems = counts.surface(phrase, g), phrases.stems[phrase]
        name = written(form, phrases)
        if not name[0].isalpha() or len(name) < 2 or not (self.english or self._telling(form)):
            return None
        places = counts.occurrences(phrase, g)
        together = len(np.unique(phrases.text[places])) / counts.sizes[g]
        shares, texts = counts.bag(stems)
        share = 0.5 * shares[g] + 0.5 * together
        score = share**0.65 * min(1.0, share / self.fair_share) * exclusivity(shares, g)
        score *= _WORTH_OF_WORDS[min(sum(root != "not" for root in stems), 3)]
        score *= 0.2 + 0.8 * phrases.whole[places].mean()
        score *= np.exp(8 * (self._meaning(texts) @ self.centres[g] - 1))
        if self.english:
            score *= _shape(form, phrases)
        if self._is_person(form, len(texts)):
            score *= _WORTH_OF_PERSON
        return NameCandidate(name, stems, float(score))

    def needs_pairs(self, found: Sequence[NameCandidate], g: int) -> bool:
        """Tell whether no phrase was found, or none that holds a mixed group together."""
        best = max(found, key=lambda c: c.score, default=None)
        if best is None or len(best.stems) < 2:
            return True
        held = self.counts.bag(best.stems)[0][g]
        if held < self.fair_share:
            return True
        mixed = _spread(self.vectors[self.counts.group == g]) >= _MIXED * self.spread
        return bool(held < _HELD and mixed)

    def _is_person(self, form: tuple[str, ...], together: int) -> bool:
        """Tell two or three words in capitals, of which the last goes with the others alone."""
        phrases = self.counts.phrases
        if not 2 <= len(form) <= 3 or any(not phrases.letters.get(w, w).istitle() for w in form):
            return False
        last = stem(form[-1]) if self.english else form[-1]
        return together >= 0.8 * len(phrases.holders.get(last, ()))

    def keywords(self, g: int) -> list[_Keyword]:
        """Words and pairs of words that tell a group from the others, the most telling first."""
        counts = self.counts
        mine = np.flatnonzero(counts.owner == g)
        least = max(_KEYWORD_SHARE, 0.5 * self.fair_share)
        mine = mine[counts.count[mine] >= np.maximum(2, least * counts.sizes[g])]
        weight = counts.share[mine] * counts.exclusivity[mine]
        found: list[_Keyword] = []
        for cell in mine[np.lexsort((counts.phrase[mine], -weight))][:_SHORTLIST].tolist():
            stems = counts.phrases.stems[counts.phrase[cell]]
            form = counts.surface(int(counts.phrase[cell]), g)
            if len(stems) > 2 or any(set(stems) <= set(other.stems) for other in found):
                continue
            if not form[0][0].isalpha() or (self.english and not _is_noun(form, counts.phrases)):
                continue
            shares, texts = counts.bag(stems)
            near = float(self._meaning(texts) @ self.centres[g])
            found.append(_Keyword(written(form, counts.phrases), stems, shares, near, g))
            if len(found) == _KEYWORDS:
                break
        return found

    def pairs(self, keywords: Sequence[_Keyword]) -> Iterator[NameCandidate]:
        """Two keywords side by side, which fit a group that no phrase holds together."""
        for first, second in itertools.combinations(keywords, 2):
            if set(first.stems) & set(second.stems):
                continue
            both, _ = self.counts.bag(tuple(sorted({*first.stems, *second.stems})))
            g, shares = first.group, first.shares + second.shares - both
            if shares[g] < _GAIN * max(first.shares[g], second.shares[g]):
                continue
            score = _WORTH_OF_PAIR * shares[g] ** 0.65 * exclusivity(shares, g)
            score *= min(1.0, shares[g] / self.fair_share)
            score *= np.exp(8 * (0.5 * (first.near + second.near) - 1))
            name = f"{first.name}, {second.name}"
            yield NameCandidate(name, (*first.stems, *second.stems), float(score))

    def _meaning(self, texts: Ints) -> Vectors:
        """Direction of the texts that have a phrase."""
        mean: Vectors = self.vectors[texts[:: max(1, len(texts) // _LOOK)]].mean(axis=0)
        return mean / max(float(np.linalg.norm(mean)), 1e-12)

    def _telling(self, form: tuple[str, ...]) -> bool:
        """Tell whether no word at the ends is one that all groups use alike."""
        for word in (form[0], form[-1]):
            if word not in self.counts.phrases.holders:
                continue  # of two parts joined by a hyphen
            shares, _ = self.counts.bag((word,))
            if self.counts.k > 2 and shares.mean() > 0.03 and shares.max() < 3 * shares.mean():
                return False
        return True


def _spread(vectors: Vectors) -> float:
    """Mean squared distance of unit vectors from their mean."""
    mean = vectors.mean(axis=0)
    return 1.0 - float(mean @ mean)


def exclusivity(shares: Floats, g: int) -> float:
    """Weigh what sets the group apart: from all others on average, and from the likest one."""
    k = len(shares)
    if k == 1:
        return 1.0
    sure = shares + _DOUBT / k
    lift = np.log(k * sure[g] / sure.sum()) / np.log(k)
    return float(max(lift, 0.01) * shares[g] / (shares[g] + np.delete(shares, g).max()))


def _shape(form: tuple[str, ...], phrases: Phrases) -> float:
    """Weigh how far the words look like a heading in English."""
    if len(form) == 1 and not _is_noun(form, phrases):
        return 0.1
    verb = [phrases.verbs.get(stem(word), 0.0) for word in form]
    last = form[-1]
    worth = 1.0 if reads_well(form) else 0.6
    if "not" in form:
        worth *= 1.25
    if form[0] in EMPTY or form[-1] in EMPTY:
        worth *= _WORTH_OF_EMPTY
    if verb[-1] > 0.6 and not last.endswith(("ed", "ing", "en")) and last not in PARTICLES:
        worth *= 0.5  # cut off before its object
    elif len(form) > 1 and verb[0] > 0.5 > verb[-1] and not form[0].endswith(("ed", "ing")):
        worth *= 1.15  # verb and object
    elif len(form) > 1 and form[0].endswith("ed"):
        worth *= 0.85
    for place, word in enumerate(form):
        if word == "to" and verb[place + 1] > 0.5:
            worth *= 0.5
        elif word in ("in", "on", "at"):
            worth *= 0.7
        elif word in LINKS:
            worth *= 0.85
    return worth


def _is_noun(form: tuple[str, ...], phrases: Phrases) -> bool:
    """Tell whether words stand for a thing, as far as endings and the words before them tell."""
    return not any(
        word in _ASIDE
        or "'" in word
        or word.endswith("ed")
        or phrases.verbs.get(stem(word), 0.0) > _VERB
        for word in form
    ) and not (len(form) == 1 and form[0].endswith("ing") and form[0][:-3] in phrases.uses)


def written(form: tuple[str, ...], phrases: Phrases) -> str:
    """Put the words of a surface form together, capitals where people write them."""
    joint = "" if is_unspaced(form[0][0]) else " "
    return joint.join(phrases.letters.get(word, word) for word in form).replace("' ", "'")
