"""Tools that ask the models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from coterie.errors import OptionError
from coterie.integrations.mcp.answers import (
    Explained,
    Influence,
    ModelList,
    ModelShown,
    Predicted,
    PredictedRow,
)
from coterie.integrations.mcp.arguments import Offset, Text
from coterie.integrations.mcp.source import Source
from coterie.integrations.mcp.texts import LONG, fitting, part, plain, without_paths
from coterie.personal import mask
from coterie.serve.answers.cards import model_cards
from coterie.serve.answers.served import AUTO
from coterie.serve.forms import Context, ModelCard
from coterie.workflows.prediction.decisions import SET_ASIDE, Decision

__all__ = ["Predicting", "RowToPredict"]

_CLASSES, _LIKELIEST, _PARTS = 100, 5, 20  # that are shown; judgements
ModelName = Annotated[
    str, Field(max_length=200, description="Name of a model, see list_models; auto for the best.")
]
Columns = Annotated[
    Context, Field(description="Column to value, for models that read columns beside the text.")
]


class RowToPredict(BaseModel):
    """A row for a model that reads columns."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: Annotated[str | None, Field(max_length=20_000)] = None
    context: Columns = {}


class Predicting:
    """Tools that only read; their answers are in no prediction log."""

    def __init__(self, source: Source) -> None:
        self._source = source

    @property
    def tools(self) -> Sequence[Any]:
        """The tools, in the order in which an assistant gets them."""
        return self.list_models, self.predict, self.explain

    def list_models(self, offset: Offset = 0) -> ModelList:
        """List the models that predict, with their classes, the columns they read and scores."""
        every = model_cards(self._source.models())
        kept = fitting([self._shown(each) for each in every[offset:]])
        return ModelList(**part(len(every), offset, len(kept)), models=kept)

    def predict(
        self,
        texts: Annotated[
            list[Text] | None, Field(min_length=1, max_length=100, description="Texts to predict.")
        ] = None,
        rows: Annotated[
            list[RowToPredict] | None,
            Field(min_length=1, max_length=100, description="Rows, for models that read columns."),
        ] = None,
        model: ModelName = AUTO,
    ) -> Predicted:
        """Predict texts, or rows of texts and columns, with a model: one answer for each."""
        if (texts is None) == (rows is None):
            raise OptionError("Give either texts, or rows of texts and columns.")
        given = rows or [RowToPredict(text=text) for text in texts or ()]
        served = self._source.models().find(model)
        read = [served.read(each.text, each.context) for each in given]
        with self._source.turn:
            decisions = served.decide(read)
        return Predicted(model=served.label, predictions=[_predicted(each) for each in decisions])

    def explain(
        self,
        text: Annotated[str | None, Field(max_length=20_000, description="The text.")] = None,
        context: Columns = {},  # noqa: B006 - it is the schema's default, and never changed
        model: ModelName = AUTO,
    ) -> Explained:
        """Explain what a model predicts for one text: the words and values that carry it."""
        served = self._source.models().find(model)
        row = served.read(text, context)
        if row.reason:
            return Explained(model=served.label, status=SET_ASIDE, reason=row.reason)
        with self._source.turn:
            found = served.explain(row)
        parts = [
            part
            for kind in ("concepts", "passages", "words", "context")
            for part in found.get(kind, ())
        ]
        parts.sort(key=lambda part: -abs(part["effect"]))
        return Explained(
            model=served.label,
            status=found["status"],
            sentences=[plain(mask(each), LONG) for each in found["sentences"]],
            influences=[_influence(part) for part in parts[:_PARTS]],
        )

    def _shown(self, card: ModelCard) -> ModelShown:
        named = [card.class_names.get(each, each) for each in card.classes]
        return ModelShown(
            name=card.name,
            version=card.version,
            kind=card.kind,
            ready=card.ready,
            default=card.default,
            reads_text=card.reads_text,
            columns=[plain(each) for each in card.columns[:_CLASSES]],
            classes=[plain(each) for each in named[:_CLASSES]],
            more_classes=max(len(named) - _CLASSES, 0),
            metrics={name: round(value, 4) for name, value in card.metrics.items()},
            fault=without_paths(card.fault or "", self._source.home),
        )


def _predicted(said: Decision) -> PredictedRow:
    likeliest = sorted((said.probabilities or {}).items(), key=lambda each: -each[1])
    return PredictedRow(
        label=said.label,
        name=plain(said.name),
        status=said.status,
        confidence=said.confidence,
        probabilities={plain(name): share for name, share in likeliest[:_LIKELIEST]},
        low=said.low,
        high=said.high,
        reason=said.reason,
    )


def _influence(part: Mapping[str, Any]) -> Influence:
    return Influence(
        part=plain(mask(str(part["text"]))),
        column=plain(part.get("column", "")),
        effect=round(part["effect"], 4),
    )
