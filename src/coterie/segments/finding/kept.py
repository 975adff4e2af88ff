"""Evidence of a table, kept on disk: another number of groups then costs no new search."""

from __future__ import annotations

import contextlib
import hashlib
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from coterie.encoders import Vectors, tfidf
from coterie.segments.finding.consensus import Structure
from coterie.segments.finding.ward import Tree

__all__ = ["Kept", "evidence_key", "keep_evidence", "read_evidence"]

Ints = npt.NDArray[np.int64]

_MOST = 20  # files of at most some 15 MB: a judgement
_SUFFIX = ".npz"


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """What was found in n rows: see `coterie.segments.finding.evidence.Evidence`.

    ``measures``, ``answers`` and ``compared`` are those of
    `coterie.segments.finding.split_halves.SplitHalves`.
    """

    structure: Structure
    layout: Vectors
    measures: Mapping[int, tuple[float, float]]
    answers: Mapping[int, npt.NDArray[np.int16]]
    compared: Ints


def evidence_key(vectors: Vectors, texts: Sequence[str] | None, seed: int, means: bool) -> str:
    """Name evidence by all that it depends on, the code that finds it included."""
    digest = hashlib.blake2b(digest_size=16)
    digest.update(f"{_code()} {seed} {means} {texts is None} {vectors.shape}".encode())
    digest.update(np.ascontiguousarray(vectors).data)
    for text in texts or ():
        digest.update(text.encode("utf-8", "surrogatepass") + b"\0")
    return digest.hexdigest()


def read_evidence(folder: Path, key: str) -> Kept | None:
    """Read what was kept; None where nothing was, or where it cannot be read."""
    path = folder / f"{key}{_SUFFIX}"
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as held:
            kept = _from_arrays(dict(held))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    with contextlib.suppress(OSError):  # the folder may be readable only
        path.touch()
    return kept


def keep_evidence(folder: Path, key: str, kept: Kept) -> None:
    """Write evidence, whole or not at all; the oldest files beyond twenty are deleted.

    Nothing happens where the folder cannot be written: the evidence is found again next time.
    """
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, suffix=".part", delete=False) as draft:
            here = Path(draft.name)
            try:
                np.savez(draft, **_arrays(kept))  # type: ignore[arg-type]  # it takes them for flags
            except OSError:
                here.unlink(missing_ok=True)
                raise
        here.replace(folder / f"{key}{_SUFFIX}")
        files = sorted(folder.glob(f"*{_SUFFIX}"), key=lambda path: path.stat().st_mtime)
        for old in files[:-_MOST]:
            old.unlink(missing_ok=True)


def _arrays(kept: Kept) -> dict[str, npt.NDArray[Any]]:
    structure, numbers, answered = kept.structure, list(kept.measures), list(kept.answers)
    return {
        "smooth": structure.smooth,
        "sums": structure.sums,
        "counts": structure.counts,
        "merges": structure.tree.merges,
        "heights": structure.tree.heights,
        "neighbours": structure.neighbours,
        "distances": structure.distances,
        "layout": kept.layout,
        "numbers": np.array(numbers, dtype=np.int64),
        "measures": np.array([kept.measures[k] for k in numbers], dtype=np.float64),
        "answered": np.array(answered, dtype=np.int64),
        "answers": np.array([kept.answers[k] for k in answered], dtype=np.int16),
        "compared": kept.compared,
    }


def _from_arrays(held: Mapping[str, npt.NDArray[Any]]) -> Kept:
    structure = Structure(
        held["smooth"],
        held["sums"],
        held["counts"],
        Tree(len(held["counts"]), held["merges"], held["heights"]),
        held["neighbours"],
        held["distances"],
    )
    measures = dict(
        zip(held["numbers"].tolist(), map(tuple, held["measures"].tolist()), strict=True)
    )
    answers = dict(zip(held["answered"].tolist(), held["answers"], strict=True))
    return Kept(structure, held["layout"], measures, answers, held["compared"])


@cache
def _code() -> str:
    """Digest of the code that evidence comes from: another version finds its own."""
    digest = hashlib.blake2b(digest_size=8)
    for path in (*sorted(Path(__file__).parent.glob("*.py")), Path(tfidf.__file__)):
        digest.update(path.read_bytes())
    return digest.hexdigest()
