"""The search: settings within their ranges, within the time, on folds that share nothing."""

import os
import threading
import warnings
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coterie.classifiers.trees import search
from coterie.classifiers.trees.learner import Learner, OneOf, Range, Task, draw_settings
from coterie.classifiers.trees.learners import LEARNERS
from coterie.classifiers.trees.search import (
    FEATURES,
    Fold,
    losses_of,
    search_settings,
    train_all,
)
from coterie.classifiers.trees.sets import ALL, LEAN, FeatureSets
from coterie.metrics.folds import assign_folds

for library in ("xgboost", "lightgbm", "catboost"):
    pytest.importorskip(library, reason="needs coterie[boost]")

LIGHT, FOREST = LEARNERS["lightgbm"], LEARNERS["random-forest"]


@pytest.fixture(autouse=True)
def few_trees(monkeypatch):
    monkeypatch.setattr(Learner, "trees", 10)


def world(n=150, seed=0):
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(n, 4)).astype(np.float32)
    return features, (features[:, 0] > 0).astype(np.int64)


def sets_of(features, **lean):
    columns = {ALL: np.arange(features.shape[1]), **lean}
    scale = np.ones(features.shape[1], dtype=np.float32)
    return FeatureSets(features.shape[1], columns, columns, scale)


def parts_of(features, folds):
    found = []
    for each in np.unique(folds):
        learnt, asked = np.flatnonzero(folds != each), np.flatnonzero(folds == each)
        found.append(Fold(learnt, asked, features[learnt], features[asked], sets_of(features)))
    return found


def searched(learners=(LIGHT,), n=150, **options):
    features, target = world(n)
    folds = assign_folds(target, None, 3, seed=0)
    return search_settings(learners, parts_of(features, folds), target, Task(2), **options), target


def within(value, of):
    if isinstance(of, OneOf):
        return value in of.values
    inside = of.low * (1 - 1e-9) <= value <= of.high * (1 + 1e-9)
    return inside and isinstance(value, int if of.whole else float)


@pytest.mark.parametrize("name", LEARNERS)
@given(seed=st.integers(0, 2**32 - 1))
def test_what_is_drawn_is_within_its_range(name, seed):
    space = LEARNERS[name].space
    drawn = draw_settings(space, np.random.default_rng(seed))
    assert drawn.keys() == space.keys()
    assert all(within(drawn[each], space[each]) for each in space)


@pytest.mark.parametrize("name", LEARNERS)
def test_the_usual_settings_can_be_drawn(name):
    learner = LEARNERS[name]
    assert learner.usual.keys() == learner.space.keys()
    for each, of in learner.space.items():
        value = learner.usual[each]
        value = float(value) if isinstance(of, Range) and not of.whole else value
        assert within(value, of), each


@given(
    low=st.floats(1e-3, 10), times=st.floats(1.01, 1e4), log=st.booleans(), seed=st.integers(0, 99)
)
def test_ranges_are_drawn_evenly(low, times, log, seed):
    given_range = Range(low, low * times, log=log)
    rng = np.random.default_rng(seed)
    drawn = np.array([given_range.draw(rng) for _ in range(400)])
    middle = low * np.sqrt(times) if log else low * (1 + times) / 2
    assert 0.35 < (drawn < middle).mean() < 0.65


class Clock:
    """Time that passes where a learner says so."""

    now = 0.0

    @classmethod
    def monotonic(cls):
        return cls.now

    perf_counter = monotonic


@pytest.fixture
def clock(monkeypatch):
    monkeypatch.setattr(Clock, "now", 0.0)
    monkeypatch.setattr(search, "time", Clock)


@dataclass(frozen=True, slots=True)
class Noted(Learner):
    """A learner that notes what it is asked to train, and may fail or take its seconds."""

    asked: list = None
    fails_on: int = -1
    takes: float = 0.0

    def train(self, features, target, weights, settings, task, seed):
        self.asked.append((dict(settings), features[:, 0].tolist(), threading.get_ident()))
        if len(self.asked) == self.fails_on:
            raise ArithmeticError("the trees are on fire")
        Clock.now += self.takes
        return LIGHT.train(features, target, weights, LIGHT.usual, task, seed)

    def load(self, data, task, width):
        return LIGHT.load(data, task, width)


def noted(**options):
    table = {"rate": (0.5, Range(0.1, 1)), "kind": (None, OneOf(("a", None)))}
    return Noted("noted", "lightgbm", ".txt", table, [], **options)


def test_the_usual_settings_come_first_and_others_follow():
    learner = noted()
    (found,), _ = searched([learner], draws=6)
    tried = [each for each, _, _ in learner.asked]
    assert tried[0] == learner.usual
    assert tried.count(learner.usual) == 3
    assert len(tried) == 18
    assert len({each["rate"] for each in tried}) == 6
    assert {each["kind"] for each in tried} == {"a", None}
    assert all(within(each[key], learner.space[key]) for each in tried for key in each)
    assert found.draws == 6
    assert found.settings == {
        **learner.usual,
        FEATURES: ALL,
    }  # all are alike, and the first is taken


def test_the_best_settings_are_those_of_the_least_loss():
    (found,), target = searched(draws=8)
    assert found.draws == 8
    assert found.loss == pytest.approx(np.mean(found.losses))
    assert found.answers.shape == (150, 2)
    folds = assign_folds(target, None, 3, seed=0)
    losses = losses_of(found.answers, target, Task(2))
    assert [losses[folds == each].mean() for each in range(3)] == pytest.approx(found.losses)
    (usual,), _ = searched(draws=1)
    assert found.loss <= usual.loss
    assert usual.settings == {**LIGHT.usual, FEATURES: ALL}
    assert (found.answers.argmax(axis=1) == target).mean() > 0.85


def test_a_search_is_the_same_again():
    (once, other), _ = searched([LIGHT, FOREST], draws=4, seed=3)
    (again, _), _ = searched([LIGHT, FOREST], draws=4, seed=3)
    assert once.settings == again.settings
    assert np.array_equal(once.answers, again.answers)
    assert (once.learner, other.learner) == (LIGHT, FOREST)


def test_no_settings_are_begun_after_the_time_and_each_learner_has_its_usual_ones(clock):
    learners = [noted(takes=1), noted(takes=1)]
    found, _ = searched(learners, draws=500, seconds=20)
    at_once = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    assert sum(len(each.asked) for each in learners) <= 20 + 1 + at_once
    for learner, each in zip(learners, found, strict=True):
        assert 1 <= each.draws < 5
        assert [given for given, _, _ in learner.asked].count(learner.usual) == 3
        assert np.isfinite(each.answers).all()
    (hurried,), _ = searched([noted(takes=1)], draws=50, seconds=1e-9)
    assert hurried.draws == 1


def test_learners_take_turns(clock, monkeypatch):
    # one thread: of two, each would count what the other lets pass on the one clock
    monkeypatch.setattr(search.os, "sched_getaffinity", lambda _: {0}, raising=False)
    learners = [noted(takes=1), noted(takes=1), noted(takes=1)]
    found, _ = searched(learners, draws=300, seconds=60)
    draws = [each.draws for each in found]
    assert max(draws) - min(draws) <= 1


def test_a_slow_learner_leaves_the_others_their_share_of_the_time(clock):
    (slow, quick), _ = searched([noted(takes=20), noted(takes=1)], draws=40, seconds=200)
    assert quick.draws > 3 * slow.draws


@settings(max_examples=30)
@given(seed=st.integers(0, 1000), groups=st.integers(2, 40), folds=st.integers(2, 5))
def test_folds_share_no_group_and_no_row_is_learnt_and_asked(seed, groups, folds):
    rng = np.random.default_rng(seed)
    target, group = rng.integers(0, 3, 80), rng.integers(0, groups, 80)
    features = np.column_stack([np.arange(80), group]).astype(np.float32)
    parts = parts_of(features, assign_folds(target, group, folds, seed=seed))
    asked = np.concatenate([part.asked for part in parts])
    assert sorted(asked.tolist()) == list(range(80))
    for part in parts:
        assert not {*group[part.learnt]} & {*group[part.asked]}


@pytest.mark.parametrize("fails_on", [1, 4])
def test_the_error_of_a_learner_comes_through_and_nothing_hangs(fails_on):
    learner = noted(fails_on=fails_on)
    threads = threading.active_count()
    with pytest.raises(ArithmeticError, match="on fire"):
        searched([learner], draws=400)
    assert len(learner.asked) < 100
    assert threading.active_count() == threads


def test_a_failure_in_training_on_all_rows_comes_through():
    features, target = world()
    jobs = [(noted(fails_on=1), {"rate": 1, FEATURES: ALL}, features)]
    with pytest.raises(ArithmeticError, match="on fire"):
        train_all(jobs, target, Task(2))


def test_warnings_are_told_after_a_search_as_before():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        before = list(warnings.filters)
        for _ in range(3):
            searched(list(LEARNERS.values()), n=60, draws=3)
        assert list(warnings.filters) == before


def test_classes_that_a_fold_does_not_know_get_no_share():
    features, _ = world(60)
    target = np.arange(60) % 2
    target[:4] = 2
    folds = np.where(np.arange(60) < 4, 0, 1 + np.arange(60) % 2)
    parts = parts_of(features, folds)
    (found,) = search_settings([LIGHT], parts, target, Task(3), draws=1)
    assert (found.answers[:4, 2] == 0).all()
    assert (found.answers[4:, 2] > 0).all()
    np.testing.assert_allclose(found.answers.sum(axis=1), 1, atol=1e-6)
    assert np.isfinite(found.losses).all()


def test_a_fold_of_one_class_says_that_one():
    features, _ = world(40)
    target = np.repeat([0, 1], 20)
    (found,) = search_settings([LIGHT], parts_of(features, target), target, Task(2), draws=1)
    assert found.answers[:20].tolist() == [[0, 1]] * 20
    assert found.answers[20:].tolist() == [[1, 0]] * 20


def test_losses_are_those_of_the_text():
    shares = np.array([[0.2, 0.8], [0.5, 0.5], [0.0, 1.0]])
    found = losses_of(shares, np.array([1, 0, 0]), Task(2))
    assert found[:2] == pytest.approx([-np.log(0.8), -np.log(0.5)])
    assert found[2] == pytest.approx(-np.log(1e-12))
    assert losses_of(np.array([1.0, 3.0]), np.array([0.0, 1.0]), Task()).tolist() == [1, 4]


def test_numbers_are_searched_too():
    features, _ = world()
    target = features[:, 0].astype(np.float64)
    folds = assign_folds(np.arange(150) % 5, None, 3)
    weights = np.ones(150)
    found = search_settings(
        [LIGHT, FOREST], parts_of(features, folds), target, Task(), draws=2, weights=weights
    )
    for each in found:
        assert each.answers.shape == (150,)
        assert each.loss < target.var()


def test_fewer_features_are_taken_where_they_do_better():
    """Of one column that tells and sixty that do not, the one alone does better."""
    rng = np.random.default_rng(0)
    target = rng.integers(0, 2, 90)
    features = rng.normal(size=(90, 61)).astype(np.float32)
    features[:, 0] += 3 * target
    folds = assign_folds(target, None, 3, seed=0)
    sets = sets_of(features, **{LEAN: np.array([0])})
    parts = [replace(part, sets=sets) for part in parts_of(features, folds)]
    (found,) = search_settings([FOREST], parts, target, Task(2), draws=2)
    assert found.draws == 2
    assert found.settings[FEATURES] == LEAN
    (whole,) = search_settings([FOREST], parts, target, Task(2), draws=1)
    assert whole.settings[FEATURES] == ALL
    assert found.loss < whole.loss
