"""The real data sets, read as they are."""

import os
from pathlib import Path

import pytest

from coterie.records import read_records

pytestmark = pytest.mark.data

DATA = Path(os.environ.get("COTERIE_DATA", Path(__file__).parents[2].parent / "shared" / "data"))


def data(*parts):
    path = DATA.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"{path} is absent: set COTERIE_DATA to the folder of the data sets")
    return path


def test_support_messages():
    records = read_records(
        data("support", "bitext_27k.csv"), text="instruction", labels=["intent", "category"]
    )
    assert len(records) == records.rows_in == 26_872
    assert len(set(records.labels["intent"])) == 27
    assert len(set(records.labels["category"])) == 11


def test_banking_questions():
    for name, rows in (("train", 10_003), ("test", 3_080)):
        records = read_records(data("banking77", f"{name}.csv"), text="text", labels=["category"])
        assert len(records) == records.rows_in == rows
        assert len(set(records.labels["category"])) == 77


def test_attendees_join_and_roll_up_to_badges():
    records = read_records(data("attendees"), text="{title}. {description}", group="badge_id")
    assert len(records) == 1_097
    assert records.rows_in == 6_388
    assert len(records.rejects) == 0
    assert records.sizes.max() == 75
    assert len(records.notes) == 2  # the descriptions of a few sessions hold HTML
    assert records.notes[1].startswith("7,436 keys of sessions.csv")


def test_sales_conversations_with_their_outcomes():
    records = read_records(
        data("sales"),
        text="text",
        group="conversation_id",
        order="turn",
        speaker="role",
        first=5,
        labels=["converted"],
        context=["donation_usd"],
    )
    assert len(records) == 1_017
    assert records.rows_in == 20_932
    assert set(records.labels["converted"]) == {0, 1}
    assert 0.5 < (records.labels["converted"] == 1).mean() < 0.6
    assert records.texts[0].startswith("persuader: Good morning. How are you doing today?\n")
    assert all(text.count("\npersuader: ") <= 5 for text in records.texts)


def test_adopter_profiles_from_a_template():
    records = read_records(
        data("adopters", "new_coder_survey.csv"),
        text="{Which one of these roles are you most interested in?}. {Other}",
        id="id",
        context=["*"],
    )
    assert records.rows_in == 15_653
    assert set(records.rejects["reason"]) <= {"no text"}
    assert records.context.shape == (len(records), 45)


def test_leads_keep_their_numbers():
    records = read_records(
        data("leads", "Leads.csv"),
        text="{Specialization}, {Occupation}, {LeadSource}",
        id="ProspectID",
        labels=["Converted"],
        context=["TotalVisits", "TotalTime", "PageViews"],
    )
    assert records.rows_in == 9_240
    assert len(records) + len(records.rejects) == 9_240
    assert records.context.dtypes.map(str).isin(["int64", "float64"]).all()
