"""The groups one by one: who they are, how many, and in their own words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from coterie.errors import OptionError
from coterie.report.blocks import Plain
from coterie.report.markup import template
from coterie.report.page import Sheet

__all__ = ["Group", "Groups"]

_STATUSES = ("core", "assigned", "ambiguous", "outside")


@dataclass(frozen=True, slots=True)
class Group:
    """One named group.

    Attributes
    ----------
    name
        Its name, unique among the groups.
    size
        Number of rows in it, those of its children among them.
    description
        A sentence or two.
    terms
        The words that set it apart, the most telling first.
    exemplars
        Texts that stand for it, three to five.
    confidence
        Mean confidence of its rows, 0 to 1, or None.
    cohesion
        How alike its rows are, 0 to 1, or None.
    statuses
        Rows of each status: ``{"core": 812, "ambiguous": 40}``.
    parent
        Name of the group it belongs to, or "" at the top.
    facts
        Anything else worth a line: ``{"purest label": "cancel_order, 98%"}``.
    """

    name: str
    size: int
    description: str = ""
    terms: Sequence[str] = ()
    exemplars: Sequence[str] = ()
    confidence: float | None = None
    cohesion: float | None = None
    statuses: Mapping[str, int] = field(default_factory=dict)
    parent: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Groups(Plain):
    """A list of groups, each of which opens; it sorts, filters by typing and shows one on the map.

    Attributes
    ----------
    groups
        The groups in any order; children name their parent. Shown from the largest down.
    total
        Number of rows that shares are of; by default those of the groups at the top.
    partition
        Name of the map's partition with the same names, which gives the colours.
    title, note
        Words above and under the list.
    limit
        Groups shown at first; a button shows the others.

    Raises
    ------
    OptionError
        On rendering, when two groups have one name, or a parent is not among the groups.
    """

    groups: Sequence[Group]
    total: int | None = None
    partition: str = "Segment"
    title: str = ""
    note: str = ""
    limit: int = 40

    def render(self, sheet: Sheet) -> Markup:
        """Write the list."""
        sheet.need("groups.js")
        self._check()
        roots = [group for group in self.groups if not group.parent]
        total = self.total or sum(group.size for group in roots) or 1
        rows = [
            {**self._row(group, depth, total), **self._colour(group.name, sheet)}
            for group, depth in self._tree("", 0)
        ]
        largest = max(
            (group.size for group in self.groups if not self._children(group.name)), default=1
        )
        return template(
            "groups.html",
            block=self,
            id=sheet.identity(self.title or "groups"),
            rows=rows,
            largest=largest,
        )

    def _check(self) -> None:
        names = [group.name for group in self.groups]
        doubled = sorted({name for name in names if names.count(name) > 1})
        if doubled:
            raise OptionError(f"Two groups are named {doubled[0]!r}: give each its own name.")
        for group in self.groups:
            if group.parent and group.parent not in names:
                raise OptionError(
                    f"The group {group.name!r} has the parent {group.parent!r}, which is not "
                    "among the groups: add it or leave the parent empty."
                )

    def _children(self, parent: str) -> list[Group]:
        mine = [group for group in self.groups if group.parent == parent]
        return sorted(mine, key=lambda group: (-group.size, group.name))

    def _tree(self, parent: str, depth: int) -> list[tuple[Group, int]]:
        found: list[tuple[Group, int]] = []
        for group in self._children(parent):
            found += [(group, depth), *self._tree(group.name, depth + 1)]
        return found

    def _colour(self, name: str, sheet: Sheet) -> dict[str, object]:
        """Find the partition that has this group, the block's own first, and its colour slot."""
        for partition in (self.partition, *sheet.slots):
            if name in sheet.slots.get(partition, {}):
                return {"partition": partition, "slot": sheet.slots[partition][name]}
        return {"partition": "", "slot": None}

    def _row(self, group: Group, depth: int, total: int) -> dict[str, object]:
        known = [status for status in _STATUSES if group.statuses.get(status)]
        others = [status for status in group.statuses if status not in _STATUSES]
        rows = sum(group.statuses.values()) or 1
        mix, start = [], 0.0
        for status in known + others:
            share = group.statuses[status] / rows * 100
            kind = status if status in _STATUSES else "other"
            mix.append(
                {
                    "status": status,
                    "kind": kind,
                    "count": group.statuses[status],
                    "x": start,
                    "width": share,
                }
            )
            start += share
        return {
            "group": group,
            "depth": depth,
            "share": group.size / total,
            "children": len(self._children(group.name)),
            "mix": mix,
        }
