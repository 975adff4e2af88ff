"""Explain the prediction of a row by leaving parts of it out."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, overload

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from coterie.classifiers.caching import with_cache
from coterie.classifiers.cascade import CascadeClassifier
from coterie.classifiers.explanations.explanation import EstimateExplanation, Explanation, Influence
from coterie.classifiers.explanations.occlusion import EnsembleOcclusion, Occlusion, TextOcclusion
from coterie.classifiers.explanations.text_spans import TextSpan, passages_of, without, words_of
from coterie.classifiers.inputs import TextsOrFrame, read_inputs
from coterie.classifiers.predictions import AMBIGUOUS, REFUSED
from coterie.classifiers.prompting.classifier import PromptClassifier
from coterie.classifiers.saved.models import Classifier, Model
from coterie.classifiers.trees.base import Ensemble
from coterie.classifiers.trees.ensemble import EnsembleClassifier, EnsembleRegressor
from coterie.encoders import GivenVectors, MemoryCache, NoCache
from coterie.errors import CoterieWarning, OptionError

__all__ = ["explain", "occlude", "one_row"]

_MOST_WORDS, _MOST_PASSAGES = 60, 60  # variants to embed, for time: a judgement
_DECIMALS = 6


class _Measured(NamedTuple):
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

    Effects are measured by occlusion (Zeiler and Fergus 2014, https://arxiv.org/abs/1311.2901): a
    part of the row is left out, and the row is predicted again. Effects do not add up: of two words
    that say the same, or two concepts that mostly come together, each can have a small effect.

    A word is left out wherever it occurs, and so is a concept, of which the first 200 are measured;
    a context column is set to that of an average row. Of a text with more than 60 different words
    the passages (sentences, lines, or 25 words of longer ones) are left out first, 60 at most, and
    then up to 60 words of those with the largest effect. So at most some 120 variants of the text
    are embedded, in one or two batches, and none is kept in a cache. A language model behind a
    server is not asked for so many variants: then the examples alone explain.

    Parameters
    ----------
    model
        Fitted or loaded. Of a cascade the member that answers is explained; of a vote all members
        together, with the examples of the first.
    text
        The text; empty where the model reads none.
    context
        Context column to value, the column of concepts among them; a missing column counts as that
        of an average row.
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
        raise OptionError(f"examples={examples} and words={words}: give numbers of 0 or more.")
    check_is_fitted(model)
    if isinstance(model, PromptClassifier) and not model.is_scored:
        asker, model = model.who_asks, with_cache(model, NoCache())
        model.asker = asker  # one question, whose answer may be kept
    else:
        model = with_cache(model, NoCache())  # the changed texts are of no use later
    rows = one_row(model, text, context)
    _check_words(model)
    if isinstance(model, EnsembleRegressor):
        return _explain_number(model, rows, text, words)
    return _explain_class(model, rows, text, examples, words)


def occlude(
    model: Model,
    text: str = "",
    context: Mapping[str, object] | None = None,
    *,
    label: Any = None,
) -> Occlusion | None:
    """Prepare one row for parts of it to be left out, as the caller chooses them.

    Vectors of its variants are kept as long as the row is.

    Parameters
    ----------
    model, text, context
        As for `explain`.
    label
        The class whose log-odds are measured, one of ``classes_``; a regressor has none.

    Returns
    -------
    Occlusion or None
        None where a language model behind a server would be asked for each variant.

    Raises
    ------
    OptionError
        When the model reads vectors alone, or ``label`` is not one of its classes.
    """
    check_is_fitted(model)
    asked: Any = with_cache(model, MemoryCache())
    _check_words(asked)
    rows = one_row(asked, text, context)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CoterieWarning)  # said where the row was predicted
        if isinstance(asked, EnsembleRegressor):
            assert isinstance(rows, pd.DataFrame)
            return EnsembleOcclusion(asked, rows, asked.estimate)
        labels = asked.classes_.tolist()
        if label not in labels:
            raise OptionError(f"The model knows no label {label}: name one of its classes.")
        answering, _ = _answering(asked, rows)
        if _asks_a_server(answering):
            return None
        return _row_of(answering, rows, labels.index(label))


def _answering(model: Any, rows: Any) -> tuple[Any, int | None]:
    """Give the member of a cascade that answers, and its place; or the model itself."""
    if not isinstance(model, CascadeClassifier):
        return model, None
    stage = int(model.answered_by(rows)[0])
    return model.members_[stage], stage


def _row_of(answering: Any, rows: Any, place: int) -> Occlusion:
    """Prepare a row for parts of it to be left out."""
    if isinstance(answering, EnsembleClassifier):
        return EnsembleOcclusion(answering, rows, lambda made: answering.log_odds_of(made, place))
    return TextOcclusion(answering, read_inputs(rows, _first(answering).text), place)


def _asks_a_server(answering: Any) -> bool:
    """Whether a server would be asked for every part that is left out."""
    return isinstance(answering, PromptClassifier) and not answering.is_scored


def _check_words(model: Any) -> None:
    """Refuse a model of vectors."""
    if (given := getattr(_first(model), "encoder_", None)) and isinstance(given, GivenVectors):
        raise OptionError(
            f"The model was trained on vectors ({given.described}), which have no words to "
            "explain: predict rows with --vectors and --out (Model.predict, vectors=)."
        )


def one_row(model: Model, text: str, context: Mapping[str, object] | None) -> TextsOrFrame:
    """Make one row that the model can read."""
    columns = {name: [value] for name, value in (context or {}).items()}
    if not isinstance(model, Ensemble):
        return [text] if context is None else pd.DataFrame(columns | {_first(model).text: [text]})
    if model.text is not None:
        columns |= {model.text: [text]}
    elif text.strip():
        raise OptionError("This model reads no text: give columns alone (context=).")
    return pd.DataFrame(columns, index=[0])


def _explain_class(
    model: Classifier, rows: Any, text: str, examples: int, words: int
) -> Explanation:
    found = model.decide(rows)
    shares, labels = found.probabilities[0], model.classes_.tolist()
    best, second = (int(place) for place in np.argsort(-shares, kind="stable")[:2])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CoterieWarning)  # the same as of `decide`
        answering, stage = _answering(model, rows)
        row = _row_of(answering, rows, best)
        silent = _asks_a_server(answering)
        parts = _Measured((), (), (), ()) if silent else _measure(row, words, _DECIMALS)
        near = row.nearest(examples)
    names = getattr(_first(model), "class_names", None) or {}
    refused = found.statuses[0] == REFUSED
    return Explanation(
        text=text,
        label=None if refused else labels[best],
        confidence=float(found.confidences[0]),
        status=str(found.statuses[0]),
        runner_up=(labels[second], float(shares[second])),
        **parts._asdict(),
        examples=near,
        stage=stage,
        strange=found.statuses[0] == AMBIGUOUS
        and bool(found.confidences[0] >= model.confidence_.threshold),
        names={label: str(name) for label, name in names.items()},
    )


def _explain_number(
    model: EnsembleRegressor, rows: Any, text: str, words: int
) -> EstimateExplanation:
    found = model.decide(rows)
    value = float(found.values[0])
    digits = _DECIMALS - int(np.floor(np.log10(max(abs(value), 1e-30))))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CoterieWarning)
        parts = _measure(EnsembleOcclusion(model, rows, model.estimate), words, digits)
    return EstimateExplanation(
        text=text,
        value=value,
        low=float(found.lows[0]),
        high=float(found.highs[0]),
        status=str(found.statuses[0]),
        **parts._asdict(),
    )


def _first(model: Any) -> Any:
    """Give the first member of a combined classifier, or the model itself."""
    return getattr(model, "members_", [model])[0]


def _measure(asked: Occlusion, most: int, decimals: int) -> _Measured:
    """Leave each part out in turn; of a long text passages first, and then words of some."""
    words = words_of(asked.text)
    long = len(words) > _MOST_WORDS
    parts, rests = _left(asked.text, passages_of(asked.text, _MOST_PASSAGES) if long else words)
    said = asked.effects(rests, list(asked.values), asked.concepts)
    of_text = list(zip(parts, np.round(said.texts, decimals).tolist(), strict=True))
    passages: list[tuple[TextSpan, float]] = []
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


def _left(text: str, parts: Sequence[TextSpan]) -> tuple[list[TextSpan], list[str]]:
    """Give the text without each part, but not where that leaves no word."""
    left = [(part, rest) for part in parts if _has_word(rest := without(text, part))]
    return [part for part, _ in left], [rest for _, rest in left]


def _words_within(
    passages: Sequence[tuple[TextSpan, float]], words: Sequence[TextSpan]
) -> list[TextSpan]:
    """Choose words of the passages with the largest effect."""
    chosen: dict[str, TextSpan] = {}
    for passage, _ in sorted(passages, key=lambda each: -abs(each[1])):
        chosen |= {word.text: word for word in words if _within(word, passage)}
        if len(chosen) >= _MOST_WORDS:
            break
    return list(chosen.values())[:_MOST_WORDS]


def _within(word: TextSpan, passage: TextSpan) -> bool:
    """Whether a word begins in a passage."""
    return any(a <= start < b for a, b in passage.spans for start, _ in word.spans)


def _has_word(text: str) -> bool:
    return any(character.isalnum() for character in text)


def _by_size(found: Iterable[Influence]) -> tuple[Influence, ...]:
    return tuple(sorted((part for part in found if part.effect), key=lambda p: -abs(p.effect)))


def _shown(value: Any) -> str:
    """Write a context value; empty where it is missing."""
    if value is None or (pd.api.types.is_scalar(value) and pd.isna(value)):
        return ""
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value) if whole else value).strip()
