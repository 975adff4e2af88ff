"""What an encoder can read of the texts at hand, said before anything is made of them."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from coterie.classifiers import Model
from coterie.encoders import READABLE, Encoder, Readability, judge_readability, read_shares
from coterie.errors import CoterieWarning

__all__ = ["check_model", "check_reading"]

Shares = npt.NDArray[np.float32]


def check_reading(encoder: Encoder, texts: Sequence[str]) -> tuple[Readability, Shares | None]:
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
    return _told(encoder, texts, read_shares(encoder, texts))


def check_model(model: Model, texts: Sequence[str]) -> tuple[Readability | None, Shares | None]:
    """Find out what the encoders of a model can read of texts, as `check_reading` does.

    Of several encoders the one counts that reads most; None and None where a model reads no texts.
    """
    if getattr(model, "text", "") is None or not any(texts):
        return None, None
    members = getattr(model, "members_", [model])
    encoders = [getattr(member, "encoder_", None) for member in members]
    there = [encoder for encoder in encoders if isinstance(encoder, Encoder)]
    if not there:
        return None, None
    read = [(encoder, read_shares(encoder, texts)) for encoder in there]
    best, shares = max(read, key=lambda each: float(each[1].mean()))
    return _told(best, texts, shares)


def _told(
    encoder: Encoder, texts: Sequence[str], shares: Shares
) -> tuple[Readability, Shares | None]:
    found = judge_readability(encoder, texts, shares)
    if found.note:
        warnings.warn(found.note, CoterieWarning, stacklevel=4)
    return found, shares if (shares < READABLE).any() else None
