"""A tuned encoder as a folder that every stage loads by its path, torch or no torch."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors.torch import save_file
from torch import Tensor

from coterie.encoders.bert import BertFolder

__all__ = ["save_encoder"]

_WEIGHTS = "model.safetensors"
_FILES = (
    "config.json",
    "config_sentence_transformers.json",
    "modules.json",
    "sentence_bert_config.json",
    "special_tokens_map.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "vocab.txt",
)
_ABOUT = "tuned.json"


def save_encoder(
    base: BertFolder, weights: Mapping[str, Tensor], out: Path, *, about: Mapping[str, Any]
) -> list[str]:
    """Write a sentence-transformers folder: the base's settings and tokeniser, other weights.

    Parameters
    ----------
    base
        The encoder that was tuned.
    weights
        By the names of the base's weights file.
    out
        An existing folder.
    about
        Where the encoder comes from, as JSON takes it; written as ``tuned.json``.

    Returns
    -------
    list of str
        Names of what was written.
    """
    written = []
    for name in _FILES:
        if (base.path / name).is_file():
            shutil.copyfile(base.path / name, out / name)
            written.append(name)
    modules = base.path / "modules.json"
    for module in json.loads(modules.read_text(encoding="utf-8")):
        where = Path(str(module["path"]))
        if where.name and (base.path / where).is_dir():
            shutil.copytree(base.path / where, out / where, dirs_exist_ok=True)
            written.append(where.parts[0])
    save_file(dict(weights), out / _WEIGHTS, metadata={"format": "pt"})
    (out / _ABOUT).write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
    return [*written, _WEIGHTS, _ABOUT]
