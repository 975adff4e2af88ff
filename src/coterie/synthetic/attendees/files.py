"""Badges of a trade fair into files."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from coterie.synthetic.attendees.data import NOISE, iter_attendees
from coterie.synthetic.files import Generated, writing

__all__ = ["FILES", "write_attendees"]

FILES = ("badges.json", "labels.csv")
"""What is written, beside ``about.json``."""


def write_attendees(out: Path, rows: int, seed: int, leave_out: Sequence[str]) -> Generated:
    """Write ``badges.json``, ``labels.csv`` and ``about.json``; see `AttendeeData`.

    Time grows linearly with ``rows``, the number of badges; memory does not grow.
    """
    blocks = iter_attendees(rows, seed=seed, leave_out=leave_out)
    counts: Counter[str] = Counter()
    ceiling, records = 0.0, 0
    with writing(out, *FILES, title="Generating badges", rows=rows) as files:
        with (files.draft / "badges.json").open("w", encoding="utf-8") as badges:
            for block in blocks:
                lines = [json.dumps(badge, ensure_ascii=False) for badge in block.badges]
                badges.write((",\n" if records else "[\n") + ",\n".join(lines))
                files.add("labels.csv", block.labels)
                counts.update(block.labels["ClusterId"])
                ceiling += float(block.posterior.max(axis=1).sum())
                records += len(block.badges)
                files.stage.advance(len(block.labels))
            badges.write("\n]\n")
        return files.describe(
            "attendees",
            rows,
            seed,
            leave_out,
            records=records,
            noise=NOISE,
            ceiling_accuracy=round(ceiling / rows, 4),
            badges_per_cluster=dict(sorted(counts.items())),
        )
