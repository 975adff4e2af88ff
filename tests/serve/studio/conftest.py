"""A real browser on a real service."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pandas as pd
import pytest

pytest.importorskip("playwright", reason="needs coterie[dev]")

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from ..conftest import Running, running, until_ready

PHONE, LAPTOP = (390, 844), (1280, 800)
_FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic")

expect.set_options(timeout=20_000)


# For one module: while it is open, no test of the same process can run an event loop of its own.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Chromium as Debian installs it."""
    found = shutil.which("chromium")
    if found is None:
        pytest.skip("no Chromium: run apt-get install -y chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(_FLAGS))
        yield browser
        browser.close()


@dataclass
class Person:
    """A person with a browser of their own, and what their browser complained of."""

    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)

    def go(self, path: str) -> None:
        """Open a view by its address."""
        self.page.goto(f"{self.url}/studio/{path}")

    def check(self) -> None:
        """Find no serious fault of accessibility, and nothing wider than the screen."""
        found = Axe().run(self.page).response["violations"]
        serious = [
            f"{each['id']}: {node['html'][:200]}"
            for each in found
            if each["impact"] in ("serious", "critical")
            for node in each["nodes"][:3]
        ]
        assert not serious, "\n".join(serious)
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert self.page.evaluate(wide) <= 0, "the page scrolls sideways"


Meet = Callable[..., Person]


@pytest.fixture
def meet(chromium: Browser, tmp_path: Path) -> Iterator[Meet]:
    """Give a person a browser; afterwards it has complained of nothing.

    What each saw last stays in the folder of the test.
    """
    people: list[Person] = []

    def make(
        url: str,
        size: tuple[int, int] = LAPTOP,
        theme: str = "light",
        **more: Any,
    ) -> Person:
        context = chromium.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme=theme,  # type: ignore[arg-type]
            has_touch=size == PHONE,
            reduced_motion="reduce",
            accept_downloads=True,
            **more,
        )
        person = Person(context.new_page(), url)
        person.page.on("pageerror", lambda error: person.complaints.append(f"{error}"))
        person.page.on(
            "console",
            lambda said: (
                person.complaints.append(said.text)
                if said.type == "error" and "Failed to load resource" not in said.text
                else None
            ),
        )
        person.page.on(
            "response",
            lambda answer: (
                person.complaints.append(f"{answer.status} {answer.url}")
                if answer.status >= 500
                else None
            ),
        )
        person.page.on("dialog", lambda dialog: person.complaints.append("a script opened a box"))
        people.append(person)
        return person

    yield make
    for number, person in enumerate(people):
        person.page.screenshot(path=tmp_path / f"last-{number}.png")
        person.page.context.close()
        assert not person.complaints, person.complaints


def upload(
    service: Running, path: Path, headers: dict[str, str] | None = None, **chosen: Any
) -> str:
    """Make a project over HTTP and wait for its segments; gives its id."""
    with httpx.Client(base_url=service.url, headers=headers, timeout=60) as asked:
        made = asked.post("/v1/projects", params={"name": path.name}, content=path.read_bytes())
        assert made.status_code == 201, made.text
        key: str = made.json()["id"]
        begun = asked.post(f"/v1/projects/{key}/discover", json=chosen)
        assert begun.status_code == 202, begun.text

        def state() -> str:
            return str(asked.get(f"/v1/projects/{key}").json()["state"])

        until_ready(lambda: state() in ("done", "failed"), 600)
        assert state() == "done", asked.get(f"/v1/projects/{key}").text
    return key


def sign_in(person: Person, key: str) -> None:
    """Open the studio and give it a key."""
    person.go("")
    person.page.get_by_label("Key").fill(key)
    person.page.get_by_role("button", name="Sign in").click()
    expect(person.page.get_by_role("heading", name="Projects")).to_be_visible()


def lasso(page: Page, reach: float = 0.3) -> None:
    """Draw a line around the middle of the map; reach is the half of its width and height."""
    page.get_by_role("button", name="Choose rows with a lasso").click()
    box = page.get_by_role("application").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    dx, dy = box["width"] * reach, box["height"] * reach
    page.mouse.move(x - dx, y - dy)
    page.mouse.down()
    for right, down in ((1, -1), (1, 1), (-1, 1), (-1, -1)):
        page.mouse.move(x + right * dx, y + down * dy, steps=8)
    page.mouse.up()


def messages(folder: Path, source: Path, rows: int, topics: int | None = None) -> pd.DataFrame:
    """Write ``messages.csv``: real questions with an id, a day, a number and a channel for each.

    They are of all topics, or of the most frequent ones.
    """
    whole = pd.read_csv(source)
    if topics is not None:
        frequent = whole["category"].value_counts().index[:topics]
        whole = whole[whole["category"].isin(frequent)]
    table = whole.iloc[:: len(whole) // rows].head(rows).reset_index(drop=True)
    at = np.arange(len(table))
    table.insert(0, "id", [f"m{number}" for number in at])
    # the order of the source is that of its categories: each day has some of many
    day = (at * 37) % 90
    table["sent"] = (pd.Timestamp("2026-01-01") + pd.to_timedelta(day, "D")).strftime("%Y-%m-%d")
    table["waited"] = (at * 13) % 61
    table["channel"] = np.take(["app", "email", "phone"], at % 3)
    table.to_csv(folder / "messages.csv", index=False)
    return table


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The studio on a folder that was not there before, as its verb starts it."""
    home = tmp_path_factory.mktemp("studio") / "work"
    with running(home, "--no-browser", "--keep-text", "raw", verb="studio") as service:
        yield service
