"""The section of a discovery that shows its groups one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from coterie.pages.discovery import words
from coterie.pages.partitions import SEGMENT
from coterie.report import Group, Groups, Section
from coterie.segments import Segment
from coterie.workflows.discovery.discover import DiscoverResult
from coterie.workflows.discovery.families import display_names

__all__ = ["groups_section"]


def groups_section(result: DiscoverResult) -> Section:
    """Show each group by its words, its exemplars and its labels."""
    segments = result.segmentation.segments
    names = display_names(segments)
    families = _families_of(segments)
    heads = {name: f"{name} (family)" if name in names.values() else name for name in families}
    groups = [
        Group(
            head,
            sum(segment.size for segment in families[name]),
            description=f"{len(families[name]):,} groups that have something in common.",
        )
        for name, head in heads.items()
    ]
    rows = result.discovery.assignments
    for segment in segments:
        inside = rows.segments == segment.id
        groups.append(
            Group(
                names[segment.id],
                segment.size,
                description=segment.description,
                terms=segment.terms,
                exemplars=segment.exemplars,
                confidence=float(rows.confidences[inside].mean()) if inside.any() else None,
                statuses={k: n for k, n in rows.counts(segment.id).items() if n},
                parent=heads.get(segment.parent, ""),
                facts={"id": segment.id, **_vanished(segment), **_label_facts(result, inside)},
            )
        )
    column = next(iter(result.labels), None)
    intro = words.groups_intro(result.figures.table.unit, texts=result.has_texts, column=column)
    shown = Groups(groups, total=len(rows), partition=SEGMENT)
    return Section(words.GROUPS_TITLE, [shown], intro=intro)


def _vanished(segment: Segment) -> dict[str, str]:
    return {"vanished": segment.vanished[:10]} if segment.vanished else {}


def _label_facts(result: DiscoverResult, inside: npt.NDArray[np.bool_]) -> dict[str, str]:
    facts = {}
    for agreement in result.agreements:
        if agreement.of_ids:
            continue
        known = Counter(
            label for label in result.labels[agreement.column][inside] if label is not None
        )
        if known:
            label, most = known.most_common(1)[0]
            facts[f"most frequent {agreement.column}"] = f"{label}, {most / known.total():.0%}"
    return facts


def _families_of(segments: Sequence[Segment]) -> dict[str, list[Segment]]:
    """Families of more than one segment, by name."""
    families: dict[str, list[Segment]] = {}
    for segment in segments:
        families.setdefault(segment.parent, []).append(segment)
    return {name: members for name, members in families.items() if name and len(members) > 1}
