"""A page with a map, opened in Chromium: its first picture, its frames, what it takes.

All pages are measured alike, from outside. When a picture is there is read from the pictures that
the browser sends while it draws, a share of the window's size; each has the time it was drawn at.
"""

from __future__ import annotations

import base64
import io
import math
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import psutil
from PIL import Image
from playwright.sync_api import CDPSession, Page, sync_playwright

__all__ = ["FLAGS", "SIZE", "Drawn", "measure", "times_of"]

SIZE = (1280, 800)
# WebGL drawn by the processor, which Chromium refuses without a graphics card unless it is told to;
# no name of another machine is looked up.
FLAGS = (
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--enable-unsafe-swiftshader",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
_PICTURE = (640, 400)
_STILL = 4.0  # seconds without another picture after which it is the last
_MOVING = 3.0  # seconds
_COLOURED = 40  # between the strongest and the weakest channel, of 255
_FIRST = 0.1  # of the coloured pixels of the last picture
_CHANGED, _SAME = 32, 0.005  # of a channel, of 255; share of pixels
_RECT = "e => { const b = e.getBoundingClientRect(); return [b.left, b.top, b.right, b.bottom] }"
_COUNT = """() => {
    const frames = window.__frames = [];
    window.__counting = true;
    const next = () => {
        frames.push(performance.now());
        if (window.__counting) requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
}"""
_COUNTED = "() => { window.__counting = false; return window.__frames; }"

Pixels = npt.NDArray[np.int16]
Row = dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """A picture of the map, (height, width, 3), and its seconds since the navigation."""

    seconds: float
    pixels: Pixels


def times_of(pictures: list[Drawn]) -> tuple[float, float]:
    """Find when the first picture with points and the last picture were drawn.

    The first has a tenth of the coloured pixels of the last, at the same places. The last is the
    first from which on hardly a pixel changes any more.
    """
    last = pictures[-1].pixels
    points = np.ptp(last, axis=2) > _COLOURED
    if not points.any():
        raise SystemExit("The page shows no points.")
    first = next(
        each.seconds
        for each in pictures
        if (np.ptp(each.pixels[points], axis=1) > _COLOURED).mean() >= _FIRST
    )
    whole = pictures[-1].seconds
    for each in reversed(pictures):
        changed = np.abs(each.pixels - last).max(axis=2) > _CHANGED
        if changed.mean() > _SAME:
            break
        whole = each.seconds
    return first, max(first, whole)


def measure(url: str, area: str, seen: Path | None = None, limit: float = 180.0) -> Row:
    """Open a page in a browser of its own, and measure it.

    Parameters
    ----------
    url, area
        Address, and CSS selector of what holds the map.
    seen
        Where pictures of the page are kept, with this beginning of their names.
    limit
        Seconds until the page has to be still.
    """
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("There is no Chromium: run apt-get install -y chromium.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        page = browser.new_page(viewport={"width": SIZE[0], "height": SIZE[1]})
        system, session = browser.new_browser_cdp_session(), page.context.new_cdp_session(page)
        received: list[Any] = []
        page.on("requestfinished", lambda request: received.append(request))
        pictures = _opened(page, session, url, area, limit)
        first, whole = times_of(pictures)
        if seen is not None:
            page.screenshot(path=f"{seen}-still.png")
        row: Row = {"first_seconds": first, "whole_seconds": whole, "pictures": len(pictures)}
        row["bytes"] = sum(each.sizes()["responseBodySize"] for each in received)
        row |= _memory(session, system)
        for name, move in (("pan", _drag), ("zoom", _wheel)):
            row[name] = _moving(page, system, area, move)
            if seen is not None:
                page.screenshot(path=f"{seen}-{name}.png")
        row["browser"] = browser.version
        browser.close()
    return row


def _opened(
    page: Page, session: CDPSession, url: str, area: str, limit: float
) -> list[Drawn]:
    """Open a page, and give the pictures of its map until it is still."""
    kept: list[tuple[float, str]] = []

    def keep(picture: Row) -> None:
        kept.append((picture["metadata"]["timestamp"], picture["data"]))
        session.send("Page.screencastFrameAck", {"sessionId": picture["sessionId"]})

    session.on("Page.screencastFrame", keep)
    width, height = _PICTURE
    session.send(
        "Page.startScreencast",
        {"format": "jpeg", "quality": 80, "maxWidth": width, "maxHeight": height},
    )
    page.goto(url, wait_until="commit")
    begun = page.evaluate("performance.timeOrigin") / 1000
    page.wait_for_selector(area, state="attached", timeout=1000 * limit)
    until = time.monotonic() + limit
    looked, before, since = 0, None, time.monotonic()
    while time.monotonic() - since < _STILL or before is None:
        if time.monotonic() > until:
            raise SystemExit(f"{url} was not still in {limit:.0f} seconds.")
        page.wait_for_timeout(100)
        for _, data in kept[looked:]:
            pixels = _decoded(data)
            if before is None or (np.abs(pixels - before) > _CHANGED).any():
                before, since = pixels, time.monotonic()
        looked = len(kept)
    session.send("Page.stopScreencast")
    left, top, right, bottom = _rectangle(page, area)
    scale = width / SIZE[0]
    rows = slice(math.ceil(top * scale), math.floor(bottom * scale))
    columns = slice(math.ceil(left * scale), math.floor(right * scale))
    return [
        Drawn(at - begun, _decoded(data)[rows, columns]) for at, data in kept if at >= begun
    ]


def _decoded(data: str) -> Pixels:
    with Image.open(io.BytesIO(base64.b64decode(data))) as image:
        return np.asarray(image.convert("RGB"), dtype=np.int16)


def _rectangle(page: Page, area: str) -> list[float]:
    found: list[float] = page.eval_on_selector(area, _RECT)
    return found


def _memory(session: CDPSession, system: CDPSession) -> Row:
    """MiB of JavaScript's heap after a collection, of the page's process and of all processes."""
    session.send("HeapProfiler.collectGarbage")
    session.send("Performance.enable")
    metrics = session.send("Performance.getMetrics")["metrics"]
    heap = next(each["value"] for each in metrics if each["name"] == "JSHeapUsedSize")
    kinds: dict[str, float] = {}
    for each in system.send("SystemInfo.getProcessInfo")["processInfo"]:
        used = psutil.Process(each["id"]).memory_info().rss / 2**20
        kinds[each["type"]] = max(kinds.get(each["type"], 0.0), used)
    return {
        "heap_mib": heap / 2**20,
        "renderer_mib": kinds["renderer"],
        "drawing_mib": kinds.get("GPU", 0.0),
    }


Move = Callable[[Page, float, float, float], None]


def _moving(page: Page, system: CDPSession, area: str, move: Move) -> Row:
    """Count the frames while the map is moved, and the processors' seconds of the browser."""
    left, top, right, bottom = _rectangle(page, area)
    x, y = (left + right) / 2, (top + bottom) / 2
    page.mouse.move(x, y)
    page.wait_for_timeout(1000)
    with _held(page, move is _drag):
        used, begun = _used(system), time.perf_counter()
        page.evaluate(_COUNT)
        while (passed := time.perf_counter() - begun) < _MOVING:
            move(page, x, y, passed)
        at: list[float] = page.evaluate(_COUNTED)
        seconds, used = time.perf_counter() - begun, _used(system) - used
    page.wait_for_timeout(2000)
    gaps = np.diff(at) if len(at) > 1 else np.array([1000 * seconds])
    return {
        "frames_per_second": len(at) / seconds,
        "p95_ms": float(np.percentile(gaps, 95)),
        "cpu_ms_per_frame": 1000 * used / max(1, len(at)),
    }


@contextmanager
def _held(page: Page, button: bool) -> Iterator[None]:
    if button:
        page.mouse.down()
    yield
    if button:
        page.mouse.up()


def _drag(page: Page, x: float, y: float, passed: float) -> None:
    page.mouse.move(x + 180 * math.sin(3 * passed), y + 100 * math.sin(2 * passed))


def _wheel(page: Page, x: float, y: float, passed: float) -> None:
    page.mouse.wheel(0, -25 if passed < _MOVING / 2 else 25)


def _used(system: CDPSession) -> float:
    """Seconds of processors that the browser has used."""
    found = system.send("SystemInfo.getProcessInfo")["processInfo"]
    return float(sum(each["cpuTime"] for each in found))
