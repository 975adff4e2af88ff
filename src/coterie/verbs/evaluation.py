"""``coterie.evaluate``: models side by side on labelled rows."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pandas as pd

from coterie.errors import CoterieWarning, OptionError
from coterie.options import EvaluateOptions
from coterie.records import Records, Source, Table
from coterie.scratch import ScratchFolder
from coterie.verbs.model import Model
from coterie.verbs.notebook import summary_html
from coterie.verbs.options import by_name
from coterie.verbs.reading import read_alike
from coterie.verbs.saving import OutputFiles, save_result
from coterie.workflows.asking import connect
from coterie.workflows.evaluation.classes import ClassEvaluation
from coterie.workflows.evaluation.evaluate import evaluate_models
from coterie.workflows.evaluation.numbers import NumberEvaluation
from coterie.workflows.prediction.predict import LoadedModel, load_model

__all__ = ["FILES", "Evaluated", "evaluate", "evaluate_with"]

FILES = OutputFiles("evaluate", ClassEvaluation.files)
"""What ``evaluate`` writes."""


_OF_TEXTS = ("text", "group", "order", "speaker", "first", "clean", "side")
_SHOWN = ("accuracy", "macro_f1", "auc", "ece", "r2", "mae", "rmse")


class Evaluated:
    """Models side by side on the same rows.

    Parameters
    ----------
    result
        What the workflow found.
    show_personal
        Whether the page shows personal data, which is masked otherwise.
    """

    def __init__(
        self, result: ClassEvaluation | NumberEvaluation, *, show_personal: bool = False
    ) -> None:
        self.result = result
        self._show_personal = show_personal

    @property
    def figures(self) -> pd.DataFrame:
        """One row a model, one column a figure: accuracy, F1, AUC and others."""
        models = pd.DataFrame([figures.to_dict() for figures in self.result.figures])
        return models.drop(columns="unseen_labels", errors="ignore").set_index("model")

    @property
    def predictions(self) -> pd.DataFrame:
        """The label of each row that has one, and what each model says of it."""
        return self.result.predictions

    @property
    def mistakes(self) -> pd.DataFrame:
        """The wrong answers, the surest first; of numbers the largest errors."""
        return self.result.mistakes

    def to_dict(self) -> dict[str, Any]:
        """Give all figures, as JSON takes them."""
        return self.result.to_dict()

    def save(self, folder: str | Path, *, overwrite: bool = False) -> Path:
        """Write the files and the page that ``coterie evaluate`` writes, and give the page.

        Files that a person made or changed are replaced only with ``overwrite``.
        """
        from coterie.pages.evaluation import page_of_evaluation

        page = page_of_evaluation(self.result, show_personal=self._show_personal)
        return save_result(self.result, page, folder, FILES, overwrite=overwrite)

    def __repr__(self) -> str:
        return f"{self.result.verdict}\n{self._table().to_string()}"

    def _repr_html_(self) -> str:
        table = self._table()
        rows = [
            (str(name), *map(str, row)) for name, row in zip(table.index, table.values, strict=True)
        ]
        heads = ("model", *map(str, table.columns))
        return summary_html(self.result.verdict, heads, rows)

    def _table(self) -> pd.DataFrame:
        figures = self.figures
        return figures[[name for name in _SHOWN if name in figures]].round(3)


def evaluate_with(
    models: Model | str | Path | Sequence[Model | str | Path],
    table: Source | Table | Records,
    options: EvaluateOptions,
) -> Evaluated:
    """Evaluate models on labelled rows that they were not trained on.

    Parameters
    ----------
    models
        One or several: models, or their directories. A model that is not saved yet is evaluated as
        it will be after it is saved.
    table
        A pandas, Polars or Arrow table, a path, a URL, or `coterie.Records`; read as that of the
        first model's training was.
    options
        Declared in `coterie.options.EvaluateOptions`.

    Returns
    -------
    Evaluated
        ``evaluated.figures``, ``evaluated.mistakes``, ``evaluated.save(folder)``.

    Raises
    ------
    InputError
        When no row has a label.
    OptionError
        When some models predict classes and others estimate a number.

    Warns
    -----
    CoterieWarning
        When a model was trained on texts that were composed differently.
    """
    given = [models] if isinstance(models, Model | str | Path) else list(models)
    if not given:
        raise OptionError("There is no model to evaluate: give one or more.")
    with ExitStack() as stack:
        loaded = [_loaded(model, place, stack) for place, model in enumerate(given, 1)]
        schemas = [model.schema for model in loaded]
        column = options.label or schemas[0].get("label")
        if column is None:
            raise OptionError("Name the column of the true labels with --label (label=).")
        label = None if isinstance(table, Records) else column
        estimators = [model.classifier for model in loaded]
        connect(estimators, options, options.cache)
        reading = read_alike(table, options.changed(label=label), schemas, estimators)
        if reading.table is not None and options.vectors is None:
            for model in loaded:
                _warn_of_others(reading.options.kept(), model)
        result = evaluate_models(
            loaded,
            reading.records,
            column,
            positive=options.positive,
            price=options.price,
            learning=options.learning,
            title=options.title,
            cache=options.cache,
        )
    return Evaluated(result, show_personal=options.show_personal)


evaluate = by_name(evaluate_with, EvaluateOptions)


def _warn_of_others(used: Mapping[str, Any], model: LoadedModel) -> None:
    """Say where a model was trained on texts that were composed differently."""
    for name in _OF_TEXTS:
        its = model.schema.get(name)
        if "text" in model.schema and its != used.get(name):
            warnings.warn(
                f"{model.home.name} was trained with --{name} {its or 'left out'} and is evaluated "
                f"with {used.get(name) or 'none'}: its accuracy may be too low.",
                CoterieWarning,
                stacklevel=3,
            )


def _loaded(model: Model | str | Path, place: int, stack: ExitStack) -> LoadedModel:
    """Load a model from its directory; one that has none is saved for the time being."""
    if not isinstance(model, Model):
        return load_model(model)
    if model.home is not None:
        return load_model(model.home)
    home = stack.enter_context(ScratchFolder()) / f"model {place}"
    model.write(home)
    return load_model(home)
