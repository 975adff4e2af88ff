"""Several classifiers of texts together; here by the mean of their probabilities."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, clone
from sklearn.utils.validation import check_is_fitted

from coterie.classifiers.base import TextClassifier
from coterie.classifiers.classification_heads import Floats
from coterie.classifiers.confidence import Confidence, fit_confidence
from coterie.classifiers.inputs import Inputs, TextsOrFrame, read_inputs
from coterie.classifiers.model import Held, ProbabilityClassifier
from coterie.classifiers.predictions import Predictions, Shares, doubt, predictions_of
from coterie.classifiers.prompting.classifier import PromptClassifier
from coterie.classifiers.scope import Standing
from coterie.classifiers.training_rows import Hashes, TrainingRows
from coterie.encoders import Vectors
from coterie.errors import OptionError

__all__ = ["CombinedClassifier", "SoftVotingClassifier"]

Ints = npt.NDArray[np.int64]

_LEAST = 1e-300  # the smallest probability whose logarithm is finite in float64, about


class CombinedClassifier(ProbabilityClassifier, BaseEstimator):  # type: ignore[misc]
    """Base of the classifiers that are made of other classifiers.

    Attributes
    ----------
    members_
        The fitted classifiers.
    classes_
        Shape (k,): the classes, sorted.
    confidence_
        Probabilities into calibrated ones, and the threshold below which a row is ambiguous.
    rows_
        The contents of the training rows, see `TextClassifier`.
    held_
        Out-of-fold predictions, of rows that no member learnt from; None in a loaded model.
    """

    kind = ""
    members: Sequence[TextClassifier]
    members_: list[TextClassifier]
    confidence_: Confidence
    rows_: TrainingRows | None
    held_: Held | None

    def fit(self, X: TextsOrFrame, y: Any, groups: Any = None) -> Self:
        """Learn from labelled rows; see `coterie.classifiers.base.TextClassifier.fit`."""
        check_members(self.members, getattr(self, "weights", None))
        self.members_ = [clone(member).fit(X, y, groups) for member in self.members]
        self.rows_ = self.members_[0].rows_
        self._combine(X)
        return self

    def contents(self, X: TextsOrFrame) -> Hashes:
        """Hash what the first member reads of each row, (n,) uint64; see `TrainingRows`."""
        return self.members_[0].contents(X)

    def decide(self, X: TextsOrFrame) -> Predictions:
        """Predict, and mark rows that are ambiguous or outside; see `Predictions`."""
        probabilities, standing = self._decided(self._inputs_of(X))
        return predictions_of(
            probabilities,
            self.classes_,
            self.confidence_.threshold,
            standing.outside,
            self.readable(X),
            standing.doubtful,
        )

    def predict_proba(self, X: TextsOrFrame) -> Floats:
        """Give the calibrated probabilities, (n, k) float64, in the order of ``classes_``."""
        return doubt(self._probabilities(self._inputs_of(X)), self.readable(X))

    def readable(self, X: TextsOrFrame) -> Shares:
        """Give the share of each text that the encoder of one member reads, (n,) float32."""
        check_is_fitted(self)
        found: Shares = np.max([member.readable(X) for member in self.members_], axis=0)
        return found

    def _inputs_of(self, rows: TextsOrFrame) -> Inputs:
        check_is_fitted(self)
        return read_inputs(rows, self.members_[0].text)

    def _common_rows(self) -> list[Held]:
        """Give each member's predictions of the rows that all of them predicted out of fold."""
        self.classes_ = self.members_[0].classes_
        held = [member.held_ for member in self.members_ if member.held_ is not None]
        rows = held[0].rows
        for other in held[1:]:
            rows = np.intersect1d(rows, other.rows)
        kept = [part.take(np.searchsorted(part.rows, rows)) for part in held]
        one = kept[0]
        for other in kept[1:]:
            same = one.probabilities.shape == other.probabilities.shape
            if not same or (one.codes != other.codes).any():
                raise OptionError(
                    "The classifiers learnt from different rows: fit them on the same."
                )
        return kept

    @abstractmethod
    def _combine(self, rows: TextsOrFrame) -> None:
        """Learn how to combine the fitted members."""

    @abstractmethod
    def _probabilities(self, inputs: Inputs) -> Floats:
        """Give the calibrated probabilities (n, k), not doubted."""

    @abstractmethod
    def _decided(self, inputs: Inputs) -> tuple[Floats, Standing]:
        """Give the probabilities (n, k), and where the rows stand."""


@dataclass(eq=False, repr=False)
class SoftVotingClassifier(CombinedClassifier):
    """The mean of the probabilities of several classifiers.

    A row is outside where it is to all members, and doubtful where it is at least that to all. The
    attributes are those of `CombinedClassifier`.

    Parameters
    ----------
    members
        Two or more classifiers, not fitted.
    weights
        The weight of each; all the same when None.
    accuracy
        As of `coterie.classifiers.base.TextClassifier`.
    """

    kind = "voting"

    members: Sequence[TextClassifier]
    _: KW_ONLY
    weights: Sequence[float] | None = None
    accuracy: float | None = None

    @classmethod
    def of(
        cls, members: Sequence[TextClassifier], *, accuracy: float | None = None
    ) -> SoftVotingClassifier:
        """Combine classifiers that were fitted on the same rows."""
        made = cls([clone(member) for member in members], accuracy=accuracy)
        check_members(members, None)
        if any(getattr(member, "held_", None) is None for member in members):
            raise OptionError(
                "A classifier that was loaded cannot vote, because its out-of-fold predictions are "
                "not saved: fit all of them on the same rows."
            )
        made.members_, made.rows_ = list(members), members[0].rows_
        made._combine([])
        return made

    def _combine(self, _rows: TextsOrFrame) -> None:
        held = self._common_rows()
        mixed = self._mean([part.probabilities for part in held])
        self.confidence_ = confidence_in(mixed, held[0].codes, self.accuracy)
        shares = self.confidence_.probabilities(logs_of(mixed))
        stood = [part.standing or Standing.inside(len(shares)) for part in held]
        self.held_ = replace(held[0], probabilities=shares, standing=_in_common(stood))

    def _probabilities(self, inputs: Inputs) -> Floats:
        return self.probabilities_of(self.vectors_of(inputs), inputs)

    def vectors_of(self, inputs: Inputs) -> list[Vectors]:
        """Give the vectors of rows for each member, see `embed`."""
        if inputs.vectors is None:
            return self.embed(inputs.texts)
        return [member.vectors_of(inputs) for member in self.members_]

    def embed(self, texts: Sequence[str]) -> list[Vectors]:
        """Embed texts for each member, (n, dim) each, once for those that embed alike."""
        known: dict[tuple[str, str], Vectors] = {}
        for member in self.members_:
            key = member.encoder_.fingerprint, member.pooling
            if key not in known:
                known[key] = member.embed(texts)
        return [known[member.encoder_.fingerprint, member.pooling] for member in self.members_]

    def probabilities_of(self, vectors: Sequence[Vectors], inputs: Inputs) -> Floats:
        """Give the probabilities (n, k) of rows whose texts `embed` has embedded."""
        return self.confidence_.probabilities(self._mixed(vectors, inputs))

    def log_odds_of(self, vectors: Sequence[Vectors], inputs: Inputs, place: int) -> Floats:
        """Give the log-odds of ``classes_[place]`` against all others, (n,); see `Confidence`."""
        return self.confidence_.log_odds(self._mixed(vectors, inputs), place)

    def _decided(self, inputs: Inputs) -> tuple[Floats, Standing]:
        vectors = self.vectors_of(inputs)
        both = zip(self.members_, vectors, strict=True)
        standing = _in_common([member.standing_of(own) for member, own in both])
        return self.probabilities_of(vectors, inputs), standing

    def _mixed(self, vectors: Sequence[Vectors], inputs: Inputs) -> Floats:
        both = zip(self.members_, vectors, strict=True)
        return logs_of(self._mean([member.probabilities_of(own, inputs) for member, own in both]))

    def _mean(self, shares: Sequence[Floats]) -> Floats:
        if not shares[0].size:  # of no rows there is no average
            return shares[0]
        return np.average(np.stack(shares), axis=0, weights=self.weights)


def _in_common(standings: Sequence[Standing]) -> Standing:
    outside = np.all([each.outside for each in standings], axis=0)
    unsure = np.all([each.outside | each.doubtful for each in standings], axis=0)
    return Standing(outside, unsure & ~outside)


def check_members(members: Sequence[TextClassifier], weights: Sequence[float] | None) -> None:
    """Raise `OptionError` unless two members or more read one column and weights fit them.

    A prompt classifier is none: it holds out few rows, so that no vote can be calibrated on them.
    """
    if len(members) < 2:
        raise OptionError(f"{len(members)} classifiers were given: give two or more.")
    if any(isinstance(member, PromptClassifier) for member in members):
        raise OptionError(
            "The model prompt is no member of others: leave it out, and train it beside them."
        )
    if len({member.text for member in members}) > 1:
        raise OptionError("The classifiers read different columns: give all of them the same text.")
    if weights is None:
        return
    sound = len(weights) == len(members) and bool(np.isfinite(weights).all())
    if not sound or min(weights) < 0 or sum(weights) <= 0:
        raise OptionError(
            "The weights do not fit: give each classifier one, none below 0 and not all of them 0."
        )


def confidence_in(shares: Floats, codes: Ints, accuracy: float | None) -> Confidence:
    """Fit confidence to probabilities (n, k), without rows whose class has none."""
    known = shares[np.arange(len(codes)), codes] > 0
    return fit_confidence(logs_of(shares[known]), codes[known], accuracy=accuracy)


def logs_of(shares: Floats) -> Floats:
    """Logarithms of probabilities, all of them finite."""
    found: Floats = np.log(np.maximum(shares, _LEAST))
    return found
