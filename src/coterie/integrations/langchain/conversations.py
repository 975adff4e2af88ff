"""The models of a run as runnables: a conversation into a prediction, or into a whole answer."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any, Self

import pandas as pd
from langchain_core.runnables import RunnableConfig, RunnableSerializable
from langchain_core.runnables.config import run_in_executor
from langchain_core.runnables.utils import AddableDict
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from coterie.errors import InputError
from coterie.hints import did_you_mean
from coterie.serve.answers.conversations import Conversations
from coterie.serve.answers.served import AUTO
from coterie.serve.forms import Conversation, PredictAnswer, Prediction

__all__ = ["CoterieAnalysisChain", "CoteriePredictor"]


class _OfARun(RunnableSerializable[Any, AddableDict]):
    """What reads conversations: a mapping with ``transcript`` and ``context``, or a text alone."""

    run: Any
    model_type: str = AUTO

    model_config = ConfigDict(arbitrary_types_allowed=True)

    @model_validator(mode="after")
    def _open(self) -> Self:
        if not isinstance(self.run, Conversations):
            self.run = Conversations(self.run)
        return self

    def get_input_schema(
        self,
        config: RunnableConfig | None = None,  # noqa: ARG002 - LangChain's signature
    ) -> type[BaseModel]:
        """Say what a conversation may have."""
        return Conversation

    def invoke(
        self,
        input: Any,  # noqa: A002 - as LangChain names it
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> AddableDict:
        """Answer a conversation."""

        def answer(given: Any) -> AddableDict:
            return self._answer(self._read(given, kwargs))

        return self._call_with_config(answer, input, config)

    @abstractmethod
    def _answer(self, asked: Conversation) -> AddableDict: ...

    def _read(self, given: Any, options: dict[str, Any]) -> Conversation:
        """Read a conversation: what it says itself counts before what the runnable was told."""
        row = {"transcript": given} if isinstance(given, str) else given
        if not isinstance(row, Mapping):
            raise InputError("A conversation is a mapping with a transcript and a context.")
        context = row.get("context") or {}
        if isinstance(context, Mapping):
            context = {str(name): _plain(cell) for name, cell in context.items()}
        own = Conversation.model_fields.keys() & type(self).model_fields
        told = {name: getattr(self, name) for name in own} | options
        try:
            return Conversation(**{**told, **row, "context": context})
        except ValidationError as error:
            raise InputError(_fault(error)) from None


class CoteriePredictor(_OfARun):
    """Predicts conversations: a transcript and a context into ``outcome`` and its probability.

    A batch is predicted at once.

    Attributes
    ----------
    run
        Folder of a run, of models or of one model, or `Conversations` that are open.
    model_type
        Name of a model of the run, or ``"auto"``.
    """

    def get_output_schema(
        self,
        config: RunnableConfig | None = None,  # noqa: ARG002 - LangChain's signature
    ) -> type[BaseModel]:
        """Say what a prediction has."""
        return Prediction

    def batch(
        self,
        inputs: Sequence[Any],
        config: RunnableConfig | list[RunnableConfig] | None = None,
        *,
        return_exceptions: bool = False,
        **kwargs: Any,
    ) -> list[Any]:
        """Predict n conversations at once."""

        def predict(given: list[Any]) -> list[Any]:
            read = [self._tried(each, kwargs) for each in given]
            good = [each for each in read if isinstance(each, Conversation)]
            predicted = iter(self._predict(good))
            return [next(predicted) if isinstance(each, Conversation) else each for each in read]

        return self._batch_with_config(
            predict, list(inputs), config, return_exceptions=return_exceptions
        )

    def _answer(self, asked: Conversation) -> AddableDict:
        return self._predict([asked])[0]

    def _tried(self, given: Any, options: dict[str, Any]) -> Conversation | Exception:
        try:
            return self._read(given, options)
        except InputError as error:
            return error

    def _predict(self, asked: Sequence[Conversation]) -> list[AddableDict]:
        found: dict[int, dict[str, Any]] = {}
        for name in dict.fromkeys(each.model_type for each in asked):
            places = [at for at, each in enumerate(asked) if each.model_type == name]
            rows = [(_words(asked[at]), asked[at].context) for at in places]
            found |= zip(places, self.run.predict(rows, model_type=name), strict=True)
        return [AddableDict(found[at]) for at in range(len(asked))]


class CoterieAnalysisChain(_OfARun):
    """Answers conversations as ``POST /predict`` of the service does.

    A stream gives the prediction first, then the analysis, the recommendations and the similar
    conversations, each when it is known. Its parts add up to the whole answer.

    Attributes
    ----------
    run
        Folder of a run, of models or of one model, or `Conversations` that are open.
    model_type
        Name of a model of the run, or ``"auto"``.
    include_analysis, include_similar
        Whether to explain, and to look for similar conversations.
    """

    include_analysis: bool = True
    include_similar: bool = True

    def get_output_schema(
        self,
        config: RunnableConfig | None = None,  # noqa: ARG002 - LangChain's signature
    ) -> type[BaseModel]:
        """Say what an answer has."""
        return PredictAnswer

    def stream(
        self,
        input: Any,  # noqa: A002 - as LangChain names it
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> Iterator[AddableDict]:
        """Answer a conversation part by part."""
        return self.transform(iter([input]), config, **kwargs)

    def transform(
        self,
        input: Iterator[Any],  # noqa: A002 - as LangChain names it
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> Iterator[AddableDict]:
        """Answer a conversation, itself in parts, part by part."""

        def answer(chunks: Iterator[Any]) -> Iterator[AddableDict]:
            yield from self._parts(_sum(chunks), kwargs)

        yield from self._transform_stream_with_config(input, answer, config)

    async def astream(
        self,
        input: Any,  # noqa: A002 - as LangChain names it
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[AddableDict]:
        """Answer a conversation part by part, in a thread."""

        async def one() -> AsyncIterator[Any]:
            yield input

        async for part in self.atransform(one(), config, **kwargs):
            yield part

    async def atransform(
        self,
        input: AsyncIterator[Any],  # noqa: A002 - as LangChain names it
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[AddableDict]:
        """Answer a conversation, itself in parts, part by part, in a thread."""

        async def answer(chunks: AsyncIterator[Any]) -> AsyncIterator[AddableDict]:
            parts = self._parts(_sum([each async for each in chunks]), kwargs)
            while (part := await run_in_executor(config, next, parts, None)) is not None:
                yield part

        async for part in self._atransform_stream_with_config(input, answer, config):
            yield part

    def _answer(self, asked: Conversation) -> AddableDict:
        return AddableDict(self.run.answer(_words(asked), asked.context, **_asked(asked)))

    def _parts(self, given: Any, options: dict[str, Any]) -> Iterator[AddableDict]:
        asked = self._read(given, options)
        found = self.run.answer_in_parts(_words(asked), asked.context, **_asked(asked))
        return map(AddableDict, found)


def _asked(given: Conversation) -> dict[str, Any]:
    names = ("model_type", "include_analysis", "include_similar")
    return {name: getattr(given, name) for name in names}


def _words(given: Conversation) -> str | list[dict[str, Any]]:
    words = given.transcript
    return words if isinstance(words, str) else [turn.model_dump() for turn in words]


def _sum(chunks: Any) -> Any:
    """Add up what a stream gives, as LangChain does."""
    whole: Any = None
    for chunk in chunks:
        whole = chunk if whole is None else whole + chunk
    return whole


def _plain(cell: Any) -> Any:
    """Give a cell of a table as JSON has it."""
    if cell is pd.NA or (isinstance(cell, float) and cell != cell):  # noqa: PLR0124 - NaN
        return None
    return cell.item() if hasattr(cell, "item") else cell


def _fault(error: ValidationError) -> str:
    """Say what is wrong with a conversation, in one sentence and without what it holds."""
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(map(str, first["loc"]))
    if first["type"] == "extra_forbidden":
        names = list(Conversation.model_fields)
        hint = did_you_mean(str(first["loc"][-1]), names, f"it may have {', '.join(names)}.")
        return f"There is no '{place}' in a conversation: {hint}"
    said = first["msg"].removeprefix("Value error, ").rstrip(".")
    return f"'{place}' of the conversation cannot be used: {said[:1].lower()}{said[1:]}."
