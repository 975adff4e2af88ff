"""How well a model did on validation rows, kept beside its versions as the blocks of a page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from coterie.files import write_json
from coterie.pages.evaluation import page_of_evaluation
from coterie.report import Page
from coterie.store import open_model
from coterie.store.layout import REGISTER
from coterie.workflows.evaluation.classes import ClassEvaluation
from coterie.workflows.evaluation.numbers import NumberEvaluation
from coterie.workflows.training.results import ClassifierResult, RegressorResult, TrainResult

__all__ = ["read_scores", "scores_page", "write_scores", "write_test_scores"]

_FOLDER = "scores"


def scores_page(result: TrainResult, name: str, label: str) -> Page | None:
    """Lay out how a model did on validation rows; None where none of them has an answer.

    Parameters
    ----------
    result
        Of the training: each validation row was predicted by a model that had not learnt from it.
    name, label
        Of the model, and of the column that it predicts.
    """
    title = f"{name} on validation rows"
    if isinstance(result, RegressorResult):
        numbers = NumberEvaluation(
            models=[result.judged],
            records=result.judged_rows,
            title=title,
            label=label,
            unlabelled=result.unlabelled,
        )
        return page_of_evaluation(numbers, files=False)
    if not isinstance(result, ClassifierResult) or not len(result.judged.truth):
        return None
    classes = ClassEvaluation(
        models=[result.judged],
        title=title,
        label=label,
        unlabelled=result.unlabelled,
        absent=result.absent,
    )
    return page_of_evaluation(classes, files=False)


def write_scores(home: Path, version: int, result: TrainResult, label: str) -> None:
    """Keep `scores_page` of a version as JSON in the model directory; versions stay as they are."""
    page = scores_page(result, home.resolve().name, label)
    if page is not None:
        _write(home, version, page)


def write_test_scores(
    homes: Mapping[str, Path],
    evaluation: ClassEvaluation | NumberEvaluation,
    *,
    show_personal: bool,
) -> None:
    """Keep how each of some models did on test rows, in its directory.

    Parameters
    ----------
    homes
        Name of a model in the evaluation to its directory; those without a model are left out.
    evaluation
        On the test rows.
    show_personal
        Whether the pages show personal data, which is masked otherwise.
    """
    for name, home in homes.items():
        if not (home / REGISTER).is_file():
            continue
        alone = _alone(evaluation, name, f"{home.name} on test rows")
        page = page_of_evaluation(alone, show_personal=show_personal, files=False)
        _write(home, open_model(home).manifest.version, page)


def _alone(
    evaluation: ClassEvaluation | NumberEvaluation, name: str, title: str
) -> ClassEvaluation | NumberEvaluation:
    """Give the evaluation of one of the models."""
    if isinstance(evaluation, NumberEvaluation):
        numbers = [each for each in evaluation.models if each.name == name]
        return replace(evaluation, models=numbers, title=title, chosen=None)
    classes = [each for each in evaluation.models if each.name == name]
    return replace(evaluation, models=classes, title=title, picture=None, chosen=None)


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
