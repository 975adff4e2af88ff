"""BadgeNet: a small neural network on a frozen encoder, for thousands of rows and few classes."""

from __future__ import annotations

import hashlib
import json
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import KW_ONLY, asdict, dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
import numpy.typing as npt

from coterie.classifiers.base import TextClassifier
from coterie.classifiers.classification_heads import Features, Head, Layers
from coterie.classifiers.inputs import TextsOrFrame
from coterie.errors import CoterieWarning, OptionError, StoreError
from coterie.extras import require
from coterie.progress import current
from coterie.tuning.unfinished import UnfinishedTrainings

if TYPE_CHECKING:
    from coterie.tuning.checkpoint import CheckpointFolder

__all__ = ["Epoch", "MLPClassifier"]

Ints = npt.NDArray[np.int64]

_KEPT_LEAST = 10  # validation rows below which none are kept: a judgement
_SAVE_EVERY = 5.0  # seconds of training between states that are saved: a judgement
_BEST = ("weights", "biases")  # of the best epoch
_QUICK = 0.2  # seconds of a whole training whose end is not worth saving: a judgement


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

    A training that was interrupted goes on when the same call is made again, with the same result:
    the states of its networks are saved beside the vectors of ``cache``, every five seconds, and
    deleted after the fit.

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

    def fit(self, X: TextsOrFrame, y: Any, groups: Any = None) -> Self:
        """Learn from labelled rows; see `coterie.classifiers.base.TextClassifier.fit`."""
        with UnfinishedTrainings(self.cache) as self._unfinished:
            super().fit(X, y, groups)
        del self._unfinished
        return self

    def _fit_head(self, features: Features, codes: Ints, known: Ints, _setting: Any) -> Head:
        states = None
        if unfinished := getattr(self, "_unfinished", None):
            from coterie.tuning.checkpoint import CheckpointFolder

            fingerprint = _fingerprint(features, codes, self)
            states = CheckpointFolder(unfinished.folder(fingerprint), fingerprint)
        head, self.history_, self.best_epoch_ = _train(features, codes, len(known), self, states)
        return head


@dataclass(slots=True)
class _Run:
    """How far a training has come: ``weights`` and ``biases`` are those of the best epoch."""

    weights: list[Any]
    biases: list[Any]
    best: int = 0
    best_loss: float = np.inf
    history: list[Epoch] = field(default_factory=list)


def _fingerprint(features: Features, codes: Ints, wanted: MLPClassifier) -> str:
    """Hash all that the weights depend on."""
    import torch

    named = ("hidden", "loss", "focus", "epochs", "patience", "batch", "learning_rate")
    settings = {name: getattr(wanted, name) for name in (*named, "validation", "seed")}
    about = [features.shape, str(features.dtype), settings, torch.__version__]
    digest = hashlib.sha256(json.dumps(about, default=str).encode())
    digest.update(np.ascontiguousarray(features).tobytes())
    digest.update(codes.tobytes())
    return digest.hexdigest()


def _train(
    features: Features,
    codes: Ints,
    classes: int,
    wanted: MLPClassifier,
    states: CheckpointFolder | None = None,
) -> tuple[Layers, tuple[Epoch, ...], int]:
    """Train BadgeNet; gives the head, its history, and the epoch of its weights.

    ``states`` is where an interrupted training is kept, and taken up.
    """
    import torch
    from torch import nn

    means, scales = features.mean(axis=0), features.std(axis=0)
    scales = np.where(scales > 1e-8, scales, 1.0).astype(np.float32)
    rng = np.random.default_rng(wanted.seed)
    learnt, kept = _split(codes, wanted.validation, rng)
    x = torch.from_numpy((features - means) / scales)
    y = torch.from_numpy(codes)
    with torch.random.fork_rng(), _one_thread():
        torch.manual_seed(wanted.seed)
        widths = [features.shape[1], *wanted.hidden, classes]
        layers: list[nn.Linear] = [nn.Linear(a, b) for a, b in pairwise(widths)]
        steps: list[nn.Module] = []
        for layer in layers:
            steps += [layer, nn.ReLU()]
        model = nn.Sequential(*steps[:-1])
        focus = wanted.focus if wanted.loss == "focal" else 0.0
        adam = torch.optim.Adam(model.parameters(), lr=wanted.learning_rate, fused=True)
        run = _taken_up(states, layers, adam, rng) or _Run(*_state(layers))
        started = saved = time.monotonic()
        with current().stage("Training the network", wanted.epochs) as stage:
            stage.advance(len(run.history))
            while (epoch := len(run.history) + 1) <= wanted.epochs:
                if epoch - 1 - run.best >= wanted.patience:
                    break
                total = 0.0
                for rows in _batches(learnt, wanted.batch, rng):
                    loss = _loss(model(x[rows]), y[rows], focus)
                    adam.zero_grad(set_to_none=True)
                    torch.autograd.backward(loss)
                    adam.step()
                    total += float(loss.detach()) * len(rows)
                mean = total / len(learnt)
                checked = _check_kept(model, x, y, kept, focus)
                run.history.append(Epoch(epoch, mean, *checked))
                judged = mean if checked[0] is None else checked[0]
                if judged < run.best_loss:
                    run.best, run.best_loss = epoch, judged
                    run.weights, run.biases = _state(layers)
                stage.advance()
                if time.monotonic() - saved >= _SAVE_EVERY:
                    states = _save(states, run, layers, adam, rng)
                    saved = time.monotonic()
        if time.monotonic() - started >= _QUICK:
            _save(states, run, layers, adam, rng)
    weights, biases = list(run.weights), list(run.biases)
    # the standardisation goes into the first layer
    biases[0] = biases[0] - (means / scales) @ weights[0]
    weights[0] = weights[0] / scales[:, None]
    return Layers(weights, biases), tuple(run.history), run.best


@contextmanager
def _one_thread() -> Iterator[None]:
    """Compute in one thread: the steps are so small that sharing them takes longer."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _save(
    states: CheckpointFolder | None,
    run: _Run,
    layers: Sequence[Any],
    adam: Any,
    rng: np.random.Generator,
) -> CheckpointFolder | None:
    """Save the state of a training; a disk that is full costs a warning, never the work."""
    import torch

    from coterie.tuning.checkpoint import Checkpoint

    if states is None:
        return None
    tensors: dict[str, Any] = {}
    for place, layer in enumerate(layers):
        tensors |= {f"weight/{place}": layer.weight, f"bias/{place}": layer.bias}
    for place, moments in adam.state_dict()["state"].items():
        tensors |= {f"moment/{place}/{name}": value for name, value in moments.items()}
    for name, arrays in zip(_BEST, (run.weights, run.biases), strict=True):
        tensors |= {f"{name}/{place}": torch.from_numpy(a) for place, a in enumerate(arrays)}
    facts = {
        "best": run.best,
        "best_loss": run.best_loss,
        "history": [asdict(epoch) for epoch in run.history],
        "random": rng.bit_generator.state,
    }
    try:
        states.write("latest", Checkpoint(tensors, facts))
    except StoreError as error:
        warnings.warn(
            f"{error} The training goes on without saving its state.", CoterieWarning, stacklevel=2
        )
        return None
    return states


def _taken_up(
    states: CheckpointFolder | None, layers: Sequence[Any], adam: Any, rng: np.random.Generator
) -> _Run | None:
    """Go on from the state of an earlier training; None where there is none."""
    import torch

    found = None if states is None else states.read("latest")
    if found is None:
        return None
    tensors, facts = found.tensors, found.facts
    with torch.no_grad():
        for place, layer in enumerate(layers):
            layer.weight.copy_(tensors[f"weight/{place}"])
            layer.bias.copy_(tensors[f"bias/{place}"])
    moments: dict[int, dict[str, Any]] = {}
    for key, value in tensors.items():
        if key.startswith("moment/"):
            _, at, name = key.split("/")
            moments.setdefault(int(at), {})[name] = value
    adam.load_state_dict({"state": moments, "param_groups": adam.state_dict()["param_groups"]})
    rng.bit_generator.state = facts["random"]
    weights, biases = (
        [tensors[f"{name}/{place}"].numpy() for place in range(len(layers))] for name in _BEST
    )
    history = [Epoch(**epoch) for epoch in facts["history"]]
    return _Run(weights, biases, facts["best"], facts["best_loss"], history)


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
