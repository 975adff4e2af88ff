"""A language model by its name."""

from __future__ import annotations

from coterie.llm.base import ChatModel
from coterie.llm.names import ModelName

__all__ = ["TIMEOUT", "load_model"]

TIMEOUT = 120.0
"""Seconds to wait for an answer: a judgement, for small models on a plain processor."""


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
