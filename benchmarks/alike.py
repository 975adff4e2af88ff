"""LOOKALIKES: whether a search by example finds the other half of a badge, beside TF-IDF.

``python -m benchmarks.alike [badges]`` prints one JSON line a method. The sessions of each badge
are dealt at random into two halves, and every half is a row of an index. A search by one half finds
the person if the other half is among the first ten, and the event by the share of the first ten
that were at the same event; so does a search by a session.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

_FEWEST = 4  # sessions of a badge that is dealt
_HITS = 10
_SESSIONS = 1_000  # that are searched by
_SEED = 0


def data() -> Path:
    """The folder of the attendees."""
    home = os.environ.get("COTERIE_DATA", str(Path(__file__).parents[2] / "shared" / "data"))
    return Path(home) / "attendees"


def halves(most: int | None) -> pd.DataFrame:
    """One row a session of a half badge."""
    sessions = pd.read_csv(data() / "sessions.csv").fillna("")
    sessions["text"] = sessions["title"].astype(str) + ". " + sessions["description"].astype(str)
    visits = pd.read_csv(data() / "attendance.csv").merge(sessions, on="session_id")
    sizes = visits.groupby("badge_id")["session_id"].transform("size")
    visits = visits[sizes >= _FEWEST].sample(frac=1, random_state=_SEED)
    if most is not None:
        visits = visits[visits["badge_id"].isin(visits["badge_id"].unique()[:most])]
    place = visits.groupby("badge_id").cumcount()
    first = place < visits.groupby("badge_id")["session_id"].transform("size") // 2
    visits["half"] = visits["badge_id"].astype(str) + np.where(first, " 1", " 2")
    return visits[["half", "session_id", "event", "text"]].reset_index(drop=True)


def tfidf(texts: list[str], **settings: Any) -> Any:
    """Cosines of TF-IDF between all texts, sparse."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectors = TfidfVectorizer(**settings).fit_transform(texts)
    return vectors @ vectors.T


TFIDF: dict[str, dict[str, Any]] = {
    "TF-IDF, defaults of scikit-learn": {},
    "TF-IDF, sublinear, without stop words": {"sublinear_tf": True, "stop_words": "english"},
}


def first_hits(cosines: Any, row: int) -> list[int]:
    """The nearest other rows."""
    dense = np.asarray(cosines[row].todense()).ravel()
    dense[row] = -1
    return np.argsort(-dense, kind="stable")[:_HITS].tolist()


def people(visits: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """Share of the halves whose other half is found, and of the hits that share an event."""
    import coterie

    index = coterie.index(visits, text="text", group="half")
    texts = visits.groupby("half")["text"].agg("\n".join)
    names = texts.index.tolist()
    at = visits.groupby("half")["event"].agg(set).to_dict()
    found: dict[str, tuple[float, float]] = {}

    def judged(hits: list[list[str]]) -> tuple[float, float]:
        pairs = list(zip(names, hits, strict=True))
        person = np.mean([other(name) in got for name, got in pairs])
        alike = [
            [bool(at[name] & at[key]) for key in got if key != other(name)] for name, got in pairs
        ]
        return float(person), float(np.mean([np.mean(each) for each in alike]))

    for by in ("both", "meaning", "words"):
        hits = [index.search(like=name, by=by, k=_HITS).hits["id"].tolist() for name in names]
        found[f"Coterie, by {by}"] = judged(hits)
    for name, settings in TFIDF.items():
        cosines = tfidf(texts.tolist(), **settings)
        hits = [[names[at] for at in first_hits(cosines, row)] for row in range(len(names))]
        found[name] = judged(hits)
    return found


def other(half: str) -> str:
    return half[:-1] + ("2" if half.endswith("1") else "1")


def events(visits: pd.DataFrame) -> dict[str, float]:
    """Share of the first ten sessions that are of the event of the one searched by."""
    import coterie

    sessions = visits.drop_duplicates("session_id").reset_index(drop=True)
    index = coterie.index(sessions, text="text", id="session_id")
    rows = np.random.default_rng(_SEED).permutation(len(sessions))[:_SESSIONS].tolist()
    ids, event = sessions["session_id"].astype(str), sessions["event"]
    of = dict(zip(ids, event, strict=True))
    found: dict[str, float] = {}
    for by in ("both", "meaning", "words"):
        shares = []
        for row in rows:
            hits = index.search(like=ids[row], by=by, k=_HITS).hits["id"]
            shares.append(np.mean([of[key] == event[row] for key in hits]))
        found[f"Coterie, by {by}"] = float(np.mean(shares))
    for name, settings in TFIDF.items():
        cosines = tfidf(sessions["text"].tolist(), **settings)
        found[name] = float(
            np.mean([(event[first_hits(cosines, row)] == event[row]).mean() for row in rows])
        )
    return found


def main(most: int | None) -> None:
    visits = halves(most)
    by_person, by_event = people(visits), events(visits)
    for name, (person, event) in by_person.items():
        row: dict[str, Any] = {"method": name, "person": person, "event": event}
        row["session"] = by_event[name]
        row |= {"halves": int(visits["half"].nunique()), "sessions": _SESSIONS}
        sys.stdout.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else None)
