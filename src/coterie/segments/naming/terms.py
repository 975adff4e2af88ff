"""Words that set groups apart, and texts that stand for them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from coterie.encoders import Vectors
from coterie.personal import hiding, mask
from coterie.segments.naming.candidates import written
from coterie.segments.naming.counts import GroupCounts

__all__ = ["class_terms", "excerpts", "pick_exemplars", "shorten"]

Ints = npt.NDArray[np.int64]
_POOL = 60  # texts; this and the next are judgements
_LONGEST_EXEMPLAR = 300  # characters
_READ_OF_EXEMPLAR = 16 * _LONGEST_EXEMPLAR  # of which that much is left after masking


def class_terms(counts: GroupCounts, n_terms: int) -> list[tuple[str, ...]]:
    """Words and pairs of words with the highest class-based TF-IDF, for each group.

    The frequency of a term is the share of the group's texts that have it; its rarity is that
    against the mean over groups. A term that only repeats the words of a better one is left out.
    After M. Grootendorst, "BERTopic" (arXiv:2203.05794), with texts counted instead of occurrences.
    """
    stems = counts.phrases.stems
    short = np.array([len(s) <= 2 or not s[0].isascii() for s in stems], np.bool_)
    weight = counts.share * counts.exclusivity
    usable = (
        short[counts.phrase]
        & (weight > 0)
        & (counts.count >= np.minimum(2, counts.sizes[counts.owner] // 4 + 1))
    )
    order = np.lexsort((counts.phrase, -weight))
    order = order[usable[order]]
    return [
        _distinct_terms(counts, g, order[counts.owner[order] == g][: 5 * n_terms], weight, n_terms)
        for g in range(counts.k)
    ]


def _distinct_terms(
    counts: GroupCounts, g: int, cells: Ints, weight: npt.NDArray[np.float64], n_terms: int
) -> tuple[str, ...]:
    kept: list[int] = []
    for cell in cells.tolist():
        words = set(counts.phrases.stems[counts.phrase[cell]])
        of_kept = [set(counts.phrases.stems[counts.phrase[other]]) for other in kept]
        if any(words <= other for other in of_kept):
            continue
        parts = [other for other, roots in zip(kept, of_kept, strict=True) if roots < words]
        if parts and weight[cell] >= 0.4 * weight[parts[0]]:
            kept[kept.index(parts[0])] = cell
            kept = [other for other in kept if other not in parts[1:]]
        elif not parts and len(kept) < n_terms:
            kept.append(cell)
    names = (written(counts.surface(int(counts.phrase[c]), g), counts.phrases) for c in kept)
    return tuple(dict.fromkeys(names))


def pick_exemplars(
    texts: Sequence[str], rows: Ints, vectors: Vectors, closeness: Vectors, n_exemplars: int
) -> list[int]:
    """Pick texts near the centre of a group that are not near each other.

    Maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998) among the 60 nearest of
    readable length. ``rows`` and ``closeness``, shape (m,), are the texts of the group and their
    cosines to its centre; texts that differ only in case, punctuation and personal data count once.
    """
    pool: dict[str, int] = {}
    lengths = np.array([len(texts[row]) for row in rows])
    readable = (lengths >= 12) & (lengths <= _LONGEST_EXEMPLAR)
    for place in np.lexsort((-closeness, ~readable)).tolist():
        row = int(rows[place])
        if texts[row].strip():
            text = mask(texts[row])
            pool.setdefault(re.sub(r"\W+", " ", text.casefold()).strip() or text, place)
        if len(pool) == _POOL:
            break
    places = np.array(list(pool.values()), np.int64)
    picked: list[int] = []
    likeness = np.zeros(len(places))
    readiness = closeness[places] + 0.2 * readable[places]
    for _ in range(min(n_exemplars, len(places))):
        worth = 0.65 * readiness - 0.35 * likeness
        worth[picked] = -np.inf
        best = int(worth.argmax())
        picked.append(best)
        likeness = np.maximum(likeness, vectors[rows[places]] @ vectors[rows[places[best]]])
    return [int(rows[places[i]]) for i in picked]


def excerpts(
    texts: Sequence[str] | npt.NDArray[np.object_],
    rows: Iterable[int],
    *,
    show_personal: bool = False,
) -> tuple[str, ...]:
    """Cut the texts of some rows to what can be shown of a group, personal data masked."""
    hide = hiding(show_personal=show_personal)
    return tuple(shorten(hide(texts[row][:_READ_OF_EXEMPLAR]), _LONGEST_EXEMPLAR) for row in rows)


def shorten(text: str, longest: int) -> str:
    """Put a text on one line, cut at a word where it is longer than ``longest`` characters."""
    line = " ".join(text[: 4 * longest].split())
    if len(line) <= longest:
        return line
    cut = line[: longest - 1]
    kept = cut.rsplit(" ", 1)[0] if " " in cut[longest // 2 :] else cut
    return f"{kept}\N{HORIZONTAL ELLIPSIS}"
