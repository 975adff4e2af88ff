"""``coterie.train``: labelled rows into a model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pandas as pd

from coterie.classifiers import EstimateExplanation, Explanation
from coterie.classifiers import Model as Estimator
from coterie.errors import OptionError
from coterie.formatting import counted
from coterie.options import AnalyseOptions, ModelPlan, PredictOptions, TrainOptions
from coterie.outputs import Claim, claim_folder
from coterie.records import (
    CONCEPTS,
    Reading,
    Records,
    Source,
    Table,
    open_source,
    read_source,
    rejects_frame,
)
from coterie.segments.assigning.nomenclature import load_nomenclature
from coterie.store import Manifest, check_home
from coterie.verbs.analysis import analyse_row
from coterie.verbs.notebook import summary_html
from coterie.verbs.options import by_name
from coterie.verbs.reading import (
    check_making,
    feature_columns,
    no_text,
    read_alike,
    read_vectors,
)
from coterie.verbs.saving import QUARANTINE, sources_of
from coterie.verbs.scores import write_scores
from coterie.workflows.analysis.analysis import Analysis
from coterie.workflows.analysis.model import AnalysedModel
from coterie.workflows.asking import connect
from coterie.workflows.columns import check_values
from coterie.workflows.prediction.explain import explain_row
from coterie.workflows.prediction.predict import (
    LoadedModel,
    context_of,
    predict_jointly,
    predict_records,
)
from coterie.workflows.training.results import CHANGES, TrainResult
from coterie.workflows.training.rows import label_of, segment_records
from coterie.workflows.training.train import train_model
from coterie.workflows.tuning.corrections import correct_labels
from coterie.workflows.vectors import check_origin

__all__ = ["Model", "Models", "claim_model", "train", "train_with"]

_SHOWN = ("accuracy", "macro_f1", "auc", "ece", "r2", "mae", "median_error")


class Model:
    """A trained model: a classifier, or a regressor where the labels are numbers.

    Parameters
    ----------
    estimator
        The fitted estimator, with scikit-learn's contract.
    schema
        How its rows were read: columns of text, id and label, and the context.
    figures
        Its figures on validation rows, as its manifest holds them.
    trained
        The result of the training; None for a loaded model.
    reading
        The table that it was trained on; None for a loaded model.
    home
        Its directory, where it is saved.
    """

    def __init__(
        self,
        estimator: Estimator,
        schema: Mapping[str, Any],
        figures: Mapping[str, Any],
        trained: TrainResult | None = None,
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
        """Wrap a model that was loaded from its directory."""
        return cls(loaded.classifier, loaded.schema, loaded.manifest.metrics, home=loaded.home)

    def predict_with(
        self, table: Source | Table | Records | None, options: PredictOptions
    ) -> pd.DataFrame:
        """Predict each row of a table.

        Parameters
        ----------
        table
            With the columns that the model was trained on. Its id column may be absent. None for
            vectors alone.
        options
            Declared in `coterie.options.PredictOptions`.

        Returns
        -------
        DataFrame
            One row for each row given, under the index of the table: id, label, confidence, status
            and a column for each class; of a number id, label, low, high and status. A row that
            could not be used has the status "set aside"; ``reason`` says why.
        """
        given = read_alike(table, options, [self.schema], [self.estimator])
        connect([self.estimator], options, options.cache)
        answers = predict_records(self.estimator, given.records, cache=options.cache)
        return given.spread(answers.frame())

    predict = by_name(predict_with, PredictOptions)

    def explain(
        self, text: str = "", columns: Mapping[str, Any] | None = None, *, llm: str | None = None
    ) -> Explanation | EstimateExplanation:
        """Explain the prediction for one row: a text, some columns, or both.

        ``llm`` is a remote language model that a saved model may ask.
        """
        given = columns or {}
        if llm is not None or getattr(self.estimator, "asker", None) is None:
            connect([self.estimator], PredictOptions(llm=() if llm is None else (llm,)))
        check_values(self.estimator, given, context_of(self.estimator))
        return explain_row(self.estimator, self.schema, text, given)

    def analyse_with(
        self,
        text: str | Sequence[Mapping[str, Any]] | None,
        columns: Mapping[str, Any] | None,
        options: AnalyseOptions,
    ) -> Analysis:
        """Analyse one conversation: why it is predicted so, what to do, and what is similar.

        Parameters
        ----------
        text
            Lines such as ``"buyer: Hello"``, or a list of turns, each with ``speaker`` and
            ``text``; any other text too. None where the model reads none.
        columns
            Column of the context to its value.
        options
            Declared in `coterie.options.AnalyseOptions`.

        Returns
        -------
        Analysis
            ``analysis.to_dict()`` is what a service answers.

        Raises
        ------
        InputError, OptionError
            When the rules or their conditions cannot be read.
        StoreError, EncoderMismatchError
            When there is no index, or its encoder is another one by now.
        """
        if getattr(self.estimator, "asker", None) is None:
            connect([self.estimator], PredictOptions())
        name = self.estimator.kind if self.home is None else self.home.resolve().name
        model = AnalysedModel(self.estimator, self.schema, name)
        return analyse_row(model, text, columns or {}, options)

    analyse = by_name(analyse_with, AnalyseOptions)

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
        """Save, as `save` does, and give the manifest."""
        if self.trained is None:
            raise OptionError("This model was loaded from a folder: copy that folder.")
        manifest = self.trained.save(folder, schema=self.schema, note=note)
        label = str(self.schema.get("label", "label"))
        write_scores(Path(folder), manifest.version, self.trained, label)
        return manifest

    @property
    def rejects(self) -> pd.DataFrame:
        """The rows of the training table that were set aside, see `coterie.records.Records`."""
        return rejects_frame() if self.reading is None else self.reading.records.rejects

    def __repr__(self) -> str:
        shown = ", ".join(f"{name} {value}" for name, value in self._headlines())
        return f"{self._headline()}: {shown}"

    def _repr_html_(self) -> str:
        return summary_html(self._headline(), ("figure", "value"), self._headlines())

    def _headline(self) -> str:
        label = self.schema.get("label", "label")
        rows = self.figures.get("trained_on")
        learnt = "" if rows is None else f", trained on {counted(rows, 'row')}"
        return f"Model of {label!r} ({self.estimator.kind}){learnt}"

    def _headlines(self) -> list[tuple[str, str]]:
        return [
            (name.replace("_", " "), f"{self.figures[name]:.3f}")
            for name in _SHOWN
            if self.figures.get(name) is not None
        ]


class Models(Mapping[str, Model]):
    """Several models, as of a folder of them: name to model.

    ``models.predict(table)`` reads the table once and gives the answers of all, side by side.
    """

    def __init__(self, loaded: Sequence[LoadedModel]) -> None:
        self._loaded = {each.home.name: each for each in loaded}

    def __getitem__(self, name: str) -> Model:
        return Model.of(self._loaded[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._loaded)

    def __len__(self) -> int:
        return len(self._loaded)

    def __repr__(self) -> str:
        return "\n".join(f"{name}: {model!r}" for name, model in self.items())

    def predict_with(
        self, table: Source | Table | Records | None, options: PredictOptions
    ) -> pd.DataFrame:
        """Predict each row of a table with every model.

        Parameters
        ----------
        table
            With the columns that the models were trained on; see `Model.predict_with`.
        options
            Declared in `coterie.options.PredictOptions`.

        Returns
        -------
        DataFrame
            One row for each row given, under the index of the table: id, then for each model a
            column of its name with the label, and ``NAME confidence`` and ``NAME status``; of a
            number ``NAME low``, ``NAME high`` and ``NAME status``. A row that could not be used has
            the status "set aside"; ``reason`` says why.
        """
        loaded = [*self._loaded.values()]
        given = read_alike(
            table, options, [each.schema for each in loaded], [each.classifier for each in loaded]
        )
        connect([each.classifier for each in loaded], options, options.cache)
        answers = predict_jointly(loaded, given.records, cache=options.cache)
        return given.spread(answers.frame())

    predict = by_name(predict_with, PredictOptions)


def claim_model(
    folder: str | Path, *reads: Any, overwrite: bool = False
) -> AbstractContextManager[Claim]:
    """Claim a model directory before the work, see `coterie.outputs.claim_folder`.

    Several versions can be trained at once, and none is ever written over.
    """
    check_home(folder)
    return claim_folder(
        folder,
        by="train",
        writes=(QUARANTINE,),
        inputs=sources_of(reads),
        overwrite=overwrite,
        lock=False,
    )


def train_with(table: Source | Table | Records | None, options: TrainOptions) -> Model:
    """Train a model on labelled rows, or on the segments of a folder.

    Parameters
    ----------
    table
        A pandas, Polars or Arrow table, a path, a URL, or `coterie.Records`; None with segments.
    options
        Declared in `coterie.options.TrainOptions`.

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
    if options.segments is not None:
        return _train_segments(table, options)
    if table is None:
        raise OptionError(
            "Give a FILE (table) with the labels, or a folder with --segments (segments=)."
        )
    given = options.vectors is not None
    if given:
        check_making(options, ("encoder", "pooling", "concepts", "concept"))
    if isinstance(table, Records):
        features = options.context or ()
        asked = options.changed(context=None, label=None)
        reading = read_vectors(table, asked) if given else read_source(table, asked)
    else:
        if options.plan().needs_texts and options.has_concepts:
            raise OptionError(
                f"The model {options.model} cannot read concepts: leave them out, or choose "
                "--model ensemble (model=)."
            )
        opened = open_source(table, options)
        if options.plan().needs_texts and options.text is None and not given:
            raise no_text(opened, options, by=options.by)
        features = feature_columns(opened, options, by=options.by)
        kept = [*features, *([options.by] if options.by else [])]
        asked = options.changed(context=kept)
        read = read_vectors if given else read_source
        reading = read(table, asked, table=opened)
    if options.has_concepts:
        features = (*features, CONCEPTS)
    return _trained(reading, options, options.plan(context=features))


train = by_name(train_with, TrainOptions)


def _train_segments(table: Source | Table | Records | None, options: TrainOptions) -> Model:
    """Train on the segments of a folder, with their encoder and pooling if none are named."""
    if table is not None or {*options.of_reading()} - {"context"}:
        raise OptionError(
            "A folder of segments has its own rows and labels: leave the FILE (table) out."
        )
    assert options.segments is not None
    records, names, found = segment_records(options.segments)
    meanings = found.pop("class_descriptions")
    asked = {name: found[name] for name in ("encoder", "pooling") if name not in options.given()}
    plan = options.plan(
        context=options.context or (), class_names=names, class_descriptions=meanings, **asked
    )
    return _trained(read_source(records), options, plan)


def _trained(reading: Reading, options: TrainOptions, plan: ModelPlan) -> Model:
    records = reading.records
    if records.vectors is not None:
        check_origin(records.vectors)
    column = label_of(records, options.label)
    if options.corrections is not None:
        records = correct_labels(records, column, options.corrections)
    expected: tuple[str, ...] = ()
    if options.nomenclature is not None:
        nomenclature = load_nomenclature(options.nomenclature)
        expected = tuple(segment.name for segment in nomenclature.segments)
        plan = plan.changed(class_descriptions=nomenclature.descriptions)
    groups = None if options.by is None else records.context[options.by].to_numpy(dtype=object)
    trained = train_model(
        records, plan, label=column, groups=groups, expected=expected, cache=options.cache
    )
    read = {} if reading.table is None else reading.kept()
    schema = {"label": column, "context": list(plan.context), **read}
    if trained.changes:
        schema[CHANGES] = dict(trained.changes)
    return Model(trained.model, schema, trained.metrics, trained, reading)
