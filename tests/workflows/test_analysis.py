"""An analysis says only what is in the text, the context, the rules or the index."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import coterie
from coterie.classifiers import Estimates, LinearClassifier
from coterie.errors import OptionError, StoreError
from coterie.options import AnalysisSettings
from coterie.personal import mask
from coterie.workflows.analysis.analyse import analyse
from coterie.workflows.analysis.analysis import Answer
from coterie.workflows.analysis.model import AnalysedModel
from coterie.workflows.analysis.rules import load_rules
from coterie.workflows.analysis.turns import read_transcript, turns_of
from coterie.workflows.service import load_service

from .conftest import Coterie

GOOD = ("we need it soon", "the budget is approved", "I decide alone", "my team is keen on it")
BAD = ("there is no budget", "my boss said no", "we took another vendor", "nobody wants it here")
ASKED = ("how does it look with the budget?", "who decides?", "when do you need it?")
COLUMNS = {"urgency": "high", "seats": 12}


def conversations(rows: int = 80) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    found = []
    for number in range(rows):
        won = number % 2 == 0
        said = rng.choice(GOOD if won else BAD, 2, replace=False)
        turns = [f"seller: {rng.choice(ASKED)}\nbuyer: {each}, on day {number}" for each in said]
        urgency = rng.choice(["high", "low"], p=[0.8, 0.2] if won else [0.2, 0.8])
        found.append(
            ("\n".join(turns), urgency, int(rng.integers(5, 50)), "won" if won else "lost")
        )
    return pd.DataFrame(found, columns=["text", "urgency", "seats", "outcome"])


@pytest.fixture(scope="module")
def model() -> AnalysedModel:
    table = conversations()
    frame = table[["text", "urgency", "seats"]]
    classifier = LinearClassifier("tfidf", text="text", context=("urgency", "seats"))
    classifier.fit(frame, table["outcome"])
    schema = {"label": "outcome", "context": ["urgency", "seats"], "text": "text"}
    return AnalysedModel(classifier, schema, "linear")


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> coterie.Index:
    table = conversations().assign(id=lambda frame: [f"C{n}" for n in range(len(frame))])
    made = coterie.index(table, text="text", id="id", encoder="tfidf")
    made.save(tmp_path_factory.mktemp("index") / "index")
    return made


RULES = """
[sentiment]
speaker = "buyer"

[[recommendation]]
id = "late"
when = "outcome = 'lost' AND probability >= 0.5"
then = "Call again."
priority = 1

[[recommendation]]
id = "boss"
when = "urgency = 'high' OR seats > 100"
says = ["my boss", "vendor*"]
speaker = "buyer"
then = "Meet the boss."
why = "Somebody else decides."
priority = 9
"""


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("rules") / "rules.toml"
    path.write_text(RULES, encoding="utf-8")
    return path


def evidence_of(said: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(said, Mapping):
        if "source" in said and "evidence" not in said:
            yield said
        for each in said.values():
            yield from evidence_of(each)
    elif isinstance(said, list):
        for each in said:
            yield from evidence_of(each)


TEXT = (
    "seller: How does it look with the budget?\n"
    "buyer: There is no budget, my boss said no. Write to jo@example.com. I am unhappy with it.\n"
    "seller: Great! Who decides at the vendor?\n"
    "buyer: <script>alert(1)</script> we took another vendor"
)


def test_each_item_can_be_traced(model: AnalysedModel, index: coterie.Index, rules: Path) -> None:
    found = analyse(
        model,
        TEXT,
        COLUMNS,
        rules=load_rules(rules),
        index=index.reader,
        encoder=index.encoder,
        positive="won",
    )
    said = found.to_dict()
    json.dumps(said, allow_nan=False)
    assert list(said) == [
        *("form", "prediction", "analysis", "recommendations", "similar_conversations"),
        *("model_used", "processing_time", "confidence_score"),
    ]
    assert said["prediction"]["outcome"] == "lost"
    assert said["confidence_score"] == said["prediction"]["confidence"] > 0.5
    analysis = said["analysis"]
    assert analysis["key_indicators"]
    assert {each["outcome"] for each in analysis["key_indicators"]} == {"lost"}
    assert {each["outcome"] for each in analysis["risk_factors"]} == {"won"}
    assert all(each["effect"] > 0 for each in analysis["key_indicators"])
    assert all(each["effect"] < 0 for each in analysis["risk_factors"])
    quoted = [e["evidence"][0].get("text", "") for e in analysis["risk_factors"]]
    assert any("no budget" in each or "another vendor" in each for each in quoted)
    assert {e["source"] for e in evidence_of(said)} == {
        *("text", "context", "prediction"),
    }
    for each in evidence_of(said):
        if each["source"] == "text":
            assert each["text"] == mask(TEXT[each["start"] : each["end"]])
        elif each["source"] == "context":
            assert COLUMNS[each["column"]] == each["value"]
    assert "jo@example.com" not in json.dumps(said)
    assert "<script>alert(1)</script>" in TEXT
    boss, late = said["recommendations"]
    assert (boss["id"], late["id"]) == ("boss", "late")
    assert [e["text"] for e in boss["evidence"] if e["source"] == "text"] == ["my boss", "vendor"]
    assert {e["speaker"] for e in boss["evidence"] if e["source"] == "text"} == {"buyer"}
    assert [e["column"] for e in boss["evidence"] if e["source"] == "context"] == ["urgency"]
    known = {"won", "lost"}
    assert len(said["similar_conversations"]) == 5
    for near in said["similar_conversations"]:
        assert near["id"].startswith("C")
        assert near["outcome"] in known
    assert sum(near["outcome"] == "lost" for near in said["similar_conversations"]) >= 3


def test_the_figures_are_those_of_the_batch(model: AnalysedModel) -> None:
    table = conversations(6)
    decided = model.classifier.decide(table[["text", "urgency", "seats"]])
    for row, text in enumerate(table["text"]):
        found = analyse(model, text, dict(table.iloc[row]), decided=decided, row=row)
        said = found.prediction
        place = decided.classes.tolist().index(said.outcome)
        assert said.probability == decided.probabilities[row, place]
        assert said.confidence == decided.confidences[row]
        assert said.status == decided.statuses[row]


def test_risks_are_against_the_positive_class_whatever_is_predicted(model: AnalysedModel) -> None:
    text = "seller: who decides?\nbuyer: I decide alone. The budget is approved. My boss said no."
    won = analyse(model, text, COLUMNS, positive="won")
    assert won.prediction.outcome == "won"
    assert won.risk_factors == won.counter_indicators
    assert any("boss" in item.text for item in won.risk_factors)
    lost = analyse(model, text, COLUMNS, positive="lost")
    assert [e.evidence[0].start for e in lost.risk_factors] == [
        e.evidence[0].start for e in won.key_indicators
    ]
    assert {item.outcome for item in lost.risk_factors} == {"lost"}
    with pytest.raises(OptionError, match="'won'"):
        analyse(model, text, COLUMNS, positive="wom")


def test_what_is_not_asked_for_is_left_out(
    model: AnalysedModel, index: coterie.Index, rules: Path
) -> None:
    given: dict[str, Any] = {"index": index.reader, "encoder": index.encoder}
    bare = analyse(model, TEXT, COLUMNS, include_analysis=False, include_similar=False, **given)
    said = bare.to_dict()
    assert said["analysis"] is None
    assert said["similar_conversations"] == said["recommendations"] == []
    short = analyse(
        model, TEXT, COLUMNS, settings=AnalysisSettings(items=1, similar=2, depth="passages"),
        rules=load_rules(rules), **given,
    )  # fmt: skip
    assert len(short.key_indicators) == len(short.recommendations) == 1
    assert len(short.similar_conversations) == 2
    assert all(len(item.evidence) == 1 for item in short.key_indicators)


def test_a_conversation_is_not_similar_to_itself(
    model: AnalysedModel, index: coterie.Index
) -> None:
    text = conversations()["text"][7]
    found = analyse(model, text, COLUMNS, index=index.reader, encoder=index.encoder)
    assert "C7" not in [near.id for near in found.similar_conversations]
    assert found.similar_conversations[0].match is not None


def test_sentiment_is_the_buyers_and_unknown_where_it_cannot_be_read(
    model: AnalysedModel, rules: Path
) -> None:
    pytest.importorskip("vader")
    text = (
        "seller: That is wonderful, I am so happy for you!\n"
        "buyer: I am very unhappy with the terrible service you gave us last year."
    )
    mood = analyse(model, text, COLUMNS, rules=load_rules(rules)).sentiment
    assert mood is not None
    assert (mood.label, mood.speaker) == ("negative", "buyer")
    assert mood.speakers["seller"].label == "positive"
    assert {"unhappy", "terrible"} <= {each.text for each in mood.evidence}
    german = "Käufer: Wir haben leider gar kein Geld dafür, und mein Chef hat schon abgesagt."
    for unread in (german, "buyer: ok"):
        none = analyse(model, unread, COLUMNS).sentiment
        assert none is not None
        assert none.label is none.score is None
        assert "English" in none.reason
        assert none.to_dict()["evidence"] == []


def test_without_the_library_sentiment_says_what_to_install(
    model: AnalysedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    from coterie.workflows.analysis import sentiment

    sentiment._scorer.cache_clear()
    monkeypatch.setitem(sys.modules, "vader", None)
    mood = analyse(model, TEXT, COLUMNS).sentiment
    assert mood is not None
    assert mood.label is None
    assert "coterie[sentiment]" in mood.reason


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=200))
def test_any_text_gives_literal_parts(model: AnalysedModel, text: str) -> None:
    if not any(map(str.isalnum, text)):
        return
    for turn in turns_of(text):
        assert 0 <= turn.start < turn.end <= len(text)
    said = analyse(model, text, COLUMNS).to_dict()
    for each in evidence_of(said):
        if each["source"] == "text":
            assert each["text"] == mask(text[each["start"] : each["end"]])
            assert each["text"].strip()


def test_a_model_reads_as_many_steps_as_it_was_trained_on() -> None:
    schema = {"first": 2, "order": "turn", "speaker": "role", "text": "words"}
    lines = ["a: one", "b: two", "a: three", "b: four", "a: five", "b: six"]
    read = read_transcript("\n".join(lines), schema)
    assert (read.text, read.left_out) == ("\n".join(lines[:4]), 2)
    turns = [
        {"turn": at, "role": who, "words": f"{who} says {at}"} for at in range(3) for who in "abb"
    ]
    read = read_transcript(turns, schema)
    assert (read.text.count("\n") + 1, read.left_out) == (6, 3)
    assert read.text.startswith("a: a says 0\nb: b says 0")
    assert read_transcript("all of it", {}).text == "all of it"


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ('[[recommendation]]\nid = "a"\nthen = "b"\nwehn = "c"', ("line 4", "'when'")),
        ('[[recommendation]]\nid = "a"\nwhen = "outcome = \'x\'"', ("line 1", "'then'")),
        ('[[recommendation]]\nid = "a"\nthen = "b"', ("line 1", "says")),
        ('[[recommendations]]\nid = "a"', ("'recommendation'",)),
        ('[[recommendation]]\nid = "a"\nthen = "b"\nsays = "x"\npriority = "high"',
         ("line 5", "priority")),
        ('[sentiment]\nspeker = "a"', ("'speaker'",)),
        ('[[recommendation]]\nid = "a"\nthen = b', ("TOML", "line 3")),
        ('[[recommendation]]\nid = "a"\nthen = "b"\nsays = "x"\n\n[[recommendation]]\nid = "a"\n'
         'then = "c"\nsays = "y"', ("'a'", "twice")),
    ],
)  # fmt: skip
def test_a_wrong_rule_is_named_with_its_line(tmp_path: Path, table: str, told: Any) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(table, encoding="utf-8")
    with pytest.raises((OptionError, coterie.errors.InputError)) as caught:
        load_rules(path)
    assert all(each in str(caught.value) for each in told), str(caught.value)


def test_a_condition_that_cannot_be_read_names_its_rule(
    model: AnalysedModel, tmp_path: Path
) -> None:
    path = tmp_path / "rules.toml"
    head = '# a table\n\n[[recommendation]]\nid = "a"\nthen = "b"\nwhen = '
    path.write_text(head + "\"urgency == = 'high'\"", encoding="utf-8")
    with pytest.raises(OptionError, match=r"line 3: the rule 'a'"):
        analyse(model, TEXT, COLUMNS, rules=load_rules(path))
    path.write_text(head + "\"urgncy = 'high' OR outcome = 'won'\"", encoding="utf-8")
    found = analyse(model, TEXT, COLUMNS, rules=load_rules(path))
    assert found.recommendations == ()
    assert any("'urgency'" in note for note in found.notes)
    path.write_text(head + "\"outcome = 'Lost' AND urgency IS NULL\"", encoding="utf-8")
    found = analyse(model, TEXT, {"seats": 3}, rules=load_rules(path))
    assert [each.id for each in found.recommendations] == ["a"]


def test_rules_of_sales_can_be_used(model: AnalysedModel) -> None:
    found = analyse(
        model, TEXT.replace("seller", "agent"), {**COLUMNS, "budget_authority": "user"},
        rules=load_rules("sales"),
    )  # fmt: skip
    fired = {each.id: each for each in found.recommendations}
    assert {"reach-the-decision-maker", "ask-who-decides", "find-the-budget"} <= set(fired)
    assert [e.text for e in fired["find-the-budget"].evidence] == ["no budget"]


RECIPE = """
title = "Calls"
[data]
source = "{table}"
text = "text"
id = "id"
labels = "outcome"
context = ["urgency", "seats"]
[embed]
encoder = "tfidf"
[train]
models = ["linear", "linear:tfidf:text"]
members = []
positive = "won"
[index]
[analysis]
items = 3
[[analysis.recommendation]]
id = "call"
when = "outcome = 'lost'"
then = "Call again."
"""


def test_a_run_leaves_what_a_service_needs(coterie: Coterie, tmp_path: Path) -> None:
    table, out = tmp_path / "calls.csv", tmp_path / "out"
    frame = conversations(60)
    frame.insert(0, "id", [f"C{n}" for n in range(len(frame))])
    frame.to_csv(table, index=False)
    recipe = tmp_path / "calls.toml"
    recipe.write_text(RECIPE.format(table=table), encoding="utf-8")
    done = coterie("run", recipe, "--out", out)
    assert done.returncode == 0, done.stderr
    service = load_service(out)
    assert sorted(service.models) == ["linear", "linear-tfidf-text"]
    assert service.default in service.models
    assert (service.label, service.positive, service.title) == ("outcome", "won", "Calls")
    assert {column.name: column.kind for column in service.columns} == {
        "urgency": "text",
        "seats": "number",
    }
    assert load_service(out / "models").rules == service.rules == out / "analysis" / "rules.toml"
    alone = load_service(out / "models" / "linear")
    assert (alone.default, alone.rules) == ("linear", None)
    with pytest.raises(StoreError):
        load_service(tmp_path / "nowhere")
    given = ("--one", TEXT, "--set", "urgency=low", "--set", "seats=7", "--analysis")
    done = coterie("predict", out, *given, "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["model_used"] == service.default
    assert [each["id"] for each in said["recommendations"]] == ["call"]
    assert said["analysis"]["positive"] == "won"
    assert len(said["analysis"]["key_indicators"]) <= 3
    assert {each["outcome"] for each in said["similar_conversations"]} <= {"won", "lost"}
    told = coterie("predict", out, *given).stdout
    assert "Call again." in told
    assert "[call: outcome lost]" in told
    why = coterie("predict", out, table, "--id", "id", "--why", "C1", "--analysis", "--json")
    assert why.returncode == 0, why.stderr
    assert "C1" not in [e["id"] for e in json.loads(why.stdout)["similar_conversations"]]
    # a person edits the rules, and a later run keeps them
    text = service.rules.read_text(encoding="utf-8")
    service.rules.write_text(text.replace("Call again.", "Write a letter."), encoding="utf-8")
    done = coterie("run", recipe, "--out", out, "--overwrite")
    assert done.returncode == 0, done.stderr
    assert "Write a letter." in coterie("predict", out, *given).stdout
    assert "Write a letter." in service.rules.read_text(encoding="utf-8")
    for words, mend in (
        (("--one", "a", "--rules", "sales"), "--analysis"),
        ((table, "--analysis"), "--why"),
        (("--one", "a", "--analysis", "--rules", "slaes"), "sales"),
    ):
        done = coterie("predict", out, *words)
        assert done.returncode == 2
        assert mend in done.stderr
    service.rules.write_text("[[recommendation]]\nid = 3", encoding="utf-8")
    done = coterie("run", recipe, "--out", out)
    assert done.returncode == 2
    assert "rules.toml, line 2" in done.stderr


def test_python_analyses_a_model_and_a_list_of_turns(rules: Path) -> None:
    table = conversations()
    model = coterie.train(table, text="text", label="outcome", context=["urgency"], encoder="tfidf")
    turns = [{"speaker": "buyer", "text": "my boss said no"}, {"role": "seller", "text": "I see"}]
    columns = {"urgency": "high", "seats": 3, "colour": "red"}
    found = model.analyse(turns, columns, rules=str(rules), positive="won")
    assert [note for note in found.notes if "'colour'" in note] == [*found.notes[-1:]]
    assert found.prediction.outcome == "lost"
    assert [each.id for each in found.recommendations] == ["boss", "late"]
    assert found.recommendations[0].evidence[-1].speaker == "buyer"
    with pytest.raises(OptionError):
        model.analyse(turns, {"urgency": "high"}, itmes=3)


def test_an_answer_is_rounded_as_the_files_are() -> None:
    values = [1234.56789012, 0.000123456789, -7.0, 0.1 + 0.2]
    made = Estimates(
        np.array(values),
        np.array(values) - 0.123456789,
        np.array(values) + 0.123456789,
        np.array(["assigned"] * 4, dtype=object),
    )
    table = made.frame(list("abcd")).to_dict("records")
    for row, value, low, high in zip(table, made.values, made.lows, made.highs, strict=True):
        said = Answer(
            outcome=float(value),
            probability=None,
            confidence=None,
            status="assigned",
            probabilities={},
            interval=(float(low), float(high)),
        ).to_dict()
        assert said["outcome"] == row["estimate"]
        assert said["interval"] == [row["low"], row["high"]]
