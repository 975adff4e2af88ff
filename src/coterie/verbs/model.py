"""``coterie.train``: labelled rows in, a model that predicts others out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from coterie.classifiers import EstimateExplanation, Explanation
from coterie.classifiers import Model as Estimator
from coterie.encoders import EmbeddingCache
from coterie.errors import OptionError
from coterie.records import (
    CONCEPTS,
    Records,
    Source,
    Table,
    add_concepts,
    read_concepts,
    read_records,
    read_table,
    usual_context,
)
from coterie.verbs.frames import Given, read_rows
from coterie.verbs.notebook import summary_html
from coterie.verbs.options import check_names
from coterie.workflows.prediction.explain import explain_row
from coterie.workflows.prediction.predict import (
    LoadedModel,
    PredictResult,
    context_of,
    predict_records,
)
from coterie.workflows.training.models import ModelPlan
from coterie.workflows.training.numbers import RegressorResult, learns_numbers, train_regressor
from coterie.workflows.training.saved import save_trained
from coterie.workflows.training.train import TrainResult, train_classifier

__all__ = ["Model", "train"]

_READING = ("delimiter", "encoding", "query", "sheet", "join")
_COLUMNS = ("text", "id", "group", "order", "speaker", "first")
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
    home
        Its directory, where it is saved.
    """

    def __init__(
        self,
        estimator: Estimator,
        schema: Mapping[str, Any],
        figures: Mapping[str, Any],
        trained: TrainResult | RegressorResult | None = None,
        home: Path | None = None,
    ) -> None:
        self.estimator = estimator
        self.home = home
        self.schema = dict(schema)
        self.figures = dict(figures)
        self._trained = trained

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
        given = self._read(table, concepts, reading, [self.estimator])
        result = predict_records(self.estimator, given.records, cache=cache)
        return given.spread(result.frame())

    def predict_result(
        self, records: Records, *, cache: EmbeddingCache | None = None
    ) -> PredictResult:
        """Predict records, and give the result as arrays."""
        return predict_records(self.estimator, records, cache=cache)

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

    def write(self, folder: str | Path, *, note: str = "") -> None:
        """Do as `save`, and leave the model as one that is not saved."""
        if self._trained is None:
            raise OptionError("This model was loaded, and is saved already: copy its folder.")
        save_trained(self._trained, folder, schema=self.schema, note=note)

    def read(
        self,
        table: Source | Table | Records,
        *,
        concepts: Source | None = None,
        models: Sequence[LoadedModel] = (),
        **reading: Any,
    ) -> Records:
        """Read records as those of the training were, with the context of other models too."""
        estimators = [self.estimator, *(model.classifier for model in models)]
        return self._read(table, concepts, reading, estimators).records

    def _read(
        self,
        table: Source | Table | Records,
        concepts: Source | None,
        reading: dict[str, Any],
        estimators: Sequence[Estimator],
    ) -> Given:
        """Read rows as those of the training were."""
        check_names(reading, Model.predict, read_records, without=("self", "table", "source"))
        if isinstance(table, Records):
            return read_rows(table)
        options = {name: reading.pop(name) for name in _READING if name in reading}
        read = table if isinstance(table, Table) else read_table(table, **options)
        columns = {name: self.schema[name] for name in _COLUMNS if self.schema.get(name)}
        if columns.get("id") not in read.columns:
            columns.pop("id", None)
        wanted = dict.fromkeys(name for each in estimators for name in context_of(each))
        context = [name for name in wanted if name in read.columns]
        given = read_rows(table, table=read, **{**columns, "context": context, **reading})
        return _with_concepts(given, concepts, self.schema)

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
    table: Source | Table | Records,
    *,
    text: str | None = None,
    label: str,
    id: str | None = None,  # noqa: A002 - the field's name
    model: str = "linear",
    context: Sequence[str] = (),
    by: str | None = None,
    group: str | None = None,
    order: str | None = None,
    speaker: str | None = None,
    first: int | None = None,
    concepts: Source | None = None,
    cache: EmbeddingCache | None = None,
    reading: Mapping[str, Any] | None = None,
    **options: Any,
) -> Model:
    """Train a model on labelled rows.

    Parameters
    ----------
    table
        A pandas, Polars or Arrow table, a path, a URL, or `coterie.Records`.
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
    group, order, speaker, first
        How rows are rolled up, see `coterie.read_records`.
    concepts
        Table of a row for each concept noted of a record; for an ensemble.
    cache
        Where vectors are kept; the user's own cache when None.
    reading
        Other arguments of `coterie.read_table`.
    **options
        See `coterie.ModelPlan`: ``encoder``, ``members``, ``pooling``, ``accuracy``, ``loss``,
        ``epochs``, ``seed``, ``numbers``, ``preset``, ``draws``, ``seconds``, ``balance``.

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
    plan = _plan(model, options)
    features = list(context)
    if isinstance(table, Records):
        given = read_rows(table)
        schema: dict[str, Any] = {"text": text}
    else:
        read = table if isinstance(table, Table) else read_table(table, **(reading or {}))
        if text is None and plan.needs_texts:
            raise OptionError("Name the column of the text with text=, or use model='ensemble'.")
        if not (features or text or concepts is not None):
            taken = {name for name in (id, group, order, by, label) if name}
            features = usual_context(read, taken)
        columns: dict[str, Any] = {
            "text": text,
            "id": id,
            "group": group,
            "order": order,
            "speaker": speaker,
            "first": first,
        }
        kept = [*features, *([by] if by else [])]
        given = read_rows(table, table=read, labels=[label], context=kept, **columns)
        schema = {name: value for name, value in columns.items() if value or name == "text"}
    if concepts is not None:
        given, found = _noted(given, concepts, {})
        schema |= found
        features.append(CONCEPTS)
    records = given.records
    groups = None if by is None else records.context[by].to_numpy(dtype=object)
    plan = replace(plan, context=tuple(features))
    trained: TrainResult | RegressorResult
    if label in records.labels and learns_numbers(records.labels[label], plan):
        trained = train_regressor(records, plan, label=label, groups=groups, cache=cache)
    else:
        trained = train_classifier(records, plan, label=label, groups=groups, cache=cache)
    said = {"label": label, "context": list(plan.context), **schema}
    return Model(trained.model, said, trained.metrics, trained)


def _plan(model: str, options: Mapping[str, Any]) -> ModelPlan:
    check_names(options, ModelPlan, without=("model", "context", "texts"))
    return ModelPlan(model=model, **options)


def _with_concepts(given: Given, concepts: Source | None, schema: Mapping[str, Any]) -> Given:
    if concepts is None:
        return given
    if "concept" not in schema:
        raise OptionError("The model was trained without concepts: leave them out.")
    return _noted(given, concepts, schema)[0]


def _noted(
    given: Given, concepts: Source, schema: Mapping[str, Any]
) -> tuple[Given, dict[str, Any]]:
    """Put the concepts of a table beside the records, and say which columns they were in."""
    noted = read_concepts(
        concepts,
        concept=schema.get("concept"),
        id=schema.get("concept_id"),
        records=given.records,
    )
    found = {"concept": noted.concept_column, "concept_id": noted.id_column}
    return replace(given, records=add_concepts(given.records, noted)), found
