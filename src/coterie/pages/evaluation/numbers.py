"""The page of an evaluation of numbers: models side by side on rows whose numbers are known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from coterie.formatting import format_number, shorten
from coterie.pages.evaluation.costs import costs_table, numeric
from coterie.pages.evaluation.provenance import made_section, saved_at
from coterie.report import (
    Block,
    Grid,
    Line,
    Lines,
    Note,
    Page,
    Prose,
    Scatter,
    Section,
    Table,
    Tile,
    Tiles,
)
from coterie.workflows.evaluation.number_evaluation import NumberEvaluation
from coterie.workflows.evaluation.number_figures import (
    differences,
    misses,
    ranges_in_words,
    sizes_in_words,
)
from coterie.workflows.evaluation.scored_numbers import PROMISED, JudgedNumbers

__all__ = ["numbers_page"]

_CURVES = 7  # models that a chart can tell apart
_SCATTERS = 4
_STEPS, _CUT = 101, 95
_UNKNOWN = 0.05
_SHOWN, _EXCERPT, _COLUMNS = 30, 160, 6

_BANDS = {
    "by_truth": (
        "number",
        {
            "truth": "mean truth",
            "estimate": "mean estimate",
            "bias": "too high by",
            "bias_error": "±",
            "mae": "mean error",
        },
        "±: the standard error of what the estimates are too high by; below 0 they are too low.",
    ),
    "by_estimate": (
        "estimate",
        {
            "truth": "mean truth",
            "within": "within range",
            "below": "truth below it",
            "above": "above it",
        },
        "",
    ),
}


def numbers_page(evaluation: NumberEvaluation, metrics: Mapping[str, Any]) -> Page:
    """Lay an evaluation of numbers out as a page.

    Parameters
    ----------
    evaluation
        The models on their rows.
    metrics
        What `coterie.workflows.evaluation.number_figures.metrics_of` says of it.
    """
    rows = f"{metrics['rows']:,} row{'' if metrics['rows'] == 1 else 's'} with a number"
    left_out = evaluation.unlabelled + evaluation.not_numbers
    if left_out:
        rows += f" ({left_out:,} without one left out)"
    page = Page(
        evaluation.title or _title(evaluation),
        evaluation.subtitle or (f"{evaluation.source}, {rows}" if evaluation.source else rows),
    )
    for section in (
        _overview(evaluation, metrics),
        _side_by_side(evaluation, metrics),
        _estimates(evaluation),
        _sizes(evaluation),
        _ranges(evaluation),
        _misses(evaluation),
        _made(evaluation, metrics),
    ):
        page.add(section)
    return page


def _title(evaluation: NumberEvaluation) -> str:
    count = len(evaluation.judged)
    models = f"The model {evaluation.names[0]}" if count == 1 else f"{count:,} models"
    return f"{models}: how well {evaluation.label} is estimated"


def _overview(evaluation: NumberEvaluation, metrics: Mapping[str, Any]) -> Section:
    best, constant = evaluation.best, evaluation.nearest_constant
    figures = metrics["models"][evaluation.names.index(best.name)]
    always = f"always saying {format_number(constant.number)}: {format_number(constant.scores.mae)}"
    tiles = [
        Tile("typical error", _written(figures["median_error"]), f"{best.name}; half are nearer"),
        Tile("mean error", _written(figures["mae"]), always),
        Tile("of the variance explained (R2)", _written(figures["r2"], ".2f"), _best(evaluation)),
        Tile("order right", _written(figures["rank"], ".2f"), "1 is perfect, 0 is guessing"),
        Tile("within the range", f"{figures['within']:.0%}", f"{PROMISED:.0%} are promised"),
    ]
    if figures.get("milliseconds_p50") is not None:
        note = f"{figures['rows_per_second']:,.0f} a second in one call"
        tiles.append(Tile("for one row", f"{figures['milliseconds_p50']:.3g} ms", note))
    blocks: list[Block] = [Tiles(tiles), Prose(str(metrics["verdict"]))]
    if evaluation.ceiling is not None:
        blocks.append(Note(evaluation.ceiling.why, title="Why nobody can be right always."))
    return Section("In short", [*blocks, *_warnings(evaluation, metrics)])


def _best(evaluation: NumberEvaluation) -> str:
    if evaluation.ceiling is None:
        return "1 is perfect, 0 is always saying the mean"
    return f"best possible {evaluation.ceiling.r2:.2f}"


def _written(value: float | None, spec: str = "") -> str:
    return format_number(value, spec)


def _warnings(evaluation: NumberEvaluation, metrics: Mapping[str, Any]) -> Iterator[Note]:
    if evaluation.not_numbers:
        yield Note(
            f"Rows left out because what they hold in “{evaluation.label}” is no number: "
            f"{evaluation.not_numbers:,}.",
            kind="warning",
        )
    for model, figures in zip(evaluation.judged, metrics["models"], strict=True):
        if figures["beside_training"]:
            yield Note(figures["beside_training"], kind="warning")
        if figures["outside"] > _UNKNOWN:
            outside = model.estimates.statuses == "outside"
            off = float(np.abs(model.errors[outside]).mean())
            yield Note(
                f"{model.name} knows nothing of {figures['outside']:.1%} of the rows, and is off "
                f"by {format_number(off)} on average there."
            )


def _side_by_side(evaluation: NumberEvaluation, metrics: Mapping[str, Any]) -> Section:
    blocks: list[Block] = [_figures(evaluation, metrics)]
    if any(figures.get("processor_ms") is not None for figures in metrics["models"]):
        blocks.append(costs_table(metrics["models"], evaluation.price))
    if len(evaluation.judged) > 1:
        blocks.append(_pairs(evaluation))
    intro = "All models, on the same rows. Click on a heading to sort."
    return Section("Side by side", blocks, intro=intro)


def _figures(evaluation: NumberEvaluation, metrics: Mapping[str, Any]) -> Table:
    rows = [
        {
            "model": figures["model"],
            **_nearness(figures),
            "too high by": figures["bias"],
            "within range": figures["within"],
            "width": figures["range_width"],
        }
        for figures in metrics["models"]
    ]
    rows += [
        {
            "model": f"(always\N{NO-BREAK SPACE}{format_number(constant['number'])})",
            **_nearness(constant),
        }
        for constant in metrics["constants"]
    ]
    if evaluation.ceiling is not None:
        rows.append({"model": "(best possible)", "R2": evaluation.ceiling.r2})
    frame = numeric(pd.DataFrame(rows)).dropna(axis="columns", how="all")
    formats = dict.fromkeys(("R2", "log R2", "order right"), ".3f")
    note = (
        "Typical error: half of the rows are nearer. Mean error: the mean absolute one. RMSE: the "
        "root of the mean squared error, in which large ones weigh most. R2: the share of the "
        "variance that is explained; 1 is perfect, 0 is as good as the mean of these rows; log R2: "
        "that of the logarithms. Order right: Spearman's correlation. Too high by: the mean of the "
        "estimate less the truth. Within range: the share of the true numbers inside the range of "
        f"{PROMISED:.0%}; width: half of the ranges are as wide at most. {_constants(metrics)}: a "
        "model that is no nearer has learnt nothing."
    )
    return Table(
        frame, title="How near they come", formats=formats | {"within range": ".1%"}, note=note
    )


def _constants(metrics: Mapping[str, Any]) -> str:
    told = [f"{format_number(each['number'])} is {each['what']}" for each in metrics["constants"]]
    return " and ".join(told)


def _nearness(figures: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "typical error": figures["median_error"],
        "mean error": figures["mae"],
        "RMSE": figures["rmse"],
        "R2": figures["r2"],
        "log R2": figures["r2_log"],
        "order right": figures["rank"],
    }


def _pairs(evaluation: NumberEvaluation) -> Table:
    found = differences(evaluation)
    known = found["low"].notna()
    sure = (found["low"] > 0) | (found["high"] < 0)
    frame = pd.DataFrame(
        {
            "model": found["first"],
            "against": found["second"],
            "nearer by": -found["difference"],
            "95% interval": [
                f"{format_number(-high)} to {format_number(-low)}" if there else ""
                for low, high, there in zip(found["low"], found["high"], known, strict=True)
            ],
            "rows where it is nearer": found["nearer_first"],
            "where the other is": found["nearer_second"],
            "p": [_chance(p) for p in found["p_value"]],
            "beyond chance": sure.map({True: "yes", False: "no"}),
        }
    )
    note = (
        "By how much the mean error is smaller. Interval and p are of Student's t of the "
        "differences, row by row. Where the interval holds 0, the two may be equally near. Of "
        "twenty comparisons of equals, one is beyond chance by chance."
    )
    return Table(frame, title="Is one nearer than another?", note=note)


def _chance(p: float) -> str:
    return "" if np.isnan(p) else "< 0.001" if p < 0.001 else f"{p:.3f}"


def _estimates(evaluation: NumberEvaluation) -> Section:
    models = evaluation.ranked[:_SCATTERS]
    charts = [
        Scatter(
            evaluation.truth,
            model.estimates.values,
            evaluation.ids,
            x_label=f"true {evaluation.label}",
            y_label="estimate",
            title=model.name,
            log=evaluation.spans_decades,
            span=evaluation.span,
            slot=slot,
        )
        for slot, model in enumerate(models)
    ]
    alone = len(charts) == 1
    blocks: list[Block] = [_cumulative(evaluation)]
    blocks = [Grid([*charts, *blocks])] if alone else [Grid(charts), *blocks]
    told = "A point for each row: on the line, the estimate is the truth; above it, too high."
    if evaluation.spans_decades:
        told += " The axes are logarithmic, for the numbers span decades."
    if len(models) < len(evaluation.judged):
        told += f" The {_SCATTERS} nearest models are shown."
    return Section("Estimate and truth", blocks, intro=told)


def _cumulative(evaluation: NumberEvaluation) -> Lines:
    shares = np.linspace(0, 1, _STEPS)
    constant = evaluation.nearest_constant
    errors = {model.name: np.abs(model.errors) for model in evaluation.ranked[:_CURVES]}
    errors[f"always {format_number(constant.number)}"] = np.abs(evaluation.truth - constant.number)
    reached = {name: np.quantile(off, shares) for name, off in errors.items()}
    furthest = max(float(each[_CUT]) for each in reached.values())
    lines = [
        Line(name, each[each <= furthest], shares[each <= furthest] * 100)
        for name, each in reached.items()
    ]
    return Lines(
        lines,
        x_label="off by so much or less",
        y_label="rows (%)",
        dots=False,
        title="How many are off by how much",
        note="The further to the upper left, the nearer. The furthest few are not drawn.",
    )


def _sizes(evaluation: NumberEvaluation) -> Section:
    models = evaluation.ranked[:_CURVES]
    relative = float(evaluation.truth.min()) > 0
    unit = "mean estimate less mean truth" + (" (% of it)" if relative else "")

    def drawn(by: str, x_label: str, title: str, note: str) -> Lines:
        lines = []
        for model in models:
            bands = getattr(model, by)
            off = bands["bias"] / bands["truth"] * 100 if relative else bands["bias"]
            of = bands["truth"] if by == "by_truth" else bands["estimate"]
            lines.append(Line(model.name, of.to_numpy(), off.to_numpy()))
        every = np.concatenate([np.asarray(line.x, dtype=np.float64) for line in lines])
        lines.append(Line("exact", np.array([every.min(), every.max()]), np.zeros(2)))
        return Lines(
            lines,
            x_label=x_label,
            y_label=unit,
            title=title,
            note=note,
            log_x=evaluation.spans_decades,
        )

    charts = [
        drawn(
            "by_truth",
            f"true {evaluation.label}, mean of a tenth",
            "From the smallest number to the largest",
            "Above the line estimates are too high, below it too low. Some of that is bound to be: "
            "who cannot know all stays nearer to the middle than the truth does.",
        ),
        drawn(
            "by_estimate",
            "estimate, mean of a tenth",
            "From the smallest estimate to the largest",
            "What one sees who knows the estimate only: here a good model keeps to the line.",
        ),
    ]
    told = Prose("\n\n".join(sizes_in_words(model) for model in models[:_SCATTERS]))
    intro = "Whether estimates are too low where numbers are large, and too high where small."
    return Section(
        "Small and large", [told, Grid(charts), _bands(evaluation.best, "by_truth")], intro=intro
    )


def _bands(model: JudgedNumbers, by: str) -> Table:
    bands = getattr(model, by)
    what, columns, note = _BANDS[by]
    frame = bands[["from", "to", "rows", *columns]].rename(
        columns={"from": f"{what} from", **columns}
    )
    shares = dict.fromkeys(("within range", "truth below it", "above it"), ".0%")
    return Table(frame, title=f"{model.name}, by the {what}", formats=shares, note=note)


def _ranges(evaluation: NumberEvaluation) -> Section:
    models = evaluation.ranked[:_CURVES]
    lines = []
    for model in models:
        bands = model.by_estimate
        lines.append(
            Line(model.name, bands["estimate"].to_numpy(), bands["within"].to_numpy() * 100)
        )
    every = np.concatenate([np.asarray(line.x, dtype=np.float64) for line in lines])
    ends = np.array([every.min(), every.max()])
    lines.append(Line("promised", ends, np.full(2, PROMISED * 100)))
    chart = Lines(
        lines,
        x_label="estimate, mean of a tenth",
        y_label="true numbers within the range (%)",
        title="Do they hold for small and large estimates alike?",
        note="Under the line the ranges are too narrow there, above it wider than need be.",
        log_x=evaluation.spans_decades,
    )
    told = Prose("\n\n".join(ranges_in_words(model) for model in models))
    intro = f"Each estimate comes with a range that is to hold the truth of {PROMISED:.0%}."
    blocks: list[Block] = [told, chart, _bands(evaluation.best, "by_estimate")]
    return Section("Can the ranges be believed?", blocks, intro=intro)


def _misses(evaluation: NumberEvaluation) -> Section:
    best = evaluation.best
    frame = misses(evaluation)
    frame = frame[frame["model"] == best.name].head(_SHOWN)
    if frame.empty:
        return Section("The worst misses", [Note(f"{best.name} makes none here.", kind="good")])
    known = [name for name in frame.columns[8:] if frame[name].notna().any()]
    shown = pd.DataFrame(
        {
            "id": frame["id"],
            "truth": frame["truth"],
            "estimate": frame["estimate"],
            "too high by": frame["error"],
            "range": [
                f"{format_number(low)} to {format_number(high)}"
                for low, high in zip(frame["low"], frame["high"], strict=True)
            ],
            **{name: [_excerpt(value) for value in frame[name]] for name in known[:_COLUMNS]},
        }
    )
    note = f"Those of {best.name} that are furthest off: {len(frame)}."
    if len(known) > _COLUMNS:
        note += f" {_COLUMNS} of {len(known)} columns are shown; mistakes.csv has all."
    intro = "What is far off is at times a wrong number, and at times something that no note tells."
    return Section("The worst misses", [Table(shown, note=note, limit=15)], intro=intro)


def _excerpt(value: Any) -> Any:
    return shorten(value, _EXCERPT) if isinstance(value, str) else value


def _made(evaluation: NumberEvaluation, metrics: Mapping[str, Any]) -> Section:
    models = pd.DataFrame(
        {
            "model": model.name,
            "version": model.about.get("version"),
            "who answers": _who(model),
            "encoder": ", ".join(model.about.get("encoders", ())),
            "learnt from": model.about.get("trained_on"),
            "error in training": model.about.get("mae_in_training"),
            "error here": model.scores.mae,
            "saved": saved_at(model.about.get("created")),
            "note": model.about.get("note") or "",
        }
        for model in evaluation.judged
    )
    low, high = float(evaluation.truth.min()), float(evaluation.truth.max())
    facts = {
        "rows": f"{metrics['rows']:,} with a number, {metrics['unlabelled']:,} without, "
        f"{metrics['not_numbers']:,} with something that is none",
        "numbers": f"{format_number(low)} to {format_number(high)} in “{evaluation.label}”",
    }
    files = (
        "metrics.json has every figure of this page, predictions.csv what each model says of each "
        "row, and mistakes.csv the estimates that are furthest off, with what is known of the rows."
    )
    return made_section(
        models,
        facts,
        files,
        source=evaluation.source,
        reasons=evaluation.reasons,
        formats={},
    )


def _who(model: JudgedNumbers) -> str:
    learners = ", ".join(model.about.get("learners", ()))
    mixed = model.about.get("mixed_by", "")
    return f"{mixed} of {learners}" if mixed in ("vote", "stack") else learners
