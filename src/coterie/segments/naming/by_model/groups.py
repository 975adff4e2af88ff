"""What a language model is shown of a group: its texts, and those of the groups next to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coterie.encoders import Vectors
from coterie.segments.model import Segment
from coterie.segments.naming.terms import pick_exemplars

__all__ = ["GroupView", "view_groups"]

Ints = npt.NDArray[np.int64]

# judgements: what fits the window of a small model, and what a person would want to see
_SHOWN, _CONTRASTS, _OF_EACH, _LOOKED_AT = 8, 2, 2, 3


@dataclass(frozen=True, slots=True)
class GroupView:
    """One group, as a language model is shown it.

    Attributes
    ----------
    segment
        The group, with its terms.
    texts
        Texts near its centre that differ from each other.
    others
        Such texts of the nearest other groups.
    own, neighbours
        Further texts of the group and of the nearest other group, to test a name by.
    """

    segment: Segment
    texts: tuple[str, ...]
    others: tuple[str, ...]
    own: tuple[str, ...]
    neighbours: tuple[str, ...]


def view_groups(
    segments: Sequence[Segment],
    texts: Sequence[str],
    codes: Ints,
    vectors: Vectors,
    *,
    opening: Callable[[str], str] = str,
    hidden: Sequence[str] = (),
) -> list[GroupView]:
    """Choose what is shown of each group.

    Parameters
    ----------
    segments
        k groups.
    texts, codes, vectors
        Of n rows: their texts, their groups, 0 to k - 1 or -1, and their vectors (n, d).
    opening
        What to show of a text, where it is long.
    hidden
        Ids of groups that may not be shown, as neighbours neither.

    Returns
    -------
    list of GroupView
        Of the groups with rows that are not hidden, in their order.

    Notes
    -----
    O(n · d + k² · d) time.
    """
    shown = [
        place
        for place, segment in enumerate(segments)
        if segment.id not in hidden and (codes == place).any()
    ]
    if not shown:
        return []
    members = {place: np.flatnonzero(codes == place) for place in shown}
    centres = np.array([_unit(vectors[members[place]].sum(axis=0)) for place in shown])
    picked = {}
    for place, centre in zip(shown, centres, strict=True):
        inside = members[place]
        closeness = vectors[inside] @ centre
        rows = pick_exemplars(texts, inside, vectors, closeness, _SHOWN + _LOOKED_AT)
        picked[place] = list(dict.fromkeys(opening(texts[row]) for row in rows))
    found = []
    for at, place in enumerate(shown):
        likeness = centres @ centres[at]
        near = [shown[other] for other in np.argsort(-likeness, kind="stable") if other != at]
        own = picked[place]
        contrasts = [text for other in near[:_CONTRASTS] for text in picked[other][:_OF_EACH]]
        contrasts = [text for text in contrasts if text not in own]
        beside = [text for text in picked[near[0]][_OF_EACH:] if text not in own] if near else []
        spare = min(_LOOKED_AT, max(len(own) - 2, 0))  # two texts at least name a group
        found.append(
            GroupView(
                segments[place],
                tuple(own[: len(own) - spare]),
                tuple(contrasts),
                tuple(own[len(own) - spare :]),
                tuple(beside[-_LOOKED_AT:]),
            )
        )
    return found


def _unit(vector: Vectors) -> Vectors:
    whole: Vectors = vector / max(float(np.linalg.norm(vector)), 1e-12)
    return whole
