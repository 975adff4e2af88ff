"""X10: a discovery meets later rows, some of them of labels that it has never seen.

``python -m benchmarks.refresh [seeds]`` leaves labels out of two tables (ten of 77 of Banking77,
four of the 27 of Bitext), finds groups in the other rows, and refreshes with the rows left out and
rows of the known labels. ``python -m benchmarks.refresh settle`` does so with a seventh of the
labels of the tables that the constants were looked at on. Each table is refreshed twice: as it is,
and without the rows of unknown labels, where nothing is new. One line of JSON for each.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.tune import data

TABLES = {
    "banking77": ("banking77", "text", "category", 10),
    "bitext": ("support/bitext_27k.csv", "instruction", "intent", 4),
}
SETTLED = {
    "natcs_finance": ("discovery/natcs_finance.csv", "text", "label", 0),
    "hint3_curekart": ("discovery/hint3_curekart.csv", "text", "label", 0),
    "stackoverflow": ("discovery/stackoverflow.csv", "text", "label", 0),
    "hwu64": ("discovery/hwu64.csv", "text", "label", 0),
}
_ROWS = 8_000  # of the tables to settle on
_LATER = 0.3  # share of the rows of known labels, where the table has no test file


def read(name: str, seed: int) -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    """Earlier and later rows with the columns text and label, and the labels left out."""
    file, text, label, most = {**TABLES, **SETTLED}[name]
    rng = np.random.default_rng(seed)
    if file == "banking77":
        frames = [pd.read_csv(data("banking77", f"{part}.csv")) for part in ("train", "test")]
        train, test = (frame.rename(columns={label: "label"}) for frame in frames)
        held = rng.choice(sorted(train["label"].unique()), most, replace=False)
        out = train["label"].isin(held)
        earlier, later = train[~out], pd.concat([test, train[out]])
    else:
        table = pd.read_csv(data(*file.split("/")))[[text, label]].dropna()
        table.columns = pd.Index(["text", "label"])
        if name in SETTLED:
            table = table.drop_duplicates("text").sample(min(_ROWS, len(table)), random_state=0)
        labels = sorted(table["label"].astype(str).unique())
        held = rng.choice(labels, most or max(2, len(labels) // 7), replace=False)
        out = table["label"].astype(str).isin(held)
        new = out | (rng.random(len(table)) < _LATER)
        earlier, later = table[~new], table[new]
    earlier = earlier.assign(id=[f"a{row}" for row in range(len(earlier))])
    later = later.assign(id=[f"b{row}" for row in range(len(later))])
    return earlier.reset_index(drop=True), later.reset_index(drop=True), [str(x) for x in held]


def measure(name: str, seed: int) -> None:
    import coterie
    from coterie.metrics import score_clusters

    earlier, later, held = read(name, seed)
    started = time.perf_counter()
    found = coterie.discover(earlier, text="text", id="id")
    spent = time.perf_counter() - started
    was = found.assignments
    unknown = later["label"].astype(str).isin(held).to_numpy()
    for kind, table in (("all", later), ("known", later[~unknown])):
        started, worked = time.perf_counter(), time.process_time()
        refreshed = coterie.refresh(found, table)
        seconds, cpu = time.perf_counter() - started, time.process_time() - worked
        figures, answers = refreshed.figures, refreshed.assignments
        rows = refreshed.result.after.discovery.assignments
        stayed = rows.segments[: len(earlier)] == was["segment"].to_numpy()
        fitted = (was["segment"] != "").to_numpy()
        again = coterie.refresh(_Found(refreshed.result.after), table).figures
        new = answers["segment"].isin([each["id"] for each in figures["new"]]).to_numpy()
        row: dict[str, Any] = {
            "table": name, "seed": seed, "rows": kind, "earlier": len(earlier), "later": len(table),
            "segments": len(found), "new": len(figures["new"]),
            "vanished": len(figures["vanished"]), "earlier_stayed": float(stayed[fitted].mean()),
            "again_new_rows": again["rows_new"],
            "known_in_new": round(float(new[~unknown[: len(new)]].mean()), 5)
            if kind == "all" else round(float(new.mean()), 5),
            "discover_seconds": round(spent, 1), "refresh_seconds": round(seconds, 1),
            "refresh_cpu_seconds": round(cpu, 1), "of_which": figures["seconds"],
        }  # fmt: skip
        if kind == "all":
            before = refreshed.result.renewal.before.segments[len(earlier) :]
            labels = table["label"].astype(str).to_numpy(object)
            inside = new & unknown
            one = score_clusters(answers["segment"].to_numpy(object)[inside], labels[inside])
            every = score_clusters(answers["segment"].to_numpy(object)[unknown], labels[unknown])
            row |= {
                "unknown": int(unknown.sum()),
                "unknown_outside_before": round(float((before[unknown] == "").mean()), 4),
                "unknown_in_new": round(float(new[unknown].mean()), 4),
                "ari_in_new": round(one.ari, 3), "nmi_in_new": round(one.nmi, 3),
                "ari_unknown": round(every.ari, 3), "nmi_unknown": round(every.nmi, 3),
            }  # fmt: skip
        print(json.dumps(row), flush=True)


class _Found:
    """What `coterie.refresh` takes."""

    def __init__(self, result: Any) -> None:
        self.result = result


def main(words: list[str]) -> None:
    if words[:1] == ["settle"]:
        for name in SETTLED:
            measure(name, 0)
        return
    for seed in range(int(words[0]) if words else 3):
        for name in TABLES:
            measure(name, seed)


if __name__ == "__main__":
    main(sys.argv[1:])
