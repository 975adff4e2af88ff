"""What an encoder can read of the texts at hand, said before anything is made of them."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from coterie.encoders import READABLE, Encoder, Readability, judge_readability, read_shares
from coterie.errors import CoterieWarning

__all__ = ["check_reading"]


def check_reading(
    encoder: Encoder, texts: Sequence[str]
) -> tuple[Readability, npt.NDArray[np.float32] | None]:
    """Find out what an encoder can read of texts, and say so where it is not all.

    Returns
    -------
    Readability, ndarray of shape (n,) or None
        The figures, and the share of each text that is read; None where that is at least half of
        every text.

    Warns
    -----
    CoterieWarning
        Says what cannot be read, and which encoder could.
    """
    shares = read_shares(encoder, texts)
    found = judge_readability(encoder, texts, shares)
    if found.note:
        warnings.warn(found.note, CoterieWarning, stacklevel=3)
    return found, shares if (shares < READABLE).any() else None
