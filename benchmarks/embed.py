"""P1 and P2: texts per second, compared with sentence-transformers in the same run.

The encoders take turns, so that other work on the machine affects all of them; each repeat gives
one ratio. ``python benchmarks/embed.py [repeats] [texts]``.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

Vectors = Any
Row = dict[str, Any]


def banking77() -> list[str]:
    import pandas as pd

    home = os.environ.get("COTERIE_DATA", str(Path(__file__).parents[2] / "shared" / "data"))
    return [str(text) for text in pd.read_csv(Path(home) / "banking77" / "train.csv")["text"]]


def peer() -> Callable[[Sequence[str]], Vectors]:
    """Load sentence-transformers with its defaults."""
    from sentence_transformers import SentenceTransformer

    from coterie.encoders.weights import find_minilm

    model = SentenceTransformer(str(find_minilm()), device="cpu")
    return lambda texts: model.encode(list(texts), show_progress_bar=False)


def measure(texts: Sequence[str] | None = None, repeats: int = 5) -> list[Row]:
    """Measure P1 and P2; one row for each encoder.

    Each row has the median of texts per second (wall and per CPU-second), the median,
    smallest and largest ratio to sentence-transformers, and the smallest cosine of a row to its
    float32 vectors.
    """
    from coterie.encoders import load_encoder

    texts = banking77() if texts is None else texts
    minilm, static = load_encoder("minilm"), load_encoder("static")
    runs: dict[str, tuple[str, Callable[[Sequence[str]], Vectors]]] = {
        "sentence-transformers": ("reference", peer()),
        "minilm": ("P1", minilm.encode),
        "static": ("P2", static.encode),
    }
    for _, run in runs.values():
        run(texts[:64])
    rates: dict[str, list[tuple[float, float]]] = {name: [] for name in runs}
    exact: Vectors = None
    least: dict[str, float] = {}
    for _ in range(repeats):
        for name, (_, run) in runs.items():
            wall, processor = time.perf_counter(), time.process_time()
            vectors = run(texts)
            wall, processor = time.perf_counter() - wall, time.process_time() - processor
            rates[name].append((len(texts) / wall, len(texts) / processor))
            exact = vectors if exact is None else exact
            if vectors.shape == exact.shape:
                least[name] = float(np.einsum("ij,ij->i", vectors, exact).min())
    base = rates["sentence-transformers"]
    return [
        {"target": target, "name": name, "texts": len(texts), "repeats": repeats}
        | _summary(rates[name], base)
        | {"least_cosine": least.get(name)}
        for name, (target, _) in runs.items()
    ]


def _summary(rates: list[tuple[float, float]], base: list[tuple[float, float]]) -> Row:
    row: Row = {}
    for column, label in enumerate(("per_second", "per_cpu_second")):
        ratios = [one[column] / other[column] for one, other in zip(rates, base, strict=True)]
        row[label] = round(statistics.median(rate[column] for rate in rates), 1)
        row[f"ratio_{label}"] = round(statistics.median(ratios), 2)
        row[f"ratio_{label}_spread"] = [round(min(ratios), 2), round(max(ratios), 2)]
    return row


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    chosen = banking77()
    if len(sys.argv) > 2:
        chosen = chosen[:: max(1, len(chosen) // int(sys.argv[2]))]
    for line in measure(chosen, count):
        print(json.dumps(line))
