"""The models of a recipe's run: a conversation and its context into the answer of the service."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Any, ClassVar

import pandas as pd
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, DataType, Schema

from coterie.encoders import MemoryCache
from coterie.errors import InputError, StoreError
from coterie.integrations.mlflow.answering import ANY, Specs, params_of
from coterie.options import AnalysisSettings
from coterie.serve.answers.advising import Advising, unadvised
from coterie.serve.answers.finding import Finding
from coterie.serve.answers.served import AUTO, ServedModels
from coterie.workflows.analysis.turns import read_transcript
from coterie.workflows.prediction.decisions import SET_ASIDE
from coterie.workflows.service import load_service

__all__ = ["Conversations"]

_TRANSCRIPT, _CONTEXT = "transcript", "context"
_SAMPLE = "agent: Good morning, what can I do for you?\ncustomer: We need a tool for 40 seats."
_ANSWER = (
    *("prediction", "analysis", "recommendations", "similar_conversations"),
    *("model_used", "processing_time", "confidence_score"),
)


class Conversations:
    """The models, rules and index of a run: what ``POST /predict`` of a service answers.

    Parameters
    ----------
    home
        Folder of the run.

    Raises
    ------
    StoreError
        When a model of the run cannot be read.
    """

    _defaults: ClassVar[Mapping[str, tuple[DataType, Any]]] = {
        "model_type": (DataType.string, AUTO),
        "include_analysis": (DataType.boolean, True),
        "include_similar": (DataType.boolean, True),
    }

    def __init__(self, home: Path) -> None:
        service, vectors = load_service(home), MemoryCache()
        self.models = ServedModels(service.models, default=service.default, vectors=vectors)
        self.models.open_all()
        if self.models.faults:
            raise StoreError("; ".join(self.models.faults.values()))
        self._finding = Finding(service.index)
        self._advising = Advising(
            service.rules,
            self._finding,
            AnalysisSettings(**service.analysis),
            service.positive,
            service.columns,
            vectors,
        )
        self._lock = Lock()

    @property
    def native(self) -> Conversations:
        """The models themselves."""
        return self

    @property
    def parts(self) -> Sequence[Any]:
        """Models, index and its encoder."""
        index = self._finding.current() if self._finding.there else None
        encoder = None if index is None else index.encoder
        models = [served.model.classifier for served in self.models]
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
        """Answer n conversations, each as `answer` does."""
        settings = {name: usual for name, (_, usual) in self._defaults.items()} | (params or {})
        return [
            self.answer(row.get(_TRANSCRIPT) or "", _context(row.get(_CONTEXT)), **settings)
            for row in model_input.to_dict("records")
        ]

    def answer(
        self,
        transcript: str | Sequence[Mapping[str, Any]],
        context: Mapping[str, Any] | None = None,
        *,
        model_type: str = AUTO,
        include_analysis: bool = True,
        include_similar: bool = True,
    ) -> dict[str, Any]:
        """Predict a conversation, and say what carries the prediction and what to do.

        Parameters
        ----------
        transcript
            Lines such as ``"seller: Good morning"``, or a list of turns.
        context
            Column to value.
        model_type
            Name of a model of the run, or ``"auto"``.
        include_analysis, include_similar
            Whether to explain, and to look for similar conversations.

        Raises
        ------
        OptionError
            When there is no such model.
        """
        started, given = time.monotonic(), dict(context or {})
        wanted = {"include_analysis": include_analysis, "include_similar": include_similar}
        with self._lock:
            served = self.models.find(model_type)
            text = read_transcript(transcript, served.model.schema)
            said = served.decide([served.read(text.text, given)])[0]
            if said.status == SET_ASIDE or not (any(wanted.values()) or self._advising.rules):
                found = unadvised(said)
            else:
                found = self._advising.advise(served, text, given, said, **wanted)
        return {
            **found,
            "model_used": served.label,
            "processing_time": round(time.monotonic() - started, 6),
            "confidence_score": found["prediction"]["confidence"],
        }


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
