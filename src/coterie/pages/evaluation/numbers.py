"""The parts of the page that are of models of a number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from coterie.formatting import format_number
from coterie.metrics import NumberScores
from coterie.pages.evaluation import words
from coterie.pages.evaluation.parts import (
    EXCERPT,
    MOST_DRAWN,
    PageParts,
    numeric,
    origins,
    pairs_table,
    seen_note,
    small_print,
    speed_tiles,
)
from coterie.pages.reading import reading_note
from coterie.report import Block, Grid, Line, Lines, Note, Prose, Scatter, Section, Table, Tile
from coterie.workflows.evaluation.figures import NumberFigures
from coterie.workflows.evaluation.models import RANGE_SHARE, EvaluatedRegressor
from coterie.workflows.evaluation.numbers import NumberEvaluation
from coterie.workflows.evaluation.words import ranges_in_words, sizes_in_words

__all__ = ["number_parts"]

# what a page can hold and a person can read: judgements, not measured
_SCATTERS = 4
_STEPS, _CUT = 101, 95
_UNKNOWN = 0.05  # share of the rows that may be outside without a note
_SHOWN, _COLUMNS = 30, 6

_NUMBER_COLUMNS = {
    "truth": "mean truth",
    "estimate": "mean estimate",
    "bias": "bias",
    "bias_error": "±",
    "mae": "MAE",
}
_ESTIMATE_COLUMNS = {
    "truth": "mean truth",
    "within": "within range",
    "interval": "95% interval",
    "width": "width",
    "below": "below",
    "above": "above",
}


def number_parts(evaluation: NumberEvaluation) -> PageParts:
    """Give what the page shows of models of a number."""
    rows, unlabelled, odd = evaluation.rows, evaluation.unlabelled, evaluation.not_numbers
    low, high = float(evaluation.truth.min()), float(evaluation.truth.max())
    models = evaluation.models
    columns: dict[str, Sequence[object]] = {
        "learners": [_learners(model) for model in models],
        "learnt as": [words.TRANSFORMS[model.about.transform] for model in models],
        "MAE in training": [model.about.mae_in_training for model in models],
        "MAE here": [model.scores.mae for model in models],
    }
    what = f"row{'' if rows == 1 else 's'} with a number"
    return PageParts(
        verb="estimated",
        rows=words.rows_evaluated(rows, what, unlabelled + odd, "one"),
        tiles=list(_tiles(evaluation)),
        warnings=list(_warnings(evaluation)),
        figures=_figures(evaluation),
        pairs=pairs_table(
            evaluation.differences,
            "MAE lower by",
            {"nearer_first": "rows nearer", "nearer_second": "other nearer"},
            format_number,
            sign=-1,
            spec="",
            title="Is one better than another?",
            note=words.ERROR_PAIRS,
        ),
        sections=[
            _estimates(evaluation),
            _sizes(evaluation),
            _ranges(evaluation),
            _largest_errors(evaluation),
        ],
        models=origins(models, columns),
        formats={},
        facts={
            "rows": f"{rows:,} with a number, {unlabelled:,} without, {odd:,} with something else",
            "numbers": f"{format_number(low)} to {format_number(high)} in “{evaluation.label}”",
        },
        files=words.FILES_OF_NUMBERS,
    )


def _learners(model: EvaluatedRegressor) -> str:
    learners, mixed = ", ".join(model.about.learners), model.about.mixed_by
    return f"{mixed} of {learners}" if mixed in ("vote", "stack") else learners


def _tiles(evaluation: NumberEvaluation) -> Iterator[Tile]:
    best, ceiling, constant = (
        evaluation.best_figures,
        evaluation.ceiling,
        evaluation.nearest_constant,
    )
    number, always = format_number(constant.number), format_number(constant.scores.mae)
    possible = "1 is perfect, 0 is always the mean"
    if ceiling is not None:
        possible = f"upper limit {ceiling.r2:.3f}"
    half = f"{best.model}; half of the errors are smaller"
    yield Tile("median error", format_number(best.median_error), half)
    yield Tile("MAE (mean absolute error)", format_number(best.mae), f"always {number}: {always}")
    ends = words.interval_note((best.intervals or {}).get("r2"), ".3f")
    yield Tile(
        "R2 (variance explained)",
        format_number(best.r2, ".3f"),
        "; ".join(filter(None, (ends, possible))),
    )
    rank = format_number(best.rank, ".3f")
    yield Tile("Spearman correlation", rank, "1 is perfect, 0 is guessing")
    yield Tile(
        "within the range", format_number(best.within, ".1%"), f"should be {RANGE_SHARE:.0%}"
    )
    yield from speed_tiles(best)


def _warnings(evaluation: NumberEvaluation) -> Iterator[Note]:
    for read in evaluation.readability:
        yield from reading_note(read)
    if evaluation.not_numbers:
        text = words.NOT_NUMBERS.format(evaluation.label, evaluation.not_numbers)
        yield Note(text, kind="warning")
    for model, figures in zip(evaluation.models, evaluation.figures, strict=True):
        yield from seen_note(model)
        if figures.beside_training:
            yield Note(figures.beside_training, kind="warning")
        if figures.outside > _UNKNOWN:
            outside = model.estimates.statuses == "outside"
            off = format_number(float(np.abs(model.errors[outside]).mean()))
            yield Note(words.OUTSIDE.format(figures.outside, model.name, off))


def _figures(evaluation: NumberEvaluation) -> Table:
    rows: list[dict[str, object]] = [
        {
            "model": figures.model,
            **_errors(figures),
            "bias": figures.bias,
            "within range": figures.within,
            "range width": figures.range_width,
        }
        for figures in evaluation.figures
    ]
    rows += [
        {
            "model": f"(always\N{NO-BREAK SPACE}{format_number(constant.number)})",
            **_errors(constant.scores),
        }
        for constant in evaluation.constants
    ]
    if evaluation.ceiling is not None:
        rows.append({"model": "(upper limit)", "R2": evaluation.ceiling.r2})
    frame = numeric(pd.DataFrame(rows)).dropna(axis="columns", how="all")
    formats = dict.fromkeys(("R2", "log R2", "Spearman"), ".3f") | {"within range": ".1%"}
    constants = words.listed_constants(evaluation.constants)
    note = words.ERRORS.format(share=RANGE_SHARE, constants=constants)
    return Table(
        frame,
        title="Quality of the estimates",
        formats=formats,
        note=note,
        notes=_intervals(evaluation, formats),
    )


def _intervals(
    evaluation: NumberEvaluation, formats: Mapping[str, str]
) -> Mapping[str, Sequence[str]]:
    """Give the 95% intervals of the columns of figures, as far as there are any."""
    names = {
        "median error": "median_error",
        "MAE": "mae",
        "RMSE": "rmse",
        "R2": "r2",
        "bias": "bias",
        "within range": "within",
    }
    return small_print(names, formats, [figures.intervals or {} for figures in evaluation.figures])


def _errors(scores: NumberFigures | NumberScores) -> dict[str, float | None]:
    return {
        "median error": scores.median_error,
        "MAE": scores.mae,
        "RMSE": scores.rmse,
        "R2": scores.r2,
        "log R2": scores.r2_log,
        "Spearman": scores.rank,
    }


def _estimates(evaluation: NumberEvaluation) -> Section:
    models = evaluation.ranked[:_SCATTERS]
    charts: list[Block] = [
        Scatter(
            evaluation.truth,
            model.estimates.values,
            evaluation.records.ids,
            x_label=f"true {evaluation.label}",
            y_label="estimate",
            title=model.name,
            log=evaluation.spans_decades,
            span=evaluation.span,
            slot=slot,
        )
        for slot, model in enumerate(models)
    ]
    last = _cumulative(evaluation)
    blocks: list[Block] = [Grid(charts), last] if len(charts) > 1 else [Grid([*charts, last])]
    told = [words.ESTIMATES]
    if evaluation.spans_decades:
        told.append(words.LOGARITHMIC)
    if len(models) < len(evaluation.models):
        told.append(words.NEAREST.format(_SCATTERS))
    return Section("Estimate and truth", blocks, intro=" ".join(told))


def _cumulative(evaluation: NumberEvaluation) -> Lines:
    shares = np.linspace(0, 1, _STEPS)
    constant = evaluation.nearest_constant
    errors = {model.name: np.abs(model.errors) for model in evaluation.ranked[:MOST_DRAWN]}
    errors[f"always {format_number(constant.number)}"] = np.abs(constant.errors)
    reached = {name: np.quantile(off, shares) for name, off in errors.items()}
    furthest = max(float(each[_CUT]) for each in reached.values())
    lines = [
        Line(name, each[each <= furthest], shares[each <= furthest] * 100)
        for name, each in reached.items()
    ]
    return Lines(
        lines,
        x_label="absolute error, at most",
        y_label="rows (%)",
        dots=False,
        title="Distribution of the errors",
        note=words.CUMULATIVE,
    )


def _across(lines: list[Line], name: str, height: float) -> Line:
    """Draw a level line as wide as others."""
    every = np.concatenate([np.asarray(line.x, dtype=np.float64) for line in lines])
    return Line(name, np.array([every.min(), every.max()]), np.full(2, height))


def _sizes(evaluation: NumberEvaluation) -> Section:
    models = evaluation.ranked[:MOST_DRAWN]
    relative = float(evaluation.truth.min()) > 0

    def drawn(by: str, x_label: str, title: str, note: str) -> Lines:
        lines = []
        for model in models:
            bands = model.by_truth if by == "truth" else model.by_estimate
            off = bands["bias"] / bands["truth"] * 100 if relative else bands["bias"]
            lines.append(Line(model.name, bands[by].to_numpy(), off.to_numpy()))
        return Lines(
            [*lines, _across(lines, "exact", 0.0)],
            x_label=x_label,
            y_label="bias (% of the truth)" if relative else "bias",
            title=title,
            note=note,
            log_x=evaluation.spans_decades,
        )

    tenth = f"true {evaluation.label}, mean of a tenth"
    charts = [
        drawn("truth", tenth, "Bias by the true number", words.BY_TRUTH),
        drawn("estimate", "estimate, mean of a tenth", "Bias by the estimate", words.BY_ESTIMATE),
    ]
    told = Prose("\n\n".join(sizes_in_words(model) for model in models[:_SCATTERS]))
    best = evaluation.best
    bands = _bands(best.by_truth, _NUMBER_COLUMNS, "number", best.name, words.BIAS_ERROR)
    return Section("Small and large numbers", [told, Grid(charts), bands], intro=words.SIZES)


def _bands(bands: pd.DataFrame, columns: dict[str, str], by: str, name: str, note: str) -> Table:
    ends = zip(bands["within_low"], bands["within_high"], strict=True)
    shown = bands.assign(interval=[f"{low:.0%} to {high:.0%}" for low, high in ends])
    frame = shown[["from", "to", "rows", *columns]].rename(
        columns={"from": f"{by} from", **columns}
    )
    shares = dict.fromkeys(("within range", "below", "above"), ".0%")
    return Table(frame, title=f"{name}, by the {by}", formats=shares, note=note)


def _ranges(evaluation: NumberEvaluation) -> Section:
    models, best = evaluation.ranked[:MOST_DRAWN], evaluation.best
    lines = [
        Line(
            model.name,
            model.by_estimate["estimate"].to_numpy(),
            model.by_estimate["within"].to_numpy() * 100,
        )
        for model in models
    ]
    chart = Lines(
        [*lines, _across(lines, "should hold", RANGE_SHARE * 100)],
        x_label="estimate, mean of a tenth",
        y_label="true numbers within the range (%)",
        title="Ranges of small and large estimates",
        note=words.RANGES_BANDS,
        log_x=evaluation.spans_decades,
    )
    told = Prose("\n\n".join(ranges_in_words(model) for model in models))
    bands = _bands(best.by_estimate, _ESTIMATE_COLUMNS, "estimate", best.name, words.BY_TENTHS)
    return Section("Ranges", [told, chart, bands], intro=words.RANGES)


def _largest_errors(evaluation: NumberEvaluation) -> Section:
    best, frame = evaluation.best, evaluation.mistakes
    frame = frame[frame["model"] == best.name].head(_SHOWN)
    if frame.empty:
        return Section("Largest errors", [Note(words.NO_ERRORS.format(best.name), kind="good")])
    known = [name for name in frame.columns[8:] if frame[name].notna().any()]
    shown = pd.DataFrame(
        {
            "id": frame["id"],
            "truth": frame["truth"],
            "estimate": frame["estimate"],
            "error": frame["error"],
            "range": [
                f"{format_number(low)} to {format_number(high)}"
                for low, high in zip(frame["low"], frame["high"], strict=True)
            ],
            **{name: frame[name] for name in known[:_COLUMNS]},
        }
    )
    note = words.LARGEST_SHOWN.format(len(frame), best.name)
    if len(known) > _COLUMNS:
        note += words.COLUMNS_SHOWN.format(_COLUMNS, len(known))
    cut = dict.fromkeys(known[:_COLUMNS], EXCERPT)
    table = Table(shown, note=note, limit=15, cut=cut)
    return Section("Largest errors", [table], intro=words.LARGEST)
