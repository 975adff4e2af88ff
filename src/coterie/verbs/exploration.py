"""``coterie.explore``: what is in a table."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from coterie.errors import CoterieWarning
from coterie.options import ExploreOptions
from coterie.profile import Profile
from coterie.records import Records, Source, Table
from coterie.verbs.notebook import summary_html
from coterie.verbs.options import by_name
from coterie.verbs.reading import read_texts
from coterie.verbs.saving import OutputFiles, save_result
from coterie.workflows.exploration import Exploration, explore_records

__all__ = ["FILES", "Explored", "explore", "explore_with"]

FILES = OutputFiles("explore", report="explore.html", figures="explore.json")
"""What ``explore`` writes."""


class Explored:
    """What is in a table.

    Parameters
    ----------
    result
        What the workflow found.
    show_personal
        Whether the page shows personal data, which is masked otherwise.
    """

    def __init__(self, result: Exploration, *, show_personal: bool = False) -> None:
        self.result = result
        self._show_personal = show_personal

    @property
    def profile(self) -> Profile:
        """All figures, as attributes."""
        return self.result.profile

    @property
    def figures(self) -> dict[str, Any]:
        """All figures, as ``explore.json`` holds them."""
        return self.result.to_dict()

    @property
    def findings(self) -> list[str]:
        """What to know first, in sentences."""
        return [finding.text for finding in self.profile.findings]

    def save(self, folder: str | Path, *, overwrite: bool = False) -> Path:
        """Write the files and the page that ``coterie explore`` writes, and give the page.

        Files that a person made or changed are replaced only with ``overwrite``.
        """
        from coterie.pages.exploration.page import explore_page

        page = explore_page(self.result, show_personal=self._show_personal)
        return save_result(self.result, page, folder, FILES, overwrite=overwrite)

    def __repr__(self) -> str:
        return "\n".join([self._headline(), *(f"  {text}" for text in self.findings)])

    def _repr_html_(self) -> str:
        return summary_html(self._headline(), ("findings",), [(text,) for text in self.findings])

    def _headline(self) -> str:
        return f"{self.profile.source}: {self.profile.rows:,} {self.profile.unit} with a text"


def explore_with(table: Source | Table | Records, options: ExploreOptions) -> Explored:
    """Look at a table: gaps, duplicates, labels, lengths, words, personal data.

    Parameters
    ----------
    table
        A pandas, Polars or Arrow table, a path, a URL, or `coterie.Records`.
    options
        Declared in `coterie.options.ExploreOptions`.

    Returns
    -------
    Explored
        ``explored.profile``, ``explored.findings``, ``explored.save(folder)``.

    Raises
    ------
    InputError, ColumnError
        When the table cannot be read, or a column is missing.
    OptionError
        When an option is unknown or not allowed.

    Warns
    -----
    CoterieWarning
        Says which texts the encoder that is used by default cannot read.
    """
    response = options.response
    asked = options
    if response is not None and not isinstance(table, Records):
        asked = options.changed(context=[*(options.context or ()), response])
    given = read_texts(table, asked)
    found = explore_records(
        given.records,
        table=given.table,
        response=response,
        near=options.near,
        seed=options.seed,
        cleanings=options.cleanings,
        side=options.side,
        show_personal=options.show_personal,
    )
    if found.profile.readability.note:
        warnings.warn(found.profile.readability.note, CoterieWarning, stacklevel=2)
    return Explored(found, show_personal=options.show_personal)


explore = by_name(explore_with, ExploreOptions)
