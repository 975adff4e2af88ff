"""What tests of models behind servers share: no address or key of the user's is looked at."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from coterie.llm import KeptAnswers
from tests.llm.servers.playing import Part, Room, Server

KEY = "sk-test-7f3a9c-not-to-be-seen"
OURS = ("OLLAMA_", "ANTHROPIC_", "OPENAI_", "LANGSMITH_", "LANGCHAIN_", "COTERIE_LLM_")
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(OURS) or name.lower() in PROXIES:
            monkeypatch.delenv(name)
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    """Start a server that plays a script; it stops with the test."""
    with ExitStack() as stack:

        def start(*script: Part) -> Server:
            return stack.enter_context(Server(*script))

        yield start


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    kept = KeptAnswers(tmp_path / "kept")
    yield Room(kept)
    kept.close()
