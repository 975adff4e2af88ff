"""Embedding files in and out, and the cosine of two ids."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from coterie.encoders import (
    cosine,
    embedding_files,
    read_embeddings,
    similarity,
    write_embeddings,
)
from coterie.errors import EncoderMismatchError, InputError, IntegrityError, OptionError
from coterie.records import VectorOrigin

FORMATS = (".json", ".npy", ".parquet")
NUMBERS = st.floats(width=32, allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize("ending", FORMATS)
@given(data=st.data())
def test_what_is_written_is_read_bit_for_bit(
    tmp_path_factory: pytest.TempPathFactory, ending: str, data: st.DataObject
) -> None:
    ids = data.draw(st.lists(st.text(st.characters(codec="utf-8"), max_size=8), unique=True))
    shape = (len(ids), data.draw(st.integers(1, 5)))
    vectors = data.draw(npst.arrays(np.float32, shape, elements=NUMBERS))
    path = tmp_path_factory.mktemp("files") / f"vectors{ending}"
    write_embeddings(path, ids, vectors)
    table = read_embeddings(path)
    sound = vectors.any(axis=1)
    assert list(table.ids) == [key for key, good in zip(ids, sound, strict=True) if good]
    assert np.array_equal(table.vectors, vectors[sound].reshape(len(table), table.dim))
    assert list(table.rejects["id"]) == [
        key for key, good in zip(ids, sound, strict=True) if not good
    ]


def test_ids_that_differ_by_a_null_character_stay_apart(tmp_path: Path) -> None:
    path = tmp_path / "vectors.npy"
    write_embeddings(path, ["a", "a\0"], np.eye(2, dtype=np.float32))
    assert list(read_embeddings(path).ids) == ["a", "a\0"]


def test_bad_vectors_are_set_aside_with_row_and_reason(tmp_path: Path) -> None:
    path = tmp_path / "badges.json"
    path.write_text(
        '{"BadgeId_1": [[1, 2]], "BadgeId_2": [[NaN, 1]], "BadgeId_3": [[1, 2, 3]],'
        ' "BadgeId_4": [[0, 0]], "BadgeId_5": [["x", 1]], "BadgeId_6": [[1, -Infinity]],'
        ' "BadgeId_7": null, "BadgeId_8": [3, 4], "BadgeId_9": [[1e300, 1]], "BadgeId_10": []}'
    )
    table = read_embeddings(path)
    assert list(table.ids) == ["BadgeId_1", "BadgeId_8"]
    assert table.vectors.tolist() == [[1, 2], [3, 4]]
    assert list(table.rejects.itertuples(index=False, name=None)) == [
        (2, "BadgeId_2", "NaN in the vector"),
        (3, "BadgeId_3", "width 3, not 2"),
        (4, "BadgeId_4", "zero vector"),
        (5, "BadgeId_5", "not a list of numbers"),
        (6, "BadgeId_6", "infinity in the vector"),
        (7, "BadgeId_7", "not a list of numbers"),
        (9, "BadgeId_9", "infinity in the vector"),
        (10, "BadgeId_10", "width 0, not 2"),
    ]


def test_sessions_of_a_badge_become_their_mean_or_are_kept_apart(tmp_path: Path) -> None:
    path = tmp_path / "badges.json"
    path.write_text('{"a": [[1, 2], [3, 4], [NaN, 0]], "b": [[5, 6]]}')
    table = read_embeddings(path)
    assert list(table.ids) == ["a", "b"]
    assert table.vectors.tolist() == [[2, 3], [5, 6]]
    assert list(table.rejects["row"]) == [3]
    apart = read_embeddings(path, average=False)
    assert list(apart.ids) == ["a", "a", "b"]
    write_embeddings(path, list(apart.ids), apart.vectors)
    assert json.loads(path.read_text()) == {"a": [[1, 2], [3, 4]], "b": [[5, 6]]}


@pytest.mark.parametrize("ending", FORMATS)
def test_another_width_than_expected_is_an_error(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"v{ending}"
    write_embeddings(path, ["a"], np.ones((1, 3), dtype=np.float32))
    assert read_embeddings(path, dim=3).dim == 3
    with pytest.raises(EncoderMismatchError, match="width 3, not 4"):
        read_embeddings(path, dim=4)


@pytest.mark.parametrize("ending", FORMATS)
def test_torn_files_are_one_clear_error(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"v{ending}"
    write_embeddings(path, ["a", "b"], np.ones((2, 300), dtype=np.float32))
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises((InputError, IntegrityError), match=path.name):
        read_embeddings(path)


def test_npy_needs_its_ids_and_no_pickle(tmp_path: Path) -> None:
    path = tmp_path / "v.npy"
    np.save(path, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match=r"v\.ids\.json"):
        read_embeddings(path)
    (tmp_path / "v.ids.json").write_text('["a"]')
    with pytest.raises(InputError, match=r"v\.npy"):
        read_embeddings(path)
    np.save(path, np.ones((2, 2), dtype=np.float64))
    with pytest.raises(InputError, match="one id for each row"):
        read_embeddings(path)
    (tmp_path / "v.ids.json").write_text('["a", "b"]')
    assert list(read_embeddings(path).ids) == ["a", "b"]


def test_a_matrix_exchanged_under_its_ids_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "v.npy"
    write_embeddings(path, ["a"], np.ones((1, 2), dtype=np.float32))
    np.save(path, np.zeros((1, 2), dtype=np.float32))
    with pytest.raises(IntegrityError, match=r"v\.ids\.json"):
        read_embeddings(path)


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "v.json"
    write_embeddings(path, ["a"], np.ones((1, 2), dtype=np.float32))
    before = path.read_bytes()
    with pytest.raises(InputError, match="'a'"):
        write_embeddings(path, ["a"], np.full((1, 2), np.nan, dtype=np.float32))
    with pytest.raises(InputError, match="one id for each row"):
        write_embeddings(path, ["a", "b"], np.ones((1, 2), dtype=np.float32))
    assert path.read_bytes() == before
    assert [item.name for item in tmp_path.iterdir()] == ["v.json"]


class _Encoder:
    name, dim, fingerprint, weights = "mine", 2, "f" * 64, "w" * 64


@pytest.mark.parametrize("ending", FORMATS)
def test_a_file_names_its_encoder_and_the_parts_of_its_ids(tmp_path: Path, ending: str) -> None:
    path, ids = tmp_path / f"v{ending}", ["b", "a", "b"]
    vectors = np.array([[1, 2], [3, 4], [5, 6]], dtype=np.float32)
    write_embeddings(path, ids, vectors, encoder=_Encoder(), parts=["s1", "s1", "s2"])
    assert sorted(item.name for item in tmp_path.iterdir()) == sorted(embedding_files(path))
    found = read_embeddings(path, average=False)
    assert found.origin == VectorOrigin("mine", "f" * 64, "w" * 64)
    assert found.parts is not None
    told = {
        (str(k), str(p)): v.tolist()
        for k, p, v in zip(found.ids, found.parts, found.vectors, strict=True)
    }
    assert told == {("b", "s1"): [1, 2], ("a", "s1"): [3, 4], ("b", "s2"): [5, 6]}
    assert read_embeddings(path).parts is None
    write_embeddings(path, ids, vectors)
    assert not read_embeddings(path).origin
    with pytest.raises(InputError, match="2 parts"):
        write_embeddings(path, ids, vectors, parts=["s1", "s2"])


def test_what_was_said_of_another_file_does_not_count(tmp_path: Path) -> None:
    path = tmp_path / "v.json"
    write_embeddings(path, ["a"], np.ones((1, 2), dtype=np.float32), encoder=_Encoder())
    assert read_embeddings(path).origin.name == "mine"
    path.write_text('{"a": [[1, 3]]}')
    assert not read_embeddings(path).origin
    for odd in ("[]", "{", '{"sha256": 3}', '{"encoder": "mine"}'):
        (tmp_path / "v.about.json").write_text(odd)
        assert not read_embeddings(path).origin
    write_embeddings(path, ["a"], np.ones((1, 2), dtype=np.float32))
    assert (tmp_path / "v.about.json").is_file()  # not one of ours


def test_an_unknown_ending_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"\.json, \.npy, \.parquet"):
        write_embeddings(tmp_path / "v.pkl", ["a"], np.ones((1, 2), dtype=np.float32))
    with pytest.raises(InputError, match=r"absent\.json"):
        read_embeddings(tmp_path / "absent.json")


def test_similarity_of_two_ids() -> None:
    vectors = np.array([[1, 0], [2, 2], [-3, 0]], dtype=np.float32)
    ids = ["BadgeId_1", "BadgeId_2", "BadgeId_3"]
    assert similarity(ids, vectors, "BadgeId_1", "BadgeId_2") == pytest.approx(0.5**0.5)
    assert similarity(ids, vectors, "BadgeId_1", "BadgeId_3") == -1
    assert similarity(ids, vectors, "BadgeId_2", "BadgeId_2") == pytest.approx(1)
    with pytest.raises(InputError, match=r"'BadgeId1'.*'BadgeId_"):
        similarity(ids, vectors, "BadgeId1", "BadgeId_2")


def test_cosine_refuses_vectors_that_point_nowhere_or_differ_in_width() -> None:
    with pytest.raises(InputError, match="zero"):
        cosine([0, 0], [1, 1])
    with pytest.raises(EncoderMismatchError, match="2 and 3"):
        cosine([1, 0], [1, 1, 1])
