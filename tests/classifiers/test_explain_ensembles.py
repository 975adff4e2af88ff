"""What moved one answer of an ensemble: each effect is what the ensemble itself says without."""

import importlib
import re
import warnings

import numpy as np
import pandas as pd
import pytest

from coterie.classifiers import (
    AMBIGUOUS,
    ASSIGNED,
    OUTSIDE,
    EnsembleClassifier,
    EnsembleRegressor,
    EstimateExplanation,
    Influence,
    explain,
    load_classifier,
    load_regressor,
    save_classifier,
)
from coterie.encoders import fit_tfidf
from coterie.errors import ColumnError, CoterieWarning, InputError, OptionError

pytest.importorskip("lightgbm", reason="needs coterie[boost]")

QUICK = {"learners": ("lightgbm",), "draws": 1, "folds": 2}
KINDS = ("one-hot", "pairs", "statistics")
NOTED = ["Price sensitive", "asked for demo", "went quiet", "likes tea", "met at a fair"]


def clients(n=240, seed=0):
    """Clients: one concept and the visits tell who buys, and what they are worth."""
    rng = np.random.default_rng(seed)
    held = rng.random((n, len(NOTED))) < 0.5
    visits = rng.integers(0, 10, n).astype(float)
    frame = pd.DataFrame(
        {
            "concepts": [[NOTED[each] for each in np.flatnonzero(row)] for row in held],
            "visits": visits,
            "sector": rng.choice(["health", "trade"], n),
            "text": [f"we spoke about {word}" for word in rng.choice(["tea", "prices"], n)],
        }
    )
    chance = 1 / (1 + np.exp(-(4 * held[:, 1] - 3 * held[:, 0] + 0.4 * (visits - 5))))
    buys = np.where(rng.random(n) < chance, "buys", "leaves")
    worth = 100.0 * held[:, 1] - 40 * held[:, 0] + 5 * visits + rng.normal(0, 5, n)
    return frame, buys, worth


def classifier(**options):
    frame, buys, _ = clients()
    return EnsembleClassifier(**{**QUICK, **options}).fit(frame, buys)


def regressor(**options):
    frame, _, worth = clients()
    return EnsembleRegressor(**{**QUICK, **options}).fit(frame, worth)


@pytest.fixture(scope="module")
def of_concepts():
    return classifier(concepts="concepts", kinds=KINDS)


@pytest.fixture(scope="module")
def of_numbers():
    return regressor(concepts="concepts", kinds=KINDS, context=("visits", "sector"))


def answer(model, row, label=None):
    """The number, or the log-odds of a label, of one row as predict says it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CoterieWarning)
        if label is None:
            return float(model.predict(pd.DataFrame([row]))[0])
        shares = model.predict_proba(pd.DataFrame([row]))[0]
    share = shares[list(model.classes_).index(label)]
    return float(np.log(share / (1 - share)))


def without(row, concept):
    return row | {"concepts": [each for each in row["concepts"] if each.casefold() != concept]}


def effects(parts):
    return {part.column or part.text: part.effect for part in parts}


def test_the_deciding_concepts_lead_and_speak_for_their_side(of_concepts):
    found = explain(of_concepts, context={"concepts": ["asked for demo", "likes tea"]})
    assert found.label == "buys"
    assert found.concepts[0].text == "asked for demo"
    assert found.concepts[0].effect > 1
    assert (found.words, found.passages, found.context, found.examples) == ((), (), (), ())
    said = found.sentences()
    assert said[0].startswith("Most likely buys (")
    assert re.match("Main concepts? for it: 'asked for demo'", said[1])
    other = explain(of_concepts, context={"concepts": ["Price sensitive", "went quiet"]})
    assert other.label == "leaves"
    assert other.concepts[0].text == "Price sensitive"
    assert other.concepts[0].effect > 1
    both = effects(explain(of_concepts, context={"concepts": NOTED}).concepts)
    assert both["asked for demo"] * both["Price sensitive"] < 0


@pytest.mark.parametrize("kinds", [KINDS, ("one-hot",), ("statistics",)], ids="-".join)
def test_effects_of_concepts_are_those_measured_by_hand(kinds):
    model = classifier(concepts="concepts", kinds=kinds, context=("visits", "sector"))
    frame, _, _ = clients(6, seed=1)
    for row in frame.drop(columns="text").to_dict("records"):
        found = explain(model, context=row)
        whole = answer(model, row, found.label)
        noted = {each: whole - answer(model, without(row, each.casefold()), found.label)
                 for each in row["concepts"]}  # fmt: skip
        assert effects(found.concepts) == pytest.approx(shown(noted), abs=1e-5)
        columns = {name: whole - answer(model, left(row, name), found.label)
                   for name in ("visits", "sector")}  # fmt: skip
        assert effects(found.context) == pytest.approx(shown(columns), abs=1e-5)
        sizes = [abs(part.effect) for part in found.concepts]
        assert sizes == sorted(sizes, reverse=True)
        assert found.confidence == model.predict_proba(pd.DataFrame([row])).max()


def shown(measured):
    return {name: effect for name, effect in measured.items() if abs(effect) > 1e-6}


def left(row, column):
    return {name: value for name, value in row.items() if name != column}


def test_effects_on_a_number_are_in_its_unit_and_measured_alike(of_numbers):
    frame, _, _ = clients(6, seed=2)
    for row in frame.drop(columns="text").to_dict("records"):
        found = explain(of_numbers, context=row)
        assert isinstance(found, EstimateExplanation)
        said = of_numbers.decide(pd.DataFrame([row]))
        assert (found.value, found.low, found.high) == (said.values, said.lows, said.highs)
        whole = answer(of_numbers, row)
        noted = {each: whole - answer(of_numbers, without(row, each.casefold()))
                 for each in row["concepts"]}  # fmt: skip
        assert effects(found.concepts) == pytest.approx(shown(noted), rel=1e-3, abs=1e-3)
        visits = whole - answer(of_numbers, left(row, "visits"))
        assert effects(found.context).get("visits", 0) == pytest.approx(visits, abs=1e-3)
        if "asked for demo" in row["concepts"]:
            assert found.concepts[0].text == "asked for demo"
            assert found.concepts[0].effect == pytest.approx(100, rel=0.3)


def test_a_number_is_told_with_its_range_and_what_raises_and_lowers_it(of_numbers):
    row = {"concepts": ["asked for demo", "Price sensitive"], "visits": 9, "sector": "trade"}
    said = explain(of_numbers, context=row).about("worth").sentences()
    assert said[0].startswith("The estimate of worth is ")
    assert "80% prediction interval" in said[0]
    assert said[1].startswith("Main concept raising it: 'asked for demo' (+")
    assert said[2].startswith("Main concept lowering it: 'Price sensitive' (-")
    assert said[3].startswith("Main column raising it: visits 9 (+")


def test_a_concept_is_left_out_wherever_and_however_it_is_written(of_concepts):
    row = {"concepts": "asked for demo\n Asked for Demo \n\nlikes tea"}
    found = explain(of_concepts, context=row)
    assert {part.text for part in found.concepts} <= {"asked for demo", "likes tea"}
    rest = answer(of_concepts, {"concepts": ["likes tea"]}, found.label)
    expected = answer(of_concepts, row, found.label) - rest
    assert effects(found.concepts)["asked for demo"] == pytest.approx(expected, abs=1e-5)


def test_columns_alone_are_explained_against_an_average_row():
    model = classifier(context=("visits", "sector"))
    found = explain(model, context={"visits": "9", "sector": "trade"})  # as a form gives them
    assert found.label == "buys"
    assert found.context[0] == Influence("9", found.context[0].effect, "visits")
    assert found.context[0].effect > 0.5
    assert "Main column for it: visits 9." in found.sentences()
    assert found.concepts == ()
    with pytest.warns(CoterieWarning, match="sector") as told:
        part = explain(model, context={"visits": 0})
    assert len(told) == 1
    assert {each.column for each in part.context} == {"visits"}


def test_words_of_a_text_and_concepts_are_asked_for_in_one_batch(monkeypatch):
    words = fit_tfidf(["we spoke about tea", "we spoke about prices"])
    frame, buys, _ = clients()
    frame["text"] = np.where(buys == "buys", "we spoke about tea", "we spoke about prices")
    model = EnsembleClassifier(
        **QUICK, concepts="concepts", kinds=("one-hot",), text="text", encoder=words
    ).fit(frame, buys)
    asked = []
    answers = model._answers
    monkeypatch.setattr(
        model, "_answers", lambda made: asked.append(made.shape[0]) or answers(made)
    )
    row = {"concepts": ["likes tea", "went quiet"], "text": "we spoke about tea"}
    found = explain(model, row["text"], {"concepts": row["concepts"]})
    assert asked == [1, 1 + 4 + 2]  # to decide; the row, without each word, without each concept
    assert found.label == "buys"
    assert found.words[0].text == "tea"
    rest = answer(model, row | {"text": "we spoke about "}, "buys")
    expected = answer(model, row, "buys") - rest
    assert found.words[0].effect == pytest.approx(expected, abs=1e-4)
    assert any("'tea'" in said for said in found.sentences())
    assert explain(model, "", {"concepts": ["likes tea"]}).words == ()


def test_a_long_text_and_many_concepts_cost_a_bounded_number_of_variants(monkeypatch):
    words = fit_tfidf(["we spoke about tea", "we spoke about prices"])
    model = classifier(
        concepts="concepts", kinds=("one-hot",), text="text", encoder=words, context=("visits",)
    )
    asked = []
    answers = model._answers
    monkeypatch.setattr(
        model, "_answers", lambda made: asked.append(made.shape[0]) or answers(made)
    )
    text = ". ".join(f"we spoke about number{place} and tea" for place in range(200))
    concepts = [*NOTED, *(f"concept {place}" for place in range(500))]
    with pytest.warns(CoterieWarning, match="training"):
        found = explain(model, text, {"concepts": concepts, "visits": 3})
    assert len(asked) == 3
    assert sum(asked) <= 1 + (1 + 60 + 1 + 200) + (1 + 60)
    assert len(found.passages) <= 8


def test_a_loaded_ensemble_explains_alike(of_concepts, of_numbers, tmp_path):
    pytest.importorskip("skops")
    row = {"concepts": ["asked for demo", "went quiet"]}
    save_classifier(of_concepts, tmp_path / "class")
    assert explain(load_classifier(tmp_path / "class"), context=row) == explain(
        of_concepts, context=row
    )
    row |= {"visits": 3, "sector": "health"}
    save_classifier(of_numbers, tmp_path / "number")
    assert explain(load_regressor(tmp_path / "number"), context=row) == explain(
        of_numbers, context=row
    )


@pytest.mark.filterwarnings("ignore:Not in the training data")
def test_who_is_not_known_is_said_to_be(of_concepts):
    number = regressor(concepts="concepts", kinds=("one-hot",))
    for noted in ([], ["never heard of"], None):
        found = explain(of_concepts, context={"concepts": noted})
        assert found.status == OUTSIDE
        assert "guess: " in found.sentences()[0]
        guess = explain(number, context={"concepts": noted})
        assert guess.status == OUTSIDE
        assert "guess: " in guess.sentences()[0]


def test_an_ambiguous_answer_names_what_a_concept_speaks_for():
    frame, _, _ = clients()
    rng = np.random.default_rng(0)
    model = EnsembleClassifier(**QUICK, concepts="concepts", kinds=("one-hot",), accuracy=0.9)
    has = np.array(["asked for demo" in each for each in frame["concepts"]])
    model.fit(frame, np.where(rng.random(len(has)) < np.where(has, 0.95, 0.4), "yes", "no"))
    found = explain(model, context={"concepts": ["went quiet"]}).about("bought")
    assert found.status == AMBIGUOUS
    label = f"bought = {found.label}"
    assert f" {label} (" in found.sentences()[0]
    assert explain(model, context={"concepts": ["asked for demo"]}).status == ASSIGNED


def test_small_effects_on_a_number_are_not_made_much_of():
    found = EstimateExplanation(
        text="", status=ASSIGNED, value=1243.7, low=801.2, high=1899.6,
        concepts=(Influence("a", 310.4), Influence("b", -119.6), Influence("c", 12.0)),
        context=(Influence("0.5", 3.0, "share"), Influence("", -2.0, "size")),
    )  # fmt: skip
    assert found.sentences() == [
        "The estimate is 1,240; 80% prediction interval 801 to 1,900.",
        "Main concept raising it: 'a' (+310).",
        "Main concept lowering it: 'b' (-120).",
        "No single column has a large effect.",
    ]
    tiny = EstimateExplanation(
        text="", status=ASSIGNED, value=0.0304, low=0.0, high=5.0,
        context=(Influence("", 0.25, "size"), Influence("7", -1.0, "visits")),
    )  # fmt: skip
    assert tiny.sentences() == [
        "The estimate is 0.0304; 80% prediction interval 0 to 5.",
        "Main column raising it: size not given (+0.25).",
        "Main column lowering it: visits 7 (-1).",
    ]


def test_wrong_requests_are_refused(of_concepts):
    with pytest.raises(OptionError, match="text"):
        explain(of_concepts, "hello", {"concepts": ["likes tea"]})
    with pytest.raises(ColumnError, match="'concepts'"):
        explain(of_concepts)
    with pytest.raises(InputError, match="'concepts'"):
        explain(of_concepts, context={"concepts": 3})
    with pytest.raises(OptionError, match="=-1"):
        explain(of_concepts, words=-1)


def test_leaving_concepts_out_of_a_table_takes_the_same_for_the_same():
    room = importlib.import_module("coterie.classifiers.trees.importance")
    model = classifier(concepts="concepts", kinds=("one-hot",))
    frame = pd.DataFrame({"concepts": [[" Likes Tea", "likes tea", " "]] * 12})
    table = room.concept_effects(model, frame)
    assert table["rows"].tolist() == [12]
    share, rest = (
        model.predict_proba(pd.DataFrame({"concepts": [noted]}))[0, -1]
        for noted in (["likes tea"], [])
    )
    assert table["effect"].iloc[0] == pytest.approx(share - rest)
