"""Scripts planted wherever a person or a file can put text: they are shown, and never run."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import httpx
import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Page, expect

import coterie

from ..conftest import WANTS, Running, running, until_ready
from .conftest import PHONE, Meet, Person, upload

pytestmark = pytest.mark.browser

SCRIPT = "<script>window.__hit='script'</script>"
IMAGE = "<img src=x onerror=window.__hit='image'>"
SVG = "\"'><svg onload=window.__hit='svg'>"
FRAME = "<iframe srcdoc='<script>parent.__hit=1</script>'></iframe>"
LINK = "javascript:window.__hit='link'"
MARKDOWN = "[here](javascript:window.__hit='markdown')"
TEMPLATE = "{{constructor.constructor('window.__hit=1')()}} ${window.__hit=1}"
REVERSED = "\u202egnp.exe"  # the rest of the line would be read from right to left
FORMULAS = (
    '=HYPERLINK("http://127.0.0.1:9/","x")',
    "+cmd|'/c calc'!A1",
    "-2+3+cmd",
    "@SUM(1+1)",
)

FILE = f"{IMAGE}.csv"
TEXT, ID, LABEL = f"text {SCRIPT}", f"id {SVG}", f"label {IMAGE}"
NUMBER, DAY, PLACE = "=1+1+cmd", LINK, TEMPLATE
CLASSES = (SCRIPT, SVG, LINK)
PLACES = (FRAME, MARKDOWN, REVERSED, FORMULAS[1])

WATCH = """
window.__violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
    window.__violations.push(`${event.violatedDirective} ${event.blockedURI}`));
"""
MADE = (
    "[onload], [onerror], [src=x], iframe, object, embed, [href^=javascript i], [action], "
    "[srcdoc], #app script"
)


def table(rows: int = 150) -> pd.DataFrame:
    """Texts of three wants, with a plant in every cell that can hold one."""
    at = np.arange(rows)
    wants = list(WANTS.values())
    plants = (SCRIPT, IMAGE, SVG, FRAME, MARKDOWN, TEMPLATE, REVERSED, "", "", "")
    return pd.DataFrame(
        {
            ID: [f"{FORMULAS[n % 4]} {IMAGE} {n}" for n in at],
            TEXT: [f"{wants[n % 3].format(f'day {n}')} {plants[n % 10]}" for n in at],
            LABEL: np.take(CLASSES, at % 3),
            PLACE: np.take(PLACES, at % 4),
            NUMBER: at % 17,
            DAY: pd.date_range("2026-01-01", periods=rows).strftime("%Y-%m-%d"),
        }
    )


@dataclass
class Planted:
    """A service full of scripts."""

    service: Running
    path: Path
    project: str
    fresh: str
    """A project whose columns are not chosen yet."""
    names: tuple[str, ...]
    """Names of its segments."""


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Planted]:
    """A project, a model of two versions, and predictions."""
    folder = tmp_path_factory.mktemp("planted")
    path = folder / FILE
    rows = table()
    rows.to_csv(path, index=False)
    home = folder / "work"
    (home / "projects").mkdir(parents=True)
    model = coterie.train(
        rows, text=TEXT, label=LABEL, context=[PLACE, NUMBER], model="linear", encoder="tfidf"
    )
    for note in (SCRIPT, IMAGE):
        model.save(home / "models" / "planted", note=note)
    with (
        running(home, "--no-browser", "--keep-text", "raw", verb="studio") as service,
        httpx.Client(base_url=service.url, timeout=60) as asked,
    ):
        columns = {"text": TEXT, "id": ID, "labels": [LABEL], "time": DAY}
        key = upload(service, path, **columns, encoder="tfidf", groups=3)
        retitled = asked.patch(f"/v1/projects/{key}", json={"title": SVG})
        assert retitled.status_code == 200, retitled.text
        fresh = asked.post("/v1/projects", params={"name": FILE}, content=path.read_bytes())
        names = (SCRIPT, IMAGE, FORMULAS[0])
        edits = f"/v1/projects/{key}/segments"
        for place, segment in enumerate(asked.get(edits).json()["segments"][:3]):
            named = {"edit": "rename", "segment": segment["id"], "name": names[place]}
            grouped = {"edit": "parent", "segment": segment["id"], "name": FRAME}
            for edit in ({**named, "description": f"{SVG} {MARKDOWN}"}, grouped):
                answer = asked.post(f"{edits}/edits", json=edit)
                assert answer.status_code == 200, answer.text
        until_ready(lambda: asked.get("/models").json()["models"][0]["ready"])
        given = [
            {"id": str(at), "text": row[TEXT], "context": {PLACE: row[PLACE], NUMBER: at}}
            for at, row in rows.head(30).iterrows()
        ]
        answer = asked.post("/v1/classify", json={"model": "planted", "rows": given})
        assert answer.status_code == 200, answer.text
        yield Planted(service, path, key, fresh.json()["id"], names)


@pytest.fixture(params=[False, True], ids=["policy", "no policy"])
def person(planted: Planted, meet: Meet, request: pytest.FixtureRequest) -> Person:
    """Somebody whose browser has the service's policy, or none that would stop a script."""
    found = meet(planted.service.url, bypass_csp=request.param)
    found.page.add_init_script(WATCH)
    return found


def unharmed(page: Page) -> None:
    """Nothing ran, nothing tried to, and no element was made of a text."""
    page.wait_for_load_state("networkidle")
    assert page.evaluate("() => window.__hit ?? null") is None
    assert page.evaluate("() => window.__violations") == []
    made = "(wanted) => [...document.querySelectorAll(wanted)].map((each) => each.outerHTML)"
    assert page.evaluate(made, MADE) == []


def shows(page: Page, *texts: str) -> None:
    """The texts are there to be read, and harm nothing."""
    for text in texts:
        expect(page.get_by_text(text).locator("visible=true").first).to_be_visible()
    unharmed(page)


def test_in_projects(planted: Planted, person: Person) -> None:
    page = person.page
    person.go("")
    shows(page, SVG, FILE)
    menu = page.get_by_role("button", name=f"Actions for {SVG}", exact=True)
    menu.click()
    page.get_by_role("menuitem", name="Delete").click()
    shows(page.get_by_role("dialog").page, f"Delete “{SVG}”?")
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    person.go(f"p/{planted.fresh}")
    expect(page.get_by_label("Text", exact=True)).to_be_visible()
    region = page.get_by_role("region", name="The first rows of the table")
    for text in (TEXT, ID, LABEL, PLACE, NUMBER, DAY):
        expect(region.get_by_role("columnheader").filter(has_text=text)).to_be_visible()
    for text in (SCRIPT, SVG, FRAME, MARKDOWN, REVERSED, *FORMULAS):
        expect(region.get_by_role("cell").filter(has_text=text).first).to_be_visible()
    unharmed(page)


def test_on_the_map(planted: Planted, person: Person) -> None:
    page = person.page
    for name in planted.names:
        person.go(f"p/{planted.project}/map")
        panel = page.get_by_role("complementary", name="Segments and colours")
        panel.get_by_role("button", name=name).click()
        expect(panel.get_by_role("heading", name=name)).to_be_visible()
        shows(page, f"{SVG} {MARKDOWN}")
        expect(page.get_by_role("group", name="Names on the map")).to_contain_text(name)
    person.go(f"p/{planted.project}/map")
    for column in (LABEL, NUMBER, DAY):
        page.get_by_label("Colour by").select_option(column)
        legend = page.get_by_role("complementary", name="Segments and colours")
        for value in CLASSES if column == LABEL else ():
            expect(legend.get_by_role("button").filter(has_text=value)).to_be_visible()
        unharmed(page)
    for place in range(7):
        person.go(f"p/{planted.project}/map?at={place}")
        row = page.get_by_role("region", name="Row", exact=True)
        expect(row).to_contain_text(FORMULAS[place % 4])
        expect(row.get_by_role("blockquote")).to_contain_text("day")
        unharmed(page)
    words = page.get_by_label("Find words on the map")
    words.fill(SCRIPT)
    expect(page.get_by_text(re.compile(r"^\d+ of 150$"))).to_be_visible()
    unharmed(page)


def test_in_segments_and_their_history(planted: Planted, person: Person) -> None:
    page = person.page
    person.go(f"p/{planted.project}/segments")
    shows(page, *planted.names, FRAME, f"{SVG} {MARKDOWN}")
    card = page.get_by_role("listitem").filter(has=page.get_by_label(f"Choose {SCRIPT}"))
    card.get_by_role("button", name=f"Actions for {SCRIPT}").click()
    for action in ("Split…", "Merge with…", "Put in a group…", "Name and description…"):
        page.get_by_role("menuitem", name=action).click()
        expect(page.get_by_role("dialog")).to_be_visible()
        unharmed(page)
        page.keyboard.press("Escape")
        card.get_by_role("button", name=f"Actions for {SCRIPT}").click()
    page.keyboard.press("Escape")
    # named in the page, and told in a message
    for old, new in ((SCRIPT, TEMPLATE), (TEMPLATE, SCRIPT)):
        page.get_by_role("button", name=f"Rename {old}", exact=True).click()
        page.get_by_label(f"New name of {old}").fill(new)
        page.keyboard.press("Enter")
        expect(page.get_by_role("status").filter(has_text=f"Renamed to “{new}”.")).to_be_visible()
        unharmed(page)
    page.get_by_role("link", name=SCRIPT, exact=True).click()
    expect(page.get_by_role("heading", name=SCRIPT)).to_be_visible()
    shows(page, f"{SVG} {MARKDOWN}", FORMULAS[0])
    person.go(f"p/{planted.project}/history")
    shows(page, *planted.names, FRAME)


def test_in_search_and_its_export(planted: Planted, person: Person, tmp_path: Path) -> None:
    page = person.page
    person.go(f"p/{planted.project}/search?q={quote(f'refund the money {SCRIPT}')}")
    expect(page.get_by_role("searchbox", name="Query")).to_have_value(f"refund the money {SCRIPT}")
    filters = page.get_by_role("complementary", name="Filters")
    for text in (TEXT, LABEL, PLACE, NUMBER, DAY):
        expect(filters.get_by_text(text).locator("visible=true").first).to_be_visible()
    hits = page.get_by_role("listitem").filter(has=page.get_by_text("All details"))
    expect(hits.first).to_be_visible()
    for place in range(4):
        hits.nth(place).get_by_text("All details").click()
    shows(page, *FORMULAS, SCRIPT)
    hits.first.get_by_role("button", name=re.compile("^More like ")).click()
    expect(page.get_by_role("list", name="What narrows the search")).to_contain_text(IMAGE)
    unharmed(page)
    with page.expect_download() as saved:
        page.get_by_role("button", name="CSV").click()
    saved.value.save_as(tmp_path / "hits.csv")
    harmless((tmp_path / "hits.csv").read_text("utf-8-sig"), header=NUMBER)


def test_in_the_report_and_its_files(planted: Planted, person: Person) -> None:
    page = person.page
    person.go(f"p/{planted.project}/report")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    shows(page, *planted.names[:2])
    files = f"{planted.service.url}/v1/projects/{planted.project}/files"
    text = httpx.get(f"{files}/assignments.csv", timeout=60).content.decode("utf-8-sig")
    harmless(text, header=None)
    page.goto(f"{files}/report.html")
    expect(page.get_by_text(SCRIPT).locator("visible=true").first).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert page.evaluate("() => window.__hit ?? null") is None
    assert page.evaluate("() => window.__violations") == []
    foreign = MADE.replace(", #app script", "")
    assert page.locator(foreign).count() == 0


def test_in_predictions(planted: Planted, person: Person, tmp_path: Path) -> None:
    page = person.page
    person.go("predict?model=planted")
    page.get_by_label(PLACE.replace("_", " "), exact=True).fill(FRAME)
    for plant in (SCRIPT, IMAGE, SVG, TEMPLATE, REVERSED, MARKDOWN):
        text = f"please refund the money for order 7 {plant}"
        page.get_by_label("Text", exact=True).fill(text)
        page.get_by_role("button", name="Predict", exact=True).click()
        found = page.get_by_role("region", name="Prediction")
        expect(found.get_by_text("What carries it")).to_be_visible()
        expect(found).to_contain_text(plant)
        expect(found).to_contain_text(CLASSES[0])
        unharmed(page)
    page.get_by_role("tab", name="A file").click()
    page.get_by_label(re.compile("Choose a CSV file")).set_input_files(planted.path)
    expect(page.get_by_role("heading", name=FILE)).to_be_visible()
    expect(page.get_by_label("Column of the texts")).to_have_value(TEXT)
    unharmed(page)
    page.get_by_role("button", name="Predict 150 rows").click()
    expect(page.get_by_role("region", name="Predictions")).to_contain_text(CLASSES[1])
    unharmed(page)
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download CSV").click()
    saved.value.save_as(tmp_path / "predicted.csv")
    written = (tmp_path / "predicted.csv").read_text("utf-8-sig")
    harmless(written, header=NUMBER)
    assert len(list(csv.reader(io.StringIO(written)))) == 151


def test_in_models_the_monitor_and_the_log(planted: Planted, person: Person) -> None:
    page = person.page
    person.go("models")
    shows(page, CLASSES[0])
    person.go("models/planted")
    shows(page, SCRIPT, IMAGE)
    page.get_by_label("Beside it").select_option("1")
    expect(page.get_by_role("heading", name="Version 1")).to_be_visible()
    unharmed(page)
    person.go("monitor?period=all")
    expect(page.get_by_text("Predictions over time")).to_be_visible()
    shows(page, *CLASSES)
    page.get_by_role("button", name="Choose 20 rows").click()
    expect(page.get_by_role("group", name=re.compile("^Label rows"))).to_contain_text(SVG)
    unharmed(page)
    person.go("log")
    entry = page.get_by_role("row").filter(has_text=SCRIPT)
    expect(entry.first).to_be_visible()
    entry.first.get_by_role("button").click()
    expect(page.get_by_role("dialog")).to_contain_text(PLACE)
    unharmed(page)


def written(text: str) -> str:
    """Write a text as a part of an address; one with a dot would be the address of a file."""
    return quote(text, safe="").replace("~", "~~").replace(".", "~d")


ADDRESSES = (
    f"p/{written(IMAGE)}/map",
    f"p/{{project}}/segments/{written(IMAGE)}",
    f"p/{{project}}/segments?q={quote(SCRIPT)}",
    f"p/{{project}}/map?colour={quote(IMAGE)}&segment={quote(SVG)}",
    f"p/{{project}}/search?where={quote(IMAGE)}",
    f"p/{{project}}/search?like=%5B%22{quote(LINK)}%22%5D",
    f"models/{written(IMAGE)}",
    f"predict?model={quote(SCRIPT)}",
    f"log?model={quote(IMAGE)}&label={quote(SVG)}&after={quote(LINK)}",
    f"monitor?model={quote(IMAGE)}",
    f"new#{IMAGE}",
    written(SCRIPT),
)


def test_in_addresses(planted: Planted, person: Person) -> None:
    for address in ADDRESSES:
        person.go(address.format(project=planted.project))
        expect(person.page.get_by_role("navigation", name="Main")).to_be_visible()
        unharmed(person.page)


def test_long_plants_do_not_widen_a_phone(planted: Planted, meet: Meet) -> None:
    person = meet(planted.service.url, size=PHONE)
    for view in (
        "",
        f"p/{planted.fresh}",
        *(f"p/{planted.project}/{view}" for view in ("map", "segments", "history", "report")),
        f"p/{planted.project}/search?q=refund",
        "models",
        "models/planted",
        "monitor",
        "log",
        "predict",
    ):
        person.go(view)
        person.page.wait_for_load_state("networkidle")
        person.check()


def harmless(text: str, header: str | None) -> None:
    """No cell is a formula to a spreadsheet, and none of the formulas was lost."""
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    number = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)
    formulas = [c for c in cells if re.match(r"\s*[=+\-@\t\r]", c) and not number.fullmatch(c)]
    assert formulas == []
    for formula in FORMULAS:
        assert any(cell.startswith(f"'{formula}") for cell in cells), formula
    if header is not None:
        assert f"'{header}" in cells
