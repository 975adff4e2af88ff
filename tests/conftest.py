"""What every test shares: nothing of the user's is touched, and nothing is fetched."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

os.environ["HF_HUB_OFFLINE"] = "1"  # read when the hub's library is first imported

WANTED_IN_CI = {"browser", "database", "weights"}


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep tests out of the user's cache of vectors."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COTERIE_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def data() -> Callable[..., Path]:
    """Find a file of the real data sets by its parts, or skip."""
    beside = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(os.environ.get("COTERIE_DATA", beside))

    def find(*parts: str) -> Path:
        path = folder.joinpath(*parts)
        if not path.exists():
            pytest.skip(f"{path} is absent: set COTERIE_DATA to the folder of the data sets")
        return path

    return find


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Iterator[None]:
    """Under COTERIE_CI, fail where a test was skipped for want of what `.ci/run` installs."""
    report = yield
    wanted = WANTED_IN_CI.intersection(mark.name for mark in item.iter_markers())
    if report.skipped and wanted and os.environ.get("COTERIE_CI") == "1":
        report.outcome = "failed"
        report.longrepr = f"skipped, which {', '.join(sorted(wanted))} tests may not be here"
    return report
