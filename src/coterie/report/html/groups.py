"""The list of groups, each of which opens; ``groups.js`` sorts and filters it."""

from __future__ import annotations

from markupsafe import Markup

from coterie.report.groups import Entry, Group, Groups
from coterie.report.html.markup import template
from coterie.report.html.sheet import Sheet, draw

_STATUSES = ("core", "assigned", "ambiguous", "outside")


@draw.register
def _draw_groups(block: Groups, sheet: Sheet) -> Markup:
    sheet.need("groups.js")
    entries = block.entries
    rows = [
        {"entry": entry, "mix": _mix(entry.group), **_colour(entry, block, sheet)}
        for entry in entries
    ]
    largest = max([1, *(entry.group.size for entry in entries if not entry.children)])
    identity = sheet.identity(block.title or "groups")
    return template("groups.html", block=block, id=identity, rows=rows, largest=largest)


def _colour(entry: Entry, block: Groups, sheet: Sheet) -> dict[str, object]:
    """Find the partition that has this group, the block's own first, and its colour slot."""
    name = entry.group.name
    for partition in (block.partition, *sheet.colours):
        if name in sheet.colours.get(partition, {}):
            return {"partition": partition, "slot": sheet.colours[partition][name]}
    return {"partition": "", "slot": None}


def _mix(group: Group) -> list[dict[str, object]]:
    """Give the parts of the bar of statuses, from left to right."""
    known = [status for status in _STATUSES if group.statuses.get(status)]
    others = [status for status in group.statuses if status not in _STATUSES]
    rows = sum(group.statuses.values()) or 1
    mix: list[dict[str, object]] = []
    start = 0.0
    for status in known + others:
        count = group.statuses[status]
        share = count / rows * 100
        kind = status if status in _STATUSES else "other"
        mix.append({"status": status, "kind": kind, "count": count, "x": start, "width": share})
        start += share
    return mix
