"""Records from databases."""

import os
import shutil
import socket
import sqlite3
import subprocess
import tempfile
from pathlib import Path

import pytest

from coterie.errors import InputError, OptionError
from coterie.records import read_records, read_table


@pytest.fixture
def shop(tmp_path):
    file = tmp_path / "shop.db"
    with sqlite3.connect(file) as base:
        base.execute("CREATE TABLE messages (id INTEGER, text TEXT, at TEXT, price REAL)")
        base.executemany(
            "INSERT INTO messages VALUES (?, ?, ?, ?)",
            [(1, "where is it", "2025-03-01T10:00", 1.5), (2, None, None, None), (3, "hi", "", 2)],
        )
    base.close()
    return file


def test_sqlite_query(shop):
    records = read_records(
        f"sqlite:///{shop}",
        query="SELECT id, text, price FROM messages WHERE at IS NULL OR at <> ':none' ORDER BY id",
        text="text",
        id="id",
        context=["price"],
    )
    assert records.ids.tolist() == ["1", "3"]
    assert records.rejects["row"].tolist() == [2]
    assert records.context["price"].tolist() == [1.5, 2.0]


def test_the_only_table_needs_no_query_and_a_file_no_url(shop):
    assert read_table(shop).frame["id"].tolist() == [1, 2, 3]
    with sqlite3.connect(shop) as base:
        base.execute("CREATE TABLE other (id INTEGER)")
    base.close()
    with pytest.raises(OptionError, match="messages, other"):
        read_table(f"sqlite:///{shop}")


def test_doubled_columns_of_a_query_are_numbered(shop):
    table = read_table(shop, query="SELECT a.id, b.id FROM messages a JOIN messages b USING (id)")
    assert table.columns == ["id", "id (2)"]
    assert table.doubled == ("id",)


def test_a_query_changes_nothing(shop):
    with pytest.raises(InputError, match="SELECT"):
        read_table(shop, query="DELETE FROM messages")
    assert len(read_table(shop)) == 3


def test_bad_queries_and_addresses_are_one_clear_error(shop, tmp_path):
    with pytest.raises(InputError, match="absent"):
        read_table(f"sqlite:///{shop}", query="SELECT * FROM absent")
    with pytest.raises(InputError, match=r"none\.db"):
        read_table(f"sqlite:///{tmp_path}/none.db", query="SELECT 1")
    assert not (tmp_path / "none.db").exists()
    with pytest.raises(InputError, match="nosuch://"):
        read_table("nosuch://host/base", query="SELECT 1")


SECRET = "hunter2 p@ss"


@pytest.fixture(scope="module")
def postgres():
    """A server of its own in a temporary folder."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb")) or [
        Path(path) for path in [shutil.which("initdb")] if path
    ]
    if not found:
        pytest.skip("PostgreSQL is not installed: run apt-get install postgresql")
    binaries = found[-1].parent
    as_postgres = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    home = Path(tempfile.mkdtemp(prefix="coterie-pg-"))
    password = home / "password"
    password.write_text(SECRET)
    if as_postgres:
        shutil.chown(home, "postgres")
        shutil.chown(password, "postgres")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    def call(*command):
        done = subprocess.run(
            [*as_postgres, *map(str, command)],
            cwd=home,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    data = home / "data"
    initdb = [binaries / "initdb", "-D", data, "-U", "postgres", "--no-sync", "-E", "UTF8"]
    call(*initdb, "--auth=scram-sha-256", f"--pwfile={password}", "--locale=C")
    options = f"-p {port} -k {home} -c listen_addresses=127.0.0.1 -c fsync=off"
    call(binaries / "pg_ctl", "-D", data, "-w", "-l", home / "log", "-o", options, "start")
    try:
        yield port
    finally:
        call(binaries / "pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
        shutil.rmtree(home)


def address(port, password="hunter2%20p%40ss"):
    return f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres"


@pytest.mark.database
def test_postgresql_query(postgres):
    table = read_table(
        address(postgres),
        query="SELECT n AS id, 'message ' || n::text AS text, '2025-03-01'::date + n AS day, "
        "n / 4.0 AS price FROM generate_series(1, 25000) AS n WHERE n::text LIKE '%5' ORDER BY n",
    )
    assert len(table) == 2500
    assert table.frame["text"].iloc[1] == "message 15"
    assert table.source == f"postgresql://127.0.0.1:{postgres}/postgres"
    records = read_records(table, text="text", id="id", time="day", context=["price"])
    assert records.context["price"].iloc[0] == 1.25
    assert str(records.time[0])[:10] == "2025-03-06"


@pytest.mark.database
def test_postgresql_errors_do_not_show_the_password(postgres):
    for url in (address(postgres), address(postgres, "hunter2wrong"), address(1)):
        with pytest.raises(InputError) as caught:
            read_table(url, query="SELECT * FROM absent")
        assert "hunter2" not in str(caught.value)
        assert caught.value.__cause__ is None
    with pytest.raises(InputError, match="absent"):
        read_table(address(postgres), query="SELECT * FROM absent")
