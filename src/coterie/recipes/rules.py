"""The rules of a recipe beside its models, where people edit them."""

from __future__ import annotations

from pathlib import Path

from coterie.files import replacing
from coterie.outputs import claim_folder, is_edited
from coterie.recipes.settings import AnalysisStage
from coterie.workflows.analysis.rules import Rules, load_rules, rules_of

__all__ = ["RULES", "rules_for", "write_rules"]

RULES = "rules.toml"


def rules_for(wanted: AnalysisStage, home: Path) -> tuple[Rules | None, bool]:
    """Give the rules that count, and whether they are those that a person edited in the folder.

    Raises
    ------
    InputError, OptionError
        When they cannot be used, see `load_rules`.
    """
    made = rules_of(wanted.rules, wanted.recommendation, wanted.sentiment)
    path = home / RULES
    if made is not None and is_edited(path) and path.read_text("utf-8-sig") != made.toml:
        return load_rules(path), True
    return made, False


def write_rules(wanted: AnalysisStage, home: Path) -> tuple[Path, Rules, bool] | None:
    """Write the rules of a recipe into a folder; those that a person edited there stay.

    Returns
    -------
    tuple or None
        The file, the rules that count, and whether they are a person's; None without rules.
    """
    rules, kept = rules_for(wanted, home)
    if rules is None:
        return None
    path = home / RULES
    if not kept:
        with (
            claim_folder(home, by="run", writes=(RULES,), overwrite=True, lock=False),
            replacing(path) as fresh,
        ):
            fresh.write_text(rules.toml, encoding="utf-8")
    return path, rules, kept
