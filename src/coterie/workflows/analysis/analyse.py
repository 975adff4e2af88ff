"""One prediction analysed: its reasons, its sentiment, what to do, and what is similar."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import wraps
from typing import Any, ParamSpec

from coterie.classifiers import Estimates, Predictions
from coterie.encoders import EmbeddingCache, Encoder
from coterie.options import AnalysisSettings, SentimentSettings
from coterie.personal import hiding
from coterie.search.schema import Column
from coterie.search.storage.reader import IndexReader
from coterie.workflows.analysis.analysis import (
    Analysis,
    Answer,
    Recommendation,
    Sentiment,
    SimilarConversation,
)
from coterie.workflows.analysis.asked import Asked, ask
from coterie.workflows.analysis.firing import BoundRules, bind_rules, recommend
from coterie.workflows.analysis.known_columns import columns_known, model_schema
from coterie.workflows.analysis.model import AnalysedModel
from coterie.workflows.analysis.notes import note_doubts, note_row, note_strangers
from coterie.workflows.analysis.predicted import decide_row, read_prediction
from coterie.workflows.analysis.reasons import Reasons, find_reasons
from coterie.workflows.analysis.rules import Rules
from coterie.workflows.analysis.sentiment import read_sentiment
from coterie.workflows.analysis.similar import find_similar
from coterie.workflows.analysis.turns import Transcript
from coterie.workflows.prediction.predict import LoadedModel

__all__ = ["PARTS", "analyse", "analyse_in_parts"]

P = ParamSpec("P")
PARTS = ("prediction", "analysis", "recommendations", "similar_conversations")
"""The parts of an answer, in the order in which they are known."""


def analyse_in_parts(
    model: LoadedModel | AnalysedModel,
    text: str | Transcript,
    context: Mapping[str, Any] | None = None,
    *,
    decided: Predictions | Estimates | None = None,
    row: int = 0,
    rules: Rules | BoundRules | None = None,
    index: IndexReader | None = None,
    encoder: Encoder | None = None,
    settings: AnalysisSettings | None = None,
    positive: str | None = None,
    columns: Sequence[Column] = (),
    include_analysis: bool = True,
    include_similar: bool = True,
    cache: EmbeddingCache | None = None,
    started: float | None = None,
    show_personal: bool = False,
) -> Iterator[Analysis]:
    """Say why a prediction is as it is, what to do, and what is similar, each when it is known.

    Nothing is said that is not in the text, the context, the rules or the index; each item names
    where it comes from. The model is asked again for some 60 variants of the row; with ``depth``
    ``"passages"`` for at most about 40.

    Parameters
    ----------
    model
        The model.
    text
        The text, read as those of the training were: `read_transcript` does so, and what it leaves
        out is noted. Empty where the model reads none.
    context
        Column to value. Columns that only rules read may be among them.
    decided, row
        The prediction that is analysed, and which row of it: its figures are those of the answer,
        to the bit. The row is predicted here when None.
    rules
        Of recommendations; a service reads their conditions once, see `bind_rules`.
    index, encoder
        Of conversations, and the encoder that it was made with.
    settings
        How much is said; ``rules`` of it are not read.
    positive
        The class that is hoped for, which risk factors speak against; the predicted class when
        None.
    columns
        What is known of the columns of the context, for the conditions of rules.
    include_analysis, include_similar
        Whether to give sentiment, indicators and risk factors; and similar conversations. Without
        the first, rules that read the sentiment apply all the same.
    cache
        Where vectors of the index's encoder are kept; nowhere when None.
    started
        `time.perf_counter` when the work began; now when None.
    show_personal
        Whether personal data is shown.

    Yields
    ------
    Analysis
        One for each of `PARTS`: it has this part and those before it, so that the last one is
        whole.

    Raises
    ------
    OptionError
        When a rule cannot be used, see `bind_rules`.
    """
    watch = _Stopwatch(time.perf_counter() if started is None else started)
    asked = ask(model, text, context, settings, hiding(show_personal=show_personal))
    if decided is None:
        with watch.part("prediction"):
            decided, row = decide_row(asked), 0
    predicted = read_prediction(asked.model, decided, row, positive)
    answer = predicted.answer
    found = Analysis(
        prediction=answer,
        model_used=asked.model.name,
        positive=predicted.positive,
        analysed=include_analysis,
        seconds=watch.read(),
    )
    yield found
    bound, doubts = _bound(asked, rules, columns, index)
    reasons, sentiment = Reasons(), None
    if include_analysis:
        with watch.part("indicators"):
            reasons = find_reasons(asked, predicted)
    if include_analysis or bound is not None:
        with watch.part("sentiment"):
            sentiment = _sentiment(asked, bound)
    strangers = _strangers(asked, bound, columns, index)
    found = replace(
        found,
        sentiment=sentiment if include_analysis else None,
        key_indicators=reasons.key,
        risk_factors=reasons.risks,
        counter_indicators=reasons.counter,
        notes=(*note_row(asked, answer), *reasons.notes, *doubts, *strangers),
        seconds=watch.read(),
    )
    yield found
    if bound is not None:
        with watch.part("recommendations"):
            advice = _advice(asked, bound, answer, sentiment)
        found = replace(found, recommendations=advice, seconds=watch.read())
    yield found
    if include_similar and index is not None and encoder is not None:
        with watch.part("similar"):
            similar = _similar(asked, answer, index, encoder, cache)
        found = replace(found, similar_conversations=similar)
    yield replace(found, seconds=watch.read())


def _whole(in_parts: Callable[P, Iterator[Analysis]]) -> Callable[P, Analysis]:
    @wraps(in_parts)
    def whole(*args: P.args, **kwargs: P.kwargs) -> Analysis:
        *_, last = in_parts(*args, **kwargs)
        return last

    whole.__name__ = whole.__qualname__ = "analyse"
    whole.__doc__ = "Say all that `analyse_in_parts` does at once; parameters and errors are its."
    return whole


analyse = _whole(analyse_in_parts)


def _bound(
    asked: Asked,
    rules: Rules | BoundRules | None,
    columns: Sequence[Column],
    index: IndexReader | None,
) -> tuple[BoundRules | None, list[str]]:
    """Bind rules that are not yet, and tell of the doubts of these."""
    if not isinstance(rules, Rules):
        return rules, []
    known = columns_known(asked.model, asked.context, columns=columns, index=index)
    bound = bind_rules(rules, model_schema(asked.model, known))
    return bound, note_doubts(bound.doubts)


def _sentiment(asked: Asked, bound: BoundRules | None) -> Sentiment:
    how = SentimentSettings() if bound is None else bound.rules.sentiment
    return read_sentiment(asked.text, asked.turns, how, asked.hide)


def _strangers(
    asked: Asked,
    bound: BoundRules | None,
    columns: Sequence[Column],
    index: IndexReader | None,
) -> list[str]:
    """Tell of columns that are given and that nothing else knows."""
    learnt = columns_known(asked.model, {}, columns=columns, index=index)
    return note_strangers(asked.context, learnt, () if bound is None else bound.columns)


def _advice(
    asked: Asked, bound: BoundRules, answer: Answer, sentiment: Sentiment | None
) -> tuple[Recommendation, ...]:
    return recommend(
        bound,
        answer,
        sentiment,
        asked.context,
        asked.text,
        asked.turns,
        most=asked.settings.items,
        hide=asked.hide,
    )


def _similar(
    asked: Asked,
    answer: Answer,
    index: IndexReader,
    encoder: Encoder,
    cache: EmbeddingCache | None,
) -> tuple[SimilarConversation, ...]:
    return find_similar(
        index,
        encoder,
        asked.text,
        label=asked.model.schema.get("label"),
        classes=tuple(answer.probabilities),
        most=asked.settings.similar,
        cache=cache,
        hide=asked.hide,
    )


@dataclass(slots=True)
class _Stopwatch:
    """What each part took, and all since the work began."""

    began: float
    parts: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        begun = time.perf_counter()
        yield
        self.parts[name] = time.perf_counter() - begun

    def read(self) -> dict[str, float]:
        return {**self.parts, "total": time.perf_counter() - self.began}
