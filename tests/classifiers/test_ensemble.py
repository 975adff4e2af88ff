"""Ensembles of trees: what they learn, what they are judged by, and what they make of odd rows."""

import re
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import RidgeCV
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from coterie.classifiers import EnsembleClassifier, EnsembleRegressor
from coterie.classifiers.confidence import softmax
from coterie.classifiers.trees.learner import Learner
from coterie.classifiers.trees.learners import LEARNERS
from coterie.errors import ColumnError, CoterieWarning, InputError, MissingExtraError, OptionError
from coterie.metrics import number_bands

for library in ("xgboost", "lightgbm", "catboost"):
    pytest.importorskip(library, reason="needs coterie[boost]")

QUICK = {"learners": ("lightgbm",), "draws": 1, "kinds": ("one-hot", "statistics")}
TWO = {**QUICK, "learners": ("lightgbm", "random-forest")}


@pytest.fixture(autouse=True)
def few_trees(monkeypatch):
    monkeypatch.setattr(Learner, "trees", 20)


def leads(n=300, seed=0):
    """A frame such as lead sheets are, and who bought: visits and source tell it, in part."""
    rng = np.random.default_rng(seed)
    visits, source = rng.integers(0, 12, n).astype(float), rng.choice(["google", "friend", "ad"], n)
    bought = rng.random(n) < 1 / (1 + np.exp(-(visits - 6 + 3 * (source == "friend"))))
    rows = pd.DataFrame({"visits": visits, "source": source, "noise": rng.normal(size=n)})
    rows.loc[rows.index[::9], "visits"] = np.nan
    rows.loc[rows.index[::13], "source"] = None
    return rows, np.where(bought, "yes", "no")


def clients(n=300, seed=0, noise=0.1):
    """A frame of concepts, of which one tells the class but for the noise."""
    rng = np.random.default_rng(seed)
    held = rng.random((n, 12)) < 0.3
    code = held[:, 0] ^ (rng.random(n) < noise)
    cells = [[f"concept {each}" for each in np.flatnonzero(row)] or None for row in held]
    return pd.DataFrame({"concepts": pd.Series(cells, dtype=object)}), code.astype(int)


def of_leads(**options):
    given = {**QUICK, "context": ("visits", "source", "noise"), **options}
    return EnsembleClassifier(**given)


def of_clients(kind=EnsembleClassifier, **options):
    return kind(**{**QUICK, "concepts": "concepts", **options})


@pytest.fixture(scope="module")
def fitted():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Learner, "trees", 20)
        return of_clients(**TWO).fit(*clients())


# The contract


@pytest.mark.parametrize("kind", [EnsembleClassifier, EnsembleRegressor])
def test_parameters_can_be_had_set_and_cloned(kind):
    model = kind(["lightgbm"], concepts="topics", context=("a",), folds=4, seed=3)
    params = model.get_params()
    assert params["learners"] == ["lightgbm"]
    assert (params["folds"], params["preset"], params["mix"]) == (4, "balanced", "auto")
    copied = clone(model)
    assert copied is not model
    assert copied.get_params() == params
    assert copied.set_params(folds=2).folds == 2
    assert model.folds == 4
    assert type(model)(**params).get_params() == params
    with pytest.raises(NotFittedError):
        model.predict(clients(3)[0])


def test_an_encoder_is_shared_by_clones(bert):
    from coterie.encoders import load_encoder

    encoder = load_encoder(str(bert))
    assert clone(EnsembleClassifier(encoder=encoder)).encoder is encoder


def test_a_frame_of_columns_is_learnt_from():
    rows, labels = leads(400)
    model = of_leads().fit(rows, labels)
    fresh, truth = leads(400, seed=1)
    shares = model.predict_proba(fresh)
    assert shares.shape == (400, 2)
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    assert roc_auc_score(truth == "yes", shares[:, 1]) > 0.8
    assert model.classes_.tolist() == ["no", "yes"]
    assert model.counts_.tolist() == [(labels == "no").sum(), (labels == "yes").sum()]
    assert {*model.sources_["source"]} == {"visits", "source", "noise"}
    assert model.transform(fresh).shape == (400, model.width_)
    # that the model is right as often as it was said to be
    held = model.held_
    said = (held.probabilities.argmax(axis=1) == held.codes).mean()
    assert abs((model.predict(fresh) == truth).mean() - said) < 0.1
    assert held.rows.tolist() == list(range(400))


def test_concepts_are_learnt_from():
    rows, codes = clients(400)
    model = of_clients().fit(rows, codes)
    fresh, truth = clients(400, seed=1)
    assert (model.predict(fresh) == truth).mean() > 0.8
    assert model.classes_.dtype == np.int64
    assert model.score(fresh, truth) == (model.predict(fresh) == truth).mean()


def test_one_seed_gives_one_model():
    rows, codes = clients(150)
    once, again = (of_clients(draws=3).fit(rows, codes).predict_proba(rows) for _ in range(2))
    assert np.array_equal(once, again)


@pytest.mark.parametrize(
    "labels",
    [[7, 9], [False, True], ["no", "yes"], [0.5, 1.5]],
    ids=["int", "bool", "str", "float"],
)
def test_classes_stay_what_they_are(labels):
    rows, codes = clients(120)
    given = np.array(labels)[codes]
    model = of_clients().fit(rows, given)
    assert model.classes_.tolist() == labels
    assert model.predict(rows).dtype == given.dtype
    assert {*model.predict(rows).tolist()} <= {*labels}


def test_three_classes():
    rows, codes = clients(300)
    codes[[("concept 1" in (cell or ())) for cell in rows["concepts"]]] = 2
    model = of_clients(**TWO).fit(rows, codes)
    assert (model.predict(rows) == codes).mean() > 0.8
    assert model.predict_proba(rows).shape == (300, 3)


def test_another_text_column_is_embedded(bert):
    texts = ["my card was lost", "please refund the payment"] * 20
    model = EnsembleClassifier(["random-forest"], text="said", encoder=str(bert), draws=1)
    model.fit(texts, ["lost", "refund"] * 20)
    assert model.predict(["my card was lost", "please refund the payment"]).tolist() == [
        "lost",
        "refund",
    ]
    frame = pd.DataFrame({"said": texts})
    assert np.array_equal(model.predict_proba(frame), model.predict_proba(texts))


# By what it is judged


def test_shuffled_labels_are_known_at_chance():
    rng = np.random.default_rng(5)
    rows, _ = clients(400, seed=5)
    codes = rng.integers(0, 2, 400)
    # concepts that only rows of one class have, and only once each
    rows["concepts"] = [
        [*(cell or ()), f"only of {row}", f"{'ab'[code]} {row // 40}"]
        for row, (cell, code) in enumerate(
            zip(rows["concepts"], rng.permutation(codes), strict=True)
        )
    ]
    model = of_clients(**{**TWO, "kinds": ("one-hot", "tfidf", "pairs", "statistics"), "draws": 4})
    held = model.fit(rows, codes).held_
    shares = held.probabilities[:, 1]
    assert abs(roc_auc_score(codes, shares) - 0.5) < 0.1
    assert abs((held.probabilities.argmax(axis=1) == codes).mean() - 0.5) < 0.09
    assert held.probabilities.max(axis=1).mean() < 0.65
    assert model.table_["auc"].between(0.4, 0.6).all()


def test_nothing_of_a_fold_is_learnt_before_it_is_judged():
    rows, codes = clients(90)
    held_out = np.arange(90) % 3 == 0
    rows["concepts"] = [
        [*(cell or ()), "only held out" if out else "only learnt"]
        for cell, out in zip(rows["concepts"], held_out, strict=True)
    ]
    rows["visits"] = np.where(held_out, 1000.0, np.arange(90.0))
    model = of_clients(context=("visits",), kinds=("one-hot", "tfidf", "statistics"))
    part = model._fold(rows, held_out)
    apart = model._pipeline(warn=False).fit(rows[~held_out])
    assert "only held out" not in apart["read"].known_
    assert (part.features_learnt != apart.transform(rows[~held_out])).nnz == 0
    assert (part.features_asked != apart.transform(rows[held_out])).nnz == 0
    assert part.asked.tolist() == np.flatnonzero(held_out).tolist()
    assert codes.shape == (90,)


def test_rows_of_a_group_are_on_one_side():
    """Groups that have a label of their own are known by heart, unless they are kept together."""
    rng = np.random.default_rng(2)
    group = np.repeat(np.arange(40), 6)
    codes = rng.integers(0, 2, 40)[group]
    rows = pd.DataFrame({"concepts": [[f"of {each}", "all"] for each in group]})
    model = of_clients(learners=("random-forest",), kinds=("one-hot",))
    apart = model.fit(rows, codes).held_.probabilities
    together = clone(model).fit(rows, codes, group).held_.probabilities
    assert (apart.argmax(axis=1) == codes).mean() > 0.95
    assert (together.argmax(axis=1) == codes).mean() < 0.7


def test_a_class_that_is_of_one_group_only():
    """No fold can know it, so it is no reason to be less sure of the others."""
    rows, codes = clients(300)
    codes[:6] = 2
    groups = np.where(np.arange(300) < 6, -7, np.arange(300))
    plain = of_clients(**TWO).fit(*clients(300))
    for mix in ("auto", "vote", "best"):
        model = of_clients(**TWO, mix=mix).fit(rows, codes, groups)
        assert abs(np.log(model.confidence_.temperature / plain.confidence_.temperature)) < 0.5
        assert "stack" not in set(model.table_["model"])
    with pytest.raises(OptionError, match="stack"):
        of_clients(**TWO, mix="stack").fit(rows, codes, groups)
    with pytest.raises(InputError, match="group"):
        of_clients().fit(rows, codes, ["same"] * 300)
    with pytest.raises(InputError, match="3 groups"):
        of_clients().fit(rows, codes, ["same"] * 3)


def test_rows_without_a_group_are_on_their_own():
    rows, codes = clients(300)
    model = of_clients().fit(rows, codes, [None] * 300)
    assert (model.held_.probabilities.argmax(axis=1) == codes).mean() > 0.7


# Who answers


def test_the_table_tells_of_all_that_was_tried(fitted):
    table = fitted.table_
    assert {*table["model"]} == {"lightgbm", "random-forest", "vote", "stack"}
    assert table["chosen"].sum() == 1
    best = table.loc[table["loss"].idxmin()]
    assert best["chosen"]
    assert fitted.mixed_by_ == best["model"]
    assert table[["loss", "loss_sd", "accuracy", "accuracy_sd", "auc"]].notna().all(axis=None)
    both = table.set_index("model")["seconds"]
    assert both["vote"] == pytest.approx(both["lightgbm"] + both["random-forest"])


@pytest.mark.parametrize("mix", ["vote", "stack", "best"])
def test_who_answers_can_be_chosen(mix):
    rows, codes = clients(200)
    model = of_clients(**TWO, mix=mix).fit(rows, codes)
    own = [member.trained.predict(model.transform(rows)) for member in model.trained_]
    names = [member.learner.name for member in model.trained_]
    shares = model.predict_proba(rows)
    if mix == "best":
        assert model.mixed_by_ in ("lightgbm", "random-forest")
        assert names == [model.mixed_by_]
        mixed = own[0]
    else:
        assert model.mixed_by_ == mix
        assert sorted(names) == ["lightgbm", "random-forest"]
        mixed = np.mean(own, axis=0)
    if mix == "stack":
        assert model.stack_.width == 4
        mixed = softmax(
            model.stack_.scores(np.hstack([np.log(each) for each in own]).astype(np.float32))
        )
    logs = np.log(mixed) / model.confidence_.temperature
    np.testing.assert_allclose(shares, softmax(logs), atol=1e-9)


def test_a_stack_makes_up_for_a_member_that_is_wrong(monkeypatch):
    """A member that says the opposite spoils a vote, and a stack learns to turn it round."""
    lightgbm = LEARNERS["lightgbm"]
    plain = type(lightgbm).train

    def train(self, features, target, *rest):
        return plain(self, features, target.max() - target, *rest)

    monkeypatch.setattr(type(lightgbm), "train", train)
    rows, codes = clients(300)
    model = of_clients(**TWO).fit(rows, codes)
    losses = model.table_.set_index("model")["loss"]
    assert losses["stack"] < losses["vote"] - 0.1
    assert model.mixed_by_ != "vote"
    fresh, truth = clients(300, seed=1)
    assert (model.predict(fresh) == truth).mean() > 0.8


def test_balance_finds_more_of_the_rare_class():
    rows, labels = leads(600, seed=3)
    kept = (labels == "no") | (np.random.default_rng(0).random(600) < 0.12)
    rows, rare = rows[kept], labels[kept] == "yes"
    found = {
        balance: of_leads(balance=balance).fit(rows, rare).held_.probabilities.argmax(axis=1)
        for balance in (False, True)
    }
    recall = {balance: said[rare].mean() for balance, said in found.items()}
    assert recall[True] > recall[False] + 0.15


def test_confidence_is_calibrated_and_ambiguous_rows_are_told():
    rows, labels = leads(500)
    model = of_leads(accuracy=0.95).fit(rows, labels)
    fresh, truth = leads(1000, seed=1)
    said = model.decide(fresh)
    assert abs(said.confidences.mean() - (said.labels == truth).mean()) < 0.06
    taken = said.statuses == "assigned"
    assert 0.05 < taken.mean() < 0.95
    assert (said.labels == truth)[taken].mean() > (said.labels == truth)[~taken].mean() + 0.1


def test_presets_are_followed_and_absent_libraries_named(monkeypatch):
    import importlib.util

    rows, codes = clients(120)
    given = {"concepts": "concepts", "kinds": ("one-hot",), "draws": 1}
    model = EnsembleClassifier(preset="speed", **given).fit(rows, codes)
    assert {*model.table_["model"]} == {"lightgbm"}
    model = EnsembleClassifier(**given).fit(rows, codes)
    assert {"lightgbm", "xgboost", "random-forest"} < {*model.table_["model"]}
    plain = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name, *rest: None if name in ("xgboost", "lightgbm") else plain(name, *rest),
    )
    with pytest.warns(CoterieWarning, match=r"lightgbm, xgboost .*\[boost\]"):
        model = EnsembleClassifier(**given).fit(rows, codes)
    assert {"gradient-boosting", "random-forest"} < {*model.table_["model"]}


def test_a_learner_that_is_named_has_to_be_there(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "lightgbm", None)
    with pytest.raises(MissingExtraError, match=r"coterie\[boost\]"):
        of_clients().fit(*clients(60))


# Odd rows


def test_a_client_of_whom_nothing_is_known_is_outside(fitted):
    asked = pd.DataFrame(
        {"concepts": [None, [], " ", ["concept 0"], ["never heard"], ["never", "concept 1"]]}
    )
    with pytest.warns(CoterieWarning, match="never, never heard"):
        said = fitted.decide(asked)
    assert (said.statuses == "outside").tolist() == [True, True, True, False, True, False]
    np.testing.assert_allclose(said.probabilities.sum(axis=1), 1)
    with_context = of_clients(context=("visits",))
    rows, codes = clients(100)
    with_context.fit(rows.assign(visits=np.arange(100.0)), codes)
    assert "outside" not in with_context.decide(asked[:4].assign(visits=1.0)).statuses


@pytest.mark.parametrize(
    "kinds", [("pairs", "statistics"), ("statistics",), ("pairs", "one-hot"), ("tfidf",)]
)
def test_outside_are_those_without_concepts_whatever_the_features(kinds):
    model = of_clients(kinds=kinds).fit(*clients(200))
    said = model.decide(pd.DataFrame({"concepts": [None, ["concept 2"]]}))
    assert (said.statuses == "outside").tolist() == [True, False]


def test_odd_values_are_told_and_are_not_fatal():
    rows, labels = leads(200)
    rows.loc[rows.index[:20], "source"] = "Select"
    rows.loc[rows.index[20:25], "visits"] = np.inf
    rows["same"] = "x"
    model = of_leads(context=("visits", "source", "same"))
    with pytest.warns(CoterieWarning) as told:
        model.fit(rows, labels)
    said = " ".join(str(each.message) for each in told)
    assert re.search("5 infinite .*visits", said)
    assert re.search("20 .*'Select'.*source", said)
    assert "same" in said
    assert len(told) == 3  # once for all folds
    odd = pd.DataFrame({"visits": [np.inf, np.nan], "source": ["Select", None], "same": ["y", "x"]})
    with pytest.warns(CoterieWarning, match="infinite"):
        first, second = model.predict_proba(odd)
    assert np.array_equal(first, second)


def test_a_column_that_is_absent():
    rows, labels = leads(150)
    with pytest.raises(ColumnError, match="'visits'"):
        of_leads(context=("visit",)).fit(rows, labels)
    with pytest.raises(ColumnError, match="'concepts'"):
        of_clients().fit(rows, labels)
    model = of_leads().fit(rows, labels)
    with pytest.warns(CoterieWarning, match="visits"):
        shares = model.predict_proba(rows.drop(columns="visits"))
    assert np.isfinite(shares).all()


def test_no_rows_have_no_answers(fitted):
    for nothing in ([], clients(1)[0][:0]):
        assert fitted.predict(nothing).shape == (0,)
        assert fitted.predict_proba(nothing).shape == (0, 2)
        assert len(fitted.decide(nothing)) == 0


def test_rows_keep_their_order_whatever_their_index():
    rows, codes = clients(200)
    shuffled = rows.set_index(np.random.default_rng(0).permutation(200) // 2)
    model, other = of_clients().fit(rows, codes), of_clients().fit(shuffled, codes)
    assert np.array_equal(model.predict_proba(rows), other.predict_proba(shuffled))


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.zeros(60), "same label"),
        ([None, *[0, 1] * 29, 1], "1 rows .*label"),
        ([2, *[0, 1] * 29, 1], ": |of 2"),
        ([0, 1], "60 rows"),
    ],
)
def test_labels_that_cannot_be_learnt(labels, message):
    with pytest.raises(InputError, match=message):
        of_clients().fit(clients(60)[0], labels)


@pytest.mark.parametrize("learner", LEARNERS)
def test_two_rows_of_each_class_are_enough(learner):
    rows, _ = clients(4)
    rows["concepts"] = [["a"], ["a", "b"], ["b"], ["b", "c"]]
    model = of_clients(learners=(learner,)).fit(rows, [0, 0, 1, 1])
    assert np.isfinite(model.predict_proba(rows)).all()


def test_rows_that_are_all_alike_can_be_told_to_be():
    rows = pd.DataFrame({"concepts": ["a"] * 40, "same": 1})
    model = of_clients(kinds=("one-hot",)).fit(rows, np.arange(40) % 2)
    np.testing.assert_allclose(model.predict_proba(rows), 0.5, atol=0.02)
    with pytest.raises(InputError, match="CatBoost"):
        of_clients(learners=("catboost",), kinds=("one-hot",)).fit(rows, np.arange(40) % 2)
    with pytest.raises(InputError):
        EnsembleClassifier(**QUICK, context=("same",)).fit(rows, np.arange(40) % 2)
    with pytest.raises(InputError, match="'concepts'"):
        of_clients().fit(pd.DataFrame({"concepts": [None] * 9}), [0, 1, 0] * 3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"concepts": None}, "concepts, text or context"),
        ({"mix": "mean"}, "auto, vote, stack, best"),
        ({"encoder": "tfidf"}, "tfidf"),
        ({"draws": 0}, "draws=0"),
        ({"folds": 1}, "folds=1"),
        ({"seconds": 0}, "seconds=0"),
        ({"preset": "spede"}, "speed"),
        ({"learners": ("lightgbmm",)}, "lightgbmm"),
        ({"kinds": ("onehot",)}, "one-hot"),
    ],
)
def test_parameters_out_of_bounds(options, message):
    with pytest.raises(OptionError, match=message):
        of_clients(**options).fit(*clients(60))


def test_a_text_where_a_frame_is_wanted(fitted):
    for rows in ("concept 0", ["concept 0"]):
        with pytest.raises(InputError, match="DataFrame"):
            fitted.predict(rows)


def test_warnings_are_still_told_after_a_fit():
    rows, codes = clients(80)
    model = of_clients(learners=tuple(LEARNERS), draws=2).fit(rows, codes)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        model.predict(pd.DataFrame({"concepts": ["never heard"]}))
    assert len(told) == 1


# Numbers


def spending(n=400, seed=0, spread=0.5):
    """Clients, a skewed number above 0 that one concept and the visits tell, and its middle."""
    rows, _ = clients(n, seed)
    rng = np.random.default_rng(seed + 100)
    rows["visits"] = rng.integers(0, 10, n).astype(float)
    has = np.array(["concept 0" in (cell or ()) for cell in rows["concepts"]])
    middle = 3 + 1.5 * has + 0.1 * rows["visits"].to_numpy()
    return rows, np.exp(middle + rng.normal(0, spread, n)), middle


def of_spending(**options):
    return of_clients(EnsembleRegressor, context=("visits",), **options)


def test_a_skewed_number_is_learnt_by_its_logarithm():
    rows, spent, _ = spending()
    model = of_spending(**TWO).fit(rows, spent)
    assert model.scale_.transform == "log"
    fresh, truth, middle = spending(600, seed=1)
    said = model.predict(fresh)
    assert said.shape == (600,)
    assert (said > 0).all()
    assert np.corrcoef(np.log(said), middle)[0, 1] > 0.9
    # the mean is estimated, and not the median, which is below it
    assert said.mean() == pytest.approx(truth.mean(), rel=0.1)
    assert {*model.table_["model"]} == {"lightgbm", "random-forest", "vote", "stack"}
    assert model.table_["r2"].between(0.1, 0.9).all()
    assert model.table_.loc[model.table_["loss"].idxmin(), "chosen"]
    assert model.score(fresh, truth) > 0.3


def test_a_number_that_is_not_skewed_is_learnt_as_it_is():
    rows, _, middle = spending()
    noise = np.random.default_rng(0).normal(size=400)
    for numbers in (middle + noise, middle + noise - 9):
        model = of_spending().fit(rows, numbers)
        assert model.scale_.transform == "none"
        assert model.shifts_.tolist() == [0]
        assert np.corrcoef(model.predict(rows), middle)[0, 1] > 0.7


@pytest.mark.parametrize("skewed", [True, False])
def test_the_range_holds_eight_rows_in_ten(skewed):
    rows, spent, middle = spending(600)
    rng = np.random.default_rng(3)
    given = spent if skewed else middle + rng.normal(0, 0.5, 600)
    model = of_spending().fit(rows, given)
    fresh, truth, centre = spending(1500, seed=1)
    truth = truth if skewed else centre + rng.normal(0, 0.5, 1500)
    said = model.decide(fresh)
    assert (said.lows < said.highs).all()
    covered = ((said.lows <= truth) & (truth <= said.highs)).mean()
    assert 0.75 < covered < 0.86
    assert ((said.values >= said.lows) & (said.values <= said.highs)).mean() > 0.99
    # and of the training rows, by the errors in the other folds
    held = model.held_
    assert 0.72 < ((held.lows <= given) & (given <= held.highs)).mean() < 0.88
    assert (held.values > 0).all() if skewed else True


@pytest.mark.parametrize("mix", ["vote", "stack", "best"])
def test_who_estimates_can_be_chosen(mix):
    rows, spent, middle = spending(200)
    model = of_spending(**TWO, mix=mix).fit(rows, spent)
    assert mix in (model.mixed_by_, "best")
    assert len(model.trained_) == (1 if mix == "best" else 2)
    assert np.corrcoef(np.log(model.predict(rows)), middle)[0, 1] > 0.8


def test_shuffled_numbers_are_not_explained():
    rows, spent, _ = spending()
    rng = np.random.default_rng(0)
    model = of_spending(**{**TWO, "draws": 3}).fit(rows, rng.permutation(spent))
    held = model.held_.values
    assert 1 - ((held - spent) ** 2).sum() / ((spent - spent.mean()) ** 2).sum() < 0.05
    assert (model.table_["r2"] < 0.05).all()


def test_a_client_of_whom_nothing_is_known_has_no_estimate_to_trust():
    rows, spent, _ = spending(150)
    model = of_clients(EnsembleRegressor).fit(rows, spent)
    said = model.decide(pd.DataFrame({"concepts": [None, ["concept 0"]]}))
    assert said.statuses.tolist() == ["outside", "assigned"]
    frame = said.frame(["a", "b"], id_name="who", label_name="spent")
    assert list(frame.columns) == ["who", "spent", "low", "high", "status"]
    assert frame["spent"].to_numpy() == pytest.approx(said.values, rel=1e-5)
    assert len(model.decide([])) == len(model.predict([])) == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda spent: np.r_[np.inf, spent[1:]], "1 rows "),
        (lambda spent: np.r_[np.nan, np.nan, spent[2:]], "2 rows "),
        (lambda spent: ["much", *spent[1:]], "1 rows "),
        (lambda spent: [None, *spent[1:]], "1 rows "),
        (lambda spent: spent * 1e300, "1e"),
        (lambda spent: spent[1:], "40 rows"),
        (lambda spent: spent[:, None], "40 rows"),
        (lambda spent: np.full_like(spent, 7.1), "same number"),
        (lambda spent: spent * 1e-200, "same number"),
    ],
)
def test_numbers_that_cannot_be_learnt(change, message):
    rows, spent, _ = spending(40)
    with pytest.raises(InputError, match=message):
        of_spending().fit(rows, change(spent))


def test_no_row_and_one_row_are_too_few_for_a_number():
    rows, spent, _ = spending(40)
    for few in (0, 1):
        with pytest.raises(InputError, match=f"{few} rows"):
            of_spending().fit(rows[:few], spent[:few])


@pytest.mark.parametrize("learner", LEARNERS)
def test_a_number_of_few_rows_or_many_equals(learner):
    rows, _, _ = spending(60)
    few = of_spending(learners=(learner,)).fit(rows[:5], [1, 2, 3, 5, 9.0])
    assert np.isfinite(few.predict(rows[:5])).all()
    equals = np.r_[np.zeros(55), 1, 2, 3, 4, 5]
    model = of_spending(learners=(learner,)).fit(rows, equals)
    assert model.scale_.least == 0
    assert np.isfinite(model.decide(rows).highs).all()


def test_rows_of_a_group_are_on_one_side_for_numbers():
    rng = np.random.default_rng(2)
    group = np.repeat(np.arange(40), 6)
    value = rng.normal(size=40)[group]
    rows = pd.DataFrame({"concepts": [[f"of {each}", "all"] for each in group]})
    model = of_clients(EnsembleRegressor, learners=("random-forest",), kinds=("one-hot",))
    errors = {
        name: np.abs(clone(model).fit(rows, value, given).held_.values - value).mean()
        for name, given in (("apart", None), ("together", group))
    }
    assert errors["apart"] < 0.6 * errors["together"]


def test_numbers_as_texts_are_read():
    rows, spent, _ = spending(60)
    plain = of_spending().fit(rows, spent).predict(rows)
    told = of_spending().fit(rows, [str(each) for each in spent]).predict(rows)
    assert told == pytest.approx(plain, rel=1e-9)


# Salaries, with a title beside the columns: generated

LEVELS = {"trainee": 0.5, "junior": 0.75, "senior": 1.3, "lead": 1.6, "chief": 2.6}
FIELDS = {
    "cook": 32,
    "nurse": 62,
    "teacher": 52,
    "welder": 44,
    "software engineer": 92,
    "data scientist": 95,
    "sales manager": 78,
    "office clerk": 38,
    "lawyer": 120,
    "physician": 190,
    "graphic designer": 55,
    "truck driver": 45,
}


def salaries(n=1500, seed=0, zeros=2):
    """Titles, two columns, and salaries whose spread grows with them; two are 0."""
    rng = np.random.default_rng(seed)
    level, field = rng.integers(len(LEVELS), size=n), rng.integers(len(FIELDS), size=n)
    city, years = rng.random(n) < 0.5, rng.integers(0, 30, n).astype(float)
    middle = np.array([*LEVELS.values()])[level] * np.array([*FIELDS.values()])[field]
    middle = 1000 * middle * (1 + 0.25 * city) * (1 + 0.012 * years)
    paid = np.round(middle * np.exp(rng.normal(0, 0.25, n)))
    paid[rng.choice(n, zeros, replace=False)] = 0
    titles = [
        f"{one} {other}"
        for one, other in zip(np.array([*LEVELS])[level], np.array([*FIELDS])[field], strict=True)
    ]
    place = np.where(city, "city", "country")
    return pd.DataFrame({"title": titles, "place": place, "years": years}), paid


@pytest.fixture(scope="module")
def payroll(bert):
    """A model of salaries, of a title and two columns."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Learner, "trees", 60)
        given = {"text": "title", "context": ("place", "years"), "encoder": str(bert)}
        model = EnsembleRegressor(("lightgbm", "linear"), **given, draws=2)
        return model.fit(*salaries())


def ridge_of_words():
    columns = ColumnTransformer(
        [
            ("title", TfidfVectorizer(ngram_range=(1, 2)), "title"),
            ("place", OneHotEncoder(), ["place"]),
            ("years", StandardScaler(), ["years"]),
        ]
    )
    return make_pipeline(columns, RidgeCV(np.logspace(-2, 2, 9)))


def test_two_zeros_do_not_turn_the_transform_off(payroll):
    assert payroll.scale_.transform in ("log1p", "power")
    table = payroll.scales_.set_index("transform")["mae"]
    assert table[payroll.scale_.transform] < 0.95 * table["none"]
    assert (payroll.held_.values >= 0).all()


def test_a_range_is_as_wide_as_its_tenth_needs(payroll):
    """With one width, the smallest tenth is always held and the largest hardly half of the time."""
    rows, paid = salaries(4000, seed=1, zeros=0)
    said = payroll.decide(rows)
    bands = number_bands(paid, said.values, said.lows, said.highs, by=said.values)
    assert len(bands) == 10
    assert bands["within"].between(0.7, 0.9).all()
    assert bands["within"].mean() == pytest.approx(0.8, abs=0.04)
    assert bands["width"].iloc[-1] > 3 * bands["width"].iloc[0]
    assert (said.lows >= 0).all()


def test_a_title_and_columns_are_better_than_a_ridge_on_their_words(payroll):
    fresh, truth = salaries(1000, seed=2, zeros=0)
    plain = ridge_of_words().fit(*salaries()).predict(fresh)
    errors = [np.abs(said - truth).mean() for said in (payroll.predict(fresh), plain)]
    assert errors[0] < 0.95 * errors[1]
    assert "linear" in {member.learner.name for member in payroll.trained_}
    kinds = payroll.sources_["kind"].value_counts()
    assert kinds["words"] > len(LEVELS) + len(FIELDS)
    # trees are spared the words
    trees = payroll.sets_.trees["all"]
    assert not (payroll.sources_["kind"].iloc[trees] == "words").any()


def test_words_and_columns_tell_classes_too(bert):
    rows, paid = salaries(600, zeros=0)
    rows["title"] += pd.Series(np.where(paid > np.median(paid), " zebra", ""))
    rows.loc[rows.index[::50], "title"] = None
    given = {"text": "title", "context": ("years",), "encoder": str(bert), "draws": 1}
    model = EnsembleClassifier(("lightgbm", "linear"), **given, balance=True)
    model.fit(rows[:400], (paid > np.median(paid))[:400])
    accuracy = model.table_.set_index("model")["accuracy"]
    assert accuracy["linear"] > max(0.9, accuracy["lightgbm"])
    right = model.predict(rows[400:]) == (paid > np.median(paid))[400:]
    assert right.mean() > 0.9


def test_texts_without_a_word_are_no_hindrance(bert):
    rows, paid = salaries(60)
    rows["title"] = "..."
    given = {"text": "title", "context": ("years",), "encoder": str(bert), "draws": 1}
    model = EnsembleRegressor(("linear",), **given).fit(rows, paid)
    assert np.isfinite(model.predict(rows)).all()


def test_a_row_unlike_all_others_has_no_absurd_estimate():
    rng = np.random.default_rng(0)
    rows = pd.DataFrame({"visits": rng.normal(size=200)})
    spent = np.exp(3 * rows["visits"].to_numpy() + rng.normal(size=200))
    model = EnsembleRegressor(("linear",), context=("visits",), draws=1).fit(rows, spent)
    strange = model.predict(pd.DataFrame({"visits": [-1e9, 1e9]}))
    assert (strange >= 0).all()
    assert strange[1] < 10 * spent.max()


def test_an_ensemble_tries_a_linear_model_unless_it_has_to_be_quick():
    rows, paid = salaries(120)
    model = EnsembleRegressor(context=("years", "place"), draws=1).fit(rows, paid)
    assert "linear" in {*model.table_["model"]}
    model = EnsembleRegressor(context=("years", "place"), draws=1, preset="speed").fit(rows, paid)
    assert {*model.table_["model"]} == {"lightgbm"}
