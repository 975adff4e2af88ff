"""The section of a discovery that shows its groups one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from coterie.pages.discovery.sentences import Counts
from coterie.pages.partitions import SEGMENT
from coterie.report import Group, Groups, Section
from coterie.segments import Segment
from coterie.workflows.discovery.families import display_names

if TYPE_CHECKING:
    from coterie.workflows.discovery.discover import DiscoverResult

__all__ = ["families_of", "groups_section"]


def groups_section(result: DiscoverResult, counts: Counts) -> Section:
    """Show each group by its words, its exemplars and its labels."""
    segments = result.discovery.segmentation.segments
    names = display_names(segments)
    families = families_of(segments)
    heads = {name: f"{name} (family)" if name in names.values() else name for name in families}
    groups = [
        Group(
            head,
            sum(counts.sizes[s.id] for s in families[name]),
            description=f"{len(families[name]):,} groups that have something in common.",
        )
        for name, head in heads.items()
    ]
    groups += [
        Group(
            names[segment.id],
            counts.sizes[segment.id],
            description=segment.description,
            terms=segment.terms,
            exemplars=segment.exemplars,
            confidence=counts.confidence.get(segment.id),
            statuses=counts.statuses.get(segment.id, {}),
            parent=heads.get(segment.parent, ""),
            facts={"id": segment.id, **_label_facts(result, segment)},
        )
        for segment in segments
    ]
    unit = result.metrics["unit"]
    intro = (
        f"Each group by its telling words and its most typical {unit}. The names are made from "
        "the texts; better ones are yours to give."
    )
    return Section("The groups", [Groups(groups, total=counts.n, partition=SEGMENT)], intro=intro)


def _label_facts(result: DiscoverResult, segment: Segment) -> dict[str, str]:
    facts = {}
    inside = result.discovery.assignments.segments == segment.id
    for agreement in result.agreements:
        if agreement.of_ids:
            continue
        known = Counter(
            label for label in result.labels[agreement.column][inside] if label is not None
        )
        if known:
            label, most = known.most_common(1)[0]
            facts[f"mostly {agreement.column}"] = f"{label}, {most / known.total():.0%}"
    return facts


def families_of(segments: Sequence[Segment]) -> dict[str, list[Segment]]:
    """Families of more than one segment, by name."""
    families: dict[str, list[Segment]] = {}
    for segment in segments:
        families.setdefault(segment.parent, []).append(segment)
    return {name: members for name, members in families.items() if name and len(members) > 1}
