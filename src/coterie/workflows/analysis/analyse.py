"""One prediction analysed: its reasons, its sentiment, what to do, and what is similar."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any, NamedTuple, ParamSpec, Self

import numpy as np

from coterie.classifiers import (
    AMBIGUOUS,
    OUTSIDE,
    REFUSED,
    EnsembleRegressor,
    Estimates,
    Model,
    Predictions,
    with_cache,
)
from coterie.classifiers.explanations.explain import one_row
from coterie.encoders import EmbeddingCache, Encoder, MemoryCache
from coterie.errors import CoterieWarning, OptionError
from coterie.formatting import counted
from coterie.hints import did_you_mean
from coterie.options import AnalysisSettings, SentimentSettings
from coterie.personal import hiding
from coterie.records import CONCEPTS, Settled
from coterie.search.filters.checking import read_number
from coterie.search.schema import Column, Schema
from coterie.search.storage.reader import IndexReader
from coterie.workflows.analysis.analysis import (
    Analysis,
    Answer,
    Indicator,
    Sentiment,
)
from coterie.workflows.analysis.firing import BoundRules, bind_rules, recommend, rule_schema
from coterie.workflows.analysis.indicators import Sides, indicators
from coterie.workflows.analysis.rules import Rules
from coterie.workflows.analysis.sentiment import read_sentiment
from coterie.workflows.analysis.similar import find_similar
from coterie.workflows.analysis.turns import Transcript, turns_of
from coterie.workflows.columns import context_encoders
from coterie.workflows.prediction.predict import LoadedModel, class_names_of, context_of

__all__ = [
    "PARTS",
    "AnalysedModel",
    "analyse",
    "analyse_in_parts",
    "columns_known",
    "model_schema",
]

P = ParamSpec("P")
PARTS = ("prediction", "analysis", "recommendations", "similar_conversations")
"""The parts of an answer, in the order in which they are known."""


class _Parts(NamedTuple):
    """Key indicators, risk factors and counter indicators."""

    key: tuple[Indicator, ...] = ()
    risks: tuple[Indicator, ...] = ()
    counter: tuple[Indicator, ...] = ()


_NONE = _Parts()


@dataclass(frozen=True, slots=True, eq=False)
class AnalysedModel:
    """A model, as far as an analysis needs it.

    Attributes
    ----------
    classifier
        Fitted or loaded: a classifier or a regressor.
    schema
        Which columns it was trained on.
    name
        What it is called.
    """

    classifier: Model
    schema: Mapping[str, Any]
    name: str

    @classmethod
    def of(cls, loaded: LoadedModel) -> Self:
        """Take a model that was loaded from its directory."""
        return cls(loaded.classifier, loaded.schema, loaded.home.resolve().name)


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
    began = time.perf_counter() if started is None else started
    asked = AnalysedModel.of(model) if isinstance(model, LoadedModel) else model
    wanted, given = settings or AnalysisSettings(), dict(context or {})
    left_out = text.left_out if isinstance(text, Transcript) else 0
    text = text.text if isinstance(text, Transcript) else text
    hide = hiding(show_personal=show_personal)
    seconds: dict[str, float] = {}
    read = {name: given[name] for name in context_of(asked.classifier) if name in given}
    if decided is None:
        with _timed(seconds, "prediction"), warnings.catch_warnings():
            warnings.simplefilter("ignore", CoterieWarning)
            quick = with_cache(asked.classifier, MemoryCache())  # nothing of it is kept
            decided, row = quick.decide(one_row(quick, text, read)), 0
    answer = _answer(asked, decided, row)
    turns, notes = turns_of(text), [*_left_out(left_out), *_notes(answer)]
    notes += _absent([name for name in context_of(asked.classifier) if name not in given])
    hoped = _hoped(asked, positive, decided)
    found = Analysis(
        prediction=answer,
        model_used=asked.name,
        positive=None if hoped is None else str(hoped),
        analysed=include_analysis,
        seconds=_with_total(seconds, began),
    )
    yield found
    known = columns_known(asked, given, columns=columns, index=index)
    bound, doubts = _bound(rules, model_schema(asked, known))
    if include_analysis:
        with _timed(seconds, "indicators"):
            classes = () if isinstance(decided, Estimates) else decided.classes.tolist()
            parts = _sides(asked, text, turns, read, answer, hoped, classes, wanted, hide, notes)
        found = replace(
            found,
            key_indicators=parts.key,
            risk_factors=parts.risks,
            counter_indicators=parts.counter,
        )
    sentiment: Sentiment | None = None
    if include_analysis or bound is not None:
        with _timed(seconds, "sentiment"):
            how = SentimentSettings() if bound is None else bound.rules.sentiment
            sentiment = read_sentiment(text, turns, how, hide)
    learnt = columns_known(asked, {}, columns=columns, index=index)
    notes += doubts + _strangers(given, learnt, () if bound is None else bound.columns)
    found = replace(
        found,
        sentiment=sentiment if include_analysis else None,
        notes=tuple(notes),
        seconds=_with_total(seconds, began),
    )
    yield found
    if bound is not None:
        with _timed(seconds, "recommendations"):
            advice = recommend(
                bound, answer, sentiment, given, text, turns, most=wanted.items, hide=hide
            )
        found = replace(found, recommendations=advice, seconds=_with_total(seconds, began))
    yield found
    if include_similar and index is not None and encoder is not None:
        with _timed(seconds, "similar"):
            similar = find_similar(
                index,
                encoder,
                text,
                label=asked.schema.get("label"),
                classes=tuple(answer.probabilities),
                most=wanted.similar,
                cache=cache,
                hide=hide,
            )
        found = replace(found, similar_conversations=similar)
    yield replace(found, seconds=_with_total(seconds, began))


def _whole(in_parts: Callable[P, Iterator[Analysis]]) -> Callable[P, Analysis]:
    @wraps(in_parts)
    def whole(*args: P.args, **kwargs: P.kwargs) -> Analysis:
        *_, last = in_parts(*args, **kwargs)
        return last

    whole.__name__ = whole.__qualname__ = "analyse"
    whole.__doc__ = "Say all that `analyse_in_parts` does at once; parameters and errors are its."
    return whole


analyse = _whole(analyse_in_parts)


def model_schema(model: AnalysedModel, known: Sequence[Column]) -> Schema:
    """Say what rules can read of a prediction of a model, see `bind_rules`."""
    number = isinstance(model.classifier, EnsembleRegressor)
    classes = [] if number else model.classifier.classes_.tolist()
    return rule_schema(known, classes, number=number)


def columns_known(
    model: AnalysedModel,
    given: Mapping[str, Any],
    *,
    columns: Sequence[Column] = (),
    index: IndexReader | None = None,
) -> list[Column]:
    """Say what is known of the columns that rules may read.

    Those of a service count first, then those of the index, of the model and of its training, and
    at last those that are given.
    """
    found = {column.name: column for column in columns}
    label = model.schema.get("label")
    for column in () if index is None else index.schema:
        if column.name != label:
            found.setdefault(column.name, column)
    for encoder in context_encoders(model.classifier):
        for learnt in encoder.columns:
            kind = Column(learnt.name, "number") if learnt.numeric else Column(learnt.name, "text")
            found.setdefault(learnt.name, kind)
    settled = Settled.from_dict(model.schema.get("settled", {}))
    for name in (*model.schema.get("context", ()), *given):
        if name == CONCEPTS:
            continue
        if name in settled.dates:
            column = Column(name, "date")
        elif name in settled.decimals or _is_number(given.get(name)):
            column = Column(name, "number")
        else:
            column = Column(name, "truth" if isinstance(given.get(name), bool) else "text")
        found.setdefault(name, column)
    return list(found.values())


def _sides(
    model: AnalysedModel,
    text: str,
    turns: Sequence[Any],
    read: Mapping[str, Any],
    answer: Answer,
    hoped: Any,
    classes: Sequence[Any],
    wanted: AnalysisSettings,
    hide: Any,
    notes: list[str],
) -> _Parts:
    """Measure what speaks for the predicted class, and against it and the positive one."""
    names = class_names_of(model.classifier)

    def measure(label: Any, called: str) -> Sides | None:
        return indicators(
            model.classifier,
            text,
            turns,
            read,
            label=label,
            called=called,
            deep=wanted.depth == "words",
            most=wanted.items,
            interval=answer.interval,
            hide=hide,
        )

    if answer.status == REFUSED:
        return _NONE
    number = answer.interval is not None
    label = None if number else answer.outcome
    called = str(model.schema.get("label", "the estimate")) if number else str(answer.outcome)
    try:
        found = measure(label, names.get(called, called))
    except OptionError as error:  # of a model of vectors
        notes.append(str(error))
        return _NONE
    if found is None:
        notes.append(
            "The model asks a language model behind a server, which is not asked again for each "
            "part of the text: no indicators are measured."
        )
        return _NONE
    others = [] if number else [each for each in classes if each != answer.outcome]
    if number or hoped is None or hoped == answer.outcome:
        return _Parts(found.up, found.down, found.down)
    if len(others) == 1:
        flipped = found.flipped(names.get(str(hoped), str(hoped)))
        return _Parts(found.up, flipped.down, flipped.up)
    wished = measure(hoped, names.get(str(hoped), str(hoped)))
    return _Parts(found.up, () if wished is None else wished.down, found.down)


def _hoped(model: AnalysedModel, positive: str | None, decided: Predictions | Estimates) -> Any:
    """Find the positive class among those of the model, whatever their type."""
    if positive is None or isinstance(decided, Estimates):
        return None
    classes = decided.classes.tolist()
    found = next((each for each in classes if str(each) == positive), None)
    if found is None:
        known = ", ".join(map(str, classes))
        hint = did_you_mean(positive, [str(each) for each in classes], f"name one of {known}.")
        raise OptionError(f"The model {model.name} knows no class '{positive}': {hint}")
    return found


def _answer(model: AnalysedModel, decided: Predictions | Estimates, row: int) -> Answer:
    status = str(decided.statuses[row])
    if isinstance(decided, Estimates):
        interval = (float(decided.lows[row]), float(decided.highs[row]))
        return Answer(
            outcome=float(decided.values[row]),
            probability=None,
            confidence=None,
            status=status,
            probabilities={},
            interval=interval,
        )
    if status == REFUSED:
        return Answer(
            outcome=None, probability=None, confidence=None, status=status, probabilities={}
        )
    label = decided.labels[row]
    shares = decided.probabilities[row].tolist()
    classes = [_plain(each) for each in decided.classes.tolist()]
    return Answer(
        outcome=_plain(label),
        probability=float(shares[int(np.flatnonzero(decided.classes == label)[0])]),
        confidence=float(decided.confidences[row]),
        status=status,
        probabilities={str(name): share for name, share in zip(classes, shares, strict=True)},
        name=class_names_of(model.classifier).get(str(label), ""),
    )


def _notes(answer: Answer) -> list[str]:
    """Say what the status means, where the prediction is not certain."""
    if answer.status == AMBIGUOUS:
        return ["The model is not sure: take the outcome as a hint."]
    if answer.status == OUTSIDE:
        return ["The conversation is unlike all that the model was trained on: do not rely on it."]
    if answer.status == REFUSED:
        return ["The language model gave no answer that can be used."]
    return []


def _left_out(lines: int) -> list[str]:
    """Say that a conversation was not read to its end."""
    if not lines:
        return []
    return [
        f"The last {counted(lines, 'line')} of the conversation were not read, since the model was "
        "trained on the beginning of conversations."
    ]


def _absent(names: Sequence[str]) -> list[str]:
    """Name columns that the model reads and that are not given."""
    missing = [name for name in names if name != CONCEPTS]
    if not missing:
        return []
    return [f"Not given, so that average values count: {', '.join(missing)}."]


def _strangers(given: Mapping[str, Any], known: Sequence[Column], read: Sequence[str]) -> list[str]:
    """Name columns that nothing is known of, and that no rule reads."""
    names = [*(column.name for column in known), *read]
    return [
        f"Nothing is known of the column '{name}': "
        + did_you_mean(name, names, f"known are {', '.join(names) or 'none'}.")
        for name in given
        if name not in names and name != CONCEPTS
    ]


def _bound(rules: Rules | BoundRules | None, schema: Schema) -> tuple[BoundRules | None, list[str]]:
    """Bind rules that are not yet; say the first doubt of these, and how many more there are."""
    if not isinstance(rules, Rules):
        return rules, []
    bound = bind_rules(rules, schema)
    if not bound.doubts:
        return bound, []
    more = f" There are {len(bound.doubts) - 1} more such doubts." if bound.doubts[1:] else ""
    return bound, [f"{bound.doubts[0]}{more}"]


def _is_number(value: Any) -> bool:
    if isinstance(value, bool):
        return False
    return isinstance(value, int | float) or (
        isinstance(value, str) and read_number(value) is not None
    )


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value


@contextmanager
def _timed(seconds: dict[str, float], part: str) -> Iterator[None]:
    begun = time.perf_counter()
    yield
    seconds[part] = time.perf_counter() - begun


def _with_total(seconds: Mapping[str, float], began: float) -> dict[str, float]:
    return {**seconds, "total": time.perf_counter() - began}
