"""The page of what clients will do: how well each outcome is predicted, and by what."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

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
_OF_CLASSES = "curves, confusion, calibration, mistakes"
_OF_A_NUMBER = "estimates beside the truth, small and large, ranges, the worst misses"
_KINDS = {
    "one-hot": "concepts, one column each",
    "tfidf": "words of concepts",
    "embeddings": "meaning of concepts",
    "pairs": "pairs of concepts",
    "statistics": "how many and how rare",
    "text": "meaning of the text",
}


def outcomes_page(result: OutcomesResult) -> Page:
    """Lay out what each outcome came to."""
    page = Page(
        result.title or "What will become of them",
        f"{result.source}: {result.rows:,} {result.unit}",
    )
    page.add(_overview(result))
    for outcome in result.outcomes:
        page.add(_section(outcome, result.unit))
    page.add(_method(result))
    return page


def _overview(result: OutcomesResult) -> Section:
    tiles = [_tile(outcome) for outcome in result.outcomes]
    told = [_sentence(outcome, result.unit) for outcome in result.outcomes]
    blocks: list[Block] = [Tiles(tiles), Prose("\n\n".join(told))]
    if any(outcome.ceiling for outcome in result.outcomes):
        blocks.append(
            Note(
                "The data is invented, with chance in it. A model that knew how it was made would "
                "expect the figures called best possible, and none can honestly do better.",
                title="Why nobody can be right always.",
            )
        )
    blocks += [
        Note(f"{label} is left out: {why}", kind="warning")
        for label, why in result.left_out.items()
    ]
    return Section("In short", blocks)


def _tile(outcome: Outcome) -> Tile:
    if outcome.judged is not None:
        auc = outcome.judged.ranking.roc_auc
        best = _best_possible(outcome, "accuracy", ".0%")
        return Tile(
            f"{outcome.label}: right",
            f"{outcome.judged.scores.accuracy:.1%}",
            f"AUC {auc:.3f}; always guessing the commonest {outcome.baseline:.0%}{best}",
        )
    assert outcome.scores is not None
    best = _best_possible(outcome, "r2", ".2f")
    return Tile(
        f"{outcome.label}: R2",
        f"{outcome.scores.r2:.2f}",
        f"share of the variance explained{best}",
    )


def _best_possible(outcome: Outcome, name: str, spec: str) -> str:
    return f"; best possible {outcome.ceiling[name]:{spec}}" if name in outcome.ceiling else ""


def _sentence(outcome: Outcome, unit: str) -> str:
    if outcome.judged is not None:
        told = (
            f"Of {outcome.judged_on:,} {unit} that no model had learnt from, {outcome.label} was "
            f"predicted right for {outcome.judged.scores.accuracy:.1%}."
        )
    else:
        assert outcome.scores is not None
        scores = outcome.scores
        told = (
            f"The {outcome.label} of {outcome.judged_on:,} {unit} that no model had learnt from "
            f"was estimated with half of the errors below {scores.median_error:,.4g}; "
            f"{scores.r2:.0%} of its variance is explained."
        )
    kinds = outcome.importances[outcome.importances["fall"] > 0].head(2)
    if len(kinds):
        named = " and ".join(_KINDS.get(group, group) for group in kinds["group"])
        told += f" What tells most: {named}."
    return told


def _section(outcome: Outcome, unit: str) -> Section:
    blocks: list[Block] = []
    if outcome.features is not None:
        blocks += _features(outcome)
    charts: list[Block] = [_kinds(outcome)]
    if len(outcome.effects):
        charts.append(_concepts(outcome))
    blocks.append(Grid(charts, columns=2) if len(charts) > 1 else charts[0])
    if len(outcome.effects):
        blocks.append(Prose(_in_words(outcome, unit)))
    blocks.append(_tried(outcome))
    what = _OF_A_NUMBER if outcome.judged is None else _OF_CLASSES
    words = f"Every figure of {outcome.label}: {what}"
    blocks.append(Links([(words, f"{outcome.label}/report.html")]))
    return Section(outcome.label, blocks)


def _features(outcome: Outcome) -> list[Block]:
    features = outcome.features
    assert features is not None
    main = "r2" if "r2" in features else "accuracy"
    shown = pd.DataFrame({"features": features["features"], "columns": features["columns"]})
    for name in ("accuracy", "auc", "r2"):
        if name in features:
            shown[name] = [
                _spread(value, off)
                for value, off in zip(
                    features[name], features.get(f"{name}_sd", pd.Series(dtype=float)), strict=False
                )
            ]
    shown["seconds, features"] = features["seconds_features"]
    shown["seconds, training"] = features["seconds_training"]
    if outcome.ceiling:
        best = {"features": "best possible"}
        best |= {
            name: f"{outcome.ceiling[name]:.3f}"
            for name in ("accuracy", "auc", "r2")
            if name in outcome.ceiling and name in shown
        }
        shown = pd.concat([shown, pd.DataFrame([best])], ignore_index=True)
    learner = features.attrs.get("learner", "one learner")
    note = (
        f"Rows to learn from only, five folds: the mean and its standard deviation over them; "
        f"{learner} with its usual settings on each set, so that the features are what differs. "
        "The last line of features is the ensemble after its search, in its own folds. Seconds "
        "are those of one fold, with vectors at hand where they had been made before."
    )
    table = Table(
        shown,
        title="What each kind of feature adds",
        note=note,
        formats={"columns": ",.0f", "seconds, features": ".2f", "seconds, training": ".2f"},
    )
    values = features[main].to_numpy(dtype=float)
    gain = float(values[-1] - values[0])
    deviations = features.get(f"{main}_sd")
    noise = float(np.nanmax(deviations)) if deviations is not None else float("nan")
    told = (
        f"From the first line to the last {main} {'rises' if gain >= 0 else 'falls'} by "
        f"{abs(gain):.3f}, where folds differ by about {noise:.3f} (one standard deviation): "
        + ("more than chance." if abs(gain) > noise else "no more than chance could do.")
    )
    return [table, Prose(told)]


def _spread(value: float, off: float) -> str:
    if not np.isfinite(value):
        return ""
    return f"{value:.3f} ± {off:.3f}" if np.isfinite(off) else f"{value:.3f}"


def _kinds(outcome: Outcome) -> Bars:
    table = outcome.importances.head(_SHOWN)
    score = "R2" if outcome.judged is None else "AUC"
    return Bars(
        labels=[_KINDS.get(group, group) for group in table["group"]],
        values=table["fall"].clip(lower=0).to_numpy(),
        title="What the model leans on",
        note=f"By how much {score} falls when these features are dealt out among the rows anew; "
        "features that say the same stand in for each other.",
        format=".3f",
    )


def _concepts(outcome: Outcome) -> Bars:
    table = outcome.effects.head(_SHOWN)
    return Bars(
        labels=[
            f"{concept} ({'+' if effect >= 0 else '-'})"
            for concept, effect in zip(table["concept"], table["effect"], strict=True)
        ],
        values=table["effect"].abs().to_numpy(),
        title="Concepts that move the answer",
        note=f"The mean over those who have it of how much {_what(outcome)} is higher (+) or lower "
        "(-) with the concept than without; common concepts only.",
        format=".3f" if outcome.judged is not None else ",.4g",
    )


def _what(outcome: Outcome) -> str:
    if outcome.judged is None:
        return f"the {outcome.label} estimated"
    return f"the chance of {outcome.label} = {outcome.judged.classes[-1]}"


def _in_words(outcome: Outcome, unit: str) -> str:
    told = []
    for row in outcome.effects.head(_NAMED).to_dict("records"):
        way = "higher" if row["effect"] >= 0 else "lower"
        size = abs(row["effect"])
        by = f"{size * 100:.1f} points" if outcome.judged is not None else f"{size:,.4g}"
        told.append(
            f"For the {row['rows']:,} {unit} with “{row['concept']}”, {_what(outcome)} is {by} "
            f"{way} than it would be without."
        )
    return " ".join(told) + " That is what the model makes of it; it need not be the cause."


def _tried(outcome: Outcome) -> Table:
    table = outcome.model.table_
    names = [name for name in ("accuracy", "auc", "r2", "mae") if name in table]
    shown = table[
        ["model", "features", "loss", "loss_sd", *names, "seconds", "draws", "chosen"]
    ].copy()
    shown["chosen"] = ["yes" if chosen else "" for chosen in shown["chosen"]]
    shown = shown.rename(columns={"loss_sd": "± of loss", "draws": "settings tried"})
    formats = dict.fromkeys(("loss", "± of loss", "accuracy", "auc", "r2"), ".3f")
    return Table(
        shown,
        title="Who answers",
        note="The best settings of each learner, the mean of all (vote) and a linear model on them "
        "(stack), by their loss on rows held out; the rows judged on took no part. Features are "
        "all, or lean: without words, meanings and pairs of concepts, where that does better.",
        formats=formats | {"mae": ",.4g", "seconds": ".1f"},
    )


def _method(result: OutcomesResult) -> Section:
    counts = []
    for outcome in result.outcomes:
        if isinstance(getattr(outcome.model, "counts_", None), np.ndarray):
            model = outcome.model
            shares: Sequence[tuple[object, int]] = list(
                zip(model.classes_.tolist(), model.counts_.tolist(), strict=True)
            )
            counts.append(f"{outcome.label}: " + ", ".join(f"{c} {n:,}" for c, n in shares))
    told = (
        "A part of the rows was put aside before anything was learnt, and judged on once. In every "
        "fold all that is fitted - which concepts have a column, their weights, pairs, scaling, "
        "settings - learnt from that fold's training rows only."
    )
    blocks: list[Block] = [Prose(told)]
    if counts:
        blocks.append(Prose("Rows learnt from, by class. " + "; ".join(counts) + "."))
    return Section("How this was measured", blocks)
