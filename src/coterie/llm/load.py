"""A language model by its name."""

from __future__ import annotations

import json
import os
import urllib.request

from coterie.errors import UserError
from coterie.llm.base import ChatModel
from coterie.llm.names import ModelName

__all__ = ["TIMEOUT", "load_model", "why_unreachable"]

TIMEOUT = 120.0
"""Seconds to wait for an answer: a judgement, for small models on a plain processor."""

_LOOK = 3.0  # seconds to wait for the list of models of a server on this machine: a judgement


def load_model(name: str | ModelName, *, timeout: float = TIMEOUT) -> ChatModel:
    """Give a language model; its server is not asked, and its file not read, before it must be.

    Parameters
    ----------
    name
        ``ollama:MODEL``, ``anthropic:MODEL``, ``openai:MODEL``, ``gguf:FILE`` or
        ``transformers:FOLDER``; options follow a question mark.
    timeout
        Seconds to wait for an answer of a server.

    Raises
    ------
    OptionError
        When the name cannot be read, or the texts would go to a host that is not allowed.
    LanguageModelError
        When its file cannot be used.
    MissingExtraError
        When a library is missing.
    """
    found = ModelName.parse(name) if isinstance(name, str) else name
    if found.provider == "gguf":
        from coterie.llm.gguf import GgufModel

        return GgufModel(found)
    if found.provider == "transformers":
        from coterie.llm.transformers_model import TransformersModel

        return TransformersModel(found)
    from coterie.llm.hosted import HostedModel

    return HostedModel(found, timeout)


def why_unreachable(name: str | ModelName) -> str:
    """Say why a language model cannot be asked now; "" where it seems that it can.

    No text is sent: a server on this machine is asked which models it has, a file is looked at, and
    of a provider only whether its key is in the environment.
    """
    try:
        found = ModelName.parse(name) if isinstance(name, str) else name
        load_model(found)
    except UserError as error:  # a missing library is one too
        return str(error)
    if found.remote:
        key = f"{found.provider.upper()}_API_KEY"
        return "" if os.environ.get(key) else f"{key} is not set in the environment."
    if found.provider == "ollama":
        return _missing_in_ollama(found)
    return ""


def _missing_in_ollama(name: ModelName) -> str:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{name.url.rstrip('/')}/api/tags", timeout=_LOOK) as answer:
            models = json.load(answer)["models"]
            known = {str(each["name"]) for each in models}
    except (OSError, ValueError, LookupError, TypeError):
        return f"no server answers at {name.url}: start it with ollama serve."
    if not {name.model, f"{name.model}:latest"} & known:
        return f"{name.url} has no model {name.model}: get it with ollama pull {name.model}."
    return ""
