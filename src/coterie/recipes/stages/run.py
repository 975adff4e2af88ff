"""A run as its stages see it: what it is made of, where it goes, and what it has told so far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from coterie.encoders import EmbeddingCache
from coterie.errors import ColumnError, InputError
from coterie.pages import recipe as page
from coterie.recipes import layout
from coterie.recipes.settings import RecipeSettings
from coterie.report import Page
from coterie.verbs.saving import Result, save_result
from coterie.workflows.dataset import Dataset

__all__ = ["Run"]

_T = TypeVar("_T")


@dataclass(slots=True)
class Run:
    """A run of a recipe.

    Attributes
    ----------
    settings
        The recipe.
    dataset
        The records.
    folder
        Where each stage has its folder.
    cache
        Where vectors are kept; the user's own when None.
    overwrite
        Whether to replace files that a person made or changed.
    chapters
        What the stages tell, in page.
    refused
        Why the last stage that the labels were not enough for is left out.
    """

    settings: RecipeSettings
    dataset: Dataset
    folder: Path
    cache: EmbeddingCache | None
    overwrite: bool
    chapters: list[page.Chapter] = field(default_factory=list)
    refused: InputError | None = None

    @property
    def token(self) -> str | None:
        """The hub token."""
        token = self.settings.token
        return None if token is None else token.get_secret_value()

    def save(self, result: Result, shown: Page, stage: str) -> None:
        """Save the result of a stage and the page that shows it."""
        files = layout.STAGES[stage]
        save_result(result, shown, self.folder / stage, files, overwrite=self.overwrite)

    def attempt(self, title: str, stage: Callable[[], _T]) -> _T | None:
        """Run a stage; where the labels teach nothing it is left out, and the others go on."""
        try:
            return stage()
        except ColumnError:  # the recipe names a label that is not there
            raise
        except InputError as error:
            self.refused = error
            self.leave_out(title, error)
            return None

    def leave_out(self, title: str, reason: object) -> None:
        """Tell why a stage is left out."""
        self.chapters.append(page.Chapter(title, page.left_out(reason)))
