"""``coterie discover --llm``: groups are found whatever the language model does."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from coterie.segments import load_segmentation
from tests.llm.servers.playing import Act, Server
from tests.naming.namer import EVERY, Namer, answer, instead
from tests.workflows.conftest import Coterie, Done

Serve = Callable[..., Server]


@pytest.fixture
def discover(coterie: Coterie, discovery: Path, tmp_path: Path) -> Callable[..., Done]:
    table = tmp_path / "messages.csv"
    pd.read_csv(discovery.parent / "messages.csv").head(120).to_csv(table, index=False)
    want = ("discover", table, "--text", "text", "--id", "id", "--encoder", "tfidf")

    def run(*more: object) -> Done:
        return coterie(*want, "--groups", 4, "--out", tmp_path / "out", *more)

    return run


def names_of(folder: Path) -> list[str]:
    return [segment.name for segment in load_segmentation(folder).segments]


def test_groups_are_named_as_they_are_found(
    discover: Callable[..., Done], coterie: Coterie, tmp_path: Path, serve: Serve
) -> None:
    server = serve(instead(Namer({}), lambda request: None))
    done = discover("--llm", f"ollama:small?url={server.url}", "--no-look")
    out = tmp_path / "out"
    assert done.returncode == 0, done.stderr
    assert set(names_of(out)) < set(EVERY)
    assert set(pd.read_csv(out / "names.csv")["status"]) == {"named"}
    assert (out / "language-model.jsonl").is_file()
    assert json.loads((out / "metrics.json").read_text("utf-8"))["naming"]["model"]
    page = (out / "report.html").read_text("utf-8")
    assert all(name in page for name in names_of(out))
    assert load_segmentation(out).edits == []  # nobody asked for an edit
    assert len(load_segmentation(out).history) >= 4
    assert server.requests


def test_a_server_that_is_down_costs_a_warning(
    discover: Callable[..., Done], tmp_path: Path, serve: Serve
) -> None:
    assert discover().returncode == 0
    plain = names_of(tmp_path / "out")
    server = serve()
    server.stop()
    done = discover("--llm", f"ollama:small?url={server.url}")
    assert done.returncode == 0
    (warned,) = [line for line in done.stderr.splitlines() if "coterie name" in line]
    assert server.url in warned
    out = tmp_path / "out"
    assert names_of(out) == plain
    assert (out / "report.html").is_file()
    assert not (out / "names.csv").exists()
    assert not (out / "language-model.jsonl").exists()
    assert json.loads((out / "metrics.json").read_text("utf-8")).get("naming") is None


def test_answers_that_cannot_be_used_leave_the_groups(
    discover: Callable[..., Done], tmp_path: Path, serve: Serve
) -> None:
    discover()
    plain = names_of(tmp_path / "out")
    for act in (answer("s2"), Act(status=500)):
        done = discover("--llm", f"ollama:small?url={serve(act).url}")
        assert done.returncode == 0, done.stderr
        assert names_of(tmp_path / "out") == plain
        assert set(pd.read_csv(tmp_path / "out" / "names.csv")["status"]) == {"refused"}


def test_a_wrong_name_of_a_model_is_refused_before_any_work(
    discover: Callable[..., Done], tmp_path: Path
) -> None:
    for llm in ("olama:small", "gguf:absent.gguf", "transformers:absent"):
        done = discover("--llm", llm)
        assert done.returncode == 2
        assert "Embedding" not in done.stderr
        assert not (tmp_path / "out").exists()


def test_discovering_again_keeps_edits_that_somebody_asked_for(
    discover: Callable[..., Done], coterie: Coterie, tmp_path: Path, serve: Serve
) -> None:
    server = serve(Namer({}))
    llm, out = f"ollama:small?url={server.url}", tmp_path / "out"
    assert discover("--llm", llm, "--no-look").returncode == 0
    again = discover("--llm", llm, "--no-look")
    assert again.returncode == 0, again.stderr  # these names were nobody's edit
    assert discover().returncode == 0
    assert not (out / "names.csv").exists()  # of the run before
    done = coterie("name", out, "--llm", llm, "--no-look")
    assert done.returncode == 0, done.stderr
    named = names_of(out)
    refused = discover()
    assert refused.returncode == 2
    assert "--overwrite" in refused.stderr
    assert names_of(out) == named
    assert discover("--overwrite").returncode == 0
    assert names_of(out) != named
