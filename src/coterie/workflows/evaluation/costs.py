"""What answers of a model cost, in time and money."""

from __future__ import annotations

__all__ = ["cost_figures"]

_HOUR = 3600.0


def cost_figures(spent: float, price: float) -> dict[str, float]:
    """Give the processor's milliseconds for a row, and what they come to for 1,000 in US dollars.

    Parameters
    ----------
    spent
        Milliseconds of a processor core.
    price
        US dollars for an hour of a core.
    """
    return {"processor_ms": spent, "cost_per_1000": spent / _HOUR * price}
