"""Few-shot, voting and cascade: what each adds to its parts; and what none of them allocates."""

import tracemalloc

import numpy as np
import pytest

from coterie.classifiers import (
    CascadeClassifier,
    FewShotClassifier,
    LinearClassifier,
    SoftVotingClassifier,
    load_classifier,
)
from coterie.classifiers import few_shot as few_shot_room
from coterie.classifiers.cascade import _as_good, _stages
from coterie.classifiers.confidence import softmax
from coterie.classifiers.features.spelling import spell
from coterie.encoders import EmbeddingCache, NoCache

from .worlds import Given, blobs, messages, unit


class Counting:
    """Counts the texts that an encoder is given."""

    def __init__(self, encoder, name="counting"):
        self._encoder, self.texts = encoder, []
        self.name, self.dim, self.fingerprint = name, encoder.dim, name + encoder.fingerprint

    def encode(self, texts):
        self.texts += texts
        return self._encoder.encode(texts)


def test_some_examples_stand_for_all(monkeypatch):
    texts, labels, encoder = blobs(700, classes=3, dim=5, spread=0.4)
    exact = FewShotClassifier(encoder).fit(texts[:500], labels[:500])
    assert len(exact.head_.arrays()["examples"]) == 500
    monkeypatch.setattr(few_shot_room, "_MOST", 120)
    some = FewShotClassifier(encoder).fit(texts[:500], labels[:500])
    assert len(some.head_.arrays()["examples"]) == 120
    ridge = exact.setting_
    features, asked = some.transform(texts[:500]), some.transform(texts[500:])
    some.head_ = some._fit_head(features, labels[:500], np.arange(3), ridge)
    one, other = exact.predict_proba(texts[500:]), some.predict_proba(texts[500:])
    assert (one.argmax(axis=1) == other.argmax(axis=1)).mean() >= 0.97
    scores = [model.head_.scores(asked) for model in (exact, some)]
    shares = [np.exp(each) for each in scores]
    assert np.abs(shares[0] - shares[1]).max() < 0.1
    # and all rows were learnt from, not the 120 alone
    rows = np.sort(np.random.default_rng(0).choice(500, 120, replace=False))
    alone = some._fit_head(features[rows], labels[rows], np.arange(3), ridge)
    far = np.exp(alone.scores(asked))
    assert np.abs(shares[0] - shares[1]).mean() < np.abs(shares[0] - far).mean() / 2


def test_the_kernel_solves_the_ridge_regression():
    texts, labels, encoder = blobs(40, classes=3, spread=0.3)
    model = FewShotClassifier(encoder).fit(texts, labels)
    ridge, _, weight = model.setting_
    vectors, spelt = encoder.encode(texts).astype(np.float64), spell(texts).astype(np.float64)
    kernel = np.exp(3.0 * (vectors @ vectors.T - 1)) + weight * (spelt @ spelt.T)
    says = np.linalg.solve(kernel + ridge * np.eye(40), np.eye(3)[labels])
    assert np.allclose(model.head_.arrays()["says"], says, atol=1e-4)


NAMED = {
    "words": (["lost card", "money back"], None, True),
    "underscores": (["lost_card", "money_back"], None, True),
    "codes": (["L1", "R2"], None, False),
    "numbers": ([1, 2], None, False),
    "codes with names": (["L1", "R2"], {"L1": "lost card", "R2": "money back"}, True),
    "one name only": (["L1", "R2"], {"L1": "lost card"}, False),
}


@pytest.mark.parametrize(("labels", "names", "words"), NAMED.values(), ids=NAMED)
def test_names_of_classes_are_tried_only_when_they_are_words(labels, names, words):
    texts = [f"text {row}" for row in range(12)]
    rng = np.random.default_rng(0)
    vectors = dict(zip(texts, unit(rng.normal(0, 1, (12, 4))), strict=True))
    ends = {"lost card": [1, 0, 0, 0], "money back": [0, 1, 0, 0]}
    for row in range(4, 12):  # what the names say is what the rows go by
        vectors[texts[row]] = unit([np.eye(4)[row % 2] + rng.normal(0, 0.2, 4)])[0]
    encoder = Counting(Given(vectors | ends))
    y = [labels[row % 2] for row in range(12)]
    model = FewShotClassifier(encoder, class_names=names, cache=NoCache()).fit(texts, y)
    assert bool(set(ends) & set(encoder.texts)) == words
    ridge, named, _ = model.setting_
    assert words or not named
    assert ridge in (0.1, 1.0)
    assert len(model.head_.arrays()["examples"]) == 12 + 2 * named


def test_names_help_where_there_is_one_row_of_each_class():
    texts, labels, encoder = blobs(6, classes=2, spread=0.05)
    codes = ["first kind", "second kind"]
    named = Given(encoder._vectors | {"first kind": np.eye(8)[0], "second kind": np.eye(8)[1]})
    model = FewShotClassifier(named).fit(texts, [codes[label] for label in labels])
    rows = model._fit_head(model.transform(texts), labels, np.arange(2), (0.1, True, 0.1))
    examples = rows.arrays()["examples"]
    assert np.array_equal(examples[-2:], np.eye(8, dtype=np.float32)[:2])


@pytest.fixture(scope="module")
def overlapping():
    texts, labels, encoder = blobs(900, spread=0.55)
    rough = encoder.encode(texts) + np.random.default_rng(1).normal(0, 0.25, (900, 8))
    cheap = Given(dict(zip(texts, unit(rough), strict=True)))
    return texts[:400], labels[:400], texts[400:], labels[400:], cheap, encoder


@pytest.mark.parametrize("weights", [None, [3, 1]])
def test_a_vote_is_the_calibrated_mean(overlapping, weights):
    texts, labels, unseen, true, cheap, encoder = overlapping
    members = [FewShotClassifier(cheap), LinearClassifier(encoder)]
    vote = SoftVotingClassifier(members, weights=weights).fit(texts, labels)
    shares = [member.predict_proba(unseen) for member in vote.members_]
    mean = np.average(shares, axis=0, weights=weights)
    expected = softmax(np.log(mean) / vote.confidence_.temperature)
    assert np.allclose(vote.predict_proba(unseen), expected, atol=1e-12)
    assert 0.3 < vote.confidence_.temperature < 1.5
    best = max(member.score(unseen, true) for member in vote.members_)
    assert weights or vote.score(unseen, true) >= best - 0.03
    stood = [member.standing_of(member.embed(unseen)) for member in vote.members_]
    said = vote.decide(unseen)
    outside = np.all([each.outside for each in stood], axis=0)
    assert np.array_equal(said.statuses == "outside", outside)
    unsure = np.all([each.outside | each.doubtful for each in stood], axis=0)
    assert unsure.sum() > outside.sum() > 0
    assert not (said.statuses[unsure] == "assigned").any()
    sure = ~unsure & (said.confidences >= vote.confidence_.threshold)
    assert (said.statuses[sure] == "assigned").all()


def test_fitted_classifiers_can_vote_as_they_are(overlapping):
    texts, labels, unseen, _, cheap, encoder = overlapping
    members = [FewShotClassifier(cheap), FewShotClassifier(encoder)]
    expected = SoftVotingClassifier(members).fit(texts, labels)
    fitted = [member.fit(texts, labels) for member in members]
    vote = SoftVotingClassifier.of(fitted)
    assert vote.members_ == fitted
    assert np.array_equal(vote.predict_proba(unseen), expected.predict_proba(unseen))


def test_members_that_embed_alike_embed_once(overlapping):
    texts, labels, unseen, _, _, encoder = overlapping
    counting = Counting(encoder)
    member = FewShotClassifier(counting, cache=NoCache())
    vote = SoftVotingClassifier([member, member])
    vote.fit(texts[:60], labels[:60])
    counting.texts.clear()
    vote.predict(unseen[:7])
    assert counting.texts == unseen[:7]


@pytest.mark.parametrize("tolerance", [0.0, 0.05])
def test_a_cascade_is_as_good_as_its_last_member(overlapping, tolerance):
    texts, labels, unseen, true, cheap, encoder = overlapping
    model = CascadeClassifier(
        [LinearClassifier(cheap), LinearClassifier(encoder)], tolerance=tolerance
    ).fit(texts, labels)
    first, last = model.stages_
    assert first.share + last.share == pytest.approx(1)
    assert 0.2 < first.share < 1
    assert (last.threshold, len(model.stages_)) == (0.0, 2)
    assert all(stage.milliseconds > 0 for stage in model.stages_)
    held, alone = model.held_, model.members_[1].held_
    assert np.array_equal(held.rows, alone.rows)
    right = [(each.probabilities.argmax(axis=1) == each.codes).mean() for each in (held, alone)]
    assert right[0] >= right[1] - tolerance * first.share - 1e-9
    assert right[0] == pytest.approx(
        first.share * first.accuracy + last.share * np.nan_to_num(last.accuracy)
    )
    by = model.answered_by(unseen)
    shares = [member.predict_proba(unseen) for member in model.members_]
    assert np.array_equal(by, np.where(shares[0].max(axis=1) >= first.threshold, 0, 1))
    expected = np.where(by[:, None] == 0, shares[0], shares[1])
    assert np.array_equal(model.predict_proba(unseen), expected)
    assert (by == 0).mean() == pytest.approx(first.share, abs=0.1)
    last_alone = model.members_[1].score(unseen, true)
    assert model.score(unseen, true) >= last_alone - tolerance - 0.03
    stood = [member.standing_of(member.embed(unseen)) for member in model.members_]
    said = model.decide(unseen)
    outside = np.where(by == 0, stood[0].outside, stood[1].outside)
    assert np.array_equal(said.statuses == "outside", outside)
    doubtful = np.where(by == 0, stood[0].doubtful, stood[1].doubtful)
    assert doubtful.any()
    assert (said.statuses[doubtful] == "ambiguous").all()
    sure = ~outside & ~doubtful & (said.confidences >= model.confidence_.threshold)
    assert (said.statuses[sure] == "assigned").all()


def test_more_tolerance_answers_more_at_once(overlapping):
    texts, labels, _, _, cheap, encoder = overlapping
    members = [FewShotClassifier(cheap), FewShotClassifier(encoder)]
    held = [member.fit(texts, labels).held_ for member in members]
    shares = [_stages(held, [1, 1], tolerance)[0][0].share for tolerance in (0.0, 0.1, 1.0)]
    assert shares == sorted(shares)
    assert shares[0] < shares[2] == 1


def test_a_row_costs_the_members_that_see_it_and_no_more(overlapping):
    texts, labels, unseen, _, cheap, encoder = overlapping
    dear, quick = Counting(encoder, "dear"), Counting(cheap, "quick")
    keeping_none = [FewShotClassifier(each, cache=NoCache()) for each in (quick, dear)]
    model = CascadeClassifier(keeping_none)
    model.fit(texts, labels)
    by = model.answered_by(unseen)
    assert {*by} == {0, 1}
    for row in (int(np.flatnonzero(by == 0)[0]), int(np.flatnonzero(by == 1)[0])):
        dear.texts.clear()
        quick.texts.clear()
        model.predict([unseen[row]])
        assert quick.texts == [unseen[row]]
        assert dear.texts == ([unseen[row]] if by[row] else [])
    single = FewShotClassifier(quick, cache=NoCache()).fit(texts, labels)
    quick.texts.clear()
    single.decide(unseen[:1])
    assert quick.texts == unseen[:1]


def test_the_time_of_a_stage_has_the_work_of_its_encoder_in_it(overlapping, tmp_path):
    texts, labels, _, _, cheap, encoder = overlapping
    encoders = [Counting(cheap, "quick"), Counting(encoder, "dear")]
    cache = EmbeddingCache(tmp_path / "cache")
    members = [FewShotClassifier(each, cache=cache) for each in encoders]
    model = CascadeClassifier(members).fit(texts, labels)
    for each, member in zip(encoders, model.members_, strict=True):
        timed = len(each.texts) - len(set(each.texts))  # the cache has them all by then
        assert timed == 32
        assert member.cache is cache


def test_a_stage_that_is_never_as_good_answers_nothing():
    confidence = np.array([0.9, 0.8, 0.7])
    wrong, right = np.zeros(3, dtype=bool), np.ones(3, dtype=bool)
    assert _as_good(confidence, wrong, right, 0.0) > 1
    assert _as_good(confidence, right, right, 0.0) == 0.7
    assert _as_good(np.empty(0), wrong[:0], right[:0], 0.0) > 1
    tied = np.array([0.9, 0.9, 0.7])
    assert _as_good(tied, np.array([True, False, True]), right, 0.0) > 1
    some = _as_good(confidence, np.array([True, True, False]), right, 0.0)
    assert some == 0.8
    assert _as_good(confidence, np.array([True, True, False]), right, 0.34) == 0.7


def test_a_cascade_whose_first_stage_answers_nothing_is_its_last_member(saved):
    texts, labels, encoder = blobs(120, classes=3, spread=0.1)
    rng = np.random.default_rng(0)
    useless = Given(dict(zip(texts, unit(rng.normal(size=(120, 4))), strict=True)))
    model = CascadeClassifier([LinearClassifier(useless), LinearClassifier(encoder)])
    model.fit(texts, labels)
    last = model.members_[1].predict_proba(texts)
    answered = model.answered_by(texts)
    assert (answered == 1).mean() > 0.9
    assert np.array_equal(model.predict_proba(texts)[answered == 1], last[answered == 1])
    loaded = load_classifier(saved("cascade"))
    asked = messages(20, seed=6)[0]
    assert {*loaded.answered_by(asked)} <= {0, 1}


class Numbered:
    """Vectors of numbered texts, from a matrix."""

    name, fingerprint = "numbered", "numbered"

    def __init__(self, vectors):
        self._vectors, self.dim = vectors, vectors.shape[1]

    def encode(self, texts):
        return self._vectors[np.array([int(text) for text in texts], dtype=np.int64)]


@pytest.mark.parametrize("kind", [FewShotClassifier, LinearClassifier])
def test_nothing_is_as_large_as_rows_by_rows(kind, monkeypatch):
    monkeypatch.setattr(few_shot_room, "_MOST", 200)
    monkeypatch.setattr("coterie.classifiers.examples._MOST", 500)
    peaks = [peak_of(kind, n) for n in (6_000, 12_000)]
    assert peaks[1] < 2.6 * peaks[0]  # four times as much where it grew with the square


def peak_of(kind, n):
    """The most memory that training and predicting take."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, n)
    vectors = unit(rng.normal(0, 0.5, (n, 16)) + np.eye(16)[labels])
    texts = [str(row) for row in range(n)]
    tracemalloc.start()
    try:
        model = kind(Numbered(vectors)).fit(texts, labels)
        model.decide(texts)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert model.score(texts[:500], labels[:500]) > 0.75
    return peak
