"""BERT-family encoders as an OpenVINO graph, built straight from the safetensors weights.

The architecture is that of Devlin et al. 2019 (https://arxiv.org/abs/1810.04805) and Sanh et al.
2019 (DistilBERT, https://arxiv.org/abs/1910.01108), pooled by the mean over tokens as in Reimers
and Gurevych 2019 (https://arxiv.org/abs/1908.10084). The graph takes texts of one length at a
time, so it needs no padding and no mask.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from coterie.encoders.bert.engine import load_openvino
from coterie.encoders.bert.folder import LAYER_NAMES, BertFolder, weights_prefix

__all__ = ["build_graph"]

Weights = Mapping[str, Any]
Node = Any


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
        table = self._weights["embeddings.word_embeddings.weight"]
        if table.dtype != np.float16:  # a large vocabulary in 16 bits stays so: half the memory
            table = self._array("embeddings.word_embeddings.weight")
        words = op.gather(op.constant(table), ids, _ints(0))
        if table.dtype == np.float16:
            words = op.convert(words, "f32")
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
