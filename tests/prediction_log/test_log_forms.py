"""The form of the tables: made by migrations, brought up to date without loss, or refused."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory

from coterie.errors import LogError, MissingExtraError, OptionError
from coterie.prediction_log import LOG_FILE, Entry, Feedback, PredictionLog, migrations
from coterie.prediction_log.tables import METADATA, VERSION_TABLE

NEXT = """
import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.add_column("coterie_predictions", sa.Column("mood", sa.Text))
    op.execute("UPDATE coterie_predictions SET mood = 'good ' || label")
    if BROKEN:
        raise RuntimeError("in the middle")
"""


@pytest.fixture
def next_form(tmp_path, monkeypatch):
    """Make a form that follows the last one."""
    folder = tmp_path / "revisions"
    shutil.copytree(migrations.REVISIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))

    def make(*, broken: bool = False) -> None:
        (folder / "r0002.py").write_text(NEXT.replace("BROKEN", str(broken)))
        monkeypatch.setattr(migrations, "REVISIONS", folder)
        monkeypatch.setattr(migrations, "KNOWN", ("0001", "0002"))

    return make


def shape_of(engine: sa.Engine) -> dict[str, object]:
    """Describe all tables of a log, but for the one that tells its form."""
    found = sa.inspect(engine)
    names = sorted(set(found.get_table_names()) - {VERSION_TABLE})
    return {
        name: {
            "columns": [
                (each["name"], str(each["type"]), each["nullable"], bool(each.get("default")))
                for each in found.get_columns(name)
            ],
            "key": found.get_pk_constraint(name),
            "unique": sorted(found.get_unique_constraints(name), key=str),
            "foreign": found.get_foreign_keys(name),
            "indexes": sorted(
                (
                    each["name"],
                    each["column_names"],
                    each["unique"],
                    {key: str(said) for key, said in each.get("dialect_options", {}).items()},
                )
                for each in found.get_indexes(name)
            ),
        }
        for name in names
    }


def test_the_tables_of_the_code_are_those_of_the_migrations(where, log, request):
    made = shape_of(log._engines[1])
    assert set(made) == {table.name for table in METADATA.sorted_tables}
    if isinstance(where, Path):
        declared = sa.create_engine(f"sqlite:///{where.with_name('declared')}")
    else:
        fresh = request.getfixturevalue("server").fresh()
        declared = sa.create_engine(fresh.replace("postgresql:", "postgresql+psycopg:"))
    METADATA.create_all(declared)
    assert shape_of(declared) == made
    declared.dispose()
    script = ScriptDirectory(
        str(migrations.REVISIONS), version_locations=[str(migrations.REVISIONS)]
    )
    forms = [each.revision for each in script.walk_revisions()]
    assert tuple(reversed(forms)) == migrations.KNOWN


def test_an_older_form_is_brought_up_to_date_without_loss(opened, next_form):
    log = opened(keep_text="raw")
    entries = [Entry(label=str(n), text=f"text {n}", context={"n": n}) for n in range(300)]
    log.write(entries).result()
    log.feedback([Feedback(prediction=each.id, truth="1") for each in entries[:50]])
    before, digest = list(log.stream()), log.hash_text("x")
    log.close()
    next_form()
    with pytest.raises(LogError, match=r"older form \(0001\)"):
        opened(writes=False)
    log = opened()
    assert list(log.stream()) == before
    assert log.hash_text("x") == digest
    assert len(log.history(entries[0].id)) == 1
    with log._reader.connect() as connection:
        moods = connection.execute(sa.text("SELECT mood, label FROM coterie_predictions")).all()
        assert {mood == f"good {label}" for mood, label in moods} == {True}
        assert connection.execute(sa.text(f"SELECT version_num FROM {VERSION_TABLE}")).all() == [
            ("0002",)
        ]


def test_a_migration_that_fails_changes_nothing(opened, next_form):
    log = opened()
    log.write([Entry(label="a")]).result()
    log.close()
    next_form(broken=True)
    with pytest.raises(RuntimeError, match="middle"):
        opened()
    next_form()
    assert opened().count() == 1


def test_a_newer_form_is_refused(where, opened, next_form, monkeypatch):
    next_form()
    opened().close()
    monkeypatch.undo()
    for writes in (True, False):
        with pytest.raises(LogError, match=r"newer version.*\(form 0002\): update Coterie"):
            opened(writes=writes)


STARTING = """
import sys
from coterie.prediction_log import Entry, PredictionLog
with PredictionLog.open(sys.argv[1]) as log:
    log.write([Entry(label=log.hash_text("x"))]).result()
"""


def test_workers_that_start_at_once_make_one_log(where, opened):
    running = [
        subprocess.Popen([sys.executable, "-c", STARTING, str(where)], stderr=subprocess.PIPE)
        for _ in range(4)
    ]
    errors = [process.communicate(timeout=120)[1] for process in running]
    assert [process.returncode for process in running] == [0] * 4, errors
    log = opened(writes=False)
    assert [each.label for each in log.stream()] == [log.hash_text("x")] * 4


def test_a_log_that_is_not_there_is_an_error_and_no_file(tmp_path):
    for options in ({"writes": False}, {"make": False}):
        with pytest.raises(LogError, match="no prediction log"):
            PredictionLog.open(tmp_path / "absent.sqlite", **options)
    with pytest.raises(LogError, match="no prediction log"):
        PredictionLog.open(tmp_path, writes=False)
    assert not list(tmp_path.iterdir())


@pytest.mark.database
def test_a_database_without_a_log_is_an_error_and_stays_empty(server):
    url = server.fresh()
    for options in ({"writes": False}, {"make": False}):
        with pytest.raises(LogError, match="no prediction log"):
            PredictionLog.open(url, **options)
    with psycopg.connect(url) as base:
        tables = "SELECT 1 FROM pg_tables WHERE schemaname = current_schema()"
        assert not base.execute(tables).fetchall()


def test_a_folder_and_a_url_are_places_too(tmp_path):
    with PredictionLog.open(tmp_path) as log:
        log.write([Entry()]).result()
        assert Path(log.name) == tmp_path / LOG_FILE
    strange = tmp_path / "a b?c#d%20"
    strange.mkdir()
    for where in (strange, strange / "log", f"sqlite:///{tmp_path / 'url.sqlite'}"):
        with PredictionLog.open(where) as log:
            log.write([Entry()]).result()
            assert log.count() == 1
    assert {each.name for each in strange.iterdir()} >= {LOG_FILE, "log"}


def test_what_is_no_log_is_left_alone(tmp_path):
    other = tmp_path / "other.sqlite"
    with closing(sqlite3.connect(other)) as base:
        base.execute("CREATE TABLE mine (id)")
    text = tmp_path / "notes.txt"
    text.write_text("notes " * 1000)
    before = [each.read_bytes() for each in (other, text)]
    for writes in (True, False):
        with pytest.raises(LogError, match="something else"):
            PredictionLog.open(other, writes=writes)
        with pytest.raises(LogError, match="not a database"):
            PredictionLog.open(text, writes=writes)
    assert [each.read_bytes() for each in (other, text)] == before
    assert {each.name for each in tmp_path.iterdir()} == {"other.sqlite", "notes.txt"}


@pytest.mark.parametrize("where", ["mysql://u:secret@host/base", "nosuch://x", "sqlite://", "://"])
def test_other_urls_are_refused_without_their_passwords(where):
    with pytest.raises(OptionError, match="postgresql://") as caught:
        PredictionLog.open(where)
    assert "secret" not in str(caught.value)


def test_a_log_without_its_key_is_refused(tmp_path):
    path, key = tmp_path / "log.sqlite", tmp_path / "log.sqlite.key"
    with PredictionLog.open(path) as log:
        log.write([Entry(person="jo@example.com")]).result()
    kept = key.read_text()
    key.unlink()
    for writes in (True, False):
        with pytest.raises(LogError, match=r"log\.sqlite\.key.*put back"):
            PredictionLog.open(path, writes=writes)
    assert not key.exists()
    for wrong in ("", "00" * 32, "no"):
        key.write_text(wrong)
        with pytest.raises(LogError, match="put back"):
            PredictionLog.open(path)
    key.write_text(kept)
    with PredictionLog.open(path) as log:
        assert log.erase("jo@example.com") == 1


def test_a_key_can_be_kept_elsewhere(where, opened, tmp_path):
    key = tmp_path / "kept.key"
    key.write_text("ab" * 32)
    digest = opened(key=key).hash_text("x")
    assert opened(key=key, writes=False).hash_text("x") == digest
    key.write_text("cd" * 32)
    with pytest.raises(LogError, match="key"):
        opened(key=key)


def test_without_alembic_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "alembic", None)
    with pytest.raises(MissingExtraError, match=r"coterie\[serve\]"):
        PredictionLog.open(tmp_path / "log.sqlite")
