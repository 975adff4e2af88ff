"""Cleaned texts are what is learnt from, and the texts as they were written are what is shown."""

import warnings

import numpy as np
import pandas as pd
import pytest

import coterie
from coterie.encoders import NoCache
from coterie.errors import CoterieWarning, OptionError
from coterie.options import ReadOptions
from coterie.records import read_records, read_source
from coterie.records.cleaning import survey_cleaning
from coterie.segments import load_rows
from coterie.workflows.dataset import dataset_of

REPLY = "On Mon, 3 Mar 2025 at 10:00, Shop <shop@x.org> wrote:\n> How was it?"
MAILS = [
    "<p>The kettle <b>leaks</b>.</p>",
    f"Fine.\n\n{REPLY}",
    REPLY,
    "plain words",
    "<div><br></div>",
]


def mails(**columns):
    return pd.DataFrame({"body": MAILS, **columns})


def read(frame, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CoterieWarning)
        return read_records(frame, text=options.pop("text", "body"), **options)


def test_html_is_learnt_from_as_text_and_shown_as_written():
    with pytest.warns(CoterieWarning, match="1 of 4 texts.*--clean none"):
        records = read_records(mails(), text="body")
    assert records.texts.tolist() == ["The kettle leaks.", *MAILS[1:4]]
    assert records.shown.tolist() == MAILS[:4]
    assert records.rejects["text"].tolist() == MAILS[4:]
    assert records.rows_in == 5
    assert len(records.notes) == 1
    assert records.take(np.array([0])).shown.tolist() == MAILS[:1]


def test_nothing_is_cleaned_where_none_is_asked_for():
    records = read(mails(), clean="none")
    assert records.texts.tolist() == MAILS
    assert records.originals is None
    assert records.notes == ()


def test_a_text_that_would_be_left_empty_stays():
    records = read(mails(), clean=["quotes"])
    assert records.texts.tolist() == ["The kettle leaks.", "Fine.", REPLY, "plain words"]
    assert any("1 of 4" in note for note in records.notes)


def test_columns_of_a_template_are_cleaned_one_by_one():
    frame = mails(title=["Kettle &amp; lid", "Re: you", "Re: you", None, "Empty"])
    records = read(frame, text="{title}: {body}", clean="quotes")
    assert records.texts.tolist()[:2] == ["Kettle & lid: The kettle leaks.", "Re: you: Fine."]
    assert records.texts.tolist()[3:] == ["plain words", "Empty"]
    assert records.shown[0] == "Kettle &amp; lid: <p>The kettle <b>leaks</b>.</p>"


def test_rows_are_cleaned_before_they_are_rolled_up():
    frame = mails(who=["a", "a", "b", "b", "b"])
    records = read(frame, group="who", clean="quotes")
    assert records.texts.tolist() == ["The kettle leaks.\nFine.", f"{REPLY}\nplain words"]
    assert records.shown.tolist() == [f"{MAILS[0]}\n{MAILS[1]}", f"{REPLY}\nplain words"]
    assert records.sizes.tolist() == [2, 2]
    with pytest.warns(CoterieWarning, match="1 of 4"):
        given = read_source(frame, ReadOptions(text="body", group="who", clean="quotes"))
    parts = dataset_of(given, by_row=True)
    assert [*parts.texts] == ["The kettle leaks.", "Fine.", REPLY, "plain words"]


def test_ids_are_compared_by_what_was_written():
    frame = pd.DataFrame({"id": ["1", "1"], "body": ["<p>Hi</p>", "Hi"]})
    records = read(frame, id="id")
    assert records.texts.tolist() == ["Hi"]
    assert "another text" in records.rejects["reason"][0]


CALLS = ["Agent: Hello Customer: It leaks", "Agent: Hello\nCustomer: Lid off", "Agent: Hello?"]


def test_one_side_is_learnt_from():
    frame = pd.DataFrame({"call": [*CALLS, "no conversation"]})
    records = read(frame, text="call", side="customer")
    assert records.texts.tolist() == ["It leaks", "Lid off", "no conversation"]
    assert records.shown.tolist() == [*CALLS[:2], "no conversation"]
    assert records.rejects["row"].tolist() == [3]
    with pytest.raises(OptionError, match=r"'Custmer'.*'Agent', 'Customer'"):
        read(frame, text="call", side="Custmer")
    with pytest.raises(OptionError, match="no side 'Agent'"):
        read(mails(), side="Agent")


@pytest.mark.parametrize(
    ("clean", "matters"), [("quote", "'quotes'"), (("none", "quotes"), "alone"), ("zzz", "html")]
)
def test_what_can_be_cleaned_is_named(clean, matters):
    with pytest.raises(OptionError, match=matters):
        ReadOptions(clean=clean)


def test_a_model_reads_others_as_it_was_trained():
    footer = "Acme Ltd is registered in Leeds."
    words = {"leak": "my kettle leaks water", "late": "the parcel is late again"}
    rows = [(f"{words[w]} {'so ' * n}\n{footer}", w) for n in range(12) for w in words]
    frame = pd.DataFrame(rows, columns=["body", "label"])
    options = {"text": "body", "label": "label", "encoder": "tfidf", "cache": NoCache()}
    model = coterie.train(frame, clean=["quotes", "boilerplate"], model="linear", **options)
    assert model.schema["clean"] == ("quotes", "boilerplate")
    assert model.schema["boilerplate"] == (footer.casefold(),)
    new = pd.DataFrame({"body": [f"{words['leak']}\n{footer}\n\n{REPLY}", words["leak"]]})
    one, other = model.predict(new, cache=NoCache())["leak"]
    assert one == pytest.approx(other, abs=1e-9)


def test_a_discovery_learns_from_cleaned_texts_and_shows_what_was_written(tmp_path):
    kinds = ["my kettle leaks water", "the parcel is late", "refund my money", "cannot log in"]
    texts = [f"<div>{kinds[n % 4]} case {n}<br></div>" for n in range(60)]
    frame = pd.DataFrame({"body": texts})
    with pytest.warns(CoterieWarning, match="60 of 60"):
        found = coterie.discover(frame, text="body", encoder="tfidf", cache=NoCache(), groups=4)
    assert found.result.rows.texts[0] == f"{kinds[0]} case 0"
    folder = found.save(tmp_path / "out").parent
    rows = load_rows(folder)
    assert rows.shown.tolist() == texts
    assert rows.texts.tolist() == [f"{kinds[n % 4]} case {n}" for n in range(60)]
    segments = found.result.segmentation.segments
    assert all(each.exemplars[0] in texts for each in segments)
    assert not any("div" in each.name.lower() for each in segments)


def test_a_survey_counts_what_is_taken_out_and_what_could_be():
    texts = np.array([*MAILS, *CALLS, *CALLS], dtype=object)
    survey = survey_cleaning(texts)
    found = {kind.name: kind for kind in survey.kinds}
    assert [*found] == ["html", "quotes", "signatures", "boilerplate"]
    assert (found["html"].on, found["html"].texts) == (True, 2)
    assert (found["quotes"].on, found["quotes"].texts) == (False, 1)
    assert found["quotes"].examples == ((MAILS[1].replace("shop@x.org", "[e-mail]"), "Fine."),)
    assert found["signatures"].characters == found["boilerplate"].characters == 0
    assert set(survey.sides) == {"Agent", "Customer"}


def test_explore_offers_what_it_finds(tmp_path):
    kettle = [f"<p>Kettle {n} {'leaks ' * (n % 7)}</p>" for n in range(20)]
    asked = [f"No, kettle {n} {'drips ' * (n % 5)}\n\n{REPLY}" for n in range(20)]
    frame = pd.DataFrame({"body": [*kettle, *asked]})
    with pytest.warns(CoterieWarning, match="20 of 40"):
        explored = coterie.explore(frame, text="body")
    assert sum("--clean quotes" in text for text in explored.findings) == 1
    kinds = {each["name"]: each for each in explored.figures["cleaning"]["kinds"]}
    assert (kinds["html"]["texts"], kinds["quotes"]["texts"]) == (20, 20)
    assert "shop@x.org" not in str(explored.figures["cleaning"])
    page = explored.save(tmp_path).read_text("utf-8")
    assert "--clean quotes" in page
    with pytest.warns(CoterieWarning):
        quiet = coterie.explore(frame, text="body", clean="quotes")
    assert not any("--clean quotes" in text for text in quiet.findings)
