"""The page that shows what is in a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from coterie.formatting import shorten
from coterie.pages.exploration import words
from coterie.pages.reading import reading_note
from coterie.profile import CrossTable, Diversity, Profile, Spread, Tally, Term
from coterie.records.cleaning import CleaningSurvey
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

# What fits on a page: rows and columns of a cross table, members of a group, letters of a text,
# and of a text that is shown before and after.
_COARSE, _FINE, _MEMBERS, _EXCERPT, _EXAMPLE = 60, 90, 4, 180, 260


def explore_page(found: Exploration, *, show_personal: bool = False) -> Page:
    """Make the page of an exploration."""
    profile = found.profile
    sections = [
        _overview(profile),
        *_labels(profile),
        _lengths(profile),
        *_words(profile),
        _duplicates(profile),
        *_diversity(profile),
        *_cleaning(found.cleaning),
        _traces(profile),
        *_time(profile),
        _table(profile),
    ]
    subtitle = words.subtitle(profile)
    return Page(words.TITLE, subtitle, sections=sections, show_personal=show_personal)


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
        if finding.kind == kind and finding.about != "readability"
    ]
    first = reading_note(p.readability)
    return Section("Overview", [*first, Tiles(tiles), Grid(notes, columns=2)])


def _labels(p: Profile) -> Iterator[Section]:
    charts = [
        Bars(
            list(column.counts),
            list(column.counts.values()),
            title=f"Rows of each {column.name}",
            note=words.balance(column),
            limit=12,
        )
        for column in sorted(p.labels, key=lambda column: len(column.counts))
        if column.counts
    ]
    if charts:
        side_by_side: list[Block] = [Grid(charts)] if len(charts) > 1 else [*charts]
        yield Section("Labels", [*side_by_side, *map(_heat_map, p.cross_tables)])


def _heat_map(table: CrossTable) -> HeatMap:
    rows, columns = table.row_names[:_COARSE], table.column_names[:_FINE]
    return HeatMap(
        np.array(table.counts).T[: len(columns), : len(rows)],
        list(columns),
        list(rows),
        row_label=table.columns,
        column_label=table.rows,
        title=f"{table.columns} within each {table.rows}",
        note=words.shares(table, len(rows), len(columns)),
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
        "25th percentile": spread.quarter,
        "median": spread.median,
        "mean": spread.mean,
        "75th percentile": spread.three_quarters,
        "95th percentile": spread.p95,
        "longest": spread.maximum,
    }


def _histogram(name: str, spread: Spread) -> Histogram:
    edges = np.array(spread.edges)
    whole = edges[1] - edges[0] == 1
    middles = edges[:-1] if whole else (edges[:-1] + edges[1:]) / 2
    return Histogram(
        np.repeat(middles, spread.counts),
        x_label=f"{name} in a text",
        title=f"Length in {name}",
        note=words.beyond(spread),
        bins=len(spread.counts),
    )


def _words(p: Profile) -> Iterator[Section]:
    terms, pairs = p.vocabulary.words, p.vocabulary.pairs
    if terms:
        cloud = WordCloud({term.term: term.count for term in terms})
        bars = Grid([_term_bars("Words", terms), _term_bars("Pairs of words", pairs)])
        yield Section("Words", [cloud, bars], intro=words.vocabulary(p))


def _term_bars(title: str, terms: Sequence[Term]) -> Bars:
    return Bars(
        [term.term for term in terms], [term.count for term in terms], title=title, limit=20
    )


def _duplicates(p: Profile) -> Section:
    exact, near = p.exact_duplicates, p.near_duplicates
    blocks: list[Block] = []
    if exact.examples:
        copies = pd.DataFrame({"rows": c.rows, "text": _excerpt(c.text)} for c in exact.examples)
        title = "The most frequent texts"
        blocks.append(Table(copies, title=title, note=words.exact_copies(exact)))
    if near.examples:
        frame = pd.DataFrame(
            {
                "group": number,
                "texts in it": group.texts,
                "similarity": member.similarity,
                "rows": member.rows,
                "text": _excerpt(member.text),
            }
            for number, group in enumerate(near.examples, 1)
            for member in group.members[:_MEMBERS]
        )
        title, note = "The largest groups of near duplicates", words.near_copies(near)
        blocks.append(Table(frame, title=title, note=note, formats={"similarity": ".0%"}, limit=16))
    return Section("Duplicates", blocks or [Prose(words.NO_DUPLICATES)])


def _excerpt(text: str) -> str:
    return _shown(shorten(text, _EXCERPT))


def _shown(text: str) -> str:
    """Replace halves of surrogate pairs, which a page cannot hold, by question marks."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _diversity(p: Profile) -> Iterator[Section]:
    if p.diversity:
        yield Section("Diversity", [*map(_diversity_table, p.diversity)], intro=words.DIVERSITY)


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
        note=words.DISTANCE,
        formats={
            "different texts": ".1%",
            "types per token": ".3f",
            "different words in 100": ".0f",
            "mean distance": ".3f",
        },
        limit=15,
    )


def _cleaning(survey: CleaningSurvey) -> Iterator[Section]:
    kinds = [kind for kind in survey.kinds if kind.texts]
    if not kinds and not survey.sides:
        return
    frame = pd.DataFrame(
        {
            "what": words.CLEANED[kind.name],
            "removed": "yes" if kind.on else f"no: add --clean {kind.name}",
            "texts": kind.texts,
            "share of texts": kind.share,
            "share of characters": kind.characters,
        }
        for kind in kinds
    )
    shares = dict.fromkeys(("share of texts", "share of characters"), ".1%")
    blocks: list[Block] = []
    if kinds:
        blocks.append(
            Table(frame, title="What was found", formats=shares, note=words.CLEANED_SHARES)
        )
    if survey.sides:
        said = pd.DataFrame({"side": [*survey.sides], "texts": [*survey.sides.values()]})
        blocks.append(Table(said, title="Who speaks", note=words.sides(survey), limit=10))
    blocks.extend(
        Table(
            pd.DataFrame(
                {"before": _flat(before), "after": _flat(after)} for before, after in kind.examples
            ),
            title=f"{words.CLEANED[kind.name]}: examples",
        )
        for kind in kinds
    )
    yield Section("Cleaning", blocks, intro=words.CLEANING)


def _flat(text: str) -> str:
    return _shown(shorten(text, _EXAMPLE))


def _traces(p: Profile) -> Section:
    charts = [
        _languages(p),
        _tally_bars("Scripts", p.scripts, words.SCRIPTS),
        _tally_bars("Placeholders", p.placeholders),
        _tally_bars("Links and tags", p.markup),
        _tally_bars("Personal data", p.personal_data, words.PERSONAL_DATA),
    ]
    blocks: list[Block] = [Grid([chart for chart in charts if chart.labels])]
    if not p.personal_data:
        blocks.append(Note(words.NO_PERSONAL_DATA, kind="good"))
    return Section("What else the texts hold", blocks, intro=words.TRACES)


def _tally_bars(title: str, tallies: Sequence[Tally], note: str = "") -> Bars:
    names, rows = [tally.name for tally in tallies], [tally.rows for tally in tallies]
    return Bars(names, rows, title=title, note=note, limit=12)


def _languages(p: Profile) -> Bars:
    shares = p.readability.languages
    return Bars(
        [*shares],
        [*shares.values()],
        title="Languages",
        note=words.LANGUAGES,
        limit=12,
        format=".1%",
    )


def _time(p: Profile) -> Iterator[Section]:
    if (time := p.time) is None:
        return
    chart = Lines(
        [Line(f"rows by {time.unit}", np.arange(len(time.counts)), np.array(time.counts))],
        x_label=f"{time.unit}s since that of {time.starts[0]}",
        y_label="rows",
        title=f"Rows by {time.unit}",
        note=words.period(time),
    )
    yield Section("Time", [chart])


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
        blocks.append(Table(reasons, title="Rows set aside", note=words.SET_ASIDE))
    return Section("The table", blocks, intro=words.size(p))
