"""How an encoder is tuned."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Literal

from coterie.errors import OptionError

__all__ = ["LOSSES", "TuneOptions"]

LOSSES = ("ranking", "triplet", "infonce", "both", "contrastive")


@dataclass(frozen=True, slots=True)
class TuneOptions:
    """Settings of a training.

    Attributes
    ----------
    loss
        ``"ranking"``: multiple negatives ranking over pairs. ``"infonce"``: InfoNCE over all texts
        of a batch. ``"triplet"``: anchor, positive and a mined negative. ``"both"``: InfoNCE plus
        the triplet loss. ``"contrastive"``: InfoNCE with one positive for each text, which is
        ranking, plus the triplet loss of the hardest triplets in the batch, none of them mined.
        See `coterie.tuning.losses`.
    hard_negatives
        With ``"ranking"``: mine a negative for each pair too, at half as much work again.
    epochs
        Passes over about as many pairs as there are training rows, drawn anew each time.
    batch
        Pairs or triplets in a step.
    learning_rate
        The highest; it rises from 0 over the first ``warm_up`` of all steps and falls to 0 after.
    warm_up
        Share of the steps.
    temperature, margin
        Of the losses.
    projection
        Width of a head that the losses see in place of the encoder's vectors: two layers with ReLU
        and dropout between, thrown away after training, so that the vectors keep what the losses
        would have them forget (Chen et al. 2020, https://arxiv.org/abs/2002.05709). 0 for none.
    dropout, weight_decay
        Against learning by heart. Embeddings, norms and biases do not decay.
    max_length
        Tokens kept of a text in training; None for the encoder's own limit.
    patience
        Epochs without an improvement on the rows kept back before training stops.
    precision
        ``"f32"``, ``"bf16"``, or ``"auto"``: bfloat16 where the processor computes in it.
    device
        ``"cpu"``, ``"cuda"``, or ``"auto"``: the GPU where there is one.
    seed
        Seeds every random draw.
    """

    loss: Literal["ranking", "triplet", "infonce", "both", "contrastive"] = "ranking"
    hard_negatives: bool = False
    epochs: int = 3
    batch: int = 64
    learning_rate: float = 5e-5
    warm_up: float = 0.1
    temperature: float = 0.05
    margin: float = 0.2
    projection: int = 0
    dropout: float = 0.1
    weight_decay: float = 0.01
    max_length: int | None = None
    patience: int = 2
    precision: Literal["auto", "f32", "bf16"] = "auto"
    device: str = "auto"
    seed: int = 0

    def __post_init__(self) -> None:
        """Check each setting.

        Raises
        ------
        OptionError
            Naming the first that is out of bounds.
        """
        if self.loss not in LOSSES:
            raise OptionError(f"There is no loss '{self.loss}': choose one of {', '.join(LOSSES)}.")
        bounds: dict[str, tuple[float, float]] = {
            "epochs": (1, 1000),
            "batch": (2, 65536),
            "learning_rate": (1e-9, 1.0),
            "warm_up": (0.0, 1.0),
            "temperature": (1e-4, 10.0),
            "margin": (0.0, 2.0),
            "projection": (0, 65536),
            "dropout": (0.0, 0.9),
            "weight_decay": (0.0, 1.0),
            "patience": (1, 1000),
        }
        for name, (least, most) in bounds.items():
            if not least <= getattr(self, name) <= most:
                raise OptionError(
                    f"{name} is {getattr(self, name)}: give a value from {least:g} to {most:g}."
                )

    @property
    def takes_triplets(self) -> bool:
        """Whether a step is made of triplets and not of pairs."""
        return self.loss in ("triplet", "both") or self.hard_negatives

    def fingerprint(self, *parts: str) -> str:
        """Hex digest of the settings and of whatever else a training depends on."""
        said = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256("\n".join([said, *parts]).encode()).hexdigest()
