"""The recipe of attendees asks the language models that are there, and says which are not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.llm.servers.playing import Act, Part, Request, Server, nobody
from tests.llm.servers.test_prompt_servers import first
from tests.llm.servers.test_prompt_verbs import Coterie, Serve, coterie_  # noqa: F401

ASKED = ("deepseek-r1", "llama3.2", "phi3.5")
ROWS = 60


def asked_for(request: Request) -> list[str]:
    """Name the fields of the answer that a server is asked for."""
    return list((request.body.get("format") or {}).get("properties", ()))


def having(*models: str) -> Part:
    """Play Ollama with some models; each answers the label that it is shown first."""

    def play(request: Request) -> Act:
        if request.path == "/api/tags":
            known = {"models": [{"name": f"{each}:latest"} for each in models]}
            return Act(json.dumps(known), raw=True)
        labels = "label" in asked_for(request)
        return first(request) if labels else Act("No name comes to mind.")

    return play


def run(coterie_: Coterie, out: Path, *words: object) -> tuple[dict[str, Any], str]:  # noqa: F811
    done = coterie_(
        "run", "attendees", "--rows", ROWS, "--encoder", "tfidf", "--out", out, "--json", *words
    )
    page = (out / "index.html").read_text(encoding="utf-8")
    found: dict[str, Any] = done.json
    return found, page


def models_of(found: dict[str, Any]) -> list[str]:
    return [each["model"] for each in found["train"]["models"]]


def test_models_that_cannot_be_reached_are_left_out_in_one_line(
    coterie_: Coterie,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OLLAMA_HOST", nobody())
    found, page = run(coterie_, tmp_path / "out")
    assert models_of(found) == ["few-shot", "linear", "mlp", "voting"]
    lines = [line for line in page.splitlines() if "ollama" in line]
    assert any(all(name in line for name in ASKED) for line in lines)


def test_the_one_that_is_there_is_trained_and_shown_beside_the_others(
    coterie_: Coterie,  # noqa: F811
    serve: Serve,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server: Server = serve(having("llama3.2"))
    monkeypatch.setenv("OLLAMA_HOST", server.url)
    out = tmp_path / "out"
    found, page = run(coterie_, out)
    assert models_of(found)[-1] == "prompt:ollama:llama3.2"
    assert len(models_of(found)) == 5
    asked = next(each for each in found["train"]["models"] if "ollama" in each["model"])
    assert asked["first_shown"] == 1
    assert (out / "models" / "prompt-ollama-llama3.2").is_dir()
    shown = (out / "train" / "report.html").read_text(encoding="utf-8")
    assert "prompt:ollama:llama3.2" in shown
    assert "phi3.5" not in shown
    for name in ("deepseek-r1", "phi3.5"):
        assert name in page
    asked_names = {request.body.get("model") for request in server.requests}
    assert asked_names <= {None, "llama3.2"}
    said = pd.read_csv(out / "train" / "predictions.csv")
    assert len(said) == found["rows"]


def test_a_model_that_the_user_names_asks_alone_and_names_the_groups(
    coterie_: Coterie,  # noqa: F811
    serve: Serve,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OLLAMA_HOST", nobody())
    server: Server = serve(having("small"))
    llm = f"ollama:small?url={server.url}"
    found, page = run(coterie_, tmp_path / "out", "--llm", llm)
    assert models_of(found) == ["few-shot", "linear", "mlp", "voting", f"prompt:{llm}"]
    fields = {field for request in server.requests for field in asked_for(request)}
    assert {"label", "name"} <= fields  # of rows and of groups
    assert not any(name in page for name in ASKED)
