"""One name of a person, read at a place in a text."""

from __future__ import annotations

import re

from coterie.personal.cues import read_cues
from coterie.personal.kinds import Span

__all__ = ["WORD", "first_word", "is_given", "name_end", "read_name", "tells_a_person"]

WORD = re.compile(r"[^\W\d_]{1,40}(?:['\u2019-](?!s\b)[^\W\d_]{1,40}){0,4}")
"""A word of a name, such as O'Neill or Anna-Lena, without a possessive s."""

_LETTERS = re.compile(r"[^\W\d_]+")
_LONG = re.compile(r"[^\W\d_]{2}")
_INITIAL = re.compile(r"[^\W\d_]\.(?:-?[^\W\d_]\.)?")
_SMALL_INITIAL = re.compile(r"[^\W\d_]\.[ ]?[^\W\d_]{3,40}(?=[ \t]*(?:\Z|\n))")
_BLANKS = (" ", "\u00a0")
_SHORTEST = 3  # letters of a part of a name that is masked by itself; a judgement
_WORDS = 6  # of one name, particles and initials among them; a judgement


def is_given(word: str) -> bool:
    """Whether a word is a common given name, and nothing else."""
    return word.casefold() in read_cues().given


def tells_a_person(word: str) -> bool:
    """Whether a word that is part of a name tells the person where it stands by itself."""
    cues, folded = read_cues(), word.casefold()
    return (
        len(word) >= _SHORTEST
        and (word[0].isupper() or folded in cues.given)
        and not any(folded in words for words in (cues.ambiguous, cues.never, cues.particles))
    )


def first_word(text: str, at: int) -> str:
    """Give the letters at a place, their case folded."""
    letters = _LETTERS.match(text, at)
    return "" if letters is None else letters[0].casefold()


def name_end(text: str, at: int) -> int:
    """Say where the run of capitalised words ends that starts at a place, or give the place."""
    cues, start, end = read_cues(), at, at
    for _ in range(_WORDS):
        initial, word = _INITIAL.match(text, at), WORD.match(text, at)
        if initial is not None and text[at].isupper():
            at = end = initial.end()
        elif word is None:
            break
        elif word[0].casefold() in cues.particles and (at > start or word[0].islower()):
            at = word.end()
        elif not _is_capitalised(word[0]) or word[0].casefold() in cues.never:
            break
        else:
            at = end = word.end()
        if text[at : at + 1] not in _BLANKS:
            break
        at += 1
    return end if _LONG.search(text, start, end) else start


def read_name(text: str, at: int, *, small: bool = False, titled: bool = False) -> Span | None:
    """Read a name at a place, behind titles.

    Parameters
    ----------
    text, at
        A text, and a place in it.
    small
        Whether a name in small letters is one: a given name, ``k. lee``, or any after a title.
    titled
        Whether a title stands before the place.
    """
    cues = read_cues()
    title = cues.titles.match(text, at)
    if title is not None and len(title[1]) > 1:
        at, titled = title.end(), True
    end = name_end(text, at)
    if end > at:
        return at, end
    word = WORD.match(text, at)
    if not small or word is None:
        return None
    initial = _SMALL_INITIAL.match(text, at)
    if initial is not None:
        return initial.span()
    fits = is_given(word[0]) or (titled and word[0] not in cues.never)
    return word.span() if fits and word[0].islower() else None


def _is_capitalised(word: str) -> bool:
    """Whether a word starts with a capital; one of capitals alone is an abbreviation, or a name."""
    return word[0].isupper() and (len(word) == 1 or not word.isupper() or is_given(word))
