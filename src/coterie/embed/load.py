"""An encoder by its name."""

from __future__ import annotations

from typing import Any

from coterie.embed.base import Encoder
from coterie.embed.fast import FastEncoder
from coterie.embed.weights import MINILM_HUB, find_minilm, find_model

__all__ = ["load_encoder"]


def load_encoder(name: str = "minilm", *, device: str | None = None, **options: Any) -> Encoder:
    """Load an encoder by its name (work in progress: minilm and BERT folders)."""
    del device
    if name in ("minilm", MINILM_HUB):
        return FastEncoder(find_minilm(options.pop("folder", None)), name="minilm", **options)
    return FastEncoder(find_model(name), name=name, **options)
