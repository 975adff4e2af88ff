"""Which colour a group has, the same in every block of a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from coterie.report.blocks import Block, walk
from coterie.report.cards import Cards
from coterie.report.map import Map
from coterie.report.palette import SLOTS, assign_slots

__all__ = ["Colours", "all_colours", "settle_colours", "settle_values"]

Colours = dict[str, dict[str, int]]
"""Name of a partition or column to name of a group or value to colour slot of the palette."""


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


def settle_values(blocks: Iterable[Block], colours: Colours) -> Colours:
    """Give each value on cards its colour: that of its group on a map, or one of its own.

    The commonest values choose first, as the first colours of the palette are most apart. Values
    of two columns have two colours. Where no colour is left a value has none.

    Parameters
    ----------
    blocks
        All blocks of a page.
    colours
        Those of the groups on maps, see `settle_colours`.

    Returns
    -------
    dict
        Name of a column to value to colour slot.
    """
    shown = [block for block in walk(blocks) if isinstance(block, Cards)]
    cards = [card for block in shown for card in block.cards]
    counts = Counter((column, value) for card in cards for column, value in card.categories)
    values: Colours = {}
    taken = {slot for column, _ in counts for slot in colours.get(column, {}).values()}
    free = iter([slot for slot in range(SLOTS) if slot not in taken])
    for (column, value), _ in counts.most_common():
        slot = colours.get(column, {}).get(value)
        if slot is None:
            slot = next(free, None)
        if slot is not None:
            values.setdefault(column, {})[value] = slot
    return values


def all_colours(blocks: Iterable[Block]) -> Colours:
    """Give the colours of the groups on maps and of the values on cards together."""
    blocks = list(blocks)
    colours = settle_colours(blocks)
    values = settle_values(blocks, colours)
    return {
        name: {**colours.get(name, {}), **values.get(name, {})} for name in {**colours, **values}
    }
