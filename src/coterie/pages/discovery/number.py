"""The section of a discovery that shows how the number of groups was chosen."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from coterie.pages.discovery import words
from coterie.report import Block, Line, Lines, Mark, Prose, Section, Table
from coterie.segments.finding.number import supported_range

__all__ = ["choice_section"]

_OPEN = 10  # candidates that are shown at first


def choice_section(sweep: pd.DataFrame) -> Iterator[Section]:
    """Show the candidates and their scores; nothing where there was no choice."""
    if not len(sweep):
        return
    blocks: list[Block] = [Prose(words.choice_in_words(sweep))]
    lines = [
        Line(name, ordered["groups"].to_numpy(), ordered[name].to_numpy())
        for name in ("silhouette", "stability", "information", "score")
        if name in sweep
        and len(ordered := sweep.sort_values("groups"))
        and np.isfinite(sweep[name].to_numpy(dtype=float)).any()
    ]
    if lines and sweep["groups"].nunique() > 1:
        blocks.append(
            Lines(
                lines,
                x_label="number of groups",
                y_label="score, higher is better",
                marks=_marks(sweep),
                log_x=bool(sweep["groups"].min() >= 1),
            )
        )
    shown = sweep.dropna(axis=1, how="all").copy()
    for column in ("supported", "chosen"):
        shown[column] = np.where(shown[column], "yes", "")
    title = f"All {len(sweep):,} candidates"
    blocks.append(Table(_chosen_first(shown), title=title, limit=_OPEN))
    yield Section(words.CHOICE_TITLE, blocks)


def _chosen_first(shown: pd.DataFrame) -> pd.DataFrame:
    """Put the chosen candidate on top, those in the range after it, then the others by number."""
    rank = np.where(shown["chosen"] == "yes", 0, np.where(shown["supported"] == "yes", 1, 2))
    return shown.iloc[np.lexsort((shown["groups"].to_numpy(dtype=float), rank))]


def _marks(sweep: pd.DataFrame) -> list[Mark]:
    chosen = int(sweep.loc[sweep["chosen"], "groups"].iloc[0])
    ends = [k for k in dict.fromkeys(supported_range(sweep)) if k != chosen]
    found = Mark(float(chosen), f"chosen: {chosen:,}")
    return [found, *(Mark(float(k), f"{k:,}", kind="runner-up") for k in ends)]
