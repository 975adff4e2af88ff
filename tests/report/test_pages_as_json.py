"""The pages of every verb as JSON: nothing that is shown is lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from coterie.classifiers.trees.learner import Learner
from coterie.cli import main
from coterie.report import Page
from coterie.synthetic import generate

from .showing import missing

WANTS = {
    "refund": "please refund the money for my order",
    "password": "i forgot my password and cannot log in",
    "delivery": "when does my parcel arrive at home",
}
TFIDF = ("--encoder", "tfidf")
COLUMNS = ("--text", "text", "--id", "id")


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A hundred and fifty messages of three wants, with a number."""
    rng = np.random.default_rng(0)
    wants = [list(WANTS)[row % 3] for row in range(150)]
    texts = [
        " ".join(rng.permutation(WANTS[want].split())) + f" {row}" for row, want in enumerate(wants)
    ]
    prices = rng.normal(size=150) + 10.0 * (np.arange(150) % 3)
    path = tmp_path / "table.csv"
    ids = [f"m{row}" for row in range(150)]
    frame = pd.DataFrame({"id": ids, "text": texts, "want": wants, "price": prices})
    frame.to_csv(path, index=False)
    return path


def run(*words: object) -> None:
    assert main([str(word) for word in words]) == 0


@pytest.fixture
def pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Page]:
    """The pages that are written in a test."""
    monkeypatch.setenv("COTERIE_CACHE", str(tmp_path / "cache"))
    written: list[Page] = []
    render = Page.render

    def keep(page: Page) -> str:
        written.append(page)
        return render(page)

    monkeypatch.setattr(Page, "render", keep)
    return written


def check(pages: list[Page], count: int) -> None:
    assert len(pages) == count
    for page in [*pages]:  # to look at a page is to write it again
        assert missing(page) == set(), page.title


def test_a_recipe(pages: list[Page], tmp_path: Path) -> None:
    run("run", "support", "--rows", 200, *TFIDF, "--out", tmp_path / "out")
    check(pages, 3)  # profile, groups and the first page


def test_assignments(pages: list[Page], table: Path, tmp_path: Path) -> None:
    words = [f'[[segment]]\nname = "{n}"\ndescription = "{w}"\n' for n, w in WANTS.items()]
    wants = tmp_path / "wants.toml"
    wants.write_text('title = "Wants"\n' + "".join(words), encoding="utf-8")
    run(
        "assign", table, *COLUMNS, "--label", "want", "--segments", wants, *TFIDF,
        "--out", tmp_path / "out",
    )  # fmt: skip
    check(pages, 1)


def test_classes_and_numbers_evaluated(
    pages: list[Page], table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Learner, "trees", 20)
    out = tmp_path / "out"
    for label, *model in (
        ("want", "linear", *TFIDF, *COLUMNS),
        ("price", "ensemble", "--context", "want", "--member", "random-forest", "--id", "id"),
    ):
        words = ("--label", label, "--model", *model, "--out", tmp_path / label)
        run("train", table, *words)
        run("evaluate", tmp_path / label, table, "--out", out / label)
    check(pages, 2)


def test_a_tuned_encoder(
    pages: list[Page], table: Path, st_folder: Callable[..., Path], tmp_path: Path
) -> None:
    run(
        "tune", table, *COLUMNS, "--label", "want",
        "--encoder", st_folder("bert"), "--epochs", 1, "--batch", 16, "--out", tmp_path / "out",
    )  # fmt: skip
    check(pages, 1)


@pytest.mark.weights
def test_outcomes(pages: list[Page], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Learner, "trees", 20)
    generate("clients", tmp_path / "book", rows=160, seed=3)
    settings = tmp_path / "own.toml"
    settings.write_text(
        '[embed]\nencoder = "static"\n[outcomes]\npreset = "speed"\nlearners = ["random-forest"]\n'
        "draws = 1\n",
        encoding="utf-8",
    )
    book, out = tmp_path / "book", tmp_path / "out"
    run("run", "clients", "--data", book, "--settings", settings, "--out", out)
    check(pages, 5)
