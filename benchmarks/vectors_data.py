"""Vectors with structure for the measurements of search, queries held apart, and right answers.

``python -m benchmarks.vectors_data FOLDER [ROWS]`` makes them once; a second call finds them there.
Real texts from the data folder are embedded with MiniLM. A row is one of these vectors, moved by a
part of the difference of two others of its cluster, so that rows lie as real ones do. Queries are
vectors of texts that take no part in the mixing. Filters are conditions on two whole numbers of
each row: ``bucket`` says nothing of its vector, ``cluster`` lets whole clusters pass.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["BEST", "ROWS", "Filter", "Vectors", "chunks", "open_vectors"]

ROWS = 1_000_000
BEST = 10
_QUERIES = 1_000
_CHUNK = 50_000
_MEMBERS = 80  # real texts of a cluster, on average
_COPIES = 4  # rows made of a real text, at least
_SEED = 0
_SHARES = (1.0, 0.1, 0.01, 0.001, 0.0001)
_CLUSTERED = (0.1, 0.01)
_TEXTS = {
    "support/bitext_27k.csv": "instruction",
    "banking77/train.csv": "text",
    "banking77/test.csv": "text",
    "sales/turns.csv": "text",
    "attendees/sessions.csv": "title",
    **{
        f"discovery/{name}.csv": "text"
        for name in (
            "anes_problem", "hint3_curekart", "hwu64", "natcs_finance", "nlu_small",
            "searchsnippets", "stackoverflow", "trec50",
        )
    },
}  # fmt: skip


@dataclass(frozen=True)
class Filter:
    """Rows whose ``column`` is smaller than ``below`` pass; all do where there is no column."""

    name: str
    column: str | None
    below: int
    share: float


@dataclass(frozen=True, eq=False)
class Vectors:
    """The folder of a made set, and what is small enough to be in memory."""

    folder: Path
    queries: Any
    columns: dict[str, Any]
    filters: list[Filter]
    truth: dict[str, Any]

    @property
    def rows(self) -> int:
        return len(self.columns["bucket"])

    def passing(self, wanted: Filter) -> Any:
        """Say of each row whether it passes."""
        if wanted.column is None:
            return np.ones(self.rows, dtype=bool)
        return self.columns[wanted.column] < wanted.below

    def recall(self, name: str, found: list[Any]) -> float:
        """Share of the right rows that are found; those that are missing are lost."""
        right = [set(row[row >= 0].tolist()) for row in self.truth[name][: len(found)]]
        pairs = zip(right, found, strict=True)
        return float(np.mean([len(row & set(map(int, got))) / len(row) for row, got in pairs]))


def open_vectors(folder: Path) -> Vectors:
    """Open a made set; its million vectors stay on disk, see `chunks`."""
    about = json.loads((folder / "about.json").read_text("utf-8"))
    return Vectors(
        folder=folder,
        queries=np.load(folder / "queries.npy"),
        columns=dict(np.load(folder / "columns.npz")),
        filters=[Filter(**each) for each in about["filters"]],
        truth=dict(np.load(folder / "truth.npz")),
    )


def chunks(folder: Path) -> Iterator[tuple[int, Any]]:
    """Give the vectors in parts, and the first row of each, with one part in memory at a time."""
    rows = np.load(folder / "vectors.npy", mmap_mode="r").shape[0]
    for start in range(0, rows, _CHUNK):
        mapped = np.load(folder / "vectors.npy", mmap_mode="r")
        part = np.array(mapped[start : start + _CHUNK])
        del mapped
        yield start, part


def make(folder: Path, rows: int = ROWS) -> None:
    """Make vectors, queries, columns and right answers, unless they are there."""
    if (folder / "about.json").is_file():
        return
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(_SEED)
    real = _real(rows)
    order = rng.permutation(len(real))
    held = min(_QUERIES, len(real) // 10)
    np.save(folder / "queries.npy", real[order[:held]])
    real = real[np.sort(order[held:])]
    clusters = _mix(folder / "vectors.npy", real, rows, rng)
    count = int(clusters.max()) + 1
    ranks = rng.permutation(count).astype(np.int32)  # whole clusters pass, in an order by chance
    columns = {"bucket": rng.permutation(rows).astype(np.int32), "cluster": ranks[clusters]}
    np.savez(folder / "columns.npz", **columns)
    filters = _filters(columns)
    np.savez(folder / "truth.npz", **_truth(folder, columns, filters))
    about = {
        "rows": rows,
        "real": len(real),
        "clusters": count,
        "filters": [vars(each) for each in filters],
    }
    (folder / "about.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


def _real(rows: int) -> Any:
    """Embed texts of the data folder, each once; every so many where few rows are wanted."""
    import pandas as pd

    from coterie import EmbeddingCache, embed_texts, load_encoder

    home = os.environ.get("COTERIE_DATA", str(Path(__file__).parents[2] / "shared" / "data"))
    texts: dict[str, None] = {}
    for file, column in _TEXTS.items():
        read = pd.read_csv(Path(home) / file, usecols=[column])[column].dropna().astype(str)
        texts |= dict.fromkeys(text for text in read if text.strip())
    step = max(1, len(texts) // max(1, rows // _COPIES))
    vectors = embed_texts(list(texts)[::step], load_encoder("minilm"), cache=EmbeddingCache())
    return _unit(np.asarray(vectors, dtype=np.float32))


def _mix(path: Path, real: Any, rows: int, rng: np.random.Generator) -> Any:
    """Write the rows, and give the cluster of each."""
    from sklearn.cluster import MiniBatchKMeans

    count = max(2, len(real) // _MEMBERS)
    means = MiniBatchKMeans(count, random_state=_SEED, batch_size=4096, n_init=1).fit(real)
    _, labels = np.unique(means.labels_, return_inverse=True)
    order = np.argsort(labels, kind="stable")
    sizes = np.bincount(labels)
    starts = np.cumsum(sizes) - sizes
    base = rng.integers(0, len(real), rows)
    clusters = labels[base]
    out = np.lib.format.open_memmap(path, "w+", np.float32, (rows, real.shape[1]))
    for start in range(0, rows, _CHUNK):
        part = slice(start, start + _CHUNK)
        own, size = starts[clusters[part]], sizes[clusters[part]]
        one = rng.integers(0, size)
        other = (one + rng.integers(1, np.maximum(size, 2))) % size  # another, if there is one
        weight = rng.uniform(0.2, 0.7, (len(one), 1)).astype(np.float32)
        moved = real[order[own + one]] - real[order[own + other]]
        out[part] = _unit(real[base[part]] + weight * moved)
    out.flush()
    return clusters


def _filters(columns: dict[str, Any]) -> list[Filter]:
    rows = len(columns["bucket"])
    found = [Filter("all rows", None, 0, 1.0)]
    found += [
        Filter(f"random {100 * share:g}%", "bucket", max(1, round(rows * share)), share)
        for share in _SHARES[1:]
    ]
    passing = np.cumsum(np.bincount(columns["cluster"])) / rows
    for share in _CLUSTERED:
        below = int(np.searchsorted(passing, share)) + 1
        found.append(Filter(f"clusters {share:.0%}", "cluster", below, float(passing[below - 1])))
    return found


def _truth(folder: Path, columns: dict[str, Any], filters: list[Filter]) -> dict[str, Any]:
    """Find the best rows of each query among those that pass, exactly; -1 where there are fewer."""
    queries = np.load(folder / "queries.npy")
    best = {each.name: np.full((len(queries), BEST), -np.inf, np.float32) for each in filters}
    rows = {each.name: np.full((len(queries), BEST), -1) for each in filters}
    for start, part in chunks(folder):
        cosines = queries @ part.T
        for each in filters:
            inside = np.arange(len(part))
            if each.column is not None:
                own = columns[each.column][start : start + len(part)]
                inside = np.flatnonzero(own < each.below)
            if not len(inside):
                continue
            among = cosines[:, inside]
            top = np.argpartition(-among, min(BEST, len(inside)) - 1, axis=1)[:, :BEST]
            values = np.hstack([best[each.name], np.take_along_axis(among, top, axis=1)])
            places = np.hstack([rows[each.name], start + inside[top]])
            first = np.argsort(-values, axis=1, kind="stable")[:, :BEST]
            best[each.name] = np.take_along_axis(values, first, axis=1)
            rows[each.name] = np.take_along_axis(places, first, axis=1)
    return rows


def _unit(vectors: Any) -> Any:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


if __name__ == "__main__":
    make(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else ROWS)
