"""Exports of survey tools, lines above the header, and no header."""

import csv
import io

import openpyxl
import pandas as pd
import pytest

from coterie.errors import CoterieWarning, OptionError
from coterie.records import read_records, read_table

QUALTRICS = [
    ["StartDate", "Status", "Q1", "Q2"],
    ["Start Date", "Response Type", "How was it?\nPlease tell", "Rate us"],
    [
        '{"ImportId":"startDate","timeZone":"America/Denver"}',
        '{"ImportId":"status"}',
        '{"ImportId":"QID1_TEXT"}',
        '{"ImportId":"QID2"}',
    ],
    ["2025-01-01", "0", "very good", "4"],
    ["2025-01-02", "0", "too slow", "2"],
]
SURVEYMONKEY = [
    ["Respondent ID", "IP", "What is your name?", "", "How was it?", "Used", "", "Comments"],
    ["", "", "First name", "Last name", "Response", "Email", "Chat", "Open-Ended Response"],
    ["111", "::1", "Ann", "Lee", "Good", "Email", "", "all is well"],
    ["112", "::1", "Bob", "Ray", "Bad", "", "Chat", "too slow"],
    ["113", "::1", "Cem", "Oz", "Bad", "", "", "so so"],
]
COMPLETED = [
    "Respondent ID",
    "IP",
    "What is your name? - First name",
    "What is your name? - Last name",
    "How was it?",
    "Used - Email",
    "Used - Chat",
    "Comments",
]


def as_csv(path, rows, encoding="utf-8", delimiter=","):
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter).writerows(rows)
    path.write_bytes(buffer.getvalue().encode(encoding))
    return path


def as_tsv(path, rows):
    return as_csv(path, rows, "utf-16", "\t")


def as_workbook(path, rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append([cell or None for cell in row])
    path = path.with_suffix(".xlsx")
    book.save(path)
    return path


def as_frame(path, rows):
    return pd.read_csv(as_csv(path, rows))


WAYS = [as_csv, as_tsv, as_workbook, as_frame]


@pytest.mark.parametrize("way", WAYS)
def test_further_header_rows_of_qualtrics_are_set_aside(tmp_path, way):
    source = way(tmp_path / "q.csv", QUALTRICS)
    with pytest.warns(CoterieWarning, match="Qualtrics.*2 rows"):
        table = read_table(source)
    assert table.columns == QUALTRICS[0]
    assert table.frame["Q1"].tolist() == ["very good", "too slow"]
    assert table.rows.tolist() == [3, 4]
    assert table.rejects["row"].tolist() == [1, 2]
    assert len(table.index) == 4
    with pytest.warns(CoterieWarning, match="Qualtrics"):
        records = read_records(source, text="Q1", labels=["Q2"])
    assert records.labels["Q2"].tolist() == [4, 2]
    assert records.rows_in == 4
    assert any("Qualtrics" in note for note in records.notes)


@pytest.mark.parametrize("way", WAYS)
def test_the_second_header_row_of_surveymonkey_completes_the_names(tmp_path, way):
    source = way(tmp_path / "s.csv", SURVEYMONKEY)
    with pytest.warns(CoterieWarning, match="SurveyMonkey.*'What is your name. - First name'"):
        table = read_table(source)
    assert table.columns == COMPLETED
    assert table.frame["What is your name? - Last name"].tolist() == ["Lee", "Ray", "Oz"]
    assert table.frame["Used - Chat"].notna().tolist() == [False, True, False]
    assert table.rows.tolist() == [2, 3, 4]
    assert table.rejects["row"].tolist() == [1]


def test_answers_in_a_data_frame_stand_under_its_index(tmp_path):
    frame = as_frame(tmp_path / "q.csv", QUALTRICS)
    frame.index = list("wxyz")
    with pytest.warns(CoterieWarning, match="Qualtrics"):
        table = read_table(frame)
    assert table.index.tolist() == list("wxyz")
    assert frame["Q1"].tolist()[2:] == ["very good", "too slow"]


def test_a_survey_without_questions_on_the_left_needs_its_phrase_everywhere(tmp_path):
    rows = [["How was it?", "What else?"], ["Response", "Open-Ended Response"], ["Good", "no"]]
    with pytest.warns(CoterieWarning, match="SurveyMonkey"):
        table = read_table(as_csv(tmp_path / "s.csv", rows))
    assert table.columns == rows[0]
    assert table.rows.tolist() == [2]


@pytest.mark.parametrize(
    "rows",
    [
        [["id", "text", "label"], ["1", "Response", "a"], ["2", "Open-Ended Response", "b"]],
        [["text", "kind"], ["Response", "Open-Ended Response"], ["x", "y"]],
        [["kind", "text"], ["", "Response"], ["", "Answer"], ["a", "Response"]],
        [["id", "text"], ["Respondent", "First name"], ["1", "x"], ["2", "y"]],
        [["", "text", "label"], ["0", "hello", "a"], ["1", "bye", "b"]],
        [["text", "label", ""], ["hello", "a", "x"], ["bye", "b", "y"], ["so", "a", "z"]],
        [["text"], ["Generated on 3 March 2025"], ["id, text"], ["1, a"]],
        [["name", "2019", "2020"], ["a", "1", "2"], ["b", "3", "4"]],
        [["Email", "Chat", "n"], ["Email", "", "1"], ["Email", "Chat", "2"], ["", "Chat", "3"]],
        [["tags"], ["a,b,c"], ["d,e,f"], ["g,h,i"]],
    ],
)
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
def test_an_ordinary_table_stays_as_it_is(tmp_path, rows, quoting):
    buffer = io.StringIO()
    csv.writer(buffer, quoting=quoting).writerows(rows)
    (tmp_path / "a.csv").write_text(buffer.getvalue(), encoding="utf-8")
    table = read_table(tmp_path / "a.csv")
    width = len(rows[0])
    assert table.columns == [name or f"column {at}" for at, name in enumerate(rows[0], 1)]
    assert table.frame.fillna("").to_numpy().tolist() == rows[1:]
    assert all(len(row) == width for row in rows)


ABOVE = [
    "Support report\nGenerated on 3 March 2025\n\n",
    "Support report,,\n,,\n",
    "Support report for July\n",
    "Period:,July\n\n",
    '"Report, all of it"\nby team\n',
    "\n\nReport\n\n",
]


@pytest.mark.parametrize("above", ABOVE)
def test_lines_above_the_header_are_found_and_told(tmp_path, above):
    lines = above + "id,text,label\n1,hello there,x\n2,bye,y\n3,so,x\n"
    (tmp_path / "r.csv").write_text(lines)
    with pytest.warns(CoterieWarning, match=r"r\.csv has \d lines? above"):
        table = read_table(tmp_path / "r.csv")
    assert table.columns == ["id", "text", "label"]
    assert table.rows.tolist() == [1, 2, 3]
    assert len(table.rejects) == 0


def test_line_numbers_count_the_lines_above_the_header(tmp_path):
    (tmp_path / "r.csv").write_text("Report\n\nid,text\n1,a\n2,b,c\n3,d\n" + "4,e\n" * 20)
    with pytest.warns(CoterieWarning, match="2 lines above"):
        table = read_table(tmp_path / "r.csv")
    assert table.rejects["reason"].item().endswith("(line 5)")
    assert table.rejects["row"].tolist() == [2]


HEADLESS = "1,hello there,spam\n2,bye,ham\n3,foo,spam\n"


def test_a_file_without_header(tmp_path):
    file = tmp_path / "a.csv"
    file.write_text(HEADLESS)
    with pytest.warns(CoterieWarning, match="--no-header"):
        assert read_table(file).columns[0] == "1"
    table = read_table(file, header=False)
    assert table.columns == ["column 1", "column 2", "column 3"]
    assert table.rows.tolist() == [1, 2, 3]
    records = read_records(file, text="column 2", labels=["column 3"], header=False)
    assert records.texts.tolist() == ["hello there", "bye", "foo"]
    file.write_text("one text\nanother, with a comma\nlast\n")
    assert read_table(file, header=False).columns == ["column 1"]


def test_a_table_with_names_of_its_own_has_a_header(tmp_path):
    file = tmp_path / "a.jsonl"
    file.write_text('{"text": "a"}\n')
    with pytest.raises(OptionError, match="header"):
        read_table(file, header=False)
