"""What every language model can do, whoever runs it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeGuard

__all__ = ["ChatModel", "Prompt", "Reply", "TokenModel", "TryAgainError", "weighs", "writable"]


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a model is asked.

    Attributes
    ----------
    system, user
        The rules, and the question.
    schema
        JSON schema of the answer; None for an answer in words.
    longest
        Tokens that the answer may have.
    turns
        Earlier answers, each with what was said to it.
    constrained
        Whether the model's server is to enforce the schema, where it can.
    """

    system: str
    user: str
    schema: Mapping[str, Any] | None = None
    longest: int = 256
    turns: tuple[tuple[str, str], ...] = ()
    constrained: bool = True

    @property
    def messages(self) -> list[dict[str, str]]:
        """Role and content of each message, as chat models take them."""
        found = [("system", self.system), ("user", self.user)]
        for said, objected in self.turns:
            found += [("assistant", said), ("user", objected)]
        return [{"role": role, "content": writable(content)} for role, content in found]

    @property
    def text(self) -> str:
        """Everything that is sent, in one text."""
        return "\n".join(each["content"] for each in self.messages)

    def answered(self, said: str, objection: str, *, constrained: bool) -> Prompt:
        """Ask again after an answer that cannot be used."""
        turns = (*self.turns, (said, objection))
        return replace(self, turns=turns, constrained=constrained)

    def key(self) -> str:
        """Give all that an answer depends on, but for the model."""
        told = [self.messages, self.schema, self.longest, self.constrained]
        return json.dumps(told, sort_keys=True, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model said, without its thinking, and what it took."""

    text: str
    tokens_in: int
    tokens_out: int
    seconds: float


class TryAgainError(Exception):
    """The model could not answer now, and may in a while.

    Attributes
    ----------
    reason
        Why, in a few words.
    after
        Seconds to wait, where the server said so.
    """

    def __init__(self, reason: str, after: float | None = None) -> None:
        super().__init__(reason)
        self.reason, self.after = reason, after


class ChatModel(Protocol):
    """A language model that answers prompts."""

    @property
    def name(self) -> str:
        """As a user writes it."""
        ...

    @property
    def identity(self) -> str:
        """What tells its answers apart from those of any other model or setting."""
        ...

    @property
    def remote(self) -> bool:
        """Whether texts leave this machine."""
        ...

    @property
    def window(self) -> int:
        """Tokens of a prompt and its answer together."""
        ...

    @property
    def at_once(self) -> int:
        """Prompts that it may be given at the same time."""
        ...

    def count(self, text: str) -> int:
        """Count the tokens of a text, or estimate them from above."""
        ...

    def reply(self, prompt: Prompt) -> Reply:
        """Answer a prompt.

        Raises
        ------
        TryAgainError
            When it may answer later.
        LanguageModelError
            When it never will.
        """
        ...


class TokenModel(ChatModel, Protocol):
    """A model on this machine that says how likely the next token is."""

    @property
    def end(self) -> int:
        """Token that ends an answer."""
        ...

    def tokens(self, text: str) -> list[int]:
        """Split a text into tokens."""
        ...

    def prompt_tokens(self, prompt: Prompt) -> list[int]:
        """Split a prompt into tokens, up to where the answer begins."""
        ...

    def begin(self, shared: Sequence[int]) -> None:
        """Read the beginning that the next prompt shares with others, or forget all where it is ().

        What is read in one piece and in two differs in the last digits. So a beginning is read
        alone, once for all prompts that share it, and what `weigh` says of a prompt does not depend
        on the prompts before it.
        """
        ...

    def weigh(self, tokens: Sequence[int], allowed: Sequence[int]) -> list[float]:
        """Give the log-probability of each allowed token after ``tokens``, among these alone."""
        ...


def writable(text: str) -> str:
    """Replace half characters, which neither a request nor a tokenizer nor a file can hold."""
    return text.encode("utf-8", "replace").decode()


def weighs(model: ChatModel) -> TypeGuard[TokenModel]:
    """Whether a model says how likely a token is; it is not loaded for that."""
    return hasattr(model, "weigh")
