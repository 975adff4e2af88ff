"""Which rows a model was trained on, by their content: to find them again in other tables."""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.classifiers.inputs import TextsOrFrame
from coterie.encoders import row_keys

__all__ = ["TrainingRows", "content_hashes", "training_rows"]

Hashes = npt.NDArray[np.uint64]
Bools = npt.NDArray[np.bool_]

_MOST = 100_000  # hashes that a model keeps, 8 bytes each; a judgement
_NONE = ""  # an empty cell and a missing one are the same
_ODD = np.uint64(0x9E3779B97F4A7C15)  # 2^64 divided by the golden ratio, which mixes well


@dataclass(frozen=True, slots=True, eq=False)
class TrainingRows:
    """The contents of training rows, as hashes.

    Attributes
    ----------
    hashes
        Shape (m,), uint64, ascending and distinct: of all rows, or the smallest 100,000, which are
        a random sample of the contents (a bottom-k sketch, Cohen and Kaplan 2007).
    complete
        Whether they are of all rows.
    repeated
        Share of the rows whose content another row has too: other rows of this kind would often
        have the content of a training row by chance.
    """

    hashes: Hashes
    complete: bool
    repeated: float

    def among(self, found: Hashes) -> Bools:
        """Tell which rows (n,) have the content of a training row; of a sample, some of them."""
        return np.asarray(np.isin(found, self.hashes), dtype=np.bool_)

    def count(self, found: Hashes) -> int:
        """Count the rows that have the content of a training row, given the hashes of n rows.

        It is an estimate where the hashes are a sample: the rows that the sample would hold, if
        they were training rows, stand for all.
        """
        seen = int(self.among(found).sum())
        if self.complete or not len(found):
            return seen
        inside = int((found <= self.hashes[-1]).sum())
        return round(seen / inside * len(found)) if inside else 0


def training_rows(found: Hashes) -> TrainingRows:
    """Remember rows by the hashes (n,) of their contents."""
    distinct, counts = np.unique(found, return_counts=True)
    repeated = float(counts[counts > 1].sum() / max(len(found), 1))
    return TrainingRows(distinct[:_MOST], len(distinct) <= _MOST, repeated)


def content_hashes(rows: TextsOrFrame) -> Hashes:
    """Hash the content of each row.

    Parameters
    ----------
    rows
        n texts, n vectors, or a frame of n rows, of which all columns count.

    Returns
    -------
    ndarray of shape (n,), uint64
        Numbers count by their value, texts without blanks around them, missing cells as empty ones.
        The order of the columns does not matter. O(cells) time.
    """
    if not isinstance(rows, pd.DataFrame):
        return _of_values(_single(rows))
    total = np.zeros(len(rows), dtype=np.uint64)
    for name in rows.columns:
        salt = _hash(str(name))
        cells = _of_values(rows[name].to_numpy(dtype=object))
        total += (cells ^ salt) * _ODD ^ (cells >> np.uint64(29))
    return total


def _single(rows: Any) -> npt.NDArray[np.object_]:
    array = np.asarray(rows)
    if array.ndim == 2:
        return np.array(row_keys(array.astype(np.float32)), dtype=object)
    return np.asarray(rows, dtype=object)


def _of_values(values: npt.NDArray[np.object_]) -> Hashes:
    """Hash each value, each distinct one once."""
    known: dict[str, int] = {}
    codes = np.fromiter((known.setdefault(_said(v), len(known)) for v in values), np.int64)
    hashes = np.array([_hash(said) for said in known], dtype=np.uint64)
    return hashes[codes] if len(codes) else np.zeros(0, dtype=np.uint64)


def _said(value: Any) -> str:
    if value is None or value is pd.NA or (isinstance(value, float) and value != value):  # noqa: PLR0124
        return _NONE
    if isinstance(value, np.ndarray):
        return value.astype(np.float32).tobytes().hex()
    if isinstance(value, bool | np.bool_):
        return str(bool(value))
    if isinstance(value, int | float | np.integer | np.floating):
        return repr(float(value))
    if isinstance(value, tuple | list | set | frozenset):
        return "\x1f".join(sorted(_said(each) for each in value))
    return unicodedata.normalize("NFC", str(value)).strip()


def _hash(said: str) -> np.uint64:
    digest = hashlib.blake2b(said.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return np.uint64(int.from_bytes(digest, "little"))
