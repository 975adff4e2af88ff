"""Q12: do names tell what a group is about? Ten labelled tables whose labels are English words.

``python -m benchmarks.names [ROWS] [TABLES]`` prints one JSON line a table. A reader who sees the
name of a group and the names of all labels is to pick the label: here, MiniLM ranks the labels by
the cosine of their names to the group's name. It is measured for groups that are the labels
themselves, so that only the naming counts, and for the groups that are found, whose label is that
of most of their rows. Labels are never seen by what finds or names groups.
"""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.discovery import say
from benchmarks.many_tables import read, tables, with_coterie

Row = dict[str, Any]

_READABLE = (
    "anes_problem", "banking77", "bitext", "hint3_curekart", "hwu64", "natcs_finance",
    "newsgroups20", "nhs_feedback", "nlu_small", "searchsnippets",
)  # fmt: skip
_SHOWN = 6


def words_of(label: str) -> str:
    """Write a label such as ``card_arrival`` or ``AskLoan`` as words."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", label)
    return re.sub(r"[_./:()]+", " ", apart).strip().lower()


def matched(names: list[str], own: Any, labels: list[str], embed: Any) -> Row:
    """Rank the labels by their cosine to each name; ``own`` is the place of the right one."""
    cosines = embed([name.lower() for name in names]) @ embed([words_of(x) for x in labels]).T
    right = cosines[np.arange(len(names)), own]
    ranks = (cosines > right[:, None] + 1e-6).sum(axis=1) + 1
    others = (cosines.sum(axis=1) - right) / (len(labels) - 1)
    return {
        "mrr": float((1 / ranks).mean()),
        "first": float((ranks == 1).mean()),
        "cosine": float(right.mean()),
        "others": float(others.mean()),
    }


def too_alike(names: list[str]) -> int:
    """Count names that differ from an earlier one only in order, number or an ending."""
    from coterie.segments.naming.english import stem

    keys = [frozenset(stem(word) for word in re.findall(r"[^\W\d_]+", n.lower())) for n in names]
    return len(keys) - len(set(keys))


def measure(texts: list[str], labels: list[str], vectors: Any, embed: Any) -> Row:
    from coterie.segments import describe_segments

    known, codes = np.unique(labels, return_inverse=True)
    named = [about.name for about in describe_segments(texts, codes, vectors)]
    row = {"of_labels": matched(named, np.arange(len(known)), known.tolist(), embed)}
    found = with_coterie(texts, vectors, 0).assignments.segments
    ids = sorted({segment for segment in found if segment})
    groups = np.array([ids.index(segment) if segment else -1 for segment in found])
    names = [about.name for about in describe_segments(texts, groups, vectors)]
    counts = np.zeros((len(ids), len(known)), dtype=np.int64)
    np.add.at(counts, (groups[groups >= 0], codes[groups >= 0]), 1)
    row["of_groups"] = matched(names, counts.argmax(axis=1), known.tolist(), embed)
    purity = counts.max(axis=1).sum() / counts.sum()
    few = np.linspace(0, len(known) - 1, min(_SHOWN, len(known))).astype(int)
    return {
        **row,
        "groups": len(ids),
        "purity": float(purity),
        "alike": too_alike(names) + too_alike(named),
        "examples": [[words_of(str(known[place])), named[place]] for place in few],
    }


def main(most: int | None, wanted: list[str]) -> None:
    from coterie.encoders import EmbeddingCache, embed_texts, load_encoder

    home = Path(os.environ.get("COTERIE_DATA", "shared/data"))
    encoder = load_encoder("minilm")

    def embed(texts: list[str]) -> Any:
        return embed_texts(texts, encoder, cache=EmbeddingCache())

    for name, (files, text, label) in tables(home).items():
        if name not in (wanted or _READABLE):
            continue
        texts, labels = read(files, text, label, most)
        row = {"table": name, "rows": len(texts), "labels": len(set(labels))}
        row |= measure(texts, labels, embed(texts), embed)
        say(f"{name}: {json.dumps(row)}")
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    given = sys.argv[1:]
    rows = int(given[0]) if given and given[0] != "all" else None
    main(rows, given[1:])
