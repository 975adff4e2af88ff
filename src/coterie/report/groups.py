"""The groups one by one: who they are, how many, and in their own words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from coterie.errors import OptionError
from coterie.report.blocks import Block, listed_fields

__all__ = ["Entry", "Group", "Groups"]


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
class Entry:
    """A group at its place in the list.

    Attributes
    ----------
    group
        The group.
    depth
        Number of groups it lies in.
    share
        Its share of all rows, 0 to 1.
    children
        Number of groups in it.
    """

    group: Group
    depth: int
    share: float
    children: int


@dataclass(frozen=True, slots=True)
class Groups(Block):
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
        When two groups have one name, or a parent is not among the groups.
    """

    groups: Sequence[Group]
    total: int | None = None
    partition: str = "Segment"
    title: str = ""
    note: str = ""
    limit: int = 40

    def __post_init__(self) -> None:
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

    @property
    def entries(self) -> list[Entry]:
        """The groups as they are listed: each above its children, larger ones first."""
        roots = [group for group in self.groups if not group.parent]
        return self._entries("", 0, self.total or sum(group.size for group in roots) or 1)

    def _entries(self, parent: str, depth: int, total: int) -> list[Entry]:
        mine = [group for group in self.groups if group.parent == parent]
        found: list[Entry] = []
        for group in sorted(mine, key=lambda group: (-group.size, group.name)):
            inside = self._entries(group.name, depth + 1, total)
            children = sum(entry.depth == depth + 1 for entry in inside)
            found += [Entry(group, depth, group.size / total, children), *inside]
        return found

    def _shown(self) -> dict[str, Any]:
        groups = []
        for entry in self.entries:
            place = {"depth": entry.depth, "share": entry.share, "children": entry.children}
            groups.append({**asdict(entry.group), **place})
        return {**listed_fields(self), "groups": groups}
