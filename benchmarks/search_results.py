"""Results of P6 as tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.tables import judged, table, verdict

__all__ = ["lookalikes", "search"]

Part = Mapping[str, Any]

_NAMES = {
    "coterie": "**Coterie**",
    "faiss-flat": "faiss, flat",
    "faiss-hnsw": "faiss, HNSW",
    "faiss-hnsw-after": "faiss, HNSW, filtered afterwards",
    "hnswlib": "hnswlib",
    "usearch-after": "usearch, filtered afterwards",
    "lancedb": "LanceDB",
    "lancedb-refined": "LanceDB, refined",
}
_NOTE = """\
{rows:,} vectors of {width} numbers, made of real texts' MiniLM vectors and their differences, and \
queries that are vectors of other real texts. In each cell: recall of the best {best} rows that \
pass, then milliseconds of a single query, p50 / p95, over {least} to {most} queries. Hits that \
are missing are lost. Of *random* filters a row's vector says nothing; *clusters* let whole \
clusters pass, and most queries are of other ones. Two threads at most. faiss: HNSW with M 32 and \
efSearch 64, and its flat index, which is exact. hnswlib: M 16, ef 50, its filter a Python \
function; where it finds fewer than {best} rows it raises an error, and all are lost. usearch: its \
defaults, 32-bit vectors. LanceDB: its default index, filtered first; *refined*: with a refine \
factor of 10. *Filtered afterwards*: the best 100 rows, of which those that pass are kept. The \
rows that pass are given to faiss, hnswlib and usearch ready made, and this is not timed; LanceDB \
finds them itself."""
_COSTS = """\
Build: until the index is on disk, LanceDB's table included. Peak: resident memory of the process \
that builds, which reads the vectors in parts, and of the one that opens and searches."""


def search(part: Part) -> list[str]:
    """Say what each peer finds under each filter, how fast, and what its index costs."""
    rows = part["rows"]
    by_peer: dict[str, dict[str, Part]] = {}
    for row in rows:
        by_peer.setdefault(row["peer"], {})[row["filter"]] = row
    order = [name for name in _NAMES if name in by_peer]
    order += [name for name in by_peer if name not in _NAMES]
    filters = list(dict.fromkeys(row["filter"] for row in rows))
    found = [
        [_NAMES.get(name, name), *(_cell(by_peer[name].get(each)) for each in filters)]
        for name in order
    ]
    costs = [[_NAMES.get(name, name), *_cost(next(iter(by_peer[name].values())))] for name in order]
    counts = [row["queries"] for row in rows]
    shape = {"rows": rows[0]["rows"], "width": rows[0].get("width", 384), "best": 10}
    blocks = [
        "## P6: search among the rows that pass a filter",
        *_judged(by_peer.get("coterie", {})),
        table(" | ".join(["peer", *filters]), found),
        _NOTE.format(**shape, least=min(counts), most=max(counts)),
        table("peer | version | build seconds | MB on disk | peak MiB, build | search", costs),
        _COSTS,
    ]
    planned = [
        [_NAMES.get(name, name), *(by_peer[name].get(each, {}).get("plan", "") for each in filters)]
        for name in order
        if any("plan" in row for row in by_peer[name].values())
    ]
    if planned:
        blocks.append(table(" | ".join(["plan", *filters]), planned))
    return blocks


def _judged(ours: Mapping[str, Part]) -> list[str]:
    """Compare our figures with the targets, the worst filter counts."""
    if not ours:
        return []
    recall = min(row["recall"] for row in ours.values())
    slowest = max(row["p95_ms"] for row in ours.values())
    lines = [
        ("P6 lowest recall of the best 10", f"{recall:.3f}", "0.99", "", verdict(recall, 0.99)),
        ("P6 highest p95", f"{slowest:.1f} ms", "10 ms", "5 ms", verdict(-slowest, -10)),
    ]
    return [judged(lines)]


def _cell(row: Part | None) -> str:
    if row is None:
        return ""
    return f"{row['recall']:.3f}; {_short(row['p50_ms'])} / {_short(row['p95_ms'])}"


def _cost(row: Part) -> list[str]:
    searched = row.get("search_mib")
    return [
        row.get("version", ""),
        f"{row['build_seconds']:,.1f}",
        f"{row['bytes_on_disk'] / 1e6:,.0f}",
        f"{row['peak_mib']:,.0f}",
        "" if searched is None else f"{searched:,.0f}",
    ]


def _short(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


def lookalikes(part: Part) -> list[str]:
    """Say how often searches by example find the same person and the same event."""
    rows = part["rows"]
    figures = [
        [row["method"], *(f"{row[name]:.3f}" for name in ("person", "event", "session"))]
        for row in rows
    ]
    return [
        "## Look-alikes: badges of one person or event",
        table("method | person | event | session's event", figures),
        f"The sessions of each badge with four or more were dealt into two halves at random, "
        f"{rows[0]['halves']:,} in all. *Person*: share of halves whose other half is among the "
        f"first ten. *Event*: share of the first ten, the other half apart, that were at an event "
        f"of the half. *Session's event*: share of the first ten sessions of the same event, for "
        f"{rows[0]['sessions']:,} sessions. MiniLM embeds each session, and a half is their mean. "
        "*By both* is the default: examples of 50 different words or more are compared by their "
        "words too. TF-IDF reads all the text of a half.",
    ]
