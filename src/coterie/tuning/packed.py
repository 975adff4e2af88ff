"""A BERT encoder in torch that computes on real tokens only.

The texts of a batch lie one after another in one long row of tokens, so the matrix products, which
are nearly all of the work, never touch padding; attention runs over the texts of one length at a
time. On short customer text of mixed length that is a third to a half of the usual work saved.
The embeddings of tokens that no training text holds get no gradient, so only those that occur are
kept as a parameter and go through the optimiser.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the customary name

from coterie.encoders.bert import LAYER_NAMES, BertFolder, TokenIds, weights_prefix

__all__ = ["PackedEncoder"]

_WORDS = "embeddings.word_embeddings.weight"
_KINDS = "embeddings.token_type_embeddings.weight"
_POSITIONS = "embeddings.position_embeddings.weight"


class PackedEncoder(nn.Module):
    """BERT or DistilBERT with mean pooling, over packed tokens.

    Parameters
    ----------
    folder
        The model.
    tokens
        Shape (v,), int: the token ids that will occur, ascending and distinct.
    dropout
        Share of the activations dropped in training, after the embeddings and after each half of
        a layer. Attention weights are not dropped.
    """

    def __init__(
        self, folder: BertFolder, tokens: npt.NDArray[np.integer], *, dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.dim = folder.dim
        self._folder, self._names, self._dropout = folder, LAYER_NAMES[folder.kind], dropout
        weights = load_file(folder.path / "model.safetensors")
        self._prefix = weights_prefix(weights)
        self._tokens = torch.from_numpy(np.asarray(tokens, dtype=np.int64))
        place = torch.full((len(weights[self._prefix + _WORDS]),), -1)
        place[self._tokens] = torch.arange(len(tokens))
        self._place = place.numpy()
        self._parameter_of: dict[str, nn.Parameter] = {}
        for name in self._used(weights):
            held = weights[self._prefix + name].float()
            parameter = nn.Parameter(held[self._tokens] if name == _WORDS else held.clone())
            self._parameter_of[name] = parameter
            self.register_parameter(name.replace(".", "/"), parameter)

    def _used(self, weights: dict[str, Tensor]) -> Iterator[str]:
        """Name the parameters that mean pooling needs: a pooler or a head is left out."""
        layers = tuple(self._names["layer"].format(layer) for layer in range(self._folder.layers))
        for full, held in weights.items():
            name = full.removeprefix(self._prefix)
            known = name.startswith(("embeddings.", *layers)) and full.startswith(self._prefix)
            if known and held.is_floating_point():
                yield name

    def forward(self, texts: Sequence[TokenIds]) -> Tensor:
        """Embed texts given as token ids; returns unit vectors, (n, dim) float32."""
        lengths = np.array([len(ids) for ids in texts])
        order = np.argsort(lengths, kind="stable")
        edges = [0, *(np.flatnonzero(np.diff(lengths[order])) + 1).tolist(), len(order)]
        groups = [(stop - start, int(lengths[order[start]])) for start, stop in pairwise(edges)]
        device = self._parameter_of[_WORDS].device
        flat = self._place[np.concatenate([texts[row] for row in order])]
        here = np.concatenate([np.tile(np.arange(length), count) for count, length in groups])
        hidden = self._embedding(
            torch.from_numpy(flat).to(device), torch.from_numpy(here).to(device)
        )
        for layer in range(self._folder.layers):
            hidden = self._layer(hidden, groups, self._names["layer"].format(layer))
        sizes = [count * length for count, length in groups]
        pooled = torch.cat(
            [
                part.reshape(count, length, -1).mean(dim=1)
                for part, (count, length) in zip(torch.split(hidden, sizes), groups, strict=True)
            ]
        )
        back = torch.from_numpy(np.argsort(order, kind="stable")).to(device)
        return F.normalize(pooled.float()[back], dim=1)

    def _embedding(self, ids: Tensor, positions: Tensor) -> Tensor:
        found = F.embedding(ids, self._at(_WORDS)) + F.embedding(positions, self._at(_POSITIONS))
        if _KINDS in self._parameter_of:
            found = found + self._at(_KINDS)[0]
        return self._drop(self._norm(found, "embeddings.LayerNorm"))

    def _layer(self, hidden: Tensor, groups: Sequence[tuple[int, int]], at: str) -> Tensor:
        names = self._names
        attended = self._linear(self._attention(hidden, groups, at), at + names["out"])
        hidden = self._norm(hidden + self._drop(attended), at + names["attention_norm"])
        wide = F.gelu(
            self._linear(hidden, at + names["up"]),
            approximate="tanh" if self._folder.activation == "tanh" else "none",
        )
        narrow = self._drop(self._linear(wide, at + names["down"]))
        return self._norm(hidden + narrow, at + names["norm"])

    def _attention(self, hidden: Tensor, groups: Sequence[tuple[int, int]], at: str) -> Tensor:
        heads, names = self._folder.heads, self._names
        sizes = [count * length for count, length in groups]
        parts = zip(
            *(
                torch.split(self._linear(hidden, at + names[part]), sizes)
                for part in ("query", "key", "value")
            ),
            groups,
            strict=True,
        )
        mixed = []
        for query, key, value, (count, length) in parts:
            shaped = (
                part.reshape(count, length, heads, -1).transpose(1, 2)
                for part in (query, key, value)
            )
            attended = F.scaled_dot_product_attention(*shaped)
            mixed.append(attended.transpose(1, 2).reshape(count * length, -1))
        return torch.cat(mixed)

    def _linear(self, hidden: Tensor, name: str) -> Tensor:
        return F.linear(hidden, self._at(name + ".weight"), self._at(name + ".bias"))

    def _norm(self, hidden: Tensor, name: str) -> Tensor:
        weight, bias = self._at(name + ".weight"), self._at(name + ".bias")
        return F.layer_norm(hidden, weight.shape, weight, bias, self._folder.epsilon)

    def _drop(self, hidden: Tensor) -> Tensor:
        return F.dropout(hidden, self._dropout, self.training) if self._dropout else hidden

    def _at(self, name: str) -> Tensor:
        return self._parameter_of[name]

    def weights(self) -> dict[str, Tensor]:
        """All weights of the folder's file, by its own names, with those learnt in their places.

        Returns
        -------
        dict
            Name to tensor on the CPU, in the data type that the file has.
        """
        weights = load_file(self._folder.path / "model.safetensors")
        for name, parameter in self._parameter_of.items():
            full = self._prefix + name
            learnt = parameter.detach().cpu().to(weights[full].dtype)
            if name == _WORDS:
                weights[full][self._tokens] = learnt
            else:
                weights[full] = learnt
        return weights
