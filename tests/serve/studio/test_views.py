"""Every view and every job in it, on a phone and on a laptop, in the light and in the dark."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pytest
from playwright.sync_api import Download, Locator, Page, Route, expect

from ..conftest import Running, running, until_ready
from .conftest import LAPTOP, PHONE, Meet, Person, lasso, messages, upload

pytestmark = pytest.mark.browser

ROWS, PREDICTED, TRUTHS = 900, 130, 60
MODEL = "topics"


@dataclass
class Whole:
    """A project with all that can be in it."""

    service: Running
    project: str
    table: pd.DataFrame
    path: Path

    def ask(self, path: str) -> Any:
        """Read something over HTTP."""
        answer = httpx.get(f"{self.service.url}{path}", timeout=60)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def segments(self) -> Any:
        """Describe the segments as they are now."""
        return self.ask(f"/v1/projects/{self.project}/segments")

    def sizes(self) -> dict[str, int]:
        """Name to size."""
        return {each["name"]: each["size"] for each in self.segments()["segments"]}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, data: Callable[..., Path]) -> Iterator[Whole]:
    """A project, a model of two versions, predictions, and what turned out to be true."""
    folder = tmp_path_factory.mktemp("views")
    table = messages(folder, data("banking77", "train.csv"), ROWS, topics=9)
    path = folder / "messages.csv"
    with (
        running(folder / "work", "--no-browser", "--keep-text", "raw", verb="studio") as service,
        httpx.Client(base_url=service.url, timeout=60) as asked,
    ):
        columns = {"text": "text", "id": "id", "labels": ["category"], "time": "sent"}
        key = upload(service, path, **columns, encoder="tfidf")
        for _ in range(2):
            train(asked, key)
        until_ready(lambda: [m["version"] for m in asked.get("/models").json()["models"]] == [2])
        given = [
            {"id": str(at), "text": text} for at, text in enumerate(table["text"].head(PREDICTED))
        ]
        answer = asked.post("/v1/classify", json={"model": MODEL, "rows": given})
        assert answer.status_code == 200, answer.text
        found = answer.json()["predictions"][:TRUTHS]
        classes = sorted({each["label"] for each in found})
        truths = [
            {
                "prediction_id": each["prediction_id"],
                "truth": classes[at % len(classes)] if at % 6 == 0 else each["label"],
            }
            for at, each in enumerate(found)
        ]
        told = asked.post("/v1/feedback", json={"feedback": truths})
        assert told.status_code == 200, told.text
        yield Whole(service, key, table, path)


def train(asked: httpx.Client, key: str) -> None:
    """Train a model on the segments and wait for it."""
    wanted = {"name": MODEL, "labels": "segments", "kind": "linear"}
    job = asked.post(f"/v1/projects/{key}/train", json=wanted).json()["id"]
    until_ready(
        lambda: asked.get(f"/v1/jobs/{job}").json()["state"] in ("done", "failed"), seconds=300
    )
    done = asked.get(f"/v1/jobs/{job}").json()
    assert done["state"] == "done", done


@pytest.fixture
def person(whole: Whole, meet: Meet) -> Person:
    """Somebody at a laptop."""
    return meet(whole.service.url)


def at(person: Person, whole: Whole, view: str) -> Page:
    """Open a view of the project."""
    person.go(f"p/{whole.project}/{view}")
    expect(person.page.get_by_role("navigation", name="Project")).to_be_visible()
    return person.page


def rows_of(saved: Download, folder: Path) -> list[list[str]]:
    """Read a table that was downloaded."""
    path = folder / "saved.csv"
    saved.save_as(path)
    return list(csv.reader(io.StringIO(path.read_text("utf-8-sig"))))


def number(text: str) -> int:
    """Read the first whole number of a text."""
    found = re.search(r"\d[\d,]*", text)
    assert found is not None, text
    return int(found[0].replace(",", ""))


# ---- how it looks

VIEWS: dict[str, Callable[[Page], Locator]] = {
    "": lambda page: page.get_by_role("heading", name="Projects"),
    "new": lambda page: page.get_by_role("heading", name="New project"),
    "p/{project}/map": lambda page: page.get_by_role("application"),
    "p/{project}/map?colour=channel": lambda page: page.get_by_role("application"),
    "p/{project}/map?at=3": lambda page: page.get_by_role("region", name="Row", exact=True),
    "p/{project}/segments": lambda page: page.get_by_role("checkbox").first,
    "p/{project}/segments/{segment}": lambda page: page.get_by_role("table"),
    "p/{project}/history": lambda page: page.get_by_role("heading", name="History"),
    "p/{project}/search?q=fee+charged+where+channel+is+phone": lambda page: (
        page.get_by_text("All details").first
    ),
    "p/{project}/report": lambda page: page.get_by_role("figure").first,
    "predict": lambda page: page.get_by_role("button", name="Predict", exact=True),
    "predict?of=file": lambda page: page.get_by_text("Choose a CSV file"),
    "models": lambda page: page.get_by_role("button", name="Add a shadow"),
    "models/topics?beside=1": lambda page: page.get_by_role("heading", name="Version 1"),
    "monitor?period=all": lambda page: page.get_by_text("Predictions over time"),
    "log": lambda page: page.get_by_role("row").nth(1),
    "nowhere": lambda page: page.get_by_text("There is no such page"),
}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, LAPTOP], ids=["phone", "laptop"])
def test_every_view_can_be_read_by_everybody(
    whole: Whole, meet: Meet, size: tuple[int, int], theme: str
) -> None:
    person = meet(whole.service.url, size=size, theme=theme)
    segment = whole.segments()["segments"][0]["id"]
    found = []
    for view, sign in VIEWS.items():
        person.go(view.format(project=whole.project, segment=segment))
        expect(sign(person.page).first).to_be_visible()
        try:
            person.check()
        except AssertionError as error:
            found.append(f"{view}: {error}")
    assert not found, "\n".join(found)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, LAPTOP], ids=["phone", "laptop"])
def test_dialogs_and_menus_too(whole: Whole, meet: Meet, size: tuple[int, int], theme: str) -> None:
    person = meet(whole.service.url, size=size, theme=theme)
    page = at(person, whole, "segments")
    name = next(iter(whole.sizes()))
    for item in ("Split…", "Merge with…", "Name and description…", "Put in a group…"):
        page.get_by_role("button", name=f"Actions for {name}").click()
        page.get_by_role("menuitem", name=item).click()
        expect(page.get_by_role("dialog")).to_be_visible()
        person.check()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_be_hidden()
    page.get_by_role("button", name="Train a model").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    person.check()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="More actions").click()
    expect(page.get_by_role("menuitem").first).to_be_visible()
    person.check()


def test_the_theme_is_kept(whole: Whole, person: Person) -> None:
    person.go("")
    page = person.page
    expect(page.get_by_role("heading", name="Projects")).to_be_visible()
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_role("button", name="Switch to light").click()
    page.get_by_role("button", name="Switch to dark").click()
    expect(page.locator("body")).not_to_have_css("background-color", light)
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.reload()
    expect(page.get_by_role("button", name="Theme: dark")).to_be_visible()
    expect(page.locator("body")).to_have_css("background-color", dark)
    page.get_by_role("button", name="Switch to the system's").click()
    expect(page.locator("body")).not_to_have_css("background-color", dark)


# ---- the map


def chosen(page: Page) -> int:
    """How many rows are chosen."""
    return number(page.get_by_role("region", name="Chosen rows").inner_text())


def in_sight(page: Page) -> int:
    """How many rows are drawn within the frame of the map, by choosing them all."""
    page.get_by_role("button", name="Choose rows with a lasso").click()
    page.get_by_role("application").focus()
    page.keyboard.press("Enter")
    found = chosen(page)
    page.get_by_role("button", name="Clear the choice").click()
    return found


def test_the_map_is_coloured_by_what_is_known(whole: Whole, person: Person) -> None:
    page = at(person, whole, "map")
    panel = page.get_by_role("complementary", name="Segments and colours")
    for name, size in whole.sizes().items():
        expect(panel.get_by_role("button", name=f"{name} {size}", exact=True)).to_be_visible()
    pictures = {page.get_by_role("application").screenshot()}
    colours = page.get_by_label("Colour by")
    colours.select_option("channel")
    counts = whole.table["channel"].value_counts()
    for value, rows in counts.items():
        expect(panel.get_by_role("button", name=f"{value} {rows}", exact=True)).to_be_visible()
    pictures.add(page.get_by_role("application").screenshot())
    panel.get_by_role("button", name="phone").click()
    expect(panel.get_by_role("button", name="phone")).to_have_attribute("aria-pressed", "true")
    pictures.add(page.get_by_role("application").screenshot())
    colours.select_option("waited")
    expect(panel.get_by_text("60", exact=True)).to_be_visible()
    pictures.add(page.get_by_role("application").screenshot())
    colours.select_option("sent")
    expect(panel.get_by_text("31 Mar 2026")).to_be_visible()
    pictures.add(page.get_by_role("application").screenshot())
    assert len(pictures) == 5
    page.reload()
    expect(page.get_by_label("Colour by")).to_have_value("sent")


def test_words_are_found_on_the_map(whole: Whole, person: Person) -> None:
    page = at(person, whole, "map")
    words = page.get_by_label("Find words on the map")
    words.fill("fee charged")
    texts = whole.table["text"].str.lower()
    hits = int((texts.str.contains("fee") & texts.str.contains("charged")).sum())
    assert hits > 0
    expect(page.get_by_text(f"{hits} of {ROWS}")).to_be_visible()
    page.get_by_role("button", name="Choose", exact=True).click()
    assert chosen(page) == hits
    words.fill("nobody wrote this")
    expect(page.get_by_text(f"0 of {ROWS}")).to_be_visible()


def test_a_row_is_shown_where_the_pointer_rests(whole: Whole, person: Person) -> None:
    page = at(person, whole, "map")
    box = page.get_by_role("application").bounding_box()
    assert box is not None
    card = page.get_by_role("blockquote", include_hidden=True)
    for step in range(60):
        across, down = 0.25 + 0.05 * (step % 10), 0.3 + 0.07 * (step // 10)
        page.mouse.move(box["x"] + box["width"] * across, box["y"] + box["height"] * down)
        page.wait_for_timeout(150)
        if card.count():
            break
    expect(card).to_be_visible()
    text = card.inner_text()
    assert text in set(whole.table["text"])
    page.mouse.down()
    page.mouse.up()
    row = page.get_by_role("region", name="Row", exact=True)
    expect(row).to_contain_text(text)
    row.get_by_role("button", name="Choose this row").click()
    assert chosen(page) == 1
    row.get_by_role("link", name="Find others like it").click()
    expect(page.get_by_text("All details").first).to_be_visible()


def test_rows_within_a_lasso_are_looked_at_and_moved(whole: Whole, person: Person) -> None:
    page = at(person, whole, "map")
    before = whole.sizes()
    lasso(page, 0.2)
    bar = page.get_by_role("region", name="Chosen rows")
    expect(bar).to_be_visible()
    many = chosen(page)
    assert 10 < many < ROWS
    bar.get_by_role("button", name="Show rows").click()
    dialog = page.get_by_role("dialog")
    boxes = dialog.get_by_role("checkbox", name=re.compile("^Choose row "))
    expect(boxes.first).to_be_visible()  # the rows are asked for when the dialog opens
    for box in boxes.all()[:3]:
        box.uncheck()
    person.check()
    dialog.get_by_role("button", name=f"Keep {many - 3} rows").click()
    assert chosen(page) == many - 3
    bar.get_by_role("button", name="Move to…").click()
    target = list(before)[-1]
    dialog.get_by_role("radio", name=target).check()
    dialog.get_by_role("button", name="Move", exact=True).click()
    expect(bar).to_be_hidden()
    after = whole.sizes()
    assert before[target] < after[target] <= before[target] + many - 3
    page.get_by_role("button", name=re.compile("^Undo: ")).click()
    expect(page.get_by_role("status").filter(has_text="Undone.")).to_be_visible()
    assert whole.sizes() == before


def test_time_shows_fewer_rows_and_moves(whole: Whole, person: Person) -> None:
    page = at(person, whole, "map")
    bar = page.get_by_role("group", name="Time")
    assert in_sight(page) == ROWS
    start, end = bar.get_by_label("From"), bar.get_by_label("To")
    start.fill("120")
    later = int((pd.to_datetime(whole.table["sent"]) >= "2026-02-14T12:00").sum())
    assert in_sight(page) == later < ROWS
    end.fill("180")
    assert 0 < in_sight(page) < later
    bar.get_by_role("button", name="Play the time").click()
    moment = start.get_attribute("aria-valuetext") or ""
    expect(start).not_to_have_attribute("aria-valuetext", moment)
    bar.get_by_role("button", name="Pause").click()
    moment = start.get_attribute("aria-valuetext") or ""
    assert 0 < in_sight(page) < ROWS
    expect(start).to_have_attribute("aria-valuetext", moment)
    bar.get_by_role("button", name="Show all of the time").click()
    assert in_sight(page) == ROWS


def test_more_or_fewer_segments_and_back(whole: Whole, person: Person) -> None:
    page = at(person, whole, "map")
    before = whole.segments()
    slider = page.get_by_label("Number of segments")
    place = before["levels"].index(before["level"])
    wanted = place + (2 if place + 2 < len(before["levels"]) else -2)
    slider.fill(str(wanted))
    expect(page.get_by_role("status").filter(has_text="Now about")).to_be_visible()
    after = whole.segments()
    assert len(after["segments"]) != len(before["segments"])
    expect(page.get_by_role("application")).to_have_attribute(
        "aria-label", re.compile(f" in {len(after['segments'])} segments")
    )
    expect(slider).to_have_attribute("aria-valuetext", f"{after['level']} segments")
    page.get_by_role("button", name=re.compile("^Undo: ")).click()
    expect(slider).to_have_attribute("aria-valuetext", f"{before['level']} segments")
    assert whole.sizes() == {each["name"]: each["size"] for each in before["segments"]}


def test_the_map_by_keyboard(whole: Whole, person: Person) -> None:
    page = at(person, whole, "map")
    ground = page.get_by_role("application")
    ground.focus()
    told = page.get_by_role("status").filter(has_text="in view.")
    page.keyboard.press("ArrowRight")
    expect(told).to_contain_text("names in view")
    for _ in range(4):
        page.keyboard.press("+")
    expect(told).not_to_contain_text(f"{ROWS} rows")
    near = number(told.inner_text())
    assert near < ROWS
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("-")
    page.keyboard.press("-")
    page.keyboard.press("-")
    expect(told).not_to_have_text(re.compile(rf"^{near} "))
    page.keyboard.press("0")
    expect(told).to_contain_text(f"{ROWS} rows")
    page.keyboard.press("Tab")
    names = page.get_by_role("group", name="Names on the map").get_by_role("button")
    focused = page.locator("*:focus")
    first = focused.inner_text()
    assert first in {name.inner_text() for name in names.all()}
    page.keyboard.press("ArrowRight")
    second = focused.inner_text()
    assert second != first
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=second, exact=True)).to_be_visible()
    ground.focus()
    page.keyboard.press("+")
    expect(told).to_be_attached()
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Row", exact=True)).to_be_visible()


# ---- segments


def undone(page: Page) -> None:
    """Undo by keys, and wait for it."""
    page.keyboard.press("Control+z")
    expect(page.get_by_role("status").filter(has_text="Undone.")).to_be_visible()


def pages(first: int, last: int, total: int) -> str:
    """Write which rows a page shows."""
    return f"{first}\N{EN DASH}{last} of {total}"


def act(page: Page, name: str, item: str) -> Locator:
    """Choose an action of a segment; gives the dialog."""
    page.get_by_role("button", name=f"Actions for {name}", exact=True).click()
    page.get_by_role("menuitem", name=item).click()
    return page.get_by_role("dialog")


def test_segments_are_renamed_merged_split_and_grouped(whole: Whole, person: Person) -> None:
    page = at(person, whole, "segments")
    before = whole.sizes()
    first, second, third, fourth = list(before)[:4]
    dialog = act(page, first, "Name and description…")
    dialog.get_by_label("Name").fill("Renamed here")
    dialog.get_by_label("Description").fill("What it is about.")
    dialog.get_by_role("button", name="Rename").click()
    expect(page.get_by_text("What it is about.")).to_be_visible()

    dialog = act(page, second, "Merge with…")
    dialog.get_by_role("radio", name=third).check()
    dialog.get_by_label("Name of what they become").fill("Merged here")
    dialog.get_by_role("button", name="Merge", exact=True).click()
    expect(page.get_by_role("link", name="Merged here", exact=True)).to_be_visible()
    assert whole.sizes()["Merged here"] == before[second] + before[third]

    many = len(whole.sizes())
    dialog = act(page, "Merged here", "Split…")
    dialog.get_by_label("Number of parts").fill("1")
    expect(dialog.get_by_role("alert")).to_be_visible()
    expect(dialog.get_by_role("button", name="Split")).to_be_disabled()
    dialog.get_by_label("Number of parts").fill("3")
    dialog.get_by_role("button", name="Split").click()
    expect(dialog).to_be_hidden()
    assert len(whole.sizes()) == many + 2

    dialog = act(page, fourth, "Put in a group…")
    dialog.get_by_label("Coarser group it belongs to").fill("The group")
    dialog.get_by_role("button", name="Save").click()
    group = page.get_by_role("region", name="The group")
    expect(group.get_by_role("link", name=fourth, exact=True)).to_be_visible()

    # each is taken back, the last first, and made again
    undone(page)
    expect(group).to_be_hidden()
    page.keyboard.press("Control+Shift+z")
    expect(group).to_be_visible()
    for _ in range(4):
        page.get_by_role("button", name=re.compile("^Undo: ")).click()
        expect(page.get_by_role("button", name=re.compile("^Redo: "))).to_be_enabled()
    expect(page.get_by_role("link", name=first, exact=True)).to_be_visible()
    assert whole.sizes() == before
    page.get_by_role("button", name=re.compile("^Redo: ")).click()
    expect(page.get_by_role("link", name="Renamed here", exact=True)).to_be_visible()
    page.get_by_role("button", name=re.compile("^Undo: ")).click()
    expect(page.get_by_role("link", name=first, exact=True)).to_be_visible()

    # Ctrl+Z in a field is the field's own
    page.get_by_label("Filter segments").fill("zzz")
    expect(page.get_by_text("No segment has these words")).to_be_visible()
    page.get_by_role("button", name="Show all").click()
    page.get_by_label("Order", exact=True).select_option("name")
    shown = page.get_by_role("heading", level=3).all_text_contents()
    assert shown == sorted(shown, key=str.casefold)

    page.get_by_role("link", name="History").click()
    items = page.get_by_role("listitem").filter(has_text=re.compile("Undone|Merged here"))
    expect(items.filter(has_text="Undone: ").first).to_be_visible()
    expect(items.filter(has_text="Merged here").first).to_be_visible()


def test_frozen_segments_stay_until_they_are_thawed(whole: Whole, person: Person) -> None:
    page = at(person, whole, "segments")
    name = next(iter(whole.sizes()))
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Freeze the segments").click()
    expect(page.get_by_text("These segments are frozen")).to_be_visible()
    expect(page.get_by_role("button", name=f"Rename {name}")).to_have_count(0)
    expect(page.get_by_role("checkbox")).to_have_count(0)
    expect(page.get_by_label("Number of segments")).to_be_disabled()
    person.check()
    page.get_by_role("button", name="Thaw").click()
    expect(page.get_by_role("button", name=f"Rename {name}", exact=True)).to_be_visible()


def test_rows_of_a_segment_are_paged_ordered_and_moved(whole: Whole, person: Person) -> None:
    sizes = whole.sizes()
    name, size = max(sizes.items(), key=lambda each: each[1])
    assert size > 50
    page = at(person, whole, "segments")
    page.get_by_role("link", name=name, exact=True).click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    rows = page.get_by_role("row").filter(has=page.get_by_role("checkbox", name=re.compile("row ")))
    expect(page.get_by_text(pages(1, 50, size))).to_be_visible()
    surest = rows.first.inner_text()
    page.get_by_role("button", name="Next page").click()
    expect(page.get_by_text(pages(51, min(100, size), size))).to_be_visible()
    page.get_by_label("Order", exact=True).select_option("confidence")
    expect(page.get_by_text(pages(1, 50, size))).to_be_visible()
    expect(rows.first).not_to_have_text(surest)
    page.get_by_label("Order", exact=True).select_option("row")
    expect(page).to_have_url(re.compile("order=row"))
    page.get_by_label("Find in these rows").fill("nobody wrote this")
    expect(page.get_by_text("No row has these words")).to_be_visible()
    page.get_by_label("Find in these rows").fill("")
    expect(rows.first).to_be_visible()
    boxes = page.get_by_role("checkbox", name=re.compile("^Choose row "))
    for place in range(2):
        boxes.nth(place).check()
    bar = page.get_by_role("region", name="Chosen rows")
    expect(bar).to_contain_text("2 chosen")
    person.check()
    bar.get_by_role("button", name="Move to…").click()
    other = min(sizes, key=lambda each: sizes[each])
    page.get_by_role("dialog").get_by_role("radio", name=other).check()
    page.get_by_role("dialog").get_by_role("button", name="Move", exact=True).click()
    expect(page.get_by_text(pages(1, 50, size - 2))).to_be_visible()
    assert whole.sizes()[other] == sizes[other] + 2
    undone(page)
    expect(page.get_by_text(pages(1, 50, size))).to_be_visible()
    assert whole.sizes() == sizes


# ---- search and report


def test_a_query_is_read_narrowed_and_exported(
    whole: Whole, person: Person, tmp_path: Path
) -> None:
    page = at(person, whole, "search")
    query = page.get_by_role("searchbox", name="Query")
    query.fill("fee charged where channel is phone")
    page.get_by_role("button", name="Search", exact=True).click()
    narrows = page.get_by_role("list", name="What narrows the search")
    chip = narrows.get_by_role("listitem").filter(has_text="channel is phone")
    expect(chip).to_be_visible()
    phoned = int((whole.table["channel"] == "phone").sum())
    status = page.get_by_role("status").filter(has_text="pass the filters")
    expect(status).to_contain_text(f"{phoned} of {ROWS} rows")
    hits = page.get_by_role("listitem").filter(has=page.get_by_text("All details"))
    hits.first.get_by_text("All details").click()
    expect(hits.first.get_by_text("waited", exact=True)).to_be_visible()
    person.check()
    chip.get_by_role("button", name="Remove: ").click()
    expect(narrows.get_by_role("listitem").filter(has_text="not as a filter")).to_be_visible()
    expect(status).to_be_hidden()

    # the panel: a category, a number and a date
    filters = page.get_by_role("complementary", name="Filters")
    filters.get_by_role("group", name="channel", exact=True).get_by_label("email").check()
    expect(narrows.get_by_role("listitem").filter(has_text="channel is email")).to_be_visible()
    for name, low, high in (("waited", "10", "40"), ("sent", "2026-01-10", "2026-03-01")):
        column = filters.get_by_role("group", name=name, exact=True)
        if not column.count():
            filters.get_by_text(name, exact=True).click()
        column.get_by_label("from").fill(low)
        column.get_by_label("from").press("Tab")
        column.get_by_label("to", exact=True).fill(high)
        column.get_by_label("to", exact=True).press("Tab")
        expect(
            narrows.get_by_role("listitem").filter(has_text=f"{name} from {low}")
        ).to_be_visible()
    table = whole.table
    left = table[
        (table["channel"] == "email")
        & table["waited"].between(10, 40)
        & table["sent"].between("2026-01-10", "2026-03-01")
    ]
    expect(page.get_by_role("status").filter(has_text="hits")).to_contain_text(f"of {ROWS} rows")
    expect(hits.first).to_be_visible()
    with page.expect_download() as saved:
        page.get_by_role("button", name="CSV").click()
    head, *rows = rows_of(saved.value, tmp_path)
    found = [dict(zip(head, row, strict=True))["id"] for row in rows]
    assert len(found) == len(set(found)) == hits.count() > 0
    assert set(found) <= set(left["id"])
    page.reload()
    expect(hits).to_have_count(len(found))
    page.get_by_role("link", name="On the map").first.click()
    assert chosen(page) == len(found)


def test_hits_are_examples_of_what_is_wanted(whole: Whole, person: Person) -> None:
    page = at(person, whole, "search?q=exchange+rate")
    hits = page.get_by_role("listitem").filter(has=page.get_by_text("All details"))
    narrows = page.get_by_role("list", name="What narrows the search")
    expect(hits.first).to_be_visible()
    name = hits.first.get_by_role("heading").inner_text()
    hits.first.get_by_role("button", name=f"More like {name}", exact=True).click()
    expect(narrows.get_by_role("listitem").filter(has_text="like")).to_contain_text(name)
    expect(page.get_by_role("status").filter(has_text="hits")).to_be_visible()
    other = hits.nth(2).get_by_role("heading").inner_text()
    hits.nth(2).get_by_role("button", name=f"Not like {other}", exact=True).click()
    token = narrows.get_by_role("listitem").filter(has_text="not like")
    expect(token).to_contain_text(other)
    expect(hits.first).to_be_visible()
    token.get_by_role("button").click()
    expect(token).to_be_hidden()
    page = at(person, whole, "search?like=%5B%22m5%22%5D")
    expect(hits.first.get_by_text("Why alike")).to_be_visible()
    expect(hits.first).to_contain_text("of rows)")


def test_filters_are_a_sheet_on_a_phone(whole: Whole, meet: Meet) -> None:
    person = meet(whole.service.url, size=PHONE)
    page = at(person, whole, "search?q=card")
    page.get_by_role("button", name="Filters", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("group", name="channel", exact=True).get_by_label("app").check()
    dialog.get_by_role("button", name=re.compile(r"^Show \d+ hit")).click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("button", name="Filters (1)")).to_be_visible()
    person.check()


def test_the_report_is_drawn_and_given(whole: Whole, person: Person, tmp_path: Path) -> None:
    page = at(person, whole, "report")
    expect(page.get_by_role("figure").first).to_be_visible()
    for name in list(whole.sizes())[:3]:
        expect(page.get_by_text(name).first).to_be_attached()
    with page.expect_download() as saved:
        page.get_by_role("link", name="HTML file").click()
    saved.value.save_as(tmp_path / "report.html")
    assert "<!doctype html>" in (tmp_path / "report.html").read_text("utf-8").lower()
    page.get_by_role("button", name="More actions").click()
    with page.expect_download() as saved:
        page.get_by_role("menuitem", name="Download the assignments").click()
    assert len(rows_of(saved.value, tmp_path)) == ROWS + 1


# ---- predictions


def test_one_text_is_predicted_and_judged(whole: Whole, person: Person) -> None:
    person.go("predict")
    page = person.page
    before = len(whole.ask("/logs?limit=200&has_feedback=true")["entries"])
    page.get_by_label("Text", exact=True).fill(
        "My card was lost on the way, \U0001f62d where is it?"
    )
    page.keyboard.press("Control+Enter")
    found = page.get_by_role("region", name="Prediction")
    expect(found.get_by_role("heading", name="What carries it")).to_be_visible()
    marks = found.get_by_role("mark")
    expect(marks.filter(has_text="card").first).to_be_visible()
    expect(found.get_by_text("Probability of each class")).to_be_visible()
    person.check()
    found.get_by_role("button", name="No", exact=True).click()
    classes = found.get_by_label("What is right?").locator("option").all_inner_texts()
    found.get_by_label("What is right?").select_option(classes[1])
    found.get_by_role("button", name="Send").click()
    expect(found.get_by_text("Thank you.")).to_be_visible()
    assert len(whole.ask("/logs?limit=200&has_feedback=true")["entries"]) == before + 1
    page.get_by_role("button", name="Predict", exact=True).click()
    found.get_by_role("button", name="Yes", exact=True).click()
    expect(found.get_by_text("Thank you.")).to_be_visible()


def test_a_file_is_predicted_row_by_row(whole: Whole, person: Person, tmp_path: Path) -> None:
    rows = 450
    path = tmp_path / "many.csv"
    table = whole.table[["id", "text"]].head(rows)
    table = table.assign(customer=[f"of a file {n % 9}" for n in range(rows)])
    table.to_csv(path, index=False)
    person.go("predict?of=file")
    page = person.page
    page.get_by_label(re.compile("Choose a CSV file")).set_input_files(path)
    expect(page.get_by_label("Column of the texts")).to_have_value("text")
    expect(page.get_by_label("Column of the customer ids")).to_have_value("customer")

    # the second part is held on its way, as by a slow network, until all is cancelled
    parts: list[Route] = []

    def hold(route: Route) -> None:
        parts.append(route)
        if len(parts) != 2:
            route.continue_()

    page.route("**/v1/classify", hold)
    page.get_by_role("button", name=f"Predict {rows} rows").click()
    expect(page.get_by_text(f"200 of {rows} rows")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text(f"200 of {rows} rows are predicted.")).to_be_visible()
    page.unroute_all(behavior="ignoreErrors")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("button", name="Go on")).to_be_hidden(timeout=60_000)
    expect(page.get_by_text(f"100 of {rows} rows are shown")).to_be_visible(timeout=60_000)
    person.check()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download CSV").click()
    head, *found = rows_of(saved.value, tmp_path)
    assert head[:4] == ["id", "text", "customer", "predicted"]
    assert [row[0] for row in found] == table["id"].tolist()
    assert all(row[3] for row in found)
    logged = whole.ask("/logs?limit=200&person=of%20a%20file%204")["entries"]
    assert {each["id"] for each in logged} == {row[-1] for row in found[4::9]}
    page.get_by_label("Prediction", exact=True).select_option(index=1)
    label = page.get_by_label("Prediction", exact=True).input_value()
    names = head.index("name") if "name" in head else 3
    expected = sum(row[names] == label for row in found)
    assert expected > 0
    shown = page.get_by_role("region", name="Predictions").get_by_role("row")
    expect(shown).to_have_count(min(100, expected) + 1)


# ---- models


def test_versions_are_compared_activated_and_rolled_back(whole: Whole, person: Person) -> None:
    person.go(f"models/{MODEL}")
    page = person.page

    def active() -> int:
        versions = whole.ask(f"/v1/models/{MODEL}")["versions"]
        return next(each["version"] for each in versions if each["active"])

    expect(page.get_by_text("Version 2 answers.")).to_be_visible()
    page.get_by_label("Beside it").select_option("1")
    for number_of in (1, 2):
        expect(page.get_by_role("heading", name=f"Version {number_of}")).to_be_visible()
    for title in ("Confusion matrix", "ROC curve", "Reliability of the confidence"):
        heading = page.get_by_role("heading", name=title)
        expect(heading.nth(1)).to_be_visible()
    page.get_by_role("button", name="Activate version 1").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    assert active() == 2
    page.get_by_role("button", name="Activate version 1").click()
    page.get_by_role("dialog").get_by_role("button", name="Activate").click()
    expect(page.get_by_text("Version 1 answers.")).to_be_visible()
    assert active() == 1
    page.get_by_role("button", name="Roll back").click()
    page.get_by_role("dialog").get_by_role("button", name="Roll back").click()
    expect(page.get_by_text("Version 2 answers.")).to_be_visible()
    assert active() == 2


def test_traffic_is_divided_and_shadowed(whole: Whole, person: Person) -> None:
    person.go("models")
    page = person.page
    add = page.get_by_role("button", name="Add a version")
    add.click()
    add.click()
    page.get_by_role("slider").last.fill("30")
    person.check()
    page.get_by_role("button", name="Use this").click()
    expect(page.get_by_role("button", name="Use this")).to_be_hidden()
    saved = whole.ask("/v1/traffic")
    weights = [each["weight"] for each in saved["variants"]]
    assert weights[1] / sum(weights) == pytest.approx(0.3)
    page.reload()
    expect(page.get_by_role("slider").last).to_have_value("30")
    page.get_by_role("button", name=re.compile("^Remove ")).last.click()
    page.get_by_role("button", name="Add a shadow").click()
    page.get_by_role("button", name="Use this").click()
    expect(page.get_by_role("button", name="Use this")).to_be_hidden()
    saved = whole.ask("/v1/traffic")
    assert (len(saved["variants"]), len(saved["shadow"])) == (1, 1)
    assert saved["shadow"][0]["version"] == 1
    for _ in range(2):
        page.get_by_role("button", name=re.compile("^Remove ")).first.click()
    page.get_by_role("button", name="Discard").click()
    expect(page.get_by_role("button", name=re.compile("^Remove "))).to_have_count(2)
    for _ in range(2):
        page.get_by_role("button", name=re.compile("^Remove ")).first.click()
    page.get_by_role("button", name="Use this").click()
    expect(page.get_by_role("button", name="Use this")).to_be_hidden()
    assert whole.ask("/v1/traffic") == {"variants": [], "shadow": []}


# ---- watching


def test_the_monitor_draws_the_log_and_can_be_paused(whole: Whole, person: Person) -> None:
    person.go("monitor")
    page = person.page
    for title in ("Predictions over time", "Predicted", "How sure", "Calibration", "By version"):
        expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()
    for tile in ("requests", "median latency (p50)", "live accuracy", "errors"):
        expect(page.get_by_role("term").filter(has_text=tile).first).to_be_visible()
    logged = whole.ask("/performance")
    predictions = logged["predictions"]
    expect(page.get_by_text(f"{predictions} predictions", exact=True)).to_be_visible()
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("Paused", exact=True)).to_be_visible()
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("Refreshed every")).to_be_visible()
    page.get_by_label("Period").select_option("hour")
    expect(page.get_by_role("img", name="Predictions over time, by minute")).to_be_visible()
    page.get_by_label("Period").select_option("week")
    expect(page.get_by_role("img", name="Predictions over time, by hour")).to_be_visible()
    page.get_by_label("Period").select_option("all")
    page.get_by_label("Model", exact=True).first.select_option(MODEL)
    expect(page).to_have_url(re.compile(f"model={MODEL}"))
    expect(page.get_by_role("heading", name="Predictions over time")).to_be_visible()


def test_rows_are_labelled_by_keyboard(whole: Whole, person: Person) -> None:
    person.go("monitor?period=all")
    page = person.page
    before = whole.ask("/performance")["accuracy"]["truths"]
    page.get_by_role("button", name="Choose 20 rows").click()
    group = page.get_by_role("group", name=re.compile("^Label rows"))
    expect(group).to_be_focused()
    said = group.get_by_role("status")
    expect(said).to_contain_text("Row 1 of ")
    page.keyboard.press("1")
    expect(said).to_contain_text("Row 2 of ")
    expect(said).to_contain_text("1 label given")
    page.keyboard.press("s")
    expect(said).to_contain_text("Row 3 of ")
    page.keyboard.press("b")
    expect(said).to_contain_text("Row 2 of ")
    page.keyboard.press("2")
    expect(said).to_contain_text("2 labels given")
    person.check()
    assert whole.ask("/performance")["accuracy"]["truths"] == before + 2


def test_the_log_is_filtered_paged_and_told_the_truth(whole: Whole, person: Person) -> None:
    person.go("log")
    page = person.page
    entries = page.get_by_role("row").filter(has=page.get_by_role("cell"))
    expect(entries).to_have_count(50)
    newest = entries.first.inner_text()
    page.get_by_role("button", name="Older entries").click()
    expect(entries.first).not_to_have_text(newest)
    page.go_back()
    expect(page.get_by_role("button", name="To the newest")).to_be_hidden()
    page.go_forward()
    page.get_by_role("button", name="To the newest").click()
    expect(page.get_by_role("button", name="To the newest")).to_be_hidden()
    page.get_by_label("Feedback").select_option("wrong")
    expect(page.get_by_text("Filters (1)")).to_be_visible()
    wrong = whole.ask("/logs?limit=50&correct=false")["entries"]
    expect(entries).to_have_count(len(wrong))
    page.get_by_label("Feedback").select_option("without")
    expect(entries.first.get_by_role("cell").nth(4)).to_have_text("\N{EN DASH}")
    entries.first.get_by_role("button").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("Confidence", exact=True)).to_be_visible()
    person.check()
    truth = dialog.get_by_label("What was true?")
    truth.select_option(index=1)
    told = truth.get_by_role("option", selected=True).inner_text()
    dialog.get_by_role("button", name="Send").click()
    expect(page.get_by_role("status").filter(has_text="The truth is in the log.")).to_be_visible()
    expect(entries.first.get_by_role("cell").nth(4)).to_contain_text(told)
    page.get_by_label("Role").select_option("shadow")
    page.get_by_label("Status").select_option("refused")
    page.get_by_role("button", name="Show all").click()
    expect(entries).to_have_count(50)


# ---- projects


def test_a_project_is_renamed_and_deleted(whole: Whole, person: Person) -> None:
    made = httpx.post(
        f"{whole.service.url}/v1/projects",
        params={"name": "small.csv"},
        content=whole.path.read_bytes(),
        timeout=60,
    ).json()
    person.go("")
    page = person.page
    page.get_by_role("button", name=f"Actions for {made['title']}", exact=True).first.click()
    page.get_by_role("menuitem", name="Rename").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Title").fill("Not for long")
    dialog.get_by_role("button", name="Rename").click()
    expect(page.get_by_role("link", name="Not for long")).to_be_visible()
    assert whole.ask(f"/v1/projects/{made['id']}")["title"] == "Not for long"
    for answer in ("Cancel", "Delete"):
        page.get_by_role("button", name="Actions for Not for long").click()
        page.get_by_role("menuitem", name="Delete").click()
        person.check()
        page.get_by_role("dialog").get_by_role("button", name=answer).click()
        expect(page.get_by_role("dialog")).to_be_hidden()
        kept = answer == "Cancel"
        expect(page.get_by_role("link", name="Not for long")).to_have_count(int(kept))
        left = [each["id"] for each in whole.ask("/v1/projects")["projects"]]
        assert (made["id"] in left) is kept


def test_a_project_is_set_up_fails_is_cancelled_and_is_done(whole: Whole, person: Person) -> None:
    person.go("")
    page = person.page
    page.get_by_role("link", name="New project").click()
    page.get_by_label("File of the new project").set_input_files(whole.path)
    text = page.get_by_label("Text", exact=True)
    expect(text).to_have_value("text")
    person.check()
    page.get_by_label("Id", exact=True).select_option("channel")
    page.get_by_role("radio", name=re.compile("^Words alone")).check()
    page.get_by_role("radio", name=re.compile("^A certain number")).check()
    groups = page.get_by_label("Number of segments")
    groups.fill("1")
    expect(page.get_by_text("A whole number from 2 to")).to_be_visible()
    expect(page.get_by_role("button", name="Find segments")).to_be_disabled()
    groups.fill("6")

    # rows of the same id become one, and then there are too few
    page.get_by_role("button", name="Find segments").click()
    expect(page.get_by_role("alert")).to_contain_text("start again", timeout=120_000)
    person.check()
    expect(page.get_by_label("Id", exact=True)).to_have_value("channel")

    page.get_by_label("Id", exact=True).select_option("id")
    page.get_by_label("Date or time").select_option("")
    page.get_by_label("channel", exact=True).check()
    page.get_by_role("radio", name=re.compile("^Words alone")).check()
    page.get_by_role("button", name="Find segments").click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("The work was cancelled.")).to_be_visible()
    person.check()

    page.get_by_role("radio", name=re.compile("^Words alone")).check()
    page.get_by_role("radio", name=re.compile("^A certain number")).check()
    groups.fill("6")
    page.get_by_role("button", name="Find segments").click()
    expect(page.get_by_role("application")).to_be_visible(timeout=300_000)
    found = re.search(r"/p/(\w+)/map", page.url)
    assert found is not None
    project = whole.ask(f"/v1/projects/{found[1]}")
    assert project["columns"]["text"] == "text"
    assert project["columns"]["id"] == "id"
    assert project["columns"]["time"] is None
    assert "channel" in project["columns"]["labels"]
    assert project["groups"] == 6
