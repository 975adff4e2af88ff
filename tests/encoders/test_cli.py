"""The command that shows how alike two ids are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from coterie.cli import main
from coterie.cli.similarity import command
from coterie.encoders import write_embeddings
from coterie.errors import InputError


def run(*arguments: str) -> object:
    app = typer.Typer()
    app.command()(command)
    return CliRunner().invoke(app, arguments)


def test_similarity_of_two_ids_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "v.parquet"
    write_embeddings(path, ["a", "b"], np.array([[1, 0], [1, 1]], dtype=np.float32))
    done = run(str(path), "a", "b")
    assert done.exit_code == 0
    assert done.stdout.strip() == "0.7071"
    assert isinstance(run(str(path), "a", "c").exception, InputError)


def test_rows_set_aside_are_written_beside_the_vectors(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COTERIE_CACHE", str(tmp_path / "cache"))
    table, aside = tmp_path / "t.csv", tmp_path / "v.quarantine.csv"
    words = ["embed", str(table), "--text", "text", "--id", "id", "--encoder", "tfidf"]
    words += ["--out", str(tmp_path / "v.parquet")]
    table.write_text("id,text\na,one apple\na,two pears\nb,three plums\nc,\n")
    assert main(words) == 0
    assert f"2 rows set aside: {aside}" in capsys.readouterr().err
    assert aside.read_text().splitlines() == [
        "row,id,reason,text",
        "2,a,id seen in row 1 with another text,two pears",
        "4,c,no text,",
    ]
    table.write_text("id,text\na,one apple\nb,three plums\n")
    assert main(words) == 0
    assert not aside.exists()
