"""Which scripts texts are written in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from coterie.scripts import SCRIPTS, main_scripts

__all__ = ["count_scripts"]

_CHUNK = 20_000


def count_scripts(texts: Sequence[str], counts: npt.NDArray[np.int64]) -> Counter[str]:
    """Count rows by the script of most of their letters; ``"no letters"`` where there are none.

    Parameters
    ----------
    texts, counts
        Distinct texts, and the rows that carry each. Time grows linearly with the characters;
        memory is that of 20,000 texts.
    """
    rows: Counter[str] = Counter()
    for start in range(0, len(texts), _CHUNK):
        chunk = texts[start : start + _CHUNK]
        most = main_scripts(chunk)
        weights = np.bincount(
            most, weights=counts[start : start + _CHUNK], minlength=len(SCRIPTS)
        ).astype(np.int64)
        for name, weight in zip(SCRIPTS, weights.tolist(), strict=True):
            if weight:
                rows[name or "no letters"] += weight
    return rows
