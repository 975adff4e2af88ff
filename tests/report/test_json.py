"""A page as JSON beside its HTML."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from coterie.report import (
    Bars,
    Block,
    Grid,
    Group,
    Groups,
    HeatMap,
    Histogram,
    Line,
    Lines,
    Mark,
    Note,
    Page,
    Scatter,
    Section,
    Table,
    Tile,
    Tiles,
)

from .conftest import make_map
from .showing import missing
from .test_page import every_block, page_of

FRAME = pd.DataFrame(
    {
        "name": ["one", None, "three"],
        "rows": np.array([1, 20_000, 3], dtype=np.int64),
        "share": [0.25, np.nan, 1 / 3],
        "found": pd.array([True, None, False], dtype="boolean"),
        "when": pd.to_datetime(["2026-01-02", None, "2026-03-04"]),
    }
)

FIGURES: list[Block] = [
    Tiles(
        [Tile("groups", np.int64(1234)), Tile("nothing", float("nan"), "of 17"), Tile("a", "9%")]
    ),
    Table(FRAME, "Heading", "Caption", {"share": ".1%"}),
    Bars(pd.Index(["p", "q"]), np.array([0.5, np.inf]), format=".1%"),
    Histogram([1, 1, 2, 5, float("nan")], "words", bins=4),
    Histogram({"a": [1.0, 2.0, 2.5], "b": [3.0]}),
    Lines([Line("s", np.array([3, 1, 2]), [0.123, np.nan, 7e-5])], marks=[Mark(2, "chosen")]),
    Scatter(range(1, 31), np.arange(1, 31) * 1.5, pd.Series(["n"] * 30), "is", "was", limit=20),
    HeatMap([[5, 0], [1, 1200]], ["r", "s"], ["x", "y"], "down", "across"),
    HeatMap([[0.5, 0.25]], ["r"], ["x", "y"], share=None),
    Groups(
        [
            Group("top", 30, "About.", ("t", "u"), ["quoted"], 0.75, None, {"core": 20, "odd": 10}),
            Group("leaf", 25, parent="top", facts={"purest": "98%"}),
        ]
    ),
]


def only(block: Block) -> dict[str, object]:
    data = json.loads(json.dumps(block.to_dict(), allow_nan=False))
    assert isinstance(data, dict)
    return data


@pytest.mark.parametrize(
    "block", [*every_block("words"), *FIGURES], ids=lambda block: type(block).__name__
)
def test_json_has_every_word_and_figure_of_the_html(block: Block) -> None:
    assert missing(page_of(Grid([block]))) == set()


def test_what_json_lacks_is_seen() -> None:
    class Silent(Note):
        def to_dict(self) -> dict[str, object]:
            return {}

    assert missing(page_of(Silent("heard", "4711"))) == {"heard", "4711"}


def test_each_block_has_a_kind_of_its_own() -> None:
    kinds = [block.to_dict()["kind"] for block in every_block("words")]
    assert sorted(kinds) == [  # type: ignore[type-var]
        *(
            "bars",
            "cards",
            "cards",
            "chips",
            "grid",
            "groups",
            "heat_map",
            "histogram",
            "lines",
            "links",
            "map",
            "note",
        ),
        *("prose", "scatter", "table", "tiles", "word_cloud"),
    ]


def test_page_has_a_form_and_the_colours_of_its_groups() -> None:
    page = Page("T", "under", footer="end", lang="de")
    page.add(Section("Map", [Grid([make_map(60)])], "before"))
    data = page.to_dict()
    assert {**data, "sections": 0} == {
        "form": 1,
        "title": "T",
        "subtitle": "under",
        "footer": "end",
        "lang": "de",
        "sections": 0,
        "colours": data["colours"],
    }
    assert set(data["colours"]) == {"Segment", "intent"}
    assert set(data["colours"]["Segment"]) == {f"Group {code}" for code in range(6)}
    (section,) = data["sections"]
    assert (section["title"], section["intro"]) == ("Map", "before")
    assert section["blocks"][0]["blocks"][0]["kind"] == "map"


def test_table_keeps_what_is_shown_and_what_is_sorted_by() -> None:
    columns = {column["name"]: column for column in only(FIGURES[1])["columns"]}  # type: ignore[attr-defined]
    assert columns["rows"]["texts"] == ["1", "20,000", "3"]
    assert columns["rows"]["values"] == [1, 20_000, 3]
    assert columns["share"]["texts"][0] == "25.0%"
    assert columns["share"]["values"] == [0.25, None, 0.333333]
    assert "values" not in columns["name"]
    assert [name for name, column in columns.items() if column["numeric"]] == ["rows", "share"]


def test_heat_map_is_in_the_order_shown() -> None:
    data = only(HeatMap([[0, 9], [8, 1]], ["r", "s"], ["x", "y"]))
    values = dict(zip(data["rows"], data["values"], strict=True))  # type: ignore[call-overload]
    columns = data["columns"]
    assert isinstance(columns, list)
    assert values["r"][columns.index("y")] == 9
    assert values["s"][columns.index("x")] == 8
    assert np.array(data["values"]).argmax(axis=1).tolist() == [0, 1]


def test_map_is_compact_and_points_and_codes_belong_together() -> None:
    block = make_map(27_000, 40)
    data = only(block)
    assert len(json.dumps(data, separators=(",", ":"))) < 27_000 * 80 + 50_000
    rows = [int(identity.removeprefix("id-")) for identity in data["ids"]]  # type: ignore[attr-defined]
    codes = data["partitions"][0]["codes"]  # type: ignore[index]
    assert codes == block.partitions[0].codes[rows].tolist()
    sampled = only(replace(block, limit=500))
    assert sampled["n"] == 27_000
    assert len(sampled["x"]) == len(sampled["texts"]) <= 540  # type: ignore[arg-type]
    assert "of 27,000 points are drawn" in str(sampled["note"])
    assert np.shape(sampled["density"]) == (96, 96)
    assert "density" not in data


def test_blocks_load_no_renderer() -> None:
    code = (
        "import sys, coterie.report, coterie.report.blocks, coterie.report.page\n"
        "print([name for name in sys.modules if name.startswith(('jinja2', 'markupsafe', "
        "'coterie.report.html'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
