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
from playwright.sync_api import CDPSession, Page, Request, sync_playwright

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
_STILL = 3.0  # seconds without another picture after which it is the last
_LIMIT = 240.0  # seconds until it has to be still
_MOVING = 3.0  # seconds
_LOOK = 2.0  # seconds in which other work on the machine is noticed
_COLOURED = 24  # between the strongest and the weakest channel, of 255
_FIRST = 0.5  # of the coloured pixels of the last picture
_CHANGED, _SAME = 12, 0.005  # of a channel, of 255; share of pixels
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

    The first has half of the coloured pixels of the last, at the same places. The last is the
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


def measure(url: str, area: str, seen: Path | None = None) -> Row:
    """Open a page in a browser of its own, and measure it.

    Parameters
    ----------
    url, area
        Address, and CSS selector of what holds the map.
    seen
        Where pictures of the page are kept, with this beginning of their names.
    """
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("There is no Chromium: run apt-get install -y chromium.")
    busy = psutil.cpu_percent(_LOOK)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        page = browser.new_page(viewport={"width": SIZE[0], "height": SIZE[1]})
        page.set_default_timeout(1000 * _LIMIT)
        map_ = _Map(page, page.context.new_cdp_session(page), browser.new_browser_cdp_session())
        row = map_.open(url, area)
        if seen is not None:
            page.screenshot(path=f"{seen}-still.png")
        row |= map_.memory()
        for name, move in (("pan", _drag), ("zoom", _wheel)):
            row[name] = map_.move(move, None if seen is None else Path(f"{seen}-{name}.png"))
        row |= {"browser": browser.version, "busy": busy}
        browser.close()
    return row


Move = Callable[[Page, float, float, float], None]


@dataclass(eq=False)
class _Map:
    """A map on a page, watched through the browser's tools for developers."""

    page: Page
    session: CDPSession
    system: CDPSession
    area: str = ""
    pictures: list[tuple[float, str]] = field(default_factory=list)
    answered: list[Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("requestfinished", self._answer)
        self.session.on("Page.screencastFrame", self._keep)

    def open(self, url: str, area: str) -> Row:
        """Open the page, and time its first picture with points and the last one."""
        self.area = area
        with self._watching():
            self.page.goto(url, wait_until="commit")
            begun = self.page.evaluate("performance.timeOrigin") / 1000
            self.page.wait_for_selector(area, state="attached")
            self.page.wait_for_load_state("networkidle")
            self._until_still()
        first, whole = times_of(self._since(begun))
        received = sum(each.sizes()["responseBodySize"] for each in self.answered)
        return {"first_seconds": first, "whole_seconds": whole, "bytes": received}

    def memory(self) -> Row:
        """MiB of JavaScript's heap after a collection, and of the processes of page and drawing."""
        self.session.send("HeapProfiler.collectGarbage")
        self.session.send("Performance.enable")
        metrics = self.session.send("Performance.getMetrics")["metrics"]
        heap = next(each["value"] for each in metrics if each["name"] == "JSHeapUsedSize")
        kinds: dict[str, float] = {}
        for each in self.system.send("SystemInfo.getProcessInfo")["processInfo"]:
            used = psutil.Process(each["id"]).memory_info().rss / 2**20
            kinds[each["type"]] = max(kinds.get(each["type"], 0.0), used)
        return {
            "heap_mib": heap / 2**20,
            "renderer_mib": kinds["renderer"],
            "drawing_mib": kinds.get("GPU", 0.0),
        }

    def move(self, move: Move, seen: Path | None) -> Row:
        """Move the map for a while: frames, seconds of processors, and when it is whole again."""
        left, top, right, bottom = self._rectangle()
        x, y = (left + right) / 2, (top + bottom) / 2
        self.page.mouse.move(x, y)
        self.page.wait_for_timeout(1000)
        if move is _drag:
            self.page.mouse.down()
        used, begun = self._used(), time.perf_counter()
        self.page.evaluate(_COUNT)
        while (passed := time.perf_counter() - begun) < _MOVING:
            move(self.page, x, y, passed)
        ended = time.time()
        at: list[float] = self.page.evaluate(_COUNTED)
        seconds, used = time.perf_counter() - begun, self._used() - used
        with self._watching():
            self._until_still()
        again = times_of(self._since(ended))[1]
        if seen is not None:
            self.page.screenshot(path=seen)
        if move is _drag:
            self.page.mouse.up()
        gaps = np.diff(at) if len(at) > 1 else np.array([1000 * seconds])
        return {
            "frames_per_second": len(at) / seconds,
            "p95_ms": float(np.percentile(gaps, 95)),
            "cpu_ms_per_frame": 1000 * used / max(1, len(at)),
            "whole_again_seconds": again,
        }

    @contextmanager
    def _watching(self) -> Iterator[None]:
        """Keep the pictures that the browser draws."""
        self.pictures.clear()
        width, height = _PICTURE
        form = {"format": "jpeg", "quality": 90, "maxWidth": width, "maxHeight": height}
        self.session.send("Page.startScreencast", form)
        yield
        self.session.send("Page.stopScreencast")

    def _answer(self, request: Request) -> None:
        self.answered.append(request)

    def _keep(self, picture: Row) -> None:
        self.pictures.append((picture["metadata"]["timestamp"], picture["data"]))
        self.session.send("Page.screencastFrameAck", {"sessionId": picture["sessionId"]})

    def _until_still(self) -> None:
        """Wait until the picture does not change for a while, and nothing is being drawn."""
        until = time.monotonic() + _LIMIT
        while True:
            seen = len(self.pictures)
            self.page.wait_for_timeout(1000 * _STILL)
            self.page.screenshot()  # waits for what is being drawn
            latest = [_decoded(data) for _, data in self.pictures[max(0, seen - 1) :]]
            if latest and all((np.abs(a - latest[0]) <= _CHANGED).all() for a in latest):
                return
            if time.monotonic() > until:
                raise SystemExit(f"{self.page.url} was not still in {_LIMIT:.0f} seconds.")

    def _since(self, begun: float) -> list[Drawn]:
        """Cut the map out of the pictures since a time; those before count at 0."""
        scale = _PICTURE[0] / SIZE[0]
        left, top, right, bottom = (scale * edge for edge in self._rectangle())
        rows = slice(math.ceil(top), math.floor(bottom))
        columns = slice(math.ceil(left), math.floor(right))
        return [
            Drawn(max(0.0, at - begun), _decoded(data)[rows, columns]) for at, data in self.pictures
        ]

    def _rectangle(self) -> list[float]:
        found: list[float] = self.page.eval_on_selector(self.area, _RECT)
        return found

    def _used(self) -> float:
        """Seconds of processors that the browser has used."""
        found = self.system.send("SystemInfo.getProcessInfo")["processInfo"]
        return float(sum(each["cpuTime"] for each in found))


def _drag(page: Page, x: float, y: float, passed: float) -> None:
    page.mouse.move(x + 180 * math.sin(3 * passed), y + 100 * math.sin(2 * passed))


def _wheel(page: Page, _x: float, _y: float, passed: float) -> None:
    page.mouse.wheel(0, -25 if passed < _MOVING / 2 else 25)


def _decoded(data: str) -> Pixels:
    with Image.open(io.BytesIO(base64.b64decode(data))) as image:
        return np.asarray(image.convert("RGB"), dtype=np.int16)
