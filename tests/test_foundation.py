"""Errors, optional libraries and progress: what every room stands on."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from coterie import errors, formatting, progress
from coterie.extras import require


def test_every_error_is_exported_and_knows_its_exit_code() -> None:
    for name in errors.__all__:
        kind = getattr(errors, name)
        if not issubclass(kind, errors.CoterieError):
            continue
        assert kind.exit_code == (2 if issubclass(kind, errors.UserError) else 1)
        assert str(kind("what, and the mend.")) == "what, and the mend."
        assert name in (errors.__doc__ or "")


def test_a_missing_library_is_named_with_the_command_that_installs_it() -> None:
    with pytest.raises(errors.MissingExtraError) as caught:
        require("no_such_library.part", extra="minilm", purpose="The encoder minilm")
    assert str(caught.value) == (
        "The encoder minilm needs no_such_library, which is not installed: "
        "run pip install 'coterie[minilm]'."
    )
    assert require("json", extra="minilm", purpose="Nothing").dumps([]) == "[]"


def test_a_library_that_is_broken_inside_says_so_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken_inside.py").write_text("import no_such_library")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="no_such_library") as caught:
        require("broken_inside", extra="minilm", purpose="It")
    assert not isinstance(caught.value, errors.MissingExtraError)


def test_progress_is_silent_unless_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with progress.current().stage("Reading", 3) as stage:
        stage.advance(3)
    assert capsys.readouterr() == ("", "")


def test_progress_is_lines_where_there_is_no_terminal() -> None:
    stream = io.StringIO()
    with progress.show_progress(stream), progress.current().stage("Reading", 3) as stage:
        stage.advance(3)
    assert stream.getvalue() == "Reading: done in 0.0 s\n"


def test_progress_is_a_bar_on_a_terminal() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    stream = Terminal()
    with progress.show_progress(stream), progress.current().stage("Reading", 3) as stage:
        stage.advance(3)
    assert "Reading" in stream.getvalue()
    assert "3/3" in stream.getvalue()


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(4.26, "4.3 s"), (42.4, "42 s"), (125, "2 min 5 s"), (3780, "1 h 3 min")],
)
def test_durations_are_written_as_a_person_would(seconds: float, written: str) -> None:
    assert formatting.duration(seconds) == written
