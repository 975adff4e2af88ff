"""Names of language models, as a user writes them, and whether one is on this machine."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import parse_qsl, urlsplit

from coterie.errors import OptionError
from coterie.formatting import shorten
from coterie.hints import did_you_mean

__all__ = ["HOSTS", "OWN_HOSTS", "PROVIDERS", "ModelName"]

PROVIDERS = ("ollama", "anthropic", "openai", "gguf", "transformers")
"""What may stand before the colon."""

HOSTS = "COTERIE_LLM_HOSTS"
"""Environment variable with the hosts, besides those of the providers, that may get texts."""

_FILES = ("gguf", "transformers")
_EXAMPLES = {"gguf": "models/small.gguf", "transformers": "models/small"}
_OPTIONS = {
    "ollama": ("url", "window", "thinking"),
    "anthropic": ("url", "window"),
    "openai": ("url", "window"),
    "gguf": ("window", "threads"),
    "transformers": ("window",),
}
_ADDRESSES = {
    "ollama": ("OLLAMA_HOST", "http://127.0.0.1:11434"),
    "anthropic": ("ANTHROPIC_BASE_URL", "https://api.anthropic.com"),
    "openai": ("OPENAI_BASE_URL", "https://api.openai.com/v1"),
}
OWN_HOSTS = ("api.anthropic.com", "api.openai.com")
"""Hosts of the providers, which ask for a key."""

_PORT = 11434  # where Ollama listens
_LISTENING = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # where a server listens, and is found # noqa: S104
_SWITCHES = {
    **dict.fromkeys(("yes", "true", "on", "1"), True),
    **dict.fromkeys(("no", "false", "off", "0"), False),
}
_DIGITS = 9


@dataclass(frozen=True, slots=True)
class ModelName:
    """A language model by its name: ``ollama:llama3.2``, ``gguf:models/small.gguf?window=8192``.

    Attributes
    ----------
    provider
        One of `PROVIDERS`.
    model
        Its name there, or the path of a file or a folder.
    options
        What followed the question mark.

    Raises
    ------
    OptionError
        When a name cannot be read, with the nearest one.
    """

    provider: str
    model: str
    options: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a name."""
        provider, colon, rest = text.strip().partition(":")
        shown = text.strip().partition("?")[0]  # an address can hold a password
        if provider not in PROVIDERS:
            known = ", ".join(f"{each}:NAME" for each in PROVIDERS)
            hint = did_you_mean(provider, PROVIDERS, f"write {known}.")
            raise OptionError(f"There is no language model '{shown}': {hint}")
        if provider in _FILES and "?" in rest:  # a path can hold one
            model, _, query = rest.rpartition("?")
        else:
            model, _, query = rest.partition("?")
        if not colon or not model:
            usual = _EXAMPLES.get(provider, "MODEL")
            raise OptionError(
                f"The language model '{shown}' has no name: write {provider}:{usual}."
            )
        options = dict(parse_qsl(query, keep_blank_values=True))
        for name in options:
            if name not in _OPTIONS[provider]:
                known = ", ".join(_OPTIONS[provider])
                hint = did_you_mean(name, _OPTIONS[provider], f"it has {known}.")
                raise OptionError(f"A model of {provider} has no option '{name}': {hint}")
        found = cls(provider, model, options)
        found.number("window", 0)
        found.number("threads", 0)
        found.switch("thinking")
        _ = found.remote
        return found

    def __str__(self) -> str:
        said = "&".join(f"{name}={value}" for name, value in self.options.items())
        return f"{self.provider}:{self.model}" + (f"?{said}" if said else "")

    def number(self, option: str, default: int) -> int:
        """Give an option that is a whole number above 0."""
        written = self.options.get(option)
        if written is None:
            return default
        if not written.isdecimal() or len(written) > _DIGITS or not int(written):
            raise OptionError(
                f"'{option}' is {shorten(written, 20)!r}: give a whole number above 0."
            )
        return int(written)

    def switch(self, option: str) -> bool:
        """Give an option that is yes or no."""
        written = self.options.get(option, "no")
        if written.lower() not in _SWITCHES:
            raise OptionError(f"'{option}' is {shorten(written, 20)!r}: give yes or no.")
        return _SWITCHES[written.lower()]

    @property
    def url(self) -> str:
        """Address of the server; "" for a model that is a file."""
        if self.provider in _FILES:
            return ""
        variable, usual = _ADDRESSES[self.provider]
        address = (self.options.get("url") or os.environ.get(variable) or usual).strip()
        bare = "://" not in address
        try:
            parts = urlsplit(f"http://{address}" if bare else address)
            host, port = parts.hostname, parts.port
        except ValueError:
            parts, host, port = urlsplit(""), None, None
        if bare and self.provider == "ollama":  # which writes it so, in parts
            host, port = host or "127.0.0.1", port or _PORT
        if not host or parts.scheme not in ("http", "https") or "@" in parts.netloc:
            raise OptionError(
                f"The address of {self.provider} cannot be used: write it as "
                "http://HOST:PORT, and keys in environment variables."
            )
        host = _LISTENING.get(host, host)
        place = f"[{host}]" if ":" in host else host
        return parts._replace(netloc=place if port is None else f"{place}:{port}").geturl()

    @property
    def remote(self) -> bool:
        """Whether texts leave this machine.

        A server on this machine counts as local, but for Anthropic's, which passes on what it
        gets, and for those models of Ollama that run in its cloud.

        Raises
        ------
        OptionError
            When they would go to a host that is not allowed.
        """
        if self.provider in _FILES:
            return False
        host = urlsplit(self.url).hostname or ""
        if not _is_here(host) and host not in (*OWN_HOSTS, *_allowed()):
            raise OptionError(
                f"Texts would go to {host}, which is not among the hosts that may get them: add it "
                f"to the environment variable {HOSTS}."
            )
        cloud = self.provider == "ollama" and self.model.lower().endswith(("-cloud", ":cloud"))
        return not _is_here(host) or cloud or self.provider == "anthropic"


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _allowed() -> list[str]:
    return [host.strip().lower() for host in os.environ.get(HOSTS, "").split(",") if host.strip()]
