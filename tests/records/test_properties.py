"""What holds for every table."""

import bz2
import csv
import datetime as dt
import gzip
import io
import json
import lzma
import warnings
import zipfile
from collections import Counter

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from coterie.errors import CoterieWarning, UserError
from coterie.records import read_records, read_table

QUICK = settings(max_examples=60, deadline=None)
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
CELLS = st.text(st.sampled_from("ab ,;\t|\"'\n\r\u00e9\u20ac=-0"), max_size=12)
BARE = CELLS.map(lambda cell: cell.replace("'", ""))


@pytest.fixture(scope="module")
def room(tmp_path_factory):
    """One folder for all examples."""
    return tmp_path_factory.mktemp("properties")


def tables(columns=3):
    row = st.lists(CELLS, min_size=columns, max_size=columns)
    return st.lists(row, max_size=12)


def write(path, header, rows, delimiter, encoding):
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter).writerows([header, *rows])
    path.write_bytes(buffer.getvalue().encode(encoding))
    return path


def zipped(content):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner.csv", content)
    return buffer.getvalue()


def zstd(content):
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(content)
    return sink.getvalue().to_pybytes()


@QUICK
@given(
    rows=tables(),
    delimiter=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(ENCODINGS),
    told=st.booleans(),
)
def test_well_formed_files_come_back_cell_by_cell(room, rows, delimiter, encoding, told):
    assume(not rows or not all(any(cell[:1] == "'" for cell in row) for row in rows))
    path = room / "a.csv"
    write(path, ["id", "text", "label"], rows, delimiter, encoding)
    named = encoding if encoding in ("utf-16-le", "utf-16-be", "cp1252") else None
    table = read_table(path, delimiter=delimiter if told else None, encoding=named)
    back = table.frame.astype(object).where(table.frame.notna(), "").to_numpy().tolist()
    assert back == rows
    assert table.rows.tolist() == list(range(1, len(rows) + 1))
    assert len(table.rejects) == 0


@QUICK
@given(
    rows=st.lists(st.lists(BARE, min_size=1, max_size=5), max_size=15),
    delimiter=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(["utf-8", "utf-16"]),
)
def test_ragged_rows_are_set_aside_and_the_others_kept(room, rows, delimiter, encoding):
    rows = [row for row in rows if any(row)]
    path = room / "a.csv"
    write(path, ["id", "text", "label"], rows, delimiter, encoding)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CoterieWarning)
        table = read_table(path, delimiter=delimiter)
    whole = {n for n, row in enumerate(rows, 1) if len(row) >= 3 and not any(row[3:])}
    whole -= {n for n, row in enumerate(rows, 1) if row[:3] == ["id", "text", "label"]}
    short = {n for n, row in enumerate(rows, 1) if len(row) == 2}
    kept = set(table.rows.tolist())
    assert whole <= kept <= whole | short
    assert table.rejects["row"].tolist() == sorted({*range(1, len(rows) + 1)} - kept)
    for n, cells in zip(table.rows, table.frame.fillna("").to_numpy().tolist(), strict=True):
        assert cells == [*rows[n - 1], ""][:3]


WORDS = st.text(st.sampled_from("ab c;,\t|'\"\\\n\u00e9"), max_size=10).map(
    lambda text: f"w{text}w"
)
PACKERS = [bytes, gzip.compress, bz2.compress, lzma.compress, zipped, zstd]


@settings(QUICK, max_examples=150)
@given(
    rows=st.lists(st.tuples(WORDS, WORDS), min_size=3, max_size=10),
    delimiter=st.sampled_from(",;\t|"),
    quote=st.sampled_from("\"'"),
    escape=st.booleans(),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL, csv.QUOTE_NONNUMERIC]),
    above=st.sampled_from(["", "sep", "Report\nof July\n\n"]),
    end=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(ENCODINGS[:-1]),
    pack=st.sampled_from(PACKERS),
)
def test_dialects_encodings_and_containers_come_back(
    room, rows, delimiter, quote, escape, quoting, above, end, encoding, pack
):
    quoting = csv.QUOTE_ALL if quote == "'" else quoting  # a few apostrophes quote nothing
    escape = escape and any(quote in cell for row in rows for cell in row)
    # a backslash before a doubled quote could be an escape just as well
    assume(escape or not any(f"\\{quote}" in cell for row in rows for cell in row))
    rows = [[str(n), *row] for n, row in enumerate(rows)]
    told = {"doublequote": not escape, "escapechar": "\\" if escape else None}
    buffer = io.StringIO()
    form = {"delimiter": delimiter, "quotechar": quote, "quoting": quoting, "lineterminator": end}
    csv.writer(buffer, **form, **told).writerows([["id", "text", "label"], *rows])
    above = f"sep={delimiter}\n" if above == "sep" else above
    path = room / "packed"
    path.write_bytes(pack((above + buffer.getvalue()).encode(encoding)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CoterieWarning)
        named = encoding if encoding.endswith(("le", "be")) else None
        table = read_table(path, encoding=named)
    assert table.columns == ["id", "text", "label"]
    assert table.frame.to_numpy().tolist() == rows
    assert table.rows.tolist() == list(range(1, len(rows) + 1))
    assert len(table.rejects) == 0


@QUICK
@given(body=st.text(st.sampled_from('ab",\n\r'), max_size=60))
def test_no_letter_is_lost_however_wild_the_quotes(room, body):
    path = room / "a.csv"
    path.write_bytes(f"x,y\n{body}".encode())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CoterieWarning)
        table = read_table(path, delimiter=",")
    if table.columns != ["x", "y"]:  # taken for a line above the header
        return
    found = "".join(table.frame.fillna("").to_numpy().ravel()) + "".join(table.rejects["text"])
    assert Counter(c for c in found if c in "ab") == Counter(c for c in body if c in "ab")
    numbers = sorted([*table.rows, *table.rejects["row"]])
    assert numbers == list(range(1, len(numbers) + 1))


@QUICK
@given(content=st.binary(max_size=80) | st.text(max_size=40).map(lambda t: t.encode("utf-16")))
def test_any_bytes_give_a_table_or_one_clear_error(room, content):
    path = room / "a.csv"
    for lead in (b"", b"text,id\n"):
        path.write_bytes(lead + content)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", CoterieWarning)
            try:
                table = read_table(path)
            except UserError as error:
                assert "\n" not in str(error)  # noqa: PT017
                continue
        numbers = sorted([*table.rows, *table.rejects["row"]])
        assert numbers == list(range(1, len(numbers) + 1))


@QUICK
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from(["", " ", "a", "b", "cc" * 30, "\0", "\ud800x"]) | st.none(),
            st.sampled_from(["1", "2", "3", " ", ""]) | st.none(),
            st.sampled_from(["x", "y", ""]) | st.none(),
            st.sampled_from(["p", "q", ""]) | st.none(),
        ),
        max_size=15,
    ),
    id=st.sampled_from([None, "id"]),
    group=st.sampled_from([None, "who"]),
    first=st.sampled_from([None, 1, 2]),
    text=st.sampled_from(["text", None]),
)
def test_every_row_is_kept_or_set_aside_once(rows, id, group, first, text):  # noqa: A002
    frame = pd.DataFrame(rows, columns=["text", "id", "label", "who"], dtype=object)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CoterieWarning)
        try:
            records = read_records(
                frame,
                text=text,
                id=id,
                labels=["label"],
                group=group,
                first=first if group and text else None,
                context=["*"],
                max_text_chars=50,
            )
        except UserError:
            return
    assert records.rows_in == len(rows)
    assert int(records.sizes.sum()) + len(records.rejects) == len(rows)
    assert records.rejects["row"].is_unique
    assert records.rejects["row"].is_monotonic_increasing
    assert not set(records.rows) & set(records.rejects["row"])
    assert len(set(records.ids)) == len(records)
    assert all(isinstance(said, str) and bool(said.strip()) == bool(text) for said in records.texts)
    assert records.has_texts == bool(text)
    assert all(len(said) <= 50 for said in records.texts)
    assert len(records.context) == len(records.labels["label"]) == len(records)
    assert records.sizes.dtype == records.rows.dtype == np.int64


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


@QUICK
@given(entries=st.lists(st.dictionaries(st.sampled_from(["text", "n"]), JSON) | JSON, max_size=6))
@pytest.mark.filterwarnings("ignore::coterie.errors.CoterieWarning")
def test_any_json_array_is_read_entry_by_entry(room, entries):
    assume(not entries or not all(isinstance(entry, list) for entry in entries))
    path = room / "a.json"
    path.write_text(json.dumps(entries))
    table = read_table(path)
    objects = [n for n, entry in enumerate(entries, 1) if isinstance(entry, dict)]
    assert table.rows.tolist() == objects
    assert len(table) + len(table.rejects) == len(entries)
    lines = path.with_name("a.jsonl")
    lines.write_text("\n".join(map(json.dumps, entries)))
    again = read_table(lines)
    assert again.rows.tolist() == objects
    assert again.columns == table.columns


WORDS = st.text(st.sampled_from("ab ,;é€=-0\n\u4f60"), min_size=1, max_size=8).filter(
    lambda said: bool(said.strip()) and said[0] != "="  # pandas writes it to Excel as a formula
)
FRAMES = st.lists(
    st.tuples(
        st.integers(-(2**53), 2**53),
        WORDS | st.none(),
        st.floats(-1e9, 1e9).map(lambda number: round(number, 3)) | st.none(),
        st.booleans() | st.none(),
        st.dates(dt.date(1950, 1, 1), dt.date(2100, 1, 1)).map(str),
    ),
    min_size=1,
    max_size=9,
).map(
    lambda rows: [dict(zip(["id", "text", "share", "paid", "day"], r, strict=True)) for r in rows]
)


def _with_json(orient):
    def write(frame, path):
        frame.to_json(path, orient=orient, double_precision=15)
        return path

    return write


def _as_lines(frame, path):
    frame.to_json(path, orient="records", lines=True, double_precision=15)
    return path


def _as_parquet(frame, path):
    frame.to_parquet(path, index=False)
    return path


def _as_excel(frame, path):
    frame.to_excel(path.with_suffix(".xlsx"), index=False)
    return path.with_suffix(".xlsx")


CONTAINERS = {
    **{orient: _with_json(orient) for orient in ("columns", "index", "split", "records", "table")},
    "lines": _as_lines,
    "parquet": _as_parquet,
    "excel": _as_excel,
}


@pytest.mark.parametrize("container", CONTAINERS)
@settings(max_examples=20, deadline=None)
@given(rows=FRAMES)
def test_a_frame_comes_back_out_of_every_container(room, container, rows):
    frame = pd.DataFrame(rows).astype({"text": object, "share": float, "paid": object})
    assume(frame.notna().any().all())
    table = read_table(CONTAINERS[container](frame, room / f"b-{container}"))
    back = table.frame.astype(object).where(table.frame.notna(), None)
    assert table.columns == list(frame.columns)
    assert back["id"].tolist() == frame["id"].tolist()
    for name in ("text", "paid", "day"):
        assert back[name].tolist() == frame[name].tolist()
    shares = pd.to_numeric(back["share"]).to_numpy(dtype=float)
    assert np.allclose(shares, frame["share"], rtol=1e-12, equal_nan=True)
    assert table.rows.tolist() == list(range(1, len(frame) + 1))
