"""The page that shows what is in a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from coterie.formatting import shorten
from coterie.profile import (
    Copies,
    CrossTable,
    Diversity,
    LabelColumn,
    Profile,
    Spread,
    Tally,
    Term,
    TimeSpan,
)
from coterie.report import (
    Bars,
    Block,
    Grid,
    HeatMap,
    Histogram,
    Line,
    Lines,
    Note,
    Page,
    Prose,
    Section,
    Table,
    Tile,
    Tiles,
    WordCloud,
)
from coterie.workflows.exploration import Exploration

__all__ = ["explore_page"]

_COARSE, _FINE = 60, 90
_MEMBERS, _EXCERPT = 4, 180


def explore_page(found: Exploration) -> Page:
    """Lay what is in a table out as a page with pictures.

    Parameters
    ----------
    found
        Of `coterie.workflows.exploration.explore_records`.

    Returns
    -------
    Page
        ``page.write(path)`` makes the file.
    """
    profile = found.profile
    page = Page(
        "What is in this table",
        subtitle=f"{profile.source}, {profile.rows_in:,} rows",
    )
    for section in (
        _overview(profile),
        *_labels(profile),
        _lengths(profile),
        *_words(profile),
        _duplicates(profile),
        *_diversity(profile),
        _carried(profile),
        *_time(profile),
        _table(profile),
    ):
        page.add(section)
    return page


def _overview(p: Profile) -> Section:
    exact, near = p.exact_duplicates, p.near_duplicates
    tiles = [
        Tile(f"{p.unit} with a text", p.rows, f"{p.set_aside.rows:,} rows set aside"),
        Tile("different texts", exact.distinct, f"{exact.rows:,} {p.unit} are copies"),
        Tile("near duplicates", near.texts, f"texts, in {near.groups:,} groups"),
        *(Tile(f"values of {column.name}", len(column.counts)) for column in p.labels[:3]),
        Tile("words in a text", f"{p.words.median:.0f}", f"median; longest {p.words.maximum:,}"),
        Tile("different words", p.vocabulary.distinct, f"{p.vocabulary.once:,} occur once"),
    ]
    notes = [
        Note(finding.text, kind=finding.kind)
        for kind in ("warning", "info", "good")
        for finding in p.findings
        if finding.kind == kind
    ]
    return Section("Overview", [Tiles(tiles), Grid(notes, columns=2)])


def _labels(p: Profile) -> Iterator[Section]:
    charts = [
        Bars(
            list(column.counts),
            list(column.counts.values()),
            title=f"Rows of each {column.name}",
            note=_balance(column),
            limit=12,
        )
        for column in sorted(p.labels, key=lambda column: len(column.counts))
        if column.counts
    ]
    if charts:
        side_by_side: list[Block] = [Grid(charts)] if len(charts) > 1 else [*charts]
        yield Section("Labels", [*side_by_side, *map(_heat_map, p.cross_tables)])


def _balance(column: LabelColumn) -> str:
    missing = f" {column.missing:,} rows have none." if column.missing else ""
    return (
        f"{column.half:,} of {len(column.counts):,} values hold half of the rows; the largest has "
        f"{column.imbalance:,.1f} times the rows of the smallest; evenness {column.evenness:.3f} "
        f"(1 when all are equal).{missing}"
    )


def _heat_map(table: CrossTable) -> HeatMap:
    rows, columns = table.row_names[:_COARSE], table.column_names[:_FINE]
    whole = len(rows) == len(table.row_names) and len(columns) == len(table.column_names)
    cut = "" if whole else f" Only the {len(rows)} by {len(columns)} most frequent are shown."
    return HeatMap(
        np.array(table.counts).T[: len(columns), : len(rows)],
        list(columns),
        list(rows),
        row_label=table.columns,
        column_label=table.rows,
        title=f"{table.columns} within each {table.rows}",
        note=f"Percent of the rows of each {table.rows}.{cut}",
        share="columns",
    )


def _lengths(p: Profile) -> Section:
    frame = pd.DataFrame([_spread_row("words", p.words), _spread_row("characters", p.characters)])
    charts = [_histogram("words", p.words), _histogram("characters", p.characters)]
    return Section("Lengths", [Grid(charts), Table(frame, formats={"mean": ".1f"})])


def _spread_row(name: str, spread: Spread) -> dict[str, object]:
    return {
        "": name,
        "shortest": spread.minimum,
        "a quarter up to": spread.quarter,
        "half up to": spread.median,
        "mean": spread.mean,
        "three quarters up to": spread.three_quarters,
        "95% up to": spread.p95,
        "longest": spread.maximum,
    }


def _histogram(name: str, spread: Spread) -> Histogram:
    edges = np.array(spread.edges)
    whole = edges[1] - edges[0] == 1
    middles = edges[:-1] if whole else (edges[:-1] + edges[1:]) / 2
    beyond = (
        f"{spread.beyond:,} longer texts lie to the right of the chart." if spread.beyond else ""
    )
    return Histogram(
        np.repeat(middles, spread.counts),
        x_label=f"{name} in a text",
        title=f"Length in {name}",
        note=beyond,
        bins=len(spread.counts),
    )


def _words(p: Profile) -> Iterator[Section]:
    words, pairs = p.vocabulary.words, p.vocabulary.pairs
    if not words:
        return
    blocks: list[Block] = [WordCloud({term.term: term.count for term in words})]
    blocks.append(Grid([_term_bars("Words", words), _term_bars("Pairs of words", pairs)]))
    intro = (
        f"{p.vocabulary.tokens:,} words, {p.vocabulary.distinct:,} of them different. Function "
        "words, numbers, placeholders, links and addresses are left out of the pictures."
    )
    yield Section("Words", blocks, intro=intro)


def _term_bars(title: str, terms: Sequence[Term]) -> Bars:
    return Bars(
        [term.term for term in terms], [term.count for term in terms], title=title, limit=20
    )


def _duplicates(p: Profile) -> Section:
    exact, near = p.exact_duplicates, p.near_duplicates
    blocks: list[Block] = []
    if exact.examples:
        note = (
            f"{exact.rows:,} rows ({exact.share:.1%}) repeat the text of another row, character "
            "for character."
        )
        blocks.append(Table(_copies(exact.examples), title="The most frequent texts", note=note))
    if near.examples:
        frame = pd.DataFrame(
            {
                "group": number,
                "texts in it": group.texts,
                "similarity": member.similarity,
                "rows": member.rows,
                "text": _shown(shorten(member.text, _EXCERPT)),
            }
            for number, group in enumerate(near.examples, 1)
            for member in group.members[:_MEMBERS]
        )
        note = (
            f"Similarity is that of the sets of 4-character pieces (Jaccard), without regard to "
            f"case and punctuation; {near.threshold:.0%} or more is near. Each text is compared "
            "with the first of its group."
        )
        title = "The largest groups of near duplicates"
        blocks.append(Table(frame, title=title, note=note, formats={"similarity": ".0%"}, limit=16))
    return Section("Duplicates", blocks or [Prose("No two texts are the same, or nearly so.")])


def _copies(copies: Sequence[Copies]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "rows": [c.rows for c in copies],
            "text": [_shown(shorten(c.text, _EXCERPT)) for c in copies],
        }
    )


def _shown(text: str) -> str:
    """Put question marks for halves of surrogate pairs, which a page cannot hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _diversity(p: Profile) -> Iterator[Section]:
    if not p.diversity:
        return
    intro = (
        "How varied the texts of each label are. A label whose texts share few words holds many "
        "ways of saying one thing, or several things under one name."
    )
    yield Section("Diversity", [_diversity_table(each) for each in p.diversity], intro=intro)


def _diversity_table(measured: Diversity) -> Table:
    frame = pd.DataFrame(
        {
            measured.by: _shown(each.label),
            "rows": each.rows,
            "different texts": each.distinct_share,
            "types per token": each.type_token_ratio,
            "different words in 100": each.words_in_100,
            "mean distance": each.mean_distance,
        }
        for each in measured.labels
    )
    what = "texts" if measured.of == "text" else f"values of {measured.of}"
    return Table(
        frame,
        title=f"Diversity of the {what} by {measured.by}",
        note="Mean distance: the share of their words that two rows drawn at random do not have in "
        "common.",
        formats={
            "different texts": ".1%",
            "types per token": ".3f",
            "different words in 100": ".0f",
            "mean distance": ".3f",
        },
        limit=15,
    )


def _carried(p: Profile) -> Section:
    charts = [
        _tally_bars("Languages", p.languages, "Guessed from function words: a hint only."),
        _tally_bars("Scripts", p.scripts, "The script of most letters of a text."),
        _tally_bars("Placeholders", p.placeholders),
        _tally_bars("Links and tags", p.markup),
        _tally_bars(
            "Personal data",
            p.personal_data,
            "Found by their form and check digits; only counted, no value is shown anywhere.",
        ),
    ]
    blocks: list[Block] = [Grid([chart for chart in charts if chart.labels])]
    if not p.personal_data:
        blocks.append(
            Note("No e-mail address, phone, card, account or IP number was found.", kind="good")
        )
    return Section("What else the texts hold", blocks, intro="Rows that hold each.")


def _tally_bars(title: str, tallies: Sequence[Tally], note: str = "") -> Bars:
    names, rows = [tally.name for tally in tallies], [tally.rows for tally in tallies]
    return Bars(names, rows, title=title, note=note, limit=12)


def _time(p: Profile) -> Iterator[Section]:
    if p.time is None:
        return
    yield Section("Time", [_time_line(p.time)])


def _time_line(time: TimeSpan) -> Lines:
    missing = f" {time.missing:,} rows have no time." if time.missing else ""
    return Lines(
        [Line(f"rows by {time.unit}", np.arange(len(time.counts)), np.array(time.counts))],
        x_label=f"{time.unit}s since that of {time.starts[0]}",
        y_label="rows",
        title=f"Rows by {time.unit}",
        note=f"From {time.first[:10]} to {time.last[:10]}.{missing}",
    )


def _table(p: Profile) -> Section:
    rows = max(p.table.rows, 1)
    frame = pd.DataFrame(
        {
            "column": _shown(column.name),
            "type": column.dtype,
            "missing": column.missing + column.blank,
            "missing share": (column.missing + column.blank) / rows,
            "different values": column.distinct,
            "memory, KiB": column.memory_bytes / 1024,
        }
        for column in p.table.by_column
    )
    formats = {"missing share": ".1%", "memory, KiB": ",.0f"}
    blocks: list[Block] = [Table(frame, title="Columns", formats=formats)]
    if p.set_aside.rows:
        reasons = pd.DataFrame(
            {"reason": list(p.set_aside.reasons), "rows": list(p.set_aside.reasons.values())}
        )
        note = "Each row, with its number and reason, is in quarantine.csv."
        blocks.append(Table(reasons, title="Rows set aside", note=note))
    intro = (
        f"{p.table.rows:,} rows and {p.table.columns:,} columns, "
        f"{p.table.memory_bytes / 2**20:.1f} MiB in memory."
    )
    return Section("The table", blocks, intro=intro)
