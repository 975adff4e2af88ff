"""What a loaded model answers as a function of MLflow: its signature, an example, its answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Any, ClassVar, Protocol, TypeAlias

import numpy as np
import pandas as pd
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, DataType, Schema, TensorSpec
from mlflow.types.schema import AnyType, Array, ParamSchema, ParamSpec

from coterie.classifiers import Model as Estimator
from coterie.classifiers import with_cache
from coterie.encoders import Encoder, MemoryCache, Vectors, embed_texts, load_encoder
from coterie.errors import InputError
from coterie.options import PredictOptions, SearchOptions
from coterie.records import CONCEPTS
from coterie.search.schema import Column
from coterie.verbs.model import Model
from coterie.verbs.searching import Index
from coterie.workflows.asking import connect
from coterie.workflows.columns import context_encoders, number_columns
from coterie.workflows.prediction.decisions import SET_ASIDE, Decision, decisions_of, set_aside
from coterie.workflows.prediction.predict import class_names_of, load_model
from coterie.workflows.prediction.rows import RowReader

__all__ = [
    "ANY",
    "Answering",
    "EncoderAnswers",
    "IndexAnswers",
    "ModelAnswers",
    "Specs",
    "params_of",
]

Specs: TypeAlias = "list[ColSpec | TensorSpec]"
ANY = AnyType()  # type: ignore[no-untyped-call]
"""What JSON can hold."""

_TEXT, _QUERY, _WHERE = "text", "query", "where"
_SAMPLE = "Where is my parcel?"
_PROBABILITY = "probability"
_HITS = ("rank", "id", "match", "cosine", "found_by", "why", "text")
_KINDS = {"rank": DataType.long, "match": DataType.double, "cosine": DataType.double}


class Answering(Protocol):
    """What MLflow asks of a model that was loaded."""

    @property
    def native(self) -> Any:
        """The model as Coterie has it."""
        ...

    @property
    def parts(self) -> Sequence[Any]:
        """Objects of which it is made, to find the libraries that it needs."""
        ...

    @property
    def signature(self) -> ModelSignature:
        """What it takes and gives."""
        ...

    def example(self) -> pd.DataFrame:
        """Make one row that it takes, of nobody's data."""
        ...

    def predict(self, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> Any:
        """Answer rows, in their order."""
        ...


class ModelAnswers:
    """A classifier or a regressor: a text and columns into a label or a number.

    Each row is read and answered alone, as by the service's ``/v1/classify``.

    Parameters
    ----------
    home
        Folder of a version.
    """

    def __init__(self, home: Path) -> None:
        loaded = load_model(home)
        self.native = Model.of(loaded)
        self.parts: Sequence[Any] = (loaded.classifier,)
        self._reader = RowReader(loaded)
        self._classes = loaded.manifest.classes
        self._names = class_names_of(loaded.classifier)
        self._text = _text_column(loaded.schema, self._reader)
        self._numbers = number_columns(loaded.classifier)
        self._asked: Estimator = with_cache(loaded.classifier, MemoryCache())
        connect([self._asked], PredictOptions())
        self._lock = Lock()

    @property
    def signature(self) -> ModelSignature:
        """The text and the columns that the model reads; all of them must be there."""
        inputs: Specs = [] if self._text is None else [ColSpec(DataType.string, self._text)]
        inputs += [ColSpec(self._type(name), name) for name in self._reader.columns]
        return ModelSignature(inputs=Schema(inputs), outputs=Schema(self._outputs()))

    def _type(self, name: str) -> DataType | Array:
        if name == CONCEPTS:
            return Array(DataType.string)
        return DataType.double if name in self._numbers else DataType.string

    def _outputs(self) -> Specs:
        texts = [ColSpec(DataType.string, name) for name in ("status", "reason")]
        if not self._classes:
            return [*(ColSpec(DataType.double, name) for name in ("label", "low", "high")), *texts]
        named = [ColSpec(DataType.string, "name")] if self._names else []
        shares = [ColSpec(DataType.double, name) for name in self._shares()]
        label, sure = ColSpec(DataType.string, "label"), ColSpec(DataType.double, "confidence")
        return [label, *named, sure, *texts, *shares]

    def _shares(self) -> list[str]:
        return [f"{_PROBABILITY} {name}" for name in self._classes]

    def example(self) -> pd.DataFrame:
        """Make a row of a neutral text, the usual numbers and the commonest categories."""
        levels = {
            column.name: column.levels[0]
            for encoder in context_encoders(self.parts[0])
            for column in encoder.columns
            if column.levels
        }
        row: dict[str, Any] = {} if self._text is None else {self._text: _SAMPLE}
        for name in self._reader.columns:
            usual = self._numbers.get(name, levels.get(name, ""))
            row[name] = [_SAMPLE] if name == CONCEPTS else usual
        return pd.DataFrame([row])

    def predict(
        self,
        model_input: pd.DataFrame,
        params: dict[str, Any] | None = None,  # noqa: ARG002 - MLflow gives them
    ) -> pd.DataFrame:
        """Predict n rows: label, confidence or interval, status, reason, and each class."""
        rows = [
            self._reader.read(_text(row.get(self._text)), {str(n): cell for n, cell in row.items()})
            for row in model_input.to_dict("records")
        ]
        found = [set_aside(row.reason) for row in rows]
        good = [at for at, row in enumerate(rows) if not row.reason]
        if good:
            given = self._reader.together([rows[at] for at in good])
            with self._lock:
                said = self._asked.decide(given)
            for at, each in zip(good, decisions_of(said, self._names), strict=True):
                found[at] = each
        columns = [str(each.name) for each in self._outputs()]
        frame = pd.DataFrame([self._row(each) for each in found], columns=columns)
        return _without_nan(frame)

    def _row(self, said: Decision) -> dict[str, Any]:
        fields = ("label", "confidence", "low", "high", "status", "name", "reason")
        row = {name: getattr(said, name) for name in fields}
        if said.status != SET_ASIDE and self._classes and said.label is not None:
            row["label"] = str(said.label)
        shares = said.probabilities or {}
        return row | {f"{_PROBABILITY} {name}": share for name, share in shares.items()}


class EncoderAnswers:
    """An encoder: texts into vectors of unit length.

    Parameters
    ----------
    home
        Folder of the encoder.
    """

    def __init__(self, home: Path) -> None:
        self.native: Encoder = load_encoder(str(home))
        self.parts: Sequence[Any] = (self.native,)
        self._cache = MemoryCache()
        self._lock = Lock()

    @property
    def signature(self) -> ModelSignature:
        """A text into a row of an array."""
        array = TensorSpec(np.dtype("float32"), (-1, self.native.dim))
        return ModelSignature(
            inputs=Schema([ColSpec(DataType.string, _TEXT)]), outputs=Schema([array])
        )

    def example(self) -> pd.DataFrame:
        """Make a row of a neutral text."""
        return pd.DataFrame({_TEXT: [_SAMPLE]})

    def predict(
        self,
        model_input: pd.DataFrame,
        params: dict[str, Any] | None = None,  # noqa: ARG002 - MLflow gives them
    ) -> Vectors:
        """Embed n texts: shape (n, dim), float32."""
        texts = [_text(cell) or "" for cell in model_input[_TEXT].tolist()]
        with self._lock:
            return embed_texts(texts, self.native, cache=self._cache)


class IndexAnswers:
    """An index: queries in words, or filters, into hits.

    Parameters
    ----------
    home
        Folder of the index.
    """

    _defaults: ClassVar[Mapping[str, tuple[DataType, Any]]] = {
        "k": (DataType.long, 10),
        "by": (DataType.string, "both"),
        "filters": (DataType.boolean, True),
    }

    def __init__(self, home: Path) -> None:
        self.native = Index(home)
        encoder = self.native.encoder if self._reads_words() else None
        self.parts: Sequence[Any] = (encoder, self.native.reader)
        self._lock = Lock()

    def _reads_words(self) -> bool:
        facts = self.native.reader.version.encoder
        return bool(facts) and not facts.get("given")

    @property
    def signature(self) -> ModelSignature:
        """A query or a filter or both; the hits of all queries, one below the other."""
        texts = (_QUERY, _WHERE)
        asked: Specs = [ColSpec(DataType.string, name, required=False) for name in texts]
        given: Specs = [ColSpec(DataType.long, _QUERY)]
        given += [ColSpec(_KINDS.get(name, DataType.string), name) for name in _HITS]
        own = [column for column in self.native.schema if column.name not in (*_HITS, _QUERY)]
        given += [ColSpec(_type_of(column), column.name, required=False) for column in own]
        specs = [ParamSpec(name, kind, usual) for name, (kind, usual) in self._defaults.items()]
        return ModelSignature(Schema(asked), Schema(given), ParamSchema(specs))

    def example(self) -> pd.DataFrame:
        """Make a row of a neutral query."""
        return pd.DataFrame({_QUERY: [_SAMPLE]})

    def predict(
        self, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        """Search n times; ``query`` counts them from 0, and each has at most ``k`` hits.

        Raises
        ------
        InputError
            When a row has neither a query nor a filter.
        """
        asked = {name: (params or {}).get(name, each) for name, (_, each) in self._defaults.items()}
        found = []
        for number, row in enumerate(model_input.to_dict("records")):
            query, where = _text(row.get(_QUERY)), _text(row.get(_WHERE))
            if not (query or where):
                raise InputError(f"Row {number} asks for nothing: give a query or where.")
            options = SearchOptions(**asked, where=where or None)
            with self._lock:
                hits = self.native.search_with(query, options).hits
            hits = hits.drop(columns=_QUERY, errors="ignore")
            hits.insert(0, _QUERY, number)
            found.append(hits)
        every = pd.concat(found, ignore_index=True) if found else pd.DataFrame({_QUERY: []})
        return _without_nan(every)


def params_of(specs: Mapping[str, tuple[DataType, Any]]) -> ParamSchema:
    """Declare settings that a request may have, with what they are otherwise."""
    return ParamSchema([ParamSpec(name, kind, usual) for name, (kind, usual) in specs.items()])


def _text_column(schema: Mapping[str, Any], reader: RowReader) -> str | None:
    """Name the column of the text; a text that is composed of several has a name of its own."""
    if not reader.reads_text:
        return None
    named = schema.get("text")
    plain = isinstance(named, str) and "{" not in named and named not in reader.columns
    return str(named) if plain else _TEXT


def _type_of(column: Column) -> DataType | AnyType:
    if column.kind == "number":
        return DataType.double
    return DataType.string if column.kind == "text" else ANY


def _text(cell: Any) -> str | None:
    return cell if isinstance(cell, str) else None


def _without_nan(frame: pd.DataFrame) -> pd.DataFrame:
    """Put None in the place of missing numbers, as JSON has no NaN."""
    lacking = [name for name in frame.columns if frame[name].isna().any()]
    for name in lacking:
        column = frame[name].astype(object)
        frame[name] = column.where(frame[name].notna(), None)
    return frame
