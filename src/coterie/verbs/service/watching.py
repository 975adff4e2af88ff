"""``coterie.watch``: what changed in new rows, in words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from coterie.classifiers import EnsembleRegressor
from coterie.errors import OptionError, StoreError
from coterie.formatting import counted, percent
from coterie.options import WatchOptions
from coterie.prediction_log import PredictionLog
from coterie.records import Reading, Records, Source, Table
from coterie.segments import is_segmentation, load_segmentation
from coterie.segments.taxonomy.folder import fitted_encoder
from coterie.segments.taxonomy.rows import has_rows, load_rows
from coterie.verbs.notebook import summary_html
from coterie.verbs.options import by_name
from coterie.verbs.reading import read_alike, read_texts
from coterie.verbs.saving import OutputFiles, save_result
from coterie.workflows.assignment import home_of
from coterie.workflows.dataset import dataset_of
from coterie.workflows.logged import ROW_TEXT, TIME, answered_rows, as_rows
from coterie.workflows.prediction.predict import context_of, load_model
from coterie.workflows.watching.changes import Change
from coterie.workflows.watching.reference import reference_of_model, reference_of_segments
from coterie.workflows.watching.result import WatchResult
from coterie.workflows.watching.rows import DecidedRows, Reference
from coterie.workflows.watching.watch import by_model, by_segments, watch_rows
from coterie.workflows.watching.words import short

__all__ = ["FILES", "Watched", "watch", "watch_with"]

FILES = OutputFiles("watch", WatchResult.files, figures="watch.json")
"""What ``watch`` writes."""

_QUIET = "a table of a quiet time"


class Watched:
    """What changed.

    Parameters
    ----------
    result
        What the workflow found.
    given
        The table.
    """

    def __init__(self, result: WatchResult, given: Reading) -> None:
        self.result = result
        self._given = given

    @property
    def changes(self) -> tuple[Change, ...]:
        """What changed by more than chance, each change once; empty where nothing did."""
        return self.result.changes

    @property
    def sentences(self) -> list[str]:
        """The changes in words."""
        return [self.result.sentence(change) for change in self.changes]

    @property
    def assignments(self) -> pd.DataFrame:
        """One row for each row given: id, segment, name, status, confidence, reason."""
        return self._given.spread(self.result.assignments)

    @property
    def figures(self) -> dict[str, Any]:
        """All figures, period by period."""
        return self.result.to_dict()

    def save(self, folder: str | Path, *, overwrite: bool = False) -> Path:
        """Write the files and the page that ``coterie watch`` writes, and give the page.

        Files that a person made or changed are replaced only with ``overwrite``.
        """
        from coterie.pages.watching.page import watch_page

        page = watch_page(self.result)
        return save_result(self.result, page, folder, FILES, overwrite=overwrite)

    def __repr__(self) -> str:
        return "\n".join([self.result.headline, *(f"  {short(c)}" for c in self.changes)])

    def _repr_html_(self) -> str:
        rows = [(c.kind, c.name, percent(c.before), percent(c.after)) for c in self.changes]
        return summary_html(self.result.headline, ("change", "name", "before", "now"), rows)


def watch_with(table: Source | Table | Records | None, options: WatchOptions) -> Watched:
    """Say what changed in new rows, compared with those of the training.

    Parameters
    ----------
    table
        A pandas, Polars or Arrow table, a path, a URL, or `coterie.Records`; None for vectors
        alone.
    options
        Declared in `coterie.options.WatchOptions`.

    Returns
    -------
    Watched
        ``watched.changes``, ``watched.sentences``, ``watched.figures``, ``watched.save(folder)``.

    Raises
    ------
    InputError, StoreError
        When the table, the segments or the model cannot be read, or there are too few rows.
    OptionError
        When neither segments nor a model are named, or the model has nothing to compare with.
    """
    if (options.segments is None) == (options.model is None):
        raise OptionError(
            "Name what to watch by: the folder of a discovery (segments=) or a saved model "
            "(model=)."
        )
    if options.vectors is not None and options.reference is not None:
        raise OptionError(
            "The vectors are those of the FILE (table), and the reference has none: leave "
            "--vectors (vectors=) or --reference (reference=) out."
        )
    logged = options.log is not None
    if options.log is not None:
        if table is not None:
            raise OptionError("A table and --log (log=) exclude each other: give one of them.")
        with PredictionLog.open(options.log, writes=False) as log:
            columns = () if options.model is None else _columns(options.model)
            table = answered_rows(log, columns)
        options = options.changed(log=None, text=ROW_TEXT, id="id", time=TIME)
    if options.segments is not None:
        rows, reference, given = _with_segments(table, options.segments, options)
        watched = str(home_of(options.segments))
    else:
        assert options.model is not None
        rows, reference, given = _with_model(table, options.model, options, logged=logged)
        watched = str(options.model)
    result = watch_rows(
        rows,
        reference,
        every=options.every,
        least=options.least,
        seed=options.seed,
        show_personal=options.show_personal,
        source=given.records.source,
        watched=watched,
    )
    return Watched(replace(result, rejects=given.records.rejects), given)


watch = by_name(watch_with, WatchOptions)


def _with_segments(
    table: Source | Table | Records | None, segments: str | Path, options: WatchOptions
) -> tuple[DecidedRows, Reference, Reading]:
    home = home_of(segments)
    if not is_segmentation(segments):
        raise StoreError(f"There is no discovery in {home}: name the folder that discover wrote.")
    segmentation = load_segmentation(segments)
    by_row = segmentation.encoder.pooling == "row"
    if options.reference is None and not has_rows(home):
        raise OptionError(
            f"{home} has no rows to compare with: name {_QUIET} with --reference (reference=)."
        )
    given = read_texts(table, options)

    def decide(reading: Reading) -> DecidedRows:
        dataset = dataset_of(reading, by_row=by_row)
        return by_segments(dataset, segmentation, home, cache=options.cache, token=options.token)

    rows = decide(given)
    if options.reference is None:
        learnt = fitted_encoder(home) is not None
        return rows, reference_of_segments(segmentation, load_rows(home), learnt=learnt), given
    quiet = decide(read_texts(options.reference, options))
    names = {segment.id: segment.name for segment in segmentation.segments}
    return rows, _quiet(quiet, names), given


def _with_model(
    table: Source | Table | Records | None,
    home: str | Path,
    options: WatchOptions,
    *,
    logged: bool,
) -> tuple[DecidedRows, Reference, Reading]:
    loaded = load_model(home)
    model = loaded.classifier
    if isinstance(model, EnsembleRegressor):
        raise OptionError(f"The model in {home} estimates a number: watch classes or segments.")
    schema = as_rows(loaded.schema) if logged else loaded.schema
    given = read_alike(table, options, [schema], [model])
    rows = by_model(given.records, model, cache=options.cache)
    if options.reference is None:
        reference = reference_of_model(model, loaded.manifest.metrics, loaded.class_names)
        return rows, reference, given
    quiet = read_alike(options.reference, options, [loaded.schema], [model])
    names = {str(c): loaded.class_names.get(str(c), str(c)) for c in model.classes_}
    return rows, _quiet(by_model(quiet.records, model, cache=options.cache), names), given


def _columns(home: str | Path) -> tuple[str, ...]:
    return context_of(load_model(home).classifier)


def _quiet(rows: DecidedRows, names: dict[str, str]) -> Reference:
    origin = f"{counted(len(rows), 'row')} of a quiet time"
    return Reference(rows, names, len(rows), origin=origin)
