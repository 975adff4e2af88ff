"""Several classifiers that vote with their probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.utils.validation import check_is_fitted

from coterie.classifiers.base import Held, TextClassifier
from coterie.classifiers.classification_heads import Floats
from coterie.classifiers.confidence import Confidence, fit_confidence
from coterie.classifiers.inputs import Inputs, Rows, read_inputs
from coterie.classifiers.predictions import Predictions, predictions_of
from coterie.encoders import Vectors
from coterie.errors import OptionError

__all__ = ["SoftVotingClassifier"]

Ints = npt.NDArray[np.int64]

_LEAST = 1e-300


class SoftVotingClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """The mean of the probabilities of several classifiers.

    Parameters
    ----------
    members
        Two or more classifiers, not fitted.
    weights
        How much each counts; all the same when None.
    accuracy
        As of `coterie.classifiers.base.TextClassifier`.

    Attributes
    ----------
    members_
        The fitted classifiers.
    classes_
        Shape (k,): the classes, sorted.
    confidence_
        The temperature of the mean, and the threshold below which a row is ambiguous.
    held_
        How it did on rows that none of them had learnt from.
    """

    kind = "voting"

    def __init__(
        self,
        members: Sequence[TextClassifier],
        *,
        weights: Sequence[float] | None = None,
        accuracy: float | None = None,
    ) -> None:
        self.members = members
        self.weights = weights
        self.accuracy = accuracy

    def fit(self, X: Rows, y: Any, groups: Any = None) -> Self:
        """Learn from labelled rows; see `coterie.classifiers.base.TextClassifier.fit`."""
        check_members(self.members, self.weights)
        self.members_ = [clone(member).fit(X, y, groups) for member in self.members]
        return self._settle()

    @classmethod
    def of(
        cls, members: Sequence[TextClassifier], *, accuracy: float | None = None
    ) -> SoftVotingClassifier:
        """Let classifiers vote that were fitted on the same rows."""
        made = cls([clone(member) for member in members], accuracy=accuracy)
        check_members(members, None)
        if any(getattr(member, "held_", None) is None for member in members):
            raise OptionError(
                "Only classifiers that were fitted here can vote, for a loaded one no longer knows "
                "the rows that it was judged on: fit them on the same rows."
            )
        made.members_ = list(members)
        return made._settle()

    def _settle(self) -> Self:
        self.classes_ = self.members_[0].classes_
        held = common_rows([member.held_ for member in self.members_])
        mixed = self._mean([part.probabilities for part in held])
        self.confidence_ = confidence_in(mixed, held[0].codes, self.accuracy)
        shares = self.confidence_.probabilities(logs_of(mixed))
        self.held_: Held | None = Held(held[0].rows, held[0].codes, shares)
        return self

    def predict(self, X: Rows) -> npt.NDArray[Any]:
        """Give the likeliest class of each row, (n,)."""
        best = self.predict_proba(X).argmax(axis=1)
        labels: npt.NDArray[Any] = self.classes_[best]
        return labels

    def predict_proba(self, X: Rows) -> Floats:
        """Give the calibrated probabilities, (n, k) float64, in the order of ``classes_``."""
        check_is_fitted(self)
        inputs = read_inputs(X, self.members_[0].text)
        return self.probabilities_of(self.embed(inputs.texts), inputs)

    def decide(self, X: Rows) -> Predictions:
        """Predict, and tell which rows are ambiguous or, to all members, outside."""
        check_is_fitted(self)
        inputs = read_inputs(X, self.members_[0].text)
        vectors = self.embed(inputs.texts)
        both = zip(self.members_, vectors, strict=True)
        outside = np.all([member.examples_.outside(own) for member, own in both], axis=0)
        probabilities = self.probabilities_of(vectors, inputs)
        return predictions_of(probabilities, self.classes_, self.confidence_.threshold, outside)

    def embed(self, texts: Sequence[str]) -> list[Vectors]:
        """Embed texts for each member, (n, dim) each, once for those that embed alike."""
        known: dict[tuple[str, str], Vectors] = {}
        for member in self.members_:
            key = member.encoder_.fingerprint, member.pooling
            if key not in known:
                known[key] = member.embed(texts)
        return [known[member.encoder_.fingerprint, member.pooling] for member in self.members_]

    def probabilities_of(self, vectors: Sequence[Vectors], inputs: Inputs) -> Floats:
        """Give the probabilities of rows (n, k), whose texts `embed` embedded before."""
        confidence: Confidence = self.confidence_
        return confidence.probabilities(self._mixed(vectors, inputs))

    def log_odds_of(self, vectors: Sequence[Vectors], inputs: Inputs, place: int) -> Floats:
        """Give the log-odds of ``classes_[place]`` against all others, (n,); see `Confidence`."""
        confidence: Confidence = self.confidence_
        return confidence.log_odds(self._mixed(vectors, inputs), place)

    def _mixed(self, vectors: Sequence[Vectors], inputs: Inputs) -> Floats:
        both = zip(self.members_, vectors, strict=True)
        return logs_of(self._mean([member.probabilities_of(own, inputs) for member, own in both]))

    def _mean(self, shares: Sequence[Floats]) -> Floats:
        return np.average(np.stack(shares), axis=0, weights=self.weights)


def check_members(members: Sequence[TextClassifier], weights: Sequence[float] | None) -> None:
    """Raise `OptionError` unless two members or more read the same column, weighed or not."""
    if len(members) < 2:
        raise OptionError(f"{len(members)} classifiers were given: give two or more.")
    if len({member.text for member in members}) > 1:
        raise OptionError("The classifiers read different columns: give all of them the same text.")
    if weights is None:
        return
    sound = len(weights) == len(members) and bool(np.isfinite(weights).all())
    if not sound or min(weights) < 0 or sum(weights) <= 0:
        raise OptionError("Give each classifier one weight, none below 0 and not all of them 0.")


def common_rows(held: Sequence[Held]) -> list[Held]:
    """Keep of each the rows that all of them were judged on.

    Raises
    ------
    OptionError
        When they were not judged on the same labels.
    """
    rows = held[0].rows
    for other in held[1:]:
        rows = np.intersect1d(rows, other.rows)
    kept = []
    for part in held:
        at = np.searchsorted(part.rows, rows)
        kept.append(Held(rows, part.codes[at], part.probabilities[at]))
    one = kept[0]
    for other in kept[1:]:
        same = one.probabilities.shape == other.probabilities.shape
        if not same or (one.codes != other.codes).any():
            raise OptionError("The classifiers learnt from different rows: fit them on the same.")
    return kept


def confidence_in(shares: Floats, codes: Ints, accuracy: float | None) -> Confidence:
    """Fit confidence to probabilities (n, k); rows whose class nobody knew are left out."""
    known = shares[np.arange(len(codes)), codes] > 0
    return fit_confidence(logs_of(shares[known]), codes[known], accuracy=accuracy)


def logs_of(shares: Floats) -> Floats:
    """Logarithms of probabilities, all of them finite."""
    found: Floats = np.log(np.maximum(shares, _LEAST))
    return found
