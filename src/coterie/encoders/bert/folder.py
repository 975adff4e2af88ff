"""What a sentence-transformers folder of a BERT model says, and whether it can be run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coterie.encoders.weights import read_config

__all__ = ["LAYER_NAMES", "BertFolder", "read_bert_folder", "weights_prefix"]

_ACTIVATIONS = {"gelu": "erf", "gelu_new": "tanh", "gelu_pytorch_tanh": "tanh"}

LAYER_NAMES = {
    "bert": {
        "layer": "encoder.layer.{}.",
        "query": "attention.self.query",
        "key": "attention.self.key",
        "value": "attention.self.value",
        "out": "attention.output.dense",
        "attention_norm": "attention.output.LayerNorm",
        "up": "intermediate.dense",
        "down": "output.dense",
        "norm": "output.LayerNorm",
    },
    "distilbert": {
        "layer": "transformer.layer.{}.",
        "query": "attention.q_lin",
        "key": "attention.k_lin",
        "value": "attention.v_lin",
        "out": "attention.out_lin",
        "attention_norm": "sa_layer_norm",
        "up": "ffn.lin1",
        "down": "ffn.lin2",
        "norm": "output_layer_norm",
    },
}
"""Each model's names for the same matrices."""


@dataclass(frozen=True, slots=True)
class BertFolder:
    """A sentence-transformers folder that the fast encoder can run."""

    path: Path  # with model.safetensors and tokenizer.json
    kind: str  # "bert" or "distilbert"
    layers: int
    heads: int
    dim: int
    epsilon: float  # of the layer norms
    activation: str  # "erf" or "tanh": how GELU is computed
    max_length: int  # tokens kept of a text, the two special ones among them
    prefix: str = ""  # put before every text


def read_bert_folder(path: Path) -> BertFolder | None:
    """Read what a sentence-transformers folder says; None where the graph cannot run it.

    It runs BERT and DistilBERT with absolute positions, mean pooling and nothing after it but
    normalisation. A folder that says nothing of pooling, as ``distilbert-base-uncased`` on the hub,
    has mean pooling, which is the default of sentence-transformers too.
    """
    config = read_config(path)
    kind = config.get("model_type")
    files = [path / "model.safetensors", path / "tokenizer.json"]
    if (
        kind not in LAYER_NAMES
        or not all(file.is_file() for file in files)
        or not _pools_mean(path)
    ):
        return None
    activation = _ACTIVATIONS.get(
        config.get("activation" if kind == "distilbert" else "hidden_act")
    )
    if activation is None or config.get("position_embedding_type", "absolute") != "absolute":
        return None
    positions = int(config.get("max_position_embeddings", 512))
    limit = read_config(path, "sentence_bert_config.json").get("max_seq_length")
    limit = limit or read_config(path, "tokenizer_config.json").get("model_max_length") or positions
    short = kind == "distilbert"
    return BertFolder(
        path=path,
        kind=kind,
        layers=int(config["n_layers" if short else "num_hidden_layers"]),
        heads=int(config["n_heads" if short else "num_attention_heads"]),
        dim=int(config["dim" if short else "hidden_size"]),
        epsilon=float(config.get("layer_norm_eps", 1e-12)),
        activation=activation,
        max_length=min(int(limit), positions),
        prefix=_prefix(path),
    )


def weights_prefix(weights: Mapping[str, Any]) -> str:
    """Find what stands before ``embeddings.``: nothing, ``bert.`` or ``distilbert.``."""
    word = "embeddings.word_embeddings.weight"
    return next(name.removesuffix(word) for name in weights if name.endswith(word))


def _prefix(path: Path) -> str:
    """Read what the folder puts before a text where nothing else is asked for."""
    settings = read_config(path, "config_sentence_transformers.json")
    prompts = settings.get("prompts") or {}
    return str(prompts.get(settings.get("default_prompt_name")) or "")


def _pools_mean(path: Path) -> bool:
    """Whether the folder is Transformer, mean Pooling and at most Normalize."""
    if not (path / "modules.json").exists():
        return True
    modules = read_config(path, "modules.json")
    if not isinstance(modules, list):
        return False
    kinds = [str(module["type"]).rsplit(".", 1)[-1] for module in modules]
    if kinds not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]):
        return False
    pooling = read_config(path / str(modules[1]["path"]))
    if "pooling_mode" in pooling:
        return bool(pooling["pooling_mode"] == "mean")
    return {name for name, on in pooling.items() if name.startswith("pooling_mode_") and on} == {
        "pooling_mode_mean_tokens"
    }
