"""What the profile says in words."""

from __future__ import annotations

import pandas as pd
import pytest

from coterie.profile import profile_records
from coterie.records import Table, read_records


def _said(rows: list[dict[str, object]], **options: object) -> dict[str, list[str]]:
    table = Table.of(pd.DataFrame(rows))
    labels = [name for name in ("intent", "area") if name in table.frame]
    time = "day" if "day" in table.frame else None
    records = read_records(table, text="text", labels=labels, time=time)
    said: dict[str, list[str]] = {}
    for finding in profile_records(records, table=table).findings:
        said.setdefault(finding.about, []).append(f"{finding.kind}: {finding.text}")
    return said


def test_clean_rows_are_said_to_be_clean() -> None:
    said = _said([{"text": word} for word in ("refund", "parcel", "invoice")])
    assert said["set_aside"] == ["good: All 3 rows can be used."]
    assert said["exact_duplicates"] == ["good: No two texts are the same."]
    assert said["near_duplicates"] == ["good: No two different texts are 80% alike."]


def test_copies_and_their_contradictions_are_told() -> None:
    rows = [{"text": "refund please", "intent": i} for i in ("a", "b", "a")] + [{"text": "late"}]
    said = _said(rows)
    assert said["exact_duplicates"] == [
        "info: 50% of the rows are exact copies: 2 of 4 texts are different. The most frequent "
        "text appears 3 times.",
        "warning: 1 text occurs under more than one intent: copies whose labels contradict each "
        "other.",
    ]


def test_rows_set_aside_are_told_with_the_commonest_reason() -> None:
    said = _said([{"text": "one"}, {"text": None}, {"text": None}, {"text": "  "}])
    assert said["set_aside"] == [
        "warning: 75% of the rows (3 of 4) were set aside; the most frequent reason is “no text” "
        "(2 rows)."
    ]


def test_reasons_that_differ_in_numbers_alone_are_one_and_keep_what_they_share() -> None:
    rejects = [(3, None, "1 fields where the header has 3 (line 4)", "a")]
    frame = pd.DataFrame({"text": ["one", "two"]})
    one = profile_records(read_records(Table.of(frame, rejects=rejects, rows=[1, 2]), text="text"))
    assert one.set_aside.reasons == {"1 fields where the header has 3": 1}
    rejects.append((4, None, "5 fields where the header has 3 (line 5)", "b"))
    two = profile_records(read_records(Table.of(frame, rejects=rejects, rows=[1, 2]), text="text"))
    assert two.set_aside.reasons == {"… fields where the header has 3": 2}


def test_imbalance_rare_and_doubly_spelled_labels_are_told() -> None:
    rows = [{"text": f"t{i}", "intent": "refund"} for i in range(25)]
    rows += [{"text": "x", "intent": "Re-fund"}, {"text": "y", "intent": None}]
    said = _said(rows)["labels"]
    assert said == [
        "info: 3.7% of the rows (1) have no intent.",
        "warning: 1 of 2 values of intent hold half of the rows; the largest, “refund” (25), has "
        "25 times the rows of the smallest.",
        "warning: 1 of 2 values of intent have fewer than 10 rows: too few to learn from or to "
        "judge by.",
        "warning: Some values of intent are spelled in more than one way: “refund” / “Re-fund”.",
    ]


def test_a_label_that_tells_rows_apart_is_said_to_be_none() -> None:
    said = _said([{"text": f"text {word}", "intent": word} for word in "abcdefghijkl"])
    assert said["labels"] == [
        "warning: intent has 12 different values in 12 rows: it tells rows apart, as an id does, "
        "and is no label."
    ]


def test_texts_of_one_length_and_labels_of_one_diversity_read_well() -> None:
    rows = [{"text": text, "intent": text[0]} for text in ("a b", "a c", "d e", "d f")]
    said = _said(rows)
    assert said["words"] == [
        "info: Half of the texts or more have 2 words; the longest has 2 words and 3 characters."
    ]
    assert "diversity" not in said


def test_levels_of_a_hierarchy_are_told() -> None:
    rows = [
        {"text": "a", "intent": "cancel", "area": "order"},
        {"text": "b", "intent": "track", "area": "order"},
        {"text": "c", "intent": "login", "area": "account"},
    ]
    assert "Each intent lies within one area" in _said(rows)["cross_tables"][0]
    rows.append({"text": "d", "intent": "login", "area": "order"})
    assert "cross_tables" not in _said(rows)


def test_personal_data_is_told_without_its_values() -> None:
    said = _said([{"text": "I am jo@example.com"}, {"text": "hello"}])["personal_data"]
    assert said[0].startswith(
        "warning: Some texts seem to hold personal data: e-mail address (1 row)"
    )
    assert "jo@" not in str(said)


def test_long_texts_that_encoders_cut_are_told() -> None:
    said = _said([{"text": "word " * 300 + str(i)} for i in range(3)])["words"]
    assert any("see only the beginning" in sentence for sentence in said)


@pytest.mark.parametrize(
    ("last", "unit"),
    [
        ("2025-02-01", "day"),
        ("2026-06-01", "week"),
        ("2031-01-01", "month"),
        ("2060-01-01", "year"),
    ],
)
def test_time_is_told_by_fitting_periods(last: str, unit: str) -> None:
    said = _said([{"text": "a", "day": "2025-01-01"}, {"text": "b", "day": last}])["time"]
    assert f"from 2025-01-01 to {last}; the busiest {unit} begins on" in said[0]


def test_gaps_and_constant_columns_are_told() -> None:
    rows = [{"text": f"t{i}", "shop": "web", "note": None if i else "x"} for i in range(4)]
    said = _said(rows)["table"]
    assert said[0] == "info: 1 column is empty in more than a fifth of the rows: note (75%)."
    assert "Only one value occurs in shop, note" in said[1]


def test_several_scripts_are_told() -> None:
    said = _said([{"text": "привет"}, {"text": "hello"}])["scripts"]
    assert "Latin 50%" in said[0]
    assert "Cyrillic 50%" in said[0]
