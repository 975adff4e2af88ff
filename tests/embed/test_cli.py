"""The command that shows how alike two ids are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import typer
from typer.testing import CliRunner

from coterie.cli.similarity import command
from coterie.embed import write_embeddings
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
