"""A real browser on a real service."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

pytest.importorskip("playwright", reason="needs coterie[dev]")

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from ..conftest import Running, running, until_ready

PHONE, LAPTOP = (390, 844), (1280, 800)
_FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic")

expect.set_options(timeout=20_000)


@pytest.fixture(scope="session")
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


def upload(service: Running, path: Path, **chosen: Any) -> str:
    """Make a project over HTTP and wait for its segments; gives its id."""
    made = httpx.post(
        f"{service.url}/v1/projects", params={"name": path.name}, content=path.read_bytes()
    )
    key: str = made.json()["id"]
    begun = httpx.post(f"{service.url}/v1/projects/{key}/discover", json=chosen)
    assert begun.status_code == 202, begun.text

    def state() -> str:
        return str(httpx.get(f"{service.url}/v1/projects/{key}").json()["state"])

    until_ready(lambda: state() in ("done", "failed"), 600)
    assert state() == "done", httpx.get(f"{service.url}/v1/projects/{key}").text
    return key


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The studio on a folder that was not there before, as its verb starts it."""
    home = tmp_path_factory.mktemp("studio") / "work"
    with running(home, "--no-browser", "--keep-text", "raw", verb="studio") as service:
        yield service
