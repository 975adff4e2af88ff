from __future__ import annotations

import itertools
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from coterie.errors import OptionError
from coterie.records import read_records
from coterie.synthetic import SalesData, generate, generate_sales, iter_sales
from coterie.synthetic.ceilings import best_accuracy, best_auc
from coterie.synthetic.draws import Draws
from coterie.synthetic.grammar import Phrase, Slots, literals
from coterie.synthetic.people import draw_people
from coterie.synthetic.sales.causes import (
    OUTCOMES,
    Causes,
    Deal,
    chance_of_converted,
    read_causes,
)
from coterie.synthetic.sales.data import NOISE, SPLITS
from coterie.synthetic.sales.script import read_script

CONTEXT = [
    "company_size",
    "industry",
    "contact_role",
    "urgency",
    "budget_authority",
    "previous_interactions",
    "lead_source",
]
OUTCOME_STATED = re.compile(
    r"\b(sign(ed|s|ing)?|contracts?|deal|convert\w*|lost|let's do it|let's go ahead|we're in"
    r"|go(ing)? ahead|green light|not for us|decided against|say no|answer is no|it's off"
    r"|we'll (take|leave|pass)|it's a yes|a customer|going with|went with|staying with)\b",
    re.IGNORECASE,
)


@pytest.fixture(scope="module")
def sales() -> SalesData:
    return generate_sales(4000, seed=3)


def converted_of(sales: SalesData) -> np.ndarray:
    return (sales.conversations["outcome"] == "converted").to_numpy()


def first_turns(sales: SalesData) -> pd.Series:
    told = sales.turns[sales.turns["turn"] < 5].groupby("conversation_id")["text"]
    return told.agg(" ".join).reindex(sales.conversations["conversation_id"])


def test_the_tables_have_their_columns(sales: SalesData) -> None:
    assert list(sales.turns.columns) == ["conversation_id", "turn", "role", "text"]
    columns = ["conversation_id", *CONTEXT, "outcome", "split"]
    assert list(sales.conversations.columns) == columns
    assert sales.conversations["conversation_id"].is_unique
    assert sales.conversations["previous_interactions"].dtype == np.int64
    assert not sales.conversations.isna().any(axis=None)
    assert len(sales.conversations) == len(sales.posterior) == len(sales.context_posterior) == 4000


def test_a_turn_holds_one_message_of_each(sales: SalesData) -> None:
    assert sales.turns["role"].tolist() == ["seller", "buyer"] * (len(sales.turns) // 2)
    assert sales.turns["text"].str.strip().ne("").all()
    by_id = sales.turns.groupby("conversation_id", sort=False)["turn"]
    assert list(by_id.groups) == sales.conversations["conversation_id"].tolist()
    assert by_id.agg(lambda turns: turns.tolist() == sorted([*range(len(turns) // 2)] * 2)).all()
    assert set(by_id.max() + 1) == {6, 7, 8, 9}


@pytest.mark.parametrize("rows", [200, 1, 2, 7, 15, 999, 1000])
def test_outcomes_and_splits_are_exact(rows: int) -> None:
    found = generate_sales(rows).conversations
    counts = found.groupby(["split", "outcome"]).size()
    assert int((found["outcome"] == "converted").sum()) == (rows + 1) // 2
    for split, share in SPLITS.items():
        part = [int(counts.get((split, outcome), 0)) for outcome in OUTCOMES]
        assert abs(sum(part) - share * rows) < 1
        assert abs(part[0] - part[1]) <= 1
    if rows == 200:
        assert counts["train"].tolist() == [70, 70]
        assert counts["validation"].tolist() == [10, 10]
        assert counts["test"].tolist() == [20, 20]


def test_the_first_five_turns_never_state_the_outcome(sales: SalesData) -> None:
    for text in first_turns(sales):
        assert not OUTCOME_STATED.search(text), text


def test_the_end_mostly_states_the_outcome(sales: SalesData) -> None:
    last = sales.turns[(sales.turns["turn"] >= 5) & (sales.turns["role"] == "buyer")]
    told = last.groupby("conversation_id")["text"].agg(" ".join)
    stated = told.map(lambda text: bool(OUTCOME_STATED.search(text)))
    assert 0.8 < stated.mean() < 0.97


def test_no_phrase_of_the_first_five_turns_states_an_outcome() -> None:
    held = read_script()
    draws = Draws(0)
    words = {
        **{name: literals(texts) for name, texts in draw_people(0).items()},
        **held.words,
        **held.industries["food"].words,
        **held.industries["food"].work[0],
        **held.sizes["small"],
        **held.above["small"],
        "above": held.above["small"]["owner"],
    }
    early: list[Phrase] = [phrase for pair in [*held.chat, *held.curious] for phrase in pair]
    tables = [*held.answers.values(), *held.openings.values(), held.questions, held.replies]
    for table in [*tables, held.links, {"ready": held.ready}]:
        early += [phrase for phrases in table.values() for phrase in phrases]
    for phrase, _ in itertools.product(early, range(8)):
        said = phrase.say(draws, Slots(words, draws))
        assert not OUTCOME_STATED.search(said), said
        assert not set(said) & set("(){}|"), said


def test_texts_are_put_together_without_a_seam(sales: SalesData) -> None:
    seam = re.compile(r"[(){}|]|  | [,.?]|\b(the|a|an|another|every) (the|a|an)\b|\.\.")
    for text in sales.turns["text"]:
        assert not seam.search(text), text


def test_every_topic_can_be_answered_in_many_ways() -> None:
    signs = read_causes(NOISE).signs
    assert set(read_script().answers) <= set(signs)
    for topic, answers in read_script().answers.items():
        assert list(answers) == signs[topic].trait.values
        assert len(read_script().questions[topic]) >= 5
        assert all(len(phrases) >= 9 for phrases in answers.values()), topic


def brute_force(known: Causes, shown: dict[str, int]) -> float:
    """Sum the joint chance of all that is hidden, outcome by outcome."""
    total = np.zeros(2)
    sizes = [range(len(cause.values)) for cause in known.causes.values()]
    for values in itertools.product(*sizes):
        hidden = dict(zip(known.causes, values, strict=True))
        joint = np.full(2, 0.5)
        for name, value in hidden.items():
            joint = joint * np.exp(known.causes[name].evidence[value])
        for name, value in shown.items():
            sign = known.signs[name]
            joint = joint * np.exp(sign.trait.evidence[value, hidden[sign.cause]])
        total += joint
    return float(total[0] / total.sum())


@pytest.mark.parametrize("outcome", [0, 1])
def test_the_chance_is_that_of_bayes_rule_over_all_that_is_hidden(outcome: int) -> None:
    known = read_causes(NOISE)
    few = dict(itertools.islice(known.causes.items(), 5))  # 243 combinations
    signs = {name: sign for name, sign in known.signs.items() if sign.cause in few}
    small = Causes(few, signs)
    for seed in range(3):
        deal = Deal(small, outcome, Draws(seed, outcome))
        for name in signs:
            deal.show(name)
        assert set(deal.shown) == set(signs)
        assert chance_of_converted(small, deal.shown) == pytest.approx(
            brute_force(small, deal.shown)
        )
    assert chance_of_converted(known, {}) == pytest.approx(0.5)


def test_the_posterior_of_the_context_follows_from_its_columns(sales: SalesData) -> None:
    known = read_causes(NOISE)
    steps = {"none": 0, "few": 1, "several": 3, "many": 6}
    for place, row in enumerate(sales.conversations.head(200).itertuples()):
        few = max(
            (name for name in steps if steps[name] <= row.previous_interactions), key=steps.get
        )
        role = "role_small" if row.company_size in {"micro", "small"} else "role_large"
        seen = {
            "company_size": row.company_size,
            role: row.contact_role,
            "urgency": row.urgency,
            "budget_authority": row.budget_authority,
            "previous_interactions": few,
            "lead_source": row.lead_source,
        }
        shown = {name: known.signs[name].trait.values.index(value) for name, value in seen.items()}
        assert sales.context_posterior[place] == pytest.approx(chance_of_converted(known, shown))


@pytest.mark.parametrize("which", ["posterior", "context_posterior"])
def test_the_posterior_is_calibrated(sales: SalesData, which: str) -> None:
    chance, converted = getattr(sales, which), converted_of(sales)
    bins = np.minimum((chance * 8).astype(int), 7)
    for number in np.unique(bins):
        inside = bins == number
        error = np.sqrt(0.25 / inside.sum())
        assert converted[inside].mean() == pytest.approx(chance[inside].mean(), abs=4 * error)
    hit = ((chance > 0.5) == converted).mean()
    assert hit == pytest.approx(best_accuracy(chance), abs=0.025)  # three standard errors


def test_words_say_more_than_the_context_and_not_all(sales: SalesData) -> None:
    assert 0.85 < sales.ceiling < 0.90
    assert 0.62 < best_accuracy(sales.context_posterior) < 0.70
    assert sales.ceiling_auc is not None
    assert 0.92 < sales.ceiling_auc < 0.97
    against = (sales.posterior < 0.2) & converted_of(sales)
    assert 0.01 < against.mean() < 0.06  # converted against all that was said


def test_noise_lowers_the_ceiling_down_to_chance() -> None:
    ceilings = [generate_sales(300, noise=noise).ceiling for noise in (0.0, 0.5, 1.0)]
    assert ceilings[0] > ceilings[1] + 0.05 > ceilings[2]
    assert ceilings[2] == pytest.approx(0.5)


def test_the_best_auc_is_that_of_scikit_learn(sales: SalesData) -> None:
    from sklearn.metrics import roc_auc_score

    chance, converted = np.round(sales.posterior[:300], 1), converted_of(sales)[:300]  # with ties
    assert best_auc(chance, converted) == pytest.approx(roc_auc_score(converted, chance))
    assert best_auc(chance, np.ones(300, dtype=bool)) is None


def test_a_model_of_the_words_stays_under_the_ceiling_and_above_chance(sales: SalesData) -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    texts, converted = first_turns(sales), converted_of(sales)
    vectorizer = TfidfVectorizer(sublinear_tf=True, min_df=2)
    seen = vectorizer.fit_transform(texts[:2800])
    model = LogisticRegression(C=2, max_iter=500).fit(seen, converted[:2800])
    score = model.score(vectorizer.transform(texts[2800:]), converted[2800:])
    assert 0.7 < score < sales.ceiling - 0.02


def test_a_few_rows_of_words_are_not_enough(sales: SalesData) -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    texts, converted = first_turns(sales), converted_of(sales)
    scores = []
    for start in range(0, 1400, 140):
        vectorizer = TfidfVectorizer(sublinear_tf=True)
        seen = vectorizer.fit_transform(texts[start : start + 140])
        model = LogisticRegression(C=2).fit(seen, converted[start : start + 140])
        scores.append(model.score(vectorizer.transform(texts[2000:3000]), converted[2000:3000]))
    assert 0.55 < np.mean(scores) < sales.ceiling - 0.1


def test_blocks_together_are_the_table() -> None:
    whole = generate_sales(1100, seed=5)
    blocks = list(iter_sales(1100, seed=5))
    assert [len(block.conversations) for block in blocks] == [1000, 100]
    turns = pd.concat([block.turns for block in blocks], ignore_index=True)
    pd.testing.assert_frame_equal(turns, whole.turns)
    np.testing.assert_array_equal(np.concatenate([b.posterior for b in blocks]), whole.posterior)


def test_a_seed_gives_the_same_conversations_whatever_the_hash_seed() -> None:
    code = (
        "import json; from coterie.synthetic import generate_sales as g; d = g(30, seed=9);"
        "print(json.dumps([d.turns.values.tolist(), d.conversations.values.tolist()]))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "5", "PYTHONPATH": os.pathsep.join(sys.path)}
    run = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    made = generate_sales(30, seed=9)
    tables = [made.turns.to_numpy().tolist(), made.conversations.to_numpy().tolist()]
    assert json.loads(run.stdout) == tables
    assert generate_sales(30, seed=8).turns.to_numpy().tolist() != tables[0]


def test_the_files_are_read_as_conversations(tmp_path: Path) -> None:
    made = generate("sales", tmp_path, seed=4)
    assert [path.name for path in made.files] == ["turns.csv", "conversations.csv", "about.json"]
    data = generate_sales(200, seed=4)
    records = read_records(
        tmp_path / "turns.csv",
        join=["conversations.csv"],
        text="text",
        group="conversation_id",
        order="turn",
        speaker="role",
        first=5,
        labels=["outcome"],
        context=[*CONTEXT, "split"],
    )
    assert records.ids.tolist() == data.conversations["conversation_id"].tolist()
    assert records.labels["outcome"].tolist() == data.conversations["outcome"].tolist()
    assert records.context["previous_interactions"].tolist() == (
        data.conversations["previous_interactions"].tolist()
    )
    own = data.turns[(data.turns["conversation_id"] == "C000001") & (data.turns["turn"] < 5)]
    said = "\n".join(f"{role}: {text}" for role, text in zip(own["role"], own["text"], strict=True))
    assert records.texts[0] == said
    assert len(read_records(tmp_path, text="text", group="conversation_id", order="turn")) == 200


def test_about_tells_the_ceilings(tmp_path: Path) -> None:
    about = generate("sales", tmp_path, seed=4).details
    data = generate_sales(200, seed=4)
    assert about["classes"] == ["converted", "lost"]
    assert about["rows_per_outcome"] == {"converted": 100, "lost": 100}
    assert about["ceiling_accuracy"] == pytest.approx(data.ceiling, abs=1e-4)
    assert about["ceiling_auc"] == pytest.approx(data.ceiling_auc, abs=1e-4)
    test = (data.conversations["split"] == "test").to_numpy()
    assert about["splits"]["test"] == {
        "rows": 40,
        "converted": 20,
        "ceiling_accuracy": round(best_accuracy(data.posterior[test]), 4),
        "ceiling_auc": round(best_auc(data.posterior[test], converted_of(data)[test]) or 0, 4),
    }
    tiny = generate("sales", tmp_path, 1).details
    assert tiny["ceiling_auc"] is None
    assert tiny["splits"]["test"]["ceiling_accuracy"] is None


def test_what_cannot_be_had_is_told(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"'loste'.*lost"):
        generate("sales", tmp_path, leave_out=["loste"])
    with pytest.raises(OptionError, match="outcomes"):
        generate("sales", tmp_path, leave_out=["lost"])
    with pytest.raises(OptionError, match="rows is 0"):
        generate_sales(0)
    with pytest.raises(OptionError, match="seed is -1"):
        generate_sales(5, seed=-1)
    with pytest.raises(OptionError, match=r"noise is 1\.5"):
        generate_sales(5, noise=1.5)
    assert not list(tmp_path.iterdir())


def test_the_context_of_a_chief_technology_officer_occurs(sales: SalesData) -> None:
    """What a request to the service usually names: a CTO of an enterprise who decides."""
    for column, value in {
        "company_size": "enterprise",
        "contact_role": "CTO",
        "budget_authority": "decision_maker",
    }.items():
        assert (sales.conversations[column] == value).mean() > 0.02
