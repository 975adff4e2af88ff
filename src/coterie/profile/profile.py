"""What is found in a table, as figures a program can read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Literal

from coterie.profile.diversity import Diversity
from coterie.profile.duplicates import ExactDuplicates, NearDuplicateSummary
from coterie.profile.labels import CrossTable, LabelColumn
from coterie.profile.table import SetAside, Spread, TableFacts, TimeSpan
from coterie.profile.traces import Tally
from coterie.profile.words import Vocabulary

__all__ = ["Finding", "Profile"]

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Finding:
    """A sentence worth knowing before anything is done with the table.

    Attributes
    ----------
    text
        The sentence, with its figures.
    kind
        ``"good"``, ``"info"``, or ``"warning"`` where something should be done first.
    about
        The part of the profile it comes from: ``"labels"``.
    """

    text: str
    kind: Literal["info", "warning", "good"]
    about: str


@dataclass(frozen=True, slots=True)
class Profile:
    """Everything found in a table of texts.

    A row here is a record: a row of the source, or a person or conversation where rows were rolled
    up. Texts shown as examples have e-mail addresses, phone, card and account numbers masked.

    Attributes
    ----------
    source
        Where the rows came from.
    rows
        Records with a text.
    rows_in
        Rows of the source; those of records and those set aside.
    table
        The table as it was read.
    findings
        What to know first, in words.
    """

    source: str
    rows: int
    rows_in: int
    table: TableFacts
    set_aside: SetAside
    exact_duplicates: ExactDuplicates
    near_duplicates: NearDuplicateSummary
    labels: tuple[LabelColumn, ...]
    cross_tables: tuple[CrossTable, ...]
    characters: Spread
    words: Spread
    vocabulary: Vocabulary
    diversity: tuple[Diversity, ...]
    scripts: tuple[Tally, ...]
    languages: tuple[Tally, ...]
    placeholders: tuple[Tally, ...]
    markup: tuple[Tally, ...]
    personal_data: tuple[Tally, ...]
    time: TimeSpan | None
    findings: tuple[Finding, ...]

    @property
    def unit(self) -> str:
        """What a record is: ``"rows"``, or ``"records"`` where rows were rolled up."""
        return "rows" if self.rows + self.set_aside.rows == self.rows_in else "records"

    def to_dict(self) -> dict[str, Any]:
        """Lay the profile out in lists, mappings, numbers and strings that JSON can hold."""
        laid: dict[str, Any] = {"format": FORMAT, **_plain(self)}
        return laid


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value
