"""The command line as a whole: verbs, errors, exit codes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest
import typer

from coterie import cli
from coterie.cli import VERBS, main
from coterie.errors import CoterieWarning, InternalError, OptionError

TABLE = "id,text\n1,hello there\n2,good day\n"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "rows.csv"
    path.write_text(TABLE, encoding="utf-8")
    return path


def failing(error: BaseException) -> typer.Typer:
    """A verb that does nothing but fail."""
    app = typer.Typer(add_completion=False)

    @app.command()
    def verb() -> None:
        raise error

    return app


@pytest.fixture
def verb_that_raises(monkeypatch: pytest.MonkeyPatch) -> Callable[[BaseException], None]:
    """Put a failing verb in the place of `similarity`."""
    from coterie.cli import similarity

    def put(error: BaseException) -> None:
        monkeypatch.setattr(similarity, "app", failing(error), raising=False)

    return put


def test_help_lists_the_verbs_that_are_there_in_the_order_of_the_work(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for asked in ([], ["--help"], ["-h"]):
        assert main(asked) == 0
    shown = capsys.readouterr().out
    listed = [line.split()[0] for line in shown.splitlines() if line.startswith("  ")]
    present = [verb for verb in VERBS if find_spec(cli._module(verb)) is not None]
    assert [verb for verb in listed if verb in VERBS][: len(present)] == present
    assert "coterie generate support --out data" in shown


def test_every_verb_that_is_there_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    for verb in cli._present():
        assert main([verb, "--help"]) == 0
        assert f"coterie {verb}" in capsys.readouterr().out


def test_an_unknown_verb_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explor"]) == 2
    error = capsys.readouterr().err
    assert "'explor'" in error
    assert "explore'?" in error
    assert main(["xyzzy"]) == 2
    assert "run coterie --help" in capsys.readouterr().err
    assert main(["--verbose"]) == 2
    assert "no option --verbose" in capsys.readouterr().err


def test_a_missing_or_wrong_option_is_one_sentence(
    capsys: pytest.CaptureFixture[str], table: Path, tmp_path: Path
) -> None:
    assert main(["explore", str(table), "--out", str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err == "Name the column of the text with --text (text=).\n"
    assert main(["explore", str(table), "--txt", "a"]) == 2
    error = capsys.readouterr().err
    assert "--txt" in error
    assert error.count("\n") == 1


def test_what_the_user_can_mend_ends_with_2(
    capsys: pytest.CaptureFixture[str], table: Path, tmp_path: Path
) -> None:
    out = ["--out", str(tmp_path / "out")]
    assert main(["explore", str(tmp_path / "none.csv"), "--text", "text", *out]) == 2
    assert capsys.readouterr().err.splitlines()[-1] == "There is no file none.csv: check the path."
    assert main(["explore", str(table), "--text", "txet", *out]) == 2
    assert "text" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_one_sentence(
    capsys: pytest.CaptureFixture[str], table: Path, tmp_path: Path
) -> None:
    for verb in ("explore", "discover"):
        assert main([verb, str(table), "--text", "text", "--out", str(table)]) == 2
        (said,) = capsys.readouterr().err.splitlines()  # before anything is read or computed
        assert said.endswith(f"is a file. See coterie {verb} --help.")


def test_faults_of_ours_end_with_1_and_ask_for_a_report(
    capsys: pytest.CaptureFixture[str], verb_that_raises: Callable[[BaseException], None]
) -> None:
    verb_that_raises(KeyError("jo@example.com"))
    assert main(["similarity"]) == 1
    error = capsys.readouterr().err
    assert "(KeyError)" in error
    assert "--debug" in error
    assert "jo@example.com" not in error  # a message may carry a customer's words
    verb_that_raises(InternalError("This cannot be."))
    assert main(["similarity"]) == 1
    assert capsys.readouterr().err == "This cannot be.\n"


def test_debug_shows_where_a_fault_came_from(
    verb_that_raises: Callable[[BaseException], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    verb_that_raises(KeyError("x"))
    with pytest.raises(KeyError):
        main(["similarity", "--debug"])
    monkeypatch.setenv("COTERIE_DEBUG", "1")
    with pytest.raises(KeyError):
        main(["similarity"])


def test_stopping_says_that_the_work_goes_on(
    capsys: pytest.CaptureFixture[str], verb_that_raises: Callable[[BaseException], None]
) -> None:
    verb_that_raises(KeyboardInterrupt())
    assert main(["similarity"]) == 130
    assert "Stopped; the same command continues" in capsys.readouterr().err


def test_our_warnings_are_plain_notes_and_libraries_stay_quiet(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from coterie.cli import similarity

    app = typer.Typer(add_completion=False)

    @app.command()
    def verb() -> None:
        warnings.warn("one class is absent.", CoterieWarning, stacklevel=1)
        warnings.warn("old call", DeprecationWarning, stacklevel=1)

    monkeypatch.setattr(similarity, "app", app, raising=False)
    assert main(["similarity"]) == 0
    assert capsys.readouterr().err == "Note: one class is absent.\n"


def test_one_error_class_knows_its_exit_code() -> None:
    assert cli._explain(OptionError("No such thing.")) == (2, "No such thing.")


def coterie_process(*arguments: str, **options: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "coterie", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def test_the_module_runs_and_says_its_version() -> None:
    with coterie_process("--version") as process:
        assert process.communicate(timeout=60)[0].startswith("coterie 0.")
        assert process.returncode == 0


def test_a_reader_that_leaves_is_no_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "coterie", "--help"],
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=60,
    )
    os.close(writing)
    assert done.stderr == ""


@pytest.mark.skipif(os.name != "posix", reason="needs signals and named pipes")
def test_an_interrupt_stops_a_running_verb(tmp_path: Path) -> None:
    source = tmp_path / "rows.csv"
    os.mkfifo(source)
    arguments = ("explore", str(source), "--text", "text", "--out", str(tmp_path / "out"))
    heeding = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)}  # if we do not
    with coterie_process(*arguments, **heeding) as process, source.open("w"):  # open once it reads
        process.send_signal(signal.SIGINT)
        error = process.communicate(timeout=60)[1]
    assert error.splitlines()[-1] == "Stopped; the same command continues where it was."
    assert process.returncode == 130
