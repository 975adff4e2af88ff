"""The map: near rows near each other, whatever the rows."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import numpy.typing as npt
import pytest
from sklearn.neighbors import NearestNeighbors

from coterie.encoders import Vectors
from coterie.segments.finding.layout import lay_out
from coterie.segments.finding.neighbours import nearest_neighbours

from .blobs import AXES, blobs


def laid_out(vectors: Vectors, *, neighbours: int = 15, seed: int = 0) -> Vectors:
    near = nearest_neighbours(vectors, min(neighbours, len(vectors) - 1))
    return lay_out(vectors, *near, seed=seed)


def purity(layout: Vectors, codes: npt.NDArray[np.int64]) -> float:
    near = NearestNeighbors(n_neighbors=10).fit(layout).kneighbors(return_distance=False)
    return float((codes[near] == codes[:, None]).mean())


def test_blobs_stay_apart() -> None:
    vectors, codes = blobs(8, 60)
    assert purity(laid_out(vectors), codes) > 0.99


def test_groups_that_overlap_are_told_apart_as_in_the_space_they_came_from() -> None:
    vectors, codes = blobs(8, 60, spread=0.25)
    assert purity(laid_out(vectors), codes) > purity(vectors, codes) - 0.05


def test_the_seed_decides_the_map() -> None:
    vectors, _ = blobs(4, 30)
    assert np.array_equal(laid_out(vectors, seed=3), laid_out(vectors, seed=3))
    assert not np.array_equal(laid_out(vectors, seed=3), laid_out(vectors, seed=4))


def test_groups_with_no_edge_between_them_stay_on_one_map() -> None:
    vectors, codes = blobs(10, 20, spread=0.01)
    layout = laid_out(vectors, neighbours=5)
    centres = np.array([layout[codes == code].mean(axis=0) for code in range(10)])
    within = max(float(np.ptp(layout[codes == code], axis=0).max()) for code in range(10))
    assert purity(layout, codes) > 0.99
    assert within > np.ptp(centres, axis=0).max() / 30


@pytest.mark.parametrize("rows", range(2, 11))
def test_a_few_rows_have_places(rows: int) -> None:
    layout = laid_out(blobs(2, 5)[0][:rows])
    assert layout.shape == (rows, 2)
    assert layout.dtype == np.float32
    assert np.isfinite(layout).all()


def test_one_row_has_a_place() -> None:
    nobody = np.zeros((1, 0))
    layout = lay_out(AXES[:1], nobody.astype(np.int64), nobody)
    assert np.array_equal(layout, np.zeros((1, 2)))


def test_equal_rows_part_but_stay_near() -> None:
    layout = laid_out(np.repeat(AXES[:1], 50, axis=0))
    assert np.isfinite(layout).all()
    assert len(np.unique(layout, axis=0)) == 50
    assert np.ptp(layout) < 100


def test_discovery_by_itself_does_not_load_umap() -> None:
    program = """
import sys
import numpy as np
from coterie.segments import EncoderRef, find_groups
rows = np.repeat(np.eye(8, dtype=np.float32), 15, axis=0)
rows += np.float32(0.1) * np.random.default_rng(0).normal(size=rows.shape).astype(np.float32)
rows /= np.linalg.norm(rows, axis=1, keepdims=True)
find_groups([str(row) for row in range(120)], rows, encoder=EncoderRef("eye", "b" * 64, 8))
print({"umap", "numba"} & set(sys.modules))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.strip() == "set()"
