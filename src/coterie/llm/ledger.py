"""What asking has taken, and what it will take."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from coterie.formatting import counted, duration
from coterie.jsonable import as_plain
from coterie.llm.base import Reply
from coterie.llm.prices import Price

__all__ = ["Estimate", "Ledger", "dollars"]


@dataclass(slots=True)
class Ledger:
    """Calls, tokens, seconds and money of one verb.

    Attributes
    ----------
    model
        Its name.
    remote
        Whether texts left this machine.
    price
        None where it is not known.
    calls
        Answers that came from the model now.
    kept
        Answers that were kept from earlier.
    again
        Calls that were repeated because the model could not answer.
    repaired
        Answers that could be used only after the model was asked again.
    refused
        Questions without an answer that can be used.
    tokens_in, tokens_out
        Of the calls.
    seconds
        On the clock.
    all_in, all_out, all_seconds
        Tokens of all answers, and seconds until each came, also of those that were kept.
    masked
        Kind of personal data to the pieces that were masked in what was asked.
    """

    model: str
    remote: bool
    price: Price | None
    calls: int = 0
    kept: int = 0
    again: int = 0
    repaired: int = 0
    refused: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    seconds: float = 0.0
    all_in: int = 0
    all_out: int = 0
    all_seconds: float = 0.0
    masked: Counter[str] = field(default_factory=Counter)

    @property
    def cost(self) -> float | None:
        """US dollars; None where the price is not known."""
        return None if self.price is None else self.price.cost(self.tokens_in, self.tokens_out)

    def add(self, reply: Reply, *, kept: bool = False) -> None:
        """Count an answer: one of the model now, or one that was kept."""
        self.all_in += reply.tokens_in
        self.all_out += reply.tokens_out
        self.all_seconds += reply.seconds
        if kept:
            self.kept += 1
            return
        self.calls += 1
        self.tokens_in += reply.tokens_in
        self.tokens_out += reply.tokens_out

    def to_dict(self) -> dict[str, Any]:
        """Give all figures, as JSON takes them."""
        return as_plain(
            {
                "model": self.model,
                "remote": self.remote,
                "calls": self.calls,
                "kept": self.kept,
                "again": self.again,
                "repaired": self.repaired,
                "refused": self.refused,
                "tokens_in": self.tokens_in,
                "tokens_out": self.tokens_out,
                "seconds": self.seconds,
                "cost": self.cost,
                "masked": dict(sorted(self.masked.items())),
            }
        )

    @property
    def line(self) -> str:
        """All of it in a sentence."""
        parts = [counted(self.calls, "call")]
        if self.kept:
            parts.append(f"{counted(self.kept, 'answer')} kept from before")
        parts.append(f"{self.tokens_in:,} tokens in, {self.tokens_out:,} out")
        parts.append(duration(self.seconds))
        if self.remote:
            parts.append("price not known" if self.cost is None else dollars(self.cost))
        if self.again:
            parts.append(f"{self.again:,} repeated")
        if self.repaired:
            parts.append(f"{self.repaired:,} corrected")
        if self.refused:
            parts.append(f"{self.refused:,} refused")
        if self.masked:
            kinds = (f"{kind} {count:,}" for kind, count in sorted(self.masked.items()))
            parts.append(f"masked: {', '.join(kinds)}")
        return f"{self.model}: {'; '.join(parts)}."


@dataclass(frozen=True, slots=True)
class Estimate:
    """What questions will take, before the first is asked.

    Attributes
    ----------
    model
        Its name.
    remote
        Whether texts will leave this machine.
    calls, most
        Calls, and at most, where every answer must be corrected.
    kept
        Questions whose answer is kept from earlier.
    tokens_in, tokens_out
        Of these calls; answers are counted as long as they may be.
    seconds
        On the clock; None where this model has not answered yet, so that its speed is not known.
    cost
        US dollars; None where the price is not known.
    """

    model: str
    remote: bool
    calls: int
    most: int
    kept: int
    tokens_in: int
    tokens_out: int
    seconds: float | None
    cost: float | None

    def to_dict(self) -> dict[str, Any]:
        """Give all figures, as JSON takes them."""
        return as_plain({name: getattr(self, name) for name in self.__slots__})

    @property
    def line(self) -> str:
        """All of it in a sentence."""
        where = "leaves this machine" if self.remote else "stays on this machine"
        parts = [f"about {counted(self.calls, 'call')}, at most {self.most:,}"]
        if self.kept:
            parts.append(f"{counted(self.kept, 'answer')} kept from before")
        parts.append(f"{self.tokens_in:,} tokens in, {self.tokens_out:,} out")
        if self.seconds is not None:
            parts.append(f"about {duration(self.seconds)}")
        else:
            parts.append("time not known yet")
        if self.remote:
            known = self.cost is not None
            parts.append(f"about {dollars(self.cost or 0)}" if known else "price not known")
        return f"Estimate for {self.model} (text {where}): {'; '.join(parts)}."


def dollars(cost: float) -> str:
    """Write US dollars: ``$0.42``, and small amounts with more digits."""
    return f"${cost:,.2f}" if cost >= 0.01 or not cost else f"${cost:.4f}"
