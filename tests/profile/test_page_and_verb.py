"""The page and the command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from coterie.cli.explore import command
from coterie.profile import Profile

ROWS = """id,message,intent,area,reply,day
1,Where is my order?,track,orders,On its way,2025-01-01
2,where is my order,track,orders,On its way,2025-01-02
3,<script>alert(1)</script> refund me,refund,money,Done,2025-01-03
4,,refund,money,Done,2025-01-03
5,write to jo@example.com,pay,money,,2025-02-03
"""


@pytest.fixture
def app() -> typer.Typer:
    app = typer.Typer()
    app.command()(command)
    return app


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "rows.csv"
    path.write_text(ROWS, encoding="utf-8")
    return path


def _arguments(source: Path, out: Path) -> list[str]:
    return [
        str(source), "--text", "message", "--id", "id", "--label", "intent", "--label", "area",
        "--response", "reply", "--time", "day", "--out", str(out),
    ]  # fmt: skip


def test_the_command_writes_page_profile_and_quarantine(
    app: typer.Typer, source: Path, tmp_path: Path
) -> None:
    out = tmp_path / "new" / "out"
    result = CliRunner().invoke(app, _arguments(source, out))
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in out.iterdir() if not path.name.startswith(".")) == [
        "explore.html",
        "explore.json",
        "quarantine.csv",
    ]
    assert "rows.csv: 4 rows" in result.stdout
    assert "explore.html" in result.stdout.replace("\n", "")
    profile = json.loads((out / "explore.json").read_text(encoding="utf-8"))
    assert (profile["rows"], profile["rows_in"]) == (4, 5)
    assert profile["form"] == Profile.form
    assert (
        (out / "quarantine.csv")
        .read_text(encoding="utf-8")
        .splitlines()[1]
        .startswith("4,4,no text")
    )


def test_json_is_all_that_stdout_carries(app: typer.Typer, source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = CliRunner().invoke(app, [*_arguments(source, out), "--json"])
    assert result.exit_code == 0
    written = json.loads((out / "explore.json").read_text(encoding="utf-8"))
    assert json.loads(result.stdout) == written


def test_a_quarantine_of_an_earlier_run_does_not_stay(
    app: typer.Typer, source: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    CliRunner().invoke(app, _arguments(source, out))
    source.write_text(ROWS.replace("4,,", "4,here,"), encoding="utf-8")
    CliRunner().invoke(app, _arguments(source, out))
    assert not (out / "quarantine.csv").exists()


def test_the_page_shows_every_part_and_runs_no_text(
    app: typer.Typer, source: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    CliRunner().invoke(app, _arguments(source, out))
    html = (out / "explore.html").read_text(encoding="utf-8")
    for part in (
        "Overview", "Labels", "intent within each area", "Length in words", "Pairs of words",
        "The largest groups of near duplicates", "Diversity of the values of reply by intent",
        "Personal data", "Rows by day", "Columns", "Rows set aside",
    ):  # fmt: skip
        assert part in html, part
    assert "<script>alert(1)" not in html
    assert "jo@example.com" not in html
