"""A person's whole job: a file in; groups looked at, edited, learnt and predicted."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from ..conftest import Running
from .conftest import Meet

pytestmark = [pytest.mark.browser, pytest.mark.weights]


def segments(service: Running, key: str) -> dict[str, int]:
    """Name to size."""
    found = httpx.get(f"{service.url}/v1/projects/{key}/segments", timeout=60).json()["segments"]
    return {each["name"]: each["size"] for each in found}


def drop(page: Page, path: Path) -> None:
    """Drop a file on the page, as from a folder beside it."""
    page.evaluate(
        """async ([name, text]) => {
            const held = new DataTransfer();
            held.items.add(new File([text], name, { type: "text/csv" }));
            for (const kind of ["dragenter", "dragover", "drop"]) {
                const how = { dataTransfer: held, bubbles: true, cancelable: true };
                const event = new DragEvent(kind, how);
                document.querySelector("main").dispatchEvent(event);
            }
        }""",
        [path.name, path.read_text(encoding="utf-8")],
    )


def lasso(page: Page) -> None:
    """Draw a line around the middle of the map."""
    page.get_by_role("button", name="Choose rows with a lasso").click()
    box = page.locator(".map-ground").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x - 120, y - 90)
    page.mouse.down()
    for dx, dy in ((120, -90), (120, 90), (-120, 90), (-120, -90)):
        page.mouse.move(x + dx, y + dy, steps=8)
    page.mouse.up()


def bring(page: Page, path: Path) -> str:
    """Drop a file, take the guessed columns and wait for the map; gives the project's id."""
    expect(page.get_by_role("link", name="Choose a file")).to_be_visible()
    drop(page, path)
    expect(page.get_by_label("Text", exact=True)).to_have_value("instruction")
    expect(page.get_by_role("region", name="The first rows of the table")).to_be_visible()
    page.get_by_role("button", name="Find segments").click()
    expect(page.get_by_role("progressbar").first).to_be_visible()
    page.reload()  # the address keeps what is going on
    expect(page.get_by_role("heading", name="Finding the segments")).to_be_visible()
    expect(page.get_by_label("Colour by")).to_be_visible(timeout=600_000)
    key = re.search(r"/p/(\w+)", page.url)
    assert key is not None
    return key[1]


def edit(page: Page, first: str, second: str, third: str) -> None:
    """Merge two segments, and rename another."""
    page.get_by_role("link", name="Segments", exact=True).click()
    page.get_by_label(f"Choose {first}", exact=True).check()
    page.get_by_label(f"Choose {second}", exact=True).check()
    page.get_by_role("region", name="Chosen segments").get_by_role("button", name="Merge").click()
    page.get_by_label("Name of what they become").fill("Both together")
    page.get_by_role("dialog").get_by_role("button", name="Merge").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.get_by_role("button", name=f"Rename {third}", exact=True).click()
    page.get_by_label(f"New name of {third}").fill("A better name")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Rename A better name")).to_be_visible()


def circle(page: Page) -> int:
    """Make a segment of the rows within a line on the map; gives how many were chosen."""
    page.get_by_role("link", name="Map", exact=True).click()
    expect(page.get_by_label("Colour by")).to_be_visible()
    lasso(page)
    bar = page.get_by_role("region", name="Chosen rows")
    expect(bar).to_be_visible()
    chosen = int(re.sub(r"\D", "", bar.inner_text().split("row")[0]))
    bar.get_by_role("button", name="New segment").click()
    page.get_by_label("Name", exact=True).fill("From the middle")
    page.get_by_role("dialog").get_by_role("button", name="Make the segment").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    return chosen


def learn(page: Page) -> None:
    """Freeze the segments, train a model on them, and go to where it predicts."""
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Freeze the segments").click()
    expect(page.get_by_text("Frozen").first).to_be_visible()
    page.get_by_role("button", name="Train a model").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("wants")
    dialog.get_by_role("button", name="Train").click()
    expect(dialog.get_by_role("link", name="See the model")).to_be_visible(timeout=600_000)
    dialog.get_by_role("link", name="Predict with it").click()


def test_from_a_dropped_file_to_a_logged_prediction(
    workspace: Running, meet: Meet, data: Callable[..., Path]
) -> None:
    person = meet(workspace.url)
    page = person.page
    person.go("")
    project = bring(page, data("support", "bitext_27k.csv"))
    before = segments(workspace, project)
    assert sum(before.values()) > 26_000

    first, second, third = list(before)[:3]
    edit(page, first, second, third)
    after = segments(workspace, project)
    assert after["Both together"] == before[first] + before[second]
    assert after["A better name"] == before[third]

    chosen = circle(page)
    assert chosen > 100
    assert segments(workspace, project)["From the middle"] >= chosen

    learn(page)
    page.get_by_label("Text", exact=True).fill("I want my money back for the last order")
    page.get_by_role("button", name="Predict", exact=True).click()
    expect(page.get_by_role("region", name="Prediction")).to_be_visible(timeout=60_000)
    page.get_by_role("link", name="Log", exact=True).click()
    expect(page.get_by_role("row").nth(1)).to_contain_text("wants")
    logged = httpx.get(f"{workspace.url}/logs", timeout=60).json()["entries"]
    assert logged[0]["model"] == "wants"
