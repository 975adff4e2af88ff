"""P4: one prediction, beside its matrix multiplications and beside sentence-transformers.

``python -m benchmarks.latency [repeats]`` times single predictions by a contrastive model of
MiniLM. ``python -m benchmarks.latency many [repeats]`` counts texts per second in batches and from
several threads. Each prints one line of JSON for each measurement.
"""

from __future__ import annotations

import itertools
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.classify import banking, drawn, say

_WORDS, _TEXTS, _WARM = 75, 25, 5  # some 100 tokens
_SIZES, _THREADS = (1, 2, 4, 8, 16, 32, 64), (2, 8, 32)
_TOKENS, _SPREAD, _MANY = (20, 100, 250), 0.3, 64

Call = Callable[[str], Any]


def multiplications(encoder: Any, tokens: int) -> Callable[[], Any]:
    """The products of matrices in the layers of a BERT, chained, and nothing else.

    OpenVINO's are the fastest of those tried: NumPy and torch took 1.1 and 1.2 times as long on one
    core without AVX-512. Those of the attention, 4% of the work at 100 tokens, are left out.
    """
    from openvino import opset13 as op

    from coterie.encoders.bert.engine import load_openvino

    rng, dim = np.random.default_rng(0), encoder.dim
    hidden = given = op.parameter([-1, dim], np.float32)
    shapes = [(dim, dim)] * 4 + [(dim, 4 * dim), (4 * dim, dim)]
    for wide, high in shapes * encoder.spec.layers:
        weights = rng.standard_normal((high, wide), dtype=np.float32) / np.float32(wide**0.5)
        hidden = op.matmul(hidden, op.constant(weights), False, True)
    ov = load_openvino()
    settings = {
        "PERFORMANCE_HINT": "LATENCY",
        "ENABLE_CPU_PINNING": False,
        "INFERENCE_PRECISION_HINT": encoder.precision,
    }
    compiled = ov.Core().compile_model(ov.Model([hidden], [given]), "CPU", settings)
    request = compiled.create_infer_request()
    rows = rng.standard_normal((tokens, dim), dtype=np.float32)
    return lambda: request.infer({0: rows})


def latency(repeats: int) -> None:
    import torch
    from sentence_transformers import SentenceTransformer

    from coterie.classifiers import ContrastiveClassifier, save_classifier, with_cache
    from coterie.encoders import EmbeddingCache, NoCache
    from coterie.workflows.prediction.predictor import Predictor

    torch.set_num_threads(2)
    train = banking("train")
    rows = drawn(train[1], 8, 0)
    rows = rows[np.isin(train[1][rows], np.unique(train[1])[:5])]
    model = ContrastiveClassifier(epochs=1).fit(train[0][rows], train[1][rows])
    words = itertools.cycle(" ".join(train[0]).split())
    with tempfile.TemporaryDirectory() as folder:
        save_classifier(model, Path(folder) / "model")
        predictor = Predictor.open(Path(folder) / "model")
        fresh = with_cache(predictor.model.classifier, NoCache())
        disk = with_cache(fresh, EmbeddingCache(Path(folder) / "cache"))
        encoder, head = fresh.encoder_, fresh.head_
        home = next(Path(folder).glob("model/versions/*/encoder"))
        theirs = SentenceTransformer(str(home), device="cpu")
        asked = [" ".join(itertools.islice(words, _WORDS)) for _ in range(_TEXTS)]
        tokens = int(statistics.median(map(len, encoder._tokeniser.ids(asked))))
        multiply = multiplications(encoder, tokens)
        calls: dict[str, Call] = {
            "multiplications": lambda _: multiply(),
            "encode": lambda text: encoder.encode([text]),
            "decide": lambda text: fresh.decide([text]),
            "decide, cache on disk": lambda text: disk.decide([text]),
            "predictor": lambda text: predictor.predict(_records(text)),
            "peer": lambda text: head.scores(theirs.encode([text], normalize_embeddings=True)),
        }
        times = []
        for _ in range(repeats):
            new = [" ".join(itertools.islice(words, _WORDS)) for _ in range(_WARM + _TEXTS)]
            times.append(_medians(calls, new))
    told = {name: statistics.median(row[name] for row in times) for name in calls}
    ratios = {name: _ratio(times, name, "multiplications") for name in calls}
    say(
        {
            "milliseconds": told,
            "to_multiplications": ratios,
            "to_peer": _ratio(times, "peer", "decide"),
            "tokens": tokens,
            "repeats": repeats,
        }
    )


def _records(text: str) -> Any:
    from coterie.records import Records

    one = np.ones(1, dtype=np.int64)
    return Records(np.array(["1"], dtype=object), np.array([text], dtype=object), one, one)


def _medians(calls: dict[str, Call], texts: Sequence[str]) -> dict[str, float]:
    """Median milliseconds of each call; they take turns, text by text, after some to warm up."""
    spent: dict[str, list[float]] = {name: [] for name in calls}
    for place, text in enumerate(texts):
        for call in np.roll(np.array(list(calls), dtype=object), place):
            started = time.perf_counter()
            calls[call](text)
            if place >= _WARM:
                spent[call].append((time.perf_counter() - started) * 1000)
    return {name: statistics.median(each) for name, each in spent.items()}


def _ratio(times: Sequence[dict[str, float]], one: str, other: str) -> list[float]:
    """Median of the ratios of all repeats, the smallest and the largest."""
    found = [row[one] / row[other] for row in times]
    return [statistics.median(found), min(found), max(found)]


def many(repeats: int) -> None:
    """Texts per second: in batches of several sizes, and one by one from several threads."""
    from coterie import load_encoder

    encoder = load_encoder("minilm")
    words = " ".join(banking("train")[0]).split()
    for tokens in _TOKENS:
        texts = _texts(encoder, words, tokens)
        encoder.encode(texts)
        for _ in range(2):  # so that each length has been run on all cores
            for text in texts:
                encoder.encode([text])
        jobs = {("batch", size): _batched(encoder, texts, size) for size in _SIZES}
        jobs |= {("threads", count): _threaded(encoder, texts, count) for count in _THREADS}
        spent: dict[tuple[str, int], list[float]] = {name: [] for name in jobs}
        for _ in range(repeats):
            for name, job in jobs.items():
                started = time.perf_counter()
                job()
                spent[name].append(_MANY / (time.perf_counter() - started))
        for (kind, size), found in spent.items():
            rate = statistics.median(found)
            row = {"tokens": tokens, "kind": kind, "size": size, "rate": rate}
            say({**row, "spread": [min(found), max(found)]})


def _texts(encoder: Any, words: Sequence[str], tokens: int) -> list[str]:
    """Texts of that many tokens, 30% more or less."""
    rng, texts = np.random.default_rng(0), []
    for place in range(_MANY):
        wanted = int(tokens * (1 + rng.uniform(-_SPREAD, _SPREAD)))
        said = " ".join(words[place * 200 : place * 200 + wanted])
        offsets = encoder._tokeniser._tokenizer.encode(said).offsets
        texts.append(said[: offsets[min(wanted, len(offsets) - 1) - 2][1]])
    return texts


def _batched(encoder: Any, texts: Sequence[str], size: int) -> Callable[[], None]:
    def job() -> None:
        for start in range(0, len(texts), size):
            encoder.encode(texts[start : start + size])

    return job


def _threaded(encoder: Any, texts: Sequence[str], count: int) -> Callable[[], None]:
    def job() -> None:
        with ThreadPoolExecutor(count) as pool:
            list(pool.map(lambda text: encoder.encode([text]), texts))

    return job


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    given = sys.argv[1:]
    task = many if given[:1] == ["many"] else latency
    task(int(given[-1]) if given and given[-1].isdecimal() else 5)
