"""``train``, ``predict``, ``evaluate`` and ``bench`` with language models behind servers."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import coterie
from coterie.cli import main
from coterie.errors import LanguageModelError, OptionError
from coterie.options import ModelPlan
from coterie.workflows.training.models import make_classifier
from tests.llm.servers.playing import Act, Request, Server, nobody
from tests.llm.servers.test_prompt_servers import (
    MAIL,
    at_length,
    first,
    rightly,
    rows,
    said,
    text_of,
)

Serve = Callable[..., Server]


@dataclass(frozen=True)
class Done:
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        assert self.code == 0, self.err
        return json.loads(self.out)


Coterie = Callable[..., Done]


@pytest.fixture
def coterie_(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Coterie:
    """Type ``coterie ...``, with a cache of its own."""
    monkeypatch.setenv("COTERIE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words: object) -> Done:
        capsys.readouterr()
        code = main([str(word) for word in words])
        found = capsys.readouterr()
        return Done(code, found.out, found.err)

    return run


def write(path: Path, texts: Sequence[str], labels: Sequence[str] | None = None) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        lines = csv.writer(file)
        lines.writerow(["id", "text", *(["category"] if labels else [])])
        for place, text in enumerate(texts):
            lines.writerow([f"m{place}", text, *([labels[place]] if labels else [])])
    return path


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return write(tmp_path / "rows.csv", *rows())


@pytest.fixture
def tests(tmp_path: Path) -> Path:
    texts, labels = rows(4)
    return write(tmp_path / "tests.csv", [f"{text}, again" for text in texts], labels)


def train(
    coterie_: Coterie, table: Path, llm: str, out: Path, *words: object, model: str = "prompt"
) -> Done:
    asked = ("--llm", llm) if model == "prompt" else ()
    columns = ("--text", "text", "--label", "category", "--id", "id")
    how = ("--model", model, *asked, "--encoder", "tfidf", "--out", out)
    return coterie_("train", table, *columns, *how, *words)


def ollama(server: Server) -> str:
    return f"ollama:small?url={server.url}"


def anthropic(server: Server) -> str:
    return f"anthropic:claude-haiku-4-5?url={server.url}"


def picky(request: Request) -> Act:
    """Refuse a third of the texts."""
    return said("BANANA") if "hello" in text_of(request) else rightly(request)


def test_train_predict_and_evaluate(
    coterie_: Coterie, serve: Serve, table: Path, tests: Path, tmp_path: Path
) -> None:
    server = serve(rightly)
    model = tmp_path / "model"
    done = train(coterie_, table, ollama(server), model)
    assert done.code == 0, done.err
    assert "12 calls" in done.out  # half of 24 rows calibrate
    told = train(coterie_, table, ollama(server), tmp_path / "other", "--json").json
    assert told["language_model"]["calls"] == 0
    assert told["language_model"]["kept"] == 12
    assert told["language_model"]["order_bias"]["bias"] == 0
    assert told["accuracy"] == 1
    out = tmp_path / "predictions.csv"
    done = coterie_("predict", model, tests, "--out", out)
    assert done.code == 0, done.err
    assert "calls" in done.out
    found = pd.read_csv(out)
    assert found["label"].tolist() == rows(4)[1]
    told = coterie_("predict", model, tests, "--out", out, "--json").json
    assert [each["kept"] for each in told["language_models"]] == [12]
    done = coterie_("evaluate", model, tests, "--out", tmp_path / "judged", "--json")
    figures = done.json["models"][0]
    assert figures["accuracy"] == 1
    assert figures["refused"] == 0
    assert figures["order_bias"] == 0
    assert figures["llm"] == ollama(server)
    assert figures["llm_tokens"] == 25
    assert (tmp_path / "judged" / "report.html").is_file()
    assert coterie_("evaluate", model, tests, "--out", tmp_path / "judged").code == 0


def test_the_name_may_follow_the_kind(
    coterie_: Coterie, serve: Serve, table: Path, tmp_path: Path
) -> None:
    server = serve(rightly)
    done = train(
        coterie_, table, "", tmp_path / "model", "--json", model=f"prompt:{ollama(server)}"
    )
    assert done.json["language_model"]["model"] == ollama(server)


def test_refused_rows_stay_in_the_tables_and_count_as_wrong(
    coterie_: Coterie, serve: Serve, table: Path, tests: Path, tmp_path: Path
) -> None:
    server = serve(picky)
    model, out = tmp_path / "model", tmp_path / "predictions.csv"
    assert train(coterie_, table, ollama(server), model).code == 0
    told = coterie_("predict", model, tests, "--out", out, "--json").json
    assert told["refused"] == 3
    found = pd.read_csv(out, keep_default_na=False)
    assert len(found) == 12
    refused = found["status"] == "refused"
    assert (found["label"] == "").tolist() == refused.tolist()
    assert refused.sum() == 3
    judged = tmp_path / "judged"
    figures = coterie_("evaluate", model, tests, "--out", judged, "--json").json["models"][0]
    assert figures["accuracy"] == pytest.approx(0.75)
    assert figures["refused"] == pytest.approx(0.25)
    mistakes = pd.read_csv(judged / "mistakes.csv", keep_default_na=False)
    assert mistakes["status"].tolist() == ["refused"] * 3
    assert mistakes["predicted"].tolist() == [""] * 3
    page = (judged / "report.html").read_text(encoding="utf-8")
    assert "25.0%" in page
    assert "25.0%" in coterie_("evaluate", model, tests, "--out", judged).out


def test_the_page_is_made_where_every_row_is_refused(
    coterie_: Coterie, serve: Serve, table: Path, tests: Path, tmp_path: Path
) -> None:
    server = serve(rightly)
    model, judged = tmp_path / "model", tmp_path / "judged"
    assert train(coterie_, table, ollama(server), model).code == 0
    server.script = (said("BANANA"),)
    assert coterie_("predict", model, tests, "--out", tmp_path / "said.csv").code == 0
    done = coterie_("evaluate", model, tests, "--out", judged, "--json")
    figures = done.json["models"][0]
    assert figures["accuracy"] == 0
    assert figures["refused"] == 1
    assert (judged / "report.html").is_file()
    assert len(pd.read_csv(judged / "mistakes.csv")) == 12
    both = tmp_path / "both"
    done = coterie_(
        "train", table, "--text", "text", "--label", "category", "--model", "linear", "--encoder",
        "tfidf", "--out", tmp_path / "linear",
    )  # fmt: skip
    assert done.code == 0
    assert coterie_("evaluate", model, tmp_path / "linear", tests, "--out", both).code == 0


@pytest.mark.filterwarnings("ignore:.*not calibrated:coterie.errors.CoterieWarning")
def test_training_ends_where_every_answer_is_refused(
    coterie_: Coterie, serve: Serve, table: Path, tmp_path: Path
) -> None:
    done = train(coterie_, table, ollama(serve(said("BANANA"))), tmp_path / "model", "--json")
    assert done.json["language_model"]["refused"] == 12
    done = train(coterie_, table, ollama(serve(said("BANANA"))), tmp_path / "model")
    assert done.code == 0, done.err
    assert "12 refused" in done.out


def test_order_bias_is_shown(
    coterie_: Coterie, serve: Serve, table: Path, tests: Path, tmp_path: Path
) -> None:
    model = tmp_path / "model"
    assert train(coterie_, table, ollama(serve(first)), model).code == 0
    done = coterie_("evaluate", model, tests, "--out", tmp_path / "judged", "--json")
    language = done.json["models"][0]
    assert language["first_shown"] == 1
    assert language["order_bias"] == pytest.approx(1 - language["expected_first"], abs=1e-6)


def test_one_text_and_one_row_are_explained(
    coterie_: Coterie, serve: Serve, table: Path, tests: Path, tmp_path: Path
) -> None:
    server, model = serve(picky), tmp_path / "model"
    assert train(coterie_, table, ollama(server), model).code == 0
    count = len(server.requests)
    done = coterie_("predict", model, "--one", "where is the parcel", "--json")
    assert done.json["label"] == "delivery"
    assert done.json["language_models"][0]["calls"] == 1
    assert len(server.requests) - count == 1
    assert "small" in coterie_("predict", model, "--one", "where is the parcel").out
    assert coterie_("predict", model, tests, "--why", "m0", "--json").json["label"] == "refund"
    refused = coterie_("predict", model, "--one", "hello", "--json").json
    assert (refused["label"], refused["status"]) == ("", "refused")
    assert "refund (" not in coterie_("predict", model, "--one", "hello").out


def test_a_saved_model_asks_a_model_elsewhere_only_where_it_is_named_again(
    coterie_: Coterie, serve: Serve, table: Path, tests: Path, tmp_path: Path
) -> None:
    server, model = serve(rightly), tmp_path / "model"
    llm = anthropic(server)
    assert train(coterie_, table, llm, model).code == 0
    count = len(server.requests)
    out, judged = tmp_path / "said.csv", tmp_path / "judged"
    commands: list[tuple[object, ...]] = [
        ("predict", model, tests, "--out", out),
        ("predict", model, "--one", "my card"),
        ("predict", model, tests, "--why", "m0"),
        ("evaluate", model, tests, "--out", judged),
        ("bench", "predict", model, tests, "--seconds", "0.01"),
        ("bench", "predict", model, "--seconds", "0.01"),
        ("predict", model, tests, "--out", out, "--llm", "anthropic:claude-opus-4-1"),
    ]
    for command in commands:
        done = coterie_(*command)
        assert done.code == 2, command
        assert llm in done.err
        assert "Traceback" not in done.err
    loaded = coterie.load(model)
    for ask in (
        lambda: loaded.predict(tests),
        lambda: loaded.explain("my card"),
        lambda: coterie.evaluate(loaded, tests),
        lambda: loaded.estimator.predict(["my card"]),
    ):
        with pytest.raises(OptionError, match="llm="):
            ask()
    assert len(server.requests) == count
    for command in commands[:-1]:
        done = coterie_(*command, "--llm", llm)
        assert done.code == 0, (command, done.err)
    assert len(server.requests) > count
    assert loaded.explain("my card", llm=llm).label == "lost_card"
    assert len(loaded.predict(tests, llm=llm)) == 12
    assert len(coterie.evaluate(loaded, tests, llm=llm).figures) == 1


def test_ollama_at_another_host_is_named_again_too(
    coterie_: Coterie,
    serve: Serve,
    table: Path,
    tests: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server, model = serve(rightly), tmp_path / "model"
    monkeypatch.setenv("HTTP_PROXY", server.url)
    monkeypatch.setenv("COTERIE_LLM_HOSTS", "models.example")
    llm = "ollama:small?url=http://models.example"
    texts, labels = rows()
    private = write(tmp_path / "private.csv", [f"{text}, {MAIL}" for text in texts], labels)
    assert train(coterie_, private, llm, model).code == 0
    count = len(server.requests)
    assert coterie_("predict", model, tests, "--out", tmp_path / "said.csv").code == 2
    assert len(server.requests) == count
    done = coterie_("predict", model, private, "--out", tmp_path / "said.csv", "--llm", llm)
    assert done.code == 0, done.err
    assert {request.host for request in server.requests} == {"models.example"}
    assert not any(MAIL in request.everything for request in server.requests)


def test_a_limit_of_money_leaves_the_rest_refused(
    coterie_: Coterie, serve: Serve, table: Path, tests: Path, tmp_path: Path
) -> None:
    server, model = serve(at_length), tmp_path / "model"
    llm = anthropic(server)
    assert train(coterie_, table, llm, model, "--llm-price", "1/5").code == 0
    limit = ("--llm", llm, "--llm-price", "1000/5000", "--max-cost", "4")
    out = tmp_path / "said.csv"
    told = coterie_("predict", model, tests, "--out", out, *limit, "--json").json
    (ledger,) = told["language_models"]
    assert 0 < ledger["cost"] <= 4
    assert told["refused"] == ledger["refused"] == 12 - ledger["calls"] > 0
    assert len(pd.read_csv(out)) == 12
    unknown = f"anthropic:claude-unheard-of?url={server.url}"
    done = train(coterie_, table, unknown, tmp_path / "other", "--max-cost", "1")
    assert done.code == 2
    assert "--llm-price" in done.err


def test_a_server_that_is_down_costs_one_sentence_and_no_file(
    coterie_: Coterie, serve: Serve, table: Path, tests: Path, tmp_path: Path
) -> None:
    server, model, out = serve(rightly), tmp_path / "model", tmp_path / "said.csv"
    assert train(coterie_, table, ollama(server), model).code == 0
    server.stop()
    for command in (
        ("predict", model, tests, "--out", out),
        ("evaluate", model, tests, "--out", tmp_path / "judged"),
    ):
        done = coterie_(*command)
        assert done.code != 0
        assert server.url in done.err
        assert "Traceback" not in done.err
    assert not out.exists()
    assert not (tmp_path / "judged" / "report.html").exists()
    done = train(coterie_, table, f"ollama:small?url={nobody()}", tmp_path / "other")
    assert done.code != 0
    assert not (tmp_path / "other").exists() or not any((tmp_path / "other").glob("*/model.json"))
    with pytest.raises(LanguageModelError):
        coterie.load(model).predict(tests)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"model": "prompt"}, "--llm"),
        ({"model": "voting", "members": ("linear", "prompt:ollama:small")}, "member"),
        ({"model": "cascade", "members": ("linear", "prompt:ollama:small")}, "member"),
        ({"model": "auto", "members": ("prompt:ollama:small", "linear")}, "member"),
        ({"model": "prompt:olama:small"}, "ollama"),
    ],
)
def test_a_plan_that_cannot_be_is_one_sentence(given: dict[str, Any], told: str) -> None:
    texts, labels = rows()
    with pytest.raises(OptionError, match=told):
        make_classifier(ModelPlan(encoder="tfidf", **given), None).fit(texts, labels)
