"""``coterie.suspects``: labelled rows in, the labels that other rows contradict out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from coterie.options import SuspectsOptions
from coterie.records import Records, Source, Table
from coterie.verbs.notebook import summary_html
from coterie.verbs.options import by_name
from coterie.verbs.reading import read_texts
from coterie.verbs.saving import OutputFiles, save_result
from coterie.workflows.tuning.suspects import SuspectsResult, list_suspects

__all__ = ["FILES", "Suspected", "suspects", "suspects_with"]

FILES = OutputFiles("suspects", SuspectsResult.files)
"""What ``suspects`` writes."""


class Suspected:
    """Labels that other rows contradict.

    Parameters
    ----------
    result
        What the workflow found.
    show_personal
        Whether the page shows personal data, which is masked otherwise.
    """

    def __init__(self, result: SuspectsResult, *, show_personal: bool = False) -> None:
        self.result = result
        self._show_personal = show_personal

    @property
    def table(self) -> pd.DataFrame:
        """The suspects, the surest first, as ``suspects.csv`` holds them."""
        return self.result.table

    @property
    def figures(self) -> dict[str, Any]:
        """All figures, as ``metrics.json`` holds them."""
        return self.result.to_dict()

    def save(self, folder: str | Path, *, overwrite: bool = False) -> Path:
        """Write the files and the page that ``coterie suspects`` writes, and give the page.

        Files that a person made or changed are replaced only with ``overwrite``.
        """
        from coterie.pages.suspects import suspects_page

        page = suspects_page(self.result, show_personal=self._show_personal)
        return save_result(self.result, page, folder, FILES, overwrite=overwrite)

    def __repr__(self) -> str:
        return self.result.verdict

    def _repr_html_(self) -> str:
        table = self.result.by_label
        rows = [
            (str(label), f"{rows:,}", f"{suspect:,}")
            for label, rows, suspect in table[["label", "rows", "suspect"]].itertuples(index=False)
        ]
        return summary_html(repr(self), ("label", "rows", "to check"), rows)


def suspects_with(table: Source | Table | Records, options: SuspectsOptions) -> Suspected:
    """List the rows whose label other rows contradict, before it is learnt or tested on.

    Parameters
    ----------
    table
        A pandas, Polars or Arrow table, a path, a URL, or `coterie.Records`.
    options
        Declared in `coterie.options.SuspectsOptions`.

    Returns
    -------
    Suspected
        ``suspected.table``, ``suspected.figures``, ``suspected.save(folder)``.

    Raises
    ------
    InputError, ColumnError
        When the table cannot be read, a column is missing, or there are fewer than two labels.
    OptionError
        When an option is unknown or not allowed.
    """
    records = read_texts(table, options).records
    found = list_suspects(records, options, cache=options.cache)
    return Suspected(found, show_personal=options.show_personal)


suspects = by_name(suspects_with, SuspectsOptions)
