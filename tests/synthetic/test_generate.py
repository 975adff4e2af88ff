from __future__ import annotations

import csv
import json
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from coterie.cli.generate import command
from coterie.errors import OptionError, StoreError
from coterie.synthetic import GENERATORS, generate, generate_attendees, generate_support


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Let the system refuse to write more, as it does when the disk is full."""
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, old[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)


def test_support_files_hold_the_table(tmp_path: Path) -> None:
    made = generate("support", tmp_path / "new" / "folder", 700, seed=3)
    messages, about = made.files
    read = pd.read_csv(messages, dtype=str, keep_default_na=False)
    pd.testing.assert_frame_equal(read, generate_support(700, seed=3), check_dtype=False)
    assert json.loads(about.read_text("utf-8")) == made.to_dict()
    assert sum(made.details["rows_per_intent"].values()) == 700


def test_attendee_files_hold_badges_and_labels(tmp_path: Path) -> None:
    made = generate("attendees", tmp_path, 1200, seed=3, leave_out=["Sourcing: Deciding"])
    fair = generate_attendees(1200, seed=3, leave_out=["Sourcing: Deciding"])
    badges, labels, about = made.files
    assert json.loads(badges.read_text("utf-8")) == fair.badges
    with labels.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.reader(handle))
    assert rows == [["BadgeId", "ClusterId"], *fair.labels.to_numpy().tolist()]
    assert made.details["ceiling_accuracy"] == pytest.approx(fair.ceiling, abs=1e-4)
    assert about.name == "about.json"


@pytest.mark.parametrize("kind", GENERATORS)
def test_the_same_seed_gives_the_same_bytes(kind: str, tmp_path: Path) -> None:
    first = generate(kind, tmp_path / "a", 60, seed=1)
    second = generate(kind, tmp_path / "b", 60, seed=1)
    assert [p.read_bytes() for p in first.files] == [p.read_bytes() for p in second.files]


@pytest.mark.parametrize("kind", GENERATORS)
def test_a_full_disk_leaves_what_was_there(kind: str, tmp_path: Path) -> None:
    generate(kind, tmp_path, 20, seed=1)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with files_of_at_most(40_000), pytest.raises(StoreError, match=tmp_path.name):
        generate(kind, tmp_path, 2000, seed=2)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_file_in_the_place_of_the_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(StoreError, match=r"out\b"):
        generate("support", tmp_path / "out", 5)
    assert (tmp_path / "out").read_text() == "mine"


def test_an_unknown_kind_is_told(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"weather.*support, attendees"):
        generate("weather", tmp_path)


def test_the_command_says_what_it_wrote(tmp_path: Path) -> None:
    app = typer.Typer()
    app.command()(command)
    out = ["--out", str(tmp_path)]
    told = CliRunner().invoke(app, ["support", *out, "--rows", "30", "--seed", "2"])
    assert told.exit_code == 0, told.output
    assert "30 " in told.stdout
    assert "messages.csv" in told.stdout
    leave = ["--leave-out", "Sourcing: Deciding", "--json"]
    told = CliRunner().invoke(app, ["attendees", *out, "--rows", "30", *leave])
    answer = json.loads(told.stdout)
    assert (answer["form"], answer["kind"], answer["rows"]) == (1, "attendees", 30)
    assert len(answer["badges_per_cluster"]) <= 5
    assert all(Path(name).is_file() for name in answer["files"])
