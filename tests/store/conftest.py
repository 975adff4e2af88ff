"""What these tests share."""

import pytest


@pytest.fixture(scope="module")
def fast_disk():
    """Do not wait for the disk where no test is about it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.fsync", lambda _: None)
        yield
