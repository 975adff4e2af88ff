"""A model in a GGUF file, run in this process by llama.cpp (xllamacpp)."""

from __future__ import annotations

import hashlib
import json
import math
import os
import secrets
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from coterie.errors import LanguageModelError
from coterie.extras import require
from coterie.formatting import shorten
from coterie.llm.base import Prompt, Reply, writable
from coterie.llm.names import ModelName
from coterie.llm.thinking import past_thinking, without_thinking

__all__ = ["GgufModel"]

_WINDOW = 4096  # tokens: enough for the prompts of naming, and small in memory; a judgement
_MAGIC = b"GGUF"
_BIAS = 100.0  # log-odds that lift the allowed tokens above all others; their ratios stay
_SHOWN = 160  # characters of what llama.cpp says: a judgement


class GgufModel:
    """A model in a GGUF file; see `coterie.llm.base.TokenModel`.

    The file is loaded when the first prompt comes. Answers follow the JSON schema by a grammar.

    Parameters
    ----------
    name
        Of the model: its path.

    Raises
    ------
    LanguageModelError
        When there is no such file, or it is none.
    MissingExtraError
        When xllamacpp is not installed.
    """

    remote = False
    at_once = 1

    def __init__(self, name: ModelName) -> None:
        self.name = str(name)
        self.path = Path(name.model).expanduser()
        try:
            with self.path.open("rb") as file:
                magic = file.read(len(_MAGIC))
        except OSError as error:
            raise LanguageModelError(
                f"The model {self.path} cannot be read ({error.strerror}): name a GGUF file."
            ) from None
        if magic != _MAGIC:
            raise LanguageModelError(f"{self.path} is no GGUF file: name one.")
        self._library = require("xllamacpp", extra="llm", purpose=f"The language model {name}")
        # they wait for each other without sleeping: one more than there are free cores, and an
        # answer took 67 s instead of 3.5 s, on two cores
        self._threads = name.number("threads", max((os.cpu_count() or 1) // 2, 1))
        self._asked_window = name.number("window", _WINDOW)
        self._key = secrets.token_urlsafe(24)
        self._lock = threading.Lock()
        self._shared: tuple[int, ...] | None = None  # what is read, and begins several prompts
        self._anew = True

    def __repr__(self) -> str:
        return f"GgufModel({self.name!r})"

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the file."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    @cached_property
    def identity(self) -> str:
        """What tells its answers apart: the file, and how it is run."""
        return f"gguf {self.digest} window {self._asked_window}"

    @cached_property
    def window(self) -> int:
        """Tokens of a prompt and its answer together."""
        found = self._get("/props")["default_generation_settings"]
        return min(int(found["n_ctx"]), self._asked_window)

    @cached_property
    def end(self) -> int:
        """Token that ends an answer."""
        said = self._get("/props")
        token = self.tokens(str(said.get("eos_token", "")))
        if len(token) != 1:
            raise LanguageModelError(f"{self.path} does not say how answers end: use another file.")
        return token[0]

    def count(self, text: str) -> int:
        """Count the tokens of a text, and those that set messages apart."""
        return len(self.tokens(text)) + 16

    def tokens(self, text: str) -> list[int]:
        """Split a text into tokens."""
        asked = {"content": writable(text), "add_special": False, "parse_special": True}
        found: list[int] = self._get("/tokenize", asked)["tokens"]
        return found

    def prompt_tokens(self, prompt: Prompt) -> list[int]:
        """Split a prompt into tokens, up to where the answer begins."""
        written = self._get("/apply-template", {"messages": prompt.messages})["prompt"]
        return self.tokens(past_thinking(written))

    def begin(self, shared: Sequence[int]) -> None:
        """Read what prompts share, see `coterie.llm.base.TokenModel.begin`."""
        with self._lock:
            self._anew = not shared
            if not shared:
                return
            # with another token after it, the next prompt shares this much and no more
            known = self._shared == tuple(shared)
            self._shared = None
            asked = {"prompt": [*shared, self.end], "n_predict": 0, "cache_prompt": known}
            self._sound(self._server.handle_completions, asked)
            self._shared = tuple(shared)

    def weigh(self, tokens: Sequence[int], allowed: Sequence[int]) -> list[float]:
        """Give the log-probability of each allowed token after ``tokens``, among these alone."""
        asked = {
            "prompt": list(tokens),
            "n_predict": 1,
            "n_probs": len(allowed),
            "post_sampling_probs": True,
            "samplers": ["temperature"],
            "temperature": 1.0,
            "logit_bias": [[token, _BIAS] for token in allowed],
            "seed": 0,
        }
        with self._lock:
            asked["cache_prompt"] = not self._anew
            if self._anew:
                self._shared = None
            self._anew = False
            said = self._sound(self._server.handle_completions, asked)
        first = said["choices"][0]["logprobs"]["content"][0]
        shares = {each["id"]: each["prob"] for each in first["top_probs"]}
        return [math.log(max(shares.get(token, 0.0), 1e-12)) for token in allowed]

    def reply(self, prompt: Prompt) -> Reply:
        """Answer a prompt; see `coterie.llm.base.ChatModel.reply`."""
        asked: dict[str, Any] = {
            "messages": prompt.messages,
            "max_tokens": prompt.longest,
            "temperature": 0.0,
            "seed": 0,
            "cache_prompt": False,  # what was read before would change the last digits
        }
        if prompt.schema is not None:
            schema = {"name": "answer", "schema": prompt.schema}
            asked["response_format"] = {"type": "json_schema", "json_schema": schema}
        started = time.monotonic()
        with self._lock:
            self._shared, self._anew = None, True
            said = self._sound(self._server.handle_chat_completions, asked)
        used = said["usage"]
        text = said["choices"][0]["message"].get("content") or ""
        return Reply(
            without_thinking(text),
            int(used["prompt_tokens"]),
            int(used["completion_tokens"]),
            time.monotonic() - started,
        )

    @cached_property
    def _server(self) -> Any:
        asked = self._library.CommonParams()
        asked.model.path = str(self.path)
        asked.n_ctx, asked.n_parallel = self._asked_window, 1
        asked.warmup, asked.verbosity, asked.cache_ram_mib = False, -1, 0
        asked.hostnames, asked.port = ["127.0.0.1"], 0
        asked.api_keys = [self._key]
        asked.cpuparams.n_threads = self._threads
        try:
            return self._library.Server(asked)
        except (RuntimeError, ValueError, OSError) as error:
            raise LanguageModelError(
                f"{self.path} cannot be loaded ({error}): check the file, and that there is memory "
                "for it."
            ) from error

    def _get(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """Ask the server in this process for what has no function of its own."""
        asked = urllib.request.Request(  # noqa: S310 - of this process
            self._server.listening_address + path,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {self._key}"},
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(asked, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                raise self._refused(error.read().decode("utf-8", "replace")) from None

    def _sound(self, handle: Callable[[Any], Any], asked: dict[str, Any]) -> Any:
        """Ask, and check that the answer is none about an error."""
        try:
            said = handle(asked)
        except (RuntimeError, ValueError, TypeError) as error:
            raise self._refused(str(error)) from None
        if isinstance(said, dict) and "choices" in said:
            return said
        told = said.get("error", said) if isinstance(said, dict) else said
        raise self._refused(told.get("message", "") if isinstance(told, dict) else str(told))

    def _refused(self, told: str) -> LanguageModelError:
        hint = "give it a larger window (?window=)" if "context" in told else "use another model"
        return LanguageModelError(
            f"{self.name} did not take the question ({shorten(told, _SHOWN)}): {hint}."
        )
