"""The sentences of the page of an exploration; its findings are `coterie.profile.findings`."""
# ruff: noqa: D103 - a function is named for the sentence that it gives

from __future__ import annotations

from coterie.profile import (
    CrossTable,
    ExactDuplicates,
    LabelColumn,
    NearDuplicateSummary,
    Profile,
    Spread,
    TimeSpan,
)
from coterie.records.cleaning import CleaningSurvey

TITLE = "What is in this table"
NO_DUPLICATES = "No two texts are the same, or nearly so."
DIVERSITY = (
    "How varied the texts of each label are. Texts of one label that share few words say one "
    "thing in many ways, or several things under one label."
)
DISTANCE = (
    "Types per token: different words divided by words. Mean distance: the mean Jaccard distance "
    "of the words of two rows drawn at random, 0 for the same words and 1 for none in common."
)
CLEANING = (
    "What programs add to the words of a person. HTML is removed from what models learn from, "
    "unless you add --clean none; the other kinds are removed where you add them. Pages show each "
    "text as it was written."
)
CLEANED_SHARES = "Each line counts what is left after the lines above it are removed."
CLEANED = {
    "html": "HTML",
    "quotes": "Quoted threads",
    "signatures": "Signatures",
    "boilerplate": "Lines that many texts repeat",
}
TRACES = "Number of rows that hold each."
LANGUAGES = "Told from 500 texts, by a statistical classifier; short texts are judged together."
SCRIPTS = "The script of most letters of a text."
PERSONAL_DATA = "Found by pattern and check digits. They are only counted: no value is shown."
NO_PERSONAL_DATA = (
    "No e-mail address, phone, card, account or IP number, key or password was found."
)
SET_ASIDE = "Each row, with its number and reason, is in quarantine.csv."


def subtitle(p: Profile) -> str:
    return f"{p.source}, {p.rows_in:,} rows"


def balance(column: LabelColumn) -> str:
    missing = f" {column.missing:,} rows have none." if column.missing else ""
    return (
        f"{column.half:,} of {len(column.counts):,} values hold half of the rows; the largest has "
        f"{column.imbalance:,.1f} times the rows of the smallest; evenness {column.evenness:.3f} "
        f"(1 when all are equal).{missing}"
    )


def shares(table: CrossTable, rows: int, columns: int) -> str:
    whole = rows == len(table.row_names) and columns == len(table.column_names)
    cut = "" if whole else f" Only the {rows} by {columns} most frequent are shown."
    return f"Percent of the rows of each {table.rows}.{cut}"


def beyond(spread: Spread) -> str:
    if not spread.beyond:
        return ""
    return f"{spread.beyond:,} longer texts lie to the right of the chart."


def vocabulary(p: Profile) -> str:
    return (
        f"{p.vocabulary.tokens:,} words, {p.vocabulary.distinct:,} of them different. Function "
        "words, numbers, placeholders, links and addresses are left out of the pictures."
    )


def exact_copies(exact: ExactDuplicates) -> str:
    return f"{exact.rows:,} rows ({exact.share:.1%}) repeat the text of another row exactly."


def near_copies(near: NearDuplicateSummary) -> str:
    return (
        "Similarity is the Jaccard similarity of the sets of 4-character pieces, ignoring case and "
        f"punctuation; {near.threshold:.0%} or more counts as near. Each text is compared with the "
        "first of its group."
    )


def sides(survey: CleaningSurvey) -> str:
    if survey.side is not None:
        return f"The side that is learnt from is {survey.side}."
    return "Each text is a conversation: --side NAME learns from one side of it."


def period(time: TimeSpan) -> str:
    missing = f" {time.missing:,} rows have no time." if time.missing else ""
    return f"From {time.first[:10]} to {time.last[:10]}.{missing}"


def size(p: Profile) -> str:
    mebibytes = p.table.memory_bytes / 2**20
    return f"{p.table.rows:,} rows and {p.table.columns:,} columns, {mebibytes:.1f} MiB in memory."
