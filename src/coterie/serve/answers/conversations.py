"""Conversations answered without HTTP: with the models, rules and index that a folder has."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Any, TypeAlias

from coterie.encoders import MemoryCache
from coterie.errors import StoreError
from coterie.options import AnalysisSettings
from coterie.serve.answers.advising import Advising, unadvised
from coterie.serve.answers.finding import Finding
from coterie.serve.answers.served import AUTO, ServedModels
from coterie.workflows.analysis.analyse import PARTS
from coterie.workflows.analysis.turns import read_transcript
from coterie.workflows.service import load_service

__all__ = ["Conversations", "Words"]

Words: TypeAlias = str | Sequence[Mapping[str, Any]]
"""A conversation: lines such as ``"seller: Good morning"``, or a list of turns."""


class Conversations:
    """The models, rules and index of a run: what ``POST /predict`` of a service answers.

    Parameters
    ----------
    home
        Folder of a run, of models, or of one model. Of all but a run the models alone are known.

    Raises
    ------
    StoreError
        When there is no model, or one cannot be read.
    """

    def __init__(self, home: str | Path) -> None:
        service, vectors = load_service(home), MemoryCache()
        self.models = ServedModels(service.models, default=service.default, vectors=vectors)
        self.models.open_all()
        if self.models.faults:
            raise StoreError("; ".join(self.models.faults.values()))
        self.finding = Finding(service.index)
        self._advising = Advising(
            service.rules,
            self.finding,
            AnalysisSettings(**service.analysis),
            service.positive,
            service.columns,
            vectors,
        )
        self._lock = Lock()

    def predict(
        self, rows: Sequence[tuple[Words, Mapping[str, Any]]], *, model_type: str = AUTO
    ) -> list[dict[str, Any]]:
        """Predict n conversations with their contexts at once.

        Parameters
        ----------
        rows
            A transcript and a context each.
        model_type
            Name of a model of the run, or ``"auto"``.

        Returns
        -------
        list of dict
            n predictions, in their order, as `answer` gives them.

        Raises
        ------
        OptionError
            When there is no such model.
        """
        served = self.models.find(model_type)
        texts = [read_transcript(words, served.model.schema).text for words, _ in rows]
        read = [served.read(text, context) for text, (_, context) in zip(texts, rows, strict=True)]
        with self._lock:
            decided = served.decide(read)
        return [unadvised(said)["prediction"] for said in decided]

    def answer(
        self,
        transcript: Words,
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
        whole: dict[str, Any] = {}
        for part in self.answer_in_parts(
            transcript,
            context,
            model_type=model_type,
            include_analysis=include_analysis,
            include_similar=include_similar,
        ):
            whole |= part
        return whole

    def answer_in_parts(
        self,
        transcript: Words,
        context: Mapping[str, Any] | None = None,
        *,
        model_type: str = AUTO,
        include_analysis: bool = True,
        include_similar: bool = True,
    ) -> Iterator[dict[str, Any]]:
        """Answer as `answer` does, part by part.

        Yields
        ------
        dict
            The prediction with ``model_used`` and ``confidence_score``, the analysis, the
            recommendations, and the similar conversations with ``processing_time``. No key is in
            two of them.
        """
        started, given = time.monotonic(), dict(context or {})
        served = self.models.find(model_type)
        text = read_transcript(transcript, served.model.schema)
        with self._lock:
            said = served.decide([served.read(text.text, given)])[0]
        advice = self._advising.advise(
            served,
            text,
            given,
            said,
            include_analysis=include_analysis,
            include_similar=include_similar,
        )
        for _ in PARTS:
            with self._lock:  # not while a part is read: two streams may be read in turn
                name, found = next(advice)
            part = {name: found}
            if name == PARTS[0]:
                part |= {"model_used": served.label, "confidence_score": found["confidence"]}
            if name == PARTS[-1]:
                part["processing_time"] = round(time.monotonic() - started, 6)
            yield part
