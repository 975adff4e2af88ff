"""Nobody's work is written over: one gate before every output of every verb."""

from __future__ import annotations

import json
import multiprocessing
import shutil
from collections.abc import Callable, Iterator
from multiprocessing.synchronize import Event
from pathlib import Path

import pandas as pd
import pytest

import coterie
from coterie.cli import main
from coterie.errors import OptionError, StoreError
from coterie.outputs import MARKER, claim_file, claim_folder

WORDS = ("late parcel", "new card", "wrong bill")


def _rows(folder: Path) -> Path:
    rows = [
        {"id": f"r{at}", "text": f"{WORDS[at % 3]} number {at}", "topic": WORDS[at % 3]}
        for at in range(90)
    ]
    path = folder / "rows.csv"
    pd.DataFrame(rows).to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table, a discovery, a model and a fitted encoder of it; copied by those who change it."""
    home = tmp_path_factory.mktemp("workshop")
    rows = str(_rows(home))
    columns = ["--text", "text", "--id", "id"]
    assert main(["discover", rows, *columns, "--encoder", "tfidf", "--out", str(home / "re")]) == 0
    learn = ["--label", "topic", "--encoder", "tfidf", "--out", str(home / "model")]
    assert main(["train", rows, *columns, *learn]) == 0
    judge = ["evaluate", str(home / "model"), rows, "--out", str(home / "judged")]
    assert main([*judge, "--label", "topic"]) == 0
    return home


@pytest.fixture
def home(workshop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(workshop, tmp_path / "w")
    monkeypatch.chdir(tmp_path / "w")
    return tmp_path / "w"


def _state(home: Path) -> dict[str, bytes]:
    return {str(p.relative_to(home)): p.read_bytes() for p in home.rglob("*") if p.is_file()}


TABLE = ("rows.csv", "--text", "text", "--id", "id")
VERBS: dict[str, tuple[tuple[str, ...], str]] = {
    "discover": (("discover", *TABLE, "--encoder", "tfidf", "--out", "out"), "assignments.csv"),
    "assign": (("assign", *TABLE, "--segments", "re", "--out", "out"), "assignments.csv"),
    "explore": (("explore", *TABLE, "--out", "out"), "explore.json"),
    "suspects": (
        ("suspects", *TABLE, "--label", "topic", "--encoder", "tfidf", "--out", "out"),
        "suspects.csv",
    ),
    "evaluate": (("evaluate", "model", "rows.csv", "--out", "out"), "predictions.csv"),
    "generate": (("generate", "support", "--rows", "20", "--out", "out"), "messages.csv"),
    "predict": (("predict", "model", "rows.csv", "--out", "out/p.csv"), "p.csv"),
    "embed": (("embed", *TABLE, "--encoder", "tfidf", "--out", "out/v.parquet"), "v.parquet"),
    "train": (
        ("train", *TABLE, "--label", "topic", "--encoder", "tfidf", "--out", "out"),
        "quarantine.csv",
    ),
    "run": (("run", "support", "--rows", "200", "--out", "out"), "discover/report.html"),
}


@pytest.mark.parametrize("verb", VERBS)
def test_a_file_that_coterie_did_not_write_is_kept_before_any_work(
    verb: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words, name = VERBS[verb]
    mine = home / "out" / name
    mine.parent.mkdir(parents=True)
    mine.write_text("my own work\n")
    before = _state(home)
    assert main(words) == 2
    said = capsys.readouterr().err
    assert Path(name).name in said
    assert "--overwrite" in said
    assert "Reading" not in said  # nothing was read before
    assert _state(home) == before


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb not in ("run", "train")])
def test_what_was_written_is_written_again_unless_a_person_changed_it(
    verb: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words, name = VERBS[verb]
    assert main(words) == 0
    assert main(words) == 0
    made = home / "out" / name
    fresh = made.read_bytes()
    made.write_bytes(fresh + b"mine")
    assert main(words) == 2
    assert made.name in capsys.readouterr().err
    assert made.read_bytes() == fresh + b"mine"
    assert main([*words, "--overwrite"]) == 0
    assert not made.read_bytes().endswith(b"mine")
    assert main(words) == 0


def test_a_verb_does_not_replace_the_page_of_another(home: Path) -> None:
    before = _state(home)
    assert main(["evaluate", "model", "rows.csv", "--out", "re"]) == 2
    assert _state(home) == before


@pytest.mark.parametrize(
    "edit",
    [("rename", "re", "s1", "Mine"), ("merge", "re", "s1", "s2"), ("freeze", "re")],
    ids=lambda words: words[0],
)
def test_edited_segments_are_kept(
    edit: tuple[str, ...], home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    again = ["discover", *TABLE, "--encoder", "tfidf", "--out", "re"]
    assert main(again) == 0
    assert main(["segments", *edit]) == 0
    before = _state(home)
    assert main(again) == 2
    assert "1 edit)" in capsys.readouterr().err
    assert _state(home) == before
    assert main([*again, "--overwrite"]) == 0
    assert not coterie.load("re").segmentation.history  # type: ignore[union-attr]


def test_python_keeps_edits_and_saves_its_own_again(home: Path) -> None:
    def edited() -> coterie.verbs.discovery.Found:  # type: ignore[name-defined]
        found = coterie.discover("rows.csv", text="text", id="id", encoder="tfidf", groups=3)
        return found.rename("s1", "Mine")

    edited().save("found")
    edited().save("found")  # the same edits, as when a notebook is run again
    found = coterie.load("found")
    assert isinstance(found, coterie.verbs.discovery.Found)  # type: ignore[attr-defined]
    found.rename("s2", "Theirs").save("found")
    with pytest.raises(OptionError, match="2 edits"):
        edited().save("found")
    edited().save("found", overwrite=True)
    assert coterie.load("found").segmentation["s1"].name == "Mine"  # type: ignore[union-attr]


INPUTS: dict[str, tuple[str, ...]] = {
    "predictions in place of the table": ("predict", "model", "rows.csv", "--out", "rows.csv"),
    "vectors in place of the table": (
        "embed", "book.parquet", "--text", "text", "--encoder", "tfidf", "--out", "book.parquet",
    ),
    "an evaluation's own input": (
        "evaluate", "model", "judged/predictions.csv", "--text", "text", "--label", "label",
        "--out", "judged",
    ),
    "the segments": ("assign", *TABLE, "--segments", "re", "--out", "re"),
    "a folder of tables": ("discover", "tables", "--text", "text", "--out", "tables"),
    "the encoder": ("discover", *TABLE, "--encoder", "enc", "--out", "enc"),
    "a table to join": (
        "discover", *TABLE, "--join", "out/assignments.csv", "--out", "out",
    ),
    "corrections": (
        "tune", *TABLE, "--label", "topic", "--corrections", "enc/suspects.csv", "--out", "enc",
    ),
}  # fmt: skip


@pytest.mark.parametrize("words", INPUTS.values(), ids=INPUTS)
def test_an_input_is_never_an_output_with_overwrite_too(
    words: tuple[str, ...], home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pd.read_csv("rows.csv").to_parquet("book.parquet")
    for folder in ("tables", "enc", "out"):
        Path(folder).mkdir()
    shutil.copy("rows.csv", "tables/rows.csv")
    Path("enc/suspects.csv").write_text("id,action\nr1,drop\n")
    Path("out/assignments.csv").write_text("id,more\nr1,a\n")
    before = _state(home)
    for more in ((), ("--overwrite",)):
        assert main([*words, *more]) == 2
        assert "input" in capsys.readouterr().err
    assert _state(home) == before


def test_a_link_to_an_input_is_the_input(home: Path) -> None:
    (home / "link.csv").symlink_to(home / "rows.csv")
    before = (home / "rows.csv").read_bytes()
    assert main(["predict", "model", "rows.csv", "--out", "link.csv", "--overwrite"]) == 2
    assert (home / "rows.csv").read_bytes() == before


def _hold(folder: str, ready: Event, done: Event) -> None:
    with claim_folder(folder, by="discover", writes=("report.html",)):
        ready.set()
        done.wait(60)


@pytest.fixture
def holder(home: Path) -> Iterator[Callable[[str], int]]:
    context = multiprocessing.get_context("spawn")
    ready, done = context.Event(), context.Event()
    started = []

    def hold(folder: str) -> int:
        process = context.Process(target=_hold, args=(folder, ready, done))
        process.start()
        started.append(process)
        assert ready.wait(60)
        return int(process.pid or 0)

    yield hold
    done.set()
    for process in started:
        process.join(60)


def test_a_second_run_is_told_who_writes_to_the_folder(
    holder: Callable[[str], int], home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    process = holder("out")
    assert main(["discover", *TABLE, "--encoder", "tfidf", "--out", "out"]) == 2
    said = capsys.readouterr().err
    assert f"process {process}" in said
    assert "coterie discover" in said
    assert "Reading" not in said
    assert main(["discover", *TABLE, "--encoder", "tfidf", "--out", "other"]) == 0


def test_two_runs_into_one_folder_leave_the_whole_of_one(home: Path) -> None:
    context = multiprocessing.get_context("spawn")
    words = ["discover", *TABLE, "--encoder", "tfidf", "--out", "out"]
    with context.Pool(2) as pool:
        codes = pool.map(main, [words, words])
    assert min(codes) == 0
    assert set(codes) <= {0, 2}
    assert coterie.load("out").figures["rows"] == 90  # type: ignore[union-attr]
    marker = json.loads((home / "out" / MARKER).read_text())
    assert set(marker["files"]) >= {"report.html", "metrics.json", "assignments.csv"}
    assert not list((home / "out").glob("*.lock"))


def test_a_lock_of_a_run_that_was_killed_holds_nobody(tmp_path: Path) -> None:
    (tmp_path / ".coterie.lock").write_text('{"by": "discover", "process": 1}')
    with claim_folder(tmp_path, by="discover", writes=("report.html",)):
        pass
    assert not (tmp_path / ".coterie.lock").exists()


@pytest.mark.parametrize("verb", ["discover", "predict", "embed", "explore", "generate"])
def test_a_place_that_cannot_be_written_is_told_before_any_work(
    verb: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "file").write_text("mine")
    words, _ = VERBS[verb]
    assert main([*words[:-1], words[-1].replace("out", "file/deep")]) == 2
    said = capsys.readouterr().err
    assert "Reading" not in said
    assert "file" in said
    assert (home / "file").read_text() == "mine"


def test_a_recipe_that_was_stopped_goes_on_over_what_it_wrote(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words, _ = VERBS["run"]
    with monkeypatch.context() as patch:
        patch.setattr("coterie.recipes.stages.grouping.discover", _stop)
        assert main(words) == 130
    assert (home / "out" / "explore" / "explore.html").is_file()
    monkeypatch.setattr("coterie.recipes.stages.grouping.discover", _stop)
    assert main(words) == 130  # it came as far again, over its own files


def _stop(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_a_folder_that_was_made_for_nothing_is_gone(home: Path) -> None:
    assert main(["discover", "rows.csv", "--text", "nothing", "--out", "new/deep"]) == 2
    assert not (home / "new").exists()


def test_claims_of_one_run_are_one_and_the_marker_names_what_was_written(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with claim_folder(out, by="discover", writes=("*.csv", "parts")):
        with claim_folder(out, by="discover", writes=("*.csv",)):
            (out / "a.csv").write_text("a")
        (out / "parts").mkdir()
        (out / "parts" / "b").write_text("b")
    marker = json.loads((out / MARKER).read_text())
    assert set(marker["files"]) == {"a.csv", "parts/b"}
    with pytest.raises(OptionError, match="coterie discover"):
        claim_folder(out, by="assign", writes=("*.csv",)).__enter__()


def test_a_claim_that_wrote_nothing_leaves_nothing(tmp_path: Path) -> None:
    with claim_folder(tmp_path / "out", by="tune", writes=("report.html",)):
        pass
    assert not (tmp_path / "out").exists()


def test_files_of_one_folder_are_claimed_apart(tmp_path: Path) -> None:
    with claim_file(tmp_path / "a.csv", by="predict") as first:
        first.write_text("a")
        with claim_file(tmp_path / "b.csv", by="predict") as second:
            second.write_text("b")
        with pytest.raises(StoreError), claim_file(tmp_path / "a.csv", by="predict"):
            pass
    assert set(json.loads((tmp_path / MARKER).read_text())["files"]) == {"a.csv", "b.csv"}
