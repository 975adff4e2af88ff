"""The page of models evaluated on the same rows, whether of classes or of a number."""

from coterie.pages.evaluation.page import page_of_evaluation

__all__ = ["page_of_evaluation"]
