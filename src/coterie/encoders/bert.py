"""BERT-family encoders as an OpenVINO graph, built straight from the safetensors weights.

The architecture is that of Devlin et al. 2019 (https://arxiv.org/abs/1810.04805) and Sanh et al.
2019 (DistilBERT, https://arxiv.org/abs/1910.01108), pooled by the mean over tokens as in Reimers
and Gurevych 2019 (https://arxiv.org/abs/1908.10084). The graph takes texts of one length at a
time, so it needs no padding and no mask.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from coterie.encoders.engine import load_openvino

__all__ = ["LAYER_NAMES", "BertFolder", "build_graph", "read_bert_folder", "weights_prefix"]

Weights = Mapping[str, Any]
Node = Any

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
    """A sentence-transformers folder that the graph below can run.

    Attributes
    ----------
    path
        The folder, with ``model.safetensors`` and ``tokenizer.json``.
    kind
        ``"bert"`` or ``"distilbert"``.
    layers, heads, dim
        Its shape.
    epsilon
        Of the layer norms.
    activation
        ``"erf"`` or ``"tanh"``: how GELU is computed.
    max_length
        Tokens kept of a text, the two special ones among them.
    """

    path: Path
    kind: str
    layers: int
    heads: int
    dim: int
    epsilon: float
    activation: str
    max_length: int


def read_bert_folder(path: Path) -> BertFolder | None:
    """Read what a sentence-transformers folder says; None where the graph cannot run it.

    It runs BERT and DistilBERT with absolute positions, mean pooling and nothing after it but
    normalisation.
    """
    config = _json(path / "config.json")
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
    limit = _json(path / "sentence_bert_config.json").get("max_seq_length")
    limit = limit or _json(path / "tokenizer_config.json").get("model_max_length") or positions
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
    )


def build_graph(folder: BertFolder) -> Any:
    """Build the model: token ids (batch, length) int32 to unit vectors (batch, dim) float32."""
    from safetensors.numpy import load_file

    return _Graph(folder, load_openvino(), load_file(folder.path / "model.safetensors")).build()


class _Graph:
    """The graph of one folder, part by part."""

    def __init__(self, folder: BertFolder, ov: Any, weights: Weights) -> None:
        from openvino import opset13

        self._folder, self._ov, self._op = folder, ov, opset13
        prefix = weights_prefix(weights)
        self._weights = {name.removeprefix(prefix): array for name, array in weights.items()}
        self._names = LAYER_NAMES[folder.kind]

    def build(self) -> Any:
        ids = self._op.parameter([-1, -1], np.int32, name="ids")
        hidden = self._embedding(ids)
        for layer in range(self._folder.layers):
            hidden = self._layer(hidden, self._names["layer"].format(layer))
        pooled = self._op.reduce_mean(hidden, _ints([1]), keep_dims=False)
        unit = self._op.normalize_l2(pooled, _ints([1]), 1e-12, "max")
        return self._ov.Model([unit], [ids], self._folder.kind)

    def _embedding(self, ids: Node) -> Node:
        op = self._op
        positions = self._array("embeddings.position_embeddings.weight")
        if "embeddings.token_type_embeddings.weight" in self._weights:
            positions = positions + self._array("embeddings.token_type_embeddings.weight")[0]
        length = op.gather(op.shape_of(ids, "i64"), _ints(1), _ints(0))
        here = op.range(_ints(0), length, _ints(1), "i64")
        words = op.gather(self._constant("embeddings.word_embeddings.weight"), ids, _ints(0))
        return self._norm(
            op.add(words, op.gather(op.constant(positions), here, _ints(0))),
            "embeddings.LayerNorm",
        )

    def _layer(self, hidden: Node, at: str) -> Node:
        op, names = self._op, self._names
        attended = self._linear(self._attention(hidden, at), at + names["out"])
        hidden = self._norm(op.add(hidden, attended), at + names["attention_norm"])
        wide = op.gelu(self._linear(hidden, at + names["up"]), self._folder.activation)
        return self._norm(
            op.add(hidden, self._linear(wide, at + names["down"])), at + names["norm"]
        )

    def _attention(self, hidden: Node, at: str) -> Node:
        op, names, heads = self._op, self._names, self._folder.heads
        swap = _ints([0, 2, 1, 3])
        split = _ints([0, 0, heads, self._folder.dim // heads])
        query, key, value = (
            op.transpose(op.reshape(self._linear(hidden, at + names[part]), split, True), swap)
            for part in ("query", "key", "value")
        )
        mixed = op.transpose(op.scaled_dot_product_attention(query, key, value), swap)
        return op.reshape(mixed, _ints([0, 0, self._folder.dim]), True)

    def _linear(self, hidden: Node, name: str) -> Node:
        product = self._op.matmul(hidden, self._constant(name + ".weight"), False, True)
        return self._op.add(product, self._constant(name + ".bias"))

    def _norm(self, hidden: Node, name: str) -> Node:
        op = self._op
        even = op.mvn(hidden, _ints([-1]), True, self._folder.epsilon, "INSIDE_SQRT")
        return op.add(
            op.multiply(even, self._constant(name + ".weight")), self._constant(name + ".bias")
        )

    def _constant(self, name: str) -> Node:
        return self._op.constant(self._array(name))

    def _array(self, name: str) -> Any:
        return np.ascontiguousarray(self._weights[name], dtype=np.float32)


def _ints(value: int | list[int]) -> Node:
    from openvino import opset13

    return opset13.constant(np.array(value, dtype=np.int64))


def weights_prefix(weights: Weights) -> str:
    """Find what stands before ``embeddings.``: nothing, ``bert.`` or ``distilbert.``."""
    word = "embeddings.word_embeddings.weight"
    return next(name.removesuffix(word) for name in weights if name.endswith(word))


def _pools_mean(path: Path) -> bool:
    """Whether the folder is Transformer, mean Pooling and at most Normalize."""
    modules = _json(path / "modules.json")
    if not isinstance(modules, list):
        return False
    kinds = [str(module["type"]).rsplit(".", 1)[-1] for module in modules]
    if kinds not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]):
        return False
    pooling = _json(path / str(modules[1]["path"]) / "config.json")
    if "pooling_mode" in pooling:
        return bool(pooling["pooling_mode"] == "mean")
    return {name for name, on in pooling.items() if name.startswith("pooling_mode_") and on} == {
        "pooling_mode_mean_tokens"
    }


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
