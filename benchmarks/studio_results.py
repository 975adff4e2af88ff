"""What RESULTS.md says of the studio's map."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Any

from benchmarks.tables import judged, table, verdict

__all__ = ["OURS", "PEER", "studio"]

Part = Mapping[str, Any]

OURS, PEER = "Coterie", "datamapplot"
_SOON, _FLUENT, _SMOOTH = 1.5, 20.0, 60.0  # seconds; frames a second
# name, where it is in a row, form, and whether more is better
_FIGURES: Sequence[tuple[str, tuple[str, ...], str, bool]] = (
    ("first picture with points, s", ("first_seconds",), "{:.2f}", False),
    ("last picture, s", ("whole_seconds",), "{:.2f}", False),
    ("frames a second, drag", ("pan", "frames_per_second"), "{:.1f}", True),
    ("frames a second, wheel", ("zoom", "frames_per_second"), "{:.1f}", True),
    ("processor ms a frame, drag", ("pan", "cpu_ms_per_frame"), "{:.0f}", False),
    ("processor ms a frame, wheel", ("zoom", "cpu_ms_per_frame"), "{:.0f}", False),
    ("last picture after the drag, s", ("pan", "whole_again_seconds"), "{:.2f}", False),
    ("JavaScript heap, MiB", ("heap_mib",), "{:.1f}", False),
    ("process of the page, MiB", ("renderer_mib",), "{:.0f}", False),
    ("process that draws, MiB", ("drawing_mib",), "{:.0f}", False),
    ("received, MB", ("megabytes",), "{:.2f}", False),
)


def studio(part: Part) -> list[str]:
    """Say how soon the map is there and how smoothly it moves, beside another page."""
    abouts = [row for row in part["rows"] if "points" in row]
    runs = [row | {"megabytes": row["bytes"] / 1e6} for row in part["rows"] if "page" in row]
    blocks = ["## P11: the studio's map in a browser, without a graphics card"]
    lines: list[Sequence[str]] = []
    tables: list[str] = []
    for about in abouts:
        own = [row for row in runs if row["set"] == about["set"]]
        pages = {page: [row for row in own if row["page"] == page] for page in (OURS, PEER)}
        lines += _judged(about, pages[OURS])
        tables += [_sizes(about, len(pages[OURS])), _table(pages)]
    return [*blocks, judged(lines), *tables, _method(abouts, runs), *_compared(abouts)]


def _judged(about: Part, ours: Sequence[Part]) -> list[Sequence[str]]:
    named = f"P11 {about['points']:,} points"
    first = [row["first_seconds"] for row in ours]
    lines: list[Sequence[str]] = []
    if about["set"] == "bitext":
        reached = verdict(-median(first), -_SOON)
        lines.append((f"{named}, first picture, s", _spread(first, "{:.2f}"), "1.5", "", reached))
    for name, key in (("drag", "pan"), ("wheel", "zoom")):
        rates = [row[key]["frames_per_second"] for row in ours]
        reached = verdict(median(rates), _FLUENT, _SMOOTH)
        figure = f"{named}, frames a second, {name}"
        lines.append((figure, _spread(rates, "{:.1f}"), "20", "60 with a graphics card", reached))
    return lines


def _sizes(about: Part, repeats: int) -> str:
    kind = "rows of Bitext" if about["set"] == "bitext" else "synthetic points"
    runs = "one run" if repeats == 1 else f"{repeats} runs"
    return f"{about['points']:,} {kind} in {about['segments']} segments, {runs}:"


def _table(pages: Mapping[str, Sequence[Part]]) -> str:
    ours, others = pages[OURS], pages[PEER]
    rows = []
    for name, keys, form, more in _FIGURES:
        mine = [_at(row, keys) for row in ours]
        cells = [name, _spread(mine, form)]
        if others:
            theirs = [_at(row, keys) for row in others]
            pairs = zip(mine, theirs, strict=True)
            ratios = [a / max(b, 1e-9) if more else b / max(a, 1e-9) for a, b in pairs]
            cells += [_spread(theirs, form), _spread(ratios, "{:.2g}") if min(mine) > 0 else ""]
        rows.append(cells)
    head = f"figure | {OURS} | {PEER} | times better, run by run" if others else f"figure | {OURS}"
    return table(head, rows)


def _method(abouts: Sequence[Part], runs: Sequence[Part]) -> str:
    starts = ", ".join(f"{a['first_request_seconds']:.1f} s ({a['points']:,})" for a in abouts)
    browser = runs[0]["browser"]
    busy = _spread([row["busy"] for row in runs], "{:.0f}%")
    return (
        f"Chromium {browser}, headless, window 1280 x 800, on the processor alone; WebGL is drawn "
        "by SwiftShader. A fresh browser for each run, the pages in turns; median, lowest and "
        "highest. Service, browser and what measures share two cores, which other work kept busy "
        f"for {busy} of the 2 seconds before a run. From the navigation on, the "
        "browser sends a small picture after each frame. The first picture with points has half "
        "of the coloured pixels of the last one; from the last one on, less than 0.5% of the map's "
        "pixels change. The map is dragged, then zoomed in and out with the wheel, 3 seconds each, "
        "by events of the browser's own as fast as the page takes them; frames are callbacks of "
        "`requestAnimationFrame`, of which there are 60 a second at most. Processor time is that "
        "of all processes of the browser, of a frame. While the map moves, the studio draws as "
        "many points as it has time for, and all when it is still; datamapplot always draws all. "
        "Memory is measured before the moves, the heap after a collection. The service had "
        f"answered for the points once: its first answer takes {starts}."
    )


def _compared(abouts: Sequence[Part]) -> list[str]:
    peers = [(about, about["peer"]) for about in abouts if about["peer"] is not None]
    if not peers:
        return [f"{PEER} was not measured: DATAMAPPLOT_PYTHON named no Python that has it."]
    sizes = ", ".join(
        f"{each['all_bytes'] / 1e6:.1f} MB for {about['points']:,} points, "
        f"{'in one file' if each['inline'] else 'in several files'}"
        for about, each in peers
    )
    return [
        f"{PEER} {peers[0][1]['version']} shows the same places, names and texts, with its "
        "defaults and its search box, from a server of files on the same machine. Its page holds "
        "its libraries (`offline_mode`), and no fonts. It has the texts in the page, and the "
        f"studio asks for them as needed. Its files: {sizes}."
    ]


def _at(row: Part, keys: Sequence[str]) -> float:
    found: Any = row
    for key in keys:
        found = found[key]
    return float(found)


def _spread(values: Sequence[float], form: str) -> str:
    said: Callable[[float], str] = form.format
    return f"{said(median(values))} ({said(min(values))} to {said(max(values))})"
