"""Confidence of discoveries: what is claimed, and how often a discovery on other rows agrees.

``python -m benchmarks.confidence [ROWS [SPLITS]]`` prints one JSON line a table, split and half. A
table is cut into two halves without a common row, and each is discovered by itself, its number of
groups included. The confidence of a row of one half is the claim; it is measured by what the other
half's discovery makes of that row. A group of that one agrees with the segment in which most of
its rows are (``agreed``); ``one_to_one`` pairs each group with one segment at most.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

from benchmarks.discovery import say
from benchmarks.tune import data

Row = dict[str, Any]

_ROWS, _SPLITS = 1_200, 2
_EDGES = (0.0, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.001)
SETS = {
    "bitext": ("support/bitext_27k.csv", "instruction"),
    "banking77": ("banking77/test.csv", "text"),
    **{
        name: (f"discovery/{name}.csv", "text")
        for name in (
            "anes_problem", "gnad10", "hint3_curekart", "hwu64", "natcs_finance", "newsgroups20",
            "nhs_feedback", "nlu_small", "searchsnippets", "stackoverflow", "trec50", "wikit_hr_fr",
        )
    },
}  # fmt: skip


def tables(rows: int) -> Iterator[tuple[str, list[str], Any]]:
    """Yield the name, the texts and the vectors of each table, real attendance last."""
    import numpy as np
    import pandas as pd

    from coterie.encoders import EmbeddingCache, embed_texts, load_encoder

    encoder, cache = load_encoder("minilm"), EmbeddingCache()
    for name, (file, text) in SETS.items():
        table = pd.read_csv(data(file)).dropna(subset=[text])
        table = table.sample(min(rows, len(table)), random_state=0)
        texts = table[text].astype(str).tolist()
        say(f"Embedding {name}, or reading it from the cache")
        yield name, texts, embed_texts(texts, encoder, cache=cache)
    sessions = pd.read_csv(data("attendees", "sessions.csv")).set_index("session_id")
    attended = pd.read_csv(data("attendees", "attendance.csv"))
    attended = attended[attended["session_id"].isin(sessions.index)]
    sessions = sessions.loc[attended["session_id"].unique()].fillna("")
    texts = [f"{s.title}. {s.description}" for s in sessions.itertuples()]
    vectors = embed_texts(texts, encoder, cache=cache)
    place = {name: row for row, name in enumerate(sessions.index)}
    people, means = [], []
    for _, visits in attended.groupby("badge_id"):
        chosen = sorted(place[name] for name in visits["session_id"])
        mean = vectors[chosen].astype(np.float64).sum(axis=0)
        people.append(" | ".join(texts[row] for row in chosen))
        means.append((mean / np.linalg.norm(mean)).astype(np.float32))
    yield "attendance", people[:rows], np.stack(means)[:rows]


def measure(rows: int, splits: int) -> Iterator[Row]:
    """Discover both halves of each table and hold each one's claims against the other."""
    import numpy as np

    from coterie.segments import EncoderRef, find_groups

    for name, texts, vectors in tables(rows):
        pooling = "row" if name == "attendance" else "record"
        reference = EncoderRef("minilm", "benchmark", vectors.shape[1], pooling)
        for split in range(splits):
            order = np.random.default_rng(split).permutation(len(texts))
            halves = [np.sort(part) for part in np.array_split(order, 2)]
            found = [
                find_groups(
                    [texts[row] for row in half], vectors[half], encoder=reference, seed=split
                )
                for half in halves
            ]
            for one, half in ((0, halves[0]), (1, halves[1])):
                claimed = found[one].assignments
                told = found[1 - one].segmentation.predict(vectors[half])
                row = {"table": name, "split": split, "half": one, **_held(claimed, told)}
                say(json.dumps({key: row[key] for key in ("table", "claimed", "agreed")}))
                yield row


def _held(claimed: Any, told: Any) -> Row:
    """Hold the claims of one discovery against the answers of another for the same rows."""
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    kept = claimed.statuses != "outside"
    names, own = np.unique(claimed.segments[kept].astype(str), return_inverse=True)
    others, codes = np.unique(told.segments[kept].astype(str), return_inverse=True)
    together = np.zeros((len(others), len(names)), dtype=np.int64)
    np.add.at(together, (codes, own), 1)
    agreed = together.argmax(axis=1)[codes] == own
    places, partners = linear_sum_assignment(-together)
    pairs = np.full(len(others), -1)
    pairs[places] = partners
    sure = claimed.confidences[kept]
    bins = np.digitize(sure, _EDGES) - 1
    return {
        "groups": len(names),
        "other_groups": len(others),
        "claimed": float(sure.mean()),
        "agreed": float(agreed.mean()),
        "one_to_one": float((pairs[codes] == own).mean()),
        "bins": [
            [int((bins == b).sum()), float(sure[bins == b].sum()), int(agreed[bins == b].sum())]
            for b in range(len(_EDGES) - 1)
        ],
        **{s: float((claimed.statuses == s).mean()) for s in ("core", "assigned", "ambiguous")},
    }


if __name__ == "__main__":
    given = [int(each) for each in sys.argv[1:]]
    for line in measure(*(given + [_ROWS, _SPLITS][len(given) :])):
        print(json.dumps(line), flush=True)
