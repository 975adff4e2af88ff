"""Small indexes with known rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from coterie.search.columns import typed_columns
from coterie.search.storage.parts import NewRows
from coterie.search.storage.reader import IndexReader
from coterie.search.writing import create_index

DIM = 16


def made_rows(
    ids: Sequence[str],
    frame: pd.DataFrame | None = None,
    *,
    texts: Sequence[str] | None = None,
    seed: int = 0,
    dim: int = DIM,
    like: Sequence[Any] = (),
) -> NewRows:
    """Rows with vectors in some loose groups."""
    random = np.random.default_rng(seed)
    centres = np.random.default_rng(1).standard_normal((20, dim))
    vectors = centres[random.integers(0, 20, len(ids))] + 0.6 * random.standard_normal(
        (len(ids), dim)
    )
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    typed = typed_columns(
        pd.DataFrame(index=range(len(ids))) if frame is None else frame, like=like
    )
    said = [f"text of {key}" for key in ids] if texts is None else list(texts)
    return NewRows(
        list(ids), said, vectors.astype(np.float32), typed.arrays, typed.columns, typed.written
    )


@pytest.fixture
def index_of(tmp_path: Path) -> Callable[..., IndexReader]:
    """Make an index of rows."""

    def make(rows: NewRows, name: str = "index") -> IndexReader:
        create_index(tmp_path / name, rows, encoder={}, reading={})
        return IndexReader(tmp_path / name)

    return make
