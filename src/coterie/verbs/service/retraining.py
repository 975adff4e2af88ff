"""``coterie.retrain``: feedback in, a new version out that was compared before it is used."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from coterie.errors import ColumnError, CoterieWarning, InputError, OptionError
from coterie.formatting import counted, percent
from coterie.options import RetrainOptions
from coterie.prediction_log import PredictionLog
from coterie.records import Reading, Records, Source, Table, open_source
from coterie.records.compose import template_columns
from coterie.store import Manifest, activate, list_versions
from coterie.verbs.model import Model
from coterie.verbs.notebook import summary_html
from coterie.verbs.options import by_name
from coterie.verbs.reading import read_alike
from coterie.verbs.saving import OutputFiles, save_result
from coterie.verbs.scores import write_scores
from coterie.workflows.logged import PERSON, logged_truths
from coterie.workflows.prediction.predict import LoadedModel, context_of, load_model
from coterie.workflows.retraining.feedback import join_records
from coterie.workflows.retraining.result import RetrainResult
from coterie.workflows.retraining.retrain import retrain_model
from coterie.workflows.training.results import CHANGES
from coterie.workflows.training.rows import rows_of

__all__ = ["FILES", "Retrained", "retrain", "retrain_with"]

FILES = OutputFiles("retrain", RetrainResult.files)
"""What ``retrain`` writes beside the new version."""

_FILLED_IN = "label"  # the column of coterie label
_ROLLED = ("group", "order", "speaker", "first")
_FEWEST, _MOST_MISSING = 0.5, 0.05  # of the rows that a model was trained on: judgements


class Retrained:
    """A new version of a model, saved and compared with the one that was active.

    Parameters
    ----------
    result
        What the workflow found.
    home
        The model directory.
    manifest
        Of the new version.
    show_personal
        Whether the page shows personal data, which is masked otherwise.
    """

    def __init__(
        self, result: RetrainResult, home: Path, manifest: Manifest, *, show_personal: bool = False
    ) -> None:
        self.result = result
        self.home = home
        self.manifest = manifest
        self._show_personal = show_personal

    @property
    def version(self) -> int:
        """Number of the new version."""
        return self.manifest.version

    @property
    def active(self) -> bool:
        """Whether it is used now."""
        return any(
            each.active and each.version == self.version for each in list_versions(self.home)
        )

    @property
    def verdict(self) -> str:
        """Whether it is better, worse, the same, or whether that cannot be said, in words."""
        return self.result.verdict

    @property
    def figures(self) -> dict[str, Any]:
        """All figures, as ``metrics.json`` holds them."""
        return self.result.to_dict()

    def activate(self) -> None:
        """Use the new version from now on."""
        activate(self.home, self.version)

    def activate_if_better(self) -> bool:
        """Use the new version if it is better, and the version it was compared with is active."""
        if not self.result.better:
            return False
        if not self._compared_with_active():
            warnings.warn(
                f"Another version of {self.home} became active meanwhile, so nothing was "
                "activated: retrain again to compare with it.",
                CoterieWarning,
                stacklevel=2,
            )
            return False
        self.activate()
        return True

    def _compared_with_active(self) -> bool:
        return any(
            each.active and each.version == self.result.version for each in list_versions(self.home)
        )

    def save(self, folder: str | Path, *, overwrite: bool = False) -> Path:
        """Write the files and the page of the comparison, and give the page.

        Files that a person made or changed are replaced only with ``overwrite``.
        """
        from coterie.pages.retraining import retrain_page

        page = retrain_page(
            self.result,
            model=self.home.name,
            version=self.version,
            active=self.active,
            show_personal=self._show_personal,
        )
        return save_result(self.result, page, folder, FILES, overwrite=overwrite)

    def __repr__(self) -> str:
        return f"Version {self.version} of {self.home}: {self.verdict}"

    def _repr_html_(self) -> str:
        found = self.result.overall
        rows = [
            (found.names[0], f"{found.accuracy_a:.1%}"),
            (found.names[1], f"{found.accuracy_b:.1%}"),
        ]
        return summary_html(repr(self), ("version", "accuracy"), rows)


def retrain_with(
    model: Model | str | Path,
    feedback: Source | Table | Records | Sequence[Source | Table | Records] | None,
    options: RetrainOptions,
) -> Retrained:
    """Train a new version of a saved model on feedback, and compare it with the active one.

    The new version is saved, and is not used before it is activated.

    Parameters
    ----------
    model
        The directory of a classifier, or a model that was loaded from one.
    feedback
        One table, or several: the columns that the model was trained on, and the truth. A table of
        ``coterie label`` whose column ``label`` was filled in is one. None with a prediction log.
    options
        Declared in `coterie.options.RetrainOptions`.

    Returns
    -------
    Retrained
        ``retrained.verdict``, ``retrained.version``, ``retrained.activate()``,
        ``retrained.save(folder)``.

    Raises
    ------
    InputError, ColumnError
        When a table cannot be read, a column is missing, or there is nothing new in the feedback.
    OptionError
        When the model cannot be retrained, or its training table is needed.
    """
    loaded = load_model(_home_of(model))
    label = str(loaded.schema.get("label", _FILLED_IN))
    tables: list[Any] = list(feedback) if isinstance(feedback, list | tuple) else [feedback]
    sources = [(table, options) for table in tables if table is not None]
    if options.log is not None:
        with PredictionLog.open(options.log, writes=False) as log:
            sources.append((logged_truths(log, loaded), options.changed(by=PERSON)))
    if not sources:
        raise OptionError(
            "There is no feedback: give one table or more, or the log of a service with --log."
        )
    read = [_read(table, how, loaded, label) for table, how in sources]
    given = join_records([records for records, _ in read], label=label)
    people = np.concatenate([who for _, who in read])
    original, its_people = None, None
    if options.training is not None:
        own = options.changed(label=label)
        original, its_people = _read(options.training, own, loaded, label, needed=False)
        _check_training(loaded, original)
    result = retrain_model(
        loaded,
        given,
        original,
        label=label,
        people=people if any(how.by for _, how in sources) else None,
        original_people=its_people if options.by else None,
        collected=options.collected,
        seed=options.seed,
        cache=options.cache,
    )
    retrained = _save(result, loaded, options)
    if options.activate_if_better:
        retrained.activate_if_better()
    return retrained


retrain = by_name(retrain_with, RetrainOptions)


def _home_of(model: Model | str | Path) -> Path:
    if not isinstance(model, Model):
        return Path(model)
    if model.home is None:
        raise OptionError("This model is not saved: save it, and retrain its directory.")
    return model.home


def _save(result: RetrainResult, loaded: LoadedModel, options: RetrainOptions) -> Retrained:
    schema = {name: value for name, value in loaded.schema.items() if name != CHANGES}
    rows = counted(result.learnt_from, "row")
    note = options.note or f"Retrained from version {result.version} with {rows} of feedback"
    found = result.overall
    figures = {
        "compared_with": result.version,
        "verdict": found.verdict,
        **{name: getattr(found, name) for name in ("difference", "low", "high", "rows")},
        "learnt_from": result.learnt_from,
    }
    plain = {k: None if v != v else v for k, v in figures.items()}  # noqa: PLR0124 - NaN
    manifest = result.trained.save(
        loaded.home, schema=schema, note=note, more={"retrained": plain}, activate=False
    )
    label = str(schema.get("label", "label"))
    write_scores(loaded.home, manifest.version, result.trained, label)
    return Retrained(result, loaded.home, manifest, show_personal=options.show_personal)


def _read(
    source: Source | Table | Records,
    options: RetrainOptions,
    loaded: LoadedModel,
    label: str,
    *,
    needed: bool = True,
) -> tuple[Records, npt.NDArray[np.object_]]:
    """Read rows with their truth under the name ``label``, and who they are of."""
    asked = options.changed(training=None, by=None, label=None, log=None)
    if isinstance(source, Records):
        records = read_alike(source, asked, [loaded.schema], [loaded.classifier]).records
        if label not in records.labels:
            raise ColumnError(f"The records have no label '{label}': name it among their labels.")
        return records, np.full(len(records), None, dtype=object)
    table = open_source(source, options)
    column = _truth_column(table, options, label)
    schema = _schema_for(table, options, loaded.schema)
    reading = read_alike(table, asked.changed(label=column), [schema], [loaded.classifier])
    records = reading.records
    if column != label:
        truth = records.labels[column]
        records = _with_labels(records, {label: truth})
    return records, _people(reading, options.by, needed=needed)


def _with_labels(records: Records, labels: dict[str, Any]) -> Records:
    from dataclasses import replace

    return replace(records, labels=labels)


def _truth_column(table: Table, options: RetrainOptions, label: str) -> str:
    """Name the column of the truth: that of the options, of the training, or ``label``."""
    if options.label is not None:
        return options.label
    for name in (label, _FILLED_IN):
        if table.find(name) is not None:
            return name
    raise ColumnError(
        f"{table.source} has no column '{label}' or '{_FILLED_IN}' of the truth: name it with "
        "--label (label=)."
    )


def _schema_for(table: Table, options: RetrainOptions, schema: Any) -> dict[str, Any]:
    """Read composed or rolled-up texts from a column ``text``, where the table has nothing else."""
    found = dict(schema)
    text = schema.get("text")
    if options.text is not None or text is None:
        return found
    if all(table.find(name) is not None for name in template_columns(text, table.columns)):
        return found
    if table.find("text") is None:
        return found  # the error names the column that is missing
    return {k: v for k, v in found.items() if k not in (*_ROLLED, "side")} | {"text": "text"}


def _people(reading: Reading, by: str | None, *, needed: bool) -> npt.NDArray[np.object_]:
    """Give who each record is of, (n,): None where that is not known."""
    records, table = reading.records, reading.table
    none = np.full(len(records), None, dtype=object)
    if by is None or table is None or (not needed and table.find(by) is None):
        return none
    column = table.column(by)
    place = {int(row): at for at, row in enumerate(table.rows.tolist())}
    none[:] = [column.iloc[place[row]] for row in records.rows.tolist()]
    return none


def _check_training(loaded: LoadedModel, original: Records) -> None:
    """Refuse a table that holds few of the rows that the model was trained on.

    Raises
    ------
    InputError
        When it holds less than half of them.

    Warns
    -----
    CoterieWarning
        When it holds less than 95% of them.
    """
    rows = getattr(loaded.classifier, "rows_", None)
    if rows is None or not len(rows.hashes):
        return
    hashes = loaded.classifier.contents(rows_of(original, context_of(loaded.classifier)))
    share = float(np.isin(rows.hashes, hashes).mean())
    told = f"{original.source} holds {percent(share)} of the rows that the model was trained on"
    if share < _FEWEST:
        raise InputError(f"{told}: name the table of its training with --with (training=).")
    if share < 1 - _MOST_MISSING:
        warnings.warn(
            f"{told}; the others are not learnt from again.", CoterieWarning, stacklevel=3
        )
