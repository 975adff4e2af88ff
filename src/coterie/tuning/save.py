"""A tuned encoder as a folder that every stage loads by its path, torch or no torch."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

    from coterie.encoders.bert import BertFolder

__all__ = ["ENCODER_FILES", "save_encoder"]

_WEIGHTS, _ABOUT = "model.safetensors", "tuned.json"
_PROMPTS = "config_sentence_transformers.json"
_SETTINGS = (
    "config.json", _PROMPTS, "modules.json",
    "sentence_bert_config.json", "special_tokens_map.json", "tokenizer.json",
    "tokenizer_config.json", "vocab.txt",
)  # fmt: skip

#: Files and folders that `save_encoder` may write.
ENCODER_FILES = (_WEIGHTS, *_SETTINGS, _ABOUT, "1_Pooling", "2_Normalize")


def save_encoder(
    base: BertFolder, weights: Mapping[str, Tensor], out: Path, *, about: Mapping[str, Any]
) -> None:
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
    """
    from safetensors.torch import save_file

    for name in _SETTINGS:
        if (base.path / name).is_file():
            shutil.copyfile(base.path / name, out / name)
    if base.prefix:
        prompts = {"prompts": {"query": base.prefix}, "default_prompt_name": "query"}
        (out / _PROMPTS).write_text(json.dumps(prompts, indent=2) + "\n", encoding="utf-8")
    modules = base.path / "modules.json"
    if not modules.exists():
        _write_modules(base, out)
    for module in json.loads(modules.read_text("utf-8")) if modules.exists() else ():
        where = Path(str(module["path"]))
        if where.name and (base.path / where).is_dir():
            shutil.copytree(base.path / where, out / where, dirs_exist_ok=True)
    save_file(dict(weights), out / _WEIGHTS, metadata={"format": "pt"})
    (out / _ABOUT).write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")


def _write_modules(base: BertFolder, out: Path) -> None:
    """Write what sentence-transformers reads of a model whose own folder has no such files."""
    modules = [
        {"idx": place, "name": str(place), "path": path, "type": f"sentence_transformers.{kind}"}
        for place, (path, kind) in enumerate(
            [("", "models.Transformer"), ("1_Pooling", "models.Pooling"),
             ("2_Normalize", "models.Normalize")]
        )
    ]  # fmt: skip
    pooling = {"word_embedding_dimension": base.dim, "pooling_mode_mean_tokens": True}
    written = {
        "modules.json": modules,
        "1_Pooling/config.json": pooling,
        "sentence_bert_config.json": {"max_seq_length": base.max_length},
    }
    for folder in ("1_Pooling", "2_Normalize"):
        (out / folder).mkdir(exist_ok=True)
    for name, content in written.items():
        (out / name).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
