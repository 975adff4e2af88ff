"""The page that says what changed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from coterie.formatting import between, counted, format_number, percent
from coterie.report import (
    Bars,
    Block,
    Card,
    Cards,
    Line,
    Lines,
    Mark,
    Note,
    Page,
    Prose,
    Section,
    Table,
    Tile,
    Tiles,
)
from coterie.workflows.watching.changes import GROUP, Change
from coterie.workflows.watching.judging import LEVEL
from coterie.workflows.watching.result import WatchResult
from coterie.workflows.watching.words import UNITS, chance_in_words, points

__all__ = ["watch_page"]

_BARS, _TOLD = 12, 12
_SERIES = 7  # curves that can be told apart, beside that of the rows outside


def watch_page(result: WatchResult) -> Page:
    """Make the page of what changed."""
    page = Page(
        result.headline,
        subtitle=f"{result.source} compared with {result.reference.origin} ({result.watched})",
        show_personal=result.show_personal,
    )
    page.add(Section("What changed", list(_changes(result))))
    groups = [change for change in result.changes if change.kind == GROUP]
    if groups:
        page.add(_new_groups(groups, result))
    if len(result.periods) > 1:
        page.add(_by_time(result))
    page.add(_shares(result))
    page.add(_how(result))
    return page


def _changes(result: WatchResult) -> Iterator[Block]:
    latest = result.latest
    yield Tiles(
        [
            Tile("rows", len(result.rows), f"{result.reference.counted:,} to compare with"),
            *(
                [Tile(f"{UNITS[result.every]} with a change", len(result.alarms),
                      f"of {len(result.periods)}")]
                if result.by_time
                else []
            ),
            Tile("changes", len(result.changes), "by more than chance"),
            Tile("new groups", sum(c.kind == GROUP for c in result.changes)),
            Tile("outside", *_outside(latest.judged.figures)),
        ]
    )  # fmt: skip
    for change in result.changes[:_TOLD]:
        yield Note(result.sentence(change), kind="warning")
    if len(result.changes) > _TOLD:
        yield Prose(f"And {len(result.changes) - _TOLD} others: see changes.csv.")
    if not result.changes:
        yield Note(f"Nothing changed by more than chance. {result.sight}", kind="good")
    else:
        yield Prose(result.sight)
    for note in result.notes:
        yield Note(note)


def _outside(figures: dict[str, tuple[float, float]]) -> tuple[str, str]:
    before, after = figures.get("outside", (float("nan"), float("nan")))
    if np.isnan(after):
        return format_number(None), "not known"
    return percent(after), f"{percent(before)} before"


def _new_groups(groups: list[Change], result: WatchResult) -> Section:
    cards = [
        Card(
            change.name,
            " · ".join(change.exemplars) or change.description,
            score=f"{percent(change.after)} of messages, {counted(change.rows, 'message')}",
            categories=[("term", term) for term in change.terms[:6]],
            facts={
                "95% interval": between((change.low, change.high), ".1%"),
                "before": percent(change.before),
                **({"seen since": change.since} if result.by_time else {}),
                "where its messages went": ", ".join(
                    f"{name} ({rows})" for name, rows in list(change.within.items())[:5]
                ),
            },
        )
        for change in groups
    ]
    return Section(
        "New groups",
        [Cards(cards, limit=6)],
        "Messages that lie together where hardly any lay before, with examples.",
    )


def _by_time(result: WatchResult) -> Section:
    x = list(range(1, len(result.periods) + 1))
    outside = [each.judged.figures.get("outside", (0.0, np.nan))[1] for each in result.periods]
    lines = [Line(name, x, np.array(y) * 100) for name, y in list(result.series())[:_SERIES]]
    if np.nansum(outside) > 0:
        lines.append(Line("outside", x, np.array(outside) * 100))
    marks = [
        Mark(place, each.name) for place, each in zip(x, result.periods, strict=True) if each.alarm
    ]
    blocks: list[Block] = []
    if lines:
        blocks.append(
            Lines(
                lines,
                title=lines[0].name if len(lines) == 1 else "",
                x_label=f"{result.every}, the first from {result.periods[0].name}",
                y_label="% of messages",
                marks=marks[-6:],
                note=f"Marked: the last {UNITS[result.every]} with a change by more than chance.",
            )
        )
    frame = result.periods_table.assign(
        whole=[("yes" if each.period.whole else "no") for each in result.periods],
        alarm=[("yes" if each.alarm else "") for each in result.periods],
    )
    blocks.append(Table(frame, formats={"outside": ".1%"}))
    return Section(f"By {result.every}", blocks)


def _shares(result: WatchResult) -> Section:
    latest = result.latest
    frame = latest.judged.segments.copy()
    order = frame["difference"].abs().sort_values(ascending=False, kind="stable").index
    frame = frame.loc[order]
    shown = pd.DataFrame(
        {
            "segment": frame["name"],
            "before": frame["before"],
            "now": frame["after"],
            "points": frame["difference"] * 100,
            "chance": [_chance(chance) for chance in frame["chance"]],
            "changed": ["yes" if alarm else "" for alarm in frame["alarm"]],
        }
    )
    intervals = [
        f"{low * 100:+.1f} to {high * 100:+.1f}"
        for low, high in zip(frame["low"], frame["high"], strict=True)
    ]
    which = f"the latest whole {result.every}, from {latest.name}" if result.by_time else "all rows"
    moved = frame[frame["difference"] != 0].head(_BARS)
    bars = [
        Bars(
            moved["name"].tolist(),
            (moved["difference"] * 100).tolist(),
            title="Points of messages, now less before",
            format=".1f",
            signed=True,
        )
    ]
    return Section(
        "Shares before and now",
        [
            *(bars if len(moved) else []),
            Table(
                shown,
                formats={"before": ".1%", "now": ".1%", "points": "+.1f"},
                notes={"points": intervals},
                note=f"Of {which}. Under each difference: its 95% interval, in points.",
            ),
        ],
    )


def _chance(chance: float) -> str:
    return "usual" if chance >= 1 else chance_in_words(max(chance, 1e-9))


def _how(result: WatchResult) -> Section:
    unit = UNITS[result.every] if result.by_time else "tables"
    text = (
        f"All tests together raise an alarm in at most {LEVEL:.0%} of {unit} in which nothing "
        "changed: the shares of segments, new groups, messages that fit no segment or several, "
        "confidence, language and length share this level, and are corrected for their number. "
        "A change of fewer than "
        f"{points(result.least).lstrip('+')} of messages is not reported.\n\n"
        "Messages that repeat the same text count as often as chance allows, so that one person "
        "who writes ten times does not raise an alarm."
    )
    if result.reference.doubt:
        text += (
            "\n\nThe rows before are those that the segments or the model were made from. They are "
            "answered here as if they were new, and shares may be off by "
            f"{result.reference.doubt:.0%} of themselves for that; a table of a quiet time, with "
            "--reference, is more exact."
        )
    return Section("How it was judged", [Prose(text)])
