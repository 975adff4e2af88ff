"""Rows that were decided: what watching compares, whoever decided them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from coterie.encoders import Vectors, row_keys
from coterie.profile.near import near_duplicates

__all__ = ["DecidedRows", "Reference", "text_keys"]

Ints: TypeAlias = npt.NDArray[np.int64]
Strings: TypeAlias = npt.NDArray[np.object_]

_LONGEST = 1_000  # characters of a text by which repeated texts are found


@dataclass(frozen=True, slots=True, eq=False)
class DecidedRows:
    """Rows with the segment or class that each was given.

    Attributes
    ----------
    labels
        Shape (n,), str: id of the segment, or the class; "" for rows outside of all.
    statuses
        Shape (n,), str: such as ``"core"``, ``"assigned"``, ``"ambiguous"`` and ``"outside"``.
    confidences
        Shape (n,), float64, 0 to 1; NaN where it is not known.
    ids
        Shape (n,), str.
    texts, shown
        Shape (n,), str: what was read, and as it was written; None where texts are not kept.
    vectors
        Shape (n, d), float32, unit length, or None.
    time
        Shape (n,), datetime64[ns], or None.
    space
        Shape (n, e): where new groups are looked for; None where that is made for each comparison,
        see `coterie.workflows.watching.groups.in_one_space`.
    """

    labels: Strings
    statuses: Strings
    confidences: npt.NDArray[np.float64]
    ids: Strings
    texts: Strings | None = None
    shown: Strings | None = None
    vectors: Vectors | None = None
    time: npt.NDArray[np.datetime64] | None = None
    space: Vectors | None = None

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, rows: npt.NDArray[Any]) -> DecidedRows:
        """Take some of the rows, by their places or by a mask."""
        held = {each.name: getattr(self, each.name) for each in fields(self)}
        return replace(self, **{k: v[rows] for k, v in held.items() if v is not None})


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """What new rows are compared with.

    Attributes
    ----------
    rows
        The m rows; their labels, statuses and confidences are what new rows of the same kind would
        have got, as far as they are known.
    names
        Id of each segment, or class, to its name; in the order of the pages.
    counted
        Number of rows that the shares of labels are of, where the rows are a sample of them.
    doubt
        How far the shares may be off because the rows are those that segments or a model were made
        from, as a part of each share; 0 for rows that neither has seen.
    statuses
        Status to its share of rows that the model had not seen, and their number, where it is not
        that of the rows.
    learnt
        Whether the encoder of the vectors learnt from these rows, so that it tells them from new
        ones.
    origin
        Which rows they are, in a few words.
    """

    rows: DecidedRows
    names: dict[str, str]
    counted: int
    doubt: float = 0.0
    statuses: tuple[dict[str, float], int] | None = None
    learnt: bool = False
    origin: str = ""


def text_keys(*parts: DecidedRows) -> list[Ints]:
    """Give texts of several tables numbers: those of one number say the same, or nearly.

    Texts of which 80% of the runs of four characters are the same have one number; rows without
    texts go by their vectors, and rows without either each have their own. Time grows linearly.
    """
    ends = np.cumsum([len(part) for part in parts])[:-1]
    texts = [part.texts for part in parts if part.texts is not None]
    vectors = [part.vectors for part in parts if part.vectors is not None]
    if len(texts) == len(parts):
        keys = _near([text[:_LONGEST] for each in texts for text in each.tolist()])
    elif len(vectors) == len(parts):
        found = np.unique(row_keys(np.concatenate(vectors)), return_inverse=True)[1]
        keys = found.astype(np.int64)
    else:
        keys = np.arange(sum(map(len, parts)))
    return np.split(keys, ends)


def _near(texts: Sequence[str]) -> Ints:
    found = near_duplicates(texts)
    leaders = np.where(found.leader >= 0, found.leader, np.arange(len(texts)))
    return np.unique(leaders, return_inverse=True)[1].astype(np.int64)
