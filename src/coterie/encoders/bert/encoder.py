"""The fast encoder: BERT-family models on the CPU with OpenVINO, without torch."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Lock
from typing import Any

import numpy as np

from coterie.encoders.base import Vectors
from coterie.encoders.batches import BatchEncoder, Batches, IntArray, same_length
from coterie.encoders.bert.engine import load_openvino
from coterie.encoders.bert.folder import BertFolder, read_bert_folder
from coterie.encoders.bert.graph import build_graph
from coterie.encoders.bert.tokens import Tokeniser
from coterie.encoders.languages import languages_of
from coterie.encoders.weights import fingerprint_of, sha256_of
from coterie.errors import EncoderError, OptionError

__all__ = ["FastEncoder", "can_run"]

_TOKENS = 2048  # in a batch: fewer go slower, more hardly faster
_WINDOW = 16_384  # texts tokenised at a time, to bound memory: a judgement, not measured
_PRECISIONS = ("auto", "f32", "bf16")


def can_run(folder: str | Path) -> bool:
    """Whether the fast encoder can run the model in a sentence-transformers folder."""
    return read_bert_folder(Path(folder)) is not None


class FastEncoder(BatchEncoder):
    """A BERT-family sentence encoder with mean pooling.

    Texts are tokenised, sorted by length and embedded in batches of equal length, so nothing is
    spent on padding and a text's vector is the same, bit for bit, whatever else is in the call.

    Parameters
    ----------
    folder, name
        A sentence-transformers folder: BERT or DistilBERT, mean pooling; its own name by default.
    max_length
        Tokens kept of a text; the folder's own limit by default, and never more than that.
    precision
        ``"f32"``, ``"bf16"``, or ``"auto"``: bfloat16 where the processor computes in it, else
        float32. It is part of the fingerprint.
    prefix
        Put before every text; the folder's own default prompt by default, which few have.

    Raises
    ------
    EncoderError
        When the folder holds another architecture or pooling.

    Attributes
    ----------
    spec
        What the folder says, with the prefix that is used.
    languages
        Those that it was made for; empty where there are very many, or that is not known.
    weights
        As ``fingerprint``, but for the precision: encoders that share it give nearly the same
        vectors.
    """

    def __init__(
        self,
        folder: str | Path,
        *,
        name: str | None = None,
        max_length: int | None = None,
        precision: str = "auto",
        prefix: str | None = None,
    ) -> None:
        spec = read_bert_folder(Path(folder))
        if spec is None:
            raise EncoderError(
                f"{folder} is not a sentence-transformers folder of BERT or DistilBERT with mean "
                "pooling: install coterie[torch] and load it with load_encoder."
            )
        if precision not in _PRECISIONS:
            raise OptionError(f"precision is {precision!r}: give one of {', '.join(_PRECISIONS)}.")
        if max_length is not None and not 2 < max_length <= spec.max_length:
            raise OptionError(
                f"max_length is {max_length}: {spec.path.name} takes 3 to {spec.max_length}."
            )
        self.spec: BertFolder = spec if prefix is None else replace(spec, prefix=prefix)
        self.folder = spec.path
        self.languages = languages_of(spec.path)
        self.name = name or spec.path.name
        self.dim = spec.dim
        self.max_length = max_length or spec.max_length
        self._tokeniser = Tokeniser(spec.path, self.max_length, self.spec.prefix)
        self.precision = _resolve(precision)
        self.weights = self._fingerprint(with_precision=False)
        self.fingerprint = self._fingerprint(with_precision=True)
        self._compiled: Any = None
        self._building = Lock()
        self._idle: SimpleQueue[Any] = SimpleQueue()

    def batches(self, texts: Sequence[str]) -> Batches:
        """Yield rows and their unit vectors as they are ready."""
        for start in range(0, len(texts), _WINDOW):
            for rows, vectors in self._infer(self._tokens(texts[start : start + _WINDOW])):
                yield rows + start, vectors

    def _tokens(self, texts: Sequence[str]) -> Iterator[tuple[IntArray, Any]]:
        """Cut texts into batches: rows, and their token ids (batch, length) int32."""
        ids = self._tokeniser.ids(texts)
        for rows in same_length([len(row) for row in ids], _TOKENS):
            yield rows, np.stack([ids[row] for row in rows])

    def unknown(self, texts: Sequence[str]) -> list[list[tuple[int, int, bool]]]:
        """Tell the pieces of each text that are unknown, or one character long.

        Each is a start, an end, and whether it is known.
        """
        return self._tokeniser.unknown(texts)

    def release(self) -> None:
        """Free the memory of the model; it is compiled again when it is next used."""
        with self._building:
            self._compiled = None
            self._idle = SimpleQueue()

    def _infer(self, batches: Iterator[tuple[IntArray, Any]]) -> Batches:
        """Run batches, as many at once as the processor has streams for; yield them in order."""
        waiting: deque[tuple[IntArray, Future[Vectors]]] = deque()
        workers = self._streams
        pool = ThreadPoolExecutor(workers, thread_name_prefix="coterie-embed")
        try:
            for rows, ids in batches:
                if len(waiting) > workers:  # one ready beyond those that run
                    yield _first(waiting)
                waiting.append((rows, pool.submit(self._run, ids)))
            while waiting:
                yield _first(waiting)
        finally:
            pool.shutdown(cancel_futures=True)

    def _run(self, ids: Any) -> Vectors:
        """Embed one batch (batch, length), on a request that no other thread is using."""
        try:
            request = self._idle.get_nowait()
        except Empty:
            request = self._model.create_infer_request()
        try:
            request.infer({0: ids})
            vectors: Vectors = request.get_output_tensor(0).data.copy()
        finally:
            self._idle.put(request)
        return vectors

    @property
    def vocabulary_size(self) -> int:
        """Number of tokens in the vocabulary."""
        return self._tokeniser.size

    def embed_tokens(self, tokens: IntArray) -> Batches:
        """Embed single tokens (n,), each between the special ones; yields like `batches`."""
        first, *_, last = self._tokeniser.ids(["a"])[0]
        ids = np.empty((len(tokens), 3), dtype=np.int32)
        ids[:, 0], ids[:, 1], ids[:, 2] = first, tokens, last
        rows = same_length([3] * len(tokens), _TOKENS)
        return self._infer((part, ids[part]) for part in rows)

    @property
    def _model(self) -> Any:
        with self._building:
            if self._compiled is None:
                settings = {
                    "PERFORMANCE_HINT": "THROUGHPUT",
                    "INFERENCE_PRECISION_HINT": self.precision,
                }
                graph = build_graph(self.spec)
                self._compiled = load_openvino().Core().compile_model(graph, "CPU", settings)
        return self._compiled

    @property
    def _streams(self) -> int:
        return int(self._model.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS"))

    def _fingerprint(self, *, with_precision: bool) -> str:
        return fingerprint_of(
            "bert",
            sha256_of(self.folder / "model.safetensors"),
            sha256_of(self.folder / "tokenizer.json"),
            sha256_of(self.folder / "config.json"),
            f"max_length={self.max_length}",
            "pooling=mean",
            *([f"prefix={self.spec.prefix}"] if self.spec.prefix else []),
            *([f"precision={self.precision}"] if with_precision else []),
        )


def _first(waiting: deque[tuple[IntArray, Future[Vectors]]]) -> tuple[IntArray, Vectors]:
    rows, vectors = waiting.popleft()
    return rows, vectors.result()


def _resolve(precision: str) -> str:
    able = "BF16" in load_openvino().Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    if precision == "bf16" and not able:
        raise OptionError("This processor has no bfloat16: give precision f32 or auto.")
    return ("bf16" if able else "f32") if precision == "auto" else precision
