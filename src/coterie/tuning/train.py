"""The training itself: steps, checks on rows kept back, and the states that it leaves."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the customary name

from coterie.encoders.bert import BertFolder, Tokeniser
from coterie.encoders.weights import sha256_of
from coterie.errors import InputError
from coterie.metrics import cosine_silhouette
from coterie.options import TrainerOptions
from coterie.progress import current
from coterie.tuning.check import Check
from coterie.tuning.checkpoint import Checkpoint, CheckpointFolder
from coterie.tuning.losses import hardest_triplet, info_nce, ranking, triplet
from coterie.tuning.packed import PackedEncoder
from coterie.tuning.pairs import draw_pairs, draw_triplets, epoch_batches

__all__ = ["Check", "Training", "train"]

Ints = npt.NDArray[np.int64]
Vectors = npt.NDArray[np.float32]

# See docs/methodology.md where a line says nothing else.
_CLIP = 1.0  # length of the gradient
_TOKENS = 4096  # embedded at a time where no gradient is wanted
_KEEP_EVERY = 60.0  # seconds between states that are kept
_QUICKER = 30.0  # times the learning rate, of the projection: at 1 it learnt nothing by the end
_BETTER = 1e-3  # of separation, to count as an improvement; a judgement
_LOOKED_AT = 256  # training rows whose spread is measured where there are no validation rows


@dataclass(frozen=True, slots=True, eq=False)
class Training:
    """What a training came to.

    Attributes
    ----------
    weights
        All weights of the model's file, by its names: those of the best epoch.
    checks
        One for each epoch, the first for the encoder as it was.
    best
        The epoch whose weights these are; 0 for those before training, where no epoch separates the
        validation rows better, or all texts became alike.
    steps, seconds
        Of all training, that before a restart among it.
    resumed
        The step at which an earlier, unfinished run was taken up; 0 where there was none.
    precision
        ``"f32"`` or ``"bf16"``: what was computed in.
    """

    weights: dict[str, Tensor]
    checks: tuple[Check, ...]
    best: int
    steps: int
    seconds: float
    resumed: int
    precision: str

    @property
    def collapsed(self) -> bool:
        """Whether training made all texts alike, and was stopped for that."""
        return self.checks[-1].collapsed(self.checks[0])


@dataclass(slots=True)
class _State:
    step: int = 0
    checks: list[Check] = field(default_factory=list)
    loss: float = 0.0  # sum over the steps of this epoch
    seconds: float = 0.0  # of this epoch


def train(
    folder: BertFolder,
    texts: Sequence[str],
    labels: npt.NDArray[np.object_],
    vectors: Vectors,
    kept: npt.NDArray[np.integer],
    *,
    checkpoints: Path,
    options: TrainerOptions,
) -> Training:
    """Train an encoder so that texts of one label come near each other.

    Parameters
    ----------
    folder
        The encoder to start from; it is not changed.
    texts, labels
        n labelled texts.
    vectors
        Shape (n, d), float32: the encoder's own vectors of the texts, from which hard negatives
        are mined.
    kept
        Validation rows, by which the best epoch is chosen, the one before training included; the
        others are training rows. Where there are none, the last epoch stays.
    checkpoints
        Folder for the states of an unfinished training: where it holds one of the very same
        training, that is taken up. Remove the folder when the result is safe.
    options
        See `TrainerOptions`.

    Raises
    ------
    InputError
        When no label has two different texts.
    StoreError
        When a state cannot be written; the one before is whole.

    Notes
    -----
    Training stops early where all texts become alike, see `Check.collapsed`; this state is not
    chosen.

    AdamW (Loshchilov and Hutter 2019) with linear warm-up and decay, gradients clipped to length
    1. Time grows with the number of tokens in the training texts and with the epochs; memory with
    the model and the tokens of one batch. On one machine a training that was interrupted ends with
    the same weights as one that was not.
    """
    return _Run(folder, texts, labels, vectors, kept, checkpoints, options).finish()


class _Run:
    def __init__(
        self,
        folder: BertFolder,
        texts: Sequence[str],
        labels: npt.NDArray[np.object_],
        vectors: Vectors,
        kept: npt.NDArray[np.integer],
        checkpoints: Path,
        options: TrainerOptions,
    ) -> None:
        self._options = options
        limit = min(options.max_length or folder.max_length, folder.max_length)
        self._ids = Tokeniser(folder.path, limit, folder.prefix).ids(texts)
        self._kept = np.asarray(kept, dtype=np.int64)
        self._rows = np.setdiff1d(np.arange(len(texts)), self._kept)
        self._texts = np.array(texts, dtype=object)[self._rows]
        self._labels, self._vectors = labels, vectors[self._rows]
        self._codes = np.unique(labels.astype(str), return_inverse=True)[1]
        self._device = _device(options.device)
        self.precision = _precision(options.precision, self._device)
        torch.manual_seed(options.seed)
        occurring = np.unique(np.concatenate(self._ids))
        self._base = folder, occurring
        self._model = PackedEncoder(folder, occurring, dropout=options.dropout).to(self._device)
        self._projection = _projection(folder.dim, options).to(self._device)
        self._learnt = nn.ModuleDict({"weight": self._model, "projection": self._projection})
        self._optimiser = torch.optim.AdamW(
            _groups(self._learnt, options.weight_decay), lr=options.learning_rate, fused=True
        )
        fingerprint = options.fingerprint(
            sha256_of(folder.path / "model.safetensors"), self.precision, *texts, *map(str, labels),
            str(self._kept.tolist()),
        )  # fmt: skip
        self._folder = CheckpointFolder(checkpoints, fingerprint)
        self._epoch_steps = len(self._batches(0))
        if not self._epoch_steps:
            raise InputError(
                "No label has two different texts to learn from: give more labelled rows."
            )
        self._total = self._epoch_steps * options.epochs
        self._state = _State()

    def finish(self) -> Training:
        resumed = self._take_up()
        state, kept_at = self._state, time.monotonic()
        if not state.checks:
            state.checks.append(self._check(0, None, 0.0))
        with current().stage("Tuning the encoder", max(self._total - resumed, 1)) as stage:
            while state.step < self._total and not self._stale() and not self._collapsed():
                epoch, within = divmod(state.step, self._epoch_steps)
                for batch in self._batches(epoch)[within:]:
                    started = time.perf_counter()
                    state.loss += self._step(batch)
                    state.seconds += time.perf_counter() - started
                    state.step += 1
                    stage.advance()
                    if time.monotonic() - kept_at > _KEEP_EVERY:
                        self._keep()
                        kept_at = time.monotonic()
                self._end_epoch(epoch + 1)
        chosen = self._chosen()
        if chosen == 0:
            weights = PackedEncoder(*self._base).weights()
        else:
            best = self._folder.read("best")
            assert best is not None
            self._restore(best)
            weights = self._model.weights()
        return Training(
            weights=weights,
            checks=tuple(state.checks),
            best=chosen,
            steps=state.step,
            seconds=sum(check.seconds for check in state.checks),
            resumed=resumed,
            precision=self.precision,
        )

    def _batches(self, epoch: int) -> list[Ints]:
        """Batches of an epoch, (batch, 2 or 3) row numbers, the same whenever asked for."""
        rng = np.random.default_rng([self._options.seed, epoch])
        labels = self._labels[self._rows]
        if self._options.takes_triplets:
            drawn = draw_triplets(labels, self._vectors, texts=self._texts, rng=rng)
        else:
            drawn = draw_pairs(labels, texts=self._texts, rng=rng)
        batches = epoch_batches(drawn, self._options.batch, labels=labels, rng=rng)
        return [self._rows[batch] for batch in batches]

    def _step(self, batch: Ints) -> float:
        options, state = self._options, self._state
        rate = options.learning_rate * _pace(state.step, self._total, options.warm_up)
        for group in self._optimiser.param_groups:
            group["lr"] = rate * group["quicker"]
        self._learnt.train()
        with self._casting():
            embedded = self._model([self._ids[row] for row in batch.T.ravel()])
            seen = F.normalize(self._projection(embedded).float(), dim=1)
            loss = self._loss(torch.split(seen, len(batch)), batch)
        self._optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(self._learnt.parameters(), _CLIP)
        self._optimiser.step()
        return float(loss.detach())

    def _loss(self, parts: Sequence[Tensor], batch: Ints) -> Tensor:
        options = self._options
        labels = torch.from_numpy(self._codes[batch]).to(self._device)
        every, flat = torch.cat(list(parts)), labels.T.reshape(-1)
        if options.loss in ("ranking", "contrastive"):
            mined = options.loss == "ranking" and len(parts) == 3
            loss = ranking(
                parts[0],
                parts[1],
                labels[:, 0],
                temperature=options.temperature,
                negatives=parts[2] if mined else None,
                negative_labels=labels[:, 2] if mined else None,
            )
            if options.loss == "contrastive":
                loss = loss + hardest_triplet(every, flat, margin=options.margin)
            return loss
        loss = torch.zeros((), device=self._device)
        if options.loss in ("infonce", "both"):
            loss = loss + info_nce(every, flat, temperature=options.temperature)
        if options.loss in ("triplet", "both"):
            loss = loss + triplet(parts[0], parts[1], parts[2], margin=options.margin)
        return loss

    def _end_epoch(self, epoch: int) -> None:
        state = self._state
        mean = state.loss / self._epoch_steps
        state.checks.append(self._check(epoch, mean, state.seconds))
        state.loss = state.seconds = 0.0
        if self._best_epoch() == epoch and not self._collapsed():
            self._folder.write("best", Checkpoint(self._weights(), {"epoch": epoch}))
        self._keep()

    def _chosen(self) -> int:
        """Choose the epoch whose weights stay: 0 where training brought nothing."""
        checks, best = self._state.checks, self._best_epoch()
        if checks[best].collapsed(checks[0]):
            return 0
        gained = checks[best].separation > checks[0].separation + _BETTER
        return best if gained or len(self._kept) == 0 else 0

    def _collapsed(self) -> bool:
        return self._state.checks[-1].collapsed(self._state.checks[0])

    def _best_epoch(self) -> int:
        """Choose the best epoch of training."""
        best = self._state.checks[1]
        if len(self._kept) == 0:  # nothing to choose by
            return self._state.checks[-1].epoch
        for check in self._state.checks[2:]:
            if check.separation > best.separation + _BETTER:
                best = check
        return best.epoch

    def _stale(self) -> bool:
        """Whether the last epochs have brought nothing."""
        done = len(self._state.checks) - 1
        return done > 0 and done - self._best_epoch() >= self._options.patience

    def _check(self, epoch: int, loss: float | None, seconds: float) -> Check:
        validated = len(self._kept) > 0
        rows = self._kept if validated else self._rows[:: max(1, len(self._rows) // _LOOKED_AT)]
        vectors = self._embed(rows)
        separation = 0.0
        if validated:
            found = cosine_silhouette(vectors, self._codes[rows])
            separation = 0.0 if np.isnan(found.mean) else found.mean
        return Check(epoch, loss, separation, seconds, _spread(vectors))

    def _embed(self, rows: Ints) -> Vectors:
        self._model.eval()
        order = rows[np.argsort([len(self._ids[row]) for row in rows], kind="stable")]
        vectors = np.empty((len(self._ids), self._model.dim), dtype=np.float32)
        with torch.no_grad(), self._casting():
            for part in _portions(order, [len(self._ids[row]) for row in order]):
                vectors[part] = self._model([self._ids[row] for row in part]).cpu().numpy()
        return vectors[rows]

    def _casting(self) -> AbstractContextManager[Any]:
        if self.precision == "bf16":
            return torch.autocast(self._device.split(":")[0], dtype=torch.bfloat16)
        return nullcontext()

    def _weights(self) -> dict[str, Tensor]:
        named = self._learnt.named_parameters()
        return {name.replace(".", "/", 1): value for name, value in named}

    def _keep(self) -> None:
        """Keep the present state, so that training can go on from it."""
        state = self._state
        tensors = self._weights() | {"random": torch.get_rng_state()}
        for place, moments in self._optimiser.state_dict()["state"].items():
            tensors |= {f"moment/{place}/{name}": value for name, value in moments.items()}
        facts = {
            "step": state.step,
            "loss": state.loss,
            "seconds": state.seconds,
            "checks": [asdict(check) for check in state.checks],
        }
        self._folder.write("latest", Checkpoint(tensors, facts))

    def _take_up(self) -> int:
        """Go to the state that an earlier run kept; returns its step."""
        kept = self._folder.read("latest")
        if kept is None:
            return 0
        facts = kept.facts
        checks = [Check(**check) for check in facts["checks"]]
        if len(checks) > 1 and self._folder.read("best") is None:
            return 0
        self._state = _State(facts["step"], checks, facts["loss"], facts["seconds"])
        self._restore(kept)
        torch.set_rng_state(kept.tensors["random"])
        state: dict[int, dict[str, Tensor]] = {}
        for key, value in kept.tensors.items():
            if key.startswith("moment/"):
                _, place, name = key.split("/")
                state.setdefault(int(place), {})[name] = value
        groups = self._optimiser.state_dict()["param_groups"]
        self._optimiser.load_state_dict({"state": state, "param_groups": groups})
        return self._state.step

    def _restore(self, checkpoint: Checkpoint) -> None:
        with torch.no_grad():
            for name, parameter in self._weights().items():
                parameter.copy_(checkpoint.tensors[name])


def _spread(vectors: Vectors) -> float:
    """1 minus the mean cosine of two rows of unit length; 1 for a row alone."""
    n = len(vectors)
    if n < 2:
        return 1.0
    total = vectors.astype(np.float64).sum(axis=0)
    return float(1 - (total @ total - n) / (n * (n - 1)))


def _projection(dim: int, options: TrainerOptions) -> nn.Module:
    """Make the head that the losses look through; nothing where none is wanted."""
    if not options.projection:
        return nn.Identity()
    return nn.Sequential(
        nn.Linear(dim, dim), nn.ReLU(), nn.Dropout(0.1), nn.Linear(dim, options.projection)
    )


def _groups(learnt: nn.ModuleDict, decay: float) -> list[dict[str, Any]]:
    """Parameters by decay and pace: embeddings, norms and biases do not decay.

    The projection starts from nothing, and would mislead the encoder until it has learnt.
    """
    groups = []
    for part, quicker in (("weight", 1.0), ("projection", _QUICKER)):
        named = list(learnt[part].named_parameters())
        decaying = [p for name, p in named if p.ndim > 1 and "embeddings" not in name]
        known = {id(parameter) for parameter in decaying}
        others = [parameter for _, parameter in named if id(parameter) not in known]
        groups += [
            {"params": decaying, "weight_decay": decay, "quicker": quicker},
            {"params": others, "weight_decay": 0.0, "quicker": quicker},
        ]
    return [group for group in groups if group["params"]]


def _pace(step: int, total: int, warm_up: float) -> float:
    """Share of the highest learning rate at a step: up from 0, and down to 0."""
    rising = max(1, round(warm_up * total))
    if step < rising:
        return (step + 1) / rising
    return max(0.0, (total - step) / max(1, total - rising))


def _portions(rows: Ints, lengths: Sequence[int]) -> Iterator[Ints]:
    """Cut rows into runs of at most so many tokens."""
    start, held = 0, 0
    for place, length in enumerate(lengths):
        if held + length > _TOKENS and place > start:
            yield rows[start:place]
            start, held = place, 0
        held += length
    if start < len(rows):
        yield rows[start:]


def _device(name: str) -> str:
    if name != "auto":
        return name
    return "cuda" if torch.cuda.is_available() else "cpu"


def _precision(name: str, device: str) -> str:
    if name != "auto":
        return name
    if device.startswith("cuda"):
        return "bf16" if torch.cuda.is_bf16_supported() else "f32"
    able = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return "bf16" if able else "f32"
