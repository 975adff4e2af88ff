"""The real data sets."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from coterie.profile import Profile, profile_records
from coterie.records import read_records, read_table

DATA = Path(os.environ.get("COTERIE_DATA", Path(__file__).parents[2].parent / "shared" / "data"))

pytestmark = pytest.mark.data


@pytest.fixture(scope="module")
def bitext() -> Profile:
    path = DATA / "support" / "bitext_27k.csv"
    if not path.exists():
        pytest.skip(f"{path} is absent: set COTERIE_DATA to the folder of the data sets")
    table = read_table(path)
    records = read_records(table, text="instruction", labels=["intent", "category"])
    return profile_records(records, table=table)


def test_support_messages_are_counted(bitext: Profile) -> None:
    assert (bitext.rows_in, bitext.rows, bitext.set_aside.rows) == (26_872, 26_872, 0)
    assert bitext.exact_duplicates.distinct == 24_635
    assert bitext.exact_duplicates.share == pytest.approx(0.0832, abs=5e-5)
    assert [len(column.counts) for column in bitext.labels] == [27, 11]
    assert bitext.labels[1].counts["ACCOUNT"] == 5_986


def test_each_intent_of_support_messages_lies_in_one_category(bitext: Profile) -> None:
    (cross,) = bitext.cross_tables
    assert (cross.rows, cross.columns, cross.nested) == ("category", "intent", True)
    assert sum(map(sum, cross.counts)) == 26_872


def test_near_duplicates_of_support_messages_are_slips_and_variants(bitext: Profile) -> None:
    near = bitext.near_duplicates
    assert near.texts == pytest.approx(6_815, rel=0.02)
    assert near.groups == pytest.approx(2_971, rel=0.02)
    assert all(0.8 <= member.similarity <= 1 for g in near.examples for member in g.members)


def test_placeholders_and_language_of_support_messages_are_found(bitext: Profile) -> None:
    assert bitext.placeholders[0].name == "{{Order Number}}"
    assert bitext.placeholders[0].rows == 2_907
    assert bitext.readability.languages["English"] > 0.95
    assert bitext.personal_data == ()
    assert bitext.vocabulary.words[0].term == "help"
