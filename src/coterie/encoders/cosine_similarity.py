"""Cosine similarity of two vectors, or of two ids."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from coterie.encoders.base import Vectors
from coterie.errors import EncoderMismatchError, InputError
from coterie.hints import did_you_mean

__all__ = ["cosine", "similarity"]


def cosine(first: npt.ArrayLike, second: npt.ArrayLike) -> float:
    """Cosine of two vectors of shape (dim,), in [-1, 1].

    Raises
    ------
    EncoderMismatchError
        When their widths differ.
    InputError
        When one of them is zero or not finite.
    """
    one, two = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if one.shape != two.shape:
        raise EncoderMismatchError(
            f"The vectors have width {one.size} and {two.size}: compare vectors of one encoder."
        )
    length = np.linalg.norm(one) * np.linalg.norm(two)
    if not np.isfinite(length) or length == 0:
        raise InputError("A vector is zero or not finite and has no cosine: embed its text again.")
    return float(np.clip(one @ two / length, -1.0, 1.0))


def similarity(ids: npt.ArrayLike, vectors: Vectors, first: str, second: str) -> float:
    """Cosine of the vectors of two ids, in [-1, 1].

    Parameters
    ----------
    ids
        Shape (n,), str.
    vectors
        Shape (n, dim).
    first, second
        The two ids.

    Raises
    ------
    InputError
        When an id is not there; the message names the nearest one.
    """
    keys = [str(key) for key in np.asarray(ids, dtype=object)]
    return cosine(vectors[_row(keys, first)], vectors[_row(keys, second)])


def _row(keys: list[str], wanted: str) -> int:
    try:
        return keys.index(wanted)
    except ValueError:
        hint = did_you_mean(wanted, keys, "check the id.")
        raise InputError(f"No id '{wanted}' among {len(keys):,}: {hint}") from None
