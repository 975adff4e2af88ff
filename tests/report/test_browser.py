"""The page in a real browser, opened from the disk as a reader would."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from selenium import webdriver
from selenium.webdriver import ActionChains, Keys
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from coterie.report import (
    Card,
    Cards,
    Line,
    Lines,
    Map,
    Page,
    Partition,
    Prose,
    Section,
    Table,
)

from .conftest import make_map
from .test_page import every_block

pytestmark = pytest.mark.browser

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1400,1000",
    "--force-prefers-reduced-motion",
)

Driver = webdriver.Chrome
Opener = Callable[..., Driver]


@pytest.fixture(scope="module")
def driver(chromium: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    """A browser without a graphics card."""
    options = webdriver.ChromeOptions()
    options.binary_location, driver_path = chromium
    profile = tmp_path_factory.mktemp("profile")
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = webdriver.Chrome(options=options, service=Service(driver_path))
    yield browser
    browser.quit()


def complaints(driver: Driver) -> list[str]:
    """What the browser complained of: errors, and any breach of the policy."""
    logged = driver.get_log("browser")  # type: ignore[no-untyped-call]
    return [
        entry["message"]
        for entry in logged
        if entry["level"] == "SEVERE" or "Content Security Policy" in entry["message"]
    ]


def visit(driver: Driver, path: Path) -> None:
    driver.get(path.as_uri())
    complaints(driver)  # forget those of the page before


def wait(driver: Driver, condition: str) -> None:
    WebDriverWait(driver, 10).until(lambda d: d.execute_script(f"return {condition}"))


def stage(driver: Driver, name: str) -> str:
    found = driver.execute_script(f"return document.querySelector('.map-stage').dataset.{name}")
    return str(found)


def zoom_of(driver: Driver) -> float:
    return float(driver.execute_script("return document.querySelector('.map').coterie.view.k"))


def hover_point(driver: Driver, point: int) -> None:
    """Put the pointer on a point; the map is scrolled into view first."""
    element = driver.find_element(By.CSS_SELECTOR, ".map-stage")
    x, y = driver.execute_script(f"return document.querySelector('.map').coterie.screen({point})")
    driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
    size = element.size
    ActionChains(driver).move_to_element_with_offset(
        element, round(x - size["width"] / 2), round(y - size["height"] / 2)
    ).perform()


def test_page_opens_without_a_complaint(driver: Driver, map_page: Path) -> None:
    driver.get(map_page.as_uri())
    wait(driver, "document.querySelector('.map-stage').dataset.names > 0")
    assert complaints(driver) == []
    assert stage(driver, "shown") == "600"


def test_points_are_painted(driver: Driver, map_page: Path) -> None:
    visit(driver, map_page)
    wait(driver, "document.querySelector('.map-stage').dataset.names > 0")
    inked = driver.execute_script("""
        const from = document.querySelector(".map-points"), to = document.createElement("canvas");
        to.width = from.width; to.height = from.height;
        const pen = to.getContext("2d");
        pen.drawImage(from, 0, 0);
        const data = pen.getImageData(0, 0, to.width, to.height).data;
        const colours = new Set();
        for (let i = 0; i < data.length; i += 4)
            colours.add(data.slice(i, i + 3).map((c) => c >> 5).join());
        return colours.size;
    """)
    assert inked > 6  # the ground, and one colour for each group at least


def test_hover_shows_the_row(driver: Driver, map_page: Path) -> None:
    visit(driver, map_page)
    hover_point(driver, 17)
    wait(driver, "!document.querySelector('.map-card').hidden")
    card = driver.find_element(By.CSS_SELECTOR, ".map-card").text
    assert "message" in card
    assert "Segment" in card
    assert "Confidence" in card


def test_wheel_keys_and_buttons_zoom(driver: Driver, map_page: Path) -> None:
    visit(driver, map_page)
    wait(driver, "document.querySelector('.map-stage').dataset.names > 0")
    home = zoom_of(driver)
    driver.execute_script("""
        const turn = { deltaY: -120, clientX: 500, clientY: 500, cancelable: true };
        document.querySelector(".map-stage").dispatchEvent(new WheelEvent("wheel", turn));
    """)
    wheeled = zoom_of(driver)
    assert wheeled > home * 1.1
    driver.find_element(By.CSS_SELECTOR, "[data-do=in]").click()
    assert zoom_of(driver) == pytest.approx(wheeled * 1.6)
    element = driver.find_element(By.CSS_SELECTOR, ".map-stage")
    element.send_keys("-")
    assert zoom_of(driver) < wheeled * 1.6
    element.send_keys("0")
    assert zoom_of(driver) == pytest.approx(home)
    element.send_keys("+")
    driver.find_element(By.CSS_SELECTOR, "[data-do=reset]").click()
    wait(driver, f"Math.abs(document.querySelector('.map').coterie.view.k - {home}) < 1e-6")


def test_drag_moves_the_map(driver: Driver, map_page: Path) -> None:
    visit(driver, map_page)
    element = driver.find_element(By.CSS_SELECTOR, ".map-stage")
    before = driver.execute_script("return document.querySelector('.map').coterie.view.x")
    ActionChains(driver).move_to_element(element).click_and_hold().move_by_offset(
        40, 0
    ).move_by_offset(40, 10).release().perform()
    after = driver.execute_script("return document.querySelector('.map').coterie.view.x")
    assert after == pytest.approx(before + 80, abs=2)


def test_two_fingers_zoom(driver: Driver, map_page: Path) -> None:
    visit(driver, map_page)
    wait(driver, "document.querySelector('.map-stage').dataset.names > 0")
    home = zoom_of(driver)
    driver.execute_script("""
        const stage = document.querySelector(".map-stage");
        stage.setPointerCapture = () => {};  // made-up fingers cannot be captured
        const frame = stage.getBoundingClientRect();
        const touch = (kind, id, x) => stage.dispatchEvent(new PointerEvent(kind, {
            pointerId: id, pointerType: "touch", bubbles: true,
            clientX: frame.left + x, clientY: frame.top + 200 }));
        touch("pointerdown", 1, 300); touch("pointerdown", 2, 400);
        touch("pointermove", 1, 250); touch("pointermove", 2, 450);
        touch("pointerup", 1, 250); touch("pointerup", 2, 450);
    """)
    assert zoom_of(driver) == pytest.approx(home * 2, rel=0.01)
    assert "zoomed" in str(
        driver.find_element(By.CSS_SELECTOR, ".map-stage").get_attribute("class")
    )


def test_legend_isolates_and_shows_all_again(driver: Driver, map_page: Path) -> None:
    visit(driver, map_page)
    entry = driver.find_element(By.CSS_SELECTOR, ".map-legend li button")
    size = entry.find_element(By.TAG_NAME, "small").text
    entry.click()
    assert stage(driver, "shown") == size
    assert entry.get_attribute("aria-pressed") == "true"
    driver.find_element(By.CSS_SELECTOR, ".map-clear").click()
    assert stage(driver, "shown") == "600"


def test_colours_follow_the_partition_chosen(driver: Driver, map_page: Path) -> None:
    visit(driver, map_page)
    driver.execute_script("""
        const menu = document.querySelector(".map-partition");
        menu.value = 1;
        menu.dispatchEvent(new Event("change"));
    """)
    names = [
        span.text for span in driver.find_elements(By.CSS_SELECTOR, ".map-legend li button span")
    ]
    assert sorted(names) == ["cancel", "refund", "track"]


def test_search_finds_words_in_the_texts(driver: Driver, map_page: Path) -> None:
    visit(driver, map_page)
    box = driver.find_element(By.CSS_SELECTOR, ".map-search input")
    box.send_keys("GROUP message 17")
    wait(driver, "document.querySelector('.map-found').textContent.includes('of 600')")
    expected = sum("17" in f"message {i} of group" for i in range(600))
    assert stage(driver, "shown") == str(expected)
    beside = driver.find_elements(By.CSS_SELECTOR, ".map-legend small")
    assert sum(int(number.text) for number in beside) == expected
    box.send_keys(Keys.ENTER)


def test_keyboard_reads_the_row_in_the_middle(driver: Driver, map_page: Path) -> None:
    visit(driver, map_page)
    wait(driver, "document.querySelector('.map-stage').dataset.names > 0")
    element = driver.find_element(By.CSS_SELECTOR, ".map-stage")
    for _ in range(4):
        element.send_keys(Keys.ARROW_RIGHT)
    wait(driver, "!document.querySelector('.map-card').hidden")
    element.send_keys(Keys.ESCAPE)
    wait(driver, "document.querySelector('.map-card').hidden")


def test_group_is_shown_on_the_map(driver: Driver, map_page: Path) -> None:
    visit(driver, map_page)
    driver.execute_script("""
        const group = document.querySelector('.group[data-name="Group 2"]');
        group.open = true;
        group.querySelector(".show-on-map").click();
    """)
    pressed = driver.find_element(By.CSS_SELECTOR, '.map-legend [aria-pressed="true"] span')
    assert pressed.get_attribute("textContent") == "Group 2"


def test_groups_are_found_by_typing(driver: Driver, map_page: Path) -> None:
    visit(driver, map_page)
    driver.find_element(By.CSS_SELECTOR, ".groups-bar input").send_keys("term3")
    shown = [g for g in driver.find_elements(By.CSS_SELECTOR, ".group") if g.is_displayed()]
    assert [group.get_attribute("data-name") for group in shown] == ["Group 3"]


def test_table_sorts_by_number_and_keeps_its_length(driver: Driver, tmp_path: Path) -> None:
    page = Page("T")
    frame = pd.DataFrame({"name": list("abcd"), "rows": [9.0, 1000.0, np.nan, 20.0]})
    page.add(Section("S", [Table(frame, limit=2)]))
    visit(driver, page.write(tmp_path / "table.html"))
    heads = driver.find_elements(By.CSS_SELECTOR, "th")
    heads[1].click()
    assert [r.text for r in driver.find_elements(By.TAG_NAME, "tr")][1:] == [
        "b 1,000",
        "d 20",
        "",
        "",
    ]
    heads[1].click()
    assert driver.find_elements(By.CSS_SELECTOR, "td")[0].text == "a"
    assert heads[1].get_attribute("aria-sort") == "ascending"
    driver.find_element(By.CSS_SELECTOR, ".show-all").click()
    assert len([r for r in driver.find_elements(By.TAG_NAME, "tr") if r.text]) == 5


def test_theme_is_kept(driver: Driver, map_page: Path) -> None:
    visit(driver, map_page)
    colour = "getComputedStyle(document.body).backgroundColor"
    before = driver.execute_script(f"return {colour}")
    driver.find_element(By.ID, "theme").click()
    after = driver.execute_script(f"return {colour}")
    assert after != before
    driver.refresh()
    assert driver.execute_script(f"return {colour}") == after
    driver.find_element(By.ID, "theme").click()


def test_tooltip_tells_a_value(driver: Driver, tmp_path: Path) -> None:
    page = Page("T")
    page.add(Section("S", [Lines([Line("score", [1, 2, 3], [0.1, 0.5, 0.2])])]))
    visit(driver, page.write(tmp_path / "lines.html"))
    dots = driver.find_elements(By.CSS_SELECTOR, "circle.dot")
    ActionChains(driver).move_to_element(dots[1]).perform()
    assert driver.find_element(By.ID, "tip").text == "score: 0.5 at 2"


def test_hostile_text_does_not_run(driver: Driver, hostile: list[str], tmp_path: Path) -> None:
    page = Page("harmless")
    for text in hostile:
        page.add(Section(text, every_block(text)))
    path = page.write(tmp_path / "hostile.html")
    driver.get(path.as_uri())
    wait(driver, "document.querySelectorAll('.map-stage').length")
    hover_point(driver, 0)
    driver.execute_script("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    assert driver.title == "harmless"
    assert complaints(driver) == []
    assert driver.find_element(By.CSS_SELECTOR, ".prose p").text == hostile[0]


def test_policy_stops_what_escaping_would_miss(driver: Driver, tmp_path: Path) -> None:
    page = Page("harmless")
    page.add(Section("S", [Prose("words")]))
    path = page.write(tmp_path / "broken.html")
    hole = "<script>document.title='run'</script><img src=x onerror=\"document.title='run'\">"
    html = path.read_text(encoding="utf-8").replace("<p>words</p>", hole)
    path.write_text(html, encoding="utf-8")
    driver.get(path.as_uri())
    assert driver.title == "harmless"
    assert any("Content Security Policy" in message for message in complaints(driver))


def test_phone_needs_no_sideways_scrolling(driver: Driver, tmp_path: Path) -> None:
    page = Page("A rather long title for a small telephone")
    page.add(Section("All", every_block("plain words")))
    path = page.write(tmp_path / "phone.html")
    phone = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    try:
        visit(driver, path)
        assert driver.execute_script("return document.documentElement.scrollWidth") == 390
    finally:
        driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_27_000_points_are_drawn_and_picked(driver: Driver, tmp_path: Path) -> None:
    page = Page("T")
    page.add(Section("Map", [make_map(27_000, 40)]))
    visit(driver, page.write(tmp_path / "large.html"))
    wait(driver, "document.querySelector('.map-stage').dataset.shown == '27000'")
    hover_point(driver, 26_999)
    wait(driver, "!document.querySelector('.map-card').hidden")
    frame = driver.execute_script("""
        const map = document.querySelector(".map").coterie, begin = performance.now();
        for (let i = 0; i < 20; i++) map.draw();
        return (performance.now() - begin) / 20;
    """)
    print(f"27,000 points: {frame:.1f} ms a frame")  # noqa: T201


def test_two_maps_live_on_one_page(driver: Driver, tmp_path: Path) -> None:
    page = Page("T")
    codes = np.array([0, 1])
    small = Map(np.eye(2), ["one", "two"], [Partition("Other", codes, ["x", "y"])])
    page.add(Section("Maps", [make_map(50), small]))
    visit(driver, page.write(tmp_path / "two.html"))
    wait(driver, "document.querySelectorAll('.map-stage')[1].dataset.names == '2'")
    assert stage(driver, "shown") == "50"


def test_rows_with_long_texts_are_cards_on_a_phone(driver: Driver, tmp_path: Path) -> None:
    frame = pd.DataFrame({"true": ["card_arrival"] * 3, "text": ["word " * 30] * 3})
    page = Page("Mistakes", sections=[Section("S", [Table(frame)])])
    visit(driver, page.write(tmp_path / "page.html"))
    phone = {"width": 390, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    shown = "getComputedStyle(document.querySelector('.wordy tbody tr')).display"
    try:
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)  # type: ignore[no-untyped-call]
        wait(driver, f"{shown} === 'block'")
        box = driver.execute_script(
            "const b = document.querySelector('.scroll'); return [b.scrollWidth, b.clientWidth]"
        )
    finally:
        driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})  # type: ignore[no-untyped-call]
    assert box[0] <= box[1]
    wait(driver, f"{shown} === 'table-row'")


def test_cards_stand_side_by_side_open_and_are_all_shown(driver: Driver, tmp_path: Path) -> None:
    cards = [
        Card(f"n{i}", "word " * 100, 0.8, "s", [("k", f"v{i}")], {"fact": "told"}) for i in range(6)
    ]
    page = Page("Closest", sections=[Section("S", [Cards(cards, limit=4)])])
    visit(driver, page.write(tmp_path / "cards.html"))
    columns = (
        "new Set([...document.querySelectorAll('.card:not(.more)')]"
        ".map((card) => card.getBoundingClientRect().left)).size"
    )
    phone = {"width": 390, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    try:
        for width, wanted in ((1280, 2), (390, 1)):
            size = {**phone, "width": width, "mobile": width == 390}
            driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
            wait(driver, f"{columns} === {wanted}")
            assert driver.execute_script("return document.documentElement.scrollWidth") <= width
    finally:
        driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    whole, facts = driver.find_elements(By.CSS_SELECTOR, ".card details")[:2]
    assert "told" not in facts.text
    for each in (whole, facts):
        each.find_element(By.TAG_NAME, "summary").send_keys(Keys.ENTER)
    assert whole.text.count("word") == 100  # the part gives way to the whole
    assert "told" in facts.text
    driver.find_element(By.CSS_SELECTOR, ".show-all").click()
    shown = [card for card in driver.find_elements(By.CSS_SELECTOR, ".card") if card.is_displayed()]
    assert len(shown) == 6
    assert complaints(driver) == []
