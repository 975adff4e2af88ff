from __future__ import annotations

import base64
import json
import re

import numpy as np
import pytest

from coterie.errors import OptionError
from coterie.report import Grid, Map, Page, Partition, Section
from coterie.report.colours import settle_colours
from coterie.report.html.sheet import Sheet, draw

from .conftest import make_map


def data_of(block: Map) -> dict[str, object]:
    html = str(draw(block, Sheet(settle_colours([block]))))
    found = re.search(r'json" id="[^"]+">(.*?)</script>', html, re.DOTALL)
    assert found is not None
    data: dict[str, object] = json.loads(found[1])
    return data


def unpack(text: object, dtype: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(str(text)), dtype=dtype)


def test_every_row_keeps_its_place_text_and_group() -> None:
    block = make_map(500)
    data = data_of(block)
    rows = [int(identity.removeprefix("id-")) for identity in data["ids"]]  # type: ignore[attr-defined]
    assert sorted(rows) == list(range(500))
    assert data["texts"] == [block.texts[row] for row in rows]
    codes = unpack(data["partitions"][0]["codes"], "<i2")  # type: ignore[index]
    assert (codes == np.asarray(block.partitions[0].codes)[rows]).all()
    places = unpack(data["points"], "<u2").reshape(-1, 2) / 65_535
    scaled = block.points - block.points.min(axis=0)
    scaled = scaled / scaled.max()
    assert np.abs(places - scaled[rows]).max() < 1e-4


def test_long_texts_are_cut_and_say_so() -> None:
    data = data_of(make_map(2, texts=["word " * 100, "short"]))
    assert sorted(len(text) for text in data["texts"]) == [5, 160]  # type: ignore[attr-defined]


def test_large_map_is_sampled_by_group_and_says_so() -> None:
    rng = np.random.default_rng(0)
    codes = rng.choice(4, 50_000, p=[0.7, 0.2, 0.0999, 0.0001])
    codes[0] = 3
    block = Map(
        rng.normal(size=(50_000, 2)),
        ["text"] * 50_000,
        [Partition("Segment", codes, list("abcd"))],
        limit=2_000,
    )
    data = data_of(block)
    shown = np.bincount(unpack(data["partitions"][0]["codes"], "<i2"), minlength=4)  # type: ignore[index]
    assert 2_000 <= shown.sum() <= 2_004
    assert shown[3] >= 1
    assert abs(shown[0] / shown.sum() - 0.7) < 0.01
    sizes = [group["size"] for group in data["partitions"][0]["groups"]]  # type: ignore[index]
    assert sum(sizes) == 50_000  # the legend counts all rows
    page = Page("T")
    page.add(Section("Map", [block]))
    assert f"{shown.sum():,} of 50,000 points are drawn" in page.render()


def test_a_sampled_map_shades_where_all_rows_lie() -> None:
    rng = np.random.default_rng(0)
    thick, thin = rng.normal([0, 0], 0.1, (9_000, 2)), rng.normal([9, 3], 0.1, (1_000, 2))
    codes = np.repeat([0, 1], [9_000, 1_000])
    points = np.concatenate([thick, thin])
    block = Map(points, ["t"] * 10_000, [Partition("Segment", codes, ["a", "b"])], limit=500)
    told = data_of(block)["density"]
    assert isinstance(told, dict)
    shade = unpack(told["shade"], "<u1").reshape(told["cells"], told["cells"])
    assert shade.max() == 255
    assert shade.argmax() // told["cells"] < told["cells"] // 4  # the thick one is on the left
    places = (block.places * told["cells"]).astype(int).clip(0, told["cells"] - 1)
    assert (shade[tuple(places.T)] > 0).all()
    assert not shade[told["cells"] // 2].any()
    assert "density" not in data_of(make_map(100))


def test_name_of_a_split_group_lies_on_its_larger_part() -> None:
    rng = np.random.default_rng(0)
    points = np.concatenate([rng.normal(0, 0.1, (70, 2)), rng.normal(10, 0.1, (30, 2))])
    block = Map(points, ["t"] * 100, [Partition("Segment", np.zeros(100, int), ["a"])])
    at = data_of(block)["partitions"][0]["groups"][0]["at"]  # type: ignore[index]
    assert max(at) < 0.1


def test_two_maps_give_a_group_one_colour() -> None:
    first, second = make_map(300), make_map(300, seed=5)
    colours = settle_colours([first, second])
    assert colours == settle_colours([Grid([first])])
    assert draw(first, Sheet(colours)) != draw(second, Sheet(colours))


def test_empty_group_and_flat_map_can_be_drawn() -> None:
    flat = Map(
        np.ones((3, 2)), list("abc"), [Partition("Segment", np.array([0, 0, 2]), list("xyz"))]
    )
    groups = data_of(flat)["partitions"][0]["groups"]  # type: ignore[index]
    assert [group["size"] for group in groups] == [2, 0, 1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"texts": ["a"]}, "1 texts"),
        ({"partitions": []}, "partition"),
        ({"confidence": np.ones(3)}, "3 confidence"),
        ({"partitions": [Partition("S", np.array([0]), ["a"])]}, "1 codes of 'S'"),
        ({"partitions": [Partition("S", np.full(600, 4), ["a"])]}, "code 4"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        make_map(**options)


def test_points_that_are_not_finite_or_flat_pairs_are_refused() -> None:
    partition = Partition("S", np.zeros(2, int), ["a"])
    with pytest.raises(OptionError, match="finite"):
        Map(np.array([[0, np.nan], [1, 1]]), ["a", "b"], [partition])
    with pytest.raises(OptionError, match="shape"):
        Map(np.zeros((2, 3)), ["a", "b"], [partition])


def test_file_stays_small() -> None:
    page = Page("T")
    page.add(Section("Map", [make_map(27_000, 40)]))
    size = len(page.render().encode())
    assert size < 27_000 * 60 + 200_000  # texts of 25 letters, ids of 8


def test_a_name_is_written_only_where_most_points_have_it() -> None:
    rng = np.random.default_rng(0)
    points = np.vstack([rng.normal(0, 1, (300, 2)), rng.normal(20, 1, (100, 2))])
    codes = np.append(rng.choice(2, 300, p=[0.7, 0.3]), np.full(100, 2))
    block = Map(points, ["text"] * 400, [Partition("label", codes, ["many", "few", "apart"])])
    groups = data_of(block)["partitions"][0]["groups"]  # type: ignore[index]
    assert [group["named"] for group in groups] == [True, False, True]
    assert block.to_dict()["partitions"][0]["named"] == [True, False, True]


def test_the_projection_is_named_under_the_map() -> None:
    block = Map(np.eye(2), ["a", "b"], [Partition("p", np.array([0, 1]), ["a", "b"])],
                projection="PCA")  # fmt: skip
    assert "Projection: PCA." in block.caption
