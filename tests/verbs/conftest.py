from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from coterie.encoders import EmbeddingCache

TOPICS = {
    "refund": ("I want my money back for", "Please refund", "Return the payment for"),
    "parcel": ("Where is the parcel with", "The courier lost", "Track the delivery of"),
    "login": ("I cannot sign in to see", "My password fails for", "Unlock the account of"),
}
THINGS = ("the lamp", "my kettle", "two chairs", "the blue rug", "a shelf", "that mirror")


@pytest.fixture
def frame() -> pd.DataFrame:
    """54 messages about three things, two of them unusable, under an index of their own."""
    rows = [
        (f"{opening} {thing} {number}", topic)
        for topic, openings in TOPICS.items()
        for opening in openings
        for number, thing in enumerate(THINGS)
    ]
    table = pd.DataFrame(rows, columns=["message", "intent"])
    table["key"] = [f"k{place}" for place in range(len(table))]
    table.index = pd.Index([place * 10 for place in reversed(range(len(table)))], name="mine")
    table.loc[table.index[4], "message"] = " "
    table.loc[table.index[9], "message"] = None
    return table


@pytest.fixture
def cache(tmp_path: Path) -> EmbeddingCache:
    return EmbeddingCache(tmp_path / "cache")
