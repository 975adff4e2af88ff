"""Segments described in words: the names of classes as descriptions, and rows of other tables.

``python -m benchmarks.assign [ROWS]`` prints one JSON line a table: accuracy, coverage and
calibration of its rows among its own classes, by the rule before (``plain``: the nearest
description, confidence by the distance between descriptions) and now. Then one line for each pair
of a table and the classes of an unrelated one: the share of rows that are assigned.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.discovery import say
from benchmarks.tune import data

Row = dict[str, Any]

_ROWS, _FOREIGN_ROWS = 2_000, 300
_SETS = {
    "bitext, category": ("support/bitext_27k.csv", "instruction", "category"),
    "bitext, intent": ("support/bitext_27k.csv", "instruction", "intent"),
    "banking77": ("banking77/test.csv", "text", "category"),
    **{
        name: (f"discovery/{name}.csv", "text", "label")
        for name in (
            "hwu64", "stackoverflow", "nlu_small", "hint3_curekart", "newsgroups20",
            "natcs_finance", "searchsnippets", "anes_problem", "nhs_feedback",
        )
    },
}  # fmt: skip
_STACK_OVERFLOW = [
    "wordpress", "oracle", "svn", "apache", "excel", "matlab", "visual-studio", "cocoa", "osx",
    "bash", "spring", "hibernate", "scala", "sharepoint", "ajax", "qt", "drupal", "linq", "haskell",
    "magento",
]  # fmt: skip
_NEWSGROUPS = {
    "alt.atheism": "atheism", "comp.graphics": "computer graphics",
    "comp.os.ms-windows.misc": "Microsoft Windows", "comp.sys.ibm.pc.hardware": "IBM PC hardware",
    "comp.sys.mac.hardware": "Mac hardware", "comp.windows.x": "X Window System",
    "misc.forsale": "items for sale", "rec.autos": "cars", "rec.motorcycles": "motorcycles",
    "rec.sport.baseball": "baseball", "rec.sport.hockey": "hockey", "sci.crypt": "cryptography",
    "sci.electronics": "electronics", "sci.med": "medicine", "sci.space": "space",
    "soc.religion.christian": "Christian religion", "talk.politics.guns": "politics of guns",
    "talk.politics.mideast": "politics of the Middle East", "talk.politics.misc": "politics",
    "talk.religion.misc": "religion",
}  # fmt: skip
# Tables about the same things are not foreign to each other.
_RELATED = (
    {"bitext", "hint3_curekart", "banking77", "natcs_finance"},
    {"stackoverflow", "nlu_small", "newsgroups20", "searchsnippets"},
    {"nlu_small", "bitext"},
    {"searchsnippets", "hwu64", "newsgroups20"},
    {"searchsnippets", "anes_problem", "newsgroups20"},
    {"searchsnippets", "bitext", "hint3_curekart", "banking77", "natcs_finance"},
    {"searchsnippets", "nhs_feedback", "anes_problem"},
    {"nhs_feedback", "hint3_curekart"},
    {"anes_problem", "hwu64"},
    {"anes_problem", "banking77", "natcs_finance"},
)


@dataclass(frozen=True)
class Named:
    """A table whose classes have names: texts to embed, the row of each, the class of each row."""

    name: str
    texts: list[str]
    owners: Any
    labels: list[str]
    descriptions: dict[str, str]


def read(name: str, rows: int) -> Named:
    """Read a table; its classes are described by their names alone."""
    import numpy as np
    import pandas as pd

    file, text, label = _SETS[name]
    table = pd.read_csv(data(file)).dropna(subset=[text, label])
    if len(table) > rows:
        table = table.sample(rows, random_state=0).sort_index()
    labels = [_plain(name, str(each)) for each in table[label]]
    texts = table[text].astype(str).tolist()
    return Named(name, texts, np.arange(len(texts)), labels, dict.fromkeys(sorted(set(labels)), ""))


def badges(seed: int, rows: int) -> Named:
    """Generate badges: the mean of their sessions, the six behaviours as they are packaged."""
    import numpy as np
    import pandas as pd

    from coterie.segments import load_nomenclature
    from coterie.synthetic import generate

    with tempfile.TemporaryDirectory() as folder:
        generate("attendees", Path(folder), rows, seed)
        records = json.loads((Path(folder) / "badges.json").read_text("utf-8"))
        truth = pd.read_csv(Path(folder) / "labels.csv").set_index("BadgeId")["ClusterId"]
    sessions: dict[str, list[str]] = {}
    for record in records:
        said = [f"{each['Title']}. {each['Description']}" for each in record["SessionInfo"]]
        sessions.setdefault(record["BadgeId"], []).extend(said)
    ids = [badge for badge, said in sessions.items() if said]
    owners = np.repeat(np.arange(len(ids)), [len(sessions[badge]) for badge in ids])
    known = load_nomenclature("attendees").segments
    return Named(
        f"generated badges, seed {seed}",
        [text for badge in ids for text in sessions[badge]],
        owners,
        [str(truth[badge]) for badge in ids],
        {segment.name: segment.description for segment in known},
    )


def measure(rows: int) -> Iterator[Row]:
    """Measure each table among its own classes, then among those of unrelated ones."""
    import numpy as np

    from coterie.encoders import EmbeddingCache, embed_texts, load_encoder
    from coterie.segments import Segment
    from coterie.segments.assigning.fitting import fit_to_rows, unrelated_texts
    from coterie.segments.assigning.nomenclature import (
        Nomenclature,
        segmentation_from_nomenclature,
    )

    encoder, cache = load_encoder("minilm"), EmbeddingCache()
    tables = [read(name, rows) for name in _SETS]
    people = [badges(seed, min(rows, count)) for seed, count in ((0, 600), (7, 400))]
    vectors = {}
    for table in (*tables, *people):
        say(f"Embedding {table.name}, or reading it from the cache")
        parts = embed_texts(table.texts, encoder, cache=cache).astype(np.float64)
        sums = np.zeros((len(table.labels), encoder.dim))
        np.add.at(sums, table.owners, parts)
        vectors[table.name] = (sums / np.linalg.norm(sums, axis=1, keepdims=True)).astype("float32")
    for described in (*tables, *people):
        classes = enumerate(described.descriptions.items())
        known = Nomenclature("", tuple(Segment(f"c{place}", *pair) for place, pair in classes))
        ids = {segment.name: segment.id for segment in known.segments}
        plain = segmentation_from_nomenclature(known, encoder)
        for table in (*tables, *people):
            own = described is table
            if not own and (table in people or _related(described.name, table.name)):
                continue
            if not own and described is people[1]:
                continue  # the same classes again
            rows_of = vectors[table.name]
            unrelated = embed_texts(unrelated_texts(table.texts), encoder, cache=cache)
            fitted = fit_to_rows(plain, rows_of, unrelated)
            if own:
                truth = np.array([ids[label] for label in table.labels], dtype=object)
                sides = {"before": plain, "now": fitted}
                found = {k: _own(each.predict(rows_of), truth) for k, each in sides.items()}
                largest = max(table.labels.count(name) for name in ids) / len(truth)
                yield {"table": table.name, "classes": len(ids), "largest": largest, **found}
                continue
            chosen = np.random.default_rng(0).permutation(len(rows_of))[:_FOREIGN_ROWS]
            yield {
                "rows_of": table.name,
                "classes_of": "attendees" if described in people else described.name,
                "before": _shares(plain.predict(rows_of[chosen])),
                "now": _shares(fitted.predict(rows_of[chosen])),
            }


def _own(found: Any, truth: Any) -> Row:
    """Accuracy where an outside row is wrong, what right rows became, and the calibration error."""
    from coterie.metrics import score_calibration

    right = found.segments == truth
    shares = _shares(found)
    placed = found.statuses == "assigned"
    return {
        **shares,
        "accuracy": float(right.mean()),
        "accuracy_assigned": float(right[placed].mean()) if placed.any() else None,
        "confidence": float(found.confidences.mean()),
        "ece": score_calibration(right, found.confidences, bins=10).adaptive_ece,
    }


def _shares(found: Any) -> Row:
    return {s: float((found.statuses == s).mean()) for s in ("assigned", "ambiguous", "outside")}


def _related(one: str, other: str) -> bool:
    names = {each.split(",")[0] for each in (one, other)}
    return len(names) == 1 or any(names <= related for related in _RELATED)


def _plain(name: str, label: str) -> str:
    if name == "stackoverflow":
        return _STACK_OVERFLOW[int(label) - 1]
    if name == "newsgroups20":
        return _NEWSGROUPS[label]
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", label)
    return re.sub(r"[_\-/]+", " ", apart).strip().lower()


if __name__ == "__main__":
    for line in measure(int(sys.argv[1]) if len(sys.argv) > 1 else _ROWS):
        print(json.dumps(line), flush=True)
