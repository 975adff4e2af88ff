"""Who made an edit: recorded, shown, and absent from histories of older versions."""

from __future__ import annotations

import getpass
import json
from dataclasses import asdict
from pathlib import Path

import pandas as pd
import pytest

import coterie
from coterie.cli import main
from coterie.segments import load_segmentation
from coterie.segments.model import Change
from coterie.segments.taxonomy.files import FILE

WORDS = ("late parcel", "new card", "wrong bill")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = [
        {"id": f"r{at}", "text": f"{WORDS[at % 3]} number {at} {WORDS[at % 3]}"} for at in range(90)
    ]
    frame = pd.DataFrame(rows)
    coterie.discover(frame, text="text", id="id", encoder="tfidf").save(tmp_path / "found")
    return tmp_path / "found"


def test_an_edit_is_signed_by_the_user_or_by_the_name_that_is_given(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: "ann")
    first, second, *_ = (s.id for s in load_segmentation(folder).segments)
    assert main(["segments", "rename", str(folder), first, "Mine"]) == 0
    assert main(["segments", "split", str(folder), first, "--by", "Bo Lee"]) == 0
    assert main(["segments", "move", str(folder), "r0", "--to", second, "--by", "Bo"]) == 0
    ids = [s.id for s in load_segmentation(folder).segments][:2]
    assert main(["segments", "merge", str(folder), *ids, "--by", "Cy"]) == 0
    assert main(["segments", "freeze", str(folder)]) == 0
    history = load_segmentation(folder).history
    assert [each.by for each in history] == ["ann", "Bo Lee", "Bo", "Cy", "ann"]
    assert "by ann" in (folder / "report.html").read_text(encoding="utf-8")
    capsys.readouterr()
    assert main(["segments", "history", str(folder)]) == 0
    assert "Cy" in capsys.readouterr().out
    assert main(["segments", "history", str(folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[1]["by"] == "Bo Lee"


def test_python_signs_too_and_who_it_was_makes_no_other_edit(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody() -> str:
        raise OSError("no account")

    monkeypatch.setattr(getpass, "getuser", nobody)
    found = coterie.load(folder)
    first = found.segmentation.segments[0].id
    found.rename(first, "Mine", by="Ann").freeze()
    assert [each.by for each in found.segmentation.history] == ["Ann", ""]
    one, other = (Change("", "rename", {"to": "x"}, by=by) for by in ("Ann", "Bo"))
    assert one.line == other.line


def test_a_history_without_names_loads(folder: Path) -> None:
    coterie.load(folder).rename(load_segmentation(folder).segments[0].id, "Mine").save(folder)
    form = json.loads((folder / FILE).read_text(encoding="utf-8"))
    for change in form["history"]:
        del change["by"]
    (folder / FILE).write_text(json.dumps(form), encoding="utf-8")
    (change,) = load_segmentation(folder).history
    assert change.by == ""
    assert asdict(change)["what"] == "rename"
