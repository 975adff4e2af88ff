"""The stage that puts the rules of recommendations beside the models, for people to edit."""

from __future__ import annotations

from pathlib import Path

from coterie.pages import recipe as page
from coterie.recipes import layout
from coterie.recipes.rules import write_rules
from coterie.recipes.stages.run import Run

__all__ = ["place_rules"]


def place_rules(run: Run) -> Path | None:
    """Write the rules of the recipe, or keep those that a person edited."""
    wanted = run.settings.analysis
    written = None if wanted is None else write_rules(wanted, run.folder / layout.ANALYSIS)
    if written is None:
        return None
    path, rules, kept = written
    run.chapters.append(page.advised(rules, f"{layout.ANALYSIS}/{path.name}", kept=kept))
    return path
