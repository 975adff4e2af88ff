"""The page of outcomes: how well each is predicted, and which features matter."""

from coterie.pages.outcomes.page import outcomes_page

__all__ = ["outcomes_page"]
