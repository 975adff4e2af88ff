"""Phrases that could name each group, the best first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coterie.embed import Vectors
from coterie.segments.counts import GroupCounts, reads_well
from coterie.segments.english import LINKS, PARTICLES, stem
from coterie.segments.phrases import Phrases

__all__ = ["Candidate", "rank_candidates", "written"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_SHORTLIST = 60
_WORTH_OF_WORDS = np.array([0.0, 0.15, 1.0, 1.15])  # by the number of content words
_LOOK = 200  # texts that stand for all that have a phrase


@dataclass(frozen=True, slots=True)
class Candidate:
    """A phrase that could name a group: as people write it, as counted, and how well it does."""

    name: str
    stems: tuple[str, ...]
    score: float


def rank_candidates(
    counts: GroupCounts, vectors: Vectors, centres: Vectors, *, english: bool = True
) -> list[list[Candidate]]:
    """Rank the phrases of each group.

    A phrase is good for a group when many of its texts have it and few of the others' do (the
    weights of class-based TF-IDF), when the texts that have it, in all groups, lie around the
    group's centre, when it stands whole between the words around it, and when it is shaped like
    something that people put on a list: "cancel order", "card not arrived".

    Parameters
    ----------
    counts
        Phrases of n texts in k groups.
    vectors
        Shape (n, d), unit length.
    centres
        Shape (k, d), unit length.
    english
        Whether the grammar of English applies.

    Returns
    -------
    list of k lists
        The best first. Time grows with the occurrences of phrases, and with k times 60 phrases
        looked at closely.
    """
    scorer = _Scorer(counts, vectors, centres, english)
    return [
        sorted(
            (c for phrase in shortlist if (c := scorer.candidate(int(phrase), g))),
            key=lambda c: (-c.score, c.name),
        )
        for g, shortlist in enumerate(_shortlists(counts))
    ]


def _shortlists(counts: GroupCounts) -> list[Ints]:
    words = _content_words(counts.phrases)[counts.phrase]
    worth = counts.share**0.65 * np.maximum(counts.exclusivity, 0.01) * _WORTH_OF_WORDS[words]
    sizes = counts.sizes[counts.owner]
    enough = counts.count >= np.where(sizes < 8, 1, np.maximum(2, 0.01 * sizes))
    order = np.lexsort((counts.phrase, -worth))
    order = order[enough[order]]
    return [counts.phrase[order[counts.owner[order] == g][:_SHORTLIST]] for g in range(counts.k)]


def _content_words(phrases: Phrases) -> Ints:
    words = [sum(root != "not" for root in stems) for stems in phrases.stems]
    return np.minimum(np.array(words, np.int64), 3)


@dataclass(slots=True)
class _Scorer:
    counts: GroupCounts
    vectors: Vectors
    centres: Vectors
    english: bool

    def candidate(self, phrase: int, g: int) -> Candidate | None:
        counts, phrases = self.counts, self.counts.phrases
        form, stems = counts.surface(phrase, g), phrases.stems[phrase]
        name = written(form, phrases)
        if not name[0].isalpha() or len(name) < 2 or not (self.english or self._telling(form)):
            return None
        places = counts.occurrences(phrase, g)
        together = len(np.unique(phrases.text[places])) / counts.sizes[g]
        shares, texts = counts.bag(stems)
        score = (0.5 * shares[g] + 0.5 * together) ** 0.65 * _exclusivity(shares, g)
        score *= _WORTH_OF_WORDS[min(sum(root != "not" for root in stems), 3)]
        score *= 0.2 + 0.8 * phrases.whole[places].mean()
        score *= np.exp(8 * (self._meaning(texts) @ self.centres[g] - 1))
        if self.english:
            score *= _shape(form, phrases)
        return Candidate(name, stems, float(score))

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


def _exclusivity(shares: Floats, g: int) -> float:
    """Weigh what sets the group apart: from all others on average, and from the likest one."""
    k = len(shares)
    if k == 1:
        return 1.0
    lift = np.log(k * shares[g] / shares.sum()) / np.log(k)
    return float(max(lift, 0.01) * shares[g] / (shares[g] + np.delete(shares, g).max()))


def _shape(form: tuple[str, ...], phrases: Phrases) -> float:
    """Weigh how far the words look like a heading in English."""
    verb = [phrases.verbs.get(stem(word), 0.0) for word in form]
    last = form[-1]
    worth = 1.0 if reads_well(form) else 0.6
    if "not" in form:
        worth *= 1.25
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


def written(form: tuple[str, ...], phrases: Phrases) -> str:
    """Put the words of a surface form together, capitals where people write them."""
    joint = " " if any(len(word) > 1 or word.isascii() for word in form) else ""
    return joint.join(phrases.letters.get(word, word) for word in form)
