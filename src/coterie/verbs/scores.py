"""How well a model did on validation rows, kept beside its versions as the blocks of a page."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from coterie.files import write_json
from coterie.pages.evaluation import page_of_evaluation
from coterie.report import Page
from coterie.store import open_model
from coterie.store.layout import REGISTER
from coterie.workflows.evaluation.classes import ClassEvaluation
from coterie.workflows.training.results import ClassifierResult, TrainResult

__all__ = ["read_scores", "scores_page", "write_scores", "write_test_scores"]

_FOLDER = "scores"


def scores_page(result: TrainResult, name: str, label: str) -> Page | None:
    """Lay out how a classifier did on validation rows.

    None for a regressor, and where no validation row has an answer.

    Parameters
    ----------
    result
        Of the training: each validation row was predicted by a model that had not learnt from it.
    name, label
        Of the model, and of the column that it predicts.
    """
    if not isinstance(result, ClassifierResult) or not len(result.judged.truth):
        return None
    evaluation = ClassEvaluation(
        models=[result.judged],
        title=f"{name} on validation rows",
        label=label,
        source="",
        unlabelled=result.unlabelled,
        absent=result.absent,
    )
    return page_of_evaluation(evaluation)


def write_scores(home: Path, version: int, result: TrainResult, label: str) -> None:
    """Keep `scores_page` of a version as JSON in the model directory; versions stay as they are."""
    page = scores_page(result, home.resolve().name, label)
    if page is not None:
        _write(home, version, page)


def write_test_scores(folder: Path, evaluation: ClassEvaluation, *, show_personal: bool) -> None:
    """Keep how each of some models did on test rows, in its directory below ``folder``."""
    for model in evaluation.models:
        home = folder / model.name
        if not (home / REGISTER).is_file():
            continue
        title = f"{model.name} on test rows"
        alone = replace(evaluation, models=[model], title=title, picture=None, chosen=None)
        page = page_of_evaluation(alone, show_personal=show_personal)
        _write(home, open_model(home).manifest.version, page)


def _write(home: Path, version: int, page: Page) -> None:
    folder = home / _FOLDER
    folder.mkdir(exist_ok=True)
    write_json(folder / f"{version:04d}.json", page.to_dict())


def read_scores(home: Path, version: int) -> dict[str, Any] | None:
    """Give what `write_scores` kept; None where there is nothing, as for an earlier training."""
    try:
        found = json.loads((home / _FOLDER / f"{version:04d}.json").read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None
