"""What every generator checks before it starts."""

from __future__ import annotations

from collections.abc import Sequence

from coterie.errors import OptionError
from coterie.hints import did_you_mean

__all__ = ["check_noise", "check_size", "leave_out_of"]


def check_size(rows: int, seed: int) -> None:
    """Raise OptionError unless there is a row to make, and the seed is one that numpy takes."""
    if rows < 1:
        raise OptionError(f"The number of rows is {rows}: give 1 or more.")
    if seed < 0:
        raise OptionError(f"The random seed is {seed}: give 0 or a positive whole number.")


def check_noise(noise: float) -> None:
    """Raise OptionError unless the noise is a share."""
    if not 0 <= noise <= 1:
        raise OptionError(f"The noise is {noise}: give a number from 0 to 1.")


def leave_out_of(known: Sequence[str], leave_out: Sequence[str], what: str) -> list[str]:
    """Drop some of the known names; `OptionError` where one is not known."""
    for name in leave_out:
        if name not in known:
            hint = did_you_mean(name, known, f"known are {', '.join(known)}.", most=3, cutoff=0.4)
            raise OptionError(f"There is no {what} '{name}': {hint}")
    return [name for name in known if name not in leave_out]
