"""Numbers as people read them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from coterie.formatting import percent


@given(st.floats(0, 1))
def test_only_none_and_all_are_written_as_0_and_100_percent(share: float) -> None:
    written = percent(share)
    assert (written == "0.0%") == (share == 0)
    assert (written == "100.0%") == (share == 1)
    assert percent(0.9762) == "97.6%"
