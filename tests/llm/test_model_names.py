"""Names of language models: read, refused with a hint, and told apart by where texts go."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coterie.errors import OptionError
from coterie.llm import ModelName
from coterie.llm.names import PROVIDERS

SECRET = "s3cr3t-pass"


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OLLAMA_HOST", "ANTHROPIC_BASE_URL", "OPENAI_BASE_URL", "COTERIE_LLM_HOSTS"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("text", "provider", "model", "options"),
    [
        ("ollama:llama3.2", "ollama", "llama3.2", {}),
        ("ollama:qwen3:0.6b", "ollama", "qwen3:0.6b", {}),
        ("  ollama:small  ", "ollama", "small", {}),
        ("anthropic:claude-haiku-4-5", "anthropic", "claude-haiku-4-5", {}),
        ("gguf:models/small.gguf?window=8192", "gguf", "models/small.gguf", {"window": "8192"}),
        ("gguf:what?.gguf?threads=2", "gguf", "what?.gguf", {"threads": "2"}),
        (
            "openai:small?url=http://127.0.0.1:1/v1?x=1&window=9",
            "openai",
            "small",
            {"url": "http://127.0.0.1:1/v1?x=1", "window": "9"},
        ),
        ("transformers:models/small", "transformers", "models/small", {}),
    ],
)
def test_a_name_is_read_in_its_parts(
    text: str, provider: str, model: str, options: dict[str, str]
) -> None:
    found = ModelName.parse(text)
    assert (found.provider, found.model, dict(found.options)) == (provider, model, options)
    assert ModelName.parse(str(found)) == found


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("olama:small", "ollama"),
        ("antropic:claude", "anthropic"),
        ("zzz:small", "transformers:NAME"),
        ("small", "ollama:NAME"),
        ("", "ollama:NAME"),
        ("ollama", "ollama:MODEL"),
        ("ollama:", "ollama:MODEL"),
        ("gguf:", "gguf:models/small.gguf"),
        ("ollama:?window=8", "ollama:MODEL"),
        ("ollama:small?windw=8", "window"),
        ("ollama:small?threads=8", "window"),
        ("gguf:small.gguf?url=http://127.0.0.1", "window"),
        ("ollama:small?window=0", "window"),
        ("ollama:small?window=-1", "window"),
        ("ollama:small?window=", "window"),
        ("ollama:small?window=8k", "window"),
        (f"ollama:small?window={'9' * 5000}", "window"),
        ("ollama:small?thinking=perhaps", "thinking"),
        ("ollama:small?url=ftp://127.0.0.1", "http"),
        ("ollama:small?url=http://", "http"),
        ("ollama:small?url=http://127.0.0.1:port", "http"),
        ("ollama:small?url=http://[::1", "http"),
    ],
)
def test_a_name_that_cannot_be_read_is_refused_with_a_hint(text: str, hint: str) -> None:
    with pytest.raises(OptionError) as caught:
        ModelName.parse(text)
    assert hint in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_options_are_given_as_what_they_are() -> None:
    name = ModelName.parse("ollama:small?window=8192&thinking=Yes")
    assert name.number("window", 4096) == 8192
    assert name.switch("thinking")
    plain = ModelName.parse("ollama:small")
    assert plain.number("window", 4096) == 4096
    assert not plain.switch("thinking")
    assert not ModelName.parse("ollama:small?thinking=off").switch("thinking")


# Where texts go.


@pytest.mark.parametrize(
    ("text", "remote"),
    [
        ("ollama:small", False),
        ("ollama:small?url=http://localhost:11434", False),
        ("ollama:small?url=127.0.0.2", False),
        ("ollama:small?url=http://[::1]:11434", False),
        ("ollama:small?url=http://0.0.0.0:11434", False),
        ("ollama:small?url=http://[::]:11434", False),
        ("ollama:gpt-oss:120b-cloud", True),
        ("ollama:minimax-m2:cloud", True),
        ("ollama:GPT-OSS:120B-CLOUD", True),
        ("ollama:cloudy", False),
        ("openai:small?url=http://127.0.0.1:8000/v1", False),
        ("openai:gpt-4o-mini", True),
        ("anthropic:claude-haiku-4-5", True),
        ("anthropic:claude-haiku-4-5?url=http://127.0.0.1:8000", True),
        ("gguf:small.gguf", False),
        ("transformers:small", False),
    ],
)
def test_it_is_known_whether_texts_leave_this_machine(text: str, remote: bool) -> None:
    assert ModelName.parse(text).remote is remote


@pytest.mark.parametrize(
    "url",
    [
        "http://models.example",
        "https://models.example:8443/v1",
        "http://192.168.1.20:11434",
        "http://127.0.0.1.models.example",
        "http://0.0.0.0.models.example",
        "http://localhost.models.example",
        "http://api.openai.com.models.example",
        "http://2130706433",
        "http://127.1",
        "models.example",
    ],
)
@pytest.mark.parametrize("provider", ["ollama", "openai", "anthropic"])
def test_a_host_that_is_not_allowed_gets_nothing(provider: str, url: str) -> None:
    with pytest.raises(OptionError, match="COTERIE_LLM_HOSTS"):
        ModelName.parse(f"{provider}:small?url={url}")


def test_a_host_can_be_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COTERIE_LLM_HOSTS", "one.example, Models.Example ,")
    assert ModelName.parse("ollama:small?url=http://MODELS.example:11434").remote
    with pytest.raises(OptionError, match=r"sub\.models\.example"):
        ModelName.parse("ollama:small?url=http://sub.models.example")


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("OLLAMA_HOST", "ollama:small"),
        ("OPENAI_BASE_URL", "openai:small"),
        ("ANTHROPIC_BASE_URL", "anthropic:small"),
    ],
)
def test_an_address_of_the_environment_must_be_allowed_too(
    variable: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "http://models.example")
    with pytest.raises(OptionError, match=r"models\.example"):
        ModelName.parse(text)
    assert ModelName.parse(f"{text}?url=http://127.0.0.1:9/v1").url == "http://127.0.0.1:9/v1"


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("", "http://127.0.0.1:11434"),
        ("127.0.0.1", "http://127.0.0.1:11434"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("0.0.0.0:8080", "http://127.0.0.1:8080"),
        (":8080", "http://127.0.0.1:8080"),
        ("localhost:8080/ollama", "http://localhost:8080/ollama"),
        ("[::1]", "http://[::1]:11434"),
        ("http://[::]:8080", "http://[::1]:8080"),
        ("http://127.0.0.1", "http://127.0.0.1"),
        ("https://localhost:8443/x", "https://localhost:8443/x"),
    ],
)
def test_the_address_of_ollama_is_read_as_ollama_reads_it(
    written: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLLAMA_HOST", written)
    assert ModelName.parse("ollama:small").url == url


# Secrets.


@pytest.mark.parametrize(
    "text",
    [
        f"ollama:small?url=http://me:{SECRET}@127.0.0.1:11434",
        f"ollama:small?url=http://{SECRET}@127.0.0.1",
        f"ollama:small?url=http://:{SECRET}@127.0.0.1",
        f"openai:small?url=https://me:{SECRET}@models.example/v1",
        f"openai:small?url=http://127.0.0.1:80\\@{SECRET}.example",
        f"openai:small?url=me:{SECRET}@127.0.0.1",
        f"openai:small?api_key={SECRET}",
        f"opnai:small?url=http://me:{SECRET}@127.0.0.1",
        f"openai:?url=http://me:{SECRET}@127.0.0.1",
    ],
)
def test_a_password_in_a_name_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(OptionError) as caught:
        ModelName.parse(text)
    assert SECRET not in str(caught.value)


def test_a_password_in_the_environment_is_refused_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OLLAMA_HOST", f"http://me:{SECRET}@127.0.0.1")
    with pytest.raises(OptionError) as caught:
        ModelName.parse("ollama:small")
    assert SECRET not in str(caught.value)


@given(
    st.sampled_from([*PROVIDERS, "olama"]),
    st.text(max_size=30),
    st.sampled_from(["", "?url=", "?window=", "?thinking=", "?url=http://127.0.0.1/", "?"]),
    st.text(max_size=30),
)
def test_any_name_is_read_or_refused(provider: str, model: str, option: str, value: str) -> None:
    try:
        found = ModelName.parse(f"{provider}:{model}{option}{value}")
    except OptionError:
        return
    assert found.provider == provider
    assert isinstance(found.remote, bool)
