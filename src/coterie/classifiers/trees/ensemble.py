"""Tree models that vote, of concepts, texts and context: for classes, and for numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import ClassifierMixin, RegressorMixin

from coterie.classifiers.base import Held
from coterie.classifiers.classification_heads import Layers
from coterie.classifiers.estimates import Estimates
from coterie.classifiers.inputs import Rows, encode_labels
from coterie.classifiers.linear import fit_logistic
from coterie.classifiers.predictions import ASSIGNED, OUTSIDE, Predictions, predictions_of
from coterie.classifiers.trees.base import Ensemble, Mix
from coterie.classifiers.trees.learner import Floats, Task
from coterie.classifiers.voting import confidence_in, logs_of
from coterie.encoders import EmbeddingCache, Encoder
from coterie.errors import InputError, OptionError

__all__ = ["EnsembleClassifier", "EnsembleRegressor"]

Ints = npt.NDArray[np.int64]

_BANDS = 10  # by which rows of a number are spread over the folds
_COVERED = 0.8
_LARGEST = 1e30
_STEEPEST = 600.0  # logarithm of what is never estimated
_ROUNDED = 1e-12  # share of the mean by which equal numbers may seem to differ
_STRENGTH, _RIDGE = 1.0, 1e-3


class EnsembleClassifier(ClassifierMixin, Ensemble):  # type: ignore[misc]
    """Tree models of several libraries that tell classes apart, and vote or are stacked.

    Features, settings and who answers are chosen by cross-validation, in which everything that is
    fitted learns from a fold's training rows only. The table of what was tried is kept.

    Parameters
    ----------
    learners
        Names of `coterie.classifiers.trees.learners.LEARNERS`; by default those of the preset that
        are installed, the absent ones named in a warning.
    preset
        ``"accuracy"``, ``"balanced"`` or ``"speed"``, see
        `coterie.classifiers.trees.presets.PRESETS`.
    kinds
        Features of concepts, of `coterie.classifiers.features.pipeline.FEATURE_KINDS`; by default
        those of the preset.
    concepts
        The column of concepts; None where there is none.
    text
        A text column; None where there is none.
    context
        Ordinary columns, of numbers or names.
    encoder
        Embeds concepts and texts: a name that `coterie.encoders.load_encoder` knows, or an encoder.
    mix
        Who answers: the ``"vote"`` of all, by the mean of their probabilities; a ``"stack"``, a
        logistic regression on their log-probabilities (Wolpert 1992); the ``"best"`` of them; or
        ``"auto"``, whichever does best on rows held out.
    draws
        Settings to try for each learner, by default those of the preset.
    folds
        Of the cross-validation.
    seconds
        For the search; None for all the time that it takes.
    balance
        Let every class count as much as any other in training, however rare it is. Rare classes
        are found more often then, and confidence is that of a world in which all are as common.
    accuracy
        How often answers that are not ambiguous are to be right; None to halve the wrong ones.
    class_names
        Class to what it is called in words, where the classes are ids.
    seed
        Seeds every random draw.
    cache
        Where vectors are kept; the user's own cache when None. It is not part of a saved model.

    Attributes
    ----------
    classes_
        Shape (k,): the classes, sorted.
    counts_
        Shape (k,), int64: training rows of each.
    features_
        The fitted Pipeline of `coterie.classifiers.features.pipeline.make_features`.
    trained_
        The models that answer; see `coterie.classifiers.trees.base.Member`.
    table_
        DataFrame: each model and mix with the set of ``features`` that did best (``"all"``, or
        ``"lean"``: without words, meanings and pairs of concepts), its ``loss`` (mean negative
        log-likelihood on rows held out), its standard deviation over the folds, ``accuracy``,
        ``auc``, ``seconds`` of one training, ``draws`` tried, and which was ``chosen``.
    confidence_
        Answers into calibrated probabilities, and the threshold below which a row is ambiguous.
    held_
        How it did on rows not learnt from; None in a model that was loaded.

    Notes
    -----
    Costs learners · draws · folds trainings, each of about n · d · 200 steps for n rows and d
    features; memory for the features of all folds.
    """

    def __init__(
        self,
        learners: Sequence[str] = (),
        *,
        preset: str = "balanced",
        kinds: Sequence[str] | None = None,
        concepts: str | None = None,
        text: str | None = None,
        context: Sequence[str] = (),
        encoder: str | Encoder = "minilm",
        mix: Mix = "auto",
        draws: int | None = None,
        folds: int = 3,
        seconds: float | None = None,
        balance: bool = False,
        accuracy: float | None = None,
        class_names: Mapping[Any, str] | None = None,
        seed: int = 0,
        cache: EmbeddingCache | None = None,
    ) -> None:
        super().__init__(
            learners,
            preset=preset,
            kinds=kinds,
            concepts=concepts,
            text=text,
            context=context,
            encoder=encoder,
            mix=mix,
            draws=draws,
            folds=folds,
            seconds=seconds,
            seed=seed,
            cache=cache,
        )
        self.balance = balance
        self.accuracy = accuracy
        self.class_names = class_names

    def fit(self, X: Rows, y: Any, groups: Any = None) -> Self:
        """Learn from labelled rows.

        Parameters
        ----------
        X
            n rows.
        y
            n labels, of two kinds at least.
        groups
            n values; rows of one value are never on both sides when a model is judged.

        Raises
        ------
        InputError
            When a label is missing, there is nothing to tell apart, or a class has fewer rows than
            there are folds.
        ColumnError
            When a column is not in the frame.
        OptionError
            When a parameter is out of bounds.
        """
        codes, classes = encode_labels(y, len(X))
        self.classes_ = classes
        self.counts_ = np.bincount(codes, minlength=len(classes))
        if self.counts_.min() < 2:
            rare = [str(name) for name in classes[self.counts_ < 2]]
            raise InputError(
                f"{', '.join(rare[:3])} has one row only, which cannot be judged: give more rows "
                "of it, or leave it out."
            )
        weights = None
        if self.balance:
            weights = (len(codes) / len(classes) / self.counts_)[codes]
        task = Task(len(classes))
        answers = self._learn(X, codes, task, codes, _numbered(groups, len(X)), weights)
        self.confidence_ = confidence_in(answers, codes, self.accuracy)
        shares = self.confidence_.probabilities(logs_of(answers))
        self.held_: Held | None = Held(np.arange(len(codes)), codes, shares)
        return self

    def predict(self, X: Rows) -> npt.NDArray[Any]:
        """Give the likeliest class of each row, (n,)."""
        best = self.predict_proba(X).argmax(axis=1)
        labels: npt.NDArray[Any] = self.classes_[best]
        return labels

    def predict_proba(self, X: Rows) -> Floats:
        """Give the calibrated probabilities, (n, k) float64, in the order of ``classes_``."""
        return self.probabilities_of(self.transform(X))

    def probabilities_of(self, features: Any) -> Floats:
        """Give the probabilities (n, k) of rows by their features, as `transform` gives them."""
        return self.confidence_.probabilities(logs_of(self._answers(features)))

    def log_odds_of(self, features: Any, place: int) -> Floats:
        """Give the log-odds (n,) of ``classes_[place]`` against all others; see `Confidence`."""
        return self.confidence_.log_odds(logs_of(self._answers(features)), place)

    def decide(self, X: Rows) -> Predictions:
        """Predict, and tell which rows are ambiguous, or outside for nothing is known of them."""
        return self.decisions_of(self.transform(X))

    def decisions_of(self, features: Any) -> Predictions:
        """Decide about rows by their features, as `transform` gives them."""
        probabilities = self.probabilities_of(features)
        threshold = self.confidence_.threshold
        return predictions_of(probabilities, self.classes_, threshold, self._unknown(features))

    def _scored(
        self, answers: Floats, target: npt.NDArray[Any], folds: npt.NDArray[Any]
    ) -> dict[str, float]:
        from coterie.metrics import score_ranking

        right = answers.argmax(axis=1) == target
        by_fold = [float(right[folds == each].mean()) for each in np.unique(folds)]
        places = list(range(len(self.classes_)))
        auc = score_ranking(target, answers, places).roc_auc
        return {
            "accuracy": float(np.mean(by_fold)),
            "accuracy_sd": float(np.std(by_fold, ddof=1)),
            "auc": float(np.nan if auc is None else auc),
        }

    def _can_stack(self, target: npt.NDArray[Any], folds: npt.NDArray[Any]) -> bool:
        return all(
            len(np.unique(target[folds != each])) == len(self.classes_) for each in np.unique(folds)
        )

    def _joined(self, answers: Sequence[Floats]) -> npt.NDArray[np.float32]:
        return np.hstack([logs_of(each) for each in answers]).astype(np.float32)

    def _fit_stack(self, joined: npt.NDArray[np.float32], target: npt.NDArray[Any]) -> Layers:
        known = np.unique(target)
        if len(known) < len(self.classes_):
            raise OptionError("A class is too rare to stack models: let them vote (mix='vote').")
        return fit_logistic(joined, target, len(known), _STRENGTH)

    def _by_stack(self, stack: Layers, joined: npt.NDArray[np.float32]) -> Floats:
        from coterie.classifiers.confidence import softmax

        return softmax(stack.scores(joined))


class EnsembleRegressor(RegressorMixin, Ensemble):  # type: ignore[misc]
    """Tree models of several libraries that estimate a number, and vote or are stacked.

    Where all numbers are above 0 and their logarithms are less skewed, these are learnt. Parameters
    are those of `EnsembleClassifier`, and attributes too, but for these.

    Attributes
    ----------
    log_
        Whether the logarithm is learnt.
    table_
        As of the classifier, with ``r2`` and ``mae`` (mean absolute error) in place of accuracy
        and AUC; ``loss`` is the mean squared error of the standardised number, or logarithm.
    off_
        Half the width of the range that holds the truth of eight rows in ten, standardised: by the
        rows held out (split conformal prediction, Vovk et al. 2005).
    held_
        Shape (n,), float64: estimates of the training rows by models that had not learnt from
        them; None in a model that was loaded.
    """

    kind = "ensemble-number"

    def fit(self, X: Rows, y: Any, groups: Any = None) -> Self:
        """Learn from rows with a number; see `EnsembleClassifier.fit`."""
        numbers = _read_numbers(y, len(X))
        self.log_ = bool(numbers.min() > 0) and _skew(np.log(numbers)) < _skew(numbers)
        scale = np.log(numbers) if self.log_ else numbers
        self.mean_, self.scale_ = float(scale.mean()), float(scale.std())
        if self.scale_ <= abs(self.mean_) * _ROUNDED:
            raise InputError("All rows have one number: there is nothing to learn.")
        target = (scale - self.mean_) / self.scale_
        bands = pd.qcut(numbers, min(_BANDS, len(numbers)), labels=False, duplicates="drop")
        strata = np.asarray(bands, dtype=np.int64)
        answers = self._learn(X, target, Task(), strata, _numbered(groups, len(X)), None)
        self.off_ = float(np.quantile(np.abs(answers - target), _COVERED))
        self.smear_ = self._smear(answers, target)
        self.held_: Floats | None = self._plain(answers)
        return self

    @property
    def middle_(self) -> float:
        """The mean of the training numbers; the geometric mean where the logarithm is learnt."""
        return float(self._back(np.zeros(1))[0])

    def predict(self, X: Rows) -> Floats:
        """Estimate the number of each row, (n,)."""
        return self.estimate(self.transform(X))

    def estimate(self, features: Any) -> Floats:
        """Estimate the numbers (n,) of rows by their features, as `transform` gives them."""
        return self._plain(self._answers(features))

    def decide(self, X: Rows) -> Estimates:
        """Estimate, with the range for eight rows in ten; outside where nothing is known."""
        return self.decisions_of(self.transform(X))

    def decisions_of(self, features: Any) -> Estimates:
        """Estimate rows by their features, as `transform` gives them."""
        answers = self._answers(features)
        statuses = np.where(self._unknown(features), OUTSIDE, ASSIGNED).astype(object)
        low, high = (self._back(answers + off) for off in (-self.off_, self.off_))
        return Estimates(self._plain(answers), low, high, statuses)

    def _plain(self, answers: Floats) -> Floats:
        return self._back(answers) * self.smear_

    def _back(self, answers: Floats) -> Floats:
        scale = answers * self.scale_ + self.mean_
        return np.exp(np.clip(scale, -_STEEPEST, _STEEPEST)) if self.log_ else scale

    def _smear(self, answers: Floats, target: Floats) -> float:
        """By how much the mean is above the exponential of the mean logarithm (Duan 1983)."""
        return float(np.exp((target - answers) * self.scale_).mean()) if self.log_ else 1.0

    def _scored(
        self, answers: Floats, target: npt.NDArray[Any], folds: npt.NDArray[Any]
    ) -> dict[str, float]:
        truth = self._back(np.asarray(target, dtype=np.float64))
        said = self._back(answers) * self._smear(answers, target)
        judged = [folds == each for each in np.unique(folds) if np.ptp(truth[folds == each]) > 0]
        by_fold = [_r2(said[each], truth[each]) for each in judged]
        return {
            "r2": float(np.mean(by_fold)) if by_fold else float("nan"),
            "r2_sd": float(np.std(by_fold, ddof=1)) if len(by_fold) > 1 else float("nan"),
            "mae": float(np.abs(said - truth).mean()),
        }

    def _can_stack(self, target: npt.NDArray[Any], folds: npt.NDArray[Any]) -> bool:  # noqa: ARG002
        return True

    def _joined(self, answers: Sequence[Floats]) -> npt.NDArray[np.float32]:
        return np.column_stack(list(answers)).astype(np.float32)

    def _fit_stack(self, joined: npt.NDArray[np.float32], target: npt.NDArray[Any]) -> Layers:
        from sklearn.linear_model import Ridge

        model = Ridge(alpha=_RIDGE * len(joined)).fit(joined.astype(np.float64), target)
        return Layers([model.coef_.reshape(-1, 1)], [np.array([model.intercept_])])

    def _by_stack(self, stack: Layers, joined: npt.NDArray[np.float32]) -> Floats:
        return stack.scores(joined)[:, 0]


def _numbered(groups: Any, rows: int) -> Ints | None:
    """Give each group a number; rows without one are each on their own."""
    if groups is None:
        return None
    if len(groups) != rows:
        raise InputError(f"{rows:,} rows and {len(groups):,} groups: pass one per row.")
    found = np.asarray(pd.factorize(np.asarray(groups, dtype=object))[0], dtype=np.int64)
    return np.where(found >= 0, found, rows + np.arange(rows))


def _read_numbers(y: Any, rows: int) -> Floats:
    given = np.asarray(y, dtype=object)
    if given.shape != (rows,):
        raise InputError(f"{rows:,} rows and {given.shape} numbers: pass one per row.")
    if rows < 2:
        raise InputError(f"{rows:,} rows are too few to learn a number from: give more.")
    found = pd.to_numeric(pd.Series(given), errors="coerce")
    numbers = found.to_numpy(dtype=np.float64)
    odd = int((~(np.abs(numbers) <= _LARGEST)).sum())  # NaN is not
    if odd:
        raise InputError(
            f"{odd:,} rows have no finite number to learn from, or one beyond {_LARGEST:.0e}: "
            "leave them out, or train on classes."
        )
    return numbers


def _skew(values: Floats) -> float:
    away = values - values.mean()
    return float(abs((away**3).mean()) / max(float((away**2).mean()) ** 1.5, 1e-300))


def _r2(said: Floats, truth: Floats) -> float:
    spread = float(((truth - truth.mean()) ** 2).sum())
    return float(1 - ((said - truth) ** 2).sum() / spread)
