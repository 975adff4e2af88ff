"""A loaded model for repeated predictions, with the features of known clients in memory."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import Any, Self, TypeAlias, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_matrix, issparse

from coterie.classifiers import Estimates, Predictions, with_cache
from coterie.encoders import MemoryCache, Vectors
from coterie.errors import InputError, OptionError
from coterie.progress import current
from coterie.records import Records
from coterie.workflows.prediction.predict import (
    BLOCK,
    LoadedModel,
    context_of,
    decide_records,
    join_answers,
    load_model,
)
from coterie.workflows.training.rows import rows_of

__all__ = ["Known", "Predictor"]

Answer: TypeAlias = Predictions | Estimates

_MOST = 100_000  # 400 MB of features of all kinds: a judgement, not measured
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Known:
    """What `Predictor.know` did.

    Attributes
    ----------
    made
        Clients whose features were made, because they were new or had changed.
    unchanged
        Clients that were known as they are.
    dropped
        Clients that were dropped, because there are more than ``most``.
    """

    made: int
    unchanged: int
    dropped: int


@dataclass(frozen=True, slots=True, eq=False)
class _Row:
    """Features of a client: all of them, or where ``places`` is given those that are not 0.

    ``readable`` is the share of the text that the encoder reads.
    """

    content: bytes
    readable: np.float32
    values: npt.NDArray[Any]
    places: npt.NDArray[np.int32] | None

    @property
    def nbytes(self) -> int:
        return self.values.nbytes + (0 if self.places is None else self.places.nbytes)


class Predictor:
    """A loaded model for repeated predictions, with the features of known clients by their ids.

    Predictions are those of the model's ``decide``, bit for bit. Several threads may share it.

    Parameters
    ----------
    model
        See `coterie.workflows.prediction.predict.load_model`; it is not changed.
    most
        Largest number of known clients; the least recently used are dropped.

    Attributes
    ----------
    model
        The model, which keeps its vectors here.
    vectors
        Cache of the vectors of texts and concepts, 50,000 at most, so that a new client with
        known concepts embeds nothing.

    Raises
    ------
    OptionError
        When ``most`` is below 1.
    """

    def __init__(self, model: LoadedModel, *, most: int = _MOST) -> None:
        if most < 1:
            raise OptionError(f"most is {most}: give 1 client or more.")
        self.most, self.vectors = most, MemoryCache()
        self.model = replace(model, classifier=with_cache(model.classifier, self.vectors))
        self._rows: OrderedDict[str, _Row] = OrderedDict()
        self._lock = Lock()

    @classmethod
    def open(cls, path: str | Path, version: int | None = None, *, most: int = _MOST) -> Self:
        """Load a model; errors are those of `coterie.classifiers.load_classifier`."""
        return cls(load_model(path, version), most=most)

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, client: object) -> bool:
        return client in self._rows

    @property
    def nbytes(self) -> int:
        """Bytes of the features and vectors that are kept."""
        with self._lock:
            rows = sum(row.nbytes for row in self._rows.values())
        return rows + self.vectors.nbytes

    @property
    def keeps(self) -> bool:
        """Whether features are kept: not for a vote or a cascade of text models."""
        return hasattr(self.model.classifier, "transform")

    def know(self, records: Records) -> Known:
        """Make the features of clients, and keep them by id.

        Clients whose records have not changed are skipped. Time grows with the others, memory with
        their features that are not 0: some 4 KiB for a client with all kinds of features, 300 bytes
        with one-hot ones alone.

        Raises
        ------
        OptionError
            When the model is a vote or a cascade of models of texts; see `keeps`.
        """
        if not self.keeps:
            raise OptionError(
                f"A {self.model.manifest.kind} model keeps no features of clients: call "
                "predict with their records."
            )
        contents = self._contents(records)
        known = self._find(records.ids.tolist())
        new = [
            at
            for at, (row, content) in enumerate(zip(known, contents, strict=True))
            if row is None or row.content != content
        ]
        with current().stage("Making features", max(len(new), 1)) as stage:
            for start in range(0, len(new), BLOCK):
                part = np.array(new[start : start + BLOCK])
                made = self._made(records, part, [contents[at] for at in part])
                with self._lock:
                    for at, row in zip(part, made, strict=True):
                        self._rows[records.ids[at]] = row
                        self._rows.move_to_end(records.ids[at])
                stage.advance(len(part))
        dropped = 0
        with self._lock:
            while len(self._rows) > self.most:
                self._rows.popitem(last=False)
                dropped += 1
        return Known(len(new), len(records) - len(new), dropped)

    def forget(self, ids: Iterable[str] | None = None) -> None:
        """Forget clients, all when None; ids that are not known are ignored."""
        with self._lock:
            for client in list(self._rows) if ids is None else ids:
                self._rows.pop(client, None)

    def split(self, ids: Iterable[str]) -> tuple[list[str], list[str]]:
        """Give the ids that are known, and those that are not."""
        wanted = list(ids)
        with self._lock:
            unknown = [client for client in wanted if client not in self._rows]
        without = set(unknown)
        return [client for client in wanted if client not in without], unknown

    def predict_batch(self, ids: Sequence[str]) -> Answer:
        """Predict known clients by their ids, in that order; no feature is made.

        Raises
        ------
        InputError
            Names ids that are not known; see `split`.
        """
        wanted = [ids] if isinstance(ids, str) else list(ids)
        rows = self._find(wanted)
        unknown = [client for client, row in zip(wanted, rows, strict=True) if row is None]
        if unknown:
            named = ", ".join(map(repr, unknown[:_NAMED]))
            more = ", …" if len(unknown) > _NAMED else ""
            raise InputError(
                f"{len(unknown):,} of {len(wanted):,} ids are not known ({named}{more}): pass "
                "their records to know() first, or leave them out with split()."
            )
        return self._answer([row for row in rows if row is not None])

    def predict(self, records: Records) -> Answer:
        """Predict records; known clients that have not changed use their kept features.

        The features of the others are made, and not kept.
        """
        if not self.keeps:
            return decide_records(self.model.classifier, records, self.vectors)
        contents = self._contents(records)
        rows = [
            None if row is None or row.content != content else row
            for row, content in zip(self._find(records.ids.tolist()), contents, strict=True)
        ]
        parts = []
        for start in range(0, max(len(records), 1), BLOCK):
            own = rows[start : start + BLOCK]
            new = np.array([start + at for at, row in enumerate(own) if row is None], dtype=int)
            if len(new) == len(own):
                parts.append(self._classifier.decide(self._given(records, new)))
                continue
            made = iter(self._made(records, new, [contents[at] for at in new]))
            parts.append(self._answer([next(made) if row is None else row for row in own]))
        return join_answers(parts)

    @property
    def _classifier(self) -> Any:
        return self.model.classifier

    def _find(self, ids: Sequence[str]) -> list[_Row | None]:
        """Look clients up, and mark them as used."""
        with self._lock:
            rows = [self._rows.get(client) for client in ids]
            for client, row in zip(ids, rows, strict=True):
                if row is not None:
                    self._rows.move_to_end(client)
        return rows

    def _given(
        self, records: Records, rows: npt.NDArray[np.integer[Any]]
    ) -> list[str] | Vectors | pd.DataFrame:
        return rows_of(records, context_of(self.model.classifier), rows)

    def _made(
        self,
        records: Records,
        rows: npt.NDArray[np.integer[Any]],
        contents: Sequence[bytes],
    ) -> list[_Row]:
        if not len(rows):
            return []
        given = self._given(records, rows)
        features, readable = self._classifier.transform(given), self._classifier.readable(given)
        if not issparse(features):
            return [
                _Row(content, share, row.copy(), None)
                for content, share, row in zip(contents, readable, features, strict=True)
            ]
        ends = features.indptr.tolist()
        return [
            _Row(content, share, features.data[a:b].copy(), features.indices[a:b].astype(np.int32))
            for content, share, a, b in zip(contents, readable, ends, ends[1:], strict=False)
        ]

    def _answer(self, rows: Sequence[_Row]) -> Answer:
        if not rows:
            return cast("Answer", self._classifier.decide([]))
        blocks = [rows[at : at + BLOCK] for at in range(0, len(rows), BLOCK)]
        return join_answers([self._decided(block) for block in blocks])

    def _decided(self, rows: Sequence[_Row]) -> Answer:
        readable = np.array([row.readable for row in rows])
        return cast("Answer", self._classifier.decisions_of(self._together(rows), readable))

    def _together(self, rows: Sequence[_Row]) -> Any:
        """Put rows together as the model's own features of them."""
        if rows[0].places is None:
            return np.stack([row.values for row in rows])
        sizes = [len(row.values) for row in rows]
        ends = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)
        places = np.concatenate([row.places for row in rows if row.places is not None])
        values = np.concatenate([row.values for row in rows])
        matrix = csr_matrix((values, places, ends), (len(rows), self._classifier.width_))
        matrix.has_sorted_indices = matrix.has_canonical_format = True
        return matrix

    def _contents(self, records: Records) -> list[bytes]:
        """Hash what the model reads of each record."""
        wanted = context_of(self.model.classifier)
        there = [name for name in wanted if name in records.context.columns]
        vectors = records.vectors
        read = records.texts.tolist() if vectors is None else [*map(bytes, vectors.values)]
        columns = [read, *(records.context[name].tolist() for name in there)]
        head = repr((records.has_texts, there)).encode("utf-8", "surrogatepass")
        return [
            hashlib.blake2b(
                head + repr([*map(_plain, cells)]).encode("utf-8", "surrogatepass"),
                digest_size=16,
            ).digest()
            for cells in zip(*columns, strict=True)
        ]


def _plain(cell: Any) -> Any:
    """Write an array in full."""
    return cell.tolist() if isinstance(cell, np.ndarray) else cell
