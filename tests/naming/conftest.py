"""What the tests of names by a language model share: a discovery, and a server that names it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

import coterie as package
from coterie.encoders import EmbeddingCache
from coterie.synthetic import generate_support
from tests.llm.servers.conftest import own_environment, serve
from tests.naming.namer import Namer
from tests.workflows.conftest import coterie

__all__ = ["coterie", "own_environment", "serve"]

MAIL, PHONE, PERSON = "anna.schmidt@mail.example.com", "+49 170 1234567", "Anna Schmidt"
GROUPS = 12


def messages() -> pd.DataFrame:
    """Give some hundred messages, some of them with personal data in them."""
    made = generate_support(400, seed=1)
    plain = made[["id", "text"]].dropna()
    mine = [f"My name is {PERSON}, {MAIL}, call {PHONE}: refund order {n} now" for n in range(24)]
    ids = [f"P{n}" for n in range(24)]
    return pd.concat([plain, pd.DataFrame({"id": ids, "text": mine})], ignore_index=True)


@pytest.fixture(scope="session")
def discovery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a discovery; not to be written to."""
    home = tmp_path_factory.mktemp("discovery")
    messages().to_csv(home / "messages.csv", index=False)
    found = package.discover(
        home / "messages.csv",
        text="text",
        id="id",
        encoder="tfidf",
        groups=GROUPS,
        cache=EmbeddingCache(home / "cache"),
    )
    found.save(home / "found")
    return home / "found"


@pytest.fixture
def found(discovery: Path, tmp_path: Path) -> Path:
    """Give a copy of the discovery."""
    return shutil.copytree(discovery, tmp_path / "found")


@pytest.fixture
def namer(discovery: Path) -> Namer:
    return Namer.of(discovery)


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Repeat a call after a moment."""
    monkeypatch.setattr("coterie.llm.asking._FIRST_WAIT", 0.01)
