"""What RESULTS.md says of the studio's map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from benchmarks.tables import judged, table, verdict

__all__ = ["OURS", "PEER", "studio"]

Part = Mapping[str, Any]

OURS, PEER = "Coterie", "datamapplot"
_SOON, _FLUENT = 1.5, 20.0  # seconds; frames a second
# name, where it is in a row, and whether more is better
_FIGURES: Sequence[tuple[str, tuple[str, ...], bool]] = (
    ("first picture with points, s", ("first_seconds",), False),
    ("last picture, s", ("whole_seconds",), False),
    ("frames a second, drag", ("pan", "frames_per_second"), True),
    ("frames a second, wheel", ("zoom", "frames_per_second"), True),
    ("processor ms a frame, drag", ("pan", "cpu_ms_per_frame"), False),
    ("processor ms a frame, wheel", ("zoom", "cpu_ms_per_frame"), False),
    ("JavaScript heap, MiB", ("heap_mib",), False),
    ("process of the page, MiB", ("renderer_mib",), False),
    ("process that draws, MiB", ("drawing_mib",), False),
    ("received, MB", ("megabytes",), False),
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
    return [*blocks, judged(lines), *tables, *_method(abouts, runs), *_compared(abouts)]


def _judged(about: Part, ours: Sequence[Part]) -> list[Sequence[str]]:
    named = f"P11 {about['points']:,} points"
    first = [row["first_seconds"] for row in ours]
    lines: list[Sequence[str]] = []
    if about["set"] == "bitext":
        reached = verdict(-median(first), -_SOON)
        lines.append((f"{named}, first picture, s", _spread(first), "1.5", "", reached))
    for name, key in (("drag", "pan"), ("wheel", "zoom")):
        rates = [row[key]["frames_per_second"] for row in ours]
        reached = verdict(median(rates), _FLUENT)
        figure = f"{named}, frames a second, {name}"
        lines.append(
            (figure, _spread(rates), "20", "60 with a graphics card: not measured", reached)
        )
    return lines


def _sizes(about: Part, repeats: int) -> str:
    kind = "rows of Bitext" if about["set"] == "bitext" else "synthetic points"
    runs = "one run" if repeats == 1 else f"{repeats} runs"
    return f"{about['points']:,} {kind} in {about['segments']} segments, {runs}:"


def _table(pages: Mapping[str, Sequence[Part]]) -> str:
    ours, others = pages[OURS], pages[PEER]
    rows = []
    for name, keys, more in _FIGURES:
        mine = [_at(row, keys) for row in ours]
        cells = [name, _spread(mine)]
        if others:
            theirs = [_at(row, keys) for row in others]
            pairs = zip(mine, theirs, strict=True)
            ratios = [a / b if more else b / a for a, b in pairs]
            cells += [_spread(theirs), _spread(ratios)]
        rows.append(cells)
    head = f"figure | {OURS} | {PEER} | times better, run by run" if others else f"figure | {OURS}"
    return table(head, rows)


def _method(abouts: Sequence[Part], runs: Sequence[Part]) -> list[str]:
    starts = ", ".join(f"{a['first_request_seconds']:.1f} s ({a['points']:,})" for a in abouts)
    again = ", ".join(f"{_spread(_waits(runs, a))} s for {a['points']:,}" for a in abouts)
    busy = _spread([row["busy"] for row in runs])
    return [
        f"Chromium {runs[0]['browser']}, headless, window 1280 x 800, without a graphics card: "
        "SwiftShader draws WebGL on the processor. Each run has a fresh browser, and the pages "
        "take turns; median, lowest and highest. Service, browser and what measures share two "
        f"cores, of which other work used {busy} percent just before a run.",
        "Both pages are timed from the pictures that the browser sends as it draws. The first with "
        "points has half of the coloured pixels of the last; from the last on, less than 0.5% of "
        "the map's pixels change. Where the browser leaves that one out, it is noticed up to 3 "
        "seconds later. Then the map is dragged, and zoomed with the wheel, 3 seconds each. Frames "
        "are callbacks of `requestAnimationFrame`, at most 60 a second; processor time is that of "
        "all processes of the browser. Memory is measured before that, after a collection; the "
        "heap is without typed arrays, which are in the process.",
        "While the map moves, the studio draws as many points as it has time for; all are there "
        f"again after the drag in {again} points. datamapplot always draws all. The service had "
        f"read the points before; its first answer takes {starts}.",
    ]


def _waits(runs: Sequence[Part], about: Part) -> list[float]:
    ours = (row for row in runs if row["set"] == about["set"] and row["page"] == OURS)
    return [row["pan"]["whole_again_seconds"] for row in ours]


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
        "its libraries (`offline_mode`), and no fonts. Its map fills the window, the studio's half "
        "of it. It has all texts in the page; the studio asks for those that are looked at. Its "
        f"files: {sizes}."
    ]


def _at(row: Part, keys: Sequence[str]) -> float:
    found: Any = row
    for key in keys:
        found = found[key]
    return float(found)


def _spread(values: Sequence[float]) -> str:
    return f"{_said(median(values))} ({_said(min(values))} to {_said(max(values))})"


def _said(value: float) -> str:
    """Write three digits, and no more than two after the point."""
    return f"{value:,.{0 if value >= 100 else 1 if value >= 10 else 2}f}"
