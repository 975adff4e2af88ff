"""How a conversation sounds: VADER, sentence by sentence, and the words that carry it.

C. J. Hutto and E. Gilbert, "VADER: A Parsimonious Rule-based Model for Sentiment Analysis of Social
Media Text" (ICWSM 2014). It counts English words with a known mood, and so it can be wrong; see
docs/analysis.md for how often.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from coterie.classifiers.explanations.text_spans import without, words_of
from coterie.encoders.languages import language_of
from coterie.errors import MissingExtraError
from coterie.extras import require
from coterie.options import SentimentSettings
from coterie.personal import mask
from coterie.workflows.analysis.analysis import Evidence, Sentiment, SpeakerSentiment
from coterie.workflows.analysis.turns import Piece, Turn, pieces_of

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["read_sentiment"]

_METHOD = "VADER, the mean over sentences"
_READS = "English"
_EDGE = 0.05  # of the score, between neutral and the others: that of VADER's authors
_TELLING = 0.05  # least effect of a word that is named
_SENTENCES, _WORDS = 3, 3  # that are named: judgements
_NEGATIONS = ("nobody",)  # which VADER's list lacks
_END = 400  # characters whose language is told


def read_sentiment(
    text: str,
    turns: Sequence[Turn],
    settings: SentimentSettings,
    hide: Callable[[str], str] = mask,
) -> Sentiment:
    """Measure the sentiment of a conversation, and of each speaker.

    The score is the mean of the scores of the sentences, each from -1 to 1; from 0.05 on it is
    positive, from -0.05 down negative. The effect of a word is the score of its sentence less that
    without the word. Time grows linearly with the text.

    Parameters
    ----------
    text, turns
        The conversation, and who says what.
    settings
        Whose sentiment counts, and words that are left out of the count.
    hide
        What masks personal data.

    Returns
    -------
    Sentiment
        Without a label, and with the reason, where the text is not in English, its language cannot
        be told, or the library is absent.
    """
    said = "\n".join(text[turn.start : turn.end] for turn in turns)
    if reason := _unreadable(said):
        return Sentiment(speakers={}, reason=reason)
    try:
        score, known = _scorer(tuple(settings.neutral))
    except MissingExtraError as error:
        return Sentiment(speakers={}, reason=str(error))
    scored = [(piece, score(text[piece.start : piece.end])) for piece in pieces_of(text, turns)]
    by_speaker: dict[str, list[float]] = {}
    for piece, value in scored:
        by_speaker.setdefault(piece.speaker, []).append(value)
    speakers = {name: _mean(values) for name, values in by_speaker.items() if name}
    wanted = (settings.speaker or "").casefold()
    whose = next((name for name in by_speaker if name and name.casefold() == wanted), "")
    counted = [(piece, value) for piece, value in scored if not whose or piece.speaker == whose]
    mean = _mean([value for _, value in counted])
    sign = -1 if mean.score < 0 else 1
    telling = sorted(
        (each for each in counted if abs(each[1]) >= _EDGE), key=lambda e: -sign * e[1]
    )
    shown = [piece for piece, value in telling if sign * value > 0][:_SENTENCES]
    evidence = [each for piece in shown for each in _evidence(text, piece, score, known, hide)]
    return Sentiment(
        label=mean.label,
        score=mean.score,
        speaker=whose,
        speakers=speakers,
        evidence=tuple(evidence),
        method=_METHOD,
    )


def _unreadable(said: str) -> str:
    """Say why the sentiment of a text cannot be measured; empty where it can."""
    told = {language_of(said), language_of(said[-_END:])}
    if foreign := sorted(told - {"", _READS}):
        return f"The text is in {' and '.join(foreign)}, and only English can be read."
    if _READS not in told:
        return "The language of the text cannot be told, and only English can be read."
    return ""


@lru_cache(maxsize=8)
def _scorer(neutral: tuple[str, ...]) -> tuple[Callable[[str], float], frozenset[str]]:
    """Make what scores a sentence, -1 to 1, and give the words that it knows.

    Some words count as neither good nor bad.
    """
    vader = require("vader", extra="sentiment", purpose="The sentiment of a text")
    if not hasattr(vader, "SentimentIntensityAnalyzer"):
        raise MissingExtraError(
            "Another library named vader takes the place of nltk-vader-sentiment: uninstall it, "
            "and run pip install 'coterie[sentiment]'."
        )
    plain = vader.SentimentIntensityAnalyzer()
    left_out = {word.casefold() for word in neutral}
    lexicon = {word: value for word, value in plain.lexicon.items() if word not in left_out}
    analyser = vader.SentimentIntensityAnalyzer(
        lexicon=lexicon, curated=False, negations={*plain.negations, *_NEGATIONS}
    )

    def score(text: str) -> float:
        return float(analyser.polarity_scores(text)["compound"])

    return score, frozenset(lexicon)


def _mean(values: Sequence[float]) -> SpeakerSentiment:
    score = sum(values) / len(values) if values else 0.0
    label = "positive" if score >= _EDGE else "negative" if score <= -_EDGE else "neutral"
    return SpeakerSentiment(label=label, score=score)


def _evidence(
    text: str,
    piece: Piece,
    score: Callable[[str], float],
    known: frozenset[str],
    hide: Callable[[str], str],
) -> list[Evidence]:
    """Give a sentence with its score, and the words that carry it."""
    said = text[piece.start : piece.end]
    whole = score(said)
    # without "not", another word is changed too: words with a mood of their own are named
    words = [word for word in words_of(said) if word.text.casefold() in known]
    effects = [(whole - score(without(said, word)), word) for word in words]
    telling = [each for each in effects if abs(each[0]) >= _TELLING]
    sign = -1 if whole < 0 else 1
    telling.sort(key=lambda each: -sign * each[0])
    found = [_part(text, piece.start, piece.end, piece.speaker, whole, hide)]
    for effect, word in [each for each in telling if sign * each[0] > 0][:_WORDS]:
        start = piece.start + word.spans[0][0]
        end = start + len(said[slice(*word.spans[0])].rstrip())
        found.append(_part(text, start, end, piece.speaker, effect, hide))
    return found


def _part(
    text: str, start: int, end: int, speaker: str, effect: float, hide: Callable[[str], str]
) -> Evidence:
    return Evidence(
        source="text", text=hide(text[start:end]), start=start, end=end, speaker=speaker,
        effect=effect,
    )  # fmt: skip
