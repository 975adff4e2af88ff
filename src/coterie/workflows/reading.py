"""What an encoder can read of the texts at hand, said before anything is made of them."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from coterie.classifiers import Model
from coterie.encoders import READABLE, Encoder, Readability, judge_readability, read_shares
from coterie.errors import CoterieWarning
from coterie.records import Records

__all__ = ["check_model", "check_models", "check_reading"]

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
    shares = read_shares(encoder, texts)
    return _told(encoder, texts, shares), shares if (shares < READABLE).any() else None


def check_model(model: Model, records: Records) -> Readability | None:
    """Find out what the encoders of a model can read of records, and say so where it is not all.

    Of several encoders the one counts that reads most; None where a model reads no texts.

    Warns
    -----
    CoterieWarning
        Says what cannot be read, and which encoder could.
    """
    found = check_models([model], records)
    return found[0] if found else None


def check_models(models: Sequence[Model], records: Records) -> list[Readability]:
    """Do as `check_model` for several models, once for each encoder."""
    reads = records.has_texts and records.vectors is None
    texts = records.texts.tolist() if reads else []
    found: dict[str, Readability] = {}
    for model in models if any(texts) else ():
        read = [(encoder, read_shares(encoder, texts)) for encoder in _encoders(model)]
        if not read:
            continue
        best, shares = max(read, key=lambda each: float(each[1].mean()))
        if best.fingerprint not in found:
            found[best.fingerprint] = _told(best, texts, shares)
    return list(found.values())


def _encoders(model: Model) -> list[Encoder]:
    """Give the encoders that a model reads texts with."""
    if getattr(model, "text", "") is None:
        return []
    members = getattr(model, "members_", [model])
    encoders = [getattr(member, "encoder_", None) for member in members]
    return [encoder for encoder in encoders if isinstance(encoder, Encoder)]


def _told(encoder: Encoder, texts: Sequence[str], shares: Shares) -> Readability:
    found = judge_readability(encoder, texts, shares)
    if found.note:
        warnings.warn(found.note, CoterieWarning, stacklevel=4)
    return found
