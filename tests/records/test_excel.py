"""Excel workbooks as people make them."""

import datetime as dt
import warnings
import zipfile

import openpyxl
import pandas as pd
import pytest

from coterie.errors import CoterieWarning, InputError
from coterie.records import read_records, read_table


def put(path, rows, *, merged=(), name="Sheet", **others):
    book = openpyxl.Workbook()
    book.active.title = name
    for row in rows:
        book.active.append(row)
    for each in merged:
        book.active.merge_cells(each)
    for title, (state, cells) in others.items():
        sheet = book.create_sheet(title)
        sheet.sheet_state = state
        for row in cells:
            sheet.append(row)
    book.save(path)
    return path


def cells(table):
    return table.frame.astype(object).where(table.frame.notna(), None).to_dict("list")


def told(file, match, **options):
    with pytest.warns(CoterieWarning, match=match):
        return read_table(file, **options)


ROWS = [["id", "text"], [1, "a"], [2, "b"]]
PLAIN = {"id": [1, 2], "text": ["a", "b"]}


def test_hidden_sheets_are_read_only_by_name(tmp_path):
    file = put(tmp_path / "a.xlsx", ROWS, name="shown", lists=("hidden", [["kind"], ["x"]]))
    book = openpyxl.load_workbook(file)
    book.move_sheet("lists", -1)
    book.create_sheet("codes").sheet_state = "veryHidden"
    book.active = 1
    book.save(file)
    assert cells(told(file, "3 sheets, 2 of them hidden.*'shown'")) == PLAIN
    assert cells(read_table(file, sheet="lists")) == {"kind": ["x"]}


def test_titles_above_the_header_are_left_out_and_told(tmp_path):
    rows = [["Report of March", None, None], [], ["Made by", "Ann"], ["id", "text", "kind", "at"]]
    rows += [[1, "a", "x", 3], [2, "b", "y", 4]]
    table = told(put(tmp_path / "a.xlsx", rows, merged=["A1:D1"]), "2 rows.*row 4")
    assert cells(table) == {**PLAIN, "kind": ["x", "y"], "at": [3, 4]}
    assert table.rows.tolist() == [1, 2]
    two = told(put(tmp_path / "b.xlsx", [["Report of March"], *ROWS]), "row 2")
    assert cells(two) == PLAIN


@pytest.mark.parametrize(
    ("header", "names"),
    [
        ([None, "text", "n"], ["column 1", "text", "n"]),
        (["id", None, "n"], ["id", "column 2", "n"]),
        (["id", "text", 2025], ["id", "text", "2025"]),
    ],
)
def test_a_header_with_gaps_is_a_header(header, names, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table = read_table(put(tmp_path / "a.xlsx", [header, [0, "a", 1], [1, "b", 2]]))
    assert table.columns == names
    assert len(table) == 2


def test_the_index_of_pandas_is_a_column(tmp_path):
    pd.DataFrame({"text": ["a", "b"]}).to_excel(tmp_path / "a.xlsx")
    assert cells(read_table(tmp_path / "a.xlsx")) == {"column 1": [0, 1], "text": ["a", "b"]}


def test_merged_cells_have_the_value_in_each_row(tmp_path):
    rows = [["team", "text", "kind"], ["A", "a", "x"], [None, "b", "y"], [None, "c", "z"]]
    rows += [["B", "d", "w"]]
    file = put(tmp_path / "a.xlsx", rows, merged=["A2:A4"])
    assert cells(read_table(file))["team"] == ["A", "A", "A", "B"]
    wide = put(tmp_path / "b.xlsx", [["id", "text", None], [1, "a", None], [2, "b", None]],
               merged=["B1:C1", "B2:C2", "B3:C3"])  # fmt: skip
    assert cells(read_table(wide)) == PLAIN
    across = put(tmp_path / "c.xlsx", [["id", "q1", "q2"], [1, "a", None], [2, "b", "c"]],
                 merged=["B2:C2"])  # fmt: skip
    assert cells(read_table(across))["q2"] == ["a", "c"]


def test_merged_headers_name_each_of_their_columns(tmp_path):
    rows = [["id", "who", None, "said", None], [None, "name", "city", "text", "kind"]]
    rows += [[1, "Ann", "Ulm", "a", "x"], [2, "Bo", "Bonn", "b", "y"]]
    file = put(tmp_path / "a.xlsx", rows, merged=["A1:A2", "B1:C1", "D1:E1"])
    table = told(file, "two rows")
    assert table.columns == ["id", "who.name", "who.city", "said.text", "said.kind"]
    assert table.frame["who.city"].tolist() == ["Ulm", "Bonn"]
    assert table.rows.tolist() == [1, 2]
    one = put(tmp_path / "b.xlsx", [["id", "place", None], [1, "Ulm", 89], [2, "Bonn", 53]],
              merged=["B1:C1"])  # fmt: skip
    assert read_table(one).columns == ["id", "place", "place 2"]
    assert read_table(one).column("place").tolist() == ["Ulm", "Bonn"]


def test_formulas_without_a_value_are_counted(tmp_path):
    file = put(tmp_path / "a.xlsx", [["id", "text", "sum"], [1, "a", "=A2+1"], [2, "b", "=A3+1"]])
    assert cells(told(file, "2 formulas.*Excel")) == {**PLAIN, "sum": [None, None]}


def _edited(file, old, new):
    with zipfile.ZipFile(file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(file, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part.replace(old, new) if "sheet1" in name else part)
    return file


def test_formulas_with_a_value_are_read(tmp_path):
    file = put(tmp_path / "a.xlsx", [["id", "text"], [1, "=A1"], [2, "b"]])
    for old in (b"<f>A1</f><v />", b"<f>A1</f><v></v>", b"<f>A1</f><v/>"):
        _edited(file, old, b"<f>A1</f><v>7</v>")
    assert cells(read_table(file))["text"] == [7, "b"]
    empty = put(tmp_path / "b.xlsx", [["id", "text"], [1, "=A1"], [2, "b"]])
    _edited(empty, b'<c r="B2">', b'<c r="B2" t="str">')
    assert cells(read_table(empty))["text"] == [None, "b"]


def test_errors_are_missing_and_counted(tmp_path):
    file = put(tmp_path / "a.xlsx", [["id", "text"], [1, "#N/A"], [2, "b"], [3, "#DIV/0!"]])
    assert cells(told(file, "1 #N/A, 1 #DIV/0!"))["text"] == [None, "b", None]


def test_number_formats_that_make_codes_are_text(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["zip", "phone", "key", "share", "price", "day", "count"])
    formats = ["00000", "000\\-0000", '"KD-"0000', "0.00%", '#,##0.00 "€"', "yyyy-mm-dd", "0"]
    for row in ([123, 5551234, 7, 0.25, 9.5, dt.datetime(2025, 3, 1), 5],
                [99999, 12, 12345, 0.5, 1.5, dt.datetime(2025, 3, 2), 6]):  # fmt: skip
        book.active.append(row)
        for cell, code in zip(book.active[book.active.max_row], formats, strict=True):
            cell.number_format = code
    book.save(tmp_path / "a.xlsx")
    assert cells(read_table(tmp_path / "a.xlsx")) == {
        "zip": ["00123", "99999"],
        "phone": ["555-1234", "000-0012"],
        "key": ["KD-0007", "KD-12345"],
        "share": [0.25, 0.5],
        "price": [9.5, 1.5],
        "day": [pd.Timestamp("2025-03-01"), pd.Timestamp("2025-03-02")],
        "count": [5, 6],
    }
    records = read_records(tmp_path / "a.xlsx", text="key", labels=["zip"])
    assert records.labels["zip"].tolist() == ["00123", "99999"]


def test_a_wrong_dimension_hides_no_column(tmp_path):
    file = put(tmp_path / "a.xlsx", ROWS)
    _edited(file, b'<dimension ref="A1:B3" />', b'<dimension ref="A1" />')
    assert cells(read_table(file)) == PLAIN


def test_escaped_characters_are_unescaped(tmp_path):
    file = put(tmp_path / "a.xlsx", [["id", "text"], [1, "a_x000D_b"], [2, "b"]])
    assert cells(read_table(file))["text"] == ["a\rb", "b"]


def test_protected_workbooks_and_other_zips_are_one_sentence(tmp_path):
    file = tmp_path / "a.xlsx"
    old = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
    file.write_bytes(old + "EncryptedPackage".encode("utf-16-le"))
    with pytest.raises(InputError, match="password"):
        read_table(file)
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
    with pytest.raises(InputError, match="xlsx") as caught:
        read_table(file)
    assert "\n" not in str(caught.value)
