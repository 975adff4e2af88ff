"""What a service needs of a run: its models, rules and index."""

from __future__ import annotations

from coterie.options import AnalysisSettings
from coterie.recipes import layout
from coterie.recipes.result import RunResult
from coterie.recipes.settings import RecipeSettings
from coterie.records import CONCEPTS
from coterie.search.columns import typed_columns
from coterie.store import models_in
from coterie.workflows.outcomes.classes import model_folder
from coterie.workflows.service import Service

__all__ = ["service_of"]


def service_of(result: RunResult, settings: RecipeSettings) -> Service:
    """Say what a service needs of a run."""
    folder, dataset = result.folder, result.dataset
    models = {name: folder / layout.MODELS / name for name in models_in(folder / layout.MODELS)}
    trained, label, default, positive = result.trained, None, None, None
    if trained is not None:
        evaluation = trained.evaluation
        label, positive = evaluation.label, evaluation.positive
        default = model_folder(evaluation.best.name)
    elif len(models) == 1:
        default = label = next(iter(models))
    columns = typed_columns(
        dataset.records.context[[name for name in dataset.context if name != CONCEPTS]],
        dates=settings.data.dates,
        usual=dataset.records.settled,
    ).columns
    found = (layout.ASSIGN, result.assigned), (layout.DISCOVER, result.discovered)
    analysis = settings.analysis or AnalysisSettings()
    return Service(
        folder,
        models,
        default,
        title=settings.title,
        label=label,
        positive=positive,
        index=None if result.indexed is None else folder / layout.INDEX,
        segments=next((folder / stage for stage, made in found if made is not None), None),
        rules=result.rules,
        columns=tuple(columns),
        analysis=analysis.model_dump(include={"items", "similar", "depth"}),
    )
