"""What is found in a table, as figures a program can read."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal

from coterie.encoders import Readability
from coterie.profile.diversity import Diversity
from coterie.profile.duplicates import ExactDuplicates, NearDuplicateSummary
from coterie.profile.labels import CrossTable, LabelColumn
from coterie.profile.table import SetAside, Spread, TableFacts, TimeSpan
from coterie.profile.traces import Tally
from coterie.profile.words import Vocabulary

__all__ = ["Profile", "ProfileFinding"]


@dataclass(frozen=True, slots=True)
class ProfileFinding:
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
    up. Texts shown as examples have personal data masked, unless it was asked for.

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
    readability
        What the encoder that is used by default, minilm, can read of the texts, by their scripts
        and languages alone.
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
    placeholders: tuple[Tally, ...]
    markup: tuple[Tally, ...]
    personal_data: tuple[Tally, ...]
    time: TimeSpan | None
    readability: Readability
    findings: tuple[ProfileFinding, ...]

    form: ClassVar[int] = 1

    @property
    def unit(self) -> str:
        """What a record is: ``"rows"``, or ``"records"`` where rows were rolled up."""
        return "rows" if self.rows + self.set_aside.rows == self.rows_in else "records"

    def to_dict(self) -> dict[str, Any]:
        """Give all figures, as JSON takes them."""
        # "format" is the older name of "form", kept for those who read it
        laid: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return {"form": self.form, "format": self.form, **laid}
