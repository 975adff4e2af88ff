"""How the benchmark of the studio's map reads pictures, and what it writes of its figures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("playwright", reason="needs coterie[dev]")
pytest.importorskip("PIL", reason="needs coterie[dev]")

from benchmarks.studio_page import Drawn, times_of
from benchmarks.studio_results import OURS, PEER, studio


def picture(seconds: float, points: float, names: float = 0.0) -> Drawn:
    """A white map: a share of its left half is red, a share of its right half black."""
    pixels = np.full((100, 100, 3), 255, dtype=np.int16)
    pixels[: int(100 * points), :50] = (255, 0, 0)
    pixels[: int(100 * names), 50:] = 0
    return Drawn(seconds, pixels)


def test_the_first_picture_has_points_and_the_last_changes_no_more() -> None:
    drawn = [
        picture(0.1, 0),
        picture(0.3, 0, names=1),  # names alone are no points
        picture(0.4, 0.2, names=1),
        picture(0.7, 0.8, names=1),
        picture(0.9, 1, names=1),
        picture(4.0, 1, names=1),
    ]
    assert times_of(drawn) == (0.7, 0.9)


def test_a_change_back_is_still_a_change() -> None:
    assert times_of([picture(0.5, 1), picture(0.8, 0), picture(1.2, 1)]) == (0.5, 1.2)


def test_a_page_without_points_is_refused() -> None:
    with pytest.raises(SystemExit):
        times_of([picture(0.1, 0), picture(0.2, 0, names=1)])


def measured(page: str, repeat: int, first: float, rate: float) -> dict[str, Any]:
    moved = {"frames_per_second": rate, "cpu_ms_per_frame": 9.0, "whole_again_seconds": 0.1}
    return {
        "set": "bitext",
        "page": page,
        "repeat": repeat,
        "first_seconds": first,
        "whole_seconds": first + 1,
        "bytes": 2_500_000,
        "heap_mib": 3.0,
        "renderer_mib": 170.0,
        "drawing_mib": 90.0,
        "pan": moved,
        "zoom": moved,
        "browser": "1.2",
        "busy": 10.0 * repeat,
    }


@pytest.mark.parametrize("beside", [False, True])
def test_the_section_compares_run_by_run(beside: bool) -> None:
    peer = {"version": "9.9", "inline": True, "seconds": 1.0, "all_bytes": 3_000_000}
    about = {
        "set": "bitext",
        "points": 26_872,
        "segments": 42,
        "first_request_seconds": 0.5,
        "peer": peer if beside else None,
    }
    rows: list[dict[str, Any]] = [about]
    for repeat, slower in enumerate((2.0, 4.0, 8.0)):
        rows.append(measured(OURS, repeat, 0.5, 40.0))
        if beside:
            rows.append(measured(PEER, repeat, 0.5 * slower, 40.0 / slower))
    text = "\n\n".join(studio({"rows": rows}))
    line = next(line for line in text.splitlines() if line.startswith("| first picture"))
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    assert cells[1] == "0.50 (0.50 to 0.50)"
    assert (cells[2:] == ["2.00 (1.00 to 4.00)", "4.00 (2.00 to 8.00)"]) is beside
    assert ("9.9" in text) is beside
    verdicts = [line.split("|")[-2].strip() for line in text.splitlines() if "| P11" in line]
    assert verdicts == ["reached"] * 3
