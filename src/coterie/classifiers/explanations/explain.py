"""Why a row got its answer: leave parts of it out, and see what the model says then."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, overload

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from coterie.classifiers.base import TextClassifier
from coterie.classifiers.cascade import CascadeClassifier
from coterie.classifiers.explanations.explanation import EstimateExplanation, Explanation, Influence
from coterie.classifiers.explanations.occlusion import Asked, AskedEnsemble, AskedOfTexts
from coterie.classifiers.explanations.text_spans import Part, passages_of, without, words_of
from coterie.classifiers.inputs import Rows, read_inputs
from coterie.classifiers.saved.models import Classifier, Model
from coterie.classifiers.trees.base import Ensemble
from coterie.classifiers.trees.ensemble import EnsembleClassifier, EnsembleRegressor
from coterie.errors import CoterieWarning, OptionError

__all__ = ["explain"]

_MOST_WORDS, _MOST_PASSAGES = 60, 60
_DECIMALS = 6


class _Measured(NamedTuple):
    """What was found to have an effect, each kind by the size of it."""

    words: tuple[Influence, ...]
    passages: tuple[Influence, ...]
    context: tuple[Influence, ...]
    concepts: tuple[Influence, ...]


@overload
def explain(
    model: Classifier,
    text: str = ...,
    context: Mapping[str, object] | None = ...,
    *,
    examples: int = ...,
    words: int = ...,
) -> Explanation: ...


@overload
def explain(
    model: EnsembleRegressor,
    text: str = ...,
    context: Mapping[str, object] | None = ...,
    *,
    examples: int = ...,
    words: int = ...,
) -> EstimateExplanation: ...


def explain(
    model: Model,
    text: str = "",
    context: Mapping[str, object] | None = None,
    *,
    examples: int = 3,
    words: int = 8,
) -> Explanation | EstimateExplanation:
    """Explain the answer for one row.

    Every effect is measured: a part of the row is left out, and the model asked again (occlusion,
    Zeiler and Fergus 2014, https://arxiv.org/abs/1311.2901). So an effect is that of the part in
    this very row, and effects do not add up: of two words that say the same, or two concepts that
    mostly come together, each can have little, for the other stands in.

    A word is left out wherever it occurs, and so is a concept, of which the first 200 are looked
    at; of a context column the row is made an average one. All that is made of the row is made
    anew. Of a text with more than 60 different words the passages (sentences, lines, or 25 words of
    what goes on for longer) are left out first, 60 at most, and then up to 60 words of those that
    had the largest effect. So the cost is that of embedding some 120 variants of the text at most,
    in one or two batches; those of an ensemble are answered in the same.

    Parameters
    ----------
    model
        Any of this room, fitted or loaded. Of a cascade the member that answered is explained; of
        a vote all members together, with the examples of the first.
    text
        The text; nothing where the model reads none.
    context
        Context column to value, the column of concepts among them; a column that is not there
        counts as that of an average row.
    examples
        Training texts to show; ensembles keep none.
    words
        Words to show, and passages.

    Raises
    ------
    ColumnError
        When the model reads concepts and ``context`` holds none.
    InputError
        When the text is blank and the model reads nothing else.
    OptionError
        When ``examples`` or ``words`` is below 0, or a text is given to a model that reads none.

    Examples
    --------
    >>> from coterie.classifiers import LinearClassifier, explain
    >>> texts = ["my card was lost", "I lost my card", "my card was lost at home"]
    >>> texts += ["please refund me", "I want a refund", "where is the refund I want"]
    >>> model = LinearClassifier("tfidf").fit(texts, ["lost"] * 3 + ["refund"] * 3)
    >>> found = explain(model, "hello, my card is lost")
    >>> found.label
    'lost'
    >>> sorted(word.text for word in found.words if word.effect > 0)
    ['card', 'lost', 'my']
    """
    if min(examples, words) < 0:
        raise OptionError(f"examples={examples} and words={words}: give numbers from 0 on.")
    check_is_fitted(model)
    rows = _rows_of(model, text, context)
    if isinstance(model, EnsembleRegressor):
        return _of_number(model, rows, text, words)
    return _of_class(model, rows, text, examples, words)


def _rows_of(model: Model, text: str, context: Mapping[str, object] | None) -> Rows:
    """Put what was given into the rows that a model takes: one of them."""
    columns = {name: [value] for name, value in (context or {}).items()}
    if not isinstance(model, Ensemble):
        first = model if isinstance(model, TextClassifier) else model.members_[0]
        return [text] if context is None else pd.DataFrame(columns | {first.text: [text]})
    if model.text is not None:
        columns |= {model.text: [text]}
    elif text.strip():
        raise OptionError("This model reads no text: give it columns alone (context=).")
    return pd.DataFrame(columns, index=[0])


def _of_class(model: Classifier, rows: Rows, text: str, examples: int, words: int) -> Explanation:
    said = model.decide(rows)
    best, second = (int(place) for place in np.argsort(-said.probabilities[0], kind="stable")[:2])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CoterieWarning)  # deciding has told what is missing
        asked, stage = _asked(model, rows, best)
        found = _measure(asked, words, _DECIMALS)
        near = asked.nearest(examples)
    labels = model.classes_.tolist()
    names = getattr(model, "members_", [model])[0].class_names or {}
    return Explanation(
        text=text,
        label=labels[best],
        confidence=float(said.confidences[0]),
        status=str(said.statuses[0]),
        runner_up=(labels[second], float(said.probabilities[0, second])),
        **found._asdict(),
        examples=near,
        stage=stage,
        names={label: str(name) for label, name in names.items()},
    )


def _of_number(model: EnsembleRegressor, rows: Any, text: str, words: int) -> EstimateExplanation:
    said = model.decide(rows)
    value = float(said.values[0])
    digits = _DECIMALS - int(np.floor(np.log10(max(abs(value), 1e-30))))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CoterieWarning)
        found = _measure(AskedEnsemble(model, rows, model.estimate), words, digits)
    return EstimateExplanation(
        text=text,
        value=value,
        low=float(said.lows[0]),
        high=float(said.highs[0]),
        status=str(said.statuses[0]),
        **found._asdict(),
    )


def _asked(model: Classifier, rows: Any, place: int) -> tuple[Asked, int | None]:
    """Give who answers the row and, of a cascade, which member that is."""
    if isinstance(model, EnsembleClassifier):
        return AskedEnsemble(model, rows, lambda made: model.log_odds_of(made, place)), None
    if not isinstance(model, CascadeClassifier):
        first = model if isinstance(model, TextClassifier) else model.members_[0]
        return AskedOfTexts(model, read_inputs(rows, first.text), place), None
    stage = int(model.answered_by(rows)[0])
    answering = model.members_[stage]
    return AskedOfTexts(answering, read_inputs(rows, answering.text), place), stage


def _measure(asked: Asked, most: int, decimals: int) -> _Measured:
    """Leave each part out in turn; of a long text the passages, and then words of some of them."""
    words = words_of(asked.text)
    long = len(words) > _MOST_WORDS
    parts, rests = _left(asked.text, passages_of(asked.text, _MOST_PASSAGES) if long else words)
    said = asked.effects(rests, list(asked.values), asked.concepts)
    of_text = list(zip(parts, np.round(said.texts, decimals).tolist(), strict=True))
    passages: list[tuple[Part, float]] = []
    if long:
        passages = of_text
        parts, rests = _left(asked.text, _words_within(passages, words))
        again = np.round(asked.effects(rests).texts, decimals).tolist()
        of_text = list(zip(parts, again, strict=True))
    context = zip(asked.values.items(), np.round(said.columns, decimals).tolist(), strict=True)
    concepts = zip(asked.concepts, np.round(said.concepts, decimals).tolist(), strict=True)
    return _Measured(
        words=_by_size(Influence(part.text, effect) for part, effect in of_text)[:most],
        passages=_by_size(Influence(part.text, effect) for part, effect in passages)[:most],
        context=_by_size(Influence(_shown(v), effect, name) for (name, v), effect in context),
        concepts=_by_size(Influence(concept, effect) for concept, effect in concepts),
    )


def _left(text: str, parts: Sequence[Part]) -> tuple[list[Part], list[str]]:
    """Say what is left of a text without each part, but for one that is all there is."""
    left = [(part, rest) for part in parts if _has_word(rest := without(text, part))]
    return [part for part, _ in left], [rest for _, rest in left]


def _words_within(passages: Sequence[tuple[Part, float]], words: Sequence[Part]) -> list[Part]:
    """Choose words of the passages that had the largest effect."""
    chosen: dict[str, Part] = {}
    for passage, _ in sorted(passages, key=lambda each: -abs(each[1])):
        chosen |= {word.text: word for word in words if _within(word, passage)}
        if len(chosen) >= _MOST_WORDS:
            break
    return list(chosen.values())[:_MOST_WORDS]


def _within(word: Part, passage: Part) -> bool:
    """Whether a word begins in a passage."""
    return any(a <= start < b for a, b in passage.spans for start, _ in word.spans)


def _has_word(text: str) -> bool:
    return any(character.isalnum() for character in text)


def _by_size(found: Iterable[Influence]) -> tuple[Influence, ...]:
    return tuple(sorted((part for part in found if part.effect), key=lambda p: -abs(p.effect)))


def _shown(value: Any) -> str:
    """Write a context value as people do; empty where it is missing."""
    if value is None or (pd.api.types.is_scalar(value) and pd.isna(value)):
        return ""
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value) if whole else value).strip()
