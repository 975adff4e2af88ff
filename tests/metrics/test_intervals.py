"""95% intervals of the figures of a classifier."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as sk

from coterie.metrics import (
    class_intervals,
    number_intervals,
    score_calibration,
    score_classes,
    score_numbers,
    wilson_interval,
)

CLASSES = ["a", "b", "c"]


def answers(rows: int, classes: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels, answers and probabilities that are right more often than not, with ties."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(classes, size=rows)
    shares = rng.dirichlet(np.ones(classes), rows)
    shares[np.arange(rows), codes] += 0.5
    shares = (shares / shares.sum(axis=1, keepdims=True)).round(1)
    names = np.array(CLASSES[:classes], dtype=object)
    return names[codes], names[shares.argmax(axis=1)], shares


def drawn_again(figure, rows, draws=1000, seed=0):
    """The percentiles of a figure over the same draws, one by one."""
    drawn = np.random.default_rng(seed).multinomial(rows, np.full(rows, 1 / rows), size=draws)
    return np.percentile([figure(weights) for weights in drawn], [2.5, 97.5])


@pytest.mark.parametrize(
    ("name", "figure"),
    [
        ("auc", lambda t, _, p, w: sk.roc_auc_score(t == "b", p[:, 1], sample_weight=w)),
        (
            "average_precision",
            lambda t, _, p, w: sk.average_precision_score(t == "b", p[:, 1], sample_weight=w),
        ),
        ("f1", lambda t, s, _, w: sk.f1_score(t == "b", s == "b", sample_weight=w)),
        ("macro_f1", lambda t, s, _, w: sk.f1_score(t, s, average="macro", sample_weight=w)),
        (
            "balanced_accuracy",
            lambda t, s, _, w: sk.balanced_accuracy_score(t, s, sample_weight=w),
        ),
    ],
)
def test_ends_are_those_of_scikit_learn_with_the_draws_as_weights(name, figure):
    truth, said, shares = answers(60, 2)
    found = class_intervals(
        truth, said, shares, shares.max(axis=1), CLASSES[:2], positive="b", draws=200
    )
    wanted = drawn_again(lambda weights: figure(truth, said, shares, weights), 60, draws=200)
    assert found[name] == pytest.approx(tuple(wanted), abs=1e-5)


@pytest.mark.parametrize("rows", [12, 40, 300])
def test_every_figure_lies_within_its_interval(rows):
    truth, said, shares = answers(rows, 3, seed=rows)
    sure = shares.max(axis=1).clip(max=1)
    found = class_intervals(truth, said, shares, sure, CLASSES)
    scores = score_classes(truth, said, CLASSES)
    right = truth == said
    assert found["accuracy"] == wilson_interval(int(right.sum()), rows)
    figures = {
        "accuracy": scores.accuracy,
        "macro_f1": scores.macro_f1,
        "balanced_accuracy": scores.balanced_accuracy,
        "auc": np.mean([sk.roc_auc_score(truth == n, shares[:, i]) for i, n in enumerate(CLASSES)]),
        "ece": score_calibration(right, sure).ece,
    }
    for name, figure in figures.items():
        low, high = found[name]
        assert low - 1e-6 <= figure <= high + 1e-6, name


def test_a_perfect_figure_on_few_rows_is_no_certainty():
    truth = np.array(["a", "b"] * 5, dtype=object)
    shares = np.where(truth[:, None] == ["a", "b"], 0.9, 0.1)
    found = class_intervals(truth, truth, shares, shares.max(axis=1), ["a", "b"], positive="b")
    assert found["macro_f1"] == wilson_interval(10, 10)
    assert found["auc"] == wilson_interval(5, 5)


def test_what_is_not_defined_has_no_interval():
    truth = np.array(["a"] * 6, dtype=object)
    shares = np.tile([0.7, 0.3], (6, 1))
    found = class_intervals(truth, truth, shares, shares.max(axis=1), ["a", "b"])
    assert "auc" not in found
    assert found["accuracy"] == wilson_interval(6, 6)
    assert class_intervals([], [], np.zeros((0, 2)), [], ["a", "b"]) == {}


def test_a_label_of_no_class_counts_as_wrong():
    truth = np.array(["a", "b", "x", "a", "b"], dtype=object)
    said = np.array(["a", "b", "b", "a", "b"], dtype=object)
    shares = np.where(said[:, None] == ["a", "b"], 0.8, 0.2)
    found = class_intervals(truth, said, shares, shares.max(axis=1), ["a", "b"], positive="x")
    assert found["accuracy"] == wilson_interval(4, 5)
    assert "auc" not in found


def test_errors_of_numbers_have_intervals_that_hold_them():
    rng = np.random.default_rng(0)
    truth = rng.lognormal(3, 1, 80)
    said = truth * rng.lognormal(0, 0.3, 80)
    found, scores = number_intervals(truth, said), score_numbers(truth, said)
    for name in ("mae", "rmse", "median_error", "r2"):
        low, high = found[name]
        assert low < getattr(scores, name) < high
    assert found["mae"] == pytest.approx(
        np.percentile(
            [np.abs(said - truth)[at].mean() for at in
             np.random.default_rng(0).integers(80, size=(1000, 80))],
            [2.5, 97.5],
        )
    )  # fmt: skip
    assert number_intervals([1.0], [2.0]) == {}
    assert "r2" not in number_intervals([3.0, 3.0], [1.0, 2.0])
