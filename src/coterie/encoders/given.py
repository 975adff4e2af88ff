"""In place of an encoder where vectors are given: it knows their width, and embeds nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from coterie.encoders.base import Encoder, Vectors
from coterie.errors import EncoderMismatchError, InputError
from coterie.records.vectors import RowVectors, VectorOrigin

__all__ = ["UNKNOWN_ENCODER", "GivenVectors", "check_given"]

UNKNOWN_ENCODER = "unknown encoder"
"""Name of the encoder of vectors that do not say which one made them."""


@dataclass(eq=False)
class GivenVectors:
    """Stands for the encoder of vectors that were given.

    Attributes
    ----------
    name, fingerprint, weights
        Those of the encoder that made the vectors; where it is not known, the name is
        `UNKNOWN_ENCODER` and the others are "".
    dim
        Width of the vectors.
    """

    name: str
    dim: int
    fingerprint: str = ""
    weights: str = ""

    @classmethod
    def of(cls, vectors: RowVectors) -> GivenVectors:
        """Make one for the vectors of records."""
        origin = vectors.origin
        name = origin.name or UNKNOWN_ENCODER
        return cls(name, vectors.dim, origin.fingerprint, origin.weights)

    @property
    def described(self) -> str:
        """What vectors it stands for, for people: ``"minilm, width 384"``."""
        return _described(self.name, self.dim)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Refuse texts: there is no encoder.

        Raises
        ------
        InputError
            Unless there are no texts.
        """
        if len(texts):
            raise InputError(
                f"The model was trained on vectors ({self.described}) and cannot read texts: give "
                "vectors with --vectors (vectors=)."
            )
        return np.empty((0, self.dim), dtype=np.float32)


def check_given(vectors: RowVectors, encoder: Encoder, *, dim: int | None = None) -> bool:
    """Refuse vectors of another encoder or another width than those of a model.

    Parameters
    ----------
    vectors
        Those given.
    encoder
        That of the model.
    dim
        Width that the model reads; that of the encoder's vectors otherwise.

    Returns
    -------
    bool
        Whether both encoders are known; otherwise only the width was compared.

    Raises
    ------
    EncoderMismatchError
        When the width or the encoder is another.
    """
    own = VectorOrigin.of(encoder)
    width = encoder.dim if dim is None else dim
    if vectors.dim != width or not own.agrees(vectors.origin):
        theirs = _described(vectors.origin.name, vectors.dim)
        raise EncoderMismatchError(
            f"The vectors of {vectors.source} are of another encoder ({theirs}) than those needed "
            f"here ({_described(encoder.name, width)}): give vectors of that one, or make the "
            "model or the segments again with these."
        )
    return bool(own) and bool(vectors.origin)


def _described(name: str, dim: int) -> str:
    known = name if name and name != UNKNOWN_ENCODER else f"an {UNKNOWN_ENCODER}"
    return f"{known}, width {dim}"
