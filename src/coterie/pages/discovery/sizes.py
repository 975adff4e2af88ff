"""The section of a discovery that shows how its segments grow from one refresh to the next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from coterie.pages.discovery import words
from coterie.report import Block, Line, Lines, Section, Table
from coterie.workflows.discovery.discover import DiscoverResult
from coterie.workflows.discovery.tables import periods, size_table

__all__ = ["sizes_section"]

_CURVES = 8  # that can be told apart
_FEWEST = 3  # points that make a curve


def sizes_section(result: DiscoverResult, first: Sequence[str] = ()) -> Iterator[Section]:
    """Show the share of each segment at each refresh; nothing where there was none.

    The curves are of the segments ``first``, by their ids, and of those whose share varies most.
    """
    batches = result.rows.batches
    if batches is None:
        return
    table = size_table(result.discovery, batches)
    names = periods(result.segmentation)
    counts = table[table.columns[3:]].to_numpy(dtype=float)
    shares = counts / np.maximum(counts.sum(axis=0), 1)
    varies = np.ptp(shares, axis=1)
    wanted = [table.index[table["id"] == each][0] for each in first if (table["id"] == each).any()]
    order = list(dict.fromkeys([*wanted, *np.argsort(-varies, kind="stable").tolist()]))[:_CURVES]
    curves = [
        Line(str(table["name"].iloc[row]), np.arange(len(names)), shares[row] * 100)
        for row in order
    ]
    named = "; ".join(f"{number}: {name}" for number, name in enumerate(names))
    shown = table.assign(vanished=[each[:10] for each in table["vanished"]])
    if not (shown["vanished"] != "").any():
        shown = shown.drop(columns="vanished")
    blocks: list[Block] = [Table(shown, note=words.SIZES_NOTE)]
    if len(names) >= _FEWEST:
        chart = Lines(
            curves,
            x_label="refresh",
            y_label="percent of its rows",
            note=f"The segments that vary most. {named}.",
        )
        blocks.insert(0, chart)
    yield Section(words.SIZES_TITLE, blocks, intro=words.SIZES_INTRO)
