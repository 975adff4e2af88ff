"""Ensembles of tree models over concepts, texts and context: of classes, and of numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, Self, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import RegressorMixin

from coterie.classifiers.classification_heads import Layers
from coterie.classifiers.estimates import Estimates
from coterie.classifiers.inputs import TextsOrFrame, encode_labels
from coterie.classifiers.linear import fit_logistic
from coterie.classifiers.model import Held, ProbabilityClassifier
from coterie.classifiers.predictions import (
    AMBIGUOUS,
    ASSIGNED,
    OUTSIDE,
    Predictions,
    Shares,
    doubt,
    predictions_of,
)
from coterie.classifiers.trees.base import Ensemble
from coterie.classifiers.trees.learner import Floats, Learner, Task
from coterie.classifiers.trees.ranges import fit_ranges
from coterie.classifiers.trees.scales import Scale, scales_of
from coterie.classifiers.trees.search import Fold, usual_answers
from coterie.classifiers.voting import confidence_in, logs_of
from coterie.encoders import READABLE
from coterie.errors import InputError, OptionError
from coterie.records.formats.arrow import as_pandas

__all__ = ["EnsembleClassifier", "EnsembleRegressor", "TreeEnsemble"]

Ints = npt.NDArray[np.int64]

_BANDS = 10  # deciles, by which the folds are stratified: a convention
_LARGEST = 1e30
_NEAR = 0.01  # share of an error by which a plainer scale may be worse: a judgement
_SHIFTS = 200  # errors that a mean is of, at most: a judgement
_STRENGTH, _RIDGE = 1.0, 1e-3  # of a stack: scikit-learn's default; a judgement


@dataclass(eq=False, repr=False)
class EnsembleClassifier(ProbabilityClassifier, Ensemble):
    """Tree models of several libraries that predict a class, by vote or stacked.

    Features, settings and the mix are chosen by cross-validation; all that is fitted learns from a
    fold's training rows only.

    Parameters
    ----------
    learners
        Names of `coterie.classifiers.trees.learners.LEARNERS`; by default those of the preset that
        are installed, with a warning for those that are not.
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
    mix
        ``"vote"``: the mean of the models' probabilities; ``"stack"``: a logistic regression on
        their log-probabilities (Wolpert 1992); ``"best"``: the best of them; ``"auto"``: whichever
        of these has the lowest out-of-fold loss.
    draws
        Settings to try for each learner, by default those of the preset.
    folds
        Of the cross-validation.
    seconds
        Time limit of the search; None for none.
    balance
        Give every class the same total weight in training. Rare classes are found more often then,
        and the confidence is that of data in which all classes are equally common.
    encoder, accuracy, class_names, seed, cache
        As of `coterie.classifiers.base.TextClassifier`.

    Attributes
    ----------
    classes_
        Shape (k,): the classes, sorted.
    counts_
        Shape (k,), int64: training rows of each.
    features_
        The fitted Pipeline of `coterie.classifiers.features.pipeline.make_features`.
    trained_
        The models that are used; see `coterie.classifiers.trees.base.Member`.
    table_
        DataFrame: each model and mix with its best set of ``features`` (``"all"``, or ``"lean"``:
        without words, embeddings and pairs of concepts), its out-of-fold ``loss`` (mean negative
        log-likelihood), its standard deviation over the folds, ``accuracy``, ``auc``, ``seconds``
        of one training, ``draws`` tried, and whether it was ``chosen``.
    confidence_
        Answers into calibrated probabilities, and the threshold below which a row is ambiguous.
    held_
        Out-of-fold predictions; None in a model that was loaded.

    Notes
    -----
    Costs learners · draws · folds trainings, each of about n · d · 200 steps for n rows and d
    features; memory for the features of all folds.
    """

    _: KW_ONLY
    balance: bool = False
    accuracy: float | None = None
    class_names: Mapping[Any, str] | None = None

    def fit(self, X: TextsOrFrame, y: Any, groups: Any = None) -> Self:
        """Learn from n labelled rows; see `coterie.classifiers.base.TextClassifier.fit`.

        Raises
        ------
        InputError
            When a label is missing, there is only one class, or a class has one row only.
        ColumnError
            When a column is not in the frame.
        OptionError
            When a parameter is out of bounds.
        """
        X = as_pandas(X)
        codes, classes = encode_labels(y, len(X))
        self.classes_ = classes
        self.counts_ = np.bincount(codes, minlength=len(classes))
        if self.counts_.min() < 2:
            rare = [str(name) for name in classes[self.counts_ < 2]]
            raise InputError(
                "An ensemble needs two or more rows of each class, and there is one of "
                f"{', '.join(rare[:3])}: add rows of these classes, or remove them."
            )
        weights = None
        if self.balance:
            weights = (len(codes) / len(classes) / self.counts_)[codes]
        answers = self._learn(X, codes, Task(len(classes)), codes, groups, weights)
        self.confidence_ = confidence_in(answers, codes, self.accuracy)
        shares = self.confidence_.probabilities(logs_of(answers))
        self.held_: Held | None = Held(np.arange(len(codes)), codes, shares, self.folds_)
        return self

    def predict_proba(self, X: TextsOrFrame) -> Floats:
        """Give the calibrated probabilities, (n, k) float64, in the order of ``classes_``."""
        return doubt(self.probabilities_of(self.transform(X)), self.readable(X))

    def probabilities_of(self, features: Any) -> Floats:
        """Give the probabilities (n, k) of rows, given their features by `transform`."""
        return self.confidence_.probabilities(logs_of(self._answers(features)))

    def log_odds_of(self, features: Any, place: int) -> Floats:
        """Give the log-odds (n,) of ``classes_[place]`` against all others; see `Confidence`."""
        return self.confidence_.log_odds(logs_of(self._answers(features)), place)

    def decide(self, X: TextsOrFrame) -> Predictions:
        """Predict, and mark rows that are ambiguous, or outside: without a known concept."""
        return self.decisions_of(self.transform(X), self.readable(X))

    def decisions_of(self, features: Any, readable: Shares | None = None) -> Predictions:
        """Decide as `decide` does, given what `transform` and `readable` make of the rows."""
        probabilities = self.probabilities_of(features)
        threshold = self.confidence_.threshold
        outside = self._unknown(features)
        return predictions_of(probabilities, self.classes_, threshold, outside, readable)

    def _scored(self, answers: Floats, target: npt.NDArray[Any], folds: Ints) -> dict[str, float]:
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

    def _can_stack(self, target: npt.NDArray[Any], folds: Ints) -> bool:
        return all(
            len(np.unique(target[folds != each])) == len(self.classes_) for each in np.unique(folds)
        )

    def _joined(self, answers: Sequence[Floats]) -> npt.NDArray[np.float32]:
        return np.hstack([logs_of(each) for each in answers]).astype(np.float32)

    def _fit_stack(self, joined: npt.NDArray[np.float32], target: npt.NDArray[Any]) -> Layers:
        known = np.unique(target)
        if len(known) < len(self.classes_):
            raise OptionError("A class is too rare to stack models: use mix='vote'.")
        return fit_logistic(joined, target, len(known), _STRENGTH)

    def _by_stack(self, stack: Layers, joined: npt.NDArray[np.float32]) -> Floats:
        from coterie.classifiers.confidence import softmax

        return softmax(stack.scores(joined))


@dataclass(eq=False, repr=False)
class EnsembleRegressor(RegressorMixin, Ensemble):  # type: ignore[misc]
    """Tree models of several libraries, and a linear one, that estimate a number.

    The number is learnt as it is or transformed, whichever gives the smaller mean absolute error of
    the number itself, out of fold; see `coterie.classifiers.trees.scales.Scale`. The other
    parameters and attributes are those of `EnsembleClassifier`.

    Attributes
    ----------
    scale_
        The scale on which the number is learnt.
    scales_
        DataFrame: each ``transform`` that was tried, its out-of-fold ``mae``, and whether it was
        ``chosen``; empty in a model that was loaded.
    table_
        As of the classifier, with ``r2`` and ``mae`` (mean absolute error) in place of accuracy
        and AUC; ``loss`` is the mean squared error of the standardised number, as it is learnt.
    ranges_
        The 80% prediction intervals; see `coterie.classifiers.trees.ranges.fit_ranges`.
    shifts_
        Shape (m,), float64: errors of the out-of-fold answers. The estimate is the mean of the
        numbers that an answer stands for, one for each of them (Duan 1983).
    held_
        Out-of-fold estimates of the n rows, with ranges by the errors in the other folds; None in a
        model that was loaded.
    """

    kind = "ensemble-number"

    def fit(self, X: TextsOrFrame, y: Any, groups: Any = None) -> Self:
        """Learn from rows with a number; see `EnsembleClassifier.fit`."""
        X = as_pandas(X)
        numbers = _read_numbers(y, len(X))
        scales_of(numbers)
        bands = pd.qcut(numbers, min(_BANDS, len(numbers)), labels=False, duplicates="drop")
        strata = np.asarray(bands, dtype=np.int64)
        answers = self._learn(X, numbers, Task(), strata, groups, None)
        target = self.scale_.learnt(numbers)
        self.ranges_ = fit_ranges(answers, target)
        self.shifts_ = _shifts(self.scale_, answers, target)
        self.held_: Estimates | None = self._held(answers, target)
        return self

    @property
    def middle_(self) -> float:
        """The mean of the training numbers; the geometric mean where the logarithm is learnt."""
        return float(self.scale_.back(np.zeros(1))[0])

    def predict(self, X: TextsOrFrame) -> Floats:
        """Estimate the number of each row, (n,)."""
        return self.estimate(self.transform(X))

    def estimate(self, features: Any) -> Floats:
        """Estimate the numbers (n,) of rows, given their features by `transform`."""
        return self._plain(self._answers(features))

    def decide(self, X: TextsOrFrame) -> Estimates:
        """Estimate, with 80% prediction intervals, and mark rows that cannot be read."""
        return self.decisions_of(self.transform(X), self.readable(X))

    def decisions_of(self, features: Any, readable: Shares | None = None) -> Estimates:
        """Estimate as `decide` does, given what `transform` and `readable` make of the rows."""
        answers = self._answers(features)
        statuses = np.full(len(answers), ASSIGNED, dtype=object)
        if readable is not None:
            statuses[readable < READABLE] = AMBIGUOUS
        statuses[self._unknown(features)] = OUTSIDE
        low, high = map(self.scale_.back, self.ranges_.ends(answers))
        return Estimates(self._plain(answers), low, high, statuses)

    def _held(self, answers: Floats, target: Floats) -> Estimates:
        """Give the out-of-fold answers as estimates."""
        ends = np.empty((2, len(answers)))
        for fold in np.unique(self.folds_):
            own = self.folds_ == fold
            ends[:, own] = fit_ranges(answers[~own], target[~own]).ends(answers[own])
        low, high = map(self.scale_.back, ends)
        statuses = np.full(len(answers), ASSIGNED, dtype=object)
        return Estimates(self._plain(answers), low, high, statuses)

    def _plain(self, answers: Floats) -> Floats:
        return _means(self.scale_, self.shifts_, answers)

    def _target(
        self, target: npt.NDArray[Any], learners: Sequence[Learner], folds: Sequence[Fold]
    ) -> npt.NDArray[Any]:
        """Choose the scale by what learners in their usual settings reach; give the target.

        They are the first, and a linear one where there is one; the better of the two counts.
        """
        scales = scales_of(target)
        learnt = [scale.learnt(target) for scale in scales]
        asked = [each for place, each in enumerate(learners) if each.linear or not place]
        answers = [usual_answers(each, folds, learnt, Task(), seed=self.seed) for each in asked]
        errors = [
            min(
                (np.abs(_means(scale, _shifts(scale, own, known), own) - target) for own in given),
                key=np.mean,
            )
            for scale, known, given in zip(scales, learnt, zip(*answers, strict=True), strict=True)
        ]
        best = _plainest(errors)
        self.scale_ = scales[best]
        self.scales_ = pd.DataFrame(
            {
                "transform": [scale.transform for scale in scales],
                "mae": [float(each.mean()) for each in errors],
                "chosen": np.arange(len(scales)) == best,
            }
        )
        return learnt[best]

    def _scored(self, answers: Floats, target: npt.NDArray[Any], folds: Ints) -> dict[str, float]:
        truth = self.scale_.back(np.asarray(target, dtype=np.float64))
        said = _means(self.scale_, _shifts(self.scale_, answers, target), answers)
        judged = [folds == each for each in np.unique(folds) if np.ptp(truth[folds == each]) > 0]
        by_fold = [_r2(said[each], truth[each]) for each in judged]
        return {
            "r2": float(np.mean(by_fold)) if by_fold else float("nan"),
            "r2_sd": float(np.std(by_fold, ddof=1)) if len(by_fold) > 1 else float("nan"),
            "mae": float(np.abs(said - truth).mean()),
        }

    def _can_stack(self, target: npt.NDArray[Any], folds: Ints) -> bool:  # noqa: ARG002
        return True

    def _joined(self, answers: Sequence[Floats]) -> npt.NDArray[np.float32]:
        return np.column_stack(list(answers)).astype(np.float32)

    def _fit_stack(self, joined: npt.NDArray[np.float32], target: npt.NDArray[Any]) -> Layers:
        from sklearn.linear_model import Ridge

        model = Ridge(alpha=_RIDGE * len(joined)).fit(joined.astype(np.float64), target)
        return Layers([model.coef_.reshape(-1, 1)], [np.array([model.intercept_])])

    def _by_stack(self, stack: Layers, joined: npt.NDArray[np.float32]) -> Floats:
        return stack.scores(joined)[:, 0]


TreeEnsemble: TypeAlias = EnsembleClassifier | EnsembleRegressor
"""Any ensemble."""


def _read_numbers(y: Any, rows: int) -> Floats:
    given = np.asarray(y, dtype=object)
    if given.shape != (rows,):
        raise InputError(f"{rows:,} rows and {given.shape} numbers were given: give one per row.")
    if rows < 2:
        raise InputError(f"{rows:,} rows are too few to learn a number from: give more.")
    found = pd.to_numeric(pd.Series(given), errors="coerce")
    numbers = found.to_numpy(dtype=np.float64)
    odd = int((~(np.abs(numbers) <= _LARGEST)).sum())  # NaN is not
    if odd:
        raise InputError(
            f"{odd:,} rows have no finite number, or one beyond {_LARGEST:.0e}: remove them, or "
            "train on classes."
        )
    return numbers


def _plainest(errors: Sequence[Floats]) -> int:
    """Choose of errors (n,), the plainest scale first, by the rule of one standard error.

    The first whose mean is not above the lowest by more than the standard error of the difference,
    or than one in a hundred.
    """
    lowest = errors[int(np.argmin([each.mean() for each in errors]))]
    more = [own - lowest for own in errors]
    near = [
        each.mean() <= max(each.std() / np.sqrt(len(each)), _NEAR * lowest.mean()) for each in more
    ]
    return near.index(True)


def _shifts(scale: Scale, answers: Floats, target: Floats) -> Floats:
    """Errors of answers, by which the mean differs from the number that an answer stands for.

    Of the logarithm, one number says it all.
    """
    errors = np.sort(target - answers)
    if scale.transform == "none":
        return np.zeros(1)
    if scale.transform == "log":
        return np.array([np.log(np.exp(errors * scale.deviation).mean()) / scale.deviation])
    places = (np.arange(min(_SHIFTS, len(errors))) + 0.5) / min(_SHIFTS, len(errors))
    return np.asarray(np.quantile(errors, places), dtype=np.float64)


def _means(scale: Scale, shifts: Floats, answers: Floats) -> Floats:
    """Mean of the numbers that each answer (n,) stands for, if it is off by each of the shifts."""
    total = np.zeros(len(answers))
    for shift in shifts.tolist():
        total += scale.back(answers + shift)
    return total / len(shifts)


def _r2(said: Floats, truth: Floats) -> float:
    spread = float(((truth - truth.mean()) ** 2).sum())
    return float(1 - ((said - truth) ** 2).sum() / spread)
