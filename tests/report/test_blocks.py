from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from coterie.errors import OptionError
from coterie.formatting import format_number, shorten
from coterie.report import (
    Bars,
    Block,
    Group,
    Groups,
    HeatMap,
    Histogram,
    Line,
    Lines,
    Links,
    Mark,
    Prose,
    Scatter,
    Table,
    WordCloud,
)
from coterie.report.colours import settle_colours
from coterie.report.heatmap import diagonal_order
from coterie.report.html.axes import Scale
from coterie.report.html.markup import tag
from coterie.report.html.sheet import Sheet, draw
from coterie.report.palette import COLOURS, SLOTS, assign_slots

DASH = "\N{EN DASH}"


def render(block: Block) -> str:
    return str(draw(block, Sheet(settle_colours([block]))))


@pytest.mark.parametrize(
    ("value", "spec", "written"),
    [
        (26872, "", "26,872"),
        (np.int64(1000), "", "1,000"),
        (0.67312, "", "0.673"),
        (12345.6, "", "12,346"),
        (0.031, ".1%", "3.1%"),
        (float("nan"), ".1%", DASH),
        (None, "", DASH),
        (np.bool_(True), "", "True"),
        ("98%", "", "98%"),
        (999.7, "", "1,000"),
        (0.0001234, "", "0.000123"),
        (0.0000123, "", "1.23e-05"),
        (123456789012345.6, "", "123,456,789,012,346"),
        (1.5e15, "", "1.5e+15"),
        (-4321.9, "", "-4,322"),
        (130.4, ".2g", "130"),
        (18321.7, ".4g", "18,320"),
        (-18321.7, ".3g", "-18,300"),
        (0.00012, ".1g", "0.0001"),
        (0.00001, ".2g", "1e-05"),
        (float("inf"), "", "inf"),
        (float("-inf"), ".3f", "-inf"),
        (-0.0001, ".3f", "0.000"),
        (-0.0001, ".1%", "0.0%"),
    ],
)
def test_numbers_are_written_for_people(value: object, spec: str, written: str) -> None:
    assert format_number(value, spec) == written


def test_tag_escapes_text_and_attributes() -> None:
    assert tag("text", "<b>", title='"', class_="a", hidden=True, x=None, y=1.5) == (
        '<text title="&#34;" class="a" hidden y="1.5">&lt;b&gt;</text>'
    )


def test_shorten_marks_what_it_cuts() -> None:
    assert shorten("one  two\nthree", 40) == "one two three"
    assert shorten("abcdef", 4) == "abc…"


def test_prose_splits_paragraphs_at_blank_lines() -> None:
    assert render(Prose("one\nstill one\n\n\n\ntwo")).count("<p>") == 2


def test_table_aligns_numbers_and_keeps_every_row() -> None:
    frame = pd.DataFrame({"name": [f"n{i}" for i in range(30)], "rows": range(1000, 1030)})
    html = render(Table(frame, limit=5))
    assert html.count("<tr") == 31
    assert html.count('class="more"') == 25
    assert '<td class="number" data-sort="1029.0">1,029</td>' in html
    assert "Show all 30 rows" in html


def test_table_takes_missing_values_and_doubled_column_names() -> None:
    frame = pd.DataFrame([[1.0, "a"], [np.nan, None]], columns=["x", "x"])
    html = render(Table(frame))
    assert html.count(DASH) == 2


def test_bars_are_as_long_as_their_values() -> None:
    widths = re.findall(r'rect width="([\d.]+)%"', render(Bars(["a", "b", "c"], [4, 1, 0])))
    assert [float(width) for width in widths] == [100, 25, 0]


def test_histogram_counts_every_finite_value() -> None:
    html = render(Histogram([1, 1, 2, 5, float("nan")], bins=4))
    counts = [int(found) for found in re.findall(r": (\d+)</title>", html)]
    assert sum(counts) == 4


def test_histogram_of_whole_numbers_has_bars_of_whole_width() -> None:
    rng = np.random.default_rng(0)
    html = render(Histogram(rng.integers(0, 100, 5000)))
    edges = {float(edge) for edge in re.findall(r"<title>(-?[\d.]+) to", html)}
    assert all(edge % 1 == 0.5 for edge in edges)


def test_lines_place_points_and_marks_on_one_scale() -> None:
    html = render(Lines([Line("s", [2, 4, 8], [0, 1, 0])], marks=[Mark(4, "chosen: 4")]))
    (mark,) = re.findall(r'<line x1="([\d.]+)%" x2="\1%" y1="0" y2="100%"', html)
    assert f'cx="{mark}%"' in html
    assert "chosen: 4" in html


def test_lines_leave_out_points_that_are_not_finite() -> None:
    assert "circle" not in render(Lines([Line("s", [1, 2], [0, 1])], dots=False))
    html = render(Lines([Line("s", [1, 2, 3], [0.5, float("nan"), 0.7])]))
    assert html.count("<circle") == 2


def test_flat_line_and_single_value_can_be_drawn() -> None:
    render(Lines([Line("s", [3], [1.0])]))
    render(Histogram([2.0, 2.0]))
    render(Lines([Line("s", [1, 10], [1, 1])], log_x=True))


def places(html: str) -> list[tuple[float, float]]:
    found = re.findall(r'cx="([\d.]+)%" cy="([\d.]+)%"', html)
    return [(float(x), float(y)) for x, y in found]


@pytest.mark.parametrize("log", [False, True])
def test_scatter_has_two_axes_alike(log: bool) -> None:
    html = render(Scatter([1, 10, 100], [1, 100, 10], ["<a>", "b", "c"], "truth", "said", log=log))
    (low, y), (x, high), (right, middle) = places(html)
    assert low == pytest.approx(100 - y, abs=0.02)  # on the diagonal
    assert x == pytest.approx(100 - middle, abs=0.02)
    assert right == pytest.approx(100 - high, abs=0.02)
    assert right == pytest.approx(96.3, abs=0.1)
    assert (x == pytest.approx(50, abs=0.02)) is log
    assert "&lt;a&gt;: said 1, truth 1</title>" in html
    assert 'x1="0" y1="100%" x2="100%" y2="0"' in html


def test_scatter_leaves_out_what_cannot_be_drawn_and_says_what_it_leaves_out() -> None:
    assert len(places(render(Scatter([1, float("nan"), 3], [1, 2, float("inf")])))) == 1
    html = render(Scatter(range(50), range(50), note="Look.", limit=20))
    assert len(places(html)) == 20
    assert "Look. 20 of 50 points are drawn." in html
    assert "are drawn" not in render(Scatter(range(20), range(20), limit=20))
    narrow, wide = (render(Scatter([4], [4], span=span)) for span in ((4, 8), (0, 8)))
    assert places(narrow)[0][0] < places(wide)[0][0] == 50


@pytest.mark.parametrize("high", [2, 9, 40, 3_000, 1e6, 1e12])
def test_logarithmic_axes_have_a_few_ticks(high: float) -> None:
    texts = [text for _, text in Scale.over([1, high], log=True, pad=0.04).ticks()]
    assert texts[0] == "1"
    assert 2 <= len(texts) <= 5


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Scatter([], []), "finite"),
        (lambda: Scatter([1], [1, 2]), "1 x, 2 y"),
        (lambda: Scatter([1], [1], ["a", "b"]), "2 names"),
        (lambda: Lines([Line("s", [1], [float("nan")])]), "finite"),
        (lambda: Lines([Line("s", [1, 2], [1])]), "2 x and 1 y"),
        (lambda: Histogram([float("inf")]), "finite"),
        (lambda: HeatMap([[1, 2]], ["a"], ["b"]), r"\(1, 2\)"),
        (lambda: HeatMap([[-1]], ["a"], ["b"]), "negative"),
        (lambda: WordCloud({"a": 0}), "zero"),
        (lambda: Links([("words", "javascript:run")]), "javascript:run"),
        (lambda: Links([("words", "//elsewhere/x")]), "//elsewhere/x"),
        (lambda: Groups([Group("a", 1), Group("a", 2)]), "'a'"),
        (lambda: Groups([Group("a", 1, parent="b")]), "'b'"),
    ],
)
def test_what_cannot_be_drawn_is_said(make: Callable[[], Block], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        make()


def test_diagonal_order_undoes_a_shuffle() -> None:
    rng = np.random.default_rng(3)
    blocks = np.kron(np.eye(6), np.ones((3, 1))) * 50 + rng.poisson(1, (18, 6))
    shuffled = blocks[rng.permutation(18)][:, rng.permutation(6)]
    down, across = diagonal_order(shuffled)
    assert sorted(down) == list(range(18))
    peaks = shuffled[np.ix_(down, across)].argmax(axis=1)
    assert (np.diff(peaks) >= 0).all()
    down, across = diagonal_order(shuffled.T)
    assert (np.diff(shuffled.T[np.ix_(down, across)].argmax(axis=0)) >= 0).all()


def test_heat_map_keeps_every_count_and_its_names() -> None:
    counts = np.array([[5, 0], [1, 1200]])
    html = render(HeatMap(counts, ["first row", "second"], ["x", "y"], share="rows"))
    assert "second, y: 1,200 (99.9%)" in html
    assert "first row, x: 5 (100.0%)" in html
    assert html.count("<rect") == 3 + 9  # the filled cells and the scale


@pytest.mark.parametrize("shape", [(11, 27), (27, 11), (130, 77), (1, 1), (2, 5)])
def test_heat_map_of_any_shape_fits_its_frame(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    rows, columns = [f"row {i}" for i in range(shape[0])], [f"c{j}" for j in range(shape[1])]
    html = render(HeatMap(rng.poisson(1, shape), rows, columns))
    frame = re.search(r'viewBox="0 0 (\d+) (\d+)"', html)
    assert frame is not None
    cells = re.findall(r'<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"', html)
    places = np.array(cells, dtype=float)
    ends = (places[:, :2] + places[:, 2:]).max(axis=0)
    assert (ends <= [float(end) for end in frame.groups()]).all()
    assert float(frame[1]) <= 1100


def test_word_cloud_is_deterministic_alphabetical_and_sized_by_weight() -> None:
    weights = {"refund": 300, "order": 900, "pin": 20, "Ärger": 0.5, "<b>": 1}
    html = render(WordCloud(weights))
    assert html == render(WordCloud(dict(reversed(weights.items()))))
    found = re.findall(r'<span title="([^"]+): [^"]+" class="s(\d+) ', html)
    words = {word: int(size) for word, size in found}
    assert list(words) == ["&lt;b&gt;", "order", "pin", "refund", "Ärger"]
    assert words["order"] == 12
    assert words["order"] > words["refund"] > words["pin"] > words["Ärger"] == 1


def test_groups_stand_under_their_parents_largest_first() -> None:
    groups = [
        Group("leaf small", 5, parent="top"),
        Group("other", 30),
        Group("leaf large", 20, parent="top"),
        Group("top", 25),
    ]
    html = render(Groups(groups))
    assert re.findall(r'data-name="([^"]+)"', html) == ["other", "top", "leaf large", "leaf small"]
    assert "36.4%" in html  # of the 55 rows at the top: a child is not counted twice


def luminance(colour: str) -> float:
    channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def test_every_colour_stands_out_on_both_pages() -> None:
    assert len(set(COLOURS)) == SLOTS == 130
    for light, dark in COLOURS:
        assert 1.05 / (luminance(light) + 0.05) >= 3  # on white
        assert (luminance(dark) + 0.05) / (luminance("#181c22") + 0.05) >= 3


@pytest.mark.parametrize("count", [1, 6, 40, 130, 200])
def test_groups_get_their_own_colours(count: int) -> None:
    rng = np.random.default_rng(0)
    slots = assign_slots(rng.normal(size=(count, 2)), rng.integers(1, 100, count))
    assert len(slots) == count
    assert len(set(slots)) == min(count, SLOTS)


def test_a_matrix_with_counts_writes_both_in_each_cell():
    html = render(HeatMap([[3, 1], [0, 5]], ["a", "b"], ["a", "b"], ordered=False, counted=True))
    texts = re.findall(r'class="v\d[^>]*>([^<]*)</text>', html)
    assert texts == ["75%", "3", "25%", "1", "100%", "5"]
    large = HeatMap(np.eye(60), [*map(str, range(60))], [*map(str, range(60))], counted=True)
    assert not re.findall(r'class="v\d', render(large))  # no room: on hover alone


def test_signed_bars_keep_the_sign_and_the_size_of_each_value():
    chart = Bars(["a concept with a long name", "b"], [-0.2, 0.1], format=".2f", signed=True)
    html = render(chart)
    assert re.findall(r'class="number">([^<]*)<', html) == ["-0.20", "+0.10"]
    assert re.findall(r'rect width="([\d.]+)%"', html) == ["100.00", "50.00"]
    assert [bar["text"] for bar in chart.to_dict()["bars"]] == ["-0.20", "+0.10"]


def test_a_part_of_a_text_opens_the_whole_and_a_note_stands_under_its_cell():
    frame = pd.DataFrame({"text": ["first line\nthe line\nlast line", "short"], "n": [1, 2]})
    table = Table(
        frame,
        excerpts={"text": ["… the line …", "short"]},
        cut={"text": 20},
        notes={"n": ["0 to 3", ""]},
    )
    html = render(table)
    assert html.count("<details") == 1
    assert "<summary>… the line …</summary><div>first line\nthe line\nlast line</div>" in html
    assert html.count("<small>") == 1
    first, second = table.to_dict()["columns"]
    assert first["texts"] == ["… the line …", "short"]
    assert first["wholes"] == [frame["text"][0], ""]
    assert second["notes"] == ["0 to 3", ""]


def test_an_option_of_the_command_line_stays_on_one_line_and_is_escaped_once() -> None:
    html = render(Prose("Take --finer, or --show-personal & <no> well-known --."))
    assert '<span class="option">--finer</span>,' in html
    assert '<span class="option">--show-personal</span> &amp; &lt;no&gt; well-known --.' in html
