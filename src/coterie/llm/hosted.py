"""Models behind a server, through LangChain: Ollama, Anthropic, and any that speak OpenAI's way."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any

from coterie.errors import LanguageModelError
from coterie.extras import require
from coterie.llm.base import Prompt, Reply, TryAgainError
from coterie.llm.names import ModelName
from coterie.llm.thinking import without_thinking

__all__ = ["HostedModel"]

_PACKAGES = {
    "ollama": "langchain_ollama",
    "anthropic": "langchain_anthropic",
    "openai": "langchain_openai",
}
_KEYS = {"anthropic": "ANTHROPIC_API_KEY", "openai": "OPENAI_API_KEY"}
_STARTS = {
    "ollama": "start it with ollama serve",
    "openai": "start it, or mend its address (?url=)",
}

# judgements, not measured: small models are often run so, and hosted ones have more
_WINDOWS = {"ollama": 4096, "openai": 8192, "anthropic": 100_000}
_AT_ONCE = {"ollama": 1, "openai": 4, "anthropic": 4}
_CHARACTERS = 2.5  # for a token, at least, in languages with letters; a judgement
_BUSY = (408, 409, 425, 429, 500, 502, 503, 504, 529)


class HostedModel:
    """A model behind a server; see `coterie.llm.base.ChatModel`.

    Parameters
    ----------
    name
        Of the model.
    timeout
        Seconds to wait for an answer.
    """

    def __init__(self, name: ModelName, timeout: float) -> None:
        require("langchain", extra="llm", purpose=f"The language model {name}")
        package = _PACKAGES[name.provider]
        require(package, extra="llm", purpose=f"The language model {name}")
        self.name, self.remote = str(name), name.remote
        self.window = name.number("window", _WINDOWS[name.provider])
        self.at_once = _AT_ONCE[name.provider]
        self.thinks = name.options.get("thinking", "no").lower() in ("yes", "true", "on", "1")
        self.identity = f"{name} at {name.url}"
        self._name, self._timeout = name, timeout
        self._lock = threading.Lock()
        self._client: Any = None
        self._refused: set[str] = set()  # settings that this model does not take
        self._answered = False

    def __repr__(self) -> str:
        return f"HostedModel({self.name!r})"

    def count(self, text: str) -> int:
        """Estimate the tokens of a text from above; letters beyond ASCII are a token each."""
        wide = sum(character > "\u2e7f" for character in text)
        return int((len(text) - wide) / _CHARACTERS) + wide + 1

    def reply(self, prompt: Prompt) -> Reply:
        """Ask the server; see `coterie.llm.base.ChatModel.reply`."""
        while True:
            refused = frozenset(self._refused)
            try:
                return self._asked(prompt, refused)
            except Exception as error:
                if not self._learn(error, refused):
                    raise self._translated(error) from error

    def _asked(self, prompt: Prompt, refused: frozenset[str]) -> Reply:
        from langsmith.run_helpers import tracing_context

        started = time.monotonic()
        with tracing_context(enabled=False):  # texts go to the named model alone
            said = self._runnable(prompt, refused).invoke(
                [(each["role"], each["content"]) for each in prompt.messages]
            )
        raw = said["raw"] if isinstance(said, Mapping) else said
        self._answered = True
        used = raw.usage_metadata or {}
        text = _text_of(raw)
        return Reply(
            text,
            int(used.get("input_tokens") or self.count(prompt.text)),
            int(used.get("output_tokens") or self.count(text)),
            time.monotonic() - started,
        )

    def _runnable(self, prompt: Prompt, refused: frozenset[str]) -> Any:
        """Give the client, set up for a prompt."""
        model = self._made(refused).model_copy(update=self._limits(prompt))
        if prompt.schema is None or not prompt.constrained or "schema" in refused:
            return model
        schema = {"title": "answer", "description": "The answer.", **prompt.schema}
        method = "function_calling" if self._name.provider == "anthropic" else "json_schema"
        return model.with_structured_output(schema, method=method, include_raw=True)

    def _limits(self, prompt: Prompt) -> dict[str, Any]:
        longest = prompt.longest
        if self._name.provider != "ollama":
            return {"max_tokens": longest}
        if self.thinks:  # it needs tokens to think
            longest = max(longest, self.window // 2)
        return {"num_predict": longest, "num_ctx": self.window}

    def _made(self, refused: frozenset[str]) -> Any:
        with self._lock:
            if self._client is None or self._client[0] != refused:
                self._client = refused, self._new(refused)
            return self._client[1]

    def _new(self, refused: frozenset[str]) -> Any:
        from langchain.chat_models import init_chat_model

        name = self._name
        settings: dict[str, Any] = {"base_url": name.url}
        if "temperature" not in refused:
            settings["temperature"] = 0
        if name.provider == "ollama":
            # thinking and a schema cancel each other in some versions of Ollama: a schema alone is
            # asked for, and an answer that is none is asked for again without
            thinking = None if "thinking" in refused else self.thinks
            settings |= {"reasoning": thinking, "seed": 0}
            settings["client_kwargs"] = {"timeout": self._timeout}
        else:
            settings |= {"timeout": self._timeout, "max_retries": 0}
        if name.provider == "openai" and not name.remote:
            import os

            settings["api_key"] = os.environ.get("OPENAI_API_KEY") or "none"
        if name.provider == "openai":
            settings["use_responses_api"] = False  # other servers have chat completions alone
        try:
            return init_chat_model(name.model, model_provider=name.provider, **settings)
        except Exception as error:
            raise self._translated(error) from error

    def _learn(self, error: Exception, refused: frozenset[str]) -> bool:
        """Note a setting that the model does not take; False where it is about none."""
        if _status(error) not in (400, 422) and not isinstance(error, NotImplementedError):
            return False
        told = str(error).lower()
        words = {
            "temperature": ("temperature",),
            "thinking": ("think",),
            "schema": ("response_format", "json_schema", "structured", "tool", "format", "grammar"),
        }
        for setting, signs in words.items():
            if setting not in refused and any(sign in told for sign in signs):
                with self._lock:
                    self._refused.add(setting)
                return True
        return False

    def _translated(self, error: Exception) -> Exception:
        """Say what went wrong: whether to try again, or how to mend it."""
        if isinstance(error, LanguageModelError | TryAgainError):
            return error
        status = _status(error)
        if status in _BUSY:
            return TryAgainError(f"the server answered {status}", _after(error))
        if status is not None or _lacks_key(error):
            return LanguageModelError(self._refusal(status))
        if "timeout" in type(error).__name__.lower() or isinstance(error, TimeoutError):
            return TryAgainError(f"no answer within {self._timeout:g} s")
        if not self._answered and _refuses(error):
            mend = _STARTS.get(self._name.provider, "check the connection")
            return LanguageModelError(f"No server answers at {self._name.url}: {mend}.")
        return TryAgainError(f"the connection failed ({type(error).__name__})")

    def _refusal(self, status: int | None) -> str:
        name, key = self._name, _KEYS.get(self._name.provider)
        if status in (None, 401, 403):
            mend = f"set {key} in the environment" if key else "see who may use that server"
            return f"{self.name} did not take the key: {mend}."
        if status == 404:
            pull = f"get it with ollama pull {name.model}" if name.provider == "ollama" else ""
            mend = pull or "check its name with the provider"
            return f"There is no model {name.model} at {name.url}: {mend}."
        return (
            f"{self.name} did not take the question (status {status}): check the name of the model "
            "and its options."
        )


def _text_of(message: Any) -> str:
    """Give what a message says, or the arguments of the call that holds the answer."""
    import json

    calls = getattr(message, "tool_calls", None)
    if calls:
        return json.dumps(calls[0]["args"], ensure_ascii=False)
    said = message.content
    if not isinstance(said, str):
        parts = [each if isinstance(each, str) else each.get("text", "") for each in said]
        said = "".join(parts)
    return without_thinking(said)


def _status(error: BaseException | None) -> int | None:
    """Find the status of HTTP in an error, or in what it came from."""
    for _ in range(5):
        if error is None:
            return None
        status = getattr(error, "status_code", None)
        if isinstance(status, int) and status > 0:
            return status
        error = error.__cause__ or error.__context__
    return None


def _lacks_key(error: Exception) -> bool:
    told = str(error).lower()
    return "api_key" in told or "api key" in told or "auth" in told


def _refuses(error: BaseException | None) -> bool:
    """Whether nobody listens at the address."""
    for _ in range(8):
        if error is None:
            return False
        if isinstance(error, ConnectionRefusedError) or "connect" in type(error).__name__.lower():
            return True
        error = error.__cause__ or error.__context__
    return False


def _after(error: Exception) -> float | None:
    """Read how long to wait, where the server said so in seconds."""
    response = getattr(error, "response", None)
    written = getattr(response, "headers", {}).get("retry-after", "")
    try:
        return max(float(written), 0.0)
    except ValueError:
        return None
