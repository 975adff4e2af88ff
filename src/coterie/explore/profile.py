"""What is found in a table, as figures a program can read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any, Literal

from coterie.records import replacing

__all__ = [
    "Column",
    "Copies",
    "CrossTable",
    "Diversity",
    "ExactDuplicates",
    "Finding",
    "LabelColumn",
    "LabelDiversity",
    "NearDuplicateGroup",
    "NearDuplicateSummary",
    "Profile",
    "SetAside",
    "Spread",
    "TableFacts",
    "Tally",
    "Term",
    "TimeSpan",
    "Vocabulary",
    "write_explore",
]

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
class Tally:
    """Something counted: how often it occurs, in how many rows, in which share of them."""

    name: str
    count: int
    rows: int
    share: float


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table as it was read.

    Attributes
    ----------
    name
        Its name.
    dtype
        What its cells are: the pandas dtype, after columns of numbers were read as numbers.
    missing
        Cells without a value.
    blank
        Cells with nothing but white space.
    distinct
        Different values.
    memory_bytes
        Bytes it takes in memory, as read.
    """

    name: str
    dtype: str
    missing: int
    blank: int
    distinct: int
    memory_bytes: int


@dataclass(frozen=True, slots=True)
class TableFacts:
    """Shape of the table, memory in bytes, and its columns."""

    rows: int
    columns: int
    memory_bytes: int
    by_column: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class SetAside:
    """Rows that were set aside: number, share, and the reasons, the most frequent first.

    ``reasons`` maps a reason to its number of rows; references to single rows in it are written
    as ``#``.
    """

    rows: int
    share: float
    reasons: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Copies:
    """A text, personal data masked, and how many rows carry it."""

    text: str
    rows: int
    similarity: float = 1.0


@dataclass(frozen=True, slots=True)
class ExactDuplicates:
    """Rows whose text is that of another row, character for character.

    Attributes
    ----------
    distinct
        Different texts.
    rows
        Rows beyond the first of each text: what would go if each were kept once.
    share
        ``rows`` as a share of all rows.
    largest
        Rows of the most frequent text.
    conflicts
        Label column to the number of texts that occur under more than one of its labels.
    examples
        The most frequent texts.
    """

    distinct: int
    rows: int
    share: float
    largest: int
    conflicts: Mapping[str, int]
    examples: tuple[Copies, ...]


@dataclass(frozen=True, slots=True)
class NearDuplicateGroup:
    """Texts that are nearly the same: how many, in how many rows, and the first of them."""

    texts: int
    rows: int
    members: tuple[Copies, ...]


@dataclass(frozen=True, slots=True)
class NearDuplicateSummary:
    """Texts that are nearly those of another.

    Attributes
    ----------
    threshold
        Smallest Jaccard similarity of 4-character shingles that counts as near.
    groups
        Groups of two different texts or more.
    texts
        Different texts in them.
    rows
        Rows beyond the first text of each group: what would go if one text of each were kept,
        exact copies not counted.
    share
        ``rows`` as a share of all rows.
    conflicts
        Label column to the number of groups that hold more than one of its labels.
    examples
        The groups with the most texts.
    """

    threshold: float
    groups: int
    texts: int
    rows: int
    share: float
    conflicts: Mapping[str, int]
    examples: tuple[NearDuplicateGroup, ...]


@dataclass(frozen=True, slots=True)
class LabelColumn:
    """How the rows fall into the labels of a column.

    Attributes
    ----------
    name
        The column.
    counts
        Label to its rows, the most frequent first.
    missing
        Rows without a label.
    imbalance
        Rows of the largest label divided by those of the smallest.
    evenness
        Shannon entropy of the shares divided by its maximum: 1 when all are equal.
    half
        How many labels, largest first, hold half of the labelled rows.
    lookalikes
        Labels that differ in nothing but case, punctuation or blanks.
    """

    name: str
    counts: Mapping[str, int]
    missing: int
    imbalance: float
    evenness: float
    half: int
    lookalikes: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class CrossTable:
    """Rows by two label columns.

    Attributes
    ----------
    rows, columns
        Names of the two columns; the coarser one is ``rows``.
    row_names, column_names
        Their labels, the most frequent first.
    counts
        Rows for each pair of labels, one tuple for each of ``row_names``.
    nested
        Whether each label of ``columns`` occurs under one label of ``rows`` only.
    """

    rows: str
    columns: str
    row_names: tuple[str, ...]
    column_names: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    nested: bool


@dataclass(frozen=True, slots=True)
class Spread:
    """How a number is spread over the rows.

    ``counts[i]`` rows lie from ``edges[i]`` to below ``edges[i + 1]``; the last edge is above the
    99th percentile, and ``beyond`` rows lie above it.
    """

    minimum: int
    quarter: float
    median: float
    mean: float
    three_quarters: float
    p95: float
    maximum: int
    edges: tuple[int, ...]
    counts: tuple[int, ...]
    beyond: int


@dataclass(frozen=True, slots=True)
class Term:
    """A word or a pair of words: occurrences, rows that have it, their share."""

    term: str
    count: int
    rows: int
    share: float


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of the texts.

    Attributes
    ----------
    tokens
        Words in all rows, numbers and placeholders not counted.
    distinct
        Different words, in lower case.
    once
        Different words that occur once.
    words, pairs
        The most frequent words, and pairs of neighbours, without function words.
    """

    tokens: int
    distinct: int
    once: int
    words: tuple[Term, ...]
    pairs: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class LabelDiversity:
    """How varied the texts of a label are.

    Attributes
    ----------
    label
        The label.
    rows
        Rows with a text.
    distinct_share
        Different texts as a share of them.
    type_token_ratio
        Different words divided by words; falls as a label grows.
    words_in_100
        Different words to be expected among 100 drawn from the label's: comparable between
        labels of unequal size.
    mean_distance
        Mean Jaccard distance between the word sets of two rows, over pairs drawn at random; 0
        when all are the same, 1 when none share a word. None for fewer than two rows.
    """

    label: str
    rows: int
    distinct_share: float
    type_token_ratio: float
    words_in_100: float
    mean_distance: float | None


@dataclass(frozen=True, slots=True)
class Diversity:
    """Diversity of the texts ``of`` a column (the text or the response) by label of ``by``."""

    of: str
    by: str
    labels: tuple[LabelDiversity, ...]


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """First and last time (ISO 8601), rows without one, and rows by period.

    ``unit`` is ``"day"``, ``"week"``, ``"month"`` or ``"year"``; ``starts`` are the periods'
    first days, empty ones among them.
    """

    first: str
    last: str
    missing: int
    unit: str
    starts: tuple[str, ...]
    counts: tuple[int, ...]


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


def write_explore(profile: Profile, folder: str | Path) -> Path:
    """Write ``explore.json`` to a folder, whole or not at all, and give its path.

    The folder is made when absent. Halves of surrogate pairs, which UTF-8 cannot hold, become
    question marks.
    """
    path = Path(folder) / "explore.json"
    text = json.dumps(profile.to_dict(), ensure_ascii=False, indent=1, allow_nan=False)
    with replacing(path) as fresh:
        fresh.write_bytes(text.encode("utf-8", errors="replace") + b"\n")
    return path
