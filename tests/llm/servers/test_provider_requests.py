"""What is sent to each provider, and what is read from its answer."""

from __future__ import annotations

import traceback
from collections.abc import Callable

import pytest

from coterie.errors import LanguageModelError
from coterie.llm import ModelName, Prompt, Reply, load_model, schema_of
from coterie.llm.base import TryAgainError
from coterie.llm.hosted import HostedModel
from tests.llm.servers.conftest import KEY
from tests.llm.servers.playing import (
    NAMES,
    Act,
    Label,
    Request,
    Room,
    Server,
    hosted,
    nobody,
    question,
)

Serve = Callable[..., Server]
PROVIDERS = list(NAMES)
PROMPT = Prompt("Name its label, in JSON.", "Where is my money?", schema_of(Label), 64)
WORDS = Prompt("Be short.", "Where is my money?", None, 64)
JSON = '{"label": "refund"}'


def schema_in(request: Request) -> object:
    """Find the schema that the server is to enforce."""
    body = request.body
    tools, wanted = body.get("tools"), body.get("response_format")
    if wanted:
        return wanted["json_schema"]["schema"]["properties"]
    if tools:
        return tools[0]["input_schema"]["properties"]
    return body["format"]["properties"] if body.get("format") else None


# What every provider is sent, and how it may answer.


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_question_goes_out_whole_and_its_answer_comes_back(provider: str, serve: Serve) -> None:
    server = serve(Act(JSON, used=(31, 7)))
    reply = hosted(provider, server.url).reply(PROMPT)
    (request,) = server.requests
    assert request.turns == [(each["role"], each["content"]) for each in PROMPT.messages]
    assert schema_in(request) == schema_of(Label)["properties"]
    assert (request.body.get("options") or request.body)["temperature"] == 0
    assert Label.model_validate_json(reply.text) == Label(label="refund")
    assert (reply.tokens_in, reply.tokens_out) == (31, 7)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_words_are_asked_for_without_a_schema(provider: str, serve: Serve) -> None:
    server = serve(Act("A label in words."))
    assert hosted(provider, server.url).reply(WORDS).text == "A label in words."
    assert schema_in(server.requests[0]) is None


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_server_enforces_no_schema_where_it_is_not_to(provider: str, serve: Serve) -> None:
    server = serve()
    asked = PROMPT.answered("Refund.", "Not JSON.", constrained=False)
    hosted(provider, server.url).reply(asked)
    assert schema_in(server.requests[0]) is None
    assert server.requests[0].turns[-2:] == [("assistant", "Refund."), ("user", "Not JSON.")]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_thinking_of_its_own_field_is_left_out(provider: str, serve: Serve) -> None:
    reply = hosted(provider, serve(Act(JSON, thinking="It is a card.")).url).reply(PROMPT)
    assert Label.model_validate_json(reply.text).label == "refund"
    assert "card" not in reply.text


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize(
    ("said", "left"),
    [
        (f"<think>A card?</think>\n{JSON}", JSON),
        (f"A card?</think>{JSON}", JSON),
        (f"{JSON}<think>Or is it a card", JSON),
        ("<think>A card? I wonder", ""),
    ],
)
def test_thinking_in_the_answer_is_left_out(
    provider: str, said: str, left: str, serve: Serve
) -> None:
    assert hosted(provider, serve(Act(said)).url).reply(PROMPT).text == left


@pytest.mark.parametrize("provider", PROVIDERS)
def test_half_characters_do_not_stop_a_question(provider: str, serve: Serve) -> None:
    server = serve()
    hosted(provider, server.url).reply(Prompt("Be short.", "broken \ud83d text"))
    assert server.requests[0].asked.startswith("broken ")


@pytest.mark.parametrize("provider", PROVIDERS)
def test_tokens_are_estimated_where_a_server_counts_none(provider: str, serve: Serve) -> None:
    model = hosted(provider, serve(Act("four words are said", used=(0, 0))).url)
    reply = model.reply(WORDS)
    assert reply.tokens_in == model.count(WORDS.text) > 0
    assert reply.tokens_out == model.count("four words are said") > 0


# What goes wrong, and what is said of it.


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 529])
def test_a_busy_server_is_to_be_asked_again(provider: str, status: int, serve: Serve) -> None:
    server = serve(Act(status=status, error="overloaded"))
    with pytest.raises(TryAgainError, match=str(status)):
        hosted(provider, server.url).reply(PROMPT)
    assert len(server.requests) == 1  # the client itself does not try again


@pytest.mark.parametrize("provider", ["anthropic", "openai"])
@pytest.mark.parametrize(
    ("written", "least", "most"),
    [
        ("7", 7, 7),
        ("Fri, 31 Dec 2100 23:59:59 GMT", 1e9, 1e10),
        ("Fri, 31 Dec 1999 23:59:59 GMT", None, None),
        ("soon", None, None),
        ("nan", None, None),
        ("-3", None, None),
    ],
)
def test_how_long_to_wait_is_read(
    provider: str, written: str, least: float | None, most: float | None, serve: Serve
) -> None:
    model = hosted(provider, serve(Act(status=429, headers={"retry-after": written})).url)
    with pytest.raises(TryAgainError) as caught:
        model.reply(PROMPT)
    after = caught.value.after
    assert (after is None) if least is None or most is None else least <= (after or 0) <= most


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("cut", ["before", "within"])
def test_a_connection_that_breaks_is_to_be_tried_again(
    provider: str, cut: str, serve: Serve
) -> None:
    model = hosted(provider, serve(Act(JSON, cut=cut)).url)  # type: ignore[arg-type]
    with pytest.raises(TryAgainError):
        model.reply(PROMPT)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_an_answer_that_does_not_come_is_to_be_asked_for_again(provider: str, serve: Serve) -> None:
    model = hosted(provider, serve(Act(held=True)).url, timeout=0.2)
    with pytest.raises(TryAgainError, match=r"0\.2 s"):
        model.reply(PROMPT)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_server_that_is_not_there_is_named_with_what_to_do(provider: str) -> None:
    url = nobody()
    with pytest.raises(LanguageModelError) as caught:
        hosted(provider, url).reply(PROMPT)
    said = str(caught.value)
    assert url in said
    assert ("ollama serve" in said) == (provider == "ollama")
    assert said.endswith(".")
    assert "\n" not in said


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_server_that_was_there_is_tried_again(provider: str, serve: Serve) -> None:
    server = serve(Act(status=500))
    model = hosted(provider, server.url)
    with pytest.raises(TryAgainError):
        model.reply(PROMPT)
    server.stop()
    with pytest.raises(TryAgainError):
        model.reply(PROMPT)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_an_absent_model_is_named_with_what_to_do(provider: str, serve: Serve) -> None:
    model = hosted(provider, serve(Act(status=404, error="model 'small' not found")).url)
    with pytest.raises(LanguageModelError) as caught:
        model.reply(PROMPT)
    name = ModelName.parse(model.name).model
    assert name in str(caught.value)
    assert (f"ollama pull {name}" in str(caught.value)) == (provider == "ollama")


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_is_not_taken_is_named_by_its_variable(
    provider: str, status: int, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    variable = f"{provider.upper()}_API_KEY"
    monkeypatch.setenv(variable, KEY)
    server = serve(Act(status=status, error=f"Incorrect API key provided: {KEY}"))
    with pytest.raises(LanguageModelError, match=variable) as caught:
        hosted(provider, server.url).reply(PROMPT)
    assert KEY not in "".join(traceback.format_exception(caught.value))
    assert KEY in server.requests[0].everything  # or it could not have come back


@pytest.mark.parametrize(
    ("provider", "broken"),
    [*((provider, f"{KEY}\n") for provider in PROVIDERS), ("openai", f"{KEY}\u2026")],
)
def test_a_key_that_no_header_can_hold_is_not_shown(
    provider: str, broken: str, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    variable = f"{provider.upper()}_API_KEY"
    monkeypatch.setenv(variable, broken)
    server = serve()
    with pytest.raises(LanguageModelError, match=variable) as caught:
        hosted(provider, server.url).reply(PROMPT)
    assert KEY not in "".join(traceback.format_exception(caught.value))
    assert not server.requests


@pytest.mark.parametrize("provider", ["anthropic", "openai"])
def test_a_missing_key_is_named_by_its_variable(
    provider: str, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    monkeypatch.setenv("COTERIE_LLM_HOSTS", "models.example")
    url = serve().url if provider == "anthropic" else "http://models.example"
    with pytest.raises(LanguageModelError, match=f"{provider.upper()}_API_KEY"):
        hosted(provider, url).reply(PROMPT)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_key_is_sent_in_a_header_alone_and_shown_nowhere(
    provider: str, serve: Serve, monkeypatch: pytest.MonkeyPatch, room: Room
) -> None:
    monkeypatch.setenv(f"{provider.upper()}_API_KEY", KEY)
    server = serve(Act("Refund."), Act(JSON))
    asker = room.asker(hosted(provider, server.url))
    found = asker.ask([question()], "Labels")
    for request in server.requests:
        holding = [name for name, value in request.headers.items() if KEY in value]
        assert set(holding) <= {"authorization", "x-api-key"}
        assert holding
        assert KEY not in str(request.body)
        assert KEY not in request.path
    model = asker.model
    shown = [repr(model), model.identity, asker.ledger.to_dict(), asker.ledger.line, found]
    assert KEY not in str(shown)
    room.kept.close()
    assert all(KEY.encode() not in file.read_bytes() for file in room.kept.folder.iterdir())


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_question_that_is_not_taken_is_refused_at_once(provider: str, serve: Serve) -> None:
    server = serve(Act(status=400, error="the prompt is too long for this model"))
    with pytest.raises(LanguageModelError, match="400"):
        hosted(provider, server.url).reply(PROMPT)
    assert len(server.requests) == 1


def _takes_no(setting: str, told: str) -> Callable[[Request], Act]:
    """Refuse what is asked with a setting, and answer the rest."""

    def play(request: Request) -> Act:
        body = request.body | request.body.get("options", {})
        return Act(status=400, error=told) if body.get(setting) not in (None, []) else Act(JSON)

    return play


@pytest.mark.parametrize(
    ("provider", "setting", "told"),
    [
        ("ollama", "format", "invalid format: schema is not supported"),
        ("anthropic", "tools", "tools: this model does not support tool use"),
        ("openai", "response_format", "This response_format type is unavailable now"),
        (
            "openai",
            "response_format",
            "'response_format' of type 'json_schema' is not supported with this model",
        ),
        ("anthropic", "temperature", "`temperature` is deprecated for this model."),
        ("openai", "temperature", "Unsupported value: 'temperature' does not support 0"),
    ],
)
def test_what_a_server_does_not_take_is_left_out_from_then_on(
    provider: str, setting: str, told: str, serve: Serve
) -> None:
    server = serve(_takes_no(setting, told))
    model = hosted(provider, server.url)
    assert "refund" in model.reply(PROMPT).text
    assert len(server.requests) == 2
    assert "refund" in model.reply(PROMPT).text
    assert len(server.requests) == 3
    assert {**server.requests[0].body, **server.requests[2].body} == server.requests[0].body


def test_words_that_only_look_like_a_setting_are_none(serve: Serve) -> None:
    server = serve(Act(status=400, error="see the documentation for more information"))
    with pytest.raises(LanguageModelError):
        hosted("ollama", server.url).reply(PROMPT)
    assert len(server.requests) == 1


def test_the_name_of_a_model_is_no_setting(serve: Serve) -> None:
    server = serve(Act(status=400, error="small-thinking cannot be loaded"))
    name = ModelName.parse(f"ollama:small-thinking?url={server.url}")
    with pytest.raises(LanguageModelError):
        HostedModel(name, 20).reply(PROMPT)
    assert len(server.requests) == 1


# Ollama.


def test_ollama_gets_the_window_and_the_length(serve: Serve) -> None:
    server = serve()
    hosted("ollama", server.url, "&window=8192").reply(PROMPT)
    body = server.requests[0].body
    assert body["options"]["num_ctx"] == 8192
    assert body["options"]["num_predict"] == PROMPT.longest
    assert body["think"] is False
    assert server.requests[0].path == "/api/chat"


def test_ollama_thinks_without_a_schema_and_with_room(serve: Serve) -> None:
    server = serve(Act(JSON, thinking="A card?"))
    reply = hosted("ollama", server.url, "&window=8192&thinking=yes").reply(PROMPT)
    body = server.requests[0].body
    assert body["think"] is True
    assert not body.get("format")
    assert body["options"]["num_predict"] == 4096
    assert reply.text == JSON


def test_a_model_that_cannot_think_is_asked_not_to_and_gets_the_schema(serve: Serve) -> None:
    server = serve(Act(status=400, error='"small" does not support thinking'), Act(JSON))
    assert hosted("ollama", server.url, "&thinking=yes").reply(PROMPT).text == JSON
    assert server.requests[1].body.get("think") is None
    assert server.requests[1].body["format"]


@pytest.mark.parametrize("provider", ["ollama", "openai"])
def test_a_model_that_only_thought_gets_more_room(provider: str, serve: Serve) -> None:
    thought = Act("", thinking="A card? Or", reason="length", used=(20, 64))
    server = serve(thought, Act(JSON))
    model = hosted(provider, server.url, "&window=6000")
    assert model.reply(PROMPT).text == ""
    assert model.reply(PROMPT).text == JSON
    lengths = [
        request.body.get("max_tokens") or request.body["options"]["num_predict"]
        for request in server.requests
    ]
    assert lengths == [64, 3000]


def test_a_model_elsewhere_gets_no_more_room_than_was_paid_for(serve: Serve) -> None:
    server = serve(Act("", reason="length"), Act(JSON))
    model = hosted("anthropic", server.url)
    model.reply(WORDS)
    model.reply(WORDS)
    assert [request.body["max_tokens"] for request in server.requests] == [64, 64]


@pytest.mark.parametrize(
    "act", [Act(JSON, cut="cleanly"), Act(JSON, fails="llama runner process has terminated")]
)
def test_a_stream_without_its_end_is_no_answer(act: Act, serve: Serve) -> None:
    with pytest.raises(TryAgainError):
        hosted("ollama", serve(act).url).reply(PROMPT)


def test_an_answer_with_an_error_in_it_is_not_taken_for_a_key(serve: Serve) -> None:
    server = serve(Act(JSON, fails="the author of the model is unknown"))
    with pytest.raises(TryAgainError):
        hosted("ollama", server.url).reply(PROMPT)


def test_ollama_where_it_listens_on_every_address_is_asked_here(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve()
    monkeypatch.setenv("OLLAMA_HOST", server.url.replace("http://127.0.0.1", "0.0.0.0"))
    model = HostedModel(ModelName.parse("ollama:small"), 20)
    assert not model.remote
    assert isinstance(model.reply(PROMPT), Reply)
    assert len(server.requests) == 1


def test_an_address_is_settled_when_a_model_is_made(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = serve(), serve()
    monkeypatch.setenv("OLLAMA_HOST", first.url)
    model = HostedModel(ModelName.parse("ollama:small"), 20)
    monkeypatch.setenv("OLLAMA_HOST", second.url)
    model.reply(PROMPT)
    assert (len(first.requests), len(second.requests)) == (1, 0)


# Anthropic.


def test_anthropic_is_made_to_use_the_tool_and_never_streams(serve: Serve) -> None:
    server = serve()
    hosted("anthropic", server.url).reply(PROMPT)
    (request,) = server.requests
    assert request.path == "/v1/messages"
    assert request.body["tool_choice"]["name"] == request.body["tools"][0]["name"]
    assert request.body["max_tokens"] == PROMPT.longest
    assert not request.body.get("stream")


def test_an_answer_of_anthropic_in_text_is_read_too(serve: Serve) -> None:
    server = serve(Act("It is about a refund."))
    assert "refund" in hosted("anthropic", server.url).reply(PROMPT).text


# OpenAI and those that speak its way.


def test_servers_like_openai_get_the_length_in_the_way_they_all_know(serve: Serve) -> None:
    server = serve()
    hosted("openai", server.url).reply(PROMPT)
    (request,) = server.requests
    assert request.path == "/v1/chat/completions"
    assert request.body["max_tokens"] == PROMPT.longest
    assert request.body["response_format"]["type"] == "json_schema"


def test_openai_itself_gets_the_length_in_its_newer_way(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve()
    monkeypatch.setenv("HTTP_PROXY", server.url)  # so that its host is asked here
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    name = ModelName.parse("openai:gpt-4o-mini?url=http://api.openai.com/v1")
    HostedModel(name, 20).reply(PROMPT)
    (request,) = server.requests
    assert request.host == "api.openai.com"
    assert request.body["max_completion_tokens"] == PROMPT.longest
    assert "max_tokens" not in request.body


def test_an_answer_that_was_cut_off_is_one(serve: Serve) -> None:
    server = serve(Act('{"label": "ref', reason="length"))
    assert hosted("openai", server.url).reply(PROMPT).text == '{"label": "ref'
    assert len(server.requests) == 1


def test_a_provider_without_a_key_is_not_called(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("anthropic:claude-haiku-4-5", "openai:gpt-4.1-mini"):
        key = f"{name.partition(':')[0].upper()}_API_KEY"
        monkeypatch.delenv(key, raising=False)
        with pytest.raises(LanguageModelError, match=key):
            load_model(name).reply(Prompt("You answer.", "Hello?"))
