"""Occlusion: what a model predicts if a part of the row is left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix, issparse

from coterie.classifiers.base import TextClassifier
from coterie.classifiers.classification_heads import Floats
from coterie.classifiers.explanations.explanation import Near
from coterie.classifiers.features.clients import concepts_of, key_of, without_concept
from coterie.classifiers.inputs import Inputs
from coterie.classifiers.trees.base import Ensemble
from coterie.classifiers.voting import SoftVotingClassifier

__all__ = ["Effects", "EnsembleOcclusion", "Occlusion", "TextOcclusion"]

_MOST_CONCEPTS = 200  # for time: a judgement


class Effects(NamedTuple):
    """How much higher the answer is with a part than without it, one number for each part."""

    texts: Floats
    columns: Floats
    concepts: Floats


class Occlusion(Protocol):
    """A model and one row, of which parts can be left out.

    Attributes
    ----------
    text
        The text of the row; empty where the model reads none.
    values
        Context column to its value in the row, of those that the model reads.
    concepts
        The concepts of the row, each once and as it is written first.
    """

    text: str
    values: dict[str, Any]
    concepts: list[str]

    def effects(
        self, texts: Sequence[str], columns: Sequence[str] = (), concepts: Sequence[str] = ()
    ) -> Effects:
        """Predict without each part in turn.

        ``texts`` are the text without some part; of ``columns``, which are some of ``values``, the
        row is made an average one; ``concepts`` are some of the row's.
        """

    def nearest(self, most: int) -> tuple[Near, ...]:
        """Training rows with the nearest texts, where the model keeps any."""


class TextOcclusion:
    """The log-odds of ``classes_[place]`` by a classifier of texts, or by a vote of several."""

    def __init__(
        self, model: TextClassifier | SoftVotingClassifier, inputs: Inputs, place: int
    ) -> None:
        self._model, self._inputs, self._place = model, inputs, place
        voting = isinstance(model, SoftVotingClassifier)
        self._members: Sequence[TextClassifier] = model.members_ if voting else [model]
        self._vectors: Any = model.embed(inputs.texts)
        self._first: Any = self._vectors[0] if voting else self._vectors
        self.text, self.concepts = inputs.texts[0], list[str]()
        frame = pd.DataFrame() if inputs.context is None else inputs.context
        encoders = [member.context_ for member in self._members if member.context_]
        learnt = dict.fromkeys(name for encoder in encoders for name in encoder.names)
        known = (column for encoder in encoders for column in encoder.columns)
        self._numbers = {column.name for column in known if column.numeric}
        self.values = {name: frame[name].iloc[0] for name in learnt if name in frame.columns}

    def effects(
        self, texts: Sequence[str], columns: Sequence[str] = (), concepts: Sequence[str] = ()
    ) -> Effects:
        """See `Occlusion`; all texts are embedded together, the whole one among them."""
        asked = [self.text, *texts]
        context = self._inputs.take(np.zeros(len(asked), dtype=np.int64)).context
        said = self._log_odds(self._model.embed(asked), Inputs(asked, context))
        whole = self._log_odds(self._vectors, self._inputs)[0]
        without = self._without(columns)
        left = np.array([without[name] for name in columns])
        return Effects(said[0] - said[1:], whole - left, np.zeros(len(concepts)))

    def nearest(self, most: int) -> tuple[Near, ...]:
        """Nearest training texts, each once for each label; of a vote the first member's."""
        first = self._members[0]
        kept, labels = first.examples_, first.classes_.tolist()
        near = kept.nearest(self._first, len(kept.texts))
        found: dict[tuple[str, int], Near] = {}
        for place, cosine in zip(*(part[0].tolist() for part in near), strict=True):
            text, code = kept.texts[place], int(kept.codes[place])
            found.setdefault((text, code), Near(text, labels[code], cosine))
        return tuple(found.values())[:most]

    def _log_odds(self, vectors: Any, inputs: Inputs) -> Floats:
        return self._model.log_odds_of(vectors, inputs, self._place)

    def _without(self, columns: Sequence[str]) -> dict[str, float]:
        """Predict with an average value of each column; categories are predicted together.

        An unknown category counts as an average one, but an unknown number as a missing one.
        """
        numbers = [name for name in columns if name in self._numbers]
        categories = [name for name in columns if name not in self._numbers]
        found = {
            name: float(self._log_odds(self._vectors, self._average_in(name))[0])
            for name in numbers
        }
        if not categories:
            return found
        rows = self._inputs.take(np.zeros(len(categories), dtype=np.int64))
        assert rows.context is not None
        frame = rows.context.reset_index(drop=True).astype(dict.fromkeys(categories, object))
        for row, name in enumerate(categories):
            frame.loc[row, name] = None
        both = isinstance(self._vectors, list)
        vectors = [
            np.repeat(each, len(categories), axis=0)
            for each in (self._vectors if both else [self._vectors])
        ]
        asked = Inputs([self.text] * len(categories), frame)
        said = self._log_odds(vectors if both else vectors[0], asked)
        return found | dict(zip(categories, said.tolist(), strict=True))

    def _average_in(self, column: str) -> Inputs:
        context = self._inputs.context
        return Inputs([self.text], None if context is None else context.drop(columns=column))


class EnsembleOcclusion:
    """An ensemble's answers (n,), log-odds or numbers, which ``measure`` makes of features."""

    def __init__(
        self, model: Ensemble, frame: pd.DataFrame, measure: Callable[[Any], Floats]
    ) -> None:
        self._model, self._frame, self._measure = model, frame, measure
        sources = model.sources_
        self._columns = sources["source"].where(sources["kind"] == "context")
        learnt = self._columns.dropna().unique()
        self.values = {name: frame[name].iloc[0] for name in learnt if name in frame.columns}
        self.text = "" if model.text is None else str(frame[model.text].iloc[0])
        self._noted: list[str] = []
        if model.concepts is not None:
            self._noted = concepts_of(frame[model.concepts].iloc[0], 0, model.concepts)
        written = {key_of(each): each.strip() for each in reversed(self._noted) if each.strip()}
        self.concepts = [*reversed(written.values())][:_MOST_CONCEPTS]

    def effects(
        self, texts: Sequence[str], columns: Sequence[str] = (), concepts: Sequence[str] = ()
    ) -> Effects:
        """See `Occlusion`; all variants are predicted together, the whole row among them."""
        parts = np.cumsum([len(texts), len(columns), len(concepts)])
        frame = self._frame.iloc[np.zeros(1 + parts[-1], dtype=np.int64)].reset_index(drop=True)
        if texts:
            frame[self._model.text] = [self.text, *texts, *[self.text] * (parts[2] - parts[0])]
        if concepts:
            cells = [tuple(self._noted)] * (1 + parts[1])
            cells += [without_concept(self._noted, key_of(concept)) for concept in concepts]
            frame[self._model.concepts] = pd.Series(cells, dtype=object)
        answers = self._measure(self._averaged(self._model.transform(frame), parts[0], columns))
        return Effects(*np.split(answers[0] - answers[1:], parts[:2]))

    def nearest(self, most: int) -> tuple[Near, ...]:  # noqa: ARG002
        """None: ensembles keep no training rows."""
        return ()

    def _averaged(self, features: Any, before: int, columns: Sequence[str]) -> Any:
        """Set each column to 0, that of an average row, in one of the rows after ``before``."""
        dense = features.toarray() if issparse(features) else features.copy()
        for row, name in enumerate(columns, 1 + before):
            dense[row, self._columns == name] = 0.0
        return csr_matrix(dense) if issparse(features) else dense
