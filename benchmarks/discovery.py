"""Q1 to Q3 and BERTopic for P3: discovery compared with labels that it never sees.

``python -m benchmarks.discovery coterie|bertopic FILE TEXT LABEL [SEEDS]`` prints one JSON line
per run. Rows outside of every group count as one group in ARI and NMI.
"""

from __future__ import annotations

import json
import sys
import time
from itertools import combinations
from typing import Any

Row = dict[str, Any]


def read(path: str, text: str, label: str) -> tuple[list[str], list[str]]:
    import pandas as pd

    table = pd.read_csv(path)
    return table[text].astype(str).tolist(), table[label].astype(str).tolist()


def score(codes: Any, labels: Any) -> Row:
    from coterie.metrics import score_clusters

    found = score_clusters(codes, labels)
    return {
        "ari": found.ari,
        "nmi": found.nmi,
        "groups": found.groups,
        "coverage": found.coverage,
    }


def with_coterie(path: str, text: str, label: str, seeds: int) -> list[Row]:
    """One row a seed, then one with the ARI between every two of them."""
    from coterie.encoders import EmbeddingCache, embed_texts, load_encoder
    from coterie.metrics import score_clusters
    from coterie.segments import EncoderRef, find_groups

    texts, labels = read(path, text, label)
    encoder = load_encoder("minilm")
    say(f"Embedding {len(texts):,} texts, or reading them from the cache")
    vectors = embed_texts(texts, encoder, cache=EmbeddingCache())
    ref = EncoderRef(encoder.name, encoder.fingerprint, encoder.dim)
    rows: list[Row] = []
    found = []
    for seed in range(seeds):
        started = time.perf_counter()
        groups = find_groups(texts, vectors, encoder=ref, seed=seed).assignments.segments
        seconds = time.perf_counter() - started
        rows.append({"seed": seed, **score(groups, labels), "seconds": seconds})
        found.append([group or "outside" for group in groups])
        say(f"Seed {seed}: {json.dumps(rows[-1])}")
    between = [score_clusters(one, other).ari for one, other in combinations(found, 2)]
    return [*rows, {"between": between}]


def with_bertopic(path: str, text: str, label: str) -> Row:
    """BERTopic with its defaults and the same MiniLM weights through sentence-transformers."""
    from bertopic import BERTopic  # type: ignore[import-untyped]
    from sentence_transformers import SentenceTransformer

    from coterie.encoders.weights import find_minilm

    texts, labels = read(path, text, label)
    model = BERTopic(embedding_model=SentenceTransformer(str(find_minilm()), device="cpu"))
    topics, _ = model.fit_transform(texts)
    found = score(topics, labels)
    return {**found, "share_in_minus_one": 1 - found["coverage"]}


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    which, file, text_column, label_column, *rest = sys.argv[1:]
    if which == "coterie":
        for line in with_coterie(file, text_column, label_column, int(rest[0])):
            print(json.dumps(line))
    else:
        print(json.dumps(with_bertopic(file, text_column, label_column)))
