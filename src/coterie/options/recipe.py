"""Where the rows of a recipe are, and what may take the place of a recipe's keys."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from pydantic import Field

from coterie.options.base import Names, Options, PageOptions, Reads, Typed
from coterie.options.reading import Cleanings, DateOrder, DecimalSign

__all__ = ["DataSettings", "RunOptions"]

_RecipeOnly = Typed(hidden=True)
Candidates: TypeAlias = Names
"""Of several names, the first that the table has is taken."""


class DataSettings(Options):
    """Where the rows are and what their columns mean; see `coterie.options.ReadOptions`.

    For every column several names can be given: the first that the table has is taken.
    """

    source: Annotated[str | None, Typed("--data"), Reads()] = Field(
        default=None, description="File, folder or URL; generated data otherwise."
    )
    generate: Annotated[str | None, _RecipeOnly] = Field(
        default=None, description="Kind of generated data."
    )
    rows: int | None = Field(default=None, ge=1, description="Number of rows of generated data.")
    text: Candidates = Field(
        default=(), description="Column of the text, or a template: '{title}. {body}'."
    )
    id: Candidates = Field(default=(), description="Column of a unique id.")
    labels: Annotated[Names, Typed("--label")] = Field(
        default=(), description="Columns of labels; those that the table has are used."
    )
    context: Names = Field(
        default=(), description="Columns that are features too; those that the table has are used."
    )
    group: Candidates = Field(
        default=(), description="Column by which rows are rolled up into one record."
    )
    order: Candidates = Field(
        default=(), description="Column by which the rows of a group are ordered."
    )
    speaker: Candidates = Field(default=(), description="Column put before each text of a group.")
    first: int | None = Field(
        default=None, ge=1, description="Use only the first rows of each group: how many."
    )
    clean: Cleanings = Field(
        default=(),
        description="What to leave out of the texts before training: quotes, signatures, "
        "boilerplate; or none, for HTML to stay.",
    )
    side: str | None = Field(
        default=None, description="Of conversations in one cell, the side to learn from."
    )
    time: Candidates = Field(default=(), description="Column of dates or times.")
    dates: DateOrder | None = Field(
        default=None,
        description="What dates such as 03/04/2025 mean: dmy, mdy or ymd; settled on the whole "
        "column otherwise.",
    )
    decimal: DecimalSign | None = Field(
        default=None, description="Decimal sign, where a column leaves it open."
    )
    label_separator: str | None = Field(
        default=None,
        min_length=1,
        description="Sign between several labels of one cell: the first one is used.",
    )
    missing_labels: Annotated[Names, Typed("--missing-label")] = Field(
        default=(), description="Label that means that there is none, as N/A."
    )
    join: Annotated[Names, Reads()] = Field(
        default=(), description="Other tables to join by the columns they share."
    )
    concepts: Annotated[str | None, Reads()] = Field(
        default=None,
        description="Table with one row for each concept noted of a record, beside the source.",
    )
    concept: str | None = Field(
        default=None, description="Its column of concepts; detected otherwise."
    )
    concept_id: str | None = Field(
        default=None, description="Its column of the records' ids; detected otherwise."
    )
    split: Annotated[Candidates, _RecipeOnly] = Field(
        default=(),
        description="Column that says which rows are for training (train and validation) and which "
        "for testing (test).",
    )
    unit: Annotated[str, _RecipeOnly] = Field(
        default="texts", description="What one record is, in the plural: messages, badges."
    )


class RunOptions(PageOptions, DataSettings):
    """What takes the place of a recipe's keys, and where the run is logged."""

    encoder: Annotated[str | None, Reads()] = Field(
        default=None,
        description="Encoder: minilm, multilingual, static, tfidf, a folder or a hub name.",
    )
    models: Annotated[Names | None, Typed("--model")] = Field(
        default=None,
        description="Classifier to train, in place of those of the recipe, as linear or "
        "few-shot:static; repeat it for more.",
    )
    llm: str | None = Field(
        default=None,
        description="Language model that names the groups, and that the model prompt asks in place "
        "of those of the recipe: ollama:MODEL, anthropic:MODEL, openai:MODEL or gguf:FILE.",
    )
    queries: Annotated[Names, Typed("--search")] = Field(
        default=(),
        description="Query in words, in place of those of the recipe; repeat it for more.",
    )
    seed: int | None = Field(
        default=None, ge=0, description="Random seed: the same seed gives the same result."
    )
    mlflow: str | None = Field(
        default=None,
        description="Where to log the run with MLflow: http://HOST:PORT of a tracking server, or "
        "sqlite:///FILE.",
    )

    def keys(self) -> dict[str, Any]:
        """Give what takes the place of a recipe's keys, as these."""
        data = {n: v for n, v in self.given().items() if n in DataSettings.model_fields}
        embed = {"encoder": self.encoder}
        shown = self.show_personal or None
        found: dict[str, Any] = {"seed": self.seed, "show_personal": shown, "llm": self.llm}
        found |= {"data": data, "embed": embed}
        if self.models:
            found["train"] = {"models": self.models}
        if self.queries:
            found["search"] = {"queries": self.queries}
        return found
