"""What the pages of classes and of numbers share: their parts, and the tables on both."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from coterie.formatting import between, format_number
from coterie.pages.evaluation import words
from coterie.report import Note, Section, Table, Tile
from coterie.workflows.evaluation.figures import ClassFigures, CostFigures, NumberFigures
from coterie.workflows.evaluation.models import EvaluatedClassifier, EvaluatedRegressor
from coterie.workflows.evaluation.words import seen_in_words

__all__ = [
    "COST_FORMATS",
    "EXCERPT",
    "MOST_DRAWN",
    "PageParts",
    "cost_columns",
    "costs_table",
    "numeric",
    "origins",
    "pairs_table",
    "seen_note",
    "small_print",
    "speed_tiles",
]

MOST_DRAWN = 7
"""Models that a chart can tell apart: its colours."""

EXCERPT = 160
"""Characters of a text in a table."""

COST_FORMATS = {
    "cents for 1,000": ".2g",
    "correct per CPU ms": ".2g",
    "correct per cent spent": ",.0f",
}
"""Columns of `cost_columns`, and their formats."""

_TOGETHER = "\N{NO-BREAK SPACE}"
_FORMATS = {
    "ms": ".3g",
    "CPU ms": ".3g",
    "ms, p99": ".3g",
    "rows/s": ",.0f",
    "memory MiB": ",.1f",
    "disk MiB": ",.1f",
    **COST_FORMATS,
}


@dataclass(frozen=True, slots=True)
class PageParts:
    """What a page of one kind shows between the parts that all pages have.

    ``verb`` is what the models do, ``rows`` how many rows there are, in words. The figures are of
    the models side by side, ``pairs`` two by two; ``models`` says where each comes from.
    """

    verb: str
    rows: str
    tiles: Sequence[Tile]
    warnings: Sequence[Note]
    figures: Table
    pairs: Table | None
    sections: Sequence[Section]
    models: pd.DataFrame
    facts: Mapping[str, str]
    files: str
    formats: Mapping[str, str]


def seen_note(model: EvaluatedClassifier | EvaluatedRegressor) -> Iterator[Note]:
    """Warn of rows that a model was trained on."""
    if told := seen_in_words(model):
        yield Note(told, title="Rows from the training.", kind="warning")


def speed_tiles(figures: ClassFigures | NumberFigures) -> list[Tile]:
    """Tell how fast a model is, where that was measured."""
    if figures.speed is None:
        return []
    note = f"{figures.speed.rows_per_second:,.0f} rows/s in one call"
    return [Tile("for one row", f"{format_number(figures.speed.milliseconds_p50)} ms", note)]


def cost_columns(costs: CostFigures | None) -> dict[str, float | None]:
    """Give the columns of a table that tell what answers cost."""
    if costs is None:
        return dict.fromkeys(COST_FORMATS)
    right = None if costs.right_per_dollar is None else costs.right_per_dollar / 100
    found = (costs.cost_per_1000 * 100, costs.accuracy_per_ms, right)
    return dict(zip(COST_FORMATS, found, strict=True))


def costs_table(models: Sequence[ClassFigures] | Sequence[NumberFigures], price: float) -> Table:
    """Lay out what the answers of models cost, by their figures."""
    frame = pd.DataFrame(
        {
            "model": figures.model,
            "ms": figures.speed and figures.speed.milliseconds_p50,
            "ms, p99": figures.speed and figures.speed.milliseconds_p99,
            "rows/s": figures.speed and figures.speed.rows_per_second,
            "memory MiB": figures.speed and figures.speed.memory_mib,
            "disk MiB": figures.size_mib,
            "CPU ms": figures.costs and figures.costs.processor_ms,
            **cost_columns(figures.costs),
        }
        for figures in models
    )
    frame = numeric(frame).dropna(axis="columns", how="all")
    note = " ".join(
        text.format(price=price) for column, text in words.COSTS.items() if column in frame
    )
    return Table(frame, title="Cost of the answers", formats=_FORMATS, note=note)


def pairs_table(
    differences: pd.DataFrame,
    by: str,
    counts: Mapping[str, str],
    shown: Callable[[float], str],
    *,
    sign: int,
    spec: str,
    title: str,
    note: str,
) -> Table | None:
    """Compare models two by two; ``sign`` is that of a difference where the first is better."""
    if differences.empty:
        return None
    ends = np.sort(differences[["low", "high"]].to_numpy() * sign, axis=1)
    frame = pd.DataFrame(
        {
            "model": differences["first"],
            "against": differences["second"],
            by: differences["difference"] * sign,
            "95% interval": [
                "" if np.isnan(low) else f"{shown(low)} to {shown(high)}" for low, high in ends
            ],
            **{heading: differences[name] for name, heading in counts.items()},
            "p": [
                "" if np.isnan(p) else "< 0.001" if p < 0.001 else f"{p:.3f}"
                for p in differences["p_adjusted"]
            ],
            "significant": ["yes" if each else "no" for each in differences["significant"]],
        }
    )
    return Table(frame, title=title, formats={by: spec}, note=note)


def origins(
    models: Sequence[EvaluatedClassifier] | Sequence[EvaluatedRegressor],
    columns: Mapping[str, Sequence[object]],
) -> pd.DataFrame:
    """Tell where each model comes from, a row for each, with columns of their kind."""
    abouts = [model.about for model in models]
    saved = [str(about.created or "").replace("T", " ").partition("+")[0] for about in abouts]
    return pd.DataFrame(
        {
            "model": [model.name for model in models],
            "version": [about.version for about in abouts],
            **columns,
            "encoder": [", ".join(about.encoders) for about in abouts],
            "trained on": [about.trained_on for about in abouts],
            "saved": saved,
            "note": [about.note or "" for about in abouts],
        }
    )


def small_print(
    names: Mapping[str, str],
    formats: Mapping[str, str],
    ends_of: Sequence[Mapping[str, Sequence[float | None]]],
) -> dict[str, list[str]]:
    """Write the 95% intervals of columns of figures, a row for each model.

    ``names`` are those of the figures by column, ``ends_of`` the intervals of each model by figure.
    """
    return {
        column: [
            between(ends.get(name), formats.get(column, "")).replace(" to", f"{_TOGETHER}to")
            for ends in ends_of
        ]
        for column, name in names.items()
        if any(name in ends for ends in ends_of)
    }


def numeric(frame: pd.DataFrame, texts: Sequence[str] = ("model",)) -> pd.DataFrame:
    """Give all columns but those of texts the type of numbers, which None among them hides."""
    return frame.assign(
        **{str(name): pd.to_numeric(frame[name]) for name in frame if name not in texts}
    )
