from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import coterie
from coterie.encoders import EmbeddingCache
from coterie.errors import InputError


def test_rows_go_to_the_segments_of_a_discovery(
    frame: pd.DataFrame, cache: EmbeddingCache, tmp_path: Path
) -> None:
    found = coterie.discover(
        frame, text="message", id="key", encoder="tfidf", groups=3, cache=cache
    )
    found.save(tmp_path / "found")
    assigned = coterie.assign(
        frame, text="message", id="key", segments=tmp_path / "found", cache=cache
    )
    pd.testing.assert_frame_equal(assigned.assignments, found.assignments)
    page = assigned.save(tmp_path / "assigned")
    assert page.is_file()
    assert f"{len(frame) - 2}" in repr(assigned)
    assert "<table>" in assigned._repr_html_()


def test_two_rows_are_compared_by_their_ids(frame: pd.DataFrame, cache: EmbeddingCache) -> None:
    def alike(first: str, second: str) -> float:
        return coterie.similarity(
            frame, first, second, text="message", id="key", encoder="tfidf", cache=cache
        )

    assert alike("k0", "k0") == pytest.approx(1)
    assert alike("k0", "k1") > alike("k0", "k30")
    with pytest.raises(InputError, match="k1"):
        alike("k0", "k1x")
