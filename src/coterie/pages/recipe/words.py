"""The sentences of a recipe's first page."""
# ruff: noqa: D103 - a function is named for the sentence that it gives

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from coterie.profile import Profile
from coterie.report import Tile

if TYPE_CHECKING:
    from coterie.segments.assigning.comparison import Assigned
    from coterie.workflows.evaluation.evaluation import Evaluation

EXPLORED, DISCOVERED = "What is in the table", "Groups found in the texts"
ASSIGNED, TUNED = "Segments written by hand", "An encoder tuned on the labels"
TRAINED, OUTCOMES = "Models that predict", "Predicted outcomes"
READING = "How the table was read"

NO_LABEL = "the table has no label to learn from."
NO_TORCH = "torch is not installed: pip install 'coterie[torch]' and run again."

_FINDINGS = 4


def left_out(reason: object, what: str = "") -> str:
    return f"{what} is left out: {reason}" if what else f"Left out: {reason}"


def cannot_be_tuned(encoder: str) -> str:
    return f"the encoder {encoder} cannot be tuned; minilm can."


def explored(profile: Profile) -> str:
    return " ".join(finding.text for finding in profile.findings[:_FINDINGS])


def assigned(best: Assigned, unit: str) -> str:
    sizes = best.classes.sort_values("assigned", ascending=False)
    named = [f"{n} ({c:,})" for n, c in zip(sizes["name"], sizes["assigned"], strict=True)]
    return f"By the nearest description, the {unit} are: {', '.join(named)}."


def trained(evaluation: Evaluation, unit: str, first: int | None) -> str:
    each = ", ".join(f"{m.name} {m.scores.accuracy:.1%}" for m in evaluation.judged)
    told = f"Accuracy on {len(evaluation.best.truth):,} test {unit}: {each}."
    return told if first is None else f"{told} Each was read up to its first {first} turns."


def outcomes(tiles: Sequence[Tile], rows: int, unit: str) -> str:
    figures = ", ".join(f"{tile.label} {tile.value}" for tile in tiles)
    return f"Evaluated on {rows:,} {unit} that no model had learnt from: {figures}."


def best_possible(ceiling: Mapping[str, float]) -> str:
    if "accuracy" in ceiling:
        return f"best possible {ceiling['accuracy']:.0%}"
    return f"best possible {ceiling['r2']:.2f}" if "r2" in ceiling else ""
