"""Outcomes in a folder: what they come to together, and a folder of its own for each."""

from __future__ import annotations

from pathlib import Path

from coterie.pages.evaluation import page_of_evaluation
from coterie.pages.outcomes import outcomes_page
from coterie.verbs.evaluation import FILES as EVALUATION
from coterie.verbs.saving import OutputFiles, save_result
from coterie.workflows.outcomes.outcome import OutcomesResult

__all__ = ["FILES", "save_outcomes"]

FILES = OutputFiles("run", OutcomesResult.files)
"""What is written of all outcomes together."""


def save_outcomes(
    result: OutcomesResult,
    folder: str | Path,
    *,
    show_personal: bool = False,
    overwrite: bool = False,
) -> Path:
    """Write the page and the files of outcomes, and those of each in ``LABEL/``.

    Parameters
    ----------
    result
        Of `coterie.workflows.outcomes.outcomes.run_outcomes`.
    folder
        Made when absent.
    show_personal
        Whether the pages show personal data, which is masked otherwise.

    Returns
    -------
    Path
        The page of them together.

    Raises
    ------
    StoreError
        When a folder cannot be written to; what was there before is whole.
    """
    home = Path(folder)
    for outcome in result.outcomes:
        evaluation = outcome.evaluation
        page = page_of_evaluation(evaluation, show_personal=show_personal)
        save_result(evaluation, page, home / outcome.label, EVALUATION, overwrite=overwrite)
    page = outcomes_page(result, show_personal=show_personal)
    return save_result(result, page, home, FILES, overwrite=overwrite)
