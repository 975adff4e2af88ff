"""Why a row got its label: leave parts of it out, and see what the classifier says then."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from coterie.classify.base import TextClassifier
from coterie.classify.cascade import CascadeClassifier
from coterie.classify.ensemble import EnsembleClassifier, EnsembleRegressor
from coterie.classify.explanation import Explanation, Influence, Near
from coterie.classify.heads import Floats
from coterie.classify.inputs import Inputs, Rows, read_inputs
from coterie.classify.parts import Part, passages_of, without, words_of
from coterie.classify.saved import Classifier
from coterie.classify.voting import SoftVotingClassifier
from coterie.errors import CoterieWarning, OptionError

__all__ = ["explain"]

_MOST_WORDS, _MOST_PASSAGES = 60, 60
_DECIMALS = 6

_Answering: TypeAlias = TextClassifier | SoftVotingClassifier


def explain(
    classifier: Classifier,
    text: str,
    context: Mapping[str, object] | None = None,
    *,
    examples: int = 3,
    words: int = 8,
) -> Explanation:
    """Explain the prediction of one row.

    Every effect is measured: a part of the row is left out, and the classifier asked again
    (occlusion, Zeiler and Fergus 2014, https://arxiv.org/abs/1311.2901). So an effect is that of
    the part in this very row, and two words that say the same can have little each.

    A word is left out wherever it occurs. Of a text with more than 60 different words the passages
    (sentences, lines, or 25 words of what goes on for longer) are left out first, 60 at most, and
    then up to 60 words of those that had the largest effect. So the cost is that of embedding some
    120 variants of the text at most, in one or two batches.

    Parameters
    ----------
    classifier
        Any of this room, fitted or loaded. Of a cascade the member that answered is explained; of
        a vote all members together, with the examples of the first.
    text
        The text.
    context
        Context column to value; a column that is not there counts as that of an average row.
    examples
        Training texts to show.
    words
        Words to show, and passages.

    Raises
    ------
    InputError
        When the text is blank.
    OptionError
        When ``examples`` or ``words`` is below 0.

    Examples
    --------
    >>> from coterie.classify import LinearClassifier, explain
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
    if isinstance(classifier, EnsembleClassifier | EnsembleRegressor):
        raise OptionError(
            "What moved one answer of an ensemble is not told: see which features count by and "
            "large in the page of coterie evaluate."
        )
    check_is_fitted(classifier)
    first = classifier if isinstance(classifier, TextClassifier) else classifier.members_[0]
    rows: Rows = [text]
    if context is not None:
        given = {name: [value] for name, value in context.items()}
        rows = pd.DataFrame(given | {first.text: [text]})
    said = classifier.decide(rows)
    inputs = read_inputs(rows, first.text)
    order = np.argsort(-said.probabilities[0], kind="stable")
    best, second = (int(place) for place in order[:2])
    labels = classifier.classes_.tolist()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CoterieWarning)  # deciding has told what is missing
        answering, stage = _answering(classifier, rows)
        vectors: Any = answering.embed(inputs.texts)
        found_words, passages = _of_text(answering, inputs, best)
        found_context = _of_context(answering, vectors, inputs, best)
    return Explanation(
        text=text,
        label=labels[best],
        confidence=float(said.confidences[0]),
        status=str(said.statuses[0]),
        runner_up=(labels[second], float(said.probabilities[0, second])),
        words=found_words[:words],
        passages=passages[:words],
        context=found_context,
        examples=_examples(answering, vectors, examples),
        stage=stage,
        names={label: str(name) for label, name in (first.class_names or {}).items()},
    )


def _answering(classifier: Classifier, rows: Rows) -> tuple[_Answering, int | None]:
    """Give who answers the row and, of a cascade, which member that is."""
    if not isinstance(classifier, CascadeClassifier):
        return classifier, None
    stage = int(classifier.answered_by(rows)[0])
    return classifier.members_[stage], stage


def _of_text(
    answering: _Answering, inputs: Inputs, place: int
) -> tuple[tuple[Influence, ...], tuple[Influence, ...]]:
    """Words and, of a long text, passages, by their effects."""
    words = words_of(inputs.texts[0])
    if len(words) <= _MOST_WORDS:
        return _sorted(_left_out(answering, inputs, words, place)), ()
    passages = _left_out(answering, inputs, passages_of(inputs.texts[0], _MOST_PASSAGES), place)
    chosen: dict[str, Part] = {}
    for passage, _ in sorted(passages, key=lambda each: -abs(each[1])):
        chosen |= {word.text: word for word in words if _within(word, passage)}
        if len(chosen) >= _MOST_WORDS:
            break
    taken = list(chosen.values())[:_MOST_WORDS]
    return _sorted(_left_out(answering, inputs, taken, place)), _sorted(passages)


def _within(word: Part, passage: Part) -> bool:
    """Whether a word begins in a passage."""
    return any(a <= start < b for a, b in passage.spans for start, _ in word.spans)


def _left_out(
    answering: _Answering, inputs: Inputs, parts: Sequence[Part], place: int
) -> list[tuple[Part, float]]:
    """Effect of each part but one that is all there is; all variants are embedded together."""
    text = inputs.texts[0]
    variants = [(part, rest) for part in parts if _has_word(rest := without(text, part))]
    texts = [text, *(rest for _, rest in variants)]
    context = inputs.take(np.zeros(len(texts), dtype=np.int64)).context
    vectors: Any = answering.embed(texts)
    log_odds = answering.log_odds_of(vectors, Inputs(texts, context), place)
    effects = _effects(log_odds[0], log_odds[1:])
    return [(part, effect) for (part, _), effect in zip(variants, effects, strict=True)]


def _of_context(
    answering: _Answering, vectors: Any, inputs: Inputs, place: int
) -> tuple[Influence, ...]:
    """Context columns by their effects."""
    frame = inputs.context
    if frame is None:
        return ()
    encoders = [member.context_ for member in _members(answering) if member.context_]
    learnt = dict.fromkeys(name for encoder in encoders for name in encoder.names)
    whole = answering.log_odds_of(vectors, inputs, place)
    found = []
    for name in (name for name in learnt if name in frame.columns):
        average = Inputs(inputs.texts, frame.drop(columns=name))
        effects = _effects(whole[0], answering.log_odds_of(vectors, average, place))
        found.append(Influence(_shown(frame[name].iloc[0]), effects[0], name))
    return _by_size(found)


def _examples(answering: _Answering, vectors: Any, most: int) -> tuple[Near, ...]:
    """Nearest training texts, each once for each label it has."""
    first = _members(answering)[0]
    own = vectors[0] if isinstance(answering, SoftVotingClassifier) else vectors
    kept, labels = first.examples_, first.classes_.tolist()
    places, cosines = (part[0].tolist() for part in kept.nearest(own, len(kept.texts)))
    found: dict[tuple[str, int], Near] = {}
    for place, cosine in zip(places, cosines, strict=True):
        text, code = kept.texts[place], int(kept.codes[place])
        found.setdefault((text, code), Near(text, labels[code], cosine))
    return tuple(found.values())[:most]


def _members(answering: _Answering) -> Sequence[TextClassifier]:
    return [answering] if isinstance(answering, TextClassifier) else answering.members_


def _effects(whole: float, without_it: Floats) -> list[float]:
    effects: list[float] = np.round(whole - without_it, _DECIMALS).tolist()
    return effects


def _has_word(text: str) -> bool:
    return any(character.isalnum() for character in text)


def _sorted(found: Sequence[tuple[Part, float]]) -> tuple[Influence, ...]:
    return _by_size([Influence(part.text, effect) for part, effect in found])


def _by_size(found: Sequence[Influence]) -> tuple[Influence, ...]:
    return tuple(sorted((part for part in found if part.effect), key=lambda p: -abs(p.effect)))


def _shown(value: Any) -> str:
    """Write a context value as people do; empty where it is missing."""
    if value is None or (pd.api.types.is_scalar(value) and pd.isna(value)):
        return ""
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value) if whole else value).strip()
