"""P6: what is found among the rows that pass a filter, and how fast, beside other libraries.

``python -m benchmarks.search PEER FOLDER [ROWS]`` prints one JSON line a filter. Vectors and
index are made in the folder and kept there, each in a process of its own: a second call searches
only. Peers are called as their pages say, mostly with their defaults. Libraries without columns
are given the rows that pass, ready made and not timed; LanceDB reads its own column each time.
"""

from __future__ import annotations

import json
import sys
import time
from abc import ABC, abstractmethod
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from benchmarks.machine import run_process

__all__ = ["THREADS", "installed", "timed"]

Row = dict[str, Any]

THREADS = 2
_SECONDS = 20.0  # of one filter, after the least number of queries
_LEAST, _MOST = 20, 200
_WARM = 3
_CANDIDATES = 100  # of a search that filters afterwards


class Peer(ABC):
    """An index on disk that is made once, then opened and searched."""

    package: str
    index: str  # peers that differ only in how they search share it
    plan: str = ""  # how the last rows were found, where it is told

    @abstractmethod
    def build(self, data: Any, folder: Path) -> None:
        """Write the index of all vectors."""

    @abstractmethod
    def open(self, folder: Path, data: Any) -> None:
        """Make ready to search."""

    @abstractmethod
    def use(self, wanted: Any, passing: Any) -> None:
        """Take a filter; not timed."""

    @abstractmethod
    def search(self, query: Any, count: int) -> Any:
        """Find rows."""


class Coterie(Peer):
    """An index of ours; the filter is read once, and its rows are found in each search."""

    package = index = "coterie"

    def build(self, data: Any, folder: Path) -> None:
        import numpy as np
        import pyarrow as pa

        from coterie.search.columns import describe
        from coterie.search.storage.parts import NewRows
        from coterie.search.writing import create_index

        # whole numbers as an index of a table has them
        arrays = {name: pa.array(values.astype(np.int64)) for name, values in data.columns.items()}
        columns = [describe(name, "number", array) for name, array in arrays.items()]
        vectors = np.load(data.folder / "vectors.npy", mmap_mode="r")
        ids = [str(row) for row in range(data.rows)]
        rows = NewRows(ids, [""] * data.rows, vectors, arrays, columns)
        create_index(folder, rows, encoder={}, reading={})

    def open(self, folder: Path, data: Any) -> None:  # noqa: ARG002
        from coterie.search.storage.reader import IndexReader

        started = time.perf_counter()
        self.opened = IndexReader(folder)
        self.open_ms = 1000 * (time.perf_counter() - started)
        self.opened.warm()  # the others read all of theirs when they open

    def use(self, wanted: Any, passing: Any) -> None:  # noqa: ARG002
        from coterie.search.filters import parse_filter

        self.where = None
        if wanted.column is not None:
            self.where = parse_filter(f"{wanted.column} < {wanted.below}", self.opened.schema)

    def search(self, query: Any, count: int) -> Any:
        from coterie.search.searching import Query, search_index

        found = search_index(self.opened, Query(vector=query, where=self.where, k=count))
        self.plan = found.plan.method
        return [hit.place for hit in found.hits]


class FaissFlat(Peer):
    """Every vector that passes is compared."""

    package, index = "faiss-cpu", "faiss-flat"

    def make(self, width: int) -> Any:
        import faiss

        return faiss.IndexFlatIP(width)

    def parameters(self, selector: Any) -> Any:
        import faiss

        return faiss.SearchParameters(sel=selector)

    def build(self, data: Any, folder: Path) -> None:
        import faiss

        from benchmarks.vectors_data import chunks

        faiss.omp_set_num_threads(THREADS)
        made = self.make(data.queries.shape[1])
        for _, part in chunks(data.folder):
            made.add(part)
        faiss.write_index(made, str(folder / "index"))

    def open(self, folder: Path, data: Any) -> None:  # noqa: ARG002
        import faiss

        faiss.omp_set_num_threads(THREADS)
        self.opened = faiss.read_index(str(folder / "index"))

    def use(self, wanted: Any, passing: Any) -> None:
        import faiss
        import numpy as np

        bits = np.packbits(passing, bitorder="little")
        selector = None if wanted.column is None else faiss.IDSelectorBitmap(bits)
        self.given = self.parameters(selector)

    def search(self, query: Any, count: int) -> Any:
        return self.opened.search(query[None], count, params=self.given)[1][0]


class FaissHnsw(FaissFlat):
    """A graph; rows that do not pass are walked through."""

    index = "faiss-hnsw"

    def make(self, width: int) -> Any:
        import faiss

        return faiss.IndexHNSWFlat(width, 32, faiss.METRIC_INNER_PRODUCT)

    def parameters(self, selector: Any) -> Any:
        import faiss

        return faiss.SearchParametersHNSW(sel=selector, efSearch=64)


class FaissHnswAfter(FaissHnsw):
    """A graph; the best rows are filtered afterwards."""

    def use(self, wanted: Any, passing: Any) -> None:
        self.passing = None if wanted.column is None else passing
        self.given = self.parameters(None)

    def search(self, query: Any, count: int) -> Any:
        if self.passing is None:
            return super().search(query, count)
        found = super().search(query, _CANDIDATES)
        return found[self.passing[found]][:count]


class Hnswlib(Peer):
    """A graph, asking a Python function whether a row passes."""

    package = index = "hnswlib"

    def build(self, data: Any, folder: Path) -> None:
        import hnswlib

        from benchmarks.vectors_data import chunks

        made = hnswlib.Index("cosine", data.queries.shape[1])
        made.init_index(data.rows, M=16, ef_construction=200)
        for _, part in chunks(data.folder):
            made.add_items(part, num_threads=THREADS)
        made.save_index(str(folder / "index"))

    def open(self, folder: Path, data: Any) -> None:
        import hnswlib

        self.opened = hnswlib.Index("cosine", data.queries.shape[1])
        self.opened.load_index(str(folder / "index"))
        self.opened.set_ef(50)

    def use(self, wanted: Any, passing: Any) -> None:
        marks = passing.tolist()
        self.passes = None if wanted.column is None else marks.__getitem__

    def search(self, query: Any, count: int) -> Any:
        try:
            return self.opened.knn_query(query, count, 1, self.passes)[0][0]
        except RuntimeError:  # it has found fewer, and gives none of them
            return []


class Usearch(Peer):
    """A graph; the best rows are filtered afterwards, for lack of filters in Python."""

    package = index = "usearch"

    def build(self, data: Any, folder: Path) -> None:
        import numpy as np
        from usearch.index import Index

        from benchmarks.vectors_data import chunks

        made = Index(ndim=data.queries.shape[1], metric="cos", dtype="f32")
        for start, part in chunks(data.folder):
            made.add(np.arange(start, start + len(part)), part, threads=THREADS)
        made.save(str(folder / "index"))

    def open(self, folder: Path, data: Any) -> None:  # noqa: ARG002
        from usearch.index import Index

        self.opened = Index.restore(str(folder / "index"))

    def use(self, wanted: Any, passing: Any) -> None:
        self.passing = None if wanted.column is None else passing

    def search(self, query: Any, count: int) -> Any:
        if self.passing is None:
            return self.opened.search(query, count, threads=1).keys
        found = self.opened.search(query, _CANDIDATES, threads=1).keys
        return found[self.passing[found]][:count]


class Lance(Peer):
    """A table with an index of product quantization, filtered first."""

    package = index = "lancedb"
    refine: int | None = None

    def build(self, data: Any, folder: Path) -> None:
        import lancedb
        import pyarrow as pa
        from lancedb.index import IvfPq

        from benchmarks.vectors_data import chunks

        width = data.queries.shape[1]
        names = list(data.columns)
        fields = [(name, pa.int32()) for name in ("id", *names)]
        schema = pa.schema([*fields, ("vector", pa.list_(pa.float32(), width))])

        def batches() -> Any:
            for start, part in chunks(data.folder):
                own = slice(start, start + len(part))
                numbers = [pa.array(range(start, start + len(part)), pa.int32())]
                numbers += [pa.array(data.columns[name][own]) for name in names]
                vectors = pa.FixedSizeListArray.from_arrays(pa.array(part.ravel()), width)
                yield pa.record_batch([*numbers, vectors], schema=schema)

        table = lancedb.connect(folder).create_table("rows", batches(), schema=schema)
        table.create_index("vector", config=IvfPq(distance_type="cosine"))

    def open(self, folder: Path, data: Any) -> None:  # noqa: ARG002
        import lancedb

        self.opened = lancedb.connect(folder).open_table("rows")

    def use(self, wanted: Any, passing: Any) -> None:  # noqa: ARG002
        self.where = wanted.column and f"{wanted.column} < {wanted.below}"

    def search(self, query: Any, count: int) -> Any:
        asked = self.opened.search(query).distance_type("cosine").limit(count)
        asked = asked.select(["id", "_distance"])
        if self.where:
            asked = asked.where(self.where)
        if self.refine:
            asked = asked.refine_factor(self.refine)
        return asked.to_arrow()["id"].to_pylist()


class LanceRefined(Lance):
    """The same, with ten times the rows compared once more with their whole vectors."""

    refine = 10


PEERS: dict[str, type[Peer]] = {
    "coterie": Coterie,
    "faiss-flat": FaissFlat,
    "faiss-hnsw": FaissHnsw,
    "faiss-hnsw-after": FaissHnswAfter,
    "hnswlib": Hnswlib,
    "usearch-after": Usearch,
    "lancedb": Lance,
    "lancedb-refined": LanceRefined,
}


def installed() -> list[str]:
    """Name the peers whose package is there."""
    found = []
    for name, peer in PEERS.items():
        try:
            version(peer.package)
        except PackageNotFoundError:
            continue
        found.append(name)
    return found


def timed(search: Any, queries: Any, count: int) -> tuple[list[Any], Row]:
    """Ask one query after another; fewer where each takes long."""
    import numpy as np

    for query in queries[-_WARM:]:
        search(query, count)
    found: list[Any] = []
    spent: list[float] = []
    for query in queries[:_MOST]:
        started = time.perf_counter()
        rows = search(query, count)
        spent.append(1000 * (time.perf_counter() - started))
        found.append(rows)
        if sum(spent) > 1000 * _SECONDS and len(spent) >= _LEAST:
            break
    p50, p95 = np.percentile(spent, [50, 95]).tolist()
    return found, {"p50_ms": p50, "p95_ms": p95, "queries": len(spent)}


def build(name: str, data_folder: Path, folder: Path) -> None:
    """Make the index, as a process of its own."""
    from benchmarks.vectors_data import open_vectors

    data = open_vectors(data_folder)
    peer = PEERS[name]()
    started = time.perf_counter()
    peer.build(data, folder)
    say({"build_seconds": time.perf_counter() - started})


def search(name: str, data_folder: Path, folder: Path) -> None:
    """Open the index and search it, as a process of its own."""
    from benchmarks.vectors_data import BEST, open_vectors

    data = open_vectors(data_folder)
    peer = PEERS[name]()
    peer.open(folder, data)
    for wanted in data.filters:
        passing = data.passing(wanted)
        peer.use(wanted, passing)
        found, times = timed(peer.search, data.queries, BEST)
        recall = data.recall(wanted.name, found)
        chosen = {"filter": wanted.name, "selectivity": float(passing.mean())}
        chosen |= {"plan": peer.plan} if peer.plan else {}
        say({"peer": name, **chosen, "recall": recall, **times})


def main(name: str, folder: Path, rows: int) -> None:
    """Run what is missing, then the search, and print a line a filter."""
    settings = {"OMP_NUM_THREADS": str(THREADS), "LANCE_CPU_THREADS": str(THREADS)}
    data = folder / str(rows)
    if not (data / "about.json").is_file():
        run_process(["-m", "benchmarks.vectors_data", str(data), str(rows)])
    index = data / PEERS[name].index
    about = data / f"{index.name}.json"
    command = ["-m", "benchmarks.search", name, str(data), str(index)]
    if not about.is_file():
        index.mkdir(exist_ok=True)
        done = run_process([*command, "build"], settings)
        size = sum(file.stat().st_size for file in index.rglob("*") if file.is_file())
        built = {**done.lines[-1], "bytes_on_disk": size, "peak_mib": done.peak_mib}
        about.write_text(json.dumps(built) + "\n", encoding="utf-8")
    built = json.loads(about.read_text("utf-8"))
    package = PEERS[name].package
    done = run_process([*command, "search"], settings)
    more = {**built, "search_mib": done.peak_mib, "version": f"{package} {version(package)}"}
    for line in done.lines:
        say({**line, "rows": rows, **more})


def say(row: Row) -> None:
    print(json.dumps(row), flush=True)


if __name__ == "__main__":
    given = sys.argv[1:]
    if given[3:]:
        step = build if given[3] == "build" else search
        step(given[0], Path(given[1]), Path(given[2]))
    else:
        main(given[0], Path(given[1]), int(given[2]) if given[2:] else 1_000_000)
