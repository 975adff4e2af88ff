"""``coterie.explore``: what is in a table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from coterie.profile import Profile, profile_records, write_explore
from coterie.records import Records, Source, Table, write_rejects
from coterie.verbs.frames import read_rows
from coterie.verbs.notebook import summary_html

__all__ = ["Explored", "explore"]

_PAGE, _QUARANTINE = "explore.html", "quarantine.csv"


class Explored:
    """What is in a table.

    Parameters
    ----------
    profile
        What was found.
    rejects
        The rows that were set aside.
    """

    def __init__(self, profile: Profile, rejects: pd.DataFrame) -> None:
        self.profile = profile
        self.rejects = rejects

    @property
    def figures(self) -> dict[str, Any]:
        """All figures."""
        return self.profile.to_dict()

    @property
    def findings(self) -> list[str]:
        """What to know first, in sentences."""
        return [finding.text for finding in self.profile.findings]

    def save(self, folder: str | Path) -> Path:
        """Write the files and the page that ``coterie explore`` writes, and give the page."""
        from coterie.pages.profile import explore_page

        home = Path(folder)
        write_explore(self.profile, home)
        if len(self.rejects):
            write_rejects(self.rejects, home / _QUARANTINE)
        else:
            (home / _QUARANTINE).unlink(missing_ok=True)
        return explore_page(self.profile).write(home / _PAGE)

    def __repr__(self) -> str:
        return "\n".join([self._headline(), *(f"  {text}" for text in self.findings)])

    def _repr_html_(self) -> str:
        return summary_html(self._headline(), ("findings",), [(text,) for text in self.findings])

    def _headline(self) -> str:
        return f"{self.profile.source}: {self.profile.rows:,} {self.profile.unit} with a text"


def explore(
    table: Source | Table | Records,
    *,
    text: str | None = None,
    id: str | None = None,  # noqa: A002 - the field's name
    labels: Sequence[str] = (),
    response: str | None = None,
    near: float = 0.8,
    seed: int = 0,
    **reading: Any,
) -> Explored:
    """Look at a table: gaps, duplicates, labels, lengths, words, personal data.

    Parameters
    ----------
    table
        A pandas, Polars or Arrow table, a path, a URL, or `coterie.Records`.
    text, id, labels
        Columns.
    response
        Column of answers to the texts.
    near
        Texts whose sets of character shingles are at least so alike are near duplicates.
    seed
        Of what is drawn.
    **reading
        Other arguments of `coterie.read_records`.

    Raises
    ------
    InputError, ColumnError
        When the table cannot be read, or a column is missing.
    """
    context = [] if response is None else [response]
    given = read_rows(table, text=text, id=id, labels=labels, context=context, **reading)
    profile = profile_records(
        given.records,
        table=given.table,
        response=response,
        near_duplicate_threshold=near,
        seed=seed,
    )
    return Explored(profile, given.records.rejects)
