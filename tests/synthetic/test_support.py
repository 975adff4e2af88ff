from __future__ import annotations

import hashlib
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from coterie.errors import MissingExtraError, OptionError
from coterie.synthetic import generate_support, iter_support
from coterie.synthetic.draws import Draws
from coterie.synthetic.grammar import Slots, literals
from coterie.synthetic.people import draw_people
from coterie.synthetic.support.data import intents
from coterie.synthetic.support.message import (
    BLANK_SHARE,
    COPY_SHARE,
    LABEL_NOISE,
    NEAR_COPY_SHARE,
    read_phrasebook,
)


@pytest.fixture(scope="module")
def messages() -> pd.DataFrame:
    return generate_support(6000, seed=2, truth=True)


def digest(seed: int) -> str:
    return hashlib.sha256(generate_support(300, seed=seed).to_csv().encode()).hexdigest()


def test_the_table_has_its_columns_and_rows(messages: pd.DataFrame) -> None:
    columns = ["id", "text", "category", "intent", "created_at", "channel", "response"]
    assert list(messages.columns) == [*columns, "true_intent"]
    assert list(generate_support(5).columns) == columns
    assert messages["id"].is_unique
    assert len(messages) == 6000
    assert messages.map(lambda value: isinstance(value, str)).all(axis=None)


def test_labels_are_intents_of_their_category(messages: pd.DataFrame) -> None:
    known = intents()
    assert 25 <= len(known) - 1 <= 30
    assert 8 <= len(set(known.values())) - 1 <= 10
    assert set(messages["intent"]) == set(known)
    assert (messages["intent"].map(known) == messages["category"]).all()


def test_times_ascend_through_one_year(messages: pd.DataFrame) -> None:
    times = pd.to_datetime(messages["created_at"])
    assert times.is_monotonic_increasing
    assert set(times.dt.year) == {2025}
    by_day = times.dt.day_of_week.value_counts()
    assert by_day[[5, 6]].max() < by_day[[0, 1, 2, 3, 4]].min()


def test_a_seed_gives_the_same_rows_whatever_the_hash_seed() -> None:
    code = (
        "import hashlib; from coterie.synthetic import generate_support as g;"
        "print(hashlib.sha256(g(300, seed=5).to_csv().encode()).hexdigest())"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "77", "PYTHONPATH": os.pathsep.join(sys.path)}
    run = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == digest(5) != digest(6)


def test_global_random_state_is_left_alone() -> None:
    np.random.seed(0)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    generate_support(50)
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002


def test_blocks_together_are_the_table(messages: pd.DataFrame) -> None:
    blocks = list(iter_support(6000, seed=2, truth=True))
    assert [len(block) for block in blocks] == [5000, 1000]
    pd.testing.assert_frame_equal(pd.concat(blocks, ignore_index=True), messages)


def test_class_sizes_are_uneven(messages: pd.DataFrame) -> None:
    sizes = messages["true_intent"].value_counts()
    assert sizes.iloc[0] > 3 * sizes.iloc[-2]


def test_the_shares_are_those_that_are_documented(messages: pd.DataFrame) -> None:
    wrong = messages["intent"] != messages["true_intent"]
    assert wrong.mean() == pytest.approx(LABEL_NOISE, abs=0.006)
    blank = messages["text"].str.strip() == ""
    assert blank.mean() == pytest.approx(BLANK_SHARE, abs=0.002)
    texts = messages.loc[~blank, "text"]
    assert COPY_SHARE / 2 < texts.duplicated().mean() < 4 * COPY_SHARE
    plain = texts.str.lower().str.replace(r"\W", "", regex=True)
    assert plain.duplicated().mean() > texts.duplicated().mean() + NEAR_COPY_SHARE / 4


def test_weights_set_the_rows_of_an_intent() -> None:
    names = list(intents())
    weights = dict.fromkeys(names, 0.0) | {"cancel_order": 3.0, "track_order": 1.0}
    made = generate_support(400, seed=1, weights=weights, truth=True)
    assert made["true_intent"].value_counts().to_dict() == {"cancel_order": 300, "track_order": 100}
    assert set(made["intent"]) <= {"cancel_order", "track_order"}


def test_an_intent_can_be_left_out() -> None:
    made = generate_support(2000, leave_out=["off_topic", "track_order"])
    assert not {"off_topic", "track_order"} & set(made["intent"])


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"leave_out": ["cancel_ordr"]}, "cancel_ordr.*cancel_order"),
        ({"weights": {"nothing": 1.0}}, "nothing"),
        ({"weights": {"cancel_order": -1.0}}, r"cancel_order is -1\.0"),
        ({"weights": {"cancel_order": float("nan")}}, "cancel_order is nan"),
        ({"leave_out": list(intents())}, "intent"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_what_cannot_be_had_is_told(options: dict[str, object], says: str) -> None:
    with pytest.raises(OptionError, match=says):
        generate_support(10, **options)  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="rows is 0"):
        generate_support(0)


def test_every_phrase_can_be_said() -> None:
    held = read_phrasebook()
    draws = Draws(0)
    words = {**held.words, **{name: literals(texts) for name, texts in draw_people(0).items()}}
    talk = [phrase for phrases in held.talk.values() for phrase in phrases]
    for intent in held.intents:
        for phrase in [*talk, *intent.wants, *intent.because, *intent.terse, *intent.answers]:
            slots = Slots(words, draws)
            slots["other"] = "where is it"
            assert not set(phrase.say(draws, slots)) & set("(){}|")


def test_every_intent_can_be_wanted_in_many_ways() -> None:
    for intent in read_phrasebook().intents[:-1]:
        assert len(intent.wants) >= 10, intent.id
        assert len(intent.because) >= 5, intent.id
        assert len(intent.terse) >= 5, intent.id
        assert len(intent.answers) >= 3, intent.id


def test_a_classifier_must_work_for_it_and_can(messages: pd.DataFrame) -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.naive_bayes import ComplementNB

    rows = messages[messages["text"].str.strip() != ""]
    vectorizer = TfidfVectorizer(sublinear_tf=True)
    seen = vectorizer.fit_transform(rows["text"].iloc[:3000])
    model = ComplementNB().fit(seen, rows["intent"].iloc[:3000])
    score = model.score(vectorizer.transform(rows["text"].iloc[3000:]), rows["intent"].iloc[3000:])
    assert 0.6 < score < 0.96


def test_without_faker_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "faker", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'coterie\[synthetic\]'"):
        generate_support(5, seed=987_654)
