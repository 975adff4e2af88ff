"""What a workspace is, and what can become one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

import coterie
from coterie.cli import main
from coterie.errors import StoreError
from coterie.workflows.service import load_service, make_workspace


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    table = pd.DataFrame({"text": [f"a {i}" for i in range(20)] + [f"b {i}" for i in range(20)]})
    table["want"] = ["a"] * 20 + ["b"] * 20
    home = tmp_path_factory.mktemp("trained") / "texts"
    coterie.train(table, text="text", label="want", model="linear", encoder="tfidf").save(home)
    return home


def test_a_new_or_empty_folder_becomes_a_workspace_without_models(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / ".DS_Store").touch()
    for home in (tmp_path / "deep" / "new", empty):
        make_workspace(home)
        make_workspace(home)
        found = load_service(home)
        assert (found.models, found.default, found.workspace) == ({}, None, True)
        assert found.shelf == home / "models"
        assert found.state == home / "service"


def test_models_of_a_workspace_are_served(tmp_path: Path, model: Path) -> None:
    make_workspace(tmp_path / "work")
    shutil.copytree(model, tmp_path / "work" / "models" / "texts")
    found = load_service(tmp_path / "work")
    assert found.models == {"texts": tmp_path / "work" / "models" / "texts"}
    assert (found.default, found.workspace) == ("texts", True)


def test_models_beside_projects_stay_served(tmp_path: Path, model: Path) -> None:
    shutil.copytree(model, tmp_path / "texts")
    (tmp_path / "projects").mkdir()
    make_workspace(tmp_path)
    found = load_service(tmp_path)
    assert list(found.models) == ["texts"]
    assert (found.shelf, found.workspace) == (tmp_path, False)
    make_workspace(model)  # one model can be looked at too
    alone = load_service(model)
    assert (alone.shelf, alone.workspace) == (None, False)
    assert not (model / "projects").exists()


def test_a_folder_of_something_else_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine", "utf-8")
    with pytest.raises(StoreError, match="name a new folder"):
        make_workspace(tmp_path)
    with pytest.raises(StoreError):
        load_service(tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == ["letter.txt"]


def test_predicting_with_a_workspace_without_models_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_workspace(tmp_path)
    assert main(["predict", str(tmp_path), "--one", "hello", "--analysis"]) == 2
    assert "no model" in capsys.readouterr().err
