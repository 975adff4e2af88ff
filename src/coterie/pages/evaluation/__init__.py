"""The page of models judged on the same rows, whether of classes or of a number."""

from coterie.pages.evaluation.numbers import numbers_page
from coterie.pages.evaluation.page import evaluate_page
from coterie.report import Page
from coterie.workflows.evaluation.number_evaluation import NumberEvaluation
from coterie.workflows.evaluation.result import EvaluateResult

__all__ = ["evaluate_page", "numbers_page", "page_of_evaluation"]


def page_of_evaluation(result: EvaluateResult) -> Page:
    """Lay a result out as a page: of classes or of a number, whichever was judged."""
    if isinstance(result.evaluation, NumberEvaluation):
        return numbers_page(result.evaluation, result.metrics)
    return evaluate_page(result.evaluation, result.metrics)
