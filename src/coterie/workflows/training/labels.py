"""What is wrong with labels before anything learns from them: ids, and texts with several."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from coterie.errors import InputError
from coterie.formatting import counted, shorten
from coterie.records import Records, looks_like_id, texts_of
from coterie.workflows.training.numbers import as_numbers

__all__ = ["Conflicts", "check_labels", "find_conflicts"]

Labels = npt.NDArray[np.object_]

_FEWEST = 20  # rows that can tell an id from a label: a judgement, not measured
_ALONE = 0.9  # different labels among as many rows from which on they are ids: a judgement
_SHOWN = 50  # characters of a text in a note


def check_labels(column: str, labels: Labels, *, model: str, numbers: bool = False) -> None:
    """Refuse labels that are ids: nearly every row has one of its own.

    That is so from 20 rows on where there are nine different labels or more for ten rows. Numbers
    that are estimated may all differ, and are ids only where their column is called so and no two
    are alike.

    Parameters
    ----------
    column
        Its name.
    labels
        Shape (n,): of the rows that have one.
    model
        What would learn from them, as a user names it.
    numbers
        Whether it estimates numbers.

    Raises
    ------
    InputError
        When they are ids; or numbers, which the model would take for classes.
    """
    rows, different = len(labels), len(set(texts_of(labels)))
    if rows < _FEWEST or different < _ALONE * rows:
        return
    told = f"{different:,} different values in {counted(rows, 'row')}"
    named = looks_like_id(column)
    if numbers:
        if named and different == rows:
            raise InputError(
                f"The label '{column}' looks like an id, because it has {told}: name a column "
                "of numbers to predict with --label (label=)."
            )
        return
    if not named and model != "ensemble" and not np.isnan(as_numbers(labels)).any():
        raise InputError(
            f"The label '{column}' has {told}, all of them numbers, which {model} would take for "
            "classes: estimate the number with --model ensemble (model='ensemble'), or name a "
            "column of classes with --label (label=)."
        )
    raise InputError(
        f"The label '{column}' looks like an id and not like a class, because it has {told}: "
        "name a column whose values repeat with --label (label=)."
    )


@dataclass(frozen=True, slots=True)
class Conflicts:
    """Identical texts with more than one label.

    Attributes
    ----------
    texts
        Number of such texts, each counted once.
    rows
        Rows that have them.
    wrong
        Rows that every model must get wrong, because it gives equal texts one label.
    example
        The text with the most rows.
    labels
        The labels of that text, and the rows of each.
    """

    texts: int
    rows: int
    wrong: int
    example: str
    labels: dict[str, int]

    @property
    def note(self) -> str:
        """Tell of them in a sentence."""
        one = self.texts == 1
        those = ", ".join(f"{label} {count:,}" for label, count in self.labels.items())
        return (
            f"{counted(self.texts, 'text')} {'has' if one else 'have'} more than one label "
            f"({counted(self.rows, 'row')}), such as '{shorten(self.example, _SHOWN)}' ({those}): "
            f"every model is wrong on at least {self.wrong:,} of these rows. List the labels to "
            "correct with coterie suspects (coterie.suspects)."
        )

    def to_dict(self) -> dict[str, int]:
        """Give the figures, without a text."""
        return {
            "conflicting_texts": self.texts,
            "conflicting_rows": self.rows,
            "conflicting_at_least_wrong": self.wrong,
        }


def find_conflicts(
    records: Records, labels: Labels, context: Sequence[str] = ()
) -> Conflicts | None:
    """Find identical texts with more than one label; None where there are none.

    Parameters
    ----------
    records
        n rows; those without texts have no conflicts.
    labels
        Shape (n,): None where there is none.
    context
        Columns that a model reads too: texts are alike where these are.

    Notes
    -----
    Time and memory grow linearly with the rows.
    """
    if not records.has_texts or records.vectors is not None:
        return None
    there = [name for name in context if name in records.context.columns]
    beside: list[tuple[Any, ...]] = [()] * len(records)
    if there:
        cells = records.context[there].astype(object).where(records.context[there].notna(), None)
        beside = list(map(_hashable, cells.itertuples(index=False, name=None)))
    found: defaultdict[tuple[Any, ...], Counter[str]] = defaultdict(Counter)
    for text, others, label in zip(records.texts, beside, labels, strict=True):
        if label is not None:
            found[(text, *others)][str(label)] += 1
    several = {key: counts for key, counts in found.items() if len(counts) > 1}
    if not several:
        return None
    rows = sum(counts.total() for counts in several.values())
    best = sum(max(counts.values()) for counts in several.values())
    example, counts = max(several.items(), key=lambda each: each[1].total())
    return Conflicts(len(several), rows, rows - best, example[0], dict(counts.most_common(3)))


def _hashable(cells: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(
        str(cell) if isinstance(cell, list | dict | np.ndarray) else cell for cell in cells
    )
