"""Which colour a group has, the same in every block of a page."""

from __future__ import annotations

from collections.abc import Iterable

from coterie.report.blocks import Block, walk
from coterie.report.map import Map
from coterie.report.palette import assign_slots

__all__ = ["Colours", "settle_colours"]

Colours = dict[str, dict[str, int]]
"""Name of a partition to name of a group to colour slot of the palette."""


def settle_colours(blocks: Iterable[Block]) -> Colours:
    """Give each group on a map its colour; the first map that has a group settles it."""
    colours: Colours = {}
    for block in walk(blocks):
        if not isinstance(block, Map):
            continue
        for partition in block.partitions:
            known = colours.setdefault(partition.name, {})
            if any(name not in known for name in partition.names):
                slots = assign_slots(partition.centres(block.points), partition.sizes)
                for name, slot in zip(partition.names, slots, strict=True):
                    known.setdefault(name, slot)
    return colours
