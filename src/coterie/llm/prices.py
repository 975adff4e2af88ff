"""What calls cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from coterie.errors import OptionError
from coterie.llm.names import ModelName

__all__ = ["Price"]

_MILLION = 1_000_000

# US dollars per million tokens in and out, as the providers published them at the end of 2025, by
# how a model's name begins; the longest beginning counts
_PUBLISHED = {
    "anthropic": {
        "claude-3-5-haiku": (0.8, 4.0),
        "claude-haiku-4": (1.0, 5.0),
        "claude-sonnet-4": (3.0, 15.0),
        "claude-opus-4": (15.0, 75.0),
        "claude-opus-4-5": (5.0, 25.0),
    },
    "openai": {
        "gpt-4o": (2.5, 10.0),
        "gpt-4o-mini": (0.15, 0.6),
        "gpt-4.1": (2.0, 8.0),
        "gpt-4.1-mini": (0.4, 1.6),
        "gpt-4.1-nano": (0.1, 0.4),
        "gpt-5": (1.25, 10.0),
        "gpt-5-mini": (0.25, 2.0),
        "gpt-5-nano": (0.05, 0.4),
    },
}


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens, of prompts and of answers."""

    tokens_in: float
    tokens_out: float

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``"3/15"``.

        Raises
        ------
        OptionError
            When it is no price.
        """
        parts = text.replace("$", "").split("/")
        try:
            found = cls(*map(float, parts))
        except (TypeError, ValueError):
            found = None
        if found is None or not all(0 <= each < _MILLION for each in (*_both(found),)):
            raise OptionError(
                f"The price {text!r} cannot be read: give US dollars per million tokens of prompts "
                "and of answers, as 3/15."
            )
        return found

    @classmethod
    def of(cls, name: ModelName) -> Self | None:
        """Give the price of a model: nothing on this machine; None where it is not known."""
        if not name.remote:
            return cls(0.0, 0.0)
        known = _PUBLISHED.get(name.provider, {})
        fitting = [begin for begin in known if name.model.startswith(begin)]
        return cls(*known[max(fitting, key=len)]) if fitting else None

    def cost(self, tokens_in: int, tokens_out: int) -> float:
        """Give the US dollars for so many tokens."""
        return (tokens_in * self.tokens_in + tokens_out * self.tokens_out) / _MILLION


def _both(price: Price) -> tuple[float, float]:
    return price.tokens_in, price.tokens_out
