"""What segments and their families are called: the coarser level of a segmentation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from coterie.segments import Segment

__all__ = ["display_names", "families"]


def families(segments: Sequence[Segment]) -> Mapping[str, str]:
    """Segment id to the name of its family.

    A segment without a parent is a family of its own.

    Returns
    -------
    Mapping
        Empty where this is no level of its own: where there are not more families than one, and
        fewer than segments.
    """
    names = display_names(segments)
    family = {segment.id: segment.parent or names[segment.id] for segment in segments}
    return family if 1 < len(set(family.values())) < len(segments) else {}


def display_names(segments: Sequence[Segment]) -> dict[str, str]:
    """Segment id to a name that no other segment has."""
    seen = Counter(segment.name for segment in segments)
    return {
        s.id: s.name if s.name and seen[s.name] == 1 else f"{s.name} ({s.id})".strip()
        for s in segments
    }
