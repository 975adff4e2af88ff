"""Names, terms and exemplars of segments that an edit has made."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from coterie.encoders import Vectors
from coterie.segments.model import EncoderRef
from coterie.segments.naming.names import Description, describe_segments
from coterie.segments.naming.people import openings

__all__ = ["describe_new"]


def describe_new(
    encoder: EncoderRef,
    texts: Sequence[str],
    codes: npt.NDArray[np.int64],
    vectors: Vectors,
    first: int,
    *,
    shown: Sequence[str] | None = None,
    show_personal: bool = False,
    seed: int = 0,
    avoid: Sequence[str] = (),
) -> list[Description]:
    """Describe the first of the groups of ``codes``, beside the others, as a discovery does.

    Of people with several rows, whose texts are joined, the beginnings of the rows are read. The
    parameters are those of `coterie.segments.describe_segments`.
    """
    read = [openings(text) for text in texts] if encoder.pooling == "row" else texts
    return describe_segments(
        read,
        codes,
        vectors,
        seed=seed,
        shown=shown or texts,
        show_personal=show_personal,
        avoid=avoid,
        first=first,
    )
