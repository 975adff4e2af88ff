"""Names of people, as far as rules find them, in English, German, French and Spanish.

A name is a run of capitalised words after a cue, such as an introduction, a title, a salutation or a
sign-off, or after a given name that is no word. The words are in ``names.toml``.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any
from unicodedata import combining, normalize

from coterie.personal.kinds import Span

__all__ = ["find_names", "is_given", "tells_a_person"]

_WORD = re.compile(r"[^\W\d_]{1,40}(?:['’-](?!s\b)[^\W\d_]{1,40}){0,4}")
_LETTERS = re.compile(r"[^\W\d_]+")
_LONG = re.compile(r"[^\W\d_]{2}")
_GAP = re.compile(r"\.?[ \u00a0]")
_INITIAL = re.compile(r"[^\W\d_]\.(?:-?[^\W\d_]\.)?")
_SMALL_INITIAL = re.compile(r"[^\W\d_]\.[ ]?[^\W\d_]{3,40}(?=[ \t]*(?:\Z|\n))")
_SMALL_SURNAME = re.compile(r"[ ][^\W\d_]{3,40}(?=[ \t]*(?:\Z|[\n.,;!?)]))")
_BLANKS = 8  # that may stand before a sign-off; a judgement
_STOPS = ("", *".!?,;:)\n")
_CONTACT = re.compile(r"[ ]?[,(<][ ]?\]{5}")
_LABEL = re.compile(r"^[ \t>]{0,8}([^\W\d_][^\n:\d]{1,40}?)[ \t\u00a0]?:(?=[ \t\n])", re.MULTILINE)
_CLAUSE_END = re.compile(r"[ \t]{0,3}(?:\Z|[\n.,;:!?|)(<&]|and\b|und\b|et\b|y\b|from\b|aus\b|de\b)")
_LINE_END = re.compile(r"[ \t]{0,3}(?:\Z|[\n.,!|]|$)")
_SHORTEST = 3  # letters of a part of a name that is masked by itself; a judgement
_WORDS = 4  # of one name, without particles; a judgement


@dataclass(frozen=True, slots=True)
class _Words:
    """What `names.toml` holds, ready to be looked up and searched for."""

    given: frozenset[str]
    ambiguous: frozenset[str]
    never: frozenset[str]
    particles: frozenset[str]
    saints: frozenset[str]
    several: frozenset[str]
    german: frozenset[str]
    roles: frozenset[str]
    titles: re.Pattern[str]
    introductions: re.Pattern[str]
    weak: re.Pattern[str]
    relations: re.Pattern[str]
    greetings: re.Pattern[str]
    closings: re.Pattern[str]


@cache
def _words() -> _Words:
    held = tomllib.loads((files("coterie.personal") / "names.toml").read_text("utf-8"))
    cues: dict[str, Any] = held["cues"]
    ambiguous = _folded(held["ambiguous"]["names"])
    return _Words(
        given=_folded(" ".join(held["given"].values())) - ambiguous,
        ambiguous=ambiguous,
        never=_folded(held["words"]["never"]) - ambiguous,
        particles=_folded(held["words"]["particles"]),
        saints=_folded(held["words"]["saints"]),
        several=frozenset(cues["several"]),
        german=frozenset(cues["german"]),
        roles=_folded(held["words"]["roles"]),
        titles=_any_of(cues["titles"], r"(?:\.[ \t]?|[ \t\u00a0])[ \t]?"),
        introductions=_any_of(cues["introductions"], r"[ \t\u00a0]{0,3}:?[ \t\u00a0]{0,3}"),
        weak=_any_of(cues["weak"], r"[ \t]{1,3}"),
        relations=_any_of(cues["relations"], r"[ \t]{0,2}[:,(]?[ \t]{0,2}"),
        greetings=_any_of(cues["greetings"], r",?[ \t]{1,3}"),
        closings=_any_of(cues["closings"], r"[ \t]{0,3}[,.;!-]?[ \t]{0,3}(?:\n[ \t]{0,3}){0,3}"),
    )


def _folded(words: str) -> frozenset[str]:
    """Fold the case of words, and have each without its accents too."""
    bare = "".join(c for c in normalize("NFD", words) if not combining(c))
    return frozenset(f"{words} {bare}".casefold().split())


def _any_of(cues: Iterable[str], after: str) -> re.Pattern[str]:
    """Find any of some cues with what may stand between it and a name; the longest first."""
    ordered = sorted(cues, key=len, reverse=True)
    escaped = "|".join(re.escape(cue).replace(r"\ ", r"[ \t\u00a0]{1,3}") for cue in ordered)
    return re.compile(rf"(?<![\w'’.-])({escaped})(?!\w){after}", re.IGNORECASE)


def is_given(word: str) -> bool:
    """Whether a word is a common given name, and nothing else."""
    return word.casefold() in _words().given


def tells_a_person(word: str) -> bool:
    """Whether a word that is part of a name tells the person where it stands by itself."""
    words, folded = _words(), word.casefold()
    return (
        len(word) >= _SHORTEST
        and (word[0].isupper() or folded in words.given)
        and folded not in words.ambiguous | words.never | words.particles
    )


def find_names(text: str) -> list[Span]:
    """Say where names of people are, from left to right, titles left out.

    Time grows linearly with the length of the text.
    """
    found = sorted({*_cued(text), *_known(text), *_contacts(text), *_labels(text)})
    spans: list[Span] = []
    for start, end in found:
        if spans and start < spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return spans


def _cued(text: str) -> Iterator[Span]:
    words = _words()
    for match in words.titles.finditer(text):
        yield from _titled(text, match)
    for match in words.introductions.finditer(text):
        for start, end in _name(text, match.end(), lower=True):
            surname = _SMALL_SURNAME.match(text, end) if text[start].islower() else None
            yield start, end if surname is None else surname.end()
    for match in words.relations.finditer(text):
        yield from _name(text, match.end())
    for match in words.weak.finditer(text):
        for span in _name(text, match.end(), lower=True):
            first = _first(text, span)
            known = first in words.given or (first in words.ambiguous and text[span[0]].isupper())
            several = (
                match[1].casefold() in words.several
                and " " in text[slice(*span)]
                and _CLAUSE_END.match(text, span[1])
            )
            if known or several:
                yield span
    for match in words.greetings.finditer(text):
        yield from (
            span
            for span in _name(text, match.end(), lower=True)
            if _CLAUSE_END.match(text, span[1])
        )
    for match in words.closings.finditer(text):
        before = text[max(0, match.start() - _BLANKS) : match.start()]
        if before.rstrip(" \t>")[-1:] in _STOPS:
            yield from (
                span
                for span in _name(text, match.end(), lower=True)
                if _LINE_END.match(text, span[1])
            )


def _titled(text: str, match: re.Match[str]) -> Iterator[Span]:
    """Read the name after a title; a title of one letter, ``M.`` or ``D.``, has its dot."""
    words = _words()
    title = match[1]
    if len(title) == 1 and not (title.isupper() and match[0][1:3] == ". "):
        return
    if len(title) == 2 and title.isupper():
        return
    if (
        title[0].islower()
        and len(title) < 4
        and "." not in match[0]
        and title not in ("mme", "mlle")
    ):
        return
    for start, end in _name(text, match.end(), lower="." in match[0], known=False):
        first = _first(text, (start, end))
        if title.casefold() in words.german and first not in words.given | words.ambiguous:
            word = _WORD.match(text, start)
            end = word.end() if word and text[start:end].count(" ") == 1 else end
        yield start, end


def _name(text: str, at: int, *, lower: bool = False, known: bool = True) -> Iterator[Span]:
    """Read one name at a place, after titles; in small letters only if it is a given name."""
    words = _words()
    title = words.titles.match(text, at)
    if title is not None and len(title[1]) > 1:
        at, known = title.end(), False
    end = _end(text, at)
    if end > at:
        yield at, end
        return
    word = _WORD.match(text, at)
    initial = _SMALL_INITIAL.match(text, at) if lower else None
    if initial is not None:
        yield initial.span()
        return
    if word is None or not lower or not word[0].islower():
        return
    if (not known and word[0] not in words.never) or word[0].casefold() in words.given:
        yield at, word.end()


def _end(text: str, at: int) -> int:
    """Say where the run of capitalised words ends that starts at a place, or give the place."""
    words = _words()
    end, read, start = at, 0, at
    while read < _WORDS:
        initial = _INITIAL.match(text, at)
        word = _WORD.match(text, at)
        if initial is not None and initial[0][0].isupper():
            end = initial.end()
            read += 1
        elif word is None:
            break
        elif word[0].casefold() in words.particles and (at > start or word[0].islower()):
            at = word.end() + 1
            if text[word.end() : at] != " " or at - start > 200:
                break
            continue
        elif not _capitalised(word[0]) or word[0].casefold() in words.never:
            break
        else:
            end = word.end()
            read += 1
        gap = _GAP.match(text, end) if text[end - 1] == "." or read else None
        if gap is None or (gap[0][0] == "." and text[end - 1] != "." and end - at > 1):
            break
        at = gap.end()
    return end if _LONG.search(text, start, end) else start


def _capitalised(word: str) -> bool:
    return word[0].isupper() and (len(word) == 1 or not word.isupper() or is_given(word))


def _first(text: str, span: Span) -> str:
    letters = _LETTERS.match(text, span[0])
    return "" if letters is None else letters[0].casefold()


def _known(text: str) -> Iterator[Span]:
    """Find names that start with a common given name, wherever they stand."""
    words = _words()
    last, before, amid = 0, "", False
    for match in _LETTERS.finditer(text):
        start, folded = match.start(), match[0].casefold()
        amid = before.islower() and text[start - len(before) - 1 : start] == f"{before} "
        saint = before.casefold() in words.saints
        before = match[0]
        if start < last or not match[0][0].isupper() or text[start - 1 : start] == "_" or saint:
            continue
        if folded in words.given:
            last = _end(text, start)
            if last > start:
                yield start, last
        elif folded in words.ambiguous and amid and text[match.end() : match.end() + 1] == " ":
            end = _end(text, start)
            if " " in text[start:end]:
                last = end
                yield start, last


def _contacts(text: str) -> Iterator[Span]:
    """Find two capitalised words or more right before an address or number that was found."""
    last = 0
    for match in _WORD.finditer(text):
        if match.start() >= last and match[0][0].isupper():
            last = _end(text, match.start())
            if " " in text[match.start() : last] and _CONTACT.match(text, last):
                yield match.start(), last


def _labels(text: str) -> Iterator[Span]:
    """Find who speaks, in a text in which lines have labels and one of them is a role."""
    labels = [match.span(1) for match in _LABEL.finditer(text)]
    roles = _words().roles
    if any(text[slice(*span)].casefold() in roles for span in labels):
        yield from ((start, end) for start, end in labels if _end(text, start) == end)
