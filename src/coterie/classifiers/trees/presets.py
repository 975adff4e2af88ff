"""Three presets of ensembles, from the most accurate to the fastest.

What they reach and cost is measured in benchmarks/RESULTS.md (Q8, P5); which learners and features
each has is a judgement.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from coterie.classifiers.features.pipeline import FEATURE_KINDS
from coterie.classifiers.trees.learner import Learner
from coterie.classifiers.trees.learners import LEARNERS
from coterie.errors import OptionError
from coterie.hints import did_you_mean

__all__ = ["PRESETS", "Preset", "find_preset"]


@dataclass(frozen=True, slots=True)
class Preset:
    """Defaults of an ensemble.

    Attributes
    ----------
    learners, most
        Names of the kinds of models in order of preference, of which the first ``most`` that are
        installed are used.
    kinds
        Features of concepts.
    draws
        Settings to try for each learner.
    linear
        Whether a linear model is tried beside them.
    """

    learners: Sequence[str]
    most: int
    kinds: Sequence[str]
    draws: int
    linear: bool = True

    def choose(self) -> tuple[list[Learner], list[Learner]]:
        """Give the learners to use, and those that would be used if they were installed.

        Each preset has a learner of scikit-learn, which is always there.
        """
        wanted = [LEARNERS[name] for name in self.learners]
        used = [learner for learner in wanted if learner.installed][: self.most]
        tried = wanted if len(used) < self.most else wanted[: wanted.index(used[-1])]
        beside = [LEARNERS["linear"]] if self.linear else []
        return [*used, *beside], [learner for learner in tried if not learner.installed]


_TREES = tuple(name for name, learner in LEARNERS.items() if not learner.linear)

PRESETS = {
    "accuracy": Preset(_TREES, len(_TREES), FEATURE_KINDS, 10),
    "balanced": Preset(
        ("lightgbm", "xgboost", "random-forest", "gradient-boosting"), 3, FEATURE_KINDS, 10
    ),
    "speed": Preset(
        ("lightgbm", "xgboost", "catboost", "gradient-boosting"),
        1,
        ("one-hot", "statistics"),
        10,
        linear=False,
    ),
}
"""The presets, by their names."""


def find_preset(name: str) -> Preset:
    """Give a preset by its name; OptionError where there is none."""
    if name in PRESETS:
        return PRESETS[name]
    hint = did_you_mean(name, list(PRESETS), f"choose one of {', '.join(PRESETS)}.", cutoff=0.4)
    raise OptionError(f"There is no preset '{name}': {hint}")
