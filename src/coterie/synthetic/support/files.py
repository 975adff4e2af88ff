"""Support messages into files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from coterie.synthetic.files import Generated, writing
from coterie.synthetic.support.data import iter_support
from coterie.synthetic.support.message import (
    BLANK_SHARE,
    COPY_SHARE,
    LABEL_NOISE,
    NEAR_COPY_SHARE,
    VAGUE_SHARE,
)

__all__ = ["FILES", "write_support"]

FILES = ("messages.csv",)
"""What is written, beside ``about.json``."""


def write_support(out: Path, rows: int, seed: int, leave_out: Sequence[str]) -> Generated:
    """Write ``messages.csv`` and ``about.json``; see `generate_support` for the columns.

    Time grows linearly with ``rows``; memory does by 20 bytes a row.
    """
    blocks = iter_support(rows, seed=seed, leave_out=leave_out)
    counts: Counter[str] = Counter()
    with writing(out, *FILES, title="Generating messages", rows=rows) as files:
        for block in blocks:
            files.add("messages.csv", block)
            counts.update(block["intent"])
            files.stage.advance(len(block))
        return files.describe(
            "support",
            rows,
            seed,
            leave_out,
            text="text",
            labels=["intent", "category"],
            label_noise=LABEL_NOISE,
            copies=COPY_SHARE,
            near_copies=NEAR_COPY_SHARE,
            vague=VAGUE_SHARE,
            blank=BLANK_SHARE,
            rows_per_intent=dict(sorted(counts.items())),
        )
