"""The blocks of the page of outcomes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from coterie.classifiers import EnsembleClassifier
from coterie.pages.outcomes import words
from coterie.report import (
    Bars,
    Block,
    Grid,
    Links,
    Note,
    Page,
    Prose,
    Section,
    Table,
    Tile,
    Tiles,
)
from coterie.workflows.outcomes.outcome import Outcome, OutcomesResult

__all__ = ["outcomes_page"]

_NAMED, _SHOWN = 3, 15
_FIGURES = ("accuracy", "auc", "r2")
_HEADINGS = {"auc": "AUC", "r2": "R2", "mae": "MAE"}


def outcomes_page(result: OutcomesResult, *, show_personal: bool = False) -> Page:
    """Lay out outcomes: how well each is predicted, and which features matter."""
    subtitle = words.SIZE(result.source, result.rows, result.unit)
    page = Page(result.title or words.TITLE, subtitle, show_personal=show_personal)
    page.add(_overview(result))
    for outcome in result.outcomes:
        page.add(_section(outcome, result.unit))
    page.add(_method(result))
    return page


def _overview(result: OutcomesResult) -> Section:
    said = [words.result(outcome, result.unit) for outcome in result.outcomes]
    blocks: list[Block] = [
        Tiles([_tile(outcome) for outcome in result.outcomes]),
        Prose("\n\n".join(said)),
    ]
    if any(outcome.ceiling for outcome in result.outcomes):
        blocks.append(Note(words.CEILING, title=words.CEILING_TITLE))
    left_out = result.left_out.items()
    blocks += [Note(words.LEFT_OUT(label, why), kind="warning") for label, why in left_out]
    return Section(words.OVERVIEW, blocks)


def _tile(outcome: Outcome) -> Tile:
    if outcome.judged is not None:
        best = _best_possible(outcome, "accuracy", ".1%")
        value = f"{outcome.judged.scores.accuracy:.1%}"
        return Tile(f"{outcome.label}: accuracy", value, words.accuracy_note(outcome, best))
    assert outcome.scores is not None
    ends = words.r2_interval(outcome)
    note = f"{ends}; " * bool(ends) + words.VARIANCE(_best_possible(outcome, "r2", ".3f"))
    return Tile(f"{outcome.label}: R2", f"{outcome.scores.r2:.3f}", note)


def _best_possible(outcome: Outcome, name: str, spec: str) -> str:
    best = getattr(outcome.ceiling, name, None)
    return "" if best is None else words.BEST_POSSIBLE(format(best, spec))


def _section(outcome: Outcome, unit: str) -> Section:
    blocks = [] if outcome.features is None else _features(outcome, outcome.features)
    if len(outcome.effects):
        blocks.append(Grid([_importances(outcome), _effects(outcome)], columns=2))
        blocks.append(Prose(words.effects(outcome, unit, _NAMED)))
    else:
        blocks.append(_importances(outcome))
    blocks.append(_learners(outcome))
    blocks.append(Links([(words.all_figures(outcome), f"{outcome.label}/report.html")]))
    return Section(outcome.label, blocks)


def _features(outcome: Outcome, features: pd.DataFrame) -> list[Block]:
    shown = features[["features", "columns"]].copy()
    best: dict[str, str] = {}
    for name in (name for name in _FIGURES if name in features):
        spread = features.get(f"{name}_sd", pd.Series(np.nan, index=features.index))
        heading = _HEADINGS.get(name, name)
        shown[heading] = [_with_spread(*both) for both in zip(features[name], spread, strict=True)]
        possible = getattr(outcome.ceiling, name, None)
        if possible is not None:
            best[heading] = f"{possible:.3f}"
    shown["seconds, features"] = features["seconds_features"]
    shown["seconds, training"] = features["seconds_training"]
    if best:
        last = pd.DataFrame([{"features": "upper limit", **best}])
        shown = pd.concat([shown, last], ignore_index=True)
    table = Table(
        shown,
        title=words.FEATURES_TITLE,
        note=words.features_note(features.attrs.get("learner", "one learner")),
        formats={"columns": ",.0f", "seconds, features": ".2f", "seconds, training": ".2f"},
    )
    return [table, Prose(words.features_gain(features, [n for n in _FIGURES if n in features]))]


def _with_spread(value: float, spread: float) -> str:
    if not np.isfinite(value):
        return ""
    return f"{value:.3f} ± {spread:.3f}" if np.isfinite(spread) else f"{value:.3f}"


def _importances(outcome: Outcome) -> Bars:
    table = outcome.importances.head(_SHOWN)
    return Bars(
        labels=[words.KINDS.get(group, group) for group in table["group"]],
        values=table["fall"].clip(lower=0).to_numpy(),
        title=words.IMPORTANCES_TITLE,
        note=words.importances_note(outcome),
        format=".3f",
    )


def _effects(outcome: Outcome) -> Bars:
    table = outcome.effects.head(_SHOWN)
    return Bars(
        labels=table["concept"].tolist(),
        values=table["effect"].to_numpy(),
        signed=True,
        title=words.EFFECTS_TITLE,
        note=words.effects_note(outcome),
        format=".3f" if outcome.judged is not None else "",
    )


def _learners(outcome: Outcome) -> Table:
    table = outcome.model.table_
    names = [name for name in (*_FIGURES, "mae") if name in table]
    shown = table[
        ["model", "features", "loss", "loss_sd", *names, "seconds", "draws", "chosen"]
    ].copy()
    shown["chosen"] = np.where(shown["chosen"], "yes", "")
    formats = dict.fromkeys(("loss", "± of loss", "accuracy", "AUC", "R2"), ".3f")
    shown = shown.rename(columns={"loss_sd": "± of loss", "draws": "settings tried", **_HEADINGS})
    return Table(
        shown,
        title=words.LEARNERS_TITLE,
        note=words.LEARNERS,
        formats=formats | {"seconds": ".1f"},
    )


def _method(result: OutcomesResult) -> Section:
    blocks: list[Block] = [Prose(words.SPLIT)]
    counts = []
    for outcome in result.outcomes:
        if isinstance(outcome.model, EnsembleClassifier):
            pairs = zip(
                outcome.model.classes_.tolist(), outcome.model.counts_.tolist(), strict=True
            )
            counts.append(f"{outcome.label}: " + ", ".join(f"{name} {n:,}" for name, n in pairs))
    if counts:
        blocks.append(Prose(words.CLASS_COUNTS("; ".join(counts))))
    return Section(words.METHOD, blocks)
