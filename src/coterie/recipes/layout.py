"""Where a run puts what: a folder for each stage, and the files beside them."""

from __future__ import annotations

from coterie.verbs import assignment, discovery, evaluation, exploration, outcomes, tuning
from coterie.verbs.saving import OutputFiles
from coterie.workflows.service import SERVICE

__all__ = [
    "ANALYSIS", "ASSIGN", "DATA", "DISCOVER", "EXPLORE", "FILES", "INDEX", "MODELS", "OUTCOMES",
    "PAGE", "SEARCH", "SETTINGS", "STAGES", "SUMMARY", "TRAIN", "TUNE",
]  # fmt: skip

DATA, EXPLORE, DISCOVER, ASSIGN = "data", "explore", "discover", "assign"
TUNE, TRAIN, OUTCOMES, MODELS = "tune", "train", "outcomes", "models"
INDEX, SEARCH, ANALYSIS = "index", "search", "analysis"
PAGE, SUMMARY, SETTINGS = "index.html", "run.json", "recipe.json"

FILES = OutputFiles("run", (SETTINGS, SERVICE), report=PAGE, figures=SUMMARY)
"""What a run writes beside the folders of its stages."""

STAGES = {
    EXPLORE: exploration.FILES,
    DISCOVER: discovery.FILES,
    ASSIGN: assignment.FILES,
    TUNE: tuning.FILES,
    TRAIN: evaluation.FILES,
    OUTCOMES: outcomes.FILES,
}
"""Folder of a stage, which is called as its table in the recipe, to what the stage writes."""
