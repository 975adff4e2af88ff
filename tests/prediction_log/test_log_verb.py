"""``coterie log``, from the command line to the file and back."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from coterie.cli import main
from coterie.cli.service.log import app
from coterie.prediction_log import LOG_FILE, Entry, Feedback, PredictionLog

PAGE = Path(__file__).parents[2] / "docs" / "prediction-log.md"
NOW = datetime.now(UTC)


@pytest.fixture
def service(tmp_path: Path) -> Path:
    """The folder of a service that has answered."""
    home = tmp_path / "service"
    home.mkdir()
    entries = [
        Entry(
            time=NOW - timedelta(days=n), model="intent", version=1, person=f"C-{n % 3}",
            label=None if n == 4 else f"label {n % 2}", confidence=None if n == 4 else n / 10,
            seconds=0.004, error="ColumnError" if n == 4 else "", route="/v1/predict",
        )
        for n in range(10)
    ]  # fmt: skip
    with PredictionLog.open(home) as log:
        log.write(entries).result()
        log.feedback([Feedback(prediction=e.id, truth="label 0") for e in entries[:4]])
    return home


def asked(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, object]:
    assert main(["log", *map(str, arguments), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_show_has_the_newest_and_takes_filters(service, capsys):
    shown = asked(capsys, "show", service, "--limit", 3)
    assert [each["label"] for each in shown["entries"]] == ["label 0", "label 1", "label 0"]
    assert shown["next"]
    for filters, count in (
        (["--since", "2d"], 2), (["--errors"], 1), (["--no-errors"], 9), (["--person", "C-1"], 3),
        (["--label", "label 1", "--min-confidence", "0.5"], 3), (["--wrong"], 2),
        (["--with-feedback"], 4), (["--until", NOW.isoformat(), "--version", "2"], 0),
    ):  # fmt: skip
        assert len(asked(capsys, "show", service, *filters)["entries"]) == count, filters
    assert main(["log", "show", str(service)]) == 0
    out = capsys.readouterr().out
    assert "intent" in out
    assert "label 1" in out
    assert main(["log", "show", str(service), "--label", "none"]) == 0
    assert "No entry" in capsys.readouterr().out


def test_what_a_terminal_would_obey_is_shown_as_a_sign(tmp_path, capsys):
    with PredictionLog.open(tmp_path / "log") as log:
        log.write([Entry(label="\x1b[2J\x1b]0;x\x07", person="[red]x")]).result()
    assert main(["log", "show", str(tmp_path / "log")]) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "[red]x" in out


def test_export_writes_rows(service, tmp_path, capsys):
    out = tmp_path / "log.parquet"
    said = asked(capsys, "export", service, "--out", out, "--since", "5d")
    assert said == {"rows": 5, "file": str(out)}
    assert pq.read_table(out).num_rows == 5
    mine = tmp_path / "mine.jsonl"
    mine.write_text("mine")
    assert main(["log", "export", str(service), "--out", str(mine)]) == 2
    assert mine.read_text() == "mine"
    assert main(["log", "export", str(service), "--out", str(mine), "--overwrite"]) == 0
    assert len(mine.read_text().splitlines()) == 10


def test_performance_tells_accuracy_and_latency(service, capsys):
    said = asked(capsys, "performance", service)
    assert (said["predictions"], said["errors"]) == (9, {"ColumnError": 1})
    assert said["accuracy"]["accuracy"] == 0.5
    assert asked(capsys, "performance", service, "--since", "2d")["predictions"] == 2
    assert main(["log", "performance", str(service)]) == 0
    assert "50.0% of 4 truths" in capsys.readouterr().out
    assert main(["log", "performance", str(service), "--model", "none"]) == 0
    assert "no feedback yet" in capsys.readouterr().out


def test_prune_removes_what_is_older(service, capsys):
    assert asked(capsys, "prune", service, "--older-than", "8d") == {"removed": 2}
    assert len(asked(capsys, "show", service)["entries"]) == 8
    assert main(["log", "prune", str(service), "--older-than", "8"]) == 2
    assert "not an age" in capsys.readouterr().err


def test_erase_asks_first(service, capsys, monkeypatch):
    erase = ["log", "erase", str(service), "--person", "C-1"]
    assert main(erase) == 2
    assert "--yes" in capsys.readouterr().err
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    for answer, left in ((False, 10), (True, 7)):
        monkeypatch.setattr("typer.confirm", lambda *_, answer=answer, **__: answer or stop())
        assert main(erase) == (0 if answer else 130)
        capsys.readouterr()
        assert len(asked(capsys, "show", service)["entries"]) == left
    assert asked(capsys, "erase", service, "--person", "C-2", "--yes") == {"erased": 3}
    assert b"C-2" not in (service / LOG_FILE).read_bytes()


def stop() -> None:
    import typer

    raise typer.Abort


@pytest.mark.parametrize("verb", ["show", "performance", "export", "prune", "erase"])
def test_a_log_that_is_not_there_is_one_sentence_and_no_file(verb, tmp_path, capsys):
    more = {
        "export": ["--out", str(tmp_path / "out.jsonl")], "prune": ["--older-than", "1d"],
        "erase": ["--person", "x", "--yes"],
    }  # fmt: skip
    for log in (tmp_path / "absent.sqlite", "postgresql://jo:hunter2@127.0.0.1:1/base"):
        assert main(["log", verb, str(log), *more.get(verb, [])]) == 2
        said = capsys.readouterr().err.splitlines()[-1]
        assert "prediction log" in said
        assert "hunter2" not in said
    assert not list(tmp_path.iterdir())


@pytest.mark.database
def test_a_database_is_a_log_too(server, capsys, tmp_path):
    url = server.fresh()
    with PredictionLog.open(url) as log:
        log.write([Entry(label="a", person="C-1")]).result()
    assert [each["label"] for each in asked(capsys, "show", url)["entries"]] == ["a"]
    assert asked(capsys, "export", url, "--out", tmp_path / "x.jsonl")["rows"] == 1
    assert asked(capsys, "erase", url, "--person", "C-1", "--yes") == {"erased": 1}


def test_every_option_is_on_the_page(capsys):
    told = set(re.findall(r"--[a-z]+(?:-[a-z]+)*", PAGE.read_text(encoding="utf-8")))
    names = [each.name or each.callback.__name__ for each in app.registered_commands]
    for name in names:
        assert main(["log", name, "--help"]) == 0
        capsys.readouterr()
    from typer.main import get_command

    for command in get_command(app).commands.values():
        options = {flag for each in command.params for flag in (*each.opts, *each.secondary_opts)}
        assert {flag for flag in options if flag.startswith("--")} - {"--help"} <= told
