"""A column of names as the colours of a map."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from coterie.report import Partition

__all__ = ["SEGMENT", "partition"]

SEGMENT = "Segment"  #: what the colouring by segment is called, to which groups are tied


def partition(
    name: str,
    values: npt.NDArray[np.object_],
    known: Sequence[str],
    names: Sequence[str],
    none: str,
) -> Partition:
    """Colour rows by their place in ``known``, shown as ``names``; the others are ``none``."""
    at = {value: code for code, value in enumerate(known)}
    codes = np.array([at.get(value, -1) for value in values], dtype=np.int64)
    return Partition(name, codes, list(names), none=none)
