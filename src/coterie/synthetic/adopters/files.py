"""Profiles of people who take up technology into files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from coterie.synthetic.adopters.causes import CATEGORIES, read_effects
from coterie.synthetic.adopters.data import NOISE, iter_adopters
from coterie.synthetic.content import read_content
from coterie.synthetic.files import Generated, writing

__all__ = ["FILES", "write_adopters"]

FILES = ("profiles.csv",)
"""What is written, beside ``about.json``."""


def write_adopters(out: Path, rows: int, seed: int, leave_out: Sequence[str]) -> Generated:
    """Write ``profiles.csv`` and ``about.json``; see `generate_adopters` for the columns.

    Time grows linearly with ``rows``; memory does by 20 bytes a row.
    """
    blocks = iter_adopters(rows, seed=seed, leave_out=leave_out)
    counts: Counter[str] = Counter()
    empty: Counter[str] = Counter()
    with writing(out, *FILES, title="Generating profiles", rows=rows) as files:
        for block in blocks:
            files.add("profiles.csv", block)
            counts.update(block["adopter_category"])
            empty.update({str(name): int(column.isna().sum()) for name, column in block.items()})
            files.stage.advance(len(block))
        return files.describe(
            "adopters",
            rows,
            seed,
            leave_out,
            text="about",
            labels=["adopter_category"],
            noise=NOISE,
            rows_per_category={name: counts[name] for name in CATEGORIES if counts[name]},
            empty_cells={name: count for name, count in empty.items() if count},
            columns=_columns(),
            search=read_content("adopters/columns")["search"],
        )


def _columns() -> dict[str, dict[str, Any]]:
    """Say what each column holds, with its values where they are few."""
    known = {name: effect.trait.values for name, effect in read_effects(NOISE).items()}
    values = {**known, "adopter_category": list(CATEGORIES), "interests": known["interest"]}
    return {
        name: {"about": about, **({"values": values[name]} if name in values else {})}
        for name, about in read_content("adopters/columns")["column"].items()
    }
