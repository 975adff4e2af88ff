"""Compressed files, archives, and what cannot be read twice."""

import bz2
import gzip
import io
import lzma
import os
import subprocess
import sys
import tarfile
import zipfile

import openpyxl
import pandas as pd
import pyarrow as pa
import pytest

from coterie.errors import CoterieWarning, InputError
from coterie.records import read_table
from coterie.records.formats import containers

TEXT = b"id,text\n1,hello\n2,there\n"


def zstd(content):
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(content)
    return sink.getvalue().to_pybytes()


def zipped(**files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "."), content)
    return buffer.getvalue()


PACKERS = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": zstd,
    ".zip": lambda content: zipped(a__csv=content),
}


@pytest.mark.parametrize("end", PACKERS)
def test_a_packed_file_is_known_by_its_bytes(tmp_path, end):
    for name in (f"a.csv{end}", f"A.CSV{end.upper()}", "a.csv", "a"):
        file = tmp_path / name
        file.write_bytes(PACKERS[end](TEXT))
        table = read_table(file)
        assert table.frame["text"].tolist() == ["hello", "there"]
        assert table.path == file


@pytest.mark.parametrize("end", PACKERS)
def test_what_is_inside_is_known_by_the_name_before_its_end(tmp_path, end):
    line = b'{"text": "a"}'
    file = tmp_path / f"a.jsonl{end}"
    file.write_bytes(zipped(a__jsonl=line) if end == ".zip" else PACKERS[end](line))
    assert read_table(file).columns == ["text"]
    assert read_table(tmp_path).columns == ["text"]


@pytest.mark.parametrize("end", PACKERS)
def test_a_damaged_file_is_one_clear_error(tmp_path, end):
    whole = PACKERS[end](os.urandom(1 << 18))
    file = tmp_path / f"a.csv{end}"
    for broken in (whole[: 1 << 17], whole[:40], whole[:100] + b"x" * 50 + whole[150:]):
        file.write_bytes(broken)
        with pytest.raises(InputError, match=r"a\.csv.*(?:damaged|not text)") as caught:
            read_table(file, encoding="utf-8")
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("end", PACKERS)
def test_what_unpacks_without_end_is_refused(tmp_path, end, monkeypatch):
    monkeypatch.setattr(containers, "_MOST_BYTES", 1 << 20)
    file = tmp_path / f"a.csv{end}"
    file.write_bytes(PACKERS[end](b"0" * (4 << 20)))
    with pytest.raises(InputError, match=r"a\.csv.*200 times"):
        read_table(file)


def test_zip_of_several_tables_is_read_like_a_folder(tmp_path):
    file = tmp_path / "months.zip"
    hidden = {"__MACOSX/._a.csv": b"\0\1", "notes.txt": b"x", "about.json": b'{"a": 1}'}
    content = {"d/b.csv": b"text,id\nso,3\n", "d/a.csv": TEXT}
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in {**hidden, **content}.items():
            archive.writestr(name, data)
    with pytest.warns(CoterieWarning, match="2 files"):
        table = read_table(file)
    assert table.frame["id"].tolist() == ["1", "2", "3"]
    assert table.rows.tolist() == [1, 2, 3]
    file.write_bytes(zipped(a__csv="who,text\na,x\na,y\nb,z\n", b__csv="who,age\na,1\nb,2\n"))
    assert read_table(file).frame["age"].tolist() == ["1", "1", "2"]


def test_zip_of_one_file_of_any_name_and_of_none(tmp_path):
    file = tmp_path / "a.zip"
    file.write_bytes(zipped(export__txt=TEXT))
    assert len(read_table(file)) == 2
    file.write_bytes(zipped(inner__csv=gzip.compress(TEXT)))
    assert len(read_table(file)) == 2
    for content in (zipped(), zipped(a__txt="x", b__txt="y")):
        file.write_bytes(content)
        with pytest.raises(InputError, match=r"a\.zip"):
            read_table(file)


def test_a_workbook_stays_one_whatever_it_is_called(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["text"])
    book.active.append(["hello"])
    for name in ("a.xlsx", "a.zip", "a"):
        with (tmp_path / name).open("wb") as file:
            book.save(file)
        assert read_table(tmp_path / name).frame["text"].tolist() == ["hello"]
    packed = tmp_path / "a.xlsx.zip"
    packed.write_bytes(zipped(a__xlsx=(tmp_path / "a.xlsx").read_bytes()))
    assert read_table(packed).frame["text"].tolist() == ["hello"]


def test_other_archives_and_documents_say_what_to_do(tmp_path):
    file = tmp_path / "a.tar.gz"
    (tmp_path / "a.csv").write_bytes(TEXT)
    with tarfile.open(file, "w:gz") as archive:
        archive.add(tmp_path / "a.csv", "a.csv")
    with pytest.raises(InputError, match=r"a\.tar\.gz.*tar.*unpack"):
        read_table(file)
    file = tmp_path / "a.docx"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    with pytest.raises(InputError, match="Word"):
        read_table(file)


def test_an_encrypted_archive_says_so(tmp_path):
    content = bytearray(zipped(a__csv=TEXT))
    at = content.index(b"PK\x01\x02")
    content[at + 8] |= 1
    (tmp_path / "a.zip").write_bytes(bytes(content))
    with pytest.raises(InputError, match="encrypted"):
        read_table(tmp_path / "a.zip")


def test_a_text_may_begin_like_a_compressed_file(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"BZh,text\n1,hello\n")
    assert read_table(tmp_path / "a.csv").columns == ["BZh", "text"]


# Pipes


def parquet():
    buffer = io.BytesIO()
    pd.DataFrame({"text": ["hello"], "id": ["1"]}).to_parquet(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"text,id\nhello,1\n",
        gzip.compress(b"text,id\nhello,1\n"),
        zipped(a__csv=b"text,id\nhello,1\n"),
        b'[{"text": "hello", "id": "1"}]',
        b'{"text": "hello", "id": "1"}\n{"text": "bye", "id": "2"}\n',
        parquet(),
    ],
    ids=["csv", "gzip", "zip", "json", "lines", "parquet"],  # some bytes hold the time
)
def test_a_pipe_is_read_once_and_whole(content):
    reader, writer = os.pipe()
    with os.fdopen(writer, "wb") as file:
        file.write(content)
    try:
        table = read_table(f"/dev/fd/{reader}")
    finally:
        os.close(reader)
    assert table.frame.iloc[0].to_dict() == {"text": "hello", "id": "1"}
    assert table.path is None


@pytest.mark.parametrize("source", ["-", "<(cat)"])
def test_the_command_line_reads_what_is_piped_into_it(tmp_path, source):
    command = f"{sys.executable} -m coterie explore {source} --text text --out {tmp_path}"
    done = subprocess.run(
        ["bash", "-c", command],
        input=b"text,id\nhello,1\nbye,2\n",
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "explore.html").exists()


def test_a_named_pipe_is_read(tmp_path):
    pipe = tmp_path / "a.jsonl"
    os.mkfifo(pipe)
    writer = subprocess.Popen(["sh", "-c", f"printf '{{\"text\": \"hello\"}}' > '{pipe}'"])
    table = read_table(pipe)
    writer.wait()
    assert table.frame["text"].tolist() == ["hello"]
    assert table.path is None
