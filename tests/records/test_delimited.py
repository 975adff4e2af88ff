"""CSV and its relatives."""

import csv
import gzip
import io
from pathlib import Path

import pytest

from coterie.errors import CoterieWarning, InputError, OptionError, TextEncodingError
from coterie.records import read_records, read_table


def write(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding, "surrogatepass"))
    return path


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiter_is_found_although_the_texts_hold_the_others(tmp_path, delimiter):
    buffer = io.StringIO()
    rows = [["id", "text"], ["1", "a, b; c | d\te"], ["2", "one; two; three"], ["3", "x|y|z,w"]]
    csv.writer(buffer, delimiter=delimiter).writerows(rows)
    table = read_table(write(tmp_path / "a.csv", buffer.getvalue()))
    assert table.columns == ["id", "text"]
    assert table.frame.to_numpy().tolist() == rows[1:]


def test_one_column_is_not_split_at_its_commas(tmp_path):
    file = write(tmp_path / "a.csv", 'text\nhello, you; there\n"quoted, too"\n')
    assert list(read_table(file).frame["text"]) == ["hello, you; there", "quoted, too"]


def test_delimiter_can_be_named_and_any_character(tmp_path):
    file = write(tmp_path / "a.csv", "id^text\n1^hello, there\n")
    assert read_table(file, delimiter="^").frame.iloc[0].tolist() == ["1", "hello, there"]
    tabbed = write(tmp_path / "a.tsv", "id,x\ttext\n1\thello\n")
    assert read_table(tabbed, delimiter="tab").columns == ["id,x", "text"]
    with pytest.raises(OptionError, match="delimiter"):
        read_table(file, delimiter=", ")


def test_cells_stay_as_written_and_only_empty_ones_are_missing(tmp_path):
    file = write(tmp_path / "a.csv", "id,text,n\n007,NA,\n1e3,None,1.0\n3,null,nan\n")
    frame = read_table(file).frame
    assert frame["id"].tolist() == ["007", "1e3", "3"]
    assert frame["text"].tolist() == ["NA", "None", "null"]
    assert frame["n"].isna().tolist() == [True, False, False]


def test_texts_over_several_lines_are_one_row(tmp_path):
    file = write(tmp_path / "a.csv", 'id,text\r\n1,"a\r\nb ""quoted"""\r\n\r\n2,c\r\n')
    table = read_table(file)
    assert table.frame["text"].tolist() == ['a\r\nb "quoted"', "c"]
    assert table.rows.tolist() == [1, 2]


def test_gzip_is_known_by_its_bytes(tmp_path):
    file = tmp_path / "a.csv"
    file.write_bytes(gzip.compress(b"id,text\n1,hello\n"))
    assert read_table(file).frame["text"].tolist() == ["hello"]
    file.write_bytes(gzip.compress(b"id,text\n" + b"1,hello\n" * 1000)[:40])
    with pytest.raises(InputError, match="damaged"):
        read_table(file)


def test_empty_file_and_absent_file_are_one_clear_error(tmp_path):
    with pytest.raises(InputError, match=r"a\.csv"):
        read_table(write(tmp_path / "a.csv", ""))
    with pytest.raises(InputError, match=r"b\.csv"):
        read_table(tmp_path / "b.csv")


# Fault 20: ragged rows and unclosed quotes


def test_fault_20_ragged_rows_are_set_aside_with_row_and_line(tmp_path):
    file = write(tmp_path / "a.csv", 'id,text\n1,"a\nb"\n2\n3,c,d\n4,e\n5,f,,\n')
    table = read_table(file)
    assert table.rows.tolist() == [1, 4, 5]
    assert table.rejects["row"].tolist() == [2, 3]
    assert table.rejects["reason"].tolist() == [
        "1 fields where the header has 2 (line 4)",
        "3 fields where the header has 2 (line 5)",
    ]
    assert table.rejects["text"].tolist() == ["2", "3,c,d"]


@pytest.mark.parametrize("later", ['7,"quoted, well",z', '7,"",z', "7,plain,z", '7,"""Hi"" x",z'])
def test_fault_20_unclosed_quote_costs_its_own_line_only(tmp_path, later):
    lines = ["id,text,label", "1,a,x", '2,"never closed,x', "3,b,y", "4,c,y", later, "8,d,x"]
    table = read_table(write(tmp_path / "a.csv", "\n".join(lines) + "\n"))
    assert table.frame["id"].tolist() == ["1", "3", "4", "7", "8"]
    assert table.rejects["row"].tolist() == [2]
    assert table.rejects["reason"].item() == "a quote is opened and not closed (line 3)"
    assert table.rejects["text"].item() == '2,"never closed,x'


def test_fault_20_unclosed_quote_in_a_large_file_stays_quick_and_local(tmp_path):
    lines = [f"{n},text number {n}" for n in range(60_000)]
    lines[10] = '10,"open'
    table = read_table(write(tmp_path / "a.csv", "id,text\n" + "\n".join(lines)))
    assert len(table) == 59_999
    assert table.rejects["row"].tolist() == [11]


def test_fault_20_quotes_inside_a_text_are_read_where_the_row_stands_by_itself(tmp_path):
    file = write(tmp_path / "a.csv", 'id,text\n1,she said "hi" to me\n2,"a "b" c"\n3,d\n')
    table = read_table(file)
    assert table.frame["id"].tolist() == ["1", "2", "3"]
    assert table.frame["text"].iloc[0] == 'she said "hi" to me'
    assert "b" in table.frame["text"].iloc[1]


def test_fault_20_a_header_that_never_closes_is_an_error(tmp_path):
    with pytest.raises(InputError, match="header"):
        read_table(write(tmp_path / "a.csv", 'id,"text\n1,a\n2,b\n'))


# Fault 19: encodings

TEXT = "id,text\n1,Crème brûlée “très” bonne\n2,naïve café déjà vu\n3,Straße über Köln\n"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
)
def test_fault_19_unicode_is_found_with_and_without_bom(tmp_path, encoding):
    table = read_table(write(tmp_path / "a.csv", TEXT, encoding))
    assert table.columns == ["id", "text"]
    assert table.frame["text"].tolist()[0] == "Crème brûlée “très” bonne"


def test_fault_19_utf_16_be_with_bom(tmp_path):
    file = tmp_path / "a.csv"
    file.write_bytes(b"\xfe\xff" + TEXT.encode("utf-16-be"))
    assert read_table(file).frame["text"].iloc[1] == "naïve café déjà vu"


def test_fault_19_windows_1252_is_guessed_with_a_warning(tmp_path):
    file = write(tmp_path / "a.csv", TEXT, "cp1252")
    with pytest.warns(CoterieWarning, match="cp1252"):
        table = read_table(file)
    assert table.frame["text"].tolist()[0] == "Crème brûlée “très” bonne"
    assert read_table(file, encoding="cp1252").frame.equals(table.frame)


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1251", "Я хочу отменить мой заказ пожалуйста помогите мне сегодня"),
        ("shift_jis", "注文をキャンセルしたいのですが、どうすればいいですか"),
        ("gb18030", "我想取消我的订单请问应该怎么办谢谢你的帮助"),
    ],
)
def test_fault_19_other_encodings_are_left_to_charset_normalizer(tmp_path, encoding, text):
    rows = "".join(f"{n},{text}\n" for n in range(20))
    file = write(tmp_path / "a.csv", "id,text\n" + rows, encoding)
    with pytest.warns(CoterieWarning, match="UTF-8"):
        assert read_table(file).frame["text"].iloc[0] == text


def test_fault_19_a_few_bad_bytes_in_utf_8_cost_their_rows_only(tmp_path):
    file = tmp_path / "a.csv"
    file.write_bytes("id,text\n1,café\n2,naïve\n3,".encode() + b"caf\xe9\n4,plain\n")
    table = read_table(file)
    assert table.frame["id"].tolist() == ["1", "2", "4"]
    assert table.rejects["reason"].item() == "bytes that are not utf-8 (line 4)"
    assert table.rejects["text"].item() == "3,caf\\xe9"


def test_fault_19_the_wrong_encoding_named_is_an_error(tmp_path):
    file = write(tmp_path / "a.csv", TEXT, "cp1252")
    with pytest.raises(TextEncodingError, match="utf-8"):
        read_table(file, encoding="utf-8")
    with pytest.raises(TextEncodingError, match="utf-9"):
        read_table(file, encoding="utf-9")


def test_fault_19_utf_16_cut_in_the_middle_of_a_character(tmp_path):
    file = tmp_path / "a.csv"
    file.write_bytes(TEXT.encode("utf-16")[:-1])
    with pytest.raises(TextEncodingError, match="utf-16"):
        read_table(file)


def test_fault_19_nul_and_half_pairs_are_mended_with_a_warning(tmp_path):
    file = tmp_path / "a.csv"
    file.write_bytes(b"id,text\n1,he\0llo\n2,fine\n")
    with pytest.warns(CoterieWarning, match="1 text.*NUL"):
        records = read_records(file, text="text")
    assert records.texts.tolist() == ["hello", "fine"]
    json_file = tmp_path / "a.json"
    json_file.write_text('[{"text": "half \\ud83d pair"}]')
    with pytest.warns(CoterieWarning, match="surrogate"):
        assert read_records(json_file, text="text").texts.tolist() == ["half \ufffd pair"]


def test_fault_19_half_pairs_in_utf_16_are_mended_with_a_warning(tmp_path):
    file = write(tmp_path / "a.csv", "id,text\n1,half \ud83d pair\n2,fine\n", "utf-16-le")
    with pytest.warns(CoterieWarning, match="surrogate"):
        records = read_records(file, text="text")
    assert records.texts.tolist() == ["half \ufffd pair", "fine"]


# Dialects

SAID = ['he said "hi, {}"', "plain {}", "C:\\dir\\{}", '"{}"', "a; b, {}"]
ROWS = [[str(n), SAID[n % 5].format(n), "xy"[n % 2]] for n in range(300)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("quoting", [csv.QUOTE_ALL, csv.QUOTE_MINIMAL, csv.QUOTE_NONE])
def test_backslashes_before_quotes_are_found(tmp_path, delimiter, quoting):
    buffer = io.StringIO()
    form = {"doublequote": False, "escapechar": "\\", "quoting": quoting}
    writer = csv.writer(buffer, delimiter=delimiter, **form)
    writer.writerows([["id", "text", "label"], *ROWS])
    table = read_table(write(tmp_path / "a.csv", buffer.getvalue()))
    assert table.frame.to_numpy().tolist() == ROWS
    assert len(table.rejects) == 0


def test_backslashes_are_found_however_late_and_others_are_themselves(tmp_path):
    lines = [f"{n},plain,x" for n in range(5000)]
    lines += [f'{n},"he said \\"hi, you\\" at C:\\temp",y' for n in range(5000, 5300)]
    table = read_table(write(tmp_path / "a.csv", "\n".join(["id,text,label", *lines])))
    assert len(table) == 5300
    assert table.frame["text"].iloc[-1] == 'he said "hi, you" at C:\\temp'


def test_a_path_that_ends_in_a_backslash_escapes_no_quote(tmp_path):
    text = 'id,text,label\n1,"C:\\dir\\",x\n2,"D:\\",y\n3,"{""a"": ""say \\""hi\\"" ""}",z\n'
    table = read_table(write(tmp_path / "a.csv", text))
    assert table.frame["text"].tolist() == ["C:\\dir\\", "D:\\", '{"a": "say \\"hi\\" "}']


@pytest.mark.parametrize(
    "rows", ["1,'hello, you',x\n2,'it is, so',y\n", "1,'hello, you','x'\n2,'so','y'\n"]
)
def test_apostrophes_quote_where_this_leaves_rows_whole(tmp_path, rows):
    table = read_table(write(tmp_path / "a.csv", "id,text,label\n" + rows))
    assert table.frame.iloc[0].tolist() == ["1", "hello, you", "x"]


def test_apostrophes_in_texts_quote_nothing(tmp_path):
    text = "id,text,label\n1,'tis the season,x\n2,don't,y\n3,'hello',z\n"
    table = read_table(write(tmp_path / "a.csv", text))
    assert table.frame["text"].tolist() == ["'tis the season", "don't", "'hello'"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("line", ["sep=;\n", "SEP=;\r\n", '"sep=;"\n'])
def test_the_line_of_excel_that_names_the_delimiter_is_no_row(tmp_path, encoding, line):
    text = line + "id;text\n1;a, b\n2;c, d\n"
    table = read_table(write(tmp_path / "a.csv", text, encoding))
    assert table.columns == ["id", "text"]
    assert table.frame["text"].tolist() == ["a, b", "c, d"]
    assert table.rows.tolist() == [1, 2]


def test_short_rows_are_padded_and_counted(tmp_path):
    lines = ["id,text,label,note", "1,a,x,n", "2,b,y", "3,c", "4,d,x,n", "5,e,x", "6,f,y,n", ""]
    with pytest.warns(CoterieWarning, match="3 rows of .*row 2"):
        table = read_table(write(tmp_path / "a.csv", "\n".join(lines)))
    assert table.rows.tolist() == [1, 2, 3, 4, 5, 6]
    assert table.frame["label"].fillna("").tolist() == ["x", "y", "", "x", "x", "y"]
    assert table.frame["note"].isna().tolist() == [False, True, True, False, True, False]
    assert len(table.rejects) == 0


@pytest.mark.parametrize(
    ("piece", "rows"),
    [
        ("2,hello\nworld,y", [2, 3]),  # a line break that is not quoted
        ("2,hello\nand\nworld,y", [2, 3, 4]),
        ("2,hello\nworld, you,y", [2]),
        ('2,hello\n3,"never closed,y', [2, 3]),
        ("2", [2]),
    ],
)
def test_pieces_of_a_row_are_set_aside(tmp_path, piece, rows):
    text = f"id,text,label\n1,a,x\n{piece}\n6,b,y\n7,b,y\n8,b,y\n9,c,x\n"
    table = read_table(write(tmp_path / "a.csv", text))
    assert table.rejects["row"].tolist() == rows
    assert table.frame["id"].tolist()[-2:] == ["8", "9"]


def test_a_file_that_is_cut_short_loses_its_last_row(tmp_path):
    table = read_table(write(tmp_path / "a.csv", "id,text,label\n1,a,x\n2,hel"))
    assert table.rejects["row"].tolist() == [2]


def test_the_header_of_files_put_one_after_another_is_no_row(tmp_path):
    table = read_table(write(tmp_path / "a.csv", "id,text\n1,a\nid,text\n2,b\n"))
    assert table.frame["id"].tolist() == ["1", "2"]
    assert table.rejects["row"].tolist() == [2]


@pytest.mark.parametrize("named", ["messages.csv", "messages.tsv", "messages.txt"])
def test_a_picture_is_no_table(named, tmp_path):
    picture = Path(__file__).parents[2] / "docs" / "images" / "report.png"
    path = tmp_path / named
    path.write_bytes(picture.read_bytes())
    with pytest.raises(TextEncodingError, match=named):
        read_table(path)
    with pytest.raises(TextEncodingError, match=named):
        read_table(path, limit=10)
