"""An index on disk: what is acknowledged is there, once, whatever happens to a writer."""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coterie.errors import (
    CoterieWarning,
    EncoderMismatchError,
    InputError,
    IntegrityError,
    OptionError,
    StoreError,
)
from coterie.search import writing
from coterie.search.storage.layout import version_numbers
from coterie.search.storage.reader import IndexReader
from coterie.search.writing import append_rows, create_index, delete_rows, update_rows

from .conftest import DIM, made_rows
from .killed_writers import held, rows_of

HERE = Path(__file__).parent


def create(home: Path, values: dict[str, int]) -> None:
    create_index(home, rows_of(values), encoder={}, reading={})


def test_rows_come_back_as_they_were(tmp_path: Path) -> None:
    create(tmp_path / "index", {"a": 1, "b": 2, "ü 東": 3})
    assert held(tmp_path / "index") == {"a": 1, "b": 2, "ü 東": 3}


def test_changes_by_id(tmp_path: Path) -> None:
    home = tmp_path / "index"
    create(home, {"a": 1, "b": 2})
    append_rows(home, rows_of({"c": 3}))
    update_rows(home, rows_of({"a": 9, "d": 4}))
    version, absent = delete_rows(home, ["b", "no such id"])
    assert absent == ["no such id"]
    assert held(home) == {"a": 9, "c": 3, "d": 4}
    assert version.rows == 3
    assert version.change == "delete"


def test_an_id_that_is_there_is_not_appended(tmp_path: Path) -> None:
    home = tmp_path / "index"
    create(home, {"a": 1})
    with pytest.raises(InputError, match="'a'"):
        append_rows(home, rows_of({"b": 2, "a": 3}))
    assert held(home) == {"a": 1}


def test_two_rows_with_one_id_are_refused(tmp_path: Path) -> None:
    rows = made_rows(["a", "a"])
    with pytest.raises(InputError, match="'a'"):
        create_index(tmp_path / "index", rows, encoder={}, reading={})


def test_an_index_is_replaced_only_when_asked(tmp_path: Path) -> None:
    home = tmp_path / "index"
    create(home, {"a": 1})
    with pytest.raises(OptionError):
        create(home, {"b": 2})
    assert held(home) == {"a": 1}
    create_index(home, rows_of({"b": 2}), encoder={}, reading={}, overwrite=True)
    assert held(home) == {"b": 2}


def test_vectors_of_another_width_are_refused(tmp_path: Path) -> None:
    home = tmp_path / "index"
    create_index(home, made_rows(["a", "b"]), encoder={}, reading={})
    with pytest.raises(EncoderMismatchError, match=str(DIM)):
        append_rows(home, made_rows(["c"], dim=DIM + 1))


def test_vectors_of_another_encoder_are_refused_as_they_are_written(tmp_path: Path) -> None:
    home = tmp_path / "index"
    create_index(home, made_rows(["a", "b"]), encoder={"name": "one"}, reading={})
    with pytest.raises(EncoderMismatchError):
        append_rows(home, made_rows(["c"]), encoder={"name": "other"})
    append_rows(home, made_rows(["c"]), encoder={"name": "one"})
    assert len(IndexReader(home)) == 3


def test_no_index_is_a_store_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        IndexReader(tmp_path / "nothing")


Changes = st.lists(
    st.tuples(
        st.sampled_from(["append", "update", "delete"]),
        st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 99), min_size=1, max_size=4),
    ),
    max_size=12,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(changes=Changes)
def test_any_changes_come_to_what_a_dictionary_holds(
    changes: list[tuple[str, dict[str, int]]],
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(writing, "_MOST_PARTS", 3)  # so that rows are written anew on the way
    home = tmp_path_factory.mktemp("changes") / "index"
    create(home, {"a": 0})
    state = {"a": 0}
    for kind, rows in changes:
        if kind == "delete":
            _, absent = delete_rows(home, list(rows))
            assert set(absent) == set(rows) - set(state)
            state = {key: value for key, value in state.items() if key not in rows}
        elif kind == "append":
            new = {key: value for key, value in rows.items() if key not in state}
            append_rows(home, rows_of(new))
            state |= new
        else:
            update_rows(home, rows_of(rows))
            state |= rows
        assert held(home) == state


def test_rows_added_with_other_columns_keep_all(tmp_path: Path) -> None:
    home = tmp_path / "index"
    first = made_rows(["a", "b"], pd.DataFrame({"age": [30, 41], "town": ["Bern", None]}))
    create_index(home, first, encoder={}, reading={})
    reader = IndexReader(home)
    more = pd.DataFrame({"age": ["52", "many"], "job": ["nurse", "cook"]})
    append_rows(home, made_rows(["c", "d"], more, like=tuple(reader.schema)))
    reader = IndexReader(home)
    places = np.arange(4)
    assert reader.cells("age", places) == [30, 41, 52, None]
    assert reader.cells("age", places, as_written=True)[3] == "many"
    assert reader.cells("town", places) == ["Bern", None, None, None]
    assert reader.cells("job", places) == [None, None, "nurse", "cook"]
    assert reader.schema.find("age").high == 52
    assert reader.schema.find("job").missing == 2


@pytest.mark.slow
def test_killed_writers_lose_and_double_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.search.killed_writers", str(tmp_path / "index"), "200"],
        capture_output=True,
        text=True,
        check=False,
        cwd=HERE.parents[1],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["kills"] == 200
    assert seen["changes"] > 10  # the writers came to do something
    append_rows(tmp_path / "index", rows_of({"after all": 5}))  # and the next one can write
    assert held(tmp_path / "index")["after all"] == 5
    assert not (tmp_path / "index" / ".draft").exists()


def torn(home: Path) -> Path:
    """The file of the newest version, cut off in its middle."""
    path = home / "versions" / f"{version_numbers(home)[0]:08d}.json"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


def test_a_torn_newest_version_opens_at_the_last_good_one(tmp_path: Path) -> None:
    home = tmp_path / "index"
    create(home, {"a": 1})
    append_rows(home, rows_of({"b": 2}))
    append_rows(home, rows_of({"c": 3}))
    torn(home)
    with pytest.warns(CoterieWarning, match="version 2"):
        assert held(home) == {"a": 1, "b": 2}
    with pytest.warns(CoterieWarning, match="version 2"):
        append_rows(home, rows_of({"d": 4}))
    assert held(home) == {"a": 1, "b": 2, "d": 4}


@pytest.mark.parametrize("name", ["vectors.f32", "columns.arrow", "rows.arrow", "counts.i32"])
def test_a_part_that_is_cut_off_opens_at_the_last_good_version(tmp_path: Path, name: str) -> None:
    home = tmp_path / "index"
    create(home, {"a": 1})
    append_rows(home, rows_of({"b": 2}))
    path = home / "parts" / "00000002" / name
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.warns(CoterieWarning, match=name):
        assert held(home) == {"a": 1}


def test_an_index_of_damaged_versions_alone_says_so(tmp_path: Path) -> None:
    home = tmp_path / "index"
    create(home, {"a": 1})
    torn(home)
    with pytest.raises(StoreError, match="make it again"):
        IndexReader(home)


def test_altered_files_are_found(tmp_path: Path) -> None:
    home = tmp_path / "index"
    create(home, {"a": 1, "b": 2})
    IndexReader(home).verify()
    path = home / "parts" / "00000001" / "vectors.f32"
    packed = bytearray(path.read_bytes())
    packed[5] ^= 1
    path.write_bytes(packed)
    with pytest.raises(IntegrityError, match=r"vectors\.f32"):
        IndexReader(home).verify()


def test_deleted_places_are_checked_against_their_hash(tmp_path: Path) -> None:
    home = tmp_path / "index"
    create(home, {"a": 1, "b": 2, "c": 3, "d": 4, "e": 5})
    delete_rows(home, ["b"])
    path = home / "deleted" / "00000002.i64"
    path.write_bytes(bytes(path.stat().st_size))
    with pytest.raises(IntegrityError):
        _ = IndexReader(home).alive


def test_a_reader_goes_on_with_its_version(tmp_path: Path) -> None:
    home = tmp_path / "index"
    create(home, {"a": 1, "b": 2})
    reader = IndexReader(home)
    for number in range(6):  # more than the versions that are kept
        update_rows(home, rows_of({"a": number}))
    assert reader.cells("value", np.arange(2)) == [1, 2]
    assert len(version_numbers(home)) <= 3


def _append_some(home: Path, name: str, ready: Any) -> None:
    ready.wait()
    for number in range(8):
        append_rows(home, rows_of({f"{name} {number}": number}))


def test_two_writers_wait_for_each_other(tmp_path: Path) -> None:
    home = tmp_path / "index"
    create(home, {"a": 1})
    context = multiprocessing.get_context("spawn")
    ready = context.Barrier(2)
    writers = [
        context.Process(target=_append_some, args=(home, name, ready)) for name in ("one", "two")
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    expected = {f"{name} {n}": n for name in ("one", "two") for n in range(8)}
    assert held(home) == {"a": 1, **expected}


def test_a_full_disk_leaves_the_index_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "index"
    create(home, {"a": 1})

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(writing, "write_synced", full)
        with pytest.raises(StoreError, match="No space left"):
            append_rows(home, rows_of({"b": 2}))
    assert held(home) == {"a": 1}
    append_rows(home, rows_of({"b": 2}))
    assert held(home) == {"a": 1, "b": 2}


def test_the_last_row_can_be_deleted(tmp_path: Path) -> None:
    home = tmp_path / "index"
    create(home, {"a": 1})
    delete_rows(home, ["a"])
    assert held(home) == {}
    append_rows(home, rows_of({"a": 2}))
    assert held(home) == {"a": 2}
