"""Texts to the segments of a nomenclature or a saved segmentation; encoders side by side."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from coterie.embed import EmbeddingCache, Encoder, Vectors, embed_texts, load_encoder
from coterie.errors import EncoderError, EncoderMismatchError, OptionError
from coterie.segments.assignments import Assignments
from coterie.segments.model import Segmentation
from coterie.segments.nomenclature import (
    Nomenclature,
    segmentation_from_nomenclature,
    texts_of,
)
from coterie.segments.scores import agreement, is_missing, match_labels, score_assignments

__all__ = ["Comparison", "assign_texts", "compare_encoders"]

Labels = Sequence[str | None]
Embed = Callable[[Encoder, EmbeddingCache | None], Vectors]
_TABLES = ("encoders", "agreement", "classes")


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """What encoders make of the same texts and segments.

    Attributes
    ----------
    segmentations, results
        Encoder name to its segmentation, and to where it put the n rows.
    vectors
        Shape (n, dim), float32: the texts by the first encoder, so that they can be kept.
    encoders
        One row an encoder: ``encoder``, ``dim``, the scores of `score_assignments`, ``seconds``
        and ``load_seconds`` (wall), ``texts_per_second``, and ``peak_mib`` (memory of the process
        at its highest, in MiB; NaN where the system does not tell).
    agreement
        One row a pair of encoders: ``first``, ``second``, ``same`` (share of rows with the same
        answer), ``kappa`` (Cohen's, which takes chance out).
    classes
        One row an encoder and segment: ``encoder``, and the columns of `score_assignments`.
    """

    segmentations: Mapping[str, Segmentation]
    results: Mapping[str, Assignments]
    vectors: Vectors
    encoders: pd.DataFrame
    agreement: pd.DataFrame
    classes: pd.DataFrame

    @property
    def side_by_side(self) -> pd.DataFrame:
        """A column of segment ids for each encoder, n rows."""
        return pd.DataFrame({name: found.segments for name, found in self.results.items()})

    def to_dict(self) -> dict[str, Any]:
        """Return the tables as lists of rows, for JSON; None for what is not known."""
        return {table: _plain(getattr(self, table)) for table in _TABLES}


def compare_encoders(
    texts: Sequence[str],
    nomenclature: Nomenclature,
    encoders: Sequence[str | Encoder],
    labels: Labels | None = None,
    cache: EmbeddingCache | None = None,
) -> Comparison:
    """Assign texts to the nearest segment of a nomenclature with each of several encoders.

    Encoders that are named are loaded one at a time, and released before the next.

    Parameters
    ----------
    texts
        n texts.
    nomenclature
        The segments.
    encoders
        Names for `coterie.embed.load_encoder`, or encoders.
    labels
        n true segments, by id or name; None for a row without. See `match_labels`.
    cache
        Where vectors are looked up and kept. The seconds are then those of what was new.

    Raises
    ------
    EncoderError
        When an encoder cannot be loaded.
    OptionError
        When no encoder is named, or one twice.

    Warns
    -----
    CoterieWarning
        Names the segments that no label has, and labels that are no segment.
    """
    vocabulary = [*texts, *texts_of(nomenclature)[0]]
    return _compare(
        texts,
        [(each, vocabulary) for each in encoders],
        lambda encoder: segmentation_from_nomenclature(nomenclature, encoder),
        nomenclature,
        labels,
        cache,
    )


def assign_texts(
    texts: Sequence[str],
    segmentation: Segmentation,
    encoder: str | Encoder | None = None,
    labels: Labels | None = None,
    cache: EmbeddingCache | None = None,
    *,
    embed: Embed | None = None,
) -> Comparison:
    """Assign texts to the segments of a segmentation.

    Parameters
    ----------
    texts
        n texts.
    segmentation
        The segments.
    encoder
        The encoder the segmentation was made with; by default the one it names.
    labels, cache
        As for `compare_encoders`.
    embed
        Makes the n vectors of an encoder, where they are not those of the texts: for a
        segmentation whose ``encoder.pooling`` is ``"row"``.

    Raises
    ------
    EncoderMismatchError
        When the encoder is not the segmentation's, or the segmentation was found on means of rows
        and there is no ``embed``.
    EncoderError
        When it cannot be loaded, or is a TF-IDF that was fitted on another table.
    """

    def checked(found: Encoder) -> Segmentation:
        """Refuse another encoder before it embeds anything."""
        nothing = np.zeros((0, found.dim), dtype=np.float32)
        segmentation.predict(nothing, fingerprint=found.fingerprint)
        return segmentation

    if segmentation.encoder.pooling == "row" and embed is None:
        raise EncoderMismatchError(
            "The segmentation was found on records whose rows were embedded one by one: pass embed "
            "to take the mean of their vectors here too."
        )
    wanted = segmentation.encoder.name if encoder is None else encoder
    if wanted == "tfidf":
        raise EncoderError(
            "The segmentation's encoder tfidf learnt from its own table: name the folder where "
            "that encoder was saved, or make the segments with another encoder."
        )
    segments = Nomenclature(segmentation.title, segmentation.segments)
    return _compare(texts, [(wanted, None)], checked, segments, labels, cache, embed)


def _compare(
    texts: Sequence[str],
    encoders: Sequence[tuple[str | Encoder, Sequence[str] | None]],
    segmentation_for: Callable[[Encoder], Segmentation],
    nomenclature: Nomenclature,
    labels: Labels | None,
    cache: EmbeddingCache | None,
    embed: Embed | None = None,
) -> Comparison:
    names = [each if isinstance(each, str) else each.name for each, _ in encoders]
    if not names or len(set(names)) < len(names):
        raise OptionError("Name the encoders to compare, each of them once.")
    truth = None if labels is None else match_labels(labels, nomenclature.segments)
    runs: dict[str, _Run] = {}
    rows, classes = [], []
    vectors = np.zeros((0, 0), dtype=np.float32)
    for name, (wanted, fit_on) in zip(names, encoders, strict=True):
        run, made = _run(texts, wanted, fit_on, segmentation_for, cache, embed)
        vectors = vectors if runs else made
        runs[name] = run
        scores, by_class = score_assignments(run.assignments, nomenclature.segments, truth)
        rows.append({"encoder": name, "dim": run.segmentation.encoder.dim, **scores, **run.costs})
        by_class.insert(0, "encoder", name)
        classes.append(by_class)
    pairs = [
        (one, two, *agreement(runs[one].assignments.segments, runs[two].assignments.segments))
        for one, two in combinations(runs, 2)
    ]
    return Comparison(
        {name: run.segmentation for name, run in runs.items()},
        {name: run.assignments for name, run in runs.items()},
        vectors,
        pd.DataFrame(rows),
        pd.DataFrame(pairs, columns=["first", "second", "same", "kappa"]),
        pd.concat(classes, ignore_index=True),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Run:
    segmentation: Segmentation
    assignments: Assignments
    costs: Mapping[str, float]


def _run(
    texts: Sequence[str],
    wanted: str | Encoder,
    fit_on: Sequence[str] | None,
    segmentation_for: Callable[[Encoder], Segmentation],
    cache: EmbeddingCache | None,
    embed: Embed | None,
) -> tuple[_Run, Vectors]:
    """Load one encoder, assign with it, and release it."""
    gc.collect()
    _reset_peak()
    start = time.perf_counter()
    encoder = load_encoder(wanted, fit_on=fit_on) if isinstance(wanted, str) else wanted
    loaded = time.perf_counter()
    segmentation = segmentation_for(encoder)
    vectors = embed(encoder, cache) if embed else embed_texts(texts, encoder, cache=cache)
    assignments = segmentation.predict(vectors, fingerprint=encoder.fingerprint)
    seconds = time.perf_counter() - loaded
    costs = {
        "seconds": seconds,
        "load_seconds": loaded - start,
        "texts_per_second": len(texts) / max(seconds, 1e-9),
        "peak_mib": _peak_mib(),
    }
    if isinstance(wanted, str) and hasattr(encoder, "release"):
        encoder.release()
    return _Run(segmentation, assignments, costs), vectors


def _reset_peak() -> None:
    with suppress(OSError):  # where there is no such file, the peak is not told either
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def _peak_mib() -> float:
    """Highest resident memory of the process since `_reset_peak`, in MiB; see proc(5)."""
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return float("nan")


def _plain(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {str(key): None if is_missing(value) else value for key, value in row.items()}
        for row in frame.to_dict("records")
    ]
