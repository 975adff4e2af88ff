from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from coterie.report import Group, Groups, Map, Page, Partition, Section

HOSTILE = [
    "<script>document.title='run'</script>",
    "</script><script>document.title='run'</script>",
    "<img src=x onerror=\"document.title='run'\">",
    "\"><svg onload=document.title='run'>",
    "' onmouseover='document.title=1",
    "{{ 7 * 7 }} {% raw %} ${1+1}",
    "<!-- <script> ]]>",
    "javascript:document.title='run'",
]


@pytest.fixture(scope="session")
def hostile() -> list[str]:
    """Texts that a careless page would run."""
    return HOSTILE


def make_map(n: int = 600, groups: int = 6, seed: int = 0, **options: object) -> Map:
    """A map of well separated groups and a few rows outside."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, groups, n)
    angle = 2 * np.pi * codes / groups
    points = np.column_stack([np.cos(angle), np.sin(angle)]) * 10 + rng.normal(size=(n, 2)) * 0.6
    codes[rng.random(n) < 0.02] = -1
    named = [f"Group {code}" for code in range(groups)]
    other = Partition("intent", (codes + 1) % 3, ["cancel", "refund", "track"], none="no label")
    settings: dict[str, object] = {
        "texts": [f"message {i} of group {code}" for i, code in enumerate(codes)],
        "partitions": [Partition("Segment", codes, named), other],
        "ids": [f"id-{i}" for i in range(n)],
        "statuses": np.where(codes < 0, "outside", "core").tolist(),
        "confidence": rng.random(n),
    }
    return Map(points, **{**settings, **options})  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def map_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with a map and its groups."""
    page = Page("Who is writing to us", subtitle="600 messages")
    page.add(Section("Map", [make_map()]))
    groups = [
        Group(f"Group {i}", 100 - i, terms=[f"term{i}"], exemplars=["a quote"]) for i in range(6)
    ]
    page.add(Section("Groups", [Groups(groups)]))
    return page.write(tmp_path_factory.mktemp("report") / "map.html")


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """Where Chromium and its driver are."""
    browser, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not browser or not driver:
        pytest.skip("no Chromium: run apt-get install -y chromium chromium-driver")
    return browser, driver
