"""Where texts go: to the model that was named, and personal data to none elsewhere."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from coterie.errors import LanguageModelError
from coterie.llm import ModelName, load_model
from coterie.llm.hosted import HostedModel
from tests.llm.servers.conftest import KEY
from tests.llm.servers.playing import NAMES, Act, Request, Room, Server, hosted, question

Serve = Callable[..., Server]
PROVIDERS = list(NAMES)
JSON = '{"label": "refund"}'
MAIL, PHONE = "anna.schmidt@mail.example.com", "+49 170 1234567"
TEXT = f"I am {MAIL}, call {PHONE}; {MAIL} again."


@pytest.fixture
def elsewhere(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> Server:
    """Play a host that is not this machine: the clients reach it through a proxy."""
    server = serve(Act("No idea."), Act(JSON))
    monkeypatch.setenv("HTTP_PROXY", server.url)
    monkeypatch.setenv("COTERIE_LLM_HOSTS", "models.example")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    return server


@pytest.mark.parametrize("provider", ["ollama", "openai"])
def test_personal_data_is_masked_for_another_host(
    provider: str, elsewhere: Server, room: Room
) -> None:
    asker = room.asker(hosted(provider, "http://models.example"))
    (found,) = asker.ask([question(TEXT)], "Labels")
    assert found.answer is not None
    assert [request.host for request in elsewhere.requests] == ["models.example"] * 2
    for request in elsewhere.requests:
        assert MAIL not in request.everything
        assert PHONE not in request.everything
        assert "[e-mail 1]" in request.asked
    assert asker.ledger.remote
    assert sum(asker.ledger.masked.values()) == 2  # an address and a number, in whatever it took


def test_personal_data_is_masked_for_anthropic_wherever_it_is(serve: Serve, room: Room) -> None:
    server = serve(Act("No idea."), Act(JSON))
    asker = room.asker(hosted("anthropic", server.url))
    asker.ask([question(TEXT)], "Labels")
    assert len(server.requests) == 2
    assert all(MAIL not in request.everything for request in server.requests)
    assert sum(asker.ledger.masked.values()) == 2


def test_personal_data_is_masked_for_models_in_the_cloud_of_ollama(
    serve: Serve, room: Room
) -> None:
    server = serve()
    name = ModelName.parse(f"ollama:large:120b-cloud?url={server.url}")
    room.asker(HostedModel(name, 20)).ask([question(TEXT)], "Labels")
    assert MAIL not in server.requests[0].everything


@pytest.mark.parametrize("provider", ["ollama", "openai"])
def test_a_model_on_this_machine_sees_texts_as_they_are(
    provider: str, serve: Serve, room: Room
) -> None:
    server = serve()
    asker = room.asker(hosted(provider, server.url))
    asker.ask([question(TEXT)], "Labels")
    assert server.requests[0].asked == TEXT
    assert not asker.ledger.masked
    assert not asker.ledger.remote


def test_what_is_wrong_with_an_answer_is_masked_too(serve: Serve, room: Room) -> None:
    server = serve()
    asker = room.asker(hosted("anthropic", server.url))
    asker.ask([question(TEXT, check=lambda _: f"It must name {MAIL}.")], "Labels")
    assert len(server.requests) == 2
    assert MAIL not in server.requests[1].everything
    assert "[e-mail 1]" in server.requests[1].turns[-1][1]


@pytest.mark.parametrize("provider", ["ollama", "openai"])
@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "OPENAI_PROXY"])
def test_no_proxy_gets_what_is_for_this_machine(
    provider: str, variable: str, serve: Serve, monkeypatch: pytest.MonkeyPatch, room: Room
) -> None:
    server, proxy = serve(), serve()
    monkeypatch.setenv(variable, proxy.url)
    found = room.asker(hosted(provider, server.url)).ask([question(TEXT)], "Labels")
    assert found[0].answer is not None
    assert (len(server.requests), len(proxy.requests)) == (1, 0)


@pytest.mark.parametrize("provider", ["ollama", "openai"])
@pytest.mark.parametrize("status", [302, 307, 308])
def test_a_server_on_this_machine_cannot_send_texts_elsewhere(
    provider: str, status: int, serve: Serve, room: Room
) -> None:
    other = serve()
    server = serve(Act(status=status, headers={"location": f"{other.url}/api/chat"}))
    asker = room.asker(hosted(provider, server.url))
    with pytest.raises(LanguageModelError, match=str(status)):
        asker.ask([question(TEXT)], "Labels")
    assert not other.requests


# Addresses that LangChain knows of its own.

ASK = """
import sys
from coterie.llm import Asker, NoAnswers, load_model
from tests.llm.servers.playing import questions

for name in sys.argv[2:]:
    model = load_model(name)
    if sys.argv[1] == "ours":
        assert all(each.answer for each in Asker(model, NoAnswers(), None).ask(questions(3), "t"))
    else:
        model._made(frozenset()).invoke("message")
from langchain_core.tracers.langchain import wait_for_all_tracers
wait_for_all_tracers()
"""


@pytest.mark.parametrize("who", ["ours", "langchain"])
def test_langsmith_gets_nothing(who: str, serve: Serve) -> None:
    server, tracing, gateway = serve(), serve(), serve()
    names = [NAMES[provider].format(url=server.url) for provider in PROVIDERS]
    told = {
        **dict.fromkeys(("LANGSMITH_TRACING", "LANGCHAIN_TRACING_V2"), "true"),
        **dict.fromkeys(("LANGSMITH_ENDPOINT", "LANGCHAIN_ENDPOINT"), tracing.url),
        **dict.fromkeys(("LANGSMITH_API_KEY", "LANGCHAIN_API_KEY"), "lsv2_test"),
        "LANGSMITH_GATEWAY": gateway.url,
        "LANGSMITH_GATEWAY_API_KEY": "lsv2_gateway",
        "OPENAI_API_BASE": gateway.url,
        "ANTHROPIC_API_URL": gateway.url,
    }
    subprocess.run(  # in a process of its own: LangSmith remembers what it once read
        [sys.executable, "-c", ASK, who, *names], env={**os.environ, **told}, check=True
    )
    assert len(server.requests) >= 3
    assert not gateway.requests
    assert all("lsv2" not in request.everything for request in server.requests)
    assert bool(tracing.requests) == (who == "langchain")  # so the trap works


def test_loading_a_model_asks_no_server(serve: Serve) -> None:
    server = serve()
    for provider in PROVIDERS:
        model = load_model(NAMES[provider].format(url=server.url))
        assert model.count("some words") > 0
    assert not server.requests


def test_every_request_is_one_of_the_three_documented(serve: Serve, room: Room) -> None:
    seen: list[Request] = []
    for provider in PROVIDERS:
        server = serve()
        room.asker(hosted(provider, server.url)).ask([question()], "Labels")
        seen += server.requests
    paths = [request.path for request in seen]
    assert paths == ["/api/chat", "/v1/messages", "/v1/chat/completions"]
