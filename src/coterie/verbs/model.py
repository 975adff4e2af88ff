"""``coterie.train``: labelled rows in, a model that predicts others out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pandas as pd

from coterie.classifiers import EstimateExplanation, Explanation
from coterie.classifiers import Model as Estimator
from coterie.encoders import EmbeddingCache
from coterie.errors import OptionError
from coterie.records import (
    CONCEPTS,
    Reading,
    ReadOptions,
    Records,
    Source,
    Table,
    open_source,
    read_source,
)
from coterie.store import Manifest
from coterie.verbs.notebook import summary_html
from coterie.verbs.options import check_names
from coterie.verbs.reading import feature_columns, read_alike
from coterie.workflows.prediction.explain import explain_row
from coterie.workflows.prediction.predict import LoadedModel, predict_records
from coterie.workflows.training.models import ModelPlan
from coterie.workflows.training.numbers import RegressorResult, learns_numbers, train_regressor
from coterie.workflows.training.saved import save_trained
from coterie.workflows.training.train import (
    TrainResult,
    label_of,
    segment_records,
    train_classifier,
)

__all__ = ["Model", "train", "train_segments", "train_source"]

_PLANNED = {field.name for field in fields(ModelPlan)} - {"model", "context", "texts"}
_SHOWN = ("accuracy", "macro_f1", "auc", "ece", "r2", "mae", "median_error")


class Model:
    """A trained model: of classes, or of a number.

    Parameters
    ----------
    estimator
        The fitted estimator, with scikit-learn's contract.
    schema
        How its rows were read: columns of text, id and label, and the context.
    figures
        How it did on rows that it had not learnt from.
    trained
        What the training found; None for a model that was loaded.
    reading
        The table that it was trained on; None for a model that was loaded.
    home
        Its directory, where it is saved.
    """

    def __init__(
        self,
        estimator: Estimator,
        schema: Mapping[str, Any],
        figures: Mapping[str, Any],
        trained: TrainResult | RegressorResult | None = None,
        reading: Reading | None = None,
        home: Path | None = None,
    ) -> None:
        self.estimator = estimator
        self.trained = trained
        self.reading = reading
        self.home = home
        self.schema = dict(schema)
        self.figures = dict(figures)

    @classmethod
    def of(cls, loaded: LoadedModel) -> Model:
        """Make one of a model that was loaded from its directory."""
        return cls(loaded.classifier, loaded.schema, loaded.manifest.metrics, home=loaded.home)

    def predict(
        self,
        table: Source | Table | Records,
        *,
        concepts: Source | None = None,
        cache: EmbeddingCache | None = None,
        **reading: Any,
    ) -> pd.DataFrame:
        """Predict each row of a table.

        Parameters
        ----------
        table
            With the columns that the model was trained on. Its id column may be absent.
        concepts
            Table of a row for each concept noted of a record, for a model of concepts.
        cache
            Where vectors are kept; the user's own cache when None.
        **reading
            Arguments of `coterie.read_records`, where the columns have other names here.

        Returns
        -------
        DataFrame
            One row for each row given, under the index of the table: id, label, confidence, status
            and a column for each class; of a number id, label, low, high and status. A row that
            could not be used has the status "set aside"; ``reason`` says why.
        """
        check_names(reading, Model.predict, ReadOptions, without=("self", "table", "labels"))
        options = ReadOptions(concepts=concepts, **reading)
        given = read_alike(table, options, [self.schema], [self.estimator])
        return given.spread(predict_records(self.estimator, given.records, cache=cache).frame())

    def explain(
        self, text: str = "", columns: Mapping[str, Any] | None = None
    ) -> Explanation | EstimateExplanation:
        """Say what moved the answer for one row: a text, some columns, or both."""
        return explain_row(self.estimator, self.schema, text, columns or {})

    def save(self, folder: str | Path, *, note: str = "") -> Path:
        """Save as a new version of a model directory, whole or not at all.

        Parameters
        ----------
        folder
            The model directory; earlier versions in it are kept.
        note
            A remark for people.

        Returns
        -------
        Path
            The model directory.

        Raises
        ------
        StoreError
            When it cannot be written.
        OptionError
            When the model was loaded from a folder.
        """
        self.write(folder, note=note)
        self.home = Path(folder)
        return self.home

    def write(self, folder: str | Path, *, note: str = "") -> Manifest:
        """Do as `save`, and leave the model as one that is not saved."""
        if self.trained is None:
            raise OptionError("This model was loaded, and is saved already: copy its folder.")
        return save_trained(self.trained, folder, schema=self.schema, note=note)

    def __repr__(self) -> str:
        shown = ", ".join(f"{name} {value}" for name, value in self._headlines())
        return f"{self._headline()}: {shown}"

    def _repr_html_(self) -> str:
        return summary_html(self._headline(), ("figure", "value"), self._headlines())

    def _headline(self) -> str:
        label = self.schema.get("label", "label")
        rows = self.figures.get("trained_on")
        learnt = "" if rows is None else f", trained on {rows:,} rows"
        return f"Model of {label!r} ({self.estimator.kind}){learnt}"

    def _headlines(self) -> list[tuple[str, str]]:
        return [
            (name.replace("_", " "), f"{self.figures[name]:.3f}")
            for name in _SHOWN
            if self.figures.get(name) is not None
        ]


def train(
    table: Source | Table | Records | None = None,
    *,
    text: str | None = None,
    label: str | None = None,
    id: str | None = None,  # noqa: A002 - the field's name
    model: str = "linear",
    context: Sequence[str] = (),
    by: str | None = None,
    concepts: Source | None = None,
    segments: str | Path | None = None,
    cache: EmbeddingCache | None = None,
    **options: Any,
) -> Model:
    """Train a model on labelled rows, or on the segments of a folder.

    Parameters
    ----------
    table
        A pandas, Polars or Arrow table, a path, a URL, or `coterie.Records`; None with segments.
    text
        Column of the text, or a template over several. None for an ensemble of columns alone.
    label
        Column of the label; rows without one are left out.
    id
        Column of a unique id; row numbers when None.
    model
        ``"few-shot"``, ``"linear"``, ``"mlp"``, ``"contrastive"``, ``"voting"``, ``"cascade"``,
        ``"auto"`` or ``"ensemble"``.
    context
        Columns that are features too. For an ensemble without text, all but ids when empty.
    by
        Column, as of a customer, whose rows stay on one side when the model is judged.
    concepts
        Table of a row for each concept noted of a record; for an ensemble.
    segments
        Folder that ``found.save`` or the command line wrote: its segments are the classes.
    cache
        Where vectors are kept; the user's own cache when None.
    **options
        Of the model, see `coterie.ModelPlan`: ``encoder``, ``members``, ``pooling``, ``accuracy``,
        ``loss``, ``epochs``, ``seed``, ``numbers``, ``preset``, ``draws``, ``seconds``,
        ``balance``; and of the table, see `coterie.read_records`: ``group``, ``order``,
        ``speaker``, ``first``, ``delimiter`` and others.

    Returns
    -------
    Model
        ``model.predict(table)``, ``model.figures``, ``model.save(folder)``.

    Raises
    ------
    InputError, ColumnError
        When the table cannot be read, a column is missing, or the labels give nothing to learn.
    OptionError
        When an option is unknown or not allowed.
    """
    check_names(options, train, ModelPlan, ReadOptions, without=("table", "labels", "texts"))
    planned = {name: options.pop(name) for name in list(options) if name in _PLANNED}
    plan = ModelPlan(model=model, **planned)
    reading = ReadOptions(text=text, id=id, concepts=concepts, **options)
    if context:
        reading = reading.changed(context=context)
    if label is not None and not isinstance(table, Records):
        reading = reading.changed(labels=label)
    if segments is not None:
        if table is not None or reading.given():
            raise OptionError("Segments bring their own rows and labels: leave the table out.")
        return train_segments(segments, plan, cache=cache)
    if table is None:
        raise OptionError("Give a table to train on, or the folder of segments=.")
    return train_source(table, reading, plan, label=label, by=by, cache=cache)


def train_source(
    source: Source | Table | Records,
    options: ReadOptions,
    plan: ModelPlan,
    *,
    label: str | None = None,
    by: str | None = None,
    cache: EmbeddingCache | None = None,
) -> Model:
    """Read labelled rows and train a model on them; see `train`.

    Parameters
    ----------
    source, options
        See `coterie.records.read_source`; the context are columns that are features too.
    plan
        Which model; the context is that of the options.
    label
        The label column; None where there is only one.
    by
        Column whose rows of one value stay on one side when the model is judged.
    cache
        Where vectors are kept; the user's own cache when None.
    """
    if isinstance(source, Records):
        features, asked = options.context or (), options.changed(context=None)
        reading = read_source(source, asked)
    else:
        if plan.needs_texts and options.text is None:
            raise OptionError("Name the column of the text with --text (text=).")
        if plan.needs_texts and options.has_concepts:
            raise OptionError(
                f"The model {plan.model} learns from texts and columns, and not from concepts: "
                "leave these out, or name another --model (model=)."
            )
        table = open_source(source, options)
        features = feature_columns(table, options, by=by)
        kept = [*features, *([by] if by else [])]
        reading = read_source(source, options.changed(context=kept), table=table)
    if options.has_concepts:
        features = (*features, CONCEPTS)
    records = reading.records
    column = label_of(records, label)
    groups = None if by is None else records.context[by].to_numpy(dtype=object)
    plan = replace(plan, context=tuple(features))
    trained: TrainResult | RegressorResult
    if learns_numbers(records.labels[column], plan):
        trained = train_regressor(records, plan, label=column, groups=groups, cache=cache)
    else:
        trained = train_classifier(records, plan, label=column, groups=groups, cache=cache)
    read = {} if reading.table is None else reading.options.kept()
    schema = {"label": column, "context": list(plan.context), **read}
    return Model(trained.model, schema, trained.metrics, trained, reading)


def train_segments(
    folder: str | Path, plan: ModelPlan, *, cache: EmbeddingCache | None = None
) -> Model:
    """Train a model on the segments of a folder that discover or assign wrote.

    The encoder and the pooling are those of the segments, where the plan leaves them as they are
    by default.
    """
    records, names, found = segment_records(folder)
    usual = ModelPlan()
    plan = replace(
        plan,
        encoder=found["encoder"] if plan.encoder == usual.encoder else plan.encoder,
        pooling=found["pooling"] if plan.pooling == usual.pooling else plan.pooling,
        class_names=names,
    )
    return train_source(records, ReadOptions(), plan, cache=cache)
