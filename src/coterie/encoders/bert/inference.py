"""Runs a folder's graph: batches side by side, a text that comes alone on all cores."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain
from queue import Empty, SimpleQueue
from threading import Lock
from typing import Any

import numpy as np

from coterie.encoders.base import Vectors
from coterie.encoders.batches import Batches, IntArray
from coterie.encoders.bert.engine import load_openvino
from coterie.encoders.bert.folder import BertFolder
from coterie.encoders.bert.graph import build_graph
from coterie.encoders.bert.tokens import TokenIds

__all__ = ["Inference"]

_AGAIN = 2  # texts that came alone until the second compilation, half a second, is worth it


class Inference:
    """The compiled graph of one folder; several threads may share it.

    Batches run side by side, each on one of OpenVINO's streams, which computes most in a second.
    One text alone would leave the other streams idle. So the graph is compiled a second time, with
    one stream on all cores, for a batch of one text that comes while nothing else is computed.

    Both must give the same bits, and the number of threads may change the order in which a matrix
    product is summed. Therefore the first text of each length is run on both, and only where they
    agree to the bit are texts of that length run on all cores. The order depends on the shape, and
    not on what is in it.

    Parameters
    ----------
    folder
        The folder.
    precision
        ``"f32"`` or ``"bf16"``.
    """

    def __init__(self, folder: BertFolder, precision: str) -> None:
        self._graph, self._precision = build_graph(folder), precision
        self._streams = _Compiled(self._graph, precision, {"PERFORMANCE_HINT": "THROUGHPUT"})
        self._all_cores: _Compiled | None = None
        self._compiling, self._counting = Lock(), Lock()
        self._running = 0  # batches
        self._alone = 0  # texts that came alone
        self._agree: dict[int, bool] = {}  # length to whether both graphs give the same bits

    def run(self, batches: Iterator[tuple[IntArray, TokenIds]]) -> Batches:
        """Run batches, rows and ids (batch, length); yield the vectors in the same order.

        As many run at once as the processor has streams for; a single one is run at once.
        """
        ahead = [batch for _, batch in zip(range(2), batches, strict=False)]
        if len(ahead) < 2:
            for rows, ids in ahead:
                yield rows, self._run(ids, alone=True)
            return
        waiting: deque[tuple[IntArray, Future[Vectors]]] = deque()
        workers = self._streams.number
        pool = ThreadPoolExecutor(workers, thread_name_prefix="coterie-embed")
        try:
            for rows, ids in chain(ahead, batches):
                if len(waiting) > workers:  # one ready beyond those that run
                    yield _first(waiting)
                waiting.append((rows, pool.submit(self._run, ids)))
            while waiting:
                yield _first(waiting)
        finally:
            pool.shutdown(cancel_futures=True)

    def _run(self, ids: TokenIds, *, alone: bool = False) -> Vectors:
        with self._counting:
            quick = alone and len(ids) == 1 and self._running == 0 and self._streams.number > 1
            self._running += 1
            self._alone += quick
        try:
            return self._run_quick(ids) if quick else self._streams.run(ids)
        finally:
            with self._counting:
                self._running -= 1

    def _run_quick(self, ids: TokenIds) -> Vectors:
        """Run one text (1, length) on all cores, if that is known to change no bit."""
        length = ids.shape[1]
        agree = self._agree.get(length)
        if agree and self._all_cores is not None:
            return self._all_cores.run(ids)
        vectors = self._streams.run(ids)
        if agree is None and self._alone >= _AGAIN:
            self._agree[length] = np.array_equal(vectors, self._second().run(ids))
        return vectors

    def _second(self) -> _Compiled:
        with self._compiling:
            if self._all_cores is None:
                # not pinned: the streams are, and other processes' streams to the same cores
                settings = {"PERFORMANCE_HINT": "LATENCY", "ENABLE_CPU_PINNING": False}
                self._all_cores = _Compiled(self._graph, self._precision, settings)
        return self._all_cores


class _Compiled:
    """A compiled graph, and its requests that no thread is using."""

    def __init__(self, graph: Any, precision: str, settings: dict[str, Any]) -> None:
        settings = {"INFERENCE_PRECISION_HINT": precision, **settings}
        self._model = load_openvino().Core().compile_model(graph, "CPU", settings)
        self._idle: SimpleQueue[Any] = SimpleQueue()
        self.number = int(self._model.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS"))

    def run(self, ids: TokenIds) -> Vectors:
        """Embed one batch (batch, length): (batch, dim)."""
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


def _first(waiting: deque[tuple[IntArray, Future[Vectors]]]) -> tuple[IntArray, Vectors]:
    rows, vectors = waiting.popleft()
    return rows, vectors.result()
