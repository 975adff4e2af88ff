"""``coterie.name``: groups named by a language model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from coterie.llm import Estimate
from coterie.options import NameOptions
from coterie.outputs import claim_folder
from coterie.verbs.discovery import FILES, Found
from coterie.verbs.edits import write_edited
from coterie.verbs.options import by_name
from coterie.workflows.discovery.model_names import Naming, estimate_names
from coterie.workflows.discovery.saved import load_discovery, name_discovery

__all__ = ["Named", "estimate_saved", "name", "name_with"]


class Named:
    """Groups that a language model named.

    Parameters
    ----------
    found
        The discovery, with the new names.
    naming
        What came of it.
    """

    def __init__(self, found: Found, naming: Naming) -> None:
        self.found = found
        self.naming = naming

    @property
    def names(self) -> pd.DataFrame:
        """One row a group: name, the one before, description, status, and why there is none."""
        return self.naming.table

    @property
    def figures(self) -> dict[str, Any]:
        """Groups by status, how well names tell groups apart, calls, tokens, seconds and cost."""
        return self.naming.figures.to_dict()

    def to_dict(self) -> dict[str, Any]:
        """Give the figures and the names, as JSON takes them."""
        table = self.names.astype(object).where(self.names.notna(), None)
        return {**self.figures, "names": table.to_dict("records")}

    def __repr__(self) -> str:
        return self.naming.figures.line


def name_with(folder: str | Path, options: NameOptions) -> Named:
    """Have a language model name the groups of a discovery, and record it as an edit.

    Names that a person gave stay. A group that the model gives no usable name keeps the one made of
    words. Answers are kept as they come: after an interruption, nothing is asked twice.

    Parameters
    ----------
    folder
        Of a discovery. Its files and its page follow; ``names.csv`` says what came of each group,
        and ``language-model.jsonl`` holds all prompts and answers.
    options
        Declared in `coterie.options.NameOptions`.

    Returns
    -------
    Named
        ``named.names``, ``named.figures`` and ``named.found``.

    Raises
    ------
    SegmentError
        When the segments are frozen.
    StoreError
        When the folder holds no discovery.
    OptionError, LanguageModelError, MissingExtraError
        When the language model cannot be used.
    """
    return name_saved(folder, options)


def name_saved(folder: str | Path, options: NameOptions, *, by: str | None = None) -> Named:
    """Do as `name_with`; ``by`` says who asks for it, for the history."""
    home = Path(folder)
    with claim_folder(home, by="name", writes=FILES.all, edits=None) as claim:
        before = load_discovery(home)
        after = name_discovery(before, options, by=by)
        assert after.naming is not None
        done = write_edited(home, before.discovery, after)
        claim.add_edits([change.line for change in done.changes])
    return Named(Found(after), after.naming)


def estimate_saved(folder: str | Path, options: NameOptions) -> Estimate:
    """Estimate what `name_with` will take; nothing is asked and nothing is written."""
    before = load_discovery(folder)
    seed = before.figures.making.seed
    return estimate_names(before.segmentation, before.rows, options, seed=seed)


name = by_name(name_with, NameOptions)
