"""Texts to the segments of a nomenclature or a saved segmentation; encoders side by side."""

from __future__ import annotations

import gc
import time
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

import numpy as np

from coterie.encoders import (
    READABLE,
    EmbeddingCache,
    Encoder,
    GivenVectors,
    TfidfEncoder,
    Vectors,
    embed_texts,
    judge_readability,
    load_encoder,
    read_shares,
)
from coterie.errors import CoterieWarning, EncoderError, EncoderMismatchError, OptionError
from coterie.segments.assigning.comparison import Comparison, EncoderRun, RunCosts
from coterie.segments.assigning.fitting import fit_to_rows, unrelated_texts
from coterie.segments.assigning.nomenclature import (
    Nomenclature,
    segmentation_from_nomenclature,
    texts_of,
)
from coterie.segments.assigning.scores import match_labels, score_assignments
from coterie.segments.model import Segment, Segmentation

__all__ = ["TextSource", "assign_texts", "compare_encoders"]

# Enough for two digits of the speed, and a bound of what measuring costs; judgements.
_TIMED, _TIMED_BATCH, _TIMED_SECONDS = 256, 64, 2.0

Labels = Sequence[str | None]
_Made = Callable[[Vectors], Segmentation]  # what is made of the rows that the encoder reads


@runtime_checkable
class TextSource(Protocol):
    """Rows whose vectors are not simply those of their texts, such as means over several texts."""

    @property
    def texts(self) -> Sequence[str]:
        """What is embedded, and what an encoder may learn from."""

    @property
    def row_texts(self) -> Sequence[str]:
        """The text of each row, whole."""

    @property
    def pooling(self) -> Literal["record", "row"]:
        """How the texts make rows, see `coterie.segments.EncoderRef`."""

    def embed(self, encoder: Encoder, cache: EmbeddingCache | None) -> Vectors:
        """Give a vector of unit length for each row."""


def compare_encoders(
    texts: Sequence[str] | TextSource,
    nomenclature: Nomenclature,
    encoders: Sequence[str | Encoder],
    labels: Labels | None = None,
    cache: EmbeddingCache | None = None,
    *,
    token: str | None = None,
) -> Comparison:
    """Assign texts to the segments of a nomenclature with each of several encoders.

    The segments are fitted to the texts without any label, see
    `coterie.segments.assigning.fitting`.

    Encoders that are named are loaded one at a time, and released before the next. Of several, one
    that cannot be loaded is left out, see `Comparison.unreachable`.

    Parameters
    ----------
    texts, nomenclature
        n texts, or what else gives n vectors; and the segments.
    encoders
        Names for `coterie.encoders.load_encoder`, or encoders.
    labels
        n true segments, by id or name; None for a row without. See `match_labels`.
    cache
        Where vectors are kept.
    token
        Hub token; kept nowhere.

    Raises
    ------
    EncoderError
        When no encoder can be loaded.
    OptionError
        When no encoder is named, or one twice.

    Warns
    -----
    CoterieWarning
        Names the encoders that cannot be loaded, the segments that no label has, and labels that
        are no segment.
    """
    source = _source(texts)
    fit_on = [*source.texts, *texts_of(nomenclature)[0]]

    def load(name: str) -> Encoder:
        return load_encoder(name, token=token, fit_on=fit_on)

    def embedded(encoder: Encoder) -> _Made:
        made = segmentation_from_nomenclature(nomenclature, encoder)
        made = replace(made, encoder=replace(made.encoder, pooling=source.pooling))
        if isinstance(encoder, TfidfEncoder):
            return lambda _: made  # it knows the words of one table, so no unrelated text
        unrelated = embed_texts(unrelated_texts(source.texts), encoder, cache=cache)
        return lambda rows: fit_to_rows(made, rows, unrelated)

    return _compare(source, encoders, load, embedded, nomenclature.segments, labels, cache)


def assign_texts(
    texts: Sequence[str] | TextSource,
    segmentation: Segmentation,
    encoder: str | Encoder | None = None,
    labels: Labels | None = None,
    cache: EmbeddingCache | None = None,
) -> Comparison:
    """Assign texts to the segments of a segmentation.

    Parameters
    ----------
    texts
        n texts, or what else gives n vectors: for a segmentation whose ``encoder.pooling`` is
        ``"row"``, a `TextSource` of that pooling.
    segmentation
        The segments.
    encoder
        The encoder the segmentation was made with; by default the one it names.
    labels, cache
        As for `compare_encoders`.

    Raises
    ------
    EncoderMismatchError
        When the encoder is not the segmentation's, or the segmentation was found on means of rows
        and ``texts`` gives none.
    EncoderError
        When it cannot be loaded, or is a TF-IDF that was fitted on another table.
    """

    def checked(found: Encoder) -> _Made:
        """Refuse another encoder before it embeds anything."""
        if found.fingerprint != segmentation.encoder.fingerprint:
            raise EncoderMismatchError(_other(segmentation.encoder.name, found.name))
        return lambda _: segmentation

    source = _source(texts)
    if segmentation.encoder.pooling == "row" and source.pooling != "row":
        raise EncoderMismatchError(
            "The segmentation was found on records whose rows were embedded one by one: pass a "
            "source that takes the mean of their vectors here too."
        )
    wanted = segmentation.encoder.name if encoder is None else encoder
    if wanted == "tfidf":
        if segmentation.encoder.name != wanted:
            raise EncoderMismatchError(_other(segmentation.encoder.name, wanted))
        raise EncoderError(
            "The segmentation's encoder tfidf was fitted on its own table: name the folder where "
            "it was saved, or make the segments with another encoder."
        )
    return _compare(source, [wanted], load_encoder, checked, segmentation.segments, labels, cache)


def _other(own: str, other: str) -> str:
    if own == other:
        return (
            f"The segments were made with another '{own}', of other weights or fitted on other "
            "texts: leave --encoder out, or name the folder of that encoder."
        )
    return (
        f"The segments were made with the encoder '{own}' and work only with it: leave --encoder "
        f"{other} out, or discover again with it."
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Whole:
    """Texts that are embedded as they are."""

    texts: Sequence[str]
    pooling: Literal["record", "row"] = "record"

    @property
    def row_texts(self) -> Sequence[str]:
        return self.texts

    def embed(self, encoder: Encoder, cache: EmbeddingCache | None) -> Vectors:
        return embed_texts(self.texts, encoder, cache=cache)


def _source(texts: Sequence[str] | TextSource) -> TextSource:
    return texts if isinstance(texts, TextSource) else _Whole(texts)


def _compare(
    source: TextSource,
    encoders: Sequence[str | Encoder],
    load: Callable[[str], Encoder],
    prepare: Callable[[Encoder], _Made],
    segments: Sequence[Segment],
    labels: Labels | None,
    cache: EmbeddingCache | None,
) -> Comparison:
    names = [each if isinstance(each, str) else each.name for each in encoders]
    if not names or len(set(names)) < len(names):
        raise OptionError("Name the encoders to compare, each of them once.")
    truth = None if labels is None else match_labels(labels, segments)
    runs: list[EncoderRun] = []
    unreachable: dict[str, str] = {}
    vectors, fitted, readable = np.zeros((0, 0), dtype=np.float32), None, None
    for name, wanted in zip(names, encoders, strict=True):
        gc.collect()
        _reset_peak()
        start = time.perf_counter()
        try:
            encoder = load(wanted) if isinstance(wanted, str) else wanted
        except EncoderError as error:
            if len(names) == 1 or len(unreachable) + 1 == len(names):
                raise
            unreachable[name] = str(error)
            warnings.warn(f"{name} is left out: {error}", CoterieWarning, stacklevel=3)
            continue
        loaded = time.perf_counter() - start
        shares = read_shares(encoder, source.row_texts)
        read = judge_readability(encoder, source.row_texts, shares)
        if read.note:
            warnings.warn(read.note, CoterieWarning, stacklevel=3)
        finish = prepare(encoder)
        made = source.embed(encoder, cache)
        segmentation = finish(made[shares >= READABLE])
        assignments = segmentation.predict(made, fingerprint=encoder.fingerprint, readable=shares)
        speed = _speed(encoder, source.texts)
        costs = RunCosts(speed, len(set(source.texts)) / speed, loaded, _peak_mib())
        if isinstance(wanted, str) and hasattr(encoder, "release"):
            encoder.release()
        if not runs:
            vectors, fitted = made, encoder if isinstance(encoder, TfidfEncoder) else None
            readable = shares if (shares < READABLE).any() else None
        scores, classes = score_assignments(assignments, segments, truth)
        runs.append(EncoderRun(name, segmentation, assignments, scores, classes, costs, read))
    return Comparison(tuple(runs), vectors, truth, fitted, readable, unreachable)


def _speed(encoder: Encoder, texts: Sequence[str]) -> float:
    """Measure texts a second on some of them, without a cache; NaN where that says nothing."""
    if isinstance(encoder, GivenVectors) or not len(texts):
        return float("nan")
    some = [texts[row] for row in np.linspace(0, len(texts) - 1, _TIMED, dtype=np.int64)]
    some = list(dict.fromkeys(some))
    encoder.encode(some[:1])  # the first call can be slower
    done, start = 0, time.perf_counter()
    while done < len(some) and time.perf_counter() - start < _TIMED_SECONDS:
        done += len(encoder.encode(some[done : done + _TIMED_BATCH]))
    return done / max(time.perf_counter() - start, 1e-9)


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
