"""``coterie discover`` from the command line, on small tables and on bad ones."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from coterie.encoders import load_encoder
from coterie.errors import EncoderError, MissingExtraError
from coterie.pages.discovery import words
from coterie.pages.discovery.page import discover_page
from coterie.report import Groups, HeatMap, Note
from coterie.segments.finding.number import supported_range
from coterie.segments.taxonomy.files import load_segmentation
from coterie.workflows.discovery.saved import load_discovery

from .conftest import Coterie

FILES = {
    "report.html", "segments.json", "assignments.csv", "sweep.csv", "metrics.json", "rows.parquet",
    "quarantine.csv", "encoder", "groups.csv", "contingency.csv",
}  # fmt: skip


def _discover(coterie: Coterie, table: Path, out: Path, *more: object) -> str:
    done = coterie("discover", table, "--text", "text", "--encoder", "tfidf", "--out", out, *more)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_writes_every_file_and_they_agree(coterie: Coterie, table: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "out"
    said = _discover(coterie, table, out, "--id", "id", "--label", "want")
    names = {path.name for path in out.iterdir() if not path.name.startswith(".")}
    routers = {name for name in names if name.startswith("router-")}
    assert names - routers == FILES
    assert len(routers) == 1
    metrics = json.loads((out / "metrics.json").read_text(encoding="utf-8"))
    rows = pd.read_csv(out / "assignments.csv", keep_default_na=False)
    segmentation = load_segmentation(out)
    assert metrics["rows"] == len(rows) == 91
    assert metrics["rows_in"] == 92
    assert list(rows.columns) == ["id", "segment", "name", "status", "confidence"]
    assert set(rows["segment"]) - {""} <= {s.id for s in segmentation.segments}
    assert metrics["groups"] == len(segmentation)
    assert metrics["coverage"] == pytest.approx((rows["status"] != "outside").mean())
    assert metrics["labels"]["want"]["ari"] > 0.5
    assert {"embed", "reduce", "cluster", "total"} <= set(metrics["seconds"])
    assert str(out / "report.html") in said
    assert f"coterie segments rename {out}" in said
    assert (out / "quarantine.csv").read_text(encoding="utf-8").splitlines()[1].startswith("92,x2,")


def test_the_page_has_every_section_and_runs_no_text(
    coterie: Coterie, table: Path, tmp_path: Path
) -> None:
    _discover(coterie, table, tmp_path / "out", "--label", "want", "--title", "Shop <b>mail</b>")
    html = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    page = discover_page(load_discovery(tmp_path / "out"))
    assert [section.title for section in page.sections] == [
        words.OVERVIEW_TITLE, words.MAP_TITLE, words.GROUPS_TITLE, words.CHOICE_TITLE,
        words.LABELS_TITLE, words.SET_ASIDE_TITLE, words.MADE_TITLE,
    ]  # fmt: skip
    for section in page.sections:
        assert section.title in html
    assert "coterie segments rename" in html
    assert "<script>document.title=" not in html
    assert "<b>mail</b>" not in html


def test_a_label_column_of_ids_is_told_of_and_not_laid_out(
    coterie: Coterie, table: Path, tmp_path: Path
) -> None:
    _discover(coterie, table, tmp_path / "out", "--label", "id", "--label", "want")
    sections = discover_page(load_discovery(tmp_path / "out")).sections
    beside = next(section for section in sections if section.title == words.LABELS_TITLE)
    assert [b.row_label for b in beside.blocks if isinstance(b, HeatMap)] == ["want"]
    notes = {b.title: b.text for b in beside.blocks if isinstance(b, Note)}
    assert set(notes) == {"id", "want"}
    assert "91 different values in 91 rows" in notes["id"]
    shown = next(b for section in sections for b in section.blocks if isinstance(b, Groups))
    told = {name for group in shown.groups for name in group.facts}
    assert any(name.endswith(" want") for name in told)
    assert not any(name.endswith(" id") for name in told)


def test_json_is_all_that_stdout_carries(coterie: Coterie, table: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    said = json.loads(_discover(coterie, table, out, "--json", "--groups", 3))
    assert said["groups"] == 3
    assert said["report"] == str(out / "report.html")
    written = json.loads((out / "metrics.json").read_text(encoding="utf-8"))
    assert {k: v for k, v in said.items() if k not in ("report", "seconds")} == {
        k: v for k, v in written.items() if k != "seconds"
    }


def test_what_an_earlier_run_left_does_not_stay_and_other_files_do(
    coterie: Coterie, table: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    _discover(coterie, table, out)
    (out / "mine.txt").write_text("keep", encoding="utf-8")
    table.write_text(table.read_text(encoding="utf-8").replace("x2,  ,", "x2,hello,"))
    _discover(coterie, table, out, "--groups", 2)
    names = {path.name for path in out.iterdir() if not path.name.startswith(".")}
    assert "quarantine.csv" not in names
    assert "mine.txt" in names
    assert sum(name.startswith("router-") for name in names) == 1
    assert len(load_segmentation(out)) == 2


def test_the_summary_tells_of_families_where_there_are_some(
    coterie: Coterie, tmp_path: Path
) -> None:
    words = ["refund", "parcel", "invoice", "password", "hotel", "train", "coffee", "garden"]
    verbs = ["lost", "found", "late"]
    lines = [f"my {w} is {v} since day {d},{w}" for w in words for v in verbs for d in range(4)]
    table = tmp_path / "many.csv"
    table.write_text("\n".join(["text,topic", *lines]) + "\n", encoding="utf-8")
    out = tmp_path / "out"
    said = _discover(coterie, table, out, "--groups", 8, "--label", "topic")
    families = json.loads((out / "metrics.json").read_text(encoding="utf-8"))["families"]
    assert 1 < families["groups"] < 8
    assert f"in {families['groups']} families" in said
    assert f"ARI {families['labels']['topic']['ari']:.3f}" in said


def test_the_page_tells_how_the_number_was_chosen(
    coterie: Coterie, table: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    said = json.loads(_discover(coterie, table, out, "--fewest", 5, "--json"))
    sweep = pd.read_csv(out / "sweep.csv")
    assert sweep["candidate"].min() == 5
    chosen = sweep[sweep["chosen"]].iloc[0]
    low, high = supported_range(sweep)
    assert said["range"] == [low, high]
    assert low <= chosen["groups"] <= high
    assert said["groups"] <= chosen["groups"]
    told = words.choice_in_words(load_discovery(out).discovery.sweep)
    assert f"stability {chosen['stability']:.2f}" in told
    assert f"score {chosen['score']:.2f}" in told
    assert f"{low:,} to {high:,}" in told or low == high

    _discover(coterie, table, out, "--groups", 3)
    assert "3" in words.choice_in_words(load_discovery(out).discovery.sweep)


def test_an_end_of_the_range_can_be_taken_and_only_one_number_be_asked_for(
    coterie: Coterie, table: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    low, high = json.loads(_discover(coterie, table, out, "--json"))["range"]
    for flag, groups in (("--coarser", low), ("--finer", high)):
        said = json.loads(_discover(coterie, table, tmp_path / flag[2:], flag, "--json"))
        assert said["range"] == [low, high]
        sweep = pd.read_csv(tmp_path / flag[2:] / "sweep.csv")
        assert sweep.loc[sweep["chosen"], "groups"].tolist() == [groups]
    done = coterie(
        "discover", table, "--text", "text", "--encoder", "tfidf", "--finer", "--groups", 3,
        "--out", tmp_path / "both",
    )  # fmt: skip
    assert done.returncode == 2
    assert "groups and finer" in done.stderr
    assert not (tmp_path / "both").exists()


@pytest.mark.parametrize(
    ("chosen", "low", "high", "flags"),
    [
        (24, 18, 35, {"--coarser", "--finer", "--groups"}),
        (18, 18, 35, {"--finer"}),
        (35, 18, 35, {"--coarser"}),
        (60, 18, 35, set()),
        (9, 9, 9, set()),
    ],
)
def test_the_range_is_said_with_the_options_that_lead_elsewhere(
    chosen: int, low: int, high: int, flags: set[str]
) -> None:
    said = words.range_in_words(chosen, low, high)
    assert {flag for flag in ("--coarser", "--finer", "--groups") if flag in said} == flags
    assert all(str(number) in said for number in {chosen, low, high})


def test_more_groups_than_texts_is_one_clear_sentence(
    coterie: Coterie, table: Path, tmp_path: Path
) -> None:
    done = coterie(
        "discover", table, "--text", "text", "--encoder", "tfidf", "--groups", 500,
        "--out", tmp_path / "out",
    )  # fmt: skip
    assert done.returncode == 2
    last = done.stderr.strip().splitlines()[-1]
    assert "500 groups" in last
    assert list((tmp_path / "out").glob("*")) == []


def test_texts_that_are_all_the_same_make_one_group(coterie: Coterie, tmp_path: Path) -> None:
    table = tmp_path / "same.csv"
    table.write_text("text\n" + "where is my order\n" * 30, encoding="utf-8")
    said = json.loads(_discover(coterie, table, tmp_path / "out", "--json"))
    assert (said["groups"], said["coverage"], said["distinct_texts"]) == (1, 1.0, 1)
    result = load_discovery(tmp_path / "out")
    assert "one group" in words.title_of(result.figures)
    assert f"All {result.figures.table.rows}" in words.summary(result)


@pytest.mark.parametrize("cell", ["", "   ", "\u200b"])
def test_a_table_of_blanks_is_refused(coterie: Coterie, tmp_path: Path, cell: str) -> None:
    table = tmp_path / "blank.csv"
    table.write_text("id,text\n" + "".join(f"{i},{cell}\n" for i in range(5)), encoding="utf-8")
    done = coterie("discover", table, "--text", "text", "--out", tmp_path / "out")
    assert done.returncode == 2
    assert "None of the 5 rows of blank.csv can be used" in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_renamed_column_is_named_with_the_nearest(
    coterie: Coterie, table: Path, tmp_path: Path
) -> None:
    done = coterie("discover", table, "--text", "txt", "--out", tmp_path / "out")
    assert done.returncode == 2
    assert "'text'" in done.stderr


def test_a_killed_run_leaves_nothing_and_continues(
    coterie: Coterie, table: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    command = ["discover", str(table), "--text", "text", "--encoder", "tfidf", "--out", str(out)]
    with subprocess.Popen(
        [sys.executable, "-m", "coterie", *command],
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"COTERIE_CACHE": str(tmp_path / "cache")},
    ) as first:
        assert first.stderr is not None
        assert any(line.startswith("Embedding with tfidf: done") for line in first.stderr)
        first.send_signal(signal.SIGKILL)
    assert first.returncode == -signal.SIGKILL
    assert not (out / "report.html").exists()
    again = coterie(*command)
    assert again.returncode == 0, again.stderr
    assert "Embedding with" not in again.stderr  # every vector was kept
    assert (out / "report.html").exists()
    assert not (out / ".unfinished").exists()


@pytest.mark.weights
def test_minilm_finds_the_three_wants(coterie: Coterie, table: Path, tmp_path: Path) -> None:
    try:
        load_encoder("minilm")
    except (EncoderError, MissingExtraError) as error:
        pytest.skip(f"no MiniLM: {error}")
    done = coterie(
        "discover", table, "--text", "text", "--label", "want", "--out", tmp_path / "out",
        "--groups", 3, "--json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["encoder"]["name"] == "minilm"
    assert said["labels"]["want"]["ari"] > 0.9
