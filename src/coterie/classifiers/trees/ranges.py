"""What a search draws settings from, whoever draws them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

__all__ = ["Choice", "Range", "Settings", "Space", "draw_settings"]

Settings: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers from ``low`` to ``high``: evenly, or evenly in their logarithm; whole or not."""

    low: float
    high: float
    log: bool = False
    whole: bool = False

    def draw(self, rng: np.random.Generator) -> float | int:
        """Draw one of them."""
        low, high = (np.log(self.low), np.log(self.high)) if self.log else (self.low, self.high)
        found = rng.uniform(low, high)
        value = float(np.exp(found)) if self.log else float(found)
        return round(value) if self.whole else value

    def suggest(self, trial: Any, name: str) -> float | int:
        """Ask an Optuna trial for one of them."""
        if self.whole:
            asked: int = trial.suggest_int(name, int(self.low), int(self.high), log=self.log)
            return asked
        found: float = trial.suggest_float(name, self.low, self.high, log=self.log)
        return found


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few values."""

    values: tuple[Any, ...]

    def draw(self, rng: np.random.Generator) -> Any:
        """Draw one of them."""
        return self.values[int(rng.integers(len(self.values)))]

    def suggest(self, trial: Any, name: str) -> Any:
        """Ask an Optuna trial for one of them."""
        return trial.suggest_categorical(name, list(self.values))


Space: TypeAlias = Mapping[str, Range | Choice]


def draw_settings(space: Space, rng: np.random.Generator) -> dict[str, Any]:
    """Draw a value for each name."""
    return {name: given.draw(rng) for name, given in space.items()}
