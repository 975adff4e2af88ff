"""``coterie refresh`` as a user types it, and `coterie.refresh`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import coterie
from coterie.errors import (
    ColumnError,
    CoterieWarning,
    EncoderMismatchError,
    OptionError,
    StoreError,
)
from coterie.segments import load_rows, load_segmentation

from .conftest import Coterie

WANTS = {
    "refund": "please refund the money for order {0}",
    "password": "i forgot my password and cannot log in since {0}",
    "delivery": "when does my parcel number {0} arrive at home",
    "invoice": "send the invoice of {0} to my accountant",
    "address": "change the street in my profile after {0}",
}
LATER = {
    "weather": "will rain or snow fall on the mountain village {0}",
    "music": "play a jazz song with trumpet and piano {0}",
}
FILES = {"report.html", "refresh.html", "refresh.json", "segments.json", "rows.parquet"}
DAYS = ("monday", "tuesday", "friday", "sunday", "june", "july", "august", "winter")


def texts(kinds: dict[str, str], each: int, start: int = 0) -> list[tuple[str, str]]:
    return [
        (words.format(f"{DAYS[number % 8]} {number}"), want)
        for want, words in kinds.items()
        for number in range(start, start + each)
    ]


def write(path: Path, rows: list[tuple[str, str]], ids: str = "m", *, named: bool = True) -> Path:
    frame = pd.DataFrame(rows, columns=["text", "want"])
    if named:
        frame.insert(0, "id", [f"{ids}{row}" for row in range(len(frame))])
    frame.to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A discovery of five wants, with static vectors that need no model."""
    home = tmp_path_factory.mktemp("made")
    table = write(home / "first.csv", texts(WANTS, 60))
    found = coterie.discover(
        table, text="text", id="id", labels=["want"], encoder="minilm", groups=5
    )
    found.save(home / "found")
    return home / "found"


@pytest.fixture
def found(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "found")
    return tmp_path / "found"


@pytest.fixture
def later(tmp_path: Path) -> Path:
    rows = [*texts(WANTS, 20, start=100), *texts(LATER, 40)]
    return write(tmp_path / "november.csv", rows, "n")


def state(folder: Path) -> dict[str, bytes]:
    """What people see of a folder: neither hidden files nor what undo keeps in a hidden folder."""
    there = {path.relative_to(folder): path for path in folder.rglob("*") if path.is_file()}
    return {
        name.as_posix(): path.read_bytes()
        for name, path in there.items()
        if "before-refresh" not in path.parts and not any(part[0] == "." for part in name.parts)
    }


pytestmark = pytest.mark.weights


def test_a_new_folder_is_a_whole_discovery_and_the_old_one_stays(
    coterie: Coterie, found: Path, later: Path, tmp_path: Path
) -> None:
    before, out = state(found), tmp_path / "out"
    first = load_segmentation(found)
    assigned = coterie("assign", later, "--text", "text", "--id", "id", "--segments", found,
                       "--out", tmp_path / "assigned")  # fmt: skip
    assert assigned.returncode == 0, assigned.stderr
    done = coterie("refresh", found, later, "--out", out, "--json")
    assert done.returncode == 0, done.stderr
    assert state(found) == before
    assert {path.name for path in out.iterdir()} >= FILES
    said = json.loads(done.stdout)
    assert said["report"] == str(out / "refresh.html")
    assert said.pop("report")
    assert said == json.loads((out / "refresh.json").read_text())
    assert (said["rows_new"], said["rows_there_already"], said["rows_before"]) == (180, 0, 300)
    after = load_segmentation(out)
    new = {each["id"]: each["rows_now"] for each in said["new"]}
    assert len(new) == 2
    assert sum(new.values()) == 80
    assert {s.id: s.name for s in after.segments if s.id not in new} == {
        s.id: s.name for s in first.segments
    }
    # rows that fit are exactly where assign puts them
    was = pd.read_csv(tmp_path / "assigned" / "assignments.csv").set_index("id")
    now = pd.read_csv(out / "refresh-rows.csv").set_index("id")
    fit = now[~now["segment"].isin(new)]
    assert len(fit) == 100
    columns = ["segment", "name", "status", "confidence"]
    pd.testing.assert_frame_equal(fit[columns], was.loc[fit.index, columns])
    # the folder goes on: edits, names, lists
    one = next(iter(new))
    assert coterie("segments", "rename", out, one, "Sky").returncode == 0
    history = coterie("segments", "history", out).stdout
    assert "november" in history
    assert "180 new rows" in history
    assert coterie("segments", "show", out, one).stdout.count("refresh") == 1
    sizes = pd.read_csv(out / "refresh-sizes.csv").set_index("id")
    assert list(sizes.columns) == ["name", "vanished", "discovery", "november"]
    assert (sizes.loc[one, "name"], sizes.loc[one, "discovery"]) == ("Sky", 0)
    assert sizes[["discovery", "november"]].to_numpy().sum() == 480
    assert "Sizes over time" in (out / "report.html").read_text()


def test_the_folder_itself_is_brought_up_to_date_and_can_be_gone_back_to(
    coterie: Coterie, found: Path, later: Path, tmp_path: Path
) -> None:
    before = state(found)
    assert coterie("segments", "rename", found, "s1", "Named by me").returncode == 0
    edited = state(found)
    dry = coterie("refresh", found, later, "--dry-run")
    assert dry.returncode == 0, dry.stderr
    assert state(found) == edited
    done = coterie("refresh", found, later, "--by", "Ada")
    assert done.returncode == 0, done.stderr
    assert "before-refresh" in done.stdout
    assert state(found / "before-refresh") == {}
    kept = found / "before-refresh"
    assert {p.name: p.read_bytes() for p in kept.iterdir() if p.name[0] != "."} == edited
    assert edited != before
    after = load_segmentation(found)
    assert after["s1"].name == "Named by me"
    assert after.history[-1].by == "Ada"
    assert len(load_rows(found)) == 480
    # the same rows again change nothing
    now = state(found)
    again = coterie("refresh", found, later)
    assert again.returncode == 0, again.stderr
    assert "Nothing new" in again.stdout
    assert state(found) == now
    # the folder as it was is a discovery of its own, and a discovery does not replace the refresh
    shutil.copytree(kept, tmp_path / "back")
    assert coterie("refresh", tmp_path / "back", later).returncode == 0
    first = found.parent / "first.csv"
    write(first, texts(WANTS, 60))
    done = coterie("discover", first, "--text", "text", "--out", found)
    assert done.returncode == 2
    assert "--overwrite" in done.stderr


def test_rows_that_are_there_already_do_not_count_twice(found: Path, later: Path) -> None:
    old = write(found.parent / "both.csv", [*texts(WANTS, 60)])
    frame = pd.concat([pd.read_csv(old).sample(frac=1, random_state=0), pd.read_csv(later)])
    frame.iloc[0, 1] = "another text now"
    done = coterie.refresh(found, frame)
    figures = done.figures
    assert (figures["rows_new"], figures["rows_there_already"]) == (180, 300)
    assert (figures["compared_by"], figures["rows_with_another_text"]) == ("id", 1)
    assert len(done.assignments) == 480
    assert done.assignments["new"].sum() == 180
    without = coterie.refresh(found, frame.drop(columns="id"))
    assert without.figures["compared_by"] == "text"
    assert (without.figures["rows_new"], without.figures["rows_there_already"]) == (181, 299)
    known = frame.assign(id=[f"z{row}" for row in range(len(frame))])
    told = coterie.refresh(found, known).figures
    assert (told["rows_new"], told["texts_there_already"]) == (480, 299)


def test_rows_without_ids_are_numbered_apart(later: Path, tmp_path: Path) -> None:
    table = write(tmp_path / "plain.csv", texts(WANTS, 40), named=False)
    first = coterie.discover(table, text="text", encoder="minilm", groups=5)
    frame = pd.read_csv(later).drop(columns="id")
    done = first.refresh(frame, period="november")
    assert done.figures["rows_new"] == 180
    ids = first.result.rows.ids
    assert len(set(ids)) == len(ids) == 380
    assert ids[-1] == "r1.180"
    again = first.refresh(pd.concat([frame, frame.iloc[:30]]))
    assert again.figures["rows_new"] == 30  # of each text, one more than there were
    assert len(first.result.rows) == 410
    assert len(first.assignments) == 410


def test_months_in_a_row_are_one_history(found: Path, tmp_path: Path) -> None:
    """The second want is absent in two months, and comes back in the last."""
    gone = "password"
    others = {want: words for want, words in WANTS.items() if want != gone}
    months = {
        "2026-10": [*texts(others, 40, 100), *texts({"weather": LATER["weather"]}, 40)],
        "2026-11": [*texts(others, 40, 200), *texts({"music": LATER["music"]}, 40)],
        "2026-12": [*texts(WANTS, 30, 300), *texts(LATER, 20, 300)],
    }
    now, changes = coterie.load(found), {}
    codes = now.result.discovery.assignments.codes([s.id for s in now.segmentation.segments])
    counts = pd.crosstab(now.result.labels["want"], codes).loc[gone]
    (was,) = [now.segmentation.segments[counts.idxmax()].id]
    for number, (month, rows) in enumerate(months.items()):
        table = write(tmp_path / f"{month}.csv", rows, f"x{number}-")
        held = now.result.discovery.assignments.segments.copy()
        done = now.refresh(table)
        kept = held != ""
        assert (now.result.discovery.assignments.segments[: len(held)][kept] == held[kept]).all()
        named = done.changes.groupby("change")["id"].agg(set).to_dict()
        changes[month] = named
    assert changes["2026-10"]["vanished"] == {was}
    (weather,) = changes["2026-10"]["new"]
    assert changes["2026-11"]["vanished"] == {weather}  # as new as it was
    assert changes["2026-12"]["returned"] == {was, weather}
    assert [len(changes[month].get("new", ())) for month in months] == [1, 1, 0]
    page = now.save(tmp_path / "all")
    text = page.read_text()
    assert "2026-10" in text
    assert "3 refreshes" in text
    loaded = coterie.load(tmp_path / "all")
    assert loaded.segmentation.history == now.segmentation.history
    assert np.array_equal(loaded.result.rows.batches, now.result.rows.batches)


def test_a_frozen_discovery_is_reported_on_and_not_extended(
    coterie: Coterie, found: Path, later: Path
) -> None:
    assert coterie("segments", "freeze", found).returncode == 0
    ids = {s.id for s in load_segmentation(found).segments}
    done = coterie("refresh", found, later, "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["frozen"]
    assert len(said["waiting"]) == 2
    assert {s.id for s in load_segmentation(found).segments} == ids
    assert "thaw" in (found / "refresh.html").read_text()


def test_blank_rows_are_set_aside_and_reported(found: Path, later: Path, tmp_path: Path) -> None:
    frame = pd.read_csv(later)
    frame.loc[3, "text"] = " "
    frame.loc[5, "text"] = None
    done = coterie.refresh(found, frame)
    assert (done.figures["rows"], done.figures["set_aside"]) == (178, 2)
    assert (done.assignments["status"] == "set aside").sum() == 2
    assert done.save(tmp_path / "out").name == "refresh.html"
    quarantine = pd.read_csv(tmp_path / "out" / "quarantine.csv")
    assert quarantine["row"].tolist() == [4, 6]
    assert coterie.load(tmp_path / "out").figures["set_aside"] == 2


def test_what_cannot_be_is_one_sentence(
    coterie: Coterie, found: Path, later: Path, tmp_path: Path
) -> None:
    done = coterie("refresh", found, later, "--text", "txt")
    assert done.returncode == 2
    assert "text" in done.stderr
    wants = tmp_path / "wants.toml"
    wants.write_text('[[segment]]\nname = "A"\ndescription = "refund money"\n', encoding="utf-8")
    words = ("--text", "text", "--segments", wants, "--encoder", "tfidf")
    done = coterie("assign", later, *words, "--out", tmp_path / "assigned")
    assert done.returncode == 0, done.stderr
    done = coterie("refresh", tmp_path / "assigned", later)
    assert done.returncode == 2
    assert "coterie assign" in done.stderr.splitlines()[-1]
    done = coterie("refresh", tmp_path / "nowhere", later)
    assert done.returncode == 2
    done = coterie("refresh", found, later, "--encoder", "minilm?max_length=16")
    assert done.returncode == 2
    assert "minilm" in done.stderr.splitlines()[-1]
    (found / "before-refresh").mkdir()
    (found / "before-refresh" / "mine.txt").write_text("mine")
    done = coterie("refresh", found, later)
    assert done.returncode == 2
    assert (found / "before-refresh" / "mine.txt").read_text() == "mine"
    done = coterie("refresh", found, found / "assignments.csv", "--text", "name")
    assert done.returncode == 2


def test_python_errors(found: Path, later: Path) -> None:
    frame = pd.read_csv(later)
    with pytest.raises(ColumnError):
        coterie.refresh(found, frame.drop(columns="text"))
    with pytest.raises(EncoderMismatchError):
        coterie.refresh(found, frame, vectors=np.eye(len(frame), 7))
    with pytest.raises(OptionError, match="min_share"):
        coterie.refresh(found, frame, min_share=2)
    with pytest.raises(StoreError):
        coterie.refresh(found.parent, frame)
    refreshed = coterie.refresh(found, frame)
    edited = coterie.load(found)
    edited.rename("s1", "Meanwhile")
    edited.save(found)
    with pytest.raises(StoreError, match="meanwhile"):
        refreshed.save(found)


def test_text_of_another_script_is_warned_of(found: Path) -> None:
    frame = pd.DataFrame({"id": ["a", "b"], "text": ["Где мой заказ и деньги", "請退款給我"]})
    with pytest.warns(CoterieWarning):
        done = coterie.refresh(found, frame)
    assert not done.figures["new"]
    assert done.figures["readability"]


def test_folders_of_earlier_versions_are_refreshed(found: Path, later: Path) -> None:
    """They do not say how their table was read."""
    file = found / "metrics.json"
    figures = json.loads(file.read_text())
    del figures["reading"]
    file.write_text(json.dumps(figures))
    with pytest.raises(OptionError, match="--text"):
        coterie.refresh(found, later)
    done = coterie.refresh(found, later, text="text", id="id")
    assert done.figures["compared_by"] == "id"
    assert len(done.figures["new"]) == 2


@pytest.mark.filterwarnings("ignore::coterie.errors.CoterieWarning")
def test_vectors_alone_are_refreshed(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    axes = np.linalg.qr(rng.normal(size=(24, 24)))[0]

    def about(count: int, each: int, first: int = 0) -> np.ndarray:
        rows = np.repeat(axes[first : first + count], each, axis=0)
        return rows + 0.08 * rng.normal(size=rows.shape)

    first = coterie.discover(None, vectors=about(5, 60))
    done = first.refresh(vectors=np.concatenate([about(5, 20), about(1, 30, first=10)]))
    assert done.figures["rows_new"] == 130
    assert len(done.figures["new"]) == 1
    assert done.save(tmp_path / "out").is_file()
    with pytest.raises(OptionError, match="--vectors"):
        coterie.refresh(tmp_path / "out", pd.DataFrame({"text": ["a b"]}), text="text")


def test_people_are_refreshed(tmp_path: Path) -> None:
    """Records that are means of their rows, by the person that wrote them."""
    rows = texts(WANTS, 60)
    frame = pd.DataFrame(rows, columns=["text", "want"])
    frame["person"] = [f"{want}-{row // 3}" for row, want in enumerate(frame["want"])]
    first = coterie.discover(frame, text="text", group="person", encoder="minilm", groups=5)
    later = pd.DataFrame(texts(LATER, 60), columns=["text", "want"])
    later["person"] = [f"{want}-{row // 3}" for row, want in enumerate(later["want"])]
    both = pd.concat([frame.iloc[:30], later], ignore_index=True)
    done = first.refresh(both)
    assert (done.figures["rows_there_already"], done.figures["rows_new"]) == (10, 40)
    assert len(done.figures["new"]) == 2
    assert len(done.assignments) == len(both)
    page = done.save(tmp_path / "out")
    assert "weather" in page.read_text() or "Rain" in page.read_text()
