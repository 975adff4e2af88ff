"""The models of a recipe's run as a function of MLflow: conversations into answers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, DataType, Schema

from coterie.errors import InputError
from coterie.integrations.mlflow.answering import ANY, Specs, params_of
from coterie.serve.answers.conversations import Conversations
from coterie.serve.answers.served import AUTO

__all__ = ["RunAnswers"]

_TRANSCRIPT, _CONTEXT = "transcript", "context"
_SAMPLE = "agent: Good morning, what can I do for you?\ncustomer: We need a tool for 40 seats."
_ANSWER = (
    *("prediction", "analysis", "recommendations", "similar_conversations"),
    *("model_used", "processing_time", "confidence_score"),
)


class RunAnswers:
    """The models, rules and index of a run, see `Conversations`.

    Parameters
    ----------
    home
        Folder of the run.
    """

    _defaults: ClassVar[Mapping[str, tuple[DataType, Any]]] = {
        "model_type": (DataType.string, AUTO),
        "include_analysis": (DataType.boolean, True),
        "include_similar": (DataType.boolean, True),
    }

    def __init__(self, home: Path) -> None:
        self.native = Conversations(home)

    @property
    def parts(self) -> Sequence[Any]:
        """Models, index and its encoder."""
        finding = self.native.finding
        index = finding.current() if finding.there else None
        encoder = None if index is None else index.encoder
        models = [served.model.classifier for served in self.native.models]
        return [*models, encoder, None if index is None else index.reader]

    @property
    def signature(self) -> ModelSignature:
        """A conversation and a mapping of columns to values; the answer as a mapping."""
        inputs: Specs = [
            ColSpec(DataType.string, _TRANSCRIPT),
            ColSpec(ANY, _CONTEXT, required=False),
        ]
        outputs: Specs = [ColSpec(ANY, name) for name in _ANSWER]
        return ModelSignature(Schema(inputs), Schema(outputs), params_of(self._defaults))

    def example(self) -> pd.DataFrame:
        """Make a row of a neutral conversation."""
        return pd.DataFrame({_TRANSCRIPT: [_SAMPLE], _CONTEXT: [{}]})

    def predict(
        self, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> list[dict[str, Any]]:
        """Answer n conversations, each as `Conversations.answer` does."""
        settings = {name: usual for name, (_, usual) in self._defaults.items()} | (params or {})
        return [
            self.native.answer(row.get(_TRANSCRIPT) or "", _context(row.get(_CONTEXT)), **settings)
            for row in model_input.to_dict("records")
        ]


def _context(given: Any) -> dict[str, Any]:
    """Read the context of a row: a mapping, or JSON that holds one."""
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except ValueError:
            raise InputError("The context is no JSON: give columns and their values.") from None
    if given is None or (isinstance(given, float) and given != given):  # noqa: PLR0124 - NaN
        return {}
    if not isinstance(given, Mapping):
        raise InputError("The context is no mapping: give columns and their values.")
    return {str(name): value for name, value in given.items()}
