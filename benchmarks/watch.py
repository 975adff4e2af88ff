"""Watch: how often quiet weeks raise an alarm, and how often a planted group is found.

``python -m benchmarks.watch SPLITS [TABLES]`` prints one JSON line for each week. Of each table
some classes are held out. Groups are found in some of the other rows; weeks are drawn from the
rest, with a class held out planted or none. Every hundredth writer sends the same text two to six
times. Labels are used for planting and for judging only.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.discovery import say
from benchmarks.many_tables import read, tables

Row = dict[str, Any]

TABLES = ("banking77", "bitext", "hwu64", "stackoverflow", "nhs_feedback", "anes_problem")
PLANTED = TABLES[:4]  # whose labels are topics
QUIET = {200: 18, 1000: 14, 3000: 2}  # rows of a week to weeks of a split
DRIFT = {1000: 12, 3000: 3}
_SHARE = 0.02
_CLASSES = 8  # held out
_BASE = 4_000  # rows that groups are found in
_ROWS = 12_000  # of a table at most
_BURST, _TIMES = 0.01, 6


class Table:
    """One split of a table: groups of some rows, the rest, and classes that neither has."""

    def __init__(self, name: str, seed: int) -> None:
        import numpy as np

        from coterie.encoders import EmbeddingCache, embed_texts, load_encoder
        from coterie.segments import EncoderRef, StoredRows, find_groups, name_segments
        from coterie.workflows.watching.groups import in_one_space
        from coterie.workflows.watching.reference import reference_of_segments
        from coterie.workflows.watching.rows import text_keys

        home = Path(os.environ.get("COTERIE_DATA", "shared/data"))
        texts, labels = read(*tables(home)[name], _ROWS)
        encoder = load_encoder("minilm")
        self.vectors = embed_texts(texts, encoder, cache=EmbeddingCache())
        self.texts = np.array(texts, dtype=object)
        self.labels = np.array(labels, dtype=object)
        self.rng = np.random.default_rng(seed)
        names, counts = np.unique(self.labels.astype(str), return_counts=True)
        many = names[(counts >= _SHARE * 1000) & (counts < 0.2 * len(texts))]
        self.held = self.rng.choice(many, _CLASSES, replace=False) if name in PLANTED else []
        others = self.rng.permutation(np.flatnonzero(~np.isin(self.labels, self.held)))
        base = others[: min(_BASE, len(others) // 2)]
        self.pool = others[len(base) :]
        ref = EncoderRef(encoder.name, encoder.fingerprint, encoder.dim)
        found = find_groups(self.texts[base].tolist(), self.vectors[base], encoder=ref, seed=seed)
        self.segmentation = name_segments(
            found.segmentation, self.texts[base].tolist(), found.assignments, self.vectors[base]
        )
        ids = base.astype(str).astype(object)
        stored = StoredRows(ids, self.texts[base], self.vectors[base], encoder.fingerprint)
        reference = reference_of_segments(self.segmentation, stored)
        most = round(_SHARE * max(DRIFT))
        for held in self.held:  # no more of them than a week has, when all are put into one space
            self.labels[np.flatnonzero(self.labels == held)[most:]] = "left out"
        every = np.setdiff1d(np.flatnonzero(self.labels != "left out"), base)
        rows = self.rows_of(every)
        rows, before = in_one_space(rows, reference.rows, seed=seed)
        assert rows.space is not None
        self.space = np.zeros((len(texts), rows.space.shape[1]), dtype=np.float32)
        self.space[every] = rows.space
        self.reference = replace(reference, rows=before)
        keys, self.known = text_keys(rows, before)
        self.keys = np.zeros(len(texts), dtype=np.int64)
        self.keys[every] = keys

    def week(self, size: int, planted: str | None) -> Any:
        """Draw the rows of a week; some are sent several times."""
        import numpy as np

        own = np.flatnonzero(self.labels == planted)
        own = self.rng.permutation(own)[: round(_SHARE * size)]
        rows = np.concatenate([self.rng.permutation(self.pool)[: size - len(own)], own])
        writers = self.rng.permutation(len(rows) - len(own))[: round(_BURST * size)]
        copies = np.repeat(writers, self.rng.integers(1, _TIMES, len(writers)))
        free = np.setdiff1d(np.arange(len(rows) - len(own)), writers)
        gone = self.rng.permutation(free)[: len(copies)]
        rows[gone] = rows[copies[: len(gone)]]
        return rows

    def judge(self, rows: Any, seed: int) -> Any:
        from coterie.workflows.watching.judging import Judging, judge

        new = replace(self.rows_of(rows), space=self.space[rows])
        return judge(new, self.keys[rows], self.reference, self.known, Judging(seed=seed))

    def rows_of(self, rows: Any) -> Any:
        from coterie.workflows.watching.rows import DecidedRows

        said = self.segmentation.predict(self.vectors[rows])
        return DecidedRows(
            said.segments,
            said.statuses,
            said.confidences.astype(float),
            rows.astype(str).astype(object),
            self.texts[rows],
            None,
            self.vectors[rows],
        )


def words_of(text: str) -> set[str]:
    from coterie.segments.naming.english import stem

    return {stem(word) for word in re.findall(r"[a-z]+", text.lower()) if len(word) > 2}


def measure(table: Table, size: int, planted: str | None, seed: int) -> Row:
    rows = table.week(size, planted)
    started = time.perf_counter()
    found = table.judge(rows, seed)
    row: Row = {
        "rows": size,
        "seconds": time.perf_counter() - started,
        "alarm": bool(found.changes),
        "kinds": [change.kind for change in found.changes],
        "planted": planted,
    }
    if planted is None:
        return row
    best = None
    for change in found.changes:
        members = found.members.get(change.name)
        if change.kind == "new group" and members is not None:
            own = table.labels[rows[members]] == planted
            if own.mean() > 0.5:
                best = change, own
    row["found"] = best is not None
    if best is not None:
        change, own = best
        said = words_of(" ".join((change.name, *change.terms)))
        row |= {
            "share": change.after,
            "recall": float(own.sum() / max((table.labels[rows] == planted).sum(), 1)),
            "precision": float(own.mean()),
            "name": change.name,
            "named": bool(words_of(planted) & said) if words_of(planted) else None,
        }
    return row


def main(splits: int, names: list[str], *, few: bool) -> None:
    for split in range(splits):
        for name in names or TABLES:
            table = Table(name, split)
            weeks: list[tuple[int, str | None]] = []
            for size, count in QUIET.items():
                if size <= 0.75 * len(table.pool):
                    weeks += [(size, None)] * (1 if few else count)
            for size, count in DRIFT.items():
                usable = [c for c in table.held if (table.labels == c).sum() >= _SHARE * size]
                if usable and size <= 0.75 * len(table.pool):
                    weeks += [
                        (size, str(usable[n % len(usable)])) for n in range(1 if few else count)
                    ]
            for number, (size, planted) in enumerate(weeks):
                row = measure(table, size, planted, number)
                row = {"table": name, "split": split, "segments": len(table.segmentation), **row}
                say(json.dumps(row))
                print(json.dumps(row), flush=True)


if __name__ == "__main__":
    given = sys.argv[1:]
    main(int(given[0]), [n for n in given[1:] if n != "few"], few="few" in given)
