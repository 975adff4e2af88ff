"""Names of people, as far as rules find them, in English, German, French and Spanish.

A name is a run of capitalised words after a cue, such as an introduction, a title, a salutation or
a sign-off, or one that starts with a given name that is no word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from coterie.personal.cues import read_cues
from coterie.personal.kinds import Span
from coterie.personal.reading import WORD, first_word, name_end, read_name

__all__ = ["find_names"]

_LETTERS = re.compile(r"[^\W\d_]+")
_SMALL_SURNAME = re.compile(r"[ ][^\W\d_]{3,40}(?=[ \t]*(?:\Z|[\n.,;!?)]))")
_CLAUSE_END = re.compile(r"[ \t]{0,3}(?:\Z|[\n.,;:!?|)(<&]|and\b|und\b|et\b|y\b|from\b|aus\b|de\b)")
_LINE_END = re.compile(r"[ \t]{0,3}(?:\Z|[\n.,!|])")
_LABEL = re.compile(r"^[ \t>]{0,8}([^\W\d_][^\n:\d]{1,40}?)[ \t\u00a0]?:(?=[ \t\n])", re.MULTILINE)
_CONTACT = re.compile(r"[ ]?[,(<][ ]?\]{5}")
_STOPS = ("", *".!?,;:)\n")
_BLANKS = 8  # that may stand before a sign-off; a judgement
_FULL = 4  # letters from which a title in small letters is one without a dot; a judgement


def find_names(text: str) -> list[Span]:
    """Say where names of people are, from left to right, titles left out.

    Time grows linearly with the length of the text.
    """
    found = sorted(
        {
            *_titled(text),
            *_introduced(text),
            *_addressed(text),
            *_known(text),
            *_contacts(text),
            *_labels(text),
        }
    )
    spans: list[Span] = []
    for start, end in found:
        if spans and start < spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return spans


def _titled(text: str) -> Iterator[Span]:
    cues = read_cues()
    for match in cues.titles.finditer(text):
        dotted = "." in match[0]
        span = read_name(text, match.end(), small=dotted, titled=True) if _is_title(match) else None
        if span is None:
            continue
        start, end = span
        known = first_word(text, start) in cues.given | cues.ambiguous
        word = WORD.match(text, start)
        if match[1].casefold() in cues.german and not known and word is not None:
            last = text[word.end() : end].lstrip("\u00a0 ")
            end = end if " " in last else word.end()
        yield start, end


def _is_title(match: re.Match[str]) -> bool:
    """Whether it is no initial, as in ``N.M.C.``, product, as in ``MS Word``, or word."""
    title, dotted = match[1], "." in match[0]
    if len(title) == 1:
        return title.isupper() and match[0][1:3] == ". "
    if len(title) == 2 and title.isupper():
        return False
    return dotted or title[0].isupper() or len(title) >= _FULL or title in ("mme", "mlle")


def _introduced(text: str) -> Iterator[Span]:
    cues = read_cues()
    for match in cues.introductions.finditer(text):
        span = read_name(text, match.end(), small=True)
        if span is not None:
            small = _SMALL_SURNAME.match(text, span[1]) if text[span[0]].islower() else None
            yield span if small is None else (span[0], small.end())
    for match in cues.relations.finditer(text):
        span = read_name(text, match.end())
        if span is not None:
            yield span
    for match in cues.weak.finditer(text):
        span = read_name(text, match.end(), small=True)
        if span is not None and _is_person(text, match[1], *span):
            yield span


def _is_person(text: str, cue: str, start: int, end: int) -> bool:
    """Whether what follows "I am" is a name: a given name, or several words and no more."""
    cues, first = read_cues(), first_word(text, start)
    if first in cues.given or (first in cues.ambiguous and text[start].isupper()):
        return True
    several = cue.casefold() in cues.several and " " in text[start:end]
    return several and _CLAUSE_END.match(text, end) is not None


def _addressed(text: str) -> Iterator[Span]:
    cues = read_cues()
    for match in cues.greetings.finditer(text):
        span = read_name(text, match.end(), small=True)
        if span is not None and _CLAUSE_END.match(text, span[1]):
            yield span
    for match in cues.closings.finditer(text):
        before = text[max(0, match.start() - _BLANKS) : match.start()].rstrip(" \t>")
        span = read_name(text, match.end(), small=True) if before[-1:] in _STOPS else None
        if span is not None and _LINE_END.match(text, span[1]):
            yield span


def _known(text: str) -> Iterator[Span]:
    """Find names that start with a common given name, wherever they stand."""
    cues = read_cues()
    last, before, amid = 0, "", False
    for match in _LETTERS.finditer(text):
        start, folded = match.start(), match[0].casefold()
        amid = before.islower() and text[start - len(before) - 1 : start] == f"{before} "
        saint = before.casefold() in cues.saints
        before = match[0]
        if start < last or not match[0][0].isupper() or text[start - 1 : start] == "_" or saint:
            continue
        if folded in cues.given:
            last = name_end(text, start)
            if last > start:
                yield start, last
        elif folded in cues.ambiguous and amid and text[match.end() : match.end() + 1] == " ":
            end = name_end(text, start)
            if " " in text[start:end]:
                last = end
                yield start, last


def _contacts(text: str) -> Iterator[Span]:
    """Find two capitalised words or more right before an address or number that was found."""
    last = 0
    for match in WORD.finditer(text):
        if match.start() >= last and match[0][0].isupper():
            last = name_end(text, match.start())
            if " " in text[match.start() : last] and _CONTACT.match(text, last):
                yield match.start(), last


def _labels(text: str) -> Iterator[Span]:
    """Find who speaks, in a text in which lines have labels and one of them is a role."""
    labels = [match.span(1) for match in _LABEL.finditer(text)]
    roles = read_cues().roles
    if any(text[slice(*span)].casefold() in roles for span in labels):
        yield from ((start, end) for start, end in labels if name_end(text, start) == end)
