"""Q11: discovery on fourteen labelled tables, number of groups unknown, beside other libraries.

``python -m benchmarks.many_tables METHOD SEEDS [ROWS] [TABLES]`` prints one JSON line for each
table and seed. METHOD is coterie, k-means, hdbscan or bertopic. Labels are compared with the groups
and never seen. Rows outside of every group count as one group in ARI and NMI.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.discovery import say, score

Row = dict[str, Any]

_BESIDE = {
    "bitext": (["support/bitext_27k.csv"], "instruction", "intent"),
    "banking77": (["banking77/train.csv", "banking77/test.csv"], "text", "category"),
}


def tables(home: Path) -> dict[str, tuple[list[Path], str, str]]:
    """Name to files, text column and label column."""
    found = {path.stem: ([path], "text", "label") for path in (home / "discovery").glob("*.csv")}
    for name, (files, text, label) in _BESIDE.items():
        found[name] = ([home / file for file in files], text, label)
    return dict(sorted(found.items()))


def read(files: list[Path], text: str, label: str, most: int | None) -> tuple[list[str], list[str]]:
    import pandas as pd

    frame = pd.concat([pd.read_csv(file) for file in files])[[text, label]].dropna()
    if most is not None and len(frame) > most:
        frame = frame.sample(most, random_state=0)
    return frame[text].astype(str).tolist(), frame[label].astype(str).tolist()


def with_coterie(texts: list[str], vectors: Any, seed: int, groups: int | None = None) -> Any:
    from coterie.segments import EncoderRef, find_groups

    ref = EncoderRef("minilm", "0" * 64, vectors.shape[1])
    return find_groups(texts, vectors, encoder=ref, seed=seed, groups=groups)


def with_k_means(_texts: list[str], vectors: Any, seed: int) -> list[str]:
    from sklearn.cluster import KMeans

    return [str(group) for group in KMeans(random_state=seed).fit_predict(vectors)]


def with_hdbscan(_texts: list[str], vectors: Any, _seed: int) -> list[str]:
    from sklearn.cluster import HDBSCAN

    return [str(g) if g >= 0 else "" for g in HDBSCAN(copy=True).fit_predict(vectors)]


def with_bertopic(texts: list[str], vectors: Any, _seed: int) -> list[str]:
    """BERTopic with its defaults on the same vectors."""
    from bertopic import BERTopic  # type: ignore[import-untyped]

    topics, _ = BERTopic(embedding_model=None).fit_transform(texts, embeddings=vectors)
    return [str(topic) if topic >= 0 else "" for topic in topics]


METHODS: dict[str, Callable[[list[str], Any, int], Any]] = {
    "coterie": with_coterie,
    "k-means": with_k_means,
    "hdbscan": with_hdbscan,
    "bertopic": with_bertopic,
}


def measure(
    method: str, texts: list[str], labels: list[str], vectors: Any, seed: int
) -> tuple[Row, Any]:
    """Score the groups of one method; gives the group of each row too."""
    started = time.perf_counter()
    found = METHODS[method](texts, vectors, seed)
    row: Row = {"seconds": time.perf_counter() - started}
    if method != "coterie":
        return {**score(found, labels), **row}, found
    told = with_coterie(texts, vectors, seed, groups=len(set(labels)))
    groups = found.assignments.segments
    return {
        **score(groups, labels),
        **row,
        "range": list(found.range),
        "told": score(told.assignments.segments, labels)["ari"],
    }, groups


def main(method: str, seeds: int, most: int | None, wanted: list[str]) -> None:
    from coterie.encoders import EmbeddingCache, embed_texts, load_encoder

    home = Path(os.environ.get("COTERIE_DATA", "shared/data"))
    encoder = load_encoder("minilm")
    for name, (files, text, label) in tables(home).items():
        if wanted and name not in wanted:
            continue
        texts, labels = read(files, text, label, most)
        vectors = embed_texts(texts, encoder, cache=EmbeddingCache())
        runs: list[Any] = []
        for seed in range(seeds):
            found, groups = measure(method, texts, labels, vectors, seed)
            size = {"rows": len(texts), "labels": len(set(labels))}
            row = {"table": name, "method": method, "seed": seed, **size, **found}
            runs.append([group or "outside" for group in groups])
            row["as_first"] = score(runs[-1], runs[0])["ari"]
            say(f"{name}: {json.dumps(row)}")
            print(json.dumps(row), flush=True)


if __name__ == "__main__":
    given = sys.argv[1:]
    rows = int(given[2]) if len(given) > 2 and given[2] != "all" else None
    main(given[0], int(given[1]), rows, given[3:])
