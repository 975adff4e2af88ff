"""Models behind a server, through LangChain: Ollama, Anthropic, and any that speak OpenAI's way."""

from __future__ import annotations

import json
import math
import os
import re
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from coterie.errors import LanguageModelError
from coterie.extras import require
from coterie.llm.base import Prompt, Reply, TryAgainError, writable
from coterie.llm.names import OWN_HOSTS, ModelName
from coterie.llm.thinking import without_thinking

__all__ = ["HostedModel"]

_PACKAGES = {
    "ollama": "langchain_ollama",
    "anthropic": "langchain_anthropic",
    "openai": "langchain_openai",
}
_KEYS = {
    "ollama": "OLLAMA_API_KEY",
    "anthropic": "ANTHROPIC_API_KEY",
    "openai": "OPENAI_API_KEY",
}
_STARTS = {
    "ollama": "start it with ollama serve",
    "openai": "start it, or mend its address (?url=)",
}

# judgements, not measured: small models are often run so, and hosted ones have more
_WINDOWS = {"ollama": 4096, "openai": 8192, "anthropic": 100_000}
_AT_ONCE = {"ollama": 1, "openai": 4, "anthropic": 4}
_CHARACTERS = 2.5  # for a token, at least, in languages with letters; a judgement
_BUSY = (408, 409, 425, 429, 500, 502, 503, 504, 529)
_UNREACHED = {"ConnectError", "ConnectionRefusedError", "gaierror"}

# what servers and clients say of a setting that they do not take
_SIGNS = {
    "temperature": re.compile(r"\btemperature\b"),
    "thinking": re.compile(r"\bthink(ing)?\b"),
    "schema": re.compile(
        r"\b(response_?format|json_?schema|structured|tools?|tool_choice|format|grammar)\b"
    ),
}


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
        self.name, self.remote, self._url = str(name), name.remote, name.url
        self.window = name.number("window", _WINDOWS[name.provider])
        self.at_once = _AT_ONCE[name.provider]
        self.thinks = name.switch("thinking")
        self.identity = f"{name} at {self._url}"
        self._name, self._timeout = name, timeout
        self._lock = threading.Lock()
        self._client: Any = None
        self._refused: set[str] = set()  # settings that this model does not take
        self._roomy = self.thinks  # it needs tokens to think
        self._reached = False

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
            except (TryAgainError, LanguageModelError):
                raise
            except Exception as error:
                if not self._learn(error, refused):
                    raise self._translated(error) from None  # a cause can hold the key

    def _asked(self, prompt: Prompt, refused: frozenset[str]) -> Reply:
        from langsmith.run_helpers import tracing_context

        started = time.monotonic()
        with tracing_context(enabled=False):  # texts go to the named model alone
            said = self._runnable(prompt, refused).invoke(
                [(each["role"], each["content"]) for each in prompt.messages]
            )
        self._reached = True
        told = said.response_metadata
        if self._name.provider == "ollama" and not told.get("done"):
            raise TryAgainError("the answer was cut off")
        used, text = said.usage_metadata or {}, writable(_text_of(said))
        if not text and "length" in (told.get("done_reason"), told.get("finish_reason")):
            self._roomy = not self.remote  # all of it went to thinking
        return Reply(
            text,
            int(used.get("input_tokens") or self.count(prompt.text)),
            int(used.get("output_tokens") or self.count(text)),
            time.monotonic() - started,
        )

    def _runnable(self, prompt: Prompt, refused: frozenset[str]) -> Any:
        """Give the client, set up for a prompt."""
        model, longest = self._made(refused), prompt.longest
        if self._roomy:
            longest = max(longest, self.window // 2)
        schema = None
        if prompt.schema is not None and prompt.constrained and "schema" not in refused:
            schema = {"title": "answer", "description": "The answer.", **prompt.schema}
        if self._name.provider == "ollama":
            model = model.model_copy(update={"num_predict": longest})
            # with a schema, some versions of Ollama do not think, or answer with broken JSON
            thinks = self.thinks and "thinking" not in refused
            return model if schema is None or thinks else model.bind(format=schema)
        if self._name.provider == "anthropic":
            if schema is None:
                return model.bind(max_tokens=longest)
            return model.bind_tools([schema], tool_choice="answer", max_tokens=longest)
        own = urlsplit(self._url).hostname == "api.openai.com"
        body: dict[str, Any] = {"max_completion_tokens" if own else "max_tokens": longest}
        if schema is not None:
            named = {"name": "answer", "schema": schema}
            body["response_format"] = {"type": "json_schema", "json_schema": named}
        return model.bind(extra_body=body)

    def _made(self, refused: frozenset[str]) -> Any:
        with self._lock:
            if self._client is None or self._client[0] != refused:
                self._client = refused, self._new(refused)
            return self._client[1]

    def _new(self, refused: frozenset[str]) -> Any:
        from langchain.chat_models import init_chat_model

        name = self._name
        own = urlsplit(self._url).hostname in OWN_HOSTS
        if own and not os.environ.get(_KEYS[name.provider]):
            raise LanguageModelError(self._refusal(None))
        settings: dict[str, Any] = {"base_url": self._url}
        if "temperature" not in refused:
            settings["temperature"] = 0
        # texts for this machine go to no proxy, and nowhere that a server sends them on to
        proxies = self.remote
        if name.provider == "ollama":
            thinking = None if "thinking" in refused else self.thinks
            settings |= {"reasoning": thinking, "seed": 0, "num_ctx": self.window}
            settings["client_kwargs"] = {
                "timeout": self._timeout,
                "trust_env": proxies,
                "follow_redirects": False,
            }
        else:
            settings |= {"timeout": self._timeout, "max_retries": 0}
        if name.provider == "openai":
            settings["use_responses_api"] = False  # other servers have chat completions alone
        if name.provider == "openai" and not self.remote:
            from openai import DefaultHttpxClient

            settings["api_key"] = os.environ.get("OPENAI_API_KEY") or "none"
            settings["http_client"] = DefaultHttpxClient(trust_env=False, follow_redirects=False)
            settings["openai_proxy"] = ""
        return init_chat_model(name.model, model_provider=name.provider, **settings)

    def _learn(self, error: Exception, refused: frozenset[str]) -> bool:
        """Note a setting that the model does not take; False where it is about none."""
        status = _status(error)
        if status not in (400, 422) and not (status is None and isinstance(error, ValueError)):
            return False
        told = str(error).lower().replace(self._name.model.lower(), "")
        for setting, signs in _SIGNS.items():
            if setting not in refused and signs.search(told):
                with self._lock:
                    self._refused.add(setting)
                return True
        return False

    def _translated(self, error: Exception) -> Exception:
        """Say what went wrong: whether to try again, or how to mend it."""
        status = _status(error)
        if status is not None:
            self._reached = True
            if status in _BUSY:
                return TryAgainError(f"the server answered {status}", _after(error))
            return LanguageModelError(self._refusal(status))
        if _is_about_the_key(error):
            return LanguageModelError(self._refusal(None))
        kinds = [type(each).__name__ for each in _chain(error)]
        if any("Timeout" in kind for kind in kinds):
            return TryAgainError(f"no answer within {self._timeout:g} s")
        if not self._reached and not _UNREACHED.isdisjoint(kinds):
            mend = _STARTS.get(self._name.provider, "check the connection")
            return LanguageModelError(f"No server answers at {self._url}: {mend}.")
        return TryAgainError(f"the connection failed ({kinds[0]})")

    def _refusal(self, status: int | None) -> str:
        name = self._name
        if status in (None, 401, 403):
            mend = f"set {_KEYS[name.provider]} in the environment"
            return f"{self.name} did not take the key: {mend}."
        if status == 404:
            pull = f"get it with ollama pull {name.model}" if name.provider == "ollama" else ""
            mend = pull or "check its name with the provider"
            return f"There is no model {name.model} at {self._url}: {mend}."
        return (
            f"{self.name} did not take the question (status {status}): check the name of the model "
            "and its options."
        )


def _text_of(message: Any) -> str:
    """Give what a message says, or the arguments of the call that holds the answer."""
    calls = getattr(message, "tool_calls", None)
    if calls:
        return json.dumps(calls[0]["args"], ensure_ascii=False)
    said = message.content
    if not isinstance(said, str):
        parts = [each if isinstance(each, str) else each.get("text", "") for each in said]
        said = "".join(parts)
    return without_thinking(said)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Go through an error and what it came from."""
    for _ in range(10):
        if error is None:
            return
        yield error
        error = error.__cause__ or error.__context__


def _status(error: Exception) -> int | None:
    """Find the status of HTTP in an error, or in what it came from."""
    for each in _chain(error):
        status = getattr(each, "status_code", None)
        if isinstance(status, int) and status > 0:
            return status
    return None


def _is_about_the_key(error: Exception) -> bool:
    """Whether there is no key, or one that no header can hold."""
    for each in _chain(error):
        if type(each).__name__ == "LocalProtocolError":
            return True
        if isinstance(each, UnicodeEncodeError) and each.encoding == "ascii":
            return True
    told = str(error).lower()
    return "api_key" in told or "authentication" in told


def _after(error: Exception) -> float | None:
    """Read how long to wait, where the server said so: in seconds, or until when."""
    written = getattr(getattr(error, "response", None), "headers", {}).get("retry-after", "")
    try:
        seconds = float(written)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(written) - datetime.now(UTC)).total_seconds()
        except (TypeError, ValueError):
            return None
    return seconds if 0 < seconds < math.inf else None
