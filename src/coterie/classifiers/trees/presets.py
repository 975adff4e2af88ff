"""How much work an ensemble may be: three presets, from the most accurate to the fastest."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from coterie.classifiers.features.pipeline import FEATURE_KINDS
from coterie.classifiers.trees.learner import Learner
from coterie.classifiers.trees.learners import LEARNERS
from coterie.errors import OptionError
from coterie.extras import require

__all__ = ["PRESETS", "Preset", "find_preset"]


@dataclass(frozen=True, slots=True)
class Preset:
    """What an ensemble is made of unless it is told.

    Attributes
    ----------
    learners
        Names of the kinds of models, in order of preference.
    most
        How many of these that are installed.
    kinds
        Features of concepts.
    draws
        Settings to try for each learner.
    """

    learners: Sequence[str]
    most: int
    kinds: Sequence[str]
    draws: int

    def choose(self) -> tuple[list[Learner], list[Learner]]:
        """Give the learners that are used, and those wanted that lack their library.

        Raises
        ------
        MissingExtraError
            When none of them is installed.
        """
        wanted = [LEARNERS[name] for name in self.learners]
        there = [learner for learner in wanted if learner.installed]
        absent = [learner for learner in wanted if not learner.installed]
        if not there:
            require(absent[0].module, extra="boost", purpose="An ensemble of trees")
        return there[: self.most], absent if len(there) < self.most else []


PRESETS = {
    "accuracy": Preset(tuple(LEARNERS), len(LEARNERS), FEATURE_KINDS, 10),
    "balanced": Preset(
        ("lightgbm", "xgboost", "random-forest", "gradient-boosting"), 3, FEATURE_KINDS, 10
    ),
    "speed": Preset(
        ("lightgbm", "xgboost", "catboost", "gradient-boosting"), 1, ("one-hot", "statistics"), 10
    ),
}
"""The presets, by their names."""


def find_preset(name: str) -> Preset:
    """Give a preset by its name; OptionError, with the nearest, where there is none."""
    if name in PRESETS:
        return PRESETS[name]
    near = difflib.get_close_matches(name, PRESETS, n=1, cutoff=0.4)
    hint = f"did you mean {near[0]}?" if near else f"choose of {', '.join(PRESETS)}."
    raise OptionError(f"There is no preset '{name}': {hint}")
