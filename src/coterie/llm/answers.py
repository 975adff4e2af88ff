"""An answer in words into data, or what is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from coterie.llm.thinking import without_thinking

__all__ = ["Answer", "BadAnswerError", "read_answer", "schema_of"]

_TRIED = 50  # braces from which JSON may begin: a judgement


class Answer(BaseModel):
    """What a model is to answer: fields, and nothing else."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


AnswerT = TypeVar("AnswerT", bound=Answer)


class BadAnswerError(Exception):
    """An answer that cannot be used; the message tells the model what is wrong with it.

    Attributes
    ----------
    is_json
        Whether it was JSON at all.
    """

    def __init__(self, wrong: str, *, is_json: bool) -> None:
        super().__init__(wrong)
        self.is_json = is_json


def schema_of(kind: type[Answer]) -> dict[str, Any]:
    """Give the JSON schema of an answer, without titles, which only use up the window."""
    return {k: v for k, v in _untitled(kind.model_json_schema()).items() if k != "description"}


def read_answer(text: str, kind: type[AnswerT]) -> AnswerT:
    """Find the JSON in what a model said, and check it.

    Raises
    ------
    BadAnswerError
        When there is none, or it is not of that kind.
    """
    said = without_thinking(text)
    wrong: ValidationError | None = None
    for found in _objects(said):
        try:
            return kind.model_validate(found)
        except ValidationError as error:
            wrong = wrong or error
    if wrong is None:
        raise BadAnswerError("The answer holds no JSON object.", is_json=False)
    first = wrong.errors(include_url=False, include_input=False)[0]
    where = ".".join(map(str, first["loc"]))
    place = f"In the JSON, '{where}'" if where else "The JSON"
    raise BadAnswerError(f"{place} is wrong: {first['msg']}.", is_json=True)


def _objects(text: str) -> Iterator[Any]:
    """Find the JSON objects in a text, wherever they begin."""
    decoder, start = json.JSONDecoder(), text.find("{")
    for _ in range(_TRIED):
        if start < 0:
            return
        try:
            found, end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            start = text.find("{", start + 1)
            continue
        yield found
        start = text.find("{", end)


def _untitled(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {
            key: {name: _untitled(each) for name, each in value.items()}
            if key == "properties"
            else _untitled(value)
            for key, value in schema.items()
            if key != "title"
        }
    return [_untitled(each) for each in schema] if isinstance(schema, list) else schema
