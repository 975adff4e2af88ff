"""What speaks for an outcome and against it: parts of the text and of the context left out."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import pandas as pd

from coterie.classifiers import Model
from coterie.classifiers.explanations.explain import occlude
from coterie.classifiers.explanations.occlusion import Occlusion
from coterie.classifiers.explanations.text_spans import without
from coterie.errors import CoterieWarning
from coterie.formatting import shorten
from coterie.personal import mask
from coterie.workflows.analysis.analysis import Evidence, Indicator
from coterie.workflows.analysis.turns import (
    Piece,
    Turn,
    content_words,
    personal_spans,
    pieces_of,
)

__all__ = ["Sides", "indicators"]

# least effect of an item, in log-odds and as a share of the largest one: those of `Explanation`
_TELLING, _TELLING_SHARE = 0.1, 0.2
_TELLING_RANGE = 0.01  # of a number: share of its prediction interval, as there
_MOST_WORDS = 24  # variants to predict, for time: a judgement
_WORDS = 3  # named of a passage
_QUOTED = 160


class Sides(NamedTuple):
    """Items for an outcome and against it, the largest effects first."""

    up: tuple[Indicator, ...]
    down: tuple[Indicator, ...]

    def flipped(self, called: str) -> Sides:
        """Say the same of the other one of two classes, whose log-odds are the opposite."""
        return Sides(
            tuple(_flipped(item, called) for item in self.down),
            tuple(_flipped(item, called) for item in self.up),
        )


class _Part(NamedTuple):
    piece: Piece
    effect: float
    words: tuple[tuple[Piece, float], ...] = ()


def indicators(
    model: Model,
    text: str,
    turns: Sequence[Turn],
    context: Mapping[str, Any],
    *,
    label: Any,
    called: str,
    deep: bool = True,
    most: int = 5,
    interval: tuple[float, float] | None = None,
    hide: Callable[[str], str] = mask,
) -> Sides | None:
    """Measure what speaks for an outcome and against it.

    By occlusion, as `coterie.classifiers.explain` does: each passage of the text is left out, each
    column of the context becomes that of an average row, and the row is predicted again; then so
    are the words of the passages with the largest effects. Time grows with the passages: at most
    about 40 variants, and 24 more for words, which are predicted together.

    Parameters
    ----------
    model
        Fitted.
    text, turns, context
        The row; names of speakers are never left out.
    label
        The class; None for a number.
    called
        The class in words, or the name of the number.
    deep
        Whether words are measured too.
    most
        Items for each side.
    interval
        Prediction interval of a number.
    hide
        What masks personal data.

    Returns
    -------
    Sides or None
        None where a language model behind a server would be asked for each variant.

    Raises
    ------
    OptionError
        When the model reads vectors alone.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CoterieWarning)  # said where the row was predicted
        row = occlude(model, text, context, label=label)
        if row is None:
            return None
        return _measured(row, text, turns, context, called, deep, most, interval, hide)


def _measured(
    row: Occlusion,
    text: str,
    turns: Sequence[Turn],
    context: Mapping[str, Any],
    called: str,
    deep: bool,
    most: int,
    interval: tuple[float, float] | None,
    hide: Callable[[str], str],
) -> Sides:
    pieces = pieces_of(text, turns) if row.text else []
    alone = len(pieces) < 2
    hidden = personal_spans(text)
    measured = _by_words(row, pieces, hidden) if alone else _by_passages(row, pieces)
    said = row.effects([], list(row.values), row.concepts)
    columns = zip(row.values.items(), said.columns.tolist(), strict=True)
    concepts = zip(row.concepts, said.concepts.tolist(), strict=True)
    items = [_of_text(text, part, called, hide, words=alone) for part in measured]
    items += [
        _of_column(name, value, effect, called, hide)
        for (name, value), effect in columns
        if name in context and not _missing(value)
    ]
    items += [_of_concept(concept, effect, called, hide) for concept, effect in concepts]
    largest = max((abs(item.effect) for item in items), default=0.0)
    floor = _TELLING if interval is None else _TELLING_RANGE * (interval[1] - interval[0])
    least = max(floor, _TELLING_SHARE * largest)
    telling = sorted((i for i in items if abs(i.effect) >= least), key=lambda i: -abs(i.effect))
    up, down = ([i for i in telling if sign * i.effect > 0][:most] for sign in (1, -1))
    if deep and not alone:
        kept = {_span_of(item) for item in (*up, *down) if item.source == "passage"}
        found = [part for part in measured if (part.piece.start, part.piece.end) in kept]
        words = {
            (part.piece.start, part.piece.end): part for part in _with_words(row, found, hidden)
        }
        up, down = ([_said(i, words, text, hide) for i in side] for side in (up, down))
    return Sides(tuple(up), tuple(down))


def _flipped(item: Indicator, called: str) -> Indicator:
    evidence = [
        each if each.effect is None else replace(each, effect=-each.effect)
        for each in item.evidence
    ]
    said = item.text.removesuffix(_verdict(item.effect, item.outcome))
    return replace(
        item,
        text=said + _verdict(-item.effect, called),
        effect=-item.effect,
        outcome=called,
        evidence=tuple(evidence),
    )


def _by_passages(row: Occlusion, pieces: Sequence[Piece]) -> list[_Part]:
    effects = row.effects([without(row.text, piece.whole) for piece in pieces]).texts.tolist()
    return [_Part(piece, effect) for piece, effect in zip(pieces, effects, strict=True)]


def _by_words(
    row: Occlusion, pieces: Sequence[Piece], hidden: Sequence[tuple[int, int]]
) -> list[_Part]:
    """Measure the words of a text of one passage, where something is left without them."""
    words = [word for piece in pieces for word in content_words(row.text, piece, hidden)]
    left = [(word, without(row.text, word.whole)) for word in words[:_MOST_WORDS]]
    left = [(word, rest) for word, rest in left if any(map(str.isalnum, rest))]
    effects = row.effects([rest for _, rest in left]).texts.tolist()
    return [_Part(word, effect) for (word, _), effect in zip(left, effects, strict=True)]


def _with_words(
    row: Occlusion, parts: Sequence[_Part], hidden: Sequence[tuple[int, int]]
) -> list[_Part]:
    """Measure the words of passages, the largest effects first, as far as there are enough."""
    asked: list[tuple[int, Piece]] = []
    for at, part in enumerate(parts):
        asked += [(at, word) for word in content_words(row.text, part.piece, hidden)]
    each = max(1, _MOST_WORDS // max(len(parts), 1))
    asked = [pair for at in range(len(parts)) for pair in [p for p in asked if p[0] == at][:each]]
    effects = row.effects([without(row.text, word.whole) for _, word in asked]).texts.tolist()
    found: list[list[tuple[Piece, float]]] = [[] for _ in parts]
    for (at, word), effect in zip(asked, effects, strict=True):
        if effect * parts[at].effect > 0:
            found[at].append((word, effect))
    return [
        part._replace(words=tuple(sorted(own, key=lambda pair: -abs(pair[1]))[:_WORDS]))
        for part, own in zip(parts, found, strict=True)
    ]


def _of_text(
    text: str, part: _Part, called: str, hide: Callable[[str], str], *, words: bool
) -> Indicator:
    piece = part.piece
    quoted = shorten(hide(text[piece.start : piece.end]), _QUOTED)
    who = f" ({piece.speaker})" if piece.speaker else ""
    said = f"The word “{quoted}”" if words else f"“{quoted}”{who}"
    return Indicator(
        text=said + _verdict(part.effect, called),
        effect=part.effect,
        outcome=called,
        source="words" if words else "passage",
        evidence=(_evidence(text, piece, part.effect, hide),),
    )


def _said(
    item: Indicator, words: Mapping[tuple[int, int], _Part], text: str, hide: Callable[[str], str]
) -> Indicator:
    """Add the words that carry a passage to its evidence."""
    if item.source != "passage" or (part := words.get(_span_of(item))) is None:
        return item
    more = tuple(_evidence(text, word, effect, hide) for word, effect in part.words)
    return replace(item, evidence=(*item.evidence, *more))


def _of_column(
    name: str, value: Any, effect: float, called: str, hide: Callable[[str], str]
) -> Indicator:
    plain = _plain(value)
    shown = hide(plain) if isinstance(plain, str) else plain
    return Indicator(
        text=f"{name} = {shown}" + _verdict(effect, called),
        effect=effect,
        outcome=called,
        source="context",
        evidence=(Evidence(source="context", name=name, value=shown),),
    )


def _of_concept(concept: str, effect: float, called: str, hide: Callable[[str], str]) -> Indicator:
    shown = hide(concept)
    return Indicator(
        text=f"The concept “{shown}”" + _verdict(effect, called),
        effect=effect,
        outcome=called,
        source="concept",
        evidence=(Evidence(source="concept", text=shown),),
    )


def _evidence(text: str, piece: Piece, effect: float, hide: Callable[[str], str]) -> Evidence:
    return Evidence(
        source="text",
        text=hide(text[piece.start : piece.end]),
        start=piece.start,
        end=piece.end,
        speaker=piece.speaker,
        effect=effect,
    )


def _verdict(effect: float, called: str) -> str:
    return f" speaks {'for' if effect > 0 else 'against'} {called}."


def _span_of(item: Indicator) -> tuple[int, int]:
    first = item.evidence[0]
    assert first.start is not None
    assert first.end is not None
    return first.start, first.end


def _missing(value: Any) -> bool:
    return value is None or (pd.api.types.is_scalar(value) and bool(pd.isna(value)))


def _plain(value: Any) -> Any:
    """Give a value of numpy as one of Python."""
    plain = value.item() if hasattr(value, "item") else value
    whole = isinstance(plain, float) and plain.is_integer()
    return int(plain) if whole else plain if isinstance(plain, bool | int | float) else str(plain)
