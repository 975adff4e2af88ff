"""``coterie studio``: a workspace that begins empty, and models that come to it later."""

from __future__ import annotations

import shutil
from pathlib import Path

import httpx
import pytest

from coterie.cli import main
from coterie.serve.access.key_file import add_key, keys_path
from coterie.serve.routes.pages import WEB

from .conftest import Client, rows, running, until_ready

TEXT = rows(1)["text"][0]


def come(model: Path, shelf: Path) -> None:
    """Put a model into a folder at once, as training does."""
    whole = shutil.copytree(model, shelf.parent / f".{model.name}")
    shelf.mkdir(exist_ok=True)
    whole.rename(shelf / model.name)


def test_the_studio_makes_its_folder_and_opens_the_browser(trained: Path, tmp_path: Path) -> None:
    browser, opened = tmp_path / "browser", tmp_path / "opened"
    browser.write_text(f'#!/bin/sh\nprintf "%s" "$1" > "{opened}"\n', "utf-8")
    browser.chmod(0o755)
    folder = tmp_path / "new" / "support"
    folder.parent.mkdir()
    with running(folder, verb="studio", BROWSER=f"{browser} %s") as service:
        assert (folder / "projects").is_dir()
        until_ready(opened.exists)
        until_ready(lambda: opened.read_text("utf-8") == f"{service.url}/studio/")
        page = httpx.get(service.url, headers={"accept": "text/html"}, follow_redirects=True)
        assert page.url == f"{service.url}/studio/"
        assert page.status_code == (200 if (WEB / "index.html").is_file() else 503)
        assert httpx.get(f"{service.url}/health/ready").json()["status"] == "ready"
        assert httpx.get(f"{service.url}/models").json() == {"models": []}
        come(trained / "texts", folder / "models")
        asked = {"transcript": TEXT}
        post = f"{service.url}/predict"
        until_ready(lambda: httpx.post(post, json=asked, timeout=30).status_code == 200, 30)
        (model,) = httpx.get(f"{service.url}/models").json()["models"]
        assert (model["name"], model["ready"], model["default"]) == ("texts", True, True)
        assert f"{service.url}/studio/" in service.log.read_text("utf-8")
        assert service.stop() == 0


def test_no_browser_is_opened_where_none_is_wanted(tmp_path: Path) -> None:
    opened = tmp_path / "opened"
    with running(
        tmp_path / "new", "--no-browser", "--log", "none", verb="studio", BROWSER=f"touch {opened}"
    ) as service:
        assert httpx.get(f"{service.url}/session").json()["keys"] is False
        assert service.stop() == 0
    assert not opened.exists()


def test_a_workspace_without_models_is_ready_and_says_what_is_missing(
    client: Client, tmp_path: Path
) -> None:
    (tmp_path / "work" / "projects").mkdir(parents=True)
    service = client(tmp_path / "work")
    assert service.get("/models").json() == {"models": []}
    answer = service.post("/predict", json={"transcript": TEXT})
    assert answer.status_code == 503
    assert "train one" in answer.json()["detail"]
    answer = service.post("/v1/classify", json={"model": "texts", "rows": [{"text": TEXT}]})
    assert answer.status_code == 422
    assert "train one" in answer.json()["detail"]


def test_new_models_are_served_and_a_damaged_one_stops_nothing(
    client: Client, trained: Path, tmp_path: Path
) -> None:
    work = tmp_path / "work"
    (work / "projects").mkdir(parents=True)
    (work / "models" / "bad").mkdir(parents=True)
    service = client(work)
    (work / "models" / "bad" / "model.json").write_text("{", "utf-8")
    until_ready(lambda: len(service.get("/models").json()["models"]) == 1)
    until_ready(lambda: bool(service.get("/models").json()["models"][0]["fault"]))
    assert service.get("/health/ready").status_code == 200
    for name in ("texts", "context"):
        come(trained / name, work / "models")
    until_ready(lambda: sum(m["ready"] for m in service.get("/models").json()["models"]) == 2)
    names = [each["name"] for each in service.get("/models").json()["models"]]
    assert names == ["bad", "context", "texts"]
    assert service.post("/predict", json={"transcript": TEXT}).status_code == 200


def test_a_folder_of_models_takes_new_ones_too(client: Client, trained: Path, models: Path) -> None:
    shutil.rmtree(models / "context")
    service = client()
    assert [each["name"] for each in service.get("/models").json()["models"]] == ["texts"]
    come(trained / "context", models)
    until_ready(lambda: sum(m["ready"] for m in service.get("/models").json()["models"]) == 2)


def test_beside_one_model_new_ones_come_to_its_state(
    client: Client, trained: Path, models: Path, tmp_path: Path
) -> None:
    (tmp_path / "state").mkdir()
    service = client(models / "texts")
    assert [each["name"] for each in service.get("/models").json()["models"]] == ["texts"]
    come(trained / "context", tmp_path / "state" / "models")
    until_ready(lambda: sum(m["ready"] for m in service.get("/models").json()["models"]) == 2)


def test_keys_of_a_workspace_are_those_of_its_service(client: Client, tmp_path: Path) -> None:
    work = tmp_path / "work"
    (work / "projects").mkdir(parents=True)
    assert main(["serve", "keys", "add", str(work), "--name", "ada", "--scope", "read"]) == 0
    assert keys_path(work / "service").exists()
    service = client(work, state=None, ready=False)
    assert service.get("/models").status_code == 401
    key, _ = add_key(keys_path(work / "service"), "bob", ["read"])
    assert service.get("/models", headers={"x-api-key": key}).status_code == 200


def test_what_cannot_be_a_workspace_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "letter.txt").write_text("mine", "utf-8")
    file = tmp_path / "file"
    file.write_text("mine", "utf-8")
    for folder in (other, file, file / "within"):
        assert main(["studio", str(folder), "--no-browser", "--port", "0"]) == 2
        (said,) = capsys.readouterr().err.splitlines()
        assert str(folder) in said
    assert [each.name for each in other.iterdir()] == ["letter.txt"]
    assert main(["studio", str(tmp_path / "new"), "--port", "0", "--default", "x"]) == 2
    assert "train one" in capsys.readouterr().err
