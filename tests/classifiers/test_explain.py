import doctest
import importlib
import re
import warnings
from itertools import permutations, product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coterie.classifiers import (
    AMBIGUOUS,
    ASSIGNED,
    OUTSIDE,
    CascadeClassifier,
    Explanation,
    FewShotClassifier,
    Influence,
    LinearClassifier,
    Near,
    SoftVotingClassifier,
    explain,
    load_classifier,
    save_classifier,
)
from coterie.classifiers.confidence import Confidence
from coterie.classifiers.explanations.text_spans import passages_of, without, words_of
from coterie.encoders import fit_tfidf
from coterie.errors import CoterieWarning, EncoderError, InputError, MissingExtraError, OptionError

OPENINGS = ("hello", "please help", "I need to know", "can you tell me", "good morning")
ABOUT = {
    "arrival": ("my parcel has not arrived", "when will it be delivered", "the delivery is late"),
    "refund": ("I want my money back", "refund my payment", "the refund is not there yet"),
    "password": ("I forgot my password", "reset the password", "the login page rejects me"),
}
TEXTS = [
    f"{opening}, {said}" for wants in ABOUT.values() for opening, said in product(OPENINGS, wants)
]
LABELS = [label for label, wants in ABOUT.items() for _ in product(OPENINGS, wants)]
# what nobody can tell apart, so that no classifier is sure of everything
TEXTS += [f"{said} it does not work" for said in (*OPENINGS, "sorry") for _ in ABOUT]
LABELS += [label for _ in (*OPENINGS, "sorry") for label in ABOUT]


class Counting:
    """An encoder that counts the texts it is given."""

    def __init__(self, encoder):
        self._encoder = encoder
        self.name, self.dim, self.fingerprint = encoder.name, encoder.dim, encoder.fingerprint
        self.seen, self.calls = [], 0

    def encode(self, texts):
        self.seen += texts
        self.calls += 1
        return self._encoder.encode(texts)


@pytest.fixture(scope="module")
def linear():
    return LinearClassifier("tfidf").fit(TEXTS, LABELS)


def _log_odds(model, rows, label):
    share = model.predict_proba(rows)[0][model.classes_.tolist().index(label)]
    return np.log(share / (1 - share))


def _effects(parts):
    return {part.text: part.effect for part in parts}


@pytest.mark.weights
@pytest.mark.parametrize(
    ("text", "label", "word"),
    [
        ("hello, the parcel is here no sooner", "arrival", "parcel"),
        ("good morning, about that refund of mine", "refund", "refund"),
        ("please see to the password of my wife", "password", "password"),
    ],
)
def test_the_decisive_word_leads_with_minilm(text, label, word):
    model = _minilm()
    found = explain(model, text)
    assert found.label == label
    assert max(found.words, key=lambda part: part.effect).text == word
    assert f"'{word}'" in " ".join(found.sentences())
    assert explain(model, text) == found


_FITTED = []


def _minilm():
    try:
        if not _FITTED:
            _FITTED.append(FewShotClassifier().fit(TEXTS, LABELS))
    except (EncoderError, MissingExtraError) as error:
        pytest.skip(f"no MiniLM: {error}")
    return _FITTED[0]


@pytest.mark.weights
def test_a_text_about_something_else_is_said_to_be_outside():
    found = explain(_minilm(), "Photosynthesis turns sunlight into sugar")
    assert found.status == OUTSIDE
    assert "guess" in found.sentences()[0]


def test_effects_are_what_the_classifier_itself_says(linear):
    text = "Hello, refund the refund? my parcel!"
    found = explain(linear, text)
    rest = {
        "Hello": ", refund the refund? my parcel!",
        "refund": "Hello, the ? my parcel!",
        "the": "Hello, refund refund? my parcel!",
        "my": "Hello, refund the refund? parcel!",
        "parcel": "Hello, refund the refund? my !",
    }
    whole = _log_odds(linear, [text], found.label)
    expected = {word: whole - _log_odds(linear, [left], found.label) for word, left in rest.items()}
    assert _effects(found.words) == pytest.approx(expected, abs=1e-5)
    sizes = [abs(part.effect) for part in found.words]
    assert sizes == sorted(sizes, reverse=True)
    assert found.label == linear.predict([text])[0]
    assert found.confidence == linear.predict_proba([text]).max()
    assert found.runner_up[1] == np.sort(linear.predict_proba([text])[0])[-2]


@pytest.mark.parametrize(("label", "other"), [*permutations(ABOUT, 2)])
def test_words_of_a_class_speak_for_it_and_those_of_another_against(linear, label, other):
    own = {"arrival": "delivered", "refund": "money", "password": "reset"}
    also = {"arrival": "late", "refund": "payment", "password": "forgot"}
    against = {"arrival": "parcel", "refund": "refund", "password": "login"}
    found = explain(linear, f"{own[label]} {also[label]} {against[other]}")
    effects = _effects(found.words)
    sign = {label: 1, other: -1}[found.label]
    assert sign * effects[own[label]] > 0
    assert sign * effects[also[label]] > 0
    assert sign * effects[against[other]] < 0


def test_a_decisive_context_column_shows():
    rng = np.random.default_rng(0)
    sure = np.tile(["yes", "no"], 60)
    frame = pd.DataFrame(
        {
            "text": [f"we spoke about it {word}" for word in rng.choice(list("abcdefgh"), 120)],
            "budget_authority": sure,
            "visits": rng.integers(0, 9, 120).astype(float),
        }
    )
    labels = np.where((sure == "yes") ^ (rng.random(120) < 0.1), "ready", "later")
    model = LinearClassifier("tfidf", context=["budget_authority", "visits"]).fit(frame, labels)
    given = {"budget_authority": "yes", "visits": 3, "colour": "red"}
    found = explain(model, "we spoke about it b", given)
    assert found.label == "ready"
    assert found.context[0].column == "budget_authority"
    assert found.context[0].text == "yes"
    assert found.context[0].effect > 1
    assert {part.column for part in found.context} <= {"budget_authority", "visits"}
    assert "Main column for it: budget_authority 'yes'." in found.sentences()
    other = explain(model, "we spoke about it b", given | {"budget_authority": "no"})
    assert other.label == "later"
    assert "Main column for it: budget_authority 'no'." in other.sentences()
    assert explain(model, "we spoke about it b").context == ()

    def odds(frame):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", CoterieWarning)
            return _log_odds(model, frame, "ready")

    row = pd.DataFrame([{"text": "we spoke about it b"} | given])
    gained = odds(row) - odds(row.drop(columns="budget_authority"))
    assert found.context[0].effect == pytest.approx(gained, abs=1e-4)


def test_a_missing_column_is_told_once_and_a_missing_value_is_none_given():
    sizes = np.resize(np.array(["big", None, "small"]), len(TEXTS))
    frame = pd.DataFrame({"text": TEXTS, "size": sizes, "n": 1.0})
    frame.loc[::2, "n"] = np.nan
    model = LinearClassifier("tfidf", context=["size", "n"]).fit(frame, LABELS)
    with pytest.warns(CoterieWarning, match=" n") as told:
        explain(model, TEXTS[0], {"size": "big"})
    assert len(told) == 1
    found = explain(model, TEXTS[0], {"size": None, "n": np.nan})
    assert {part.column for part in found.context} == {"n"}  # no size is an average size
    assert found.context[0].text == ""


def test_a_vote_is_explained_as_a_whole():
    members = [LinearClassifier("tfidf"), FewShotClassifier("tfidf")]
    vote = SoftVotingClassifier(members, weights=[1, 3]).fit(TEXTS, LABELS)
    text = "good morning, when is it delivered"
    found = explain(vote, text)
    whole, rest = (_log_odds(vote, [t], found.label) for t in (text, "good morning, when is it "))
    assert found.label == "arrival"
    assert found.stage is None
    assert _effects(found.words)["delivered"] > 0.5
    assert _effects(found.words)["delivered"] == pytest.approx(whole - rest, abs=1e-4)


def test_of_a_cascade_the_member_that_answered_is_explained(linear):
    members = [LinearClassifier("tfidf"), FewShotClassifier("tfidf")]
    cascade = CascadeClassifier(members).fit(TEXTS, LABELS)
    stages = set()
    for text in ["reset the password", "the refund is late", "hello there"]:
        found = explain(cascade, text)
        stage = int(cascade.answered_by([text])[0])
        stages.add(stage)
        alone = explain(cascade.members_[stage], text)
        assert found.stage == stage
        assert (found.words, found.examples) == (alone.words, alone.examples)
        assert found.confidence == alone.confidence
    assert stages <= {0, 1}


def test_a_loaded_classifier_explains_alike(linear, tmp_path):
    members = [LinearClassifier("tfidf"), FewShotClassifier("tfidf")]
    cascade = CascadeClassifier(members).fit(TEXTS, LABELS)
    for place, model in enumerate((linear, cascade)):
        save_classifier(model, tmp_path / str(place))
        again = load_classifier(tmp_path / str(place))
        assert explain(again, "please, where is my refund") == explain(
            model, "please, where is my refund"
        )


@pytest.mark.parametrize("pooling", ["text", "lines"])
@pytest.mark.parametrize("join", [" ", ". ", "\n"])
def test_a_long_text_costs_no_more_than_150_variants(pooling, join):
    encoder = Counting(fit_tfidf(TEXTS))
    model = LinearClassifier(encoder, pooling=pooling).fit(TEXTS, LABELS)
    rng = np.random.default_rng(3)
    filler = ["".join(rng.choice(list("bcdfghjklm"), 6)) for _ in range(480)]
    lines = [" ".join(filler[start : start + 8]) for start in range(0, 480, 8)]
    own = [text for text, label in zip(TEXTS, LABELS, strict=True) if label == "password"]
    lines[3::5] = own[:12]
    encoder.seen, encoder.calls = [], 0
    text = join.join(lines)
    found = explain(model, text)
    assert sum(map(len, encoder.seen)) <= 150 * len(text)
    assert pooling == "lines" or len(encoder.seen) <= 150
    assert encoder.calls <= 6
    assert found.label == "password"
    assert re.search("password|login", found.passages[0].text)
    assert max(found.words, key=lambda part: part.effect).text in ("password", "login", "rejects")
    assert any("'password'" in said for said in found.sentences())
    assert any(said.startswith("Main passage for") for said in found.sentences())
    assert max(map(len, found.sentences())) < 300


def test_a_short_text_is_embedded_in_one_batch():
    encoder = Counting(fit_tfidf(TEXTS))
    model = LinearClassifier(encoder).fit(TEXTS, LABELS)
    encoder.seen, encoder.calls = [], 0
    found = explain(model, TEXTS[7])
    assert encoder.calls == 3  # to decide, the row, and all of its variants
    assert len(encoder.seen) == 2 + 1 + len(words_of(TEXTS[7]))
    assert found.passages == ()


def test_examples_are_the_nearest_each_once():
    model = LinearClassifier("tfidf").fit([*TEXTS, TEXTS[3]], [*LABELS, LABELS[3]])
    found = explain(model, TEXTS[3], examples=4)
    assert len(found.examples) == 4
    assert found.examples[0] == Near(TEXTS[3], LABELS[3], pytest.approx(1.0, abs=1e-4))
    assert len({near.text for near in found.examples}) == 4
    cosines = [near.cosine for near in found.examples]
    assert cosines == sorted(cosines, reverse=True)
    assert found.sentences()[-1].endswith(f"same text, labelled {LABELS[3]}.")
    none = explain(model, TEXTS[3], examples=0, words=0)
    assert none.examples == none.words == ()
    assert len(none.sentences()) == 1


@pytest.mark.parametrize("text", ["refund", "refund!", "refund refund, Refund", "!?", "👍"])
def test_a_text_of_one_word_or_none_has_nothing_to_leave_out(linear, text):
    found = explain(linear, text)
    assert found.words == ()
    assert not any(re.search(r"\bwords?\b", said) for said in found.sentences())


def test_classes_are_called_by_their_names():
    numbers = [sorted(ABOUT).index(label) for label in LABELS]
    names = {0: "parcel not there", 1: "cannot log in", 2: "wants money back"}
    model = LinearClassifier("tfidf", class_names=names).fit(TEXTS, numbers)
    found = explain(model, "I forgot the password")
    assert found.label == 1
    assert found.sentences()[0].startswith("Most likely cannot log in (")


def test_wrong_requests_are_refused(linear):
    with pytest.raises(InputError, match="text"):
        explain(linear, "  ")
    with pytest.raises(OptionError, match="=-1"):
        explain(linear, "refund", words=-1)


@pytest.mark.parametrize("status", [ASSIGNED, AMBIGUOUS, OUTSIDE])
def test_sentences_are_plain_and_say_how_sure_the_model_is(status):
    found = Explanation(
        text="My card has not arrived",
        label="card_arrival",
        confidence=0.93,
        status=status,
        runner_up=("lost_or_stolen_card", 0.04),
        words=(
            *(Influence("arrived", 2.0), Influence("card", 1.5), Influence("not", -0.6)),
            Influence("My", 0.05),
        ),
        passages=(),
        context=(
            *(Influence("yes", 0.9, "budget_authority"), Influence("", -0.4, "size")),
            Influence("7", 0.01, "visits"),
        ),
        examples=(Near("Where is\nmy card?", "card_arrival", 0.8189),),
    )
    it = "it" if status == ASSIGNED else "card_arrival"
    answers = {
        ASSIGNED: "Most likely",
        AMBIGUOUS: "The confidence is too low to decide: most likely",
        OUTSIDE: "This text is unlike all training texts, so the prediction is a guess:",
    }
    assert found.sentences() == [
        f"{answers[status]} card_arrival (93%), then lost_or_stolen_card (4%).",
        f"Main words for {it}: 'arrived', 'card'.",
        f"Main word against {it}: 'not'.",
        f"Main column for {it}: budget_authority 'yes'.",
        f"Main column against {it}: size not given.",
        "Most similar training text (82% similar), labelled card_arrival: 'Where is my card?'.",
    ]


def test_a_text_of_no_known_class_is_not_called_too_unsure():
    told = {"text": "a", "label": "b", "confidence": 0.93, "runner_up": ("c", 0.04)}
    found = [Explanation(status=AMBIGUOUS, strange=each, **told) for each in (True, False)]
    strange, unsure = (each.sentences()[0] for each in found)
    assert "confidence" in unsure
    assert "confidence" not in strange
    assert "93%" in strange


def test_sentences_hold_no_internals(linear):
    texts = [*TEXTS[::7], "the of and", "refund or parcel or password"]
    said = " ".join(" ".join(explain(linear, text).sentences()) for text in texts)
    internals = r"e-\d\d|nan|inf\b|None|np\.|\d\.\d|odds|cosine|vector|encoder|100%|[({]'"
    assert not re.search(internals, said)


def test_log_odds_are_exact_beyond_what_probabilities_hold():
    scores = np.array([[0.0, 3.0, 1.0], [0.0, 900.0, 1.0], [0.0, 901.0, 1.0]])
    found = Confidence(temperature=0.5).log_odds(scores, 1)
    share = Confidence(temperature=0.5).probabilities(scores)[0, 1]
    assert found[0] == pytest.approx(np.log(share / (1 - share)))
    assert found[2] - found[1] == pytest.approx(2.0)


def test_the_example_of_the_docstring_runs():
    module = importlib.import_module("coterie.classifiers.explanations.explain")
    assert doctest.testmod(module).attempted > 0
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Don't top-up, please: don’t!", ["Don't", "top-up", "please", "don’t"]),  # noqa: RUF001
        ("Card card CARD", ["Card"]),
        ("Où est la carte n° 7?", ["Où", "est", "la", "carte", "n", "7"]),
        ("कार्ड खो गया", ["कार्ड", "खो", "गया"]),
        ("我的卡 ok", ["我的", "的卡", "ok"]),
        ("卡", ["卡"]),
        ("บัตรหาย", ["บัต", "ตร", "รห", "หา", "าย"]),
        ("...", []),
    ],
)
def test_words_are_found_in_any_script(text, words):
    assert [part.text for part in words_of(text)] == words


def test_passages_are_sentences_lines_and_pieces_of_what_goes_on():
    text = 'He said "stop." Then? Yes\nOk ... ' + " ".join(map(str, range(60)))
    found = [part.text for part in passages_of(text, 60)]
    assert found[:4] == ['He said "stop."', "Then?", "Yes", "Ok ..."]
    assert [len(part.split()) for part in found[4:]] == [25, 25, 10]
    assert len(passages_of(text, 3)) == 3


@given(st.text(st.sampled_from("aB c.\n-'!我的。é\u0301"), max_size=60), st.integers(1, 5))
def test_parts_cover_a_text_and_leave_the_rest_as_it_is(text, most):
    passages = passages_of(text, most)
    assert len(passages) <= most
    if passages:
        spans = sorted(span for part in passages for span in part.spans)
        assert "".join(text[slice(*span)] for span in spans) == text
    words = words_of(text)
    for part in [*words, *passages]:
        gone = set().union(*(range(*span) for span in part.spans))
        assert without(text, part) == "".join(c for at, c in enumerate(text) if at not in gone)
    covered = {at for part in words for span in part.spans for at in range(*span)}
    left = [c for at, c in enumerate(text) if at not in covered]
    assert not any(c.isalnum() for c in left)
    assert len({part.text.casefold() for part in words}) == len(words)
