"""What is asked: one row for one model, and how much is said of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from coterie.options import AnalysisSettings
from coterie.workflows.analysis.model import AnalysedModel
from coterie.workflows.analysis.turns import Transcript, Turn, turns_of
from coterie.workflows.prediction.predict import LoadedModel, context_of

__all__ = ["Asked", "ask"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Asked:
    """One row for one model, and how much is said of it.

    Attributes
    ----------
    model
        The model.
    text, turns
        The text, and who says what in it.
    left_out
        Lines after those that the model was trained on.
    context
        Column to value; columns that only rules read may be among them.
    settings
        How much is said.
    hide
        What masks personal data.
    """

    model: AnalysedModel
    text: str
    turns: Sequence[Turn]
    left_out: int
    context: Mapping[str, Any]
    settings: AnalysisSettings
    hide: Callable[[str], str]

    @property
    def read(self) -> dict[str, Any]:
        """The columns that the model reads, as far as they are given."""
        names = context_of(self.model.classifier)
        return {name: self.context[name] for name in names if name in self.context}

    @property
    def absent(self) -> list[str]:
        """Names of the columns that the model reads and that are not given."""
        return [name for name in context_of(self.model.classifier) if name not in self.context]


def ask(
    model: LoadedModel | AnalysedModel,
    text: str | Transcript,
    context: Mapping[str, Any] | None,
    settings: AnalysisSettings | None,
    hide: Callable[[str], str],
) -> Asked:
    """Put together what is asked, see `analyse_in_parts`."""
    transcript = text if isinstance(text, Transcript) else Transcript(text)
    return Asked(
        model=AnalysedModel.of(model) if isinstance(model, LoadedModel) else model,
        text=transcript.text,
        turns=turns_of(transcript.text),
        left_out=transcript.left_out,
        context=dict(context or {}),
        settings=settings or AnalysisSettings(),
        hide=hide,
    )
