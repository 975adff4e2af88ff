"""What all models share: cloning, what their encoder reads, and out-of-fold predictions."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import Tags, TransformerTags

from coterie.classifiers.classification_heads import Floats
from coterie.classifiers.inputs import (
    TextsOrFrame,
)
from coterie.classifiers.predictions import Shares
from coterie.classifiers.scope import Standing
from coterie.encoders import (
    READABLE,
    Encoder,
    read_shares,
)

__all__ = ["BaseModel", "Held", "Origin", "ProbabilityClassifier"]

Ints = npt.NDArray[np.int64]

_MOSTLY = 0.5  # of the training texts


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """Out-of-fold predictions of the training rows, from the cross-validation of a fit.

    Attributes
    ----------
    rows, codes
        Shape (m,), int64: the places of the training rows, and their classes.
    probabilities
        Shape (m, k), float64: calibrated; 0 for a class that the other folds did not hold.
    folds
        Shape (m,), int64: the fold of each row; None where one part was held out.
    standing
        Which of them other rows find outside or doubtful; None where that is not measured.
    """

    rows: Ints
    codes: Ints
    probabilities: Floats
    folds: Ints | None = None
    standing: Standing | None = None

    def take(self, at: Ints) -> Held:
        """Take some of the rows, by their places (p,) in ``rows``."""
        return Held(
            self.rows[at],
            self.codes[at],
            self.probabilities[at],
            None if self.folds is None else self.folds[at],
            None if self.standing is None else self.standing.take(at),
        )


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the encoder of a loaded model comes from, so that it can be saved again.

    Attributes
    ----------
    folder
        Its folder in the model directory; None for an encoder that is loaded by its name.
    facts
        What the model directory says about it.
    """

    folder: Path | None
    facts: Mapping[str, Any]


class BaseModel(BaseEstimator):  # type: ignore[misc]
    """What all models with an encoder have in common.

    Attributes
    ----------
    origin_
        Where the encoder of a loaded model comes from; None in one that was fitted here.
    reads_
        Whether the encoder reads most of the training texts. Where it does not, the confidence was
        calibrated on such texts, and no row is doubted for them.
    """

    kind = ""
    origin_: Origin | None = None
    reads_: bool = True

    def __sklearn_tags__(self) -> Tags:
        """Say that it transforms too."""
        tags = super().__sklearn_tags__()
        tags.transformer_tags = TransformerTags(preserves_dtype=[])
        return tags

    def __sklearn_clone__(self) -> Self:
        """Copy the parameters; an encoder is shared, for fitting does not change it."""
        return type(self)(**self.get_params(deep=False))

    def _note_reading(self, texts: Sequence[str]) -> None:
        """Note whether the encoder reads most of the training texts."""
        self.reads_ = True
        self.reads_ = float((self._shares_read(texts) < READABLE).mean()) < _MOSTLY

    def _shares_read(self, texts: Sequence[str]) -> Shares:
        encoder: Encoder | None = getattr(self, "encoder_", None)
        if encoder is None or not self.reads_:
            return np.ones(len(texts), np.float32)
        return read_shares(encoder, texts)


class ProbabilityClassifier(ClassifierMixin):  # type: ignore[misc]
    """A classifier that predicts the most probable class."""

    classes_: npt.NDArray[Any]

    def predict(self, X: TextsOrFrame) -> npt.NDArray[Any]:
        """Give the most probable class of each row, (n,)."""
        best = self.predict_proba(X).argmax(axis=1)
        labels: npt.NDArray[Any] = self.classes_[best]
        return labels

    @abstractmethod
    def predict_proba(self, X: TextsOrFrame) -> Floats:
        """Give the calibrated probabilities, (n, k) float64, in the order of ``classes_``."""
