"""The page of a new version beside the one that it may replace."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from coterie.formatting import counted, percent
from coterie.metrics import VersionComparison
from coterie.pages.reading import reading_note
from coterie.report import Bars, Block, Note, Page, Prose, Section, Table, Tile, Tiles
from coterie.workflows.retraining.result import RetrainResult

__all__ = ["retrain_page"]

_SHOWN, _OPEN, _CUT = 200, 20, 200  # rows on the page and at first; characters of a text
_CLASSES = 20  # classes in the chart, those that change most

_METHOD = (
    "Both versions answer the same rows, and neither was trained on them. The new version learnt "
    "from all of the feedback, so stand-ins answer for it: each is trained with the same recipe on "
    "all but one part of the feedback, and answers that part. On held-out training rows both "
    "versions have such stand-ins. The new version itself has learnt from more rows than any of "
    "them.\n\nThe interval of a difference is Newcombe's, and its test McNemar's, on rows that are "
    "independent; where rows share a text or a customer, each of these counts as one. Of feedback "
    "that was chosen, such as corrected mistakes, the rows where the active version is right and "
    "those where it is wrong are weighted as they occur elsewhere."
)
_CLASS_NOTE = (
    "Mended: rows that only the new version gets right; lost: rows that only the active one does. "
    "Significant: exact McNemar's test with Holm's correction for the number of classes. All "
    "classes are in classes.csv."
)


def retrain_page(
    result: RetrainResult,
    *,
    model: str,
    version: int,
    active: bool,
    show_personal: bool = False,
) -> Page:
    """Make the page of a new version.

    Parameters
    ----------
    result
        The comparison.
    model
        Name of the model.
    version
        Number of the new version.
    active
        Whether it is used now.
    show_personal
        Whether to show personal data, which is masked otherwise.
    """
    feedback = result.feedback
    sections = [
        Section("In short", list(_overview(result, model, version, active=active))),
        _comparisons(result),
        *_classes(result),
        *_rows(result),
        _became(result),
        Section("Method", [Prose(_METHOD)]),
    ]
    return Page(
        f"{model}: version {version} beside version {result.version}",
        f"{feedback.given.source}, {counted(len(feedback.given), 'row')}",
        footer=f"Coterie, {result.trained.model.kind}",
        sections=sections,
        show_personal=show_personal,
    )


def _overview(result: RetrainResult, model: str, version: int, *, active: bool) -> Iterator[Block]:
    found = result.overall
    yield from reading_note(result.trained.readability)
    kind = "good" if result.better else "warning" if found.verdict == "worse" else "info"
    yield Note(result.verdict, title=_TITLES[found.verdict], kind=kind)  # type: ignore[arg-type]
    yield Tiles(
        [
            Tile("accuracy", _share(found.accuracy_b), f"was {_share(found.accuracy_a)}"),
            Tile("probability that it is better", _share(found.probability_better, ".0%")),
            Tile("rows compared", found.rows, "that neither version was trained on"),
            Tile("rows of feedback", result.learnt_from, "learnt from"),
        ]
    )
    for words in result.notes:
        yield Note(words)
    if active:
        yield Prose(f"Version {version} is used from now on.")
    else:
        yield Prose(
            f"Version {result.version} is still used. To use the new one: coterie models activate "
            f"{model} {version}"
        )


_TITLES = {
    "better": "Better.",
    "worse": "Worse.",
    "no difference": "No difference that matters.",
    "not enough rows": "Not enough rows to tell.",
}


def _share(value: float, spec: str = ".1%") -> str:
    return "–" if value != value else percent(value, spec)  # noqa: PLR0124, RUF001 - NaN


def _comparisons(result: RetrainResult) -> Section:
    rows = [("rows as they come", result.overall)] if result.collected == "chosen" else []
    rows.append(("feedback", result.on_feedback))
    if result.on_original is not None:
        rows.append(("training rows, held out", result.on_original))
    frame = pd.DataFrame([_row(name, each) for name, each in rows])
    formats = dict.fromkeys(("active", "new"), ".1%")
    notes = {"difference": [_ends(each) for _, each in rows]}
    return Section("The versions on the same rows", [Table(frame, formats=formats, notes=notes)])


def _row(name: str, found: VersionComparison) -> dict[str, object]:
    return {
        "rows": name,
        "number": found.rows,
        "active": found.accuracy_a,
        "new": found.accuracy_b,
        "difference": _points(found.difference),
        "only active right": found.only_a,
        "only new right": found.only_b,
        "verdict": found.verdict,
    }


def _points(share: float) -> str:
    return "–" if share != share else f"{share * 100:+.1f} points".replace("+0.0", "0.0")  # noqa: PLR0124, RUF001 - NaN


def _ends(found: VersionComparison) -> str:
    if found.low != found.low:
        return ""
    return f"{found.low * 100:+.1f} to {found.high * 100:+.1f}"


def _classes(result: RetrainResult) -> Iterator[Section]:
    table = result.classes
    moved = table[(table["mended"] > 0) | (table["lost"] > 0)]
    if not len(moved):
        return
    change = moved["mended"] - moved["lost"]
    shown = pd.DataFrame(
        {
            "class": moved["class"],
            "rows": moved["rows"],
            "active": moved["before"],
            "new": moved["after"],
            "mended": moved["mended"],
            "lost": moved["lost"],
            "significant": ["yes" if each else "" for each in moved["significant"]],
        }
    )
    largest = moved.head(_CLASSES)
    blocks: list[Block] = [
        Bars(
            largest["class"].tolist(),
            change.loc[largest.index].tolist(),
            title="Rows mended, less rows lost",
            signed=True,
        ),
        Table(shown, formats={"active": ".1%", "new": ".1%"}, limit=_OPEN, note=_CLASS_NOTE),
    ]
    yield Section("Each class", blocks)


def _rows(result: RetrainResult) -> Iterator[Section]:
    found = result.answers
    right = {name: found[name] == found["truth"] for name in ("before", "after")}
    asked = found["after"] != ""
    for title, chosen in (
        ("Lost", right["before"] & ~right["after"] & asked),
        ("Mended", right["after"] & ~right["before"] & asked),
    ):
        if not chosen.any():
            continue
        shown = found[chosen].head(_SHOWN)
        frame = pd.DataFrame(
            {
                "text": shown["text"],
                "truth": shown["truth"],
                "active version": shown["before"],
                "new version": shown["after"],
            }
        )
        note = f"{counted(int(chosen.sum()), 'row')} of the feedback. All are in feedback.csv."
        yield Section(title, [Table(frame, limit=_OPEN, cut={"text": _CUT}, note=note)])


def _became(result: RetrainResult) -> Section:
    counts = result.feedback.counts
    frame = pd.DataFrame({"rows of feedback": list(counts), "number": list(counts.values())})
    return Section("What became of the feedback", [Table(frame[frame["number"] > 0])])
