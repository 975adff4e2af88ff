"""What the profile says in words."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from coterie.profile import profile_records
from coterie.records import Table, read_records

Said = dict[str, list[tuple[str, str]]]


def _said(rows: list[dict[str, object]]) -> Said:
    """Kind and text of each finding, by what it is about."""
    table = Table.of(pd.DataFrame(rows))
    labels = [name for name in ("intent", "area") if name in table.frame]
    time = "day" if "day" in table.frame else None
    records = read_records(table, text="text", labels=labels, time=time)
    said: Said = {}
    for finding in profile_records(records, table=table).findings:
        said.setdefault(finding.about, []).append((finding.kind, finding.text))
    return said


def _figures(said: list[tuple[str, str]]) -> list[tuple[str, list[str]]]:
    """Kind and numbers of each finding."""
    return [(kind, re.findall(r"[0-9]+(?:[.,][0-9]+)*%?", text)) for kind, text in said]


def test_clean_rows_are_said_to_be_clean() -> None:
    said = _said([{"text": word} for word in ("refund", "parcel", "invoice")])
    assert _figures(said["set_aside"]) == [("good", ["3"])]
    assert _figures(said["exact_duplicates"]) == [("good", [])]
    assert _figures(said["near_duplicates"]) == [("good", ["80%"])]


def test_copies_and_their_contradictions_are_told() -> None:
    rows = [{"text": "refund please", "intent": i} for i in ("a", "b", "a")] + [{"text": "late"}]
    said = _said(rows)["exact_duplicates"]
    assert _figures(said) == [("info", ["50%", "2", "4", "3"]), ("warning", ["1"])]
    assert "intent" in said[1][1]


def test_rows_set_aside_are_told_with_the_commonest_reason() -> None:
    said = _said([{"text": "one"}, {"text": None}, {"text": None}, {"text": "  "}])["set_aside"]
    assert _figures(said) == [("warning", ["75%", "3", "4", "2"])]
    assert "“no text”" in said[0][1]


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
    assert _figures(said) == [
        ("info", ["3.7%", "1"]),
        ("warning", ["1", "2", "25", "25"]),
        ("warning", ["1", "2", "10"]),
        ("warning", []),
    ]
    assert "“refund”" in said[1][1]
    assert "“refund” / “Re-fund”" in said[3][1]


def test_a_label_that_tells_rows_apart_is_said_to_be_none() -> None:
    said = _said([{"text": f"text {word}", "intent": word} for word in "abcdefghijkl"])["labels"]
    assert _figures(said) == [("warning", ["12", "12"])]
    assert "id" in said[0][1].split()


def test_texts_of_one_length_and_labels_of_one_diversity_read_well() -> None:
    rows = [{"text": text, "intent": text[0]} for text in ("a b", "a c", "d e", "d f")]
    said = _said(rows)
    assert _figures(said["words"]) == [("info", ["2", "2", "3"])]
    assert "diversity" not in said


def test_levels_of_a_hierarchy_are_told() -> None:
    rows = [
        {"text": "a", "intent": "cancel", "area": "order"},
        {"text": "b", "intent": "track", "area": "order"},
        {"text": "c", "intent": "login", "area": "account"},
    ]
    kind, text = _said(rows)["cross_tables"][0]
    assert kind == "good"
    assert text.index("intent") < text.index("area")
    rows.append({"text": "d", "intent": "login", "area": "order"})
    assert "cross_tables" not in _said(rows)


def test_personal_data_is_told_without_its_values() -> None:
    said = _said([{"text": "I am jo@example.com"}, {"text": "hello"}])["personal_data"]
    assert _figures(said) == [("warning", ["1"])]
    assert "e-mail address (1 row)" in said[0][1]
    assert "jo@" not in said[0][1]


def test_long_texts_that_encoders_cut_are_told() -> None:
    said = _said([{"text": "word " * 300 + str(i)} for i in range(3)])["words"]
    assert _figures(said)[1] == ("warning", ["301", "256"])


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
    assert f"2025-01-01 to {last}" in said[0][1]
    assert f"busiest {unit}" in said[0][1]


def test_gaps_and_constant_columns_are_told() -> None:
    rows = [{"text": f"t{i}", "shop": "web", "note": None if i else "x"} for i in range(4)]
    said = _said(rows)["table"]
    assert _figures(said) == [("info", ["1", "75%"]), ("info", [])]
    assert "note" in said[0][1]
    assert "shop, note" in said[1][1]


def test_several_scripts_are_told() -> None:
    said = _said([{"text": "привет"}, {"text": "hello"}])["scripts"]
    assert {"Latin 50%", "Cyrillic 50%"} <= set(re.findall(r"[A-Z][a-z]+ 50%", said[0][1]))
