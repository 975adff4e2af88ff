"""BadgeNet: a small neural network on a frozen encoder, for thousands of rows and few classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from coterie.classifiers.base import TextClassifier
from coterie.classifiers.classification_heads import Features, Head, Layers
from coterie.errors import OptionError
from coterie.extras import require
from coterie.progress import current

__all__ = ["Epoch", "MLPClassifier"]

Ints = npt.NDArray[np.int64]

_KEPT_LEAST = 10  # validation rows below which none are kept: a judgement


@dataclass(frozen=True, slots=True)
class Epoch:
    """The losses of one epoch, from 1: of the training rows, and of the validation rows.

    The figures of validation are None where there are too few rows to keep any for it.
    """

    epoch: int
    loss: float
    validation_loss: float | None
    validation_accuracy: float | None


@dataclass(eq=False, repr=False)
class MLPClassifier(TextClassifier):
    """A frozen encoder and BadgeNet: input, 128, 64, 64, classes, with ReLU between.

    Trained with Adam; the weights are those of the epoch with the lowest validation loss. Training
    needs torch, predicting does not. The other parameters and attributes are those of
    `coterie.classifiers.base.TextClassifier`. The widths and the settings of Adam are customary
    values, not tuned.

    Parameters
    ----------
    hidden
        Widths of the hidden layers.
    loss
        ``"cross-entropy"``, or ``"focal"``, which gives less weight to rows that are right already
        (Lin et al. 2017, https://arxiv.org/abs/1708.02002).
    focus
        Exponent of the focal loss.
    epochs
        The most passes over the rows.
    patience
        Epochs without a lower validation loss before training stops.
    batch, learning_rate
        Of Adam.
    validation
        Share of the rows that is kept for validation.

    Attributes
    ----------
    history_
        One `Epoch` for each epoch of the training on all rows.
    best_epoch_
        The epoch whose weights are kept.
    """

    kind = "mlp"

    _: KW_ONLY
    hidden: Sequence[int] = (128, 64, 64)
    loss: Literal["cross-entropy", "focal"] = "cross-entropy"
    focus: float = 2.0
    epochs: int = 400
    patience: int = 20
    batch: int = 32
    learning_rate: float = 0.001
    validation: float = 0.15

    def _check(self) -> None:
        super()._check()
        require("torch", extra="torch", purpose="Training the mlp model")
        if self.loss not in ("cross-entropy", "focal"):
            raise OptionError(f"loss is {self.loss!r}: choose cross-entropy or focal.")
        bounds: dict[str, tuple[float, float]] = {
            "focus": (0, 10),
            "epochs": (1, 100_000),
            "patience": (1, 100_000),
            "batch": (1, 65_536),
            "learning_rate": (1e-7, 1),
            "validation": (0, 0.9),
        }
        for name, (least, most) in bounds.items():
            if not least <= getattr(self, name) <= most:
                raise OptionError(f"{name} is {getattr(self, name)}: give {least:g} to {most:g}.")
        if not self.hidden or min(self.hidden) < 1:
            raise OptionError(f"hidden is {self.hidden}: give the width of each hidden layer.")

    def _fit_head(self, features: Features, codes: Ints, known: Ints, _setting: Any) -> Head:
        head, self.history_, self.best_epoch_ = _train(features, codes, len(known), self)
        return head


def _train(
    features: Features, codes: Ints, classes: int, wanted: MLPClassifier
) -> tuple[Layers, tuple[Epoch, ...], int]:
    """Train BadgeNet; gives the head, its history, and the epoch of its weights."""
    import torch
    from torch import nn

    means, scales = features.mean(axis=0), features.std(axis=0)
    scales = np.where(scales > 1e-8, scales, 1.0).astype(np.float32)
    rng = np.random.default_rng(wanted.seed)
    learnt, kept = _split(codes, wanted.validation, rng)
    x = torch.from_numpy((features - means) / scales)
    y = torch.from_numpy(codes)
    with torch.random.fork_rng():
        torch.manual_seed(wanted.seed)
        widths = [features.shape[1], *wanted.hidden, classes]
        layers: list[nn.Linear] = [nn.Linear(a, b) for a, b in pairwise(widths)]
        steps: list[nn.Module] = []
        for layer in layers:
            steps += [layer, nn.ReLU()]
        model = nn.Sequential(*steps[:-1])
        focus = wanted.focus if wanted.loss == "focal" else 0.0
        adam = torch.optim.Adam(model.parameters(), lr=wanted.learning_rate, fused=True)
        best, best_loss, best_state = 0, np.inf, _state(layers)
        history: list[Epoch] = []
        with current().stage("Training the network", wanted.epochs) as stage:
            for epoch in range(1, wanted.epochs + 1):
                total = 0.0
                for rows in _batches(learnt, wanted.batch, rng):
                    loss = _loss(model(x[rows]), y[rows], focus)
                    adam.zero_grad(set_to_none=True)
                    torch.autograd.backward(loss)
                    adam.step()
                    total += float(loss.detach()) * len(rows)
                mean = total / len(learnt)
                checked = _check_kept(model, x, y, kept, focus)
                history.append(Epoch(epoch, mean, *checked))
                judged = mean if checked[0] is None else checked[0]
                stage.advance()
                if judged < best_loss:
                    best, best_loss, best_state = epoch, judged, _state(layers)
                elif epoch - best >= wanted.patience:
                    break
    weights, biases = best_state
    # the standardisation goes into the first layer
    biases[0] = biases[0] - (means / scales) @ weights[0]
    weights[0] = weights[0] / scales[:, None]
    return Layers(weights, biases), tuple(history), best


def _split(codes: Ints, share: float, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Split off a share of each class for validation; none where that would be too few."""
    shuffled = rng.permutation(len(codes))
    order = shuffled[np.argsort(codes[shuffled], kind="stable")]
    sizes = np.bincount(codes)
    rank = np.arange(len(codes)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    kept = np.repeat(np.floor(sizes * share).astype(np.int64), sizes) > rank
    if kept.sum() < _KEPT_LEAST:
        return np.arange(len(codes)), np.zeros(0, dtype=np.int64)
    return np.sort(order[~kept]), np.sort(order[kept])


def _batches(rows: Ints, size: int, rng: np.random.Generator) -> list[Ints]:
    shuffled = rng.permutation(rows)
    return [shuffled[start : start + size] for start in range(0, len(rows), size)]


def _loss(scores: Any, codes: Any, focus: float) -> Any:
    from torch.nn import functional as F  # noqa: N812 - the customary name

    own = F.cross_entropy(scores, codes, reduction="none")
    if focus:
        own = own * (1 - (-own).exp()) ** focus
    return own.mean()


def _check_kept(
    model: Any, x: Any, y: Any, kept: Ints, focus: float
) -> tuple[float | None, float | None]:
    import torch

    if not len(kept):
        return None, None
    with torch.no_grad():
        scores = model(x[kept])
        right = (scores.argmax(dim=1) == y[kept]).float().mean()
        return float(_loss(scores, y[kept], focus)), float(right)


def _state(layers: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    weights = [layer.weight.detach().numpy().T.astype(np.float64) for layer in layers]
    return weights, [layer.bias.detach().numpy().astype(np.float64) for layer in layers]
